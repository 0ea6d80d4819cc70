"""The infusion session: appointment, check-in, the two gates, the infusion room, its record, discharge.

`translate.py`, `order.py` and `before_and_after.py` turn rows into what the library watches and its gates ask;
`watching.py` gives the current status of a session, `screen.py` what the room shows of it. In this wing `session` is
the library's room, `row` the stored session (in actions: as it is now, locked) and `rows` its stored events. Imports
`treatment`, `record` and `core`. Begin with `watching.py`, then `actions/course.py`.
"""
