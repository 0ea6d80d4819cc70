"""What a written name is called in the catalogue, and how something odd is shown in a message."""

from __future__ import annotations

from unwound import drugs, instruments
from unwound.catalogue import ids
from unwound.record import printable
from unwound.therapies import knowledge

_LONGEST_SHOWN = 60


def drug(written: str) -> str:
    """The drug's id; a combination and what is not in the catalogue keep their written name."""
    ingredients = drugs.ingredients(text=written)
    return ingredients[0] if len(ingredients) == 1 else written.strip()


def therapy(written: str) -> str:
    """The therapy's or drug's id; a combination, a procedure and what is neither keep their written name."""
    if written in ids("therapies"):
        return written
    return drug(written) if knowledge.drug_of(written) is not None else written.strip()


def form_length(instrument: str) -> int:
    """How many items a form has; 0 for one whose items are not ours, or that is not known."""
    form = instruments.instruments().get(instrument)
    return len(form.items) if form else 0


def quoted(anything: object) -> str:
    """Something from outside as it may stand in a message: short, on one line, between « »."""
    text = clean(str(anything)) if isinstance(anything, str | int | float | bool) else type(anything).__name__
    return f"«{text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + '…'}»"


def clean(text: str) -> str:
    """Text that may be printed and stored: control characters, half surrogates and reversed writing are left out."""
    return printable(text).strip()
