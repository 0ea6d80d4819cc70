"""What is known of protocols, of the settings they are given in, and of the ceilings of dose, one folder of data each.

A protocol is of one drug: racemic ketamine and esketamine never share a dose, a ceiling or a rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, model_validator

from unwound import session
from unwound.catalogue import Cited, CitedText, Frozen, Head, Texts, find, load, plain
from unwound.facts import Criterion
from unwound.session import limits
from unwound.terms import Advice, Drug, Fasting, Purpose, Word

DRUGS: Mapping[Drug, str] = {Drug.RACEMIC: "racemic ketamine", Drug.ESKETAMINE: "esketamine"}


class DoseKind(Word):
    """What a ceiling is of."""

    RATE = "rate"
    BOLUS = "bolus"
    DAY = "day"
    COURSE = "course"


PER_70_KG = "mg/h/70 kg"
RATES = ("mg/h", "mg/kg/h", PER_70_KG)
AMOUNTS = ("mg", "mg/kg")
FIXED = ("mg", "mg/h")
"""Units of a dose that is the same at every weight."""
HOURS_PER = {"min": 1 / 60, "h": 1.0, "day": 24.0}


class Step(Frozen):
    """One infusion: how fast or how much, for how long, on which days; without days it follows the step before it."""

    days: tuple[int, ...] = ()
    """Days of the course (the first is 1) on each of which it is given once."""
    rate: Cited | None = None
    amount: Cited | None = None
    duration: Cited
    cap: Cited | None = None
    """What the rate never exceeds whatever the weight (mg/h)."""
    share: Cited | None = None
    """The part of this rate, after the cap, that is given: a rise over days."""
    per_kg: Cited | None = None
    """Of a dose that is the same at every weight (mg, mg/h): the rate in mg/kg/h above which a plan asks."""

    @model_validator(mode="after")
    def _has_one_size(self) -> Step:
        if (self.rate is None) == (self.amount is None):
            raise ValueError("a step has either a rate or an amount")
        _in_units(self.rate, RATES)
        _in_units(self.amount, AMOUNTS)
        _in_units(self.duration, tuple(HOURS_PER))
        _in_units(self.cap, ("mg/h",))
        _in_units(self.per_kg, ("mg/kg/h",))
        if list(self.days) != sorted({*self.days}) or (self.days and self.days[0] < 1):
            raise ValueError("days rise, each once, from 1")
        return self

    @property
    def hours(self) -> float:
        """How long it runs."""
        return self.duration.value * HOURS_PER[self.duration.unit]


class LiverTest(Frozen):
    """When the liver is tested: days before the first dose, days after the last, or every so often between them."""

    when: Literal["before", "during", "after"]
    days: Cited
    text: CitedText

    @model_validator(mode="after")
    def _is_in_days(self) -> LiverTest:
        _in_units(self.days, ("day",))
        if self.when == "during" and not self.days.value > 0:
            raise ValueError("tests during a course need an interval above zero")
        return self


class CoMedication(Frozen):
    """What was given beside it in the study or practice the protocol is from; a record, not an order."""

    drug: str
    """Id of the medicine in `data/drugs`."""
    text: CitedText
    dose: Cited | None = None
    """mg each time, where the source states it."""
    route: str = ""
    times: Cited | None = None
    """How often on a day."""
    rescue: str = ""
    """What it is kept for, where it is not given to everybody."""

    @model_validator(mode="after")
    def _is_a_dose(self) -> CoMedication:
        if (self.dose is None) != (self.route == "") or (self.dose is not None and self.dose.unit != "mg"):
            raise ValueError("a dose beside a course is in mg and has a route, and a route has a dose")
        if self.dose is not None and (self.times is None) != (self.rescue != ""):
            raise ValueError("a dose beside a course is given so many times a day, or kept for something")
        return self


class Expected(Frozen):
    """A weight and what must come out."""

    name: str
    weight_kg: float
    rate_mg_per_h: float | None = None
    """The highest rate of the whole course."""
    total_mg: float | None = None
    first_day_mg: float | None = None
    hours: float | None = None
    says: tuple[str, ...] = ()
    """Ids of what the plan must say beside the doses (`cap`, `ceiling`)."""


class Protocol(Head):
    """One file of `data/protocols`: a course as it was studied or is practised, and what is known of it."""

    short: str
    """Its name beside a point of a chart."""
    lay_phrases: Texts = ()
    """How people search for it, in words of our own: for the finder; nothing is decided by them."""
    drug: Drug
    aim: Purpose = Purpose.PAIN
    part: Literal["course", "booster"] = "course"
    """A course stands alone; a booster follows one that helped."""
    summary: CitedText
    setting: str
    """Id of a file in `data/settings`."""
    indications: tuple[str, ...]
    """Ids of the conditions in which it was studied."""
    strength: Literal["randomised", "uncontrolled", "consensus", "practice"]
    """What the schedule rests on."""
    evidence: tuple[CitedText, ...]
    seen_until: Cited | None = None
    """Days after the last infusion up to which its own studies saw relief."""
    steps: tuple[Step, ...]
    calendar: CitedText
    """Where the days and the order of the steps are from."""
    titration: CitedText
    co_medication: tuple[CoMedication, ...] = ()
    liver_tests: tuple[LiverTest, ...] = ()
    examples: tuple[Expected, ...]

    @model_validator(mode="after")
    def _can_be_given(self) -> Protocol:
        if not self.steps or not self.steps[0].days:
            raise ValueError("the first step needs its days")
        if not self.examples:
            raise ValueError("a protocol carries its own examples")
        return self


class Watch(Frozen):
    """What is checked, and how often from one hour of an infusion to another."""

    what: tuple[str, ...]
    as_usual: str = ""
    """Id of the usual check whose interval it takes."""
    every: Cited | None = None
    """In minutes; None is continuous."""
    since: Cited
    """Hours from the start of the infusion."""
    until: Cited | None = None
    """Hours from its start; None is to its end, after the infusion to the end of the watching."""
    after: bool = False
    """The hours count from the end of the infusion."""
    again_after_rise: bool = False
    """Whether each rise of the rate begins it anew."""
    text: CitedText

    @model_validator(mode="after")
    def _is_a_time(self) -> Watch:
        _in_units(self.every, ("min",))
        _in_units(self.since, ("h",))
        _in_units(self.until, ("h",))
        if self.every is not None and not self.every.value > 0:
            raise ValueError("an interval is above zero")
        every = _usual_interval(self.as_usual, self.every)
        return self.model_copy(update={"every": every, "text": self.text.filled(**_times(self, every))})


class StopRule(Frozen):
    """When the infusion is stopped or paused: a criterion where there is a number, and the words for it."""

    when: Criterion | None = None
    does: Advice
    text: CitedText


class Setting(Head):
    """One file of `data/settings`: where a protocol is given, by whom, and how its watching differs from the usual."""

    place: CitedText
    weans: bool = False
    """Whether it asks for the infusion to be weaned at its end."""
    stays: bool = False
    """Whether the patient stays overnight: no escort home is needed."""
    people: tuple[CitedText, ...]
    watches: tuple[Watch, ...]
    after: Cited = Field(default_factory=lambda: limits.monitoring().after)
    """Minutes of watching after the infusion."""
    stop_rules: tuple[StopRule, ...] = ()
    """The usual ones, its own in the place of the one of the same side of the same sign, or after them."""
    fasting: CitedText
    fasting_by: Fasting = Fasting.HOURS
    """By the hours that are asked for before every start, by the site's own rule, or not at all."""
    discharge: tuple[CitedText, ...]
    unknown: tuple[CitedText, ...] = ()
    """What no source answers, so that silence is not taken for an answer."""

    @model_validator(mode="after")
    def _as_usual_where_it_says_nothing(self) -> Setting:
        own = {_side(rule): rule for rule in self.stop_rules}
        rules = {_side(rule): rule for rule in _usual_stop_rules()} | own
        watches = tuple(_ended(watch, self.after) for watch in self.watches)
        return self.model_copy(update={"stop_rules": tuple(rules.values()), "watches": watches})


class Limit(Frozen):
    """One ceiling: of the rate of an infusion, of a bolus, of what is given in a day, or in a whole course."""

    of: DoseKind
    route: str = "iv"
    limit: Cited
    binds: bool
    """A plan is held down to it; one that does not bind and is passed is asked about."""
    settings: tuple[str, ...] = ()
    """Ids of the settings it was written for; empty is every one."""
    parts: tuple[Literal["course", "booster"], ...] = ()
    """Whether it is of courses or of boosters; empty is both."""
    icu: bool = False
    """Of intensive care alone: no measure for anything else."""
    text: CitedText

    @model_validator(mode="after")
    def _has_its_unit(self) -> Limit:
        _in_units(self.limit, RATES if self.of == DoseKind.RATE else AMOUNTS)
        if self.binds and self.of in (DoseKind.DAY, DoseKind.COURSE):
            raise ValueError("only a rate or a bolus can be held down; a day or a course is asked about")
        return self


class LimitExample(Frozen):
    """A weight and what the limit of that name then is, in mg/h or mg."""

    limit: str
    weight_kg: float
    most: float


class Ceilings(Head):
    """One file of `data/ceilings`: the limits of one drug (the file's name)."""

    weight_kg: Cited
    """The weights a plan is made for, lowest and highest."""
    bmi: Cited
    """From this body-mass index on (kg/m²) it is asked which weight a dose by the kilogram is meant for."""
    strongest: Cited
    """The strongest solution there is (mg/mL): a stronger one is a mistake."""
    anaesthetic_bolus: Cited
    """The most that an anaesthetic begins with (mg/kg): a table with more is a mistake."""
    anaesthetic_hour: Cited
    """The most that goes in within an hour of anaesthesia or intensive care (mg/kg)."""
    into_a_vein: Cited | None = None
    """The strongest solution that may go into a vein (mg/mL)."""
    dilution: Cited | None = None
    """What the label makes for an infusion, weakest and strongest (mg/mL)."""
    limits: Mapping[str, Limit]
    examples: tuple[LimitExample, ...]


def protocols() -> Mapping[str, Protocol]:
    """Every protocol by its id."""
    return load("protocols", Protocol)


def protocol(id: str) -> Protocol:
    """One protocol. UnwoundError, naming those there are, when there is none of that name."""
    return find("protocols", Protocol, id, "protocol")


def id_of(protocol: Protocol | str) -> str:
    """The id of a protocol; its title for one that is not in the catalogue."""
    if isinstance(protocol, str):
        return protocol
    return next((id for id, catalogued in protocols().items() if catalogued is protocol), protocol.title)


def settings() -> Mapping[str, Setting]:
    """Every setting by its id."""
    return load("settings", Setting)


def ceilings(drug: Drug) -> Ceilings:
    """The limits of one drug."""
    return find("ceilings", Ceilings, drug, "ceiling for")


def for_weight(number: Cited, weight_kg: float) -> float:
    """A dose or rate at one weight, in mg or mg/h."""
    if number.unit == PER_70_KG:
        return number.value * weight_kg / 70
    return number.value * weight_kg if "/kg" in number.unit else number.value


def _usual_interval(id: str, own: Cited | None) -> Cited | None:
    """The interval of the usual check of that id; a watch's own where it names none."""
    if not id:
        return own
    usual = limits.monitoring().checks.get(id)
    if usual is None or own is not None:
        raise ValueError(f"as_usual: «{id}» is no usual check, or `every` stands beside it")
    return usual.every


def _times(watch: Watch, every: Cited | None) -> dict[str, str]:
    """What the sentence of a watch may name: how often, until which hour, and how long that is."""
    named = limits.often(every)
    if watch.until is not None:
        hours = watch.until.value - watch.since.value
        named |= {"until": plain(watch.until.value), "span": "hour" if hours == 1 else f"{_spelled(hours)} hours"}
    return named


def _spelled(number: float) -> str:
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return small[int(number)] if number.is_integer() and 0 <= number < len(small) else plain(number)


def _usual_stop_rules() -> Iterator[StopRule]:
    """The stop rules of every plan, with the limits that they name as criteria on facts."""
    usual = limits.monitoring()
    for rule in usual.stop_rules:
        limit, does = usual.limits.get(rule.limit), rule.does
        assert does is not None, "its file was read"
        when = limit and Criterion(fact=session.sign(limit.sign).fact, below=limit.below, above=limit.above)
        yield StopRule(when=when, does=does, text=rule.text)


def _side(rule: StopRule) -> tuple[str, ...]:
    """What a stop rule is about: a sign and its side, or its own words."""
    low = rule.when and (rule.when.below or rule.when.at_most)
    return (rule.when.fact, "low" if low else "high") if rule.when and rule.when.fact else (rule.text.text,)


def _ended(watch: Watch, after: Cited) -> Watch:
    """Watching after the infusion ends with the setting's, where it does not say otherwise."""
    if not watch.after or watch.until is not None:
        return watch
    end = after.model_copy(update={"value": after.value / limits.MIN_PER_H, "unit": "h"})
    return watch.model_copy(update={"until": end})


def _in_units(number: Cited | None, units: tuple[str, ...]) -> None:
    if number is not None and number.unit not in units:
        raise ValueError(f"{number.unit}: one of {', '.join(units)} is needed")
