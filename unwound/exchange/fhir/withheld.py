"""What the source itself says is not here: resources sent shortened, lists left empty, entries of a document absent.

Nothing is concluded of half a record without saying so: each line stands among what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from unwound.exchange.fhir.elements import CLINICAL, many
from unwound.exchange.fhir.entries import Entry, References
from unwound.exchange.fhir.shapes import Object, codings, name, obj, objects, reference, text
from unwound.exchange.names import quoted

_SHORTENED = frozenset(("SUBSETTED", "REDACTED", "MASKED", "ABSTRED"))
"""Labels of HL7 by which a server says that it did not send all of a resource."""
_NOT_SAID = frozenset(("withheld", "unavailable", "notasked", "notstarted"))
"""Why a list is empty, where that does not mean that there is nothing."""
_ABSENT_SHOWN, _DEEPEST = 3, 10


def lines(entries: Sequence[Entry], everything: Iterable[Entry], references: References) -> Iterator[tuple[str, str]]:
    """Where and why part of the record is not here; `everything` is also what is not read of it."""
    yield from _shortened(entries)
    addresses = {entry.address for entry in everything if entry.address}
    for entry in entries:
        if entry.type == "List":
            yield from ((entry.origin, why) for why in _empty(entry.resource, "list"))
        elif entry.type == "Composition":
            for section in sections(entry.resource):
                yield from ((entry.origin, why) for why in _empty(section, "section"))
            if why := _absent(entry, addresses, references):
                yield entry.origin, why


def _shortened(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    labelled = [entry for entry in entries if "meta" in entry.resource and _is_shortened(obj(entry.resource["meta"]))]
    for type, count in Counter(entry.type for entry in labelled).items():
        first = next(entry for entry in labelled if entry.type == type)
        yield first.origin, f"the server sent {many(type)} shortened ({count}): what was left out is not known"


def _is_shortened(meta: Object) -> bool:
    labels = (*objects(meta.get("tag")), *objects(meta.get("security")))
    return any(label.get("code") in _SHORTENED for label in labels)


def _empty(holder: Object, what: str) -> Iterator[str]:
    """A list or section which is empty for another reason than that there is nothing."""
    reason = obj(holder.get("emptyReason"))
    code = next((coding.code for coding in codings(reason) if coding.code in _NOT_SAID), "")
    if code and not holder.get("entry"):
        title = text(holder.get("title")) or name(holder.get("code")) or "without a title"
        yield f"the {what} {quoted(title)} is empty ({name(reason) or code}): what would stand there is not known"


def sections(holder: Object, depth: int = 0) -> Iterator[Object]:
    """Every section of a document, with those within it."""
    for section in objects(holder.get("section")):
        yield section
        if depth < _DEEPEST:
            yield from sections(section, depth + 1)


def _absent(document: Entry, addresses: set[str], references: References) -> str:
    """What a document lists of the resources that are read here and does not hold; empty where all is there."""
    listed = dict.fromkeys(
        pointed
        for section in sections(document.resource)
        for pointer in objects(section.get("entry"))
        if (pointed := reference(pointer)) and _is_needed(pointed)
    )
    absent = [each for each in listed if each not in addresses and references.find(each, document.base) is None]
    if not absent:
        return ""
    shown = ", ".join(map(quoted, absent[:_ABSENT_SHOWN])) + (", ..." if len(absent) > _ABSENT_SHOWN else "")
    return f"the document lists {len(absent)} {'entry' if len(absent) == 1 else 'entries'} not in it ({shown})"


def _is_needed(pointed: str) -> bool:
    """Whether a reference is to a kind of resource that is read; one by number may be to any."""
    return pointed.startswith("urn:") or any(f"{type}/" in pointed for type in CLINICAL)
