"""Where on the body something is, as records write it: the place of a pain, and which pains a bundle tells apart.

A bundle has several pains where facts about a pain are at two places or more. A place without a side is that of its
only namesake with one; where both sides are there, it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from unwound.exchange.fhir.shapes import Object, codings, name, obj, objects, text
from unwound.exchange.fhir.tables import tables
from unwound.terms import Side

_UNSAID = re.compile(
    r"\b(?:entire|whole|structure|structures|region|part|body|side|the|of|qualifier|value)\b|[()\[\],;:]"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the body, and its side where that is said."""

    site: str
    side: Side | None = None

    @property
    def title(self) -> str:
        """«left foot»; «foot, both sides»."""
        if self.side in (Side.LEFT, Side.RIGHT):
            return f"{self.side} {self.site}"
        return f"{self.site}, both sides" if self.side == Side.BOTH else self.site


def place_of(resource: Object) -> Place | None:
    """Where a resource says that it is; None where it says nothing, or names several parts of the body."""
    read = [(_site(concept), _side(concept)) for concept in objects(resource.get("bodySite"))]
    sites = {site for site, _ in read if site}
    sides = {side for _, side in read if side} | {side for side in (_extended(resource),) if side}
    if len(sites) != 1:
        return None
    if len(sides) > 1:
        sides = {Side.BOTH} if Side.MIDDLE not in sides else set()
    return Place(sites.pop(), next(iter(sides), None))


def told_apart(places: Iterable[Place]) -> Mapping[Place, Place | None]:
    """Each place -> the pain's place that it means; None where it could be either side of the same part."""
    known = dict.fromkeys(places)
    sided: dict[str, list[Place]] = {}
    for place in known:
        if place.side is not None:
            sided.setdefault(place.site, []).append(place)
    meant: dict[Place, Place | None] = {}
    for place in known:
        namesakes = sided.get(place.site, [])
        if place.side is not None or not namesakes:
            meant[place] = place
        else:
            meant[place] = namesakes[0] if len(namesakes) == 1 else None
    return meant


def _site(concept: Object) -> str:
    """The part of the body in few words, without its side; the code where there are no words."""
    written = name(concept).lower()
    words = [word for word in _UNSAID.sub(" ", _sides().sub(" ", written)).split() if word not in _codes()]
    if words or written:
        return " ".join(words)
    code = next((coding.code for coding in codings(concept) if coding.code and coding.code not in _codes()), "")
    return f"body site {code}" if code else ""


def _side(concept: Object) -> Side | None:
    return (
        _in_words(f"{text(concept.get('text'))} ; " + " ; ".join(c.display for c in codings(concept)))
        or _coded(concept)
        or _extended(concept)
    )


def _coded(concept: Object) -> Side | None:
    return next((_codes()[coding.code] for coding in codings(concept) if coding.code in _codes()), None)


def _extended(holder: Object) -> Side | None:
    """The side in an extension that is about the side, whoever defined it."""
    for extension in objects(holder.get("extension")):
        if "laterality" in text(extension.get("url")).lower():
            concept = obj(extension.get("valueCodeableConcept")) or obj(extension.get("valueCoding"))
            written = text(extension.get("valueCode")) or text(extension.get("valueString"))
            return _coded(concept) or _in_words(f"{name(concept)} {text(concept.get('display'))} {written}")
    return None


def _in_words(written: str) -> Side | None:
    """The side that words name; both where they name left and right; None where they name none or contradict."""
    sides = {side for side, words in _words().items() if any(w in words for w in re.findall(r"\w+", written.lower()))}
    if sides >= {Side.LEFT, Side.RIGHT} or Side.BOTH in sides:
        return Side.BOTH
    return sides.pop() if len(sides) == 1 else None


@cache
def _words() -> Mapping[Side, frozenset[str]]:
    return {side: frozenset(entry.words) for side, entry in tables().sides.items()}


@cache
def _codes() -> Mapping[str, Side]:
    return {code: side for side, entry in tables().sides.items() for code in entry.codes}


@cache
def _sides() -> re.Pattern[str]:
    words = sorted({word for words in _words().values() for word in words})
    return re.compile(r"\b(?:" + "|".join(words) + r"|and right|and left)\b")
