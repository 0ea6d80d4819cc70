"""The past of a session, as the library settles it, to bytes and back: a fresh process need not read everything."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from typing import overload

import msgspec
import numpy as np

from unwound.session import Alert, Channel, Event, Limits
from unwound.session.alerts import Detected
from unwound.session.answering import Spoken as OfEpisode
from unwound.session.answering import listed
from unwound.session.minutes import Minutes
from unwound.session.past import Past, Probe
from unwound.session.readings import Series, Times, us

FORMAT = 2
"""Of the bytes; another one is not read, and the past is made again."""


class Columns(msgspec.Struct, array_like=True):
    """The readings of a series: times, values, states."""

    at_us: bytes
    value: bytes
    state: bytes


class Stretches(msgspec.Struct, array_like=True):
    """Rows of `Minutes`."""

    first_us: bytes
    last_us: bytes
    low: bytes
    high: bytes
    number: bytes
    width_us: int


class OfProbe(msgspec.Struct, array_like=True):
    """The past of one probe."""

    sign: str
    source: str
    arrivals: Columns
    going_on: dict[str, Columns]
    minutes: Stretches
    fine: Stretches
    within: bytes


class Ended(msgspec.Struct, array_like=True):
    """What is not in an alert that is over of its episode, and the events about it."""

    last_us: int
    low: bool
    beyond: Columns | None
    shown: tuple[Event, ...]
    answers: tuple[Event, ...]


class Whole(msgspec.Struct):
    """A past."""

    until_us: int
    baselines: tuple[tuple[str, int, float], ...]
    probes: tuple[OfProbe, ...]
    over: tuple[Alert, ...]
    spoken: tuple[bytes, ...]
    """An `Ended` for each, read when somebody speaks of it again."""


class Spoken(Sequence[OfEpisode]):
    """What was said of each alert that is over, read from its bytes when it is asked for."""

    def __init__(self, alerts: Sequence[Alert], rows: Sequence[bytes]) -> None:
        self._alerts, self._rows = alerts, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> OfEpisode: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[OfEpisode]: ...

    def __getitem__(self, number: int | slice) -> OfEpisode | Sequence[OfEpisode]:
        if isinstance(number, slice):
            return Spoken(self._alerts[number], self._rows[number])
        row = msgspec.msgpack.decode(self._rows[number], type=Ended)
        return _episode(self._alerts[number], row), row.shown, row.answers


@lru_cache(maxsize=64)
def fingerprint(limits: Limits) -> str:
    """What a past rests on beside the record: the limits, this version, the format."""
    text = f"{FORMAT} {metadata.version('unwound')} {limits!r}"
    return hashlib.sha256(text.encode()).hexdigest()


def to_bytes(past: Past) -> bytes:
    """A past as it is stored; its limits are known by their fingerprint."""
    whole = Whole(
        past.until_us,
        tuple(sorted(past.baselines)),
        tuple(_of_probe(channel, probe) for channel, probe in past.probes.items()),
        past.over.alerts,
        tuple(msgspec.msgpack.encode(_ended(*spoken)) for spoken in past.over.spoken),
    )
    return zlib.compress(msgspec.msgpack.encode(whole), 1)


def from_bytes(stored: bytes, limits: Limits) -> Past:
    """The past that was stored."""
    whole = msgspec.msgpack.decode(zlib.decompress(stored), type=Whole)
    return Past(
        until_us=whole.until_us,
        limits=limits,
        baselines=frozenset(whole.baselines),
        probes={Channel(row.sign, row.source): _probe(row) for row in whole.probes},
        over=listed(whole.over, Spoken(whole.over, whole.spoken)),
    )


def _of_probe(channel: Channel, probe: Probe) -> OfProbe:
    return OfProbe(
        channel.sign, channel.source, _columns(probe.arrivals),
        {rule: _columns(series) for rule, series in probe.going_on.items()},
        _stretches(probe.minutes), _stretches(probe.fine), probe.within.tobytes(),
    )  # fmt: skip


def _probe(row: OfProbe) -> Probe:
    channel = Channel(row.sign, row.source)
    return Probe(
        arrivals=_series(channel, row.arrivals),
        going_on={rule: _series(channel, columns) for rule, columns in row.going_on.items()},
        minutes=_minutes(channel, row.minutes),
        fine=_minutes(channel, row.fine),
        within=np.frombuffer(row.within, dtype=np.int64),
    )


def _ended(episode: Detected, shown: tuple[Event, ...], answers: tuple[Event, ...]) -> Ended:
    beyond = None if episode.beyond is None else _columns(episode.beyond)
    return Ended(episode.last_us, episode.low, beyond, shown, answers)


def _episode(alert: Alert, row: Ended) -> Detected:
    channel = alert.episode.channel
    return Detected(
        kind=alert.kind,
        rule=alert.episode.rule,
        channel=channel,
        since_us=us(alert.since),
        last_us=row.last_us,
        until_us=None if alert.until is None else us(alert.until),
        does=alert.does,
        says=alert.says,
        because=alert.because,
        boundary=alert.boundary,
        sources=alert.sources,
        checked=alert.checked,
        worst=alert.worst,
        low=row.low,
        beyond=None if row.beyond is None else _series(channel, row.beyond),
    )


def _columns(series: Series) -> Columns:
    return Columns(_steps(series.at_us), series.value.tobytes(), series.state.tobytes())


def _steps(at_us: Times) -> bytes:
    """Times as the steps between them: mostly the same, so that they become few bytes and are quickly read."""
    return np.diff(at_us, prepend=0).astype(np.int64).tobytes()


def _of_steps(steps: bytes) -> Times:
    return np.cumsum(np.frombuffer(steps, dtype=np.int64))


def _series(channel: Channel, columns: Columns) -> Series:
    return Series(
        channel,
        _of_steps(columns.at_us),
        np.frombuffer(columns.value, dtype=np.float64),
        np.frombuffer(columns.state, dtype=np.int8),
    )


def _stretches(rows: Minutes) -> Stretches:
    return Stretches(
        _steps(rows.first_us), _steps(rows.last_us), rows.low.tobytes(), rows.high.tobytes(),
        rows.number.tobytes(), rows.width_us,
    )  # fmt: skip


def _minutes(channel: Channel, rows: Stretches) -> Minutes:
    first, last = _of_steps(rows.first_us), _of_steps(rows.last_us)
    number = np.frombuffer(rows.number, dtype=np.int64)
    low, high = (np.frombuffer(part, dtype=np.float64) for part in (rows.low, rows.high))
    return Minutes(channel, first_us=first, last_us=last, low=low, high=high, number=number, width_us=rows.width_us)
