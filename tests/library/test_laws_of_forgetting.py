"""Forgetting never opens a way: no verdict for ketamine, no higher grade, no refractoriness and no clearance from it.

Every fact, the day of every fact and form, every field of every trial, every medicine and the country of all whole
patients are left out in turn; the laws are exhaustive over these patients, about five thousand reviews.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from whole_patients import STORIES

from unwound import conditions, pathway
from unwound.candidacy import Verdict
from unwound.conditions.knowledge import ConditionGroup, GradeLevel
from unwound.exchange import case_file
from unwound.patient import Patient, Trial

FIELDS = tuple(
    name for name in Trial.model_fields if name not in ("therapy", "pains", "note", "origin", "side_effects")
)
POSSIBLE = conditions.rank(GradeLevel.POSSIBLE)


@dataclass(frozen=True)
class Standing:
    """What forgetting must not raise."""

    verdict: Verdict
    grades: dict[str, int]
    refractory: tuple[bool | None, bool | None]
    clear: tuple[bool | None, bool | None]
    """Of urgent problems, of contraindications."""


def standing(patient: Patient) -> Standing:
    review = pathway.review(patient)
    grades: dict[str, int] = {}
    for grade in review.grades:
        group = conditions.conditions()[grade.condition].group
        # CRPS of a type that is not known yet stands under the name of the first type.
        name = "crps" if group == ConditionGroup.CRPS else grade.condition
        # A kind that is named more narrowly hides the wider name, whose grade it has as well.
        for id in (name, *conditions.conditions()[grade.condition].rules.kind_of):
            grades[id] = max(grades.get(id, 0), conditions.rank(grade.level))
    ledger, gates = review.ledger, review.candidacy.gates
    return Standing(
        review.candidacy.verdict,
        grades,
        (ledger.refractory_local.holds, ledger.refractory_delphi.holds),
        (gates[0].judgement.holds, gates[1].judgement.holds),
    )


def forgetful(patient: Patient) -> Iterator[tuple[str, Patient]]:
    """The patient without one thing that was known, and what it was."""
    for id, fact in patient.facts.items():
        yield id, patient.not_knowing(id)
        if fact.on is not None:
            undated = fact.with_checked(on=None)
            yield f"the day of {id}", patient.with_checked(facts={**patient.facts, id: undated})
    for place, form in enumerate(patient.answers):
        forms = (*patient.answers[:place], form.with_checked(on=None), *patient.answers[place + 1 :])
        yield f"the day of {form.instrument}", patient.with_checked(answers=forms)
    for place, trial in enumerate(patient.trials):
        before, after = patient.trials[:place], patient.trials[place + 1 :]
        yield f"the trial of {trial.therapy}", patient.with_checked(trials=(*before, *after))
        for field in FIELDS:
            unsaid = Trial.model_fields[field].default
            if getattr(trial, field) != unsaid:
                without = trial.with_checked(**{field: unsaid})
                yield f"{trial.therapy}.{field}", patient.with_checked(trials=(*before, without, *after))
    for place, medicine in enumerate(patient.medications):
        others = (*patient.medications[:place], *patient.medications[place + 1 :])
        yield medicine.drug, patient.with_checked(medications=others)
    for field in ("birth_date", "sex", "jurisdiction"):
        yield field, patient.with_checked(**{field: None})


def raised(before: Standing, after: Standing) -> Iterator[str]:
    """What the second has and the first had not."""
    for verdict in (Verdict.CANDIDATE, Verdict.CONTROLLED):
        if after.verdict == verdict != before.verdict and before.verdict != Verdict.CANDIDATE:
            yield f"{before.verdict} becomes {verdict}"
    for name, rank in after.grades.items():
        if rank >= POSSIBLE and rank > before.grades.get(name, 0):
            yield f"{name} rises to {rank}"
    for what, then, now in zip(
        ("refractory (local)", "refractory (Delphi)", "clear of urgency", "clear of contraindications"),
        (*before.refractory, *before.clear),
        (*after.refractory, *after.clear),
        strict=True,
    ):
        if now is True and then is not True:
            yield what


@pytest.mark.parametrize(
    "id",
    [pytest.param(id, marks=[pytest.mark.thorough] if place % 5 else []) for place, id in enumerate(sorted(STORIES))],
)
def test_what_is_forgotten_opens_nothing(id: str) -> None:
    patient = case_file.read_case(STORIES[id].read_bytes(), id).patient
    before = standing(patient)
    opened = {
        forgotten: what for forgotten, less in forgetful(patient) if (what := list(raised(before, standing(less))))
    }
    assert opened == {}
