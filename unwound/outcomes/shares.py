"""Shares with their denominator and what is missing, sites within a funnel, and tables in which few stay hidden."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from unwound import extras
from unwound.outcomes.knowledge import publishing
from unwound.record import UnwoundError

ALL = "all"
"""The name of a total in a published table."""
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share that is never shown without its denominator and what is missing.

    `low` to `high` is Wilson's interval among those known; `worst` and `best` count every missing one as a no or a yes.
    """

    yes: int
    known: int
    total: int
    share: float | None
    low: float | None
    high: float | None
    worst: float | None
    best: float | None

    def __str__(self) -> str:
        missing = self.total - self.known
        if self.share is None or self.low is None or self.high is None:
            return f"not known of any of {self.total}"
        interval = f"{self.low:.0%} to {self.high:.0%}"
        bounds = f"; {missing} of {self.total} not known: {self.worst:.0%} to {self.best:.0%}" if missing else ""
        return f"{self.yes} of {self.known}, {self.share:.0%} ({interval}){bounds}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site: how many of how many, and the share to be expected from whom it treated (None: that of all sites)."""

    name: str
    yes: int
    known: int
    expected: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a site stands in the funnel: inside every limit, or beyond the widest one that it passes (in percent)."""

    name: str
    known: int
    share: float
    expected: float
    beyond: float | None
    above: bool | None
    """Above or below what was expected, where it is beyond a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The sites by name, never by rank; those too small are counted, not shown."""

    expected: float
    places: tuple[Place, ...]
    too_small: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A table with its totals (`all`): None is a count that is hidden, because it or what it would tell is small."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[Cell, int | None]


def share(answers: Sequence[bool | None]) -> Share:
    """The share of true among true and false, with what is unknown."""
    yes, known, total = answers.count(True), len(answers) - answers.count(None), len(answers)
    if not known:
        return Share(yes=0, known=0, total=total, share=None, low=None, high=None, worst=None, best=None)
    low, high = _wilson(yes, known)
    return Share(
        yes=yes,
        known=known,
        total=total,
        share=yes / known,
        low=low,
        high=high,
        worst=yes / total,
        best=(yes + total - known) / total,
    )


def _wilson(yes: int, known: int) -> tuple[float, float]:
    """Wilson's score interval. Source: Wilson 1927, as Altman 1998 advises."""
    wide = NormalDist().inv_cdf((1 + publishing().interval.value / 100) / 2)
    p, shrink = yes / known, 1 + wide**2 / known
    middle = (p + wide**2 / (2 * known)) / shrink
    half = wide * math.sqrt(p * (1 - p) / known + wide**2 / (4 * known**2)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)


def funnel(sites: Sequence[Site]) -> Funnel:
    """Each site against what is to be expected of it, by exact binomial limits. UnwoundError for impossible counts."""
    rules = publishing()
    for site in sites:
        if not 0 <= site.yes <= site.known or (site.expected is not None and not 0 < site.expected < 1):
            raise UnwoundError(f"site {site.name}: {site.yes} of {site.known}, expected {site.expected}, cannot be")
    if len({site.name for site in sites}) < len(sites):
        raise UnwoundError("a site stands twice in the list")
    known = sum(site.known for site in sites)
    if not known:
        raise UnwoundError("nothing is known of any site")
    overall = sum(site.yes for site in sites) / known
    large = [site for site in sites if site.known >= rules.smallest.value]
    return Funnel(
        expected=overall,
        places=tuple(_place(site, overall) for site in sorted(large, key=lambda site: site.name)),
        too_small=len(sites) - len(large),
        note=rules.funnel_text.text,
    )


def _place(site: Site, overall: float) -> Place:
    with extras.needed("a funnel"):
        from scipy.special import bdtr, bdtrc
    expected = overall if site.expected is None else site.expected
    tails = {True: float(bdtrc(site.yes - 1, site.known, expected)) if site.yes else 1.0,
             False: float(bdtr(site.yes, site.known, expected))}  # fmt: skip
    above = tails[True] < tails[False]
    passed = [limit.value for limit in publishing().funnel if tails[above] < (1 - limit.value / 100) / 2]
    return Place(
        name=site.name,
        known=site.known,
        share=site.yes / site.known,
        expected=expected,
        beyond=max(passed, default=None),
        above=above if passed else None,
    )


def publish(counts: Mapping[Cell, int]) -> Published:
    """A table of counts that can be shown: no count of 1 to k - 1, and none that the rest and the totals would tell.

    Whoever knows everything that is shown must hold it possible for each small count to be k or more, and not be able
    to say it to within k: tried by linear programming, as an attacker would. UnwoundError for what is no count.
    """
    for cell, count in counts.items():
        if isinstance(count, bool) or count != int(count) or count < 0 or ALL in cell:
            raise UnwoundError(
                f"{cell}: {count} is no count of a table (its totals are calculated, and called «{ALL}»)"
            )
    rows, columns = (tuple(sorted({cell[axis] for cell in counts})) for axis in (0, 1))
    full = _with_totals(counts, rows, columns)
    least = int(publishing().smallest.value)
    small = {cell for cell, count in full.items() if 0 < count < least}
    hidden = set(small)
    while open_cell := next(
        (cell for cell in sorted(small) if not _is_safe(cell, full, hidden, rows=rows, columns=columns, least=least)),
        None,
    ):
        extra = _next_hidden(open_cell, full, hidden, rows, columns)
        if extra is None:
            break
        hidden.add(extra)
    return Published(
        rows=rows, columns=columns, cells={cell: None if cell in hidden else count for cell, count in full.items()}
    )


def _with_totals(counts: Mapping[Cell, int], rows: Sequence[str], columns: Sequence[str]) -> dict[Cell, int]:
    full = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    full |= {(row, ALL): sum(full[row, column] for column in columns) for row in rows}
    full |= {(ALL, column): sum(full[row, column] for row in rows) for column in (*columns, ALL)}
    return full


def _next_hidden(
    open_cell: Cell, full: Mapping[Cell, int], hidden: set[Cell], rows: Sequence[str], columns: Sequence[str]
) -> Cell | None:
    """The smallest count still shown that stands in one line with what is open, inner cells before totals."""
    shown = [cell for cell in full if cell not in hidden and cell != (ALL, ALL)]
    beside = [cell for cell in shown if cell[0] == open_cell[0] or cell[1] == open_cell[1]] or shown
    beside = beside or [cell for cell in full if cell not in hidden]
    return min(beside, key=lambda cell: (ALL in cell, full[cell] == 0, full[cell], cell), default=None)


def _is_safe(
    cell: Cell, full: Mapping[Cell, int], hidden: set[Cell], rows: Sequence[str], columns: Sequence[str], least: int
) -> bool:
    low, high = possible(cell, {key: None if key in hidden else value for key, value in full.items()}, rows, columns)
    return high >= least and high - low >= least


def possible(
    cell: Cell, shown: Mapping[Cell, int | None], rows: Sequence[str], columns: Sequence[str]
) -> tuple[float, float]:
    """The least and most that a hidden count can be for somebody who sees everything that is shown."""
    with extras.needed("publishing counts"):
        from scipy.optimize import linprog
    names = [key for key, value in shown.items() if value is None]
    equations, sums = [], []
    for total, parts in _lines(rows, columns):
        line, rest = np.zeros(len(names)), 0.0
        for sign, key in ((-1, total), *((1, part) for part in parts)):
            value = shown[key]
            if value is None:
                line[names.index(key)] += sign
            else:
                rest -= sign * value
        if line.any():
            equations.append(line)
            sums.append(rest)
    ends = []
    for sign in (1, -1):
        aim = np.zeros(len(names))
        aim[names.index(cell)] = sign
        solved = linprog(aim, A_eq=np.array(equations) if equations else None, b_eq=sums or None, method="highs")
        ends.append(math.inf if solved.status == 3 else round(sign * solved.fun, 6))
    return ends[0], ends[1]


def _lines(rows: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Every total with its parts."""
    for row in (*rows, ALL):
        yield (row, ALL), [(row, column) for column in columns]
    for column in (*columns, ALL):
        yield (ALL, column), [(row, column) for row in rows]
