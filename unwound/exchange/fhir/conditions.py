"""Condition: diagnoses by their codes, as the vocabulary of facts names them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from unwound import facts
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.shapes import ICD10, ICD11, SNOMED, Coding, Object, codings, moment, name, obj, status
from unwound.exchange.names import quoted

_ICD10 = re.compile(r"[A-TV-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.IGNORECASE)
_SNOMED = re.compile(r"\d{6,18}")
_OVER = frozenset(("inactive", "resolved", "remission"))
_NOT_SURE = frozenset(("unconfirmed", "provisional", "differential"))


def read(resource: Object, chart: Chart) -> bool:
    """Read a diagnosis; True when it stated a fact, False when it has no bearing. Unreadable: no code.

    A branch for each reason not to count a diagnosis.
    """
    sure, state = status(resource.get("verificationStatus")), status(resource.get("clinicalStatus"))
    if sure in ("refuted", "entered-in-error"):
        return False
    concept = resource.get("code")
    ids = facts_of(concept, chart)
    if not ids and not any(coding.system for coding in codings(concept)):
        what = quoted(name(concept)) if name(concept) else "no diagnosis"
        raise Unreadable(f"{what} has no supported code (ICD-10, ICD-11 or SNOMED CT)")
    if not ids:
        return False
    if sure in _NOT_SURE:
        chart.problem(f"{quoted(name(concept))} is {sure}, not confirmed, so it was not counted; please clarify")
        return False
    over = state in _OVER or (not state and any(key.startswith("abatement") for key in resource))
    if over:
        ids = tuple(id for id in ids if facts.vocabulary()[id].lasting)
    began = moment(resource.get("onsetDateTime")) or moment(obj(resource.get("onsetPeriod")).get("start"))
    when = moment(resource.get("recordedDate")) or began
    used = [chart.know(id, True, when) for id in ids]
    if any(used) and not over:
        chart.note_onset(began)
    return any(used)


def facts_of(concept: object, chart: Chart | None = None) -> tuple[str, ...]:
    """The yes/no facts that the codes of a diagnosis say «yes» to."""
    ids: dict[str, None] = {}
    for coding in codings(concept):
        ids.update(dict.fromkeys(_facts_of(coding, chart)))
    return tuple(ids)


def _facts_of(coding: Coding, chart: Chart | None) -> tuple[str, ...]:
    """The facts that one code states.

    Real records put codes under the wrong system: a code that can only be of the other is read as that, and reported.
    """
    system, code = coding.system, coding.code
    if system == ICD10 and _SNOMED.fullmatch(code):
        return _misplaced(coding, SNOMED, "an ICD-10 code; it reads as SNOMED CT", chart)
    if system == SNOMED and _ICD10.fullmatch(code):
        return _misplaced(coding, ICD10, "a SNOMED CT code; it reads as ICD-10", chart)
    if not system and not coding.uri and (_ICD10.fullmatch(code) or _SNOMED.fullmatch(code)):
        if chart is not None:
            chart.problem(f"the code {quoted(code)} names no code system and was not read")
        return ()
    return _lookup(system, code)


def _misplaced(coding: Coding, system: str, what: str, chart: Chart | None) -> tuple[str, ...]:
    if chart is not None:
        chart.problem(f"{quoted(coding.code)} ({coding.display or 'no name'}) is not {what}")
    return _lookup(system, coding.code)


def _lookup(system: str, code: str) -> tuple[str, ...]:
    if system == SNOMED:
        return _by_snomed().get(code, ())
    if system == ICD10:
        plain = code.upper().replace(".", "")
        return tuple(id for id in _beginning(_by_icd10(), plain) if not plain.startswith(_exceptions().get(id, ())))
    if system == ICD11:
        parts = re.split(r"[&/]", code.upper())
        return tuple(dict.fromkeys(id for part in parts for id in _beginning(_by_icd11(), part.strip())))
    return ()


def _beginning(index: Mapping[str, tuple[str, ...]], code: str) -> Iterator[str]:
    """The facts of every code in the index that this code begins with: the vocabulary names groups so."""
    for length in range(1, len(code) + 1):
        yield from index.get(code[:length], ())


@cache
def _by_snomed() -> Mapping[str, tuple[str, ...]]:
    return _index(SNOMED)


@cache
def _by_icd10() -> Mapping[str, tuple[str, ...]]:
    return _index(ICD10)


@cache
def _exceptions() -> Mapping[str, tuple[str, ...]]:
    """Fact -> the beginnings of ICD-10-CM codes in its groups that do not say «yes»."""
    excepted = {id: question.icd10_except for id, question in facts.vocabulary().items() if question.icd10_except}
    return {id: tuple(code.upper().replace(".", "") for code in codes) for id, codes in excepted.items()}


@cache
def _by_icd11() -> Mapping[str, tuple[str, ...]]:
    return _index(ICD11)


def _index(system: str) -> Mapping[str, tuple[str, ...]]:
    by_code: dict[str, tuple[str, ...]] = {}
    for id, question in facts.vocabulary().items():
        if question.type == "yes-no":
            codes = {SNOMED: question.snomed, ICD10: question.icd10, ICD11: question.icd11}[system]
            for code in codes:
                key = code.upper().replace(".", "") if system == ICD10 else code.upper()
                by_code[key] = (*by_code.get(key, ()), id)
    return by_code
