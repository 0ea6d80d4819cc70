"""Law: every element of a resource that is used is read by a reader, named as not read, or listed as never needed.

The second opinion on the list `used` is a resource that notes which of its elements were looked at.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bundle_builder import AS_OF, ICD10, bundle, condition, observation, person, read, request, resource
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange.fhir import Import, read_bundle, unused
from unwound.exchange.fhir.elements import elements
from unwound.exchange.fhir.entries import Entry

Json = dict[str, Any]

WHOLE: dict[str, Json] = {
    "Condition": condition(
        ICD10,
        "G50.0",
        subject={"reference": "Patient/p"},
        onsetPeriod={"start": "2020-01-01"},
        recordedDate="2021-01-01",
        bodySite=[{"text": "left face"}],
    ),
    "Observation": observation(
        "29463-7", 70, "kg", subject={"reference": "Patient/p"}, focus=[{"reference": "Patient/p"}], issued="2026-11-02"
    ),
    "Procedure": resource(
        "Procedure",
        status="completed",
        code={"text": "stellate ganglion block"},
        subject={"reference": "Patient/p"},
        performedPeriod={"start": "2025-01-01", "end": "2025-01-02"},
        reasonCode=[{"text": "pain"}],
        note=[{"text": "some relief"}],
    ),
    "AllergyIntolerance": resource(
        "AllergyIntolerance",
        clinicalStatus={"coding": [{"code": "active"}]},
        verificationStatus={"coding": [{"code": "confirmed"}]},
        type="allergy",
        patient={"reference": "Patient/p"},
        recordedDate="2020-01-01",
        reaction=[{"substance": {"text": "penicillin"}}],
    ),
    "MedicationRequest": request(
        "gabapentin 300 MG Oral Capsule",
        "active",
        subject={"reference": "Patient/p"},
        authoredOn="2026-01-01",
        reasonCode=[{"text": "pain"}],
        note=[{"text": "helped a little"}],
        dosageInstruction=[
            {
                "sequence": 1,
                "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d", "count": 90, "countMax": 90}},
                "additionalInstruction": [{"text": "with food"}],
                "route": {"text": "oral"},
                "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "capsule"}}],
                "maxDosePerAdministration": {"value": 300, "unit": "mg"},
                "maxDosePerPeriod": {
                    "numerator": {"value": 900, "unit": "mg"},
                    "denominator": {"value": 1, "unit": "d"},
                },
            }
        ],
        dispenseRequest={
            "numberOfRepeatsAllowed": 1,
            "expectedSupplyDuration": {"value": 30, "code": "d"},
            "quantity": {"value": 90, "unit": "capsule"},
        },
        encounter={"reference": "Encounter/1"},
    ),
    "MedicationDispense": resource(
        "MedicationDispense",
        status="completed",
        medicationCodeableConcept={"text": "gabapentin 300 MG Oral Capsule"},
        subject={"reference": "Patient/p"},
        context={"reference": "Encounter/1"},
        authorizingPrescription=[{"reference": "MedicationRequest/1"}],
        quantity={"value": 90, "unit": "capsule"},
        daysSupply={"value": 30, "unit": "d"},
        whenHandedOver="2026-01-01",
        note=[{"text": "helped a little"}],
        dosageInstruction=[{"text": "1 capsule three times a day"}],
    ),
    "MedicationStatement": resource(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept={"text": "duloxetine 60 mg capsule"},
        subject={"reference": "Patient/p"},
        effectivePeriod={"start": "2026-01-01"},
        reasonCode=[{"text": "pain"}],
        dosage=[{"text": "1 capsule daily"}],
    ),
}
"""A resource of each type that is used, with as much in it as the list says is used."""
BEFORE = {"Condition": "onsetPeriod", "Observation": "effectiveDateTime"}
"""What is read before another date that says the same: that one is only looked at where this one is not there."""


class Watched(dict[str, Any]):
    """An object that notes which of its keys were looked at, with the place of each."""

    def __init__(self, held: Json, place: str, looked: set[str]) -> None:
        super().__init__(
            {key: watched(inner, f"{place}.{key}" if place else key, looked) for key, inner in held.items()}
        )
        self.place, self.looked = place, looked

    def _look(self, key: str) -> None:
        self.looked.add(f"{self.place}.{key}" if self.place else key)

    def get(self, key: str, default: Any = None) -> Any:
        self._look(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self._look(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._look(str(key))
        return super().__contains__(key)


def watched(held: Any, place: str, looked: set[str]) -> Any:
    if isinstance(held, dict):
        return Watched(held, place, looked)
    return [watched(inner, place, looked) for inner in held] if isinstance(held, list) else held


def looked_at(part: Json, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The places of a resource that were looked at while it was read, the account itself left out."""
    looked: set[str] = set()
    monkeypatch.setattr(unused, "parts", lambda resource, chart: None)
    real = vars(Entry)["resource"].fget

    def resource_of(entry: Entry) -> Any:
        parsed = real(entry)
        if entry.type == part["resourceType"] and not isinstance(parsed, Watched):
            entry._parsed = parsed = watched(parsed, "", looked)
        return parsed

    monkeypatch.setattr(Entry, "resource", property(resource_of))
    read(part)
    return looked


def places(held: Any, place: str = "") -> Iterator[str]:
    for key, inner in held.items() if isinstance(held, dict) else ():
        own = f"{place}.{key}" if place else key
        yield own
        for one in inner if isinstance(inner, list) else (inner,):
            yield from places(one, own)


def listed(type: str) -> set[str]:
    (own,) = [one for one in elements().resources if one.type == type]
    return set(own.used)


@pytest.mark.parametrize("type", WHOLE)
def test_what_is_listed_as_used_is_looked_at_by_a_reader(type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = set(places(WHOLE[type]))
    looked = looked_at(WHOLE[type], monkeypatch)
    looked |= looked_at({key: value for key, value in WHOLE[type].items() if key != BEFORE.get(type)}, monkeypatch)
    used = {place for place in listed(type) if place in here}
    assert used
    assert used <= looked


@pytest.mark.parametrize("type", WHOLE)
def test_a_whole_resource_leaves_nothing(type: str) -> None:
    imported = read(WHOLE[type])
    assert imported.counts[type].used == 1
    assert imported.unread == ()


@st.composite
def planted(draw: st.DrawFn) -> tuple[Json, str]:
    """A resource with an element more, anywhere in it, that no list has."""
    part = json.loads(json.dumps(WHOLE[draw(st.sampled_from(sorted(WHOLE)))]))
    nodes = [("", part)]
    for place, node in nodes:
        for key, inner in node.items():
            for one in inner if isinstance(inner, list) else (inner,):
                if isinstance(one, dict):
                    nodes.append((f"{place}.{key}", one))
    place, node = draw(st.sampled_from(nodes))
    key = draw(st.sampled_from(["extension", "severity2", "_status", "maxDose", "remark"]))
    node[key] = (
        [{"url": "https://x/odd", "valueCode": "A"}] if key == "extension" else draw(st.sampled_from(["a", 3.5]))
    )
    return part, f"{part['resourceType']}{place}.{key}"


@given(planted())
def test_an_element_that_is_planted_anywhere_is_named_by_its_place(plant: tuple[Json, str]) -> None:
    part, place = plant
    imported = read(part)
    assert place in {unread.what for unread in imported.unread if unread.reason == "not read"}


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_modifier_that_is_planted_anywhere_turns_the_resource_down(type: str, data: st.DataObject) -> None:
    part = json.loads(json.dumps(WHOLE[type]))
    nodes: list[Json] = [part]
    for node in nodes:
        nodes += [
            one
            for inner in node.values()
            for one in (inner if isinstance(inner, list) else (inner,))
            if isinstance(one, dict)
        ]
    data.draw(st.sampled_from(nodes))["modifierExtension"] = [{"url": "https://x/not"}]
    imported = read(part)
    assert imported.counts[type].unreadable == 1
    assert "modifierExtension" in imported.problems[0].reason


@pytest.mark.parametrize("url", ["https://x/diagnosekram", "https://x/us-core-racecar"])
def test_an_extension_deep_in_a_code_is_named(url: str) -> None:
    part = json.loads(json.dumps(WHOLE["Condition"]))
    part["code"]["coding"][0]["extension"] = [{"url": url, "valueCoding": {"code": "A"}}]
    (unread,) = read(part).unread
    assert (unread.what, dict(unread.names)) == ("Condition.code.coding.extension", {url: 1})


def test_a_mark_that_is_read_is_not_named() -> None:
    part = json.loads(json.dumps(WHOLE["Condition"]))
    mark = {"url": "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit", "valueCoding": {"code": "G"}}
    part["code"]["coding"][0]["extension"] = [mark]
    assert read(part).unread == ()


def test_a_form_that_is_contained_and_read_is_not_named() -> None:
    asked = {
        "resourceType": "Questionnaire",
        "id": "q",
        "item": [{"linkId": "1", "type": "choice", "code": [{"system": "http://loinc.org", "code": "44250-9"}]}],
    }
    item = {"linkId": "1", "answer": [{"valueInteger": 1}]}
    filled = {"status": "completed", "questionnaire": "#q", "contained": [asked], "item": [item]}
    imported = read(resource("QuestionnaireResponse", authored="2026-11-01", **filled))
    assert imported.counts["QuestionnaireResponse"].used == 1
    assert imported.unread == ()


def test_a_contained_resource_that_nothing_points_to_is_named() -> None:
    part = {**WHOLE["Condition"], "contained": [{"resourceType": "Observation", "id": "o", "code": {"text": "Biopsy"}}]}
    assert [str(one) for one in read(part).unread] == ["1 × resources within another not read: «Biopsy»"]


def quick_and_thorough(whole: Json) -> tuple[Import, Import]:
    """A bundle read without parsing what is not needed, and one that is parsed as a whole (an entry is odd)."""
    odd = {**whole, "entry": [*whole["entry"], 3]}
    return read_bundle(json.dumps(whole), "a", as_of=AS_OF), read_bundle(json.dumps(odd), "a", as_of=AS_OF)


@given(st.lists(st.sampled_from([*WHOLE.values(), resource("Claim"), resource("Encounter"), resource("Condition")])))
def test_the_quick_way_and_the_thorough_way_read_the_same(parts: list[Json]) -> None:
    quick, thorough = quick_and_thorough(bundle(person(), *parts))
    assert (quick.patient, quick.unread, quick.missing) == (thorough.patient, thorough.unread, thorough.missing)
    assert quick.problems == thorough.problems[1:]
    assert {**quick.counts, "(no resource)": thorough.counts["(no resource)"]} == thorough.counts
