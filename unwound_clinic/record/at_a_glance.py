"""What of a record is read at a glance: the story, the pain before now, what was tried with its verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from unwound import instruments, mood, record
from unwound.catalogue import plain
from unwound.patient import Trial
from unwound.terms import Purpose
from unwound.therapies.trials import VERDICT_WORDS
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import confirmation, translate
from unwound_clinic.record.entries import history
from unwound_clinic.record.review import Reviewed

AVERAGE_PAIN, EARLIER = "pain_average_nrs", 4
"""The fact whose course is shown, and how many earlier values of it."""
STORIES = ("history", "case")
"""Keys of what the clinic wrote, before whatever the patient did."""
NOT_JUDGED = "not judged: the library does not know it as a treatment of depression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One treatment that was tried, by name: what was taken, when, and the verdict of the ledger."""

    title: str
    dose: str
    """Empty where it is not known."""
    start: date | None
    end: date | None
    verdict: str
    says: str
    """The verdict in words, with what it depends on."""
    purpose: Purpose = Purpose.PAIN

    @property
    def days(self) -> str:
        """From when to when, as far as it is known."""
        since, until = (record.day(day) if day else "?" for day in (self.start, self.end))
        return f"{since} to {until}" if self.start or self.end else ""


def story(entries: Iterable[Entry]) -> str:
    """What somebody wrote about the patient: the clinic's own history, else that of the case, else the patient's."""
    texts = ((entry.key, translate.content(entry).get("text")) for entry in entries if entry.kind == "story")
    written = {key: str(text) for key, text in texts if text}
    return next((written[key] for key in (*STORIES, *written) if key in written), "")


def pain_before(patient: Patient) -> list[str]:
    """Earlier values of the average pain with their days, the newest first; the present one stands beside them."""
    written = history(patient, "fact", AVERAGE_PAIN)
    earlier = [entry for entry in written if not entry.current and isinstance(entry.value, int | float)]
    return [
        f"{entry.value:g} ({record.day(entry.on or entry.at.astimezone(patient.site.zone).date())})"
        for entry in earlier[:EARLIER]
    ]


def average_pain(patient: Patient, entries: Iterable[Entry], pain: str = "") -> list[tuple[date, float]]:
    """The average pain of each day that one is on record, the earliest day first: said, or the answer in a form.

    Of several of one day the last that was entered counts; what was retracted does not. Where several pains are on
    record, `pain` is the key of the one that is meant.
    """
    values: dict[date, tuple[int, float]] = {}
    forms = [entry for entry in entries if entry.kind == "answers" and entry.pain == pain]
    for entry in (*(entry for entry in stated(patient) if entry.pain in ("", pain)), *forms):
        value, day = _average(entry), _day(patient, entry)
        if value is not None and entry.pk > values.get(day, (0, 0.0))[0]:
            values[day] = (entry.pk, value)
    return [(day, value) for day, (_, value) in sorted(values.items())]


def stated(patient: Patient) -> list[Entry]:
    """Every average pain that was entered as such and stands, of whichever pain: none that was retracted afterwards.

    Of several of one pain and day it is the last one.
    """
    standing: dict[str, list[Entry]] = {}
    for entry in Entry.objects.filter(patient=patient, kind="fact", key=AVERAGE_PAIN).order_by("id"):
        of_pain = standing.setdefault(entry.pain, [])
        same_day = of_pain and entry.value is not None and _day(patient, of_pain[-1]) == _day(patient, entry)
        if of_pain and (entry.value is None or same_day):
            of_pain.pop()
        if isinstance(entry.value, int | float):
            of_pain.append(entry)
    return [entry for of_pain in standing.values() for entry in of_pain]


def _day(patient: Patient, entry: Entry) -> date:
    return entry.on or entry.at.astimezone(patient.site.zone).date()


def _average(entry: Entry) -> float | None:
    """The average pain that an entry says; None where it says none."""
    if entry.kind == "fact":
        return float(entry.value) if isinstance(entry.value, int | float) else None
    form = instruments.instruments().get(str(translate.content(entry).get("instrument", "")))
    if form is None:
        return None
    answered = translate.answers(entry)
    if form.fact == AVERAGE_PAIN:
        return answered.total if answered.total is not None else next(iter(answered.items), None)
    numbered = zip(form.items, answered.items, strict=False)
    return next((answer for item, answer in numbered if item.fact == AVERAGE_PAIN), None)


def tried(reviewed: Reviewed) -> tuple[Tried, ...]:
    """Everything that was tried for the pain, as the ledger judges it, then what was tried for depression."""
    for_pain = [
        _tried(case.therapy.title if case.therapy else judged.trial.therapy, case.unit if case.therapy else "",
               judged.trial, judged.verdict, judged.says)
        for case, judged in confirmation.judged_trials(reviewed)
    ]  # fmt: skip
    recorded = [trial for _, trial in confirmation.recorded_trials(reviewed) if trial.purpose == Purpose.DEPRESSION]
    return (*for_pain, *(_for_mood(trial) for trial in recorded))


def _for_mood(trial: Trial) -> Tried:
    judged = mood.judge(trial)
    if judged is None:
        return _tried(trial.therapy, unit="", trial=trial, verdict="", says=NOT_JUDGED, purpose=Purpose.DEPRESSION)
    unit = mood.dose_unit(trial.therapy)
    return _tried(
        judged.title if unit else trial.therapy,  # a combination is not called by one of its substances
        unit=unit,
        trial=trial,
        verdict=judged.verdict,
        says=VERDICT_WORDS[judged.verdict],
        purpose=Purpose.DEPRESSION,
    )


def _tried(title: str, unit: str, trial: Trial, verdict: str, says: str, purpose: Purpose = Purpose.PAIN) -> Tried:
    dose = "" if trial.top_dose is None else f"{plain(trial.top_dose)} {unit or 'a day, unit not known'}"
    return Tried(title=title, dose=dose, start=trial.start, end=trial.end, verdict=verdict, says=says, purpose=purpose)
