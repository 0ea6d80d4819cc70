"""What is missing and worth finding out: every open question once, in words, with what hangs on it."""

from __future__ import annotations

from collections.abc import Iterable

from unwound import facts, mood, therapies
from unwound.patient import Ask

_OF_A_TRIAL = {
    "purpose": "For what was {name} taken: for the pain, or for something else?",
    "top_dose": "What was the highest daily dose of {name}?",
    "days": "For how many days was {name} taken in all?",
    "days_at_top": "For how many days was {name} taken at its highest dose?",
    "relief_percent": "By how much did {name} lessen the pain, in percent?",
    "effect": "Did {name} help: not at all, somewhat, or well?",
    "stopped": "Why was {name} stopped: no effect, side effects, or another reason?",
    "ongoing": "Is {name} still being taken?",
    "adherent": "Was {name} taken as prescribed?",
    "dose_limited_by_side_effects": "Did side effects keep the dose of {name} from going higher?",
}


def gather(asked: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Ask, ...]:
    """Pairs of what matters and the facts it asks for -> each fact once, in first order, with all that hangs on it."""
    matters: dict[str, list[str]] = {}
    for what, ids in asked:
        for id in ids:
            hangs = matters.setdefault(id, [])
            if what not in hangs:
                hangs.append(what)
    return tuple(Ask(id, in_words(id), tuple(hangs)) for id, hangs in matters.items())


def in_words(id: str) -> str:
    """The question that finds a fact out: a fact of the vocabulary, or of a trial («trial.gabapentin.days»)."""
    known = facts.vocabulary().get(id)
    if known is not None:
        return known.ask
    of_mood = mood.question(id)
    if of_mood is not None:
        return of_mood
    _, _, rest = id.partition("trial.")
    therapy, _, field = rest.rpartition(".")
    known_therapy = therapies.therapies().get(therapy)
    name = (known_therapy.title if known_therapy else therapy).lower().replace("_", " ")
    words = _OF_A_TRIAL.get(field, f"What is known of {{name}} ({field.replace('_', ' ')})?")
    return words.format(name=name)
