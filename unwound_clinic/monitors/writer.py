"""Messages of many monitors into the record by one thread: all that wait go into one transaction.

An answer is given only for what is known: AA when the message is on the disk (now or from before), AE when it surely is
not. Where a commit broke off and the database cannot be asked, nothing is answered and the connection is closed: the
sender sends again, and a message that is there already is not stored twice.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from django.db import Error, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone

from unwound.exchange import hl7v2
from unwound_clinic.core import reserve
from unwound_clinic.core.access import Device
from unwound_clinic.models import Message, Site
from unwound_clinic.monitors import actions, arrivals, learned, stored_rows
from unwound_clinic.monitors.arrivals import Arrival
from unwound_clinic.monitors.learned import Learned
from unwound_clinic.session import alert_watch

WAIT_S = 4.0
"""How long a locked database is waited for: less than monitors wait for their answer."""
MOST_TOGETHER = 250
MOST_WAITING = 5000
_LEARNED_FOR_S = 2.0
KEPT_OF_ONE = 65_536
"""Bytes that are kept of a message without an end."""
_FULL = "too many messages are waiting; send this one again"


class Unknown(Exception):
    """Whether a message was stored is not known: no answer may be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One message that waits, and where its answer goes."""

    raw: bytes
    received_at: datetime
    refusal: str = ""
    """Why it is refused before it is read."""
    torn: bool = False
    """Its end never came: it is kept, and not answered."""
    answer: Future[bytes] = field(default_factory=Future)


def store(by: Device, site: Site, arrived: Sequence[Arrival]) -> Sequence[Message | str | Unknown]:
    """For each message its row, or why it surely is not stored, or that this is not known."""
    if reserve.for_people_only():
        return ["not stored: the disk is nearly full, and what is left is kept for people"] * len(arrived)
    begun = time.monotonic()
    for last_try in (False, True):
        inside = True
        try:
            with transaction.atomic(durable=True):
                stored = actions.receive(by=by, site=site, arrived=arrived)
                inside = False
            return stored
        except Exception as reason:
            connection.close()
            if not inside:
                return [_after_all(site, arrival, reason) for arrival in arrived]
            if not last_try and time.monotonic() - begun < WAIT_S / 2:
                continue
            if len(arrived) > 1 and not _is_of_database(reason):  # one of them spoils it for all: one by one
                return [store(by, site, [arrival])[0] for arrival in arrived]
            return [f"not stored: {_why(reason)}"] * len(arrived)
    raise AssertionError("tried twice")


def _after_all(site: Site, arrival: Arrival, reason: Exception) -> Message | str | Unknown:
    """A commit broke off: the record knows whether it happened."""
    try:
        same = {"sender": arrival.sender, "control_id": arrival.control_id, "digest": arrival.digest}
        message = Message.objects.filter(site=site, **same).first()
    except Error:
        connection.close()
        return Unknown(_why(reason))
    return message or f"not stored: {_why(reason)}"


class Writer:
    """The thread; `submit` may be called from any other."""

    def __init__(self, by: Device, site: Site) -> None:
        self.by, self.site = by, site
        self._jobs: queue.Queue[Job | None] = queue.Queue(MOST_WAITING)
        self._learned: Mapping[str, Learned] = {}
        self._learned_until = 0.0
        self._last: dict[str, datetime] = {}
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begins to write."""
        connection_created.connect(_impatient)
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits, then ends."""
        self._jobs.put(None)
        self._thread.join()

    def submit(self, raw: bytes, received_at: datetime, refusal: str = "") -> Future[bytes]:
        """The answer to a message, once it is known; its exception is `Unknown` where it cannot be."""
        job = Job(raw=raw, received_at=received_at, refusal=refusal)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            job.answer.set_result(hl7v2.acknowledge(raw, "AE", _FULL, at=timezone.now()))
        return job.answer

    def keep(self, begun: bytes, received_at: datetime) -> Future[bytes]:
        """Keeps the received part of a torn message: no answer (empty), or why it is not kept, as an exception."""
        job = Job(raw=begun, received_at=received_at, torn=True)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            job.answer.set_exception(Unknown("too many messages are waiting"))
        return job.answer

    def _run(self) -> None:
        while True:
            jobs, last = self._waiting()
            try:
                if jobs:
                    self._write(jobs)
            except BaseException as reason:  # no caller may wait for an answer that never comes
                for job in jobs:
                    if not job.answer.done():
                        job.answer.set_exception(Unknown(str(reason)))
            if last:
                connection.close()
                return

    def _waiting(self) -> tuple[list[Job], bool]:
        """All that wait, at least one; and whether they are the last."""
        jobs, job = [], self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST_TOGETHER:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _write(self, jobs: Sequence[Job]) -> None:
        self._learn()
        read = [self._read(job) for job in jobs]
        arrived = [_arrival(job, received) for job, received in zip(jobs, read, strict=True)]
        stored = store(self.by, self.site, arrived)
        for job, received, result in zip(jobs, read, stored, strict=True):
            if job.torn:
                _settle(job, result)
            elif isinstance(result, Message):
                self._remember(received)
                answer = hl7v2.acknowledge(received, result.answer, result.reason, at=timezone.now())
                job.answer.set_result(answer)
            elif isinstance(result, str):
                job.answer.set_result(hl7v2.acknowledge(received, "AE", result, at=timezone.now()))
            else:
                job.answer.set_exception(result)
        alert_watch.check_after(self.by, stored)

    def _read(self, job: Job) -> hl7v2.Received:
        if job.torn:
            return hl7v2.Received(code="")
        if job.refusal:
            return hl7v2.Received(code="AR", reason=job.refusal, error="207", header=hl7v2.header(job.raw))
        sender = arrivals.sender_of(hl7v2.header(job.raw))
        known = self._learned.get(stored_rows.name_of(sender), Learned())
        return hl7v2.read(
            job.raw,
            received_at=job.received_at,
            zone=known.zone or self.site.zone,
            after=self._last.get(sender),
            corrected_s=known.clock_ahead_s,
            codes=known.codes,
        )

    def _remember(self, received: hl7v2.Received) -> None:
        if received.readings:
            if len(self._last) > actions.MOST_MONITORS:
                self._last.clear()
            self._last[arrivals.sender_of(received.header)] = max(read.reading.at for read in received.readings)

    def _learn(self) -> None:
        """What people said of monitors, now and then; without the database what is known holds."""
        if time.monotonic() < self._learned_until:
            return
        try:
            self._learned = learned.of_site(self.site)
        except Error:
            connection.close()
        self._learned_until = time.monotonic() + _LEARNED_FOR_S


def _arrival(job: Job, received: hl7v2.Received) -> Arrival:
    if job.torn:
        return arrivals.from_torn(job.raw, job.received_at, KEPT_OF_ONE)
    return arrivals.from_hl7(job.raw, received, job.received_at)


def _settle(job: Job, result: Message | str | Unknown) -> None:
    """A torn message has no answer: the caller hears only when it is not kept."""
    if isinstance(result, Message):
        job.answer.set_result(b"")
    else:
        job.answer.set_exception(Unknown(str(result)))


def _impatient(connection: BaseDatabaseWrapper, **_: object) -> None:
    """A lock is waited for no longer than a monitor waits for its answer."""
    limit = int(WAIT_S * 1000)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout={limit}")
        else:
            cursor.execute(f"SET lock_timeout={limit}")
            cursor.execute(f"SET statement_timeout={2 * limit}")


def _is_of_database(reason: Exception) -> bool:
    """Locked, full, away: every message would meet it, not only one."""
    return type(reason).__name__ in ("OperationalError", "InterfaceError")


def _why(reason: Exception) -> str:
    """The first line of what went wrong, without anything of the message."""
    reason_text = (str(reason).splitlines() or [""])[0] if isinstance(reason, Error) else type(reason).__name__
    return reason_text[:120] or "the database gave no reason"
