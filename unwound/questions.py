"""Missing information that matters: every open question once, in words, with what depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from unwound import facts, mood, pains, therapies
from unwound.patient import Ask

_OF_A_TRIAL = {
    "purpose": "Was {name} taken for the pain, or for something else?",
    "dates": "When was {name} started, and when was it stopped?",
    "top_dose": "What was the highest daily dose of {name}?",
    "days": "For how many days was {name} taken in all?",
    "days_at_top": "For how many days was {name} taken at its highest dose?",
    "relief_percent": "By what percent did {name} reduce the pain?",
    "effect": "Did {name} help: not at all, somewhat, or well?",
    "stopped": "Why was {name} stopped: no effect, side effects, or another reason?",
    "ongoing": "Is {name} still being taken?",
    "adherent": "Was {name} taken as prescribed?",
    "dose_limited_by_side_effects": "Did side effects limit the dose of {name}?",
}


def gather(asked: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Ask, ...]:
    """Pairs of what matters and the facts it asks for -> each fact once, in first order, with what depends on it."""
    dependents: dict[str, list[str]] = {}
    for what, ids in asked:
        for id in ids:
            matters_for = dependents.setdefault(id, [])
            if what not in matters_for:
                matters_for.append(what)
    return tuple(Ask(id, in_words(id), tuple(matters_for)) for id, matters_for in dependents.items())


def in_words(id: str) -> str:
    """The question that finds a fact out: a fact of the vocabulary, or of a trial («trial.gabapentin.days»)."""
    question = facts.vocabulary().get(id)
    if question is not None:
        return question.ask
    special = mood.question(id) or pains.question(id)
    if special is not None:
        return special
    _, _, rest = id.partition("trial.")
    written, _, field = rest.rpartition(".")
    therapy = therapies.therapies().get(written)
    name = (therapy.title if therapy else written).lower().replace("_", " ")
    words = _OF_A_TRIAL.get(field, f"What is known about {{name}} ({field.replace('_', ' ')})?")
    return words.format(name=name)
