"""How a record of another system was read, as JSON with stable keys."""

from __future__ import annotations

from typing import Any

from unwound.exchange.fhir import Import


def record_json(imported: Import | None) -> dict[str, Any] | None:
    """What is missing, what is to be checked, what was not used, and how each type fared; None for a readable case."""
    if imported is None:
        return None
    return {
        "missing": list(imported.missing),
        "problems": [
            {"entry": problem.index, "resource": problem.resource, "reason": problem.reason}
            for problem in imported.problems
        ],
        "not_used": [
            {
                "what": unread.what,
                "reason": unread.reason,
                "count": unread.count,
                "names": dict(unread.names),
                "entries": list(unread.entries),
            }
            for unread in imported.unread
        ],
        "counts": {
            type: {"used": count.used, "not_needed": count.not_needed, "unreadable": count.unreadable}
            for type, count in imported.counts.items()
        },
    }
