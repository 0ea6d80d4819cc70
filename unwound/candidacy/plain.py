"""What the decision means for the patient, in plain words: the sentences stand in `data/plain_words`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unwound.candidacy.verdicts import Verdict
from unwound.catalogue import Head, load
from unwound.record import unique


class PlainWords(Head):
    """One file of `data/plain_words`: verdict, or how certain a finding is -> sentences for the patient."""

    words: Mapping[str, tuple[str, ...]]


def plain_words(about: str = "candidacy") -> Mapping[str, tuple[str, ...]]:
    """Sentences for the patient: by verdict (and «urgent»), or, of what was `found`, by how certain it is."""
    files: Mapping[str, PlainWords] = load("plain_words", PlainWords)
    return files[about].words


def sentences(verdict: Verdict, next_step: str = "") -> tuple[str, ...]:
    """What a verdict means; the sentence on this patient's next step stands first where there is one."""
    return (*((next_step,) if next_step else ()), *plain_words()[verdict])


def next_step(key: str, names: Iterable[str] = ()) -> str:
    """The sentence of this key with the names of treatments in it: «gabapentin, pregabalin»."""
    return " ".join(plain_words("next_step")[key]).format(names=", ".join(names))


def urgent_help(findings: Iterable[tuple[str, str]], jurisdiction: str | None) -> tuple[str, ...]:
    """What to tell the patient at once about urgent findings (id and kind), in plain words; nothing without any."""
    words, listed = plain_words("urgent_help"), tuple(findings)
    help: list[str] = []
    for id, kind in listed:
        help += words.get(id) or words[kind]
    for kind in unique([kind for _, kind in listed]):
        help += [*words.get(f"{kind}-{jurisdiction}", ()), *words.get(f"{kind}-always", ())]
    return unique(help)
