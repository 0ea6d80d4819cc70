"""For how long nothing came from any monitor during an infusion: the clinic, the network or a monitor was away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from unwound.session.events import EventKind
from unwound.session.readings import from_us, us
from unwound.session.shortening import QUIET_US
from unwound_clinic.session import translate
from unwound_clinic.session.watching import Live

SAID_FOR = timedelta(hours=1)
"""How long after its end it stays on the screen; the record keeps it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From the last reading before it to the first after it."""

    since: datetime
    until: datetime

    @property
    def minutes(self) -> int:
        """Whole minutes."""
        return round((self.until - self.since) / timedelta(minutes=1))


def of(live: Live) -> tuple[Gap, ...]:
    """Each silence of all monitors together since the start that has ended, the last first; of the last hour only."""
    start = translate.latest_event(live.rows, EventKind.START)
    continuous = {id for check in live.limits.checks if check.every_min is None for id in check.signs}
    series = [
        own.at_us for channel, own in live.arrivals.series.items() if not channel.by_hand and channel.sign in continuous
    ]
    if start is None or not series:
        return ()
    at_us = np.unique(np.concatenate(series))
    since = max(us(start.at), us(live.watched.at - SAID_FOR))
    at_us = at_us[np.searchsorted(at_us, us(start.at)) :]
    silent = np.flatnonzero(np.diff(at_us) >= QUIET_US)
    gaps = (Gap(from_us(at_us[place]), from_us(at_us[place + 1])) for place in reversed(silent.tolist()))
    return tuple(gap for gap in gaps if us(gap.until) >= since)
