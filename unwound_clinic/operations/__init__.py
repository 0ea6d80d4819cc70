"""Keeping the clinic running: whether the server answers, and later backup, keys and health.

Imports `core` only. Begin with `pages.py`.
"""
