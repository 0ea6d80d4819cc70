"""Attempts on the record of a session: its texts, tables, times and rows."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from arriving import receive
from attacking import ago, refused
from devices import oru
from django.utils import timezone
from in_session import another_today, given, infusing, recovering, scheduled
from small_clinic import House

from unwound_clinic.models import InfusionSession, SessionEvent, VitalReading
from unwound_clinic.session import gates, watching
from unwound_clinic.session.actions import (
    amendments,
    appointments,
    charting,
    controlled_drug,
    course,
    readings,
    voiding,
)
from unwound_clinic.session.infusion_record import content as session_content
from unwound_clinic.session.infusion_record import pdf as session_pdf


def test_a_text_is_kept_whole_or_refused_and_never_cut(house: House) -> None:
    row = infusing(house)
    assert "characters" in refused(charting.note, **given(house, row), text="a" * 2001)
    assert len(charting.note(**given(house, row), text="a" * 2000).content["note"]) == 2000
    event = row.events.get(kind="note")
    told = {"event": event, "content": {}, "at": event.at, "reason": "a" * 301}
    assert "characters" in refused(amendments.amend, **given(house, row), **told)
    told = {"what": "drawn", "lot": "L" * 60, "drug": "racemic ketamine", "mg": "10", "alone": "a test"}
    assert controlled_drug.account(**given(house, row), **told).content["lot"] == "L" * 60


def test_a_character_no_database_keeps_is_refused_in_words(house: House) -> None:
    row = infusing(house)
    answer = house.client("nurse").post(f"/sessions/{row.pk}/do/", {"do": "note", "note": "a\x00b"})
    assert answer.status_code == 400


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1+cmd|'x'!A0", "-1+1", "@SUM(A1)", "\t=1+1"])
def test_nothing_that_was_typed_or_sent_is_a_formula_in_the_table(house: House, formula: str) -> None:
    row, now = infusing(house), timezone.now()
    nurse = house.users["nurse"]
    nurse.name = formula
    nurse.save()
    (made,) = readings.enter_by_hand(**given(house, row), values={"spo2": 83.0})
    voiding.reading(**given(house, row), reading=made.pk, reason=formula)
    VitalReading.objects.create(
        session=row, at=now, received_at=now, sign="pain", value=4, source=formula, as_sent=formula
    )
    answer = house.client("nurse").get(f"/sessions/{row.pk}/readings.csv")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    cells = [cell for line in lines for cell in line]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t")]
    assert sum(cell == f"'{formula.strip()}" or cell == f"'{formula}" for cell in cells) >= 4


@pytest.mark.parametrize("number", ["²", "9" * 40, "-1", "x", ""])
def test_a_number_of_a_row_that_is_none_changes_nothing(house: House, number: str) -> None:
    row, client = infusing(house), house.client("nurse")
    assert client.post(f"/sessions/{row.pk}/record/", {"reading": number, "reason": "x"}).status_code == 409
    assert client.get(f"/sessions/{row.pk}/record/?every={number}").status_code == 200


def test_the_event_of_another_session_is_not_reached_through_this_one(house: House) -> None:
    row = infusing(house)
    event = row.events.get(kind="start")
    second = another_today(house, row)
    client = house.client("nurse")
    assert client.get(f"/sessions/{second.pk}/events/{event.pk}/").status_code == 404
    told = {"event": event, "content": {}, "at": event.at, "reason": "x"}
    assert "another session" in refused(amendments.amend, **given(house, second), **told)
    reading = row.readings.first()
    assert reading is not None
    told = {"reading": reading.pk, "reason": "x"}
    assert "does not belong to this session" in refused(voiding.reading, **given(house, second), **told)


@pytest.mark.parametrize(
    ("typed", "utc"),
    [("2025-10-26T02:40:00", "00:40"), ("2025-10-26T02:59:00", "00:59"), ("2025-10-26T03:10:00", "02:10")],
)
def test_in_the_night_of_the_clocks_an_amended_time_is_the_hour_nearer_to_what_it_was(
    house: House, typed: str, utc: str
) -> None:
    """Vienna went back at 01:00 UTC on 26 October 2025: 02:30 came twice."""
    row, client = infusing(house), house.client("nurse")
    at = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=at)
    event = charting.note(**given(house, row), text="calm")
    SessionEvent.objects.filter(pk=event.pk).update(at=at)
    client.post(f"/sessions/{row.pk}/events/{event.pk}/", {"do": "amend", "at": typed, "reason": "the clock"})
    assert f"{row.events.get(amends=event).at:%H:%M}" == utc


def test_an_hour_that_never_was_is_refused(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=datetime(2025, 3, 30, 0, 30, tzinfo=UTC))
    event = charting.note(**given(house, row), text="calm")
    sent = {"do": "amend", "at": "2025-03-30T02:30:00", "reason": "the clock"}
    answer = client.post(f"/sessions/{row.pk}/events/{event.pk}/", sent)
    assert answer.status_code == 409
    assert "did not exist" in answer.content.decode()


def test_a_session_whose_protocol_is_gone_is_still_watched_and_ended(house: House) -> None:
    row, client = recovering(house), house.client("nurse")
    row.plan.protocol = "given_up_long_ago"
    row.plan.save()
    for page in ("", "now/", "record/", "record.pdf", "readings.csv", "drug/", "leave/", "when-to-call/"):
        assert client.get(f"/sessions/{row.pk}/{page}").status_code == 200, page
    assert client.get("/board/").status_code == 200
    assert "given_up_long_ago" in "; ".join(one.why for one in gates.start(row).refusals)


def test_a_record_of_several_days_says_on_which_day(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=ago(60 * 24 * 3))
    for days in (3, 2):
        readings.enter_by_hand(**given(house, row), values={"pain": 4.0}, at=ago(60 * 24 * days))
    live = watching.whole(row)
    shown = client.get(f"/sessions/{row.pk}/record/").content.decode()
    told = session_pdf._content(row, live, session_content.record(row, live))
    for days in (3, 2, 0):
        day = f"{(timezone.now() - timedelta(days=days)).astimezone(house.site.zone):%-d %b} "
        assert f'<th scope="row">{day}' in shown
        assert sum(line[0].startswith(day) for line in told["lines"]) == 1
    assert told["events"][0]["at"][:1].isdigit()


def test_the_lines_of_the_record_are_a_table_with_what_happened(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    charting.note(**given(house, row), text="=1+1")
    charting.side_effect(**given(house, row), effect="nausea", grade=2)
    answer = client.get(f"/sessions/{row.pk}/record.csv?every=15")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [one["Pressure mmHg"] for one in lines] == ["124/78 h"]
    assert "side effect: nausea; grade 2" in lines[0]["events"]
    assert not [cell for line in lines for cell in line.values() if cell[:1] == "="]


def test_a_reading_claimed_from_after_the_leaving_is_in_the_record(house: House) -> None:
    row = scheduled(house)
    course.abort(**given(house, row), reason="not today")
    now = timezone.now()
    VitalReading.objects.create(session=row, at=now, received_at=now, sign="pain", value=4, source="tablet")
    shown = house.client("nurse").get(f"/sessions/{row.pk}/record/")
    assert shown.status_code == 200
    assert "<td>4</td>" in shown.content.decode()


SCRIPT = "<script>x</script>"


def test_no_name_that_a_person_or_a_device_gives_is_taken_for_the_page(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    appointments.move_appointment(**given(house, row), at=row.scheduled_at, bed=SCRIPT)
    charting.rescue_drug(**given(house, row), drug=SCRIPT, amount=SCRIPT)
    charting.side_effect(**given(house, row), effect=SCRIPT, grade=1)
    receive(
        house,
        oru(1, at=timezone.now(), bed=SCRIPT, name=SCRIPT),
        oru(2, bed="nowhere" + SCRIPT, name=SCRIPT),
        SCRIPT.encode(),
    )
    assert row.readings.exclude(message=None).exists()
    own = ("", "now/", "record/", "drug/", "start/", "appointment/", "predicted.svg")
    for page in (*(f"/sessions/{row.pk}/{one}" for one in own), "/board/", "/sessions/", "/monitors/", *WAITING):
        answer = client.get(page, follow=True).content.decode()
        assert SCRIPT not in answer, page
    assert "&lt;script&gt;" in client.get("/board/").content.decode()


WAITING = ("/readings/unassigned/", "/readings/quarantine/")
