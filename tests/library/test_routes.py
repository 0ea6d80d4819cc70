"""By which way a medicine is given: a cream is no tablet, and no milligram of it counts as one."""

from typing import Any

import pytest
from bundle_builder import SNOMED, dosage, read, reasons, repeat, request, resource
from hypothesis import given
from hypothesis import strategies as st

from unwound import drugs, routes, therapies
from unwound.therapies.knowledge import therapy_of

NCI, V3 = (
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration",
)
Json = dict[str, Any]


def by(system: str, code: str, display: str = "") -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


@pytest.mark.parametrize(
    ("product", "way"),
    [
        ("ketamine 10 % cream", "skin"),
        ("Diclofenac 1.16% gel", "skin"),
        ("Lidocain-Salbe 5 %", "skin"),
        ("kétoprofène crème", "skin"),
        ("diclofenac 1 %", "skin"),
        ("gabapentin 0.06 MG/MG Topical Gel", "skin"),
        ("lidocaine 0.05 MG/MG Medicated Patch", "patch"),
        ("Lidocain 5 % Pflaster", "patch"),
        ("72 HR fentanyl 0.025 MG/HR Transdermal System", "patch"),
        ("timolol 0.5 % eye drops", "eye"),
        ("Augentropfen mit Timolol", "eye"),
        ("timolol collyre", "eye"),
        ("timolol 0.1 % gel eye drops", "eye"),
        ("ciprofloxacin ear drops", "ear"),
        ("ketamine nasal spray", "nose"),
        ("diclofenac 50 mg suppository", "rectum"),
        ("Diclofenac 50 mg Zäpfchen", "rectum"),
        ("morphine intrathecal pump", "spine"),
        ("morphine 10 mg/mL injection", "injection"),
        ("morphine intravenous injection", "vein"),
        ("ketamine 10 % transdermal cream", "skin"),
        ("estradiol transdermal gel", "skin"),
        ("lidocaine topical patch", "patch"),
        ("lidocaine oral gel", "mucosa"),
        ("morphine oral solution", "mouth"),
        ("gabapentin 300 MG Oral Capsule", "mouth"),
        ("gabapentin 300 mg capsules", None),
        ("ibuprofen 200 mg softgel capsule", None),
    ],
)
def test_the_name_of_a_product_says_how_it_is_given(product: str, way: str | None) -> None:
    named = routes.of_product(product)
    assert (named.id if named else None) == way


LOCAL = [
    ("ketamine 10 % cream", None, "ketamine"),
    ("ketamine", by(SNOMED, "6064005"), "ketamine"),
    ("ketamine", by(NCI, "C38304", "TOPICAL"), "ketamine"),
    ("ketamine", {"text": "topical"}, "ketamine"),
    ("diclofenac 1 % gel", None, "diclofenac"),
    ("amitriptyline 2 % cream", None, "amitriptyline"),
    ("doxepin 5 % cream", by(SNOMED, "6064005", "Topical route"), "doxepin"),
    ("gabapentin 6 % cream", None, "gabapentin"),
    ("ketamine 10 % / gabapentin 6 % / amitriptyline 2 % cream", None, "ketamine"),
    ("morphine", by(SNOMED, "72607000"), "morphine"),
    ("morphine 1 MG/ML", by(V3, "EPI", "Infusion, epidural"), "morphine"),
    ("morphine 10 mg/mL solution for injection", None, "morphine"),
    ("morphine 10 mg", {"text": "i.v."}, "morphine"),
    ("ketamine 50 mg", by(SNOMED, "46713006"), "ketamine"),
    ("diclofenac 100 mg", by(SNOMED, "37161004"), "diclofenac"),
    ("diclofenac 0.1 % eye drops", None, "diclofenac"),
    ("ketamine 10 % cream", by(SNOMED, "45890007", "Transdermal route"), "ketamine"),
    ("amitriptyline 2 %", None, "amitriptyline"),
    ("baclofen", {"text": "intrathekal"}, "baclofen"),
]


@pytest.mark.parametrize(("medicine", "route", "drug"), LOCAL)
def test_what_is_given_where_it_acts_is_no_trial_and_no_dose(medicine: str, route: Json | None, drug: str) -> None:
    told = dosage(1000, "mg", repeat(3)) | ({"route": route} if route else {})
    imported = read(request(medicine, "active", authoredOn="2026-01-01", dosageInstruction=[told]))
    assert imported.patient.trials == ()
    (listed,) = imported.patient.medications
    assert listed.dose_mg_per_day is None
    assert medicine in listed.drug
    assert f"this is no trial of {drug}" in reasons(imported)
    assert [entry.therapy for entry in therapies.ledger(imported.patient).entries] == []


def test_a_dose_form_of_the_medication_is_believed() -> None:
    medication = resource("Medication", "m", code={"text": "gabapentin"}, form={"text": "Creme"})
    told = request("", dosageInstruction=[dosage(1, "g", repeat(3))], medicationReference={"reference": "Medication/m"})
    del told["medicationCodeableConcept"]
    imported = read(medication, told)
    assert imported.patient.trials == ()
    assert "given on the skin" in reasons(imported)


@pytest.mark.parametrize(
    ("medicine", "route", "therapy"),
    [
        ("lidocaine 5 % medicated plaster", None, "lidocaine_plaster"),
        ("lidocaine 5 %", by(SNOMED, "45890007", "Transdermal route"), "lidocaine_plaster"),
        ("Lidocain 700 mg Pflaster", None, "lidocaine_plaster"),
        ("capsaicin 8 % patch", None, "capsaicin_8"),
        ("capsaicin 0.075 % cream", by(SNOMED, "6064005"), "capsaicin_cream"),
        ("onabotulinumtoxinA 100 units injection", {"text": "intradermal"}, "botulinum_toxin"),
    ],
)
def test_a_local_treatment_that_is_known_is_a_trial_without_milligrams(
    medicine: str, route: Json | None, therapy: str
) -> None:
    told = dosage(1, "patch", repeat(1)) | ({"route": route} if route else {})
    (trial,) = read(request(medicine, dosageInstruction=[told])).patient.trials
    assert (trial.therapy, trial.top_dose) == (therapy, None)
    assert "do not compare with a dose by mouth" in trial.note


def test_ketamine_into_a_vein_is_ketamine() -> None:
    told = dosage(40, "mg", repeat(1)) | {"route": by(SNOMED, "47625008")}
    (trial,) = read(request("ketamine 50 mg/mL injection", dosageInstruction=[told])).patient.trials
    assert (trial.therapy, trial.top_dose) == ("ketamine", 40)


def test_a_local_way_may_stand_in_the_directions_alone() -> None:
    told = dosage(100, "mg", repeat(3)) | {"text": "apply the cream three times a day"}
    imported = read(request("ketamine", dosageInstruction=[told]))
    assert imported.patient.trials == ()
    assert "given on the skin" in reasons(imported)


@pytest.mark.parametrize("code", ["26643006", "C38288", "PO", "37839007"])
def test_a_tablet_by_mouth_is_what_it_was(code: str) -> None:
    told = dosage(1, "capsule", repeat(3)) | {"route": by(SNOMED, code)}
    (trial,) = read(request(dosageInstruction=[told])).patient.trials
    assert trial.top_dose == 900


def test_a_route_against_the_form_is_said_and_never_a_trial() -> None:
    told = dosage(1, "g", repeat(3)) | {"route": by(SNOMED, "26643006")}
    imported = read(request("gabapentin 6 % cream", dosageInstruction=[told]))
    assert "the route says by mouth, the product «gabapentin 6 % cream» is given on the skin" in reasons(imported)
    assert imported.patient.trials == ()


def test_a_route_that_nobody_knows_leaves_the_dose_unknown() -> None:
    told = dosage(1, "capsule", repeat(3)) | {"route": {"text": "by carrier pigeon"}}
    (trial,) = read(request(dosageInstruction=[told])).patient.trials
    assert trial.top_dose is None
    assert "the route «by carrier pigeon» is not known" in trial.note


@pytest.mark.parametrize(
    ("written", "therapy"),
    [
        ("gabapentin cream", None),
        ("amitriptyline 2 % cream", None),
        ("morphine (into the spinal canal)", None),
        ("capsaicin cream", "capsaicin_cream"),
        ("lidocaine patch", "lidocaine_plaster"),
        ("gabapentin 300 mg capsules", "gabapentin"),
        ("fentanyl patch", "strong_opioids"),
        ("pamidronate infusion", "bisphosphonate"),
        ("botulinum toxin injection", "botulinum_toxin"),
    ],
)
def test_a_name_that_somebody_enters_is_no_other_therapy_either(written: str, therapy: str | None) -> None:
    assert therapy_of(written) == therapy


@pytest.mark.parametrize(
    "written", ["ketamine 10 % cream 1 g tds", "voltaren gel 1 g bd", "morphine injection 10 mg bd"]
)
def test_the_mass_of_a_cream_is_no_daily_dose(written: str) -> None:
    assert drugs.daily_mg(written) is None


@pytest.mark.parametrize(
    "written",
    ["ketamine 10 % cream, 1 g", "gabapentin 1.200 mg", "lidocaine 5 % 700 mg plaster", "gabapentin 250 mg per 5 ml"],
)
def test_a_share_a_concentration_and_a_doubtful_number_are_no_strength(written: str) -> None:
    assert drugs.strength_mg(written) is None


@given(
    st.sampled_from(sorted(routes.ways())), st.sampled_from(["gabapentin", "amitriptyline", "duloxetine", "tramadol"])
)
def test_no_local_way_is_a_treatment_by_a_medicine_for_the_whole_body(id: str, drug: str) -> None:
    way = routes.ways()[id]
    assert routes.is_treatment(drug, way) == way.whole_body
    assert routes.has_milligrams(drug, way) == way.whole_body


@given(st.text(max_size=60))
def test_any_name_and_any_code_are_looked_up_without_an_error(written: str) -> None:
    assert routes.of_product(written) is None or routes.of_product(written) in routes.ways().values()
    assert routes.by_code(written) is None or written.strip()
    assert routes.of_words(written) is None or written.strip()


def test_a_code_is_of_one_way() -> None:
    codes = [code for way in routes.ways().values() for code in way.codes]
    assert len(codes) == len(set(codes))
    assert set(routes.routes().own) <= set(drugs.drugs())
