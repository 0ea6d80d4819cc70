"""The examples that a file carries, worked through by the same functions that answer for patients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
from pydantic import ValidationError

from unwound import (
    cautions,
    conditions,
    consents,
    contradictions,
    derive,
    drugs,
    facts,
    instruments,
    mood,
    opioids,
    protocols,
    session,
    therapies,
)
from unwound.catalogue import Head, explain
from unwound.conditions.knowledge import Condition, CriteriaSet
from unwound.patient import Medication, Patient, Trial
from unwound.pharmacology import effects
from unwound.protocols import knowledge as courses
from unwound.record import UnwoundError
from unwound.session import gates, signs
from unwound.therapies.knowledge import Therapy

DAY = date(2026, 11, 21)
"""The day of every example: a patient has one, and no example depends on which."""
NOBODY = Patient(as_of=DAY)
ELSEWHERE = ("alarm_words", "depression", "device_words", "fhir", "monitoring")
"""Rules whose examples need more than the file (a message, a whole patient): only our tests work them through."""

Broken = Iterator[tuple[str, str]]


def broken(kind: str, id: str, record: Head) -> Broken:
    """The examples of a file that do not come out as it says: which, and what comes out instead."""
    work = (_RULES.get(id) if kind == "rules" else _KINDS.get(kind)) or _nothing
    for place, example in enumerate(getattr(record, "examples", ())):
        where = f"examples.{place} «{getattr(example, 'name', place)}»"
        try:
            yield from ((where, what) for what in work(id, record, example))
        except ValidationError as errors:
            yield where, explain(errors)
        except (UnwoundError, ValueError, TypeError, LookupError) as error:
            # An example is free in what it gives, and what takes it refuses in many ways.
            yield where, str(error)


def _nothing(id: str, record: Head, example: Any) -> Iterator[str]:
    yield from ()


def _differs(what: str, expected: object, now: object) -> Iterator[str]:
    """A line where the example says otherwise than what comes out."""
    if expected != now:
        yield f"{what}: the file says {_shown(expected)}, but it is {_shown(now)}"


def _lacks(what: str, expected: Any, now: Any) -> Iterator[str]:
    missing = sorted(set(expected) - set(now))
    if missing:
        yield f"{what}: without {', '.join(missing)}"


def _shown(value: object) -> str:
    if value is None:
        return "unknown"
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, tuple) else f"{value}"


def _knowing(values: Mapping[str, Any], **more: Any) -> Patient:
    patient = NOBODY.model_copy(update=more).knowing(**values)
    facts.check(patient)
    return patient


def _caution(id: str, record: Head, example: cautions.Example) -> Iterator[str]:
    patient = derive.stated_today(NOBODY.model_copy(update={"facts": example.given}))
    facts.check(patient)
    finding = next((finding for finding in cautions.screen(patient) if finding.id == id), None)
    yield from _differs("level", str(example.expect), str(finding.level) if finding else "absent")
    if example.asks:
        yield from _differs("asks", tuple(sorted(example.asks)), tuple(sorted(finding.ask)) if finding else ())


def _condition(id: str, record: Head, example: Any) -> Iterator[str]:
    assert isinstance(record, Condition)
    patient = _knowing(example.given)
    grade = next((grade for grade in conditions.grade(patient) if grade.condition == id), None)
    yield from _differs("level", str(example.expect.level), str(grade.level) if grade else "not-listed")
    asked = grade.ask if grade else ()
    yield from _lacks("asks", example.expect.ask, asked)
    if example.expect.ask_nothing:
        yield from _differs("asks", (), asked)


def _criteria(id: str, record: Head, example: Any) -> Iterator[str]:
    assert isinstance(record, CriteriaSet)
    patient = _knowing(example.given)
    yield from (f"there is no step «{step}»" for step in {*example.holds, *example.fails} - set(record.steps))
    for name, step in record.steps.items():
        expected = True if name in example.holds else False if name in example.fails else None
        yield from _differs(name, expected, step.judge(patient).holds)


def _contradiction(id: str, record: Head, example: contradictions.Example) -> Iterator[str]:
    patient = _knowing(example.given, medications=tuple(Medication(drug=name) for name in example.takes))
    patient = patient.model_copy(update={"sex": example.sex or patient.sex})
    now = id in {conflict.id for conflict in contradictions.conflicts(patient)}
    yield from _differs("contradicts", example.contradicts, now)


def _therapy(id: str, record: Head, example: Any) -> Iterator[str]:
    # An example states a verdict, a line or both; only what it states is compared, what is asked is joined.
    assert isinstance(record, Therapy)
    case, expect = example.given, example.expect
    trials = () if case.trial is None else (Trial.model_validate({"therapy": id, **case.trial}),)
    patient = NOBODY.model_copy(update={"trials": trials, "jurisdiction": case.jurisdiction})
    patient = patient.knowing(**{"trials_confirmed": True, **case.facts})
    facts.check(patient)
    asked: set[str] = set()
    ledger = therapies.ledger(patient, case.conditions)
    if expect.verdict:
        entry = ledger.entries[0]
        yield from _differs("verdict", str(expect.verdict), str(entry.verdict))
        asked |= set(entry.ask)
    if expect.line:
        steps = therapies.next_steps(patient, therapies.ledger(patient), conditions=case.conditions, ladder=None)
        step = next((step for step in steps if step.therapy == id), None)
        yield from _differs("line", str(expect.line), str(step.line) if step else "not-offered")
        if step:
            asked |= set(step.ask)
            if expect.schedule not in step.schedule:
                yield f"schedule: «{expect.schedule}» does not stand in «{step.schedule}»"
    yield from _lacks("asks", expect.ask, asked)


def _instrument(id: str, record: Head, example: instruments.Example) -> Iterator[str]:
    items = example.filled(len(instruments.instrument(id).items))
    expect = example.expect
    try:
        score = instruments.score(id, items=items, total=example.total, sex=example.sex)
    except UnwoundError as error:
        if not expect.error or expect.error not in str(error):
            raise
        return
    if expect.error:
        yield f"error: «{expect.error}» was expected, and none came"
    yield from _differs("score", (expect.total, expect.band), (score.total, score.band))
    yield from _differs("missing", expect.missing, score.missing)


def _drug(id: str, record: Head, example: drugs.Example) -> Iterator[str]:
    yield from _differs("drug", example.expect, drugs.recognise(text=example.text, rxnorm=example.rxnorm) or "")


def _sign(id: str, record: Head, example: signs.Example) -> Iterator[str]:
    yield from _differs("state", str(example.expect), str(session.sign(id).state_of(example.value)))


def _protocol(id: str, record: Head, example: courses.Expected) -> Iterator[str]:
    plan = protocols.plan(id, _knowing({"weight_kg": float(example.weight_kg)}), concentration_mg_per_ml=1)
    now = {
        "rate_mg_per_h": max((rate.mg_per_h for rate in plan.rates), default=math.nan),
        "total_mg": plan.total_mg,
        "first_day_mg": plan.days[0].mg if plan.days else math.nan,
        "hours": plan.hours,
    }
    for name, value in now.items():
        expected = getattr(example, name)
        if expected is not None and not _close(expected, value):
            yield from _differs(name, expected, value)
    says = tuple(reason.id for reason in plan.reasons if reason.id in ("cap", "ceiling"))
    yield from _differs("says", example.says, says)


def _ceiling(id: str, record: Head, example: courses.LimitExample) -> Iterator[str]:
    assert isinstance(record, courses.Ceilings)
    most = courses.for_weight(record.limits[example.limit].limit, example.weight_kg)
    if not _close(example.most, most):
        yield from _differs(example.limit, example.most, most)


def _close(expected: float, now: float | None) -> bool:
    return now is not None and math.isclose(expected, now, rel_tol=1e-6)


def _consent(id: str, record: Head, example: consents.Example) -> Iterator[str]:
    text = consents.words(
        consents.consents()[id], course=example.course, drug=example.drug, alternatives=example.alternatives
    )
    yield from (f"«{words}» is not said" for words in example.says if words not in text)
    yield from (f"«{words}» is said" for words in example.says_not if words in text)


def _effect(id: str, record: Head, example: effects.Example) -> Iterator[str]:
    share = float(effects.response(id, np.array(example.ng_per_ml), curve=example.curve))
    if abs(share - example.share) > example.within:
        yield from _differs("share", example.share, share)


def _gate(id: str, record: Head, example: gates.Example) -> Iterator[str]:
    whole: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in example.given.items()
    }
    start = id == "start"
    passage = session.may_start(session.Today(**whole)) if start else session.may_leave(session.Departure(**whole))
    yield from _differs("refuses", example.expect, tuple(refusal.requirement for refusal in passage.refusals))


def _trial_for_mood(id: str, record: Head, example: Any) -> Iterator[str]:
    entry = mood.judge(example.trial)
    yield from _differs("verdict", str(example.expect), str(entry.verdict) if entry else "not judged")


def _resistance(id: str, record: Head, example: mood.PatientExample) -> Iterator[str]:
    now = mood.assess(_knowing(example.facts, trials=example.trials))
    expected = None if example.expect == "unknown" else example.expect
    yield from _differs("resistant", expected, now.treatment_resistant.holds)
    yield from _differs("severity", example.severity, now.severity)


def _clearance(id: str, record: Head, example: derive.Clearance) -> Iterator[str]:
    now = derive.cockcroft_gault(example.age_years, example.weight_kg, example.creatinine_mg_per_dl, example.sex)
    if not _close(example.expect_ml_per_min, now):
        yield from _differs("mL/min", example.expect_ml_per_min, now)


def _morphine(id: str, record: Head, example: opioids.Example) -> Iterator[str]:
    now = opioids.morphine_equivalents(NOBODY.model_copy(update={"medications": example.medications}))
    if now.mg_per_day is None or not _close(example.mg_per_day, now.mg_per_day):
        yield from _differs("mg/day", example.mg_per_day, now.mg_per_day)
    yield from _differs("complete", example.complete, now.complete)


_KINDS: dict[str, Callable[[str, Any, Any], Iterator[str]]] = {
    "antidepressants": _trial_for_mood,
    "cautions": _caution,
    "ceilings": _ceiling,
    "conditions": _condition,
    "consent": _consent,
    "contradictions": _contradiction,
    "criteria": _criteria,
    "drugs": _drug,
    "effects": _effect,
    "instruments": _instrument,
    "protocols": _protocol,
    "session_gates": _gate,
    "therapies": _therapy,
    "vital_signs": _sign,
}
_RULES: dict[str, Callable[[str, Any, Any], Iterator[str]]] = {
    "cockcroft_gault": _clearance,
    "morphine_equivalents": _morphine,
    "treatment_resistance": _resistance,
}
