"""The knowledge files as pages: every condition, treatment, caution and source.

Shows the library's data unchanged and stores nothing. Imports `core` only. Begin with `pages.py`.
"""
