"""What is said, and on which authority; several findings of one call are one card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from unwound.catalogue import CitedText, Head, Texts, load_rule
from unwound.record import unique
from unwound.terms import Word

LONGEST = 140
"""Characters of a summary: what CDS Hooks allows, and what is read in passing."""


class Indicator(Word):
    """How urgent it is, the most urgent first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


ORDER = tuple(Indicator)


class Rule(Head):
    """`data/rules/cds.toml`: what is spoken of at all."""

    pain_is_named_by: Texts
    """Facts that say there is neuropathic pain."""
    dose_classes: Texts
    tricyclic_reads: Texts
    tricyclic_needs: Texts
    opioid_elsewhere: Texts
    """Conditions in which an opioid may well come first."""
    opioid_third_line: CitedText
    override: Mapping[str, str]
    """Code -> why a card was not followed, in the words to choose from."""


def rule() -> Rule:
    """What is spoken of at all."""
    return load_rule("cds", Rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A medicine that is about to be ordered."""

    drug: str
    """The catalogue's id, or the written name."""
    dose_mg_per_day: float | None = None
    """None where it could not be read."""
    written: str = ""
    """The medicine as the order names it."""
    ref: str = ""
    """As the page that orders calls it: «MedicationRequest/7»."""
    elsewhere: str = ""
    """What the order gives as its reason where that is not the pain; empty where it gives none."""

    @property
    def name(self) -> str:
        """The medicine in few words."""
        return self.drug.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Override:
    """A reason for not following a card: its code and its words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing to say. `summary` stands by itself; `unchecked` is what could not be looked at for it."""

    id: str
    """What it is about, for counting: «dose-above-ceiling»."""
    summary: str
    detail: tuple[str, ...]
    indicator: Indicator
    sources: tuple[str, ...]
    strength: str
    """How strong that is: the recommendation, or how well the source was checked."""
    about: str = ""
    """The order it is about, as the page that orders calls it; empty for the record."""
    unchecked: tuple[str, ...] = ()
    with_it: tuple[str, ...] = ()
    """The ids of further findings that stand on it."""

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The reasons to choose from."""
        return tuple(Override(code, words) for code, words in rule().override.items())


def short(text: str) -> str:
    """A summary within its length, cut at a word."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rsplit(' ', 1)[0]}…"


def together(cards: tuple[Card, ...], missing: tuple[str, ...]) -> tuple[Card, ...]:
    """One card of all findings: the most urgent heads it, each other one is a paragraph with its own strength."""
    if not cards:
        return ()
    first, *others = sorted(cards, key=lambda card: ORDER.index(card.indicator))
    more = f" (and {len(others)} more)" if others else ""
    detail = list(first.detail)
    for other in others:
        detail += (f"Also: {other.summary}", *other.detail, f"Strength: {other.strength}")
    return (
        replace(
            first,
            summary=short(first.summary[: LONGEST - len(more)]) + more if more else short(first.summary),
            detail=tuple(detail),
            sources=unique(source for card in (first, *others) for source in card.sources),
            unchecked=unique((*(line for card in (first, *others) for line in card.unchecked), *missing)),
            with_it=tuple(card.id for card in others),
        ),
    )
