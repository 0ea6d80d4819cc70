"""Values of an outside record in words, as the pages of an import say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from unwound import facts, instruments, record, screens, therapies
from unwound.patient import Fact
from unwound.record import UnwoundError
from unwound_clinic.models import Entry
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New

KINDS: Mapping[str, str] = {"trial": "treatment tried", "story": "history", "medication": "medicine"}
"""Kind of an entry -> what it is called."""


def says(new: New) -> str:
    """A value in words: «gabapentin, up to 900 mg a day, 89 days»."""
    return _in_words(new.kind, new.key, new.value, new)


def of_entry(entry: Entry) -> str:
    """The value of an entry in words."""
    return _in_words(entry.kind, entry.key, entry.value, entry)


def stands(entry: Entry) -> str:
    """What is on record, with who recorded it."""
    return f"{of_entry(entry)} ({translate.origin(entry)})"


def whole(entry: Entry) -> str:
    """The value of an entry in words with nothing left out: a story to its end, every answer of a form."""
    value = entry.value
    if not isinstance(value, dict):
        return of_entry(entry)
    if entry.kind == "answers" and value.get("items"):
        items = ", ".join("not answered" if item is None else f"{item:g}" for item in value["items"])
        return f"{of_entry(entry)}: {items}"
    if entry.kind in ("trial", "medication", "answers", "allergy"):
        return of_entry(entry)
    if set(value) == {"text"}:
        return str(value["text"])
    return "; ".join(f"{_spaced(name)}: {_spaced(part)}" for name, part in value.items() if part not in (None, ""))


def title(kind: str, key: str) -> str:
    """What an item of the record is called: «weight», «treatment tried», «PHQ-9»."""
    if kind == "fact" and key in facts.vocabulary():
        return facts.vocabulary()[key].says
    form = instruments.instruments().get(key.split()[0]) if kind == "answers" and key else None
    return form.title if form else KINDS.get(kind, f"{_spaced(kind)} {_spaced(key)}".strip())


def therapy(id: str) -> str:
    """A treatment by its name."""
    known = therapies.therapies().get(id)
    return known.title if known else id.replace("_", " ")


def _in_words(kind: str, key: str, value: Any, dated: New | Entry) -> str:
    """Each kind of value reads in its own way."""
    if value is None:
        return "not known"
    if kind == "fact":
        return _fact(key, value, dated)
    if kind == "trial":
        return _trial(value)
    if kind == "medication":
        return _medicine(value)
    if kind == "answers":
        return _form(value, dated)
    if kind == "allergy":
        return str(value["substance"])
    if kind == "pain":
        return str(value["name"])
    if kind == "screened":
        group = screens.screens().get(key)
        return f"none of these: {group.title if group else key}"
    return f"history: {str(value.get('text', ''))[:80]}…" if isinstance(value, dict) else str(value)


def _fact(id: str, value: Any, dated: New | Entry) -> str:
    try:
        return facts.says(id, Fact(value=tuple(value) if isinstance(value, list) else value, on=dated.on))
    except (KeyError, UnwoundError):
        return f"{id}: {value}"


def _trial(value: dict[str, Any]) -> str:
    # Only what the file states of a trial is written; what is missing is not written as unknown.
    known = therapies.therapies().get(value["therapy"])
    unit = known.unit if known else "a day (unit not known)"
    parts = [therapy(value["therapy"])]
    if value.get("top_dose") is not None:
        parts.append(f"up to {value['top_dose']:g} {unit}")
    if value.get("days") is not None:
        parts.append(f"{value['days']:g} days")
    if value.get("start") or value.get("end"):
        end = "still taken" if value.get("ongoing") else _day(value.get("end"))
        parts.append(f"{_day(value.get('start'))} to {end}")
    elif value.get("ongoing"):
        parts.append("still taken")
    if value.get("relief_percent") is not None:
        parts.append(f"{value['relief_percent']:g} % relief")
    if value.get("effect"):
        parts.append(f"effect: {_spaced(value['effect'])}")
    if value.get("stopped"):
        parts.append(f"stopped: {_spaced(value['stopped'])}")
    if value.get("side_effects"):
        parts.append(f"side effects: {value['side_effects']}")
    if value.get("note"):
        parts.append(str(value["note"]))
    return ", ".join(parts)


def _day(stored: Any) -> str:
    return record.day(date.fromisoformat(str(stored))) if stored else "?"


def _spaced(word: object) -> str:
    return str(word).replace("-", " ").replace("_", " ")


def _medicine(value: dict[str, Any]) -> str:
    mg, ug = value.get("dose_mg_per_day"), value.get("dose_ug_per_hour")
    dose = f" {mg:g} mg a day" if mg is not None else f" {ug:g} µg an hour" if ug is not None else ", dose not known"
    return f"{_spaced(value['drug'])}{dose}"


def _form(value: dict[str, Any], dated: New | Entry) -> str:
    id = str(value["instrument"])
    form = instruments.instruments().get(id)
    day = f" ({record.day(dated.on)})" if dated.on else ""
    items = value.get("items") or ()
    answered = sum(answer is not None for answer in items)
    total = instruments.score(id, items=items, total=value.get("total")).total if form else value.get("total")
    result = f"total {total:g}" if total is not None else f"{answered} of {len(items)} questions answered"
    return f"{form.title if form else id}: {result}{day}"
