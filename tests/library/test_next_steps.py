"""What comes next: ladders, classes that are closed, and what speaks against a medicine."""

from __future__ import annotations

import pytest
from tried import PAIN, THREE, failed, local, someone, steps, tried

from unwound import catalogue, evidence, pathway, therapies
from unwound.catalogue import CitedText
from unwound.ladder import Avoid, Ladder
from unwound.patient import Trial
from unwound.therapies import keeping, knowledge, refractory


def test_a_new_patient_is_offered_all_first_line_classes_and_opioids_last() -> None:
    found = list(steps(someone(pain_localised=True, skin_intact_in_area=True)).values())
    lines = [step.line for step in found]
    assert {"tca", "snri", "gabapentinoid"} == {
        therapies.therapies()[step.therapy].drug_class for step in found if step.line == "first"
    }
    order = ["first", "second", "third", "multimodal", "last", "unsuitable"]
    assert lines == sorted(lines, key=order.index)
    assert {step.therapy for step in found if step.line == "last"} == {"tramadol", "strong_opioids"}
    assert all("last" in step.why for step in found if step.line == "last")


def test_a_failed_class_is_not_offered_again() -> None:
    found = steps(someone(failed("nortriptyline")))
    assert "nortriptyline" not in found
    assert "amitriptyline" not in found
    assert found["duloxetine"].line == "first"


def test_the_multimodal_plan_is_part_of_every_plan() -> None:
    for ladder in (None, _trigeminal()):
        found = steps(someone(*THREE), ladder=ladder)
        multimodal = {step.therapy for step in found.values() if step.line == "multimodal"}
        assert multimodal == {"physical_therapy", "psychological_therapy", "sleep", "mood", "medication_review"}


def _trigeminal() -> Ladder:
    reason = catalogue.CitedText(
        text="trigeminal neuralgia goes its own way", source="bendtsen_2019", checked="primary"
    )
    return Ladder(
        first=("carbamazepine", "oxcarbazepine"),
        second=("lamotrigine", "baclofen"),
        third=("microvascular_decompression",),
        avoid=(Avoid(therapy="strong_opioids", reason=reason),),
        reason=reason,
    )


def test_a_condition_with_its_own_ladder_overrides_the_general_one() -> None:
    found = steps(someone(), "trigeminal_neuralgia", ladder=_trigeminal())
    assert [id for id, step in found.items() if step.line == "first"] == ["carbamazepine", "oxcarbazepine"]
    assert "duloxetine" not in found
    assert found["strong_opioids"].line == "unsuitable"
    assert found["strong_opioids"].why == "trigeminal neuralgia goes its own way"
    assert found["microvascular_decompression"].line == "third"


def test_carbamazepine_not_borne_leaves_oxcarbazepine() -> None:
    intolerant = tried("carbamazepine", top_dose=400, days=10, stopped="side-effects")
    found = steps(someone(intolerant), ladder=_trigeminal())
    assert "carbamazepine" not in found
    assert found["oxcarbazepine"].line == "first"


def test_hla_b1502_takes_carbamazepine_out_and_an_untested_ancestry_warns() -> None:
    assert steps(someone(hla_b1502="positive"), ladder=_trigeminal())["carbamazepine"].line == "unsuitable"
    untested = steps(someone(hla_b1502="not-done"), ladder=_trigeminal())["carbamazepine"]
    assert (untested.line, untested.against[0].level) == ("first", "caution")
    assert "hla_b1502" in steps(someone(), ladder=_trigeminal())["carbamazepine"].ask


def test_a_caution_never_hides_what_speaks_absolutely_against() -> None:
    step = steps(someone(conduction_defect=True), "hiv_neuropathy")["amitriptyline"]
    assert step.line == "unsuitable"
    assert [one.level for one in step.against] == ["absolute", "caution"]
    assert step.why == step.against[0].text


def test_a_caution_is_shown_beside_the_offer_with_its_source() -> None:
    step = steps(someone(takes_serotonergic=True))["tramadol"]
    (caution,) = step.against
    assert caution.level == "caution"
    assert caution.source in step.sources
    assert caution.because == ("takes a serotonergic medicine",)


def test_what_is_unknown_and_could_speak_against_is_asked() -> None:
    assert {"conduction_defect", "glaucoma_narrow_angle"} <= set(steps(someone())["amitriptyline"].ask)
    assert "creatinine_mg_per_dl" in steps(someone())["duloxetine"].ask
    assert "crcl_ml_per_min" not in {fact for step in steps(someone()).values() for fact in step.ask}


def test_every_step_cites_and_every_citation_is_in_the_files() -> None:
    known = set(evidence.cite([*therapies.therapies().values(), *knowledge.therapy_classes().values()]))
    known |= set(evidence.cite([knowledge.general(), *refractory.rules().values()]))
    for step in steps(someone(*THREE, **PAIN)).values():
        assert step.sources
        assert set(step.sources) <= known


def test_rehabilitation_leads_where_the_conditions_own_ladder_says_so() -> None:
    reason = catalogue.CitedText(text="rehabilitation first", source="harden_2022", checked="secondary")
    crps = Ladder(first=("physical_therapy", "nortriptyline"), reason=reason)
    found = steps(someone(), "crps_1", ladder=crps)
    assert found["physical_therapy"].line == "first"
    assert found["graded_motor_imagery"].line == "multimodal"
    assert "graded_motor_imagery" not in steps(someone(), "trigeminal_neuralgia", ladder=_trigeminal())
    done = steps(someone(failed("physical_therapy")), "crps_1", ladder=crps)["physical_therapy"]
    assert (done.line, "tried before" in done.why) == ("multimodal", True)


def test_a_medicine_that_helped_is_offered_again_and_its_class_has_not_failed() -> None:
    helped = failed("pregabalin", relief_percent=50, stopped="other")
    patient = someone(*THREE, helped, **PAIN)
    assert local(patient) is False
    assert steps(patient)["pregabalin"].why.startswith("gave relief (relief 50 %")


def test_a_recorded_allergy_takes_a_medicine_out_and_leaves_the_others_of_its_class() -> None:
    written = ("Tegretol", "penicillin", "morphine sulfate", "Nortriptyline")
    allergic = someone().model_copy(update={"allergies": written})
    carbamazepine = steps(allergic, ladder=_trigeminal())["carbamazepine"]
    assert carbamazepine.line == "unsuitable"
    assert "recorded allergy: Tegretol" in carbamazepine.why
    general = steps(allergic)
    assert general["nortriptyline"].line == "unsuitable"
    assert general["amitriptyline"].line == "first"
    assert general["strong_opioids"].line == "last", "another opioid may be chosen"
    assert any("morphine" in one.text for one in general["strong_opioids"].against)
    assert not general["duloxetine"].against


def test_a_medicine_taken_for_depression_is_not_offered_as_if_it_were_new() -> None:
    now = tried("Cymbalta", purpose="depression", top_dose=60, days=200, ongoing=True)
    before = now.model_copy(update={"ongoing": False})
    said = "already taken for depression"
    assert any(said in one.text for one in steps(someone(now))["duloxetine"].against)
    assert not any(said in one.text for one in steps(someone(before))["duloxetine"].against)
    assert not any(said in one.text for one in steps(someone(now))["nortriptyline"].against)


def test_allergies_to_every_medicine_of_a_class_close_it() -> None:
    tried_two = (failed("duloxetine"), failed("gabapentin"))
    one = someone(*tried_two, **PAIN).model_copy(update={"allergies": ("nortriptyline",)})
    both = one.model_copy(update={"allergies": ("nortriptyline", "amitriptyline")})
    assert local(one) is False
    assert local(both) is True


def test_a_cause_already_treated_no_longer_holds_the_first_line() -> None:
    own = Ladder(
        first=("cause_directed",), reason=CitedText(text="a test", source="unwound_local", checked="unchecked")
    )

    def line(*trials: Trial) -> str:
        return steps(someone(*trials), ladder=own)["cause_directed"].line

    assert line() == "first"
    assert line(tried("Microdiscectomy")) == "first", "whether it helped is still to be asked"
    assert line(tried("microdiscectomy", ongoing=True)) == "first"
    assert line(tried("microdiscectomy", relief_percent=60)) == "first", "it helped"
    assert line(tried("microdiscectomy", relief_percent=29)) == "second"
    assert line(tried("cause_directed", effect="none")) == "second"


def test_what_helped_stands_at_the_head_of_its_line() -> None:
    helped = tried("gabapentin", top_dose=1800, days=200, days_at_top=150, relief_percent=70, ongoing=True)
    assert next(iter(steps(someone(helped)))) == "gabapentin"
    assert next(iter(steps(someone()))) == knowledge.general().ladder.first[0] != "gabapentin"


def test_combination_waits_for_a_first_line_medicine() -> None:
    assert "combination" not in steps(someone())
    assert "combination" in steps(someone(failed("duloxetine")))
    assert "combination" not in steps(someone(tried("duloxetine", top_dose=30, days=3, stopped="side-effects")))


def test_the_schedule_is_built_from_the_data() -> None:
    schedule = steps(someone(crcl_ml_per_min=100))["gabapentin"].schedule
    assert schedule.startswith("start 300 mg/day (100 to 300); raise by 300 mg/day every 3 days (1 to 7) as tolerated")
    assert (
        "to 1800 mg/day; at most 3600 mg/day; in three doses; judge the response after 35 days, of which 14 days at "
        "the target" in schedule
    )
    weak = steps(someone(crcl_ml_per_min=25))["pregabalin"].schedule
    assert weak.startswith("start 25 mg/day for impaired renal function")
    assert "may lower these doses" in steps(someone())["gabapentin"].schedule


@pytest.mark.parametrize(("nrs", "kept_only"), [(0.0, True), (1.0, False), (4.0, False)])
def test_a_pain_that_is_held_down_is_told_to_keep_what_helps_first(nrs: float, kept_only: bool) -> None:
    patient = someone(failed("gabapentin", relief_percent=60, stopped=None, ongoing=True), pain_average_nrs=nrs)
    steps = pathway.review(patient).next_steps
    assert (steps[0].therapy, steps[0].line, steps[0].schedule) == ("gabapentin", "first", keeping.KEEP)
    assert steps[0].why.startswith("keep what helps")
    assert [step.therapy for step in steps].count("gabapentin") == 1
    assert all(step.therapy == "gabapentin" or step.line == "unsuitable" for step in steps) is kept_only


def test_a_pain_of_five_is_offered_the_ladder_and_no_pain_is_offered_nothing_new() -> None:
    strong = pathway.review(
        someone(failed("gabapentin", relief_percent=60, stopped=None, ongoing=True), pain_average_nrs=5.0)
    )
    assert all(step.schedule != keeping.KEEP for step in strong.next_steps)
    none = pathway.review(someone(pain_average_nrs=0.0))
    assert all(step.line == "unsuitable" for step in none.next_steps)


def test_what_helps_and_stands_on_no_ladder_is_kept_too_and_what_does_not_suit_is_not() -> None:
    lacosamide = tried("lacosamide", relief_percent=80, ongoing=True, adherent=True)
    first = pathway.review(someone(lacosamide, pain_average_nrs=1.0)).next_steps[0]
    assert (first.title, first.schedule) == ("lacosamide", keeping.KEEP)
    duloxetine = failed("duloxetine", relief_percent=60, stopped=None, ongoing=True)
    steps = pathway.review(someone(duloxetine, pain_average_nrs=0.0, liver_impairment="severe")).next_steps
    assert {step.line for step in steps if step.therapy == "duloxetine"} == {"unsuitable"}
