"""What would change the decision: one fact after another is changed and everything is decided again.

Nothing is inferred here; each change that is reported was tried. Where no single fact brings the answer to «candidate»,
the whole set that would is looked for, and freed of what it does not need.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Protocol

from pydantic import BaseModel

from unwound import candidacy, cautions, conditions, facts, pains, therapies
from unwound.candidacy import Candidacy, Verdict
from unwound.cautions import CautionLevel
from unwound.facts import Criterion, Question
from unwound.patient import Fact, Patient, Trial, Value
from unwound.therapies import Step, doses
from unwound.therapies.knowledge import Line, TherapyGroup
from unwound.therapies.refractory import rules


class Decide(Protocol):
    """What decides about a patient again."""

    def verdict(self, patient: Patient) -> Verdict:
        """The verdict."""
        ...

    def distance(self, patient: Patient) -> tuple[int, ...]:
        """How far the decision is from «candidate»; lower is nearer, and zero first is a candidate."""
        ...

    def open(self, patient: Patient) -> tuple[tuple[str, ...], tuple[Step, ...]]:
        """What the decision asks, and what it offers instead."""
        ...


FAILED = "failed"
"""The only «value» a trial takes here: adequate in dose and time, without relief."""


HARMLESS = ("none", "normal", "negative", "not-needed")
"""Choices that are tried first, so that of several equal ones the ordinary one is shown."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One fact as it is («unknown» where it is not known) and as it might be, in words."""

    fact: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Change:
    """Facts which together would change the verdict, and the verdict they would give."""

    flips: tuple[Flip, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Trials:
    """What a trial that is tried here looks like: the conditions treated, and the days the verdict's own rule asks."""

    conditions: tuple[str, ...]
    days: float

    def failed(self, patient: Patient, therapy: str) -> Trial | None:
        """A trial without relief, adequate in this patient; None where no adult dose of it may be proposed."""
        entry = therapies.therapies().get(therapy)
        if entry is None:
            return _failed(therapy, None, self.days)
        ceiling = doses.ceiling(patient, doses.kidneys(patient), therapy, self.conditions)
        if ceiling.avoid or doses.is_adult(patient) is False:
            return None
        return _failed(therapy, doses.trial_dose(entry, ceiling), self.days)


def would_change(
    patient: Patient, decision: Candidacy, decide: Decide, conditions: tuple[str, ...] = ()
) -> tuple[Change, ...]:
    """Every single fact that would change the verdict, then the smallest found set that would make a candidate.

    `conditions` are those for which doses have limits of their own.
    """
    trials = _Trials(conditions, _days_asked(decision))
    singles = tuple(_singles(patient, decision, decide, trials))
    reached = any(change.verdict == Verdict.CANDIDATE for change in singles)
    if reached or decision.verdict == Verdict.CANDIDATE or not decision.indication:
        return singles
    together = _together(patient, decision, decide, trials)
    return (*singles, together) if together else singles


def _days_asked(decision: Candidacy) -> float:
    """The days that the rule of this verdict asks of a trial, beside those of the therapy; zero where it asks none."""
    if decision.condition is None:
        return 0.0
    required = candidacy.requirements()[decision.condition.ketamine.strength].rule
    rule = rules().get(required)
    return rule.trial_days.value if rule and rule.trial_days else 0.0


def _singles(patient: Patient, decision: Candidacy, decide: Decide, trials: _Trials) -> Iterator[Change]:
    for id in _targets(patient, decision):
        seen = set()
        for value in _values(patient, id, trials):
            changed = _with(patient, id, value, trials)
            verdict = decide.verdict(changed)
            if verdict != decision.verdict and verdict not in seen:
                seen.add(verdict)
                yield Change((_flip(patient, id, value, trials),), verdict)


def _together(patient: Patient, decision: Candidacy, decide: Decide, trials: _Trials) -> Change | None:
    """Give each open or forbidding fact its most favourable value in turn, then drop every one that is not needed."""
    # A stop hides what it would ask: every step may open new questions, and these join the queue.
    world, chosen = patient, dict[str, Value]()
    queue = [*_behind_stops(patient), *_trials(decision.alternatives), *_open(decision.ask)]
    distance = decide.distance(patient)
    while queue:
        id = queue.pop(0)
        if id in chosen or (id.startswith("trial.") and _trial_id(id) in chosen):
            continue
        options = [(_with(world, _trial_id(id), value, trials), value) for value in _values(world, id, trials)]
        distances = [decide.distance(changed) for changed, _ in options]
        if not distances or min(distances) > distance:
            continue
        distance = min(distances)
        world, chosen[_trial_id(id)] = options[distances.index(distance)]
        asked, offered = decide.open(world)
        queue += [ask for ask in (*_trials(offered), *_open(asked)) if ask not in queue and ask not in chosen]
    return _needed(patient, chosen, decide, trials) if distance[0] == 0 else None


def _needed(patient: Patient, chosen: Mapping[str, Value], decide: Decide, trials: _Trials) -> Change | None:
    """None where the doses that fit all the facts together no longer make a candidate."""
    kept = dict(chosen)
    if decide.verdict(_with_all(patient, kept, trials)) != Verdict.CANDIDATE:
        return None
    for id in reversed(tuple(chosen)):
        without = {fact: value for fact, value in kept.items() if fact != id}
        if decide.verdict(_with_all(patient, without, trials)) == Verdict.CANDIDATE:
            kept = without
    world = _with_all(patient, kept, trials)
    return Change(
        tuple(_flip(world if id.startswith("trial.") else patient, id, value, trials) for id, value in kept.items()),
        Verdict.CANDIDATE,
    )


def _targets(patient: Patient, decision: Candidacy) -> Iterator[str]:
    """What is flipped: every known fact (but not what is computed from others), every open question, every treatment
    that is not settled; each once."""
    entered = (id for id in patient.facts if not facts.vocabulary()[id].derived)
    named = (*entered, *(_trial_id(id) for id in _open(decision.ask)), *_trials(decision.alternatives))
    yield from dict.fromkeys(named)


def _open(asked: tuple[str, ...]) -> Iterator[str]:
    """What the decision asks; which of several pains is meant is for a person to say, and is not tried."""
    return (id for id in asked if pains.question(id) is None)


def _trials(offered: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(f"trial.{step.therapy}" for step in offered if _is_tried_first(step.line, step.group))


def _is_tried_first(line: Line, group: str) -> bool:
    return line in (Line.FIRST, Line.SECOND) and group in (TherapyGroup.DRUG, TherapyGroup.TOPICAL, TherapyGroup.OPIOID)


def _behind_stops(patient: Patient) -> Iterator[str]:
    for finding in cautions.screen(patient):
        if finding.level == CautionLevel.STOP:
            yield from (id for id in cautions.cautions()[finding.id].facts() if id in patient.facts)


def _trial_id(id: str) -> str:
    """«trial.gabapentin.top_dose» -> «trial.gabapentin»: a trial is flipped as a whole."""
    return ".".join(id.split(".")[:2]) if id.startswith("trial.") else id


def _values(patient: Patient, id: str, trials: _Trials) -> tuple[Value, ...]:
    """The values worth trying: the other answer, the other choices, both sides of every limit."""
    if id.startswith("trial."):
        return (FAILED,) if trials.failed(patient, id.split(".")[1]) else ()
    question = facts.vocabulary()[id]
    now = patient.value(id)
    if question.type == "yes-no":
        return tuple(value for value in (False, True) if value is not now)
    if question.type == "number":
        return tuple(value for value in _around(id) if value != now)
    options = sorted(question.options, key=lambda option: option not in HARMLESS)
    return tuple(_as(question, option) for option in options if now not in (option, (option,)))


def _as(question: Question, option: str) -> Value:
    return (option,) if question.type == "choices" else option


def _with(patient: Patient, id: str, value: Value, trials: _Trials) -> Patient:
    if id.startswith("trial."):
        therapy = id.split(".")[1]
        others = tuple(trial for trial in patient.trials if therapies.therapy_of(trial.therapy) != therapy)
        failed = trials.failed(patient, therapy)
        return patient.with_checked(trials=(*others, _until(failed, patient.as_of)) if failed else others)
    return patient.with_checked(facts={**patient.facts, id: _stated(value, patient.as_of)})


def _with_all(patient: Patient, values: Mapping[str, Value], trials: _Trials) -> Patient:
    """The facts first: the doses of the trials are those that fit all of them."""
    known = {id: _stated(value, patient.as_of) for id, value in values.items() if not id.startswith("trial.")}
    patient = patient.with_checked(facts={**patient.facts, **known})
    for id in (id for id in values if id not in known):
        patient = _with(patient, id, values[id], trials)
    return patient


@lru_cache(maxsize=1024, typed=True)
def _stated(value: Value, on: date) -> Fact:
    return Fact.model_construct(value=value, on=on, origin="", doubt="")


def _until(trial: Trial, today: date) -> Trial:
    """The trial as one of this pain: it lasted until now."""
    return trial.with_checked(end=today)


@lru_cache(maxsize=1024)
def _failed(therapy: str, dose: float | None, days_asked: float) -> Trial:
    """A trial without relief at this dose, as long as the therapy and the rule ask."""
    entry = therapies.therapies().get(therapy)
    adequate = entry.adequate if entry else None
    needed = [limit.value for limit in (adequate.days, adequate.days_at_target) if limit] if adequate else []
    days = max((*needed, days_asked))
    return Trial(
        therapy=therapy,
        purpose="pain",
        top_dose=dose,
        days=days,
        days_at_top=days,
        ongoing=False,
        relief_percent=0,
        stopped="no-effect",
        dose_limited_by_side_effects=False,
        adherent=True,
    )


def _flip(patient: Patient, id: str, value: Value, trials: _Trials) -> Flip:
    if id.startswith("trial."):
        return Flip(id, "not settled", _in_words(trials.failed(patient, id.split(".")[1]), id.split(".")[1]))
    fact = facts.known(patient, id)
    return Flip(id, facts.says(id, fact) if fact else "unknown", facts.says(id, Fact(value=value)))


def _in_words(trial: Trial | None, id: str) -> str:
    therapy = therapies.therapies().get(id)
    name = therapy.title if therapy else id
    dose = f" at {trial.top_dose:g} {therapy.unit}" if trial and therapy and trial.top_dose is not None else ""
    days = f" for {trial.days:g} days" if trial and trial.days else ""
    return f"{name}{dose}{days}, without enough relief"


@cache
def _around(id: str) -> tuple[float, ...]:
    """Each limit that any rule sets on a number, and a value on either side, as far as the fact can go.

    Between two neighbouring limits nothing turns, so a single value stands for all of them.
    """
    question, limits = facts.vocabulary()[id], sorted(_limits().get(id, ()))
    low, high = question.min, question.max
    kept: dict[tuple[int, bool], float] = {}
    for value in (round(limit + sign * question.step, 6) for limit in limits for sign in (-1, 0, 1)):
        if (low is None or value >= low) and (high is None or value <= high):
            kept.setdefault((bisect.bisect_left(limits, value), value in limits), value)
    return tuple(kept.values())


@cache
def _limits() -> Mapping[str, frozenset[float]]:
    limits: dict[str, set[float]] = {}
    knowledge = (conditions.conditions(), cautions.cautions(), therapies.therapies())
    for criterion in _criteria(knowledge):
        if criterion.limit is not None:
            limits.setdefault(criterion.fact, set()).add(criterion.limit.value)
    for rule in rules().values():
        limits.setdefault("pain_duration_days", set()).add(rule.pain_days.value)
        limits.setdefault("pain_average_nrs", set()).add(rule.pain_nrs.value)
    for therapy in therapies.therapies().values():
        limits.setdefault("crcl_ml_per_min", set()).update(limit.below.value for limit in therapy.renal)
    return {id: frozenset(values) for id, values in limits.items()}


def _criteria(anything: object) -> Iterator[Criterion]:
    if isinstance(anything, Criterion):
        yield from anything.walk()
    elif isinstance(anything, BaseModel):
        for name in type(anything).model_fields:
            yield from _criteria(getattr(anything, name))
    elif isinstance(anything, Mapping):
        yield from _criteria(tuple(anything.values()))
    elif isinstance(anything, Iterable) and not isinstance(anything, str):
        for part in anything:
            yield from _criteria(part)
