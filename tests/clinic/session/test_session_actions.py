"""Every step of a session: what it needs, who may, what is refused and why; alerts once, amendments, the drug's sum."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from in_session import (
    START,
    another_today,
    checked_in,
    checked_plan,
    given,
    infusing,
    prepared,
    record_new,
    recovering,
    scheduled,
)
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, InfusionSession, SessionEvent, Stage, VitalReading
from unwound_clinic.session import gates, order, timetable, watching
from unwound_clinic.session import translate as session_translate
from unwound_clinic.session.actions import (
    alerts,
    amendments,
    appointments,
    charting,
    controlled_drug,
    course,
    discharge,
    preparation,
    readings,
    voiding,
)
from unwound_clinic.treatment.actions import plans

FIRST_RATE = 11.9


def _longer_or_shorter(day: datetime) -> bool:
    """Whether the clocks change in the week that follows."""
    return day.utcoffset() != (day + timedelta(days=7)).utcoffset()


def test_every_infusion_of_a_checked_order_gets_its_session_at_the_same_hour_of_the_clock(house: House) -> None:
    plan = checked_plan(house)
    today = timezone.now().astimezone(house.site.zone)
    spring = today.replace(year=today.year + (today.month >= 3), month=3, day=1, hour=9, minute=0, second=0)
    first = next(day for day in (spring + timedelta(days=n) for n in range(40)) if _longer_or_shorter(day))
    made = appointments.schedule(by=house.by("coordinator"), patient=house.patient, plan=plan, first_at=first)
    assert [one.day for one in made] == [one.day for one in order.runs(plan)]
    hours = {one.scheduled_at.astimezone(house.site.zone).hour for one in InfusionSession.objects.all()}
    assert len(made) == 10
    assert hours == {9}, "the clocks change within the course"


@pytest.mark.parametrize(
    ("hours", "days", "says"),
    [
        (-1, (1,), "is in the past"),
        (24 * 400, (1,), "more than a year ahead"),
        (0, (2,), "one session a day, in the order of the course"),
        (-24, (2,), "is in the past"),
        (24, (2,), ""),
    ],
)
def test_an_appointment_is_in_time_and_in_the_order_of_the_course(
    house: House, hours: float, days: tuple[int, ...], says: str
) -> None:
    plan = scheduled(house).plan if days == (2,) else checked_plan(house)
    at = timezone.now() + timedelta(hours=hours)
    asked = {"by": house.by("coordinator"), "patient": house.patient, "plan": plan, "first_at": at, "days": days}
    if says:
        with pytest.raises(Conflict, match=says):
            appointments.schedule(**asked)
    else:
        assert len(appointments.schedule(**asked)) == 1


@pytest.mark.parametrize(("bed", "free"), [("Bed 3", False), ("Bed 4", True), ("", True)])
def test_two_patients_are_not_put_into_one_bed_at_one_time(house: House, bed: str, free: bool) -> None:
    row = scheduled(house)
    InfusionSession.objects.filter(pk=row.pk).update(bed="Bed 3")
    other = InfusionSession(
        patient=house.others_patient, site=row.site, plan=row.plan, day=1, bed=bed, scheduled_at=row.scheduled_at
    )
    assert (not list(timetable.alone(other))) is free


def test_no_infusion_gets_two_sessions(house: House) -> None:
    row = scheduled(house)
    with pytest.raises(Conflict, match="every infusion"):
        appointments.schedule(
            by=house.by("nurse"), patient=house.patient, plan=row.plan, first_at=timezone.now(), days=(1,)
        )


def test_only_a_checked_order_gets_sessions(house: House) -> None:
    plan = checked_plan(house)
    plan.state = "ordered"
    plan.save()
    with pytest.raises(Conflict, match="checked"):
        appointments.schedule(by=house.by("nurse"), patient=house.patient, plan=plan, first_at=timezone.now())


def test_a_session_is_watched_over_by_a_prescriber(house: House) -> None:
    plan, now = checked_plan(house), timezone.now()
    with pytest.raises(Conflict, match="physician"):
        appointments.schedule(
            by=house.by("nurse"), patient=house.patient, plan=plan, first_at=now, provider=house.users["nurse"]
        )


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


ON_A_SESSION: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("rate", charting.rate, {"rate_mg_per_h": 5.0}),
    ("bolus", charting.bolus, {"amount_mg": 5.0, "reason": "ordered by phone"}),
    ("rescue", charting.rescue_drug, {"drug": "ondansetron"}),
    ("effect", charting.side_effect, {"effect": "nausea", "grade": 1}),
    ("note", charting.note, {"text": "calm"}),
    ("pause", course.pause, {}),
    ("stop", course.stop, {}),
    (
        "drug",
        controlled_drug.account,
        {"what": "drawn", "lot": "1", "drug": "racemic ketamine", "mg": "50", "alone": "nobody free"},
    ),
]


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
@pytest.mark.parametrize(("name", "act", "told"), ON_A_SESSION, ids=[one[0] for one in ON_A_SESSION])
def test_who_does_not_care_for_the_patient_charts_nothing(
    house: House, role: str, name: str, act: Callable[..., Any], told: dict[str, Any]
) -> None:
    row = infusing(house)
    before = (SessionEvent.objects.count(), audit.head())
    with pytest.raises(access.Refused):
        act(**given(house, row, role), **told)
    assert (SessionEvent.objects.count(), audit.head()) == before


@pytest.mark.parametrize(("name", "act", "told"), ON_A_SESSION, ids=[one[0] for one in ON_A_SESSION])
def test_each_thing_charted_counts_up_for_the_screens_and_leaves_an_event(
    house: House, name: str, act: Callable[..., Any], told: dict[str, Any]
) -> None:
    row = infusing(house)
    row.refresh_from_db()
    act(**given(house, row), **told)
    after = InfusionSession.objects.get(pk=row.pk)
    assert after.changed > row.changed
    assert AuditEvent.objects.order_by("-number")[0].action.startswith("session.")


def test_what_belongs_to_another_patient_is_not_touched(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="another patient"):
        charting.note(by=house.by("stranger"), patient=house.others_patient, session=row, text="wrong")


def test_above_the_order_a_rate_needs_its_reason(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="who ordered it"):
        charting.rate(**given(house, row), rate_mg_per_h=40.0)
    with pytest.raises(charting.Doubtful, match="Really"):
        charting.rate(**given(house, row), rate_mg_per_h=40.0, reason="Dr Test by phone")
    with pytest.raises(charting.Doubtful, match="second person"):
        charting.rate(**given(house, row), rate_mg_per_h=40.0, reason="Dr Test by phone", sure=True)
    second = access.Confirmed(house.users["physician"])
    charting.rate(**given(house, row), rate_mg_per_h=40.0, reason="Dr Test by phone", sure=True, second=second)
    assert row.events.get(kind="rate").content["second_person"] == "Test Physician"


@pytest.mark.parametrize("reason", ["x", "xx", "...", "xxxxxx", "ok", "  ", "12345"])
def test_what_says_nothing_is_no_reason_for_a_rate_above_the_order(house: House, reason: str) -> None:
    row = infusing(house)
    with pytest.raises(charting.Doubtful, match="who ordered it"):
        charting.rate(**given(house, row), rate_mg_per_h=13.0, reason=reason, sure=True)
    assert not row.events.filter(kind="rate").exists()


@pytest.mark.parametrize(("times", "asked"), [(1.01, False), (1.49, False), (1.5, True), (2, True)])
def test_from_one_and_a_half_times_the_order_a_second_person_confirms(house: House, times: float, asked: bool) -> None:
    row = infusing(house)
    run = order.run_of(row)
    assert run is not None
    rate: dict[str, Any] = {"rate_mg_per_h": run.highest * times, "reason": "Dr Test by phone", "sure": True}
    if asked:
        with pytest.raises(Conflict, match="second person"):
            charting.rate(**given(house, row), **rate)
        with pytest.raises(Conflict, match="two people"):
            charting.rate(**given(house, row), **rate, second=access.Confirmed(house.users["nurse"]))
        rate["second"] = access.Confirmed(house.users["physician"])
    charting.rate(**given(house, row), **rate)
    charting.rate(**given(house, row), rate_mg_per_h=run.highest / 2)  # lowering needs nobody
    assert row.events.filter(kind="rate").count() == 2


def test_a_paused_infusion_goes_on_and_ends_along_the_table_only(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="infusing"):
        course.resume(**given(house, row))
    course.pause(**given(house, row))
    course.resume(**given(house, row))
    course.stop(**given(house, row))
    with pytest.raises(Conflict, match="recovering"):
        course.pause(**given(house, row))
    told = row.events.exclude(kind__in=("moved", "today", "baseline", "drug", "identity"))
    kinds = list(told.order_by("id").values_list("kind"))
    assert [kind for (kind,) in kinds] == ["start", "pause", "resume", "stop"]


def test_breaking_off_a_running_infusion_needs_a_prescriber_a_reason_and_who_takes_over(house: House) -> None:
    row = infusing(house)
    told = {"reason": "chest pain", "handed_over": "the emergency team"}
    with pytest.raises(Conflict, match="not allowed for the role nurse"):
        course.abort(**given(house, row), **told)
    with pytest.raises(Conflict, match="who took over the patient's care"):
        course.abort(**given(house, row, "physician"), reason="chest pain")
    row.refresh_from_db()
    assert row.state == "infusing"
    course.abort(**given(house, row, "physician"), **told)
    row.refresh_from_db()
    assert (row.state, row.ended_at is not None) == ("aborted", True)


def low_saturation(house: House, row: InfusionSession, value: float = 85.0) -> None:
    readings.enter_by_hand(**given(house, row), values={"spo2": value})


def test_an_alert_is_raised_once_and_stays_until_somebody_acknowledges_it(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    assert row.events.filter(kind="raised").count() == 1
    assert record_new(house, row) == 0
    low_saturation(house, row, 97.0)
    (open_,) = watching.live(row).watched.open
    assert (open_.episode.rule, open_.until is not None) == ("spo2_low", True)
    alerts.acknowledge(**given(house, row), episode=open_.episode, reason="oxygen given")
    assert watching.live(row).watched.open == ()
    assert row.events.filter(kind="raised").count() == 1
    with pytest.raises(Conflict, match="already acknowledged it"):
        alerts.acknowledge(**given(house, row), episode=open_.episode, reason="again")


def test_a_second_fall_is_a_second_alert(house: House) -> None:
    row = infusing(house)
    now = timezone.now()
    for minutes, value in ((9, 85.0), (7, 97.0), (3, 84.0)):
        at = now - timedelta(minutes=minutes)
        readings.enter_by_hand(**given(house, row), values={"spo2": value}, at=at)
    assert row.events.filter(kind="raised").count() == 2


def test_an_alert_that_advises_to_stop_holds_the_infusion_until_it_was_seen(house: House) -> None:
    row = infusing(house)
    course.pause(**given(house, row))
    low_saturation(house, row)
    with pytest.raises(Conflict, match="acknowledged"):
        course.resume(**given(house, row))
    (alert,) = watching.live(row).watched.open
    alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen at the bedside, patient well")
    with pytest.raises(Conflict, match="oxygen saturation 85 %"):
        course.resume(**given(house, row))
    low_saturation(house, row, 97.0)
    course.resume(**given(house, row))


def test_what_is_not_back_within_its_limit_is_resumed_only_by_a_prescriber_with_a_reason(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    course.pause(**given(house, row))
    (alert,) = watching.live(row).watched.open
    alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen at the bedside, patient well")
    with pytest.raises(Conflict, match="Only a prescriber"):
        course.resume(**given(house, row), despite="cold fingers")
    with pytest.raises(Conflict, match="with a reason"):
        course.resume(**given(house, row, "physician"), despite="  ")
    course.resume(**given(house, row, "physician"), despite="cold fingers, 97 % on the ear")
    (resumed,) = row.events.filter(kind="resume")
    assert "cold fingers, 97 % on the ear (although: oxygen saturation 85 %" in resumed.content["reason"]


def test_a_worse_value_calls_again_and_is_recorded_with_what_was_seen(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    (alert,) = watching.live(row).watched.open
    alerts.acknowledge(**given(house, row), episode=alert.episode, reason="patient well")
    assert watching.live(row).watched.open == ()
    low_saturation(house, row, 71.0)
    (again,) = watching.live(row).watched.open
    assert again.again == "worse since it was acknowledged at 85: 71"
    alerts.acknowledge(**given(house, row), episode=again.episode, reason="oxygen given")
    assert watching.live(row).watched.open == ()
    seen = row.events.filter(kind="acknowledged").order_by("id")
    assert [event.content["value"] for event in seen] == [85, 71]


def test_an_acknowledgement_needs_its_reason(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    (alert,) = watching.live(row).watched.open
    with pytest.raises(Conflict, match="action taken"):
        alerts.acknowledge(**given(house, row), episode=alert.episode, reason=" ")


def test_a_reading_taken_back_leaves_its_shown_alert_and_counts_no_more(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    reading = VitalReading.objects.get(sign="spo2", value=85.0)
    voiding.reading(**given(house, row), reading=reading.pk, reason="typed 85 for 95")
    live = watching.live(row)
    assert [one.value for one in live.readings if one.kind == "spo2"] == [98.0]
    assert [one.raised for one in live.watched.open] == [True]
    assert VitalReading.objects.filter(pk=reading.pk).exists()
    with pytest.raises(Conflict, match="already"):
        voiding.reading(**given(house, row), reading=reading.pk, reason="again")


def test_an_amendment_keeps_what_was_and_why(house: House) -> None:
    row = infusing(house)
    first = charting.rate(**given(house, row), rate_mg_per_h=5.0)
    with pytest.raises(Conflict, match="reason"):
        amendments.amend(**given(house, row), event=first, content={"rate_mg_per_h": 6.0}, at=first.at, reason="")
    second = amendments.amend(
        **given(house, row), event=first, content={"rate_mg_per_h": 6.0}, at=first.at, reason="misread"
    )
    told = [one.rate_mg_per_h for one in session_translate.watched_events(row.events.all()) if one.kind == "rate"]
    assert told == [6.0]
    assert (second.amends, second.reason, row.events.filter(kind="rate").count()) == (first, "misread", 2)
    with pytest.raises(Conflict, match="newer version"):
        amendments.amend(**given(house, row), event=first, content={}, at=first.at, reason="again")


def test_what_was_entered_in_error_counts_for_nothing_and_stays(house: House) -> None:
    row = infusing(house)
    event = charting.bolus(**given(house, row), amount_mg=20.0, reason="ordered by phone")
    amendments.retract(**given(house, row), event=event, reason="another patient's")
    assert not [one for one in session_translate.watched_events(row.events.all()) if one.kind == "bolus"]
    assert row.events.filter(pk=event.pk).exists()


def test_the_start_is_not_taken_back_and_what_the_clinic_did_not_amended(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="cannot be retracted"):
        amendments.retract(**given(house, row), event=row.events.get(kind="start"), reason="oh")
    with pytest.raises(Conflict, match="cannot be changed"):
        amendments.amend(
            **given(house, row), event=row.events.get(kind="identity"), content={}, at=timezone.now(), reason="oh"
        )


def test_nothing_happens_in_the_future(house: House) -> None:
    row = infusing(house)
    event = charting.note(**given(house, row), text="calm")
    with pytest.raises(Conflict, match="future"):
        amendments.amend(
            **given(house, row), event=event, content={}, at=timezone.now() + timedelta(minutes=2), reason="clock"
        )


def test_a_stop_is_never_before_the_start(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="«before»"):
        course.stop(**given(house, row), at=timezone.now() - timedelta(minutes=30))


def finish(house: House, row: InfusionSession, **left_out: None) -> None:
    """All that is asked before leaving, but what is left out."""
    readings.enter_by_hand(**given(house, row), values={"systolic": 122, "diastolic": 76, "heart_rate": 72, "spo2": 97})
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    known = {
        "aldrete": 10.0,
        "padss": 10.0,
        "escort_present": True,
        "when_to_call_given": True,
        "told_not_to_drive": True,
        "next_call": tomorrow.isoformat(),
    }
    known = {name: value for name, value in known.items() if name not in left_out}
    discharge.before_leaving(**given(house, row), answers=known)
    told = {"requirement": "watched", "gate": "leave", "reason": "a test does not wait for an hour"}
    discharge.override(**given(house, row, "physician"), **told)
    if "balance" not in left_out:
        controlled_drug.account(
            **given(house, row), what="wasted", lot="K-77", drug="racemic ketamine", mg="200",
            witness=access.Confirmed(house.users["second"]),
        )  # fmt: skip
    for alert in watching.live(row).watched.open:
        alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen")


def test_the_patient_goes_home_and_is_called_the_next_day(house: House) -> None:
    row = recovering(house)
    finish(house, row)
    sessions_left = discharge.discharge(**given(house, row))
    house.patient.refresh_from_db()
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    assert (sessions_left.state, sessions_left.ended_at is not None) == ("discharged", True)
    assert (house.patient.due_on, house.patient.due_what) == (tomorrow, "call after the infusion")
    assert row.plan.state == "checked", "nine infusions of the course are still to be given"
    assert audit.verify() is None


@pytest.mark.parametrize(
    ("left_out", "title"),
    [
        ("aldrete", "Aldrete"),
        ("padss", "PADSS"),
        ("escort_present", "escort"),
        ("when_to_call_given", "when to call"),
        ("told_not_to_drive", "not to drive"),
        ("next_call", "follow-up call"),
        ("balance", "reconciled"),
    ],
)
def test_nobody_goes_home_while_something_is_missing(house: House, left_out: str, title: str) -> None:
    row = recovering(house)
    finish(house, row, **{left_out: None})
    with pytest.raises(Conflict, match=title):
        discharge.discharge(**given(house, row))
    row.refresh_from_db()
    assert row.state == "recovering"


def test_an_override_before_leaving_needs_a_physician_and_a_reason(house: House) -> None:
    row = recovering(house)
    finish(house, row, escort_present=None)
    told = {"gate": "leave", "requirement": "escort"}
    with pytest.raises(access.Refused):
        discharge.override(**given(house, row), **told, reason="the ward takes the patient over")
    with pytest.raises(access.Refused):
        discharge.override(**given(house, row, "anaesthesia-provider"), **told, reason="the ward takes over")
    with pytest.raises(Conflict, match="reason for the override"):
        discharge.override(**given(house, row, "physician"), **told, reason="ok")
    discharge.override(**given(house, row, "physician"), **told, reason="the ward takes the patient over")
    assert discharge.discharge(**given(house, row)).state == "discharged"


def test_the_drug_has_to_add_up_to_the_last_fraction(house: House) -> None:
    row = infusing(house)
    drug = {"lot": "K-77", "drug": "racemic ketamine"}
    controlled_drug.account(**given(house, row), what="given", mg="47.6", **drug)
    seen_by = access.Confirmed(house.users["second"])
    controlled_drug.account(**given(house, row), what="wasted", mg="152.3", witness=seen_by, **drug)
    closes = gates.balance(row, watching.live(row)).closes
    assert closes.holds is False
    assert "0.1 mg not accounted for" in closes.because[0]
    controlled_drug.account(**given(house, row), what="returned", mg="0.1", witness=seen_by, **drug)
    row.events.filter(kind="start").update(at=timezone.now() - timedelta(hours=4))
    assert gates.balance(row, watching.live(row)).closes.holds is True


@pytest.mark.parametrize("witness", [None, "nurse", "stranger"])
def test_waste_needs_a_second_person_of_the_team(house: House, witness: str | None) -> None:
    row = infusing(house)
    seen_by = access.Confirmed(house.users[witness]) if witness else None
    with pytest.raises(Conflict, match=r"two people|no role"):
        controlled_drug.account(
            **given(house, row), what="wasted", lot="K-77", drug="racemic ketamine", mg="10", witness=seen_by
        )


def test_nothing_is_given_of_a_lot_that_was_not_drawn_up(house: House) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="drawn up"):
        controlled_drug.account(**given(house, row), what="given", lot="K-78", drug="racemic ketamine", mg="10")


def test_one_bed_has_one_session(house: House) -> None:
    row = infusing(house)
    second = another_today(house, row)
    InfusionSession.objects.filter(pk=second.pk).update(state="checked-in", bed="Bed 3")
    with pytest.raises(Conflict, match="another bed"):
        preparation.ready(**given(house, second))
