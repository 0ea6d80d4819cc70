"""Readings come in once, to whom they belong, with everything that was sent; what is not known waits for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from arriving import arrival, receive, second_patient, session
from devices import oru
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Message, Monitor, Patient, Quarantined, SessionEvent, VitalReading
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors.arrivals import Arrival
from unwound_clinic.monitors.beds import Beds, OpenSession
from unwound_clinic.session.actions import readings


def test_a_message_is_charted_in_the_session_of_its_bed_with_what_was_sent(house: House) -> None:
    here = session(house)
    stored = receive(house, oru(1, ("spo2", 97.0), ("pulse_rate", None)))[0]
    got = {one.sign: one for one in here.readings.all()}
    assert (got["spo2"].value, got["spo2"].unit, got["spo2"].as_sent.split()[0]) == (97.0, "%", "97")
    assert (got["pulse_rate"].value, got["pulse_rate"].status) == (None, "no-sensor")
    assert bytes(Message.objects.get().raw) == oru_of(stored)
    assert (stored.session_id, stored.answer) == (here.pk, "AA")
    here.refresh_from_db()
    assert here.changed == 1


def oru_of(stored: Message) -> bytes:
    return bytes(Message.objects.get(pk=stored.pk).raw)


def test_the_same_message_again_is_stored_once_even_within_one_commit(house: House) -> None:
    session(house)
    raw = oru(1)
    first = receive(house, raw, raw)
    again = receive(house, raw)
    assert {one.pk for one in (*first, *again)} == {first[0].pk}
    assert VitalReading.objects.count() == 1


def test_the_same_control_id_with_other_content_is_another_message(house: House) -> None:
    session(house)
    receive(house, oru(1, ("spo2", 97.0)), oru(1, ("spo2", 91.0)))
    assert sorted(VitalReading.objects.values_list("value", flat=True)) == [91.0, 97.0]


def test_one_commit_leaves_one_event_with_number_and_digest(house: House) -> None:
    before = audit.head().number
    receive(house, oru(1), oru(2), oru(3))
    event = AuditEvent.objects.order_by("-number")[0]
    assert audit.head().number == before + 1
    assert (event.who, event.action, event.site_id) == ("listener", "readings.receive", house.site.pk)
    assert event.detail["messages"] == "3"
    assert len(event.detail["sha256"]) == 64


@pytest.mark.parametrize("role", ["physician", "nurse", "administrator"])
def test_no_person_sends_as_a_device_and_no_device_at_another_site(house: House, role: str) -> None:
    with pytest.raises(access.Refused):
        monitors_actions.receive(by=house.by(role), site=house.site, arrived=[arrival(oru(1))])
    with pytest.raises(access.Refused):
        monitors_actions.receive(by=access.Device("x", house.other_site.pk), site=house.site, arrived=[arrival(oru(1))])
    with pytest.raises(access.Refused):
        monitors_actions.add_monitor(by=access.Device("x", house.site.pk), site=house.site, name="M")
    assert Message.objects.count() == 0


def test_the_same_message_at_two_sites_is_two(house: House) -> None:
    raw = oru(1)
    receive(house, raw)
    receive(house, raw, site=house.other_site)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("patient_id", "bed", "whose"),
    [
        ("", "B1", "first"),
        ("", " b1 ", "first"),
        ("", "B9", None),
        ("N-2", "", "second"),
        ("N-2", "B2", "second"),
        ("N-2", "B1", None),  # the id says one patient, the bed another
        ("unknown-here", "B1", "first"),
        ("n-1", "B9", "first"),
        ("", "", None),
    ],
)
def test_bed_and_patient_id_say_whose_it_is_and_a_contradiction_waits(
    house: House, patient_id: str, bed: str, whose: str | None
) -> None:
    Patient.objects.filter(pk=house.patient.pk).update(number="N-1")
    other = second_patient(house)
    found = {"first": session(house, bed="B1"), "second": session(house, bed="B2", patient=other)}
    receive(house, oru(1, patient_id=patient_id, bed=bed))
    assert VitalReading.objects.get().session == (found[whose] if whose else None)


def test_the_number_in_the_address_counts_only_with_our_name(house: House) -> None:
    here = session(house, bed="")
    plain, ours = f"{house.patient.pk}", f"{house.patient.pk}^^^UNWOUND"
    beds = Beds(house.site)
    now = timezone.now()
    assert beds.find(Arrival(raw=b"x", received_at=now, sender="M", patient_ids=(plain,)), None) == (None, False)
    assert beds.find(Arrival(raw=b"x", received_at=now, sender="M", patient_ids=(ours,)), None) == (
        OpenSession(here.pk),
        True,
    )


def test_the_monitors_bed_counts_where_the_message_names_none(house: House) -> None:
    here = session(house, bed="B7")
    receive(house, oru(1, bed=""))
    monitors_actions.assign_monitor(by=house.by("nurse"), site=house.site, monitor=Monitor.objects.get(), bed="B7")
    receive(house, oru(2, bed=""))
    assert list(VitalReading.objects.order_by("id").values_list("session", flat=True)) == [None, here.pk]


@pytest.mark.parametrize("state", ["scheduled", "discharged", "aborted"])
def test_a_session_that_is_not_under_way_gets_nothing_by_its_bed(house: House, state: str) -> None:
    session(house, state=state)
    receive(house, oru(1))
    assert VitalReading.objects.get().session is None


def test_who_is_in_the_bed_goes_before_who_has_only_arrived(house: House) -> None:
    here = session(house, state="infusing")
    session(house, state="checked-in", patient=second_patient(house))
    receive(house, oru(1))
    assert VitalReading.objects.get().session == here


def test_by_its_bed_a_session_gets_nothing_from_before_it_began(house: House) -> None:
    here, now = session(house), timezone.now().replace(microsecond=0)
    SessionEvent.objects.create(session=here, at=now, recorded_at=now, kind="checked-in", by_name="x")
    receive(house, oru(1, at=now - timedelta(seconds=1)), oru(2, at=now))
    assert [one.session for one in VitalReading.objects.order_by("at")] == [None, here]


def test_an_appointment_that_was_moved_is_no_beginning(house: House) -> None:
    here, now = session(house), timezone.now().replace(microsecond=0)
    for kind, hours in (("note", 9), ("identity", 1)):
        at = now - timedelta(hours=hours)
        SessionEvent.objects.create(session=here, at=at, recorded_at=at, kind=kind, by_name="x")
    receive(house, oru(1, at=now - timedelta(hours=2)))
    assert VitalReading.objects.get().session is None


@pytest.mark.parametrize(("hours", "charted"), [(24, True), (26, False), (24 * 3650, False)])
def test_a_named_patient_gets_nothing_from_a_clock_that_is_days_behind(house: House, hours: int, charted: bool) -> None:
    here, now = session(house), timezone.now().replace(microsecond=0)
    SessionEvent.objects.create(session=here, at=now, recorded_at=now, kind="identity", by_name="x")
    receive(house, oru(1, at=now - timedelta(hours=hours), patient_id=f"{house.patient.pk}^^^UNWOUND"))
    assert (VitalReading.objects.get().session == here) is charted


def test_nothing_of_another_year_is_claimed_typed_or_brought_in(house: House) -> None:
    here, long_ago = session(house), timezone.now().replace(microsecond=0) - timedelta(days=400)
    given: dict[str, Any] = {"by": house.by("nurse"), "patient": house.patient, "session": here}
    receive(house, oru(1, at=long_ago, bed="nowhere"))
    with pytest.raises(Conflict, match="long before this session"):
        monitors_actions.assign_readings(**given, messages=Message.objects.all())
    with pytest.raises(Conflict, match="long before this session"):
        readings.enter_by_hand(**given, values={"pain": 4.0}, at=long_ago)
    with pytest.raises(Conflict, match="long before this session"):
        monitors_actions.import_file(**given, arrived=arrival(oru(2, at=long_ago)))
    assert not here.readings.exists()


def test_two_monitors_of_one_bed_are_charted_side_by_side(house: House) -> None:
    here, at = session(house), timezone.now().replace(microsecond=0)
    receive(house, oru(1, at=at, name="MON1"), oru(1, at=at, name="MON2"))
    assert {one.source for one in here.readings.all()} == {"MON1 probe", "MON2 probe"}
    monitors_actions.assign_monitor(
        by=house.by("nurse"), site=house.site, monitor=Monitor.objects.get(name="MON1"), bed="B1"
    )
    monitors_actions.assign_monitor(
        by=house.by("nurse"), site=house.site, monitor=Monitor.objects.get(name="MON2"), bed="B1"
    )
    assert "also MON2" in house.client("nurse").get("/monitors/").content.decode()


def test_a_clock_that_jumps_ahead_is_kept_back_and_shown_never_moved_to_now(house: House) -> None:
    here = session(house)
    receive(house, oru(1, at=timezone.now() + timedelta(hours=1)))
    assert here.readings.count() == 0
    assert Quarantined.objects.get().why == "future"
    shown = house.client("nurse").get("/monitors/").content.decode()
    assert "60 min ahead" in shown
    assert 'role="alert"' in shown


@pytest.mark.parametrize(("hours", "words"), [(1, "60 min ahead"), (-1, "60 min behind")])
def test_a_clock_is_stored_and_shown_ahead_or_behind_as_the_device_sent_it(
    house: House, hours: int, words: str
) -> None:
    session(house)
    stored = receive(house, oru(1, at=timezone.now() + timedelta(hours=hours)))[0]
    assert stored.clock_ahead_s == pytest.approx(hours * 3600, abs=5)
    assert words in house.client("nurse").get("/monitors/").content.decode()


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_the_clock_of_an_old_clinic_keeps_its_direction_there_and_back() -> None:
    old, new = ("unwound_clinic", "0008_withdrawn_and_cancelled"), ("unwound_clinic", "0009_clock_ahead")
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes("unwound_clinic")
    stored = Message.objects.create(sender="MON", digest="d", received_at=timezone.now(), raw=b"", clock_ahead_s=90.0)
    try:
        MigrationExecutor(connection).migrate([old])
        before = MigrationExecutor(connection).loader.project_state([old]).apps.get_model("unwound_clinic", "Message")
        assert before.objects.get(pk=stored.pk).skew_s == 90.0
        before.objects.filter(pk=stored.pk).update(skew_s=-7.0)
        MigrationExecutor(connection).migrate([new])
        after = MigrationExecutor(connection).loader.project_state([new]).apps.get_model("unwound_clinic", "Message")
        assert after.objects.get(pk=stored.pk).clock_ahead_s == -7.0
    finally:
        MigrationExecutor(connection).migrate(latest)


def test_a_clock_that_jumps_back_is_charted_at_its_own_time_and_shown(house: House) -> None:
    here, back = session(house), timezone.now().replace(microsecond=0) - timedelta(hours=1)
    receive(house, oru(1, at=back))
    assert here.readings.get().at == back
    assert "60 min behind" in house.client("nurse").get("/monitors/").content.decode()


def test_a_refused_message_is_kept_whole_and_shown_until_somebody_has_seen_it(house: House) -> None:
    stored = receive(house, b"garbage \xff")[0]
    assert (stored.answer, bytes(Message.objects.get().raw)) == ("AR", b"garbage \xff")
    nurse = house.client("nurse")
    assert "Whole message refused" in nurse.get("/readings/quarantine/").content.decode()
    form = {"sender": "HL7", "why": "refused", "last": Quarantined.objects.get().pk, "note": "a test of the network"}
    assert house.client("stranger").post(f"/readings/quarantine/{house.site.pk}/seen/", form).status_code == 403
    nurse.post(f"/readings/quarantine/{house.site.pk}/seen/", {**form, "note": " "})
    assert Quarantined.objects.get().seen_at is None
    nurse.post(f"/readings/quarantine/{house.site.pk}/seen/", form)
    kept = Quarantined.objects.get()
    assert (kept.seen_by, kept.seen_note) == (house.users["nurse"], "a test of the network")
    shown = nurse.get("/readings/quarantine/").content.decode()
    assert "Nothing is waiting for review." in shown
    assert VitalReading.objects.count() == 0


def test_unassigned_readings_wait_and_are_claimed_within_the_times_given(house: House) -> None:
    here, at = session(house, bed="B1"), timezone.now().replace(microsecond=0)
    receive(house, *(oru(n, at=at - timedelta(minutes=10 * n), bed="B9") for n in range(3)))
    nurse = house.client("nurse")
    assert "At B9" in nurse.get("/readings/unassigned/").content.decode()
    form = {"session": here.pk, "sender": "MON1", "bed": "B9", "patient_ids": "[]", "last": Message.objects.last().pk}
    since = (at - timedelta(minutes=15)).astimezone(house.site.zone)
    answer = nurse.post(f"/readings/unassigned/{house.site.pk}/claim/", {**form, "since": f"{since:%Y-%m-%dT%H:%M}"})
    assert answer.status_code == 302
    assert (here.readings.count(), VitalReading.objects.filter(session=None).count()) == (2, 1)
    event = AuditEvent.objects.order_by("-number")[0]
    assert (event.action, event.patient_id) == ("readings.claim", house.patient.pk)
    assert nurse.post(f"/readings/unassigned/{house.site.pk}/claim/", {**form, "last": 1}).status_code == 409


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_runs_no_session_here_claims_and_types_nothing(house: House, role: str) -> None:
    here = session(house)
    receive(house, oru(1, bed="B9"))
    by = house.by(role)
    before = audit.head()
    with pytest.raises(access.Refused):
        monitors_actions.assign_readings(by=by, patient=house.patient, session=here, messages=Message.objects.all())
    with pytest.raises(access.Refused):
        readings.enter_by_hand(by=by, patient=house.patient, session=here, values={"spo2": 97.0})
    assert (here.readings.count(), audit.head()) == (0, before)


def test_nothing_of_another_site_is_claimed(house: House) -> None:
    receive(house, oru(1), site=house.other_site)
    with pytest.raises(Conflict):
        monitors_actions.assign_readings(
            by=house.by("nurse"), patient=house.patient, session=session(house), messages=Message.objects.all()
        )
    assert "MON1" not in house.client("nurse").get("/readings/unassigned/").content.decode()
    assert house.client("nurse").get(f"/messages/{Message.objects.get().pk}/").status_code == 403


def test_a_reading_by_hand_has_its_person_and_its_time(house: House) -> None:
    here, at = session(house), timezone.now() - timedelta(minutes=2)
    readings.enter_by_hand(
        by=house.by("nurse"), patient=house.patient, session=here, values={"systolic": 120.0, "diastolic": 80.0}, at=at
    )
    assert {(one.sign, one.value, one.by, one.source, one.at) for one in here.readings.all()} == {
        ("systolic", 120.0, house.users["nurse"], "", at),
        ("diastolic", 80.0, house.users["nurse"], "", at),
    }


@pytest.mark.parametrize(
    ("values", "later"), [({}, timedelta()), ({"spo2": 97.0}, timedelta(minutes=1))], ids=["nothing", "future"]
)
def test_nothing_or_the_future_is_not_entered(house: House, values: dict[str, float], later: timedelta) -> None:
    here = session(house)
    with pytest.raises(Conflict):
        readings.enter_by_hand(
            by=house.by("nurse"), patient=house.patient, session=here, values=values, at=timezone.now() + later
        )
    assert here.readings.count() == 0


PAGES = ("/monitors/", "/readings/unassigned/", "/readings/quarantine/")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "status"), [("nurse", 200), ("physician", 200), ("auditor", 403), ("coordinator", 403)]
)
def test_pages_of_devices_are_for_those_who_care(house: House, role: str, status: int, page: str) -> None:
    receive(house, oru(1, bed="B9"), b"garbage")
    answer = house.client(role).get(page)
    assert answer.status_code == status
    assert ("MON1" in answer.content.decode() or "garbage" in answer.content.decode()) == (
        role in ("nurse", "physician")
    )
    assert Client().get(page).status_code == 302


def test_a_message_is_shown_as_it_came_and_that_is_logged(house: House) -> None:
    stored = receive(house, oru(1, ("spo2", -100.0)))[0]
    shown = house.client("nurse").get(f"/messages/{stored.pk}/").content.decode()
    assert "no-sensor" in shown
    assert "MSH|^~\\&amp;|MON1" in shown
    assert AuditEvent.objects.order_by("-number")[0].action == "message.view"
    assert house.client("coordinator").get(f"/messages/{stored.pk}/").status_code == 403


def test_a_monitor_is_added_assigned_and_given_a_key(house: House) -> None:
    nurse = house.client("nurse")
    nurse.post(f"/monitors/new/{house.site.pk}/", {"name": "Gateway", "bed": "B1", "zone": ""})
    monitor = Monitor.objects.get()
    nurse.post(f"/monitors/{monitor.pk}/", {"bed": "B2", "zone": "America/New_York"})
    monitor.refresh_from_db()
    assert (monitor.bed, monitor.timezone) == ("B2", "America/New_York")
    shown = nurse.post(f"/monitors/{monitor.pk}/key/").content.decode()
    assert "Bearer" in shown
    assert house.client("stranger").post(f"/monitors/{monitor.pk}/key/").status_code == 403
    with pytest.raises(Conflict, match="already"):
        monitors_actions.add_monitor(by=house.by("nurse"), site=house.site, name="Gateway")
    with pytest.raises(Conflict, match="not a time zone"):
        monitors_actions.assign_monitor(
            by=house.by("nurse"), site=house.site, monitor=monitor, bed="", zone="Mars/Olympus"
        )
