"""Database rows to the library's records and back; no other file of this wing does that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, tzinfo
from typing import Any

from unwound import derive, facts, instruments, intake, places, screens, therapies, vocabulary
from unwound.exchange.fhir.letters import Letter as Sent
from unwound.patient import Answers, Fact, Medication, Pain, Screened, Trial
from unwound.patient import Patient as Known
from unwound.record import UnwoundError
from unwound_clinic.models import Entry, Letter, Patient
from unwound_clinic.record import pains
from unwound_clinic.record.entries import New, current

Json = Any
BODY_MAP = "body-map"
"""The key under which the patient's marks on the drawing of the body are kept."""


def patient(row: Patient, as_of: date, entries: Iterable[Entry] | None = None) -> Known:
    """Everything known of a patient as the library reads it, on that day.

    What was entered after that day (past midnight, in another zone) counts as of the day: it must not be lost. A fact
    that the vocabulary of today does not take any more stays in the record and is asked again.
    """
    rows = list(current(row) if entries is None else entries)
    listed = _pains(rows, as_of)
    known_facts = [(entry.pain, entry.key, fact(entry, as_of, row.site.zone)) for entry in rows if entry.kind == "fact"]
    known_facts += _on_the_body_map(rows, listed, known_facts)
    persons, of_pains = pains.placed(listed, (known for known in known_facts if not facts.problem_with(*known[1:])))
    forms = (pains.about(listed, answers(entry, as_of), entry.pain) for entry in rows if entry.kind == "answers")
    return Known(
        id=str(row.pk),
        name=row.full_name,
        as_of=as_of,
        birth_date=row.birth_date,
        sex=row.sex or None,
        jurisdiction=row.site.jurisdiction or None,
        facts=persons,
        pains=of_pains,
        trials=tuple(pains.taken_for(listed, trial(entry, as_of)) for entry in rows if entry.kind == "trial"),
        answers=tuple(form for form in forms if form is not None),
        medications=tuple(medication(entry) for entry in rows if entry.kind == "medication"),
        allergies=allergies(rows),
        screened=tuple(screened(entry, as_of) for entry in rows if entry.kind == "screened"),
    )


def _on_the_body_map(
    rows: Iterable[Entry], listed: tuple[pains.OnRecord, ...], known: Iterable[tuple[str, str, Fact]]
) -> list[tuple[str, str, Fact]]:
    """Where the patient marked the pain, while nobody has stated it; of several pains on record it may be any."""
    if len(listed) > 1 or any(id == places.SITE for _, id, _ in known):
        return []
    return [
        ("", places.SITE, Fact(value=sites, origin=f"the body map, {origin(entry)}"))
        for entry in rows
        if entry.kind == "story" and entry.key == BODY_MAP
        if (sites := intake.sites_of(content(entry).get("regions", ())))
    ]


def _pains(rows: Iterable[Entry], as_of: date) -> tuple[pains.OnRecord, ...]:
    """The pains on record; one that began after that day counts as of the day."""
    return tuple(replace(pain, since=_until(as_of, pain.since)) for pain in pains.on_record(rows))


def fact(entry: Entry, as_of: date | None = None, zone: tzinfo = UTC) -> Fact:
    """One fact; a list is several choices. What was typed without a day was so on the day it was typed.

    What was imported without a day is of a day that nobody knows.
    """
    value = tuple(entry.value) if isinstance(entry.value, list) else entry.value
    on, question = entry.on, vocabulary.vocabulary().get(entry.key)
    if on is None and not entry.origin and question is not None and question.needs_day:
        on = entry.at.astimezone(zone).date()
    return Fact(value=value, on=_until(as_of, on), origin=origin(entry))


def trial(entry: Entry, as_of: date | None = None) -> Trial:
    """One treatment that was tried."""
    tried = Trial.model_validate({**content(entry), "origin": origin(entry)})
    if as_of is None or max(tried.start or as_of, tried.end or as_of) <= as_of:
        return tried
    return tried.model_copy(update={"start": _until(as_of, tried.start), "end": _until(as_of, tried.end)})


def answers(entry: Entry, as_of: date | None = None) -> Answers:
    """One answered form."""
    return Answers.model_validate({**content(entry), "on": _until(as_of, entry.on), "origin": origin(entry)})


def screened(entry: Entry, as_of: date | None = None) -> Screened:
    """One group that was answered with «none of these»: on which day, who asked, and what was read."""
    items = tuple(content(entry).get("items", ()))
    by = str(content(entry).get("by", entry.by_name))
    return Screened(group=entry.key, on=_until(as_of, entry.on), by=by, items=items)


def _until(last: date | None, day: date | None) -> date | None:
    """The day, the last one where it would be later."""
    return day if last is None or day is None else min(day, last)


def medication(entry: Entry) -> Medication:
    """One medicine."""
    return Medication.model_validate({**content(entry), "origin": origin(entry)})


def allergies(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The allergies among these entries, each with its reaction, in words."""
    return tuple(_allergy(content(entry)) for entry in entries if entry.kind == "allergy")


def _allergy(value: dict[str, Json]) -> str:
    """What it is to, with what happened: «gabapentin: drowsiness»."""
    return ": ".join(str(part) for part in (value["substance"], value.get("reaction")) if part)


def content(entry: Entry) -> dict[str, Json]:
    """The value of an entry that is a table."""
    return dict(entry.value or {})


def origin(entry: Entry) -> str:
    """Who recorded it and when, as the library's reports show it."""
    author = f"{entry.by_name}, {entry.at:%Y-%m-%d}"
    return f"{entry.origin}, imported by {author}" if entry.origin else author


def new_pain(key: str, value: Json) -> New:
    """A pain to enter: as the library's, and `ended` once it is over; ValueError, saying why, when it does not fit."""
    ended = value.get("ended")
    checked = _valid(Pain, {name: part for name, part in value.items() if name != "ended"})
    return New(kind="pain", key=key, value={**checked, "ended": ended} if ended else checked)


def new_fact(id: str, value: Json, on: date | None) -> New:
    """A fact to enter; UnwoundError when the vocabulary does not know it or the value does not fit."""
    if value is not None:
        vocabulary.fitting(id, value)
    return New(kind="fact", key=id, value=value, on=on)


def new_screened(group: str, items: Iterable[str], on: date) -> New:
    """«None of these» to enter, said of the items that were read; UnwoundError for a group or an item unknown to it."""
    items = list(items)
    problem = screens.unknown(group) or ", ".join(
        f"{group}: «{item}» is not asked in this group" for item in screens.not_in(group, items)
    )
    if problem or not items:
        raise UnwoundError(problem or f"{group}: «none of these» was said of no item")
    return New(kind="screened", key=group, value={"answer": "none", "items": items}, on=on)


def new_trial(key: str, value: Json) -> New:
    """A trial to enter; ValueError, saying why, when its parts contradict each other or nobody can have taken it."""
    valid = _valid(Trial, value)
    impossible = therapies.impossible_dose(valid["therapy"], valid.get("top_dose"))
    if impossible:
        raise ValueError(impossible)
    return New(kind="trial", key=key, value=valid)


def new_medication(key: str, value: Json) -> New:
    """A medicine to enter; ValueError, saying why, for a dose that nobody can take."""
    valid = _valid(Medication, value)
    impossible = therapies.impossible_dose(valid["drug"], valid.get("dose_mg_per_day"))
    if impossible:
        raise ValueError(impossible)
    return New(kind="medication", key=key, value=valid)


def new_answers(value: Json, on: date) -> New:
    """An answered form to enter; one form a day, the later one amends. UnwoundError for answers that do not fit."""
    checked = _valid(Answers, value)
    instruments.score(checked["instrument"], items=checked.get("items", ()), total=checked.get("total"))
    return New(kind="answers", key=f"{checked['instrument']} {on.isoformat()}", value=checked, on=on)


def letter(row: Letter, pdf: bytes) -> Sent:
    """A written letter as it is sent to another system."""
    patient = row.patient
    return Sent(
        kind=row.kind,
        title=str(row.content.get("title") or row.get_kind_display()),
        pdf=pdf,
        author=row.written_by.name,
        site=patient.site.name,
        written_at=row.written_at,
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        number=patient.number,
    )


KEEPS_DAYS = "keeps_days"
"""Marks a stored patient in whom a value without its day is one whose day is not known."""


def known_json(known: Known) -> Json:
    """The library's patient as stored with a signature."""
    return {**known.model_dump(mode="json", exclude_defaults=True), KEEPS_DAYS: True}


def known(stored: Json) -> Known:
    """The library's patient from its stored form; ValueError when it is no longer valid.

    In what earlier versions stored, a value without its day is of the day of the review.
    """
    fields = {name: value for name, value in stored.items() if name != KEEPS_DAYS}
    patient = Known.model_validate_json(json.dumps(fields))
    return patient if KEEPS_DAYS in stored else derive.stated_today(patient)


def _valid(model: type[Trial | Medication | Answers | Pain], value: Json) -> Json:
    return model.model_validate(value).model_dump(mode="json", exclude_defaults=True)
