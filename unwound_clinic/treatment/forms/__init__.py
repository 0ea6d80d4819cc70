"""The forms of this wing, one file a subject."""
