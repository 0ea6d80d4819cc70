"""Which medicine a foreign record means: by name, by code, by what is in it."""

from typing import Any

import pytest
from bundle_builder import RXNORM, SNOMED, concept, dosage, read, reasons, repeat, request, resource, trial_of

from unwound import drugs
from unwound.catalogue import load_rule
from unwound.terms import WhyStopped

DMD, ATC = "https://dmd.nhs.uk", "http://www.whocc.no/atc"
PZN = "http://fhir.de/CodeSystem/ifa/pzn"


def ordered(medication: dict[str, Any] | None = None, status: str = "active", **fields: Any) -> dict[str, Any]:
    order = resource("MedicationRequest", status=status, intent="order", **fields)
    if medication is not None:
        order |= {"contained": [medication | {"id": "m"}], "medicationReference": {"reference": "#m"}}
    return order


def listed(*orders: dict[str, Any]) -> list[str]:
    return [taken.drug for taken in read(*orders).patient.medications]


def ingredient(name: str, **fields: Any) -> dict[str, Any]:
    return {"itemCodeableConcept": {"text": name}, **fields}


@pytest.mark.parametrize(
    ("code", "drug"),
    [
        (concept(RXNORM, "25480"), "gabapentin"),
        (concept(RXNORM, "310431"), "gabapentin"),
        (concept(RXNORM, "483450"), "pregabalin"),
        (concept(RXNORM, "596930"), "duloxetine"),
        (concept(SNOMED, "323014008"), "gabapentin"),
        (concept(DMD, "415167006"), "pregabalin"),
        (concept(SNOMED, "321987003"), "citalopram"),
        (concept(ATC, "N03AX16"), "pregabalin"),
        (concept(ATC, "N02BF01"), "gabapentin"),
        (concept("http://fhir.de/CodeSystem/bfarm/atc", "N06AA09"), "amitriptyline"),
        ({"coding": [{"display": "Pregabalin 75 mg Kapseln"}]}, "pregabalin"),
        ({"text": "Gabapentin-1A 300mg Hartkapseln"}, "gabapentin"),
        ({"coding": [{"system": PZN, "code": "01234567"}], "text": "Amitriptylin-neuraxpharm 25mg"}, "amitriptyline"),
        ({"coding": [{"system": RXNORM, "code": "310431"}], "text": "as before"}, "gabapentin"),
    ],
)
def test_a_medicine_is_known_by_its_name_or_its_code(code: dict[str, Any], drug: str) -> None:
    assert listed(ordered(medicationCodeableConcept=code)) == [drug]


def test_a_code_gives_the_strength_too() -> None:
    told = request(status="completed", dosageInstruction=[dosage(1, "capsule", repeat(3))])
    told["medicationCodeableConcept"] = concept(RXNORM, "310431")
    assert trial_of(told).top_dose == 900


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (concept(PZN, "01234567"), "PZN 01234567"),
        (concept(ATC, "Z99ZZ99"), "ATC Z99ZZ99"),
        (concept(RXNORM, "999999999"), "RxNorm 999999999"),
        (concept(SNOMED, "999999999"), "SNOMED CT 999999999"),
        (concept("http://hl7.org/fhir/sid/ndc", "54458-872-10"), "ndc 54458-872-10"),
        (concept("", "AL-20"), "AL-20"),
    ],
)
def test_a_code_that_is_not_known_stays_on_the_list_as_it_is_written(code: dict[str, Any], shown: str) -> None:
    assert listed(ordered(medicationCodeableConcept=code)) == [shown]


def test_a_name_counts_before_a_code_that_means_something_else() -> None:
    wrong = {"coding": [{"system": RXNORM, "code": "483450"}], "text": "Gabapentin 300 mg"}
    imported = read(ordered(medicationCodeableConcept=wrong))
    assert [taken.drug for taken in imported.patient.medications] == ["gabapentin"]
    assert "names gabapentin, its code means pregabalin; the name was used" in reasons(imported)


def test_a_code_of_the_substance_agrees_with_the_name_of_its_form() -> None:
    plaster = {"coding": [{"system": RXNORM, "code": "6387"}], "text": "Lidocaine 5 % patch"}
    imported = read(ordered(medicationCodeableConcept=plaster))
    assert not imported.problems


def test_a_medicine_may_be_named_by_its_ingredient_alone() -> None:
    strength = {"numerator": {"value": 600, "unit": "mg"}, "denominator": {"value": 1, "unit": "Stück"}}
    by_substance = resource("Medication", ingredient=[ingredient("Ibuprofen", strength=strength)])
    assert listed(ordered(by_substance)) == ["ibuprofen"]


@pytest.mark.parametrize(
    "item",
    [
        {"itemCodeableConcept": concept(ATC, "N03AX16")},
        {"itemCodeableConcept": concept(RXNORM, "187832")},
        {"itemReference": {"display": "Pregabalin"}},
        {"itemReference": {"reference": "#s"}},
    ],
)
def test_an_ingredient_is_named_in_words_by_code_or_by_reference(item: dict[str, Any]) -> None:
    substance = resource("Substance", "s", code={"text": "Pregabalin"})
    medication = resource("Medication", ingredient=[item], contained=[substance])
    assert listed(ordered(medication)) == ["pregabalin"]


def test_a_compounded_medicine_is_each_of_its_substances() -> None:
    medication = resource("Medication", ingredient=[ingredient("Gabapentin"), ingredient("Amitriptyline")])
    imported = read(ordered(medication, dosageInstruction=[dosage(1, "capsule", repeat(3))]))
    (trial,) = imported.patient.trials
    assert (trial.therapy, trial.top_dose) == ("Gabapentin / Amitriptyline", None)
    assert [taken.drug for taken in imported.patient.medications] == ["Gabapentin / Amitriptyline"]


def test_a_trade_name_that_is_not_known_is_read_by_its_ingredient() -> None:
    medication = resource("Medication", code={"text": "Schmerzfrei Plus N"}, ingredient=[ingredient("Pregabalin")])
    assert [trial.therapy for trial in read(ordered(medication)).patient.trials] == ["pregabalin"]


@pytest.mark.parametrize(
    "called",
    [
        "no gabapentin",
        "Gabapentin (allergic)",
        "keine Pregabalin",
        "Gabapentin not given",
    ],
)
def test_a_medicine_whose_name_says_that_it_is_not_taken_is_named_and_not_counted(called: str) -> None:
    imported = read(request(called, "active", authoredOn="2026-01-01"))
    assert (imported.patient.medications, imported.patient.trials) == ((), ())
    assert [(part.what, part.names) for part in imported.unread] == [("medicines", ((called, 1),))]
    assert read(request("Nortriptyline 25 mg (Allegron)", "active")).patient.medications


@pytest.mark.parametrize(
    "called",
    [
        "Gabapentin (stopped)",
        "gabapentin - discontinued",
        "Gabapentin 300 mg (discontinued in May)",
        "Gabapentin (stopped due to dizziness)",
        "gestopt gabapentin",
        "Gabapentin (intolerant)",
    ],
)
@pytest.mark.parametrize("status", ["active", "stopped", "unknown"])
def test_a_medicine_whose_name_says_that_it_was_stopped_was_tried(called: str, status: str) -> None:
    imported = read(request(called, status, authoredOn="2026-01-01"))
    (trial,) = imported.patient.trials
    assert (imported.patient.medications, trial.ongoing) == ((), False)
    assert (trial.stopped == WhyStopped.SIDE_EFFECTS) is ("intolerant" in called)


def test_a_medicine_whose_name_says_that_it_is_on_hold_has_no_dose() -> None:
    imported = read(request("Gabapentin 300 mg (on hold)", "active", authoredOn="2026-01-01"))
    assert [trial.top_dose for trial in imported.patient.trials] == [None]


def test_a_past_trial_stays_whatever_its_name_says() -> None:
    assert read(request("Gabapentin contraindicated", "stopped", authoredOn="2026-01-01")).patient.trials


@pytest.mark.parametrize(
    "called",
    [
        "Diphenhydramine 25 mg (allergy)",
        "Warfarin (allergy to heparin)",
        "Pregabalin 75 mg - intolerant of higher doses",
        "Gabapentin (stopped in May, restarted in June)",
        "Nicotine patch (stopped smoking)",
    ],
)
def test_what_is_written_behind_a_medicine_of_something_else_does_not_take_it_away(called: str) -> None:
    assert read(request(called, "active", authoredOn="2026-01-01")).patient.medications


def test_two_names_of_different_medicines_are_said() -> None:
    code = {"text": "Buprenorphine / Naltrexone", "coding": [{"display": "buprenorphine / naloxone"}]}
    order = request("", "active") | {"medicationCodeableConcept": code}
    assert "name different medicines; the first was used" in reasons(read(order))
    for same in ("buprenorphine", "Buprenorphine / naltrexone 8 MG", "Suboxone is its name"):
        code["coding"] = [{"display": same}]
        assert "different medicines" not in reasons(read(order)) or same.startswith("Suboxone")


def test_nothing_named_anywhere_is_said() -> None:
    assert "no medicine is named" in reasons(read(ordered(resource("Medication", ingredient=[{}]))))


def test_every_code_in_the_table_names_one_medicine() -> None:
    seen: dict[tuple[str, str], str] = {}
    for each in load_rule("medicine_codes", drugs.MedicineCodes).lists:
        for name, codes in each.products.items():
            for code in codes.split():
                assert seen.setdefault((each.system, code), name) == name, (each.system, code)
    assert len(seen) > 3000


@pytest.mark.parametrize(
    ("called", "opioid"),
    [
        ("Tylenol No. 3", "codeine"),
        ("TYLENOL WITH CODEINE NO.3 TAB", "codeine"),
        ("ratio-Lenoltec No.2", "codeine"),
        ("Emtec-30", "codeine"),
        ("ratio-Oxycocet 5-325", "oxycodone"),
    ],
)
def test_the_opioid_in_a_canadian_name_of_paracetamol_is_not_missed(called: str, opioid: str) -> None:
    assert set(drugs.ingredients(text=called)) == {opioid, "paracetamol"}
    assert drugs.ingredients(text="Tylenol Extra Strength 500 mg") == ("paracetamol",)
