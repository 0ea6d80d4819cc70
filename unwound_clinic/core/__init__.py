"""What every wing uses: who may do what, the one way to write, the audit log, the frame of a page.

`action.py` makes a function that writes an action: permission checked, all or nothing, with its audit event.
`access.py` is the table of permissions; `page.py` is what every page about a patient begins with; `middleware.py`
checks the login and shows refusals. Imports `models`, never a wing. Begin with `action.py`.
"""
