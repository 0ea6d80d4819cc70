"""What people here have said about a monitor: its time zone, how far its clock is off, what its own codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from unwound.exchange.readings import Codes, Mapped
from unwound_clinic.models import Monitor, MonitorCode, Site


@dataclass(frozen=True, slots=True)
class Learned:
    """Of one monitor; without any of it, it is read as it comes."""

    zone: ZoneInfo | None = None
    clock_ahead_s: float = 0.0
    codes: Codes = field(default_factory=dict)


def of_site(site: Site) -> Mapping[str, Learned]:
    """Of every monitor of a site, by its name."""
    codes: dict[int, dict[str, Mapped]] = {}
    for row in _confirmed().filter(monitor__site=site):
        codes.setdefault(row.monitor_id, {})[row.code.casefold()] = Mapped(row.sign, row.unit)
    monitors = Monitor.objects.filter(site=site).only("name", "timezone", "clock_ahead_s")
    return {monitor.name: _learned(monitor, codes.get(monitor.pk, {})) for monitor in monitors}


def of_monitor(monitor: Monitor) -> Learned:
    """Of one monitor."""
    return _learned(monitor, codes_of(monitor))


def codes_of(monitor: Monitor) -> Codes:
    """The codes of one monitor that two people have said."""
    return {row.code.casefold(): Mapped(row.sign, row.unit) for row in _confirmed().filter(monitor=monitor)}


def _confirmed() -> QuerySet[MonitorCode]:
    return MonitorCode.objects.filter(ended_at=None).exclude(confirmed_by=None)


def _learned(monitor: Monitor, codes: Codes) -> Learned:
    zone = ZoneInfo(monitor.timezone) if monitor.timezone else None
    return Learned(zone, monitor.clock_ahead_s or 0.0, codes)
