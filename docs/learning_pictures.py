"""The pictures of the public pages: drawn when the reference is written, served as files, never at a request.

Each is an SVG with its description inside, and the same as a table. The numbers are those of a person of 70 kg. Those
that a reader can change (`unwound.reading.live`) stand here as they are before anything was changed. Beside the
picture stands the same in each language that has all of its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from unwound import languages, plots, protocols
from unwound.pharmacology.forecast import Relief
from unwound.reading import live, small

PLACE = Path(__file__).parents[1] / "unwound_clinic/static/unwound/pictures"
LONG = "crps_esketamine_4_days"
WEEKS = live.WEEKS
DAY_H = 24.0


def pictures() -> Iterator[tuple[str, live.Drawn]]:
    """Name and picture of each."""
    for id, picture in live.pictures().items():
        yield id, live.drawn(picture, live.usual(picture))
    long = protocols.compare(live.KG, protocols=[LONG]).compared[0].relief
    chart = plots.relief_over_weeks([long], "After four days of esketamine")
    yield (
        "relief_over_weeks",
        live.Drawn(
            svg=small.svg(chart),
            description=chart.to_dict()["description"],
            head=("After the last drip", "Relief", "Likely range"),
            rows=tuple(
                (_when(week), _percent(long, week), f"{_percent(long, week, 'low')} – {_percent(long, week, 'high')}")
                for week in WEEKS
            ),
            says=(),
        ),
    )


def _when(week: int) -> str:
    return "at its end" if week == 0 else f"{week} week{'s' if week > 1 else ''}"


def _percent(relief: Relief, week: int, of: str = "responder") -> str:
    at_h = relief.stop_h + week * 7 * DAY_H
    return f"{100 * float(np.interp(at_h, relief.times_h, getattr(relief, of))):.0f} %"


_SAID = re.compile(r"(<text[^>]*>)([^<]*[A-Za-z][^<]*)(</text>)")
"""What is read in a picture, numbers apart."""


def said_in(svg: str) -> frozenset[str]:
    """The words that are read in a picture."""
    return frozenset(found[1] for found in _SAID.findall(svg))


def in_language(svg: str, language: str) -> str | None:
    """A picture with its words in the language; None where one of them has no translation."""
    if not said_in(svg) <= languages.texts(language).keys():
        return None
    return _SAID.sub(lambda part: part[1] + languages.say(part[2], language) + part[3], svg)


def write() -> int:
    """Writes every picture with its table; how many there are."""
    PLACE.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Any] = {}
    for name, picture in pictures():
        (PLACE / f"{name}.svg").write_text(picture.svg, encoding="utf-8")
        for language in languages.others():
            if (other := in_language(picture.svg, language)) is not None:
                (PLACE / f"{name}.{language}.svg").write_text(other, encoding="utf-8")
        tables[name] = {"description": picture.description, "head": picture.head, "rows": picture.rows}
    (PLACE / "tables.json").write_text(json.dumps(tables, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(tables)
