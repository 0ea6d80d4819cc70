"""What tests of devices need: a listener as a process of its own, a monitor that speaks to it, messages."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from unwound.exchange import hl7v2
from unwound.session import Reading

if TYPE_CHECKING:
    from unwound_clinic.models import InfusionSession, Patient, User

ROOT = Path(__file__).resolve().parents[2]


def oru(
    number: int | str = 1,
    *values: tuple[str, float | None],
    at: datetime | None = None,
    patient_id: str = "",
    bed: str = "B1",
    name: str = "MON1",
) -> bytes:
    """A monitor's message of now; without values one of SpO2 that names its number."""
    when = at or datetime.now(UTC).replace(microsecond=0)
    told = values or (("spo2", 97.0),)
    readings = [
        Reading(at=when, kind=kind, value=value, source="probe", status="value" if value is not None else "no-sensor")
        for kind, value in told
    ]
    return hl7v2.write(
        readings, control_id=f"C{number}", at=when, patient_id=patient_id, bed=bed, application=name, zone=when.tzinfo
    )


def bedside(patient: Patient, by: User, bed: str, state: str = "infusing") -> InfusionSession:
    """A session as rows: what led to it is tested elsewhere."""
    from unwound_clinic.models import Decision, InfusionSession, Plan

    now = datetime.now(UTC)
    computed = {"shown": {}, "version": "x", "data_fingerprint": "x"}
    decision = Decision.objects.create(patient=patient, known={}, signed_by=by, signed_at=now, **computed)
    plan = Plan.objects.create(
        patient=patient,
        decision=decision,
        weight_kg=70,
        concentration_mg_per_ml=2,
        ordered_by=by,
        ordered_at=now,
        protocol="crps_ketamine_5_days",
        state="checked",
        **computed,
    )
    return InfusionSession.objects.create(
        patient=patient, site=patient.site, plan=plan, bed=bed, state=state, scheduled_at=now
    )


@dataclass
class Line:
    """A connection as a monitor has it."""

    port: int
    timeout: float = 60.0
    _socket: socket.socket = field(init=False)
    _framer: hl7v2.Framer = field(init=False, default_factory=hl7v2.Framer)
    _answers: list[bytes] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)

    def put(self, raw: bytes) -> None:
        """Bytes as they are."""
        self._socket.sendall(raw)

    def send(self, message: bytes) -> str:
        """A message; its answer."""
        self.put(hl7v2.framed(message))
        return self.answer()

    def answer(self) -> str:
        """The next answer; ConnectionError where the line ends before."""
        while not self._answers:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("closed without an answer")
            self._answers += [frame.content for frame in self._framer.feed(data)]
        return self._answers.pop(0).decode()

    def close(self, *, rudely: bool = False) -> None:
        """Hangs up; rudely by a reset."""
        if rudely:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()


def code(answer: str) -> str:
    """AA, AE or AR."""
    return next(line for line in answer.split("\r") if line.startswith("MSA")).split("|")[1]


def answered(answer: str) -> str:
    """The control id that was answered."""
    return next(line for line in answer.split("\r") if line.startswith("MSA")).split("|")[2]


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Clinic:
    """A clinic in a folder or database of its own, and what its record says: asked beside Django, as it is on disk."""

    data: Path
    address: str = ""
    key: str = ""
    """With which readings are posted."""
    cookie: str = ""
    """Of a nurse who is logged in."""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, over a connection of its own."""
        if self.address:
            with psycopg.connect(self.address) as connection:
                return connection.execute(query).fetchall()
        with closing(sqlite3.connect(self.data / "clinic.sqlite3", timeout=30)) as found:
            return found.execute(query).fetchall()

    def count(self, table: str, where: str = "1 = 1") -> int:
        """How many rows there are."""
        return int(self.ask(f"SELECT count(*) FROM unwound_clinic_{table} WHERE {where}")[0][0])

    def charted(self) -> Counter[str]:
        """Control id -> its readings that are in a session."""
        query = (
            "SELECT m.control_id, count(*) FROM unwound_clinic_vitalreading r JOIN unwound_clinic_message m "
            "ON r.message_id = m.id WHERE r.session_id IS NOT NULL GROUP BY m.control_id"
        )
        return Counter(dict(self.ask(query)))

    def accepted(self) -> Counter[str]:
        """Control id -> messages with it that were accepted."""
        query = "SELECT control_id, count(*) FROM unwound_clinic_message WHERE answer = 'AA' GROUP BY control_id"
        return Counter(dict(self.ask(query)))

    def run(self, *command: str) -> str:
        """What a command of `unwound` says."""
        told = [str(Path(sys.executable).parent / "unwound"), *command]
        done = subprocess.run(
            told, capture_output=True, text=True, env=environment(self.data, self.address), check=False
        )
        return done.stdout + done.stderr


def make_clinic(data: Path, beds: int = 2, address: str = "", *, real: bool = False) -> Clinic:
    """A clinic with sessions under way in beds B1, B2 ...; `real` ones with everything their screens show."""
    script = Path(__file__).parent / "make_clinic.py"
    told = subprocess.run(
        [sys.executable, str(script), str(beds), *(["real"] if real else [])],
        capture_output=True,
        text=True,
        env=environment(data, address),
        check=True,
    )
    return Clinic(data, address, **json.loads(told.stdout))


@dataclass
class Process:
    """A listener that runs."""

    popen: subprocess.Popen[str]
    port: int

    def kill(self) -> None:
        """kill -9."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def log(self) -> str:
        """What it said, after it ended."""
        return self.popen.communicate(timeout=60)[1]


def environment(data: Path, address: str = "") -> dict[str, str]:
    """The environment of a process on this folder or database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UNWOUND_", "DJANGO_"))}
    told = {"UNWOUND_DATABASE_URL": address} if address else {}
    return kept | told | {"UNWOUND_DATA": str(data)}


def start(data: Path, port: int, address: str = "", before: Sequence[str] = (), options: Sequence[str] = ()) -> Process:
    """`unwound listen` when it said that it is ready; port 0 is any that is free."""
    unwound = str(Path(sys.executable).parent / "unwound")
    told = options or ("--site", "First Site")
    command = [*before, unwound, "listen", "--port", str(port), "--data", str(data), *told]
    popen = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(data, address)
    )
    assert popen.stdout is not None
    said = popen.stdout.readline()
    if "listens" not in said:
        raise AssertionError(said + popen.communicate(timeout=60)[1])
    return Process(popen, int(said.split(" (")[0].rsplit(":", 1)[1]))


@contextmanager
def listener(data: Path, address: str = "", **options: Sequence[str]) -> Iterator[Process]:
    """A listener for the length of a block."""
    started = start(data, 0, address, **options)
    try:
        yield started
    finally:
        if started.popen.poll() is None:
            started.popen.terminate()
            try:
                started.popen.wait(15)
            except subprocess.TimeoutExpired:
                started.kill()


def web(clinic: Clinic, port: int = 0) -> tuple[Callable[[], Callable[[], None]], str]:
    """What starts the web server (and gives what kills it with all its workers), and its address."""
    chosen = port or free_port()
    unwound = str(Path(sys.executable).parent / "unwound")
    command = [unwound, "serve", "--no-browser", "--port", str(chosen), "--data", str(clinic.data)]

    def serve() -> Callable[[], None]:
        popen = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(clinic.data, clinic.address) | {"UNWOUND_MFA": "off"},
            start_new_session=True,
        )

        def kill() -> None:
            os.killpg(popen.pid, signal.SIGKILL)
            popen.wait()

        assert popen.stdout is not None
        said = popen.stdout.readline()
        if "ready" not in said:
            kill()
            raise AssertionError(said)
        return kill

    return serve, f"http://127.0.0.1:{chosen}"
