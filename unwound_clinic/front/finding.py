"""The patients that a search means: names in any order, dates as they are written, a telephone, one typo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q, QuerySet

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
    """Those of these patients that a text means; where none is, those that it means with one slip in a word."""
    jurisdictions = Site.objects.filter(pk__in=list(sites)).values_list("jurisdiction", flat=True)
    orders = {dates.order_of(jurisdiction) for jurisdiction in jurisdictions}
    born, rest = _born(asked, sorted(orders))
    plain = _also_merged(Q(birth_date__in=born)) if born else Q()
    for word in rest.split():
        plain &= _word(word)
    found = patients.filter(_or_dialled(plain, asked))
    if not rest.split() or found.exists():
        return found
    return _mistyped(patients.filter(_also_merged(Q(birth_date__in=born)) if born else Q()), fold(rest).split())


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
    typed, parts = Q(search__contains=word.casefold()), fold(word).split()
    if any(sign.isdigit() for sign in word) and len(parts) != 1:
        return _also_merged(typed)
    folded = Q()
    for part in parts:
        folded &= Q(search__contains=part)
    return _also_merged(typed | folded if parts else typed)


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
    return condition | _also_merged(Q(search__regex=rf"tel[0-9]*{known}"))


def _mistyped(patients: Patients, words: list[str]) -> Patients:
    """Those in whose text each word stands, one of them with one slip.

    A slip leaves a third of a word whole: only who has one is compared letter by letter.
    """
    numbers: list[int] = []
    for number, word in enumerate(words):
        if len(word) < SHORTEST_MISTYPED or not word.isalpha():
            continue
        condition = Q()
        for part in _thirds(word):
            condition |= Q(search__contains=part)
        for other in (*words[:number], *words[number + 1 :]):
            condition &= Q(search__contains=other)
        rows = patients.filter(condition).values_list("pk", "search")
        numbers += [pk for pk, text in rows.iterator() if any(is_slip(word, known) for known in text.split())]
        if len(numbers) > MOST_MISTYPED:
            break
    return patients.filter(pk__in=numbers[:MOST_MISTYPED])


def _thirds(word: str) -> tuple[str, str, str]:
    third = len(word) // 3 or 1
    return word[:third], word[third : 2 * third], word[2 * third :]


def is_slip(typed: str, meant: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two neighbours changed places."""
    shorter = min(len(typed), len(meant))
    start = next((at for at in range(shorter) if typed[at] != meant[at]), shorter)
    if start == len(typed) or start == len(meant):
        return abs(len(typed) - len(meant)) <= 1
    here, there = typed[start:], meant[start:]
    swapped = len(here) > 1 and len(there) > 1 and here[0] == there[1] and here[1] == there[0] and here[2:] == there[2:]
    return swapped or here[1:] == there[1:] or here[1:] == there or here == there[1:]
