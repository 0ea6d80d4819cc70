"""The knowledge files as pages: every condition, treatment, caution and source.

Shows the library's data unchanged and stores nothing. Imports nothing of the clinic. Begin with `pages.py`.
"""
