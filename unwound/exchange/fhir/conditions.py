"""Condition: diagnoses by their codes, as far as they are held to be this patient's and to be there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from unwound import allergies, diagnoses, facts
from unwound.diagnoses import Meaning, System
from unwound.exchange.fhir import absent, certainty
from unwound.exchange.fhir.certainty import Certainty, code_without_mark
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.onset import day_for, ended, onset
from unwound.exchange.fhir.shapes import ICD10, ICD11, SNOMED, Coding, Moment, Object, all_names, codings, name
from unwound.exchange.fhir.tables import tables
from unwound.exchange.names import quoted

_ICD10 = re.compile(r"[A-TV-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.IGNORECASE)
_SNOMED = re.compile(r"\d{6,18}")
_AMERICAN = ("icd-10-cm", "icd10cm", "icd-10cm", "2.16.840.1.113883.6.90")
_GERMAN = ("icd-10-gm", "icd10gm", "icd-10gm", "icd10-gm")
_PLAIN = ("http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.3", "")
_WHY: dict[str, str] = {
    "unsure": "is not confirmed ({})",
    "refuted": "is excluded ({})",
    "somebody-else": "reads as somebody else's ({})",
}


def read(resource: Object, chart: Chart) -> bool:
    """Read a diagnosis; True when it stated a fact or raised its question, False when it has no bearing.

    A branch for each reason not to count it. Unreadable: no code of a system that is read.
    """
    concept = resource.get("code")
    called = _called(concept)
    sure, by = certainty.certainty(resource)
    if (sure == "refuted" and not by) or absent.says_nothing(concept):
        return False
    says = meaning_of(concept, chart)
    if not called:
        raise Unreadable("no diagnosis is named (code is missing)")
    if not says.states and _ALLERGY.search(all_names(concept)):
        return _allergy(resource, chart, called, sure)
    if not says.known and not any(coding.system for coding in codings(concept)):
        raise Unreadable(f"{called} has no supported code (ICD-10, ICD-11 or SNOMED CT)")
    if not says.known:
        chart.leave("diagnoses", "not recognised", name(concept) or _first_code(concept))
        return False
    if not says.states and not says.asks:
        return False
    if sure in _WHY:
        why = _WHY[sure].format(by) if by else "is not confirmed"
        chart.problem(f"{called} {why}, so it was not counted; please clarify")
        return False
    return _count(resource, chart, says, called, past=sure == "past")


def _count(resource: Object, chart: Chart, says: Meaning, called: str, *, past: bool) -> bool:
    """State what the codes say, with the day it began; what is over states only what lasts."""
    over = past or _is_over(resource, chart, called)
    states = tuple(id for id in says.states if facts.vocabulary()[id].lasting) if over else says.states
    began = onset(resource, chart)
    when = began.when if began.written else chart.when(resource.get("recordedDate"))
    too_old = tuple(id for id in states if not _within(id, when, chart))
    states = tuple(id for id in states if id not in too_old)
    if began.unread and states:
        chart.problem(f"when {called} began could not be read ({began.unread}); it counts as undated")
    used = [chart.know(id, True, day_for(facts.vocabulary()[id].valid_days, when, chart.as_of)) for id in states]
    if any(used) and not over:
        chart.note_onset(began.when)
    return _ask((*too_old, *(() if over else says.asks)), chart, called) or any(used)


def _allergy(resource: Object, chart: Chart, called: str, sure: Certainty) -> bool:
    """Put an allergy that stands among the diagnoses to the allergies; one that is not sure is said."""
    if sure in _WHY:
        chart.problem(f"{called}, an allergy, is not confirmed, so it was not counted; please clarify")
        return False
    word, _ = certainty.state(resource)
    if certainty.is_over(word) or allergies.denies(name(resource.get("code"))):
        return False
    chart.allergies.append(name(resource.get("code")))
    return True


_ALLERGY = re.compile(
    r"\b(?:allergy|allergie|alergia|allergisch gegen)\b"
    r"|\b(?:allergic|hypersensitivity|anaphyla\w+|adverse reaction)\b.{0,20}\b(?:to|due to|caused by)\b"
)
"""How the name of a diagnosis reads that is an allergy to something; allergic rhinitis is none."""


def _within(id: str, when: Moment | None, chart: Chart) -> bool:
    """Whether a diagnosis is dated recently enough to state a fact that speaks of the past months."""
    limit = tables().only_within.get(id)
    return limit is None or (when is not None and (chart.as_of - when.last).days <= limit.value)


def _is_over(resource: Object, chart: Chart, called: str) -> bool:
    """Whether the diagnosis is not there now; a status that contradicts its end, or is not readable, is said."""
    word, unreadable = certainty.state(resource)
    end = ended(resource, chart)
    if certainty.is_over(word):
        return True
    if unreadable:
        chart.problem(
            f"whether {called} is still there could not be read (clinicalStatus); it was not counted as present"
        )
        return True
    if end and word:
        chart.problem(f"{called} is called {word}, but ended ({end}); it was not counted as present; please clarify")
    return bool(end)


def _ask(asks: tuple[str, ...], chart: Chart, called: str) -> bool:
    """Put the question that a diagnosis raises without answering it."""
    for id in asks:
        chart.problem(f"{called} does not answer by itself: {facts.vocabulary()[id].ask}")
    return bool(asks)


def facts_of(concept: object, chart: Chart | None = None) -> tuple[str, ...]:
    """The yes/no facts that the codes of a diagnosis say «yes» to."""
    return meaning_of(concept, chart).states


def meaning_of(concept: object, chart: Chart | None = None) -> Meaning:
    """What all codes of a diagnosis say together."""
    return meaning_of_all(codings(concept), chart)


def meaning_of_all(listed: Iterable[Coding], chart: Chart | None = None) -> Meaning:
    """The same of the codes themselves."""
    return diagnoses.together(_meaning(coding, chart) for coding in listed)


def _meaning(coding: Coding, chart: Chart | None) -> Meaning:
    """What one code says.

    Real records put codes under the wrong system: a code that can only be of the other is read as that, and reported.
    """
    system, code = coding.system, code_without_mark(coding.code).strip("*!+†‡- ")
    if system == ICD10 and _SNOMED.fullmatch(code):
        return _misplaced(coding, "SNOMED CT", "an ICD-10 code; it reads as SNOMED CT", chart)
    if system == SNOMED and _ICD10.fullmatch(code):
        return _misplaced(coding, "ICD-10", "a SNOMED CT code; it reads as ICD-10", chart)
    if not system and not coding.uri and (_ICD10.fullmatch(code) or _SNOMED.fullmatch(code)):
        if chart is not None:
            chart.problem(f"the code {quoted(code)} names no code system and was not read")
        return Meaning()
    if system == ICD10:
        return diagnoses.meaning(_edition(coding.uri), code)
    if system == SNOMED:
        return diagnoses.meaning("SNOMED CT", code) if code.isdigit() else _expression(coding, chart)
    if system == ICD11:
        parts = re.split(r"[&/]", code.upper())
        return diagnoses.together(diagnoses.meaning("ICD-11", part.strip()) for part in parts)
    return Meaning()


def _expression(coding: Coding, chart: Chart | None) -> Meaning:
    """What a post-coordinated expression of SNOMED CT says: what stands before the «:» is refined by what follows.

    A refinement makes it a kind of its focus, unless it speaks of the context (absent, of a relative, suspected).
    """
    plain = _TERM.sub("", coding.code)
    focus, colon, refined = plain.lstrip("= <").partition(":")
    codes = [part.strip() for part in focus.split("+")]
    if not all(map(_SNOMED.fullmatch, codes)) or any(attribute in refined for attribute in _CONTEXT):
        return Meaning()
    says = diagnoses.together(diagnoses.meaning("SNOMED CT", each) for each in codes)
    if chart is not None and colon and (says.states or says.asks):
        what = f"{quoted(coding.code)} refines {' and '.join(codes)}"
        chart.problem(f"{what}: it was read as that, and what it is refined by was not")
    return says


_TERM = re.compile(r"\|[^|]*\|")
_CONTEXT = ("408729009", "408730004", "408731000", "408732007", "246090004", "363589002")
"""Attributes of SNOMED CT that say of a finding or procedure whether, when and in whom it is there."""


def _misplaced(coding: Coding, system: Literal["SNOMED CT", "ICD-10"], what: str, chart: Chart | None) -> Meaning:
    if chart is not None:
        chart.problem(f"{quoted(coding.code)} ({coding.display or 'no name'}) is not {what}")
    return diagnoses.meaning(system, code_without_mark(coding.code))


def _edition(uri: str) -> System:
    """Which edition of ICD-10 an address names: the same five characters mean another thing elsewhere.

    The bare address of ICD-10 stands before American codes more often than not, and is read so.
    """
    address = uri.lower()
    if any(part in address for part in _GERMAN):
        return "ICD-10-GM"
    if any(part in address for part in _AMERICAN) or address in _PLAIN:
        return "ICD-10-CM"
    return "ICD-10"


def _called(concept: object) -> str:
    """The diagnosis as messages call it."""
    return quoted(name(concept) or _first_code(concept)) if name(concept) or _first_code(concept) else ""


def _first_code(concept: object) -> str:
    return next((coding.code for coding in codings(concept)), "")
