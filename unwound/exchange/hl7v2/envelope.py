"""Bytes -> an HL7 v2 message as a tree: character set, separators, line ends, header; or why it is not one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from unwound import extras
from unwound.exchange.device_words import words
from unwound.exchange.names import clean, quoted
from unwound.exchange.pump_words import pump_words

with extras.needed("HL7 v2"):
    import hl7

LIMIT_BYTES = 1_000_000
"""A message of vital signs has a few thousand; a longer one is something else."""

_ENDS = re.compile(r"\r\n?|\n")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_RUN_ON = re.compile(r"\|[^|]*(?:OBX|OBR)\|\d*\|(?:NM|SN|ST|TX|CWE|CE)\|[^|]+\|")
"""A result in the middle of a line: a sender that left line ends out, so that values would be lost unseen."""
_ESCAPED = re.compile(r"[^A-Za-z0-9]")
CHARSETS = {
    "": "",
    "ASCII": "ascii",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    **{f"8859/{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}


class Refused(Exception):
    """The whole message cannot be used: the acknowledgement code, the error code of table 0357, and the reason."""

    def __init__(self, code: str, error: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.error, self.reason = code, error, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Separators:
    """Field, component, repetition, escape and subcomponent separator."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}{self.truncation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an answer to a message needs; as much of it as could be read."""

    separators: Separators = Separators()
    charset: str = ""
    """MSH-18 as sent."""
    application: str = ""
    facility: str = ""
    to_application: str = ""
    to_facility: str = ""
    sent_at: str = ""
    """MSH-7 as sent."""
    type: str = ""
    trigger: str = ""
    control_id: str = ""
    processing: str = ""
    version: str = ""


Field = tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields are looked up by their number in the standard."""

    name: str
    parsed: Any
    separators: Separators
    _read: dict[int, Field] = dataclass_field(default_factory=dict, repr=False, compare=False)
    """Fields looked up before: each is asked for several times."""

    def field(self, number: int) -> Field:
        """Repetitions of components of subcomponents, unescaped; empty where the field is not there."""
        if number not in self._read:
            node = self.parsed[number] if number < len(self.parsed) else []
            repetitions = [node] if isinstance(node, str) else list(node)
            self._read[number] = tuple(self._components(repetition) for repetition in repetitions)
        return self._read[number]

    def text(self, number: int, component: int = 1) -> str:
        """The first subcomponent of a component (from 1) of the first repetition."""
        repetitions = self.field(number)
        components = repetitions[0] if repetitions else ()
        return components[component - 1][0].strip() if component <= len(components) else ""

    def whole(self, number: int) -> str:
        """The field as one text, in the usual separators."""
        repetitions = ["^".join("&".join(sub) for sub in components) for components in self.field(number)]
        return clean("~".join(repetitions))

    def _components(self, repetition: Any) -> tuple[tuple[str, ...], ...]:
        components = [repetition] if isinstance(repetition, str) else list(repetition)
        return tuple(self._subcomponents(component) for component in components)

    def _subcomponents(self, component: Any) -> tuple[str, ...]:
        parts = [component] if isinstance(component, str) else list(component)
        return tuple(unescaped(part, self.separators) for part in parts) or ("",)


def decoded(message: bytes | str) -> str:
    """The message as text with single carriage returns and without MLLP frame. Refused where that cannot be."""
    if len(message) > LIMIT_BYTES:
        raise Refused("AR", "207", f"the message is longer than {LIMIT_BYTES} bytes")
    text = _text(message).strip("\x0b\x1c\r\n \x00").removeprefix("\ufeff")
    if not text:
        raise Refused("AR", "100", "the message is empty")
    return "\r".join(line for line in _ENDS.split(text) if line.strip())


def parsed(text: str) -> tuple[Header, tuple[Segment, ...]]:
    """Header and segments of one decoded message. Refused where it is not one."""
    separators = _separators(text)
    lines = text.split("\r")
    for place, line in enumerate(lines):
        name = line.split(separators.field, 1)[0]
        if not _SEGMENT.fullmatch(name) or (place and name in ("MSH", "FHS", "BHS")):
            raise Refused(
                "AE", "100", f"line {place + 1} begins with {quoted(line[:8])}: not a segment that is allowed there"
            )
        if _RUN_ON.search(line.replace(separators.field, "|")):
            raise Refused("AE", "100", f"line {place + 1}: another segment begins within it, without a line end")
    tree = hl7.parse(text)
    segments = tuple(Segment(str(segment[0]), segment, separators) for segment in tree)
    return _header(segments[0], separators), segments


def header(message: bytes | str) -> Header:
    """As much of the header as can be read, for the answer to a message that cannot be used; never raises."""
    raw = message if isinstance(message, str) else message.decode("latin-1")
    first = _ENDS.split(raw.strip("\x0b\x1c\r\n \x00\ufeff")[:LIMIT_BYTES])[0]
    try:
        separators = _separators(first)
        return _header(Segment("MSH", hl7.parse(first)[0], separators), separators)
    except Refused:
        return Header()


def unescaped(text: str, separators: Separators) -> str:
    r"""Text with its escape sequences resolved; unknown ones are left out.

    Not `hl7.unescape`: that repeats «\.sp999999999\» as often as a message likes, and logs what it cannot read.
    """
    mark = separators.escape
    if mark not in text:
        return text
    parts = text.split(mark)
    if len(parts) % 2 == 0:  # an escape that is never closed stands for itself
        parts[-2:] = [mark.join(parts[-2:])]
    return "".join(part if place % 2 == 0 else _sequence(part, separators) for place, part in enumerate(parts))


def escaped(text: str, separators: Separators) -> str:
    """Text that may stand in a field: separators escaped, line breaks as blanks."""
    marks = {
        separators.escape: "E",
        separators.field: "F",
        separators.component: "S",
        separators.repetition: "R",
        separators.subcomponent: "T",
    }
    esc = separators.escape
    return "".join(f"{esc}{marks[sign]}{esc}" if sign in marks else sign for sign in clean(_ENDS.sub(" ", text)))


def _sequence(body: str, separators: Separators) -> str:
    if body[:1] == "X" and re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", body):
        return bytes.fromhex(body[1:]).decode("latin-1")
    return {
        "F": separators.field,
        "S": separators.component,
        "R": separators.repetition,
        "T": separators.subcomponent,
        "E": separators.escape,
        ".br": " ",
    }.get(body, "")


def _text(message: bytes | str) -> str:
    declared = header(message).charset.split("~")[0].strip().upper()
    charset = CHARSETS.get(declared)
    if charset is None:
        raise Refused("AR", "207", f"the character set {quoted(declared)} (MSH-18) is not supported")
    if isinstance(message, str):
        return message
    if charset:
        try:
            return message.decode(charset)
        except UnicodeDecodeError as reason:
            raise Refused("AE", "102", f"not text in {declared} at byte {reason.start}") from None
    try:  # nothing is declared: ASCII, which UTF-8 holds; else what older devices send
        return message.decode("utf-8")
    except UnicodeDecodeError:
        return message.decode("latin-1")


_IN_MSH_2 = ("component", "repetition", "escape", "subcomponent", "truncation")


def _separators(text: str) -> Separators:
    """The five separators a message begins with.

    Each condition is one the standard sets, and a sender that breaks it cannot be read at all.
    """
    if text[:3] in ("FHS", "BHS"):
        raise Refused("AR", "200", "a file or batch of messages; send them one by one")
    if text[:3] != "MSH":
        raise Refused("AR", "100", f"not an HL7 v2 message: it begins with {quoted(text[:8])}, not with MSH")
    field = text[3:4]
    encoding = text[4:].split(field, 1)[0] if field else ""
    marks = field + encoding
    good = len(marks) in (5, 6) and len(set(marks)) == len(marks) and all(_ESCAPED.match(mark) for mark in marks)
    if not good or not marks.isascii() or not marks.isprintable() or " " in marks:
        raise Refused("AR", "100", f"the separators {quoted(marks)} (MSH-1, MSH-2) are not five different characters")
    return Separators(field=field, **dict(zip(_IN_MSH_2, encoding, strict=False)))


def _header(msh: Segment, separators: Separators) -> Header:
    return Header(
        separators=separators,
        charset=clean(msh.text(18)),
        application=msh.whole(3),
        facility=msh.whole(4),
        to_application=msh.whole(5),
        to_facility=msh.whole(6),
        sent_at=clean(msh.text(7)),
        type=clean(msh.text(9)),
        trigger=clean(msh.text(9, 2)),
        control_id=clean(msh.text(10)),
        processing=clean(msh.text(11)),
        version=clean(msh.text(12)),
    )


def check(header: Header, *, training: bool) -> None:
    """Refused where the message is of a type, version or purpose that is not accepted."""
    if header.type in pump_words().orders:
        raise Refused("AR", "200", f"{quoted(header.type)}: {pump_words().no_order}")
    events = {"ORU": words().triggers, "ADT": words().moves}.get(header.type)
    if events is None:
        raise Refused("AR", "200", f"messages of type {quoted(header.type)} are not accepted, only ORU and ADT")
    if header.trigger not in events:
        event = f"{header.type} messages of the event {quoted(header.trigger)}"
        raise Refused("AR", "201", f"{event} are not accepted, only {', '.join(events)}")
    if header.version not in words().versions:
        span = f"{words().versions[0]} to {words().versions[-1]}"
        raise Refused("AR", "203", f"HL7 version {quoted(header.version)} is not supported, only {span}")
    if header.processing not in ("", "P") and not training:
        raise Refused("AR", "202", f"processing id {quoted(header.processing)}: training and tests are not charted")
    if not header.control_id:
        raise Refused("AE", "101", "the message has no control id (MSH-10): a repetition could not be recognised")
