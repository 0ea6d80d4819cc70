"""Values of an outside record in words, as the pages of an import say them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from unwound import facts, follow_up, instruments, record, screens, therapies
from unwound.patient import Fact
from unwound.record import UnwoundError
from unwound.report.words import three
from unwound_clinic.core.template_words import spaced
from unwound_clinic.models import Entry
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New

KINDS: Mapping[str, str] = {
    "trial": "treatment tried",
    "story": "history",
    "medication": "medicine",
    "adverse": "adverse event",
}
"""Kind of an entry -> what it is called."""
DIARY = "diary-"
"""How the key of a diary begins."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


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
    if entry.kind == "screened":
        return f"{of_entry(entry)} ({', '.join(map(_asked, value.get('items', ())))})"
    if "answers" in value:  # a diary: what else it wrote has entries of its own
        parts = (_answer(question, given) for question, given in value["answers"].items())
        return f"day {value['day']} after the infusion ({value['how']}): {'; '.join(parts)}"
    return _written(value, "; ", ": ")


def title(kind: str, key: str) -> str:
    """What an item of the record is called: «weight», «treatment tried», «PHQ-9»."""
    if kind == "fact" and key in facts.vocabulary():
        return facts.vocabulary()[key].says
    form = instruments.instruments().get(key.partition(" ")[0]) if kind == "answers" else None
    if form:
        return form.title
    if kind == "screened" and key in screens.screens():
        return f"asked together: {screens.screens()[key].title}"
    if kind == "story" and key.startswith(DIARY):
        return "diary"
    return KINDS.get(kind, f"{spaced(kind)} {spaced(key)}".strip())


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
    if kind == "adverse":
        return str(value["what"])
    if not isinstance(value, dict):
        return _written(value)
    return f"history: {str(value['text'])[:80]}…" if "text" in value else title(kind, key)


def _fact(id: str, value: Any, dated: New | Entry) -> str:
    try:
        return facts.says(id, Fact(value=tuple(value) if isinstance(value, list) else value, on=dated.on))
    except (KeyError, UnwoundError):
        return f"{spaced(id)}: {_written(value)}"


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
        parts.append(f"effect: {spaced(value['effect'])}")
    if value.get("stopped"):
        parts.append(f"stopped: {spaced(value['stopped'])}")
    if value.get("side_effects"):
        parts.append(f"side effects: {value['side_effects']}")
    if value.get("note"):
        parts.append(record.days_in_words(str(value["note"])))
    return ", ".join(parts)


def _day(stored: Any) -> str:
    return record.day_as_written(str(stored)) if stored else "?"


def _asked(fact: str) -> str:
    known = facts.vocabulary().get(fact)
    return known.says if known else spaced(fact)


def _answer(id: str, given: Any) -> str:
    """A question of the diary with its answer, in the words in which they were shown; what was typed as it is."""
    question = next((question for question in follow_up.rule().questions if question.id == id), None)
    choices = {choice.id: choice.text for choice in question.choices} if question else {}
    parts = given if isinstance(given, list) else [given]
    answer = ", ".join(choices.get(str(part)) or _written(part) for part in parts)
    return f"{question.ask if question and question.ask else spaced(id)}: {answer}"


def _written(value: Any, between: str = ", ", after: str = " ") -> str:
    """A value as it was written: only names in it are spaced, days said as people write them."""
    if isinstance(value, Mapping):
        parts = ((name, part) for name, part in value.items() if part not in (None, "", [], {}))
        return between.join(f"{spaced(name)}{after}{_written(part)}" for name, part in parts)
    if isinstance(value, list | tuple):
        return ", ".join(map(_written, value))
    if isinstance(value, bool):
        return three(value)
    text = str(value)
    return record.day_as_written(text) if _ISO.fullmatch(text) else text


def _medicine(value: dict[str, Any]) -> str:
    mg, ug = value.get("dose_mg_per_day"), value.get("dose_ug_per_hour")
    dose = f" {mg:g} mg a day" if mg is not None else f" {ug:g} µg an hour" if ug is not None else ", dose not known"
    return f"{str(value['drug']).replace('_', ' ')}{dose}"


def _form(value: dict[str, Any], dated: New | Entry) -> str:
    id = str(value["instrument"])
    form = instruments.instruments().get(id)
    day = f" ({record.day(dated.on)})" if dated.on else ""
    items = value.get("items") or ()
    answered = sum(answer is not None for answer in items)
    total = instruments.score(id, items=items, total=value.get("total")).total if form else value.get("total")
    result = f"total {total:g}" if total is not None else f"{answered} of {len(items)} questions answered"
    return f"{form.title if form else id}: {result}{day}"
