"""The day of a value: without it, what expires reassures of nothing and warns all the same; each door says its day."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import cautions, derive, facts, therapies
from unwound.exchange import case_file
from unwound.patient import Fact, Patient, Trial
from unwound.terms import Jurisdiction

DAY = date(2026, 11, 21)
EXPIRING = sorted(id for id, question in facts.vocabulary().items() if question.valid_days is not None)
NUMBERS = [id for id in EXPIRING if facts.vocabulary()[id].type == "number"]


def undated(**values: Any) -> Patient:
    """Values as a record gives them that says nothing of their day."""
    return Patient(as_of=DAY, facts={id: Fact(value=value) for id, value in values.items()})


def case(facts_written: str, more: str = "") -> Patient:
    return case_file.read_case(f'title = "t"\nas_of = 2026-11-21\n[facts]\n{facts_written}\n{more}', "t.toml").patient


@pytest.mark.parametrize("id", NUMBERS)
def test_a_number_that_expires_is_unknown_without_its_day_and_known_where_a_door_means_its_own(id: str) -> None:
    value = facts.vocabulary()[id].min or 1.0
    assert facts.number(undated(**{id: value}), id) is None
    assert facts.number(Patient(as_of=DAY).knowing(**{id: value}), id) == value
    assert facts.number(case(f"{id} = {value}"), id) == value
    assert facts.number(case(f'{id} = {{ value = {value}, on = "unknown" }}'), id) is None


def test_what_does_not_expire_needs_no_day() -> None:
    assert facts.yes(undated(diabetes=True), "diabetes").holds
    assert case("diabetes = true").facts["diabetes"].on is None


@pytest.mark.parametrize(
    ("known", "id"),
    [
        ({"pregnant": True}, "pregnancy"),
        ({"systolic_mmhg": 200.0}, "blood_pressure_uncontrolled"),
        ({"delirium_active": True}, "delirium"),
        ({"phq9_item9": 2.0}, "suicide_item_9"),
        ({"limb_ischaemia_signs": True}, "limb_ischaemia"),
    ],
)
def test_danger_without_a_day_stops_and_asks_and_its_opposite_clears_nothing(known: dict[str, Any], id: str) -> None:
    found = next(one for one in cautions.screen(derive.derive(undated(**known))) if one.id == id)
    assert (found.level, found.holds) == ("stop", True)
    assert set(known) <= set(found.ask)
    assert found.because[0].endswith("(day not known)")
    harmless = {
        fact: False if value is True else 0.0 if fact == "phq9_item9" else 120.0 for fact, value in known.items()
    }
    calm = Patient(as_of=DAY).knowing(**harmless)
    assert not [one for one in cautions.screen(derive.derive(calm)) if one.id == id and one.holds]
    asked = {fact for one in cautions.screen(derive.derive(undated(**harmless))) for fact in one.ask}
    not_asked_of_everybody = {"limb_ischaemia_signs"}
    first = cautions.cautions()[id].after  # while nobody has asked the question before it, that one stands for it
    if not set(first) <= set(known):
        assert set(first) <= asked
        return
    assert set(known) - not_asked_of_everybody <= asked


def test_an_undated_pregnancy_speaks_against_what_is_given_in_one() -> None:
    one = derive.derive(undated(pregnant=True))
    assert facts.known(one, "pregnant") is None
    assert facts.yes(one, "pregnancy_possible").holds


def test_weeks_without_a_day_still_contradict_a_denied_pregnancy() -> None:
    both = undated(gestation_weeks=12.0).knowing(pregnant=False)
    assert facts.known(derive.derive(both), "pregnant") is None


def test_no_pregnancy_that_follows_from_sex_or_age_never_grows_old() -> None:
    assert facts.yes(derive.derive(Patient(as_of=DAY, sex="male")), "pregnant").holds is False
    assert facts.yes(derive.derive(undated(pregnancy_possible=False)), "pregnant").holds is False


@given(st.sampled_from(NUMBERS), st.none() | st.integers(0, 400))
def test_a_case_that_is_written_reads_back_with_the_same_day_or_none(id: str, days: int | None) -> None:
    on = None if days is None else DAY - timedelta(days=days)
    known = {id: Fact(value=facts.vocabulary()[id].min or 1.0, on=on)}
    before = case_file.Case("t", "", Patient(as_of=DAY, facts=known))
    assert case_file.read_case(case_file.write_case(before), "t.toml").patient == before.patient


def test_a_bare_denial_in_a_case_is_of_its_day_unless_a_form_stands_beside_it() -> None:
    form = '[[answers]]\ninstrument = "phq_9"\non = 2025-01-01\nitems = [0, 0, 0, 0, 0, 0, 0, 0, 0]'
    bare = "suicidal_thoughts_now = false"
    assert derive.derive(case(bare)).value("suicidal_thoughts_today") is False
    assert derive.derive(case(bare, form)).value("suicidal_thoughts_today") is None


def test_a_confirmation_without_its_day_confirms_no_trial() -> None:
    trial = Trial(
        therapy="gabapentin", top_dose=1800, days=60, days_at_top=50, start=date(2026, 1, 1), relief_percent=0
    )
    judged = {
        name: therapies.ledger(one.with_checked(trials=(trial,))).entries[0].verdict
        for name, one in (
            ("undated", undated(trials_confirmed=True)),
            ("of today", Patient(as_of=DAY).knowing(trials_confirmed=True, pain_duration_days=900)),
        )
    }
    assert judged["undated"] == "cannot-tell"
    assert judged["of today"] != "cannot-tell"


def test_without_a_country_a_trial_is_adequate_only_where_it_is_under_each_limit() -> None:
    """Gabapentin at a clearance of 55 and of 20: the limits of the two countries differ."""

    def verdict(country: Jurisdiction | None, dose: float, clearance: float) -> str:
        trial = Trial(
            therapy="gabapentin", top_dose=dose, days=90, days_at_top=80, start=date(2026, 7, 1), end=date(2026, 10, 1),
            relief_percent=0, adherent=True, stopped="no-effect", dose_limited_by_side_effects=False,
        )  # fmt: skip
        one = Patient(as_of=DAY, jurisdiction=country, trials=(trial,))
        known = one.knowing(crcl_ml_per_min=clearance, pain_duration_days=900, age_years=50)
        return therapies.ledger(derive.derive(known)).entries[0].verdict

    certain = "failed-adequate"
    differ = 0
    for clearance in (70.0, 55.0, 40.0, 20.0, 10.0):
        for dose in range(100, 1900, 100):
            each = {verdict(country, float(dose), clearance) for country in Jurisdiction}
            unknown = verdict(None, float(dose), clearance)
            assert unknown == (certain if each == {certain} else unknown)
            assert (unknown == certain) == (each == {certain}), (dose, clearance)
            differ += len(each) > 1
    assert differ
