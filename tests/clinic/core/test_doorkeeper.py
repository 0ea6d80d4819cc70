"""Coming in: password, second factor, lockout, idle lock, the first account."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from small_clinic import PASSWORD, House

from unwound_clinic.models import AuditEvent, Site, User

EVERY_PERMISSION_PAGE = ("/patients/", "/people/", "/audit/")


def log_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}).status_code


def choose_password(client: Client, old: str, new: str) -> int:
    typed = {"oldpassword": old, "password1": new, "password2": new}
    return client.post("/accounts/password/change/", typed).status_code


def test_a_right_password_opens_and_a_wrong_one_does_not(house: House) -> None:
    client = Client()
    assert log_in(client, "nurse@example.test", "wrong") == 200
    assert client.get("/").status_code == 302
    assert log_in(client, "nurse@example.test") == 302
    assert client.get("/").status_code == 200


def test_staff_without_a_second_factor_are_led_to_set_one_up(house: House, settings: object) -> None:
    settings.MFA_REQUIRED = True  # type: ignore[attr-defined]
    client = Client()
    log_in(client, "nurse@example.test")
    for page in ("/", *EVERY_PERMISSION_PAGE, f"/patients/{house.patient.pk}/"):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/"), page


def test_with_a_second_factor_the_password_alone_opens_nothing(house: House, settings: object) -> None:
    settings.MFA_REQUIRED = True  # type: ignore[attr-defined]
    secret = generate_totp_secret()
    TOTP.activate(house.users["nurse"], secret)
    client = Client()
    assert log_in(client, "nurse@example.test") == 302
    assert client.get("/")["Location"].startswith("/accounts/login/")
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/").status_code == 200
    assert Authenticator.objects.filter(user=house.users["nurse"], type="totp").exists()


def test_every_page_says_when_the_second_factor_is_off(house: House) -> None:
    assert "second factor is turned off" in house.client("nurse").get("/").content.decode()


def test_a_demonstration_has_one_banner_that_says_both(house: House, settings: object) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    page = house.client("nurse").get("/").content.decode()
    assert page.count('class="notice') == 1
    assert "every person here is invented" in page
    assert "second factor is turned off" in page


def test_five_wrong_passwords_lock_the_account(house: House, settings: object) -> None:
    settings.AXES_ENABLED = True  # type: ignore[attr-defined]
    client = Client()
    for _ in range(5):
        log_in(client, "nurse@example.test", "wrong")
    assert log_in(client, "nurse@example.test") != 302
    assert client.get("/").status_code == 302


def test_a_screen_nobody_touches_locks_and_opens_where_it_was(house: House, settings: object) -> None:
    client = Client()
    log_in(client, "nurse@example.test")
    client.get("/")
    session = client.session
    session["seen"] -= settings.IDLE_LOCK_MINUTES * 60 + 1  # type: ignore[attr-defined]
    session.save()
    page = f"/patients/{house.patient.pk}/"
    assert client.get(page)["Location"] == f"/unlock/?next={page}"
    assert client.get("/patients/").status_code == 302
    assert "not your password" in client.post("/unlock/", {"password": "wrong", "next": page}).content.decode()
    assert client.post("/unlock/", {"password": PASSWORD, "next": page})["Location"] == page
    assert client.get(page).status_code == 200


def test_a_page_that_refreshes_itself_does_not_keep_the_screen_open(house: House) -> None:
    client = Client()
    log_in(client, "nurse@example.test")
    client.get("/")
    session = client.session
    session["seen"] -= 60
    session.save()
    client.get("/", headers={"X-Unwound-Poll": "1"})
    assert client.session["seen"] == session["seen"]
    client.get("/")
    assert client.session["seen"] > session["seen"]


def test_unlocking_leads_nowhere_outside(house: House) -> None:
    client = Client()
    log_in(client, "nurse@example.test")
    answer = client.post("/unlock/", {"password": PASSWORD, "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("page", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"])
def test_nobody_makes_an_account_for_themselves(house: House, page: str) -> None:
    assert Client().get(page).status_code == 404


@pytest.mark.parametrize(
    ("page", "roles"),
    [
        ("/people/", {"administrator"}),
        ("/audit/", {"auditor"}),
        ("/audit/verify/", {"auditor"}),
        ("/patients/new/", {"physician", "anaesthesia-provider", "nurse", "coordinator", "second", "stranger"}),
    ],
)
def test_each_page_opens_for_its_roles_only(house: House, page: str, roles: set[str]) -> None:
    opened = {role for role in house.users if house.client(role).get(page).status_code == 200}
    assert opened == roles


def test_an_administrator_adds_a_person_who_can_then_log_in(house: House) -> None:
    house.client("administrator").post(
        f"/people/{house.site.pk}/give/",
        {"name": "Test New", "email": "new@example.test", "role": "nurse", "password": "another long one"},
    )
    client = Client()
    assert log_in(client, "new@example.test", "another long one") == 302
    choose_password(client, "another long one", "one that nobody else knows")
    assert "Testcase, One" in client.get("/patients/").content.decode()


def test_the_first_account_needs_the_key_the_terminal_printed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWOUND_SETUP_KEY", "the-key")
    filled = {
        "name": "New Site",
        "country": "AT",
        "timezone": "Europe/Vienna",
        "your_name": "Test First",
        "email": "first@example.test",
        "password": "correct horse battery",
    }
    assert Client().post("/setup/?key=guessed", filled).status_code == 403
    assert User.objects.count() == 0
    client = Client()
    assert client.post("/setup/", {**filled, "key": "the-key"})["Location"] == "/"
    site = Site.objects.get()
    assert (User.objects.count(), site.name) == (1, "New Site")
    assert (site.emergency, site.crisis_line, site.phone) == ("112", "Telefonseelsorge 142", "")
    assert client.get("/people/").status_code == 200
    assert Client().post("/setup/", {**filled, "key": "the-key"}).status_code == 302
    assert User.objects.count() == 1


def test_no_answer_may_be_kept_by_a_cache(house: House) -> None:
    assert house.client("nurse").get(f"/patients/{house.patient.pk}/")["Cache-Control"] == "no-store"


def test_free_text_is_shown_as_text(house: House) -> None:
    house.client("nurse").post(
        "/patients/new/", {"family_name": "<script>alert(1)</script>", "given_name": "Test", "birth_date": "1990-01-01"}
    )
    seen = house.client("nurse").get("/patients/").content.decode()
    assert "<script>alert" not in seen
    assert re.search("&lt;script&gt;alert", seen)


def test_who_lost_password_and_device_is_helped_back_in_and_other_sessions_end(house: House, settings: object) -> None:
    old = Client()
    log_in(old, "nurse@example.test")
    assert old.get("/").status_code == 200
    nurse = house.users["nurse"]
    TOTP.activate(nurse, generate_totp_secret())
    page = f"/people/{house.site.pk}/help/{nurse.pk}/"
    assert house.client("nurse").post(page, {"password": "a new and long one"}).status_code == 403
    assert "too short" in house.client("administrator").post(page, {"password": "short"}).content.decode()
    form = {"password": "a new and long one", "without_second_factor": "on"}
    assert "how you confirmed their identity" in house.client("administrator").post(page, form).content.decode()
    assert Authenticator.objects.filter(user=nurse).exists(), "without proof nothing is removed (ASVS 6.4.4)"
    proved = {"proof": "they stood before me and I know them"}
    assert house.client("administrator").post(page, {**form, **proved}).status_code == 302
    event = AuditEvent.objects.filter(action="people.helped-back-in").latest("number")
    assert event.detail["known_by"] == proved["proof"]
    assert old.get("/").status_code == 302
    assert log_in(Client(), "nurse@example.test") == 200
    client = Client()
    log_in(client, "nurse@example.test", "a new and long one")
    choose_password(client, "a new and long one", "one that nobody else knows")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("page", ["/mine/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/password/change/"])
def test_everybody_has_their_own_account_pages(house: House, page: str) -> None:
    client = Client()
    log_in(client, "nurse@example.test")
    assert client.get(page).status_code == 200


def test_a_session_elsewhere_is_seen_and_ended(house: House) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        log_in(client, "nurse@example.test")
        assert client.get("/").status_code == 200
    assert here.post("/accounts/sessions/").status_code == 302
    assert elsewhere.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_a_password_given_a_moment_ago_is_not_asked_for_again(house: House, settings: object) -> None:
    settings.MFA_REQUIRED = True  # type: ignore[attr-defined]
    client = Client()
    log_in(client, "nurse@example.test")
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    session = client.session
    session["account_authentication_methods"][-1]["at"] -= 301
    session.save()
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith("/accounts/reauthenticate/")
