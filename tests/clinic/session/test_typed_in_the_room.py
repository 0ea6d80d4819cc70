"""Typed at the bedside: readings in the unit of the device, doses that are asked again, commas, nonsense."""

from __future__ import annotations

import re

import pytest
from in_session import infusing
from small_clinic import PASSWORD, House

from unwound_clinic.models import SessionEvent
from unwound_clinic.session.forms import SignsForm


def test_readings_typed_at_the_bedside_are_charted_and_nonsense_is_not(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    before = row.readings.count()
    wrong = client.post(f"/sessions/{row.pk}/do/", {"do": "read", "spo2": "9", "systolic": "120"})
    assert "Outside the plausible range" in wrong.content.decode()
    swapped = client.post(f"/sessions/{row.pk}/do/", {"do": "read", "systolic": "78", "diastolic": "124"})
    assert "124 is not below 78 (systolic): were the two swapped?" in swapped.content.decode()
    assert row.readings.count() == before
    client.post(f"/sessions/{row.pk}/do/", {"do": "read", "systolic": "131", "diastolic": "82"})
    assert set(row.readings.order_by("-id")[:2].values_list("sign", "value")) == {("systolic", 131), ("diastolic", 82)}


@pytest.mark.parametrize(
    ("sign", "typed", "charted"),
    [
        ("temperature", "98,6 °F", 37.0), ("temperature", "98.6 f", 37.0), ("temperature", "37,0", 37.0),
        ("temperature", "98.6", None), ("temperature", "98.6 kg", None),
        ("etco2", "5,0 kPa", 37.5), ("systolic", "16 kPa", 120.0), ("systolic", "16", None), ("spo2", "97 %", 97.0),
    ],
)  # fmt: skip
def test_a_reading_is_typed_in_the_unit_that_stands_on_the_device(sign: str, typed: str, charted: float | None) -> None:
    form = SignsForm((sign,), {sign: typed})
    assert form.is_valid() is (charted is not None)
    assert charted is None or form.cleaned_data[sign] == pytest.approx(charted, abs=0.05)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"do": "rate", "rate": "5", "unit": "ml"}, "rate"),
        ({"do": "bolus", "amount": "5", "reason": "Dr Test by phone"}, "bolus"),
        ({"do": "effect", "effect": "nausea", "grade": "2"}, "side-effect"),
        ({"do": "effect", "effect": "", "other": "hiccups", "grade": "1"}, "side-effect"),
        ({"do": "rescue", "drug": "ondansetron", "amount": "4 mg i.v."}, "rescue-drug"),
        ({"do": "note", "note": "calm"}, "note"),
        ({"do": "pause"}, "pause"),
        ({"do": "stop"}, "stop"),
    ],
)
def test_each_button_charts_what_it_says(house: House, sent: dict[str, str], kind: str) -> None:
    row = infusing(house)
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 302
    assert row.events.filter(kind=kind).count() == 1
    if kind == "rate":
        assert row.events.get(kind="rate").content["rate_mg_per_h"] == 10.0, "5 mL/h of 2 mg/mL"


LARGE = [
    (
        {"do": "rate", "rate": "8,5", "unit": "ml", "reason": "Dr Test by phone"},
        "17 mg/h is above 11.9 mg/h of the order",
    ),
    ({"do": "bolus", "amount": "30", "reason": "Dr Test by phone"}, "30 mg is above 23.8 mg, 0.35 mg/kg at 68 kg"),
    ({"do": "rescue", "drug": "midazolam", "amount": "5 mg IV", "reason": "Dr Test"}, "5 mg is above 2.5 mg"),
]


@pytest.mark.parametrize(("sent", "why"), LARGE)
def test_a_large_dose_is_asked_again_and_then_charted_with_who_ordered_it(
    house: House, sent: dict[str, str], why: str
) -> None:
    row, client = infusing(house), house.client("nurse")
    before = row.events.count()
    answer = client.post(f"/sessions/{row.pk}/do/", sent)
    seen = answer.content.decode()
    assert (answer.status_code, row.events.count()) == (409, before)
    assert why in seen
    assert "If it is correct, confirm it below" in seen
    again = dict(
        re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)">', seen.split('id="doubt"')[1].split("</form>")[0]
        )
    )
    assert client.post(f"/sessions/{row.pk}/do/", {**again, "reason": "Dr Test by phone"}).status_code == 302
    assert row.events.count() == before + 1


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "bolus", "amount": "500", "reason": "told by phone", "sure": "yes"},
        {"do": "bolus", "amount": "1,250", "reason": "told by phone", "sure": "yes"},
        {"do": "rate", "rate": "1190", "unit": "mg", "reason": "told by phone", "sure": "yes"},
        {"do": "rescue", "drug": "midazolam", "amount": "250 mg", "reason": "told by phone", "sure": "yes"},
        {"do": "rescue", "drug": "midazolam", "amount": "4", "reason": "told by phone", "sure": "yes"},
    ],
)
def test_a_slipped_point_is_charted_by_no_confirmation(house: House, sent: dict[str, str]) -> None:
    row, before = infusing(house), SessionEvent.objects.count()
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 409
    assert SessionEvent.objects.count() == before


def test_a_rescue_drug_without_its_dose_is_charted_at_once_and_says_so(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    room = client.get(f"/sessions/{row.pk}/").content.decode()
    assert "placeholder" not in room.split('id="amount"')[1].split(">")[0], "an example would be taken for a dose"
    page = client.post(f"/sessions/{row.pk}/do/", {"do": "rescue", "drug": "midazolam"}, follow=True).content.decode()
    assert "charted without its dose" in page
    assert "midazolam; dose not charted" in page
    client.post(f"/sessions/{row.pk}/do/", {"do": "rescue", "drug": "midazolam", "amount": "1 mg IV"})
    notes = [event.content["note"] for event in row.events.filter(kind="rescue-drug").order_by("id")]
    assert notes == ["dose not charted", "1 mg IV"]


def test_a_comma_is_a_decimal_sign_and_three_digits_after_one_are_asked(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    page = f"/sessions/{row.pk}/do/"
    client.post(page, {"do": "bolus", "amount": "2,5", "reason": "Dr Test by phone"})
    assert row.events.get(kind="bolus").content["amount_mg"] == 2.5
    client.post(page, {"do": "rate", "rate": "0,125", "unit": "ml"})
    assert row.events.get(kind="rate").content["rate_mg_per_h"] == 0.25
    asked = client.post(page, {"do": "rate", "rate": "1,250", "unit": "ml"}).content.decode()
    assert "«1,250» may mean 1.25 or 1250" in asked
    assert row.events.filter(kind="rate").count() == 1


@pytest.mark.parametrize("sent", [{"do": "rate", "rate": "fast"}, {"do": "nothing"}, {}, {"do": "effect", "grade": ""}])
def test_what_is_no_button_or_no_number_changes_nothing(house: House, sent: dict[str, str]) -> None:
    row = infusing(house)
    before = SessionEvent.objects.count()
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 409
    assert SessionEvent.objects.count() == before


def test_a_rate_far_above_the_order_is_charted_by_two_people(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    sent = {"do": "rate", "rate": "25", "unit": "mg", "reason": "Dr Test by phone"}
    seen = client.post(f"/sessions/{row.pk}/do/", sent).content.decode()
    asked = seen.split('id="doubt"')[1].split("</form>")[0]
    assert 'name="person"' in asked
    assert 'name="password"' in asked
    again = {**sent, "sure": "yes"}
    assert client.post(f"/sessions/{row.pk}/do/", again).status_code == 409
    other = house.users["physician"]
    wrong = {**again, "person": other.pk, "password": "not it"}
    answer = client.post(f"/sessions/{row.pk}/do/", wrong)
    assert (answer.status_code, "not it" in answer.content.decode()) == (409, False)
    assert "Incorrect password" in answer.content.decode()
    assert (
        client.post(f"/sessions/{row.pk}/do/", {**again, "person": other.pk, "password": PASSWORD}).status_code == 302
    )
    assert row.events.get(kind="rate").content["second_person"] == other.name
    page = client.get(f"/sessions/{row.pk}/").content.decode()
    assert f"confirmed by {other.name}" in page
