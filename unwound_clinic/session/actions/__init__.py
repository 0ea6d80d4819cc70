"""Every change of a session, each with an event in it; `events.py` holds what they share."""
