"""What is due when: scheduled checks, continuous data, and what is late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest

import numpy as np

from unwound.record import unique
from unwound.session.alerts import Detected, beyond_limit
from unwound.session.episodes import Silence, overlapping, silences
from unwound.session.events import AlertKind, Course, Event, EventKind
from unwound.session.limits import Check, Limits, When
from unwound.session.readings import MISSING, QUESTIONABLE, SECOND, VALUE, Channel, Readings, Series, Times, from_us, us
from unwound.session.signs import listed, sign
from unwound.terms import Advice

MINUTE = 60 * SECOND
NEVER: Times = np.empty(0, dtype=np.int64)
ONLY_DOUBTED = "The device itself doubts what it measures: assess the patient, then check the probe."
Observed = Mapping[str, Times]
"""When each sign was observed without a number: it is no reading, and the check was done."""
NOTHING: Observed = {}
NO_DEPTHS: Mapping[str, Iterable[Depth]] = {}
NOTHING_COMES = "No readings are arriving: assess the patient, then check the device and its connection."


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A check and when it is next due; the signs of it that are."""

    check: str
    signs: tuple[str, ...]
    at: datetime
    late_after: datetime
    """The last moment at which it is not yet overdue."""
    overdue: bool
    says: str = ""
    because: str = ""
    """What was charted last, where it is due because of it: «RASS -2»."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A check in its part of the session, up to now or to its end."""

    check: Check
    session_us: int
    since_us: int
    until_us: int
    continues: bool
    because: str = ""
    """What was charted last, where the check is due because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """From when to when the depth charted last was beyond a limit: «RASS -2»; no end while nothing else is charted."""

    since_us: int
    until_us: int | None
    says: str


def plan(
    limits: Limits, course: Course, now: datetime, depths: Mapping[str, Iterable[Depth]] = NO_DEPTHS
) -> tuple[Window, ...]:
    """Every check that has begun by now, with its part of the session, cut to the depths it is for."""
    whole = ((check, window) for check in limits.checks for window in _windows(check, course, now))
    return tuple(
        part
        for check, window in whole
        for part in (_within(window, depths.get(check.id, ())) if check.while_beyond else (window,))
    )


def depths(limits: Limits, readings: Readings) -> Mapping[str, tuple[Depth, ...]]:
    """For each check that is due only at a depth when that depth was charted last, whichever scale told it.

    Of two scales at one time that which is beyond its limit counts.
    """
    return {check.id: _depths(check, limits, readings) for check in limits.checks if check.while_beyond}


def _depths(check: Check, limits: Limits, readings: Readings) -> tuple[Depth, ...]:
    # Several limits and sources may speak of one moment: the reading that is beyond its limit counts.
    charted: dict[int, tuple[bool, str]] = {}
    named = [limit for limit in limits.limits if limit.id in check.while_beyond]
    for id in unique(limit.sign for limit in named):
        own = [limit for limit in named if limit.sign == id]
        for series in readings.of_sign(id):
            values = series.of(VALUE)
            passed = np.any([beyond_limit(limit, values) for limit in own], axis=0)
            for at, value, deep in zip(values.at_us.tolist(), values.value.tolist(), passed.tolist(), strict=True):
                text = f"{sign(id).short} {sign(id).shows(value)}"
                charted[at] = max(charted.get(at, (False, "")), (deep, text))
    times = sorted(charted)
    return tuple(
        Depth(since_us=since, until_us=until, says=charted[since][1])
        for since, until in zip_longest(times, times[1:])
        if charted[since][0]
    )


def _within(window: Window, depths: Iterable[Depth]) -> Iterator[Window]:
    """The parts of a window at these depths; those that follow each other are one, named by the last."""
    part: Window | None = None
    for depth in depths:
        ends = depth.until_us is not None and depth.until_us <= window.until_us
        since, until = max(window.since_us, depth.since_us), depth.until_us if ends else window.until_us
        if until is None or since > until:
            continue
        if part is not None and part.until_us == since:
            since = part.since_us
        elif part is not None:
            yield part
        continues = window.continues and not ends
        part = replace(window, since_us=since, until_us=until, continues=continues, because=depth.says)
    if part is not None:
        yield part


def observed(events: Iterable[Event]) -> Observed:
    """When each sign was observed without a number, by these events, which are in order."""
    times: dict[str, list[int]] = {}
    for event in events:
        if event.kind == EventKind.OBSERVED:
            times.setdefault(event.of, []).append(us(event.at))
    return {id: np.asarray(own, dtype=np.int64) for id, own in times.items()}


def due(
    limits: Limits, windows: Iterable[Window], readings: Readings, now: datetime, seen: Observed = NOTHING
) -> tuple[Due, ...]:
    """The checks that are still to be done, the most pressing first; continuous data are never among them.

    A sign that is checked more often because of a depth is not named again by what checks it less often.
    """
    going_on = [window for window in windows if window.continues and window.check.every_min is not None]
    checks = [_due(limits, window, readings, us(now), seen) for window in _closest(going_on)]
    return tuple(sorted(checks, key=lambda check: (check.at, check.check)))


def late(
    limits: Limits, windows: Iterable[Window], readings: Readings, now: datetime, seen: Observed = NOTHING
) -> Iterator[Detected]:
    """Every stretch in which a check was overdue, or in which no continuous data arrived."""
    continuous: dict[str, list[Window]] = {}
    for window in windows:
        if window.check.every_min is not None:
            yield from _overdue(limits, window, readings, seen)
        else:
            for id in window.check.signs:
                continuous.setdefault(id, []).append(window)
    for id, parts in continuous.items():
        for joined in _without_seam(parts):
            yield from _no_data(id, joined, readings)


def _closest(windows: Iterable[Window]) -> Iterator[Window]:
    """The windows without the signs that a check at a depth asks for at least as often."""
    every = tuple(windows)
    deep = [window.check for window in every if window.check.while_beyond]
    for window in every:
        often = window.check.every_min or 0
        closer = {
            id for check in deep if check != window.check and (check.every_min or 0) <= often for id in check.signs
        }
        signs = tuple(id for id in window.check.signs if id not in closer)
        if signs:
            yield replace(window, check=replace(window.check, signs=signs))


def _windows(check: Check, course: Course, now: datetime) -> tuple[Window, ...]:
    """The parts of the session a check has: one, and one more from each rise of the rate, joined where they meet."""
    first, end = (course.start, course.stop) if check.when == When.INFUSION else (course.stop, course.leave)
    if first is None or course.start is None:
        return ()
    begun = (first, *(course.rises if check.again_after_rise else ()))
    windows = (_window(check, since, course.start, end or course.leave, now) for since in begun)
    return _without_seam(window for window in windows if window is not None)


def _window(check: Check, start: datetime, session: datetime, end: datetime | None, now: datetime) -> Window | None:
    since = start + timedelta(minutes=check.since_min)
    ends = [moment for moment in (end, _plus(start, check.until_min)) if moment is not None]
    until = min([*ends, now])
    continues = min(ends, default=now) >= now
    if since > until:
        return None
    return Window(check=check, session_us=us(session), since_us=us(since), until_us=us(until), continues=continues)


def _plus(start: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else start + timedelta(minutes=minutes)


def _reference(window: Window, times: Times) -> int:
    """From when the next is counted: the last before the window, but never before the session began."""
    before = times[: int(np.searchsorted(times, window.since_us, side="right"))]
    return max(int(before[-1]), window.session_us) if before.size else window.session_us


def _done(readings: Readings, id: str, seen: Observed) -> Times:
    """When a sign was measured or observed, or another that serves as well: values, from any probe or by hand."""
    as_good = (id, *sign(id).met_by)
    times: list[Times] = [
        series.at_us[series.state == VALUE] for sign_id in as_good for series in readings.of_sign(sign_id)
    ]
    times += [seen[id]] if id in seen else []
    if len(times) == 1:
        return times[0]
    # Stable sorting merges what is in order already; a time twice does no harm.
    together: Times = np.sort(np.concatenate(times), kind="stable") if times else NEVER
    return together


def _due(limits: Limits, window: Window, readings: Readings, now_us: int, seen: Observed) -> Due:
    check = window.check
    every_us = int((check.every_min or 0) * MINUTE)
    at = {}
    for id in check.signs:
        times = _done(readings, id, seen)
        times = times[times <= now_us]
        last = max(int(times[-1]), window.session_us) if times.size else window.session_us
        at[id] = max(last + every_us, window.since_us)
    first = min(at.values())
    late_us = first + int(limits.late_min(check) * MINUTE)
    pressing = tuple(id for id, when in at.items() if when <= max(first, now_us))
    return Due(
        check=check.id, signs=pressing, at=from_us(first), late_after=from_us(late_us), overdue=now_us > late_us,
        says=check.says, because=window.because,
    )  # fmt: skip


def _overdue(limits: Limits, window: Window, readings: Readings, seen: Observed) -> Iterator[Detected]:
    """Each sign of a check may be late by itself; what overlaps is one alert that names them all."""
    check = window.check
    grace_min = limits.late_min(check)
    every_us, grace_us = int((check.every_min or 0) * MINUTE), int(grace_min * MINUTE)
    parts: dict[str, tuple[Silence, ...]] = {}
    for id in check.signs:
        times = _done(readings, id, seen)
        since = max(_reference(window, times), window.since_us - every_us)
        parts[id] = silences(times, since, window.until_us, every_us + grace_us, open_end=window.continues)
    for whole in overlapping(silence for own in parts.values() for silence in own):
        signs = [id for id, own in parts.items() if any(_meet(whole, silence) for silence in own)]
        because = (f"not recorded: {listed(signs)}", *((window.because,) if window.because else ()))
        until = window.until_us if whole.until_us is None else whole.until_us
        boundary = f"every {check.every_min:g} min, at most {grace_min:g} min late"
        yield Detected(
            kind=AlertKind.OVERDUE,
            rule=check.id,
            channel=Channel(""),
            since_us=whole.since_us,
            last_us=until,
            until_us=whole.until_us,
            does=Advice.REVIEW,
            says=check.says,
            because=because,
            boundary=boundary,
            sources=check.sources,
            checked=check.checked,
        )


def _meet(whole: Silence, part: Silence) -> bool:
    return whole.since_us <= part.since_us and (whole.until_us is None or part.since_us <= whole.until_us)


def _without_seam(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Windows that follow each other as one: the end of the infusion does not begin a silence anew."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda window: window.since_us):
        before = joined[-1] if joined else None
        if before is not None and window.since_us <= before.until_us:
            until = max(before.until_us, window.until_us)
            joined[-1] = replace(before, until_us=until, continues=before.continues or window.continues)
        else:
            joined.append(window)
    return tuple(joined)


def _no_data(id: str, window: Window, readings: Readings) -> Iterator[Detected]:
    """Silence of each probe since its first reading; and of the sign, before any probe has sent one."""
    # Before any probe has sent a reading the sign itself is silent; afterwards each probe for itself.
    allowed_us = int(sign(id).gap.value * SECOND)
    earliest = max(window.session_us, window.since_us - allowed_us)
    probes = [
        (series, _arrivals(series), series.at_us[series.state != MISSING])
        for series in readings.of_sign(id)
        if not series.channel.by_hand
    ]
    spoken = min((int(spoke[0]) for _, _, spoke in probes if spoke.size), default=window.until_us + 1)
    open_end = window.continues and spoken > window.until_us
    until = min(spoken, window.until_us)
    before = () if window.check.once_seen else silences(NEVER, earliest, until, allowed_us, open_end=open_end)
    for silence in before:
        yield _silent(Channel(id), window, silence)
    for series, times, spoke in probes:
        if spoke.size and spoke[0] <= window.until_us:
            since = max(_reference(window, times), int(spoke[0]), earliest)
            doubted = series.at_us[series.state == QUESTIONABLE]
            for silence in silences(times, since, window.until_us, allowed_us, open_end=window.continues):
                yield _silent(series.channel, window, silence, doubted)


def _arrivals(series: Series) -> Times:
    """When a probe sent anything it stands by: artefacts and reports of a missing sensor count too."""
    times: Times = series.at_us[(series.state != MISSING) & (series.state != QUESTIONABLE)]
    return times


def _silent(channel: Channel, window: Window, silence: Silence, doubted: Times = NEVER) -> Detected:
    """A stretch without a reading, or with none but those that the device itself doubts."""
    expected = sign(channel.sign)
    where = f" ({channel.probe})" if channel.source else ""
    until = window.until_us if silence.until_us is None else silence.until_us
    doubts = bool(((doubted >= silence.since_us) & (doubted <= until)).any())
    return Detected(
        kind=AlertKind.NO_DATA,
        rule=window.check.id,
        channel=channel,
        since_us=silence.since_us,
        last_us=until,
        until_us=silence.until_us,
        does=Advice.REVIEW,
        says=ONLY_DOUBTED if doubts else NOTHING_COMES,
        because=(f"no {'reliable ' if doubts else ''}reading: {expected.title}{where}",),
        boundary=f"for more than {expected.gap}",
        sources=(expected.gap.source,),
        checked=expected.gap.checked,
    )
