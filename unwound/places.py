"""The plain place of a pain («foot», «low back»): what follows from it, and how it is read from what records write.

`data/rules/places.toml` holds the anatomy. A place says where a pain is and never which nerve: it rules out what cannot
be there, and rules nothing in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from pydantic import model_validator

from unwound import facts
from unwound.catalogue import CitedText, Head, Texts, load_rule
from unwound.patient import Fact, Patient
from unwound.record import unique

SITE, AREA = "pain_site", "pain_distribution"
"""The facts of the plain place of a pain, and of the area by nerves, roots and tracts."""
_BETWEEN = re.compile(r"\band\b|[,;/&+(]")
_UNSAID = re.compile(
    r"\(body structure\)|[.)]|\bentire(?! body)|\b(?:the|a|an|my|his|her|of|in|on|structures?|regions?|area|part|pain"
    r"|left|right|l|r|lt|rt|both|sides?|sided|bilat|bilateral|bilaterally|front|anterior|posterior|inner|outer|inside"
    r"|outside|medial|lateral|proximal|distal|plantar|dorsal|surface|skin|muscles?|joints?|tip)\b"
)
"""What says only that it is a part of the body, or which side or layer of it."""


class Anatomy(Head):
    """`data/rules/places.toml`: parts of the body, what holds what, where a pain can be felt, how parts are written."""

    why: CitedText
    limb: Texts
    back_or_leg: Texts
    holds: Mapping[str, Texts]
    felt_in: Mapping[str, Texts]
    words: Mapping[str, Texts]

    @model_validator(mode="after")
    def _names_what_the_vocabulary_has(self) -> Anatomy:
        parts, areas = facts.vocabulary()[SITE].options, facts.vocabulary()[AREA].options
        named = {*self.limb, *self.back_or_leg, *self.holds}
        named.update(part for of in (self.holds, self.felt_in, self.words) for parts in of.values() for part in parts)
        unknown = sorted((named - parts.keys()) | (self.felt_in.keys() - areas.keys()))
        if unknown:
            raise ValueError(f"no part of the body or area is called «{unknown[0]}»")
        return self


def anatomy() -> Anatomy:
    """The anatomy by which places are read."""
    return load_rule("places", Anatomy)


def sites(patient: Patient) -> frozenset[str]:
    """The parts of the body in which the pain is; empty while nobody has said."""
    return _words(facts.known(patient, SITE))


def area(patient: Patient) -> frozenset[str]:
    """The words for where the pain is by nerves, roots and tracts; empty while it is unknown."""
    return _words(facts.known(patient, AREA))


def unknown(patient: Patient) -> bool:
    """Whether nothing at all is known of where the pain is."""
    return not sites(patient) and not area(patient)


def to_ask(patient: Patient) -> tuple[str, ...]:
    """What is asked first where no part of the body is known: the area too, unless it is known and names no part."""
    words = area(patient)
    if sites(patient) or not words.isdisjoint(anatomy().felt_in):
        return ()
    return (SITE,) if words else (SITE, AREA)


def elsewhere(patient: Patient, parts: Iterable[str]) -> bool:
    """Whether the pain is known to be in none of these parts, and its area says nothing against its place.

    False while the place is unknown, and where place and area do not fit each other: one of them is then wrong.
    """
    there = covered(sites(patient))
    return bool(there) and there.isdisjoint(parts) and all(can_be(word, there) for word in area(patient))


def none_can_be(patient: Patient, words: Iterable[str]) -> bool:
    """Whether a pain of none of these areas can be felt where the pain is known to be; the area itself is unknown."""
    there = covered(sites(patient))
    return bool(there) and not area(patient) and not any(can_be(word, there) for word in words)


def can_be(word: str, parts: Iterable[str]) -> bool:
    """Whether a pain of this area can be felt in one of the parts."""
    felt = anatomy().felt_in.get(word)
    return felt is None or not frozenset(felt).isdisjoint(parts)


def covered(parts: Iterable[str]) -> frozenset[str]:
    """The parts with all that may be meant by them: the trunk may be the low back."""
    holds = anatomy().holds
    return frozenset(part for named in parts for part in (named, *holds.get(named, ())))


def is_back_or_leg(parts: Iterable[str]) -> bool:
    """Whether a pain in these parts is a pain of back or leg for certain."""
    return not frozenset(anatomy().back_or_leg).isdisjoint(parts)


def in_limb(parts: Iterable[str]) -> bool:
    """Whether one of the parts is a limb, or holds one."""
    return not frozenset(anatomy().limb).isdisjoint(parts)


def read(written: str) -> tuple[str, ...]:
    """The parts that a written place names («left foot», «back of hand»); none where any of it is not understood."""
    return _read(" ".join(written.lower().split()))


@cache
def _read(written: str) -> tuple[str, ...]:
    """Parts stand apart by a comma or «and»; what stands side by side is one part: back teeth are not the back."""
    phrases = [phrase for part in _BETWEEN.split(_UNSAID.sub(" ", written)) if (phrase := _plain(part))]
    known = [_phrases().get(phrase) for phrase in phrases]
    return unique(part for parts in known for part in parts or ()) if all(known) else ()


def _plain(written: str) -> str:
    """Without articles, sides and layers."""
    return " ".join(_UNSAID.sub(" ", written.replace("-", " ")).split())


@cache
def _phrases() -> Mapping[str, Texts]:
    return {_plain(phrase): parts for phrase, parts in anatomy().words.items()}


def _words(fact: Fact | None) -> frozenset[str]:
    if fact is None:
        return frozenset()
    return frozenset(fact.value if isinstance(fact.value, tuple) else (str(fact.value),))
