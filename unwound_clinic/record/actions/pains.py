"""The pains of a patient: added, described, ended, chosen as the one to be treated; and what belongs to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from unwound import record
from unwound.terms import Purpose
from unwound.vocabulary import belongs_to_one_pain
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import importing, pains, translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a person says of a pain."""

    name: str
    site: str = ""
    side: str = ""
    since: date | None = None
    ended: date | None = None


@action("record-facts")
def add(*, by: Staff, patient: Patient, pain: Described, first: str = "") -> str:
    """Adds a pain and returns its key. Where there was a single one so far, `first` names that one.

    What was recorded so far of the single pain becomes that pain's, each value as an entry of its own.
    """
    _locked(patient)
    rows = current(patient)
    listed = pains.on_record(rows)
    if not listed and not first.strip():
        raise Conflict("name the pain that is on record so far, so that the two can be told apart")
    key, new = importing.new_key(), list[New]()
    names = [known.name for known in listed]
    if not listed:
        names, first_key = [first.strip()], importing.new_key()
        new.append(translate.new_pain(first_key, {"name": first.strip()}))
        new += _belonging(rows, first_key, patient)
    elif len(listed) == 1:
        new += _belonging(rows, listed[0].key, patient)
    _check(pain, names, patient)
    new.append(translate.new_pain(key, _value(pain)))
    reason = f"several pains now: what was recorded so far belongs to «{names[0]}»" if len(names) == 1 else ""
    entries.put(by, patient, tuple(new), reason)
    return key


@action("record-facts")
def describe(*, by: Staff, patient: Patient, key: str, pain: Described, reason: str) -> None:
    """Changes what is said of a pain: its name, its place, since when, or that it is over. A reason is needed."""
    _locked(patient)
    listed = pains.on_record(current(patient, "pain"))
    before = _of(listed, key)
    if not reason.strip():
        raise Conflict("give the reason for the change")
    _check(pain, [known.name for known in listed if known.key != key], patient)
    treated = {} if before.to_treat is None or pain.ended else {"to_treat": before.to_treat}
    entries.put(by, patient, (translate.new_pain(key, {**_value(pain), **treated}),), reason.strip())


@action("record-facts")
def treat(*, by: Staff, patient: Patient, key: str) -> None:
    """Ketamine is considered for this pain, and for no other one."""
    _locked(patient)
    rows = current(patient, "pain")
    chosen = _of(pains.on_record(rows), key)
    if chosen.ended is not None:
        raise Conflict(f"«{chosen.name}» resolved on {chosen.ended}: choose a pain that is still present")
    new = tuple(
        translate.new_pain(row.key, {**translate.content(row), "to_treat": row.key == key})
        for row in rows
        if not (row.value or {}).get("ended")
    )
    entries.put(by, patient, new, f"«{chosen.name}» is the pain to be treated")


@action("record-facts")
def place(*, by: Staff, patient: Patient, kind: str, item: str, key: str) -> None:
    """What names no pain (a fact, a form) is about this one, somebody says. Conflict where that has a value already."""
    _locked(patient)
    rows = current(patient)
    listed = pains.on_record(rows)
    named = _of(listed, key)
    unplaced = [row for row in rows if (row.kind, row.key) == (kind, item) and pains.names_no_pain(row, listed)]
    if not unplaced:
        raise Conflict("this was placed or amended meanwhile: open the page again")
    if any((row.kind, row.key, row.pain) == (kind, item, key) for row in rows):
        raise Conflict(f"«{named.name}» has a value of its own for this; amend that one in the consultation")
    entries.put(by, patient, tuple(_belonging(unplaced, key, patient)), f"this is about «{named.name}»")


@action("record-facts")
def remove(*, by: Staff, patient: Patient, key: str, reason: str) -> None:
    """A pain that was entered in error; Conflict while anything belongs to it."""
    _locked(patient)
    rows = current(patient)
    pain = _of(pains.on_record(rows), key)
    if not reason.strip():
        raise Conflict("say why it was entered in error")
    trials = (translate.content(row) for row in rows if row.kind == "trial")
    if any(row.pain == key for row in rows) or any(key in trial.get("pains", ()) for trial in trials):
        raise Conflict(f"facts, treatments or forms belong to «{pain.name}»: if it has resolved, enter the day")
    entries.put(by, patient, (New(kind="pain", key=key, value=None),), reason.strip())


def _locked(patient: Patient) -> None:
    """Two changes to the pains of a patient follow one another."""
    Patient.objects.select_for_update().get(pk=patient.pk)


def _of(listed: Iterable[pains.OnRecord], key: str) -> pains.OnRecord:
    pain = next((pain for pain in listed if pain.key == key), None)
    if pain is None:
        raise Conflict("this pain is not on this patient's record: open the page again")
    return pain


def _check(pain: Described, others: Iterable[str], patient: Patient) -> None:
    """Conflict, saying why, for what a pain cannot be."""
    today = timezone.now().astimezone(patient.site.zone).date()
    name = pain.name.strip()
    if not name:
        raise Conflict("give the pain a name, such as «left foot»")
    if name.casefold() in (other.casefold() for other in (*others, pains.NOT_NAMED)):
        raise Conflict(f"another pain is called «{name}»; each needs a name of its own")
    if any(day is not None and day > today for day in (pain.since, pain.ended)):
        raise Conflict("a day in the future cannot be the day on which a pain began or ended")
    if pain.since and patient.birth_date and pain.since < patient.birth_date:
        raise Conflict(f"it cannot have begun on {record.day(pain.since)}, before the patient was born: check the year")
    if pain.since and pain.ended and pain.ended < pain.since:
        raise Conflict(f"it cannot have ended on {record.day(pain.ended)}, before it began on {record.day(pain.since)}")


def _value(pain: Described) -> dict[str, Any]:
    value = {
        "name": pain.name.strip(),
        "site": pain.site.strip(),
        "side": pain.side or None,
        "since": pain.since.isoformat() if pain.since else None,
        "ended": pain.ended.isoformat() if pain.ended else None,
    }
    return {name: part for name, part in value.items() if part}


def _belonging(rows: Iterable[Entry], key: str, patient: Patient) -> Iterator[New]:
    """The entries that name no pain as those of this one, each with its day and where it came from.

    A lesion or a test was recorded in view of the single pain as well; of another one it has to be asked.
    """
    rows = list(rows)
    has_its_own = {(row.kind, row.key) for row in rows if row.pain == key}
    for row in rows:
        if row.pain or (row.kind, row.key) in has_its_own:
            continue
        content = translate.content(row) if row.kind == "trial" else {}
        if row.kind == "fact" and belongs_to_one_pain(row.key) is not False:
            on = translate.fact(row, None, patient.site.zone).on
            yield New(kind="fact", key=row.key, value=None)
            yield New(kind="fact", key=row.key, value=row.value, on=on, origin=row.origin, pain=key)
        elif row.kind == "answers" and pains.is_about_one_pain(row):
            yield New(kind="answers", key=row.key, value=None, on=row.on)
            yield New(kind="answers", key=row.key, value=row.value, on=row.on, origin=row.origin, pain=key)
        elif content and content.get("purpose", Purpose.PAIN) == Purpose.PAIN and not content.get("pains"):
            yield New(kind="trial", key=row.key, value={**content, "pains": [key]}, on=row.on, origin=row.origin)
