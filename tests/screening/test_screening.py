"""A population through the one review: the same row from bundles, exports and tables, and no record lost or doubled."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from people import AS_OF, Person, as_bundles, as_export, bundle, people, resources

from unwound import candidacy, conditions, pathway, screening
from unwound.candidacy import Verdict
from unwound.cautions import CautionLevel
from unwound.exchange import case_file, fhir
from unwound.pathway import Review
from unwound.record import UnwoundError
from unwound.screening import rows, running, working
from unwound.therapies.overlap import CONFIRMED

FOREIGN = Path(__file__).parents[2].parent / "shared" / "testdata"
CASES = Path(__file__).parents[1] / "cases"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def everybody() -> tuple[Person, ...]:
    return tuple(people(30))


@pytest.fixture(scope="module")
def reviewed(everybody: tuple[Person, ...]) -> dict[str, Row]:
    """What a review says of each, asked one by one."""
    return {str(person.id): _reviewed(person) for person in everybody}


def _reviewed(person: Person) -> Row:
    record = fhir.read_bundle(json.dumps(bundle(person)), "one", as_of=AS_OF)
    unread = len(record.problems) + sum(part.count for part in record.unread)
    return {"patient_id": str(person.id), "source": "", "unread": unread, **_says(pathway.review(record.patient))}


def _says(review: Review) -> Row:
    """What the whole review says, column by column."""
    decision = review.candidacy
    lead = decision.lead or candidacy.leading(review.grades)
    strict = candidacy.requirements()[conditions.conditions()[lead].ketamine.strength].rule == "delphi"
    counts = review.ledger.delphi_counts if strict else review.ledger.local_counts
    stops = [one.id for one in review.findings if one.holds and one.level == CautionLevel.STOP]
    if_confirmed = pathway.review(review.patient.knowing(**{CONFIRMED: True})).candidacy.verdict  # type: ignore[misc]
    return {
        "verdict": decision.verdict,
        "verdict_if_confirmed": if_confirmed if CONFIRMED in decision.ask else decision.verdict,
        "urgent": decision.urgent,
        "condition": lead,
        "level": next(grade.level for grade in review.grades if grade.condition == lead),
        "refractory_certain": counts.certain,
        "refractory_possible": counts.possible,
        "question": review.to_ask[0].question if review.to_ask else "",
        "stops": stops,
        "findings": [one.id for one in review.findings if one.holds and one.id not in stops],
        "error": "",
        "rules_fingerprint": rows.rules_fingerprint(),
    }


def screened(*places: Path, into: Path, **options: Any) -> list[Row]:
    screening.screen(places, into / "result.parquet", as_of=AS_OF, **{"every": True, **options})
    found: list[Row] = pq.read_table(into / "result.parquet").to_pylist()
    return found


def by_patient(table: list[Row]) -> dict[str, Row]:
    assert len({row["patient_id"] for row in table}) == len(table)
    return {row["patient_id"]: {**row, "source": ""} for row in table}


def test_the_people_are_of_many_kinds(reviewed: dict[str, Row]) -> None:
    assert len({row["verdict"] for row in reviewed.values()}) >= 3
    assert len({row["condition"] for row in reviewed.values()}) >= 4
    assert any(row["stops"] for row in reviewed.values())


@pytest.mark.slow
def test_nobody_has_another_row_than_the_whole_review_gives() -> None:
    for painful in (0.01, 1.0):
        for person in people(150, painful=painful, seed=11):
            record = fhir.read_bundle(json.dumps(bundle(person)), "one", as_of=AS_OF)
            row = rows.table([rows.of_patient(record.patient, patient_id=str(person.id), source="")]).to_pylist()[0]
            assert {**row, "unread": 0} == {**_reviewed(person), "unread": 0}, person


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_published_case_has_the_row_of_its_review(case: Path) -> None:
    patient = case_file.read_case(case.read_bytes(), case.name).patient
    row = rows.table([rows.of_patient(patient, patient_id="", source="")]).to_pylist()[0]
    assert {column: row[column] for column in _says(pathway.review(patient))} == _says(pathway.review(patient))


def test_bundles_give_what_a_review_gives(
    tmp_path: Path, everybody: tuple[Person, ...], reviewed: dict[str, Row]
) -> None:
    assert by_patient(screened(as_bundles(tmp_path / "in", everybody), into=tmp_path)) == reviewed


@pytest.mark.parametrize("packed", [False, True])
def test_an_export_of_a_file_for_each_type_gives_the_same(
    tmp_path: Path, everybody: tuple[Person, ...], reviewed: dict[str, Row], packed: bool, monkeypatch: Any
) -> None:
    monkeypatch.setattr(screening, "SLICE_BYTES", 10_000)  # several slices
    export = as_export(tmp_path / "in", everybody, packed=packed)
    assert by_patient(screened(export, into=tmp_path)) == reviewed
    assert not (tmp_path / "result.parquet.screening").exists()


@pytest.mark.parametrize("columns", ["json", "elements"])
def test_resources_in_a_table_give_the_same(
    tmp_path: Path, everybody: tuple[Person, ...], reviewed: dict[str, Row], columns: str
) -> None:
    (tmp_path / "in").mkdir()
    every = [one for person in everybody for one in resources(person)]
    if columns == "json":
        pq.write_table(pa.table({"resource": [json.dumps(one) for one in every]}), tmp_path / "in" / "all.parquet")
    else:
        for kind in {one["resourceType"] for one in every}:
            table = pa.Table.from_pylist([one for one in every if one["resourceType"] == kind])
            pq.write_table(table, tmp_path / "in" / f"{kind}.parquet")
    assert by_patient(screened(tmp_path / "in", into=tmp_path)) == reviewed


def test_a_bad_record_is_a_row_and_costs_no_other(tmp_path: Path) -> None:
    folder = as_export(tmp_path / "in", people(3))
    with (folder / "Observation.ndjson").open("a") as file:
        file.write('{"resourceType": "Observation", "cut o')
    with (folder / "Condition.ndjson").open("a") as file:
        for subject in ({"reference": "Patient/nobody"}, {"display": "Testcase Somebody"}):
            file.write(json.dumps({"resourceType": "Condition", "id": "x", "subject": subject}) + "\n")
    (folder / "broken.json").write_text("{")
    (folder / "two.json").write_text(
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": {"resourceType": "Patient", "id": id, "birthDate": "1970-01-01"}} for id in ("a", "b")
        ]})
    )  # fmt: skip
    table = screened(folder, into=tmp_path)
    good = {row["patient_id"] for row in table if not row["error"]}
    assert good == {"1", "2", "3", "a", "b"}
    bad = [row for row in table if row["error"]]
    for words in ("1 line could not be read as a resource in JSON", "broken.json: not readable as JSON",
                  "the bundle holds no Patient", "1 line of Condition name no patient by address"):  # fmt: skip
        assert sum(words in row["error"] for row in bad) == 1, (words, bad)
    assert len(bad) == 4
    assert {row["patient_id"] for row in bad} == {"", "nobody"}
    assert all(row["verdict"] == "" and row["urgent"] is None for row in bad)


def test_a_medicine_that_others_point_to_is_read_with_each(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    product = {"resourceType": "Medication", "id": "g", "code": {"text": "gabapentin 300 MG Oral Capsule"}}
    people_ = [{"resourceType": "Patient", "id": id, "birthDate": "1970-01-01"} for id in "ab"]
    orders = [
        {"resourceType": "MedicationRequest", "id": f"m{id}", "status": "active", "intent": "order",
         "subject": {"reference": f"https://x.org/fhir/Patient/{id}/_history/3"}, "authoredOn": "2026-11-01",
         "medicationReference": {"reference": "Medication/g"}}
        for id in "ab"
    ]  # fmt: skip
    lines = "".join(json.dumps(one) + "\n" for one in (product, *people_, *orders))
    (tmp_path / "in" / "all.ndjson").write_text(lines)
    table = screened(tmp_path / "in", into=tmp_path)
    assert [row["patient_id"] for row in table] == ["a", "b"]
    assert all("takes_cns_depressant" in row["findings"] for row in table), table


def test_two_exports_never_share_a_patient(tmp_path: Path) -> None:
    for name in ("north", "south"):
        as_export(tmp_path / name, people(2, seed=len(name)))
    table = screened(tmp_path / "north", tmp_path / "south", into=tmp_path)
    assert sorted((Path(row["source"]).name, row["patient_id"]) for row in table) == [
        ("north", "1"), ("north", "2"), ("south", "1"), ("south", "2"),
    ]  # fmt: skip


def test_what_an_earlier_run_has_done_is_found_again(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(screening, "RECORDS_AT_ONCE", 2)
    folder = as_bundles(tmp_path / "in", people(7))
    whole = screened(folder, into=tmp_path)
    real, calls = working.screen_part, list[str]()

    def killed_at_the_third(part: working.Part) -> int:
        calls.append(part.place)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(part)

    monkeypatch.setattr(screening, "screen_part", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        screened(folder, into=tmp_path)
    done = screening.screen([folder], tmp_path / "result.parquet", as_of=AS_OF, every=True)
    assert (done.found_again, done.patients, len(calls)) == (2, 7, 5)
    assert pq.read_table(tmp_path / "result.parquet").to_pylist() == whole


def test_what_was_done_for_other_files_or_another_day_is_not_taken(tmp_path: Path, monkeypatch: Any) -> None:
    folder = as_bundles(tmp_path / "in", people(2))

    def killed(part: working.Part) -> int:
        working.screen_part(part)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(screening, "screen_part", killed)
        with pytest.raises(KeyboardInterrupt):
            screened(folder, into=tmp_path)
    file = folder / "00001.json"
    os.utime(file, ns=(1, 1))
    assert screening.screen([folder], tmp_path / "result.parquet", as_of=AS_OF, every=True).found_again == 0
    with monkeypatch.context() as patch:
        patch.setattr(screening, "screen_part", killed)
        with pytest.raises(KeyboardInterrupt):
            screened(folder, into=tmp_path)
    assert (
        screening.screen([folder], tmp_path / "result.parquet", as_of=date(2026, 11, 22), every=True).found_again == 0
    )


def _dies_once(place: str) -> int:
    if not Path(place).exists():
        Path(place).touch()
        os._exit(9)
    return 1


@pytest.mark.thorough
def test_a_worker_that_is_lost_is_done_without(tmp_path: Path) -> None:
    tasks = [str(tmp_path / str(number)) for number in range(2)]
    assert list(running.over(_dies_once, tasks, workers=2)) == [1, 1]


def test_if_the_trials_were_confirmed(everybody: tuple[Person, ...], reviewed: dict[str, Row]) -> None:
    for person in everybody:
        patient = fhir.read_bundle(json.dumps(bundle(person)), "one", as_of=AS_OF).patient
        if patient.pains:
            continue
        confirmed = pathway.review(patient.knowing(**{CONFIRMED: True})).candidacy.verdict
        row = reviewed[str(person.id)]
        if patient.trials:
            assert row["verdict_if_confirmed"] == confirmed or row["verdict"] != Verdict.CANNOT_TELL


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the data of strangers is not here")
def test_every_foreign_record_has_the_verdict_of_its_review(tmp_path: Path) -> None:
    table = screened(FOREIGN / "ahrq", FOREIGN / "cds4cpm", FOREIGN / "synthea", into=tmp_path)
    assert len(table) == 12
    for row in table:
        data = Path(row["source"]).read_bytes()
        if row["error"]:
            with pytest.raises(UnwoundError, match=r"DSTU2|single resource"):
                fhir.read_bundle(data, row["source"], as_of=AS_OF)
        else:
            patient = fhir.read_bundle(data, row["source"], as_of=AS_OF).patient
            assert (patient.id, pathway.review(patient).candidacy.verdict) == (row["patient_id"], row["verdict"])


@pytest.mark.parametrize(("place", "words"), [("nowhere", "no such file"), ("empty", "nothing to screen"),
                                              ("a.txt", "not a kind of file")])  # fmt: skip
def test_what_cannot_be_screened_is_said_before_anything_is_done(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").touch()
    with pytest.raises(UnwoundError, match=words):
        screened(tmp_path / place, into=tmp_path)
    assert not list(tmp_path.glob("result*"))


def test_a_dose_above_the_kidneys_is_in_the_row_as_in_the_review() -> None:
    case = CASES / "published_pregabalin_450_on_dialysis.toml"
    record = case_file.read_case(case.read_bytes(), case.name).patient
    row = rows.of_patient(record, patient_id="", source="")
    assert "dose_above_ceiling" in row.findings
    assert list(row.findings) == _says(pathway.review(record))["findings"]
