"""Neuropathic, nociceptive, nociplastic: what makes each, and that all three can be there at once."""

from graded import DPN, KOSEK, flags

from unwound import conditions, record
from unwound.conditions import grading


def test_neuropathic_needs_probable_and_stays_open_while_possible_could_rise() -> None:
    assert flags(DPN).neuropathic.holds is None
    assert flags({**DPN, "allodynia_in_area": True}).neuropathic.holds is True
    normal = {"test_nerve_conduction": "normal", "test_skin_biopsy": "normal", "test_evoked_potentials": "normal"}
    stuck = {**DPN, **normal, "sensory_loss_in_area": False, "allodynia_in_area": False}
    others = {"polyneuropathy_other_cause": False, "neurotoxic_chemotherapy": False, "hiv": False}
    assert flags(stuck).neuropathic.holds is None
    assert flags({**stuck, **others, "alcohol_heavy_long": False}).neuropathic.holds is False


def test_an_area_that_fits_no_nerve_is_not_neuropathic() -> None:
    assert flags({"distribution_fits_nervous_system": False}).neuropathic.holds is False
    assert flags({"pain_distribution": ("joint-or-muscle",)}).neuropathic.holds is False
    assert flags({"pain_distribution": ("other",)}).neuropathic.holds is None
    assert flags({}).neuropathic.ask == ("pain_distribution",)


def test_a_nerve_area_whose_lesions_are_all_denied_is_not_neuropathic() -> None:
    denied = {"nerve_entrapment_history": False, "nerve_injury_history": False, "amputation": False}
    assert flags({"pain_distribution": ("single-nerve",), **denied}).neuropathic.ask == ("carpal_tunnel_history",)
    every = {"pain_distribution": ("single-nerve",), **denied, "carpal_tunnel_history": False}
    assert flags(every).neuropathic.holds is False


def test_nociceptive_follows_tissue_or_load_with_a_tissue_disease() -> None:
    assert flags({"tissue_damage_explains_pain": True}).nociceptive.holds is True
    assert flags({"pain_mechanical": True, "osteoarthritis_or_injury": True}).nociceptive.holds is True
    assert flags({"pain_mechanical": True}).nociceptive.holds is None
    assert flags({"tissue_damage_explains_pain": False, "pain_mechanical": False}).nociceptive.holds is False


def test_nociplastic_needs_every_step_of_kosek() -> None:
    assert flags(KOSEK).nociplastic.holds is True
    for fact in ("pain_hypersensitivity_evoked", "hypersensitivity_history", "nociplastic_comorbidity"):
        assert flags({**KOSEK, fact: False}).nociplastic.holds is not True, fact
        without = {key: value for key, value in KOSEK.items() if key != fact}
        assert flags(without).nociplastic.holds is None, fact
        assert fact in flags(without).nociplastic.ask, fact


def test_nociplastic_takes_three_months() -> None:
    assert flags({**KOSEK, "pain_duration_days": 90.0}).nociplastic.holds is True
    assert flags({**KOSEK, "pain_duration_days": 89.0}).nociplastic.holds is False


def test_nociplastic_that_is_only_possible_says_so() -> None:
    found = flags({**KOSEK, "nociplastic_comorbidity": False}).nociplastic
    assert found.holds is False
    assert "possible" in found.because[0]


def test_neuropathy_that_explains_the_whole_area_leaves_no_nociplastic_pain() -> None:
    area = {"pain_regional_not_discrete": True, "sensory_loss_in_area": True}
    assert flags({**KOSEK, **DPN, **area}).nociplastic.holds is False


def test_pain_beyond_the_neuropathy_can_be_nociplastic_beside_it() -> None:
    both = {**KOSEK, **DPN, "sensory_loss_in_area": True, "pain_distribution": ("distal-symmetric", "widespread")}
    found = flags(both)
    assert found.neuropathic.holds is True
    assert found.nociplastic.holds is True


def test_all_three_kinds_can_be_there_at_once() -> None:
    area = ("distal-symmetric", "joint-or-muscle", "widespread")
    known = {**KOSEK, **DPN, "sensory_loss_in_area": True, "pain_distribution": area}
    found = flags({**known, "osteoarthritis_or_injury": True, "pain_mechanical": True})
    assert (found.neuropathic.holds, found.nociceptive.holds, found.nociplastic.holds) == (True, True, True)


def test_tissue_that_explains_everything_leaves_no_nociplastic_pain() -> None:
    joint = {"tissue_damage_explains_pain": True, "pain_distribution": ("joint-or-muscle",)}
    assert flags({**KOSEK, "pain_regional_not_discrete": True, **joint}).nociplastic.holds is False


def test_a_neuropathic_diagnosis_by_somebody_is_named_and_settles_nothing() -> None:
    found = flags({"neuropathic_pain_diagnosed": True}).neuropathic
    assert found.holds is None
    assert "neuropathic pain has been diagnosed (21 Nov 2026)" in found.because


def test_levels_have_one_order() -> None:
    assert [conditions.rank(level) for level in ("none", "cannot-determine", "possible", "probable", "definite")] == [
        *range(5)
    ]


def test_steps_give_the_table_of_the_paper() -> None:
    yes, no, open = (record.Judgement(holds) for holds in (True, False, None))
    table = {
        (yes, yes, yes, yes): "definite",
        (yes, yes, yes, no): "probable",
        (yes, yes, yes, open): "probable",
        (yes, yes, no, yes): "probable",
        (yes, yes, open, yes): "probable",
        (yes, yes, no, no): "possible",
        (yes, yes, open, open): "possible",
        (yes, open, yes, yes): "cannot-determine",
        (open, yes, yes, yes): "cannot-determine",
        (no, open, yes, yes): "none",
        (open, no, yes, yes): "none",
    }
    for steps, level in table.items():
        assert grading.level_of(grading.Steps(*steps)) == level
