"""The table of the largest published series (Tankha 2025, doi 10.1136/rapm-2025-106907), from our own rows.

Their abstract gives no denominators of the shares and nothing of who is missing: here every figure has both.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unwound.instruments import instruments
from unwound.outcomes.knowledge import publishing
from unwound.outcomes.shares import Share, share
from unwound.registry.hiding import Row
from unwound.registry.knowledge import Measure, registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure; `value` is empty where fewer than k people are behind it, or behind its opposite."""

    part: str
    what: str
    value: str
    known: int | None
    """Of how many courses it is known; None where that is hidden."""
    total: int
    missing_percent: float | None
    rests_on: str = ""


def table(rows: Sequence[Row]) -> tuple[Figure, ...]:
    """Every figure in its order; of rows that may leave (`hidden`), so that it tells no more than they do."""
    measured = (figure for measure in registry().measures for figure in _measured(rows, measure))
    return (*_who(rows), *_completed(rows), *measured)


def _who(rows: Sequence[Row]) -> Iterator[Figure]:
    people = len({row.columns["person"] for row in rows})
    yield _figure("who", "people", str(people), people, people)
    yield _figure("who", "courses", str(len(rows)), len(rows), len(rows))
    for name in ("age_band", "sex", "condition", "course"):
        for word in sorted({str(row.columns[name]) for row in rows}):
            of_it = {row.columns["person"] for row in rows if row.columns[name] == word}
            value = f"{len(of_it)} of {people}, {len(of_it) / people:.0%}"
            yield _figure("who", f"{name.replace('_', ' ')}: {word}", value, people, people)


def _completed(rows: Sequence[Row]) -> Iterator[Figure]:
    least = registry().completed
    yield _share(
        "completed",
        f"{least.value:g} infusions or more",
        share([row.columns["infusions"] >= least.value for row in rows]),
        "as Tankha 2025 counts: abstract, 890 of 1034 (86.1 %)",
    )
    planned = [None if (all_ := row.columns["planned"]) is None else row.columns["infusions"] >= all_ for row in rows]
    yield _share("completed", "all infusions that were planned", share(planned))


def _measured(rows: Sequence[Row], measure: Measure) -> Iterator[Figure]:
    # A person without a score before or after is left out of that figure only, never counted as unchanged.
    title, form = instruments()[measure.instrument].title, measure.instrument
    before = [row.columns[f"{form}_before"] for row in rows]
    yield _mean(title, "before", before, len(rows))
    for window in registry().windows:
        after = [row.columns[f"{form}_{window.id}"] for row in rows]
        gains = [
            None if earlier is None or later is None else measure.gain(earlier, later)
            for earlier, later in zip(before, after, strict=True)
        ]
        yield _mean(title, f"better by, {window.title}", gains, len(rows))
        limit = measure.meaningful
        answers = [None if gain is None else gain >= limit.value for gain in gains]
        rests = f"{limit.source}: {limit.where}" if limit.where else limit.source
        yield _share(title, f"better by {limit.value:g} or more, {window.title}", share(answers), rests)


def _mean(part: str, what: str, values: Sequence[float | None], total: int) -> Figure:
    known = [value for value in values if value is not None]
    least = publishing().smallest.value
    if len(known) < least:
        return _figure(part, what, "", len(known), total)
    deviation = statistics.stdev(known) if len(known) > 1 else math.nan
    return _figure(part, what, f"{statistics.fmean(known):.1f} (SD {deviation:.1f})", len(known), total)


def _share(part: str, what: str, counted: Share, rests_on: str = "") -> Figure:
    least = publishing().smallest.value
    few = any(0 < count < least for count in (counted.yes, counted.known - counted.yes))
    value = "" if few or counted.known < least else str(counted)
    return _figure(part, what=what, value=value, known=counted.known, total=counted.total, rests_on=rests_on)


def _figure(part: str, what: str, value: str, known: int, total: int, rests_on: str = "") -> Figure:
    """With the denominator, unless it or what is missing is of so few that it would tell of them."""
    least = publishing().smallest.value
    few = any(0 < count < least for count in (known, total - known))
    return Figure(
        part=part,
        what=what,
        value="" if few else value,
        known=None if few else known,
        total=total,
        missing_percent=None if few or not total else round(100 * (total - known) / total, 1),
        rests_on=rests_on,
    )
