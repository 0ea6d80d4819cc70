"""Which diagnoses were in force when a medicine was begun: of pain, and others that could explain it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from unwound import drugs
from unwound.exchange.fhir import certainty, conditions, onset, whose
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.entries import Entry
from unwound.exchange.fhir.reasons import affirmed
from unwound.exchange.fhir.shapes import (
    SNOMED,
    Moment,
    Object,
    all_names,
    codings,
    moment,
    name,
    obj,
)
from unwound.exchange.fhir.tables import tables
from unwound.patient import Trial
from unwound.record import unique
from unwound.terms import Purpose
from unwound.therapies import purposes
from unwound.therapies.purposes import Rival


@dataclass(frozen=True, slots=True, kw_only=True)
class _Diagnosis:
    name: str
    words: str
    codes: frozenset[str]
    """ICD-10 without its point, SNOMED CT."""
    facts: frozenset[str]
    asks: frozenset[str]
    """What its codes do not state, but make it necessary to ask about."""
    sure: bool
    onset: Moment | None
    recorded: Moment | None
    ended: Moment | None
    over: bool


def around(trial: Trial, encounters: tuple[str, ...], chart: Chart) -> tuple[str, tuple[str, ...]]:
    """The diagnosis of pain in force when a trial began (or that its encounter was for), and what could rival it."""
    day = trial.start or trial.ordered
    rivals_of = purposes.rivals(drugs.ingredients(text=trial.therapy))
    in_force = [each for each in _diagnoses(chart) if day is not None and _is_in_force(each, day)]
    pains = [each.name for each in in_force if each.sure and _is_pain(each)]
    seen_for = [f"{reason} (the encounter)" for reason in encounters if any(affirmed(reason.lower(), _pain_words()))]
    rivals = [rival.name for rival in rivals_of if any(_means(each, rival) for each in _possible(chart, day))]
    rivals += [rival.name for rival in rivals_of if any(affirmed(" ; ".join(encounters).lower(), rival.words))]
    return next(iter((*seen_for, *pains)), ""), unique(rivals)


def _possible(chart: Chart, day: date | None) -> list[_Diagnosis]:
    """Diagnoses that may have been in force on the day: a rival counts while it is not known to have been over."""
    return [
        each
        for each in _diagnoses(chart)
        if day is None or (not (each.onset and each.onset.first > day) and not (each.ended and each.ended.last < day))
    ]


def _is_in_force(diagnosis: _Diagnosis, day: date) -> bool:
    known = diagnosis.onset or diagnosis.recorded
    if known is None or known.last > day:
        return False
    return diagnosis.ended.first >= day if diagnosis.ended else not diagnosis.over


def _is_pain(diagnosis: _Diagnosis) -> bool:
    meant = tables().purpose_codes[Purpose.PAIN]
    codes = tuple(code.replace(".", "") for code in meant.codes)
    return (
        not diagnosis.facts.isdisjoint(meant.facts)
        or any(code.startswith(codes) for code in diagnosis.codes)
        or any(affirmed(diagnosis.words, _pain_words()))
    )


def _pain_words() -> tuple[str, ...]:
    return tables().purposes[Purpose.PAIN]


def _means(diagnosis: _Diagnosis, rival: Rival) -> bool:
    return (
        not (diagnosis.facts | diagnosis.asks).isdisjoint(rival.facts)
        or any(code.startswith(rival.icd10) for code in diagnosis.codes if not code.isdigit())
        or not diagnosis.codes.isdisjoint(rival.snomed)
        or any(affirmed(diagnosis.words, rival.words))
    )


def _diagnoses(chart: Chart) -> tuple[_Diagnosis, ...]:
    """Every diagnosis of the record about this patient, read once."""
    if chart.diagnoses is None:
        own = (entry.resource for entry in chart.references.of_type("Condition") if _is_own(entry, chart))
        chart.diagnoses = tuple(read for each in own for read in _read(each, chart))
    return chart.diagnoses


def _is_own(entry: Entry, chart: Chart) -> bool:
    """Whether a diagnosis is the patient's, and nothing that is not read may turn it round."""
    stranger = whose.not_about(entry.resource, chart.patient)
    unnamed = chart.chosen and whose.names_nobody(entry.resource)
    return not (stranger or unnamed or entry.odd or entry.carries_a_modifier())


def _read(resource: Object, chart: Chart) -> Iterator[_Diagnosis]:
    """The diagnosis; nothing for one that was not had by this patient."""
    sure, _ = certainty.certainty(resource)
    if sure in ("refuted", "somebody-else"):
        return
    concept = resource.get("code")
    says = conditions.meaning_of(concept)
    word, unreadable = certainty.state(resource)
    yield _Diagnosis(
        name=name(concept) or next((coding.code for coding in codings(concept)), ""),
        words=all_names(concept),
        codes=frozenset(
            coding.code
            if coding.system == SNOMED
            else certainty.code_without_mark(coding.code).upper().replace(".", "").strip("*!+†‡- ")
            for coding in codings(concept)
        ),
        facts=frozenset(says.states),
        asks=frozenset(says.asks),
        sure=sure in ("confirmed", "past"),
        onset=onset.onset(resource, chart).when,
        recorded=moment(resource.get("recordedDate")),
        ended=moment(resource.get("abatementDateTime")) or moment(obj(resource.get("abatementPeriod")).get("end")),
        over=sure == "past" or unreadable or certainty.is_over(word) or bool(onset.ended(resource, chart)),
    )
