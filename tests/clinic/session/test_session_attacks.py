"""Attempts to chart what cannot have been: each is refused in words, or does no harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from attacking import A_REASON, ago, refused, seen
from django.utils import timezone
from in_session import another_today, checked_in, given, infusing, recovering, scheduled
from small_clinic import House

from unwound import session
from unwound_clinic.core import access
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.session import predicted
from unwound_clinic.session import translate as session_translate
from unwound_clinic.session.actions import amendments, appointments, charting, course, preparation


def charted_mg(row: InfusionSession) -> float:
    told = session_translate.watched_events(row.events.all())
    return sum(one.amount_mg for one in session.doses_given(told, timezone.now()))


def test_an_appointment_far_ahead_is_moved_and_given_up(house: House) -> None:
    row = scheduled(house)
    appointments.move_appointment(**given(house, row), at=timezone.now() + timedelta(days=9))
    course.abort(**given(house, row), reason="not wanted any more")
    row.refresh_from_db()
    assert row.state == "aborted"


def test_nobody_is_checked_in_for_another_day(house: House) -> None:
    row = scheduled(house, timezone.now() + timedelta(days=1))
    told = {"identifiers": {"name": "said", "birth-date": "1980-05-05"}}
    assert "this appointment is for" in refused(appointments.check_in, **given(house, row), **told)


def test_nobody_is_in_two_sessions_at_once(house: House) -> None:
    row = infusing(house)
    second = another_today(house, row, bed="Bed 4")
    told = {"identifiers": {"name": "said", "birth-date": "1980-05-05"}}
    assert "another session in progress" in refused(appointments.check_in, **given(house, second), **told)


@pytest.mark.parametrize(
    ("kind", "minutes"), [("stop", 30), ("start", 0), ("bolus", 30), ("rate", 30), ("bolus", 0), ("rate", 0)]
)
def test_no_amendment_puts_a_dose_outside_the_infusion(house: House, kind: str, minutes: float) -> None:
    row = infusing(house)
    charting.rate(**given(house, row), rate_mg_per_h=5.0)
    charting.bolus(**given(house, row), amount_mg=5.0, reason=A_REASON)
    course.stop(**given(house, row))
    before, event = charted_mg(row), row.events.get(kind=kind)
    told = {"event": event, "content": {}, "at": ago(minutes), "reason": "the clock was wrong"}
    assert "is not possible" in refused(amendments.amend, **given(house, row), **told)
    assert charted_mg(row) == pytest.approx(before)


@pytest.mark.parametrize(("minutes", "beyond"), [(239, False), (241, True)])
def test_an_infusion_of_which_more_went_in_than_was_ordered_says_so(house: House, minutes: int, beyond: bool) -> None:
    """The order is for four hours at one rate."""
    row = infusing(house)
    row.events.filter(kind="start").update(at=ago(minutes))
    assert ("more than ordered" in seen(house, row)) is beyond


def test_what_runs_on_after_the_order_is_predicted_to_run_on(house: House) -> None:
    row, now = infusing(house), timezone.now()
    row.events.filter(kind="start").update(at=ago(60 * 7))
    assert predicted.engine().wait(60)

    def predicted_at(hours: float) -> float:
        told = predicted.levels(row, tuple(row.events.order_by("at", "id")), now + timedelta(hours=hours))
        assert told is not None
        return told.now

    assert predicted_at(0) > predicted_at(-3.1) * 0.99, "seven hours in, three after the end of the order"
    charting.rate(**given(house, row), rate_mg_per_h=0.0)
    assert predicted_at(1) < predicted_at(0)


def test_an_amended_start_within_its_course_changes_the_dose_and_stays_in_the_record(house: House) -> None:
    row = recovering(house)
    start = row.events.get(kind="start")
    told = {"event": start, "content": {}, "at": ago(60), "reason": "charted an hour late"}
    amendments.amend(**given(house, row), **told)
    assert charted_mg(row) == pytest.approx(start.content["rate_mg_per_h"], rel=0.01)
    assert row.events.filter(kind="start").count() == 2


def test_a_clock_set_back_still_lets_the_infusion_be_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row = infusing(house)
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) - timedelta(minutes=5))
    assert course.stop(**given(house, row)).state == "recovering"
    stopped = row.events.get(kind="stop")
    assert stopped.at == stopped.recorded_at <= timezone.now(), "never in the future"


NO_NUMBERS = ["nan", "1_0", "inf", "-inf", "-5", "1e999", "", "five"]


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
    client.post(f"/sessions/{row.pk}/do/", {"do": "bolus", "amount": "1", "reason": A_REASON})
    bolus = row.events.get(kind="bolus")  # no page takes such a dose any more; rows of before may hold one
    SessionEvent.objects.filter(pk=bolus.pk).update(content={**bolus.content, "amount_mg": 1e308})
    for page in ("", "now/", "record/", "record.pdf", "drug/", "predicted.svg"):
        assert client.get(f"/sessions/{row.pk}/{page}").status_code == 200, page


def test_two_sessions_put_into_one_bed_at_the_same_moment_are_told_apart_by_the_database(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = infusing(house)
    second = another_today(house, row)
    InfusionSession.objects.filter(pk=second.pk).update(state="recovering")
    monkeypatch.setattr(appointments, "check_bed_is_free", lambda row: None)
    told = {"at": second.scheduled_at, "bed": row.bed}
    assert "another bed" in refused(appointments.move_appointment, **given(house, second), **told)


def test_what_is_no_number_is_not_prepared_nor_a_start_value(house: House) -> None:
    row, nothing = checked_in(house), float("nan")
    checker = access.Confirmed(house.users["second"])
    syringe = replace(preparation.Syringe.of(row), concentration_mg_per_ml=nothing)
    refused(preparation.prepare, **given(house, row), checker=checker, syringe=syringe)
    refused(preparation.baseline, **given(house, row), values={"systolic": nothing})


def test_a_start_value_is_none_once_the_infusion_runs(house: House) -> None:
    row = infusing(house)
    assert "infusing" in refused(preparation.baseline, **given(house, row), values={"systolic": 190.0})


@pytest.mark.parametrize("episode", ["", "x", "limit/spo2_low/spo2/a/b/c", "/" * 50])
def test_an_alert_of_nowhere_is_not_acknowledged(house: House, episode: str) -> None:
    row = infusing(house)
    sent = {"do": "acknowledge", "episode": episode, "reason": "seen"}
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 409
