"""Whose an account is: nobody takes one over, guesses its password, or locks everybody else out with it.

The attacks of the report, done again; numbers of ASVS 5.0 stand beside them.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client, RequestFactory
from small_clinic import PASSWORD, House
from test_doorkeeper import choose_password, log_in

from unwound_clinic.administration import actions
from unwound_clinic.core import access, client_address, passwords
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, InfusionSession, Membership, Role, User

NEW = "a first one told by mouth"


@pytest.fixture
def locks(settings: Any) -> None:
    settings.AXES_ENABLED = True


def others_administrator(house: House) -> User:
    user = User.objects.create_user("boss@other.test", PASSWORD, name="Other Boss")
    Membership.objects.create(user=user, site=house.other_site, role=Role.ADMINISTRATOR)
    return user


def guess(client: Client, address: str, times: int, **form: str) -> list[int]:
    return [client.post(address, {**form, "password": f"wrong {number}"}).status_code for number in range(times)]


class TestTakenOver:
    """ASVS 8.4.1, 6.4.3, 6.4.4: an account of another site is not to be had by a role at one's own."""

    def test_an_administrator_of_one_site_gets_no_account_of_another(self, house: House) -> None:
        boss, physician = others_administrator(house), house.users["physician"]
        client = Client()
        client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
        given = {"name": "x", "email": physician.email, "role": "coordinator"}
        assert client.post(f"/people/{house.other_site.pk}/give/", given).status_code == 302
        page = f"/people/{house.other_site.pk}/help/{physician.pk}/"
        assert "Second administrator" in client.get(page).content.decode()
        for form in ({}, {"without_second_factor": "on"}, {"second": boss.pk, "seconds_password": PASSWORD}):
            assert client.post(page, {"password": NEW, **form}).status_code == 200
        assert log_in(Client(), physician.email, NEW) == 200
        assert log_in(Client(), physician.email) == 302

    def test_two_who_administer_all_its_sites_together_reset_it_and_its_owner_is_told(self, house: House) -> None:
        boss, nurse = others_administrator(house), house.users["nurse"]
        Membership.objects.create(user=nurse, site=house.other_site, role=Role.NURSE)
        client = house.client("administrator")
        form = {"password": NEW, "second": boss.pk, "seconds_password": "not theirs"}
        page = f"/people/{house.site.pk}/help/{nurse.pk}/"
        assert "not the right password" in client.post(page, form).content.decode()
        mail.outbox.clear()
        assert client.post(page, {**form, "seconds_password": PASSWORD}).status_code == 302
        assert {event.site_id for event in AuditEvent.objects.filter(action="people.helped-back-in")} == {
            house.site.pk,
            house.other_site.pk,
        }
        text = nurse.notices.get().text
        assert "Test Administrator together with Other Boss set a new first password" in text
        own = Client()
        log_in(own, nurse.email, NEW)
        assert own.get("/patients/")["Location"] == "/accounts/password/change/"
        choose_password(own, NEW, "one that nobody else knows")
        assert text in own.get("/").content.decode()
        assert text in own.get("/mine/").content.decode()

    @pytest.mark.parametrize("second", ["nobody", "themself", "the owner", "of one site only"])
    def test_one_and_one_more_are_not_enough_unless_they_administer_everything(self, house: House, second: str) -> None:
        third = type(house.site).objects.create(name="Third Site")
        boss, nurse = others_administrator(house), house.users["nurse"]
        for site in (house.other_site, third):
            Membership.objects.create(user=nurse, site=site, role=Role.NURSE)
        people = {"themself": house.users["administrator"], "the owner": nurse, "of one site only": boss}
        confirmed = access.Confirmed(people[second]) if second in people else None
        with pytest.raises(Conflict):
            actions.help_back_in(
                by=house.by("administrator"), site=house.site, user=nurse, password=NEW, without_second_factor=False,
                second=confirmed,
            )  # fmt: skip
        nurse.refresh_from_db()
        assert nurse.check_password(PASSWORD)

    def test_the_mail_goes_out_once_everything_is_written(
        self, house: House, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            actions.take_role(by=house.by("administrator"), site=house.site, user=house.users["nurse"])
        assert [(letter.to, "removed your role of nurse" in letter.body) for letter in mail.outbox] == [
            (["nurse@example.test"], True)
        ]


class TestRoles:
    def test_who_is_added_again_has_both_roles_and_each_is_taken_by_itself(self, house: House) -> None:
        client, page = house.client("administrator"), f"/people/{house.site.pk}/give/"
        form = {"name": "Test Physician", "email": "Physician@Example.test", "role": "nurse"}
        of_physician = Membership.objects.filter(user=house.users["physician"])
        assert client.post(page, form).status_code == 302
        assert [row.role for row in of_physician.all()] == ["physician", "nurse"]
        assert AuditEvent.objects.latest("number").detail["before"] == "physician"
        assert "gave you the role of nurse" in house.users["physician"].notices.get().text
        assert "is nurse at First Site already" in client.post(page, form).content.decode()
        take = f"/people/{house.site.pk}/take/{house.users['physician'].pk}/"
        assert client.post(take, {"role": "physician"}).status_code == 302
        assert [row.role for row in of_physician.all()] == ["nurse"]
        assert "removed your role of physician at" in house.users["physician"].notices.latest("pk").text

    def test_what_one_of_several_roles_permits_is_permitted(self, house: House) -> None:
        Membership.objects.create(user=house.users["nurse"], site=house.site, role="auditor")
        both = house.by("nurse")
        assert [access.may_at(both, permission, house.site.pk) for permission in ("run-session", "read-audit")] == [
            True,
            True,
        ]
        with pytest.raises(access.Refused, match="yours are nurse and auditor"):
            access.check_at(both, "sign-decision", house.site.pk)

    def test_a_password_typed_for_an_account_that_exists_is_not_swallowed(self, house: House) -> None:
        form = {"name": "x", "email": "nurse@example.test", "role": "nurse", "password": NEW}
        text = house.client("administrator").post(f"/people/{house.site.pk}/give/", form).content.decode()
        assert "its password stays" in text


class TestFirstPasswords:
    """ASVS 6.2.4, 6.4.1."""

    @pytest.mark.parametrize("password", ["password1234", "123456789012", "qwertyuiop12", "newcomer.test1", "short"])
    def test_a_first_password_is_held_to_the_rules(self, house: House, password: str) -> None:
        form = {"name": "Newcomer Test", "email": "newcomer.test1@example.test", "role": "nurse", "password": password}
        answer = house.client("administrator").post(f"/people/{house.site.pk}/give/", form)
        assert answer.status_code == 200
        assert answer.context["form"].errors["password"]
        assert not User.objects.filter(name="Newcomer Test").exists()
        helped = house.client("administrator").post(
            f"/people/{house.site.pk}/help/{house.users['nurse'].pk}/", {"password": password}
        )
        assert helped.status_code == 200 or password.startswith("newcomer")

    def test_it_is_changed_before_anything_else_and_not_for_itself(self, house: House, settings: Any) -> None:
        actions.give_role(
            by=house.by("administrator"), site=house.site, email="new@example.test", name="New", role="nurse",
            password=NEW,
        )  # fmt: skip
        client = Client()
        log_in(client, "new@example.test", NEW)
        for page in ("/", "/patients/", f"/patients/{house.patient.pk}/", "/mine/"):
            assert client.get(page)["Location"] == "/accounts/password/change/"
        assert choose_password(client, NEW, NEW) == 200
        assert client.get("/")["Location"] == "/accounts/password/change/"
        assert choose_password(client, NEW, "one that nobody else knows") == 302
        assert client.get("/patients/").status_code == 200


class TestGuessed:
    """ASVS 6.3.1, 15.3.4: five wrong ones, then not even the right one; and nobody else is locked out."""

    def test_at_the_log_in(self, house: House, locks: None) -> None:
        client = Client()
        guess(client, "/accounts/login/", 5, login="coordinator@example.test")
        locked = client.post("/accounts/login/", {"login": "coordinator@example.test", "password": PASSWORD})
        assert locked.status_code == 429
        assert "Other people can" in locked.content.decode()
        assert log_in(Client(), "auditor@example.test") == 302
        assert log_in(Client(REMOTE_ADDR="192.0.2.9"), "coordinator@example.test") == 302

    def test_thirty_wrong_ones_from_one_address_lock_nobody_else(self, house: House, locks: None) -> None:
        for number in range(30):
            log_in(Client(), f"nobody{number}@example.test", "wrong")
        assert log_in(Client(), "nurse@example.test") == 302

    def test_to_unlock(self, house: House, locks: None) -> None:
        client = house.client("nurse")
        assert guess(client, "/unlock/", 6) == [200] * 4 + [429] * 2
        right = client.post("/unlock/", {"password": PASSWORD})
        assert right.status_code == 429
        assert "locked for 15 minutes" in right.content.decode()
        assert house.client("physician").post("/unlock/", {"password": PASSWORD}).status_code == 302

    def test_of_a_second_person_without_keeping_them_from_their_own_work(self, house: House, locks: None) -> None:
        request = RequestFactory().post("/sessions/1/drug/", {"note": "said in confidence"})
        request.user = house.users["nurse"]
        second = house.users["second"]
        tried = [passwords.second_person(request, second, "wrong") for _ in range(5)]
        assert tried == ["This is not the right password."] * 4 + [passwords.LOCKED]
        assert passwords.second_person(request, second, PASSWORD) == passwords.LOCKED
        assert house.client("second").post("/unlock/", {"password": PASSWORD}).status_code == 302
        assert log_in(Client(), "second@example.test") == 302

    def test_somebody_outside_who_locks_the_log_in_keeps_nobody_from_signing(self, house: House, locks: None) -> None:
        guess(Client(), "/accounts/login/", 6, login="nurse@example.test")
        assert house.client("nurse").post("/unlock/", {"password": PASSWORD}).status_code == 302

    def test_a_right_one_forgives_the_wrong_ones_before_it(self, house: House, locks: None) -> None:
        client = house.client("nurse")
        for _ in range(3):
            guess(client, "/unlock/", 3)
            assert client.post("/unlock/", {"password": PASSWORD}).status_code == 302

    def test_an_administrator_who_resets_the_password_lifts_the_lock(self, house: House, locks: None) -> None:
        nurse = house.users["nurse"]
        guess(Client(), "/accounts/login/", 6, login=nurse.email)
        actions.help_back_in(
            by=house.by("administrator"), site=house.site, user=nurse, password=NEW, without_second_factor=False
        )
        assert log_in(Client(), nurse.email, NEW) == 302

    def test_nothing_that_was_typed_beside_a_wrong_password_is_kept(self, house: House, locks: None) -> None:
        from axes.models import AccessAttempt

        house.client("nurse").post("/unlock/", {"password": "wrong", "note": "said in confidence"})
        kept = AccessAttempt.objects.get()
        assert (kept.username, kept.post_data, "confidence" in str(vars(kept))) == ("own nurse@example.test", "", False)


BEHIND = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 192.0.2.7"}


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("192.0.2.7", "", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, 192.0.2.7", "127.0.0.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.4", "127.0.0.1 10.0.0.0/8", "192.0.2.7"),
        ("127.0.0.1", "anything, 192.0.2.7:4711", "127.0.0.1", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7, not-an-address", "127.0.0.1", "127.0.0.1"),
        ("::1", "[2001:db8::7]:443", "::1", "2001:db8::7"),
        ("::ffff:127.0.0.1", "::ffff:192.0.2.7", "127.0.0.1", "192.0.2.7"),
        ("127.0.0.1", "", "127.0.0.1", "127.0.0.1"),
        ("", "192.0.2.7", "127.0.0.1", ""),
    ],
)
def test_the_address_is_the_clients_behind_a_proxy_that_is_trusted(
    settings: Any, peer: str, forwarded: str, trusted: str, client: str
) -> None:
    import ipaddress

    settings.TRUSTED_PROXIES = [ipaddress.ip_network(one) for one in trusted.split()]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address.client_address(request) == client


class TestLogged:
    """ASVS 16.3.1, 16.3.2."""

    def test_log_ins_failures_and_locks_stand_in_the_log_of_the_site(self, house: House, locks: None) -> None:
        client = Client(REMOTE_ADDR="192.0.2.7")
        guess(client, "/accounts/login/", 7, login="nurse@example.test")
        log_in(Client(), "nurse@example.test")
        log_in(Client(), "secret@example.test", "x")
        events = AuditEvent.objects.filter(action__startswith="login")
        of_site = [event.action for event in events.filter(site_id=house.site.pk).order_by("number")]
        assert of_site == [*["login.failed"] * 5, "login.locked", "login"]
        assert {event.who for event in events.filter(action="login.failed", site_id=house.site.pk)} == {
            "unknown, as Test Nurse"
        }
        assert events.filter(site_id=None, who="unknown, as nobody here").count() == 1
        assert "secret" not in str(list(events.values()))
        page = house.client("nurse").get("/mine/").content.decode()
        assert page.count("<td>wrong password</td>") == 5
        assert "192.0.2.7" in page
        audit = house.client("auditor").get("/audit/").content.decode()
        assert "unknown, as nobody here" in audit

    def test_a_refusal_names_who_where_and_whom(self, house: House) -> None:
        house.client("stranger").get(f"/patients/{house.patient.pk}/letters/")
        event = AuditEvent.objects.latest("number")
        assert (event.action, event.who, event.patient_id) == ("refused", "Test Stranger", house.patient.pk)
        assert event.detail["page"] == "letters"
        house.client("nurse").get("/audit/")
        event = AuditEvent.objects.latest("number")
        assert (event.action, event.site_id, event.detail["page"]) == ("refused", house.site.pk, "audit")
        assert not InfusionSession.objects.exists()
