"""What somebody sees before an outside record is imported: what is urgent or contradictory first, then each value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from unwound import conditions, contradictions, derive
from unwound.patient import Patient as Known
from unwound.patient import Trial
from unwound.terms import Purpose
from unwound.therapies import purposes
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import import_words, pains, review, translate, urgent, whose_record
from unwound_clinic.record.comparing import Change, Comparison, Line
from unwound_clinic.record.entries import New, item
from unwound_clinic.record.importing import INCOMPLETE, Record

FIRST = 5
"""Lines of a long list that are shown at once; the rest can be unfolded."""
TITLES = {
    "diagnosis": "Diagnoses",
    "allergy": "Allergies",
    "medication": "Medicines taken now",
    "trial": "Treatments tried",
    "answers": "Questionnaires",
    "fact": "Measurements and findings",
    "pain": "Pains",
    "screened": "Asked as one",
    "story": "History",
}
"""Kinds of values with their titles, what forbids or changes treatment first."""
FOR_PAIN, AS_PRESCRIBED = "for_pain", "as_prescribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The values of one kind."""

    kind: str
    title: str
    new: tuple[Line, ...]
    replaces: tuple[Line, ...]
    differs: tuple[Line, ...]
    gone: tuple[Line, ...]
    same: tuple[Line, ...]

    @property
    def changes(self) -> tuple[Line, ...]:
        """What is entered: what replaces something first."""
        return (*self.replaces, *self.new)

    @property
    def at_once(self) -> tuple[Line, ...]:
        """The changes that are shown at once: all that replaces something, and the first of the new ones."""
        return self.changes[: max(FIRST, len(self.replaces))]

    @property
    def folded(self) -> tuple[Line, ...]:
        """The other changes."""
        return self.changes[len(self.at_once) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToConfirm:
    """One treatment of which the file does not say what it was for, or whether it was taken as prescribed."""

    therapy: str
    title: str
    courses: tuple[str, ...]
    asks_purpose: bool
    asks_adherence: bool
    purpose: str = ""
    """What the file says it was for, where it says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that is shown of a record that waits."""

    record: Record
    comparison: Comparison
    urgent: tuple[str, ...]
    """What will raise an alarm."""
    within: tuple[contradictions.Conflict, ...]
    """Where the record contradicts itself."""
    against: tuple[contradictions.Conflict, ...]
    """Where it contradicts what is on record."""
    sections: tuple[Section, ...]
    to_confirm: tuple[ToConfirm, ...]
    pain: str
    """The name of the pain in view, where several are on record; empty where there is one."""
    which_pain_is_open: bool
    """Whether several pains are on record and nobody said which is meant: then no purpose can be ticked."""
    agreed: tuple[str, ...]
    """What was open of whose record it is, and was answered by a person."""
    shown: str
    """Changes with everything that is shown and would be entered."""

    @property
    def entered(self) -> int:
        """How many values are entered; that part of the record is missing is none of them."""
        return sum(new.key != INCOMPLETE for new in self.comparison.entries)

    @property
    def differs(self) -> int:
        """How many values differ from what is on record, which stands."""
        return len(self.comparison.of(Change.DIFFERS))

    @property
    def to_check(self) -> tuple[str, ...]:
        """What a person should check in the file."""
        return (*self.comparison.unfit, *self.record.notes)


def preview(patient: Patient, record: Record, comparison: Comparison, rows: Sequence[Entry], day: date) -> Preview:
    """What is shown of a record beside the current entries `rows`."""
    listed = pains.on_record(rows)
    now = translate.patient(patient, day, rows)
    pain = pains.key_in_view(listed, review.review_of(patient, day).review.patient) if len(listed) > 1 else ""
    within = _conflicts(record.known)
    earlier = {conflict.id for conflict in (*within, *_conflicts(now))}
    after = _after(patient, rows, comparison.entries)
    against = _conflicts(translate.patient(patient, day, after))
    return Preview(
        record=record,
        comparison=comparison,
        urgent=_urgent(patient, day, rows, after),
        within=within,
        against=tuple(conflict for conflict in against if conflict.id not in earlier),
        sections=tuple(_sections(comparison.lines)),
        to_confirm=tuple(_to_confirm(comparison.entries)),
        pain=next((other.name for other in listed if other.key == pain), ""),
        which_pain_is_open=len(listed) > 1 and not pain,
        agreed=whose_record.likeness(patient, record).asked,
        shown=_token(record, comparison, rows),
    )


def _token(record: Record, comparison: Comparison, rows: Iterable[Entry]) -> str:
    """Fresh keys of new items are left out: they are drawn anew at every look."""
    lines = [(line.change, line.kind, line.says, line.stands) for line in comparison.lines]
    rest = sorted(row.pk for row in rows)
    return hashlib.sha256(repr((record.digest, lines, rest)).encode()).hexdigest()[:32]


def _conflicts(known: Known) -> tuple[contradictions.Conflict, ...]:
    return contradictions.conflicts(derive.derive(known))


def _after(patient: Patient, rows: Iterable[Entry], new: Iterable[New]) -> list[Entry]:
    """The entries as they would stand, none of them saved."""
    entered = {item(value): value for value in new}
    now = timezone.now()
    kept = [row for row in rows if item(row) not in entered]
    return kept + [
        Entry(
            patient=patient,
            kind=value.kind,
            key=value.key,
            pain=value.pain,
            value=value.value,
            on=value.on,
            at=now,
            by_name="this file",
            origin=value.origin,
        )
        for value in entered.values()
        if value.value is not None
    ]


def _urgent(patient: Patient, day: date, rows: Iterable[Entry], after: Iterable[Entry]) -> tuple[str, ...]:
    """The red flags and risks that would apply after the import and do not now."""
    earlier = urgent.ids(urgent.findings(patient, day, rows))
    return tuple(
        urgent.alarm_text(finding, patient.site)
        for finding in urgent.findings(patient, day, after)
        if not earlier.issuperset(finding.ids)
    )


def _kind(line: Line) -> str:
    if line.key == INCOMPLETE:
        return ""  # said above all values
    return "diagnosis" if line.kind == "fact" and line.origin.startswith("Condition/") else line.kind


def _sections(lines: Sequence[Line]) -> Iterable[Section]:
    for kind, title in TITLES.items():
        own: Mapping[Change, tuple[Line, ...]] = {
            change: tuple(line for line in lines if _kind(line) == kind and line.change == change) for change in Change
        }
        if any(own[change] for change in Change if change != Change.UNFIT):
            yield Section(
                kind=kind,
                title=title,
                new=own[Change.NEW],
                replaces=own[Change.REPLACES],
                differs=own[Change.DIFFERS],
                gone=own[Change.GONE],
                same=own[Change.SAME],
            )


def _to_confirm(new: Iterable[New]) -> Iterable[ToConfirm]:
    """The treatments that are entered, each once however many courses it has."""
    courses: dict[str, list[New]] = {}
    for value in new:
        if value.kind == "trial":
            courses.setdefault(value.value["therapy"], []).append(value)
    for therapy, own in courses.items():
        asks_purpose = any(asks_for_purpose(value.value) for value in own)
        asks_adherence = any(asks_for_adherence(value.value) for value in own)
        stated = {value.value.get("purpose", Purpose.PAIN) for value in own} - {None}
        if (asks_purpose or asks_adherence) and not all(_stays_out(value.value) for value in own):
            yield ToConfirm(
                therapy=therapy,
                title=import_words.therapy(therapy),
                courses=tuple(map(import_words.says, own)),
                asks_purpose=asks_purpose,
                asks_adherence=asks_adherence,
                purpose=", ".join(sorted(str(purpose).replace("-", " ") for purpose in stated)),
            )


def _stays_out(trial: Mapping[str, object]) -> bool:
    """Whether a treatment stays out of the ledger until it matters, whatever the patient has: then it is not asked."""
    return purposes.stays_out(Trial.model_validate(trial), tuple(conditions.conditions()))


def asks_for_purpose(trial: Mapping[str, object]) -> bool:
    """Whether nothing says what a course was for; a field that is not stored says pain."""
    return "purpose" in trial and trial["purpose"] is None


def asks_for_adherence(trial: Mapping[str, object]) -> bool:
    """Whether nothing says that it was taken as prescribed, of a course that may be for pain."""
    return trial.get("adherent") is None and trial.get("purpose", Purpose.PAIN) in (None, Purpose.PAIN)


def confirmed(new: Iterable[New], for_pain: Iterable[str], as_prescribed: Iterable[str], pain: str) -> list[New]:
    """The entries with what was ticked of each treatment; what was not ticked stays unknown.

    `pain` is the key of the pain it was taken for, where several are on record.
    """
    for_pain, as_prescribed = frozenset(for_pain), frozenset(as_prescribed)
    return [_confirmed(value, for_pain, as_prescribed, pain) if value.kind == "trial" else value for value in new]


def _confirmed(new: New, for_pain: frozenset[str], as_prescribed: frozenset[str], pain: str) -> New:
    value = dict(new.value)
    if value["therapy"] in for_pain and asks_for_purpose(value):
        value |= {"purpose": Purpose.PAIN.value, "in_this_pain": True}
        if pain and not value.get("pains"):
            value["pains"] = [pain]
    if value["therapy"] in as_prescribed and asks_for_adherence(value):
        value["adherent"] = True
    if value == new.value:
        return new
    checked = translate.new_trial(new.key, value)
    return New(kind=new.kind, key=new.key, value=checked.value, on=new.on, origin=new.origin, pain=new.pain)


def account_lines(record: Record, comparison: Comparison) -> dict[str, object]:
    """The account of an import as it is kept beside it."""
    return {
        "missing": list(record.missing),
        "to_check": [*comparison.unfit, *record.notes],
        "not_used": list(record.unread),
        "not_used_count": record.unread_count,
        "differs": [{"says": line.says, "stands": line.stands} for line in comparison.of(Change.DIFFERS, Change.GONE)],
        "same": comparison.same,
    }
