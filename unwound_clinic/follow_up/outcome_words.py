"""Filters for the pages of outcomes: verdicts, rules and questions in the library's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template

from unwound import record
from unwound.catalogue import plain
from unwound.outcomes import Again, Ending, Retreat, Rule, Supply
from unwound.report import after
from unwound_clinic.follow_up import adverse

register = template.Library()
CLASSES: Mapping[str, str] = {
    Again.MAY_BE_CONSIDERED: "good",
    Again.TOO_EARLY: "stop",
    Again.NOT_AGAIN: "stop",
    Again.CANNOT_TELL: "ask",
}
FROM = {Supply.ELSEWHERE: "from another clinic or a pharmacy", Supply.OWN: "without a prescription"}


@register.filter
def again_class(verdict: str) -> str:
    """The class for the colour of a verdict on another course."""
    return CLASSES[verdict]


@register.filter
def again_words(again: Retreat) -> str:
    """The verdict, with its day."""
    return after.of_retreat(again)


@register.filter
def again_question(id: str) -> str:
    """The question that a missing part asks."""
    return after.question(id)


@register.filter
def rule_words(rule: Rule) -> str:
    """What a rule is called."""
    return after.rule(rule)


@register.filter
def ending_words(ending: Ending) -> str:
    """How relief ended, with its interval."""
    return after.of_ending(ending)


@register.filter
def both_words(course: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Each figure by both estimands: what, whatever happened, why, while nothing else changed."""
    every, unchanged = (list(after.of_outcome(course[name])) for name in ("outcome", "unchanged"))
    return [(title, answer, why, other[1]) for (title, answer, why), other in zip(every, unchanged, strict=True)]


@register.filter
def adverse_words(word: str) -> str:
    """A word of an adverse event, as people say it."""
    return adverse.WORDS[word]  # type: ignore[index]


@register.filter
def elsewhere_words(value: Mapping[str, Any]) -> str:
    """One course from elsewhere in a line; what is not known is said."""
    days = " to ".join(record.day(date.fromisoformat(value[name])) for name in ("start", "end"))
    amounts = (
        f"{plain(value[name])} {unit}" if value.get(name) is not None else f"{unit} not known"
        for name, unit in (("mg", "mg"), ("hours", "hours"))
    )
    drug = {"racemic": "ketamine", "esketamine": "esketamine"}.get(value.get("drug", ""), "ketamine of unknown kind")
    return f"{days}: {drug}, {', '.join(amounts)}, {FROM[Supply(value['supply'])]}"
