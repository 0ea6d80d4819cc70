"""The months after a course: who agreed to be asked, what is sent, the diary on a phone, whom to call.

`course.py` says which course was given, `schedule.py` what is due for whom, `run.py` does it by a timer, `diary.py` is
the form and what it becomes in the record, `bounces.py` reads messages that came back. Imports `treatment`, `session`,
`record`, `administration` and `core`. Begin with `schedule.py`.
"""
