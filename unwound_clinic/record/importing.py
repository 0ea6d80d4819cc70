"""An outside record (FHIR R4 bundle, TOML case) as entries: what is new is imported, what differs is reported.

An import never replaces anything that a person entered here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from unwound import facts
from unwound.exchange import case_file, fhir
from unwound.patient import Fact
from unwound.patient import Patient as Known
from unwound.record import UnwoundError
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import pains, translate
from unwound_clinic.record.entries import New

LIMIT_BYTES = fhir.LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class Record:
    """A file as it was read: the patient, the story, and notes on what could not be read."""

    name: str
    known: Known
    story: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Comparison:
    """An outside record beside the record here: what it adds, and where it differs (kept as it is here)."""

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
    notes = tuple(f"{problem.resource or f'entry {problem.index}'}: {problem.reason}" for problem in bundle.problems)
    return Record(name, bundle.patient, notes=notes)


def check_person(patient: Patient, record: Record, *, sure: bool) -> None:
    """Conflict when the record is another patient's: another date of birth or sex, or no word of the name in common."""
    born = record.known.birth_date
    if born and patient.birth_date and born != patient.birth_date:
        raise Conflict(f"{record.name}: that patient was born on {born}, this one on {patient.birth_date}")
    if record.known.sex and patient.sex and record.known.sex != patient.sex:
        raise Conflict(f"{record.name}: the sex differs from that of this patient")
    imported_name, name_here = (set(_name_words(name)) for name in (record.known.name, patient.full_name))
    if imported_name and not imported_name & name_here and not sure:
        raise Conflict(
            f"{record.name} is the record of «{record.known.name}», this patient is {patient.full_name}: "
            "if they are the same, tick «same person»"
        )


def compare(record: Record, entries: Iterable[Entry]) -> Comparison:
    """Beside the current entries: what the record adds, what is already here, what differs and what does not fit."""
    entries = list(entries)
    comparison = Comparison()
    keys = _pains(record, pains.on_record(entries), comparison)
    _facts(record, entries, keys, comparison)
    for kind, rows in (("trial", record.known.trials), ("medication", record.known.medications)):
        recorded = [_without_origin(translate.content(entry)) for entry in entries if entry.kind == kind]
        for row in rows:
            value = row.model_dump(mode="json", exclude_defaults=True)
            if value.get("pains"):
                value["pains"] = [keys[name] for name in value["pains"] if keys[name]]
            origin = _origin(record, str(value.pop("origin", "")))
            _add(comparison, value in recorded, New(kind=kind, key=new_key(), value=value, origin=origin))
    _answers(record, {(entry.key, entry.pain) for entry in entries if entry.kind == "answers"}, keys, comparison)
    allergies = {entry.key for entry in entries if entry.kind == "allergy"}
    for substance in record.known.allergies:
        _add(comparison, allergy_key(substance) in allergies, new_allergy(substance, _origin(record, "")))
    groups = {entry.key for entry in entries if entry.kind == "screened"}
    for answer in record.known.screened:
        value = answer.model_dump(mode="json", exclude_defaults=True, exclude={"group", "on"})
        new = New(
            kind="screened",
            key=answer.group,
            value={"answer": "none", **value},
            on=answer.on,
            origin=_origin(record, ""),
        )
        _add(comparison, answer.group in groups, new)
    if record.story and not any(entry.kind == "story" and entry.key == "case" for entry in entries):
        comparison.entries.append(
            New(kind="story", key="case", value={"text": record.story}, origin=_origin(record, ""))
        )
    return comparison


def new_key() -> str:
    """A fresh key for a trial or medicine, unique even when two people add at once."""
    return secrets.token_hex(4)


def new_allergy(substance: str, origin: str = "") -> New:
    """An allergy; the same substance is one line however it is written."""
    return New(
        kind="allergy", key=allergy_key(substance), value={"substance": " ".join(substance.split())}, origin=origin
    )


def allergy_key(substance: str) -> str:
    """The key of a substance."""
    return " ".join(substance.casefold().split())[:80]


def _pains(record: Record, listed: tuple[pains.OnRecord, ...], comparison: Comparison) -> dict[str, str]:
    """The key of each pain of the record: that of its namesake here, or of a new one.

    A single pain beside at most one here is the same pain, and its facts are told from nobody's.
    """
    here = {pain.name.casefold(): pain.key for pain in pains.still_there(listed)}
    is_the_only_one = len(record.known.pains) == 1 and len(listed) < 2
    keys: dict[str, str] = {}
    for pain in record.known.pains:
        key = here.get(pain.name.casefold(), "")
        if key:
            comparison.same += 1
        elif not (is_the_only_one and listed):
            key = new_key()
            value = pain.model_dump(mode="json", exclude_defaults=True, exclude={"facts"})
            if any(one.to_treat for one in listed):
                value.pop("to_treat", None)
            new = translate.new_pain(key, value)
            comparison.entries.append(replace(new, origin=_origin(record, "")))
        keys[pain.name] = "" if is_the_only_one else key
    return keys


def _facts(record: Record, entries: list[Entry], keys: Mapping[str, str], comparison: Comparison) -> None:
    one_pain = len(pains.on_record(entries)) < 2 and not any(keys.values())
    here = {(("" if one_pain else entry.pain), entry.key): entry for entry in entries if entry.kind == "fact"}
    for pain, id, fact in _known_facts(record, keys):
        value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
        recorded = here.get((pain, id))
        if recorded is None:
            comparison.entries.append(
                New(kind="fact", key=id, value=value, on=fact.on, origin=_origin(record, fact.origin), pain=pain)
            )
        elif recorded.value == value:
            comparison.same += 1
        else:
            kept = facts.says(id, translate.fact(recorded))
            comparison.otherwise.append(f"{facts.says(id, fact)}; kept as entered here: {kept} ({recorded.by_name})")


def _known_facts(record: Record, keys: Mapping[str, str]) -> Iterator[tuple[str, str, Fact]]:
    """The facts of the person and of each pain, with the key of the pain."""
    yield from (("", id, fact) for id, fact in record.known.facts.items())
    for pain in record.known.pains:
        yield from ((keys[pain.name], id, fact) for id, fact in pain.facts.items())


def _answers(record: Record, here: set[tuple[str, str]], keys: Mapping[str, str], comparison: Comparison) -> None:
    for form in record.known.answers:
        if form.on is None:
            comparison.unfit.append(f"{form.instrument}: a form without its date is not imported")
            continue
        try:
            new = translate.new_answers(form.model_dump(mode="json", exclude={"on", "origin", "pain"}), form.on)
        except (UnwoundError, ValueError) as error:
            comparison.unfit.append(f"{form.instrument}: {error}")
            continue
        pain = keys.get(form.pain, "")
        _add(
            comparison,
            (new.key, pain) in here,
            replace(new, origin=_origin(record, form.origin), pain=pain),
        )


def _add(comparison: Comparison, is_recorded: bool, new: New) -> None:
    if is_recorded or any(
        (entry.kind, entry.key, entry.pain) == (new.kind, new.key, new.pain) for entry in comparison.entries
    ):
        comparison.same += 1
    else:
        comparison.entries.append(new)


def _without_origin(value: dict[str, object]) -> dict[str, object]:
    return {name: part for name, part in value.items() if name != "origin"}


def _origin(record: Record, origin: str) -> str:
    return f"{origin} in {record.name}" if origin else record.name


def _name_words(name: str) -> Iterator[str]:
    """Words of a name without the numbers that synthetic records put behind them."""
    for word in name.casefold().replace(",", " ").split():
        bare = word.strip("0123456789.")
        if bare:
            yield bare
