"""Protocols of one comparison: relief against hours above, the weeks after each below."""

from __future__ import annotations

from unwound import extras
from unwound.plots.choices import Choice, frontier
from unwound.plots.courses import relief_over_weeks
from unwound.plots.style import Chart, titled
from unwound.protocols import Compared, Comparison
from unwound.record import UnwoundError

with extras.needed("a chart"):
    import altair as alt

OPEN = {"uncontrolled": " (no control group)", "practice": " (practice only)"}
"""The note on a protocol without a controlled trial."""
ASKED = " (asked about: not ranked)"
"""The note on a course whose own plan asks about the dose."""
SEEN = 0.05
"""A course whose relief never reaches this share is a line along the bottom: it is left out below."""


def comparison(compared: Comparison) -> Chart:
    """Both pictures, with their notes. UnwoundError when nothing was compared."""
    if not compared.compared:
        raise UnwoundError("there is no protocol to draw: none was compared")
    above = frontier(
        [_choice(course) for course in compared.compared],
        burden_title="Hours in the chair: infusion and monitoring after it",
        title="",
    )
    lasting = [course.relief for course in compared.compared if course.relief.responder.max() >= SEEN]
    left_out = len(compared.compared) - len(lasting)
    title = "The weeks after each course"
    if left_out:
        title += f" ({left_out} that stay under {SEEN:.0%} are left out)"
    below = relief_over_weeks(lasting or [compared.compared[-1].relief], title, bands=len(lasting) < 2)
    summary = f"{above['description']} {below['description']}"
    both: alt.VConcatChart = alt.vconcat(above, below, spacing=36)
    return titled(both, "More is not always better", _subtitle(compared), summary)


def _subtitle(compared: Comparison) -> list[str]:
    gains = [gain for _, _, gain in compared.further_hour]
    hours = f"a further hour in the chair buys {max(gains):.2g} full-relief days at best, {gains[-1]:.2g} at the end"
    return [
        f"at {compared.weight_kg:g} kg, in people who respond; a day at the largest relief counts as one",
        hours if len(gains) > 1 else "",
        "filled: no other one gives more for fewer hours; bars: the relief curve's intervals, which move together",
    ]


def _choice(course: Compared) -> Choice:
    days = course.full_relief_days
    return Choice(
        name=course.short + (ASKED if course.asked else OPEN.get(course.strength, "")),
        burden=course.chair_hours,
        relief=days.value,
        relief_low=days.low,
        relief_high=days.high,
        ranked=not course.asked,
    )
