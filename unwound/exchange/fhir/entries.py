"""The entries of a record: one resource each, parsed when it is needed; each once, in its newest version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from unwound.exchange.fhir.elements import has_modifier
from unwound.exchange.fhir.parse import loads
from unwound.exchange.fhir.shapes import Object, moment, obj, tail, text

_MODIFIER = b"modifierExtension"
_ESCAPED = re.compile(rb"\\u00[4-7]")
"""A letter that is written by its number: nobody does, but a name could hide behind it."""
_TYPE = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,60})"\s*,')


@dataclass(slots=True, kw_only=True)
class Entry:
    """One resource with its place in the record; `raw` is its JSON until it is asked for."""

    index: int
    type: str
    address: str = ""
    """The entry's fullUrl."""
    raw: Any = None
    name: str = ""
    """The file, for errors."""
    is_modified: bool = False
    """Whether the entry itself carries a modifierExtension."""
    odd: str = ""
    """What in it belongs to another release of FHIR."""
    _parsed: Object | None = None
    _may_be_modified: bool = True
    _id: str | None = None
    _base: str | None = None

    @property
    def resource(self) -> Object:
        """The resource. BundleError where it is not JSON after all."""
        if self._parsed is None:
            written = bytes(self.raw)
            self._may_be_modified = _MODIFIER in written or (b"\\" in written and bool(_ESCAPED.search(written)))
            self._parsed = obj(loads(written, self.name))
            self.raw = None
        return self._parsed

    def carries_a_modifier(self) -> bool:
        """Whether a modifierExtension stands anywhere in it: then nothing of it may be used as if it were not there."""
        return self.is_modified or (self._may_be_modified and has_modifier(self.resource))

    @property
    def id(self) -> str:
        """The resource's id."""
        if self._id is None:
            self._id = text(self.resource.get("id"))
        return self._id

    @property
    def origin(self) -> str:
        """As «Condition/12»; the type alone where it has no id."""
        name = self.id or text(tail(self.address))
        return f"{self.type}/{name}" if name else self.type

    @property
    def base(self) -> str:
        """The server it is from, as its address says; empty where that says nothing."""
        if self._base is None:
            self._base = base_of(self.address)
        return self._base


def of_resource(index: int, resource: Object, address: str = "", *, name: str = "") -> Entry:
    """An entry of a resource that is parsed already."""
    type = resource.get("resourceType")
    known = (text(type) or "?") if isinstance(type, str) and type else ""
    return Entry(index=index, type=known, address=address, name=name, _parsed=resource)


def of_raw(index: int, raw: Any, address: str, name: str) -> Entry:
    """An entry of a resource as it is written; parsed only where its type does not stand first."""
    match = _TYPE.match(raw)
    if match is not None:
        return Entry(index=index, type=match.group(1).decode(), address=address, raw=raw, name=name)
    return of_resource(index, obj(loads(bytes(raw), name)), address, name=name)


def base_of(address: str) -> str:
    """«https://a.org/fhir» of «https://a.org/fhir/Patient/1/_history/2»; a urn stands for itself."""
    if address.startswith("urn:"):
        return address
    if "://" not in address:
        return ""
    return address.split("/_history/")[0].rsplit("/", 2)[0]


def newest(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Each resource once in its newest version; then the older ones, and those whose age nobody can tell.

    The same id on two servers is two resources: the address tells them apart.
    """
    by_id: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        by_id.setdefault((entry.type, entry.id or f"#{entry.index} {id(entry)}"), []).append(entry)
    kept, older, unclear = [], [], []
    for same_id in by_id.values():
        for versions in _by_server(same_id):
            last = versions[0]
            for entry in versions[1:]:
                if _age(entry) == _age(last) and entry.resource != last.resource:
                    unclear.append(entry)
                last, other = (entry, last) if _age(entry) >= _age(last) else (last, entry)
                older.append(other)
            kept.append(last)
    place = {id(entry): number for number, entry in enumerate(entries)}
    return sorted(kept, key=lambda entry: place[id(entry)]), older, unclear


def _by_server(entries: list[Entry]) -> Iterable[list[Entry]]:
    if len(entries) == 1 or len({entry.base for entry in entries} - {""}) < 2:
        return (entries,)
    by_server: dict[str, list[Entry]] = {}
    for entry in entries:
        by_server.setdefault(entry.base, []).append(entry)
    return by_server.values()


def _age(entry: Entry) -> tuple[float, float]:
    meta = obj(entry.resource.get("meta"))
    when, version = moment(meta.get("lastUpdated")), meta.get("versionId")
    number = float(version) if isinstance(version, str) and version.isascii() and version.isdigit() else -1.0
    return (when.seconds if when else float("-inf"), number)


class References:
    """What references point to: by full address, and relative within the same server."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._by_address: dict[str, Entry] = {}
        self._relative: dict[str, list[Entry]] = {}
        self._by_type: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.address:
                self._by_address[entry.address] = entry
            if entry.id:
                self._relative.setdefault(f"{entry.type}/{entry.id}", []).append(entry)
            self._by_type.setdefault(entry.type, []).append(entry)

    def find(self, pointed: str, base: str = "") -> Entry | None:
        """The entry; nothing where several servers have one of that name and nothing says which is meant."""
        address = pointed.split("/_history/")[0]
        exact = self._by_address.get(pointed) or self._by_address.get(address)
        if exact is not None:
            return exact
        named = self._relative.get("/".join(address.rsplit("/", 2)[-2:]), [])
        own = base_of(address) or base
        fitting = [entry for entry in named if not own or not entry.base or entry.base == own]
        candidates = fitting if "://" in address else fitting or named
        return candidates[0] if len(candidates) == 1 else None

    def of_type(self, type: str) -> Sequence[Entry]:
        """Every entry of a type, in the order of the record."""
        return self._by_type.get(type, ())
