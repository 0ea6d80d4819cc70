"""What is known of a patient, as it is kept: one value to enter, what holds now, every value something ever had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from unwound_clinic.models import Entry, Patient

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """One value to enter; `value` None takes back what is there."""

    kind: str
    key: str
    value: Json
    on: date | None = None
    origin: str = ""
    """Where it came from when nobody typed it."""


def current(patient: Patient, *kinds: str) -> list[Entry]:
    """What holds now, of these kinds (all without any), in the order it was entered."""
    found = Entry.objects.filter(patient=patient, current=True).exclude(value=None)
    return list((found.filter(kind__in=kinds) if kinds else found).order_by("id"))


def history(patient: Patient, kind: str, key: str) -> list[Entry]:
    """Every value something ever had, the newest first."""
    return list(Entry.objects.filter(patient=patient, kind=kind, key=key).order_by("-id"))
