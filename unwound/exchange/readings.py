"""One value as any source sent it -> a reading, or why it is not charted: the same judgement for every way in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from unwound.exchange.clock import When
from unwound.exchange.device_codes import Coding, Disagreement, Meaning, kinds, meaning
from unwound.exchange.device_words import converted, is_no_sensor, number, words
from unwound.exchange.names import clean, quoted

Why = Literal["disagree", "unit", "number", "time", "future", "taken-back"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One value as it was sent."""

    codings: tuple[Coding, ...]
    value: str
    unit: Coding
    when: When
    time_from: str = ""
    state: str = ""
    channel: str = ""
    device: str = ""
    where: str = ""
    """Its place in what was sent, as «OBX 4»."""


@dataclass(frozen=True, slots=True)
class Read:
    """A reading: `value` in the unit of its kind, None where the device said that there is no sensor."""

    kind: str
    value: float | None
    unit: str
    at: datetime
    """In UTC."""
    channel: str = ""
    """The probe: two probes that measure one kind at one time have two channels."""
    method: str = ""
    device: str = ""
    code: str = ""
    value_as_sent: str = ""
    unit_as_sent: str = ""
    time_from: str = ""
    rule: str = ""
    """How a local time without offset was understood, where that was not plain."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A value that a person must look at before anything is made of it."""

    why: Why
    reason: str
    code: str
    value_as_sent: str
    unit_as_sent: str = ""
    channel: str = ""
    at: datetime | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class NotCharted:
    """A value whose code is not one of ours: kept and listed, its meaning never guessed."""

    code: str
    value_as_sent: str
    unit_as_sent: str = ""
    channel: str = ""
    at: datetime | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that was sent, in its order, each value in one of the three."""

    readings: tuple[Read, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    not_charted: tuple[NotCharted, ...] = ()


def judge(sent: Sent) -> Read | Quarantined | NotCharted:
    """What becomes of one value."""
    found = meaning(sent.codings)
    if found is None:
        return NotCharted(_code(sent), clean(sent.value), clean(str(sent.unit)), sent.channel, sent.when.at, sent.where)
    if isinstance(found, Disagreement):
        return _kept("disagree", found.reason, sent)
    if sent.state.upper() in words().taken_back:
        return _kept("taken-back", f"the sender takes this value back (state {quoted(sent.state)})", sent)
    if sent.when.wrong or sent.when.at is None:
        return _kept("future" if sent.when.at else "time", f"its time: {sent.when.wrong}", sent)
    if is_no_sensor(sent.value) or sent.state.upper() in words().not_had:
        return _read(found, None, sent, sent.when.at)
    return _measured(found, sent, sent.when.at)


def sort(sent: Iterable[Sent]) -> Batch:
    """Every value judged; a value that repeats one of the same probe and time gets a channel of its own."""
    readings: list[Read] = []
    quarantined: list[Quarantined] = []
    not_charted: list[NotCharted] = []
    seen: dict[tuple[str, str, str, datetime], int] = {}
    for one in map(judge, sent):
        if isinstance(one, Read):
            key = (one.kind, one.channel, one.device, one.at)
            seen[key] = seen.get(key, 0) + 1
            readings.append(one if seen[key] == 1 else replace(one, channel=f"{one.channel}#{seen[key]}"))
        elif isinstance(one, Quarantined):
            quarantined.append(one)
        else:
            not_charted.append(one)
    return Batch(tuple(readings), tuple(quarantined), tuple(not_charted))


def _measured(found: Meaning, sent: Sent, at: datetime) -> Read | Quarantined:
    written = number(sent.value)
    if written is None:
        return _kept("number", f"{quoted(sent.value)} is not one plain number", sent)
    value = converted(found.kind, written, sent.unit)
    if isinstance(value, str):
        return _kept("unit", value, sent)
    return _read(found, value, sent, at)


def _read(found: Meaning, value: float | None, sent: Sent, at: datetime) -> Read:
    return Read(
        kind=found.kind,
        value=value,
        unit=kinds()[found.kind].unit,
        at=at,
        channel=sent.channel,
        method=found.method,
        device=sent.device,
        code=_code(sent),
        value_as_sent=clean(sent.value),
        unit_as_sent=clean(str(sent.unit)),
        time_from=sent.time_from,
        rule=sent.when.rule,
    )


def _kept(why: Why, reason: str, sent: Sent) -> Quarantined:
    return Quarantined(
        why,
        reason,
        _code(sent),
        clean(sent.value),
        clean(str(sent.unit)),
        sent.channel,
        sent.when.at,
        sent.where,
    )


def _code(sent: Sent) -> str:
    return clean("; ".join(str(one) for one in sent.codings))
