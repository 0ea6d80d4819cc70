"""Names of medicines and treatments that were not read: each is asked for first, with «did you mean», never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from unwound import drugs, therapies
from unwound.catalogue import Checked, Head, load_rule
from unwound.patient import Ask, Patient
from unwound.record import unique

MEDICINE, TREATMENT = drugs.UNREAD
"""How the id of a question on a name begins, before the name as written."""
MATTERS_FOR = ("every «no» to a question on medicines taken",)
OFFERED = 3
"""Names offered at most, their look-alikes not counted."""
NEAR_OF_SEVERAL = 0.85
"""Least similarity of one word of several, where another of them means nothing: «magic tea» is not Matic."""
AS_NEAR = 0.1
"""What is less similar than the nearest by more than this is not offered."""
_SUBSTANCE, _ANY_TREATMENT = ": which substance does it contain?", ": which treatment or active substance is it?"
_FORM_WORDS = """
    mg mcg ug g ml l iu unit units h hr hour hours day daily od bd tds qds qid tid bid nocte mane prn once twice
    times tablet tablets tab tabs capsule capsules cap caps patch patches plaster cream gel ointment drops oral
    solution suspension syrup injection inhaler spray sr xr mr er cr xl la lp retard forte modified prolonged
    release slow hydrochloride hcl sodium per a the and with of for in at
    morning evening night noon bedtime weekly
"""
"""Words of a written medicine that name no substance: units, times, forms, releases and salts."""
_FORM = frozenset(_FORM_WORDS.split())


class NamesAlike(Head):
    """`data/rules/names_alike.toml`: names that are mistaken for each other."""

    source: str
    checked: Checked
    pairs: tuple[tuple[str, str], ...]


def asks(patient: Patient) -> tuple[Ask, ...]:
    """One question for each name of the record that is not read, medicines first, in the order of the record."""
    return tuple(Ask(id, _question_of(id, written), MATTERS_FOR) for id, written in dict(_unread(patient)).items())


def _question_of(id: str, written: str) -> str:
    asked = question(written)
    return (
        asked.removesuffix(_SUBSTANCE) + _ANY_TREATMENT if id.startswith(TREATMENT) and _SUBSTANCE in asked else asked
    )


@lru_cache(maxsize=4096)
def question(written: str) -> str:
    """What to ask about a name that was not read."""
    meant = meanings(written)
    if meant:
        return f"«{written}» is sold as different medicines: is it {_either(meant)}?"
    near = suggestions(written)
    if near:
        return f"«{written}» is not recognised: did you mean {_either(near)}?"
    return f"«{written}» is not recognised{_SUBSTANCE}"


def meanings(written: str) -> tuple[str, ...]:
    """What a name means that is sold with different substances in different countries; empty for any other."""
    words = tuple(word for word in drugs.words(written) if not word.isdigit() and word not in _FORM)
    for length in range(len(words), 0, -1):
        ids = drugs.names().get(" ".join(words[:length]))
        if ids and not drugs.ingredients(text=" ".join(words[:length])):
            return tuple(_title(id) for id in ids)
    return ()


def offered(written: str) -> tuple[str, ...]:
    """Names to choose from in place of one that is not read, each of which is read; none where nothing is near."""
    return () if therapies.therapy_of(written) else meanings(written) or suggestions(written)


@lru_cache(maxsize=4096)
def suggestions(written: str) -> tuple[str, ...]:
    """Known names near the written one, the nearest first, each with its substance; none for a name that is read.

    A name as near as the nearest, and every name that is mistaken for one of these, is offered too.
    """
    if drugs.ingredients(text=written):
        return ()
    offered = [name for name, _ in _near(written)]
    alike = [other for name in offered for other in _alike().get(name, ())]
    return tuple(_shown(name) for name in unique((*offered, *alike)))


def _near(written: str) -> list[tuple[str, float]]:
    words = [word for word in drugs.words(written) if word.isalpha() and word not in _FORM]
    best: dict[str, float] = {}
    for query in unique((" ".join(words), *words)):
        if len(query) < drugs.SHORTEST:
            continue
        least = NEAR_OF_SEVERAL if _stands_beside_what_means_nothing(query, words) else drugs.NEAR
        hits = process.extract(
            query, _choices(), scorer=OSA.normalized_similarity, score_cutoff=least, limit=4 * OFFERED
        )
        for name, similarity, _ in hits:
            best[name] = max(similarity, best.get(name, 0.0))
    for name, similarity in tuple(best.items()):  # the name of the substance rather than its spelling elsewhere
        own = [drugs.drugs()[id].names[0] for id in drugs.names()[name]]
        if len(own) == 1 and own[0] in best:
            best[own[0]] = max(similarity, best[own[0]])
    ranked = sorted(best.items(), key=lambda hit: (-hit[1], not _is_substance(hit[0]), hit[0]))
    nearest: dict[tuple[str, ...], tuple[str, float]] = {}
    for name, similarity in ranked:
        if similarity >= ranked[0][1] - AS_NEAR:
            nearest.setdefault(drugs.names()[name], (name, similarity))
    return list(nearest.values())[:OFFERED]


def _stands_beside_what_means_nothing(query: str, words: list[str]) -> bool:
    """Whether it is one word of several of which another is the name of no medicine."""
    return query in words and any(word != query and word not in drugs.names() for word in words)


def _is_substance(name: str) -> bool:
    return any(drugs.drugs()[id].names[0] == name for id in drugs.names()[name])


def _unread(patient: Patient) -> Iterator[tuple[str, str]]:
    for medication in patient.medications:
        if not drugs.ingredients(text=medication.drug):
            yield MEDICINE + medication.drug, medication.drug
    for trial in patient.trials:
        if therapies.therapy_of(trial.therapy) is None and not drugs.ingredients(text=trial.therapy):
            yield TREATMENT + trial.therapy, trial.therapy


def _shown(name: str) -> str:
    """«Lamictal (lamotrigine)», or «Gabapentin» where the name is that of the substance."""
    ids = drugs.names()[name]
    substances = " with ".join(_title(id).lower() for id in ids)
    shown = name[:1].upper() + name[1:]
    return shown if shown.lower() == substances.lower() else f"{shown} ({substances})"


def _title(id: str) -> str:
    names = drugs.drugs()[id].names
    title = names[0] if names else id
    return title[:1].upper() + title[1:]


def _either(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


@cache
def _choices() -> tuple[str, ...]:
    return tuple(name for name in drugs.names() if len(name) >= drugs.SHORTEST - 1)


@cache
def _alike() -> dict[str, tuple[str, ...]]:
    alike: dict[str, tuple[str, ...]] = {}
    for name, other in load_rule("names_alike", NamesAlike).pairs:
        alike[name] = (*alike.get(name, ()), other)
        alike[other] = (*alike.get(other, ()), name)
    return alike
