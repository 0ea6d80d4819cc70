"""Until the infusion starts: who the patient is, what is required, what the second person reads, overrides."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.utils import timezone
from in_session import (
    START,
    checked_in,
    given,
    infusing,
    prepared,
    scheduled,
)
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, Stage
from unwound_clinic.session import gates
from unwound_clinic.session.actions import (
    appointments,
    course,
    discharge,
    preparation,
)
from unwound_clinic.treatment.actions import plans

FIRST_RATE = 11.9


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"name": "said"}, "compared: name"),
        ({}, "compared"),
        ({"name": "said", "birth-date": "1980-05-06"}, "right patient"),
        ({"name": "said", "record-number": "other"}, "right patient"),
        ({"name": "said", "bed": "Bed 3"}, "compared: name"),
    ],
)
def test_without_two_right_identifiers_nobody_is_checked_in(house: House, told: dict[str, str], why: str) -> None:
    row = scheduled(house)
    with pytest.raises(Conflict, match=why):
        appointments.check_in(**given(house, row), identifiers=told)
    row.refresh_from_db()
    assert row.state == "scheduled"
    assert not row.events.exists()


@pytest.mark.parametrize(
    ("left_out", "requirement"),
    [
        ("weight", "Weighed today|Checked by a second person"),
        ("hours_without_food", "Fasted"),
        ("driver", "An escort home"),
        ("pregnancy_possible", "Pregnancy"),
        ("rescue_checked", "Rescue drugs"),
        ("suction_checked", "Suction"),
        ("baseline", "Baseline vital signs"),
        ("syringe", "Checked by a second person"),
    ],
)
def test_the_start_is_refused_for_each_thing_that_is_missing(house: House, left_out: str, requirement: str) -> None:
    row = prepared(house, without=(left_out,))
    passage = gates.start(row)
    titles = [refusal.title for refusal in passage.refusals]
    assert len(titles) == len(requirement.split("|"))
    assert all(re.search(requirement, title) for title in titles)
    with pytest.raises(Conflict, match=requirement):
        preparation.ready(**given(house, row))


def test_with_everything_there_it_starts_and_the_patient_is_in_treatment(house: House) -> None:
    row = infusing(house)
    row.refresh_from_db()
    house.patient.refresh_from_db()
    assert (row.state, house.patient.stage) == ("infusing", Stage.TREATMENT)
    assert audit.verify() is None


def test_the_gate_is_asked_again_at_the_start(house: House) -> None:
    row = prepared(house)
    preparation.ready(**given(house, row))
    row.patient.consents.update(withdrawn_at=timezone.now())
    with pytest.raises(Conflict, match="withdrawn"):
        course.start(**given(house, row), rate_mg_per_h=FIRST_RATE)


def test_an_order_that_was_changed_since_is_not_given(house: House) -> None:
    row = prepared(house)
    plans.cancel(by=house.by("physician"), patient=house.patient, plan=row.plan, reason="another course")
    row = InfusionSession.objects.get(pk=row.pk)
    with pytest.raises(Conflict, match="cancelled"):
        preparation.ready(**given(house, row))


def test_a_high_pressure_of_today_is_an_open_stop(house: House) -> None:
    row = checked_in(house)
    before = set(gates.start(row).met)
    preparation.baseline(**given(house, row), values={**START, "systolic": 196.0, "diastolic": 118.0})
    row = InfusionSession.objects.get(pk=row.pk)
    assert "no_stop" in before
    assert "no_stop" not in gates.start(row).met


def test_one_person_does_not_check_their_own_syringe(house: House) -> None:
    row = prepared(house, without=("syringe",))
    right = preparation.Syringe.of(row)
    with pytest.raises(Conflict, match="two people"):
        preparation.prepare(**given(house, row), checker=access.Confirmed(house.users["nurse"]), syringe=right)
    with pytest.raises(Conflict, match="no role"):
        preparation.prepare(**given(house, row), checker=access.Confirmed(house.users["stranger"]), syringe=right)


@pytest.mark.parametrize(
    ("name", "factor", "says"),
    [
        ("concentration_mg_per_ml", 10, "concentration differs"),
        ("first_rate_ml_per_h", 0.1, "first rate differs"),
        ("weight_kg", 10, "weight differs"),
        ("weight_kg", float("nan"), "weight differs"),
    ],
)
def test_what_the_second_person_reads_has_to_agree_and_is_not_told(
    house: House, name: str, factor: float, says: str
) -> None:
    row = prepared(house, without=("syringe",))
    right = preparation.Syringe.of(row)
    wrong = replace(right, **{name: getattr(right, name) * factor})
    with pytest.raises(Conflict, match=says) as refused:
        preparation.prepare(**given(house, row), checker=access.Confirmed(house.users["second"]), syringe=wrong)
    assert not re.search(r"\d", str(refused.value)), "the refusal gives no number away"


def test_the_syringe_is_checked_after_the_patient_was_weighed(house: House) -> None:
    row = checked_in(house)
    right = preparation.Syringe.of(row)
    with pytest.raises(Conflict, match="weigh the patient first"):
        preparation.prepare(**given(house, row), checker=access.Confirmed(house.users["second"]), syringe=right)


def test_a_physician_overrides_fasting_and_nobody_the_second_check(house: House) -> None:
    row = prepared(house, without=("hours_without_food", "syringe"))
    told = {"gate": "start", "reason": "an urgent course, seen together"}
    with pytest.raises(access.Refused):
        discharge.override(**given(house, row), requirement="fasting", **told)
    discharge.override(**given(house, row, "physician"), requirement="fasting", **told)
    with pytest.raises(Conflict, match="cannot be overridden"):
        discharge.override(**given(house, row, "physician"), requirement="second_check", **told)
    assert [one.requirement for one in gates.start(row).refusals] == ["second_check"]
