"""A patient's record as stored: one value to enter, the current values, and every value an item ever had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from unwound_clinic.models import Entry, Patient

Json = Any
ELSEWHERE, ASKED = "elsewhere", "asked"
"""The kind of entries about ketamine from elsewhere, and the key of the one that says it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """One value to enter; `value` None retracts the present one."""

    kind: str
    key: str
    value: Json
    on: date | None = None
    origin: str = ""
    """Where it was imported from; empty where it was typed."""
    pain: str = ""
    """The key of the pain it is about, where several are on record."""
    imported: int | None = None
    """The number of the import that writes it; None where a person enters it."""


Item = tuple[str, str, str]
"""What an entry is the value of: kind, key and the pain it is about."""


def item(entry: Entry | New) -> Item:
    """What an entry is the value of."""
    return entry.kind, entry.key, entry.pain


def current(patient: Patient, *kinds: str) -> list[Entry]:
    """The current entries of these kinds (of all without any), in the order of entry."""
    rows = Entry.objects.filter(patient=patient, current=True).exclude(value=None)
    return list((rows.filter(kind__in=kinds) if kinds else rows).order_by("id"))


def history(patient: Patient, kind: str, key: str, pain: str = "") -> list[Entry]:
    """Every value an item ever had, the newest first; of a pain with those from before there were several."""
    return list(Entry.objects.filter(patient=patient, kind=kind, key=key, pain__in=("", pain)).order_by("-id"))
