"""The pictures of the public pages: drawn when the reference is written, served as files, never at a request.

Each is an SVG with its description inside, and the same as a table. The numbers are those of a person of 70 kg.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from unwound import mechanism, plots, protocols
from unwound.pharmacology.forecast import Relief
from unwound.plots.saving import in_either_light, svg
from unwound.plots.style import styled

PLACE = Path(__file__).parents[1] / "unwound_clinic/static/unwound/pictures"
KG = 70.0
SHORT, LONG = "ketamine_40_min", "crps_esketamine_4_days"
WIDE, HIGH = 275, 240
"""Of the field of a picture, so that all of it fits on a phone with letters that can be read."""
PLAIN = {
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
WEEKS = (0, 1, 2, 4, 6, 8, 11)
DAY_H = 24.0
Rows = list[list[str]]


def pictures() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Name, chart and table of each."""
    short, long = (protocols.compare(KG, protocols=[id]).compared[0].relief for id in (SHORT, LONG))
    weeks = [_weeks(week) for week in WEEKS]
    yield (
        "short_and_long",
        plots.relief_over_weeks([short, long], "After a short and after a long infusion", bands=False),
        _table(["After the last drip", "Drip of 40 minutes", "Drip of four days"],
               [[when, _percent(short, week), _percent(long, week)]
                for week, when in zip(WEEKS, weeks, strict=True)]),
    )  # fmt: skip
    yield (
        "relief_over_weeks",
        plots.relief_over_weeks([long], "After four days of esketamine"),
        _table(["After the last drip", "Relief", "Likely between"],
               [[when, _percent(long, week), f"{_percent(long, week, 'low')} and {_percent(long, week, 'high')}"]
                for week, when in zip(WEEKS, weeks, strict=True)]),
    )  # fmt: skip
    plain, blocked = mechanism.windup(), mechanism.windup(nmda=0.0)
    yield (
        "wind_up",
        plots.wind_up({"as it is": plain, "gates shut": blocked}, "A nerve cell that winds up, in a model"),
        _table(["Jab number", "Answers as it is", "Answers with the gates shut"],
               [[str(place + 1), f"{one:.0f}", f"{other:.0f}"]
                for place, (one, other) in enumerate(
                    zip(plain.spikes_per_stimulus, blocked.spikes_per_stimulus, strict=True)) if place % 3 == 0]),
    )  # fmt: skip


def _weeks(week: int) -> str:
    return "at its end" if week == 0 else f"{week} week{'s' if week > 1 else ''}"


def _percent(relief: Relief, week: int, of: str = "responder") -> str:
    at_h = relief.stop_h + week * 7 * DAY_H
    return f"{100 * float(np.interp(at_h, relief.times_h, getattr(relief, of))):.0f} %"


def _table(head: list[str], rows: Rows) -> dict[str, Any]:
    return {"head": head, "rows": rows}


def _small(chart: Any) -> str:
    """The chart for a phone, in plain words; its title stands above it on the page."""
    spec = _in_plain_words(styled(chart).to_dict())
    spec["title"] = ""
    spec["width"], spec["height"] = WIDE, HIGH
    return in_either_light(svg(spec))


def _in_plain_words(part: Any) -> Any:
    """The same with the titles of its axes as the page says them."""
    if isinstance(part, dict):
        return {
            key: PLAIN.get(value, value) if isinstance(value, str) else _in_plain_words(value)
            for key, value in part.items()
        }
    return [_in_plain_words(one) for one in part] if isinstance(part, list) else part


def write() -> int:
    """Writes every picture with its table; how many there are."""
    PLACE.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name, chart, table in pictures():
        (PLACE / f"{name}.svg").write_text(_small(chart), encoding="utf-8")
        tables[name] = {"description": chart.to_dict()["description"], **table}
    (PLACE / "tables.json").write_text(json.dumps(tables, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(tables)
