"""Readings from bedside monitors, files and programs: received, kept whole, charted into the right session.

`listener.py` takes HL7 v2 messages, `writer.py` puts them on the disk before they are acknowledged, `arrivals.py` finds
whose they are; what nobody can tell waits for a person. Imports `session` and `core`. Begin with `arrivals.py`.
"""
