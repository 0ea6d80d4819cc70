"""Messages that came back: which of ours it was, and whether for good."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message

_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_PERMANENT = re.compile(r"\s*5(?:\.\d+){0,2}")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a message was not delivered."""

    ids: tuple[str, ...]
    """Numbers of the messages it speaks of."""
    for_good: bool


def read(raw: bytes) -> Bounce | None:
    """What a message says of one of ours; None where it is no report of a delivery.

    Only a machine's report counts (RFC 3464): an automatic «out of office» is none, and a delay is not for good.
    """
    mail = message_from_bytes(raw, policy=policy.compat32)
    reports = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    if not reports:
        return None
    fields = [block for report in reports for block in _blocks(report)]
    failed = any(_failed(block) for block in fields)
    return Bounce(tuple(dict.fromkeys(_ids(mail))), failed)


def _blocks(report: Message) -> list[Message]:
    inner = report.get_payload()
    return [block for block in inner if isinstance(block, Message)] if isinstance(inner, list) else []


def _failed(block: Message) -> bool:
    action = str(block.get("Action", "")).strip().casefold()
    status = str(block.get("Status", ""))
    return action == "failed" and (not status.strip() or _PERMANENT.match(status) is not None)


def _ids(mail: Message) -> list[str]:
    """The numbers of the message that is reported: of the copy of its head, else those that the report answers to."""
    ids: list[str] = []
    for part in mail.walk():
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            ids += _ID.findall(" ".join(re.findall(r"(?im)^message-id:((?:.|\n[ \t])*)", text)))
        elif part is not mail and part.get("Message-ID"):
            ids += _ID.findall(str(part["Message-ID"]))
    answered = " ".join(str(mail.get(name, "")) for name in ("In-Reply-To", "References"))
    return [*ids, *_ID.findall(answered)]
