"""The average pain over time as a small picture in the colours of the page, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from unwound import record

WIDE, HIGH, LEFT, TOP, FOOT = 480, 130, 22, 10, 20
"""Of the drawing; its left edge, head and foot hold words."""
TWO = 2
"""Points from which there is a course."""


def drawn(points: Sequence[tuple[date, float]], lowest: float, highest: float) -> SafeString:
    """The picture; nothing below two points. Its words say first and last value, for whoever does not see it."""
    if len(points) < TWO:
        return SafeString()
    first, last = points[0][0], points[-1][0]
    days = max((last - first).days, 1)

    def place(day: date, value: float) -> tuple[str, str]:
        x = LEFT + (WIDE - LEFT - 8) * (day - first).days / days
        y = TOP + (HIGH - TOP - FOOT) * (highest - value) / (highest - lowest)
        return f"{x:.1f}", f"{y:.1f}"

    marks = [place(day, value) for day, value in points]
    return format_html(
        '<svg viewBox="0 0 {wide} {high}" role="img" aria-label="{says}">{grid}'
        '<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="2"/>{dots}'
        '<text x="{left}" y="{foot}">{first}</text><text x="{right}" y="{foot}" text-anchor="end">{last}</text></svg>',
        wide=WIDE,
        high=HIGH,
        says=_says(points),
        grid=_grid(lowest, highest),
        line=" ".join(",".join(mark) for mark in marks),
        dots=format_html_join("", '<circle cx="{}" cy="{}" r="3.5" fill="currentColor"/>', marks),
        left=LEFT,
        right=WIDE - 8,
        foot=HIGH - 5,
        first=record.day(first),
        last=record.day(last),
    )


def _says(points: Sequence[tuple[date, float]]) -> str:
    return "Average pain: " + ", ".join(f"{value:g} on {record.day(day)}" for day, value in points)


def _grid(lowest: float, highest: float) -> SafeString:
    """Three lines with their values."""
    lines = []
    for value in (lowest, (lowest + highest) / 2, highest):
        y = TOP + (HIGH - TOP - FOOT) * (highest - value) / (highest - lowest)
        lines.append((LEFT, WIDE - 8, f"{y:.1f}", f"{y:.1f}", LEFT - 6, f"{y + 4:.1f}", f"{value:g}"))
    return format_html_join(
        "", '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>', lines
    )
