"""What is due when: scheduled checks, continuous data, and what is late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from unwound.session.alerts import Found
from unwound.session.episodes import Silence, overlapping, silences
from unwound.session.events import AlertKind, Course
from unwound.session.limits import Check, Limits, When
from unwound.session.readings import MISSING, SECOND, VALUE, Channel, Readings, Series, Times, from_us, us
from unwound.session.signs import listed, sign
from unwound.terms import Advice

MINUTE = 60 * SECOND
NEVER: Times = np.empty(0, dtype=np.int64)
NOTHING_COMES = "No readings are arriving: assess the patient, then check the device and its connection."


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A check and when it is next due; the signs of it that are."""

    check: str
    signs: tuple[str, ...]
    at: datetime
    overdue: bool
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A check in its part of the session, up to now or to its end."""

    check: Check
    session_us: int
    since_us: int
    until_us: int
    goes_on: bool


def plan(limits: Limits, course: Course, now: datetime) -> tuple[Window, ...]:
    """Every check that has begun by now, with its part of the session."""
    return tuple(window for check in limits.checks for window in _windows(check, course, now))


def due(limits: Limits, windows: Iterable[Window], readings: Readings, now: datetime) -> tuple[Due, ...]:
    """The checks that are still to be done, the most pressing first; continuous data are never among them."""
    found = [_due(limits, one, readings, us(now)) for one in windows if one.goes_on and one.check.every_min is not None]
    return tuple(sorted(found, key=lambda one: (one.at, one.check)))


def late(limits: Limits, windows: Iterable[Window], readings: Readings, now: datetime) -> Iterator[Found]:
    """Every stretch in which a check was overdue, or in which no continuous data arrived."""
    continuous: dict[str, list[Window]] = {}
    for one in windows:
        if one.check.every_min is not None:
            yield from _overdue(limits, one, readings)
        else:
            for id in one.check.signs:
                continuous.setdefault(id, []).append(one)
    for id, parts in continuous.items():
        for window in _without_seam(parts):
            yield from _no_data(id, window, readings)


def _windows(check: Check, course: Course, now: datetime) -> tuple[Window, ...]:
    """The parts of the session a check has: one, and one more from each rise of the rate, joined where they meet."""
    first, end = (course.start, course.stop) if check.when == When.INFUSION else (course.stop, course.leave)
    if first is None or course.start is None:
        return ()
    begun = (first, *(course.rises if check.again_after_rise else ()))
    found = (_window(check, since, course.start, end or course.leave, now) for since in begun)
    return _without_seam(one for one in found if one is not None)


def _window(check: Check, start: datetime, session: datetime, end: datetime | None, now: datetime) -> Window | None:
    since = start + timedelta(minutes=check.since_min)
    ends = [one for one in (end, _plus(start, check.until_min)) if one is not None]
    until = min([*ends, now])
    goes_on = min(ends, default=now) >= now
    if since > until:
        return None
    return Window(check=check, session_us=us(session), since_us=us(since), until_us=us(until), goes_on=goes_on)


def _plus(start: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else start + timedelta(minutes=minutes)


def _reference(window: Window, times: Times) -> int:
    """From when the next is counted: the last before the window, but never before the session began."""
    before = times[: int(np.searchsorted(times, window.since_us, side="right"))]
    return max(int(before[-1]), window.session_us) if before.size else window.session_us


def _done(readings: Readings, id: str) -> Times:
    """When a sign was measured, or another that serves as well: values only, from any probe or by hand."""
    as_good = (id, *sign(id).met_by)
    times: list[Times] = [one.at_us[one.state == VALUE] for each in as_good for one in readings.of_sign(each)]
    if len(times) == 1:
        return times[0]
    # Stable sorting merges what is in order already; a time twice does no harm.
    together: Times = np.sort(np.concatenate(times), kind="stable") if times else NEVER
    return together


def _due(limits: Limits, window: Window, readings: Readings, now_us: int) -> Due:
    check = window.check
    every_us = int((check.every_min or 0) * MINUTE)
    at = {}
    for id in check.signs:
        times = _done(readings, id)
        times = times[times <= now_us]
        last = max(int(times[-1]), window.session_us) if times.size else window.session_us
        at[id] = max(last + every_us, window.since_us)
    first = min(at.values())
    overdue = now_us > first + int(limits.grace_min * MINUTE)
    pressing = tuple(id for id, when in at.items() if when <= max(first, now_us))
    return Due(check=check.id, signs=pressing, at=from_us(first), overdue=overdue, says=check.says)


def _overdue(limits: Limits, window: Window, readings: Readings) -> Iterator[Found]:
    check = window.check
    every_us, grace_us = int((check.every_min or 0) * MINUTE), int(limits.grace_min * MINUTE)
    parts: dict[str, tuple[Silence, ...]] = {}
    for id in check.signs:
        times = _done(readings, id)
        since = max(_reference(window, times), window.since_us - every_us)
        parts[id] = silences(times, since, window.until_us, every_us + grace_us, open_end=window.goes_on)
    for one in overlapping(silence for each in parts.values() for silence in each):
        signs = [id for id, each in parts.items() if any(_meet(one, silence) for silence in each)]
        because = (f"not recorded: {listed(signs)}",)
        until = window.until_us if one.until_us is None else one.until_us
        boundary = f"every {check.every_min:g} min, at most {limits.grace_min:g} min late"
        yield Found(
            kind=AlertKind.OVERDUE,
            rule=check.id,
            channel=Channel(""),
            since_us=one.since_us,
            last_us=until,
            until_us=one.until_us,
            does=Advice.REVIEW,
            says=check.says,
            because=because,
            boundary=boundary,
            sources=check.sources,
            checked=check.checked,
        )


def _meet(one: Silence, other: Silence) -> bool:
    return one.since_us <= other.since_us and (one.until_us is None or other.since_us <= one.until_us)


def _without_seam(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Windows that follow each other as one: the end of the infusion does not begin a silence anew."""
    joined: list[Window] = []
    for one in sorted(windows, key=lambda window: window.since_us):
        before = joined[-1] if joined else None
        if before is not None and one.since_us <= before.until_us:
            until = max(before.until_us, one.until_us)
            joined[-1] = replace(before, until_us=until, goes_on=before.goes_on or one.goes_on)
        else:
            joined.append(one)
    return tuple(joined)


def _no_data(id: str, window: Window, readings: Readings) -> Iterator[Found]:
    """Silence of each probe since its first reading; and of the sign, before any probe has sent one."""
    # Before any probe has sent a reading the sign itself is silent; afterwards each probe for itself.
    allowed_us = int(sign(id).gap.value * SECOND)
    earliest = max(window.session_us, window.since_us - allowed_us)
    probes = [(one.channel, _arrivals(one)) for one in readings.of_sign(id) if not one.channel.by_hand]
    spoken = min((int(times[0]) for _, times in probes if times.size), default=window.until_us + 1)
    open_end = window.goes_on and spoken > window.until_us
    for one in silences(NEVER, earliest, min(spoken, window.until_us), allowed_us, open_end=open_end):
        yield _silent(Channel(id), window, one)
    for channel, times in probes:
        if times.size and times[0] <= window.until_us:
            since = max(_reference(window, times), int(times[0]), earliest)
            for one in silences(times, since, window.until_us, allowed_us, open_end=window.goes_on):
                yield _silent(channel, window, one)


def _arrivals(series: Series) -> Times:
    """When a probe sent anything: artefacts and reports of a missing sensor count too."""
    times: Times = series.at_us[series.state != MISSING]
    return times


def _silent(channel: Channel, window: Window, silence: Silence) -> Found:
    known = sign(channel.sign)
    where = f" ({channel.probe})" if channel.source else ""
    until = window.until_us if silence.until_us is None else silence.until_us
    return Found(
        kind=AlertKind.NO_DATA,
        rule=window.check.id,
        channel=channel,
        since_us=silence.since_us,
        last_us=until,
        until_us=silence.until_us,
        does=Advice.REVIEW,
        says=NOTHING_COMES,
        because=(f"no reading: {known.title}{where}",),
        boundary=f"for more than {known.gap}",
        sources=(known.gap.source,),
        checked=known.gap.checked,
    )
