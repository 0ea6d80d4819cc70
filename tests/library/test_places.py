"""The plain place of a pain: how it is read, what follows from it, and that it hides nothing while it is unknown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from screened import ALL, NOBODY, RAW, knowing

from unwound import cautions, derive, facts, intake, pathway, places
from unwound.conditions import grade
from unwound.patient import Pain, Patient

DAY = date(2026, 11, 21)
SITES = sorted(facts.vocabulary()[places.SITE].options)
AREAS = sorted(facts.vocabulary()[places.AREA].options)
SPINE = {id for id, caution in ALL.items() if "leg" in caution.parts}
HEAD = {id for id, caution in ALL.items() if "face" in caution.parts}


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("left foot", ("foot",)),
        ("Back of the left hand", ("hand",)),
        ("back of head", ("head",)),
        ("low back and right leg", ("low-back", "leg")),
        ("lower limb structure", ("leg", "foot")),
        ("head and neck", ("head", "neck")),
        ("back teeth", ("mouth",)),
        ("heel of the hand", ("hand",)),
        ("lower back (back)", ("low-back", "back")),
        ("Plantar surface of Lt. foot", ("foot",)),
        ("L leg", ("leg",)),
        ("back hand foot", ()),
        ("left side of the body", ()),
        ("head of femur", ()),
        ("hands/feet", ("hand", "foot")),
        ("middle finger, right hand", ("hand",)),
        ("upper back", ("back",)),
        ("groin pain, left", ("groin",)),
        ("backside", ()),
        ("hand-sized area on the thigh", ()),
        ("phantom leg", ()),
        ("shoulder to hand", ()),
        ("not the foot", ()),
        ("L5 dermatome", ()),
        ("body site 72696002", ()),
        ("left", ()),
        ("", ()),
    ],
)
def test_a_place_is_read_whole_or_not_at_all(written: str, parts: tuple[str, ...]) -> None:
    assert sorted(places.read(written)) == sorted(parts)


@given(st.sampled_from(sorted(places.anatomy().words)))
def test_every_way_of_writing_a_part_is_read_with_a_side_before_it(phrase: str) -> None:
    expected = set(places.anatomy().words[phrase])
    assert set(places.read(phrase)) == set(places.read(f"Left {phrase}")) == expected


def test_pain_of_the_leg_is_back_or_leg_pain_and_pain_elsewhere_denies_none() -> None:
    def derived(site: str) -> Any:
        return derive.derive(NOBODY.knowing(pain_site=(site,))).value("back_or_leg_pain")

    assert {site for site in SITES if derived(site) is True} == set(places.anatomy().back_or_leg)
    assert {derived(site) for site in SITES} == {True, None}


def test_what_was_stated_wins_and_the_record_contradicts_itself() -> None:
    patient = NOBODY.knowing(pain_site=("foot",), back_or_leg_pain=False)
    review = pathway.review(patient)
    assert "leg_pain_and_its_place" in {finding.id for finding in review.findings}
    assert facts.known(review.patient, "back_or_leg_pain") is None
    assert review.patient.facts["back_or_leg_pain"].value is False


def test_the_site_of_a_pain_in_words_is_its_place_and_any_pain_of_the_leg_counts_for_the_person() -> None:
    two = (Pain(name="cheek", site="left cheek", to_treat=True), Pain(name="calf", site="calf"))
    known = derive.derive(Patient(as_of=DAY, pains=two))
    assert known.value("pain_site") == ("face",)
    assert known.value("back_or_leg_pain") is True
    typed = Pain(name="cheek", site="left cheek", facts={"pain_site": {"value": ("mouth",)}})
    assert derive.derive(Patient(as_of=DAY, pains=(typed,))).value("pain_site") == ("mouth",)


def asked(**known: Any) -> set[str]:
    review = pathway.review(Patient(as_of=DAY).knowing(**known))
    return {finding.id for finding in review.findings if finding.kind == "red-flag" and not finding.holds}


def test_a_painful_gum_is_not_asked_about_its_bladder_nor_a_low_back_about_faces() -> None:
    assert not asked(pain_site=("mouth",)) & SPINE
    assert not asked(pain_site=("low-back",)) & HEAD
    assert {"cauda_equina", "spinal_infection"} <= asked(pain_site=("low-back",))
    assert "giant_cell_arteritis" in asked(pain_site=("head",))
    assert "limb_ischaemia" in asked(pain_site=("foot",), diabetes=True)


def test_joint_pain_of_the_jaw_is_no_pain_of_the_spine_but_a_root_of_the_leg_is_one_whatever_is_written() -> None:
    assert not asked(pain_site=("face",), pain_distribution=("joint-or-muscle",)) & SPINE
    assert "cauda_equina" in asked(pain_site=("face",), pain_distribution=("radicular-leg",))


def test_crps_of_a_groin_or_a_face_is_not_asked_about() -> None:
    for site in ("groin", "face", "abdomen"):
        put = {ask.fact for ask in pathway.review(NOBODY.knowing(pain_site=(site,))).asks}
        assert "crps_disproportionate" not in put
    assert "crps_disproportionate" in {a.fact for a in pathway.review(NOBODY.knowing(pain_site=("hand",))).asks}


def test_a_condition_that_cannot_be_where_the_pain_is_is_not_listed() -> None:
    shocks = {"pain_paroxysms_triggered": True, "trigeminal_history": True}

    def level(**known: Any) -> str:
        return next((g.level for g in grade(NOBODY.knowing(**known)) if g.condition == "trigeminal_neuralgia"), "none")

    assert level(**shocks) == level(**shocks, pain_site=("face",)) == "cannot-determine"
    assert level(**shocks, pain_site=("foot",)) == "none"


def test_an_unknown_place_is_asked_first_and_in_one_question() -> None:
    first = pathway.review(Patient(as_of=DAY)).to_ask[0]
    assert first.facts == ("pain_site", "pain_distribution")
    assert "Where on the body" in first.question


def test_every_region_of_the_body_map_says_where_the_pain_is() -> None:
    regions = intake.regions()
    assert intake.sites_of(["front-left-foot", "back-left-foot", "no-such-region"]) == ("foot",)
    assert all(set(region.sites) <= set(SITES) for region in regions.values())


# Laws ----------------------------------------------------------------------------------------------------------------

USED = sorted({fact for id, raw in RAW.items() if raw["kind"] == "red-flag" for fact in ALL[id].facts()})
ANSWERS = {id: st.booleans() for id in USED if facts.vocabulary()[id].type == "yes-no"}
known_of_red_flags = st.fixed_dictionaries({}, optional=ANSWERS)
some_sites = st.lists(st.sampled_from(SITES), min_size=1, max_size=3, unique=True).map(tuple)
some_areas = st.lists(st.sampled_from(AREAS), min_size=1, max_size=2, unique=True).map(tuple)


def open_flags(patient: Patient) -> dict[str, bool]:
    """Red flags -> whether they hold; those that are not there are answered, or do not concern the pain."""
    return {f.id: f.holds for f in cautions.screen(derive.derive(patient)) if f.kind == "red-flag"}


@settings(max_examples=60)
@given(known_of_red_flags)
def test_while_the_place_is_unknown_no_red_flag_is_hidden(known: dict[str, Any]) -> None:
    """Whatever some place would bring to be asked is open, or asks for the place, while nobody has said where it is."""
    assume(known.get("back_or_leg_pain") is not False)
    patient = knowing(known)
    here = open_flags(patient)
    for site in SITES:
        there = open_flags(patient.knowing(pain_site=(site,)))
        # A foot's circulation and shingles of the face are asked where diabetes or shingles are known, and the place.
        assert there.keys() - here.keys() <= {"limb_ischaemia", "zoster_of_the_eye"}


@settings(max_examples=150)
@given(known_of_red_flags, some_sites, st.none() | some_areas)
def test_saying_the_place_undoes_nothing_that_holds_and_drops_only_what_is_of_other_parts(
    known: dict[str, Any], sites: tuple[str, ...], areas: tuple[str, ...] | None
) -> None:
    patient = knowing({**known, "pain_distribution": areas} if areas else known)
    before, after = open_flags(patient), open_flags(patient.knowing(pain_site=sites))
    still = {id for id, holds in after.items() if holds}
    for id in before.keys() - still:
        if still & set(ALL[id].within):
            continue  # it stands in the box of another of the same event
        assert not before[id]
        assert id in after or not places.covered(sites) & set(ALL[id].parts)


@settings(max_examples=100)
@given(some_sites, some_sites)
def test_more_places_rule_out_no_more(sites: tuple[str, ...], more: tuple[str, ...]) -> None:
    assume(set(more) - set(sites))
    few, many = NOBODY.knowing(pain_site=sites), NOBODY.knowing(pain_site=tuple({*sites, *more}))
    assert open_flags(few).keys() <= open_flags(many).keys()
