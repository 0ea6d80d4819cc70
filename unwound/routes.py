"""By which way a medicine is given, from a code, the words of a route or a product's name, and what that way can treat.

A cream is no trial of the tablet: only what reaches the whole body, or has a therapy of its own, is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from unwound.catalogue import Checked, Frozen, Head, Texts, load_rule


class Way(Frozen):
    """One way of giving a medicine, with its codes, the words of a route and the words of products."""

    id: str
    title: str
    """As it stands in a sentence: «on the skin»."""
    whole_body: bool
    """Whether what is given so treats the whole body, as a tablet does, at doses that compare with it."""
    codes: Texts
    words: Texts
    forms: Texts


class Own(Frozen):
    """The ways that are a treatment of their own for a drug, and whether milligrams a day mean the same there."""

    ways: Texts
    milligrams: bool


class Wear(Frozen):
    """For how long the patches of a drug are made to be worn, in hours."""

    drug: str
    hours: tuple[float, ...]
    up_to_ug_per_hour: float | None = None


class Patches(Frozen):
    """Patches that act where they are worn, and for how long the others are worn."""

    local: Texts
    wear: tuple[Wear, ...]


class Routes(Head):
    """`data/rules/routes.toml`."""

    checked: Checked
    ways: tuple[Way, ...]
    own: Mapping[str, Own]
    patches: Patches


@cache
def routes() -> Routes:
    """The ways, read once."""
    return load_rule("routes", Routes)


@cache
def ways() -> Mapping[str, Way]:
    """Every way by its id."""
    return MappingProxyType({way.id: way for way in routes().ways})


def by_code(code: str) -> Way | None:
    """The way that a code means, of whatever system."""
    return _codes().get(code.strip())


@lru_cache(maxsize=4096)
def of_words(written: str) -> Way | None:
    """The way that the words of a route mean; None for none or for several."""
    named = _narrowed(_named(written, "words"))
    return ways()[named[0]] if len(named) == 1 else None


@lru_cache(maxsize=8192)
def of_product(written: str) -> Way | None:
    """The way that the name of a product states: «cream», «eye drops»; of «5 %» alone, the skin; else None."""
    stated = by_form(written)
    if stated is None and is_percent(written) and not _SWALLOWED.search(written.lower()):
        return ways()["skin"]
    return stated


@lru_cache(maxsize=8192)
def by_form(written: str) -> Way | None:
    """The way that a dose form or the words of a product's name state, without its strength.

    A local way named beside another one decides: what may be a cream is never taken for a tablet.
    """
    named = _narrowed(_named(written, "forms"))
    if not named:
        return None
    local = [id for id in named if not ways()[id].whole_body]
    if "patch" in named and (not local or (local == ["skin"] and _is_named_a_patch(written))):
        return ways()["patch"]
    return ways()[next((id for id in local if id != "skin"), local[0] if local else named[0])]


def is_percent(written: str) -> bool:
    """Whether the strength is a share of the product («10 %», «0.05 MG/MG»), so that its mass is no mass of drug."""
    return _PERCENT.search(written) is not None


def is_treatment(drug: str, way: Way | None) -> bool:
    """Whether a drug given this way is what is meant by a trial of it: by mouth, or a way that is its own."""
    if way is None:
        return True
    own = routes().own.get(drug)
    if own is not None and way.id in own.ways:
        return True
    if way.id == "patch":
        return drug not in routes().patches.local
    return way.whole_body


def has_milligrams(drug: str, way: Way | None) -> bool:
    """Whether milligrams a day of the drug given this way compare with those of its therapy."""
    own = routes().own.get(drug)
    if own is not None and (way is None or way.id in own.ways):
        return own.milligrams
    return is_treatment(drug, way)


def worn_hours(drug: str, ug_per_hour: float | None) -> tuple[float, ...]:
    """For how long a patch of the drug at this rate is made to be worn, in hours; nothing where that is not known."""
    for wear in routes().patches.wear:
        limit = wear.up_to_ug_per_hour
        if wear.drug == drug and (limit is None or (ug_per_hour is not None and ug_per_hour <= limit)):
            return wear.hours
    return ()


_PERCENT = re.compile(
    r"\d\s?(?:%|percent\b|per cent\b|prozent\b|procent\b|pour cent\b)|\bmg\s?/\s?mg\b|\bmg\s?/\s?g\b", re.I
)
_SWALLOWED = re.compile(r"\b(?:tablet\w*|capsul\w*|kapsel\w*|comprim\w*|gelule\w*|gélule\w*|oral)\b")
_WORD = re.compile(r"[^\W\d_]+")
_CASELESS = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _named(written: str, field: str) -> Iterator[str]:
    """The ids of the ways named, the longest words first, no word counted twice."""
    plain = _plain(written)
    words, phrases = tuple(_WORD.findall(plain)), _phrases(field)
    at = 0
    while at < len(words):
        length = next((n for n in range(min(6, len(words) - at), 0, -1) if words[at : at + n] in phrases), 0)
        if length:
            yield phrases[words[at : at + length]]
        at += length or 1
    if _CASELESS.search(plain):
        yield from (id for word, id in phrases.items() if _CASELESS.search(word[0]) and word[0] in plain)


def _is_named_a_patch(written: str) -> bool:
    """Whether a patch is spoken of by more than «transdermal», which some creams are called too."""
    return "patch" in tuple(_named(_THROUGH_THE_SKIN.sub(" ", written.lower()), "forms"))


_THROUGH_THE_SKIN = re.compile(r"\btransd[eé]rm\w*\b(?!\s+(?:system|patch))")


def _narrowed(named: Iterator[str]) -> tuple[str, ...]:
    """Each way once; «injection» says nothing where it is said into what."""
    each = tuple(dict.fromkeys(named))
    injected = {"vein", "muscle", "under_skin", "nerve", "spine"} & set(each)
    return tuple(id for id in each if id != "injection" or not injected)


def _plain(written: str) -> str:
    letters = unicodedata.normalize("NFKD", written.replace("’", "'")).lower()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b)", "", plain)


@cache
def _phrases(field: str) -> Mapping[tuple[str, ...], str]:
    return MappingProxyType(
        {
            tuple(_WORD.findall(_plain(word))): way.id
            for way in routes().ways
            for word in (*getattr(way, field), way.title)
        }
    )


@cache
def _codes() -> Mapping[str, Way]:
    return MappingProxyType({code: way for way in routes().ways for code in way.codes})
