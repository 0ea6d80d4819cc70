"""The front desk: today's work, the list of patients, and one patient at a glance.

It composes what the other wings say of a patient, so it stands above them. Imports `intake`, `record` and `core`. Begin
with `pages/today.py`.
"""
