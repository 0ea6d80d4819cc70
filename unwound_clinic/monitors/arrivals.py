"""One message as it arrived, from a device, a program or a file, with what the library read in it.

`beds.py` finds the session that it belongs to, `stored_rows.py` says what is stored of it; where bed and patient ID
disagree, or neither is known, the readings wait as unassigned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from unwound.exchange import hl7v2
from unwound.exchange.hl7v2.moves import Move
from unwound.exchange.pump_words import PumpReport
from unwound.exchange.readings import Batch, NotCharted, Quarantined, Read
from unwound.exchange.subject import Subject

ID_LENGTH, SENDER_LENGTH = 200, 200
"""Characters that the rows have room for; what is longer is cut off, and whole in the message kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as received, and what the library read from it."""

    raw: bytes
    received_at: datetime
    sender: str
    control_id: str = ""
    posted_key: str = ""
    """The key of one that was posted, which stands for this content and no other."""
    answer: str = "AA"
    """Empty where none is given: its end never came."""
    reason: str = ""
    sent_at: datetime | None = None
    clock_ahead_s: float | None = None
    """How far the sender's clock is ahead of ours."""
    patient_ids: tuple[str, ...] = ()
    bed: str = ""
    places: tuple[str, ...] = ()
    """Every way in which it names the bed."""
    subject: Subject = field(default_factory=Subject)
    """What it says of the patient beside the ids."""
    readings: tuple[Read, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    unknown: int = 0
    """How many values have a code that is not known."""
    moves: tuple[Move, ...] = ()
    pumps: tuple[PumpReport, ...] = ()
    trigger: str = ""
    digest: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", self.digest or hashlib.sha256(self.raw).hexdigest())
        object.__setattr__(self, "sender", self.sender[:SENDER_LENGTH])
        object.__setattr__(self, "control_id", self.control_id[:ID_LENGTH])

    @property
    def understood(self) -> int:
        """How many values are charted, or shown as a pump's."""
        return len(self.readings) + len(self.pumps)

    @property
    def not_used(self) -> int:
        """How many are not: their code is not known, or they are held for review."""
        return self.unknown + len(self.quarantined)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same message as another of the site."""
        return self.sender, self.control_id, self.digest


def sender_of(header: hl7v2.Header) -> str:
    """How a device names itself."""
    return f"{header.application} {header.facility}".strip() or "HL7"


def from_hl7(raw: bytes, received: hl7v2.Received, received_at: datetime) -> Arrival:
    """An HL7 v2 message; a refused one has no readings and stays in quarantine as a whole."""
    beds = (received.place.bed, received.place.location)
    places = tuple(place for place in beds if place.strip("^& "))
    return Arrival(
        raw=raw,
        received_at=received_at,
        sender=sender_of(received.header),
        control_id=received.control_id,
        answer=received.code,
        reason=received.reason or nothing_understood(received),
        sent_at=received.sent_at,
        clock_ahead_s=received.clock_ahead_s,
        patient_ids=received.patient_ids,
        bed=next(iter(places), ""),
        places=places,
        subject=received.subject,
        readings=received.readings,
        quarantined=received.quarantined,
        unknown=unknown_in(received.not_charted),
        moves=received.moves,
        pumps=received.pumps,
        trigger=received.header.trigger,
    )


def unknown_in(not_charted: Iterable[NotCharted]) -> int:
    """How many values have a code that is not known; a container without a value is none."""
    return sum(value.unknown and bool(value.value_as_sent) for value in not_charted)


def nothing_understood(received: hl7v2.Received) -> str:
    """What is said to an accepted message of which nothing is understood: it is kept, and nothing of it is seen."""
    unknown = unknown_in(received.not_charted)
    nothing = received.code == "AA" and unknown and not (received.readings or received.quarantined or received.pumps)
    return f"kept, but none of its {unknown} values is understood: nothing is charted" if nothing else ""


def from_torn(begun: bytes, received_at: datetime, most: int) -> Arrival:
    """What came of a message whose end never did, the first `most` bytes of it; only a whole header names the sender.

    Its digest is never that of a whole message: that one is another, also where nothing but the end mark was missing.
    """
    header = hl7v2.header(begun) if b"\r" in begun else hl7v2.Header()
    cut = f"; the first {most} are kept" if len(begun) > most else ""
    return Arrival(
        raw=begun[:most],
        received_at=received_at,
        sender=sender_of(header),
        control_id=header.control_id,
        answer="",
        reason=f"torn off after {len(begun)} bytes{cut}: not acknowledged; the monitor will send it again",
        digest=hashlib.sha256(b"torn " + begun).hexdigest(),
    )


def from_batch(
    raw: bytes,
    batch: Batch,
    received_at: datetime,
    *,
    sender: str,
    key: str = "",
    patient: str = "",
    bed: str = "",
    subject: Subject | None = None,
) -> Arrival:
    """Readings that were posted or imported."""
    return Arrival(
        raw=raw,
        received_at=received_at,
        sender=sender,
        control_id=key,
        posted_key=key,
        sent_at=batch.sent_at,
        clock_ahead_s=batch.clock_ahead_s,
        patient_ids=(patient,) if patient else (),
        bed=bed,
        places=(bed,),
        subject=subject or Subject(),
        readings=batch.readings,
        quarantined=batch.quarantined,
        unknown=unknown_in(batch.not_charted),
    )
