"""The vital signs of a session: unit, plausible range, and after how long without a reading there is a gap."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping

from pydantic import Field, model_validator

from unwound.catalogue import Cited, CitedText, Frozen, Head, load, plain
from unwound.record import UnwoundError
from unwound.terms import Word


class ReadingState(Word):
    """What a reading is: a value or a bound of one, an artefact that is kept, no sensor, nothing, or a doubted one."""

    VALUE = "value"
    IMPLAUSIBLE = "implausible"
    NO_SENSOR = "no-sensor"
    MISSING = "missing"
    QUESTIONABLE = "questionable"
    """A value that the device itself marks as doubtful: shown and kept, never judged against a limit."""
    BELOW = "below"
    """No more than that it lies below its number, as a device writes «<70»: beyond a limit where that proves it."""
    ABOVE = "above"
    """No more than that it lies above its number."""


DEVICE_ALARM = "device_alarm"
"""The sign under which alarms that devices send in words are charted."""
HAIR = 1e-9
"""Rounding of decimals is no crossing."""
STATES: tuple[ReadingState, ...] = tuple(ReadingState)
BOUNDS: Mapping[ReadingState, str] = {ReadingState.BELOW: "<", ReadingState.ABOVE: ">"}
"""How a bound is written."""


class SessionError(UnwoundError):
    """Something of a session that cannot be taken as it is: the message says what, and what is allowed."""


class Example(Frozen):
    """A value and what it is taken for."""

    name: str
    value: float
    expect: ReadingState


class Pair(Frozen):
    """A second sign that is read with this one: «120/80», under one title."""

    sign: str
    title: str


class Charting(Frozen):
    """Where a sign is typed and shown. Without it: nowhere to type it, and its tile after the others."""

    entry: int | None = None
    """Its place among what is typed."""
    baseline: bool = False
    """Asked for before the start."""
    by_hand: bool = False
    """Typed at the bedside."""
    as_before: bool = False
    """Whether a round may leave it without a number, as observed and unchanged: never what is measured."""
    asleep: bool = False
    """Whether a round may leave it without a number while the patient sleeps and breathes, and is not woken."""
    screen: int | None = None
    """Its place on the session's screen and in the record."""
    tile: bool = True
    """Whether it is on the screen; it is in the record in any case."""
    trend: bool = False
    """Drawn over time."""
    board: bool = False
    """On the board of all beds."""
    pair: Pair | None = None
    reason: CitedText | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Charting:
        if self.model_fields_set and self.reason is None:
            raise ValueError("what is typed or shown where needs its reason")
        return self


class Worsening(Frozen):
    """When a sign that was acknowledged has become worse: a step beyond the worst that was seen, or the next band."""

    step: Cited
    below: tuple[float, ...] = ()
    """Bands of a sign that falls: passing one of them is worse, however small the step."""
    above: tuple[float, ...] = ()
    reason: CitedText

    def since(self, seen: float, worst: float, *, low: bool) -> bool:
        """Whether `worst` is worse than what was seen."""
        if low:
            return worst <= seen - self.step.value + HAIR or any(worst < band - HAIR <= seen for band in self.below)
        return worst >= seen + self.step.value - HAIR or any(worst > band + HAIR >= seen for band in self.above)


class Critical(Frozen):
    """Values outside of the believed range that may be true, when they follow believed ones of the same probe."""

    from_: Cited | None = Field(default=None, alias="from")
    """Below the believed range: from here up."""
    to: Cited | None = None
    """Above the believed range: up to here."""
    reason: CitedText

    @model_validator(mode="after")
    def _has_a_side(self) -> Critical:
        if self.from_ is None and self.to is None:
            raise ValueError("critical values have a side: from, to, or both")
        return self


class Waits(Frozen):
    """How long a value of a probe must be beyond a limit before it calls, and from where on nothing waits."""

    time: Cited
    below: Cited | None = None
    above: Cited | None = None

    @model_validator(mode="after")
    def _is_short(self) -> Waits:
        if self.time.unit != "s" or not 0 < self.time.value <= 60:
            raise ValueError("a value waits for some seconds, a minute at most")
        return self


class Compare(Frozen):
    """Another sign that counts the same thing, and how far apart both may be."""

    sign: str
    beyond: Cited
    text: CitedText


class Disturbed(Frozen):
    """Another measurement that disturbs this one on the same limb, and how soon its value comes after that."""

    by: str
    within: Cited
    text: CitedText

    @model_validator(mode="after")
    def _is_in_seconds(self) -> Disturbed:
        if self.within.unit != "s":
            raise ValueError("how soon is a number of seconds")
        return self


class VitalSign(Head):
    """One file of `data/vital_signs`: a measurement, or a scale that a person charts."""

    short: str
    unit: str
    fact: str = ""
    """The fact of the same measurement, where a chart has one."""
    called: tuple[str, ...] = ()
    """The names that the settings of protocols use."""
    formerly: tuple[str, ...] = ()
    """Titles that it had in earlier versions: tables written then are still read."""
    met_by: tuple[str, ...] = ()
    """Signs whose reading serves as well where this one is checked at intervals."""
    step: float
    """One step of measurement: boundaries are tested this far apart."""
    scale: CitedText | None = None
    """What the numbers mean, where it is a scale that a person judges."""
    grades: tuple[str, ...] = ()
    """What each number is called, from the lowest up: shown in its place."""
    lapses: bool = False
    """Whether what is not sent again within its gap is over: a device may never say that its alarm has ended."""
    lowest: Cited
    highest: Cited
    """Outside of these a value is an artefact: shown and kept, never used."""
    gap: Cited
    """Seconds after which a reading no longer holds for what follows it."""
    family: str = ""
    """What several signs measure together, as the pressures: their alerts are one event."""
    compare: Compare | None = None
    disturbed: Disturbed | None = None
    """What may lie behind its alerts: a hint."""
    waits: Waits | None = None
    """Without it nothing waits."""
    critical: Critical | None = None
    """Which implausible values call at once, after believed ones: critical or artefact."""
    worsening: Worsening | None = None
    """When an acknowledged alert of it calls again at once."""
    charting: Charting = Charting()
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> VitalSign:
        if not self.lowest.value < self.highest.value:
            raise ValueError("the lowest plausible value lies below the highest")
        if self.gap.unit != "s" or not self.gap.value > 0:
            raise ValueError("a gap is a number of seconds above zero")
        if self.grades and len(self.grades) != self.highest.value - self.lowest.value + 1:
            raise ValueError("every grade has its word")
        return self

    def state_of(self, value: float) -> ReadingState:
        """Whether a value is plausible."""
        return ReadingState.VALUE if self.lowest.value <= value <= self.highest.value else ReadingState.IMPLAUSIBLE

    @property
    def waits_s(self) -> float:
        """How long a value of a probe waits, in seconds."""
        return self.waits.time.value if self.waits else 0.0

    @property
    def at_once(self) -> tuple[float, float]:
        """Below the first and above the second nothing waits."""
        low, high = (self.waits.below, self.waits.above) if self.waits else (None, None)
        return -math.inf if low is None else low.value, math.inf if high is None else high.value

    @property
    def critical_range(self) -> tuple[float, float]:
        """From where to where an implausible value may be true; empty (from above to) where none may."""
        if self.critical is None:
            return math.inf, -math.inf
        low, high = self.critical.from_, self.critical.to
        return (self.lowest if low is None else low).value, (self.highest if high is None else high).value

    @property
    def word(self) -> str:
        """Its name in a list of others: «breathing», «blood pressure»."""
        return self.called[0] if self.called else self.short.lower() if self.short.istitle() else self.short

    def shows(self, value: float, edges: Iterable[float] = ()) -> str:
        """A value to one step of measurement: «130», not «129.761», which no monitor measured.

        Never rounded onto or over an edge (a limit): then with one decimal more, or as it is.
        """
        if self.state_of(value) == ReadingState.IMPLAUSIBLE:
            return plain(value)
        if self.grades and value == int(value):
            return self.grades[int(value - self.lowest.value)]
        decimals = max(0, -math.floor(math.log10(self.step) + HAIR))
        for places in (decimals, decimals + 1):
            rounded = round(value, places)
            bounds = (self.lowest.value, self.highest.value, *edges)
            if all((value < edge) == (rounded < edge) and (value > edge) == (rounded > edge) for edge in bounds):
                return f"{rounded:.{places}f}".removesuffix(f".{'0' * places}") if places else plain(rounded)
        return plain(value)

    def says(self, value: float, edges: Iterable[float] = (), *, bound: ReadingState = ReadingState.VALUE) -> str:
        """A value in words: «oxygen saturation 88 %»; only a bound of one: «oxygen saturation below 70 %»."""
        # «pain now, 0 to 10: 5», never «0 to 10 5».
        scale = ":" if self.title[-1:].isdigit() or self.grades else ""
        side = f" {bound}" if bound in BOUNDS else ""
        return f"{_lower(self.title)}{scale}{side} {self.shows(value, edges)}{f' {self.unit}' if self.unit else ''}"


def signs() -> Mapping[str, VitalSign]:
    """Every vital sign and scale by its id."""
    return load("vital_signs", VitalSign)


def sign(id: str) -> VitalSign:
    """One vital sign. SessionError, naming the nearest id, when there is none of that name."""
    vital_sign = signs().get(id)
    if vital_sign is None:
        near = difflib.get_close_matches(id, signs(), n=1)
        raise SessionError(f"«{id}» is no vital sign of a session" + (f"; did you mean «{near[0]}»?" if near else ""))
    return vital_sign


def listed(ids: Iterable[str]) -> str:
    """Several in one line: «breathing, sedation, blood pressure», or which pressure where it is one of the two."""
    own = tuple(sign(id) for id in ids)
    words = [vital_sign.word for vital_sign in own]
    whole = {
        word for word in words if words.count(word) == sum(vital_sign.word == word for vital_sign in signs().values())
    }
    return ", ".join(
        dict.fromkeys(vital_sign.word if vital_sign.word in whole else _lower(vital_sign.title) for vital_sign in own)
    )


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def named(words: Iterable[str]) -> tuple[str, ...]:
    """The signs that a setting names, «blood pressure» both pressures. SessionError on a word that names none."""
    named_ids: dict[str, None] = {}
    for word in words:
        ids = [id for id, vital_sign in signs().items() if word in vital_sign.called]
        if not ids:
            raise SessionError(f"«{word}» names no vital sign of a session: write it under `called` of a sign")
        named_ids |= dict.fromkeys(ids)
    return tuple(named_ids)


def out_of_order(values: Mapping[str, float]) -> dict[str, str]:
    """Of signs read as a pair («120/80») those whose second is not below the first -> what to check."""
    wrong: dict[str, str] = {}
    for upper, sign in signs().items():
        pair = sign.charting.pair
        if pair and upper in values and pair.sign in values and values[pair.sign] >= values[upper]:
            below = f"{plain(values[pair.sign])} is not below {plain(values[upper])}"
            wrong[pair.sign] = f"{below} ({sign.short.lower()}): were the two swapped? Check and re-enter."
    return wrong
