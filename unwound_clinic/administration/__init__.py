"""The clinic as an institution: accounts and roles, sites, the first set-up, the audit log.

Imports `core` only. Begin with `actions.py`.
"""
