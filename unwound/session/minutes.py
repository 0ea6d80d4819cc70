"""The believed values of a probe by minute, or finer: lowest, highest, first and last time, how many.

A bound («<70») stands with its number: a fall of which no more is known is drawn at least as far.

Nothing is averaged; pictures of a long session are drawn from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unwound.session.readings import BELIEVED, SECOND, Channel, Floats, Series, Times

MINUTE = 60 * SECOND
FINE = 10 * SECOND
FINE_FOR = 120 * MINUTE
"""So long the finer ones are kept."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """One row for each stretch of a width, as a minute, in which a probe sent a value. Shape (n,)."""

    channel: Channel
    first_us: Times
    last_us: Times
    low: Floats
    high: Floats
    number: Times
    width_us: int = MINUTE

    def __len__(self) -> int:
        return int(self.first_us.size)

    def plus(self, *others: Minutes) -> Minutes:
        """These and later ones; a minute that is in both becomes one."""
        parts = [self, *others]
        first, last, number = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("first_us", "last_us", "number")
        )
        low, high = (np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "high"))
        return by_column(self.channel, first // self.width_us, (first, last, low, high, number), self.width_us)

    def between(self, since_us: int, until_us: int) -> Minutes:
        """Those that begin from one time up to, not with, another."""
        kept = (self.first_us >= since_us) & (self.first_us < until_us)
        rows = (self.first_us[kept], self.last_us[kept], self.low[kept], self.high[kept], self.number[kept])
        return Minutes(self.channel, *rows, self.width_us)


def of_series(series: Series, width_us: int = MINUTE) -> Minutes:
    """The stretches of a series."""
    values = series.of(*BELIEVED)
    ones = np.ones(len(values), dtype=np.int64)
    rows = (values.at_us, values.at_us, values.value, values.value, ones)
    return by_column(series.channel, values.at_us // width_us, rows, width_us)


Rows = tuple[Times, Times, Floats, Floats, Times]


def by_column(channel: Channel, place: Times, rows: Rows, width_us: int) -> Minutes:
    """Neighbours of the same place as one: first and last time, lowest, highest, number."""
    if not place.size:
        return Minutes(channel, *rows, width_us)
    begins = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    first, last, low, high, number = rows
    return Minutes(
        channel,
        first_us=np.minimum.reduceat(first, begins),
        last_us=np.maximum.reduceat(last, begins),
        low=np.minimum.reduceat(low, begins),
        high=np.maximum.reduceat(high, begins),
        number=np.add.reduceat(number, begins),
        width_us=width_us,
    )
