"""What the knowledge files say, as pages: every condition, treatment, caution and source.

Shows the library's data as it is and stores nothing. Imports nothing of the clinic. Begin with `pages.py`.
"""
