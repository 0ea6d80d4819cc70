"""Alarms for what the clinic itself enters: once, about what is new, never again for what was acknowledged."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from small_clinic import House

from unwound import screens
from unwound_clinic.core import access
from unwound_clinic.intake.actions import answers, first_form
from unwound_clinic.models import Alarm
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.actions import patients
from unwound_clinic.record.entries import New

NUMB = ("back_or_leg_pain", "saddle_numbness_new")


def enter(house: House, *facts: str, value: bool | None = True, on: date | None = None) -> list[Alarm]:
    """These facts, entered by the physician; the alarms it raised."""
    entries = tuple(New(kind="fact", key=fact, value=value, on=on) for fact in facts)
    return record_entries.enter(by=house.by("physician"), patient=house.patient, entries=entries, reason="asked")


def acknowledge_all(house: House) -> None:
    """Acknowledges every open alarm."""
    for alarm in Alarm.objects.filter(seen_at=None):
        patients.acknowledge_alarm(by=house.by("nurse"), patient=house.patient, alarm=alarm, note="sent to hospital")


def waiting() -> list[str]:
    return list(Alarm.objects.filter(seen_at=None).order_by("finding").values_list("finding", flat=True))


def test_suicide_risk_entered_at_the_consultation_alarms(house: House) -> None:
    assert [alarm.finding for alarm in enter(house, "suicidal_behaviour_3_months")] == ["suicidal_behaviour_recent"]


def test_what_was_seen_to_does_not_alarm_again_when_it_is_asked_again_on_another_day(house: House) -> None:
    enter(house, *NUMB, on=date(2026, 11, 1))
    acknowledge_all(house)
    assert enter(house, *NUMB, on=date(2026, 11, 2)) == []
    assert enter(house, "diabetes") == []
    assert waiting() == []


def test_what_comes_to_a_known_red_flag_alarms_and_what_goes_from_it_does_not(house: House) -> None:
    enter(house, *NUMB)
    acknowledge_all(house)
    assert [alarm.finding for alarm in enter(house, "bladder_or_bowel_change_new")] == ["cauda_equina"]
    acknowledge_all(house)
    assert enter(house, "bladder_or_bowel_change_new", value=False) == []


def test_a_red_flag_taken_back_and_entered_again_alarms_again(house: House) -> None:
    enter(house, "ascending_weakness_rapid")
    acknowledge_all(house)
    enter(house, "ascending_weakness_rapid", value=None)
    assert len(enter(house, "ascending_weakness_rapid")) == 1


def test_what_the_patient_told_first_does_not_alarm_again_when_the_clinic_confirms_it(house: House) -> None:
    link, token = patients.invite(by=house.by("nurse"), patient=house.patient)
    client = Client()
    client.post(f"/i/{token}/", {"birth_date": "1980-05-05"})
    items = screens.screens()["growing_illness"].items
    ticked = {
        "growing_illness-read": " ".join(item.fact for item in items),
        "growing_illness-items": ["ascending_weakness_rapid"],
    }
    client.post(f"/i/{token}/warning/", ticked)
    acknowledge_all(house)
    assert enter(house, "ascending_weakness_rapid", on=date(2026, 11, 2)) == []
    link.refresh_from_db()
    first_form.finish(by=access.patient_link(link), patient=house.patient, link=link)
    assert Alarm.objects.count() == 1


@pytest.mark.parametrize(("days_later", "alarms"), [(0, 0), (3, 1)])
def test_item_9_of_a_new_form_alarms_and_an_amended_form_with_the_same_answer_does_not(
    house: House, days_later: int, alarms: int
) -> None:
    first = date.today() - timedelta(days=5)  # within the shelf life of the answer
    for day, first_item in ((first, 0), (first + timedelta(days=days_later), 1)):
        acknowledge_all(house)
        form = {"instrument": "phq_9", "items": [first_item, *[0] * 7, 1]}
        new = record_translate.new_answers(form, day)
        answers.fill(by=house.by("nurse"), patient=house.patient, form=new, reason="read again")
    assert len(waiting()) == alarms


def test_what_is_no_red_flag_raises_nothing(house: House) -> None:
    assert enter(house, "diabetes", "cancer") == []
    assert enter(house, "ascending_weakness_rapid", value=False) == []
    assert not Alarm.objects.exists()
