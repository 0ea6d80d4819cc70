"""The ground that every wing stands on: who may do what, the one way to write, the log, the frame of a page.

`action.py` makes a function that writes an action: permission checked, whole or not at all, with its audit event.
`access.py` is the table of permissions; `page.py` is what every page about a patient begins with; `middleware.py` lets
people in. Imports `models`, never a wing. Begin with `action.py`.
"""
