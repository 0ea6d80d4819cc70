"""An event is found by day, person, patient and kind; machines are a line a minute; a patient may ask who saw."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from small_clinic import House, register

from unwound_clinic.administration import log, who_saw
from unwound_clinic.core import access, audit, emergency, seen
from unwound_clinic.models import AuditEvent
from unwound_clinic.record.actions import merging

NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=timezone.get_default_timezone())


def readings(house: House, *seconds: int, who: str = "monitor Bed 3") -> None:
    """Events of a monitor, so many seconds after noon."""
    for second in seconds:
        with transaction.atomic():
            event = audit.append(who=who, action="readings.receive", site_id=house.site.pk)
        AuditEvent.objects.filter(pk=event.pk).update(at=NOON + timedelta(seconds=second))


def shown(house: House, query: str = "") -> str:
    html = house.client("auditor").get(f"/audit/{query}").content.decode()
    table = html[html.index("<tbody>") : html.index("</tbody>")] if "<tbody>" in html else ""
    return " ".join(re.sub(r"<[^>]+>", " ", table).split())


@pytest.mark.django_db
def test_a_monitor_is_a_line_a_minute_and_hidden_at_first(house: House) -> None:
    readings(house, *range(0, 90), who="monitor Bed 3")
    readings(house, 5, who="monitor Bed 4")
    assert "readings received" not in shown(house)
    assert "patient registered" in shown(house)
    lines = list(log.folded(log.events([house.site.pk], log.Asked(kind="machines"))))
    assert sorted((line["who"], line["how_many"]) for line in lines) == [
        ("monitor Bed 3", 30), ("monitor Bed 3", 60), ("monitor Bed 4", 1),
    ]  # fmt: skip
    assert shown(house, "?kind=machines").count("monitor Bed 3") == 2


@pytest.mark.django_db
def test_every_event_is_of_one_kind(house: House) -> None:
    readings(house, 1)
    house.client("nurse").get(f"/patients/{house.patient.pk}/")
    house.client("nurse").get("/audit/")  # refused
    sites = [house.site.pk, house.other_site.pk]
    every = AuditEvent.objects.filter(site_id__in=sites)
    of_kinds = [set(log.events(sites, log.Asked(kind=kind)).values_list("pk", flat=True)) for kind in log.KINDS]
    assert sum(map(len, of_kinds)) == len(set().union(*of_kinds)) == every.count()
    assert all(of_kinds[:2])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("since", "until", "there"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), True),
        (date(2026, 11, 21), None, False),
        (None, date(2026, 11, 19), False),
        (None, date(2026, 11, 20), True),
    ],
)
def test_days_are_those_of_the_site(house: House, since: date | None, until: date | None, there: bool) -> None:
    event = AuditEvent.objects.filter(action="patient.register", site_id=house.site.pk).get()
    AuditEvent.objects.filter(pk=event.pk).update(at=datetime(2026, 11, 20, 0, 0, tzinfo=house.site.zone))
    asked = log.Asked(since=since, until=until)
    assert (event in log.events([house.site.pk], asked)) == there


@pytest.mark.django_db
def test_by_person_and_by_patients_name_or_number(house: House) -> None:
    other = register(house.by("coordinator"), house.site, "Müller", "Zoë")
    seen.viewed(by=house.by("physician"), patient=other, page="overview")
    assert "Müller" in shown(house, "?patient=zoe muller")
    assert "Testcase" not in shown(house, "?patient=zoe muller")
    assert "Müller" in shown(house, f"?patient={other.pk}&who=physician&kind=looked")
    assert shown(house, f"?patient={other.pk}&who=nurse") == ""
    assert shown(house, "?patient=nobody of this name") == ""
    assert shown(house, f"?patient={house.others_patient.pk}") == ""  # of another site


@pytest.mark.django_db
def test_a_patient_reads_by_role_who_saw_the_record(house: House) -> None:
    patient = house.patient
    for _ in range(3):
        seen.viewed(by=house.by("physician"), patient=patient, page="overview")
    seen.listed(by=house.by("nurse"), patients=[patient], page="today")
    client = house.client("auditor")
    text = client.get(f"/audit/patients/{patient.pk}/").content.decode()
    for said in ("Physician looked at the record (3 times)", "Nurse saw the name in a list", "wrote in the record"):
        assert said in " ".join(text.split()), said
    main = text[text.index("<main") : text.index("</main>")]
    assert "Test Physician" not in main
    assert "Test Physician (physician)" in client.get(f"/audit/patients/{patient.pk}/?names=yes").content.decode()
    assert list(AuditEvent.objects.filter(action="audit.who-saw").values_list("detail__names", flat=True)) == [
        "roles only", "with names",
    ]  # fmt: skip
    assert house.client("physician").get(f"/audit/patients/{patient.pk}/").status_code == 403
    assert client.get(f"/audit/patients/{house.others_patient.pk}/").status_code == 403


@pytest.mark.django_db
def test_an_emergency_is_named_and_who_has_left_is_still_counted(house: House) -> None:
    patient = house.patient
    emergency.break_glass(by=house.by("stranger"), patient=patient, reason="found unconscious")
    seen.viewed(by=house.by("stranger"), patient=patient, page="overview")
    found = {(line.who, line.what) for line in who_saw.lines(patient, names=False)}
    assert (who_saw.FORMER, who_saw.EMERGENCY) in found


@pytest.mark.django_db
def test_what_was_seen_under_the_number_of_a_merged_record_counts_too(house: House) -> None:
    other = register(house.by("nurse"), house.site, "Testcase", "Uno")
    seen.viewed(by=house.by("coordinator"), patient=other, page="overview")
    two = {"by": house.by("nurse"), "second": access.Confirmed(house.users["physician"])}
    merging.merge(**two, patient=house.patient, duplicate=other, reason="the same telephone and address")
    found = {(line.who, line.what) for line in who_saw.lines(house.patient, names=False)}
    assert ("coordinator", who_saw.LOOKED) in found
