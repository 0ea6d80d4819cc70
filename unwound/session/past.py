"""What a session keeps of its past, so that watching it costs the same on the third day as in the first hour.

`settle` folds everything up to a time into a `Past`: episodes that are over for good, those that go on as few
readings, when readings came, and each minute's extremes. `watch` with a past gives what it gives with every reading:
the rules are written once, and read a shorter series. What comes late, or changes what was before, is for whoever
keeps earlier pasts: `holds` says whether one still may be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from unwound.session import alerts, answering, events, ghosts, lone_probes, shortening
from unwound.session.alerts import Detected
from unwound.session.answering import Over
from unwound.session.events import Event, EventKind
from unwound.session.limits import Limits
from unwound.session.minutes import FINE, FINE_FOR, MINUTE, Minutes, of_series
from unwound.session.readings import SECOND, Channel, Readings, Series, Times, in_utc, us
from unwound.session.shortening import together

Baseline = tuple[str, int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The past of one probe."""

    arrivals: Series
    """Enough of its readings to tell how long it was silent, and what was last."""
    going_on: Mapping[str, Series]
    """For each rule the readings of which what goes on, and what follows, is judged."""
    minutes: Minutes
    fine: Minutes
    """The same by ten seconds, of the last two hours."""
    within: Times = field(default_factory=lambda: ghosts.NEVER)
    """When it was within its limits: enough of it to tell when what another probe left going on is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A session up to a time, short."""

    until_us: int
    """Every reading up to this time is in it, and none after."""
    limits: Limits
    baselines: frozenset[Baseline]
    """The patient's own values up to then: trends were judged by them."""
    probes: Mapping[Channel, Probe] = field(default_factory=dict)
    over: Over = field(default_factory=Over)
    """The alerts of episodes that are over for good, with the events about them."""

    def holds(self, limits: Limits, happened: Iterable[Event], late: Readings | None = None) -> bool:
        """Whether it may stand for what it was made of: nothing came late, and nothing before it has changed."""
        history = tuple(happened)
        left = [event.at for event in history if event.kind == EventKind.LEAVE and not event.withdrawn]
        taken_back = any(self.over.hears(replace(event, withdrawn="")) for event in history if event.withdrawn)
        return (
            (limits is self.limits or limits == self.limits)
            and not taken_back
            and all(us(moment) > self.until_us for moment in left)
            and baselines_until(history, self.until_us) == self.baselines
            and (late is None or not self.reaches(late))
        )

    def reaches(self, readings: Readings) -> bool:
        """Whether any of these is of its time, and therefore late."""
        kept = (int(series.at_us[0]) for series in readings.series.values())
        return any(at <= self.until_us for at in (*kept, *(us(reading.at) for reading in readings.withdrawn)))

    def unheard(self, happened: Iterable[Event]) -> tuple[Event, ...]:
        """The events that it does not stand for: those that `watch` needs beside it."""
        return tuple(event for event in happened if not self.over.hears(event))

    def values(self, after: Readings, id: str, since_us: int) -> tuple[Minutes, ...]:
        """The lowest and highest values of each probe of a sign over time, as fine as they are kept since then."""
        width = FINE if since_us >= self.until_us - FINE_FOR else MINUTE
        channels = sorted({*self.probes, *after.series})
        return tuple(self._values(channel, after, width) for channel in channels if channel.sign == id)

    def _values(self, channel: Channel, after: Readings, width: int) -> Minutes:
        probe = self.probes.get(channel)
        parts = [] if probe is None else [probe.fine if width == FINE else probe.minutes]
        # What is not settled yet is drawn value by value.
        parts += [of_series(after.series[channel], SECOND)] if channel in after.series else []
        return replace(parts[0], width_us=SECOND).plus(*parts[1:])

    def schedule_readings(self, after: Readings) -> Readings:
        """Its readings and those after, enough to tell what was silent and what is last."""
        channels = sorted({*self.probes, *after.series})
        return Readings({channel: self._arrivals(channel, after) for channel in channels}, after.withdrawn)

    def _arrivals(self, channel: Channel, after: Readings) -> Series:
        parts = [self.probes[channel].arrivals] if channel in self.probes else []
        return together(*parts, *([after.series[channel]] if channel in after.series else []))

    def within(self) -> ghosts.Within:
        """For each probe the times at which it was within its limits, as far as others need them."""
        return {channel: probe.within for channel, probe in self.probes.items()}

    def detected(
        self, after: Readings, baselines_by_sign: Mapping[str, alerts.Baselines], now: datetime
    ) -> Iterator[Detected]:
        """The episodes that the readings make and that are not over for good: what goes on, and what came after."""
        waits = alerts.patience(self.limits, us(now))
        for channel in sorted({*self.probes, *after.series}):
            for rule, own in self._own(channel, after.series.get(channel), baselines_by_sign):
                yield from rule.episodes(own, waits)

    def _own(
        self, channel: Channel, after: Series | None, baselines_by_sign: Mapping[str, alerts.Baselines]
    ) -> Iterator[tuple[alerts.Rule, Series]]:
        probe = self.probes.get(channel)
        for rule in alerts.rules(self.limits, channel.sign, baselines_by_sign):
            parts = [probe.going_on[rule.id]] if probe and rule.id in probe.going_on else []
            parts += [rule.own(after)] if after is not None else []
            if parts:
                yield rule, together(*parts)


def baselines_until(happened: Iterable[Event], until_us: int) -> frozenset[Baseline]:
    """The baseline values up to a time."""
    return frozenset(
        (event.of, us(event.at), float(event.value or 0))
        for event in happened
        if event.kind == EventKind.BASELINE and not event.withdrawn and us(event.at) <= until_us
    )


def begin(limits: Limits) -> Past:
    """The past of a session of which nothing has been read."""
    return Past(until_us=-1, limits=limits, baselines=frozenset())


def settle(past: Past, readings: Readings, happened: Iterable[Event], at: datetime) -> tuple[Past, Readings]:
    """The past up to `at`, and the readings after it; `readings` are all that came after the earlier past.

    `happened` is all that happened, but what the earlier past stands for. An event or a reading before `at` that
    is not among them is late.
    """
    until = in_utc(at)
    until_us = us(until)
    before, after = _parted(readings, until_us)
    counting = events.in_order(happened, until)
    by_sign = alerts.baselines(counting)
    each = {
        channel: _probe(past, channel, before.series.get(channel), by_sign, until_us)
        for channel in sorted({*past.probes, *before.series})
    }
    probes = {channel: probe for channel, (probe, _) in each.items()}
    clock = answering.Clock.at(past.limits.answering, events.course(counting), until)
    ended = (episode for _, episodes in each.values() for episode in episodes)
    closed = list(lone_probes.judged(ended, past.schedule_readings(before), until_us))
    whole = Past(
        until_us=until_us,
        limits=past.limits,
        baselines=baselines_until(counting, until_us),
        probes={
            channel: replace(probe, within=_within(past, channel, before.series.get(channel), probes))
            for channel, probe in probes.items()
        },
        over=past.over.with_more(closed, counting, clock),
    )
    return whole, after


def _probe(
    past: Past, channel: Channel, new: Series | None, by_sign: Mapping[str, alerts.Baselines], until_us: int
) -> tuple[Probe, list[Detected]]:
    """The past of one probe, and its episodes that are over since the earlier one."""
    earlier = past.probes.get(channel)
    waits = alerts.patience(past.limits, until_us)
    going_on: dict[str, Series] = {}
    closed: list[Detected] = []
    for rule, own in past._own(channel, new, by_sign):
        run, going_on[rule.id] = shortening.going_on(rule, own, waits)
        first_us = None if run is None else int(own.at_us[run.first])
        closed += [
            replace(episode, beyond=shortening.extremes(episode.beyond))
            for episode in rule.episodes(own, waits)
            if first_us is None or episode.since_us < first_us
        ]
    silence_us = shortening.shortest_silence_us(past.limits, channel.sign)
    parts = [*([earlier.arrivals] if earlier else []), *([new] if new is not None else [])]
    minutes = [*([] if earlier is None else [earlier.minutes]), *([] if new is None else [of_series(new, MINUTE)])]
    fine = [*([] if earlier is None else [earlier.fine]), *([] if new is None else [of_series(new, FINE)])]
    probe = Probe(
        arrivals=shortening.arrivals(
            together(*parts), silence_us, whole=channel.sign in {limit.sign for limit in past.limits.depths}
        ),
        going_on=going_on,
        minutes=minutes[0].plus(*minutes[1:]),
        fine=fine[0].plus(*fine[1:]).between(until_us - FINE_FOR, until_us + 1),
    )
    return probe, closed


def _within(past: Past, channel: Channel, new: Series | None, probes: Mapping[Channel, Probe]) -> Times:
    """When a probe was within its limits, as far as it may lay what another probe of the sign left going on."""
    others = [
        probe.arrivals
        for other, probe in probes.items()
        if other.sign == channel.sign and other != channel and not (other.by_hand or channel.by_hand)
    ]
    earlier = past.probes[channel].within if channel in past.probes else ghosts.NEVER
    return ghosts.kept(earlier, new, others, past.limits)


def _parted(readings: Readings, until_us: int) -> tuple[Readings, Readings]:
    """The readings up to a time, and those after."""
    parts = []
    for since, until in ((-(2**62), until_us + 1), (until_us + 1, 2**62)):
        cut = {channel: series.between(since, until) for channel, series in readings.series.items()}
        parts.append(Readings({channel: series for channel, series in cut.items() if len(series)}, readings.withdrawn))
    return parts[0], parts[1]
