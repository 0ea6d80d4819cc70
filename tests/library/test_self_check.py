"""The anonymous check, story by story: what somebody tells, and the way on. A clinician can read them as they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import cautions, pathway, self_check, telephones
from unwound.candidacy import Verdict
from unwound.self_check import Happened, Told, Tried, Way

TODAY = date(2026, 12, 1)
NOTHING = ("spine", "growing_illness")
NO = {"suicidal_thoughts_now": False}
DOCTOR, TRY, VISIT = Way.DOCTOR_FIRST, Way.TRY_FIRST, Way.VISIT
GONE, HELPED = Happened.NO_EFFECT, Happened.HELPS


def told(yes: tuple[str, ...] = (), **more: Any) -> Told:
    """Somebody with no warning sign and a year of strong pain, and what else is said."""
    answers = {**NO, **dict.fromkeys(yes, True), **more.pop("answers", {})}
    return Told(**{"duration_days": 400, "average_nrs": 7, "nothing_of": NOTHING, "answers": answers, **more})


def first_line() -> tuple[Tried, ...]:
    doses = {
        "nortriptyline": 100,
        "amitriptyline": 100,
        "duloxetine": 60,
        "venlafaxine": 225,
        "gabapentin": 2400,
        "pregabalin": 450,
    }
    return tuple(Tried(therapy=id, happened=GONE, weeks=16, dose_mg_per_day=dose) for id, dose in doses.items())


FEET = {"diagnosis": "painful_diabetic_polyneuropathy", "area": "distal-symmetric"}
BEGAN = ("pain_began_in_plausible_time",)
CRPS = (
    "crps_disproportionate",
    "crps_symptom_sensory",
    "crps_symptom_vasomotor",
    "crps_symptom_sudomotor",
    "crps_symptom_motor",
    "crps_no_better_diagnosis",
)
STORIES: dict[str, tuple[Told, Way]] = {
    "numb between the legs since yesterday": (told(("back_or_leg_pain", "saddle_numbness_new"), nothing_of=()), DOCTOR),
    "cannot hold urine": (told(("back_or_leg_pain", "bladder_or_bowel_change_new"), nothing_of=()), DOCTOR),
    "both legs get weak": (told(("leg_weakness_both_or_worsening",), nothing_of=()), DOCTOR),
    "weakness climbs from day to day": (told(("ascending_weakness_rapid",), nothing_of=()), DOCTOR),
    "jaw pain and a new headache": (told(("temporal_headache_with_vision_or_jaw",)), DOCTOR),
    "fever and back pain": (told(("fever_or_infection_risk_with_spinal_pain",), nothing_of=()), DOCTOR),
    "cancer and a belt of pain at night": (told(("cancer", "spinal_pain_band_or_night"), nothing_of=()), DOCTOR),
    "cancer and lost weight": (told(("cancer", "weight_loss_unexplained"), nothing_of=()), DOCTOR),
    "a cold pale foot": (told(("limb_ischaemia_signs",)), DOCTOR),
    "shingles and a red eye": (told(("zoster_eye_signs",)), DOCTOR),
    "a fall from a ladder": (told(("major_trauma_recent", "back_or_leg_pain"), nothing_of=()), DOCTOR),
    "thinks of ending life": (told(answers={"suicidal_thoughts_now": True}), DOCTOR),
    "has a plan": (told(answers={"suicidal_thoughts_now": True, "suicidal_plan_or_intent": True}), DOCTOR),
    "would otherwise be seen, and thinks of ending life": (
        told(BEGAN, answers={"suicidal_thoughts_now": True}, **FEET, tried=first_line()), DOCTOR),
    "diabetes, nothing tried": (told(BEGAN, **FEET), TRY),
    "diabetes, nothing else tried than gabapentin, too little": (
        told(BEGAN, **FEET, tried=(Tried(therapy="gabapentin", happened=GONE, weeks=3, dose_mg_per_day=300),)), TRY),
    "diabetes, only two months of pain": (told(BEGAN, **FEET, duration_days=60), TRY),
    "diabetes, mild pain": (told(BEGAN, **FEET, average_nrs=2), TRY),
    "diabetes, duloxetine helps": (
        told(BEGAN, **FEET, tried=(Tried(therapy="duloxetine", happened=HELPED, weeks=20, dose_mg_per_day=60),)), TRY),
    "shocks in the face, nothing tried": (told(diagnosis="trigeminal_neuralgia", area="trigeminal"), TRY),
    "pain after shingles, nothing tried": (told(BEGAN, diagnosis="postherpetic_neuralgia", area="dermatomal"), TRY),
    "migraine": (told(diagnosis="migraine", area="head"), TRY),
    "fibromyalgia": (told(diagnosis="fibromyalgia", area="widespread"), TRY),
    "a worn knee": (told(("tissue_damage_explains_pain",), diagnosis="nociceptive_pain", area="joint-or-muscle"), TRY),
    "pregnant, everything tried": (told((*BEGAN, "pregnant"), **FEET, tried=first_line()), DOCTOR),
    "hears voices, nothing tried": (told((*BEGAN, "psychosis_active"), **FEET), DOCTOR),
    "drinks out of control": (told((*BEGAN, "substance_use_active"), **FEET), DOCTOR),
    "CRPS with all its signs, nothing tried": (told(CRPS, diagnosis="crps_1", area="regional-limb"), TRY),
    "CRPS with all its signs, the first line behind": (
        told(
            (*CRPS, "trials_confirmed", "trials_complete"),
            diagnosis="crps_1",
            area="regional-limb",
            tried=first_line(),
        ),
        VISIT,
    ),
    "CRPS, and nobody has looked for a clot": (told(CRPS[:-1], diagnosis="crps_1", area="regional-limb"), DOCTOR),
    "after chemotherapy, nothing tried": (
        told(BEGAN, diagnosis="chemotherapy_induced_neuropathy", area="distal-symmetric"),
        TRY,
    ),
    "a cut thumb a month ago": (
        told(BEGAN, diagnosis="nerve_injury", area="surgical-area", duration_days=30),
        TRY,
    ),
    "every drug of the first line made ill": (
        told(BEGAN, **FEET, tried=tuple(Tried(therapy=one.therapy, happened=Happened.ILL) for one in first_line())),
        VISIT,
    ),
    "nobody has said what it is": (told(area="other"), DOCTOR),
    "a diagnosis and nothing else": (told(diagnosis="crps_1"), DOCTOR),
    "everything of the first line tried, in full": (
        told((*BEGAN, "trials_confirmed", "trials_complete"), **FEET, tried=first_line()), VISIT),
    "everything tried, doses forgotten": (
        told((*BEGAN, "trials_complete"), **FEET,
             tried=tuple(Tried(therapy=one.therapy, happened=GONE) for one in first_line())), VISIT),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_a_story_ends_where_a_clinician_would_send_it(story: str) -> None:
    said, way = STORIES[story]
    result = self_check.check(said, TODAY)
    assert result is not None
    assert result.way == way, result.review.candidacy


@pytest.mark.parametrize("story", STORIES)
def test_it_says_what_the_review_says_and_nothing_else(story: str) -> None:
    said, _ = STORIES[story]
    result, review = self_check.check(said, TODAY), pathway.review(self_check.patient(said, TODAY))
    assert result is not None
    assert result.review.candidacy.verdict == review.candidacy.verdict
    assert bool(result.urgent) == bool(review.red_flags)
    if result.way == Way.VISIT:
        assert review.candidacy.verdict in (Verdict.CANDIDATE, Verdict.CANNOT_TELL)
        assert not review.red_flags
        assert not review.other_stops
    if result.steps:
        assert set(result.steps) <= {step.therapy for step in review.candidacy.alternatives}


def test_the_first_page_stops_for_what_is_urgent_and_for_nothing_else() -> None:
    urgent = told(("back_or_leg_pain", "saddle_numbness_new"), nothing_of=(), duration_days=None, average_nrs=None)
    assert self_check.check(urgent, TODAY, warnings_only=True) is not None
    assert self_check.check(told(duration_days=None, average_nrs=None), TODAY, warnings_only=True) is None


def test_of_one_event_the_visitor_is_told_what_waits_least_whatever_its_box_is_called() -> None:
    """An unsteady walk and a bladder that fails: named after the cord, whose words would be to call today."""
    event = ("back_or_leg_pain", "gait_or_sensory_level_new", "bladder_or_bowel_change_new")
    result = self_check.check(told(event, answers={"saddle_numbness_new": False}, nothing_of=()), TODAY)
    assert result is not None
    assert result.urgent[0].startswith("Go to the nearest emergency department now")


def test_whoever_may_end_their_life_is_told_that_first_with_the_numbers_of_their_country() -> None:
    both = told(("back_or_leg_pain", "saddle_numbness_new"), nothing_of=(), answers={"suicidal_thoughts_now": True})
    result = self_check.check(both, TODAY, self_check.lines_of("AT"))
    assert result is not None
    assert result.urgent[0].startswith("Nobody reads what you tick here")
    text = " ".join(result.urgent)
    assert "142" in text
    assert "112" in text
    assert "emergency department now" in text, "the other sign is not lost"
    assert not result.steps


@pytest.mark.parametrize("country", telephones.countries())
def test_every_country_has_its_numbers(country: str) -> None:
    lines = self_check.lines_of(country)
    assert lines.emergency
    assert lines.crisis


def test_no_number_is_made_up_for_a_country_that_is_not_known() -> None:
    assert self_check.lines_of("XX") == telephones.Lines()
    result = self_check.check(told(answers={"suicidal_thoughts_now": True}), TODAY)
    assert result is not None
    assert not telephones.numbers_in(" ".join(result.urgent))


@pytest.mark.parametrize("story", [story for story, (said, _) in STORIES.items() if said])
def test_a_page_that_nobody_reads_never_says_call_us(story: str) -> None:
    result = self_check.check(STORIES[story][0], TODAY)
    assert result is not None
    text = " ".join((*result.urgent, *result.say)).lower()
    assert not [words for words in ("our clinic", "call us", "talk with you", "your visit with us") if words in text]


def test_what_was_taken_without_relief_is_not_named_again_because_its_dose_was_forgotten() -> None:
    gone = tuple(Tried(therapy=id, happened=GONE) for id in ("duloxetine", "amitriptyline", "nortriptyline"))
    result = self_check.check(told(BEGAN, **FEET, tried=gone), TODAY)
    assert result is not None
    assert result.way == TRY
    assert not {"duloxetine", "amitriptyline", "nortriptyline"} & set(result.steps)
    assert {"pregabalin", "gabapentin"} <= set(result.steps)


def test_whether_a_small_dose_was_a_full_try_is_asked_and_not_passed_over() -> None:
    little = (Tried(therapy="gabapentin", happened=GONE, weeks=130, dose_mg_per_day=300),)
    result = self_check.check(told(BEGAN, **FEET, tried=little), TODAY)
    assert result is not None
    assert result.to_judge == ("gabapentin",), "without the kidneys 300 mg may be all that is allowed"
    assert "gabapentin" not in result.steps


@pytest.mark.parametrize("id", self_check.knowledge().diagnoses)
def test_every_diagnosis_can_be_named_and_leads_somewhere(id: str) -> None:
    from unwound import conditions

    assert set(self_check.knowledge().diagnoses) == set(conditions.conditions())
    areas = [area for area in conditions.conditions()[id].rules.territory if area in self_check.knowledge().areas]
    result = self_check.check(told(BEGAN, diagnosis=id, area=areas[0] if areas else ""), TODAY)
    assert result is not None
    assert result.condition == id
    assert result.say


def test_what_was_left_empty_is_unknown_and_not_no() -> None:
    said = self_check.patient(Told(answers={}), TODAY)
    assert not said.facts
    assert not said.screened
    tried = self_check.patient(Told(answers={}, tried=(Tried(therapy="gabapentin", happened=GONE),)), TODAY).trials
    assert (tried[0].top_dose, tried[0].days, tried[0].adherent) == (None, None, None)


def test_nothing_names_the_person() -> None:
    said = self_check.patient(told(BEGAN, **FEET), TODAY)
    assert (said.id, said.name, said.birth_date, said.sex) == ("", "", None, None)


WARNINGS = [item for question in (*self_check.knowledge().warnings,) for item in [question.fact]]


@given(st.sets(st.sampled_from(WARNINGS)), st.sampled_from(sorted(STORIES)))
def test_no_answer_beside_it_takes_an_urgent_sign_away(more: set[str], story: str) -> None:
    said, _ = STORIES[story]
    before = self_check.check(said, TODAY)
    added = Told(
        **{
            **{name: getattr(said, name) for name in Told.__slots__},
            "answers": {**said.answers, **dict.fromkeys(more, True)},
        }
    )
    after = self_check.check(added, TODAY)
    assert before is not None
    assert after is not None
    now = {f.id for f in after.review.red_flags}
    for sign in before.review.red_flags:
        assert sign.id in now or now.intersection(cautions.cautions()[sign.id].within), (
            "in a box of its own, or another's"
        )
