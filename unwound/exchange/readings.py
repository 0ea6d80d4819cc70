"""One value as any source sent it -> a reading, or why it is not charted: the same rules for every source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from unwound.exchange.alarm_words import TECHNICAL, WARNING, Alarm, alarm, of_event, standing
from unwound.exchange.clock import When
from unwound.exchange.device_codes import Coding, Disagreement, Meaning, meaning
from unwound.exchange.device_words import apart, bounded, converted, is_no_sensor, is_nought, words
from unwound.exchange.names import clean, quoted
from unwound.record import UnwoundError
from unwound.session.readings import Reading, Status
from unwound.session.signs import DEVICE_ALARM, ReadingState, sign

Why = Literal["disagree", "unit", "number", "time", "future", "taken-back", "simulated", "setting", "shape"]


class ReadingsError(UnwoundError):
    """A file or message of readings that cannot be used as a whole: the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One value as it was sent."""

    codings: tuple[Coding, ...]
    value: str
    unit: Coding
    when: When
    time_from: str = ""
    state: str = ""
    flags: tuple[str, ...] = ()
    """What the device says of the measurement beside its value, in upper case."""
    absent: Status = ReadingState.NO_SENSOR
    """What an empty value means."""
    channel: str = ""
    device: str = ""
    within: tuple[Coding, ...] = ()
    """The codes of the whole that it is a part of."""
    where: str = ""
    """Its place in what was sent, as «OBX 4»."""
    ref: str = ""
    """Its own id at the sender, by which a later correction may name it (a FHIR Observation's)."""
    alarm: Alarm | None = None
    """What it calls in words, where it is an alarm and no measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A reading with where it is from: kept beside it, so that every charted number can be traced to what was sent."""

    reading: Reading
    """`no-sensor` where the device said so. `source` is device and probe: two that measure at one time stay two."""
    method: str = ""
    """«cuff», «artery», «pulse-oximeter» ... where code and name agree on it."""
    code: str = ""
    value_as_sent: str = ""
    unit_as_sent: str = ""
    channel: str = ""
    device: str = ""
    time_from: str = ""
    rule: str = ""
    """How a local time without offset was understood, where that was not obvious."""
    replaces: bool = False
    """Whether it corrects what was sent before of the same time and probe, or under the same `ref`."""
    ref: str = ""
    mark: str = ""
    """What the device says of its own value, as «QUES»."""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A value held for review by a person before it is used."""

    why: Why
    reason: str
    code: str
    value_as_sent: str
    unit_as_sent: str = ""
    channel: str = ""
    at: datetime | None = None
    where: str = ""
    kind: str = ""
    source: str = ""
    ref: str = ""
    """What a retracted value was: what was charted of it before is struck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCharted:
    """A value whose code is not in the catalogue: kept and listed, its meaning never guessed."""

    code: str
    unknown: bool = False
    """Whether the code is what is not known; else the value adds nothing to what was sent before."""
    value_as_sent: str
    unit_as_sent: str = ""
    channel: str = ""
    at: datetime | None = None
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything that was sent, in order, each value in one of the three lists."""

    readings: tuple[Read, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    not_charted: tuple[NotCharted, ...] = ()
    sent_at: datetime | None = None
    """When it was sent, by the sender's own clock, where it says so."""
    clock_ahead_s: float | None = None
    """How many seconds it shows that clock to be ahead of ours; None where it does not."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What two people have said that a code of one monitor means; `unit` is that of its values sent without one."""

    sign: str
    unit: str = ""


Codes = Mapping[str, Mapped]
"""The codes of one monitor by `key_of`."""


def key_of(coding: Coding) -> str:
    """How a code is looked up among those of its monitor: whole, as it was sent, whatever its case."""
    return str(coding).casefold()


def judge(sent: Sent, codes: Codes = MappingProxyType({})) -> Read | Quarantined | NotCharted:
    """What becomes of one value. A branch for each reason not to chart it, the gravest first.

    `codes` are those that two people mapped for this monitor: a code that the catalogue does not know, or the unit of
    one that is sent without.
    """
    named = meaning(sent.codings, sent.within)
    mapped = codes.get(key_of(sent.codings[0]))
    if mapped is not None and (named is None or (isinstance(named, Meaning) and named.kind == mapped.sign)):
        named = named or Meaning(mapped.sign)
        sent = sent if str(sent.unit).strip("^") else replace(sent, unit=Coding(mapped.unit))
    if sent.alarm is None and (called := _alarm(named, sent)) is not None:
        sent = replace(sent, alarm=called)
    if sent.alarm is not None and not isinstance(named, Disagreement):
        named = _of_alarm(named, sent.alarm)
    if named is None:
        return NotCharted(
            code=_code(sent),
            unknown=True,
            value_as_sent=clean(sent.value),
            unit_as_sent=clean(str(sent.unit)),
            channel=sent.channel,
            at=sent.when.at,
            where=sent.where,
        )
    if isinstance(named, Disagreement):
        return _held("disagree", named.reason, sent)
    if sent.state.upper() in words().taken_back:
        return _retracted(named, sent)
    if nobodys := [flag for flag in sent.flags if flag in words().of_nobody]:
        return _held("simulated", f"the device is in demonstration or test mode ({', '.join(nobodys)})", sent)
    if any(flag in words().settings for flag in sent.flags):
        return _held("setting", "what the device is set to, no measurement", sent)
    if sent.when.wrong or sent.when.at is None:
        return _held("future" if sent.when.at else "time", f"its time: {sent.when.wrong}", sent)
    if sent.state.upper() in words().no_value_again and is_no_sensor(named.kind, sent.value):
        return _unchanged(sent)
    if named.kind == DEVICE_ALARM and sent.alarm is not None:
        return _read(named, float(sent.alarm.grade), sent, sent.when.at)
    if any(flag in words().no_values for flag in sent.flags):
        return _read(named, None, replace(sent, absent=ReadingState.MISSING), sent.when.at)
    if sent.alarm is not None or is_no_sensor(named.kind, sent.value) or sent.state.upper() in words().not_had:
        return _read(named, None, sent, sent.when.at)
    return _measured(named, sent, sent.when.at)


def sort(sent: Iterable[Sent], codes: Codes = MappingProxyType({})) -> Batch:
    """Every value judged; one that repeats kind, probe and time of another counts as a probe of its own."""
    readings: list[Read] = []
    quarantined: list[Quarantined] = []
    not_charted: list[NotCharted] = []
    times_sent: Counter[tuple[str, str, datetime]] = Counter()
    for judged in (judge(value, codes) for value in sent):
        if isinstance(judged, Read):
            key = (judged.reading.kind, judged.reading.source, judged.reading.at)
            times_sent[key] += 1
            readings.append(judged if times_sent[key] == 1 else _another(judged, times_sent[key]))
        elif isinstance(judged, Quarantined):
            quarantined.append(judged)
        else:
            not_charted.append(judged)
    return Batch(readings=tuple(readings), quarantined=tuple(quarantined), not_charted=tuple(not_charted))


def _another(read: Read, place: int) -> Read:
    return replace(read, reading=replace(read.reading, source=f"{read.reading.source} #{place}".strip()))


def _measured(named: Meaning, sent: Sent, at: datetime) -> Read | Quarantined:
    if is_nought(named.kind, sent.value):
        return _read(named, 0.0, sent, at)
    plain, unit = apart(sent.value, sent.unit)
    written = bounded(plain)
    if written is None:
        return _held("number", f"{quoted(sent.value)} is not a single plain number", sent)
    number, side = written
    value = converted(named.kind, number, unit)
    if not isinstance(value, str) and _may_be_a_share(named.kind, value):
        value = f"{quoted(sent.value)} % may be a share that means {number * 100:g} %"
    return _held("unit", value, sent) if isinstance(value, str) else _read(named, value, sent, at, side)


def _may_be_a_share(kind: str, value: float) -> bool:
    """Whether it is 0.97 where percent are measured: no device shows such a percentage, and as 97 % it is believed."""
    own = sign(kind)
    return own.unit == "%" and 0 < value < 1 and own.lowest.value <= value * 100 <= own.highest.value


def _read(named: Meaning, value: float | None, sent: Sent, at: datetime, side: Status = ReadingState.VALUE) -> Read:
    doubted = [flag for flag in sent.flags if flag in words().doubted]
    has_value: Status = ReadingState.QUESTIONABLE if doubted else side
    status: Status = sent.absent if value is None else has_value
    unit = sign(named.kind).unit
    return Read(
        reading=Reading(
            at=at, kind=named.kind, value=value, unit=unit, source=_source(sent, named.kind), status=status
        ),
        method=named.method,
        code=_code(sent),
        value_as_sent=clean(sent.value),
        unit_as_sent=clean(str(sent.unit)),
        channel=sent.channel,
        device=sent.device,
        time_from=sent.time_from,
        rule=sent.when.rule,
        replaces=sent.state.upper() in words().replaces,
        ref=sent.ref,
        mark=" ".join(flag for flag in sent.flags if flag in (*words().doubted, *words().no_values)),
        where=sent.where,
    )


def _alarm(named: Meaning | Disagreement | None, sent: Sent) -> Alarm | None:
    """The alarm that stands in the place of a value; a word for «none at all» is a value, and one for no sensor too."""
    if not sent.value or sent.state.upper() in words().not_had:
        return None
    if isinstance(named, Meaning):
        plain = sign(named.kind).scale is not None or is_no_sensor(named.kind, sent.value)
        called = None if plain or is_nought(named.kind, sent.value) else alarm(sent.value, "sign")
        limit = called is not None and called.grade == WARNING
        return replace(called, name=f"{called.name}, {sign(named.kind).short}") if called and limit else called
    where = standing(sent.codings, sent.value)
    return of_event(sent.codings, sent.value) if where == "alarm" else alarm(sent.value, where)


def _of_alarm(named: Meaning | None, called: Alarm) -> Meaning:
    """The sign itself where it only says that it does not measure; else it is charted as an alarm of the device."""
    return (
        named
        if named is not None and named.kind != DEVICE_ALARM and called.grade == TECHNICAL
        else Meaning(DEVICE_ALARM)
    )


def _source(sent: Sent, kind: str) -> str:
    """Device and probe: two that measure at one time stay two. Of an alarm its device and what it is called."""
    if kind == DEVICE_ALARM and sent.alarm is not None:
        return ": ".join(part for part in (sent.device, sent.alarm.name) if part)
    return " ".join(part for part in (sent.device, sent.channel) if part)


def _retracted(named: Meaning, sent: Sent) -> Quarantined:
    """A value that the sender deletes or calls wrong: held, with what it takes to find the earlier one."""
    held = _held("taken-back", f"the sender retracted this value (state {quoted(sent.state)})", sent)
    return replace(held, kind=named.kind, source=_source(sent, named.kind), ref=sent.ref)


def _unchanged(sent: Sent) -> NotCharted:
    """Only the state of a result changed: its value, sent before, stays as it is and is no missing sensor."""
    return NotCharted(
        code=_code(sent),
        value_as_sent=f"state {clean(sent.state)}, no value sent again",
        channel=sent.channel,
        at=sent.when.at,
        where=sent.where,
    )


def _held(why: Why, reason: str, sent: Sent) -> Quarantined:
    return Quarantined(
        why=why,
        reason=reason,
        code=_code(sent),
        value_as_sent=clean(sent.value),
        unit_as_sent=clean(str(sent.unit)),
        channel=sent.channel,
        at=sent.when.at,
        where=sent.where,
    )


def _code(sent: Sent) -> str:
    return clean("; ".join(str(coding) for coding in sent.codings))
