"""A chart takes the colours of a dark page: every colour has its counterpart, and words stay readable."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from unwound import instruments, plots
from unwound.plots import style

CARD = "#1f2225"
"""The background of a card on a dark page (`unwound.css`)."""
NO_COLOUR = {"none", "transparent"}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("light", [style.INK, style.QUIET, *style.COLOURS])
def test_what_is_read_in_the_light_is_read_in_the_dark(light: str) -> None:
    assert contrast(style.IN_THE_DARK[light], CARD) >= 4.5


def test_no_colour_of_a_chart_stays_as_it_was() -> None:
    totals = ((date(2026, 1, 1), 7.0), (date(2026, 2, 1), 4.0), (date(2026, 3, 1), 9.0))
    for id in ("peg", "phq_9", "pain_nrs"):
        svg = plots.drawn(plots.scores(instruments.instrument(id), totals, None))
        ElementTree.fromstring(svg)
        used = {colour.lower() for colour in re.findall(r'(?:fill|stroke)="([^"]+)"', svg)}
        assert used <= {colour.lower() for colour in style.IN_THE_DARK} | NO_COLOUR


def test_it_stays_light_in_print_and_in_the_light() -> None:
    svg = plots.drawn(
        plots.scores(instruments.instrument("peg"), ((date(2026, 1, 1), 7.0), (date(2026, 2, 1), 4.0)), None)
    )
    assert svg.count("<style>") == svg.count("@media screen and (prefers-color-scheme:dark)") == 1
