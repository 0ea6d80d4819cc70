"""What a new letter begins with: salutation, and the text before and after what comes from the record."""

from __future__ import annotations

import string

from pydantic import field_validator

from unwound.catalogue import Head, find

PATIENT = "patient"
"""The one place that a text may have: the patient's full name."""


class LetterText(Head):
    """One file of `data/letters`, a kind of letter; whoever writes one changes every word of it."""

    salutation: str
    opening: str = ""
    closing: str = ""

    @field_validator("salutation", "opening", "closing")
    @classmethod
    def _names_only_the_patient(cls, text: str) -> str:
        places = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        if places - {PATIENT}:
            raise ValueError("the only place that can be filled is {patient}")
        return text

    def filled(self, patient: str) -> dict[str, str]:
        """The texts with the patient's name in its place."""
        texts = {"salutation": self.salutation, "opening": self.opening, "closing": self.closing}
        return {name: text.format(patient=patient) for name, text in texts.items()}


def letter_text(kind: str) -> LetterText:
    """What a letter of that kind begins with. UnwoundError when there is no such kind."""
    return find("letters", LetterText, kind.replace("-", "_"), "kind of letter")
