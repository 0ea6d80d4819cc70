"""What a time written by a device means: in UTC, or why it cannot be determined. Never «now» instead of a bad time.

A time without offset is read with the offset of the message's own time (HL7 v2 says it holds throughout), else in the
zone set for the device, else it is unknown. An hour that occurs twice when clocks go back is read as live where one of
the two lies within half an hour of reception; otherwise as the first of the two that is not before `after`. An hour
that is skipped in spring is read with the offset before the change: the device was not yet put forward.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from unwound.exchange.device_words import words
from unwound.exchange.names import quoted

_DTM = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?([+-]\d{4})?", re.ASCII)
_ISO = re.compile(r"\d{8}T\d{6}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
"""How an ISO 8601 time begins: what HL7 does not write and some senders do; it cannot be taken for another."""
_DAY_ONLY = re.compile(r"\d{4}(?:\d\d(?:\d\d(?:\d\d)?)?)?(?:[+-]\d{4})?", re.ASCII)
_FARTHEST = timedelta(hours=14)
_LIVE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What is known beside the times: when it was received, the device's zone, how far ahead its clock may run."""

    received_at: datetime
    zone: tzinfo | None = None
    allowed_ahead_s: float | None = None
    after: datetime | None = None
    """The last time already known from this device: decides between the two hours when clocks go back."""
    corrected_s: float = 0.0
    """By how much its clock is ahead, as a person has confirmed: times are charted so much earlier."""
    doubt: str = ""
    """Why no time of it may be used at present."""

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None:
            raise ValueError("received_at needs its offset from UTC")

    @property
    def latest(self) -> datetime:
        """The last moment that is not yet the future."""
        ahead = words().allowed_ahead_s.value if self.allowed_ahead_s is None else self.allowed_ahead_s
        return self.received_at.astimezone(UTC) + timedelta(seconds=ahead)


@dataclass(frozen=True, slots=True)
class When:
    """A moment in UTC, or what is wrong with it; `rule` says how a local time was understood."""

    at: datetime | None
    wrong: str = ""
    rule: str = ""


def dtm(written: str) -> datetime | str:
    """An HL7 date and time as written, aware only where it has an offset; or what is wrong with it."""
    text = written.strip()
    match = _DTM.fullmatch(text)
    if match is None and _ISO.match(text):
        return iso(text)
    if match is None:
        exact = "gives only the day or hour" if _DAY_ONLY.fullmatch(text) else "is not a date and time"
        return f"{quoted(text)} {exact}"
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
    except ValueError:
        return f"{quoted(text)} is not a date and time"
    local = local.replace(microsecond=int((fraction or "0").ljust(6, "0")))
    return _with_offset(local, offset, text) if offset else local


def iso(written: str) -> datetime | str:
    """An ISO 8601 date and time as written, aware only where it has an offset; or what is wrong with it."""
    text = written.strip()
    if "T" not in text and " " not in text:
        return f"{quoted(text)} has no time of day"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return f"{quoted(text)} is not a date and time"


def moment(written: datetime | str, clock: Clock, offset: tzinfo | None = None) -> When:
    """A time as written in UTC; one in the future, or without offset and zone, is wrong and says why."""
    if isinstance(written, str):
        return When(None, written)
    zone = written.tzinfo or offset or clock.zone
    if zone is None:
        return When(None, f"{written:%Y-%m-%d %H:%M:%S} has no offset from UTC and no time zone is set for the device")
    try:
        at, rule = (written.astimezone(UTC), "") if written.tzinfo else _local(written, zone, clock)
    except (OverflowError, ValueError):
        return When(None, f"{written:%Y-%m-%d} is out of range")
    if clock.doubt:
        return When(None, clock.doubt)
    if clock.corrected_s:
        rule = "; ".join(part for part in (rule, f"{at:%H:%M:%S} UTC by its own clock, corrected") if part)
        at -= timedelta(seconds=clock.corrected_s)
    if at > clock.latest:
        return When(at, f"it is {_ahead(at - clock.received_at)} in the future by this system's clock")
    return When(at, "", rule)


def clock_ahead_s(received_at: datetime, sent_at: datetime) -> float:
    """How many seconds the device's clock is ahead of ours (negative: behind, the time under way with it)."""
    return (sent_at - received_at).total_seconds()


def steady_s(ahead_s: Sequence[float]) -> float | None:
    """By how much a clock is off, in seconds, where its last messages all say the same; None where they do not yet."""
    last = sorted(ahead_s[: int(words().steady_messages.value)])
    if len(last) < words().steady_messages.value or last[-1] - last[0] > words().steady_s.value:
        return None
    return last[len(last) // 2]


def in_force(corrected_s: float, ahead_s: float | None) -> tuple[float, str]:
    """The correction that holds for a message sent so far ahead of our clock, and why no time of it may be used.

    A clock that was put right needs none; one that stands neither as it was nor right must be looked at again.
    """
    if not corrected_s:
        return 0.0, ""
    if ahead_s is None:
        return 0.0, "the message has no time of its own by which the correction of its clock can be watched"
    drift = words().drift_s.value
    apart = {value: abs(ahead_s - value) for value in (corrected_s, 0.0)}
    nearest = min(apart, key=lambda value: apart[value])
    if apart[nearest] <= drift:
        return nearest, ""
    was = f"{corrected_s:+.0f} s when it was corrected"
    return 0.0, f"its clock has moved: {ahead_s:+.0f} s by this message, {was}; confirm it anew"


def watched(
    clock: Clock, corrected_s: float, sent: datetime | None, newest: datetime | None = None
) -> tuple[Clock, float | None]:
    """The clock with the correction that holds for one message, and how many seconds the message shows it to be ahead.

    `sent` is when the message says that it was sent. Where it does not say, its `newest` time proves a clock that is
    ahead; one that is behind cannot be told from values that were sent late, and nothing is said of it.
    """
    if sent is not None or newest is None:
        ahead_s = clock_ahead_s(clock.received_at, sent) if sent else None
        corrected_s, doubt = in_force(corrected_s, ahead_s)
        return replace(clock, corrected_s=corrected_s, doubt=doubt), ahead_s
    least_s = clock_ahead_s(clock.received_at, newest)
    held_s, doubt = in_force(corrected_s, least_s)
    if corrected_s and not held_s and not doubt:  # put right, or still off and sent late: which of them is not said
        doubt = (
            "its clock may have been put right, and no time of sending says so: end its correction or confirm it anew"
        )
    return replace(clock, corrected_s=held_s, doubt=doubt), least_s if newest > clock.latest else None


_QUARTER_S = 900
_NEAR_S = 45


def likely(ahead_s: float, offset_s: float) -> str:
    """What a clock that is off by whole quarters of an hour may be; empty for any other difference.

    In UTC, where the site is `offset_s` from it, or not put forward or back.
    """
    quarters = round(ahead_s / _QUARTER_S)
    if not quarters or abs(ahead_s - quarters * _QUARTER_S) > _NEAR_S:
        return ""
    if offset_s and abs(ahead_s + offset_s) <= _NEAR_S:
        return "the device may be in UTC: set the time zone of its clock instead"
    if abs(quarters) == 3600 // _QUARTER_S:
        return "an hour: it may not have been put forward or back when the clocks changed"
    return "whole hours or quarters: its time zone may be another; set that instead"


def _with_offset(local: datetime, offset: str, text: str) -> datetime | str:
    size = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    if size > _FARTHEST or int(offset[3:]) > 59:
        return f"{quoted(text)} has an impossible offset from UTC"
    return local.replace(tzinfo=timezone(-size if offset[0] == "-" else size))


def _local(written: datetime, zone: tzinfo, clock: Clock) -> tuple[datetime, str]:
    first, second = (written.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first, ""
    if first > second:  # skipped in spring: fold 0 is the offset before the change
        return first, "an hour that was skipped: read with the offset before the change"
    for at in (first, second):
        if abs(clock.received_at - at) <= _LIVE:
            return at, "an hour that occurs twice: the one nearest to reception"
    after = clock.after
    later = after is not None and first < after
    return (second if later else first), "an hour that occurs twice: the first not before the last known time"


def _ahead(by: timedelta) -> str:
    seconds = by.total_seconds()
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min" if seconds < 36000 else f"{by.days} days"
