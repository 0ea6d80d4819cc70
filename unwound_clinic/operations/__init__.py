"""Keeping the clinic running: that the server answers, and later backup, keys and health.

Imports nothing of the clinic. Begin with `pages.py`.
"""
