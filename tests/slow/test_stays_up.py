"""The server under attack and with one of its processes dead: whoever works goes on working."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from devices import Clinic, environment, free_port, make_clinic, web
from postgres import binaries, postgres

pytestmark = pytest.mark.slow
HALF = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=abcdefghijklmnopqrstuvwxyzabcdef\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nlogin="
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Clinic, int]]:
    clinic, port = make_clinic(tmp_path, 1), free_port()
    serve, _ = web(clinic, port)
    kill = serve()
    try:
        yield clinic, port
    finally:
        kill()


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[tuple[Clinic, int]]:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres(programs) as address:
        clinic, port = make_clinic(tmp_path, 1, address), free_port()
        serve, _ = web(clinic, port)
        kill = serve()
        try:
            yield clinic, port
        finally:
            kill()


def status(clinic: Clinic, port: int, page: str, body: bytes | None = None) -> int:
    """What a nurse's browser gets."""
    headers = {"Cookie": f"sessionid={clinic.cookie}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{page}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def answers(port: int, page: str = "/accounts/login/") -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def workers(port: int) -> list[int]:
    """The processes that serve: the children of the one that was started with this port."""
    parents, named = {}, set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if f"--port\0{port}\0".encode() in command:
            named.add(int(entry.name))
        elif b"resource_tracker" in command:
            parents.pop(int(entry.name))
    (main,) = (number for number in named if parents[number] not in named)
    return [number for number, parent in parents.items() if parent == main]


def test_a_worker_that_dies_is_replaced_and_the_others_go_on(served: tuple[Clinic, int]) -> None:
    _, port = served
    before = workers(port)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    until, working = time.monotonic() + 60, 0
    while time.monotonic() < until and len(set(workers(port)) - {before[0]}) < 2:
        working += answers(port)
        time.sleep(0.1)
    after = workers(port)
    assert before[1] in after
    assert len(after) == 2
    assert all(answers(port) for _ in range(10))


def test_forty_half_sent_requests_stop_nobody(served: tuple[Clinic, int]) -> None:
    _, port = served
    held = []
    for _ in range(40):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(HALF)
        held.append(connection)
    assert all(answers(port, page) for page in ("/healthz", "/accounts/login/") for _ in range(5))
    assert b" 408 " in held[0].recv(200)
    for connection in held:
        connection.close()


def test_after_a_restart_of_the_database_no_request_is_lost(on_postgres: tuple[Clinic, int]) -> None:
    clinic, port = on_postgres
    assert {status(clinic, port, "/patients/") for _ in range(24)} == {200}
    clinic.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    assert [status(clinic, port, "/patients/") for _ in range(32)] == [200] * 32


def test_a_forgotten_transaction_stops_nobody_for_long(on_postgres: tuple[Clinic, int]) -> None:
    clinic, port = on_postgres
    with psycopg.connect(clinic.address) as forgotten:
        forgotten.execute("SELECT * FROM unwound_clinic_audithead FOR UPDATE")
        began = time.monotonic()
        assert status(clinic, port, "/patients/1/") == 503
        assert time.monotonic() - began < 30, "before, there was no end"
        assert status(clinic, port, "/healthz") == 200
        assert forgotten.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1min",)
    assert status(clinic, port, "/patients/1/") == 200


def test_a_lock_from_outside_is_said_in_words_and_screens_go_on(served: tuple[Clinic, int]) -> None:
    clinic, port = served
    with closing(sqlite3.connect(clinic.data / "clinic.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert status(clinic, port, "/patients/1/") == 503
        assert status(clinic, port, "/readyz") == 503
        assert status(clinic, port, "/healthz") == 200
        other.execute("ROLLBACK")
    assert status(clinic, port, "/patients/1/") == 200


def test_a_second_server_on_one_folder_is_refused(served: tuple[Clinic, int]) -> None:
    clinic, _ = served
    said = clinic.run("serve", "--no-browser", "--port", str(free_port()), "--data", str(clinic.data))
    assert "another server works on this folder" in said


def test_a_folder_is_changed_only_by_what_may_and_after_a_copy(tmp_path: Path) -> None:
    clinic = make_clinic(tmp_path, 1)
    manage = [sys.executable, str(Path(__file__).parents[2] / "manage.py")]
    older = [*manage, "migrate", "unwound_clinic", "0014_screened_groups"]
    subprocess.run(older, env=environment(tmp_path), check=True, capture_output=True)
    names = "SELECT max(name) FROM django_migrations WHERE app = 'unwound_clinic'"
    assert "the audit chain is intact" in clinic.run("verify-audit", "--data", str(tmp_path))
    assert clinic.ask(names) == [("0014_screened_groups",)], "who looks changes nothing"
    assert "a copy from before is kept" in clinic.run("replay-decisions", "--data", str(tmp_path))
    assert clinic.ask(names) > [("0015",)]
    (copy,) = (tmp_path / "before-upgrade").iterdir()
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute(names).fetchone() == ("0014_screened_groups",)
        assert before.execute("SELECT count(*) FROM unwound_clinic_patient").fetchone() > (0,)
