"""Alerts go into the record when they are first true, whether or not a screen is open.

The code that receives readings calls `check` for the sessions they went to. What only time brings about (an overdue
check, a monitor that fell silent) is found by `AlertWatch`, a thread beside the web server and beside the listener. An
alert is recorded once, however many check at the same time, for each session is locked meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from django.db import Error, connection
from django.utils import timezone

from unwound_clinic.core import log_lines
from unwound_clinic.core.access import Device
from unwound_clinic.models import InfusionSession, Message
from unwound_clinic.session import known, watching
from unwound_clinic.session.actions import alerts
from unwound_clinic.session.order import AT_BEDSIDE

EVERY_S = 1.0
NAME = "session watch"
"""As whom the clock's alerts are recorded."""


def check(sessions: Iterable[int], name: str = NAME) -> None:
    """Records what is new in these sessions, by their number; those without a patient in the room have nothing new."""
    rows = InfusionSession.objects.filter(pk__in=set(sessions), state__in=AT_BEDSIDE)
    for row in rows.select_related("patient__site", "site", "plan"):
        check_session(row, name)


def check_session(session: InfusionSession, name: str = NAME) -> datetime:
    """Records what is new in one session; gives the time until which nothing can be new by the clock alone."""
    live = watching.live(session)
    if live.new:
        alerts.record_new(by=Device(name, session.site_id), site=session.site, session=session)
    known.store(session)
    return live.holds_until


def check_after(by: Device, stored: Iterable[object]) -> None:
    """After messages were stored and answered: what is new in the sessions they went to. A fault here loses nothing.

    Whatever is not recorded now is found by `AlertWatch` within a second.
    """
    sessions = {row.session_id for row in stored if isinstance(row, Message) and row.session_id is not None}
    try:
        check(sessions, by.name)
    except Error as reason:
        _say(reason)


class AlertWatch:
    """The thread that checks every session in progress when something arrived or a time has passed."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, datetime]] = {}
        """Session -> its counter when it was checked, and until when that holds."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alert watch", daemon=True)

    def start(self) -> None:
        """Starts checking."""
        self._thread.start()

    def stop(self) -> None:
        """Stops checking."""
        self._stopping.set()
        self._thread.join()

    def check_all(self) -> int:
        """Checks each session in progress that may have something new; returns how many were checked."""
        now, checked = timezone.now(), 0
        rows = InfusionSession.objects.filter(state__in=AT_BEDSIDE).select_related("patient__site", "site", "plan")
        seen: dict[int, tuple[int, datetime]] = {}
        for row in rows:
            changed, until = self._seen.get(row.pk, (-1, now))
            if changed != row.changed or until <= now:
                until = check_session(row)
                checked += 1
            seen[row.pk] = (row.changed, until)
        self._seen = seen
        return checked

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.check_all()
            except Error as reason:  # the database is away or busy: tried again at the next turn
                _say(reason)
        connection.close()


def _say(reason: Error) -> None:
    """One line to the log, without patient data; the next check begins with a new connection."""
    log_lines.say(f"alerts were not checked: {type(reason).__name__}")
    connection.close()
