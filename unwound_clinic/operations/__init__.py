"""Keeping the clinic running: whether the server answers, and later backup, keys and health.

Imports nothing of the clinic. Begin with `pages.py`.
"""
