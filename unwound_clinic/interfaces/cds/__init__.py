"""CDS Hooks 2.0: who calls (`callers`), the answer within its time (`in_time`), what is counted (`counts`).

Nothing of a patient is kept: a call is read, answered and forgotten.
"""
