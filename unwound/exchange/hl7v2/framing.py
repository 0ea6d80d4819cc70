"""MLLP: bytes of a connection -> the messages in them, however they were cut on the way.

Not the reader of the package `hl7`: that throws a good message away together with the line end or the torn message
before it, and answers neither. Here a start mark always begins anew, and what lies between messages costs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from unwound.exchange.hl7v2.envelope import LIMIT_BYTES

START, END, LAST = b"\x0b", b"\x1c", b"\r"

Kind = Literal["message", "torn", "too-long"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole message; or the beginning of one that was cut off by the next, or that has no end within the limit."""

    kind: Kind
    content: bytes


def framed(message: bytes) -> bytes:
    """A message between its marks."""
    return START + message + END + LAST


@dataclass(slots=True)
class Framer:
    """Takes the bytes of one connection in any pieces and gives its frames in order; keeps no more than the limit."""

    limit: int = LIMIT_BYTES
    garbage: int = 0
    """Bytes outside of messages since the last of them; line ends do not count."""
    _inside: bytearray | None = None
    _skipping: bool = field(default=False)
    """Within a message that was too long, up to its end."""

    @property
    def begun(self) -> bytes:
        """What has arrived of a message whose end has not."""
        return bytes(self._inside or b"")

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._inside is not None or self._skipping

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete."""
        place = 0
        while place < len(data):
            if self._inside is None:
                place = self._between(data, place)
            else:
                place, frames = self._within(self._inside, data, place)
                yield from frames

    def _between(self, data: bytes, place: int) -> int:
        """Up to the next start mark; the end of a message that was too long ends there too."""
        start = data.find(START, place)
        stop = len(data) if start < 0 else start
        if self._skipping:
            end = data.find(END, place, stop)
            if end >= 0:
                self._skipping, place = False, end + 1
        if not self._skipping:
            self.garbage += len(data[place:stop].translate(None, b"\r\n" + END))
        if start >= 0:
            self._inside, self._skipping, self.garbage = bytearray(), False, 0
        return stop + 1

    def _within(self, inside: bytearray, data: bytes, place: int) -> tuple[int, tuple[Frame, ...]]:
        """Up to the end mark, a start mark, or the limit."""
        end, start = data.find(END, place), data.find(START, place)
        marks = [mark for mark in (end, start) if mark >= 0]
        stop = min(marks, default=len(data))
        inside += data[place : min(stop, place + self.limit + 1 - len(inside))]
        if len(inside) > self.limit:
            self._inside, self._skipping = None, True
            return stop, (Frame("too-long", bytes(inside)),)
        if not marks:
            return stop, ()
        if stop == start:
            self._inside = bytearray()
            return stop + 1, (Frame("torn", bytes(inside)),) if inside else ()
        self._inside = None
        return stop + 1, (Frame("message", bytes(inside)),)
