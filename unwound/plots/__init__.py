"""Every chart once (Altair): interactive in a page, SVG or PNG in print. `save(chart, path)` writes one whole.

Colours are told apart by the colour-blind (Okabe and Ito), lines carry their names, and each chart has a description
for those who do not see it.
"""

from unwound import extras

with extras.needed("a chart"):
    import altair  # noqa: F401  # asked for before what simulates: the extra of charts brings both

from unwound.pharmacology.forecast import Relief, relief_of
from unwound.plots.checking import vpc
from unwound.plots.choices import Choice, frontier, plan_rate
from unwound.plots.comparing import comparison
from unwound.plots.courses import concentration, course, relief_over_weeks
from unwound.plots.lasting import funnel, lasting
from unwound.plots.months import Ahead, Months, Taken, months
from unwound.plots.saving import SUFFIXES, drawn, save
from unwound.plots.scores import scores
from unwound.plots.slowing import slow_courses, slow_layer
from unwound.plots.style import Chart
from unwound.plots.targets import target
from unwound.plots.trials import trials
from unwound.plots.winding import ketamine_curve, touches, what_decides, wind_up

__all__ = [
    "SUFFIXES",
    "Ahead",
    "Chart",
    "Choice",
    "Months",
    "Relief",
    "Taken",
    "comparison",
    "concentration",
    "course",
    "drawn",
    "frontier",
    "funnel",
    "ketamine_curve",
    "lasting",
    "months",
    "plan_rate",
    "relief_of",
    "relief_over_weeks",
    "save",
    "scores",
    "slow_courses",
    "slow_layer",
    "target",
    "touches",
    "trials",
    "vpc",
    "what_decides",
    "wind_up",
]
