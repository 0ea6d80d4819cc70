"""What a session is watched against: limits, distances from the patient's baseline, and which checks are due how often.

`data/rules/monitoring.toml` holds what is watched where the plan sets nothing else; a plan puts its own beside
or instead of it (`Limits.instead`). Its sentences name their numbers by place («below {below} {unit}»), so that a limit
is changed in one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from pydantic import model_validator

from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, least_checked, load_rule, plain
from unwound.facts import Criterion
from unwound.record import unique
from unwound.session.events import GRADES
from unwound.session.signs import sign, signs
from unwound.terms import Advice, Word

MIN_PER_H = 60


class When(Word):
    """In which part of a session a check is due."""

    INFUSION = "infusion"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A value of one sign below or above which there is an alert; what it advises."""

    id: str
    sign: str
    does: Advice
    below: float | None = None
    above: float | None = None
    says: str = ""
    sources: tuple[str, ...] = ()
    checked: Checked = Checked.UNCHECKED

    @property
    def boundary(self) -> str:
        """The limit in words: «below 90 %»."""
        own = sign(self.sign)
        if own.grades:
            edges = (("below", self.below), ("above", self.above))
            return " or ".join(f"{word} «{own.shows(edge)}»" for word, edge in edges if edge is not None)
        return _boundary((("below", self.below), ("above", self.above)), own.unit)

    @property
    def edges(self) -> tuple[float, ...]:
        """Where it begins: no value is shown rounded over it."""
        return tuple(edge for edge in (self.below, self.above) if edge is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How far a sign may be from the patient's baseline: percent either way, or a rise or a fall in its unit."""

    id: str
    sign: str
    beyond_percent: float | None = None
    rise: float | None = None
    fall: float | None = None
    before_limit: str = ""
    """A limit whose values no longer count here: the trend is what comes before it."""
    does: Advice = Advice.REVIEW
    says: str = ""
    sources: tuple[str, ...] = ()
    checked: Checked = Checked.UNCHECKED

    @property
    def boundary(self) -> str:
        """The limit in words: «more than 20 % from baseline»."""
        if self.beyond_percent is not None:
            return f"more than {plain(self.beyond_percent)} % from baseline"
        sides = (("a rise of at least", self.rise), ("a fall of at least", self.fall))
        return f"{_boundary(sides, sign(self.sign).unit)} from baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Signs checked every so many minutes in a phase (or part of it), or continuously."""

    id: str
    signs: tuple[str, ...]
    when: When = When.INFUSION
    every_min: float | None = None
    since_min: float = 0.0
    until_min: float | None = None
    once_seen: bool = False
    """Continuous only for a probe that has sent something: a site need not have it."""
    again_after_rise: bool = False
    """Whether each rise of the rate begins it anew."""
    while_beyond: tuple[str, ...] = ()
    """Limits, by name: due only while what was charted last of any of their signs is beyond one of them."""
    own_grace_min: float | None = None
    """How late it may be before it is overdue; None for as late as any."""
    says: str = ""
    sources: tuple[str, ...] = ()
    checked: Checked = Checked.UNCHECKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Severe:
    """From which grade a charted side effect calls, and what that advises."""

    id: str
    least: int
    does: Advice
    says: str = ""
    sources: tuple[str, ...] = ()
    checked: Checked = Checked.UNCHECKED

    @property
    def boundary(self) -> str:
        """The rule in words: «grade 3 or above»."""
        return f"grade {self.least} or above"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How long an acknowledgement holds by what the alert advises, in minutes; 0 for as long as the alert lasts."""

    stop_min: float = 0.0
    lower_min: float = 0.0
    review_min: float = 0.0
    lost_min: float = 0.0
    """Of a sensor that is off, and of a silent probe."""
    escalate_min: float = 0.0
    """How long an alert that advises stopping may go on unanswered before it is escalated."""
    escalate_says: str = ""
    fresh_s: float = 60.0
    """How old a value may be by which an infusion is resumed, in seconds."""

    def pause_min(self, does: Advice) -> float:
        """How long an acknowledgement of an alert with this advice holds."""
        return {Advice.STOP: self.stop_min, Advice.PAUSE: self.lower_min, Advice.REVIEW: self.review_min}[does]


Rule = TypeVar("Rule", Limit, Trend, Check)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All that one session is watched against."""

    limits: tuple[Limit, ...] = ()
    trends: tuple[Trend, ...] = ()
    checks: tuple[Check, ...] = ()
    side_effects: tuple[Severe, ...] = ()
    rejoin_s: float = 0.0
    """Two crossings of one limit no further apart are one episode."""
    grace_min: float = 0.0
    """How late a check may be before it is overdue, where it has no grace of its own."""
    after_min: float = 0.0
    """How long to watch after the infusion."""
    given_percent: float = 0.0
    """How far the amount charted as given may differ from what ran, in percent of what was drawn up."""
    answering: Answering = Answering()
    off_waits_s: float = 0.0
    """How long a sensor is off before it calls."""

    def late_min(self, check: Check) -> float:
        """How late this check may be before it is overdue, in minutes."""
        return self.grace_min if check.own_grace_min is None else check.own_grace_min

    @property
    def depths(self) -> tuple[Limit, ...]:
        """The limits that decide how often something is checked."""
        named = {name for check in self.checks for name in check.while_beyond}
        return tuple(limit for limit in self.limits if limit.id in named)

    def instead(
        self, *, limits: Iterable[Limit] = (), trends: Iterable[Trend] = (), checks: Iterable[Check] = ()
    ) -> Limits:
        """The same with a plan's own rules, each in the place of the one of its id."""
        return replace(
            self,
            limits=_instead(self.limits, limits),
            trends=_instead(self.trends, trends),
            checks=_instead(self.checks, checks),
        )


class LimitFile(Frozen):
    """A limit as its file gives it."""

    sign: str
    does: Advice
    below: Cited | None = None
    above: Cited | None = None
    text: CitedText

    @model_validator(mode="after")
    def _is_one_limit(self) -> LimitFile:
        if (self.below is None) == (self.above is None):
            raise ValueError("a limit is either below or above")
        return self.model_copy(update={"text": self.text.filled(**self.numbers)})

    @property
    def numbers(self) -> Mapping[str, str]:
        """What its sentences may name."""
        return _numbers(below=self.below, above=self.above)


class TrendFile(Frozen):
    """A distance from baseline as its file gives it."""

    sign: str
    beyond: Cited | None = None
    rise: Cited | None = None
    fall: Cited | None = None
    before_limit: str = ""
    does: Advice = Advice.REVIEW
    text: CitedText

    @model_validator(mode="after")
    def _is_one_distance(self) -> TrendFile:
        if [self.beyond, self.rise, self.fall].count(None) != 2:
            raise ValueError("a trend is a percent beyond, a rise or a fall")
        if self.beyond is not None and self.beyond.unit != "%":
            raise ValueError("beyond is a percent of the baseline")
        return self.model_copy(update={"text": self.text.filled(**self.numbers)})

    @property
    def numbers(self) -> Mapping[str, str]:
        """What its sentences may name."""
        return _numbers(beyond=self.beyond, rise=self.rise, fall=self.fall)


class CheckFile(Frozen):
    """A check as its file gives it; without `every` it is continuous."""

    signs: tuple[str, ...]
    phase: When = When.INFUSION
    every: Cited | None = None
    since: Cited | None = None
    until: Cited | None = None
    grace: Cited | None = None
    """How late it may be; without it as late as any."""
    once_seen: bool = False
    while_beyond: tuple[str, ...] = ()
    text: CitedText

    @model_validator(mode="after")
    def _is_in_minutes(self) -> CheckFile:
        # A check while a limit is passed has no beginning and end of its own; the others may have both.
        if self.while_beyond and (self.every is None or self.since or self.until):
            raise ValueError("a check while a limit is passed is due every so many minutes, from then on")
        for number in (self.every, self.since, self.until, self.grace):
            if number is not None and (number.unit != "min" or number.value < 0):
                raise ValueError("checks are given in minutes")
        if self.grace is not None and (self.every is None or self.grace.value > self.every.value):
            raise ValueError("a check may be late by no more than its own interval")
        return self.model_copy(update={"text": self.text.filled(**often(self.every))})


class SevereFile(Frozen):
    """From which grade a side effect calls, as its file gives it."""

    least: Cited
    does: Advice
    text: CitedText

    @model_validator(mode="after")
    def _is_a_grade(self) -> SevereFile:
        if self.least.value not in GRADES:
            raise ValueError(f"a side effect has a grade from {GRADES[0]} to {GRADES[-1]}")
        return self.model_copy(update={"text": self.text.filled(**_numbers(least=self.least))})


class StopRuleFile(Frozen):
    """A sentence of every plan on when to stop: of a limit or of trends, with their number, or of what has none."""

    limit: str = ""
    trends: tuple[str, ...] = ()
    """Several of one number, where one sentence covers them all."""
    does: Advice | None = None
    """Only where it names neither: a limit and a trend carry it themselves."""
    text: CitedText

    @model_validator(mode="after")
    def _says_what_it_does_once(self) -> StopRuleFile:
        if [bool(self.limit), bool(self.trends), self.does is not None].count(True) != 1:
            raise ValueError("a stop rule names a limit, its trends, or what it does")
        return self


class Example(Frozen):
    """One value, with the baseline where it matters, and the rules that then alert."""

    name: str
    sign: str
    value: float
    baseline: float | None = None
    expect: tuple[str, ...]


class AnsweringFile(Frozen):
    """How long acknowledgements hold, as the file gives it."""

    stop: Cited
    pause: Cited
    review: Cited
    lost: Cited
    escalate: Cited
    fresh: Cited
    text: CitedText

    @model_validator(mode="after")
    def _has_its_units(self) -> AnsweringFile:
        minutes = (self.stop, self.pause, self.review, self.lost, self.escalate)
        if {number.unit for number in minutes} != {"min"} or self.fresh.unit != "s":
            raise ValueError("acknowledgements hold for minutes, a fresh value is so many seconds old")
        if any(not number.value > 0 for number in (*minutes, self.fresh)):
            raise ValueError("no acknowledgement holds for ever")
        return self


class RoundsFile(Frozen):
    """How often in a row a round may leave a judged sign without a number, and how much later an event is charted."""

    in_row: Cited
    back: Cited
    text: CitedText

    @model_validator(mode="after")
    def _has_its_units(self) -> RoundsFile:
        if self.back.unit != "min" or not self.back.value > 0:
            raise ValueError("an event is charted so many minutes later")
        if not self.in_row.value.is_integer() or not 0 <= self.in_row.value <= 4:
            raise ValueError("a few rounds in a row at most are without a number")
        return self


class Monitoring(Head):
    """`data/rules/monitoring.toml`."""

    rejoin: Cited
    grace: Cited
    after: Cited
    given: Cited
    answering: AnsweringFile
    rounds: RoundsFile
    off: Cited
    limits: Mapping[str, LimitFile]
    trends: Mapping[str, TrendFile]
    checks: Mapping[str, CheckFile]
    side_effects: Mapping[str, SevereFile]
    stop_rules: tuple[StopRuleFile, ...]
    """What every plan states about stopping, in this order."""
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _has_its_units(self) -> Monitoring:
        if (self.rejoin.unit, self.grace.unit, self.after.unit, self.given.unit) != ("s", "min", "min", "%"):
            raise ValueError("rejoin is in s, grace and after in min, given in %")
        for name, check in self.checks.items():
            if unknown := [limit for limit in check.while_beyond if limit not in self.limits]:
                raise ValueError(f"check {name}: no limit is called {', '.join(unknown)}")
        return self.model_copy(update={"stop_rules": tuple(map(self._filled, self.stop_rules))})

    def _filled(self, rule: StopRuleFile) -> StopRuleFile:
        """A stop rule with the number, and what it does, of the limit or the trends that it names."""
        if rule.does is not None:
            return rule.model_copy(update={"text": rule.text.filled()})
        named = [self.limits.get(rule.limit)] if rule.limit else [self.trends.get(id) for id in rule.trends]
        rules = [limit for limit in named if limit is not None]
        if len(rules) < len(named):
            raise ValueError(f"stop rule: {rule.limit or ', '.join(rule.trends)}: not all of it is in this file")
        if any((limit.numbers, limit.does) != (rules[0].numbers, rules[0].does) for limit in rules):
            raise ValueError(f"stop rule: {', '.join(rule.trends)}: of several numbers; write a rule for each")
        return rule.model_copy(update={"text": rule.text.filled(**rules[0].numbers), "does": rules[0].does})


def often(every: Cited | None) -> dict[str, str]:
    """How a sentence names an interval in minutes: «every 15 minutes», «hourly», «every 2 hours»."""
    if every is None:
        return {}
    hours = every.value / MIN_PER_H
    if hours == 1:
        return {"often": "hourly"}
    return {"often": f"every {plain(hours)} hours" if hours.is_integer() else f"every {plain(every.value)} minutes"}


def _numbers(**named: Cited | None) -> dict[str, str]:
    cited = {name: number for name, number in named.items() if number is not None}
    unit = next((number.unit for number in cited.values()), "")
    return {"unit": unit, **{name: number.spoken for name, number in cited.items()}}


def monitoring() -> Monitoring:
    """What is watched where the plan sets nothing else, as its file gives it."""
    return load_rule("monitoring", Monitoring)


def limit_of(id: str, criterion: Criterion, does: Advice, says: str) -> Limit | None:
    """A criterion on one fact («systolic above 180») as a limit; None where it is no single limit on a sign."""
    of_sign = next((id for id, sign in signs().items() if sign.fact and sign.fact == criterion.fact), None)
    number = criterion.below or criterion.above
    if of_sign is None or number is None:
        return None
    below, above = _value(criterion.below), _value(criterion.above)
    return Limit(
        id=id,
        sign=of_sign,
        does=does,
        below=below,
        above=above,
        says=says,
        sources=(number.source,),
        checked=number.checked,
    )


@cache
def usual() -> Limits:
    """What is watched where a plan sets nothing else, ready to be watched against."""
    file = monitoring()
    return Limits(
        limits=tuple(_limit(name, rule) for name, rule in file.limits.items()),
        trends=tuple(_trend(name, rule) for name, rule in file.trends.items()),
        checks=tuple(_check(name, rule) for name, rule in file.checks.items()),
        side_effects=tuple(_severe(name, rule) for name, rule in file.side_effects.items()),
        rejoin_s=file.rejoin.value,
        grace_min=file.grace.value,
        after_min=file.after.value,
        given_percent=file.given.value,
        answering=_answering(file.answering),
        off_waits_s=file.off.value,
    )


def _answering(file: AnsweringFile) -> Answering:
    return Answering(
        stop_min=file.stop.value,
        lower_min=file.pause.value,
        review_min=file.review.value,
        lost_min=file.lost.value,
        escalate_min=file.escalate.value,
        escalate_says=file.text.text,
        fresh_s=file.fresh.value,
    )


def _limit(id: str, rule: LimitFile) -> Limit:
    sources, checked = provenance(rule.below or rule.above, rule.text)
    return Limit(
        id=id,
        sign=rule.sign,
        does=rule.does,
        below=_value(rule.below),
        above=_value(rule.above),
        says=rule.text.text,
        sources=sources,
        checked=checked,
    )


def _trend(id: str, rule: TrendFile) -> Trend:
    sources, checked = provenance(rule.beyond or rule.rise or rule.fall, rule.text)
    return Trend(
        id=id,
        sign=rule.sign,
        beyond_percent=_value(rule.beyond),
        rise=_value(rule.rise),
        fall=_value(rule.fall),
        before_limit=rule.before_limit,
        does=rule.does,
        says=rule.text.text,
        sources=sources,
        checked=checked,
    )


def _check(id: str, rule: CheckFile) -> Check:
    sources, checked = provenance(rule.every, rule.text)
    return Check(
        id=id,
        signs=rule.signs,
        when=rule.phase,
        every_min=_value(rule.every),
        since_min=_value(rule.since) or 0.0,
        until_min=_value(rule.until),
        once_seen=rule.once_seen,
        again_after_rise=False,
        while_beyond=rule.while_beyond,
        own_grace_min=_value(rule.grace),
        says=rule.text.text,
        sources=sources,
        checked=checked,
    )


def _severe(id: str, rule: SevereFile) -> Severe:
    sources, checked = provenance(rule.least, rule.text)
    return Severe(
        id=id, least=int(rule.least.value), does=rule.does, says=rule.text.text, sources=sources, checked=checked
    )


def _value(number: Cited | None) -> float | None:
    return None if number is None else number.value


def provenance(number: Cited | None, text: CitedText) -> tuple[tuple[str, ...], Checked]:
    """The sources, and how well the least checked of them was: a number that was read may serve another use here."""
    cited = [entry for entry in (number, text) if entry is not None]
    return unique(entry.source for entry in cited), least_checked(entry.checked for entry in cited)


def _boundary(parts: Iterable[tuple[str, float | None]], unit: str) -> str:
    sides = " or ".join(f"{word} {plain(number)}" for word, number in parts if number is not None)
    return f"{sides} {unit}".strip()


def _instead(rules: tuple[Rule, ...], own: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple({**{rule.id: rule for rule in rules}, **{rule.id: rule for rule in own}}.values())
