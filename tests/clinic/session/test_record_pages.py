"""The record of a session as page, print and table, and the pages of the way home."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import given, infusing, monitored, recovering
from small_clinic import PASSWORD, House

from unwound_clinic.models import Site, VitalReading
from unwound_clinic.session import watching
from unwound_clinic.session.actions import charting, controlled_drug, readings
from unwound_clinic.session.infusion_record import content as session_content
from unwound_clinic.session.infusion_record import head as session_head


def test_the_record_shows_the_lowest_value_the_time_beyond_the_limit_and_what_was_not_believed(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 96, 82, 98, 31, 97)
    seen = house.client("nurse").get(f"/sessions/{row.pk}/record/").content.decode()
    assert "lowest 82 %" in seen
    assert "10 s" in seen
    assert "✕31" in seen
    assert "(82–98)" in seen


def test_amendments_are_seen_and_what_was_in_error_is_struck_out(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    event = charting.bolus(**given(house, row), amount_mg=20.0, reason="by phone")
    page = f"/sessions/{row.pk}/events/{event.pk}/"
    assert "20" in client.get(page).content.decode()
    client.post(page, {"do": "amend", "amount_mg": "10", "reason": "half of it"})
    newer = row.events.get(amends=event)
    client.post(f"/sessions/{row.pk}/events/{newer.pk}/", {"do": "take-back", "reason": "another patient's"})
    seen = client.get(f"/sessions/{row.pk}/record/").content.decode()
    assert seen.count("<s>") == 2
    assert "amended by Test Nurse: half of it" in seen
    assert "entered in error, Test Nurse: another patient" in seen
    assert "nothing was amended" in client.post(page, {"do": "amend", "at": "soon", "reason": "x"}).content.decode()


def test_a_reading_typed_wrongly_is_struck_out_on_the_record_and_told_in_the_table(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    (made,) = readings.enter_by_hand(**given(house, row), values={"spo2": 83.0})
    page = f"/sessions/{row.pk}/record/"
    assert client.post(page, {"reading": made.pk, "reason": ""}).status_code == 409
    assert client.post(page, {"reading": "x", "reason": "typed 83 for 93"}).status_code == 409
    client.post(page, {"reading": made.pk, "reason": "typed 83 for 93"})
    seen = client.get(page).content.decode()
    assert "<s>oxygen saturation 83 %</s>" in seen
    assert "lowest 98 %" in seen
    table = b"".join(client.get(f"/sessions/{row.pk}/readings.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "typed 83 for 93" in table


def test_every_reading_is_in_the_table_and_no_cell_is_a_formula(house: House) -> None:
    row = infusing(house)
    monitored(house, row, *range(60, 99))
    VitalReading.objects.create(
        session=row, at=timezone.now(), received_at=timezone.now(), sign="pain", value=4, source="=1+1"
    )
    answer = house.client("nurse").get(f"/sessions/{row.pk}/readings.csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert len(lines) == row.readings.count()
    assert sum(one["sign"] == "spo2" and one["believed"] == "yes" for one in lines) == 40
    assert [one["source"] for one in lines if one["sign"] == "pain"] == ["'=1+1"]
    assert all(one["time_utc"].endswith("+00:00") for one in lines)


def test_the_record_is_printed(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 82, 97)
    charting.note(**given(house, row), text='quotes " and # signs $ and *stars*')
    answer = house.client("nurse").get(f"/sessions/{row.pk}/record.pdf")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")


def test_the_head_of_the_printed_record_tells_the_order_the_course_and_the_drug(house: House) -> None:
    row = recovering(house)
    charting.side_effect(**given(house, row), effect="nausea", grade=2)
    controlled_drug.account(**given(house, row), what="given", lot="K-77", drug="racemic ketamine", mg="10.5")
    record = session_content.record(row, watching.whole(row))
    ordered, course = dict(session_head.ordered(row)), dict(session_head.course(row, record))
    assert ordered["Drug"] == "racemic ketamine, 2 mg/mL"
    assert ordered["Amount"] == "47.6 mg over 4 h"
    start, stop = row.events.get(kind="start"), row.events.get(kind="stop")
    given_mg = start.content["rate_mg_per_h"] * (stop.at - start.at) / timedelta(hours=1)
    assert course["Given, as charted"].endswith(" mg")
    assert float(course["Given, as charted"].removesuffix(" mg")) == pytest.approx(given_mg, abs=0.051)
    assert course["Side effects"] == "nausea; grade 2"
    assert course["Infusion ended"] != "–"
    assert course["Left the unit"] == "–"
    assert list(session_head.lots(row)) == [("K-77", "racemic ketamine", "200", "10.5", "–", "–", "–")]


def test_going_home_asks_for_the_password_and_everything_else_first(house: House) -> None:
    row, client = recovering(house), house.client("nurse")
    page = f"/sessions/{row.pk}/leave/"
    seen = client.get(page).content.decode()
    assert "not met yet" in seen
    assert "Controlled drug reconciled" in seen
    assert "Discharge patient" not in seen
    sent = client.post(page, {"do": "discharge", "password": PASSWORD})
    assert sent.status_code == 409
    assert "Your password" not in seen
    row.refresh_from_db()
    assert row.state == "recovering"


def test_the_drug_page_wants_the_witness_password(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    sent = {"do": "wasted", "lot": "K-77", "drug": "racemic ketamine", "mg": "200", "person": house.users["second"].pk}
    assert "Incorrect password" in client.post(f"/sessions/{row.pk}/drug/", {**sent, "password": "x"}).content.decode()
    client.post(f"/sessions/{row.pk}/drug/", {**sent, "password": PASSWORD})
    assert "Balance correct" in client.get(f"/sessions/{row.pk}/drug/").content.decode()


def test_the_page_that_goes_home_says_when_to_call_and_not_to_drive(house: House) -> None:
    row = recovering(house)
    page = f"/sessions/{row.pk}/when-to-call/"
    seen = house.client("nurse").get(page).content.decode()
    assert "Call the emergency number" in seen
    assert "Do not drive" in seen
    assert "Eat nothing" not in seen
    assert "999" not in seen
    Site.objects.filter(pk=house.site.pk).update(emergency="999")
    assert "Emergency: <strong>999</strong>" in house.client("nurse").get(page).content.decode()
