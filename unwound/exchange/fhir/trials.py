"""Courses of one drug -> its trials, one for each time without a break, and the medicines taken now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from unwound import drugs, facts
from unwound.exchange.fhir import dosage, indications, stretches, trial_notes
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.courses import Course
from unwound.exchange.fhir.tables import tables, trial_classes, trial_drugs
from unwound.patient import Medication, Trial
from unwound.record import unique
from unwound.terms import Purpose
from unwound.therapies import written_doses

_ORIGINS_SHOWN = 3
_REASON_CHARACTERS = 200


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
                all_trials += [_explained(_possible(trial, chart), own, chart) for trial in _parted(drug, own, chart)]
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


def _parted(drug: str, courses: list[Course], chart: Chart) -> Iterator[Trial]:
    """One trial for each time without a break; all in one where the days of a course are not known."""
    as_of = chart.as_of
    each = [stretches.stretch_of(course, as_of) for course in courses]
    episodes = stretches.episodes_of([stretch for stretch in each if stretch is not None])
    untold = any(stretch is None and not course.timed_elsewhere for course, stretch in zip(courses, each, strict=True))
    if len(episodes) < 2 or untold:
        yield _trial(drug, courses, as_of)
        return
    breaks = [
        f"a break of {(after - before).days} days from {before} to {after}: each part is judged by itself"
        for (_, before), (after, _) in pairwise(episodes)
    ]
    for place, (start, end) in enumerate(episodes):
        held = [
            course
            for course, stretch in zip(courses, each, strict=True)
            if (stretch and start <= stretch.start <= end) or (stretch is None and _is_told_of(course, place, episodes))
        ]
        trial = _trial(drug, held, as_of)
        if place < len(breaks):  # taken up again later, so this part has ended
            trial = trial.model_copy(update={"ongoing": False, "end": end})
        note = "; ".join(part for part in (trial.note, *breaks[max(place - 1, 0) : place + 1]) if part)
        yield trial.model_copy(update={"note": note[: trial_notes.LONGEST]})


def _is_told_of(course: Course, place: int, episodes: list[tuple[date, date]]) -> bool:
    """Whether an order whose time others tell is of this one: the first that ends after it began, else the last."""
    began = course.start.first if course.start else date.min
    at = next((index for index, (_, end) in enumerate(episodes) if end >= began), len(episodes) - 1)
    return at == place


def _explained(trial: Trial, courses: Sequence[Course], chart: Chart) -> Trial:
    """The trial with what speaks for or against pain where nothing states its purpose: reasons, diagnoses then."""
    if trial.purpose is not None:
        return trial
    reason = "; ".join(unique(course.reason for course in courses if course.reason and course.purpose is None))
    encounters = unique(course.encounter for course in courses if course.encounter)
    pain, rivals = indications.around(trial, encounters, chart)
    return trial.model_copy(update={"prescribed_for": reason[:_REASON_CHARACTERS], "pain_then": pain, "rivals": rivals})


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
    listed = {key: [course for course in own if not course.timed_elsewhere] or own for key, own in listed.items()}
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
    every = sorted(courses, key=lambda course: course.start.seconds if course.start else float("-inf"))
    ordered = [course for course in every if not course.timed_elsewhere] or every
    each = [stretch for course in ordered if (stretch := stretches.stretch_of(course, as_of)) is not None]
    episodes = stretches.episodes_of(each)
    ongoing = stretches.is_ongoing(every, as_of)
    end = stretches.end_of(ordered, as_of) if ongoing is False else None
    days, at_least = stretches.days_of(ordered, each, episodes)
    doses = [course.mg_per_day for course in ordered if course.mg_per_day is not None]
    doses = doses or [course.mg_per_day for course in every if course.mg_per_day is not None]
    top = max(doses, default=None)
    at_top = stretches.days_at(top, each, episodes, ordered) if days is not None else None
    starts = [course.start.last for course in ordered if course.start is not None]
    first = min(starts, default=None)
    is_open = days is None and any(course.is_open for course in ordered)
    since = min((course.start.last for course in ordered if course.is_open and course.start), default=None)
    last = _last_telling(every)
    over = last is not None and ongoing is not True and not stretches.goes_on_after(last, every)
    return Trial(
        therapy=drug,
        purpose=_one([course.purpose for course in every if course.purpose]),
        top_dose=top,
        days=days,
        days_at_top=at_top,
        # Where the days are not known, the first start to the last end may hold a break: they are no days taken.
        start=first if (days is not None or len(ordered) == 1) and not is_open else None,
        ordered=since if is_open else None,
        end=end if end is None or first is None or end >= first else None,
        ongoing=ongoing,
        relief_percent=next((c.relief_percent for c in reversed(every) if c.relief_percent is not None), None),
        effect=next((course.effect for course in reversed(every) if course.effect), None),
        stopped=last.stopped if last is not None and over else None,
        side_effects=last.side_effects if last is not None else "",
        note=trial_notes.of(every, episodes, as_of, at_least),
        origin=_origins(every),
    )


def _one(values: list[Purpose]) -> Purpose | None:
    return values[0] if len(set(values)) == 1 else None


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
