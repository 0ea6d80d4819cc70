"""The clinic's part of the `unwound` command: serve, demo, listen, verify-audit, backup and others.

Imports every wing; nothing imports it. Begin with `clinic.py`.
"""
