"""What an infusion gave, from its events alone: for pages that show many sessions and no readings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from unwound import session
from unwound_clinic.models import SessionEvent
from unwound_clinic.session import times, translate


def total_mg(rows: Iterable[SessionEvent], now: datetime) -> float | None:
    """How much ran in up to now, as charted, mg; None where no infusion was started."""
    charted = times.corrected(sorted(rows, key=lambda row: row.pk), now)
    events = translate.watched_events(sorted(charted, key=lambda row: (row.at, row.pk)))
    doses = session.doses_given(events, now)
    return sum(dose.amount_mg for dose in doses) if doses else None
