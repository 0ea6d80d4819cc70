"""What came of each course of one patient, judged by the library from the rows: relief, its end, what lies ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from unwound import instruments, outcomes
from unwound.outcomes import Change, ChangeKind, Ending, Estimand, Outcome, Planned, Posterior, Retreat, Score
from unwound.record import UnwoundError
from unwound_clinic.follow_up.given import Given, asked_elsewhere, elsewhere
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import at_a_glance, pains
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.review import Reviewed

DAY_PAIN = "pain_day_nrs"
JUDGED = ("bpi_interference", "peg", "pgic", "phq_9", "madrs")
"""Questionnaires that an outcome is judged by."""
LOST = (outcomes.Ended.RELIEF_LOST, outcomes.Ended.NO_RELIEF)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One course and what came of it, as far as it can be told."""

    given: Given
    scores: tuple[Score, ...]
    """Those until the next course."""
    known: Posterior | None
    before: Posterior | None
    """The same from the days before the course alone: what the group's data say of this patient."""
    drifts: tuple[str, ...]
    """What is said where the pain drifts beside the course."""
    why_not: str
    """Why there is no forecast; empty where there is one."""
    ending: Ending | None
    outcome: Outcome | None
    unchanged: Outcome | None
    """The same while nothing else changed."""

    @property
    def helped(self) -> bool | None:
        """Whether it was a success by the consensus."""
        return self.outcome.success.holds if self.outcome else None


def judged(patient: Patient, reviewed: Reviewed, courses: Sequence[Given], today: date) -> tuple[Judged, ...]:
    """Every course in order; the diary of each ends where the next one begins."""
    scores = scores_of(patient, reviewed)
    medicines = _Medicines(patient, reviewed)
    following = (*(course.start for course in courses[1:]), None)
    return tuple(
        _judged(course, scores, medicines, then, today) for course, then in zip(courses, following, strict=False)
    )


def scores_of(patient: Patient, reviewed: Reviewed) -> tuple[Score, ...]:
    """Everything dated that the library judges by; of several pains on record that of the pain in view."""
    listed = pains.on_record(reviewed.entries)
    key = pains.key_in_view(listed, reviewed.review.patient) if len(listed) > 1 else ""
    pain = [
        Score(on=day, what=outcomes.PAIN, value=value)
        for day, value in at_a_glance.average_pain(patient, reviewed.entries, key)
        if 0 <= value <= 10
    ]
    return (*pain, *_totals(reviewed, JUDGED))


def pain_of_days(reviewed: Reviewed) -> tuple[tuple[date, float], ...]:
    """Pain of the last 24 hours: another question than the average, and never mixed with it."""
    return tuple((score.on, score.value) for score in _totals(reviewed, (DAY_PAIN,)))


def _totals(reviewed: Reviewed, names: Sequence[str]) -> Iterator[Score]:
    for answered in reviewed.known.answers:
        if answered.instrument in names and answered.on is not None:
            total = instruments.score(answered.instrument, items=answered.items, total=answered.total).total
            if total is not None:
                yield Score(on=answered.on, what=answered.instrument, value=total)


def _judged(course: Given, scores: Sequence[Score], medicines: _Medicines, then: date | None, today: date) -> Judged:
    mine = tuple(score for score in scores if score.on <= today and (then is None or score.on < then))
    known = before = ending = None
    drifts = tuple[str, ...]()
    try:
        driven = course.drives()
        diary = outcomes.as_diary(mine, course.end)
        known = outcomes.of_diary(diary, driven)
        before = outcomes.of_diary([entry for entry in diary if entry[0] < driven.first_day], driven)
        drifts, why_not = outcomes.drift(diary, known), ""
    except UnwoundError as reason:
        why_not = str(reason)
    if known is not None:
        last = today if then is None else then
        new_on = (then - course.end).days if then is not None and then > course.end else None
        ending = outcomes.ending(known, until=max((last - course.end).days, known.last_day, 0), new_course_on=new_on)
    both = {estimand: _outcome(course, mine, medicines, ending, estimand) for estimand in Estimand}
    return Judged(
        given=course, scores=mine, known=known, before=before, drifts=drifts, why_not=why_not, ending=ending,
        outcome=both[Estimand.ALL], unchanged=both[Estimand.UNCHANGED],
    )  # fmt: skip


def _outcome(
    course: Given, scores: Sequence[Score], medicines: _Medicines, ending: Ending | None, estimand: Estimand
) -> Outcome | None:
    """Judged on the last day of which something was written; None where nothing was since the course."""
    later = [score.on for score in scores if score.on > course.end]
    if not later:
        return None
    on = max(later)
    return outcomes.judge(
        outcomes.before(scores, course.start, medicines=medicines.on(course.start)),
        outcomes.after(scores, on, course.end, medicines=medicines.on(on)),
        estimand=estimand,
        changes=medicines.changes(course.start, on),
        lasted=ending.lasted if ending else None,
        course_end=course.end,
        several=course.several,
    )


class _Medicines:
    """What was taken when, and what changed, from every entry that ever stood; asked for in the diary."""

    def __init__(self, patient: Patient, reviewed: Reviewed) -> None:
        zone = patient.site.zone
        rows = Entry.objects.filter(patient=patient, kind="medication").order_by("id")
        self.rows = [(row.at.astimezone(zone).date(), row) for row in rows]
        self.diary = [
            (entry.on, (record_translate.content(entry).get("answers") or {}))
            for entry in reviewed.entries
            if entry.kind == "story" and entry.key.startswith("diary-") and entry.on is not None
        ]
        self.elsewhere = elsewhere(reviewed.entries)

    def on(self, day: date) -> Mapping[str, float | None] | None:
        """Daily doses in mg as they stood on a day; None where no list was kept by then."""
        until = [row for entered, row in self.rows if entered <= day]
        if not until:
            return None
        latest = {row.key: row for row in until}
        standing = (record_translate.medication(row) for row in latest.values() if row.value is not None)
        return {taken.drug: taken.dose_mg_per_day for taken in standing}

    def changes(self, since: date, until: date) -> tuple[Change, ...] | None:
        """What is known to have changed; None where nobody asked between the two days."""
        asked = [(day, answers) for day, answers in self.diary if since < day <= until and "medicines" in answers]
        changes = [
            Change(day, str(answers.get("medicines-more") or "a medicine"), ChangeKind.OTHER)
            for day, answers in asked
            if answers["medicines"] == "yes"
        ]
        changes += [
            Change(entered, str((row.value or {}).get("drug", row.key)), _kind(row, self.rows))
            for entered, row in self.rows
            if since < entered <= until
        ]
        changes += [
            Change(course.start, "ketamine from elsewhere", ChangeKind.OTHER)
            for course in self.elsewhere
            if since < course.start <= until
        ]
        return tuple(changes) if asked or changes else None


def _kind(row: Entry, rows: Sequence[tuple[date, Entry]]) -> ChangeKind:
    """What an entry about a medicine did to the one that stood before it."""
    if row.value is None:
        return ChangeKind.STOPPED
    earlier = [old for _, old in rows if old.key == row.key and old.pk < row.pk]
    if not earlier or earlier[-1].value is None:
        return ChangeKind.STARTED
    was, now = earlier[-1].value.get("dose_mg_per_day"), row.value.get("dose_mg_per_day")
    if was is None or now is None or was == now:
        return ChangeKind.OTHER
    return ChangeKind.RAISED if now > was else ChangeKind.LOWERED


def another(
    reviewed: Reviewed, courses: Sequence[Judged], planned: Planned, relief_lost: bool | None = None
) -> Retreat:
    """Whether another course may be considered; relief is over by the diary, or as somebody states.

    UnwoundError where there was none, or the days are not in order.
    """
    last = courses[-1] if courses else None
    known = [*(course.given.course(helped=course.helped) for course in courses), *elsewhere(reviewed.entries)]
    over = relief_lost
    if over is None and last is not None and last.ending is not None:
        over = {**dict.fromkeys(LOST, True), outcomes.Ended.STILL: False}.get(last.ending.kind)
    shown = last.given.plan.decision.shown if last is not None else {}
    findings = shown.get("findings") if isinstance(shown, dict) else None
    return outcomes.retreat(
        reviewed.known,
        known,
        planned,
        relief_lost=over,
        elsewhere_asked=asked_elsewhere(reviewed.entries, last.given.end) if last is not None else None,
        cautions_before=None if findings is None else {finding["id"] for finding in findings if finding.get("holds")},
    )
