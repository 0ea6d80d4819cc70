"""The same person in OMOP tables and in FHIR has the same row; what is not there is said, and nothing is made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tables
from people import AS_OF, Person, as_export, people

from unwound import screening
from unwound.record import UnwoundError

Row = dict[str, Any]


def screened(place: Path, into: Path, *, are_omop: bool = True) -> dict[str, Row]:
    screening.screen([place], into / "result.parquet", as_of=AS_OF, are_omop=are_omop, every=True)
    found = pq.read_table(into / "result.parquet").to_pylist()
    assert len({row["patient_id"] for row in found}) == len(found)
    return {row["patient_id"]: {**row, "source": ""} for row in found}


def said(row: Row) -> Row:
    """All of a row but its source."""
    return row


@pytest.fixture(scope="module")
def everybody() -> tuple[Person, ...]:
    return tuple(people(50))


@pytest.fixture(scope="module")
def by_fhir(everybody: tuple[Person, ...], tmp_path_factory: Any) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("fhir")
    return screened(as_export(folder / "in", everybody), folder, are_omop=False)


@pytest.mark.parametrize("how", ["parquet", "csv", "cdm.sqlite", "cdm.duckdb"])
def test_fifty_twins_have_the_same_rows(
    tmp_path: Path, everybody: tuple[Person, ...], by_fhir: dict[str, Row], how: str
) -> None:
    write = getattr(tables, f"as_{how.rpartition('.')[2]}")
    assert screened(write(tmp_path / how, tables.cdm(everybody)), tmp_path) == by_fhir


@pytest.mark.slow
def test_a_thousand_twins_have_the_same_rows(tmp_path: Path) -> None:
    everybody = tuple(people(1000, seed=11))
    by_fhir = screened(as_export(tmp_path / "fhir", everybody), tmp_path, are_omop=False)
    assert screened(tables.as_parquet(tmp_path / "omop", tables.cdm(everybody)), tmp_path) == by_fhir


CONCEPTS = (
    (1, "Type 2 diabetes mellitus", "SNOMED", "44054006"), (2, "EHR problem list", "Type Concept", "x1"),
    (3, "Preliminary diagnosis", "Condition Status", "x2"), (4, "gabapentin", "RxNorm", "25480"),
    (5, "milligram", "UCUM", "mg"), (6, "Allergy to drug", "SNOMED", "416098002"), (7, "ketamine", "RxNorm", "6130"),
    (8, "EHR prescription", "Type Concept", "x3"), (9, "Systolic blood pressure", "LOINC", "8480-6"),
    (10, "Opioid dependence", "SNOMED", "75544000"),
)  # fmt: skip


def one_person(folder: Path, without: tuple[str, ...] = (), **more: list[Row]) -> Path:
    """A CDM of one person, with these events."""
    folder.mkdir(exist_ok=True)
    names = ("concept_id", "concept_name", "vocabulary_id", "concept_code")
    held: dict[str, list[Row]] = {
        "person": [{"person_id": 1, "gender_concept_id": 8507, "year_of_birth": 1970, "month_of_birth": 5,
                    "day_of_birth": 5}],
        "concept": [dict(zip(names, row, strict=True)) for row in CONCEPTS],
        "drug_strength": [{"drug_concept_id": 4, "amount_value": 300.0, "amount_unit_concept_id": 5}],
        **more,
    }  # fmt: skip
    return tables.as_parquet(
        folder, {name: pa.Table.from_pylist(rows) for name, rows in held.items() if name not in without}
    )


def diagnosis(**fields: Any) -> Row:
    return {"condition_occurrence_id": 1, "person_id": 1, "condition_concept_id": 10,
            "condition_start_date": "2026-11-01", "condition_end_date": "2026-11-02", **fields}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "there"),
    [
        ({}, True),  # the visit is over, the illness may not be
        ({"condition_type_concept_id": 2}, False),
        ({"stop_reason": "resolved"}, False),
        ({"condition_status_concept_id": 3}, False),
    ],
)
def test_a_diagnosis_of_a_visit_does_not_end_with_the_visit(tmp_path: Path, fields: Row, there: bool) -> None:
    row = screened(one_person(tmp_path / "cdm", condition_occurrence=[diagnosis(**fields)]), tmp_path)["1"]
    assert ("substance_use_active" in row["stops"]) is there, row


def test_an_allergy_to_ketamine_forbids_it(tmp_path: Path) -> None:
    held = {"observation_id": 1, "person_id": 1, "observation_concept_id": 6, "value_as_concept_id": 7,
            "observation_date": "2020-01-01"}  # fmt: skip
    row = screened(one_person(tmp_path / "cdm", observation=[held]), tmp_path)["1"]
    assert any("hypersensitivity" in stop or "allerg" in stop for stop in row["stops"]), row


def test_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    place = one_person(tmp_path / "cdm", without=("concept", "drug_strength"), condition_occurrence=[diagnosis()])
    done = screening.screen([place], tmp_path / "r.parquet", as_of=AS_OF, are_omop=True, every=True)
    for table in ("concept", "drug_strength", "measurement", "observation", "drug_exposure"):
        assert any(f"there is no table «{table}»" in line for line in done.cannot), done.cannot
    row = pq.read_table(tmp_path / "r.parquet").to_pylist()[0]
    assert (row["verdict"], row["stops"]) == ("cannot-tell", [])
    assert row["unread"] >= 1


def test_a_vocabulary_without_codes_is_said(tmp_path: Path) -> None:
    bare = [{"concept_id": 10, "concept_name": "Opioid dependence", "vocabulary_id": "SNOMED", "concept_code": None}]
    place = one_person(tmp_path / "cdm", concept=bare, condition_occurrence=[diagnosis()])
    done = screening.screen([place], tmp_path / "r.parquet", as_of=AS_OF, are_omop=True)
    assert any("«concept» holds no codes" in line for line in done.cannot), done.cannot


def test_rows_with_one_id_are_not_versions_of_one(tmp_path: Path) -> None:
    held = [diagnosis(condition_concept_id=1, condition_start_date="2026-11-10"), diagnosis()]
    row = screened(one_person(tmp_path / "cdm", condition_occurrence=held), tmp_path)["1"]
    assert "substance_use_active" in row["stops"]
    assert row["unread"] == 0


def test_dates_that_cannot_be_read_are_refused_and_not_forgotten(tmp_path: Path) -> None:
    place = one_person(tmp_path / "cdm", condition_occurrence=[diagnosis(condition_start_date="01/11/2026")])
    with pytest.raises(UnwoundError, match=r"«condition_occurrence» has dates that cannot be read .*01/11/2026"):
        screened(place, tmp_path)


def test_an_event_of_nobody_is_a_row(tmp_path: Path) -> None:
    place = one_person(tmp_path / "cdm", condition_occurrence=[diagnosis(person_id=7)])
    found = screened(place, tmp_path)
    assert found["1"]["error"] == ""
    assert "holds no Patient" in found["7"]["error"]


def test_what_is_no_cdm_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cdm").mkdir()
    with pytest.raises(UnwoundError, match="no table «person»"):
        screened(tmp_path / "cdm", tmp_path)
    (tmp_path / "cdm" / "person.csv").write_text("id,name\n1,x\n")
    with pytest.raises(UnwoundError, match="no column «person_id»"):
        screened(tmp_path / "cdm", tmp_path)
    (tmp_path / "x.db").write_bytes(b"nothing")
    with pytest.raises(UnwoundError, match="cannot be read as a database"):
        screened(tmp_path / "x.db", tmp_path)
