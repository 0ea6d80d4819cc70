"""Every change of a session, each with an event in it; `events.py` is what they share."""
