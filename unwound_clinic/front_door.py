"""The door of the web server: a request is received whole, within its time, before any thread works on it.

A body that stays away keeps no thread from others: it waits on the event loop, and is refused when its time is over.
Three groups of threads work apart from each other, so that the screens of sessions in progress are answered however
much else there is to do.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from unwound_clinic.wsgi import application as pages  # isort: skip: the settings come first
from unwound_clinic.session import predicted

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

BODY_WITHIN_S = 15.0
"""The time for a small body; a large one has more, by `SLOWEST_BYTES_A_S`."""
SLOWEST_BYTES_A_S = 50_000
LARGEST_BODY = 60_000_000
"""More than the largest file that is taken (50 MB), with the rest of its form."""
IN_MEMORY = 1_000_000
MOST_UNFINISHED = 200
"""Bodies on their way at once; another one takes the place of the one that has been waited for longest."""
MOST_WAITING = 200
"""Requests that wait for a thread of their group; more are refused at once."""
THREADS: Mapping[str, int] = {"rooms": 3, "readings": 2, "others": 4, "drawn": 1}


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A request that reaches no page: its status, and why."""

    status: int
    why: str


def group_of(path: str) -> str:
    """Which threads work on it: rooms and boards, what monitors post, pictures that strangers ask for, all else."""
    if path.startswith("/api/"):
        return "readings"
    if path.startswith("/learn/try/"):  # seconds of work for anybody: these wait for each other, and nobody for them
        return "drawn"
    long_work = path.endswith((".pdf", ".csv", "/import/"))
    rooms = path.startswith(("/sessions/", "/board/", "/wall/", "/healthz", "/readyz", "/static/")) and not long_work
    return "rooms" if rooms else "others"


class FrontDoor:
    """An ASGI application around a WSGI one."""

    def __init__(self, pages: Wsgi) -> None:
        self.pages = pages
        self._unfinished: OrderedDict[asyncio.Task[Any], None] = OrderedDict()
        self._pools = {name: ThreadPoolExecutor(number, f"{name} ") for name, number in THREADS.items()}
        self._waiting = dict.fromkeys(THREADS, 0)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            body = await self._received(scope, receive)
        except Refusal as refusal:
            await _refuse(send, refusal)
            return
        if body is None:  # hung up before the end: nobody waits for an answer
            return
        with body:
            try:
                answer = await self._worked_on(environ(scope, body))
            except Refusal as refusal:
                await _refuse(send, refusal)
                return
        await _answer(send, *answer)

    async def _received(self, scope: Message, receive: Receive) -> io.IOBase | None:
        """The whole body; None where the other side hung up, Refusal where it is too large or too slow."""
        declared = _declared(scope)
        if declared > LARGEST_BODY:
            raise Refusal(413, f"This is larger than {LARGEST_BODY // 1_000_000} MB.")
        reading = asyncio.ensure_future(_read(receive))
        self._unfinished[reading] = None
        if len(self._unfinished) > MOST_UNFINISHED:
            self._unfinished.popitem(last=False)[0].cancel()
        try:
            async with asyncio.timeout(BODY_WITHIN_S + declared / SLOWEST_BYTES_A_S):
                return await reading
        except (TimeoutError, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the server itself stops
                raise
            raise Refusal(408, "The rest of what was sent did not arrive in time. Nothing was saved.") from None
        finally:
            self._unfinished.pop(reading, None)

    async def _worked_on(self, request: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        """The answer of the pages, worked out by a thread of the request's group."""
        group = group_of(request["PATH_INFO"])
        if self._waiting[group] >= MOST_WAITING + THREADS[group]:
            raise Refusal(503, "Too many requests are waiting. Nothing was saved: send it again in a few seconds.")
        self._waiting[group] += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pools[group], work, self.pages, request)
        finally:
            self._waiting[group] -= 1


def work(pages: Wsgi, request: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body; begun and closed in the same thread, to which the database's connection belongs."""
    begun: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        begun[:] = [status, headers]

    parts = pages(request, start)
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    return begun[0], begun[1], body


def environ(scope: Message, body: Any) -> dict[str, Any]:
    """The request as WSGI names it (PEP 3333)."""
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("127.0.0.1", 0)
    request = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:  # «a_b» would pass for «a-b», as which a proxy may be trusted
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        joiner = "; " if key == "HTTP_COOKIE" else ","
        request[key] = f"{request[key]}{joiner}{value}" if key in request else value
    request["CONTENT_LENGTH"] = str(body.seek(0, io.SEEK_END))  # of what came, also where it came in chunks
    body.seek(0)
    return request


async def _read(receive: Receive) -> io.IOBase | None:
    body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115, closed by whoever gets it
    try:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                body.close()
                return None
            body.write(message.get("body", b""))
            if body.tell() > LARGEST_BODY:
                raise Refusal(413, f"This is larger than {LARGEST_BODY // 1_000_000} MB.")
            if not message.get("more_body"):
                return body
    except BaseException:
        body.close()
        raise


def _declared(scope: Message) -> int:
    declared = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"0")
    return int(declared) if declared.isdigit() and len(declared) < 15 else 0


async def _refuse(send: Send, refusal: Refusal) -> None:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
    headers += [("Retry-After", "5")] if refusal.status == 503 else []
    await _answer(send, f"{refusal.status} ", headers, f"{refusal.why}\n".encode())


async def _answer(send: Send, status: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": raw})
    await send({"type": "http.response.body", "body": body})


predicted.engine()  # loads beside the first requests: no room waits for it
application = FrontDoor(pages)
