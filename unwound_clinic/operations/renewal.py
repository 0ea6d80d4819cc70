"""A change of the clinic's own knowledge is used without a new start of the clinic.

A thread beside the web server looks every two seconds whether a file of the folder or a signature changed, and has it
settled by a process of its own, which may fail without harm. Where something else is to be used then, new processes
take the place of the old ones, one after another: no process ever mixes two states, and none has to forget the first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Max

from unwound import catalogue
from unwound_clinic.core import log_lines, own_knowledge
from unwound_clinic.core.own_knowledge import IN_FORCE, STATE
from unwound_clinic.models import KnowledgeSignature

EVERY_S = 2.0
WITHIN_S = 400
AGAIN_S = 60.0
TRY = "from unwound_clinic import front_door; from unwound import pathway"
"""What a worker of the server begins with."""
SETTLE = "import django; django.setup(); from unwound_clinic.operations import settling; settling.settle()"


def mark() -> tuple[Any, ...]:
    """What changes whenever a file of the folder or a signature does; nothing is read but names, times and sizes."""
    place = own_knowledge.folder()
    files = []
    for path in sorted(place.rglob("*.toml")) if place.is_dir() else ():
        try:
            status = path.stat()
        except OSError:  # gone since, or not to be read: the settling names it
            files.append((str(path), 0, 0))
            continue
        files.append((str(path), status.st_mtime_ns, status.st_size))
    signed = KnowledgeSignature.objects.aggregate(newest=Max("pk"), withdrawn=Count("withdrawn_at"))
    return place.is_dir(), tuple(files), signed["newest"], signed["withdrawn"]


class NotSettled(Exception):
    """The process that settles failed: what was used is used further, and it is tried again."""


def settle_apart() -> float | None:
    """Settles in a process of its own, and names what new processes use.

    Where that is something else than before, one such process is tried and thrown away: gives how many seconds it took
    to be ready; None where nothing has to be replaced.
    """
    _run(SETTLE, os.environ)
    now = own_knowledge.kept_state(settings.DATA / IN_FORCE / STATE).fingerprint
    place = str(settings.DATA / IN_FORCE / now) if now else ""  # an empty name is none
    if os.environ.get(catalogue.OWN, "") == place:
        return None
    began = time.monotonic()
    _run(TRY, {**os.environ, catalogue.OWN: place})
    os.environ[catalogue.OWN] = place
    return time.monotonic() - began


def _run(code: str, environment: Mapping[str, str]) -> None:
    """NotSettled, with the last line of what it said, for a process that failed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(environment),
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=WITHIN_S,
    )
    if done.returncode:
        raise NotSettled(*done.stderr.strip().splitlines()[-1:])


class Renewal:
    """The thread that looks; `replaced` is called when processes must be replaced: with how many seconds one takes."""

    def __init__(self, replaced: Callable[[float], None]) -> None:
        self._replaced = replaced
        self._settled = self._looked = mark()
        self._not_before = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="own knowledge", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what is being settled is not waited for."""
        self._stopping.set()

    def look(self) -> bool:
        """Settles what changed, once it rests: not while an editor is still writing. Whether it was settled."""
        now, before = mark(), self._looked
        self._looked = now
        if now == self._settled or now != before or time.monotonic() < self._not_before:
            return False
        self._not_before = time.monotonic() + AGAIN_S
        took_s = settle_apart()
        self._settled, self._not_before = now, 0.0
        if took_s is not None:
            log_lines.say("own knowledge changed: new processes use it, and replace the others")
            self._replaced(took_s)
        return True

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look()
            except Error as reason:
                log_lines.say(f"own knowledge was not looked at: {type(reason).__name__}")
                connection.close()
            except (OSError, subprocess.SubprocessError, NotSettled) as reason:
                log_lines.say(f"own knowledge could not be settled: {reason}")
        connection.close()
