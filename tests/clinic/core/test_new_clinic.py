"""What a new clinic is asked for, and that nobody is sent a link before they could call somebody."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from small_clinic import House

from unwound_clinic.administration import actions
from unwound_clinic.administration.forms import SiteForm
from unwound_clinic.administration.places import zone_field
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Alarm, IntakeLink, Membership, Site
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import New

WRONG_ZONES = ["Mars/Phobos", "", "europe/vienna", "../etc/passwd", "/etc/localtime", "Europe", "UTC ", "a" * 60, "Ω"]


@pytest.mark.parametrize("lacking", ["phone", "emergency", "crisis_line"])
def test_no_link_is_made_until_the_patient_could_call_somebody(house: House, lacking: str) -> None:
    Site.objects.filter(pk=house.site.pk).update(**{lacking: " "})
    house.patient.refresh_from_db()
    with pytest.raises(Conflict, match="until a patient could call somebody"):
        patients.invite(by=house.by("nurse"), patient=house.patient)
    assert not IntakeLink.objects.exists()
    answer = house.client("nurse").post(f"/patients/{house.patient.pk}/invite/")
    assert (answer.status_code, b"still needs" in answer.content) == (409, True)


def test_an_alarm_names_the_crisis_line_of_the_site_and_no_other(house: House) -> None:
    Site.objects.filter(pk=house.site.pk).update(crisis_line="TelefonSeelsorge 116 123", jurisdiction="US")
    house.patient.refresh_from_db()
    entries.enter(
        by=house.by("nurse"),
        patient=house.patient,
        entries=(New(kind="fact", key="suicidal_thoughts_now", value=True),),
    )
    text = Alarm.objects.get().text
    assert "Crisis line here: TelefonSeelsorge 116 123." in text
    assert "988" not in text


class TestZones:
    @pytest.mark.parametrize("zone", WRONG_ZONES)
    def test_a_wrong_word_is_refused_and_one_that_is_stored_takes_no_page_down(self, house: House, zone: str) -> None:
        form = {"name": "First Site", "timezone": zone, "country": "", "phone": "1234567"}
        answer = house.client("administrator").post(f"/sites/{house.site.pk}/", form)
        assert (answer.status_code, "timezone" in answer.context["form"].errors) == (200, True)
        with pytest.raises(ValidationError):
            actions.change_site(by=house.by("administrator"), site=Site.objects.get(pk=house.site.pk), timezone=zone)
        Site.objects.filter(pk=house.site.pk).update(timezone=zone)
        assert Site.objects.get(pk=house.site.pk).zone == ZoneInfo("UTC")
        for page in ("/", "/patients/", f"/patients/{house.patient.pk}/"):
            assert house.client("nurse").get(page).status_code == 200
        assert house.client("administrator").get(f"/sites/{house.site.pk}/").status_code == 200

    @pytest.mark.parametrize("typed", ["call us", "24/7", "none"])
    @pytest.mark.parametrize("field", ["phone", "emergency", "crisis_line"])
    def test_a_number_to_call_holds_one(self, house: House, field: str, typed: str) -> None:
        form = {"name": "First Site", "timezone": "Europe/Vienna", "phone": "1234567", field: typed}
        answer = house.client("administrator").post(f"/sites/{house.site.pk}/", form)
        assert field in answer.context["form"].errors


def test_time_zones_are_listed_by_region_and_town() -> None:
    listed = dict(zone_field().choices)
    assert {"Buenos Aires (Argentina)", "New York", "Port-au-Prince"} <= {town for _, town in listed["America"]}
    assert ("Europe/Berlin", "Berlin") in listed["Europe"]
    assert listed["Europe"] == sorted(listed["Europe"], key=lambda zone: zone[1])
    assert not {"EST5EDT", "Cuba", "US", "Etc"} & set(listed)


def test_a_zone_of_before_that_is_listed_no_more_stays_chosen() -> None:
    assert SiteForm(instance=Site(name="One", timezone="US/Eastern")).fields["timezone"].clean("US/Eastern")


def test_universal_time_is_listed_once_also_where_it_was_chosen() -> None:
    assert str(SiteForm(instance=Site(name="One", timezone="UTC"))["timezone"]).count('value="UTC"') == 1


PLACE = {"name": "Second House", "country": "DE", "timezone": "Europe/Berlin", "phone": "030/123456"}


class TestSites:
    def test_a_second_site_is_made_by_page_with_the_numbers_of_its_country(self, house: House) -> None:
        client = house.client("administrator")
        assert client.post("/sites/new/", PLACE)["Location"] == "/people/"
        added = Site.objects.get(name="Second House")
        assert (added.emergency, added.jurisdiction, added.zone.key) == ("112", "", "Europe/Berlin")
        assert added.crisis_line == "TelefonSeelsorge 116 123 or 0800 111 0 111"
        assert [row.user.email for row in Membership.objects.filter(site=added)] == ["administrator@example.test"]
        assert "Second House" in client.get("/people/").content.decode()
        again = client.post("/sites/new/", {**PLACE, "name": "second house"})
        assert "name" in again.context["form"].errors

    def test_what_was_typed_stands_and_the_country_fills_only_what_is_empty(self, house: House) -> None:
        house.client("administrator").post("/sites/new/", {**PLACE, "crisis_line": "Berliner Krisendienst 39063"})
        assert Site.objects.get(name="Second House").crisis_line == "Berliner Krisendienst 39063"

    def test_nobody_else_adds_one(self, house: House) -> None:
        assert house.client("physician").post("/sites/new/", PLACE).status_code == 403


def test_a_first_account_that_cares_for_patients_has_two_roles(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWOUND_SETUP_KEY", "the-key")
    filled = {
        "key": "the-key", "name": "Solo", "country": "US", "timezone": "America/New_York", "phone": "555-0100",
        "your_name": "Test Solo", "email": "solo@example.test", "password": "correct horse battery",
        "also": "physician",
    }  # fmt: skip
    client = Client()
    assert client.post("/setup/", filled).status_code == 302
    assert [row.role for row in Membership.objects.all()] == ["administrator", "physician"]
    assert Site.objects.get().jurisdiction == "US"
    assert [client.get(page).status_code for page in ("/people/", "/patients/new/")] == [200, 200]


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_a_site_of_earlier_days_keeps_the_numbers_that_its_pages_named() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("unwound_clinic", "0019_pin")])
    try:
        old = executor.loader.project_state([("unwound_clinic", "0019_pin")]).apps.get_model("unwound_clinic", "Site")
        for name, jurisdiction, zone in (("A", "US", "Mars/Phobos"), ("B", "UK", "Europe/London"), ("C", "", "UTC")):
            old.objects.create(name=name, jurisdiction=jurisdiction, timezone=zone)
    finally:
        forward = MigrationExecutor(connection)
        forward.migrate(forward.loader.graph.leaf_nodes())
    assert list(Site.objects.order_by("name").values_list("country", "emergency", "crisis_line", "timezone")) == [
        ("US", "911", "Suicide & Crisis Lifeline 988", "UTC"),
        ("GB", "999", "Samaritans 116 123", "Europe/London"),
        ("", "", "", "UTC"),
    ]
