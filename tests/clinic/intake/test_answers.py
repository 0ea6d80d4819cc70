"""Questionnaires filled and amended by the clinic: alarms as from the patient, totals with band, change and mark."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from small_clinic import House

from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import today
from unwound_clinic.intake.actions import answers
from unwound_clinic.models import Alarm
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import current, history


def test_a_nurse_fills_and_amends_a_form_and_the_earlier_one_stays(house: House) -> None:
    address, client = f"/patients/{house.patient.pk}/answers/peg/", house.client("nurse")
    day = str(today(house.site))
    filled = {"item0": "7", "item1": "8", "item2": "6", "on": day}
    assert client.post(address, filled).status_code == 302
    again = client.post(address, {**filled, "item2": "9"})
    assert "give the reason for amending it" in again.content.decode()
    assert client.post(address, {**filled, "item2": "9", "reason": "misread"}).status_code == 302
    values = [entry.value["items"] for entry in history(house.patient, "answers", f"peg {day}")]
    assert values == [[7, 8, 9], [7, 8, 6]]
    seen = client.get(f"/patients/{house.patient.pk}/answers/").content.decode()
    assert "<strong>8</strong>" in seen
    assert 'value="9"' in client.get(f"{address}?on={day}").content.decode()


@pytest.mark.parametrize(
    ("instrument", "posted", "problem"),
    [
        ("madrs", {"total": "61"}, "Outside the plausible range (0 to 60)"),
        ("madrs", {}, "Nothing was filled in"),
        ("phq_9", {"item0": "4"}, "one of the choices"),
    ],
)
def test_a_form_that_cannot_be_says_why(house: House, instrument: str, posted: dict[str, str], problem: str) -> None:
    address = f"/patients/{house.patient.pk}/answers/{instrument}/"
    answer = house.client("nurse").post(address, {**posted, "on": str(today(house.site))})
    assert problem in answer.content.decode()
    assert not current(house.patient)


def test_a_form_of_tomorrow_is_refused(house: House) -> None:
    tomorrow = today(house.site) + timedelta(days=1)
    form = record_translate.new_answers({"instrument": "madrs", "total": 20}, tomorrow)
    with pytest.raises(Conflict):
        answers.fill(by=house.by("nurse"), patient=house.patient, form=form)


def test_item_9_entered_by_the_clinic_alarms_as_well(house: House) -> None:
    address = f"/patients/{house.patient.pk}/answers/phq_9/"
    answer = house.client("nurse").post(address, {"item8": "2", "on": str(today(house.site))}, follow=True)
    assert "PHQ-9 item 9" in answer.content.decode()
    assert Alarm.objects.get().finding == "suicide_item_9"


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_may_not_fill_a_form_is_refused(house: House, role: str) -> None:
    address = f"/patients/{house.patient.pk}/answers/madrs/"
    answer = house.client(role).post(address, {"total": "20", "on": str(today(house.site))})
    assert answer.status_code == 403
    assert not current(house.patient)


def test_two_totals_are_drawn_one_or_an_unfinished_form_is_not(house: House) -> None:
    page, client = f"/patients/{house.patient.pk}/answers/", house.client("physician")
    for day, form in [
        ("2026-01-10", {"instrument": "madrs", "total": 30}),
        ("2026-01-20", {"instrument": "peg", "items": [5, None, 5]}),
        ("2026-02-20", {"instrument": "peg", "items": [5, 5, 5]}),
    ]:
        new = record_translate.new_answers(form, date.fromisoformat(day))
        answers.fill(by=house.by("nurse"), patient=house.patient, form=new)
    assert "chart/" not in client.get(page).content.decode()
    assert client.get(f"{page}madrs/chart/").status_code == 404
    assert client.get(f"{page}no_such_form/chart/").status_code == 404
    new = record_translate.new_answers({"instrument": "madrs", "total": 12}, date(2026, 2, 10))
    answers.fill(by=house.by("nurse"), patient=house.patient, form=new)
    assert f'src="{page}madrs/chart/"' in client.get(page).content.decode()
    drawn = client.get(f"{page}madrs/chart/")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert "30 on 10 January 2026, 12 on 10 February 2026" in drawn.content.decode()
    assert house.client("stranger").get(f"{page}madrs/chart/").status_code == 403


def test_totals_are_shown_with_band_change_and_mark(house: House) -> None:
    for day, total in [("2026-01-10", 30), ("2026-02-10", 12)]:
        form = record_translate.new_answers({"instrument": "madrs", "total": total}, date.fromisoformat(day))
        answers.fill(by=house.by("nurse"), patient=house.patient, form=form)
    seen = house.client("physician").get(f"/patients/{house.patient.pk}/answers/").content.decode()
    assert seen.index("10 Feb 2026") < seen.index("10 Jan 2026")
    assert "-18" in seen
