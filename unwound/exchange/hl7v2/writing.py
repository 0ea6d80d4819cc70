"""Readings -> an ORU^R01 as a monitor of a vendor would send it: MDC codes, one OBX for each reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from unwound.exchange.device_codes import Code, kinds
from unwound.exchange.device_words import words
from unwound.exchange.hl7v2.envelope import Separators, escaped
from unwound.session.readings import Reading
from unwound.session.signs import sign

_USUAL = Separators()
_OBX_STATE, _NO_SENSOR_STATE = "F", "X"
_WITHOUT_STRUCTURE = ("2.3", "2.3.1")
"""Versions whose message type has no third component."""


def write(
    readings: Sequence[Reading],
    *,
    control_id: str,
    at: datetime,
    patient_id: str = "",
    bed: str = "",
    version: str = "2.6",
    zone: tzinfo = UTC,
    offset: bool = True,
    application: str = "UNWOUND_SIMULATOR",
    separators: Separators = _USUAL,
    processing: str = "P",
) -> bytes:
    """One message in UTF-8, sent at `at` (aware); ends with a carriage return, without MLLP frame.

    Times are written in `zone`, without their offset where `offset` is false (as many monitors do). A reading without
    value goes out as a result that could not be obtained. ValueError for a kind or version that is not known.
    """
    if version not in words().versions:
        raise ValueError(f"«{version}» is not one of {', '.join(words().versions)}")
    stamp = _Stamp(zone, offset)
    type = separators.component.join(("ORU", "R01", *(["ORU_R01"] if version not in _WITHOUT_STRUCTURE else [])))
    sent = ["", "", "", stamp(at), "", type, escaped(control_id, separators), processing, version, *[""] * 5]
    segments = [
        ["MSH", separators.encoding, escaped(application, separators), *sent, "UNICODE UTF-8"],
        ["PID", "", "", escaped(patient_id, separators)],
        ["PV1", "", "I", separators.component * 2 + escaped(bed, separators)],
        ["OBR", "1", "", "", "", "", "", stamp(at)],
        *(_obx(place, reading, stamp, separators) for place, reading in enumerate(readings, 1)),
    ]
    return "".join(separators.field.join(fields) + "\r" for fields in segments).encode()


class _Stamp:
    """Writes a moment as HL7 does."""

    def __init__(self, zone: tzinfo, offset: bool) -> None:
        self.zone, self.offset = zone, offset

    def __call__(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        part = f".{local.microsecond // 100:04d}" if local.microsecond >= 100 else ""
        return f"{local:%Y%m%d%H%M%S}{part}{local:%z}"[: None if self.offset else 14 + len(part)]


def _obx(place: int, reading: Reading, stamp: _Stamp, marks: Separators) -> list[str]:
    code = _code(reading)
    number, name = _unit(reading)
    return [
        "OBX",
        str(place),
        "SN" if reading.bound else "NM",
        marks.component.join((code.code, code.name, "MDC")),
        escaped(reading.source, marks),
        _value(reading, marks),
        marks.component.join((number, name, "MDC")),
        *[""] * 4,
        _NO_SENSOR_STATE if reading.value is None else _OBX_STATE,
        "",
        "",
        stamp(reading.at),
    ]


def _value(reading: Reading, marks: Separators) -> str:
    """Its number; a bound as a structured one, «<^70»."""
    written = "" if reading.value is None else plain_number(reading.value)
    return f"{escaped(reading.bound, marks)}{marks.component}{written}" if reading.bound else written


def plain_number(value: float) -> str:
    """A number with all its digits and no exponent, as type NM has it."""
    return format(Decimal(repr(value)).normalize(), "f")


def _code(reading: Reading) -> Code:
    """The first MDC code of the kind."""
    if reading.kind not in kinds():
        raise ValueError(f"«{reading.kind}» is not sent by monitors: {', '.join(kinds())}")
    return next(code for code in kinds()[reading.kind].codes if code.system == "MDC")


def _unit(reading: Reading) -> tuple[str, str]:
    wanted = sign(reading.kind).unit
    unit = next(listed for listed in words().units if listed.unit == wanted)
    place = 1 if reading.kind == "respiratory_rate" and len(unit.codes) > 1 else 0
    return unit.codes[place], unit.names[place]
