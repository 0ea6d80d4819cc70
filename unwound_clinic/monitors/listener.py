"""The MLLP listener: connections of monitors -> the writer -> the answers, in the order of each connection's messages.

Bounded everywhere: connections, those of one address, silence, size of a message, bytes outside of messages, time for
the rest of a message, time to take an answer. A message that is torn or cut off by the end of the connection is never
acknowledged: the part received is held for review, nothing of it is charted, and the sender sends it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from django.utils import timezone

from unwound.exchange import hl7v2
from unwound.exchange.hl7v2 import Frame, Framer
from unwound_clinic.core import log_lines
from unwound_clinic.monitors.encrypted import HANDSHAKE_WITHIN_S
from unwound_clinic.monitors.writer import KEPT_OF_ONE, Unknown, Writer

MOST_CONNECTIONS = 200
MOST_FROM_ONE = 100
"""Connections of one address: no single machine takes the place of all others. A gateway has one for each monitor."""
FIRST_WITHIN_S = 30.0
"""A new line begins its first message by then; one that only stands there gives way even before, when others come."""
IDLE_S = 900.0
"""A line that says nothing for so long is closed; a monitor that has something to say connects again."""
REST_WITHIN_S = 30.0
"""A message that has begun has ended by then, and an answer is taken by then."""
MOST_GARBAGE = 65_536
MOST_TORN = 100
"""Messages torn off with no whole one between, before the line is hung up on."""
_PIECE = 65_536
_TOO_LONG = f"the message is longer than {hl7v2.LIMIT_BYTES} bytes; its beginning is kept"


@dataclass(slots=True)
class Open:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    spoke: bool = False
    """Whether a message came over it."""
    gives_way: bool = False
    """Whether it was closed for another, and is only not gone yet."""


class Listener:
    """One port and its connections."""

    def __init__(self, writer: Writer, tls: ssl.SSLContext | None = None) -> None:
        self.writer, self.tls = writer, tls
        self._open: dict[asyncio.Task[None], Open] = {}
        self._end: Callable[[], object] = lambda: None

    def stop(self) -> None:
        """Ends the listening in order, from any thread; nothing where it does not listen."""
        self._end()

    async def run(self, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Listens until it is stopped, or SIGTERM or SIGINT; what was received is answered first."""
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(stopping.set)
        # Not the loop's own way of signals, which Windows has not.
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            patience = HANDSHAKE_WITHIN_S if self.tls else None
            server = await asyncio.start_server(
                self._connected, host, port, ssl=self.tls, ssl_handshake_timeout=patience
            )
            async with server:
                ready(server.sockets[0].getsockname()[1])
                await stopping.wait()
                server.close()
                for line in self._open.values():
                    line.writer.transport.pause_reading()  # type: ignore[attr-defined]
                    line.reader.feed_eof()
                await asyncio.gather(*self._open, return_exceptions=True)
        finally:
            self._end = lambda: None
            for number, handler in before.items():
                signal.signal(number, handler)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        refusal = self._refusal(_address(writer))
        if refusal:
            _say(writer, f"refused: {refusal}")
            writer.close()
            return
        line = self._open[task] = Open(reader, writer)
        framer = Framer()
        try:
            _keep_alive(writer)
            await self._talk(line, framer)
        except (TimeoutError, OSError) as reason:
            _say(writer, f"closed: {str(reason) or 'no answer from the other side'}")
        except Unknown as reason:
            _say(writer, f"closed without an answer, it is not known whether the message is stored: {reason}")
        finally:
            self._keep(framer.begun, writer)
            self._open.pop(task)
            writer.close()

    def _refusal(self, address: str) -> str:
        """Why one more connection of this address is not taken; empty where it is. A silent line may give way to it."""
        if sum(_address(line.writer) == address for line in self._open.values()) >= MOST_FROM_ONE:
            return f"{MOST_FROM_ONE} connections of this address are open"
        if len(self._open) < MOST_CONNECTIONS:
            return ""
        silent = next((task for task, line in self._open.items() if not line.spoke and not line.gives_way), None)
        if silent is None:
            return f"{MOST_CONNECTIONS} connections are open"
        self._open[silent].gives_way = True
        self._open[silent].writer.transport.abort()
        return ""

    async def _talk(self, line: Open, framer: Framer) -> None:
        """Answers messages until the other side closes; OSError where it sends no MLLP, or no whole message."""
        reader, writer = line.reader, line.writer
        loop, deadline, torn = asyncio.get_running_loop(), None, 0
        while True:
            if not framer.waiting:
                deadline = None
            elif deadline is None:
                deadline = loop.time() + REST_WITHIN_S
            silent_s = IDLE_S if line.spoke else FIRST_WITHIN_S
            try:
                async with asyncio.timeout_at(deadline or loop.time() + silent_s):
                    data = await reader.read(_PIECE)
            except TimeoutError:
                if deadline is None:
                    raise TimeoutError(f"nothing came for {silent_s:g} s") from None
                raise TimeoutError(f"the rest of a message did not come within {REST_WITHIN_S:g} s") from None
            if not data:
                return
            frames = list(framer.feed(data))
            torn += sum(frame.kind == "torn" for frame in frames)
            if torn > MOST_TORN:
                raise OSError(f"{MOST_TORN} messages were torn off and none came whole")
            if frames:
                deadline, line.spoke = None, True
                torn = torn if all(frame.kind == "torn" for frame in frames) else 0
                await self._answer(frames, writer)
            if framer.garbage > MOST_GARBAGE:
                raise OSError("what comes is not MLLP")

    async def _answer(self, frames: list[Frame], writer: asyncio.StreamWriter) -> None:
        """Each message to the writer, then the answers in order. An answer that cannot be known ends the connection."""
        asked = []
        for frame in frames:
            if frame.kind == "torn":
                self._keep(frame.content, writer)
            elif frame.kind == "too-long":
                asked.append(self.writer.submit(frame.content[:KEPT_OF_ONE], timezone.now(), _TOO_LONG))
            else:
                asked.append(self.writer.submit(frame.content, timezone.now()))
        for future in asked:
            writer.write(hl7v2.framed(await asyncio.wrap_future(future)))
        async with asyncio.timeout(REST_WITHIN_S):
            await writer.drain()

    def _keep(self, begun: bytes, writer: asyncio.StreamWriter) -> None:
        """The received part of a torn message goes to the writer; it is not waited for and not answered."""
        if begun:
            _say(writer, f"a message was torn off after {len(begun)} bytes: not acknowledged, nothing charted")
            self.writer.keep(begun, timezone.now()).add_done_callback(partial(_say_if_lost, writer))


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Notices a monitor whose plug was pulled without closing; answers are sent at once."""
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, seconds in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)


def _say_if_lost(writer: asyncio.StreamWriter, kept: Future[bytes]) -> None:
    if (reason := kept.exception()) is not None:
        _say(writer, f"what came of the torn message is not kept: {reason}")


def _address(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("peername")
    return str(peer[0]) if peer else "nowhere"


def _say(writer: asyncio.StreamWriter, what: str) -> None:
    """One line to the log, with the address and nothing of a patient."""
    log_lines.say(f"connection from {_address(writer)}: {what}")
