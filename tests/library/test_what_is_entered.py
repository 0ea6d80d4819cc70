"""A wrongly typed fact is never «no»: a patient cannot hold a fact that does not exist or a value it cannot have."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pytest
from bundle_builder import observation, read, reasons
from entered import FACTS, NOBODY, TODAY, anything, as_numpy, can_be, fits
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_patients import STORIES

from unwound import pathway, protocols
from unwound.exchange import case_file
from unwound.facts import FactError
from unwound.patient import Answers, Fact, Medication, Patient, Trial
from unwound.record import UnwoundError
from unwound.report.as_json import as_json

DOORS: dict[str, Callable[[str, Any], Patient]] = {
    "knowing": lambda id, value: NOBODY.knowing(**{id: value}),
    "Patient of a Fact": lambda id, value: Patient(as_of=TODAY, facts={id: Fact(value=value)}),
    "Patient of a table": lambda id, value: Patient(as_of=TODAY, facts={id: {"value": value}}),  # type: ignore[dict-item]
    "model_validate": lambda id, value: Patient.model_validate({"as_of": TODAY, "facts": {id: {"value": value}}}),
    "model_copy": lambda id, value: NOBODY.model_copy(update={"facts": {id: {"value": value}}}),
    "a Fact made unchecked": lambda id, value: Patient(as_of=TODAY, facts={id: Fact.model_construct(value=value)}),
}


def candidate() -> Patient:
    return case_file.read_case(STORIES["crps_three_classes_failed"].read_bytes(), "crps").patient


Made = TypeVar("Made")


def made(make: Callable[[], Made]) -> tuple[Made | None, str]:
    """What is made, or None with the words of the refusal; any other error fails the test."""
    try:
        return make(), ""
    except UnwoundError as refused:
        return None, str(refused)


# --- facts


@pytest.mark.parametrize("fact", ["pregnant", "psychosis_active"])
@pytest.mark.parametrize("wrong", ["yes", "True", 1, 1.0, "no", 0, [True], float("nan"), np.int64(1), np.ma.masked])
@pytest.mark.parametrize("door", DOORS)
def test_what_is_neither_true_nor_false_is_refused_with_what_is_needed(door: str, wrong: Any, fact: str) -> None:
    with pytest.raises(FactError, match=rf"({fact}|value): .* needed, not "):
        DOORS[door](fact, wrong)


@pytest.mark.parametrize("true", [True, np.True_, np.array(True), pa.scalar(True)])
def test_a_true_of_any_table_forbids_as_pythons_own_does(true: Any) -> None:
    pregnant = candidate().knowing(pregnant=true)
    assert pathway.review(pregnant).candidacy.verdict == "not-a-candidate"
    assert protocols.plan("crps_esketamine_4_days", pregnant, concentration_mg_per_ml=1).verdict == "refused"


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"pregnent": True}, "«pregnent» is not a fact Unwound knows; did you mean «pregnant»?"),
        ({"pregnant": "yes"}, "pregnant: true or false is needed, not 'yes'"),
        ({"pain_average_nrs": 11}, "pain_average_nrs: 11 of 10 is outside the possible range (0 to 10)"),
        ({"pain_average_nrs": -3}, "pain_average_nrs: -3 of 10 is outside"),
        ({"systolic_mmhg": "250"}, "systolic_mmhg: a number in mmHg is needed, not '250'"),
        ({"weight_kg": True}, "weight_kg: a number in kg is needed, not True"),
        ({"weight_kg": float("inf")}, "weight_kg: a number in kg is needed, not inf"),
        ({"weight_kg": np.timedelta64(70, "ns")}, "weight_kg: a number in kg is needed"),
        ({"weight_kg": np.ma.array(70.0, mask=True)}, "weight_kg: a number in kg is needed"),
        ({"liver_impairment": 3}, "liver_impairment: one of none, mild, moderate, severe is needed, not 3"),
        ({"liver_impairment": "Mild"}, "«Mild» is not one of none, mild, moderate, severe; did you mean «mild»?"),
        ({"liver_impairment": ("mild", "severe")}, "liver_impairment: one choice is needed, not 2"),
        ({"pain_descriptors": ("burning", "burning")}, "pain_descriptors: each choice once is needed"),
        ({"pain_descriptors": ()}, "pain_descriptors: one of burning"),
        ({"pregnant": 1, "weight_kg": "70"}, "not 1; weight_kg: a number"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_meant(known: dict[str, Any], words: str) -> None:
    with pytest.raises(FactError) as refused:
        NOBODY.knowing(**known)
    assert words in str(refused.value)


@pytest.mark.parametrize("number", [70, 70.0, Decimal(70), Fraction(70), np.int8(70), np.float32(70), pa.scalar(70)])
def test_a_number_of_any_kind_is_kept_as_a_float(number: Any) -> None:
    assert type(NOBODY.knowing(weight_kg=number).value("weight_kg")) is float
    assert NOBODY.knowing(weight_kg=number).value("weight_kg") == 70


@settings(max_examples=400)
@given(st.sampled_from(FACTS), anything, st.sampled_from(sorted(DOORS)))
def test_whatever_is_entered_is_refused_by_name_or_kept_as_the_fact_keeps_it(id: str, value: Any, door: str) -> None:
    patient, words = made(lambda: DOORS[door](id, value))
    if patient is None:
        assert re.search(rf"{id}|^value", words)
        assert re.search("needed|is not one of|outside the possible range|Input should be", words)
    else:
        assert all(fits(known, fact.value) for known, fact in patient.facts.items())
        assert pathway.review(patient).candidacy.verdict != "candidate"


@given(st.sampled_from(FACTS).flatmap(lambda id: st.tuples(st.just(id), can_be(id))))
def test_every_possible_value_is_taken_and_so_is_its_numpy_twin(known: tuple[str, Any]) -> None:
    id, value = known
    assert NOBODY.knowing(**{id: value}).value(id) == value
    assert NOBODY.knowing(**{id: as_numpy(value)}) == NOBODY.knowing(**{id: value})


def twins(story: str) -> tuple[Patient, Patient]:
    """A whole patient, and the same made of numpy's scalars."""
    patient = case_file.read_case(STORIES[story].read_bytes(), story).patient
    fields = {
        "facts": {
            id: {"value": as_numpy(fact.value), "on": as_numpy(fact.on), "origin": fact.origin}
            for id, fact in patient.facts.items()
        },
        "trials": [{name: as_numpy(part) for name, part in trial} for trial in patient.trials],
        "answers": [
            {**dict(form), "on": as_numpy(form.on), "items": tuple(map(as_numpy, form.items))}
            for form in patient.answers
        ],
        "medications": [{name: as_numpy(part) for name, part in taken} for taken in patient.medications],
    }
    return patient, Patient(**{**dict(patient), **fields, "as_of": as_numpy(patient.as_of)})  # type: ignore[arg-type]


@pytest.mark.parametrize("story", STORIES)
def test_a_patient_of_numpy_scalars_holds_pythons_own_types(story: str) -> None:
    patient, twin = twins(story)
    assert twin == patient
    assert repr(twin) == repr(patient), "1.0 and numpy's 1.0 are equal, and written differently"


@pytest.mark.parametrize(
    "story",
    [pytest.param(story, marks=[pytest.mark.slow] if place % 10 else []) for place, story in enumerate(STORIES)],
)
def test_a_patient_of_numpy_scalars_has_the_review_of_pythons_own(story: str) -> None:
    patient, twin = twins(story)
    assert as_json(pathway.review(twin)) == as_json(pathway.review(patient))


class NAType:
    """Stands for pandas.NA, which Unwound does not need installed."""

    __module__ = "pandas._libs.missing"


@pytest.mark.parametrize("missing", [None, NAType(), pa.scalar(None)])
def test_a_missing_value_is_unknown_and_never_no(missing: Any) -> None:
    assert NOBODY.knowing(pregnant=missing) == NOBODY
    assert NOBODY.knowing(pregnant=False).knowing(pregnant=missing) == NOBODY
    assert Patient(as_of=TODAY, facts={"pregnant": missing}) == NOBODY
    assert Trial(therapy="gabapentin", days=missing, adherent=missing, start=missing) == Trial(therapy="gabapentin")
    with pytest.raises(FactError, match="value: "):
        Fact(value=missing)


@pytest.mark.parametrize("asking", [Patient.not_knowing, Patient.value])
def test_a_misspelt_fact_is_refused_where_it_is_read_or_forgotten(asking: Callable[[Patient, str], object]) -> None:
    with pytest.raises(FactError, match="did you mean «pregnant»"):
        asking(NOBODY, "pregnent")


def test_a_checked_patient_copies_and_pickles_as_it_is() -> None:
    patient = candidate()
    assert pickle.loads(pickle.dumps(patient)) == copy.deepcopy(patient) == patient.model_copy() == patient
    assert Patient.model_validate_json(patient.model_dump_json()) == patient


# --- bundles and cases


@settings(max_examples=200)
@given(
    st.sampled_from(["8480-6", "29463-7", "2160-0", "72514-3", "82810-3"]),
    st.sampled_from(["valueQuantity", "valueBoolean", "valueInteger", "valueString", "valueCodeableConcept"]),
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-5, 300)
    | st.text(max_size=4),
    st.sampled_from([None, "kg", "mm[Hg]", "mg/dL", "stone", "{score}", "%", 1]),
)
def test_an_observation_is_read_as_what_the_fact_can_be_or_not_at_all(
    code: str, kind: str, value: Any, unit: Any
) -> None:
    written = {"value": value, "unit": unit} if kind == "valueQuantity" else value
    imported = read(observation(code, **{kind: written}))
    assert all(fits(id, fact.value) for id, fact in imported.patient.facts.items())
    assert imported.patient.facts == {} or not isinstance(value, bool)


@pytest.mark.parametrize("unit", ["stone", "mmHg", "furlong", ""])
def test_a_unit_that_cannot_be_converted_leaves_the_weight_unknown_and_says_so(unit: str) -> None:
    imported = read(observation("29463-7", 70, unit))
    assert "weight_kg" not in imported.patient.facts
    assert "kg" in reasons(imported)


@settings(max_examples=200)
@given(
    st.sampled_from(FACTS),
    st.sampled_from(["true", "1", "1.5", "-3", "nan", "inf", '"yes"', '"mild"', '["mild"]', "[]", "[true]", "{}"]),
)
def test_a_case_is_refused_by_the_name_of_the_fact_or_holds_what_it_can_be(id: str, value: str) -> None:
    text = f'title = "A case"\nas_of = 2026-11-21\n[facts]\n{id} = {value}'
    case, words = made(lambda: case_file.read_case(text, "a case"))
    assert f"facts.{id}" in words if case is None else fits(id, case.patient.value(id))


# --- trials, forms, medicines, days


@pytest.mark.parametrize(
    ("record", "wrong", "words"),
    [
        (Trial, {"therapy": " "}, "therapy: a name is needed"),
        (Trial, {"therapy": b"gabapentin"}, "therapy: "),
        (Trial, {"days": "12"}, "days: a number is needed, not '12'"),
        (Trial, {"top_dose": True}, "top_dose: a number is needed, not True"),
        (Trial, {"top_dose": -1}, "top_dose: Input should be greater than or equal to 0, not -1"),
        (Trial, {"days": float("nan")}, "days: a number is needed, not nan"),
        (Trial, {"relief_percent": 101}, "relief_percent: Input should be less than or equal to 100, not 101"),
        (Trial, {"relief_percent": "30"}, "relief_percent: a number is needed"),
        (Trial, {"adherent": "yes"}, "adherent: true or false is needed, not 'yes'"),
        (Trial, {"ongoing": 1}, "ongoing: true or false is needed, not 1"),
        (Trial, {"stopped": "bored"}, "stopped: "),
        (Trial, {"purpose": True}, "purpose: "),
        (Trial, {"start": 5}, "start: a day such as 2026-11-21 is needed, not 5"),
        (Trial, {"start": datetime(2026, 2, 1, 10)}, "start: a day"),
        (Trial, {"end": "spring"}, "end: a day"),
        (Trial, {"start": "2026-02-02", "end": "2026-02-01"}, "ends on 2026-02-01, before its start"),
        (Trial, {"dayz": 5}, "«dayz» is not a field of Trial; did you mean «days»?"),
        (Answers, {"items": (0, True, "2")}, "items[2]: a number is needed, not True; items[3]: a number"),
        (Answers, {"items": {0, 1}}, "items: a list of answers in the order of the form is needed"),
        (Answers, {"items": "0123"}, "items: a list"),
        (Answers, {"total": "9"}, "total: a number is needed"),
        (Answers, {"instrument": ""}, "instrument: a name is needed"),
        (Medication, {"drug": ""}, "drug: a name is needed"),
        (Medication, {"dose_mg_per_day": True}, "dose_mg_per_day: a number"),
        (Medication, {"dose_mg_per_day": -5}, "dose_mg_per_day: Input should be greater"),
        (Patient, {"sex": "f"}, "sex: Input should be 'female' or 'male', not 'f'"),
        (Patient, {"birthdate": "1980-01-01"}, "«birthdate» is not a field of Patient; did you mean «birth_date»?"),
        (Patient, {"allergies": "penicillin"}, "allergies: "),
        (Patient, {"trials": [{"therapy": "x", "days": "1"}]}, "trials[1].days: a number is needed, not '1'"),
    ],
)
def test_every_other_record_says_what_it_needs(record: Any, wrong: dict[str, Any], words: str) -> None:
    whole = {Trial: {"therapy": "x"}, Answers: {"instrument": "phq_9"}, Medication: {"drug": "x"}}
    fields = {**whole.get(record, {"as_of": TODAY}), **wrong}
    for made in (lambda: record(**fields), lambda: record.model_validate(fields)):
        with pytest.raises(FactError) as refused:
            made()
        assert words in str(refused.value)


@settings(max_examples=300)
@given(st.sampled_from(sorted(set(Trial.model_fields) - {"therapy", "pains", "rivals"})), anything)
def test_a_field_of_a_trial_is_refused_by_name_or_has_its_own_type(field: str, value: Any) -> None:
    trial, words = made(lambda: Trial(therapy="gabapentin", **{field: value}))
    if trial is None:
        assert words.startswith(field)
    else:
        kept = getattr(trial, field)
        assert kept is None or isinstance(kept, str) or type(kept) in (bool, float, date)
        assert not isinstance(value, str) or isinstance(kept, str | date)
        assert not isinstance(value, bool) or type(kept) is bool


@pytest.mark.parametrize(
    "day", [datetime(2026, 11, 1), np.datetime64("2026-11-01"), "2026-11-01", pa.scalar(date(2026, 11, 1))]
)
def test_a_day_of_any_table_is_that_day(day: Any) -> None:
    assert Fact(value=True, on=day).on == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("later", "where"),
    [
        ({"birth_date": "2026-11-22"}, "birth_date"),
        ({"facts": {"pregnant": Fact(value=True, on=date(2026, 11, 22))}}, "facts.pregnant.on"),
        ({"trials": [Trial(therapy="x", start=date(2026, 11, 22))]}, "trials[1].start"),
        ({"trials": [Trial(therapy="x", end=date(2026, 11, 22))]}, "trials[1].end"),
        ({"answers": [Answers(instrument="phq_9", on=date(2026, 11, 22))]}, "answers[1].on"),
        ({"as_of": "2026-11-20", "facts": {"pregnant": Fact(value=True, on=TODAY)}}, "facts.pregnant.on"),
    ],
)
def test_nothing_is_known_that_is_later_than_the_day_of_the_review(later: dict[str, Any], where: str) -> None:
    with pytest.raises(FactError) as refused:
        Patient(**{"as_of": TODAY, **later})
    assert f"{where}: " in str(refused.value)
    assert "is after the day of the review" in str(refused.value)


@pytest.mark.parametrize("wrong", ["1", True, None, [1]])
def test_a_plan_needs_a_number_for_its_concentration(wrong: Any) -> None:
    with pytest.raises(UnwoundError, match="concentration_mg_per_ml: a number of mg/mL is needed, not "):
        protocols.plan("crps_esketamine_4_days", candidate(), concentration_mg_per_ml=wrong)
