"""The values from which a baseline is taken: what the monitor that is already sending shows now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from unwound.session import display
from unwound_clinic.session.watching import Live

FRESH = timedelta(minutes=5)
"""A value of the monitor is offered as baseline for so long."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A believed value of a monitor, and when it was read."""

    value: float
    at: datetime

    def says(self, zone: tzinfo) -> str:
        """«from the monitor, 09:41:10»."""
        return f"from the monitor, {self.at.astimezone(zone):%H:%M:%S}"


def of_the_monitor(live: Live) -> dict[str, Taken]:
    """For each sign of a baseline the last believed value that a device sent in the last minutes.

    A sign whose probes disagree about what is newest is taken from the one that was read last.
    """
    taken: dict[str, Taken] = {}
    wanted, oldest = set(display.baseline()), live.watched.at - FRESH
    for current in live.watched.current:
        believed, id = current.believed, current.channel.sign
        if id not in wanted or current.channel.by_hand or believed is None or believed.value is None or believed.bound:
            continue
        if believed.at >= oldest and (id not in taken or believed.at > taken[id].at):
            taken[id] = Taken(believed.value, believed.at)
    return taken


def as_shown(values: Mapping[str, float], taken: Mapping[str, Taken]) -> dict[str, Taken]:
    """Of the values that were charted, those that are what the monitor showed."""
    return {id: taken[id] for id, value in values.items() if id in taken and taken[id].value == value}
