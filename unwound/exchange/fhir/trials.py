"""Courses of one drug -> its trials, one for each time without a break, and the medicines taken now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from unwound import drugs, facts
from unwound.catalogue import plain
from unwound.exchange.fhir import dosage
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.courses import Course
from unwound.exchange.fhir.tables import tables, trial_classes, trial_drugs
from unwound.patient import Medication, Trial
from unwound.record import unique
from unwound.terms import Purpose
from unwound.therapies import written_doses

_ORIGINS_SHOWN = 3
_NOTE_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days from start to end with one dose."""

    start: date
    end: date
    mg_per_day: float | None


def is_trial(drug: str) -> bool:
    """Whether taking the drug is a trial of a treatment of pain or depression."""
    return drug in trial_drugs() or not trial_classes().isdisjoint(drugs.classes(drug))


def trials(courses: Sequence[Course], chart: Chart) -> tuple[Trial, ...]:
    """The trials of each drug that treats pain or depression, in the order of their first course.

    What was taken up again after a break is a trial of its own: a break is no time on the drug.
    """
    all_trials = []
    for drug, own in _by_drug([course for course in courses if not _is_only_local(course, chart)]).items():
        if is_trial(drug) or _is_several(own[0]):
            try:
                all_trials += [_possible(trial, chart) for trial in _parted(drug, own, chart.as_of)]
            except facts.FactError as reason:
                chart.at, chart.origin = None, own[0].origin
                chart.problem(f"{drug}: its dates contradict each other ({reason.problems[0]})")
                all_trials.append(Trial(therapy=drug, purpose=None, origin=_origins(own)))
    return tuple(all_trials)


def _is_only_local(course: Course, chart: Chart) -> bool:
    """Whether it cannot be a trial because of where it is given; that is noted for what would else be one."""
    if course.local and (is_trial(course.drug) or _is_several(course)):
        chart.at, chart.origin = None, course.origin
        chart.problem(
            f"«{course.product}» is given {course.local}: this is no trial of {course.drug}, and no dose of it"
        )
    return bool(course.local)


def _parted(drug: str, courses: list[Course], as_of: date) -> Iterator[Trial]:
    """One trial for each time without a break; all in one where the days of a course are not known."""
    stretches = [_stretch(course, as_of) for course in courses]
    episodes = _episodes([stretch for stretch in stretches if stretch is not None])
    if len(episodes) < 2 or None in stretches:
        yield _trial(drug, courses, as_of)
        return
    breaks = [
        f"a break of {(after - before).days} days from {before} to {after}: each part is judged by itself"
        for (_, before), (after, _) in pairwise(episodes)
    ]
    for place, (start, end) in enumerate(episodes):
        own = [course for course, held in zip(courses, stretches, strict=True) if held and start <= held.start <= end]
        trial = _trial(drug, own, as_of)
        if place < len(breaks):  # taken up again later, so this part has ended
            trial = trial.model_copy(update={"ongoing": False, "end": end})
        note = "; ".join(part for part in (trial.note, *breaks[max(place - 1, 0) : place + 1]) if part)
        yield trial.model_copy(update={"note": note[:_NOTE_CHARACTERS]})


def _possible(trial: Trial, chart: Chart) -> Trial:
    """The trial, without a dose that nobody can have taken: that is named as not read."""
    impossible = written_doses.impossible_dose(trial.therapy, trial.top_dose)
    if not impossible:
        return trial
    chart.at, chart.origin = None, trial.origin
    chart.problem(f"{impossible}; the dose is not counted")
    return trial.model_copy(update={"top_dose": None, "days_at_top": None})


def medications(courses: Sequence[Course]) -> tuple[Medication, ...]:
    """What is listed as taken now, each once; a combination keeps its written name, so that no substance is lost."""
    listed: dict[str, list[Course]] = {}
    for course in courses:
        if course.state == "going-on":
            key = course.product if len(course.substances) > 1 else course.drug
            if course.local and is_trial(course.drug):
                key = f"{course.product} ({course.local})"
            listed.setdefault(key, []).append(course)
    return tuple(
        Medication(
            drug=key, dose_mg_per_day=_current_dose(own), dose_ug_per_hour=_current_rate(own), origin=_origins(own)
        )
        for key, own in listed.items()
    )


def chemotherapy(courses: Sequence[Course], chart: Chart) -> bool:
    """Read chemotherapy that damages nerves; whether there was any."""
    needed = frozenset(tables().nerve_damaging_chemotherapy)
    used = [
        chart.know("neurotoxic_chemotherapy", True, course.start)
        for course in courses
        if any(needed <= drugs.classes(substance) for substance in course.substances)
    ]
    return any(used)


def _by_drug(courses: Sequence[Course]) -> dict[str, list[Course]]:
    by_drug: dict[str, list[Course]] = {}
    for course in _days_of_administrations(courses):
        by_drug.setdefault(course.product if _is_several(course) else course.drug, []).append(course)
    return by_drug


def _is_several(course: Course) -> bool:
    """Whether the product is several treatments at once: it keeps its name, so that each is judged."""
    return sum(is_trial(substance) for substance in course.substances) > 1


def _days_of_administrations(courses: Sequence[Course]) -> Iterator[Course]:
    """Single doses of one day become one course of that day with their sum; other courses stay as they are."""
    by_day: dict[tuple[str, date], list[Course]] = {}
    for course in courses:
        if course.one_dose_mg is None or course.start is None:
            yield course
        else:
            by_day.setdefault((course.drug, course.start.first), []).append(course)
    for same_day in by_day.values():
        yield replace(same_day[0], mg_per_day=sum(course.one_dose_mg or 0.0 for course in same_day), why_not="")


def _trial(drug: str, courses: list[Course], as_of: date) -> Trial:
    """The courses of one drug as one trial. Each field has its own way of being unknown."""
    ordered = sorted(courses, key=lambda course: course.start.seconds if course.start else float("-inf"))
    stretches = [stretch for course in ordered if (stretch := _stretch(course, as_of)) is not None]
    episodes = _episodes(stretches)
    ongoing = _ongoing(ordered, as_of)
    end = _end(ordered, as_of) if ongoing is False else None
    days, at_least = _days(ordered, stretches, episodes)
    doses = [course.mg_per_day for course in ordered if course.mg_per_day is not None]
    top = max(doses, default=None)
    at_top = _days_at(top, stretches, episodes, ordered) if days is not None else None
    starts = [course.start.last for course in ordered if course.start is not None]
    last = _last_telling(ordered)
    return Trial(
        therapy=drug,
        purpose=_one([course.purpose for course in ordered if course.purpose]),
        top_dose=top,
        days=days,
        days_at_top=at_top,
        # Where the days are not known, the first start to the last end may hold a break: they are no days taken.
        start=min(starts, default=None) if days is not None or len(ordered) == 1 else None,
        end=end if end is None or not starts or end >= min(starts) else None,
        ongoing=ongoing,
        relief_percent=next((c.relief_percent for c in reversed(ordered) if c.relief_percent is not None), None),
        effect=next((course.effect for course in reversed(ordered) if course.effect), None),
        stopped=last.stopped if last is not None and ongoing is not True else None,
        side_effects=last.side_effects if last is not None else "",
        note=_note(ordered, episodes, as_of, at_least),
        origin=_origins(ordered),
    )


def _one(values: list[Purpose]) -> Purpose | None:
    return values[0] if len(set(values)) == 1 else None


# ---- time


def _stretch(course: Course, as_of: date) -> _Stretch | None:
    """The days a course covers; None where its first or last day is not known."""
    if course.start is None or _may_have_ended(course, as_of):
        return None
    end = course.end or (as_of if course.state == "going-on" else None)
    if end is None or min(end, as_of) < course.start.last:
        return None
    return _Stretch(course.start.last, min(end, as_of), course.mg_per_day)


def _episodes(stretches: Sequence[_Stretch]) -> list[tuple[date, date]]:
    """Stretches without a break between them, joined; a break longer than the refill gap parts them."""
    gap = tables().refill_gap_days.value
    episodes: list[tuple[date, date]] = []
    for stretch in sorted(stretches, key=lambda one: one.start):
        if episodes and (stretch.start - episodes[-1][1]).days <= gap:
            episodes[-1] = (episodes[-1][0], max(episodes[-1][1], stretch.end))
        else:
            episodes.append((stretch.start, stretch.end))
    return episodes


def _longest(episodes: list[tuple[date, date]]) -> tuple[date, date]:
    return max(episodes, key=lambda episode: episode[1] - episode[0])


def _days(
    courses: list[Course], stretches: list[_Stretch], episodes: list[tuple[date, date]]
) -> tuple[float | None, bool]:
    """Days of the longest stretch without a break, and whether it may have been more.

    A course whose end is not known leaves the days unknown, unless it cannot have added more than is known already.
    """
    if not episodes:
        return None, False
    start, end = _longest(episodes)
    length = (end - start).days
    missing = [course for course in courses if not _is_in(course, stretches)]
    for course in missing:
        if course.start is None or course.latest_end is None or (course.latest_end - course.start.first).days > length:
            return None, True
    return float(length), bool(missing)


def _is_in(course: Course, stretches: list[_Stretch]) -> bool:
    return course.start is not None and any(
        stretch.start == course.start.last and stretch.mg_per_day == course.mg_per_day for stretch in stretches
    )


def _days_at(
    top: float | None, stretches: list[_Stretch], episodes: list[tuple[date, date]], courses: list[Course]
) -> float | None:
    """Days at the top dose within the longest stretch; None where a dose or a time in it is not known."""
    if top is None or any(stretch.mg_per_day is None for stretch in stretches):
        return None
    if any(course.mg_per_day == top and not _is_in(course, stretches) for course in courses):
        return None
    first, last = _longest(episodes)
    at_top = _episodes([stretch for stretch in stretches if stretch.mg_per_day == top])
    days = sum((min(end, last) - max(start, first)).days for start, end in at_top if start <= last and end >= first)
    return float(min(days, (last - first).days))


def _may_have_ended(course: Course, as_of: date) -> bool:
    """Whether it has no known end, and a day is past on which it must have ended."""
    return course.end is None and course.latest_end is not None and course.latest_end < as_of


def _is_live(course: Course, as_of: date) -> bool:
    return (
        not _may_have_ended(course, as_of)
        and course.state == "going-on"
        and (course.end is None or course.end >= as_of)
    )


def _ongoing(courses: list[Course], as_of: date) -> bool | None:
    """Whether it is taken now; unknown where the record lists it as active after its supply has run out."""
    if any(_is_live(course, as_of) for course in courses):
        return True
    return None if any(course.state != "ended" for course in courses) else False


def _end(courses: list[Course], as_of: date) -> date | None:
    ends = [course.end for course in courses if course.end is not None]
    return min(max(ends), as_of) if ends and courses[-1].end is not None else None


# ---- words


def _last_telling(courses: list[Course]) -> Course | None:
    return next((course for course in reversed(courses) if course.stopped is not None), None)


def _current_dose(courses: list[Course]) -> float | None:
    """The dose of the newest; None where several products are taken at once."""
    if len({course.product for course in courses}) > 1:
        return None
    newest = max(courses, key=lambda course: course.start.seconds if course.start else float("-inf"))
    return None if written_doses.impossible_dose(newest.drug, newest.mg_per_day) else newest.mg_per_day


def _current_rate(courses: list[Course]) -> float | None:
    """The rate of the patches worn, in µg an hour; None where several products are taken, or how many is not known."""
    products = {course.product for course in courses}
    rate = drugs.ug_per_hour(products.pop()) if len(products) == 1 else None
    newest = max(courses, key=lambda course: course.start.seconds if course.start else float("-inf"))
    if rate is None or newest.why_not in dosage.NOTHING_SAID:
        return rate
    return None if newest.mg_per_day is None else newest.mg_per_day * 1000 / 24


def _origins(courses: Sequence[Course]) -> str:
    all_origins = unique(course.origin for course in courses)
    more = len(all_origins) - _ORIGINS_SHOWN
    return ", ".join(all_origins[:_ORIGINS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _note(courses: list[Course], episodes: list[tuple[date, date]], as_of: date, at_least: bool) -> str:
    parts = [*_on_time(courses, episodes, as_of, at_least), *_on_dose(courses)]
    reasons = unique(course.reason for course in courses if course.reason and course.purpose is None)
    parts += [f"prescribed for: {', '.join(reasons)}"] if reasons else []
    parts += unique(course.note for course in courses if course.note)
    return "; ".join(parts)[:_NOTE_CHARACTERS]


def _on_time(courses: list[Course], episodes: list[tuple[date, date]], as_of: date, at_least: bool) -> Iterator[str]:
    """What must be said of the times. One branch for each thing worth a note."""
    if len(courses) > 1:
        yield f"{len(courses)} entries put together"
    for (_, before), (after, _) in pairwise(episodes):
        yield f"a break of {(after - before).days} days from {before} to {after}: only the longest stretch counts"
    stale = [course.end for course in courses if course.state == "going-on" and course.end and course.end < as_of]
    if stale and not any(_is_live(course, as_of) for course in courses):
        yield f"listed as active, but its supply or period ended on {max(stale)}"
    ended = [course.latest_end for course in courses if course.latest_end and _may_have_ended(course, as_of)]
    if ended and not any(_is_live(course, as_of) for course in courses):
        yield f"it must have ended by {max(ended)}, when is not known"
    starts = [course.start for course in courses if course.start is not None]
    if any(not start.exact for start in starts):
        yield "a date is known only to the month or year"
    if at_least and starts:
        yield f"recorded from {min(one.first for one in starts)} to {max(one.first for one in starts)} at least"


def _on_dose(courses: list[Course]) -> Iterator[str]:
    """What must be said of the doses. One branch for each thing worth a note."""
    unknown = [course for course in courses if course.mg_per_day is None]
    if unknown:
        of = "" if len(unknown) == len(courses) else f" of {len(unknown)} of {len(courses)} entries"
        reasons = unique(course.why_not for course in unknown if course.why_not)
        yield f"dose{of} not known: {', '.join(reasons) or 'not given'}"
    doses = sorted({course.mg_per_day for course in courses if course.mg_per_day is not None})
    if len(doses) > 1:
        yield f"doses from {plain(doses[0])} to {plain(doses[-1])} mg a day"
    if len({course.product for course in courses if course.state == "going-on"}) > 1:
        yield "several products are listed at once; their doses were not added"
