"""How often a service was called, spoke, was silent or came too late; and what each card was about, for its feedback.

Counted in a small file of the clinic's folder, which every worker counts in, and never in the record: there is nothing
of a patient in it. Where it cannot be written, as on a full disk, the answer goes out all the same.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from unwound_clinic.core import counted

FILE = "cds.sqlite3"
PATIENCE_S = 0.25
KEPT_DAYS = 400
OUTCOMES = ("card", "silent", "late", "not-fetched", "refused")
"""What came of a call: `late` is a call that was not answered in time, and got none."""
_lock = threading.Lock()
TABLES = (
    "CREATE TABLE IF NOT EXISTS calls (day TEXT, system INTEGER, service TEXT, outcome TEXT, n INTEGER, "
    "PRIMARY KEY (day, system, service, outcome))",
    "CREATE TABLE IF NOT EXISTS given (uuid TEXT PRIMARY KEY, day TEXT, system INTEGER, finding TEXT)",
)


@dataclass(frozen=True, slots=True)
class Given:
    """A card that was given."""

    uuid: str
    finding: str


def count(day: date, system: int, service: str, outcome: str, given: Sequence[Given] = ()) -> None:
    """Counts one call with its cards."""
    with _lock:
        try:
            _count(_counts(), day, system, service=service, outcome=outcome, cards=given)
        except sqlite3.Error:
            return


def _count(
    counts: sqlite3.Connection, day: date, system: int, service: str, outcome: str, cards: Sequence[Given]
) -> None:
    counts.execute("BEGIN IMMEDIATE")
    try:
        counts.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?, 1) "
            "ON CONFLICT (day, system, service, outcome) DO UPDATE SET n = n + 1",
            (day.isoformat(), system, service, outcome),
        )
        for card in cards:
            counts.execute("INSERT INTO given VALUES (?, ?, ?, ?)", (card.uuid, day.isoformat(), system, card.finding))
        if outcome == "card":
            last = (day - timedelta(days=KEPT_DAYS)).isoformat()
            counts.execute("DELETE FROM given WHERE day < ?", (last,))
    finally:
        counts.execute("COMMIT")


def about(system: int, uuids: Iterable[str]) -> Mapping[str, str]:
    """Card -> what it was about, of those that this system was given."""
    listed = list(uuids)
    marks = ",".join("?" * len(listed))
    with _lock:
        try:
            rows = _counts().execute(
                f"SELECT uuid, finding FROM given WHERE system = ? AND uuid IN ({marks})", (system, *listed)
            )
            return dict(rows.fetchall())
        except sqlite3.Error:
            return {}


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of one service of one system over some days, by what came of them."""

    service: str
    outcomes: Mapping[str, int]

    @property
    def calls(self) -> int:
        """All that were answered as a service: refused ones were no calls."""
        return sum(number for outcome, number in self.outcomes.items() if outcome != "refused")

    @property
    def spoke_percent(self) -> float:
        """Of 100 calls, how many had a card."""
        return 100 * self.outcomes.get("card", 0) / self.calls if self.calls else 0.0


def since(day: date, system: int) -> tuple[Tally, ...]:
    """What was counted of a system since a day, by service."""
    with _lock:
        try:
            rows = _counts().execute(
                "SELECT service, outcome, sum(n) FROM calls WHERE day >= ? AND system = ? GROUP BY service, outcome",
                (day.isoformat(), system),
            )
            tallies = rows.fetchall()
        except sqlite3.Error:
            return ()
    services: dict[str, dict[str, int]] = {}
    for service, outcome, number in tallies:
        services.setdefault(service, {})[outcome] = number
    return tuple(Tally(service, outcomes) for service, outcomes in sorted(services.items()))


def _counts() -> sqlite3.Connection:
    return counted.opened(Path(settings.DATA) / FILE, *TABLES, patience_s=PATIENCE_S, wal=True)
