"""Vital signs as FHIR Observations: read, written, and written and read again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.device_codes import kinds
from unwound.exchange.fhir import BundleError
from unwound.exchange.fhir.vitals import blood_pressure, observation, observations, patient_of, read_readings
from unwound.exchange.readings import Batch
from unwound.session.readings import Reading
from unwound.session.signs import sign

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = NOW - timedelta(minutes=1)
LOINC = "http://loinc.org"


def one(code: str = "59408-5", value: object = 97, unit: str = "%", **more: object) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/7"},
        "effectiveDateTime": "2026-11-21T11:59:00Z",
        "valueQuantity": {"value": value, "unit": unit, "code": unit},
    }
    return {key: kept for key, kept in (made | more).items() if kept is not None}


def bundle(*resources: object) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def read(resource: object) -> Batch:
    return read_readings(json.dumps(resource), received_at=NOW)


def test_an_observation_marked_as_test_data_is_nobodys() -> None:
    test = one(meta={"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]})
    assert [held.why for held in read(test).quarantined] == ["simulated"]
    assert len(read(one(meta={"security": [{"code": "N"}]})).readings) == 1


@pytest.mark.parametrize(
    ("code", "value", "unit", "kind", "charted"),
    [
        ("59408-5", 97, "%", "spo2", 97),
        ("2708-6", 97.5, "%", "spo2", 97.5),
        ("8867-4", 71, "/min", "heart_rate", 71),
        ("9279-1", 14, "{breaths}/min", "respiratory_rate", 14),
        ("8480-6", 16, "kPa", "systolic", 120.0098),
        ("8310-5", 98.6, "[degF]", "temperature", 37),
    ],
)
def test_a_vital_sign_is_read_in_the_unit_of_its_kind(
    code: str, value: float, unit: str, kind: str, charted: float
) -> None:
    (found,) = read(one(code, value, unit)).readings
    assert found.reading == Reading(at=AT, kind=kind, value=charted, unit=sign(kind).unit, source="FHIR")
    assert found.value_as_sent == str(value)


def test_both_pressures_of_a_panel_are_read_and_the_panel_itself_is_no_value() -> None:
    quantity = {"unit": "mmHg", "code": "mm[Hg]"}
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity | {"value": value}}
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ]
    batch = read(one("85354-9", valueQuantity=None, component=parts))
    assert [(each.reading.kind, each.reading.value) for each in batch.readings] == [
        ("systolic", 120),
        ("diastolic", 80),
    ]
    assert (batch.quarantined, batch.not_charted) == ((), ())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": "entered-in-error"}, "taken-back"),
        ({"effectiveDateTime": None}, "time"),
        ({"effectiveDateTime": "2026-11-21"}, "time"),
        ({"effectiveDateTime": "2026-11-21T11:59:00"}, "time"),
        ({"effectiveDateTime": 7}, "time"),
        ({"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-21T11:00:00Z"}}, "time"),
        ({"effectiveDateTime": "2026-11-22T11:59:00Z"}, "future"),
        ({"valueQuantity": {"value": 97}}, "unit"),
        ({"valueQuantity": {"value": 97, "code": "mm[Hg]"}}, "unit"),
        ({"valueQuantity": {"value": 97, "code": "%", "comparator": "ad"}}, "number"),
        ({"valueQuantity": {"value": True, "code": "%"}}, "number"),
        ({"valueQuantity": None, "valueString": "about 97"}, "number"),
        ({"valueQuantity": None, "valueBoolean": True}, "number"),
    ],
)
def test_what_cannot_be_charted_is_kept_back_with_its_reason(more: dict[str, object], why: str) -> None:
    batch = read(one(**more))  # type: ignore[arg-type]
    assert [each.why for each in batch.quarantined] == [why]
    assert batch.readings == ()


def test_a_code_under_the_label_of_another_is_kept_back_and_two_codes_must_agree() -> None:
    def coded(*codes: tuple[str, str]) -> Batch:
        listed = [{"system": LOINC, "code": code, "display": display} for code, display in codes]
        return read(one(unit="/min") | {"code": {"coding": listed}})

    assert [each.why for each in coded(("59408-5", "End tidal CO2")).quarantined] == ["disagree"]
    assert [each.why for each in coded(("8867-4", "Heart rate"), ("9279-1", "")).quarantined] == ["disagree"]
    for codes in ((("8867-4", ""), ("8889-8", "")), (("8889-8", ""), ("8867-4", ""))):
        assert [each.reading.kind for each in coded(*codes).readings] == ["pulse_rate"]


def test_an_absent_value_says_that_there_is_no_sensor() -> None:
    absent = one(valueQuantity=None, dataAbsentReason={"coding": [{"code": "not-performed"}]})
    (found,) = read(absent).readings
    assert (found.reading.value, found.reading.status) == (None, "no-sensor")


def test_codes_that_are_not_vital_signs_are_listed() -> None:
    batch = read(bundle(one(), one("2345-7", 5, "mmol/L"), {"resourceType": "Patient", "id": "7"}))
    assert len(batch.readings) == 1
    assert [each.code for each in batch.not_charted] == ["2345-7^^http://loinc.org"]


def test_two_observations_of_one_time_stay_two() -> None:
    batch = read(bundle(one(value=97), one(value=91)))
    assert [(each.reading.value, each.reading.source) for each in batch.readings] == [(97, "FHIR"), (91, "FHIR #2")]


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "{",
        "[]",
        "7",
        '{"resourceType": "Patient"}',
        json.dumps(bundle(one(), one(subject={"reference": "Patient/8"}))),
    ],
)
def test_the_whole_is_refused_where_it_is_no_observation_or_of_several_patients(resource: str) -> None:
    with pytest.raises(BundleError):
        read_readings(resource, received_at=NOW)


def test_whom_it_is_about() -> None:
    assert patient_of(bundle(one())) == "Patient/7"
    assert patient_of(one(subject=None)) == ""


def test_a_saturation_is_written_as_its_profile_asks() -> None:
    made = observation(Reading(at=AT, kind="spo2", value=97, unit="%", source="left"), patient="Patient/7", id="a")
    assert made == {
        "id": "a",
        "resourceType": "Observation",
        "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/oxygensat"]},
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                        "display": "Vital Signs",
                    }
                ]
            }
        ],
        "code": {
            "coding": [
                {"system": LOINC, "code": "2708-6", "display": "Oxygen saturation in Arterial blood"},
                {
                    "system": LOINC,
                    "code": "59408-5",
                    "display": "Oxygen saturation in Arterial blood by Pulse oximetry",
                },
            ]
        },
        "subject": {"reference": "Patient/7"},
        "effectiveDateTime": "2026-11-21T11:59:00Z",
        "device": {"display": "left"},
        "valueQuantity": {"value": 97, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }


def test_a_reading_without_value_or_entered_in_error_says_so() -> None:
    absent = observation(
        Reading(at=AT, kind="spo2", value=None, unit="%", source="", status="no-sensor"), patient="Patient/7"
    )
    assert "valueQuantity" not in absent
    assert absent["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    wrong = observation(Reading(at=AT, kind="spo2", value=97, unit="%", withdrawn="wrong patient"), patient="Patient/7")
    assert wrong["status"] == "entered-in-error"


def test_pressures_of_one_measurement_are_written_together_and_others_apart() -> None:
    upper, lower = (
        Reading(at=AT, kind="systolic", value=120, unit="mmHg", source="a"),
        Reading(at=AT, kind="diastolic", value=80, unit="mmHg", source="a"),
    )
    other = Reading(at=AT, kind="diastolic", value=70, unit="mmHg", source="b")
    made = observations([other, lower, upper], patient="Patient/7")
    assert [each["code"]["coding"][0]["code"] for each in made] == ["85354-9", "8462-4"]
    assert [part["valueQuantity"]["value"] for part in made[0]["component"]] == [120, 80]
    with pytest.raises(ValueError, match="one time and one probe"):
        blood_pressure(upper, other, patient="Patient/7")
    with pytest.raises(ValueError, match="not written as a vital sign"):
        observation(Reading(at=AT, kind="sedation", value=0), patient="Patient/7")


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    kind = draw(st.sampled_from(sorted(kinds())))
    value = draw(st.decimals(0, 300, places=1).map(float).filter(lambda value: value == 0 or value > 1))
    at = NOW - timedelta(milliseconds=draw(st.integers(0, 10**8)))
    return Reading(at=at, kind=kind, value=value, unit=sign(kind).unit, source=draw(st.sampled_from(["a", "b 1"])))


@given(st.lists(readings(), max_size=6, unique_by=lambda each: (each.kind, each.source, each.at)))
def test_what_is_written_is_read_back(sent: list[Reading]) -> None:
    batch = read(bundle(*observations(sent, patient="Patient/7")))
    assert (batch.quarantined, batch.not_charted) == ((), ())
    got = {(each.reading.at, each.reading.value, each.reading.source) for each in batch.readings}
    assert got == {(each.at, each.value, each.source) for each in sent}


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(one())), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*sorted(one()), "component", "device", "bodySite"]), anything, max_size=6))
def test_no_observation_raises(changed: dict[str, object]) -> None:
    resource = one() | changed | {"resourceType": "Observation"}
    for batch in (read(resource), read_readings(resource, received_at=NOW)):
        assert all(each.reading.at <= NOW + timedelta(seconds=120) for each in batch.readings)
