"""An adverse event as FHIR R4: what happened, severity, seriousness, cause and outcome in the codes of R4."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

from unwound.outcomes.adverse import AdverseEvent, Became, Cause, Serious

TERMS = "http://terminology.hl7.org/CodeSystem/adverse-event-"
CAUSES = {
    Cause.CERTAIN: "certain",
    Cause.PROBABLE: "probably-likely",
    Cause.POSSIBLE: "possible",
    Cause.UNLIKELY: "unlikely",
    Cause.CANNOT_BE_JUDGED: "unassessable-unclassifiable",
}
OUTCOMES = {
    Became.RECOVERED: "resolved",
    Became.RECOVERING: "recovering",
    Became.GOES_ON: "ongoing",
    Became.LEFT_SOMETHING: "resolvedWithSequelae",
    Became.DIED: "fatal",
    Became.UNKNOWN: "unknown",
}


def adverse_event(event: AdverseEvent, *, patient: str, id: str, recorded_at: datetime, by: str) -> dict[str, Any]:
    """The event as an R4 AdverseEvent about that patient (a reference, «Patient/7»).

    R4 has no element for what was done, nor for what makes it serious: both stand in the text that people read.
    """
    narrative = f"{event.what}. Done: {event.action}. Serious: {event.serious}."
    narrative += f" Ended {event.ended.isoformat()}." if event.ended else ""
    return {
        "resourceType": "AdverseEvent",
        "id": id,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{html.escape(narrative)}</div>',
        },
        "actuality": "actual",
        "event": {"text": event.what},
        "subject": {"reference": patient},
        "date": event.began.isoformat(),
        "recordedDate": recorded_at.isoformat(timespec="seconds"),
        "seriousness": _code("seriousness", "non-serious" if event.serious == Serious.NO else "serious"),
        "severity": _code("severity", event.severity),
        "outcome": _code("outcome", OUTCOMES[event.became]),
        "recorder": {"display": by},
        "suspectEntity": [
            {
                "instance": {"display": event.suspect},
                "causality": [{"assessment": _code("causality-assess", CAUSES[event.cause])}],
            }
        ],
    }


def _code(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": TERMS + system, "code": str(code)}]}
