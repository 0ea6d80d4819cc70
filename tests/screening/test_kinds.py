"""Nobody is left out of a population whom a review would find painful by a nerve, or in danger."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
import tables
from hypothesis import given
from hypothesis import strategies as st
from people import AS_OF, LOINC, SNOMED, as_export, people

from unwound import cautions, conditions, derive, diagnoses, screening
from unwound.conditions.grading import FALLBACK
from unwound.exchange.fhir.writing.words import profile
from unwound.facts import vocabulary
from unwound.patient import Fact, Patient, Value
from unwound.screening import telling
from unwound.screening.kinds import Kinds
from unwound.screening.rows import NOT_REVIEWED

FOREIGN = Path(__file__).parents[2].parent / "shared" / "testdata"
TELLING = telling.telling()
Json = dict[str, Any]

FOUND_OF_NOBODY = conditions.grade(Patient(as_of=AS_OF))


def values(id: str) -> st.SearchStrategy[Value]:
    """Everything a fact can be."""
    question = vocabulary()[id]
    if question.type == "number":
        return st.floats(question.min or 0.0, question.max or 200.0)
    if question.options:
        option = st.sampled_from(sorted(question.options))
        return option if question.type == "choice" else st.lists(option, unique=True, min_size=1).map(tuple)
    return st.booleans()


def fact(value: Value) -> Fact:
    return Fact.model_construct(value=value, on=AS_OF, origin="", doubt="")


BESIDE = sorted(id for id in vocabulary() if id not in TELLING)


@given(st.data(), st.lists(st.sampled_from(BESIDE), unique=True, max_size=25))
def test_whatever_else_is_known_of_somebody_no_condition_and_no_red_flag_is_found(
    data: st.DataObject, known: list[str]
) -> None:
    patient = Patient(as_of=AS_OF).with_checked(facts={id: fact(data.draw(values(id), id)) for id in known})
    of_nobody = conditions.flags(Patient(as_of=AS_OF), FOUND_OF_NOBODY)
    grades = conditions.grade(patient)
    assert [(grade.condition, grade.level) for grade in grades] == [(FALLBACK, "cannot-determine")]
    flags = conditions.flags(patient, grades)
    assert (flags.neuropathic.holds, flags.crps.holds) == (of_nobody.neuropathic.holds, of_nobody.crps.holds)
    assert not cautions.urgent(cautions.screen(patient))


def test_what_tells_is_what_the_rules_turn_on() -> None:
    for id in ("diabetes", "shingles_in_pain_area", "pain_site", "neuropathic_pain_diagnosed", "phq9_item9", "cancer"):
        assert id in TELLING
    assert vocabulary().keys() >= TELLING
    assert not any(id.startswith("takes_") for id in TELLING)


def elements(resource: Json) -> dict[str, Any]:
    return msgspec.json.decode(json.dumps(resource), type=dict[str, msgspec.Raw])


def tell(resource: Json, kinds: Kinds | None = None) -> bool:
    return (kinds or Kinds(AS_OF)).tell(resource["resourceType"], elements(resource))


def diagnosis(code: str, system: str = SNOMED, **more: Any) -> Json:
    return {"resourceType": "Condition", "id": "1", "subject": {"reference": "Patient/1"},
            "code": {"coding": [{"system": system, "code": code}]}, **more}  # fmt: skip


def measured(code: str, value: float, unit: str, **more: Any) -> Json:
    return {"resourceType": "Observation", "id": "1", "status": "final", "subject": {"reference": "Patient/1"},
            "code": {"coding": [{"system": LOINC, "code": code}]}, "effectiveDateTime": "2026-11-01",
            "valueQuantity": {"value": value, "unit": unit, "code": unit}, **more}  # fmt: skip


def codes_that_tell() -> list[str]:
    listed = (each for each in diagnoses._sets() if each.system == "SNOMED CT")
    every = sorted({code for each in listed for code in each.codes})
    return [code for code in every if not TELLING.isdisjoint(diagnoses.meaning("SNOMED CT", code).states)]


def silent(codes: list[str]) -> list[str]:
    kinds = Kinds(AS_OF)
    return [code for code in codes if not tell(diagnosis(code, recordedDate="2026-11-01"), kinds)]


def test_a_diagnosis_that_states_what_tells_does_tell() -> None:
    codes = codes_that_tell()
    assert len(codes) > 200
    assert silent(codes[::40]) == []


@pytest.mark.slow
def test_every_diagnosis_that_states_what_tells_does_tell() -> None:
    assert silent(codes_that_tell()) == []


HURTS = "193184006"
"""Diabetic peripheral neuropathy."""


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"onsetDateTime": "1980"},
        {"onsetAge": {"value": 40, "unit": "a", "code": "a", "system": "http://unitsofmeasure.org"}},
        {"onsetPeriod": {"start": "2020-01-01"}, "recordedDate": "2021-01-01"},
        {"abatementDateTime": "2099-01-01"},
        {"clinicalStatus": {"coding": [{"code": "active"}]}, "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}},
        {"subject": {"reference": "https://x.org/fhir/Patient/7/_history/1"}},
        {"category": [{"text": "problem list"}], "encounter": {"reference": "Encounter/9"}},
    ],
)
def test_a_painful_neuropathy_tells_however_it_is_dated(more: Json) -> None:
    assert tell(diagnosis(HURTS, **more))


def test_what_thousands_say_is_asked_once() -> None:
    kinds = Kinds(AS_OF)
    for number in range(50):
        sore_throat = diagnosis("195662009", onsetDateTime=str(AS_OF - timedelta(days=number)))
        assert not tell({**sore_throat, "id": str(number), "subject": {"reference": f"Patient/{number}"}}, kinds)
        assert not tell(measured("8480-6", 100 + number, "mm[Hg]"), kinds)
    assert len(kinds._known) == 2


def test_an_impossible_number_settles_nothing_for_a_possible_one() -> None:
    kinds = Kinds(AS_OF)
    assert tell(measured("2132-9", -5, "pg/mL"), kinds)  # vitamin B12
    assert tell(measured("2132-9", 120, "pg/mL"), kinds)


def test_an_item_of_a_form_tells_where_its_form_asks_what_is_urgent() -> None:
    assert tell(measured("44260-8", 2, "{score}"))  # PHQ-9, better off dead
    assert not tell(measured("72514-3", 9, "{score}"))  # pain now: how strong, not of what kind


@pytest.mark.parametrize("sure", ["provisional", "unconfirmed", "differential"])
def test_a_diagnosis_that_is_only_suspected_is_looked_at(sure: str) -> None:
    assert tell(diagnosis(HURTS, verificationStatus={"coding": [{"code": sure}]}))
    assert not tell(diagnosis("195662009", verificationStatus={"coding": [{"code": sure}]}))


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "QuestionnaireResponse", "id": "1", "status": "completed"},
        {"resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order",
         "medicationReference": {"reference": "Medication/7"}},
        diagnosis("195662009", meta={"profile": [profile("pain")]}),
        {"resourceType": "MedicationRequest", "id": "1", "status": "completed", "intent": "order",
         "medicationCodeableConcept": {"text": "vincristine"}, "authoredOn": "2020-01-01"},
    ],
    ids=["a form", "a medicine that stands elsewhere", "a profile", "chemotherapy that damages nerves"],
)  # fmt: skip
def test_what_has_to_be_read_with_the_rest_is_never_put_aside(resource: Json) -> None:
    assert tell(resource)


def ordered(dosage: Json) -> Json:
    return {"resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order",
            "medicationCodeableConcept": {"text": "lisinopril"}, "dosageInstruction": [dosage]}  # fmt: skip


TEN_MG = {"doseQuantity": {"value": 10, "unit": "mg"}}
OLD_CATEGORY = "http://hl7.org/fhir/observation-category"
OTHER_RELEASES = {
    "a dose beside its timing": ordered(TEN_MG),
    "its context": diagnosis("195662009", context={"reference": "Encounter/1"}),
    "a result with a comment": measured("8480-6", 120, "mm[Hg]", comment="sitting"),
    "a category by its old address": measured(
        "8480-6", 120, "mm[Hg]", category=[{"coding": [{"system": OLD_CATEGORY, "code": "vital-signs"}]}]
    ),
    "a marital status by its old address": {
        "resourceType": "Patient", "id": "1",
        "maritalStatus": {"coding": [{"system": "http://hl7.org/fhir/v3/MaritalStatus", "code": "M"}]},
    },
}  # fmt: skip


@pytest.mark.parametrize("resource", OTHER_RELEASES.values(), ids=OTHER_RELEASES)
def test_what_speaks_for_another_release_is_left_to_the_review_which_refuses_it(resource: Json) -> None:
    kinds = Kinds(AS_OF)
    assert not tell(ordered({"doseAndRate": [TEN_MG]}), kinds)
    assert not tell(diagnosis("195662009"), kinds)
    assert not tell(measured("8480-6", 120, "mm[Hg]"), kinds)
    assert tell(resource, kinds)


def test_a_record_of_another_release_is_refused_by_name_in_a_population(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [{"resourceType": "Patient", "id": "a"}, {**ordered(TEN_MG), "subject": {"reference": "Patient/a"}}]
    (folder / "all.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (row,) = screened(folder, tmp_path).values()
    assert "STU3" in row["error"]


def test_what_a_table_leaves_empty_says_nothing() -> None:
    assert not tell(measured("8480-6", 120, "mm[Hg]", component=None))


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([HURTS, SNOMED, LOINC, "8480-6"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "value", "reference", "text"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(["Patient", "Condition", "Observation", "Procedure", "MedicationRequest", "Encounter", "?"]),
    st.dictionaries(
        st.sampled_from(["code", "subject", "component", "valueQuantity", "onsetPeriod", "meta", "status", "bodySite"]),
        ODD,
        max_size=5,
    ),
)
def test_nothing_odd_stops_it(type: str, odd: Json) -> None:
    assert tell({"resourceType": type, **odd}, EVERY_ODD) in (True, False)


EVERY_ODD = Kinds(AS_OF)


def screened(place: Path, into: Path, **options: Any) -> dict[str, Json]:
    screening.screen([place], into / "result.parquet", as_of=AS_OF, **options)
    table = pq.read_table(into / "result.parquet").to_pylist()
    assert len({row["patient_id"] for row in table}) == len(table)
    return {row["patient_id"]: {**row, "source": ""} for row in table}


def agree(chosen: dict[str, Json], every: dict[str, Json]) -> int:
    """Who was reviewed has the row of everybody's review; of the others it finds no condition and nothing urgent."""
    assert chosen.keys() == every.keys()
    left = 0
    for id, row in chosen.items():
        whole = every[id]
        if row["verdict"] != NOT_REVIEWED:
            assert row == whole
            continue
        left += 1
        assert whole["error"] == "", whole
        assert {name: row[name] for name in ("urgent", "condition", "level")} == {
            name: whole[name] for name in ("urgent", "condition", "level")
        }, whole
        assert whole["verdict"] in ("cannot-tell", "not-refractory", "not-a-candidate", "controlled"), whole
        assert (row["refractory_possible"], row["unread"], row["question"]) == (None, None, "")
    return left


@pytest.mark.parametrize("painful", [0.05, 0.6])
def test_those_left_out_are_nobody_whom_a_review_finds(tmp_path: Path, painful: float) -> None:
    export = as_export(tmp_path / "in", people(60, painful=painful, seed=5))
    assert agree(screened(export, tmp_path), screened(export, tmp_path, every=True)) >= 10


@pytest.mark.slow
def test_of_a_thousand_none_is_missed(tmp_path: Path) -> None:
    export = as_export(tmp_path / "in", people(1000, painful=0.7, seed=23))
    assert agree(screened(export, tmp_path), screened(export, tmp_path, every=True)) >= 150


def test_a_table_of_omop_leaves_out_the_same(tmp_path: Path) -> None:
    everybody = tuple(people(40, painful=0.4, seed=3))
    of_tables = screened(tables.as_parquet(tmp_path / "omop", tables.cdm(everybody)), tmp_path, are_omop=True)
    assert of_tables == screened(as_export(tmp_path / "fhir", everybody), tmp_path)
    assert any(row["verdict"] == NOT_REVIEWED for row in of_tables.values())


def test_without_a_patient_or_with_two_a_record_is_reviewed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [
        {"resourceType": "Patient", "id": "a", "birthDate": "1970-01-01"},
        {"resourceType": "Patient", "id": "b", "birthDate": "1970-01-01"},
        {"resourceType": "Patient", "id": "b", "birthDate": "1971-01-01"},
        {**diagnosis("195662009"), "subject": {"reference": "Patient/c"}},
    ]
    (folder / "all.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    table = screened(folder, tmp_path)
    assert {id: row["verdict"] for id, row in table.items()} == {"a": NOT_REVIEWED, "b": "cannot-tell", "c": ""}
    assert "no Patient" in table["c"]["error"]


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the data of strangers is not here")
@pytest.mark.slow
def test_the_records_of_strangers_as_an_export(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    random, copies = Random(4), 0
    with gzip.open(folder / "all.ndjson.gz", "wt") as file:
        for bundle in sorted((FOREIGN / "synthea").glob("*.json")):
            entries = [entry["resource"] for entry in json.loads(bundle.read_text())["entry"]]
            person = next(resource["id"] for resource in entries if resource["resourceType"] == "Patient")
            for copy in range(4):  # of each further copy a part is missing
                copies += 1
                for resource in entries:
                    if copy and resource["resourceType"] != "Patient" and random.random() < 0.3 * copy:
                        continue
                    line = json.dumps(resource).replace(f"urn:uuid:{person}", f"Patient/{person}")
                    file.write(line.replace(person, f"{person}-{copy}") + "\n")
    chosen, every = screened(folder, tmp_path), screened(folder, tmp_path, every=True)
    assert len(every) == copies
    agree(chosen, every)


def test_a_birthday_is_no_reason_to_be_reviewed() -> None:
    kinds = Kinds(AS_OF)
    for year in (1930, 1960, 2020):
        patient = {"resourceType": "Patient", "id": str(year), "gender": "male", "birthDate": f"{year}-01-01",
                   "name": [{"family": f"Testcase{year}"}]}  # fmt: skip
        assert not tell(patient, kinds)
    assert len(kinds._known) == 1
    assert derive.derive(Patient(as_of=AS_OF, birth_date=date(1930, 1, 1))).facts["age_years"].value == 96
