"""Did it help? Before and after as IMMPACT, the patient, function, mood and medicines say; unknown is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from unwound import evidence, instruments, record
from unwound.catalogue import Cited, CitedText, plain
from unwound.outcomes.knowledge import Level, MoodRule, Thresholds, thresholds
from unwound.outcomes.standing import Change, Estimand, Standing, between, check_word
from unwound.record import Judgement, UnwoundError, unique

FUNCTION = ("bpi_interference", "peg")
EXACT = 9
"""Decimals to which a change is compared with its limit, so that 7 to 4.9 is thirty percent."""


@dataclass(frozen=True, slots=True)
class Lasted:
    """How long relief lasted, in days from the end of the course: no shorter than, no longer than (None: unknown)."""

    at_least_days: float
    at_most_days: float | None = None

    def __post_init__(self) -> None:
        longest = math.inf if self.at_most_days is None else self.at_most_days
        if not 0 <= self.at_least_days < math.inf or not self.at_least_days <= longest:
            raise UnwoundError(f"relief lasted {self.at_least_days} to {self.at_most_days} days: this is no span")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a course between two days; every Judgement is true, false or unknown with its reasons.

    `level` is IMMPACT's by percent, `by_points` the same by points, shown beside it and never mixed in. `less` holds,
    by medicine, whether the daily dose fell (true), not (false), or cannot be told (None).
    """

    estimand: Estimand
    before_on: date
    after_on: date
    pain_before: float | None
    pain_after: float | None
    change_percent: float | None
    """Fall of pain in percent of the pain before; below zero where it is worse."""
    level: Level
    by_points: Level
    responder: Judgement
    """At least moderate by percent."""
    patient_says: Judgement
    """Much or very much improved on the global impression of change."""
    function: Judgement
    mood_response: Mapping[str, Judgement]
    mood_remission: Mapping[str, Judgement]
    mood_change: Judgement
    """At least the smallest fall of the PHQ-9 that means something for one patient."""
    less: Mapping[str, bool | None]
    success: Judgement
    beside: tuple[str, ...]
    """Rescue and what else changed, a line each; «not recorded» where nobody wrote it down."""
    fooled: tuple[str, ...]
    worsened: tuple[str, ...]
    """Each scale that got worse by as much as would have mattered as a gain."""
    urgent: tuple[str, ...]
    because: tuple[str, ...]
    ask: tuple[str, ...]
    sources: tuple[str, ...]


def judge(
    before: Standing,
    after: Standing,
    *,
    estimand: Estimand = Estimand.ALL,
    changes: tuple[Change, ...] | None = None,
    lasted: Lasted | None = None,
    course_end: date | None = None,
    several: bool | None = None,
    chosen_by_pain: bool | None = None,
) -> Outcome:
    """What came of a course, from how the patient stood before it and after.

    `changes` beside it (None: nobody recorded them), `lasted` the relief, the course ended on `course_end`, `several`
    is whether it was more than one outpatient infusion, `chosen_by_pain` whether the pain before was a condition for
    it. UnwoundError where the days are not in order.
    """
    if after.on <= before.on:
        raise UnwoundError(f"after ({record.day(after.on)}) must be later than before ({record.day(before.on)})")
    if course_end is not None and not before.on <= course_end <= after.on:
        course, first, last = (record.day(on) for on in (course_end, before.on, after.on))
        raise UnwoundError(f"the course ended on {course}: not between {first} and {last}")
    check_word("estimand", estimand, Estimand)
    rules = thresholds()
    allowed = _of_estimand(before, after, estimand, changes)
    level, by_points, pain_why = _pain(before, after, rules) if allowed.holds else _barred(allowed)
    responder, function = _at_least_moderate(level, pain_why), _guarded(allowed, lambda: _function(before, after))
    moods = {rule.instrument: _mood(before, after, rule, allowed) for rule in rules.mood}
    since = None if course_end is None else (after.on - course_end).days
    success = _success(responder, function=function, lasted=lasted, since=since, several=several, rules=rules)
    fall = _fall(before, after)
    judgements = (responder, function, success, *(part for pair in moods.values() for part in pair))
    return Outcome(
        estimand=estimand,
        before_on=before.on,
        after_on=after.on,
        pain_before=before.mean_pain,
        pain_after=after.mean_pain,
        change_percent=fall if allowed.holds else None,
        level=level,
        by_points=by_points,
        responder=responder,
        patient_says=_guarded(allowed, lambda: _patient_says(after)),
        function=function,
        mood_response={name: pair[0] for name, pair in moods.items()},
        mood_remission={name: pair[1] for name, pair in moods.items()},
        mood_change=_guarded(allowed, lambda: _fell(before, after, "phq_9")),
        less=_less(before, after),
        success=success,
        beside=tuple(_beside(before, after, changes)),
        fooled=tuple(_fooled(before, fall, rules, chosen_by_pain)),
        worsened=tuple(_worsened(before, after)),
        urgent=tuple(_urgent(after)),
        because=pain_why,
        ask=unique(ask for part in judgements for ask in part.ask),
        sources=evidence.cite(rules),
    )


def _of_estimand(
    before: Standing, after: Standing, estimand: Estimand, changes: tuple[Change, ...] | None
) -> Judgement:
    """Whether the scores after answer the question. Each branch is a way in which something else may have changed."""
    if estimand == Estimand.ALL:
        return Judgement(True)
    others = between(before, after, changes or ())
    if others:
        first = others[0]
        return Judgement(
            None,
            (f"{first.what} was {_done(first)} on {record.day(first.on)}: the scores after answer another question",),
        )
    differ = [name for name, less in _less(before, after).items() if less or _dose(before, name) != _dose(after, name)]
    if before.medicines is not None and after.medicines is not None and differ:
        return Judgement(None, (f"the dose of {', '.join(differ)} is not the same, or not known, on both days",))
    if changes is None:
        return Judgement(None, ("whether anything else changed was not recorded",), ("changes",))
    return Judgement(True)


def _done(change: Change) -> str:
    return {"rescue": "taken as rescue", "other": "done"}.get(change.kind, str(change.kind))


def _barred(why: Judgement) -> tuple[Level, Level, tuple[str, ...]]:
    return Level.CANNOT_TELL, Level.CANNOT_TELL, why.because


def _guarded(allowed: Judgement, judged: Callable[[], Judgement]) -> Judgement:
    return judged() if allowed.holds else allowed


def _fall(before: Standing, after: Standing) -> float | None:
    """Percent of the pain before; None where it cannot be compared."""
    first, last = before.mean_pain, after.mean_pain
    if first is None or last is None or not first or before.pain_kind != after.pain_kind:
        return None
    return round(100 * (first - last) / first, EXACT)


def _pain(before: Standing, after: Standing, rules: Thresholds) -> tuple[Level, Level, tuple[str, ...]]:
    """Both levels and why. Each branch is a reason for which the two cannot be compared."""
    first, last = before.mean_pain, after.mean_pain
    if first is None or last is None:
        return _barred(Judgement(None, (f"the pain {'before' if first is None else 'after'} is not known",)))
    if before.pain_kind != after.pain_kind:
        return _barred(
            Judgement(None, (f"{before.pain_kind} pain before, {after.pain_kind} pain after: not compared",))
        )
    points = _level(round(first - last, EXACT), {level.id: level.points for level in rules.levels})
    if first < rules.baseline_at_least.value:
        low = f"pain before was {first:.3g}, below {plain(rules.baseline_at_least.value)}: too low for percent"
        return Level.CANNOT_TELL, points, (low,)
    percent = _fall(before, after)
    assert percent is not None
    level = _level(percent, {level.id: level.percent for level in rules.levels})
    way = "less" if percent >= 0 else "more"
    return level, points, (f"pain {first:.3g} before, {last:.3g} after: {abs(percent):.3g} % {way}",)


def _level(change: float, limits: Mapping[Level, Cited]) -> Level:
    reached = [name for name, limit in limits.items() if change >= limit.value]
    if reached:
        return reached[-1]
    return Level.WORSE if change <= -next(iter(limits.values())).value else Level.NONE


def _at_least_moderate(level: Level, because: tuple[str, ...]) -> Judgement:
    if level == Level.CANNOT_TELL:
        asked = tuple(
            f"pain.{when}" for when in ("before", "after") if any(f"pain {when} is not" in b for b in because)
        )
        return Judgement(None, because, asked)
    return Judgement(level in (Level.MODERATE, Level.SUBSTANTIAL), because)


def _patient_says(after: Standing) -> Judgement:
    total = after.scores.get("pgic")
    if total is None:
        return Judgement(None, ask=("pgic",))
    scored = instruments.score("pgic", total=total)
    return Judgement(scored.band == "responder", scored.because)


def _function(before: Standing, after: Standing) -> Judgement:
    """True as soon as one questionnaire gained what matters and none lost it; false when those asked did not gain."""
    judged = [part for name in FUNCTION if (part := _fell(before, after, name)).holds is not None]
    if not judged:
        return Judgement(None, ask=FUNCTION)
    lost = tuple(_worsened(before, after, FUNCTION))
    gained = record.any_of(judged)
    if gained.holds and lost:
        return Judgement(None, (*gained.because, *lost))
    return gained


def _fell(before: Standing, after: Standing, name: str) -> Judgement:
    """Whether a score fell by the change that matters of its questionnaire."""
    first, last = before.scores.get(name), after.scores.get(name)
    form = instruments.instrument(name)
    if first is None or last is None:
        return Judgement(None, (f"{form.title} {'before' if first is None else 'after'} is not known",), (name,))
    limit = form.change or form.change_percent
    if limit is None:
        return Judgement(None, (f"{form.title}: no change that matters is known",))
    why = (f"{form.title} {plain(first)} before, {plain(last)} after",)
    needed = limit.value if form.change else first * limit.value / 100
    if not first:
        return Judgement(None, (*why, "nothing to gain"))
    return Judgement(round(first - last - needed, EXACT) >= 0, why)


def _mood(before: Standing, after: Standing, rule: MoodRule, allowed: Judgement) -> tuple[Judgement, Judgement]:
    """Response and remission. Each branch is a reason for which one of them says nothing."""
    if not allowed.holds:
        return allowed, allowed
    first, last = before.scores.get(rule.instrument), after.scores.get(rule.instrument)
    title = instruments.instrument(rule.instrument).title
    if first is None or last is None:
        lacks = Judgement(None, (f"{title} {'before' if first is None else 'after'} is not known",), (rule.instrument,))
        return lacks, lacks
    why = f"{title} {plain(first)} before, {plain(last)} after"
    if first < rule.before_at_least.value:
        low = Judgement(
            None, (f"{why}: no depression before by this scale (below {plain(rule.before_at_least.value)})",)
        )
        return low, low
    response = round(100 * (first - last) / first, EXACT) >= rule.response.value
    if rule.remission_below is not None:
        remission = last < rule.remission_below.value
    else:
        assert rule.remission_at_most is not None
        remission = last <= rule.remission_at_most.value
    return Judgement(response, (why,)), Judgement(remission, (why,))


def _success(
    responder: Judgement,
    function: Judgement,
    lasted: Lasted | None,
    since: int | None,
    several: bool | None,
    rules: Thresholds,
) -> Judgement:
    """The consensus's rule: relief for long enough, or function that is gained long enough after the course."""
    gained = None if since is None else Lasted(since)
    return record.any_of(
        (
            record.all_of((responder, _long_enough(lasted, "lasted", several, rules))),
            record.all_of((function, _long_enough(gained, "course_end", several, rules))),
        )
    )


def _long_enough(lasted: Lasted | None, ask: str, several: bool | None, rules: Thresholds) -> Judgement:
    """By the limit of the kind of course; by both where the kind is not known."""
    if lasted is None:
        return Judgement(None, ask=(ask,))
    judged = [_held(lasted, weeks, ask) for weeks in _needed(several, rules)]
    if len({part.holds for part in judged}) == 1:
        return judged[0]
    return Judgement(None, judged[0].because, ("several",))


def _needed(several: bool | None, rules: Thresholds) -> Iterator[Cited]:
    if several is not True:
        yield rules.success.after_one
    if several is not False:
        yield rules.success.after_several


def _held(lasted: Lasted, weeks: Cited, ask: str) -> Judgement:
    days, least, most = 7 * weeks.value, lasted.at_least_days, lasted.at_most_days
    if least >= days:
        return Judgement(True, (f"it held for at least {plain(least)} days",))
    if most is not None and most < days:
        return Judgement(False, (f"it held for at most {plain(most)} days",))
    return Judgement(None, (f"it held for at least {plain(least)} days; {plain(days)} are needed",), (ask,))


def _dose(standing: Standing, name: str) -> float | None:
    """0 where a known list does not hold the medicine."""
    return None if standing.medicines is None else standing.medicines.get(name, 0.0)


def _less(before: Standing, after: Standing) -> Mapping[str, bool | None]:
    names = unique((*(before.medicines or {}), *(after.medicines or {})))
    doses = {name: (_dose(before, name), _dose(after, name)) for name in names}
    return {name: None if None in pair else pair[1] < pair[0] for name, pair in doses.items()}  # type: ignore[operator]


def _beside(before: Standing, after: Standing, changes: tuple[Change, ...] | None) -> Iterator[str]:
    # «Not recorded» and «no change» must never read alike: a change of dose may be what made the pain better.
    if changes is None:
        yield "Rescue and other changes: not recorded."
    elif not (within := between(before, after, changes)):
        yield "Rescue and other changes: none recorded."
    else:
        yield from (f"{record.day(change.on)}: {change.what} {_done(change)}" for change in within)
    for name, less in _less(before, after).items():
        first, last = _dose(before, name), _dose(after, name)
        if less is None:
            yield f"{name}: dose before or after is not known"
        elif first != last:
            yield f"{name}: {plain(first or 0)} mg a day before, {plain(last or 0)} after"


def _fooled(before: Standing, fall: float | None, rules: Thresholds, chosen_by_pain: bool | None) -> Iterator[str]:
    """Regression to the mean, where there is a fall that it could explain; what no single course can show."""
    if fall is None or fall <= 0:
        return
    count = len(before.pain)
    if count < rules.fools.few_scores.value:
        yield _filled(rules.fools.single, "a single score" if count == 1 else f"{count} scores")
    if chosen_by_pain:
        yield rules.fools.chosen.text
    elif chosen_by_pain is None:
        yield rules.fools.unasked.text
    yield rules.fools.no_control.text


def _filled(text: CitedText, count: str) -> str:
    return text.filled(count=count).text


def _worsened(
    before: Standing, after: Standing, names: tuple[str, ...] = (*FUNCTION, "phq_9", "madrs")
) -> Iterator[str]:
    """Each scale that rose by the change that matters, where one is known, or from no depression into one."""
    for name in names:
        form, first, last = instruments.instrument(name), before.scores.get(name), after.scores.get(name)
        if first is None or last is None or last <= first:
            continue
        entered = any(
            rule.instrument == name and first < rule.before_at_least.value <= last for rule in thresholds().mood
        )
        limit = (
            form.change.value
            if form.change
            else first * form.change_percent.value / 100
            if form.change_percent
            else None
        )
        if entered or (limit is not None and round(last - first - limit, EXACT) >= 0):
            yield f"{form.title} {plain(first)} before, {plain(last)} after: worse"


def _urgent(after: Standing) -> Iterator[str]:
    if after.phq9_item9:
        yield "PHQ-9 item 9 is above zero: ask about thoughts of death and self-harm now, before anything else."
