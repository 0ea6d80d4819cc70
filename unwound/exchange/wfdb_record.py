"""Numerics of a PhysioNet record (WFDB header and signal file, formats 16 and 212) -> readings.

The `wfdb` package would read it too, but brings pandas, matplotlib, aiohttp, requests and soundfile with it; the two
formats in which numerics are kept are a few lines of numpy, and the checksums of the header prove them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from unwound.exchange.clock import When
from unwound.exchange.device_codes import Coding
from unwound.exchange.names import clean, quoted
from unwound.exchange.readings import Batch, ReadingsError, Sent, sort
from unwound.session.signs import ReadingState

Samples: TypeAlias = npt.NDArray[np.int64]
_INVALID = {"16": -32768, "212": -2048}
_BYTES_LIMIT = 500_000_000
_GAIN = re.compile(r"([\d.eE+-]+)(?:\(([+-]?\d+)\))?(?:/(\S+))?", re.ASCII)
_USUAL_GAIN = 200.0
_SLOWEST_HZ = 1e-5
"""About one sample a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One line of the header."""

    file: str
    format: str
    gain: float
    baseline: int
    unit: str
    checksum: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """A header: samples a second, their number, and the signals."""

    name: str
    frequency_hz: float
    samples: int
    signals: tuple[Signal, ...]


def read_header(header: str) -> Record:
    """What a .hea file says. ReadingsError for several segments, other formats, or what is not a header.

    One branch reads, the other states which part of a header is not supported.
    """
    lines = [line for line in header.splitlines() if line.strip() and not line.startswith("#")]
    try:
        first = lines[0].split()
        name, count = first[0], int(first[1])
        frequency = float(re.split(r"[/(]", first[2])[0])
        samples = int(first[3])
        signals = tuple(_signal(line) for line in lines[1 : count + 1])
    except (IndexError, ValueError) as reason:
        raise ReadingsError(f"not a WFDB header: {clean(str(reason))[:100]}") from None
    if "/" in name or len(signals) != count or count < 1 or not _SLOWEST_HZ <= frequency < math.inf or samples < 0:
        raise ReadingsError(f"{quoted(name)}: a header of one segment with its signals and frequency is needed")
    return Record(name, frequency, samples, signals)


def read_record(
    header: str,
    files: Mapping[str, bytes],
    *,
    start: datetime,
    device: str = "",
    nought_is_missing: bool = True,
) -> Batch:
    """The readings of a record that begins at `start` (aware; the dates of published records are shifted on purpose).

    `files` holds the signal files by name. An invalid sample counts as not sent. Nought stands for a missing
    value in numerics of the MIMIC databases; whether probe, cable or patient was away is not recorded. ReadingsError
    for a file that is not there, too short, or not the one whose checksum the header gives.
    """
    if start.tzinfo is None:
        raise ValueError("start needs its offset from UTC")
    record = read_header(header)
    begins, step = start.astimezone(UTC), timedelta(seconds=1 / record.frequency_hz)
    sent = []
    for signal, column in zip(record.signals, _columns(record, files), strict=True):
        for place in np.flatnonzero(column != _INVALID[signal.format]):
            raw = int(column[place])
            value = (raw - signal.baseline) / signal.gain
            at = begins + int(place) * step
            sent.append(_sent(signal, value, at, device or record.name, nought_is_missing))
    return sort(sent)


def _sent(signal: Signal, value: float, at: datetime, device: str, nought_is_missing: bool) -> Sent:
    return Sent(
        codings=(Coding(signal.name, system="wfdb"),),
        value="" if value == 0 and nought_is_missing else f"{value:.6f}".rstrip("0").rstrip("."),
        unit=Coding(signal.unit),
        when=When(at),
        time_from="sample",
        absent=ReadingState.MISSING,
        channel=signal.name,
        device=device,
    )


def _signal(line: str) -> Signal:
    """File, format, gain(baseline)/unit, resolution, zero, first value, checksum, block size, name.

    A line may end after any of its fields; what is left out has the default of the format.
    """
    parts = line.split(maxsplit=8)
    match = _GAIN.fullmatch(parts[2]) if len(parts) > 2 else None
    if match is None or parts[1] not in _INVALID:
        raise ValueError(f"signal {quoted(line)} is not of format {' or '.join(_INVALID)}")
    zero = int(parts[4]) if len(parts) > 4 else 0
    gain = float(match[1]) or _USUAL_GAIN
    if not math.isfinite(gain):
        raise ValueError(f"gain of {quoted(line)}")
    checksum = int(parts[6]) if len(parts) > 6 else None
    name = clean(parts[8]) if len(parts) > 8 else ""
    return Signal(
        file=parts[0],
        format=parts[1],
        gain=gain,
        baseline=int(match[2]) if match[2] else zero,
        unit=match[3] or "",
        checksum=checksum,
        name=name,
    )


def _columns(record: Record, files: Mapping[str, bytes]) -> list[Samples]:
    """The samples of every signal, in the order of the header.

    A branch for each way in which a file can fall short of its header.
    """
    columns: dict[int, Samples] = {}
    for file in dict.fromkeys(signal.file for signal in record.signals):
        here = [place for place, signal in enumerate(record.signals) if signal.file == file]
        formats = {record.signals[place].format for place in here}
        if file not in files or len(formats) != 1:
            raise ReadingsError(f"{quoted(file)} is needed, with signals of one format")
        needed = record.samples * len(here)
        if needed * 2 > _BYTES_LIMIT:
            raise ReadingsError(f"{quoted(file)}: {needed} samples are too many for numerics")
        flat = (_format_16 if formats == {"16"} else _format_212)(files[file], needed)
        if flat.size < needed:
            raise ReadingsError(f"{quoted(file)} ends after {flat.size} of {needed} samples")
        for offset, place in enumerate(here):
            columns[place] = _checked(flat[offset :: len(here)], record.signals[place])
    return [columns[place] for place in range(len(record.signals))]


def _format_16(data: bytes, needed: int) -> Samples:
    """Two bytes a sample, the lower first."""
    return np.frombuffer(data[: min(needed * 2, len(data) // 2 * 2)], "<i2").astype(np.int64)


def _format_212(data: bytes, needed: int) -> Samples:
    """Two samples of twelve bits in three bytes."""
    pairs = (needed + 1) // 2
    padded = data[: pairs * 3] + b"\0" * (1 if len(data) % 3 == 2 and len(data) < pairs * 3 else 0)
    bytes_ = np.frombuffer(padded[: len(padded) // 3 * 3], np.uint8).reshape(-1, 3).astype(np.int64)
    first = bytes_[:, 0] | (bytes_[:, 1] & 0x0F) << 8
    second = bytes_[:, 2] | (bytes_[:, 1] & 0xF0) << 4
    flat = np.column_stack((first, second)).ravel()[:needed]
    return np.where(flat > 2047, flat - 4096, flat)


def _checked(column: Samples, signal: Signal) -> Samples:
    if signal.checksum is not None and (int(column.sum()) - signal.checksum) % 65536:
        raise ReadingsError(f"{quoted(signal.name)}: its checksum does not match the header: it is a different file")
    return column
