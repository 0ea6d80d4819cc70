"""Whom a patient of a site can call; without a number no link is given to anybody."""

from __future__ import annotations

from unwound.telephones import Lines
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Site

WANTED = {"phone": "a telephone of its own", "emergency": "an emergency number", "crisis_line": "a crisis line"}
"""Field of a site -> what it is, as a sentence names it."""


def lines(site: Site) -> Lines:
    """The numbers that the site gives its patients."""
    return Lines(emergency=site.emergency, crisis=site.crisis_line, clinic=site.phone)


def missing(site: Site) -> tuple[str, ...]:
    """What a patient could not call yet."""
    return tuple(words for field, words in WANTED.items() if not getattr(site, field).strip())


def check(site: Site) -> None:
    """Conflict while a patient who answers that they want to die would be told to call, and given no number."""
    if lacking := missing(site):
        raise Conflict(
            f"no link is made until a patient could call somebody: {site.name} still needs {' and '.join(lacking)}. "
            "An administrator enters it under People, «Details of the site»"
        )
