"""What of a record was not used, put together: how often, why, and what the record calls it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from unwound.exchange.fhir.elements import many
from unwound.exchange.fhir.shapes import text
from unwound.exchange.names import quoted

NAMES_SHOWN = 12
"""Names in one line; the others are counted."""
_ENTRIES_KEPT = 3
_FOLDED_FROM = 3
"""So many problems of one kind are one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Parts of a record that were not used for one reason."""

    what: str
    """As «diagnoses»; for a part of a resource its place, as «MedicationRequest.priority»."""
    reason: str
    """As «not recognised»."""
    count: int
    names: tuple[tuple[str, int], ...] = ()
    """What the record calls them and how often, the most frequent first; empty where it names nothing."""
    entries: tuple[str, ...] = ()
    """The first of them, as «Condition/12»."""

    def __str__(self) -> str:
        """One line: «12 diagnoses not recognised: «Migraine» (3), «Gout», ...»."""
        shown = ", ".join(f"{quoted(name)}{f' ({n})' if n > 1 else ''}" for name, n in self.names[:NAMES_SHOWN])
        rest = len(self.names) - NAMES_SHOWN
        more = f" and {rest} more" if rest > 0 else ""
        where = shown or ", ".join(self.entries) + (", ..." if self.count > len(self.entries) else "")
        return f"{self.count} × {self.what} {self.reason}: {where}{more}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the record that a person should check: where (`index` of the entry; None is the whole) and why."""

    index: int | None
    resource: str
    """As «Condition/12»; the type alone where there is no id."""
    reason: str

    def __str__(self) -> str:
        """One line, with its place."""
        at = f"entry {self.index}, " if self.index is not None else ""
        return f"{at}{self.resource}: {self.reason}" if self.resource else f"{at}{self.reason}"

    @property
    def in_words(self) -> str:
        """The same for who knows no FHIR: «diagnosis, part 22 of the file: ...»."""
        called = _CALLED.get(self.resource.partition("/")[0], "")
        place = f"part {self.index + 1} of the file" if self.index is not None else ""
        where = ", ".join(filter(None, (called, place)))
        return f"{where}: {self.reason}" if where else self.reason


_CALLED: Mapping[str, str] = {
    "AllergyIntolerance": "allergy",
    "Bundle": "the whole file",
    "Condition": "diagnosis",
    "Device": "device",
    "DeviceUseStatement": "device in use",
    "DiagnosticReport": "report",
    "DocumentReference": "letter or document",
    "Encounter": "visit",
    "Medication": "medicine",
    "MedicationAdministration": "medicine given",
    "MedicationDispense": "medicine handed out",
    "MedicationRequest": "order of a medicine",
    "MedicationStatement": "medicine by the patient’s account",
    "Observation": "result",
    "OperationOutcome": "message of the server",
    "Patient": "the person",
    "Procedure": "procedure",
    "QuestionnaireResponse": "filled form",
}
"""Types of resources as a nurse would say them; of any other only its place is told."""


@dataclass(slots=True)
class _Left:
    names: Counter[str] = field(default_factory=Counter)
    entries: list[str] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class Account:
    """The growing account of what is not used."""

    count: int = 0
    """How many parts were left so far."""
    _left: dict[tuple[str, str], _Left] = field(default_factory=dict)

    def leave(self, what: str, reason: str, name: str, origin: str) -> None:
        """Note one part that is not used."""
        self.count += 1
        left = self._left.setdefault((what, reason), _Left())
        left.count += 1
        left.names[name] += 1
        if len(left.entries) < _ENTRIES_KEPT and origin not in left.entries:
            left.entries.append(origin)

    def unread(self) -> tuple[Unread, ...]:
        """All that was left, in the order in which it was first met; names without what must not be printed."""
        return tuple(
            Unread(
                what=what,
                reason=reason,
                count=left.count,
                names=tuple(_clean(left.names).most_common()),
                entries=tuple(left.entries),
            )
            for (what, reason), left in self._left.items()
        )


def _clean(names: Mapping[str, int]) -> Counter[str]:
    cleaned: Counter[str] = Counter()
    for name, count in names.items():
        if shown := text(name):
            cleaned[shown] += count
    return cleaned


# ---- problems in few lines


_QUOTED = re.compile(r"«[^»]*»")
_VALUE = re.compile(r"\d+(?:[.,]\d+)*")


def folded(problems: Iterable[Problem], in_words: Callable[[Problem], str] = str) -> Iterator[str]:
    """The problems as lines; many of one kind, which differ in a value or a name only, are one that counts them."""
    alike: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        kind = problem.resource.partition("/")[0]
        alike.setdefault((kind, _VALUE.sub("#", _QUOTED.sub("«»", problem.reason))), []).append(problem)
    for same in alike.values():
        if len(same) < _FOLDED_FROM:
            yield from map(in_words, same)
        else:
            yield f"{len(same)} times, the first in {in_words(same[0])}{_others(same)}"


def _others(same: list[Problem]) -> str:
    """The names that the others have instead of the first one's."""
    named = [_QUOTED.findall(problem.reason) for problem in same]
    others = [name for name in dict.fromkeys(names[0] for names in named if names) if name != (named[0] or [""])[0]]
    if not others:
        return ""
    rest = len(others) - NAMES_SHOWN
    return f"; likewise {', '.join(others[:NAMES_SHOWN])}{f' and {rest} more' if rest > 0 else ''}"


def in_short(problems: Sequence[Problem], unread: Iterable[Unread]) -> str:
    """What is to be checked and what was not used, counted in one line; empty where there is neither."""
    kinds = Counter[str]()
    for part in unread:
        kinds[part.what if part.what in _named_in_short() else ""] += part.count
    named = [f"{count} {what}" for what, count in kinds.items() if what]
    if others := kinds[""]:
        named.append(f"{others} other parts" if named else f"{others} parts")
    check = f"{len(problems)} {'thing' if len(problems) == 1 else 'things'} to check" if problems else ""
    return "; ".join(filter(None, (check, f"not used: {', '.join(named)}" if named else "")))


@cache
def _named_in_short() -> frozenset[str]:
    """What is counted by its name where there is room for one line."""
    types = ("Condition", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Procedure", "Observation")
    return frozenset(map(many, (*types, "QuestionnaireResponse", "DocumentReference")))
