"""Which code of a device or record means which kind of reading: `data/device_codes`, one file for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal

from unwound.catalogue import Frozen, Head, Texts, load
from unwound.exchange.names import quoted
from unwound.session.signs import sign, signs

System = Literal["MDC", "LOINC", "Mindray", "MDIL", "EHC", "NK", "wfdb"]
VENDORS = ("Mindray", "MDIL", "EHC", "NK")
"""Systems of single vendors: a number of theirs counts only together with its exact label."""


class Code(Frozen):
    """One code with its exact name; `also` are other names of the same number."""

    system: System
    code: str
    name: str
    method: str = ""
    also: Texts = ()
    includes: Texts = ()
    """Kinds that the code may mean too, and means where a code of theirs stands beside it."""


class Fhir(Frozen):
    """How it is written as a FHIR R4 Observation: profile, LOINC codes (the one the profile asks for first), unit."""

    profile: str
    loinc: Texts
    ucum: str


class Kind(Head):
    """One file of `data/device_codes`: what a vital sign (the file of the same name) is called elsewhere."""

    words: Texts
    """Words of a label that name this kind."""
    elsewhere: Texts = ()
    """Words of a label beside a known code by which the value is of another place («left atrial pressure»)."""
    whole: Texts = ()
    """Numbers of MDC of the whole to which this value belongs, of a kind whose numbers are all listed: any other number
    beside a known code names another place."""
    places: Mapping[str, Texts] = {}
    """Methods told by their place: «core» is measured in the ear or the bladder; both codes then say one thing."""
    fhir: Fhir
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Coding:
    """A code as it was sent: number, label and the name of its system."""

    code: str
    text: str = ""
    system: str = ""

    def __str__(self) -> str:
        return "^".join((self.code, self.text, self.system)).rstrip("^")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The kind of reading a code names, and how it was measured where the code says so."""

    kind: str
    method: str = ""
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Number and label, or two codes of one value, name different things: which is meant cannot be known."""

    reason: str


@cache
def kinds() -> Mapping[str, Kind]:
    """The codes of every vital sign that devices measure, by its id."""
    by_sign: Mapping[str, Kind] = load("device_codes", Kind)
    return by_sign


def meaning(codings: Iterable[Coding], within: Iterable[Coding] = ()) -> Meaning | Disagreement | None:
    """What the codes of one value name; None where none of them is known.

    `within` are the codes of the whole that it is a part of: they may say that it is of another place.
    """
    codings = tuple(codings)
    agreed = _meaning_of_all(codings)
    if not isinstance(agreed, Meaning):
        return agreed
    other = _elsewhere(kinds().get(agreed.kind), (*codings, *within))
    return (
        Disagreement(f"its code means {_title(agreed)}, but with it stands {quoted(str(other))}") if other else agreed
    )


def _elsewhere(kind: Kind | None, codings: Iterable[Coding]) -> Coding | None:
    """The first of the codes that names another place than what was meant: by its label, or its number alone."""
    if kind is None:
        return None
    for coding in codings:
        label, number = _spaced(coding.text), coding.code.strip()
        other = kind.whole and _system(coding) == "MDC" and number.isdigit() and number not in kind.whole
        if any(f" {word} " in label for word in kind.elsewhere) or (other and ("MDC", number) not in _numbers()):
            return coding
    return None


def _meaning_of_all(codings: tuple[Coding, ...]) -> Meaning | Disagreement | None:
    agreed: Meaning | None = None
    for coding in codings:
        named = _meaning_of(coding)
        if isinstance(named, Disagreement):
            return named
        if named is not None and agreed is not None:
            both = _agreed(agreed, named)
            if both is None:
                return Disagreement(f"its codes name both {_title(agreed)} and {_title(named)}")
            agreed = both
        agreed = agreed or named
    return agreed


def _meaning_of(coding: Coding) -> Meaning | Disagreement | None:
    system = _system(coding)
    code, text = coding.code.strip(), coding.text.strip()
    if system in ("OURS", "wfdb"):
        return _numbers().get((system, code))
    if system == "LOINC":
        return _labelled(_numbers().get((system, code)), coding)
    if system == "MDC":
        return _mdc(text, code, coding) if text.isdigit() and not code.isdigit() else _mdc(code, text, coding)
    return _vendors().get((code.lower(), text.lower()))


def _mdc(code: str, text: str, coding: Coding) -> Meaning | Disagreement | None:
    """Number and name of ISO/IEEE 11073 must both be known and be of one kind; one alone is enough.

    Devices send both, either, or a label of their own beside the number: each has its branch.
    """
    if code.upper().startswith(_MDC) and not text:
        return _names().get(code.upper())
    if code.upper().startswith(_MDC) and not text.upper().startswith(_MDC):  # the name in place of the number
        return _labelled(_names().get(code.upper()), coding)
    by_number, by_name = _numbers().get(("MDC", code)), _names().get(text.upper())
    if not code or not text:
        return by_number or by_name
    if not text.upper().startswith(_MDC):
        return _labelled(by_number, coding)
    if by_number is None and by_name is None:
        return None
    if by_number is None or by_name is None:
        return _half_known(by_number, by_name, coding)
    both = _agreed(by_number, by_name)
    return both or Disagreement(
        f"{quoted(str(coding))}: the number means {_title(by_number)}, the name {_title(by_name)}"
    )


def _labelled(meaning: Meaning | None, coding: Coding) -> Meaning | Disagreement | None:
    """A free label may read as it likes, but must not name another kind and leave out its own."""
    if meaning is None:
        return None
    spoken = _spoken_of(coding.text)
    if spoken and meaning.kind not in spoken:
        return Disagreement(
            f"the code {quoted(coding.code)} means {_title(meaning)}, but its label is {quoted(coding.text)}"
        )
    return meaning


def _half_known(by_number: Meaning | None, by_name: Meaning | None, coding: Coding) -> Disagreement:
    """Number or name is known, and the other is not."""
    half = by_number or by_name
    of, unknown = ("number", "name") if by_number else ("name", "number")
    assert half is not None
    return Disagreement(f"the {of} of {quoted(str(coding))} means {_title(half)}, but the {unknown} is not known")


def _agreed(first: Meaning, second: Meaning) -> Meaning | None:
    """What two codes both say: a method only where both name it; None where kind or method differ.

    Of a method and a place where it is measured (core, ear) the place is said. Kinds may include one another (any
    pressure, an arterial one), which comes before the methods.
    """
    if second.kind in first.includes or first.kind in second.includes:
        return second if second.kind in first.includes else first
    if first.kind != second.kind:
        return None
    if first.method and second.method and first.method != second.method:
        return next((place for place, whole in ((first, second), (second, first)) if _is_place_of(place, whole)), None)
    return first if first.method == second.method else Meaning(first.kind)


def _is_place_of(place: Meaning, whole: Meaning) -> bool:
    kind = kinds().get(whole.kind)
    return kind is not None and place.method in kind.places.get(whole.method, ())


def _title(meaning: Meaning) -> str:
    return sign(meaning.kind).title.lower() + (f" ({meaning.method})" if meaning.method else "")


@lru_cache(maxsize=1024)  # labels come from outside: never without bound
def _spoken_of(label: str) -> frozenset[str]:
    text = _spaced(label)
    return frozenset(id for id, kind in kinds().items() if any(f" {word} " in text for word in kind.words))


def _spaced(label: str) -> str:
    """Its words, each between blanks."""
    return f" {_WORD.sub(' ', label.lower()).strip()} "


_MDC = "MDC_"
_WORD = re.compile(r"[^a-z0-9]+")
_SYSTEMS = {
    "unwound": "OURS",
    "wfdb": "wfdb",
    "mdc": "MDC",
    "iso/ieee 11073": "MDC",
    "urn:iso:std:iso:11073:10101": "MDC",
    "urn:oid:2.16.840.1.113883.6.24": "MDC",
    "ln": "LOINC",
    "loinc": "LOINC",
    "http://loinc.org": "LOINC",
    "urn:oid:2.16.840.1.113883.6.1": "LOINC",
}


def _system(coding: Coding) -> str:
    """Our word for the system; a name of ISO/IEEE 11073 reveals its system where none is sent."""
    system = _SYSTEMS.get(coding.system.strip().lower(), "")
    bare = not coding.system.strip()
    return "MDC" if bare and _MDC in (coding.text[:4].upper(), coding.code[:4].upper()) else system


@cache
def _numbers() -> Mapping[tuple[str, str], Meaning]:
    return MappingProxyType(
        {("OURS", id): Meaning(id) for id in signs()}
        | {
            (code.system, code.code): Meaning(id, code.method, code.includes)
            for id, kind in kinds().items()
            for code in kind.codes
        }
    )


@cache
def _names() -> Mapping[str, Meaning]:
    return MappingProxyType(
        {
            name: Meaning(id, code.method)
            for id, kind in kinds().items()
            for code in kind.codes
            if code.system == "MDC"
            for name in (code.name, *code.also)
        }
    )


@cache
def _vendors() -> Mapping[tuple[str, str], Meaning]:
    return MappingProxyType(
        {
            (code.code.lower(), code.name.lower()): Meaning(id, code.method)
            for id, kind in kinds().items()
            for code in kind.codes
            if code.system in VENDORS
        }
    )
