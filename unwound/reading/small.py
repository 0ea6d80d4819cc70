"""A chart as a public page shows it: small enough for a phone, in plain words, its title above it on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unwound.plots import Chart

WIDE, HIGH = 275, 240
"""Of the field of a picture, so that all of it fits on a phone with letters that can be read."""
PLAIN: Mapping[str, str] = {
    "Relief (share of the most the curve allows)": "Relief",
    "Weeks from the end of the last infusion": "Weeks after the last drip",
    "Spikes after the stimulus": "Answers of the cell",
    "Stimulus": "Jab",
    "esketamine 100 h": "four days",
    "ketamine 40 min": "40 minutes",
    "people who respond": "people whom it helps",
    "- - average of everyone treated": "- - all who had it",
    "beyond this line: no controlled data": "from here nobody was compared",
}


def svg(chart: Chart) -> str:
    """The chart as SVG for a page, light or dark; what it shows stays its description."""
    from unwound.plots.saving import in_either_light
    from unwound.plots.saving import svg as drawn
    from unwound.plots.style import styled

    spec = _in_plain_words(styled(chart).to_dict())
    spec["title"] = ""
    spec["width"], spec["height"] = WIDE, HIGH
    return in_either_light(drawn(spec))


def _in_plain_words(part: Any) -> Any:
    """The same with the titles of its axes as the page says them."""
    if isinstance(part, dict):
        return {
            key: PLAIN.get(value, value) if isinstance(value, str) else _in_plain_words(value)
            for key, value in part.items()
        }
    return [_in_plain_words(entry) for entry in part] if isinstance(part, list) else part
