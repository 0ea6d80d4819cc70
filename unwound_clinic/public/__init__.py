"""What anybody may read: the knowledge as pages in plain words, the check of oneself; for staff, files and the manual.

Shows the library's knowledge and stores nothing; readers get no cookie. `pages/knowledge.py` shows the files to
staff, `pages/reading.py` the public pages, `pages/check.py` the self-check. Imports `core` only. Begin with
`pages/reading.py`.
"""
