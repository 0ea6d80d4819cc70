"""What the patient has said so far: their own entries only, never what the clinic entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from unwound_clinic.models import Entry

NOT_SURE = "not-sure-"
"""How the key begins under which a page keeps the questions answered with «not sure»."""


class Own:
    """The patient's own entries, by what they are about; questionnaires count from `since` on."""

    def __init__(self, entries: Iterable[Entry], since: datetime | None = None) -> None:
        own = [one for one in entries if one.is_own]
        self.entries = {(one.kind, one.key): one for one in own}
        self.since = since
        self.unsure = frozenset(
            id
            for one in own
            if one.kind == "story" and one.key.startswith(NOT_SURE)
            for id in (one.value or {}).get("facts", ())
        )

    def value(self, kind: str, key: str) -> Any:
        """The value of an entry; None where there is none."""
        found = self.entries.get((kind, key))
        return None if found is None else found.value

    def text(self, key: str) -> str:
        """What was told under a key."""
        return str((self.value("story", key) or {}).get("text", ""))

    def numbered(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows of a repeatable part with their numbers, in order."""
        rows = [
            (int(key.removeprefix("intake-")), dict(one.value or {}))
            for (its_kind, key), one in self.entries.items()
            if its_kind == kind and key.removeprefix("intake-").isdecimal()
        ]
        yield from sorted(rows, key=lambda row: row[0])

    def form(self, instrument: str) -> Entry | None:
        """The questionnaire as filled through this link."""
        found = [
            one
            for (kind, key), one in self.entries.items()
            if kind == "answers"
            and key.rsplit(" ", 1)[0] == instrument
            and (self.since is None or one.at >= self.since)
        ]
        return max(found, key=lambda one: one.pk, default=None)
