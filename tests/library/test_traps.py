"""Mistakes that circulate in public tables, calculators and code, each with the number or rule that is right.

The right values stand here as literals, not as what the data files say. Traps that other tests hold already are left to
them: swapped and unbillable codes, the bounds of the NeuPSIG reviews, UK and US limits, COMBO-DN, the Delphi's year.
"""

from datetime import date
from typing import Any

import pytest

from unwound import conditions, diagnoses, facts, instruments, therapies
from unwound.catalogue import load
from unwound.conditions.knowledge import criteria
from unwound.evidence import Study
from unwound.instruments import InstrumentError
from unwound.patient import Answers, Patient, Trial

DAY = date(2026, 11, 21)


def limits(form: str) -> tuple[float, float]:
    one = instruments.instrument(form)
    return one.lowest.value, one.highest.value


def someone(*trials: Trial, jurisdiction: Any = "US", **known: Any) -> Patient:
    patient = Patient(as_of=DAY, trials=trials, jurisdiction=jurisdiction).knowing(**known | {"trials_confirmed": True})
    facts.check(patient)
    return patient


def said_by(fact: str, code: str) -> bool:
    """Whether an ICD-11 code says this fact."""
    return fact in diagnoses.meaning("ICD-11", code).states


# --- codes


def test_the_bare_code_of_autonomic_disorders_is_not_crps() -> None:
    assert not said_by("crps_diagnosed", "8D8A")
    assert not said_by("crps_diagnosed", "8D8A.1")
    assert said_by("crps_diagnosed", "8D8A.00")
    assert said_by("crps_diagnosed", "8D8A.01")


def test_the_code_of_peripheral_neuropathic_pain_is_not_fibromyalgia() -> None:
    assert not any(said_by("fibromyalgia_diagnosed", code) for code in ("MG30.5", "MG30.50", "MG30.51"))
    codes = {code.code: code for code in conditions.conditions()["fibromyalgia"].codes}
    assert "MG30.01" in codes
    assert not any(code.startswith("MG30.5") for code in codes)
    assert all(said_by("neuropathic_pain_diagnosed", code) for code in ("MG30.50", "MG30.51"))
    assert not said_by("neuropathic_pain_diagnosed", "MG30.01")


def test_the_code_of_a_strokes_sequela_says_that_it_needs_another() -> None:
    codes = {code.code: code for code in conditions.conditions()["post_stroke_pain"].codes}
    assert "further code" in codes["I69.398"].note


# --- criteria


@pytest.mark.parametrize("kind", ["symptom", "sign"])
def test_budapest_has_four_categories_and_the_vasomotor_one_is_not_left_out(kind: str) -> None:
    parts = {part.yes for part in criteria("budapest").steps[f"{kind}s"].of}
    assert parts == {f"crps_{kind}_{category}" for category in ("sensory", "vasomotor", "sudomotor", "motor")}


def test_the_accuracy_of_budapest_is_that_of_the_validation() -> None:
    """82 and 68 % circulate; the paper says 0.99 and 0.68."""
    accuracy = {
        effect.outcome: effect.value
        for effect in load("evidence", Study)["harden_2010"].effects
        if effect.what == "Budapest clinical criteria"
    }
    assert accuracy == {"sensitivity": 0.99, "specificity": 0.68}


@pytest.mark.parametrize(("wpi", "met"), [(3, False), (4, True), (6, True)])
def test_a_widespread_index_of_three_is_the_fibromyalgia_rule_of_2011_not_of_2016(wpi: float, met: bool) -> None:
    patient = someone(wpi=wpi, sss=9, pain_regions=4, pain_duration_days=400)
    assert conditions.flags(patient, conditions.grade(patient)).fibromyalgia.holds is met


@pytest.mark.parametrize("fact", ["allodynia_in_area", "hyperalgesia_in_area", "sensory_loss_in_area"])
def test_a_sign_without_a_lesion_and_an_area_is_no_neuropathic_pain(fact: str) -> None:
    patient = someone(**{fact: True})
    (only,) = conditions.grade(patient)
    assert (only.condition, only.level) == ("chronic_pain_unsettled", "cannot-determine")


# --- forms


@pytest.mark.parametrize(
    ("form", "lowest", "highest"),
    [
        ("paindetect", -1, 38),  # a table prints 0 to 8
        ("ort", 0, 26),  # a calculator gives each of ten items one point
        ("phq_9", 0, 27),  # a wiki stops at 21
        ("gad_7", 0, 21),
        ("pcs", 0, 52),
        ("isi", 0, 28),
        ("madrs", 0, 60),
        ("cadss", 0, 92),
        ("audit_c", 0, 12),
        ("dn4", 0, 10),
        ("dn4_interview", 0, 7),
        ("s_lanss", 0, 24),
        ("c_ssrs", 0, 5),  # the sixth question, on behaviour, is a fact of its own; some count seven
    ],
)
def test_totals_reach_from_here_to_there(form: str, lowest: float, highest: float) -> None:
    assert limits(form) == (lowest, highest)


@pytest.mark.parametrize(("total", "band"), [(12, "unlikely"), (13, "unclear"), (18, "unclear"), (19, "likely")])
def test_nineteen_on_paindetect_is_likely_whatever_is_printed(total: float, band: str) -> None:
    assert instruments.score("paindetect", total=total).band == band


def test_the_opioid_risk_tool_is_not_reckoned_from_unweighted_ticks() -> None:
    with pytest.raises(InstrumentError):
        instruments.score("ort", items=[1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    assert [instruments.score("ort", total=total).band for total in (3, 4, 7, 8)] == [
        "low",
        "moderate",
        "moderate",
        "high",
    ]


def test_catastrophising_has_a_total_and_no_subscores_that_could_be_swapped() -> None:
    with pytest.raises(InstrumentError):
        instruments.score("pcs", items=[1] * 13)
    assert not any(fact.startswith("pcs_") and fact != "pcs_total" for fact in facts.vocabulary())


def test_half_a_phq_9_is_not_summed_as_if_the_rest_were_zero() -> None:
    half = Answers(instrument="phq_9", items=(3, 3, 3, None, None, None, None, None, 0))
    (score,) = instruments.scores(someone().model_copy(update={"answers": (half,)}))
    assert score.total is None
    assert score.band == ""


# --- doses


@pytest.mark.parametrize(("clearance", "ceiling"), [(60, None), (59, 300), (30, 300), (29, 150), (15, 150), (14, 75)])
def test_pregabalin_at_weak_kidneys_is_capped_at_what_its_label_says(clearance: float, ceiling: float | None) -> None:
    """75 mg is the limit below 15 mL/min; a page gives it for 15 to 29, where it is 150 mg."""
    full = Trial(therapy="pregabalin", top_dose=ceiling or 300, days=60, days_at_top=40, relief_percent=0)
    less = full.model_copy(update={"top_dose": (ceiling or 300) - 1})
    verdicts = [therapies.ledger(someone(one, crcl_ml_per_min=clearance)).entries[0].verdict for one in (full, less)]
    assert verdicts == ["failed-adequate", "inadequate"]


@pytest.mark.parametrize(
    ("jurisdiction", "clearance", "ceiling"),
    [("US", 59, 1400), ("US", 29, 700), ("UK", 79, 1800), ("UK", 49, 900), ("UK", 29, 600), (None, 49, 900)],
)
def test_gabapentin_at_weak_kidneys_follows_the_country_and_the_lower_where_that_is_unknown(
    jurisdiction: Any, clearance: float, ceiling: float
) -> None:
    patient = someone(jurisdiction=jurisdiction, crcl_ml_per_min=clearance)
    steps = therapies.next_steps(patient, therapies.ledger(patient), conditions=(), ladder=None)
    (gabapentin,) = (step for step in steps if step.therapy == "gabapentin")
    assert f"at most {ceiling:g} mg/day" in gabapentin.schedule


def test_a_clearance_is_not_an_egfr_and_the_clearance_wins() -> None:
    patient = someone(crcl_ml_per_min=25, egfr_ml_per_min=70)
    tried = Trial(therapy="pregabalin", top_dose=150, days=60, days_at_top=40, relief_percent=0)
    ledger = therapies.ledger(patient.model_copy(update={"trials": (tried,)}))
    assert ledger.entries[0].verdict == "failed-adequate"


# --- ketamine


def test_ketamine_has_no_level_of_evidence_that_holds_for_every_condition() -> None:
    strengths = {id: one.ketamine.strength for id, one in conditions.conditions().items()}
    assert strengths["crps_1"] == strengths["crps_2"] == "moderate"
    assert strengths["spinal_cord_injury_pain"] == "weak"
    assert [id for id, word in strengths.items() if word == "moderate"] == ["crps_1", "crps_2"]
    assert strengths["fibromyalgia"] == "against"


def test_ketamine_and_esketamine_stand_on_no_line_of_any_ladder() -> None:
    assert not {"ketamine", "esketamine"} & set(therapies.therapies())
    for one in conditions.conditions().values():
        if one.ladder:
            assert not any(one.ladder.line(drug) for drug in ("ketamine", "esketamine"))
