"""Predicted concentrations of a session: the doses as they were charted, then as they go on, drawn once a change."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from unwound import plots, protocols, session
from unwound.pharmacology import Dose, Subjects, simulate
from unwound.pharmacology.dosing import infusion
from unwound.protocols.comparison import MODELS
from unwound.record import UnwoundError
from unwound_clinic import translate_session
from unwound_clinic.models import InfusionSession

STEP_H = 1 / 60
AFTER_H = 2.0
"""Shown after the order's end."""


def picture(row: InfusionSession, now: datetime) -> str | None:
    """The curve as SVG: charted rates, and from now on the last of them to the end of the order; None before a start.

    The rates that go on are drawn as if nothing changes: a charted change draws a new picture.
    """
    told = translate_session.happened(row.events.order_by("at", "id"))
    start = next((one.at for one in sorted(told, key=lambda one: one.at) if one.kind == "start"), None)
    run = translate_session.run_of(row)
    if start is None:
        return None
    changes = [one.at for one in told if one.kind in ("start", "rate", "pause", "resume", "stop", "leave", "bolus")]
    last = max(changes)
    given = session.doses_given(told, last)
    end_h = max((last - start) / timedelta(hours=1), run.hours if run else 0.0)
    running = session.doses_given(told, last + timedelta(hours=1))
    rate = max((one.rate_mg_per_h for one in running if one.end_h > (last - start) / timedelta(hours=1)), default=0.0)
    try:
        drug = protocols.protocol(row.plan.protocol).drug
    except UnwoundError:
        return None
    since_h = (last - start) / timedelta(hours=1)
    ahead = (infusion(since_h, rate, end_h - since_h),) if 0 < rate < float("inf") and end_h > since_h else ()
    return _drawn((*given, *ahead), MODELS[drug], row.plan.weight_kg, end_h + AFTER_H)


@lru_cache(maxsize=64)
def _drawn(doses: tuple[Dose, ...], model: str, weight_kg: float, until_h: float) -> str:
    times = np.linspace(0, until_h, max(int(until_h / STEP_H), 2))
    curve = simulate(doses, Subjects(np.array([weight_kg])), model, times)
    return plots.drawn(plots.concentration(curve, doses))
