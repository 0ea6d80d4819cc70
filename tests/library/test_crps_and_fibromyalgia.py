"""Budapest and ACR 2016: both sides of every boundary, and what stays open."""

from itertools import product

import pytest
from graded import CRPS, DPN, FIBROMYALGIA, flags, grades
from hypothesis import given, settings
from hypothesis import strategies as st

# --- CRPS -------------------------------------------------------------------------------------------------------


def test_crps_is_probable_by_the_clinical_and_definite_by_the_research_criteria() -> None:
    assert grades(CRPS)["crps_1"].level == "probable"
    assert grades({**CRPS, "crps_symptom_motor": True})["crps_1"].level == "definite"


@pytest.mark.parametrize("category", ["sensory", "vasomotor", "sudomotor"])
def test_each_symptom_category_counts_and_two_are_too_few(category: str) -> None:
    known = {**CRPS, f"crps_symptom_{category}": False}
    assert grades(known)["crps_1"].level == "none"
    assert flags(known).crps.holds is False
    assert grades({**known, "crps_symptom_motor": True})["crps_1"].level == "probable"


def test_two_sign_categories_are_needed() -> None:
    one = {**CRPS, "crps_sign_vasomotor": False, "crps_sign_sudomotor": False, "crps_sign_motor": False}
    assert grades(one)["crps_1"].level == "possible"
    assert flags(one).crps.holds is False
    assert flags({**one, "crps_sign_motor": True}).crps.holds is True


def test_the_type_follows_the_nerve_and_is_asked_while_unknown() -> None:
    assert "crps_2" not in grades(CRPS)
    injured = grades({**CRPS, "crps_major_nerve_lesion": True})
    assert "crps_1" not in injured
    assert injured["crps_2"].level == "probable"
    open = {fact: value for fact, value in CRPS.items() if fact != "crps_major_nerve_lesion"}
    found = grades(open)
    assert found["crps_1"].level == "probable"
    assert "type not yet known" in found["crps_1"].title
    assert found["crps_1"].ask == ("crps_major_nerve_lesion",)
    assert "crps_2" not in found


def test_crps_of_type_two_is_neuropathic_of_type_one_is_not_and_untyped_is_open() -> None:
    open = {fact: value for fact, value in CRPS.items() if fact != "crps_major_nerve_lesion"}
    assert flags({**CRPS, "crps_major_nerve_lesion": True}).neuropathic.holds is True
    assert flags(CRPS).neuropathic.holds is False
    assert flags(open).neuropathic.ask == ("crps_major_nerve_lesion",)


def test_crps_criteria_are_flagged_apart_for_clinic_and_research() -> None:
    found = flags(CRPS)
    assert found.crps.holds is True
    assert found.crps_research.holds is False
    everything = flags({**CRPS, "crps_symptom_motor": True})
    assert everything.crps_research.holds is True


def test_nobody_without_a_hint_of_crps_is_asked_all_of_budapest() -> None:
    assert flags(DPN).crps.ask == (), "a stocking of both feet is no CRPS"
    of_a_limb = {**DPN, "pain_distribution": ("single-nerve",)}
    assert flags(of_a_limb).crps.ask == ("pain_site",), "a nerve of which part of the body?"
    assert flags({**of_a_limb, "pain_site": ("hand",)}).crps.ask == ("crps_disproportionate",)
    assert flags({**of_a_limb, "pain_site": ("face",)}).crps.holds is False
    assert flags({**DPN, "pain_distribution": ("plexus",)}).crps.ask == ("crps_disproportionate",)
    assert len(flags({"crps_diagnosed": True}).crps.ask) > 5


BUDAPEST = [
    "crps_disproportionate",
    "crps_no_better_diagnosis",
    *(f"crps_{kind}_{name}" for kind in ("symptom", "sign") for name in ("sensory", "vasomotor", "sudomotor", "motor")),
]


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(BUDAPEST), st.booleans(), min_size=4))
def test_budapest_flags_are_what_holds_however_the_unknowns_turn_out(known: dict[str, bool]) -> None:
    unknown = [fact for fact in BUDAPEST if fact not in known]
    clinical, research = set(), set()
    for way in product((True, False), repeat=len(unknown)):
        all_known = {**known, **dict(zip(unknown, way, strict=True))}
        symptoms = sum(all_known[fact] for fact in BUDAPEST if "symptom" in fact)
        signs = sum(all_known[fact] for fact in BUDAPEST if "sign" in fact)
        base = all_known["crps_disproportionate"] and all_known["crps_no_better_diagnosis"] and signs >= 2
        clinical.add(base and symptoms >= 3)
        research.add(base and symptoms == 4)
    found = flags(dict(known))
    assert found.crps.holds == (clinical.pop() if len(clinical) == 1 else None)
    assert found.crps_research.holds == (research.pop() if len(research) == 1 else None)


# --- fibromyalgia -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wpi", "sss", "met"),
    [
        (7, 5, True),
        (7, 4, False),
        (6, 5, False),
        (6, 9, True),
        (6, 8, False),
        (4, 9, True),
        (3, 9, False),
        (3, 12, False),
        (19, 5, True),
    ],
)
def test_acr_2016_scores_at_their_boundaries(wpi: float, sss: float, met: bool) -> None:
    known = {**FIBROMYALGIA, "wpi": wpi, "sss": sss}
    assert flags(known).fibromyalgia.holds is met


@pytest.mark.parametrize(
    ("fact", "least"), [("pain_regions", 4), ("pain_duration_days", 90)], ids=["regions", "three months"]
)
def test_acr_2016_regions_and_duration_at_their_boundaries(fact: str, least: float) -> None:
    assert flags({**FIBROMYALGIA, fact: least}).fibromyalgia.holds is True
    assert flags({**FIBROMYALGIA, fact: least - 1}).fibromyalgia.holds is False


def test_fibromyalgia_by_code_leaves_the_flag_open_and_asks_for_the_scores() -> None:
    found = grades({"fibromyalgia_diagnosed": True})["fibromyalgia"]
    assert found.level == "cannot-determine"
    assert {"wpi", "sss"} <= set(found.ask)
    assert any("does not show that the criteria are met" in reason for reason in found.because)
    assert flags({"fibromyalgia_diagnosed": True}).fibromyalgia.holds is None


def test_other_diagnoses_do_not_exclude_fibromyalgia() -> None:
    found = flags({**DPN, **FIBROMYALGIA, "sensory_loss_in_area": True})
    assert found.fibromyalgia.holds is True
    assert found.neuropathic.holds is True
