"""A simulated monitor: a recorded or invented patient as a vendor's HL7 stream, each message until acknowledged."""

from __future__ import annotations

import math
import random
import socket
import ssl
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, groupby
from pathlib import Path
from typing import TypeAlias

from unwound.exchange import hl7v2
from unwound.exchange.device_codes import kinds
from unwound.exchange.readings import ReadingsError
from unwound.exchange.readings_csv import read_csv
from unwound.exchange.wfdb_record import read_header, read_record
from unwound.session import Reading
from unwound.session.signs import ReadingState

ANSWER_WITHIN_S = 10.0
_AGAIN_AFTER_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_PIECE = 65_536
Moment: TypeAlias = tuple[datetime, Sequence[Reading]]
"""A time, and all that is read then."""


class Rejected(Exception):
    """A message that was refused for good (AR): sending it again would not help."""


@dataclass(kw_only=True)
class Sender:
    """A connection to a listener that is made anew whenever it breaks."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    tried: int = 0
    """Messages that had to be sent again."""
    _socket: socket.socket | None = None
    _framer: hl7v2.Framer = field(default_factory=hl7v2.Framer)

    def send(self, message: bytes, say: Callable[[str], None]) -> None:
        """Sends until it is accepted. Rejected where the other side says that it never will be."""
        for again in count():
            try:
                code, text = self._ask(message)
            except OSError as reason:
                self.close()
                code, text = "", f"{self.host}:{self.port}: {(reason.strerror or str(reason) or 'no answer').lower()}"
            if code == "AA":
                return
            if code == "AR":
                raise Rejected(text)
            self.tried += 1
            say(f"sent again: {text or 'refused'}")
            time.sleep(_AGAIN_AFTER_S[min(again, len(_AGAIN_AFTER_S) - 1)])

    def close(self) -> None:
        """Hangs up."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _ask(self, message: bytes) -> tuple[str, str]:
        """The code and text of the answer."""
        if self._socket is None:
            line = socket.create_connection((self.host, self.port), ANSWER_WITHIN_S)
            self._socket = self.tls.wrap_socket(line, server_hostname=self.host) if self.tls else line
            self._framer = hl7v2.Framer()
        self._socket.sendall(hl7v2.framed(message))
        while True:
            data = self._socket.recv(_PIECE)
            if not data:
                raise ConnectionError("the line was closed without an answer")
            for frame in self._framer.feed(data):
                return _acknowledgement(frame.content)


def invented(seed: int, start: datetime) -> Iterator[Moment]:
    """An invented patient without end: what is read at each moment. The same seed and start give the same."""
    shape = tomllib.loads((Path(__file__).parent / "simulated_patient.toml").read_text(encoding="utf-8"))
    chance = random.Random(seed)
    phase, off, cuff = chance.uniform(0, math.tau), shape["sensor_off"], shape["cuff"]
    for second in count(step=shape["every_s"]):
        at = start + timedelta(seconds=second)
        swing = math.sin(phase + math.tau * second / shape["swing"]["period_s"])
        no_sensor = second % off["every_s"] >= off["every_s"] - off["for_s"]
        signs = dict(shape["signs"])
        if second % cuff["every_s"] == 0:
            signs |= {name: shape_of_sign for name, shape_of_sign in cuff.items() if name != "every_s"}
        yield (
            at,
            [
                Reading(at=at, kind=name, source="1", status=ReadingState.NO_SENSOR)
                if no_sensor and name in off["signs"]
                else Reading(at=at, kind=name, value=_value(shape_of_sign, swing, chance), source="1")
                for name, shape_of_sign in signs.items()
            ],
        )


def recorded(file: Path, start: datetime) -> Iterator[Moment]:
    """A table (CSV) or WFDB record (.hea, its signal files beside it), moved so that it begins at `start`."""
    try:
        if file.suffix == ".hea":
            header = file.read_text(encoding="utf-8", errors="replace")
            files = {signal.file: (file.parent / signal.file).read_bytes() for signal in read_header(header).signals}
            batch = read_record(header, files, start=start)
        else:
            batch = read_csv(
                file.read_bytes(), received_at=datetime.max.replace(tzinfo=UTC), zone=UTC, allowed_ahead_s=0
            )
    except OSError as reason:
        raise ReadingsError(f"{reason.filename}: cannot be read: {(reason.strerror or 'unknown').lower()}") from None
    except ReadingsError as reason:
        raise ReadingsError(f"{file}: {reason}") from None
    readings = sorted(
        (read.reading for read in batch.readings if read.reading.kind in kinds()), key=lambda read: read.at
    )
    if not readings:
        raise ReadingsError(f"{file}: it contains no reading that a monitor sends")
    shift = start - readings[0].at
    for at, together in groupby(readings, key=lambda read: read.at):
        yield at + shift, [replace(reading, at=at + shift) for reading in together]


@dataclass(frozen=True, slots=True)
class Named:
    """How the stream names monitor, bed and patient."""

    name: str = "SIMULATOR"
    bed: str = ""
    patient_id: str = ""
    version: str = "2.6"


def messages(moments: Iterable[Moment], named: Named) -> Iterator[tuple[datetime, bytes]]:
    """The stream as HL7 v2."""
    for at, together in moments:
        yield (
            at,
            hl7v2.write(
                together,
                control_id=f"{at:%Y%m%d%H%M%S%f}",
                at=at,
                patient_id=named.patient_id,
                bed=named.bed,
                version=named.version,
                application=named.name,
            ),
        )


def _value(shape: Mapping[str, float], swing: float, chance: random.Random) -> float:
    value = shape["middle"] + shape["swing"] * swing + chance.gauss(0, shape["noise"])
    return float(round(min(value, shape.get("highest", math.inf))))


def _acknowledgement(answer: bytes) -> tuple[str, str]:
    for segment in answer.decode("utf-8", "replace").split("\r"):
        fields = [*segment.split("|"), "", "", ""]
        if fields[0] == "MSA":
            return fields[1], fields[3]
    return "", "the answer is no acknowledgement"
