"""Whether a trial was a trial of this pain at all: when the pain began, and which days of the trial lie after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from unwound import facts
from unwound.patient import Fact, Patient, Trial

CONFIRMED = "trials_confirmed"
"""The fact that settles every unknown purpose, adherence and date at once."""
DURATION = "pain_duration_days"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Whether the pain was there during the trial, and for how many of its days at most.

    `days` is infinite where nothing limits them, and None where the trial overlaps but the pain's duration is unknown.
    """

    holds: bool | None
    days: float | None = math.inf
    because: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    """What is unknown: `dates` of the trial, the duration of the pain."""


def overlap(patient: Patient, trial: Trial) -> Overlap:
    """Whether the trial overlapped this pain, by its dates; where these do not tell, by what was said of it."""
    dated = _by_dates(patient, trial)
    if dated.holds is not None or trial.in_this_pain is None:
        return dated
    if trial.in_this_pain:
        return Overlap(True)
    return Overlap(False, 0.0, ("taken before this pain began: it says nothing about this pain",))


def _by_dates(patient: Patient, trial: Trial) -> Overlap:
    """A trial that goes on overlaps, whenever the pain began."""
    # Certain or impossible from what is known is never asked: each branch is one way of knowing it.
    began, last = pain_began(patient), last_day(patient, trial)
    today = patient.as_of.toordinal()
    if last is not None and last >= today:
        days = None if began is None else max(today - began, 0.0)
        return Overlap(True, days, (), () if days is not None else (DURATION,))
    if began is None:
        unknown = () if last is not None or _first(trial) is not None else ("dates",)
        return Overlap(None, math.inf, (), (DURATION, *unknown))
    if last is not None:
        if last >= began:
            return Overlap(True, last - began)
        return Overlap(False, 0.0, (f"ended {_before(began - last)} this pain began: it says nothing about this pain",))
    first = _first(trial)
    if first is not None and first.toordinal() >= began:
        return Overlap(True)
    return Overlap(None, math.inf, ("its dates are not recorded, so it may have ended before this pain",), ("dates",))


def _first(trial: Trial) -> date | None:
    """Its first day, or the day on which it was ordered."""
    return trial.start or trial.ordered


def pain_began(patient: Patient) -> float | None:
    """The day this pain began, as an ordinal; the duration counts back from its own date, else from the review's."""
    fact = facts.known(patient, DURATION)
    if fact is None or isinstance(fact.value, bool) or not isinstance(fact.value, int | float):
        return None
    return (fact.on or patient.as_of).toordinal() - float(fact.value)


def last_day(patient: Patient, trial: Trial) -> float | None:
    """The last day of a trial as an ordinal, as recorded or from its start and its days; today where it goes on."""
    today = patient.as_of.toordinal()
    if trial.end is not None:
        return min(trial.end.toordinal(), today)
    if goes_on(trial):
        return today
    if trial.start is not None and trial.days is not None:
        return min(trial.start.toordinal() + trial.days, today)
    return None


def goes_on(trial: Trial) -> bool:
    """Whether it is recorded as still taken, and nothing recorded says that it ended."""
    return trial.ongoing is True and trial.stopped is None


def confirmed(patient: Patient, trial: Trial) -> bool | None:
    """Whether somebody confirmed this trial with all the others; None where nobody has been asked.

    A confirmation is as old as its date: it says nothing of a trial that began later. One whose day is not known may
    be older than any trial, and confirms none.
    """
    fact = facts.known(patient, CONFIRMED)
    if fact is None or (fact.value is True and fact.on is None):
        return None
    return fact.value is True and not _is_older(fact, trial)


def _is_older(fact: Fact, trial: Trial) -> bool:
    first = _first(trial)
    return fact.on is not None and first is not None and first > fact.on


@lru_cache(maxsize=1024)
def _before(days: float) -> str:
    """How long before: in days, months or years, as a clinician would say it."""
    for unit, length in (("year", 365.25), ("month", 30.4)):
        if days >= 2 * length:
            return f"{math.floor(days / length)} {unit}s before"
    return f"{math.ceil(days)} {'day' if days <= 1 else 'days'} before"
