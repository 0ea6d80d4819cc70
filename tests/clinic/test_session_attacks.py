"""Attempts to make a session's record say what cannot have been: each is refused in words, or does no harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from in_session import checked_in, infusing, prepared, recovering, scheduled
from small_clinic import House

from unwound import session
from unwound.record import UnwoundError
from unwound_clinic import access, record_pdf, recording, session_gates, translate_session, watching
from unwound_clinic.actions import (
    charting,
    consents,
    controlled,
    plans,
    readings,
    session_leaving,
    sessions,
    taking_back,
)
from unwound_clinic.actions.door import Conflict
from unwound_clinic.models import InfusionSession, SessionEvent, Stage, VitalReading

KETAMINE = {"lot": "K-77", "drug": "racemic ketamine"}
A_REASON = "decided together at the bedside"


def given(house: House, row: InfusionSession, role: str = "nurse") -> dict[str, Any]:
    return {"by": house.by(role), "patient": house.patient, "session": row}


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def charted_mg(row: InfusionSession) -> float:
    told = translate_session.happened(row.events.all())
    return sum(one.amount_mg for one in session.doses_given(told, timezone.now()))


def refused(change: Callable[..., Any], **told: Any) -> str:
    """Why, and that nothing was kept of it."""
    before = SessionEvent.objects.count()
    with pytest.raises((Conflict, UnwoundError)) as why:
        change(**told)
    assert SessionEvent.objects.count() == before
    return str(why.value)


def test_an_appointment_far_ahead_is_moved_and_given_up(house: House) -> None:
    row = scheduled(house)
    sessions.move_appointment(**given(house, row), at=timezone.now() + timedelta(days=9))
    sessions.abort(**given(house, row), reason="not wanted any more")
    row.refresh_from_db()
    assert row.state == "aborted"


def test_nobody_is_checked_in_for_another_day(house: House) -> None:
    row = scheduled(house, timezone.now() + timedelta(days=1))
    told = {"identifiers": {"name": "said", "birth-date": "1980-05-05"}}
    assert "this appointment is for" in refused(sessions.check_in, **given(house, row), **told)


def test_nobody_is_in_two_sessions_at_once(house: House) -> None:
    row = infusing(house)
    (second,) = sessions.schedule(
        by=house.by("nurse"), patient=house.patient, plan=row.plan, first_at=timezone.now(), days=(2,), bed="Bed 4"
    )
    told = {"identifiers": {"name": "said", "birth-date": "1980-05-05"}}
    assert "another session under way" in refused(sessions.check_in, **given(house, second), **told)


@pytest.mark.parametrize(
    ("kind", "minutes"), [("stop", 30), ("start", 0), ("bolus", 30), ("rate", 30), ("bolus", 0), ("rate", 0)]
)
def test_no_amendment_puts_a_dose_outside_the_infusion(house: House, kind: str, minutes: float) -> None:
    row = infusing(house)
    charting.rate(**given(house, row), rate_mg_per_h=5.0)
    charting.bolus(**given(house, row), amount_mg=5.0, reason=A_REASON)
    sessions.stop(**given(house, row))
    before, event = charted_mg(row), row.events.get(kind=kind)
    told = {"event": event, "content": {}, "at": ago(minutes), "reason": "the clock was wrong"}
    assert "cannot be" in refused(charting.amend, **given(house, row), **told)
    assert charted_mg(row) == pytest.approx(before)


def test_an_amended_start_within_its_course_changes_the_dose_and_stays_in_the_record(house: House) -> None:
    row = recovering(house)
    start = row.events.get(kind="start")
    told = {"event": start, "content": {}, "at": ago(60), "reason": "charted an hour late"}
    charting.amend(**given(house, row), **told)
    assert charted_mg(row) == pytest.approx(start.content["rate_mg_per_h"], rel=0.01)
    assert row.events.filter(kind="start").count() == 2


def test_a_clock_set_back_still_lets_the_infusion_be_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row = infusing(house)
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) - timedelta(minutes=5))
    assert sessions.stop(**given(house, row)).state == "recovering"
    started, stopped = (row.events.get(kind=kind).at for kind in ("start", "stop"))
    assert stopped == started


NO_NUMBERS = ["nan", "inf", "-inf", "-5", "1e999", "", "five"]


@pytest.mark.parametrize("typed", NO_NUMBERS)
@pytest.mark.parametrize(
    ("do", "name", "more"),
    [
        ("rate", "rate", {"reason": A_REASON}),
        ("bolus", "amount", {"reason": A_REASON}),
        ("effect", "grade", {"effect": "nausea"}),
        ("read", "systolic", {}),
    ],
)
def test_no_button_takes_what_is_no_number(house: House, do: str, name: str, more: dict[str, str], typed: str) -> None:
    row = infusing(house)
    before = (row.events.count(), row.readings.count())
    answer = house.client("nurse").post(f"/sessions/{row.pk}/do/", {"do": do, name: typed, **more})
    assert answer.status_code in (200, 409)
    assert (row.events.count(), row.readings.count()) == before


@pytest.mark.parametrize(
    ("kind", "name", "typed"),
    [
        ("baseline", "value", "nan"),
        ("baseline", "value", "1e308"),
        ("baseline", "value", "-4"),
        ("rate", "rate_mg_per_h", "-1"),
        ("rate", "rate_mg_per_h", "inf"),
        ("side-effect", "grade", "6"),
        ("side-effect", "grade", "2.5"),
        ("side-effect", "grade", "nan"),
    ],
)
def test_no_amendment_makes_a_number_that_would_not_have_been_charted(
    house: House, kind: str, name: str, typed: str
) -> None:
    row = infusing(house)
    charting.rate(**given(house, row), rate_mg_per_h=5.0)
    charting.side_effect(**given(house, row), effect="nausea", grade=2)
    event = row.events.filter(kind=kind).first()
    assert event is not None
    sent = {"do": "amend", name: typed, "reason": "typed wrongly"}
    assert house.client("nurse").post(f"/sessions/{row.pk}/events/{event.pk}/", sent).status_code == 409
    assert not row.events.filter(amends=event).exists()


@pytest.mark.parametrize(("typed", "grade"), [("1", 1), ("5", 5), ("0", None), ("6", None), ("1.9", None)])
def test_a_grade_is_a_whole_number_from_one_to_five(house: House, typed: str, grade: int | None) -> None:
    row = infusing(house)
    sent = {"do": "effect", "effect": "nausea", "grade": typed}
    assert (house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 302) is (grade is not None)
    assert [one.content["grade"] for one in row.events.filter(kind="side-effect")] == ([grade] if grade else [])


@pytest.mark.parametrize("typed", ["5,5", "5.5", " 5.5 ", "٥.٥"])
def test_a_number_may_be_typed_with_a_comma_or_in_other_digits(house: House, typed: str) -> None:
    row = infusing(house)
    house.client("nurse").post(f"/sessions/{row.pk}/do/", {"do": "rate", "rate": typed})
    assert row.events.get(kind="rate").content["rate_mg_per_h"] == 5.5


def test_a_dose_beyond_all_measure_is_kept_as_typed_and_breaks_no_page(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    client.post(f"/sessions/{row.pk}/do/", {"do": "bolus", "amount": "1e308", "reason": A_REASON})
    assert float(row.events.get(kind="bolus").content["amount_mg"]) == 1e308
    for page in ("", "now/", "record/", "record.pdf", "drug/", "predicted.svg"):
        assert client.get(f"/sessions/{row.pk}/{page}").status_code == 200, page


def test_two_sessions_put_into_one_bed_at_the_same_moment_are_told_apart_by_the_database(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = infusing(house)
    (second,) = sessions.schedule(
        by=house.by("nurse"), patient=house.patient, plan=row.plan, first_at=timezone.now(), days=(2,)
    )
    InfusionSession.objects.filter(pk=second.pk).update(state="recovering")
    monkeypatch.setattr(sessions, "_check_bed", lambda row: None)
    told = {"at": second.scheduled_at, "bed": row.bed}
    assert "another bed" in refused(sessions.move_appointment, **given(house, second), **told)


def test_what_is_no_number_is_not_prepared_nor_a_start_value(house: House) -> None:
    row, nothing = checked_in(house), float("nan")
    checker = access.Confirmed(house.users["second"])
    refused(sessions.prepare, **given(house, row), checker=checker, concentration_mg_per_ml=nothing)
    refused(sessions.baseline, **given(house, row), values={"systolic": nothing})


def test_a_start_value_is_none_once_the_infusion_runs(house: House) -> None:
    row = infusing(house)
    assert "infusing" in refused(sessions.baseline, **given(house, row), values={"systolic": 190.0})


def test_the_balance_is_decided_otherwise_at_the_end_only(house: House) -> None:
    row = prepared(house)
    told = {"gate": "start", "requirement": session_gates.BALANCE, "reason": A_REASON}
    assert "nobody may" in refused(session_leaving.override, **given(house, row, "physician"), **told)
    assert session_gates.start(row).opens


def test_nothing_is_given_of_a_lot_whose_drawing_up_was_taken_back(house: House) -> None:
    row = infusing(house)
    charting.take_back(**given(house, row), event=row.events.get(kind="drug"), reason="another patient's")
    assert "drawn up" in refused(controlled.account, **given(house, row), what="given", mg="10", **KETAMINE)


def test_what_was_broken_off_is_accounted_for_afterwards(house: House) -> None:
    row = infusing(house)
    sessions.abort(**given(house, row, "physician"), reason="chest pain", handed_over="the emergency team")
    assert "waste" in house.client("nurse").get(f"/sessions/{row.pk}/drug/").content.decode().lower()
    told = {"what": "wasted", "mg": "200", "witness": access.Confirmed(house.users["second"])}
    controlled.account(**given(house, row), **told, **KETAMINE)
    (lot,) = translate_session.lots(row.events.all())
    assert lot.wasted_mg == 200


@pytest.mark.parametrize("mg", ["NaN", "Infinity", "-1", "0", "0,0", "", "ten", "1e9", "1e999999999", "1_0"])
def test_an_amount_is_a_number_of_milligrams(house: House, mg: str) -> None:
    row = infusing(house)
    refused(controlled.account, **given(house, row), what="given", mg=mg, **KETAMINE)


def test_a_text_is_kept_whole_or_refused_and_never_cut(house: House) -> None:
    row = infusing(house)
    assert "letters" in refused(charting.note, **given(house, row), text="a" * 2001)
    assert len(charting.note(**given(house, row), text="a" * 2000).content["note"]) == 2000
    event = row.events.get(kind="note")
    told = {"event": event, "content": {}, "at": event.at, "reason": "a" * 301}
    assert "letters" in refused(charting.amend, **given(house, row), **told)
    told = {"what": "drawn", "lot": "L" * 60, "drug": "racemic ketamine", "mg": "10"}
    assert controlled.account(**given(house, row), **told).content["lot"] == "L" * 60


def test_a_character_no_database_keeps_is_refused_in_words(house: House) -> None:
    row = infusing(house)
    answer = house.client("nurse").post(f"/sessions/{row.pk}/do/", {"do": "note", "note": "a\x00b"})
    assert answer.status_code == 409


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1+cmd|'x'!A0", "-1+1", "@SUM(A1)", "\t=1+1"])
def test_nothing_that_was_typed_or_sent_is_a_formula_in_the_table(house: House, formula: str) -> None:
    row, now = infusing(house), timezone.now()
    nurse = house.users["nurse"]
    nurse.name = formula
    nurse.save()
    (made,) = readings.enter_by_hand(**given(house, row), values={"spo2": 83.0})
    taking_back.reading(**given(house, row), reading=made.pk, reason=formula)
    VitalReading.objects.create(
        session=row, at=now, received_at=now, sign="pain", value=4, source=formula, as_sent=formula
    )
    answer = house.client("nurse").get(f"/sessions/{row.pk}/readings.csv")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    cells = [cell for line in lines for cell in line]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t")]
    assert sum(cell == f"'{formula.strip()}" or cell == f"'{formula}" for cell in cells) >= 4


def test_a_box_that_is_unticked_says_no(house: House) -> None:
    row, client = recovering(house), house.client("nurse")
    client.post(f"/sessions/{row.pk}/leave/", {"do": "leaving", "escort_present": "on"})
    assert "escort" in session_gates.leave(row).met
    client.post(f"/sessions/{row.pk}/leave/", {"do": "leaving", "aldrete": "10"})
    assert "escort" not in session_gates.leave(row).met


def test_what_was_ticked_before_the_start_can_be_unticked(house: House) -> None:
    row, client = prepared(house), house.client("nurse")
    client.post(f"/sessions/{row.pk}/start/", {"do": "today", "today-suction_checked": "on"})
    assert [one.requirement for one in session_gates.start(row).refusals] == ["rescue"]


def test_no_hours_without_food_are_known_and_not_enough(house: House) -> None:
    row, client = prepared(house, without=("hours_without_food",)), house.client("nurse")
    client.post(f"/sessions/{row.pk}/start/", {"do": "today", "today-hours_without_food": "0"})
    whys = {one.requirement: one.why for one in session_gates.start(row).refusals}
    assert "0 h without food" in whys["fasting"]


@pytest.mark.parametrize("number", ["²", "9" * 40, "-1", "x", ""])
def test_a_number_of_a_row_that_is_none_changes_nothing(house: House, number: str) -> None:
    row, client = infusing(house), house.client("nurse")
    assert client.post(f"/sessions/{row.pk}/record/", {"reading": number, "reason": "x"}).status_code == 409
    assert client.get(f"/sessions/{row.pk}/record/?every={number}").status_code == 200


def test_the_event_of_another_session_is_not_reached_through_this_one(house: House) -> None:
    row = infusing(house)
    event = row.events.get(kind="start")
    (second,) = sessions.schedule(
        by=house.by("nurse"), patient=house.patient, plan=row.plan, first_at=timezone.now(), days=(2,)
    )
    client = house.client("nurse")
    assert client.get(f"/sessions/{second.pk}/events/{event.pk}/").status_code == 404
    told = {"event": event, "content": {}, "at": event.at, "reason": "x"}
    assert "another session" in refused(charting.amend, **given(house, second), **told)
    reading = row.readings.first()
    assert reading is not None
    told = {"reading": reading.pk, "reason": "x"}
    assert "no such reading" in refused(taking_back.reading, **given(house, second), **told)


@pytest.mark.parametrize("episode", ["", "x", "limit/spo2_low/spo2/a/b/c", "/" * 50])
def test_an_alert_of_nowhere_is_not_acknowledged(house: House, episode: str) -> None:
    row = infusing(house)
    sent = {"do": "acknowledge", "episode": episode, "reason": "seen"}
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 409


@pytest.mark.parametrize(
    ("typed", "utc"),
    [("2026-10-25T02:40:00", "00:40"), ("2026-10-25T02:59:00", "00:59"), ("2026-10-25T03:10:00", "02:10")],
)
def test_in_the_night_of_the_clocks_an_amended_time_is_the_hour_nearer_to_what_it_was(
    house: House, typed: str, utc: str
) -> None:
    """Vienna went back at 01:00 UTC on 25 October 2026: 02:30 came twice."""
    row, client = infusing(house), house.client("nurse")
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=at)
    event = charting.note(**given(house, row), text="calm")
    SessionEvent.objects.filter(pk=event.pk).update(at=at)
    client.post(f"/sessions/{row.pk}/events/{event.pk}/", {"do": "amend", "at": typed, "reason": "the clock"})
    assert f"{row.events.get(amends=event).at:%H:%M}" == utc


def test_an_hour_that_never_was_is_refused(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    event = charting.note(**given(house, row), text="calm")
    sent = {"do": "amend", "at": "2026-03-29T02:30:00", "reason": "the clock"}
    answer = client.post(f"/sessions/{row.pk}/events/{event.pk}/", sent)
    assert answer.status_code == 409
    assert "did not happen" in answer.content.decode()


def test_a_session_whose_protocol_is_gone_is_still_watched_and_ended(house: House) -> None:
    row, client = recovering(house), house.client("nurse")
    row.plan.protocol = "given_up_long_ago"
    row.plan.save()
    for page in ("", "now/", "record/", "record.pdf", "readings.csv", "drug/", "leave/", "when-to-call/"):
        assert client.get(f"/sessions/{row.pk}/{page}").status_code == 200, page
    assert client.get("/board/").status_code == 200
    assert "given_up_long_ago" in "; ".join(one.why for one in session_gates.start(row).refusals)


def refusals(passage: session.Passage) -> dict[str, str]:
    return {one.requirement: one.why for one in passage.refusals}


def test_what_was_found_out_yesterday_opens_nothing_today(house: House) -> None:
    row = prepared(house, without=("hours_without_food",))
    told = {"gate": "start", "requirement": "fasting", "reason": A_REASON}
    session_leaving.override(**given(house, row, "physician"), **told)
    assert session_gates.start(row).opens
    for event in row.events.all():
        SessionEvent.objects.filter(pk=event.pk).update(at=event.at - timedelta(days=1))
    of_the_day = {"weight", "second_check", "fasting", "driver", "pregnancy", "baseline", "rescue", "suction"}
    assert set(refusals(session_gates.start(row))) == of_the_day
    sessions.know_today(**given(house, row), known={"suction_checked": True})
    assert set(refusals(session_gates.start(row))) == of_the_day - {"suction"}


def test_yesterdays_answers_are_not_filled_in_for_today(house: House) -> None:
    row, client = prepared(house), house.client("nurse")
    for event in row.events.all():
        SessionEvent.objects.filter(pk=event.pk).update(at=event.at - timedelta(days=1))
    client.post(f"/sessions/{row.pk}/start/", {"do": "today", "today-hours_without_food": "8"})
    assert row.events.filter(kind="today").latest("id").content == {"hours_without_food": 8.0}


@pytest.mark.parametrize(("times", "opens"), [(1.0, True), (1.09, True), (1.11, False), (0.89, False), (0.6, False)])
def test_an_order_for_another_weight_is_not_given(house: House, times: float, opens: bool) -> None:
    row = prepared(house, without=("weight",))
    weight = round(row.plan.weight_kg * times, 1)
    sessions.know_today(**given(house, row), known={"weight_kg": weight})
    assert ("weight" not in refusals(session_gates.start(row))) is opens


def test_a_pregnancy_test_has_its_day_and_moves_no_other_fact(house: House) -> None:
    row = checked_in(house)
    told = {"pregnancy_test": "negative", "weight_kg": row.plan.weight_kg}
    assert "on which day" in refused(sessions.know_today, **given(house, row), known=told)
    today = timezone.now().astimezone(house.site.zone).date()
    tested = today - timedelta(days=5)
    sessions.know_today(**given(house, row), known={**told, "tested_on": tested.isoformat()})
    on = {one.key: one.on for one in house.patient.entries.filter(current=True, kind="fact")}
    assert (on["pregnancy_test_done"], on["pregnant"], on["weight_kg"]) == (tested, tested, today)


@pytest.mark.parametrize(("days", "opens"), [(0, True), (7, True), (8, False), (-1, False)])
def test_a_pregnancy_test_holds_for_a_week_and_none_is_of_tomorrow(house: House, days: int, opens: bool) -> None:
    row = prepared(house, without=("pregnancy_possible",))
    tested = timezone.now().astimezone(house.site.zone).date() - timedelta(days=days)
    known = {"pregnancy_possible": True, "pregnancy_test": "negative", "tested_on": tested.isoformat()}
    sessions.know_today(**given(house, row), known=known)
    assert ("pregnancy" not in refusals(session_gates.start(row))) is opens


@pytest.mark.parametrize(("days", "opens"), [(1, True), (0, True), (-1, False)])
def test_a_consent_holds_to_its_last_day(house: House, days: int, opens: bool) -> None:
    row = prepared(house)
    today = timezone.now().astimezone(house.site.zone).date()
    house.patient.consents.update(expires_on=today + timedelta(days=days))
    assert session_gates.start(row).opens is opens


def test_vital_signs_of_before_the_end_are_not_back_at_the_start(house: House) -> None:
    row = infusing(house)
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    sessions.stop(**given(house, row))
    assert "not read at the start and now" in refusals(session_gates.leave(row))["vitals"]
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    assert "vitals" not in refusals(session_gates.leave(row))


def test_a_value_that_is_not_believed_or_grown_old_is_not_back_at_the_start(house: House) -> None:
    row = recovering(house)
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    later = timezone.now() + timedelta(seconds=session.sign("systolic").gap.value + 1)
    assert "vitals" in refusals(session_gates.leave(row, later))
    VitalReading.objects.filter(session=row, sign="systolic").update(value=300.0)
    assert "vitals" in refusals(session_gates.leave(row))


def test_nobody_decides_otherwise_on_an_alert_that_nobody_has_seen(house: House) -> None:
    row = recovering(house)
    told = {"gate": "leave", "requirement": "alerts_seen", "reason": A_REASON}
    assert "nobody may" in refused(session_leaving.override, **given(house, row, "physician"), **told)


def ran_for(house: House, hours: float) -> InfusionSession:
    """An infusion of so many hours that has ended."""
    row = infusing(house)
    row.events.filter(kind="start").update(at=ago(60 * hours))
    return sessions.stop(**given(house, row))


@pytest.mark.parametrize(
    ("charted_as_given", "closes"), [(None, False), ("10", False), ("23.8", True), ("30", True), ("100", False)]
)
def test_what_is_charted_as_given_has_to_agree_with_what_ran(
    house: House, charted_as_given: str | None, closes: bool
) -> None:
    """11.9 mg/h for two hours of 200 mg that were drawn up: 23.8 mg, and ten to either side."""
    row = ran_for(house, 2)
    if charted_as_given:
        controlled.account(**given(house, row), what="given", mg=charted_as_given, **KETAMINE)
    rest = str(200 - float(charted_as_given or 0))
    controlled.account(
        **given(house, row), what="wasted", mg=rest, witness=access.Confirmed(house.users["second"]), **KETAMINE
    )
    why = refusals(session_gates.leave(row)).get(session_gates.BALANCE, "")
    assert (why == "") is closes
    assert closes or "by the charted rates 23.8 mg went in" in why


def test_one_lot_never_hides_what_was_too_much_of_another(house: House) -> None:
    row = ran_for(house, 2)
    other = {"lot": "K-78", "drug": "racemic ketamine"}
    controlled.account(**given(house, row), what="drawn", mg="50", **other)
    controlled.account(**given(house, row), what="given", mg="220", **KETAMINE)
    controlled.account(
        **given(house, row), what="wasted", mg="30", witness=access.Confirmed(house.users["second"]), **other
    )
    assert "lot K-77: 20 mg more than was drawn up" in refusals(session_gates.leave(row))[session_gates.BALANCE]


def seen(house: House, row: InfusionSession) -> str:
    return house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()


def test_a_consent_withdrawn_in_the_infusion_is_seen_at_the_bed_and_nothing_goes_on(house: House) -> None:
    row = infusing(house)
    assert "WITHDRAWN" not in seen(house, row)
    consent = house.patient.consents.get()
    consents.withdraw(by=house.by("coordinator"), patient=house.patient, consent=consent, reason="wants no more")
    assert "CONSENT WITHDRAWN: wants no more" in seen(house, row)
    sessions.pause(**given(house, row))
    assert "consent still hold" in refused(sessions.resume, **given(house, row))
    assert sessions.stop(**given(house, row)).state == "recovering"


def test_an_order_cancelled_in_the_infusion_is_seen_at_the_bed_and_nothing_goes_on(house: House) -> None:
    row = infusing(house)
    plans.cancel(by=house.by("physician"), patient=house.patient, plan=row.plan, reason="another course")
    assert "ORDER CANCELLED: another course" in seen(house, row)
    sessions.pause(**given(house, row))
    assert "order and the consent" in refused(sessions.resume, **given(house, row))


def go_home(house: House, row: InfusionSession) -> None:
    """Everything that is asked before leaving, and the way home."""
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    known = {"aldrete": 10.0, "padss": 10.0, "escort_present": True, "when_to_call_given": True}
    known |= {"told_not_to_drive": True, "next_call": tomorrow.isoformat()}
    session_leaving.before_leaving(**given(house, row), known=known)
    told = {"requirement": "watched", "gate": "leave", "reason": A_REASON}
    session_leaving.override(**given(house, row, "physician"), **told)
    told = {"what": "wasted", "mg": "200", "witness": access.Confirmed(house.users["second"])}
    controlled.account(**given(house, row), **told, **KETAMINE)
    session_leaving.discharge(**given(house, row))


def test_a_cancelled_order_is_never_done(house: House) -> None:
    row = infusing(house)
    plans.cancel(by=house.by("physician"), patient=house.patient, plan=row.plan, reason="another course")
    sessions.stop(**given(house, row))
    go_home(house, row)
    row.plan.refresh_from_db()
    house.patient.refresh_from_db()
    assert (row.plan.state, house.patient.stage) == ("cancelled", Stage.FOLLOW_UP)


@pytest.mark.parametrize(("protocol", "asked"), [("crps_ketamine_10_days", True), ("crps_ketamine_5_days", False)])
def test_only_who_goes_home_needs_a_driver(house: House, protocol: str, asked: bool) -> None:
    row = prepared(house, without=("driver",))
    row.plan.protocol = protocol
    assert ("driver" in refusals(session_gates.start(row))) is asked


def test_a_record_of_several_days_says_on_which_day(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    for days in (3, 2):
        readings.enter_by_hand(**given(house, row), values={"pain": 4.0}, at=ago(60 * 24 * days))
    live = watching.live(row)
    shown = client.get(f"/sessions/{row.pk}/record/").content.decode()
    told = record_pdf._content(row, recording.of(row, live))
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
    sessions.abort(**given(house, row), reason="not today")
    now = timezone.now()
    VitalReading.objects.create(session=row, at=now, received_at=now, sign="pain", value=4, source="tablet")
    shown = house.client("nurse").get(f"/sessions/{row.pk}/record/")
    assert shown.status_code == 200
    assert "<td>4</td>" in shown.content.decode()
