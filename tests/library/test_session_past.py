"""A past stands for every reading that it was made of: nothing watched differs, whatever came before or after."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_builder import acknowledged, at, baseline, raised, started

from unwound import session
from unwound.session import Event, Reading, Readings, Watched, gather
from unwound.session.past import Past, begin, settle
from unwound.session.readings import from_us, us
from unwound.session.rounds import judged
from unwound.session.shortening import QUIET_US

LIMITS = session.usual()
HELD = {
    "spo2": (97.0, 96.0, 91.0, 89.0, 84.0, 79.0, 62.0, 30.0, 5.0),
    "heart_rate": (72.0, 75.0, 92.0, 110.0, 140.0, 44.0, 0.0, 300.0),
    "respiratory_rate": (14.0, 12.0, 9.0, 8.0, 6.0, 0.0, 72.0),
    "systolic": (122.0, 150.0, 165.0, 186.0, 85.0),
    "pain": (0.0, 3.0, 8.0),
}
NOTHING = ("missing", "no-sensor", "questionable")
JUDGED = ("pain", "dissociation")


def stream(random: Random, minutes: int) -> list[Reading]:
    """Probes that hold a state for some seconds to minutes, flicker between two, are doubted, fall silent, come back.

    Some are taken away for good.
    """
    readings = []
    for sign, values in HELD.items():
        for source in random.choice((["a"], ["a", ""], ["a", "b"])):
            second, every = random.randrange(60), random.choice((3, 7, 20, 55, 240))
            ends = minutes * 60 * random.choice((1, 1, random.random()))
            while second < ends:
                between = random.choices(values, k=2) if random.random() < 0.4 else [random.choice(values)]
                off = random.choice((0, 0, 0.05, 0.4, 1))
                sides = random.choice((("value",), ("value",), ("value", "below"), ("below", "above")))
                for _ in range(random.choice((1, 2, 4, 15, 40))):
                    status = random.choice(NOTHING) if random.random() < off else random.choice(sides)
                    value = random.choice(between) if status not in ("missing", "no-sensor") else None
                    when = at(second / 60)
                    readings.append(Reading(at=when, kind=sign, value=value, source=source, status=status))  # type: ignore[arg-type]
                    second += every if random.random() < 0.9 else 0
                second += random.choice((0, 0, 30, 61, 95, 400))
    return [reading for reading in readings if reading.at < at(minutes)]


def after(readings: Readings, past: Past) -> Readings:
    parts = {channel: series.between(past.until_us + 1, 2**62) for channel, series in readings.series.items()}
    return Readings({channel: series for channel, series in parts.items() if len(series)}, readings.withdrawn)


def observed(random: Random, second: float) -> Event:
    """A sign that was observed without a number, charted up to half an hour later."""
    when = second - random.choice((0, random.uniform(0, 1800)))
    return Event(at=at(when / 60), kind="observed", of=random.choice(JUDGED), by="nurse A", reason="unchanged")


def quiet(readings: Readings, second: float) -> list[tuple[int, int]]:
    """Every silence of all probes together from two minutes on."""
    times = np.unique(np.concatenate([np.empty(0, np.int64), *(own.at_us for own in readings.series.values())]))
    times = times[times <= us(at(second / 60))].tolist()
    return [(since, until) for since, until in pairwise(times) if until - since >= QUIET_US]


def told_alike(past: Past, readings: Readings, events: list[Event], second: float, before: float) -> bool:
    """What a room asks for beside alerts is the same with a past: silences, and what a round charted back asks."""
    short, moment = past.schedule_readings(after(readings, past)), at((second - before) / 60)
    same = [judged(short, events, id, moment) == judged(readings, events, id, moment) for id in JUDGED]
    return all(same) and quiet(short, second) == quiet(readings, second)


def slowly(readings: Readings, events: list[Event], second: float) -> Watched:
    return session.watch(LIMITS, readings, events, at(second / 60))


def quickly(past: Past, tail: Readings, events: list[Event], second: float) -> Watched:
    return session.watch(LIMITS, tail, past.unheard(events), at(second / 60), past)


EVENTS = [baseline("heart_rate", 72), baseline("systolic", 122), started()]


@pytest.mark.thorough
@settings(max_examples=8)
@given(st.integers(0, 2**32), st.integers(5, 20))
def test_watched_with_a_past_is_watched_with_every_reading(seed: int, minutes: int) -> None:
    random = Random(seed)
    readings, events, past = gather(stream(random, minutes)), list(EVENTS), begin(LIMITS)
    for second in sorted(random.uniform(0, minutes * 60) for _ in range(6)):
        whole = slowly(readings, events, second)
        past = past if past.holds(LIMITS, events) else begin(LIMITS)
        assert quickly(past, after(readings, past), events, second) == whole
        assert told_alike(past, readings, events, second, random.uniform(0, 1800))
        events += [raised(alert, second / 60) for alert in whole.alerts if not alert.raised]
        again = random.sample(whole.alerts, min(2, len(whole.alerts)))
        events += [
            replace(acknowledged(alert, second / 60), value=random.choice((None, 84.0)))
            for alert in {*(alert for alert in whole.open if random.random() < 0.6), *again}
        ]
        if random.random() < 0.5:
            events.append(observed(random, second))
        if random.random() < 0.2:
            events.append(replace(random.choice([observed(random, second), *events[3:]]), withdrawn="another patient"))
        if random.random() < 0.2:
            events.append(baseline("heart_rate", random.choice((60, 90)), second / 60))
        cut = max(at(random.uniform(0, second) / 60), from_us(past.until_us))
        past = past if past.holds(LIMITS, events) else begin(LIMITS)
        if random.random() < 0.7:
            past, _ = settle(past, after(readings, past), past.unheard(events), cut)
    assert quickly(past, after(readings, past), events, second + 400) == slowly(readings, events, second + 400)


@pytest.mark.thorough
@settings(max_examples=6)
@given(st.integers(0, 2**32))
def test_late_and_corrected_readings_begin_again_from_the_last_past_before_them(seed: int) -> None:
    """Readings come in any order, some twice, some taken back: whoever keeps earlier pasts loses nothing."""
    random = Random(seed)
    arriving = [(reading.at.timestamp() + random.choice((0, 0, 0, 40, 700)), reading) for reading in stream(random, 25)]
    arriving += [(moment + 5, reading) for moment, reading in random.sample(arriving, min(9, len(arriving)))]
    arriving += [
        (moment + 90, replace(reading, withdrawn="wrong probe"))
        for moment, reading in random.sample(arriving, min(4, len(arriving)))
        if not reading.withdrawn
    ]
    arriving += [
        (moment + late, again)
        for moment, reading in random.sample(arriving, min(4, len(arriving)))
        if not reading.withdrawn and reading.value is not None
        for late in (random.choice((2, 60, 900)),)
        for again in (
            replace(reading, withdrawn="corrected"),
            replace(reading, value=random.choice(HELD[reading.kind])),
        )
        if again != reading
    ]
    arriving.sort(key=lambda row: row[0])
    came: list[Reading] = []
    pasts, events = [begin(LIMITS)], list(EVENTS)
    for minute in (6, 12, 18, 24, 40):
        new = [reading for moment, reading in arriving if moment <= at(minute).timestamp()]
        fresh, came = gather(new[len(came) :]), new
        pasts = [past for past in pasts if past.holds(LIMITS, events, fresh)] or [begin(LIMITS)]
        past = pasts[-1]
        tail = gather(reading for reading in came if us(reading.at) > past.until_us)
        whole = slowly(gather(came), events, minute * 60)
        assert quickly(past, tail, events, minute * 60) == whole
        events += [raised(alert, minute) for alert in whole.alerts if not alert.raised]
        events += [acknowledged(alert, minute) for alert in whole.open if random.random() < 0.5]
        pasts.append(settle(past, tail, past.unheard(events), at(minute - 2))[0])


WHAT = (97.0, 89.0, 30.0, "no-sensor", "missing", "questionable")
steps = st.tuples(st.sampled_from((1, 14, 16, 45, 65, 95)), st.sampled_from(WHAT))


@settings(max_examples=150)
@given(st.lists(steps, max_size=10), st.integers(0, 500), st.integers(0, 300))
def test_a_few_readings_of_one_probe_cut_anywhere(told: list[tuple[int, float | str]], cut: int, more: int) -> None:
    second, readings = 0, []
    for wait, what in told:
        second += wait
        value, status = (what, "value") if isinstance(what, float) else (88.0 if what == "questionable" else None, what)
        readings.append(Reading(at=at(second / 60), kind="spo2", value=value, source="a", status=status))  # type: ignore[arg-type]
    whole = gather(readings)
    past, tail = settle(begin(LIMITS), whole, EVENTS, at(cut / 60))
    assert quickly(past, tail, EVENTS, cut + more) == slowly(whole, EVENTS, cut + more)
