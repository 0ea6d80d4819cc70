"""What the decision means for the patient, in plain words: the sentences stand in `data/plain_words`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unwound import languages
from unwound.candidacy.verdicts import Verdict
from unwound.catalogue import Head, Texts, load
from unwound.cautions import Finding
from unwound.record import unique
from unwound.telephones import Lines

OR_US = " or our clinic"
"""What the sentences of `urgent_help` do not say of a clinic that has no telephone."""


class PlainWords(Head):
    """One file of `data/plain_words`: verdict, or how certain a finding is -> sentences for the patient."""

    words: Mapping[str, tuple[str, ...]]
    of_hours: Texts = ()
    """Emergencies that cannot wait for a call, the gravest first: of one event the patient is told their words."""


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


def told_of(findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    """The caution (id and kind) of each box whose words the patient is told: of one event the one that waits least."""
    return tuple((_least_waiting(finding.ids), finding.kind) for finding in findings)


def _least_waiting(ids: tuple[str, ...]) -> str:
    files: Mapping[str, PlainWords] = load("plain_words", PlainWords)
    return next((id for id in files["urgent_help"].of_hours if id in ids), ids[0])


def urgent_help(
    findings: Iterable[tuple[str, str]],
    jurisdiction: str | None,
    lines: Lines | None = None,
    language: str = languages.ENGLISH,
) -> tuple[str, ...]:
    """What to tell the patient at once about urgent findings (id and kind), in plain words; nothing without any.

    With the numbers of a clinic those are said, and no other; a clinic without a telephone never says «call us».
    """
    words, listed = plain_words("urgent_help"), tuple(findings)
    help: list[str] = []
    for id, kind in listed:
        help += (languages.say(sentence, language) for sentence in words.get(id) or words[kind])
    if lines and not lines.clinic:
        help = [sentence.replace(languages.say(OR_US, language), "") for sentence in help]
    for kind in unique([kind for _, kind in listed]):
        help += (languages.say(line, language) for line in _in_the_end(kind, jurisdiction, lines))
    if lines and listed:
        own_numbers = {name: getattr(lines, name) for name in ("emergency", "clinic")}
        numbers = [
            line.format(**own_numbers) for name in own_numbers if own_numbers[name] for line in words[f"numbers-{name}"]
        ]
        help += (languages.say(line, language) for line in numbers)
    return unique(help)


def _in_the_end(kind: str, jurisdiction: str | None, lines: Lines | None) -> tuple[str, ...]:
    """The last sentences about a kind of finding: the country's crisis line or the clinic's own, and not to wait."""
    words = plain_words("urgent_help")
    if lines is None:
        return (*words.get(f"{kind}-{jurisdiction}", ()), *words.get(f"{kind}-always", ()))
    crisis = words.get(f"{kind}-crisis", ()) if lines.crisis else ()
    alone = words.get(f"{kind}-alone", ()) if not lines.clinic else ()
    return (*(line.format(crisis=lines.crisis) for line in crisis), *(alone or words.get(f"{kind}-always", ())))
