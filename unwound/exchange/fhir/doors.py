"""The files of one patient, whatever they are wrapped in, as entries; what the source kept back is named.

Read are bundles (also within bundles), resources one a line (NDJSON, as bulk exports have them) or in a list,
Parameters, and requests of CDS Hooks; several files together are one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from unwound.exchange.fhir import parse
from unwound.exchange.fhir.account import Problem
from unwound.exchange.fhir.entries import Entry, of_raw, of_resource
from unwound.exchange.fhir.parse import BundleError
from unwound.exchange.fhir.shapes import Object, name, obj, objects, text
from unwound.exchange.fhir.unpack import Unpackable, unpacked
from unwound.exchange.names import quoted

_DEEPEST = 5
"""So many bundles within each other are opened."""
_LINES_SHOWN = 3
_GRAVE = frozenset(("fatal", "error", "warning"))
_WITHHELD = frozenset(("suppressed", "forbidden", "security", "incomplete", "not-found", "too-costly", "throttled"))


class _Entry(msgspec.Struct):
    """An entry of a bundle, its resource as it is written."""

    resource: msgspec.Raw = msgspec.Raw(b"null")
    fullUrl: Any = None
    request: Any = None
    response: Any = None
    search: Any = None
    modifierExtension: Any = None


class _Bundle(msgspec.Struct):
    """A bundle, read without its resources: most of them are never needed."""

    resourceType: str = ""
    type: Any = None
    total: Any = None
    link: Any = None
    meta: Any = None
    fhirVersion: Any = None
    entry: list[_Entry] = []


_bundles = msgspec.json.Decoder(_Bundle)


@dataclass(slots=True, kw_only=True)
class Opened:
    """What stands in the files of one record."""

    entries: list[Entry] = field(default_factory=list)
    envelopes: list[Object] = field(default_factory=list)
    """Bundles without their entries, for what they say of the release of FHIR."""
    missing: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    counted: list[tuple[str, str]] = field(default_factory=list)
    """What is no resource to read, and how it fared."""
    patient: str = ""
    """The id of the patient, where a request names it."""
    pages: list[_Page] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer to a search: its own address, that of the next page, and how many of how many are here."""

    own: str
    next: str
    total: int | None
    here: int


def opened(files: Iterable[tuple[str, bytes | str]], name: str) -> Opened:
    """The entries of all files. BundleError, naming the file, for what cannot be read and what to do."""
    into, size, number = Opened(), 0, 0
    held = list(files)
    for file, data in held:
        for member, content in _members(data, file, parse.LIMIT_BYTES):
            size, number = size + len(content), number + 1
            parse.check_size(size, name)
            if len(held) == 1:
                _file(content, member, into)
            else:
                _among_others(content, member, into)
    _note_pages(into)
    if not number:
        raise BundleError(f"{name}: there is no file of FHIR resources in it (.json, .ndjson, or either with .gz)")
    return into


def _members(data: bytes | str, name: str, limit: int) -> Iterator[tuple[str, bytes | str]]:
    parse.check_size(len(data), name)
    if isinstance(data, str):
        yield name, data
        return
    try:
        yield from unpacked(data, name, limit)
    except Unpackable as reason:
        raise BundleError(f"{name}: {reason}") from None


def _file(data: bytes | str, name: str, into: Opened) -> None:
    """One file: a bundle without parsing its resources, else JSON, else a resource a line."""
    written = parse.as_utf8(data, name)
    try:
        bundle = _bundles.decode(written.encode() if isinstance(written, str) else written)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        bundle = None
    if bundle is not None and bundle.resourceType == "Bundle":
        parse.loads(_frame(written, bundle), name)  # refused where it says two things
        _quick(bundle, name, into, 0)
        return
    try:
        parsed = parse.loads(written, name)
    except BundleError:
        lines = [line for line in written.splitlines() if line.strip()]
        if len(lines) < 2 or not parse.is_whole(lines[0]):
            raise
        _lines(lines, name, into)
        return
    _value(parsed, name, into)


def _frame(written: bytes | str, bundle: _Bundle) -> bytes:
    """The bundle without its resources, which are looked at one by one: small enough to be read thoroughly."""
    whole = written.encode() if isinstance(written, str) else written
    parts, at = [], 0
    for entry in bundle.entry:
        raw = bytes(entry.resource)
        if raw == b"null":  # also where there is none
            continue
        place = _place(whole, raw, at)
        parts += [whole[at:place], b"null"]
        at = place + len(raw)
    return b"".join((*parts, whole[at:]))


def _place(whole: bytes, raw: bytes, at: int) -> int:
    """Where a part of the whole stands, from a place on: by its beginning, since a long text is slow to look for."""
    beginning = raw[:_BEGINNING]
    place = whole.find(beginning, at)
    while not whole.startswith(raw, place):
        place = whole.find(beginning, place + 1)
    return place


_BEGINNING = 24


def _among_others(data: bytes | str, name: str, into: Opened) -> None:
    """One of several files: what cannot be read of it is missing, the others are read; an empty one says nothing."""
    if not data.strip():
        return
    try:
        _file(data, name, into)
    except BundleError as reason:
        why = str(reason)
        if "has no resourceType" in why:  # the list of an export, a log beside it
            into.problems.append(Problem(None, name, "this file holds no FHIR resource and was not read"))
        else:
            _miss(into, name, why)


def _lines(lines: Sequence[bytes | str], name: str, into: Opened) -> None:
    """A resource a line; a line that is none is missing."""
    bad = []
    for number, line in enumerate(lines):
        try:
            resource = parse.loads(line, name)
        except BundleError:
            bad.append(number + 1)
            continue
        _held(resource, number, address="", name=name, into=into, depth=0)
    if bad:
        shown = ", ".join(map(str, bad[:_LINES_SHOWN])) + (", ..." if len(bad) > _LINES_SHOWN else "")
        _miss(into, name, f"{len(bad)} lines are not readable as JSON (line {shown}): the file may be cut off")


def _value(parsed: object, name: str, into: Opened) -> None:
    """A whole file of JSON: each wrapping in its own way."""
    if isinstance(parsed, list) and parsed and all(isinstance(obj(item).get("resourceType"), str) for item in parsed):
        for number, resource in enumerate(parsed):
            _held(resource, number, address="", name=name, into=into, depth=0)
        return
    whole = obj(parsed)
    type = whole.get("resourceType")
    if type == "OperationOutcome":
        raise BundleError(f"{name}: the server answered with an error instead of a record: {quoted(_outcome(whole))}")
    if type == "Bundle":
        _bundle(whole, 0, name, into, 0)
    elif type == "Parameters":
        _parameters(whole, 0, name, into, 0)
    elif type is None and "hook" in whole:
        _hook(whole, name, into)
    elif isinstance(type, str):
        into.entries.append(of_resource(0, whole, name=name))
        into.counted.append((ALONE, ""))
    else:
        raise parse.no_record(parsed, name)


ALONE = "(alone)"
"""A file that is a single resource: enough among several files, not by itself."""


def _quick(bundle: _Bundle, name: str, into: Opened, depth: int) -> None:
    """A bundle whose resources were not parsed yet."""
    frame: Object = {"type": bundle.type, "total": bundle.total, "link": bundle.link, "meta": bundle.meta}
    into.envelopes.append({**frame, "fhirVersion": bundle.fhirVersion})
    here = 0
    for index, entry in enumerate(bundle.entry):
        here += _is_match(entry.search)
        raw = memoryview(entry.resource)
        new = None if bytes(raw[:4]) == b"null" else of_raw(index, raw, text(entry.fullUrl), name)
        if new is None or not new.type:
            _without_resource(index, obj(entry.request), obj(entry.response), into)
            continue
        new.is_modified = bool(entry.modifierExtension)
        _sorted_in(new, name, into, depth)
    _page(frame, here, into)


def _is_match(search: object) -> bool:
    return obj(search).get("mode") in (None, "match")


def _held(resource: object, index: int, address: str, name: str, into: Opened, depth: int) -> None:
    """One resource that is parsed: an envelope is opened, anything else is an entry."""
    _sorted_in(of_resource(index, obj(resource), address, name=name), name, into, depth)


def _sorted_in(entry: Entry, name: str, into: Opened, depth: int) -> None:
    if not entry.type:
        into.counted.append(("(no resource)", "unreadable"))
        into.problems.append(Problem(entry.index, "", "this entry holds no resource with a resourceType"))
    elif entry.type in ("Bundle", "Parameters"):
        into.counted.append((entry.type, "used"))
        if depth >= _DEEPEST:
            _miss(
                into, entry.origin, "bundles within bundles, more than are opened: what the innermost hold was not read"
            )
        elif entry.type == "Bundle":
            _bundle(entry.resource, entry.index, name, into, depth + 1)
        else:
            _parameters(entry.resource, entry.index, name, into, depth + 1)
    else:
        if entry.type == "OperationOutcome":
            _heard(entry.resource, into)
        into.entries.append(entry)


def _bundle(bundle: Object, at: int, name: str, into: Opened, depth: int) -> None:
    """A bundle that is parsed: one within another, or one with something odd in it."""
    into.envelopes.append({key: value for key, value in bundle.items() if key != "entry"})
    listed, here = bundle.get("entry"), 0
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        own, held = at if depth else index, obj(entry)
        here += _is_match(held.get("search"))
        new = of_resource(own, obj(held.get("resource")), text(held.get("fullUrl")), name=name)
        if not new.type:
            _without_resource(own, obj(held.get("request")), obj(held.get("response")), into)
            continue
        new.is_modified = bool(held.get("modifierExtension"))
        _sorted_in(new, name, into, depth)
    _page(bundle, here, into)


def _parameters(parameters: Object, index: int, name: str, into: Opened, depth: int) -> None:
    for parameter in (*objects(parameters.get("parameter")), *objects(parameters.get("part"))):
        if isinstance(parameter.get("resource"), dict):
            _held(parameter["resource"], index, address="", name=name, into=into, depth=depth)
        if depth < _DEEPEST and parameter.get("part"):
            _parameters({"part": parameter["part"]}, index, name, into, depth + 1)


def _hook(request: Object, name: str, into: Opened) -> None:
    """A request of CDS Hooks: what was fetched before, and what the page holds that called."""
    into.patient = text(obj(request.get("context")).get("patientId"))
    fetched = obj(request.get("prefetch"))
    for number, (key, value) in enumerate(fetched.items()):
        if isinstance(value, dict) and value.get("resourceType"):
            _held(value, number, address="", name=name, into=into, depth=0)
        else:
            _miss(into, "prefetch", f"{quoted(key)} was asked for before the request, and did not come")
    for number, value in enumerate(obj(request.get("context")).values(), len(fetched)):
        for resource in objects(value):
            if resource.get("resourceType"):
                _held(resource, number, address="", name=name, into=into, depth=0)
    if not fetched:
        _miss(into, "prefetch", "the request came without anything fetched before it")


def _without_resource(index: int, request: Object, response: Object, into: Opened) -> None:
    """An entry that holds no resource: something deleted, an answer without content, or an error."""
    state = text(response.get("status"))
    if request.get("method") == "DELETE":
        into.counted.append(("(deleted)", "not_needed"))
        return
    outcome = obj(response.get("outcome"))
    if state[:1] in ("4", "5") or outcome:
        into.counted.append(("(no answer)", "unreadable"))
        reason = f" ({quoted(_outcome(outcome))})" if outcome else ""
        _miss(into, f"entry {index}", f"the server did not answer: {quoted(state)}{reason}")
        return
    into.counted.append(("(no resource)", "unreadable"))
    into.problems.append(Problem(index, "", "this entry holds no resource with a resourceType"))


def _heard(outcome: Object, into: Opened) -> None:
    """What a server says beside its answer: a warning or an error is about something that is not here."""
    for issue in objects(outcome.get("issue")):
        if issue.get("severity") in _GRAVE or issue.get("code") in _WITHHELD:
            _miss(into, "OperationOutcome", f"the server says of its answer: {quoted(_issue(issue))}")


def _outcome(outcome: Object) -> str:
    return " ".join(filter(None, map(_issue, objects(outcome.get("issue")))))


def _issue(issue: Object) -> str:
    return text(issue.get("diagnostics")) or name(issue.get("details")) or text(issue.get("code"))


def _miss(into: Opened, where: str, why: str) -> None:
    into.missing.append(why)
    into.problems.append(Problem(None, where, why))


# ---- pages of a search


def _page(bundle: Object, here: int, into: Opened) -> None:
    links = {text(link.get("relation")): text(link.get("url")) for link in objects(bundle.get("link"))}
    total = bundle.get("total") if bundle.get("type") in ("searchset", "history", None) else None
    number = total if isinstance(total, int) and not isinstance(total, bool) else None
    into.pages.append(_Page(links.get("self", ""), links.get("next", ""), number, here))


def _note_pages(into: Opened) -> None:
    """Pages that a search has and that are not here, and results that were counted and not sent."""
    by_address: Mapping[str, _Page] = {page.own: page for page in into.pages if page.own}
    follow = {page.next for page in into.pages if page.next}
    for page in into.pages:
        if page.own and page.own in follow:
            continue
        here, last = page.here, page
        for _ in into.pages:
            following = by_address.get(last.next) if last.next else None
            if following is None or following is last:
                break
            here, last = here + following.here, following
        if last.next:
            why = "this is one page of a search with more pages: diagnoses and medicines may be missing"
            _miss(into, "Bundle", why)
        elif page.total is not None and page.total > here:
            _miss(into, "Bundle", f"the search found {page.total}, and {here} are here: the rest was not sent")
