"""The front desk: today's work, the list of patients, one patient at a glance, and the timeline.

It brings together what the other wings know about a patient, so it stands above them. Imports `session`, `treatment`,
`intake`, `operations`, `record`, `administration` and `core`. Begin with `pages/today.py`.
"""
