"""What a system may see and send: SMART scopes of version 2 with their query part, and the «.read» of version 1."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from unwound.exchange.fhir import searching
from unwound.exchange.fhir.searching import Asked, SearchError
from unwound_clinic.core.action import Conflict

CREATED = ("ServiceRequest",)
"""What may be sent here; of nothing else is there a scope with «c», and «*» holds none."""
_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]+)\.(read|c|r|s|rs)(?:\?(.+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One scope: of which type, whether it may be read by its id, searched and created, and which of them."""

    written: str
    type: str
    """«*» for every type."""
    read: bool
    search: bool
    create: bool = False
    only: Asked | None = None

    def permits(self, resource: dict[str, Any], now: datetime) -> bool:
        """Whether a resource is among those of its query part."""
        return self.only is None or self.only.holds(resource, now)


@dataclass(frozen=True, slots=True)
class Rights:
    """Everything that a token permits."""

    scopes: tuple[Scope, ...]

    def of(self, type: str, how: str = "") -> list[Scope]:
        """The scopes of a type that permit to `read` or to `search` it, or either."""
        return [
            scope
            for scope in self.scopes
            if scope.type in ("*", type) and (not how or (scope.read if how == "read" else scope.search))
        ]

    def may_create(self, type: str) -> bool:
        """Whether a resource of the type may be sent."""
        return any(scope.create and scope.type == type for scope in self.scopes)

    def permits(self, resource: dict[str, Any], now: datetime, how: str = "") -> bool:
        """Whether any scope permits this very resource."""
        return any(scope.permits(resource, now) for scope in self.of(str(resource["resourceType"]), how))


def parse(written: str) -> Rights:
    """The scopes of a text. Conflict, naming the one, for a scope that this server does not know."""
    return Rights(tuple(_scope(scope) for scope in written.split()))


def _scope(written: str) -> Scope:
    """One scope. Conflict, with a branch for each thing that is wrong: its form, what it may create, its type."""
    match = _SCOPE.fullmatch(written)
    if match is None:
        raise Conflict(
            f"«{written[:80]}» is not a scope of this server; the form is system/Observation.rs?category=..."
        )
    type, may, query = match.groups()
    if may == "c":
        if type not in CREATED or query:
            raise Conflict(f"«{written[:80]}»: what can be sent is {', '.join(f'system/{each}.c' for each in CREATED)}")
        return Scope(written=written, type=type, read=False, search=False, create=True)
    if type != "*" and type not in searching.types():
        raise Conflict(f"«{written[:80]}»: there is no {type} here; there are {', '.join(searching.types())}")
    return Scope(
        written=written,
        type=type,
        read=may != "s",
        search=may != "r",
        only=_only(written, type, query) if query else None,
    )


def _only(written: str, type: str, query: str) -> Asked:
    if type == "*":
        raise Conflict(f"«{written[:80]}»: a query needs one type of resource")
    try:
        asked = searching.read(type, parse_qsl(query, keep_blank_values=True))
    except SearchError as reason:
        raise Conflict(f"«{written[:80]}»: {reason}") from None
    if asked.unknown or not asked.conditions:
        raise Conflict(f"«{written[:80]}»: {type} is not asked for by {', '.join(asked.unknown) or 'nothing'}")
    return asked


def granted(asked: str, registered: str) -> str:
    """Those asked for that were registered: the same words, or a part of what was. Empty where there is none."""
    own = parse(registered).scopes
    scopes: list[str] = []
    for scope in asked.split():
        try:
            wanted = _scope(scope)
        except Conflict:
            continue
        scopes += [scope] if _within(wanted, own) else _narrowed(wanted, own)
    return " ".join(dict.fromkeys(scopes))


def _within(wanted: Scope, own: Iterable[Scope]) -> bool:
    """Whether one registered scope holds all of it."""
    return any(
        has.type in ("*", wanted.type)
        and has.read >= wanted.read
        and has.search >= wanted.search
        and has.create >= wanted.create
        and (has.only is None or has.only == wanted.only)
        for has in own
    )


def _narrowed(wanted: Scope, own: Iterable[Scope]) -> list[str]:
    """What was registered inside of what was asked for, where that had no query of its own."""
    if wanted.only is not None:
        return []
    return [
        has.written
        for has in own
        if wanted.type in ("*", has.type)
        and wanted.read >= has.read
        and wanted.search >= has.search
        and wanted.create >= has.create
    ]
