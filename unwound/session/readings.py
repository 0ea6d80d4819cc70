"""Readings as they came, and all of a session's together: by probe, in the order of time, each once.

Times are UTC throughout, so that no change of the clocks makes an interval. Nothing here averages or fills in.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from unwound.session.signs import BOUNDS, STATES, ReadingState, SessionError, sign

Times: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
States: TypeAlias = npt.NDArray[np.int8]

Status: TypeAlias = Literal[
    ReadingState.VALUE,
    ReadingState.NO_SENSOR,
    ReadingState.MISSING,
    ReadingState.QUESTIONABLE,
    ReadingState.BELOW,
    ReadingState.ABOVE,
]

VALUE, IMPLAUSIBLE, NO_SENSOR, MISSING, QUESTIONABLE, BELOW, ABOVE = range(len(STATES))
BELIEVED = (VALUE, BELOW, ABOVE)
"""What says something believed of the patient: a value, or that it lies below or above a number."""
_BY_STATUS = {
    ReadingState.NO_SENSOR: NO_SENSOR,
    ReadingState.MISSING: MISSING,
    ReadingState.QUESTIONABLE: QUESTIONABLE,
    ReadingState.BELOW: BELOW,
    ReadingState.ABOVE: ABOVE,
}
_HAS_VALUE = (ReadingState.VALUE, ReadingState.QUESTIONABLE, *BOUNDS)
_METRIC = re.compile(r"(?<=\d)\.\d+$")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
"""Microseconds: the times of arrays count them since 1970, in UTC."""


class Channel(NamedTuple):
    """One probe or device measuring one thing; without a source it was charted by hand. Two probes stay two."""

    sign: str
    source: str = ""

    @property
    def by_hand(self) -> bool:
        """Charted by a person: never expected continuously."""
        return not self.source

    @property
    def place(self) -> str:
        """The source without the last number of a containment («MON 1.1.9.150301» -> «MON 1.1.9»).

        Monitors that give each metric an id of its own send both pressures of one cuff under two.
        """
        return _METRIC.sub("", self.source)

    @property
    def probe(self) -> str:
        """The probe in words: «probe 1» where a device counts them, else its own name; empty where charted by hand."""
        return f"probe {self.source}" if self.source[:1].isdigit() else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading: when (any zone, kept as UTC), what, its value in the sign's own unit, and which probe gave it.

    `no-sensor` and `missing` have no value; a `questionable` one is doubted by its device; of one `below` or `above`
    no more is known than that. `withdrawn` is the reason
    why it was entered in error: it stays in the record and counts for nothing. SessionError for a time without zone, a
    unit of another kind, or no number.
    """

    at: datetime
    kind: str
    value: float | None = None
    unit: str = ""
    source: str = ""
    status: Status = ReadingState.VALUE
    withdrawn: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", in_utc(self.at))
        unit = _unit(self.kind)
        if self.unit and self.unit != unit:
            raise SessionError(f"{self.kind}: measured in {unit or 'points of its scale'}, not in «{self.unit}»")
        if (self.value is None) == (self.status in _HAS_VALUE):
            raise SessionError(f"{self.kind}: a «{self.status}» reading with the value {self.value!r} is not possible")
        if self.value is not None and not math.isfinite(self.value):
            raise SessionError(f"{self.kind}: {self.value!r} is not a number; a reading without one is «missing»")

    @property
    def channel(self) -> Channel:
        """Its probe."""
        return Channel(self.kind, self.source)

    @property
    def state(self) -> ReadingState:
        """What it counts as: a value outside the plausible range is an artefact, kept as it came."""
        if self.value is None:
            return ReadingState.NO_SENSOR if self.status == ReadingState.NO_SENSOR else ReadingState.MISSING
        if self.status == ReadingState.QUESTIONABLE or self.status in BOUNDS:
            return self.status
        return sign(self.kind).state_of(self.value)

    @property
    def bound(self) -> str:
        """«<» or «>» where it is no value, only a bound of one; else nothing."""
        return BOUNDS.get(self.state, "")

    def shows(self, edges: Iterable[float] = ()) -> str:
        """Its value to one step of measurement, a bound with its mark: «97», «<70»; empty without a value."""
        return "" if self.value is None else f"{self.bound}{sign(self.kind).shows(self.value, edges)}"

    def says(self, edges: Iterable[float] = ()) -> str:
        """It in words: «oxygen saturation 88 %», «oxygen saturation below 70 %»; empty without a value."""
        return "" if self.value is None else sign(self.kind).says(self.value, edges, bound=self.state)


ONE_MEASUREMENT = timedelta(seconds=60)
"""How far apart both pressures of one cuff may be stamped: monitors send them in messages of their own."""


@dataclass(frozen=True, slots=True)
class Series:
    """All readings of one probe in the order of time, each once; `value` is nan where there is none. Shape (n,)."""

    channel: Channel
    at_us: Times
    value: Floats
    state: States

    def __len__(self) -> int:
        return int(self.at_us.size)

    def reading(self, place: int) -> Reading:
        """One of them as it came."""
        state = STATES[self.state[place]]
        status: Status = ReadingState.VALUE if state == ReadingState.IMPLAUSIBLE else state
        value = float(self.value[place]) if status in _HAS_VALUE else None
        return Reading(
            at=from_us(self.at_us[place]),
            kind=self.channel.sign,
            value=value,
            unit="",
            source=self.channel.source,
            status=status,
        )

    def without(self, those: Bools) -> Series:
        """The same without some of them."""
        if not those.any():
            return self
        return Series(self.channel, self.at_us[~those], self.value[~those], self.state[~those])

    def of(self, *states: int) -> Series:
        """Only those in these states."""
        kept = np.isin(self.state, states)
        return Series(self.channel, self.at_us[kept], self.value[kept], self.state[kept])

    def between(self, since_us: int, until_us: int) -> Series:
        """Those from one time up to, not with, another."""
        part = slice(*np.searchsorted(self.at_us, (since_us, until_us)))
        return Series(self.channel, self.at_us[part], self.value[part], self.state[part])


@dataclass(frozen=True, slots=True)
class Readings:
    """Every reading of a session, ready to be watched; the order in which they came and duplicates leave no trace."""

    series: Mapping[Channel, Series] = field(default_factory=dict)
    withdrawn: frozenset[Reading] = frozenset()

    def __len__(self) -> int:
        return sum(map(len, self.series.values()))

    def __iter__(self) -> Iterator[Reading]:
        """All that count, probe by probe."""
        return (series.reading(place) for series in self.series.values() for place in range(len(series)))

    def plus(self, more: Readings | Iterable[Reading]) -> Readings:
        """These and those: what the page keeps and adds to as readings come."""
        added = more if isinstance(more, Readings) else gather(more)
        if not added.series and not added.withdrawn:
            return self
        whole = dict(self.series)
        for channel, series in added.series.items():
            whole[channel] = joined(whole[channel], series) if channel in whole else series
        return _without(whole, self.withdrawn | added.withdrawn)

    def of_sign(self, id: str) -> tuple[Series, ...]:
        """Every probe that measured it."""
        return tuple(series for channel, series in self.series.items() if channel.sign == id)


def gather(readings: Iterable[Reading]) -> Readings:
    """All readings together, whatever their order, each once."""
    by_probe: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    withdrawn = set()
    for reading in readings:
        if reading.withdrawn:
            withdrawn.add(reading)
        else:
            by_probe[reading.kind, reading.source].append(reading)
    return _without({Channel(*probe): _column(Channel(*probe), own) for probe, own in by_probe.items()}, withdrawn)


def _column(channel: Channel, own: list[Reading]) -> Series:
    values = [math.nan if reading.value is None else reading.value for reading in own]
    return column(channel, [us(reading.at) for reading in own], values, [reading.status for reading in own])


def gather_columns(columns: Iterable[Series]) -> Readings:
    """The same from columns (`column(...)`), one or several a probe: the fast way in for what a database holds."""
    together = Readings()
    for series in columns:
        together = together.plus(Readings({series.channel: series}))
    return together


def column(
    channel: Channel, at_us: Iterable[int] | Times, value: Iterable[float] | Floats, status: Iterable[Status] = ()
) -> Series:
    """One probe's readings: microseconds since 1970 (UTC), values (nan where none), status; without, all are values."""
    measured = sign(channel.sign)
    times: Times = np.asarray(at_us if isinstance(at_us, np.ndarray) else list(at_us), dtype=np.int64)
    values: Floats = np.asarray(value if isinstance(value, np.ndarray) else list(value), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        plausible = (values >= measured.lowest.value) & (values <= measured.highest.value)
    state: States = np.where(plausible, VALUE, IMPLAUSIBLE).astype(np.int8)
    words = tuple(status)
    for word, code in _BY_STATUS.items() if set(words) - {ReadingState.VALUE} else ():
        state[[sent == word for sent in words]] = code
    state[np.isnan(values) & (state != NO_SENSOR)] = MISSING
    return _in_order(Series(channel, times, values, state))


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC. SessionError for a time without zone, which must not be guessed."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None or at.utcoffset() is None:
        raise SessionError(f"{at.isoformat()}: a time without its zone cannot be charted")
    return at.astimezone(UTC)


def us(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def from_us(at_us: int | np.int64) -> datetime:
    """The moment of so many microseconds since 1970, in UTC."""
    return EPOCH + timedelta(microseconds=int(at_us))


@cache
def _unit(kind: str) -> str:
    return sign(kind).unit


def joined(first: Series, second: Series) -> Series:
    """Two series of one probe as one, each reading once."""
    parts = (first, second)
    return _in_order(
        Series(
            first.channel,
            np.concatenate([part.at_us for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.state for part in parts]),
        )
    )


def _in_order(series: Series) -> Series:
    """By time, then state, then value, each once; most often it is so already."""
    at, value, state = series.at_us, series.value, series.state
    if at.size < 2 or bool((at[1:] > at[:-1]).all()):
        return series
    order = np.lexsort((value, state, at))
    at, value, state = at[order], value[order], state[order]
    same_value = (value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1]))
    kept = np.append(True, (at[1:] != at[:-1]) | (state[1:] != state[:-1]) | ~same_value)
    return Series(series.channel, at[kept], value[kept], state[kept])


def _without(series: Mapping[Channel, Series], withdrawn: Set[Reading]) -> Readings:
    """The readings that count: a withdrawn one takes its own copy with it, whichever came first."""
    counting = dict(series)
    for reading in withdrawn:
        here = counting.get(reading.channel)
        if here is None:
            continue
        same = (here.value == reading.value) if reading.value is not None else np.isnan(here.value)
        kept = (here.at_us != us(reading.at)) | ~same | (here.state != STATES.index(reading.state))
        counting[reading.channel] = Series(reading.channel, here.at_us[kept], here.value[kept], here.state[kept])
    ordered = {channel: counting[channel] for channel in sorted(counting) if len(counting[channel])}
    return Readings(MappingProxyType(ordered), frozenset(withdrawn))
