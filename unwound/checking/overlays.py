"""What a user's own file changes in ours, field by field and number by number, and whether it is looser.

Judged by the rules of `directions.py` on the files as they are written. Conservative: what no rule calls neutral or
tighter is looser, as are a number in another unit, whatever is taken away, and a mark that is raised.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from unwound import catalogue
from unwound.catalogue import Checked, KnowledgeError, toml_table
from unwound.checking import directions
from unwound.terms import Word

MISSING = object()


class Effect(Word):
    """What a change does."""

    NEUTRAL = "neutral"
    TIGHTER = "tighter"
    LOOSER = "looser"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: how it stands in ours and in the other (empty where it is not there), and the effect."""

    field: str
    ours: str
    own: str
    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """One file of a user's own beside ours."""

    kind: str
    id: str
    added: bool
    """Whether we have no such file."""
    changes: tuple[Change, ...]

    @property
    def looser(self) -> bool:
        """Whether any change is looser: a named physician answers for it before it is used."""
        return any(change.effect == Effect.LOOSER for change in self.changes)

    @property
    def effect(self) -> Effect:
        """The gravest effect of its changes."""
        effects = {change.effect for change in self.changes}
        return next((effect for effect in reversed(tuple(Effect)) if effect in effects), Effect.NEUTRAL)


def compare(kind: str, id: str, own: bytes, ours: bytes | None = None) -> Overlay:
    """An own file beside ours (that of the same name where none is given). KnowledgeError where one is no TOML."""
    if ours is None:
        place = catalogue.DATA / kind / f"{id}.toml"
        ours = place.read_bytes() if place.is_file() else None
    now = _table(kind, id, own)
    if ours is None:
        effect = Effect.TIGHTER if kind in directions.ADDED_FILES else Effect.LOOSER
        title = _shown(now.get("title", id))
        return Overlay(kind=kind, id=id, added=True, changes=(Change("the whole file", "", title, effect),))
    changes = tuple(_Judge(kind, id).between("", _table(kind, id, ours), now))
    return Overlay(kind=kind, id=id, added=False, changes=_with_due(changes, _table(kind, id, ours), now))


def _table(kind: str, id: str, content: bytes) -> Mapping[str, Any]:
    try:
        return toml_table(content)
    except ValueError as reason:
        raise KnowledgeError(f"{kind}/{id}.toml: not readable as TOML: {reason}") from None


@dataclass(frozen=True, slots=True)
class _Judge:
    """Walks two files of a kind side by side."""

    kind: str
    id: str

    def between(self, path: str, ours: Any, own: Any) -> Iterator[Change]:
        """Every difference below a path. A branch for each shape that the two can have."""
        if self._is_neutral(path):
            if ours != own:
                yield Change(path, _shown(ours), _shown(own), Effect.NEUTRAL)
        elif isinstance(ours, Mapping) and isinstance(own, Mapping):
            yield from self._tables(path, ours, own)
        elif isinstance(ours, list) and isinstance(own, list):
            yield from self._lists(path, ours, own)
        elif type(ours) is not type(own) or ours != own:
            effect = self._effect(path, ours, own)
            if effect is not None:
                yield Change(path, _shown(ours), _shown(own), effect)

    def _tables(self, path: str, ours: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[Change]:
        # What only one side has is neutral, tighter or looser by its place; a citation is compared whole.
        for key in dict.fromkeys((*ours, *own)):
            at = f"{path}.{key}" if path else key
            cited = key in directions.OF_A_CITATION and "checked" in ours and "checked" in own
            if not cited and key in ours and key in own:
                yield from self.between(at, ours[key], own[key])
            elif cited and ours.get(key) == own.get(key):
                continue
            elif cited or self._is_neutral(at):
                yield Change(at, _shown(ours.get(key, "")), _shown(own.get(key, "")), Effect.NEUTRAL)
            else:
                grown = key in own and self._grows(path)
                effect = Effect.TIGHTER if grown else Effect.LOOSER
                yield Change(at, _shown(ours.get(key, "")), _shown(own.get(key, "")), effect)

    def _lists(self, path: str, ours: list[Any], own: list[Any]) -> Iterator[Change]:
        """Where ours stands whole and in order within the longer one, the rest is added; else item by item."""
        places = _places(ours, own)
        if places is not None and len(own) > len(ours):
            effect = Effect.TIGHTER if self._grows(path) else Effect.LOOSER
            for number, item in enumerate(own):
                if number not in places:
                    yield Change(f"{path}.{number}", "", _shown(item), effect)
            return
        for number in range(max(len(ours), len(own))):
            at = f"{path}.{number}"
            if number < len(ours) and number < len(own):
                yield from self.between(at, ours[number], own[number])
            else:
                before, after = (ours[number], "") if number < len(ours) else ("", own[number])
                grown = number >= len(ours) and self._grows(path)
                yield Change(at, _shown(before), _shown(after), Effect.TIGHTER if grown else Effect.LOOSER)

    def _effect(self, path: str, ours: Any, own: Any) -> Effect | None:
        # Marks of reading, numbers and ordered words are tighter each in its own way; the rest is looser.
        if path.rpartition(".")[2] == "checked":
            marks = tuple(Checked)
            raised = own not in marks or ours not in marks or marks.index(own) < marks.index(ours)
            return Effect.LOOSER if raised else Effect.NEUTRAL
        if _is_number(ours) and _is_number(own):
            if ours == own:
                return None
            tighter = self._rule(directions.NUMBERS, path)
            if tighter is not None:
                return Effect.TIGHTER if (own < ours) == (tighter == directions.LOWER) else Effect.LOOSER
        order = self._rule(directions.ORDERED, path)
        if order and ours in order and own in order:
            return Effect.TIGHTER if order.index(own) > order.index(ours) else Effect.LOOSER
        return Effect.LOOSER

    def _rule(self, table: Mapping[str, Any], path: str) -> Any:
        for rules in directions.of(self.kind, self.id, table):
            assert isinstance(rules, Mapping)
            for pattern, rule in rules.items():
                if directions.matches(path, pattern):
                    return rule
        return None

    def _grows(self, path: str) -> bool:
        listed = directions.of(self.kind, self.id, directions.GROWS)
        return any(directions.matches(path, pattern) for rules in listed for pattern in rules)  # type: ignore[attr-defined]

    def _is_neutral(self, path: str) -> bool:
        return any(directions.matches(path, pattern) for pattern in directions.NEUTRAL)


def _with_due(changes: tuple[Change, ...], ours: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Change, ...]:
    """A later day of review is no longer interval where the file was written later by as much."""
    spans = [
        (table["due"] - table["updated"]).days
        for table in (ours, own)
        if isinstance(table.get("due"), date) and isinstance(table.get("updated"), date)
    ]
    if len(spans) < 2 or spans[1] > spans[0]:
        return changes
    effect = Effect.NEUTRAL if spans[1] == spans[0] else Effect.TIGHTER
    return tuple(
        Change(change.field, change.ours, change.own, effect) if change.field == "due" else change for change in changes
    )


def _places(ours: list[Any], own: list[Any]) -> set[int] | None:
    """Where the items of ours stand in the other, in order; None where one of them does not."""
    places: set[int] = set()
    at = 0
    for item in ours:
        while at < len(own) and not _same(own[at], item):
            at += 1
        if at == len(own):
            return None
        places.add(at)
        at += 1
    return places


def _same(own: Any, other: Any) -> bool:
    """Equal, and true is no 1."""
    return repr(own) == repr(other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: Any) -> str:
    """A value for a reader: a cited number or text by itself, a table by its first words."""
    if isinstance(value, Mapping):
        if "value" in value:
            return f"{value['value']} {value.get('unit', '')}".strip()
        named = next((value[key] for key in ("text", "title", "name", "heading") if key in value), None)
        return _shown(named) if named is not None else ", ".join(f"{key} {_shown(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(_shown(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
