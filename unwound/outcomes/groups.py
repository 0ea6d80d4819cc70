"""Many courses: who keeps relief, what ends it, with numbers at risk and intervals; never percentages alone.

Kaplan-Meier for relief that lasts without a new course, Aalen-Johansen for each way in which it ends. A new course is a
competing event; only those who were followed and are still well are censored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from unwound.outcomes.ending import Ended
from unwound.outcomes.knowledge import publishing
from unwound.outcomes.standing import check_number, check_word
from unwound.pharmacology.models import Array
from unwound.record import UnwoundError

EVENTS = (Ended.NO_RELIEF, Ended.RELIEF_LOST, Ended.NEW_COURSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One course in a group: how its relief ended and on which day; None for a group that is not known."""

    days: float
    kind: Ended
    condition: str | None = None
    course: str | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        check_number("days", self.days, 0, math.inf)
        check_word("end of relief", self.kind, Ended)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A share over days, with its interval (nan where there is none): `days` are where it steps, beginning with 0."""

    days: Array
    share: Array
    low: Array
    high: Array

    def at(self, day: float) -> tuple[float, float | None, float | None]:
        """Share, low and high on a day; no interval where all or nobody has ended. UnwoundError before day 0."""
        place = int(np.searchsorted(self.days, day, side="right")) - 1
        if place < 0:
            raise UnwoundError(f"day {day} is before the end of the course")
        low, high = float(self.low[place]), float(self.high[place])
        return float(self.share[place]), None if math.isnan(low) else low, None if math.isnan(high) else high


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group: relief that lasts, each end of it, numbers at risk by day, and how many were lost to follow-up."""

    name: str
    count: int
    lasting: Curve
    ends: Mapping[Ended, Curve]
    at_risk: Mapping[int, int]
    lost_to_follow_up: int
    worst: Curve
    """As `lasting`, with relief over at the last entry of everybody who was lost to follow-up."""
    best: Curve
    """As `lasting`, with relief of everybody who was lost to follow-up until the longest day of the group."""
    notes: tuple[str, ...]


def by_group(rows: Sequence[Followed], by: str = "condition") -> tuple[tuple[Group, ...], int]:
    """Each group (`condition`, `course` or `site`) by name, and how many people are in groups too small to show."""
    if by not in ("condition", "course", "site"):
        raise UnwoundError(f"«{by}»: condition, course or site is needed")
    names = Counter(getattr(row, by) or "not known" for row in rows)
    least = publishing().smallest.value
    shown = sorted(name for name, count in names.items() if count >= least)
    hidden = sum(count for count in names.values() if count < least)
    if 0 < hidden < least and shown:  # all others together and the total would tell of the few
        smallest = min(shown, key=lambda name: (names[name], name))
        shown.remove(smallest)
        hidden += names[smallest]
    return tuple(
        _group(name, [row for row in rows if (getattr(row, by) or "not known") == name]) for name in shown
    ), hidden


def _group(name: str, rows: Sequence[Followed]) -> Group:
    days, kinds = np.array([row.days for row in rows]), [row.kind for row in rows]
    ended = np.array([kind in EVENTS for kind in kinds])
    gone = np.array([kind == Ended.LOST_TO_FOLLOW_UP for kind in kinds])
    step = int(publishing().at_risk_every.value)
    return Group(
        name=name,
        count=len(rows),
        lasting=kaplan_meier(days, ended),
        ends={kind: cumulative_incidence(days, kinds, kind) for kind in EVENTS},
        at_risk={day: int((days >= day).sum()) for day in range(0, int(days.max()) + 1, step)},
        lost_to_follow_up=int(gone.sum()),
        worst=kaplan_meier(days, ended | gone),
        best=kaplan_meier(np.where(gone, days.max(), days), ended),
        notes=(publishing().new_course_text.text,),
    )


def kaplan_meier(days: Array, ended: Array) -> Curve:
    """The share without an end, by day. Source: Kaplan and Meier 1958; Greenwood's variance, interval on log(-log)."""
    steps, at_risk, counts = _steps(days, [ended])
    share = np.asarray(np.cumprod(1 - counts[0] / at_risk), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(at_risk > counts[0], counts[0] / (at_risk * (at_risk - counts[0])), 0.0))
    return _curve(steps, share, share**2 * variance, 1.0)


def cumulative_incidence(days: Array, kinds: Sequence[Ended], cause: Ended) -> Curve:
    """The share ended by one cause, others competing. Source: Aalen and Johansen 1978, variance by the delta method."""
    own = np.array([kind == cause for kind in kinds])
    steps, n, (d, own_d) = _steps(days, [np.array([kind in EVENTS for kind in kinds]), own])
    left = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]])
    share = np.cumsum(left * own_d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(n > d, d / (n * (n - d)), 0.0)
    later = share[:, None] - share[None, :]
    until = np.tri(steps.size)
    variance = (
        (until * later**2 * hazard).sum(axis=1)
        + np.cumsum(left**2 * own_d * (n - own_d) / n**3)
        - 2 * (until * later * (left * own_d / n**2)).sum(axis=1)
    )
    return _curve(steps, share, np.maximum(variance, 0), 0.0)


def _steps(days: Array, events: Sequence[Array]) -> tuple[Array, Array, list[Array]]:
    """Days on which anything ended, how many were at risk, and how many ended; a censored day counts as at risk."""
    if not days.size:
        raise UnwoundError("there is nobody in this group")
    steps = np.unique(days[np.logical_or.reduce(events)])
    at_risk = days.size - np.searchsorted(np.sort(days), steps, side="left")
    counts = [np.array([(days[event] == step).sum() for step in steps], dtype=float) for event in events]
    return steps, at_risk.astype(float), counts


def _curve(steps: Array, share: Array, variance: Array, start: float) -> Curve:
    """With the interval on log(-log), which stays between 0 and 1; there is none (nan) at 0 and 1 themselves."""
    wide = NormalDist().inv_cdf((1 + publishing().interval.value / 100) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = wide * np.sqrt(variance) / (share * np.abs(np.log(share)))
        ends = np.stack([share ** np.exp(theta), share ** np.exp(-theta)])
    inside = (share > 0) & (share < 1)
    low, high = np.where(inside, ends.min(axis=0), np.nan), np.where(inside, ends.max(axis=0), np.nan)
    if steps.size and steps[0] == 0:
        return Curve(days=steps, share=share, low=low, high=high)
    return Curve(
        days=np.concatenate([[0.0], steps]),
        share=np.concatenate([[start], share]),
        low=np.concatenate([[np.nan], low]),
        high=np.concatenate([[np.nan], high]),
    )
