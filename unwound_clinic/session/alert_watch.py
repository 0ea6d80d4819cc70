"""Alerts into the record when they are first true, whether or not anybody looks at a screen.

Who receives readings calls `look` for the sessions they went to. What only the clock brings about (a check overdue, a
monitor that fell silent) is found by `AlertWatch`, a thread beside the web server and beside the listener; however many
look at once, an alert is recorded once, for each session is locked meanwhile.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from datetime import datetime

from django.db import Error, connection
from django.utils import timezone

from unwound_clinic.core.access import Device
from unwound_clinic.models import InfusionSession, Message
from unwound_clinic.session import watching
from unwound_clinic.session.actions import alerts
from unwound_clinic.session.order import AT_BEDSIDE

EVERY_S = 1.0
NAME = "session watch"
"""As whom the clock's alerts are recorded."""


def look(sessions: Iterable[int], name: str = NAME) -> None:
    """Records what is new in these sessions, by their number; those with nobody at the bedside have nothing new."""
    rows = InfusionSession.objects.filter(pk__in=set(sessions), state__in=AT_BEDSIDE)
    for row in rows.select_related("patient__site", "site", "plan"):
        look_at(row, name)


def look_at(session: InfusionSession, name: str = NAME) -> datetime:
    """Records what is new in one session; gives the time until which nothing can be new by the clock alone."""
    live = watching.live(session)
    if live.new:
        alerts.record_new(by=Device(name, session.site_id), site=session.site, session=session)
    return live.holds_until


def look_after(by: Device, stored: Iterable[object]) -> None:
    """After messages were stored and answered: what is new in the sessions they went to. A fault here loses nothing.

    Whatever is not recorded now is found by `AlertWatch` within a second.
    """
    sessions = {row.session_id for row in stored if isinstance(row, Message) and row.session_id is not None}
    try:
        look(sessions, by.name)
    except Error as reason:
        _say(reason)


class AlertWatch:
    """The thread that looks at every session under way when something came or a time has passed."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, datetime]] = {}
        """Session -> its counter when it was looked at, and until when that holds."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alert watch", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        self._thread.join()

    def look_round(self) -> int:
        """Looks at each session under way that may have something new; gives how many those were."""
        now, looked = timezone.now(), 0
        rows = InfusionSession.objects.filter(state__in=AT_BEDSIDE).select_related("patient__site", "site", "plan")
        seen: dict[int, tuple[int, datetime]] = {}
        for row in rows:
            changed, until = self._seen.get(row.pk, (-1, now))
            if changed != row.changed or until <= now:
                until = look_at(row)
                looked += 1
            seen[row.pk] = (row.changed, until)
        self._seen = seen
        return looked

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look_round()
            except Error as reason:  # the database is away or busy: tried again at the next turn
                _say(reason)
        connection.close()


def _say(reason: Error) -> None:
    """One line to the log, with nothing of a patient; the next look begins with a new connection."""
    print(f"alerts were not looked for: {type(reason).__name__}", file=sys.stderr, flush=True)
    connection.close()
