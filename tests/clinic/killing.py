"""Load that never gives up, while something is killed again and again; then the record is compared with the answers.

Each line is a monitor: it numbers its messages, sends each until it is answered, and remembers the answer. Some refused
messages are given up on purpose: nothing of them may be charted.
"""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from devices import Clinic, Line, Process, code, free_port, oru, start

from unwound.session import sign

VALUES = (("spo2", 97.0), ("pulse_rate", 70.0), ("systolic", 120.0))


@dataclass(kw_only=True)
class Load:
    """Monitors on lines of their own, and what they were told."""

    clinic: Clinic
    lines: int = 4
    seed: int = 1
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Given up after a refusal, and never sent again."""
    kills: int = 0
    _ends: threading.Event = field(default_factory=threading.Event)

    def kill_listener(self, times: int) -> None:
        """kill -9 of the listener, and a new one on the same port."""
        port = free_port()
        process = start(self.clinic.data, port, self.clinic.address)

        def once() -> None:
            nonlocal process
            process.kill()
            process = start(self.clinic.data, port, self.clinic.address)

        try:
            self._under(lambda number: self._monitor(number, port), times, once)
        finally:
            _end(process)

    def kill_connections(self, times: int) -> None:
        """Every connection to the database is cut by its server."""
        port = free_port()
        process = start(self.clinic.data, port, self.clinic.address)
        try:
            self._under(lambda number: self._monitor(number, port), times, self._cut)
        finally:
            _end(process)

    def kill_web(self, times: int, serve: Callable[[], Callable[[], None]], address: str) -> None:
        """kill -9 of the web server and its workers; `serve` starts it and gives what kills it."""
        kill = serve()

        def once() -> None:
            nonlocal kill
            kill()
            kill = serve()

        try:
            self._under(lambda number: self._poster(number, address), times, once)
        finally:
            kill()

    def judge(self) -> None:
        """Every acknowledged message is in the record once and whole; nothing refused is charted; the log holds."""
        accepted, charted = self.clinic.accepted(), self.clinic.charted()
        lost = {one for one in self.acknowledged if accepted[one] != 1 or charted[one] != len(VALUES)}
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} not there once and whole: {sorted(lost)[:5]}"
        wrong = {one for one in self.refused if accepted[one] or charted[one]}
        assert not wrong, f"refused and in the record: {sorted(wrong)[:5]}"
        torn = {one for one in accepted if accepted[one] != 1 or charted[one] != len(VALUES)}
        assert not torn, f"in the record but not once and whole: {sorted(torn)[:5]}"
        assert len(self.acknowledged) > self.kills
        assert "the audit chain is intact" in self.clinic.run("verify-audit", "--data", str(self.clinic.data))

    def _under(self, work: Callable[[int], None], times: int, kill: Callable[[], None]) -> None:
        chance = random.Random(self.seed)
        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(self.lines)]
        for thread in threads:
            thread.start()
        for _ in range(times):
            time.sleep(chance.uniform(0.02, 0.4))
            kill()
            self.kills += 1
        time.sleep(0.5)
        until = time.monotonic() + 60  # on a busy machine a message may not be through yet between two kills
        while len(self.acknowledged) <= self.kills and time.monotonic() < until:
            time.sleep(0.02)
        self._ends.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "a monitor never got its answer"

    def _monitor(self, number: int, port: int) -> None:
        chance, line, count = random.Random(self.seed * 100 + number), None, 0
        while not self._ends.is_set():
            count += 1
            raw, gives_up = oru(f"{number}-{count}", *VALUES, bed=f"B{number + 1}"), chance.random() < 0.3
            while True:
                try:
                    line = line or Line(port, timeout=20)
                    told = code(line.send(raw))
                except OSError:
                    line = None
                    time.sleep(0.02)
                    continue
                if told == "AA":
                    self.acknowledged.add(f"C{number}-{count}")
                elif gives_up:
                    self.refused.add(f"C{number}-{count}")
                else:
                    time.sleep(0.02)
                    continue
                break

    def _poster(self, number: int, address: str) -> None:
        chance, count = random.Random(self.seed * 100 + number), 0
        while not self._ends.is_set():
            count += 1
            key, gives_up = f"C{number}-{count}", chance.random() < 0.3
            at = datetime.now(UTC).isoformat()
            items = [{"kind": kind, "value": value, "unit": sign(kind).unit, "at": at} for kind, value in VALUES]
            body = json.dumps({"device": "G", "bed": f"B{number + 1}", "readings": items}).encode()
            headers = {"Authorization": f"Bearer {self.clinic.key}", "Idempotency-Key": key}
            request = urllib.request.Request(f"{address}/api/readings", body, headers)
            while True:
                told = _posted(request)
                if told in (200, 201):
                    self.acknowledged.add(key)
                elif told == 503 and gives_up:
                    self.refused.add(key)
                else:
                    time.sleep(0.02)
                    continue
                break

    def _cut(self) -> None:
        with psycopg.connect(self.clinic.address) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )


def _posted(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as reason:
        return reason.code
    except OSError:
        return 0


def _end(process: Process) -> None:
    if process.popen.poll() is None:
        process.kill()
