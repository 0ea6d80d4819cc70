"""An outside record as it was read: files of a FHIR R4 record (bundle, NDJSON, .gz, .zip, several), or a TOML case."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from unwound.exchange import case_file, fhir
from unwound.patient import Patient as Known
from unwound.record import UnwoundError
from unwound_clinic.record import translate
from unwound_clinic.record.entries import New

MEGABYTE = 1_000_000
LIMIT_VALUES = 2_000
"""Values in one record that somebody can still look at; a lifelong one has a few hundred."""
LIMIT_STORED = 4 * MEGABYTE
"""Characters of what was understood, while it waits."""
NAME_CHARACTERS = 80
INCOMPLETE = "record_incomplete"
"""The fact that part of a record is missing; it is of the day on which the record was read."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A file as it was read: the patient, the story, whose it says it is, and the account of what was not used."""

    name: str
    known: Known
    story: str = ""
    notes: tuple[str, ...] = ()
    """What a person should check."""
    unread: tuple[str, ...] = ()
    """What was not used, put together: one line for each reason, with its count."""
    unread_count: int = 0
    missing: tuple[str, ...] = ()
    """Why part of the record is not here, as its source says."""
    identity: fhir.Identity = field(default_factory=fhir.Identity)
    digest: str = ""
    """Of the content of the files, whatever they are called."""

    @property
    def newest(self) -> date | None:
        """The newest day on which anything in it was."""
        known = self.known
        held = (known.facts, *(pain.facts for pain in known.pains))
        of_facts = (fact.on for all_facts in held for id, fact in all_facts.items() if id != INCOMPLETE)
        of_trials = (day for trial in known.trials for day in (trial.start, trial.end))
        days = (*of_facts, *of_trials, *(form.on for form in known.answers))
        return max((day for day in days if day is not None), default=None)


def limit() -> int:
    """The bytes that the files of one record may have, as sent and unpacked: a bound on the work."""
    return int(settings.IMPORT_MEGABYTES) * MEGABYTE


def read(data: bytes, name: str, as_of: date) -> Record:
    """The patient in a file. UnwoundError, naming the file, when it can be read as neither a record nor a case."""
    return read_files([(name, data)], as_of)


def read_files(files: Sequence[tuple[str, bytes]], as_of: date) -> Record:
    """The patient in the files of one record, each with its name. UnwoundError says what is wrong, and what to do."""
    _check_size(sum(len(data) for _, data in files), files)
    if any(name.lower().endswith(".toml") for name, _ in files):
        record = _case(files)
    else:
        record = _fhir(tuple(_unpacked(files)), _called(files), as_of)
    if _values(record.known) > LIMIT_VALUES:
        raise UnwoundError(
            f"{record.name}: {_values(record.known):,} values are more than one patient's record can have "
            f"(at most {LIMIT_VALUES:,}); check what was exported"
        )
    return record


def _check_size(size: int, files: Sequence[tuple[str, bytes]]) -> None:
    if size > limit():
        raise UnwoundError(too_large(_called(files), size))


def too_large(name: str, size: int) -> str:
    """Why files of so many bytes are not read, and what to do."""
    return (
        f"{name}: {size / MEGABYTE:,.1f} MB is more than is read at once (at most {limit() // MEGABYTE} MB for one "
        "patient's record); export this one patient without pictures and documents, or a shorter time"
    )


def _called(files: Sequence[tuple[str, bytes]]) -> str:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0][0]}{more}"


def _unpacked(files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files without their packing, together within the limit."""
    left = limit()
    for name, data in files:
        try:
            for member, content in fhir.unpacked(data, name, left):
                left -= len(content)
                if left < 0:
                    raise UnwoundError(too_large(_called(files), limit() - left))
                yield member, content
        except fhir.Unpackable as reason:
            raise UnwoundError(f"{name}: {reason}") from None


def _case(files: Sequence[tuple[str, bytes]]) -> Record:
    if len(files) > 1:
        raise UnwoundError(f"{_called(files)}: a case (TOML) is a record by itself; choose it alone")
    name, data = files[0]
    case = case_file.read_case(data, name)
    known = case.patient
    return Record(
        name=name,
        known=known,
        story=case.story,
        identity=fhir.Identity(
            address=f"case {known.id}" if known.id else "",
            names=(known.name,) if known.name else (),
            born=(known.birth_date, known.birth_date) if known.birth_date else None,
        ),
        digest=_digest([data]),
    )


def _fhir(files: Sequence[tuple[str, bytes]], name: str, as_of: date) -> Record:
    record = fhir.read_record(files, name, as_of=as_of)
    to_check = (problem for problem in record.problems if problem.reason not in record.missing)
    return Record(
        name=name,
        known=record.patient,
        notes=tuple(fhir.folded(to_check, lambda problem: problem.in_words)),
        unread=tuple(map(str, record.unread)),
        unread_count=sum(part.count for part in record.unread),
        missing=record.missing,
        identity=record.identity,
        digest=_digest([data for _, data in files]),
    )


def _digest(contents: Sequence[bytes]) -> str:
    """The same for the same contents in any order and under any names."""
    of_each = sorted(hashlib.sha256(content).hexdigest() for content in contents)
    return hashlib.sha256("\n".join(of_each).encode()).hexdigest()


def _values(known: Known) -> int:
    of_pains = sum(len(pain.facts) for pain in known.pains)
    return (
        len(known.facts)
        + of_pains
        + sum(map(len, (known.trials, known.answers, known.medications, known.allergies, known.pains, known.screened)))
    )


# ---- a record that waits to be looked at


def stored(record: Record) -> Json:
    """What was understood, as it waits. UnwoundError where it is more than anybody can look at."""
    identity = record.identity
    content: Json = {
        "name": record.name,
        "known": translate.known_json(record.known),
        "story": record.story,
        "notes": record.notes,
        "unread": record.unread,
        "unread_count": record.unread_count,
        "missing": record.missing,
        "address": identity.address,
        "names": identity.names,
        "numbers": identity.numbers,
        "born": [day.isoformat() for day in identity.born or ()],
        "digest": record.digest,
    }
    if len(json.dumps(content)) > LIMIT_STORED:
        raise UnwoundError(f"{record.name}: its texts are longer than one patient's record can have")
    return content


def from_stored(content: Json) -> Record:
    """The record from its stored form."""
    born = [date.fromisoformat(day) for day in content["born"]]
    return Record(
        name=content["name"],
        known=translate.known(content["known"]),
        story=content["story"],
        notes=tuple(content["notes"]),
        unread=tuple(content["unread"]),
        unread_count=content["unread_count"],
        missing=tuple(content["missing"]),
        identity=fhir.Identity(
            address=content["address"],
            names=tuple(content["names"]),
            numbers=tuple(content["numbers"]),
            born=(born[0], born[1]) if born else None,
        ),
        digest=content["digest"],
    )


# ---- keys


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
