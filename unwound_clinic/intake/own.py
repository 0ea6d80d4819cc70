"""What the patient has answered so far: their own entries only, never what the clinic entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from unwound_clinic.models import Entry

NOT_SURE = "not-sure-"
"""Prefix of the key under which a page or a group keeps the questions answered with «not sure»."""
TICKED = "ticked-"
"""Prefix of the key under which a group keeps what was ticked but has no yes or no: the clinic asks how much."""


RIGHT_AS_WRITTEN = "as-written-"
"""Prefix of the key under which a row keeps a name that nobody knows and that is right, as the patient said."""


class Own:
    """The patient's own entries, by kind and key; questionnaires count from `since` on."""

    def __init__(self, entries: Iterable[Entry], since: datetime | None = None) -> None:
        own = [entry for entry in entries if entry.is_own and not entry.pain]
        self.entries = {(entry.kind, entry.key): entry for entry in own}
        self.since = since
        self.denied = frozenset(
            id for entry in own if entry.kind == "screened" for id in (entry.value or {}).get("items", ())
        )
        """Items of groups of which «none» was said."""
        self.ticked = self._listed(TICKED)
        self.right_as_written = frozenset(
            str((entry.value or {}).get("name", "")) for entry in own if entry.key.startswith(RIGHT_AS_WRITTEN)
        )
        # An answer outweighs a «not sure» that another page of an earlier form has kept.
        answered = {key for kind, key in self.entries if kind == "fact"}
        self.unsure = self._listed(NOT_SURE) - self.denied - answered

    def _listed(self, prefix: str) -> frozenset[str]:
        rows = (entry for (kind, key), entry in self.entries.items() if kind == "story" and key.startswith(prefix))
        return frozenset(id for entry in rows for id in (entry.value or {}).get("facts", ()))

    def value(self, kind: str, key: str) -> Any:
        """The value of an entry; None where there is none."""
        entry = self.entries.get((kind, key))
        return None if entry is None else entry.value

    def text(self, key: str) -> str:
        """The patient's text under a key; empty where there is none."""
        return str((self.value("story", key) or {}).get("text", ""))

    def numbered(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows of a repeatable part with their numbers, in order."""
        rows = [
            (int(key.removeprefix("intake-")), dict(entry.value or {}))
            for (entry_kind, key), entry in self.entries.items()
            if entry_kind == kind and key.removeprefix("intake-").isdecimal()
        ]
        yield from sorted(rows, key=lambda row: row[0])

    def form(self, instrument: str) -> Entry | None:
        """The questionnaire as filled through this link."""
        filled = [
            entry
            for (kind, key), entry in self.entries.items()
            if kind == "answers"
            and key.rsplit(" ", 1)[0] == instrument
            and (self.since is None or entry.at >= self.since)
        ]
        return max(filled, key=lambda entry: entry.pk, default=None)
