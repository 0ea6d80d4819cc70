"""The acknowledgement of a message, in its own version, separators and character set."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from unwound.exchange.device_words import words
from unwound.exchange.hl7v2.envelope import CHARSETS, Header, escaped, header
from unwound.exchange.hl7v2.reading import Received

_OURS = "UNWOUND"
_ERROR_SEGMENT_SINCE = (2, 5)
_MSA_TEXT_UNTIL = (2, 6)
_LONGEST = 80
_NAMES = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "207": "Application internal error",
}


def acknowledge(
    message: Received | bytes | str, code: str = "", text: str = "", *, at: datetime, control_id: str = ""
) -> bytes:
    """The answer to a message: MSH, MSA, and ERR where it is refused; ends with a carriage return, without MLLP frame.

    `code` AA, AE or AR and `text` are those of the message where not given. ValueError for another code.

    The branches prefer the caller's code and text to those of the message.
    """
    received = message if isinstance(message, Received) else Received(code="AE", header=header(message))
    code, text = code or received.code, text or received.reason
    if code not in ("AA", "AE", "AR"):
        raise ValueError(f"«{code}» is not one of AA, AE, AR")
    head = received.header
    segments = [_msh(head, at, control_id or _own_id(head, code, at)), _msa(head, code, text)]
    if code != "AA":
        segments.append(_err(head, received.error or "207", text))
    answer = "".join(head.separators.field.join(fields).rstrip(head.separators.field) + "\r" for fields in segments)
    return answer.encode(CHARSETS.get(head.charset.upper()) or "utf-8", "replace")


def _msh(head: Header, at: datetime, control_id: str) -> list[str]:
    marks = head.separators
    trigger = [escaped(head.trigger, marks)] if head.trigger else []
    type = marks.component.join(["ACK", *trigger, *(["ACK"] if trigger else [])])
    return [
        "MSH",
        marks.encoding,
        _back(head.to_application, head) or _OURS,
        _back(head.to_facility, head),
        _back(head.application, head),
        _back(head.facility, head),
        f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000",
        "",
        type,
        escaped(control_id, marks),
        head.processing if head.processing in ("P", "T", "D") else "P",
        head.version if head.version in words().versions else words().versions[0],
        *[""] * 5,
        escaped(head.charset, marks) if head.charset.upper() in CHARSETS else "",
    ]


def _msa(head: Header, code: str, text: str) -> list[str]:
    reason = [escaped(text[:_LONGEST], head.separators)] if _version(head) <= _MSA_TEXT_UNTIL else []
    return ["MSA", code, escaped(head.control_id, head.separators), *reason]


def _err(head: Header, error: str, text: str) -> list[str]:
    """ERR-1 in versions before 2.5, ERR-3, 4 and 8 since."""
    marks, name = head.separators, _NAMES.get(error, "Application internal error")
    if _version(head) < _ERROR_SEGMENT_SINCE:
        return ["ERR", marks.component * 3 + marks.subcomponent.join((error, name, "HL70357"))]
    return ["ERR", "", "", marks.component.join((error, name, "HL70357")), "E", "", "", "", escaped(text, marks)]


def _version(head: Header) -> tuple[int, ...]:
    version = head.version if head.version in words().versions else words().versions[0]
    return tuple(int(part) for part in version.split(".")[:2])


def _back(name: str, head: Header) -> str:
    """A name with components, in the separators of the message."""
    marks = head.separators
    return marks.component.join(escaped(part, marks) for part in name.split("^"))


def _own_id(head: Header, code: str, at: datetime) -> str:
    """An id that is the same for the same answer: nothing random is needed."""
    identity = f"{head.application} {head.control_id} {code} {at.isoformat()}"
    return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:20].upper()
