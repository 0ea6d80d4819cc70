"""Thirty further stories of the check, by one who had not seen the first: where each ends."""

from __future__ import annotations

import pytest
from test_self_check import BEGAN, CRPS, DOCTOR, FEET, GONE, HELPED, NO, TODAY, TRY, VISIT, first_line, told

from unwound import pathway, self_check
from unwound.self_check import Happened, Told, Tried, Way


def ill(*ids: str) -> tuple[Tried, ...]:
    return tuple(Tried(therapy=id, happened=Happened.ILL) for id in ids)


def gone(**doses: float) -> tuple[Tried, ...]:
    return tuple(Tried(therapy=id, happened=GONE, weeks=12, dose_mg_per_day=dose) for id, dose in doses.items())


FULL = ("trials_confirmed", "trials_complete")
STORIES: dict[str, tuple[Told, Way]] = {
    "postman, stroke two years ago, arm burns, pregabalin only": (
        told(BEGAN, diagnosis="post_stroke_pain", area="hemibody", tried=gone(pregabalin=450)),
        TRY,
    ),
    "shingles at 70, gabapentin made dizzy": (
        told(BEGAN, diagnosis="postherpetic_neuralgia", area="dermatomal", tried=ill("gabapentin")),
        TRY,
    ),
    "sciatica, weak leg on both sides": (
        told(
            ("leg_weakness_both_or_worsening", "back_or_leg_pain"), diagnosis="lumbosacral_radiculopathy", nothing_of=()
        ),
        DOCTOR,
    ),
    "sciatica, nothing tried": (told(BEGAN, diagnosis="lumbosacral_radiculopathy", area="radicular-leg"), TRY),
    "phantom foot, all tried": (
        told((*BEGAN, *FULL), diagnosis="phantom_limb_pain", area="stump", tried=first_line()),
        VISIT,
    ),
    "phantom foot, nothing tried": (told(BEGAN, diagnosis="phantom_limb_pain", area="stump"), TRY),
    "burning mouth, nothing tried": (told(diagnosis="burning_mouth", area="mouth"), TRY),
    "MS pain, all tried": (
        told((*BEGAN, *FULL), diagnosis="multiple_sclerosis_pain", area="other", tried=first_line()),
        DOCTOR,
    ),
    "cancer of the breast, arm burns, nothing tried": (
        told((*BEGAN, "cancer"), diagnosis="cancer_nerve_pain", area="plexus"),
        TRY,
    ),
    "cord injury, all tried": (
        told((*BEGAN, *FULL), diagnosis="spinal_cord_injury_pain", area="below-level", tried=first_line()),
        VISIT,
    ),
    "cord injury, all tried, thinks of dying": (
        told(
            (*BEGAN, *FULL),
            diagnosis="spinal_cord_injury_pain",
            tried=first_line(),
            answers={"suicidal_thoughts_now": True},
        ),
        DOCTOR,
    ),
    "cluster headache": (told(diagnosis="cluster_headache", area="head"), TRY),
    "carpal tunnel": (told(BEGAN, diagnosis="carpal_tunnel", area="single-nerve"), TRY),
    "alcohol neuropathy and still drinking out of control": (
        told((*BEGAN, "substance_use_active"), diagnosis="alcohol_neuropathy", area="distal-symmetric"),
        DOCTOR,
    ),
    "vegan, B12": (told(BEGAN, diagnosis="vitamin_b12_neuropathy", area="distal-symmetric"), TRY),
    "CRPS, all tried, pregnant": (
        told((*CRPS, *FULL, "pregnant"), diagnosis="crps_1", area="regional-limb", tried=first_line()),
        DOCTOR,
    ),
    "CRPS, all tried, hears voices": (
        told((*CRPS, *FULL, "psychosis_active"), diagnosis="crps_1", area="regional-limb", tried=first_line()),
        DOCTOR,
    ),
    "CRPS, six weeks": (told(CRPS, diagnosis="crps_1", area="regional-limb", duration_days=42), TRY),
    "CRPS, mild now": (
        told((*CRPS, *FULL), diagnosis="crps_1", area="regional-limb", average_nrs=1, tried=first_line()),
        TRY,
    ),
    "feet, duloxetine helps a lot after all else": (
        told(
            (*BEGAN, *FULL),
            **FEET,
            tried=(*first_line()[:2], Tried(therapy="pregabalin", happened=HELPED, weeks=30, dose_mg_per_day=300)),
        ),
        TRY,
    ),
    "feet, all tried, no word on timing": (told(FULL, **FEET, tried=first_line()), DOCTOR),
    "feet, only tramadol": (told(BEGAN, **FEET, tried=gone(tramadol=200)), TRY),
    "feet, only morphine": (
        told(BEGAN, **FEET, tried=(Tried(therapy="strong_opioids", happened=GONE, weeks=20),)),
        TRY,
    ),
    "hand after plaster, ischaemia signs": (told((*CRPS, "limb_ischaemia_signs"), diagnosis="crps_1"), DOCTOR),
    "trigeminal, carbamazepine in full without effect": (
        told(FULL, diagnosis="trigeminal_neuralgia", area="trigeminal", tried=gone(carbamazepine=1200)),
        TRY,
    ),
    "knee, no nerve, all tried": (
        told(
            ("tissue_damage_explains_pain", *FULL),
            diagnosis="nociceptive_pain",
            area="joint-or-muscle",
            tried=first_line(),
        ),
        TRY,
    ),
    "fibromyalgia, all tried": (told(FULL, diagnosis="fibromyalgia", area="widespread", tried=first_line()), TRY),
    "nothing answered at all": (Told(answers=NO), DOCTOR),
    "all over, no name, a year": (told(area="widespread"), TRY),
    "HIV feet, three classes behind, the patch not tried": (
        told(
            (*BEGAN, *FULL),
            diagnosis="hiv_neuropathy",
            area="distal-symmetric",
            tried=(
                *ill("amitriptyline", "nortriptyline", "duloxetine", "venlafaxine"),
                *gone(pregabalin=450, gabapentin=2400),
            ),
        ),
        TRY,
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_story_ends_where_the_review_would_send_it(story: str) -> None:
    said, way = STORIES[story]
    result, review = self_check.check(said, TODAY), pathway.review(self_check.patient(said, TODAY))
    assert result is not None
    assert result.way == way, review.candidacy
    assert result.review.candidacy.verdict == review.candidacy.verdict
    assert bool(result.urgent) == bool(review.red_flags)
