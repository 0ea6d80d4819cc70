"""The knowledge files as pages: every condition, treatment, caution and source; and the manual, as help.

Shows the library's data unchanged and stores nothing. Imports `core` only. Begin with `pages.py`.
"""
