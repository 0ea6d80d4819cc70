"""What a notebook shows of a result: a heading, parts with lines, small pictures drawn by hand; every text escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT, EDGE = 420, 120, 18
"""Of a picture, in its own pixels."""
DRAWN = 200
"""Times of one line at most: more than this no screen shows at this width."""
LINES = 5
"""Lines of one picture that can still be told apart."""
COLOURS = ("#0b5c8a", "#b3541e", "#3f7d20", "#7a3e8e", "#555555")

Part = tuple[str, Iterable[str]]
"""A heading and its lines."""


def shown(title: str, parts: Iterable[Part], *, picture: str = "", foot: str = "") -> str:
    """The whole as HTML; a part without a line is left out. `picture` is markup, all else is text."""
    out = [f'<div style="max-width:60em"><strong>{escape(title)}</strong>', picture]
    for heading, lines in parts:
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        if items:
            out.append(f'<div style="margin-top:.5em">{escape(heading)}</div><ul style="margin:0">{items}</ul>')
    if foot:
        out.append(f'<div style="margin-top:.5em;opacity:.7">{escape(foot)}</div>')
    return "".join((*out, "</div>"))


def curves(times_h: Sequence[float], lines: Mapping[str, Sequence[float]], unit: str) -> str:
    """A small picture of lines over hours, as SVG; of many lines the first few, and it says how many there are."""
    few = dict(list(lines.items())[:LINES])
    top = max((value for line in few.values() for value in line if math.isfinite(value)), default=0.0) or 1.0
    first, last = min(times_h), max(times_h)
    wide, high = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
    step = max(1, len(times_h) // DRAWN)
    drawn = []
    for colour, (name, line) in zip(COLOURS, few.items(), strict=False):
        at = [k for k in range(len(line)) if k % step == 0 or k == len(line) - 1 or line[k] == top]
        across = wide / ((last - first) or 1.0)
        points = " ".join(
            f"{EDGE + across * (times_h[k] - first):.1f},{EDGE + high * (1 - line[k] / top):.1f}"
            for k in at
            if math.isfinite(line[k])
        )
        drawn.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}">'
            f"<title>{escape(name)}</title></polyline>"
        )
    left_out = f"; {len(few)} of {len(lines)} drawn" if len(few) < len(lines) else ""
    named = ", ".join(few)
    text = f"{named}: up to {top:.4g} {unit}, from {first:g} to {last:g} h{left_out}"
    ground = EDGE + high
    keys = "".join(_key(colour, name) for colour, name in zip(COLOURS, few, strict=False))
    return (
        f'<svg role="img" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(text)}</title>'
        f'<path fill="none" stroke="#888" d="M{EDGE} {EDGE}V{ground}H{WIDTH - EDGE}"/>{"".join(drawn)}'
        f'<text x="{EDGE + 4}" y="12" font-size="11">{top:.4g} {escape(unit)}</text>'
        f'<text x="{EDGE}" y="{HEIGHT - 4}" font-size="11">{first:g} h</text>'
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 4}" font-size="11" text-anchor="end">{last:g} h</text></svg>'
        f"<div>{keys}{escape(left_out)}</div>"
    )


def _key(colour: str, name: str) -> str:
    return f'<span style="color:{colour}">&#9644; {escape(name)}</span> '
