"""The predicted concentrations of a session, from the rates that were charted: a model of a person of that weight."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache

import numpy as np

from unwound import session
from unwound.pharmacology import Dose, Subjects, simulate
from unwound.pharmacology.dosing import infusion
from unwound.pharmacology.models import model
from unwound.pharmacology.simulation import Curve
from unwound.protocols.comparison import MODELS
from unwound.record import UnwoundError
from unwound.session.events import EventKind
from unwound.terms import Drug
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.session import order, times, translate

STEP_H = 1 / 60
AFTER_H = 2.0
"""Hours shown after the end of the order."""
OVERRUN = timedelta(minutes=5)
"""Steps by which the curve is extended while the infusion overruns."""
DOSE_EVENTS = (
    EventKind.START,
    EventKind.RATE,
    EventKind.PAUSE,
    EventKind.RESUME,
    EventKind.STOP,
    EventKind.LEAVE,
    EventKind.BOLUS,
)
"""Kinds of events that change the doses charted, and with them the predicted curve."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The curve in two numbers, ng/mL in blood: now, and the highest of it."""

    now: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is simulated: the doses as charted, then the last rate to the end of the order as if nothing changes.

    What still runs after that end is drawn up to now: a pump is not taken for stopped until its stop is charted.
    """

    start: datetime
    doses: tuple[Dose, ...]
    model: str
    weight_kg: float
    until_h: float


def picture(row: InfusionSession, now: datetime) -> str | None:
    """The curve as SVG; a charted change makes a new picture. None before the start."""
    course = _course(row, times.events_of(row, now), now)
    return _drawn(course) if course else None


def levels(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> Levels | None:
    """The same in numbers at a time; None while the engine is still loading."""
    course = _course(row, rows, now)
    if course is None or not engine().is_set():
        return None
    hours = (now - course.start) / timedelta(hours=1)
    try:
        curve = _simulated(course)
    except UnwoundError:
        return None  # the room works without a prediction
    if hours > course.until_h:
        return None
    return Levels(float(np.interp(hours, curve.times_h, curve.plasma[0])), float(curve.plasma[0].max()))


def curve(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> tuple[tuple[datetime, float], ...]:
    """The predicted concentration up to now, ng/mL in blood, minute by minute; empty where there is none."""
    course = _course(row, rows, now)
    if course is None:
        return ()
    try:
        simulated = _simulated(course)
    except UnwoundError:
        return ()
    points = ((course.start + timedelta(hours=float(at)), float(level)) for at, level in
              zip(simulated.times_h, simulated.plasma[0], strict=True))  # fmt: skip
    return tuple((at, level) for at, level in points if at <= now)


def named(row: InfusionSession) -> str:
    """Which model predicts, in which blood and for which weight: «Clements 1981 …, venous; 74 kg»."""
    protocol = order.protocol_of(row)
    if protocol is None:
        return ""
    used = model(MODELS[protocol.drug])
    site = "" if used.sampling in used.title else f"; sampling {used.sampling}"
    return f"{used.title}{site}; {row.plan.weight_kg:g} kg"


def _course(row: InfusionSession, rows: Iterable[SessionEvent], now: datetime) -> Course | None:
    """What is simulated for the session; None before the start, or where the protocol is no longer known.

    The last rate is taken to run on to the end of the order, and beyond it in steps of `OVERRUN` while it overruns. An
    endless rate is left out: it cannot be simulated.
    """
    events = sorted(translate.watched_events(rows), key=lambda event: event.at)
    start = next((event.at for event in events if event.kind == EventKind.START), None)
    protocol = order.protocol_of(row)
    if start is None or protocol is None:
        return None
    run = order.run_of(row)
    last = max(event.at for event in events if event.kind in DOSE_EVENTS)
    since_h = (last - start) / timedelta(hours=1)
    end_h = max(since_h, run.hours if run else 0.0)
    doses_ahead = session.doses_given(events, last + timedelta(hours=1))
    rate = max((dose.rate_mg_per_h for dose in doses_ahead if dose.end_h > since_h), default=0.0)
    if rate > 0 and now > start + timedelta(hours=end_h):
        end_h = math.ceil((now - start) / OVERRUN) * (OVERRUN / timedelta(hours=1))
    ahead = (infusion(since_h, rate, end_h - since_h),) if 0 < rate < float("inf") and end_h > since_h else ()
    doses = (*session.doses_given(events, last), *ahead)
    return Course(
        start=start, doses=doses, model=MODELS[protocol.drug], weight_kg=row.plan.weight_kg, until_h=end_h + AFTER_H
    )


@cache
def engine() -> threading.Event:
    """Set once the engine is loaded, beside the pages: that takes a fresh process seconds, and no room waits for it."""
    loaded = threading.Event()

    def load() -> None:
        simulate((infusion(0, 1, 1),), Subjects(np.array([70.0])), MODELS[Drug.RACEMIC], np.array([0.0, 1.0]))
        loaded.set()

    threading.Thread(target=load, daemon=True).start()
    return loaded


@lru_cache(maxsize=64)
def _simulated(course: Course) -> Curve:
    times = np.linspace(0, course.until_h, max(int(course.until_h / STEP_H), 2))
    return simulate(course.doses, Subjects(np.array([course.weight_kg])), course.model, times)


@lru_cache(maxsize=64)
def _drawn(course: Course) -> str:
    from unwound import plots

    return plots.drawn(plots.concentration(_simulated(course), course.doses))
