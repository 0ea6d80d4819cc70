"""The monitors of the demonstration: who is at a bedside in its story stays watched for as long as it is served."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import Error, connection, models
from django.db.models import Max
from django.utils import timezone

from unwound.exchange import hl7v2
from unwound_clinic.core import access
from unwound_clinic.models import InfusionSession
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors import arrivals, simulator
from unwound_clinic.session.order import AT_BEDSIDE

EVERY_S = 10
AT_A_TIME = 200
"""Messages of a monitor that are stored in one action."""
SENT_LATER = timedelta(hours=1)
"""A monitor that was out of reach for this long sends what it kept; after longer there is a gap."""


def stream(row: InfusionSession, first: datetime) -> Iterator[tuple[datetime, bytes]]:
    """What the monitor at this bed sends from then on, without end."""
    named = simulator.Named(patient_id=row.patient.number, bed=row.bed)
    moments = simulator.invented(row.patient_id, first)
    sent = (moment for moment in moments if round((moment[0] - first).total_seconds()) % EVERY_S == 0)
    return simulator.messages(sent, named)


def receive(row: InfusionSession, messages: Sequence[tuple[datetime, bytes]], received_at: datetime | None) -> None:
    """Takes messages in, at once when they were sent or all at one time."""
    arrived = [
        arrivals.from_hl7(raw, hl7v2.read(raw, received_at=received_at or at), received_at or at)
        for at, raw in messages
    ]
    by = access.Device("demonstration monitor", row.site_id)
    monitors_actions.receive(by=by, site=row.site, arrived=arrived)


class Bedside:
    """A thread that sends for every session at a bedside when it began, until that patient has left."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bedside", daemon=True)
        self._streams = {row.pk: _from_now_on(row) for row in _at_bedside()}
        self._next = {number: next(sent) for number, sent in self._streams.items()}

    def start(self) -> None:
        """Begins, with what came since the last reading."""
        self.send_due(timezone.now())
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._stopping.set()
        self._thread.join()

    def send_due(self, now: datetime) -> None:
        """Sends everything that is due by now."""
        for row in _at_bedside().filter(pk__in=self._streams):
            due = list(self._due(row.pk, now))
            for start in range(0, len(due), AT_A_TIME):
                receive(row, due[start : start + AT_A_TIME], now)

    def _due(self, number: int, now: datetime) -> Iterator[tuple[datetime, bytes]]:
        while self._next[number][0] <= now:
            yield self._next[number]
            self._next[number] = next(self._streams[number])

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.send_due(timezone.now())
            except Error:  # a database that is busy or away: what is due is lost, as with a monitor's cable
                continue
            finally:
                connection.close()


def _at_bedside() -> models.QuerySet[InfusionSession]:
    return InfusionSession.objects.filter(state__in=AT_BEDSIDE).exclude(bed="").select_related("patient", "site")


def _from_now_on(row: InfusionSession) -> Iterator[tuple[datetime, bytes]]:
    last = row.readings.filter(by=None).aggregate(last=Max("at"))["last"]
    now = timezone.now()
    return stream(row, max(last + timedelta(seconds=EVERY_S), now - SENT_LATER) if last else now)
