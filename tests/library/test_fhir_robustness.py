"""Bundles of any shape: read fast, and nothing ever ends in a traceback."""

import json
import sys
from types import FrameType
from typing import Any

import pytest
from bundle_builder import (
    AS_OF,
    EXAMPLE,
    ICD10,
    LOINC,
    SNOMED,
    bundle,
    concept,
    condition,
    dosage,
    observation,
    person,
    refusal,
    repeat,
    request,
    resource,
    state,
    statement,
    supply,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import facts
from unwound.exchange.fhir import Import, read_bundle
from unwound.exchange.fhir.tables import tables
from unwound.record import UnwoundError


def everyday(count: int) -> list[dict[str, Any]]:
    """A bundle like those of a health system: mostly observations, some of everything else."""
    kinds = [
        observation("8867-4", 70, "/min"),
        observation("29463-7", 70, "kg"),
        observation("2345-7", 5.5, "mmol/L"),
        condition(ICD10, "E11.42", subject={"reference": "Patient/p"}),
        request(
            authoredOn="2026-01-01", dispenseRequest=supply(30), dosageInstruction=[dosage(1, "capsule", repeat(3))]
        ),
        statement("duloxetine 60 mg", effectivePeriod={"start": "2025-01-01"}, dosage=[{"text": "1 capsule daily"}]),
        resource("Procedure", status="completed", code=concept(SNOMED, "73761001", "Colonoscopy")),
        resource("Encounter", status="finished", type=[{"text": "visit"}]),
    ]
    return [{**kinds[number % len(kinds)], "id": f"r{number}"} for number in range(count)]


def calls_of_reading(count: int) -> int:
    """Calls of Python functions: of one work as many on any machine, however busy it is."""
    data, calls = json.dumps(bundle(*everyday(count))).encode(), 0
    read_bundle(data, "a", as_of=AS_OF)

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(counted)
    try:
        read_bundle(data, "a", as_of=AS_OF)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("count", [100, 1000])
def test_a_resource_costs_as_little_in_a_large_record_as_in_a_small_one(count: int) -> None:
    """About 260 calls and a tenth of a millisecond each; it was twice that before records were read in one pass."""
    assert calls_of_reading(count) < 360 * count


def real_shaped() -> dict[str, Any]:
    """A bundle in which everything we read occurs, to be damaged."""
    whole: dict[str, Any] = json.loads(EXAMPLE.read_text())
    more = [
        resource(
            "MedicationDispense",
            "d",
            status="completed",
            medicationCodeableConcept={"text": "gabapentin 300 mg capsules"},
            whenHandedOver="2026-02-01",
            quantity={"value": 90, "unit": "capsule"},
            daysSupply={"value": 30, "unit": "days"},
            authorizingPrescription=[{"reference": "MedicationRequest/1"}],
            dosageInstruction=[dosage(1, "capsule", repeat(3, count=90))],
        ),
        resource(
            "MedicationAdministration",
            "a",
            status="completed",
            medicationCodeableConcept={"text": "ketamine"},
            effectivePeriod={"start": "2026-01-01T08:00:00Z", "end": "2026-01-01T12:00:00Z"},
            dosage={"dose": {"value": 30, "unit": "mg"}},
        ),
        request(
            authoredOn="2026-01-01",
            dosageInstruction=[
                {"sequence": 1, **dosage(1, "capsule", repeat(1, boundsDuration={"value": 3, "unit": "d"}))},
                {
                    "sequence": 2,
                    "timing": repeat(2),
                    "doseAndRate": [{"doseRange": {"low": {"value": 1}, "high": {"value": 2}}}],
                },
            ],
        ),
        resource(
            "Observation",
            "w",
            status="final",
            code=concept(LOINC, "61758-9"),
            valueCodeableConcept={"text": "Very much"},
        ),
        resource("Condition", "d", clinicalStatus=state("clinical", "active"), code=concept(ICD10, "C50.9")),
    ]
    whole["entry"] += [{"resource": one} for one in more]
    return whole


SHAPE = json.dumps(real_shaped())
PATIENT = [one["resource"]["resourceType"] for one in json.loads(SHAPE)["entry"]].index("Patient")
PATHS: list[tuple[Any, ...]] = []


def walk(node: Any, path: tuple[Any, ...]) -> None:
    PATHS.append(path)
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        walk(inner, (*path, key))


walk(json.loads(SHAPE), ())
KEYS = sorted({key for path in PATHS for key in path if isinstance(key, str)})
VALUES = sorted({leaf for leaf in SHAPE.replace('"', " ").split() if len(leaf) < 30})
atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(VALUES)
    | st.sampled_from([1e308, -1, 0, 5e-324, 10**400, "9" * 400, "0001-01-01", "9999-12-31", "2026-02-30", "\ud800"])
)
anything = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


def damaged(changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    whole = json.loads(SHAPE)
    for path, put in changes:
        node = whole
        try:
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = put
        except (KeyError, IndexError, TypeError):
            continue
    return whole


def survives(whole: Any) -> None:
    try:
        imported = read_bundle(json.dumps(whole), "a.json", as_of=AS_OF)
    except UnwoundError:
        return
    assert isinstance(imported, Import)
    facts.check(imported.patient)
    listed = whole["entry"] if isinstance(whole["entry"], list) else []
    assert sum(count.total for count in imported.counts.values()) == len(listed)
    for trial in imported.patient.trials:
        assert trial.top_dose is None or 0 <= trial.top_dose < float("inf")
    imported.patient.model_dump_json().encode()
    str(imported.problems).encode()


changes = st.lists(st.tuples(st.sampled_from(PATHS[1:]), anything), min_size=1, max_size=4)


@pytest.mark.thorough
@settings(max_examples=150)
@given(changes)
def test_random_values_anywhere_give_a_result_or_a_clear_error(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    survives(damaged(changes))


@pytest.mark.slow
@settings(max_examples=6000)
@given(changes)
def test_random_values_anywhere_many_times(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    survives(damaged(changes))


def only(whole: Any, path: tuple[Any, ...]) -> Any:
    """The bundle with the patient and the entry in which the path lies; the whole where it lies in none."""
    if path[0] != "entry" or len(path) < 3:
        return whole
    return {**whole, "entry": [whole["entry"][place] for place in sorted({PATIENT, path[1]})]}


@pytest.mark.thorough
def test_every_value_replaced_by_every_kind_of_nonsense() -> None:
    for path in PATHS[1::3]:
        for put in (None, True, -1, "", [], {}, [[]], {"a": {}}):
            survives(only(damaged([(path, put)]), path))


@settings(max_examples=150)
@given(st.binary(max_size=80) | st.text(max_size=80))
def test_no_bytes_give_anything_but_a_clear_error(data: bytes | str) -> None:
    refusal(data)


@pytest.mark.slow
@settings(max_examples=4000)
@given(st.data())
def test_damaged_bytes_give_a_result_or_a_clear_error(data: st.DataObject) -> None:
    whole = SHAPE.encode()
    at = data.draw(st.integers(0, len(whole)))
    cut = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 6)) :]
    try:
        assert isinstance(read_bundle(cut, "in/a.json", as_of=AS_OF), Import)
    except UnwoundError:
        refusal(cut)


@pytest.mark.parametrize("levels", [50, 200, 5000])
def test_questions_within_questions_without_end_do_no_harm(levels: int) -> None:
    item: dict[str, Any] = {"linkId": "1"}
    text = '{"item":[' * levels + json.dumps(item) + "]}" * levels
    response = f'{{"resourceType":"QuestionnaireResponse","status":"completed","item":[{text}]}}'
    whole = f'{{"resourceType":"Bundle","entry":[{{"resource":{json.dumps(person())}}},{{"resource":{response}}}]}}'
    try:
        assert read_bundle(whole, "a", as_of=AS_OF).counts["QuestionnaireResponse"].total == 1
    except UnwoundError as error:
        assert "nested too deeply" in str(error)  # noqa: PT017


def test_the_tables_name_only_facts_and_therapies_that_exist() -> None:
    from unwound.catalogue import ids

    named = [one.fact for one in (*tables().procedures, *tables().worded, *tables().reports)]
    assert {fact for fact in (*named, *tables().multiples) if fact} <= set(facts.vocabulary())
    assert {one.therapy for one in tables().procedures if one.therapy} <= set(ids("therapies"))
