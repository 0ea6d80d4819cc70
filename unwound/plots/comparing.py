"""Protocols of one comparison: relief against hours above, the weeks after each below."""

from __future__ import annotations

import altair as alt

from unwound.plots.choices import Choice, frontier
from unwound.plots.courses import relief_over_weeks
from unwound.plots.style import Chart, titled
from unwound.protocols import Compared, Comparison
from unwound.record import UnwoundError

OPEN = {"uncontrolled": " (no control group)", "practice": " (practice only)"}
"""What is said of a protocol that no trial with a control group stands behind."""
SEEN = 0.05
"""A course whose relief never reaches this share is a line along the bottom: it is left out below."""


def comparison(found: Comparison) -> Chart:
    """Both pictures, with what must be said of them. UnwoundError when nothing was compared."""
    if not found.compared:
        raise UnwoundError("there is no protocol to draw: none was compared")
    above = frontier(
        [_choice(one) for one in found.compared],
        burden_title="Hours in the chair: infusion and watching after it",
        title="",
    )
    lasting = [one.relief for one in found.compared if one.relief.responder.max() >= SEEN]
    left_out = len(found.compared) - len(lasting)
    title = "The weeks after each course"
    if left_out:
        title += f" ({left_out} that stay under {SEEN:.0%} are left out)"
    below = relief_over_weeks(lasting or [found.compared[-1].relief], title, bands=len(lasting) < 2)
    said = f"{above['description']} {below['description']}"
    both: alt.VConcatChart = alt.vconcat(above, below, spacing=36)
    return titled(both, "More is not always better", _subtitle(found), said)


def _subtitle(found: Comparison) -> list[str]:
    gains = [gain for _, _, gain in found.further_hour]
    hours = f"a further hour in the chair buys {max(gains):.2g} full-relief days at best, {gains[-1]:.2g} at the end"
    return [
        f"at {found.weight_kg:g} kg, in somebody who responds; a day at the largest relief counts one",
        hours if len(gains) > 1 else "",
        "filled: no other one gives more for fewer hours; bars: the relief curve's intervals, which move together",
    ]


def _choice(one: Compared) -> Choice:
    days = one.full_relief_days
    return Choice(
        name=one.short + OPEN.get(one.strength, ""),
        burden=one.chair_hours,
        relief=days.value,
        relief_low=days.low,
        relief_high=days.high,
    )
