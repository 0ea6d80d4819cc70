"""The patients that a search means: names in any order, dates as they are written, a telephone, one typo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q, QuerySet
from rapidfuzz.distance import OSA

from unwound_clinic.core import dates
from unwound_clinic.models import Patient, Site
from unwound_clinic.models.searching import digits, fold

Patients = QuerySet[Patient]
SHORTEST_MISTYPED = 4
"""Letters of a word in which a slip is looked for; in shorter ones it would mean too many others."""
MOST_MISTYPED = 200
_DATE = re.compile(r"\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\w+[\s./,-]+\w+[\s./,-]+\d{4})\b")
_DIALLED = re.compile(r"[+\d][\d\s()/.-]*")
LEAST_DIALLED, LAST_DIGITS = 4, 7
"""Digits from which a number may be a telephone's; and those that are the same with and without the country's."""


def matching(patients: Patients, asked: str, sites: Iterable[int]) -> Patients:
    """Those of these patients that a text means: all of its words, in whatever order."""
    born, words = _read(asked, sites)
    condition = Q(birth_date__in=born) if born else Q()
    for word in words:
        condition &= _word(word)
    return patients.filter(_also_merged(_or_dialled(condition, asked)))


def mistyped(patients: Patients, asked: str, sites: Iterable[int]) -> Patients:
    """Those that it means with one slip in one word; to be asked for where nobody is meant as it stands.

    A slip leaves half of a word whole, or two letters at its middle changed places: only who has one of these is
    compared letter by letter.
    """
    born, typed = _read(asked, sites)
    words = fold(" ".join(typed)).split()
    numbers: list[int] = []
    for number, word in enumerate(words):
        if len(word) < SHORTEST_MISTYPED or not word.isalpha():
            continue
        condition = Q()
        for part in _left_whole(word):
            condition |= Q(search__contains=part)
        for other in (*words[:number], *words[number + 1 :]):
            condition &= Q(search__contains=other)
        if born:
            condition &= Q(birth_date__in=born)
        rows = patients.filter(_also_merged(condition)).values_list("pk", "search")
        numbers += [pk for pk, text in rows.iterator() if any(is_slip(word, known) for known in text.split())]
    return patients.filter(pk__in=numbers[:MOST_MISTYPED])


def _read(asked: str, sites: Iterable[int]) -> tuple[set[date], list[str]]:
    """The birth dates that a text names, in the order of each site, and its other words."""
    jurisdictions = Site.objects.filter(pk__in=list(sites)).values_list("jurisdiction", flat=True)
    orders = {dates.order_of(jurisdiction) for jurisdiction in jurisdictions}
    born, rest = _born(asked, sorted(orders))
    return born, rest.split()


def _born(asked: str, orders: Iterable[tuple[str, ...]]) -> tuple[set[date], str]:
    """The birth dates that a text names, in the order of each site, and what else it says."""
    days, rest = set(), asked
    for written in _DATE.findall(asked):
        meant = set(_days(written, orders))
        if meant:
            days |= meant
            rest = rest.replace(written, " ")
    return days, rest


def _days(written: str, orders: Iterable[tuple[str, ...]]) -> Iterator[date]:
    for order in orders:
        try:
            yield dates.read(written, order)
        except ValueError:
            continue


def _word(word: str) -> Q:
    """One word as typed, or, of a name, its parts without accents and hyphens."""
    typed, parts = word.casefold(), fold(word).split()
    numbered = any(sign.isdigit() for sign in word) and len(parts) != 1
    if numbered or not parts or parts == [typed]:
        return Q(search__contains=typed)
    folded = Q()
    for part in parts:
        folded &= Q(search__contains=part)
    return Q(search__contains=typed) | folded


def _also_merged(condition: Q) -> Q:
    """The patients of whom it holds, or of whose merged record it does."""
    merged = Patient.objects.filter(condition, merged_into__isnull=False).values("merged_into")
    return condition | Q(pk__in=merged)


def _or_dialled(condition: Q, asked: str) -> Q:
    """Or those whose telephone has these digits, where nothing else was typed."""
    dialled, whole = digits(asked), _DIALLED.fullmatch(asked.strip())
    if whole is None or len(dialled) < LEAST_DIALLED:
        return condition
    abroad = asked.strip().startswith(("+", "00"))
    known = dialled[-LAST_DIGITS:] if abroad and len(dialled) > LAST_DIGITS else dialled.lstrip("0") or dialled
    return condition | Q(search__contains=known)


def _left_whole(word: str) -> tuple[str, str, str]:
    """What of a word one slip leaves as it was: its beginning, its end, or all with the middle letters swapped."""
    middle = len(word) // 2
    swapped = f"{word[: middle - 1]}{word[middle]}{word[middle - 1]}{word[middle + 1 :]}"
    return word[:middle], word[middle:], swapped


def is_slip(typed: str, meant: str) -> bool:
    """Whether at most one letter is wrong, missing or too many, or two neighbours changed places."""
    return abs(len(typed) - len(meant)) <= 1 and OSA.distance(typed, meant, score_cutoff=1) <= 1
