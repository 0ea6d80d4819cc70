"""How an entry of an allergy list reads: which drugs it forbids, which were only not tolerated, which it clears.

There is one way to read such a list, for ketamine as for every treatment. Free text is read clause by clause, and what
is in doubt stays an allergy: an entry that only names a drug forbids it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from unwound import drugs
from unwound.record import unique


@dataclass(frozen=True, slots=True)
class Read:
    """The ids of the drugs that an entry forbids, and of those whose side effects it records."""

    allergic: tuple[str, ...] = ()
    intolerant: tuple[str, ...] = ()


_CLAUSE = re.compile(r"[;,\n]|\.(?=\s|$)|\b(?:but|however|although)\b", re.IGNORECASE)
_EXCEPT = re.compile(r"\b(?:except(?: for)?|apart from|other than|save for)\b", re.IGNORECASE)
_NOT_BORNE = re.compile(
    r"\b(?:not|never|no longer|poorly|badly|hardly|unable to|could not|couldn'?t|cannot|can'?t|did not|didn'?t)"
    r" (?:been |be |well )*tolerat\w*",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:nk(?:d?a)\b|no (?:known |recorded |reported |documented |previous |history of |true )*"
    r"(?:drug |medication |medicine |an(?:ae|e)sthe\w+ )?(?:allerg|hypersens|reaction|anaphyl|intoleran|side[- ]effect)"
    r"|not? (?:longer )?allergic|isn'?t allergic"
    r"|never (?:been )?(?:allergic|reacted|had (?:a |an )?(?:reaction|allerg))|without (?:any )?(?:allerg|reaction)"
    r"|den(?:ies|ied|ying)\b|tolerat(?:es?|ed)\b|negative\b|refuted|ruled out|excluded|disproved|de-?labell?ed"
    r"|(?<!.)\s*(?:none|nil)\b)",
    re.IGNORECASE,
)
_IMMUNE = re.compile(
    r"\b(?:anaphyl\w*|rash\w*|hives|urticaria\w*|angio-?o?edema\w*|swell\w*|swollen|wheez\w*|bronchospas\w*|itch\w*"
    r"|prurit\w*|stevens|sjs|necrolysis|dress|blister\w*|hypersens\w*|allerg\w*|throat|shock|erythema\w*|exanthem\w*"
    r"|neutropeni\w*|agranulocyt\w*|hepatitis)\b",
    re.IGNORECASE,
)
_SIDE_EFFECT = re.compile(
    r"\b(?:intoleran\w*|side[- ]effects?|drows\w*|sleep(?:y|iness)|sedat\w*|somnolen\w*|tired\w*|fatigue|nause\w*"
    r"|vomit\w*|constipat\w*|diarrh\w*|dizz\w*|dry mouth|headache\w*|weight gain|stomach upset|gi upset"
    r"|upset stomach|sweat\w*|tremor\w*|hallucinat\w*|confus\w*|vivid dreams?|nightmares?|ataxia|unsteady"
    r"|blurred vision|brain fog)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def read(written: str) -> Read:
    """What one entry says of every known drug it names: «gabapentin: rash; denies allergy to ketamine»."""
    allergic: list[str] = []
    intolerant: list[str] = []
    for clause, denied in _clauses(written):
        named = _with_forms(drugs.ingredients(text=clause))
        if denied or not named:
            continue
        (intolerant if _is_side_effect(clause) else allergic).extend(named)
    return Read(unique(allergic), unique(drug for drug in intolerant if drug not in allergic))


def may_mean(written: str, wanted: frozenset[str], group: re.Pattern[str]) -> bool:
    """Whether an entry that denies nothing may mean one of these drugs, though it names none of them.

    It does where it names a `group` of theirs, whatever else it names («anaesthetics, e.g. propofol»); and where it
    names no known drug and has a word one slip away from a name of theirs, parted or cut short («keta-mine»), or is
    written in letters that are not read here.
    """
    names = [name for drug in wanted for name in drugs.drugs()[drug].names]
    return any(
        (group.search(clause) and not _only_local(clause))
        or (not drugs.ingredients(text=clause) and _is_like(clause, names))
        for clause, denied in _clauses(written)
        if not denied
    )


def _only_local(clause: str) -> bool:
    """«Anaesthetic gel (lidocaine)»: the group is named for a drug that only numbs where it is put."""
    named = drugs.ingredients(text=clause)
    return bool(named) and all("local-anaesthetic" in drugs.drugs()[drug].classes for drug in named)


def _is_like(clause: str, names: list[str]) -> bool:
    words = drugs.words(clause)
    if not words:  # «кетамин»; a dash or a question mark names nothing
        return any(letter.isalpha() for letter in clause)
    parted = (*(first + second for first, second in pairwise(words)), "".join(words))
    return any(len(word) >= drugs.SHORTEST and _is_near(word, names) for word in (*words, *parted))


def _is_near(word: str, names: list[str]) -> bool:
    return any(name.startswith(word) or OSA.normalized_similarity(word, name) >= drugs.NEAR for name in names)


def denies(written: str) -> bool:
    """Whether it denies something: «no known drug allergy»; what was «not tolerated» denies nothing."""
    return bool(_DENIED.search(_NOT_BORNE.sub(" ", written)))


def _clauses(written: str) -> Iterator[tuple[str, bool]]:
    """Each clause with whether it denies; a denial that names a drug goes on over the bare names behind it."""
    going_on = False
    for clause in _joined(_CLAUSE.split(written)):
        first, *others = _EXCEPT.split(clause)
        denied = denies(first) or (going_on and not _reaction(first))
        yield first, denied
        for other in others:
            yield other, not denied
        going_on = denied and not others and bool(drugs.ingredients(text=first))


def _joined(parts: list[str]) -> list[str]:
    """Clauses that name no drug belong to the one before: a reaction that was told already is not denied by them."""
    clauses: list[str] = []
    for part in parts:
        alone = bool(drugs.ingredients(text=part)) or not clauses
        settled = bool(clauses) and (_reaction(clauses[-1]) or denies(clauses[-1]))
        if alone or (settled and (denies(part) or not _IMMUNE.search(part))):
            clauses.append(part)
        else:
            clauses[-1] += " " + part
    return [clause for clause in clauses if clause.strip()]


def _reaction(clause: str) -> bool:
    return bool(_IMMUNE.search(clause)) or _is_side_effect(clause)


def _is_side_effect(clause: str) -> bool:
    """Whether it tells of side effects and of nothing that could be an allergy."""
    tells = _SIDE_EFFECT.search(clause) or _NOT_BORNE.search(clause)
    return bool(tells) and not _IMMUNE.search(clause)


def _with_forms(named: tuple[str, ...]) -> tuple[str, ...]:
    """The drugs with every other form that goes by the same name: lidocaine stands for its plaster too."""
    names = {name for drug in named for name in drugs.drugs()[drug].names}
    return unique((*named, *(id for id, drug in drugs.drugs().items() if not names.isdisjoint(drug.names))))
