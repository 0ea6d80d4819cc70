"""Where a hospital says that a patient was moved (ADT): proposals for a person, who decides; nobody is moved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from unwound.exchange.hl7v2.envelope import Segment
from unwound.exchange.subject import Subject

TRIGGERS = {
    "A01": "admitted",
    "A02": "transferred",
    "A03": "discharged",
    "A08": "details changed",
    "A11": "admission cancelled",
    "A12": "transfer cancelled",
    "A13": "discharge cancelled",
    "A17": "beds swapped",
}
"""The events that are read, in words."""
_LEAVES = ("A03", "A11")
"""After these the patient has no bed: PV1-3 still names the one they had."""
_ONE, _TWO = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One patient and the bed they are in from now on, as sent; an empty one is none."""

    ids: tuple[str, ...]
    bed: str
    subject: Subject = field(default_factory=Subject)
    places: tuple[str, ...] = ()
    """Every way in which the bed is named."""
    before: str = ""
    """The bed that the message says they were in (PV1-6)."""


def pairs(segments: Sequence[Segment]) -> tuple[tuple[Segment, Segment | None], ...]:
    """Each PID with the PV1 that follows it before the next PID."""
    found_pairs: list[tuple[Segment, Segment | None]] = []
    for segment in segments:
        if segment.name == "PID":
            found_pairs.append((segment, None))
        elif segment.name == "PV1" and found_pairs and found_pairs[-1][1] is None:
            found_pairs[-1] = (found_pairs[-1][0], segment)
    return tuple(found_pairs)


def wanted(trigger: str) -> int:
    """How many patients a message of this event is about."""
    return _TWO if trigger == "A17" else _ONE


def leaves(trigger: str) -> bool:
    """Whether the patient has no bed after this event."""
    return trigger in _LEAVES
