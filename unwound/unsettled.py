"""What a newer form leaves open: an older answer that reassured reassures no longer, and is asked again.

A form that could not be read, or in which somebody left the question out, may hold another answer than the one before.
What warns goes on warning: danger that may be over is danger until somebody has asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from unwound import facts, instruments
from unwound.patient import Fact, Patient

MARK = "a newer form leaves it open: "
"""How the doubt begins that such a form casts on an older «no»."""


def since(patient: Patient) -> Mapping[str, date]:
    """Fact -> the newest day on which a form asked for it and told nothing of it; one without a day opens nothing."""
    days: dict[str, date] = {}
    for form in instruments.by_date(patient):
        if form.on is not None:
            days |= dict.fromkeys(instruments.leaves_open(form), form.on)
    return days


def marked(patient: Patient) -> Patient:
    """The patient in whom what a newer form leaves open does not reassure: an old «no» is doubted, a number undated."""
    days, known = since(patient) if patient.answers else {}, patient.facts
    again = {
        id: new
        for id in _asked()
        if (fact := known.get(id)) is not None and (new := _as_of(id, fact, days.get(id))) is not fact
    }
    return patient.with_checked(facts={**known, **again}) if again else patient


def reads(patient: Patient) -> tuple[str, ...]:
    """The facts on which `marked` turns."""
    return _asked() if patient.answers else ()


def _as_of(id: str, fact: Fact, left_open: date | None) -> Fact:
    plain = fact.with_checked(doubt="") if fact.doubt.startswith(MARK) else fact
    if left_open is None or (fact.on is not None and fact.on >= left_open):
        return plain
    if facts.vocabulary()[id].valid_days is not None:
        return plain if plain.on is None else plain.with_checked(on=None)
    return plain.with_checked(doubt=f"{MARK}{left_open}") if plain.value is False else plain


@cache
def _asked() -> tuple[str, ...]:
    """Every fact that a form tells."""
    return tuple(dict.fromkeys(id for form in instruments.instruments().values() for id in form.tells()))
