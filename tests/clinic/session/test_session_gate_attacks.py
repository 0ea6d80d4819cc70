"""Attempts on the two gates, the controlled drug, the order and the consent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attacking import A_REASON, KETAMINE, ago, refusals, refused, seen
from django.utils import timezone
from in_session import checked_in, given, infusing, prepared, recovering
from small_clinic import House

from unwound import session
from unwound_clinic.core import access
from unwound_clinic.models import InfusionSession, SessionEvent, Stage, VitalReading
from unwound_clinic.session import drug_balance, gates, watching
from unwound_clinic.session.actions import (
    alerts,
    amendments,
    controlled_drug,
    course,
    discharge,
    preparation,
    readings,
)
from unwound_clinic.treatment.actions import consents, plans


def test_the_balance_is_decided_otherwise_at_the_end_only(house: House) -> None:
    row = prepared(house)
    told = {"gate": "start", "requirement": gates.BALANCE, "reason": A_REASON}
    assert "cannot be overridden" in refused(discharge.override, **given(house, row, "physician"), **told)
    assert gates.start(row).opens


def test_nothing_is_given_of_a_lot_whose_drawing_up_was_taken_back(house: House) -> None:
    row = infusing(house)
    amendments.retract(**given(house, row), event=row.events.get(kind="drug"), reason="another patient's")
    assert "drawn up" in refused(controlled_drug.account, **given(house, row), what="given", mg="10", **KETAMINE)


def test_what_was_broken_off_is_accounted_for_afterwards(house: House) -> None:
    row = infusing(house)
    course.abort(**given(house, row, "physician"), reason="chest pain", handed_over="the emergency team")
    house.patient.refresh_from_db()
    assert house.patient.due_what.endswith("; reconcile its controlled drug")
    assert "waste" in house.client("nurse").get(f"/sessions/{row.pk}/drug/").content.decode().lower()
    told = {"what": "wasted", "mg": "200", "witness": access.Confirmed(house.users["second"])}
    controlled_drug.account(**given(house, row), **told, **KETAMINE)
    (lot,) = drug_balance.lots(row.events.all())
    assert lot.wasted_mg == 200


def test_who_amends_a_waste_is_not_taken_for_who_wasted_it(house: House) -> None:
    row = infusing(house)
    told = {"what": "wasted", "mg": "200", "witness": access.Confirmed(house.users["second"])}
    event = controlled_drug.account(**given(house, row), **told, **KETAMINE)
    amended = {"event": event, "content": {"note": "typed late"}, "at": event.at, "reason": "said what was left out"}
    amendments.amend(**given(house, row, "second"), **amended)
    (lot,) = drug_balance.lots(row.events.order_by("at", "id"))
    assert (lot.wasted_by, lot.witness) == ("Test Nurse", "Test Second")
    assert gates.balance(row, watching.live(row)).closes.holds is True


@pytest.mark.parametrize("mg", ["NaN", "Infinity", "-1", "0", "0,0", "", "ten", "1e9", "1e999999999", "1_0"])
def test_an_amount_is_a_number_of_milligrams(house: House, mg: str) -> None:
    row = infusing(house)
    refused(controlled_drug.account, **given(house, row), what="given", mg=mg, **KETAMINE)


def test_a_box_that_is_unticked_says_no(house: House) -> None:
    row, client = recovering(house), house.client("nurse")
    client.post(f"/sessions/{row.pk}/leave/", {"do": "leaving", "escort_present": "on"})
    assert "escort" in gates.leave(row).met
    client.post(f"/sessions/{row.pk}/leave/", {"do": "leaving", "aldrete": "10"})
    assert "escort" not in gates.leave(row).met


def test_what_was_ticked_before_the_start_can_be_unticked(house: House) -> None:
    row, client = prepared(house), house.client("nurse")
    client.post(f"/sessions/{row.pk}/start/", {"do": "today", "today-suction_checked": "on"})
    assert [one.requirement for one in gates.start(row).refusals] == ["rescue"]


def test_no_hours_without_food_are_known_and_not_enough(house: House) -> None:
    row, client = prepared(house, without=("hours_without_food",)), house.client("nurse")
    client.post(f"/sessions/{row.pk}/start/", {"do": "today", "today-hours_without_food": "0"})
    whys = {one.requirement: one.why for one in gates.start(row).refusals}
    assert "0 h without food" in whys["fasting"]


def test_what_was_found_out_yesterday_opens_nothing_today(house: House) -> None:
    row = prepared(house, without=("hours_without_food",))
    told = {"gate": "start", "requirement": "fasting", "reason": A_REASON}
    discharge.override(**given(house, row, "physician"), **told)
    assert gates.start(row).opens
    for event in row.events.all():
        SessionEvent.objects.filter(pk=event.pk).update(at=event.at - timedelta(days=1))
    of_the_day = {"weight", "second_check", "fasting", "driver", "pregnancy", "baseline", "rescue", "suction"}
    assert set(refusals(gates.start(row))) == of_the_day
    preparation.record_today(**given(house, row), answers={"suction_checked": True})
    assert set(refusals(gates.start(row))) == of_the_day - {"suction"}


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
    preparation.record_today(**given(house, row), answers={"weight_kg": weight})
    assert ("weight" not in refusals(gates.start(row))) is opens


def test_a_pregnancy_test_has_its_day_and_moves_no_other_fact(house: House) -> None:
    row = checked_in(house)
    told = {"pregnancy_test": "negative", "weight_kg": row.plan.weight_kg}
    assert "date of the pregnancy test" in refused(preparation.record_today, **given(house, row), answers=told)
    today = timezone.now().astimezone(house.site.zone).date()
    tested = today - timedelta(days=5)
    preparation.record_today(**given(house, row), answers={**told, "tested_on": tested.isoformat()})
    on = {one.key: one.on for one in house.patient.entries.filter(current=True, kind="fact")}
    assert (on["pregnancy_test_done"], on["pregnant"], on["weight_kg"]) == (tested, tested, today)


@pytest.mark.parametrize(("days", "opens"), [(0, True), (7, True), (8, False), (-1, False)])
def test_a_pregnancy_test_holds_for_a_week_and_none_is_of_tomorrow(house: House, days: int, opens: bool) -> None:
    row = prepared(house, without=("pregnancy_possible",))
    tested = timezone.now().astimezone(house.site.zone).date() - timedelta(days=days)
    known = {"pregnancy_possible": True, "pregnancy_test": "negative", "tested_on": tested.isoformat()}
    preparation.record_today(**given(house, row), answers=known)
    assert ("pregnancy" not in refusals(gates.start(row))) is opens


@pytest.mark.parametrize(("days", "opens"), [(1, True), (0, True), (-1, False)])
def test_a_consent_holds_to_its_last_day(house: House, days: int, opens: bool) -> None:
    row = prepared(house)
    today = timezone.now().astimezone(house.site.zone).date()
    house.patient.consents.update(expires_on=today + timedelta(days=days))
    assert gates.start(row).opens is opens


def test_vital_signs_of_before_the_end_are_not_back_at_the_start(house: House) -> None:
    row = infusing(house)
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    course.stop(**given(house, row))
    assert "not measured now: systolic blood pressure" in refusals(gates.leave(row))["vitals"]
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    assert "vitals" not in refusals(gates.leave(row))


def test_a_low_saturation_keeps_the_patient_here_though_its_alert_was_acknowledged(house: House) -> None:
    row = recovering(house)
    assert "not measured since the end" in refusals(gates.leave(row))["limits"]
    readings.enter_by_hand(**given(house, row), values={"spo2": 88.0})
    for alert in watching.live(row).watched.open:
        alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen at the bedside")
    whys = refusals(gates.leave(row))
    assert "alerts_seen" not in whys
    assert "oxygen saturation 88 %" in whys["limits"]
    readings.enter_by_hand(**given(house, row), values={"spo2": 96.0})
    assert "limits" not in refusals(gates.leave(row))
    assert "limits" in refusals(gates.leave(row, timezone.now() + timedelta(minutes=16)))


def test_a_value_that_is_not_believed_or_grown_old_is_not_back_at_the_start(house: House) -> None:
    row = recovering(house)
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0})
    later = timezone.now() + timedelta(seconds=session.sign("systolic").gap.value + 1)
    assert "vitals" in refusals(gates.leave(row, later))
    VitalReading.objects.filter(session=row, sign="systolic").update(value=300.0)
    assert "vitals" in refusals(gates.leave(row))


def test_nobody_decides_otherwise_on_an_alert_that_nobody_has_seen(house: House) -> None:
    row = recovering(house)
    told = {"gate": "leave", "requirement": "alerts_seen", "reason": A_REASON}
    assert "cannot be overridden" in refused(discharge.override, **given(house, row, "physician"), **told)


def ran_for(house: House, hours: float) -> InfusionSession:
    """An infusion of so many hours that has ended."""
    row = infusing(house)
    row.events.filter(kind="start").update(at=ago(60 * hours))
    return course.stop(**given(house, row))


@pytest.mark.parametrize(
    ("charted_as_given", "closes"), [(None, False), ("10", False), ("23.8", True), ("30", True), ("100", False)]
)
def test_what_is_charted_as_given_has_to_agree_with_what_ran(
    house: House, charted_as_given: str | None, closes: bool
) -> None:
    """11.9 mg/h for two hours of 200 mg that were drawn up: 23.8 mg, and ten to either side."""
    row = ran_for(house, 2)
    if charted_as_given:
        controlled_drug.account(**given(house, row), what="given", mg=charted_as_given, **KETAMINE)
    rest = str(200 - float(charted_as_given or 0))
    controlled_drug.account(
        **given(house, row), what="wasted", mg=rest, witness=access.Confirmed(house.users["second"]), **KETAMINE
    )
    why = refusals(gates.leave(row)).get(gates.BALANCE, "")
    assert (why == "") is closes
    assert closes or "but the charted rates come to 23.8 mg" in why


def test_one_lot_never_hides_what_was_too_much_of_another(house: House) -> None:
    row = ran_for(house, 2)
    other = {"lot": "K-78", "drug": "racemic ketamine"}
    controlled_drug.account(**given(house, row), what="drawn", mg="50", alone="nobody free", **other)
    controlled_drug.account(**given(house, row), what="given", mg="220", **KETAMINE)
    controlled_drug.account(
        **given(house, row), what="wasted", mg="30", witness=access.Confirmed(house.users["second"]), **other
    )
    assert "lot K-77: 20 mg more than was drawn up" in refusals(gates.leave(row))[gates.BALANCE]


def test_a_consent_withdrawn_in_the_infusion_is_seen_at_the_bed_and_nothing_goes_on(house: House) -> None:
    row = infusing(house)
    assert "WITHDRAWN" not in seen(house, row)
    consent = house.patient.consents.get()
    consents.withdraw(by=house.by("coordinator"), patient=house.patient, consent=consent, reason="wants no more")
    assert "CONSENT WITHDRAWN: wants no more" in seen(house, row)
    course.pause(**given(house, row))
    assert "consent are still valid" in refused(course.resume, **given(house, row))
    assert course.stop(**given(house, row)).state == "recovering"


def test_an_order_cancelled_in_the_infusion_is_seen_at_the_bed_and_nothing_goes_on(house: House) -> None:
    row = infusing(house)
    plans.cancel(by=house.by("physician"), patient=house.patient, plan=row.plan, reason="another course")
    assert "ORDER CANCELLED: another course" in seen(house, row)
    course.pause(**given(house, row))
    assert "order and the consent" in refused(course.resume, **given(house, row))


def go_home(house: House, row: InfusionSession) -> None:
    """Everything that is asked before leaving, and the way home."""
    readings.enter_by_hand(**given(house, row), values={"systolic": 122.0, "heart_rate": 70.0, "spo2": 97.0})
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    known = {"aldrete": 10.0, "padss": 10.0, "escort_present": True, "when_to_call_given": True}
    known |= {"told_not_to_drive": True, "next_call": tomorrow.isoformat()}
    discharge.before_leaving(**given(house, row), answers=known)
    told = {"requirement": "watched", "gate": "leave", "reason": A_REASON}
    discharge.override(**given(house, row, "physician"), **told)
    told = {"what": "wasted", "mg": "200", "witness": access.Confirmed(house.users["second"])}
    controlled_drug.account(**given(house, row), **told, **KETAMINE)
    discharge.discharge(**given(house, row))


def test_a_cancelled_order_is_never_done(house: House) -> None:
    row = infusing(house)
    plans.cancel(by=house.by("physician"), patient=house.patient, plan=row.plan, reason="another course")
    course.stop(**given(house, row))
    go_home(house, row)
    row.plan.refresh_from_db()
    house.patient.refresh_from_db()
    assert (row.plan.state, house.patient.stage) == ("cancelled", Stage.FOLLOW_UP)


@pytest.mark.parametrize(("protocol", "asked"), [("crps_ketamine_10_days", True), ("crps_ketamine_5_days", False)])
def test_only_who_goes_home_needs_a_driver(house: House, protocol: str, asked: bool) -> None:
    row = prepared(house, without=("driver",))
    row.plan.protocol = protocol
    assert ("driver" in refusals(gates.start(row))) is asked


def test_before_an_infusion_of_days_the_rule_of_the_ward_is_asked_for_and_no_hours(house: House) -> None:
    row = prepared(house, without=("hours_without_food", "hours_without_drink"))
    row.plan.protocol = "crps_ketamine_5_days"
    row.plan.save(update_fields=["protocol"])
    client, page = house.client("nurse"), f"/sessions/{row.pk}/start/"
    shown = client.get(page).content.decode()
    assert "according to your unit&#x27;s policy" in shown
    assert "Hours since the last food" not in shown
    assert "Escort home" not in shown
    assert "fasting" in refusals(gates.start(row))
    client.post(page, {"do": "today", "today-fasting_rule_kept": "no", "today-weight_kg": "68"})
    assert 'value="68"' in client.get(page).content.decode(), "as it was typed"
    assert "did not fast" in refusals(gates.start(row))["fasting"]
    client.post(page, {"do": "today", "today-fasting_rule_kept": "yes"})
    assert "fasting" not in refusals(gates.start(row))
