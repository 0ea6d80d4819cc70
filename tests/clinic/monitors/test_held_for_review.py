"""What waits for a person: messages that were refused or torn off, and readings of nobody yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from arriving import receive, session
from devices import oru
from django.utils import timezone
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Message, Monitor, Quarantined, SetAside, VitalReading
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors import arrivals
from unwound_clinic.monitors.pages import unassigned

pytestmark = pytest.mark.django_db


def torn(house: House, begun: bytes) -> Message:
    """What came of a message, kept as the listener does it."""
    one = arrivals.from_torn(begun, timezone.now(), most=65_536)
    return monitors_actions.receive(by=access.Device("listener", house.site.pk), site=house.site, arrived=[one])[0]


def test_a_torn_message_and_its_whole_are_both_told_as_they_were(house: House) -> None:
    whole = oru(1)
    half = torn(house, whole[:90])
    assert torn(house, whole[:90]) == half
    assert (VitalReading.objects.count(), Monitor.objects.count(), Quarantined.objects.get().why) == (0, 0, "torn")
    nurse = house.client("nurse")
    page = nurse.get("/readings/quarantine/").content.decode()
    assert "torn off after 90 bytes: not acknowledged; the monitor will send it again" in page
    assert "1 held for review</a>, not yet reviewed" in nurse.get("/monitors/").content.decode()
    assert "complete message" not in page
    assert "none given" in nurse.get(f"/messages/{half.pk}/").content.decode()
    (came,) = receive(house, whole)
    for shown in ("/readings/quarantine/", f"/messages/{half.pk}/"):
        told = nurse.get(shown).content.decode()
        assert f'href="/messages/{came.pk}/"' in told
        assert "answered AA" in told
        assert "not acknowledged" in told


def test_another_message_with_the_same_number_is_not_taken_for_the_whole_of_a_torn_one(house: House) -> None:
    half = torn(house, oru(1, ("spo2", 97.0)))
    receive(house, oru(1, ("spo2", 91.0)))
    assert "Complete message" not in house.client("nurse").get(f"/messages/{half.pk}/").content.decode()


def tried_out(house: House, number: int = 3) -> dict[str, Any]:
    """A monitor at an empty bed: a reading a minute, the last now; the form of its group, without times."""
    at = timezone.now().replace(microsecond=0)
    receive(house, *(oru(n, at=at - timedelta(minutes=n), bed="B9") for n in range(number)))
    last = Message.objects.latest("id").pk
    return {"sender": "MON1", "bed": "B9", "patient_ids": "[]", "last": last}


def test_readings_set_aside_are_kept_shown_with_who_when_and_why_and_wait_no_more(house: House) -> None:
    form, nurse = tried_out(house), house.client("nurse")
    form["reason"] = "tried out at an empty bed"
    assert nurse.post(f"/readings/unassigned/{house.site.pk}/set-aside/", form).status_code == 302
    assert VitalReading.objects.filter(session=None, set_aside=SetAside.objects.get()).count() == 3
    page = nurse.get("/readings/unassigned/").content.decode()
    assert "No unassigned readings" in page
    assert "MON1 at B9: 3 readings" in page
    assert "Test Nurse" in page
    assert "tried out at an empty bed" in page
    assert "unassigned readings</a></p>" not in nurse.get("/monitors/").content.decode()
    event = AuditEvent.objects.order_by("-number")[0]
    assert (event.action, event.site_id, event.detail["readings"]) == ("readings.set-aside", house.site.pk, "3")
    assert nurse.post(f"/readings/unassigned/{house.site.pk}/set-aside/", form).status_code == 409


def test_only_a_stretch_is_set_aside_and_what_came_after_the_page_was_shown_waits(house: House) -> None:
    form = tried_out(house)
    receive(house, oru("new", at=timezone.now() - timedelta(minutes=2), bed="B9"))
    until = VitalReading.objects.order_by("-at")[1].at.astimezone(house.site.zone)
    form |= {"reason": "tried out", "until": f"{until:%Y-%m-%dT%H:%M:%S}"}
    house.client("nurse").post(f"/readings/unassigned/{house.site.pk}/set-aside/", form)
    assert VitalReading.objects.filter(set_aside=None).count() == 2


def test_all_that_waits_of_a_monitor_is_set_aside_at_once_whatever_beds_and_patient_ids_it_told(house: House) -> None:
    receive(house, *(oru(n, bed=f"B{n}", patient_id=f"X-{n}") for n in range(7, 10)), oru(1, name="MON2", bed="B9"))
    nurse, last = house.client("nurse"), Message.objects.latest("id").pk
    assert "from 3 beds or patient IDs" in nurse.get("/readings/unassigned/").content.decode()
    form = {"sender": "MON1", "last": last, "reason": "tried out with invented people"}
    nurse.post(f"/readings/unassigned/{house.site.pk}/set-aside/", form)
    assert set(VitalReading.objects.filter(set_aside=None).values_list("message__sender", flat=True)) == {"MON2"}
    page = nurse.get("/readings/unassigned/").content.decode()
    assert "MON1: 3 readings" in page


def test_what_was_set_aside_can_be_claimed_still_and_is_shown_until_all_of_it_is(house: House) -> None:
    here, form, nurse = session(house), tried_out(house), house.client("nurse")
    nurse.post(f"/readings/unassigned/{house.site.pk}/set-aside/", {**form, "reason": "nobody's"})
    aside, address = SetAside.objects.get(), f"/readings/unassigned/{house.site.pk}/claim/"
    assert nurse.post(address, {**form, "session": here.pk}).status_code == 409
    newest = VitalReading.objects.latest("at").at.astimezone(house.site.zone)
    nurse.post(address, {"session": here.pk, "aside": aside.pk, "since": f"{newest:%Y-%m-%dT%H:%M:%S}"})
    assert here.readings.count() == 1
    assert "MON1 at B9: 2 readings" in nurse.get("/readings/unassigned/").content.decode()
    nurse.post(address, {"session": here.pk, "aside": aside.pk})
    assert here.readings.count() == 3
    assert "<h2>Dismissed" not in nurse.get("/readings/unassigned/").content.decode()


def test_a_time_that_is_none_claims_and_sets_aside_nothing(house: House) -> None:
    here, form, nurse = session(house), tried_out(house), house.client("nurse")
    for what in ("claim", "set-aside"):
        for time in ("soon", "2026-02-31T10:00"):
            sent = {**form, "session": here.pk, "reason": "x", "until": time}
            assert nurse.post(f"/readings/unassigned/{house.site.pk}/{what}/", sent).status_code == 409
    assert VitalReading.objects.filter(session=None, set_aside=None).count() == 3


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_runs_no_session_here_sets_nothing_aside(house: House, role: str) -> None:
    tried_out(house)
    before, given = audit.head(), {"site": house.site, "messages": Message.objects.all()}
    with pytest.raises(access.Refused):
        monitors_actions.dismiss_readings(by=house.by(role), reason="mine", **given)
    with pytest.raises(Conflict, match="give the reason"):
        monitors_actions.dismiss_readings(by=house.by("nurse"), reason=" ", **given)
    with pytest.raises(Conflict, match="no longer unassigned"):
        monitors_actions.dismiss_readings(by=house.by("stranger"), reason="mine", **{**given, "site": house.other_site})
    assert (SetAside.objects.count(), audit.head()) == (0, before)


def test_many_senders_are_shown_newest_first_with_how_many_there_are(
    house: House, django_assert_max_num_queries: Any
) -> None:
    number = unassigned.SHOWN + 2
    for n in range(number):
        receive(
            house,
            oru(n, bed="B9", name=f"M{n:02d}"),
            oru(f"later{n}", at=timezone.now() + timedelta(hours=1), name=f"M{n:02d}"),
        )
    nurse = house.client("nurse")
    nurse.get("/readings/unassigned/")
    for page, most in (("/readings/unassigned/", 25), ("/readings/quarantine/", 25)):
        with django_assert_max_num_queries(most):
            shown = nurse.get(page).content.decode()
        assert f"The {unassigned.SHOWN} newest of {number}" in shown
        assert shown.index(f"M{number - 1:02d}") < shown.index(f"M{number - 2:02d}")
        assert "M01" not in shown


def test_a_torn_message_with_bytes_no_text_may_hold_is_kept_as_it_came(house: House) -> None:
    begun = b"MSH|^~\\&|M\0N|F\x01|||||ORU^R01|C\0\xff1|P|2.5\rPID|\0"
    assert bytes(torn(house, begun).raw) == begun
    assert house.client("nurse").get("/readings/quarantine/").status_code == 200
