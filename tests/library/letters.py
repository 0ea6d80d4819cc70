"""The referral letters of `tests/letters`, and a clinic that asks about each until it is decided.

A letter (`NAME.toml`) was written by somebody who did not know the rules; its case (`NAME.case.toml`) holds what the
letter says, and under `[expect]` the verdict a specialist gives and what the clinic hears when it asks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unwound import pathway, vocabulary
from unwound.candidacy import Verdict
from unwound.exchange import case_file
from unwound.exchange.case_file import Case
from unwound.pathway import Review
from unwound.patient import Fact, Patient, Trial

FOLDER = Path(__file__).parents[1] / "letters"
NAMES = sorted(path.name.removesuffix(".case.toml") for path in FOLDER.glob("*.case.toml"))

NORMAL: Mapping[str, object] = {
    "liver_impairment": "none",
    "hla_b1502": "not-needed",
    "pregnancy_test_result": "negative",
    "medication_list_complete": True,
    "trials_complete": True,
    "skin_intact_in_area": True,
    "crps_no_better_diagnosis": True,
    "height_cm": 170.0,
    "creatinine_mg_per_dl": 0.8,
    "egfr_ml_per_min": 90.0,
    "alt_times_uln": 0.6,
    "qtc_ms": 410.0,
    "hba1c_percent": 5.4,
    "vitamin_b12_ng_per_l": 400.0,
    "treatable_causes": ("none",),
    "phq9_total": 4.0,
    "phq9_item9": 0.0,
    "gad7_total": 3.0,
    "audit_c_total": 1.0,
    "morphine_equivalent_mg_per_day": 0.0,
    "antidepressants_failed": 0.0,
}
"""What a clinic hears where the letter's author wrote nothing down: «no» to every yes-no question but these."""


SITES: Mapping[str, tuple[str, ...]] = {
    "arm": ("arm",),
    "both": ("face", "leg"),
    "body": ("whole-body",),
    "face": ("face",),
    "head": ("head",),
    "leg": ("leg",),
    "trunk": ("trunk",),
}
"""The plain place of the pain, from the region that the author of a letter wrote down; «both»: legs and face."""


@dataclass(frozen=True)
class Letter:
    """One letter: its questions and quality as written, its case as typed, and what can be found out by asking."""

    name: str
    quality: str
    subjects: frozenset[str]
    """What the five questions that a pain physician puts first are about."""
    case: Case
    region: str
    answers: Mapping[str, object]
    trials: Mapping[str, Mapping[str, Any]]

    @property
    def expected(self) -> str:
        return str(self.case.expect["candidacy"])


def read(name: str) -> Letter:
    """One letter with its case."""
    written = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    case = case_file.read_case((FOLDER / f"{name}.case.toml").read_bytes(), f"{name}.case.toml")
    answers = dict(case.expect["when_asked"])
    trials = answers.pop("trials")
    answers.setdefault("pain_site", SITES[case.expect["region"]])
    return Letter(
        name=name,
        quality=written["quality"],
        subjects=frozenset(question["subject"] for question in written["first_questions"]),
        case=case,
        region=case.expect["region"],
        answers=answers,
        trials=trials,
    )


@dataclass(frozen=True)
class Step:
    """One question put and answered: the facts it settled, how, and what was decided after it."""

    facts: tuple[str, ...]
    assumed: tuple[str, ...]
    """Of these, the facts that the letter's author wrote no answer for: taken as «no» or the normal value."""
    review: Review


def questions(review: Review) -> Iterator[tuple[str, ...]]:
    """Every open question in its order, as the facts that it settles. Each costs one answer, a group as well."""
    return (inquiry.facts for inquiry in review.to_ask)


def walk(letter: Letter) -> Iterator[Step]:
    """The clinic asks the first open question, hears the answer and reviews again, until no question is left.

    A question that nobody can answer (`prior_ketamine_relief_percent`, say) is put once and stays unknown.
    """
    patient, put = letter.case.patient, frozenset[str]()
    step = Step((), (), pathway.review(patient))
    while True:
        yield step
        asked = next((group for group in questions(step.review) if not put.issuperset(group)), None)
        if asked is None:
            return
        put |= set(asked)
        patient, assumed = answered(letter, patient, asked)
        step = Step(asked, assumed, pathway.review(patient))


def answered(letter: Letter, patient: Patient, asked: Iterable[str]) -> tuple[Patient, tuple[str, ...]]:
    """The patient with what was asked about, and which of it rests on no written answer."""
    assumed = list[str]()
    for id in asked:
        if id == "trials_complete":
            patient = _with_what_was_left_out(letter, patient)
        kind, _, rest = id.partition(".")
        if rest:
            written, _, field = rest.rpartition(".")
            if kind == "trial" and field in letter.trials.get(written, {}):
                patient = _with_trial(patient, written, {field: letter.trials[written][field]})
            continue
        value = letter.answers.get(id)
        if value is None:
            value = normal(id)
            assumed += [id]
        if value is not None:
            fact = Fact(value=vocabulary.fitting(id, value), on=patient.as_of)
            patient = patient.with_checked(facts={**patient.facts, id: fact})
    return patient, tuple(assumed)


def _with_what_was_left_out(letter: Letter, patient: Patient) -> Patient:
    """Whoever is asked whether the list is complete names the treatments that are missing on it."""
    listed = {trial.therapy for trial in patient.trials} | {each.drug for each in patient.medications}
    for therapy, fields in letter.trials.items():
        if therapy not in listed:
            patient = _with_trial(patient, therapy, fields)
    return patient


def normal(id: str) -> object:
    """What is heard of a fact when there is nothing to tell; None where that cannot be said (a duration, a place)."""
    if id in NORMAL:
        return NORMAL[id]
    question = vocabulary.question_of(id)
    if question.type == "yes-no":
        return False
    return "not-done" if "not-done" in question.options else None


def _with_trial(patient: Patient, therapy: str, fields: Mapping[str, Any]) -> Patient:
    """The patient with more known of one trial; a medicine on the list becomes its trial when it is asked about."""
    trials = {trial.therapy: trial for trial in patient.trials}
    old = trials.get(therapy)
    trials[therapy] = old.model_copy(update=fields) if old else Trial(therapy=therapy, **fields)
    return patient.model_copy(update={"trials": tuple(trials.values())})


def decided(review: Review) -> bool:
    """Whether there is a decision (a verdict before every red flag was asked about is none), or nothing left to ask."""
    now = review.candidacy
    return not review.asks or (now.verdict != Verdict.CANNOT_TELL and not now.provisional)
