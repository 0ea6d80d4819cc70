"""Heads of the audit log leave this machine by themselves, so that a chain made anew is noticed.

UNWOUND_AUDIT_HEADS names where to: a folder (a share of another machine, a stick), or after «|» a command that gets
each head as a line of JSON on its standard input (mail, a signing service).
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from unwound_clinic.core import audit, log_lines
from unwound_clinic.core.audit import Head

FILE = "unwound-audit-heads.jsonl"
EVERY_S = 600.0
COMMAND_WITHIN_S = 60
STATE = "heads-sent.json"
"""In the clinic's folder: the number of the last head that left, and when, or why it did not."""


@dataclass(frozen=True, slots=True)
class NotSent(Exception):
    """A head that did not leave: why."""

    why: str


def send(target: str, head: Head) -> None:
    """One head to where it is kept. NotSent where it did not arrive."""
    line = json.dumps({"number": head.number, "digest": head.digest, "at": timezone.now().isoformat()}) + "\n"
    try:
        if target.startswith("|"):
            subprocess.run(target[1:], shell=True, input=line, encoding="utf-8", check=True, timeout=COMMAND_WITHIN_S)
            return
        if not Path(target).is_dir():  # a share that is not there must not become a folder of this machine
            raise NotSent(f"{target} is not there")
        with (Path(target) / FILE).open("a", encoding="utf-8") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
    except (OSError, subprocess.SubprocessError) as reason:
        raise NotSent(f"{type(reason).__name__}: {str(reason)[:120]}") from None


def send_new() -> bool:
    """Sends the present head where it is not the last one sent; whether it was."""
    target, head = settings.AUDIT_HEADS, audit.head()
    if not target or head.number in (0, _state().get("number")):
        return False
    try:
        send(target, head)
    except NotSent as reason:
        _remember(number=_state().get("number"), failed=reason.why)
        log_lines.say(f"the head of the audit log was not sent: {reason.why}")
        return False
    _remember(number=head.number, failed="")
    return True


def kept() -> Iterator[Head]:
    """The heads that were sent to a folder, where it can be read."""
    target = settings.AUDIT_HEADS
    if not target or target.startswith("|"):
        return
    try:
        lines = (Path(target) / FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            fields = json.loads(line)
            yield Head(int(fields["number"]), str(fields["digest"]))
        except (ValueError, KeyError, TypeError):
            continue


def last_sent() -> int | None:
    """The number of the last head that left; None where none has."""
    number = _state().get("number")
    return number if isinstance(number, int) else None


def trouble() -> str:
    """What the administrator must know of it: that heads do not leave, in a sentence; empty where all is well."""
    failed = _state().get("failed") if settings.AUDIT_HEADS else ""
    return f"The heads of the audit log do not leave this machine: {failed}." if failed else ""


class Sender:
    """The thread beside the web server that sends heads now and then."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit heads", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Sends the last head, then ends."""
        self._stopping.set()
        self._thread.join(COMMAND_WITHIN_S)

    def _run(self) -> None:
        last = 0.0
        while True:
            ends = self._stopping.wait(1.0)
            if ends or time.monotonic() - last > EVERY_S:
                last = time.monotonic()
                try:
                    send_new()
                except Error as reason:
                    log_lines.say(f"the head of the audit log was not sent: {type(reason).__name__}")
                    connection.close()
            if ends:
                connection.close()
                return


def _state() -> dict[str, object]:
    try:
        return dict(json.loads((settings.DATA / STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _remember(**state: object) -> None:
    place = settings.DATA / STATE
    temporary = place.with_suffix(".new")
    try:
        temporary.write_text(json.dumps(state), encoding="utf-8")
        temporary.replace(place)
    except OSError as reason:
        log_lines.say(f"{STATE} could not be written: {reason.strerror}")
