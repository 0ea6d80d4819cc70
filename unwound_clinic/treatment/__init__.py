"""From the assessment to an order that may be given: the signed decision, consent, the plan and its second check.

`current.py` gives the present state: the last decision, the consent, the order. Imports `record` and `core`. Begin
with `current.py`, then `actions/`.
"""
