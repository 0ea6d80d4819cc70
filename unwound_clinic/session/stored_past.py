"""The past of a session, as the library settles it, to bytes and back: kept so that a fresh process need not read all."""

from __future__ import annotations

import hashlib
import zlib
from functools import lru_cache
from importlib import metadata

import msgspec
import numpy as np

from unwound.session import Alert, Channel, Event, Limits
from unwound.session.alerts import Detected
from unwound.session.answering import over
from unwound.session.minutes import Minutes
from unwound.session.past import Past, Probe
from unwound.session.readings import Series, us

FORMAT = 1
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


class Ended(msgspec.Struct, array_like=True):
    """An alert that is over, with what is not in it of its episode, and the events about it."""

    alert: Alert
    kind: str
    rule: str
    sign: str
    source: str
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
    over: tuple[Ended, ...]


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
        tuple(
            _ended(alert, *spoken) for alert, spoken in zip(past.over.alerts, past.over.spoken, strict=True)
        ),
    )  # fmt: skip
    return zlib.compress(msgspec.msgpack.encode(whole), 1)


def from_bytes(stored: bytes, limits: Limits) -> Past:
    """The past that was stored."""
    whole = msgspec.msgpack.decode(zlib.decompress(stored), type=Whole)
    return Past(
        until_us=whole.until_us,
        limits=limits,
        baselines=frozenset(whole.baselines),
        probes={Channel(row.sign, row.source): _probe(row) for row in whole.probes},
        over=over(((_episode(row), row.shown, row.answers), row.alert) for row in whole.over),
    )


def _of_probe(channel: Channel, probe: Probe) -> OfProbe:
    return OfProbe(
        channel.sign, channel.source, _columns(probe.arrivals),
        {rule: _columns(series) for rule, series in probe.going_on.items()},
        _stretches(probe.minutes), _stretches(probe.fine),
    )  # fmt: skip


def _probe(row: OfProbe) -> Probe:
    channel = Channel(row.sign, row.source)
    return Probe(
        arrivals=_series(channel, row.arrivals),
        going_on={rule: _series(channel, columns) for rule, columns in row.going_on.items()},
        minutes=_minutes(channel, row.minutes),
        fine=_minutes(channel, row.fine),
    )


def _ended(alert: Alert, episode: Detected, shown: tuple[Event, ...], answers: tuple[Event, ...]) -> Ended:
    beyond = None if episode.beyond is None else _columns(episode.beyond)
    channel = episode.channel
    return Ended(
        alert, episode.kind, episode.rule, channel.sign, channel.source, episode.last_us, episode.low, beyond, shown,
        answers,
    )  # fmt: skip


def _episode(row: Ended) -> Detected:
    channel, alert = Channel(row.sign, row.source), row.alert
    return Detected(
        kind=alert.kind,
        rule=row.rule,
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
    return Columns(series.at_us.tobytes(), series.value.tobytes(), series.state.tobytes())


def _series(channel: Channel, columns: Columns) -> Series:
    return Series(
        channel,
        np.frombuffer(columns.at_us, dtype=np.int64),
        np.frombuffer(columns.value, dtype=np.float64),
        np.frombuffer(columns.state, dtype=np.int8),
    )


def _stretches(rows: Minutes) -> Stretches:
    arrays = (rows.first_us, rows.last_us, rows.low, rows.high, rows.number)
    return Stretches(*(array.tobytes() for array in arrays), rows.width_us)


def _minutes(channel: Channel, rows: Stretches) -> Minutes:
    first, last, number = (np.frombuffer(part, dtype=np.int64) for part in (rows.first_us, rows.last_us, rows.number))
    low, high = (np.frombuffer(part, dtype=np.float64) for part in (rows.low, rows.high))
    return Minutes(channel, first, last, low, high, number, rows.width_us)
