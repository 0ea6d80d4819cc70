"""What speaks against a treatment: medicines taken, the liver, more pain at more opioid, an illness that is late."""

from __future__ import annotations

import pytest
from tried import someone, steps

from unwound import cautions, derive
from unwound.patient import Medication, Patient
from unwound.therapies import knowledge


def taking(*names: str, **known: object) -> Patient:
    return derive.derive(someone(medications=tuple(Medication(drug=name) for name in names), **known))


def objections(patient: Patient, therapy: str, *conditions: str) -> str:
    return " | ".join(reason.text for reason in steps(patient, *conditions)[therapy].against)


OPIOIDS = ("tramadol", "strong_opioids")


@pytest.mark.parametrize("therapy", OPIOIDS)
def test_no_opioid_is_offered_where_the_pain_grew_with_the_dose_and_the_reason_is_said(therapy: str) -> None:
    step = steps(taking(opioid_dose_raised_pain_worse=True))[therapy]
    assert step.line == "unsuitable"
    assert "hyperalgesia" in step.why
    assert "never an abrupt stop" in step.why
    for known in ({"opioid_dose_raised_pain_worse": False}, {}):
        assert steps(taking(**known))[therapy].line == "last"


@pytest.mark.parametrize(("mg", "arises"), [(50.0, True), (49.0, False)])
def test_a_high_sum_of_opioids_speaks_against_more(mg: float, arises: bool) -> None:
    patient = derive.derive(someone(medications=(Medication(drug="morphine", dose_mg_per_day=mg),)))
    assert ("50 mg morphine equivalents" in objections(patient, "tramadol")) is arises


@pytest.mark.parametrize(
    "name", ["warfarin", "Eliquis 5 mg", "rivaroxaban", "dabigatran", "edoxaban", "dalteparin", "Clexane"]
)
@pytest.mark.parametrize(
    ("therapy", "condition"),
    [
        ("nerve_block", "nerve_injury"),
        ("sympathetic_block", "crps_1"),
        ("spinal_cord_stimulation", "crps_1"),
        ("dorsal_root_ganglion_stimulation", "crps_1"),
    ],
)
def test_a_procedure_under_an_anticoagulant_is_objected_to(name: str, therapy: str, condition: str) -> None:
    assert "anticoagulant is taken" in objections(taking(name), therapy, condition)
    assert "anticoagulant" not in objections(taking("omeprazole"), therapy, condition)


@pytest.mark.parametrize(
    "name", ["warfarin", "apixaban", "heparin", "aspirin 75 mg", "clopidogrel", "ticagrelor", "naproxen"]
)
@pytest.mark.parametrize("therapy", ["duloxetine", "venlafaxine"])
def test_an_snri_beside_what_adds_to_bleeding_warns(name: str, therapy: str) -> None:
    assert "bleeding is likelier together" in objections(taking(name), therapy)
    assert "bleeding" not in objections(taking("paracetamol"), therapy)


def found(*names: str) -> list[str]:
    return [finding.id for finding in cautions.screen(taking(*names))]


@pytest.mark.parametrize("name", ["Cymbalta", "Seroxat", "fluoxetine", "bupropion", "terbinafine"])
def test_tamoxifen_beside_an_inhibitor_of_cyp2d6_is_asked(name: str) -> None:
    assert "together_tamoxifen_cyp2d6" in found("tamoxifen", name)
    assert "together_tamoxifen_cyp2d6" not in found("tamoxifen", "venlafaxine")
    assert "together_tamoxifen_cyp2d6" not in found(name)


def test_duloxetine_is_no_equal_of_venlafaxine_beside_tamoxifen() -> None:
    assert "tamoxifen" in objections(taking("Nolvadex"), "duloxetine")
    assert "tamoxifen" not in objections(taking("Nolvadex"), "venlafaxine")
    assert "tamoxifen" not in objections(taking("letrozole"), "duloxetine")


@pytest.mark.parametrize(
    ("names", "arises"),
    [
        (("sertraline", "warfarin"), True),
        (("duloxetine", "ibuprofen"), True),
        (("citalopram", "clopidogrel"), True),
        (("mirtazapine", "warfarin"), False),
        (("sertraline", "paracetamol"), False),
    ],
)
def test_a_serotonin_medicine_beside_what_adds_to_bleeding_is_noted(names: tuple[str, ...], arises: bool) -> None:
    assert ("together_serotonin_bleeding" in found(*names)) is arises


@pytest.mark.parametrize(
    "therapy",
    [
        "nortriptyline",
        "amitriptyline",
        "duloxetine",
        "venlafaxine",
        "gabapentin",
        "pregabalin",
        "tramadol",
        "strong_opioids",
    ],
)
def test_a_severely_impaired_liver_is_spoken_of_beside_every_medicine_of_the_ladder(therapy: str) -> None:
    assert "liver" in objections(taking(liver_impairment="severe"), therapy)
    assert "liver" not in objections(taking(liver_impairment="none", liver_disease_chronic=False), therapy)


def test_tramadol_is_out_in_severe_and_not_in_moderate_impairment() -> None:
    assert steps(taking(liver_impairment="severe"))["tramadol"].line == "unsuitable"
    assert steps(taking(liver_impairment="moderate"))["tramadol"].line == "last"


@pytest.mark.parametrize(("therapy", "days"), [("corticosteroid_course", 90), ("bisphosphonate", 120)])
def test_a_treatment_of_early_crps_says_so_once_it_is_late(therapy: str, days: int) -> None:
    assert "CRPS of more than" in objections(taking(pain_duration_days=float(days + 1)), therapy, "crps_1")
    assert "CRPS of more than" not in objections(taking(pain_duration_days=float(days)), therapy, "crps_1")
    assert "CRPS of more than" not in objections(taking(), therapy, "crps_1")


def test_what_is_asked_elsewhere_is_not_asked_again_for_a_treatment() -> None:
    quiet = [
        fact
        for id in knowledge.therapies()
        for reason in knowledge.against(id)
        if not reason.ask_when_unknown
        for fact in reason.when.facts()
    ]
    assert "opioid_dose_raised_pain_worse" in quiet
    asked = {fact for step in steps(taking("omeprazole")).values() for fact in step.ask}
    assert not asked & {"opioid_dose_raised_pain_worse", "morphine_equivalent_mg_per_day", "pain_duration_days"}


@pytest.mark.parametrize("therapy", OPIOIDS)
def test_an_opioid_warns_of_delirium(therapy: str) -> None:
    assert "delirium" in objections(taking(delirium_or_dementia=True), therapy)
    assert "delirium" not in objections(taking(delirium_or_dementia=False), therapy)
