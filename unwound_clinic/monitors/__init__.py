"""Readings from bedside monitors, files and programs: received, kept whole, charted into the right session.

`listener.py` takes HL7 v2 messages (`encrypted.py`: under TLS), `writer.py` puts them on the disk before they are
acknowledged, `beds.py` finds the session they belong to, `stored_rows.py` says what is stored; what cannot be
assigned waits for a clinician. Imports `session` and `core`. Begin with `arrivals.py`.
"""
