"""Whether the clock of this machine can be believed: against one that nobody sets, and against what was stored last."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import Error
from django.utils import timezone

from unwound_clinic.models import AuditEvent

TOLERANCE = timedelta(seconds=3)
"""More than a clock is corrected by in small steps, and than two machines of one clinic differ by."""
READ_WITHIN_S = 0.5
SHOWN_FOR = timedelta(hours=2)
"""How long a jump stays on the screens: until everybody who charted beside it has seen it."""


@dataclass(frozen=True, slots=True)
class Jump:
    """The clock was set: when, by the clock as it is now, and how far ahead."""

    at: datetime
    ahead: timedelta
    steady: float


def _steady() -> float:
    """Seconds that only go forward, also while a laptop sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Watch:
    """Compares the clock with the steady one of the machine, which nobody sets and which goes on in its sleep."""

    def __init__(self) -> None:
        self._wall, self._steady = time.time(), _steady()
        self._jump: Jump | None = None
        self._lock = threading.Lock()

    def jump(self) -> Jump | None:
        """The last jump, for as long as it is shown."""
        with self._lock:
            before, wall, steady = _steady(), time.time(), _steady()
            if steady - before > READ_WITHIN_S:  # interrupted between the two: looked at the next time
                return self._jump
            ahead = timedelta(seconds=(wall - self._wall) - (steady - self._steady))
            self._wall, self._steady = (wall, steady) if abs(ahead) > TOLERANCE else (self._wall, self._steady)
            if abs(ahead) > TOLERANCE:
                self._jump = Jump(datetime.fromtimestamp(wall, UTC), ahead, steady)
            elif self._jump is not None and steady - self._jump.steady > SHOWN_FOR.total_seconds():
                self._jump = None
            return self._jump


WATCH = Watch()


def notice(now: datetime | None = None) -> str:
    """What every screen says while the clock cannot be believed; nothing while it can."""
    at = now or timezone.now()
    jump = WATCH.jump()
    if jump is not None:
        by = _words(abs(jump.ahead))
        way = "forward" if jump.ahead > timedelta() else "back"
        return (
            f"The clock of this clinic was set {way} by {by} (its time now: {at:%H:%M:%S} UTC). Compare it with a "
            "watch, and check the times of what was charted since."
        )
    last = _last_stored()
    if last is not None and last - at > TOLERANCE:
        return (
            f"The clock of this clinic is wrong, or was: the last entry is from {last:%d %b %H:%M:%S} UTC, and now it "
            f"is {at:%d %b %H:%M:%S} UTC. Compare it with a watch, and check the times of what was charted."
        )
    return ""


def _last_stored() -> datetime | None:
    """The time of the newest event of the log; None without one, or without a database that answers."""
    try:
        return AuditEvent.objects.order_by("-number").values_list("at", flat=True).first()
    except Error:
        return None


def _words(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
