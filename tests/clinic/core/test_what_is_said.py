"""What a person reads when something does not go: where they may go on, and what became of the data."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.test import Client
from small_clinic import PASSWORD, House

from unwound_clinic.administration import actions as administration_actions
from unwound_clinic.front.pages import today
from unwound_clinic.models import AuditEvent, Membership


def test_a_page_that_is_not_there_says_so(house: House) -> None:
    answer = house.client("nurse").get("/nowhere/")
    assert answer.status_code == 404
    assert "Page not found." in answer.content.decode()
    assert "Nothing was changed." in answer.content.decode()


def test_a_fault_of_the_program_says_what_became_of_the_data(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(today, "_oversight", broken)
    client = house.client("nurse")
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "saved either completely or not at all" in answer.content.decode()
    assert "broken" not in answer.content.decode()


def test_a_form_from_before_somebody_logged_in_is_refused_in_words(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.users["nurse"], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/patients/new/", {"family_name": "Nobody"})
    assert answer.status_code == 403
    assert "Open the page again" in answer.content.decode()


def test_who_may_open_it_in_an_emergency_is_shown_the_way(house: House) -> None:
    page, way = f"/patients/{house.patient.pk}/", f"/patients/{house.patient.pk}/break-glass/"
    text = house.client("stranger").get(page).content.decode()
    assert way in text
    assert "Testcase" not in text.replace("Test Stranger", "")
    for role in ("administrator", "auditor"):
        assert way not in house.client(role).get(page).content.decode()
    own = f"/patients/{house.others_patient.pk}/"
    assert "break-glass" not in house.client("nurse").get(own).content.decode()


def test_the_home_page_has_something_for_who_sees_no_patients(house: House, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    client = house.client("administrator")
    session = client.session
    session["second_factor"] = True
    session.save()
    text = client.get("/").content.decode()
    assert "Without a second factor" in text
    assert "Test Nurse" in text
    settings.MFA_REQUIRED = False
    text = house.client("auditor").get("/").content.decode()
    assert "in the last 24 hours" in text
    assert 'href="/patients/"' not in text
    assert 'href="/patients/"' in house.client("nurse").get("/").content.decode()
    Membership.objects.filter(user=house.users["nurse"]).delete()
    assert "no role at any site" in house.client("nurse").get("/").content.decode()


def test_who_lost_the_last_role_and_gets_one_again_can_log_in(house: House) -> None:
    nurse, by = house.users["nurse"], house.by("administrator")
    administration_actions.take_role(by=by, site=house.site, user=nurse)
    sent = {"login": nurse.email, "password": PASSWORD}
    closed = Client()
    assert "This account is closed" in closed.post("/accounts/login/", sent, follow=True).content.decode()
    assert closed.get("/patients/").status_code == 302
    administration_actions.give_role(by=by, site=house.site, email=nurse.email, name=nurse.name, role="nurse")
    client = Client()
    client.post("/accounts/login/", sent)
    assert client.get("/patients/").status_code == 200


def test_the_first_account_goes_on_to_its_second_factor_without_the_password_again(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MFA_REQUIRED = True
    monkeypatch.setenv("UNWOUND_SETUP_KEY", "the-key")
    filled = {"name": "New Site", "timezone": "UTC", "your_name": "Test First", "email": "first@example.test"}
    client = Client()
    answer = client.post("/setup/", {**filled, "password": PASSWORD, "key": "the-key"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/totp/activate/"
    assert "Your second factor" in answer.content.decode()
    assert 'class="qr"' in answer.content.decode()
    code = f"{hotp_value(answer.context['form'].secret, next(iter(yield_hotp_counters_from_time()))):06d}"
    text = client.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True).content.decode()
    codes = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
    assert len(codes) == 10
    assert all(code in text for code in codes)
    assert client.get("/people/").status_code == 200


def test_the_log_tells_times_in_the_zone_of_the_site(house: House) -> None:
    house.client("nurse").get(f"/patients/{house.patient.pk}/")
    text = house.client("auditor").get("/audit/").content.decode()
    last = AuditEvent.objects.filter(action="view").latest("number")
    assert f"{last.at.astimezone(house.site.zone):%-d %b %Y %H:%M:%S}" in text
    assert "UTC" not in text
