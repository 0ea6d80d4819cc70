"""The clinic's part of the `unwound` command: serve, demo, listen, verify-audit and others.

Stands on top of everything. Begin with `clinic.py`.
"""
