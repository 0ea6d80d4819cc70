"""Limits at the listener and of what is posted: silent lines give way, no address takes all, people come first."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import namedtuple
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from small_clinic import House

from unwound.exchange.hl7v2 import framed
from unwound_clinic.core import reserve, trouble
from unwound_clinic.models import Message
from unwound_clinic.monitors import actions, listener
from unwound_clinic.monitors.pages import api

Usage = namedtuple("Usage", "total used free")


class Writer:
    """Acknowledges whatever comes."""

    def submit(self, raw: bytes, received_at: datetime, refusal: str = "") -> Future[bytes]:
        answer: Future[bytes] = Future()
        answer.set_result(b"ok")
        return answer

    def keep(self, begun: bytes, received_at: datetime) -> Future[bytes]:
        return self.submit(begun, received_at)


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def at_a_listener(script: Any) -> Any:
    """Runs a script with what opens a line; in a thread of its own, beside any other event loop."""

    async def run() -> Any:
        heard: Any = listener.Listener(Writer())  # type: ignore[arg-type]
        server = await asyncio.start_server(heard._connected, "127.0.0.1", 0)
        place = server.sockets[0].getsockname()[:2]
        lines: list[Line] = []

        async def line() -> Line:
            lines.append(await asyncio.open_connection(*place))
            return lines[-1]

        try:
            return await asyncio.wait_for(script(line), 60)
        finally:
            for _, writer in lines:
                writer.close()
            server.close()

    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, run()).result()


async def says(line: Line) -> bytes:
    """What the listener answers to a message; nothing where it hung up."""
    line[1].write(framed(b"one"))
    try:
        return await line[0].read(100)
    except ConnectionError:
        return b""


def test_silent_lines_give_way_to_a_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 4)

    async def script(line: Any) -> list[bytes]:
        working = await line()
        assert await says(working) == framed(b"ok")
        silent = [await line() for _ in range(3)]
        await asyncio.sleep(0.05)
        monitor = await line()
        answers = [await says(monitor), await says(working)]
        return [*answers, *[await says(one) for one in silent]]

    new, working, *silent = at_a_listener(script)
    assert (new, working) == (framed(b"ok"), framed(b"ok"))
    assert silent == [b"", framed(b"ok"), framed(b"ok")], "the oldest silent one, and no other"


def test_lines_that_work_give_way_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 2)

    async def script(line: Any) -> list[bytes]:
        working = [await line() for _ in range(2)]
        for one in working:
            await says(one)
        return [await says(await line()), *[await says(one) for one in working]]

    assert at_a_listener(script) == [b"", framed(b"ok"), framed(b"ok")]


@pytest.mark.parametrize(("number", "answer"), [(3, framed(b"ok")), (4, b"")])
def test_no_address_takes_the_place_of_all(number: int, answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_FROM_ONE", 3)

    async def script(line: Any) -> bytes:
        for _ in range(number - 1):
            await says(await line())
        return await says(await line())

    assert at_a_listener(script) == answer


@pytest.mark.parametrize("spoke", [False, True])
def test_a_line_that_says_nothing_is_closed(spoke: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "IDLE_S" if spoke else "FIRST_WITHIN_S", 0.2)

    async def script(line: Any) -> bytes:
        opened = await line()
        if spoke:
            await says(opened)
        return await opened[0].read(100)

    assert at_a_listener(script) == b""


def post(house: House, number: int) -> Any:
    nurse = house.by("nurse")
    monitor = actions.add_monitor(by=nurse, site=house.site, name="Gateway")
    key = actions.give_key(by=nurse, site=house.site, monitor=monitor)
    at = datetime.now(UTC).isoformat()
    content = {"bed": "B1", "readings": [{"kind": "spo2", "value": 97, "at": at}] * number}
    return Client().post(
        "/api/readings", json.dumps(content), "application/json", headers={"Authorization": f"Bearer {key}"}
    )


@pytest.mark.parametrize(("number", "status"), [(3, 201), (4, 413)])
def test_more_readings_than_are_worked_on_in_a_moment_are_refused_in_words(
    house: House, number: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_READINGS", 3)
    answer = post(house, number)
    assert answer.status_code == status
    assert ("send them in parts" in answer.content.decode()) is (status == 413)
    assert Message.objects.exists() is (status == 201)


@pytest.mark.parametrize(("free", "status"), [(64_000_000, 201), (63_999_999, 503)])
def test_what_is_left_of_a_disk_is_for_people(
    house: House, free: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - free, free))
    assert post(house, 1).status_code == status
    assert Message.objects.exists() is (status == 201)


def test_a_reserve_is_kept_and_given_back_on_a_full_disk(tmp_path: Path, settings: Any, rf: Any) -> None:
    settings.DATA = tmp_path
    reserve.keep(tmp_path)
    kept = (tmp_path / reserve.FILE).stat()
    assert kept.st_blocks * 512 >= kept.st_size > 0
    assert "send it again now" not in trouble.page(rf.post("/sessions/1/do/"), trouble.BUSY).content.decode()
    assert (tmp_path / reserve.FILE).exists()
    assert "send it again now" in trouble.page(rf.post("/sessions/1/do/"), trouble.FULL).content.decode()
    assert not (tmp_path / reserve.FILE).exists()
    assert not reserve.give_back()


def test_no_reserve_is_taken_where_little_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 4 * reserve.SIZE - 1))
    reserve.keep(tmp_path)
    assert not (tmp_path / reserve.FILE).exists()
