"""Observations in the shapes in which devices and their gateways write them, as public guides and examples show.

Personal devices (HL7 PHD), bedside monitors (HL7 PoCD), German intensive care (MII, ISiK), Belgian and Norwegian
telemonitoring, US Core, wrist watches. The values are invented; what is charted, held and left was compared with the
message by eye.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from unwound.exchange.fhir.vitals import called_by, patient_of, read_readings
from unwound.exchange.readings import Batch

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = "2026-11-21T11:59:00Z"
MDC, LOINC, SNOMED = "urn:iso:std:iso:11073:10101", "http://loinc.org", "http://snomed.info/sct"

Object = dict[str, Any]


def code(*codings: tuple[str, str, str]) -> Object:
    return {"coding": [{"system": system, "code": number} | ({"display": label} if label else {})
                       for system, number, label in codings]}  # fmt: skip


def amount(value: float, unit: str, ucum: str = "") -> Object:
    system = {"system": "http://unitsofmeasure.org", "code": ucum or unit}
    return {"valueQuantity": {"value": value, "unit": unit, **system}}


def sent(what: Object, value: Object, *components: Object, **more: object) -> Object:
    made = {"resourceType": "Observation", "status": "final", "code": what, "subject": {"reference": "Patient/p"}}
    when = {} if "effectivePeriod" in more or "effectiveDateTime" in more else {"effectiveDateTime": AT}
    return made | when | value | ({"component": list(components)} if components else {}) | more


def part(what: Object, value: Object) -> Object:
    return {"code": what} | value


def read(observation: Object) -> Batch:
    return read_readings(json.dumps(observation), received_at=NOW)


def charted(batch: Batch) -> dict[str, float | None]:
    return {one.reading.kind: one.reading.value for one in batch.readings}


SUPPLEMENT = part(
    code((MDC, "68193", "MDC_ATTR_SUPPLEMENTAL_TYPES")),
    {"valueCodeableConcept": code((MDC, "150588", "MDC_MODALITY_SPOT"))},
)
CUFF = code((MDC, "150020", "MDC_PRESS_BLD_NONINV"), (LOINC, "85354-9", "Blood pressure panel"))


def cuff(number: int, loinc: str, value: Object) -> Object:
    names = {150021: "SYS", 150022: "DIA", 150023: "MEAN"}
    return part(code((MDC, str(number), f"MDC_PRESS_BLD_NONINV_{names[number]}"), (LOINC, loinc, "")), value)


CHARTED: dict[str, tuple[Object, dict[str, float | None]]] = {
    "PHD, pulse of a fingertip oximeter, spot": (
        sent(code((MDC, "149530", "MDC_PULS_OXIM_PULS_RATE"), (LOINC, "8867-4", "Heart rate")),
             amount(61, "{beat}/min}", "/min"), SUPPLEMENT),
        {"pulse_rate": 61},
    ),
    "PHD, saturation in alarm": (
        sent(code((MDC, "150456", "MDC_PULS_OXIM_SAT_O2"), (LOINC, "2708-6", "")), amount(81, "%"),
             interpretation=[{"coding": [{"code": "in-alarm"}]}]),
        {"spo2": 81},
    ),
    "PHD, cuff without its mean": (
        sent(CUFF, {}, cuff(150021, "8480-6", amount(132, "mmHg", "mm[Hg]")),
             cuff(150022, "8462-4", amount(84, "mmHg", "mm[Hg]")),
             cuff(150023, "8478-0", {"dataAbsentReason": code(("x", "not-a-number", ""))})),
        {"systolic": 132, "diastolic": 84, "mean_pressure": None},
    ),
    "PHD, ear thermometer": (
        sent(code((MDC, "150364", "MDC_TEMP_BODY"), (LOINC, "8310-5", "")), amount(36.9, "C", "Cel")),
        {"temperature": 36.9},
    ),
    "PoCD, heart rate of a bedside monitor": (
        sent(code((LOINC, "8867-4", "Heart rate"), (MDC, "147842", "MDC_ECG_HEART_RATE")), amount(58, "bpm", "/min"),
             device={"reference": "DeviceMetric/HeartRate"}),
        {"heart_rate": 58},
    ),
    "MII, arterial pressure with its codes of three systems": (
        sent(code((SNOMED, "364090009", "Systemic arterial pressure (observable entity)"), (LOINC, "85354-9", "")), {},
             part(code((LOINC, "8480-6", ""), (SNOMED, "271649006", ""), (MDC, "150017", "Systolic blood pressure")),
                  amount(118, "millimeter Mercury column", "mm[Hg]"))),
        {"systolic": 118},
    ),
    "Belgium, a mean of a minute in the only component": (
        sent(code((LOINC, "9279-1", "Respiratory rate")), {},
             part(code((LOINC, "9279-1", "Respiratory rate")), amount(17.35, "breaths/minute", "/min")),
             effectivePeriod={"start": "2026-11-21T11:58:00+00:00", "end": "2026-11-21T11:59:00+00:00"}),
        {"respiratory_rate": 17.35},
    ),
    "Belgium, the same value above and in the component is measured once": (
        sent(code((LOINC, "8867-4", "Heart rate")), amount(67, "beats/minute", "/min"),
             part(code((LOINC, "8867-4", "Heart rate")), amount(67, "beats/minute", "/min"))),
        {"heart_rate": 67},
    ),
    "US Core, saturation with the oxygen that is given": (
        sent(code((LOINC, "2708-6", ""), (LOINC, "59408-5", ""), (MDC, "150456", "MDC_PULS_OXIM_SAT_O2")),
             amount(95, "%"), part(code((LOINC, "3151-8", "Inhaled oxygen flow rate")), amount(6, "L/min")),
             part(code((LOINC, "3150-6", "Inhaled oxygen concentration")), amount(40, "%"))),
        {"spo2": 95},
    ),
}  # fmt: skip


CORE = (LOINC, "8329-5", "Body temperature - Core")
SITES = {
    "ear": ((LOINC, "8333-7", "Tympanic membrane temperature"), (MDC, "150392", "MDC_TEMP_TYMP")),
    "oesophagus": ((LOINC, "60836-4", "Esophageal temperature"), (MDC, "150372", "MDC_TEMP_ESOPH")),
    "nasopharynx": ((LOINC, "60838-0", "Nasopharyngeal temperature"), (MDC, "150380", "MDC_TEMP_NASOPH")),
    "bladder": ((LOINC, "8334-5", "Body temperature - Urinary bladder"), (MDC, "150348", "MDC_TEMP_FOLEY")),
    "armpit": ((LOINC, "8328-7", "Axillary temperature"), (MDC, "188452", "MDC_TEMP_AXILLA")),
    "blood": ((LOINC, "60834-9", "Blood temperature"),),
}


@pytest.mark.parametrize("place", SITES)
def test_core_temperature_and_the_place_where_it_is_measured_are_one_value(place: str) -> None:
    """Profiles for intensive care send both codes, in either order: it was held as a disagreement."""
    for codings in ((CORE, *SITES[place]), (*SITES[place], CORE)):
        (found,) = read(sent(code(*codings), amount(36.8, "degree Celsius", "Cel"))).readings
        assert (found.reading.kind, found.reading.value, found.method) == ("temperature", 36.8, place)


@pytest.mark.parametrize(
    "codings",
    [
        (SITES["ear"][0], SITES["armpit"][0]),
        (CORE, (MDC, "150388", "MDC_TEMP_SKIN")),
        (SITES["bladder"][0], SITES["oesophagus"][1]),
    ],
)
def test_two_places_of_one_temperature_disagree(codings: tuple[tuple[str, str, str], ...]) -> None:
    batch = read(sent(code(*codings), amount(36.8, "degree Celsius", "Cel")))
    assert [held.why for held in batch.quarantined] == ["disagree"]


@pytest.mark.parametrize("shape", CHARTED)
def test_what_a_device_measured_is_charted_once_in_its_unit(shape: str) -> None:
    observation, expected = CHARTED[shape]
    batch = read(observation)
    assert charted(batch) == expected
    assert len(batch.readings) == len(expected)
    assert not batch.quarantined


LEFT_ATRIUM = code((LOINC, "8480-6", ""), (LOINC, "60989-1", "Left atrial pressure Systolic"))
BY_NUMBER = code((LOINC, "8480-6", "Systolic blood pressure"), (MDC, "150045", ""))
HELD: dict[str, tuple[Object, str]] = {
    "MII, left atrial pressure beside the code of the blood pressure": (
        sent(code((LOINC, "60988-3", "")), {}, part(LEFT_ATRIUM, amount(9, "mmHg", "mm[Hg]"))), "disagree",
    ),
    "MII, only the whole says that it is the pulmonary artery": (
        sent(code((LOINC, "76284-9", "Pulmonary artery Blood pressure")), {},
             part(code((LOINC, "8480-6", "")), amount(28, "mmHg", "mm[Hg]"))), "disagree",
    ),
    "a number of another pressure, without a label": (sent(BY_NUMBER, amount(28, "mmHg", "mm[Hg]")), "disagree"),
    "the whole is another pressure by its number": (
        sent(code((MDC, "150100", "")), {}, part(code((LOINC, "8480-6", "")), amount(120, "mmHg", "mm[Hg]"))),
        "disagree",
    ),
    "MII, temperature of a joint": (
        sent(code((SNOMED, "250124002", "Temperature of joint"), (LOINC, "8310-5", "")), amount(33, "°C", "Cel")),
        "disagree",
    ),
    "a watch with the name of the oximeter and another number": (
        sent(code((LOINC, "2708-6", ""), (MDC, "150324", "MDC_PULS_OXIM_SAT_O2")), amount(97, "%")), "disagree",
    ),
    "ISiK, a mean of an hour": (
        sent(code((LOINC, "8310-5", ""), (MDC, "188504", "Nasal temperature")), amount(37, "degree Celsius", "Cel"),
             effectivePeriod={"start": "2026-11-21T10:59:00Z", "end": AT}), "time",
    ),
    "Norway, a day without a time": (
        sent(code((LOINC, "2708-6", "")), amount(99, "%"), effectiveDateTime="2026-11-21"), "time",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", HELD)
def test_what_may_be_of_another_place_or_time_is_held_with_its_reason(shape: str) -> None:
    observation, why = HELD[shape]
    batch = read(observation)
    assert not batch.readings
    assert [held.why for held in batch.quarantined] == [why]
    assert batch.quarantined[0].value_as_sent


LEFT: dict[str, Object] = {
    "PHD, sensor status as bits": sent(
        code((MDC, "150604", "MDC_PULS_OXIM_DEV_STATUS")), {},
        part(code(("http://terminology.hl7.org/CodeSystem/ASN1ToHL7", "150604.2", "sensor-displaced")),
             {"valueBoolean": True})),
    "PHD, quality that is not a number": sent(
        code((MDC, "150320", "MDC_SAT_O2_QUAL")), {"dataAbsentReason": code(("x", "not-a-number", ""))}),
    "PoCD, rhythm": sent(
        code((MDC, "184327", "MDC_ECG_STAT_RHY")),
        {"valueCodeableConcept": code((MDC, "147474", "MDC_ECG_SINUS_RHY"))}),
    "PoCD, venous pressure as a curve": sent(
        code((MDC, "150084", "MDC_PRESS_BLD_VEN_CENT")), {"valueSampledData": {"period": 8, "data": "2.00 2.01"}}),
    "a name without a code": sent({"text": "Heart rate"}, amount(70, "/min")),
}  # fmt: skip


@pytest.mark.parametrize("shape", LEFT)
def test_what_is_no_vital_sign_is_listed_and_never_charted(shape: str) -> None:
    batch = read(LEFT[shape])
    assert not batch.readings
    assert not batch.quarantined
    assert [left.unknown for left in batch.not_charted] == [True]
    assert batch.not_charted[0].code.strip("^")


def test_a_subject_in_words_of_the_sender_is_nobodys_number() -> None:
    observation = CHARTED["PoCD, heart rate of a bedside monitor"][0] | {"subject": {"reference": "FR_FL_3304"}}
    assert patient_of(observation) == "FR_FL_3304"
    assert called_by(observation) == (frozenset(), frozenset())
