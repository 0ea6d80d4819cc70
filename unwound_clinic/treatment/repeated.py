"""What speaks against ordering another course: asked of the part that knows what came of the earlier ones.

That part stands above this one. It names itself once, when the clinic starts (`answered_by`), and is asked for each
order; where nobody did, an order is an error and never a silent yes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from unwound import cautions
from unwound.report import after
from unwound_clinic.models import Patient
from unwound_clinic.treatment import current

BEGINS = "again-"
"""Begins the id of such an objection among those that a physician overrides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One rule that says «not again» or «too early»; a relative one may be overridden by a named physician."""

    id: str
    title: str
    because: str
    until: date | None = None
    """The first day on which it no longer holds, where a day helps."""
    relative: bool


Asked = Callable[[Patient, str, date, float], Sequence[Objection]]
"""Patient, protocol, first day and hours of infusion -> what speaks against it."""
_answers: list[Asked] = []


def answered_by(asked: Asked) -> None:
    """Names who answers."""
    _answers[:] = [asked]


def objections(patient: Patient, protocol: str, start: date, hours: float) -> tuple[Objection, ...]:
    """Everything that speaks against this course; nothing where no ketamine is on record."""
    return tuple(_answers[0](patient, protocol, start, hours)) if current.was_treated(patient) else ()


def open_ones(objections: Sequence[Objection], despite: Collection[str]) -> tuple[Objection, ...]:
    """Those that still stand: absolute ones, and relative ones that nobody overrides."""
    return tuple(entry for entry in objections if not (entry.relative and entry.id in despite))


def in_words(id: str) -> str:
    """What an override is called: a rule for another course, or a contraindication of the plan."""
    if id.startswith(BEGINS):
        return after.refusing(id.removeprefix(BEGINS)).lower()
    caution = cautions.cautions().get(id)
    return caution.title if caution is not None else id.replace("_", " ")


def others(despite: Collection[str]) -> tuple[str, ...]:
    """What is overridden besides: contraindications of the plan itself."""
    return tuple(id for id in despite if not id.startswith(BEGINS))
