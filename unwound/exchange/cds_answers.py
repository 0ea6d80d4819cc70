"""CDS Hooks 2.0: which services there are and what they ask for; cards -> the answer of a service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from unwound import evidence
from unwound.cds import Card, Hook

SYSTEM = "urn:unwound:cds:override-reason"
TOPICS = "urn:unwound:cds:topic"


def written(cards: Sequence[Card], ids: Sequence[str], label: str, url: str) -> dict[str, Any]:
    """The answer of a service; `ids` are the UUIDs of the cards, by which feedback names them."""
    return {"cards": [_card(card, id, label, url) for card, id in zip(cards, ids, strict=True)]}


def _card(card: Card, id: str, label: str, url: str) -> dict[str, Any]:
    source: dict[str, Any] = {"label": label, "topic": {"system": TOPICS, "code": card.id}}
    if url:
        source["url"] = url
    return {
        "uuid": id,
        "summary": card.summary,
        "detail": _detail(card),
        "indicator": str(card.indicator),
        "source": source,
        "overrideReasons": [
            {"code": reason.code, "system": SYSTEM, "display": reason.words} for reason in card.overrides
        ],
    }


def _detail(card: Card) -> str:
    """Markdown: what is said, what could not be checked, how strong it is and where it was read."""
    parts = [*card.detail]
    if card.unchecked:
        parts.append("**Could not be checked:**\n\n" + "\n".join(f"- {_plain(line)}" for line in card.unchecked))
    parts.append(f"**Strength:** {card.strength}")
    parts.append("**Sources:**\n\n" + "\n".join(f"- {evidence.reference(id)}" for id in card.sources))
    return "\n\n".join(parts)


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!])")


def _plain(line: str) -> str:
    """A line that may hold words of the record: they are shown, never read as marks."""
    return _MARKS.sub(r"\\\1", " ".join(line.split()))


_PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}",
    "statements": "MedicationStatement?patient={{context.patientId}}",
    "results": "Observation?patient={{context.patientId}}&category=laboratory&_sort=-date&_count=100",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    "vitals": "Observation?patient={{context.patientId}}&category=vital-signs&_sort=-date&_count=50",
    "procedures": "Procedure?patient={{context.patientId}}",
}
RESULTS = "results"
ASKED = tuple(key for key in _PREFETCH if key != "patient")
"""Parts of the record beside the person: what does not come is said."""
_TITLES: Mapping[Hook, tuple[str, str]] = {
    Hook.PATIENT_VIEW: (
        "Neuropathic pain: what may have been missed",
        "Speaks where the record holds a sign of danger, names neuropathic pain after three first-line classes, or "
        "names it, severe, without any. Silent otherwise.",
    ),
    Hook.ORDER_SELECT: (
        "Pain medicines: dose, kidneys, heart",
        "Speaks of a gabapentinoid or tricyclic above the highest dose for this patient, a tricyclic at risk, an "
        "opioid before any first-line medicine in neuropathic pain, and of what would meet a planned infusion.",
    ),
    Hook.ORDER_SIGN: (
        "Pain medicines at signing: dose, kidneys, heart",
        "The same for everything that is about to be signed.",
    ),
}


def services() -> dict[str, Any]:
    """The answer of discovery."""
    return {
        "services": [
            {
                "id": f"unwound-{hook}",
                "hook": str(hook),
                "title": title,
                "description": description,
                "prefetch": _PREFETCH,
                "usageRequirements": "Only what is fetched before the call is read; nothing is fetched afterwards.",
            }
            for hook, (title, description) in _TITLES.items()
        ]
    }


def hook_of(service: str) -> Hook | None:
    """The hook of a service by its id; None for a service that is not there."""
    return next((hook for hook in Hook if service == f"unwound-{hook}"), None)
