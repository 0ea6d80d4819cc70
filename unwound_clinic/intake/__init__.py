"""The patient's own forms: the first form through a link, and the questionnaires filled again in the clinic.

`form.py` says which page comes next, `parts.py` what is on it, `rows.py` turns answers into entries. Imports
`record` and `core`. Begin with `form.py`.
"""
