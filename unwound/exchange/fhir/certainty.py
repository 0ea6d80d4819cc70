"""Whether a diagnosis is held to be there: the statuses of FHIR, national marks, and words beside a code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from unwound.exchange.fhir.shapes import Object, codings, name, objects, text
from unwound.exchange.fhir.tables import tables, whole_words
from unwound.record import unique

Certainty = Literal["confirmed", "unsure", "refuted", "past", "somebody-else"]

_REFUTED = frozenset(("refuted", "entered-in-error"))
_UNSURE = frozenset(("unconfirmed", "provisional", "differential"))
_OVER = frozenset(("inactive", "resolved", "remission"))
_CLINICAL = frozenset(("active", "recurrence", "relapse", *_OVER))
_MARK = re.compile(r"(?:diagnosesicherheit|diagnosis-?certainty)", re.IGNORECASE)
_MARKED: dict[str, Certainty] = {"A": "refuted", "V": "unsure", "Z": "past", "G": "confirmed"}
"""The marks that German outpatient care puts beside ICD-10-GM: ausgeschlossen, Verdacht, Zustand nach, gesichert."""
_SUFFIX = re.compile(r"([A-TV-Z]\d[0-9A-Z](?:\.?[0-9A-Z-]{1,4})?[*!+†]?)[\s;,/]+([AVZG])")
_SUFFIX_GM = re.compile(r"[A-TV-Z]\d\d(?:\.?\d{1,2})?[*!+†]?-?([AVZG])")
"""The same without a space, where the codes are known to be of ICD-10-GM, which have no letters at the end."""
_GRAVEST: tuple[Certainty, ...] = ("refuted", "somebody-else", "unsure", "past", "confirmed")


def certainty(resource: Object) -> tuple[Certainty, str]:
    """How sure a diagnosis is, and by which word or mark where no status says so; the most doubtful decides."""
    ways = [
        ("confirmed", ""),
        *_by_status(resource),
        *_by_mark(resource),
        *_by_words(resource),
        *_by_category(resource),
    ]
    return min(ways, key=lambda way: _GRAVEST.index(way[0]))


def state(resource: Object) -> tuple[str, bool]:
    """The clinical status in one word, empty where there is none; and whether there is one that nobody can read."""
    concept = resource.get("clinicalStatus")
    for word in _status_words(concept):
        if word in _CLINICAL:
            return word, False
        for meant, words in tables().clinical_words.items():
            if word in words:
                return meant, False
    return "", bool(concept)


def is_over(word: str) -> bool:
    """Whether a clinical status says that it is not there now."""
    return word in _OVER


def code_without_mark(code: str) -> str:
    """«G35» of «G35 V»: the certainty stands behind the code in many German records."""
    match = _SUFFIX.fullmatch(code.strip().upper())
    return match[1] if match else code


def _status_words(concept: object) -> Iterator[str]:
    """Every word a status may be written in: its codes, their displays, its text; also a bare string."""
    if isinstance(concept, str):
        yield text(concept).strip().lower()
        return
    for coding in codings(concept):
        yield from (coding.code.lower(), coding.display.strip().lower())
    yield name(concept).strip().lower()


def _by_status(resource: Object) -> Iterator[tuple[Certainty, str]]:
    # The first word of FHIR's own counts, words of other systems come after it, and an unknown word makes it unsure.
    concept = resource.get("verificationStatus")
    words = [word for word in _status_words(concept) if word]
    for word in words:
        if word in _REFUTED:
            yield "refuted", ""
            return
        if word in _UNSURE:
            yield "unsure", word
            return
        if word == "confirmed":
            return
    for word in words:
        for meant, known in tables().certainty_words.items():
            if word in known:
                yield meant, word
                return
    if words:
        yield "unsure", words[0]


def _by_mark(resource: Object) -> Iterator[tuple[Certainty, str]]:
    """The German mark: an extension of the code, of its concept or of the whole, or behind the code itself."""
    concept = resource.get("code")
    listed = objects(concept.get("coding")) if isinstance(concept, dict) else []
    extended = [element for element in (resource, *objects(concept), *listed) if not _EXTENSIONS.isdisjoint(element)]
    for holder in extended:
        for extension in (*objects(holder.get("extension")), *objects(holder.get("modifierExtension"))):
            if _MARK.search(text(extension.get("url"))):
                mark = _mark_of(extension)
                yield _MARKED.get(mark, "unsure"), f"certainty {mark or 'not readable'}"
    for coding in codings(concept):
        code, is_german = coding.code.strip().upper(), "icd-10-gm" in coding.uri.lower()
        match = _SUFFIX.fullmatch(code) or (_SUFFIX_GM.fullmatch(code) if is_german else None)
        if match:
            mark = match[match.lastindex or 1]
            yield _MARKED[mark], f"certainty {mark}"


_EXTENSIONS = frozenset(("extension", "modifierExtension"))


def _mark_of(extension: Object) -> str:
    """The letter, in whichever of the shapes it is written."""
    for field in ("valueCoding", "valueCodeableConcept"):
        for coding in codings(extension.get(field)):
            return coding.code.strip().upper()
    written = extension.get("valueCode") or extension.get("valueString") or extension.get("code")
    nested = next((coding for coding in codings(extension.get("coding"))), None)
    return text(written).strip().upper() or (nested.code.strip().upper() if nested else "")


def _by_words(resource: Object) -> Iterator[tuple[Certainty, str]]:
    """Words beside the code that take it back: «no history of», «mother», «V.a.», «?MS»."""
    concept = resource.get("code")
    if not isinstance(concept, dict):
        return
    for phrase in unique((text(concept.get("text")), *(coding.display for coding in codings(concept)))):
        yield from ((meant, phrase) for meant in _taken_back(phrase))


def _by_category(resource: Object) -> Iterator[tuple[Certainty, str]]:
    """A list of the family's diagnoses: «family history» as its category."""
    for concept in objects(resource.get("category")):
        phrases = (name(concept), *(coding.display for coding in codings(concept)))
        yield from (("somebody-else", each) for each in phrases if "somebody-else" in _taken_back(each))


@lru_cache(maxsize=4096)
def _taken_back(phrase: str) -> tuple[Certainty, ...]:
    """What the words of a phrase make of a diagnosis; records say the same a hundred times."""
    spoken = phrase.strip().lower()
    means = list[Certainty](["unsure"] if _QUESTION.search(spoken) else [])
    for said_of in tables().taken_back:
        begins, anywhere = whole_words(said_of.begins), whole_words(said_of.anywhere)
        if said_of.unless and whole_words(said_of.unless).search(spoken):
            continue
        if begins.match(spoken) or anywhere.search(spoken):
            means.append(said_of.means)
    return tuple(means)


_QUESTION = re.compile(r"^\(?\s*\?|\?\s*\)?$")
