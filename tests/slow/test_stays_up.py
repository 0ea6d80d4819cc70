"""The server under attack and with one of its processes dead: whoever works goes on working."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from devices import Clinic, free_port, make_clinic, web

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
