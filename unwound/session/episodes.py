"""Stretches of readings beyond a limit, and stretches without any: what alerts are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from unwound.session.readings import Bools, Times


@dataclass(frozen=True, slots=True)
class Run:
    """Readings beyond a limit that are one episode: places of the first and last of them, and when it was over."""

    first: int
    last: int
    over_us: int | None


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without what was expected: from when it was too long, and when it ended."""

    since_us: int
    until_us: int | None


def runs(at_us: Times, beyond: Bools, within: Bools, rejoin_us: float) -> tuple[Run, ...]:
    """The episodes of the readings `beyond`: over at the first reading `within` that no other follows soon enough.

    Readings that are neither end nothing. No reading within, wherever it falls, can take an episode away: it can
    only part one in two.
    """
    if not beyond.any():
        return ()
    places = np.flatnonzero(beyond | within)
    out = beyond[places]
    first = places[out & ~np.append(False, out[:-1])]
    ends = np.flatnonzero(out & ~np.append(out[1:], False))
    last = places[ends]
    parted = at_us[first[1:]] - at_us[last[:-1]] > rejoin_us
    first, last, ends = first[np.append(True, parted)], last[np.append(parted, True)], ends[np.append(parted, True)]
    over = [int(at_us[places[end + 1]]) if end + 1 < places.size else None for end in ends]
    return tuple(Run(int(a), int(b), c) for a, b, c in zip(first, last, over, strict=True))


def silences(at_us: Times, since_us: int, until_us: int, allowed_us: int, *, open_end: bool) -> tuple[Silence, ...]:
    """Where more than `allowed_us` passed between the times, from `since_us` (as if there was one) to `until_us`."""
    inside = at_us[(at_us > since_us) & (at_us <= until_us)]
    points = np.concatenate(([since_us], inside, [until_us]))
    places = np.flatnonzero(np.diff(points) > allowed_us)
    return tuple(
        Silence(
            int(points[place]) + allowed_us, None if open_end and place == points.size - 2 else int(points[place + 1])
        )
        for place in places
    )


def overlapping(parts: Iterable[Silence]) -> tuple[Silence, ...]:
    """The same stretches, those that overlap as one."""
    # A stretch may go on still: it then has no end, and takes in all that follow.
    together: list[Silence] = []
    for silence in sorted(parts, key=lambda part: part.since_us):
        before = together[-1] if together else None
        if before is not None and (before.until_us is None or silence.since_us <= before.until_us):
            until = (
                None
                if None in (before.until_us, silence.until_us)
                else max(before.until_us or 0, silence.until_us or 0)
            )
            together[-1] = Silence(before.since_us, until)
        else:
            together.append(silence)
    return tuple(together)
