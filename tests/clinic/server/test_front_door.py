"""The door of the web server: what arrives slowly, in pieces or not at all keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from unwound_clinic import front_door
from unwound_clinic.front_door import FrontDoor, Message, Refusal, group_of, work


def alone(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, coroutine).result()


def echo(request: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    """A page that says how much was sent, and by which group of threads it works."""
    start("200 OK", [("Content-Type", "text/plain")])
    yield f"{len(request['wsgi.input'].read())} by {threading.current_thread().name.split()[0]}".encode()


def scope(path: str = "/", length: int | None = None, **headers: str) -> Message:
    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    named += [(b"content-length", str(length).encode())] if length is not None else []
    return {"type": "http", "method": "POST", "path": path, "query_string": b"a=1", "http_version": "1.1",
            "headers": named, "client": ("192.0.2.7", 5), "server": ("127.0.0.1", 80)}  # fmt: skip


async def ask(door: FrontDoor, request: Message, *pieces: bytes | None) -> tuple[int, bytes]:
    """Status and body; after the last piece nothing more comes, and None is a connection that was closed."""
    coming, sent = list(pieces), []

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()
        piece = coming.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece.rstrip(b"+"), "more_body": piece.endswith(b"+")}

    async def send(message: Message) -> None:
        sent.append(message)

    await door(request, receive, send)
    return (sent[0]["status"], sent[1]["body"]) if sent else (0, b"")


def test_a_request_in_pieces_arrives_whole() -> None:
    assert alone(ask(FrontDoor(echo), scope(), b"12345+", b"678+", b"")) == (200, b"8 by others")


def test_half_sent_requests_hold_no_thread_and_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_sent(door: FrontDoor) -> list[asyncio.Task[tuple[int, bytes]]]:
        return [asyncio.create_task(ask(door, scope("/accounts/login/", 5000), b"abcdef+")) for _ in range(40)]

    async def attacked() -> tuple[int, bytes]:
        door = FrontDoor(echo)
        held = half_sent(door)
        await asyncio.sleep(0)
        other = await ask(door, scope("/patients/"), b"")
        assert not any(task.done() for task in held)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        return other

    async def waited_for() -> list[tuple[int, bytes]]:
        return list(await asyncio.gather(*half_sent(FrontDoor(echo))))

    monkeypatch.setattr(front_door, "BODY_WITHIN_S", 600)
    assert alone(attacked()) == (200, b"0 by others")
    monkeypatch.setattr(front_door, "BODY_WITHIN_S", 0.05)
    held = alone(waited_for())
    assert {status for status, _ in held} == {408}
    assert b"Nothing was saved" in held[0][1]


def test_the_body_waited_for_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async def crowded() -> list[int]:
        door = FrontDoor(echo)
        held = [asyncio.create_task(ask(door, scope(length=9), b"abc+")) for _ in range(3)]
        for _ in range(20):
            await asyncio.sleep(0)
        ended = [task.result()[0] for task in held if task.done()]
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        return ended

    monkeypatch.setattr(front_door, "MOST_UNFINISHED", 2)
    assert alone(crowded()) == [408]


@pytest.mark.parametrize(("length", "pieces"), [(101, (b"",)), (None, (b"a" * 60 + b"+", b"a" * 41))])
def test_a_body_that_is_too_large_is_refused_declared_or_not(
    length: int | None, pieces: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "LARGEST_BODY", 100)
    assert alone(ask(FrontDoor(echo), scope(length=length), *pieces))[0] == 413


def test_one_byte_less_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "LARGEST_BODY", 100)
    assert alone(ask(FrontDoor(echo), scope(length=100), b"a" * 100))[0] == 200


def test_who_hung_up_is_not_answered_and_no_page_works() -> None:
    assert alone(ask(FrontDoor(echo), scope(length=9), b"abc+", None)) == (0, b"")


def test_rooms_are_answered_while_everything_else_is_busy() -> None:
    release = threading.Event()

    def slow(request: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        if not request["PATH_INFO"].startswith("/sessions/"):
            release.wait(60)
        return echo(request, start)

    async def busy() -> tuple[int, bytes]:
        door = FrontDoor(slow)
        held = [asyncio.create_task(ask(door, scope(path), b"")) for path in ("/patients/", "/api/readings") * 10]
        await asyncio.sleep(0.05)
        answer = await asyncio.wait_for(ask(door, scope("/sessions/1/now/"), b""), 50)
        release.set()
        await asyncio.gather(*held)
        return answer

    assert alone(busy()) == (200, b"0 by rooms")


def test_records_are_answered_while_strangers_have_pictures_drawn_and_those_one_after_the_other() -> None:
    release, at_work = threading.Event(), []

    def slow(request: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        if request["PATH_INFO"].startswith("/learn/try/"):
            at_work.append(request["PATH_INFO"])
            release.wait(60)
        return echo(request, start)

    async def busy() -> tuple[tuple[int, bytes], int]:
        door = FrontDoor(slow)
        held = [asyncio.create_task(ask(door, scope(f"/learn/try/{number}/"), b"")) for number in range(12)]
        await asyncio.sleep(0.05)
        answer = await asyncio.wait_for(ask(door, scope("/patients/"), b""), 50)
        drawing = len(at_work)
        release.set()
        await asyncio.gather(*held)
        return answer, drawing

    assert alone(busy()) == ((200, b"0 by others"), 1)
    assert len(at_work) == 12


def test_more_than_can_be_worked_on_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "MOST_WAITING", -4)
    status, why = alone(ask(FrontDoor(echo), scope("/patients/"), b""))
    assert (status, b"send it again" in why) == (503, True)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/sessions/7/", "rooms"),
        ("/sessions/7/do/", "rooms"),
        ("/sessions/7/now/", "rooms"),
        ("/board/now/", "rooms"),
        ("/readyz", "rooms"),
        ("/sessions/7/record.pdf", "others"),
        ("/sessions/7/readings.csv", "others"),
        ("/patients/7/", "others"),
        ("/accounts/login/", "others"),
        ("/api/readings", "readings"),
        ("/learn/try/wind_up/picture.svg", "drawn"),
        ("/learn/questions/how_long/", "others"),
    ],
)
def test_each_address_has_its_threads(path: str, group: str) -> None:
    assert group_of(path) == group


def test_headers_are_passed_as_wsgi_names_them_and_none_passes_for_another() -> None:
    seen: dict[str, Any] = {}

    def page(request: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        seen.update(request)
        start("200 OK", [])
        return [b""]

    headers = {"host": "clinic.test", "x_forwarded_for": "198.51.100.1", "content-type": "text/x", "cookie": "a=1"}
    request = scope("/pätients/", 3, **headers)
    request["headers"].append((b"cookie", b"b=2"))
    alone(ask(FrontDoor(page), request, b"abc"))
    assert (seen["HTTP_HOST"], seen["CONTENT_TYPE"], seen["CONTENT_LENGTH"]) == ("clinic.test", "text/x", "3")
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/pätients/"
    assert seen["REMOTE_ADDR"] == "192.0.2.7"


def test_an_answer_is_closed_by_the_thread_that_made_it_also_after_a_fault() -> None:
    closed: list[bool] = []

    class Parts:
        def __iter__(self) -> Any:
            raise ValueError("a fault")

        def close(self) -> None:
            closed.append(True)

    with pytest.raises(ValueError, match="a fault"):
        work(lambda _request, _start: Parts(), {})
    assert closed == [True]
    assert Refusal(408, "x").status == 408
