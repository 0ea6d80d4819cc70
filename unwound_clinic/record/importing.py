"""A record from elsewhere (FHIR R4 bundle, TOML case) as entries: what is new is brought in, what differs is told.

An import never takes the place of something a person entered here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from unwound import facts
from unwound.exchange import case_file, fhir
from unwound.patient import Patient as Known
from unwound.record import UnwoundError
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New

LIMIT_BYTES = fhir.LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class Record:
    """A file as it was read: the patient in it, the story, and what could not be read."""

    name: str
    known: Known
    story: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Brought:
    """What a record adds to what is known here, and what it says otherwise (kept as it is here)."""

    entries: list[New] = field(default_factory=list)
    same: int = 0
    otherwise: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)


def read(data: bytes, name: str, as_of: date) -> Record:
    """The patient in a file. UnwoundError, naming the file, when it can be read as neither a bundle nor a case."""
    if len(data) > LIMIT_BYTES:
        raise UnwoundError(
            f"{name}: {len(data):,} bytes is more than one patient's record can have; at most {LIMIT_BYTES:,}"
        )
    if name.lower().endswith(".toml"):
        case = case_file.read_case(data, name)
        return Record(name, case.patient, case.story)
    bundle = fhir.read_bundle(data, name, as_of=as_of)
    notes = tuple(f"{one.resource or f'entry {one.index}'}: {one.reason}" for one in bundle.problems)
    return Record(name, bundle.patient, notes=notes)


def check_person(patient: Patient, record: Record, *, sure: bool) -> None:
    """Conflict when the record is of somebody else: another birth date, or no word of the name in common."""
    born = record.known.birth_date
    if born and patient.birth_date and born != patient.birth_date:
        raise Conflict(f"{record.name}: that patient was born on {born}, this one on {patient.birth_date}")
    if record.known.sex and patient.sex and record.known.sex != patient.sex:
        raise Conflict(f"{record.name}: the sex differs from that of this patient")
    words, own = (_words(name) for name in (record.known.name, patient.full_name))
    if words and not words & own and not sure:
        raise Conflict(
            f"{record.name} is the record of «{record.known.name}», this patient is {patient.full_name}: "
            "if they are the same, tick «same person»"
        )


def brought(record: Record, held: Iterable[Entry]) -> Brought:
    """What the record adds."""
    held = list(held)
    found = Brought()
    _facts(record, {one.key: one for one in held if one.kind == "fact"}, found)
    for kind, rows in (("trial", record.known.trials), ("medication", record.known.medications)):
        there = [_bare(translate.content(one)) for one in held if one.kind == kind]
        for row in rows:
            value = row.model_dump(mode="json", exclude_defaults=True)
            origin = _origin(record, str(value.pop("origin", "")))
            _add(found, value in there, New(kind=kind, key=key(), value=value, origin=origin))
    _answers(record, {one.key: one for one in held if one.kind == "answers"}, found)
    allergies = {one.key for one in held if one.kind == "allergy"}
    for substance in record.known.allergies:
        _add(found, allergy_key(substance) in allergies, new_allergy(substance, _origin(record, "")))
    if record.story and not any(one.kind == "story" and one.key == "case" for one in held):
        found.entries.append(New(kind="story", key="case", value={"text": record.story}, origin=_origin(record, "")))
    return found


def key() -> str:
    """A new line of trials or medicines: nobody else's, even when two people add at once."""
    return secrets.token_hex(4)


def new_allergy(substance: str, origin: str = "") -> New:
    """An allergy; the same substance is one line however it is written."""
    return New(
        kind="allergy", key=allergy_key(substance), value={"substance": " ".join(substance.split())}, origin=origin
    )


def allergy_key(substance: str) -> str:
    """The line of a substance."""
    return " ".join(substance.casefold().split())[:80]


def _facts(record: Record, held: dict[str, Entry], found: Brought) -> None:
    for id, fact in record.known.facts.items():
        value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
        there = held.get(id)
        if there is None:
            found.entries.append(New(kind="fact", key=id, value=value, on=fact.on, origin=_origin(record, fact.origin)))
        elif there.value == value:
            found.same += 1
        else:
            mine = facts.says(id, translate.fact(there))
            found.otherwise.append(f"{facts.says(id, fact)}; kept as entered here: {mine} ({there.by_name})")


def _answers(record: Record, held: dict[str, Entry], found: Brought) -> None:
    for form in record.known.answers:
        if form.on is None:
            found.unfit.append(f"{form.instrument}: a form without its date is not imported")
            continue
        try:
            new = translate.new_answers(form.model_dump(mode="json", exclude={"on", "origin"}), form.on)
        except (UnwoundError, ValueError) as error:
            found.unfit.append(f"{form.instrument}: {error}")
            continue
        _add(
            found,
            new.key in held,
            New(kind="answers", key=new.key, value=new.value, on=form.on, origin=_origin(record, form.origin)),
        )


def _add(found: Brought, there: bool, new: New) -> None:
    if there or any((one.kind, one.key) == (new.kind, new.key) for one in found.entries):
        found.same += 1
    else:
        found.entries.append(new)


def _bare(value: dict[str, object]) -> dict[str, object]:
    return {name: one for name, one in value.items() if name != "origin"}


def _origin(record: Record, origin: str) -> str:
    return f"{origin} in {record.name}" if origin else record.name


def _words(name: str) -> set[str]:
    return set(_letters(name))


def _letters(name: str) -> Iterator[str]:
    """Words of a name without the numbers that synthetic records put behind them."""
    for word in name.casefold().replace(",", " ").split():
        bare = word.strip("0123456789.")
        if bare:
            yield bare
