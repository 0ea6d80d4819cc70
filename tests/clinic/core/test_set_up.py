"""The checklist of a new clinic, its mail through a server that listens, and addresses that lead nowhere."""

from __future__ import annotations

import base64
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from small_clinic import House

from unwound_clinic.administration import checklist
from unwound_clinic.core import last_backup, mail_settings, outside
from unwound_clinic.models import AuditEvent, Membership, Patient, SetUp, Site


class Taken(socketserver.StreamRequestHandler):
    """As much of SMTP as one mail needs; who is written to «refused@» is refused."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(letter.decode())  # type: ignore[attr-defined]
            refused = word == b"RCPT" and b"refused@" in line
            self.wfile.write(
                b"550 nobody of that name\r\n" if refused else b"221 bye\r\n" if word == b"QUIT" else b"250 OK\r\n"
            )
            if word == b"QUIT":
                return


@pytest.fixture
def letters(settings: Any) -> Iterator[list[str]]:
    """What a mail server on this machine took; the clinic is set to send through it."""
    with socketserver.TCPServer(("127.0.0.1", 0), Taken) as server:
        server.letters = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        written = f"smtp+plain://127.0.0.1:{server.server_address[1]}"
        for name, value in mail_settings.read("UNWOUND_MAIL", written).items():
            setattr(settings, name, value)
        yield server.letters  # type: ignore[attr-defined]
        server.shutdown()


def steps(house: House) -> dict[str, checklist.Step]:
    return {step.key.partition("-")[0]: step for step in checklist.steps(house.by("administrator"))}


class TestChecklist:
    def test_the_administrator_sees_what_is_still_needed_and_nobody_else_does(self, house: House) -> None:
        text = house.client("administrator").get("/").content.decode()
        assert "What this clinic still needs" in text
        for title in ("Numbers to call", "Public address", "Mail", "Letterhead", "Back-up", "Copy of the keys"):
            assert title in text
        assert "still needs" not in house.client("physician").get("/").content.decode()
        assert checklist.steps(house.by("physician")) == []

    @pytest.mark.parametrize(
        ("field", "value", "key", "done"),
        [
            ("phone", "", "numbers", False), ("crisis_line", "", "numbers", False), ("name", "First", "numbers", True),
            ("timezone", "UTC", "country", False), ("timezone", "Asia/Tokyo", "country", True),
            ("letterhead", "  \n", "letterhead", False), ("letterhead", "1 Road", "letterhead", True),
        ],
    )  # fmt: skip
    def test_each_step_of_a_site(self, *, house: House, field: str, value: str, key: str, done: bool) -> None:
        Site.objects.filter(pk=house.site.pk).update(**{field: value})
        assert steps(house)[key].done is done

    def test_a_second_person_is_one_in_care(self, house: House) -> None:
        assert steps(house)["people"].done
        care = Membership.objects.filter(site=house.site, role__in=["physician", "anaesthesia-provider", "nurse"])
        care.exclude(user=house.users["nurse"]).delete()
        assert not steps(house)["people"].done

    def test_what_only_a_person_can_say_is_noted_with_a_word_on_how(self, house: House) -> None:
        client = house.client("administrator")
        assert client.post("/set-up/restore/", {"note": " "}).status_code == 409
        assert client.post("/set-up/anything/", {"note": "x"}).status_code == 404
        client.post("/set-up/keys/", {"note": "sealed, in the safe"})
        assert (steps(house)["keys"].done, steps(house)["restore"].done) == (True, False)
        assert "sealed, in the safe" in steps(house)["keys"].state
        assert AuditEvent.objects.latest("number").action == "set-up.done"
        SetUp.objects.update(at="2020-01-01T00:00Z")
        assert not steps(house)["keys"].done

    def test_a_backup_is_known_and_nobody_ticks_it(self, house: House, settings: Any, tmp_path: Path) -> None:
        settings.DATA = tmp_path
        now = timezone.now()
        assert "No backup" in steps(house)["back"].state
        last_backup.remember(now - timedelta(hours=27), "unwound.age")
        assert (steps(house)["back"].done, "is from" in steps(house)["back"].state) == (False, True)
        last_backup.remember(now - timedelta(hours=25), "unwound.age")
        assert steps(house)["back"].done
        assert house.client("administrator").post("/set-up/back-up/", {"note": "by hand"}).status_code == 404

    def test_a_test_mail_goes_through_the_server_and_counts_for_that_server_only(
        self, house: House, letters: list[str], settings: Any
    ) -> None:
        assert not steps(house)["mail"].done
        house.client("administrator").post("/set-up/mail/")
        (letter,) = letters
        assert "To: administrator@example.test" in letter
        assert steps(house)["mail"].done
        settings.DEFAULT_FROM_EMAIL = "another@example.test"
        assert not steps(house)["mail"].done

    def test_what_the_server_answers_is_shown(self, house: House, letters: list[str], settings: Any) -> None:
        house.users["administrator"].email = "refused@example.test"
        house.users["administrator"].save()
        text = house.client("administrator").post("/set-up/mail/", follow=True).content.decode()
        assert "nobody of that name" in text
        settings.EMAIL_PORT = 1
        assert "was not taken" in house.client("administrator").post("/set-up/mail/", follow=True).content.decode()
        assert not SetUp.objects.exists()


class TestLinks:
    def test_a_link_that_names_this_machine_is_marked_and_not_sent(self, house: House, letters: list[str]) -> None:
        Patient.objects.filter(pk=house.patient.pk).update(email="patient@example.test")
        client, page = house.client("nurse"), f"/patients/{house.patient.pk}/"
        text = client.post(f"{page}invite/", headers={"host": "localhost"}).content.decode()
        assert "names this machine" in text
        assert 'class="qr"' not in text
        token = str(re.search(r"/i/([\w-]+)/", text)[1])  # type: ignore[index]
        answer = client.post(f"{page}mail-link/", {"token": token}, headers={"host": "localhost"})
        assert (answer.status_code, letters) == (409, [])

    def test_a_link_is_sent_and_says_nothing_of_why(self, house: House, letters: list[str], settings: Any) -> None:
        settings.ADDRESS = "https://clinic.example.org"
        Patient.objects.filter(pk=house.patient.pk).update(email="patient@example.test")
        client, page = house.client("nurse"), f"/patients/{house.patient.pk}/"
        text = client.post(f"{page}invite/").content.decode()
        assert 'class="qr"' in text
        link = str(re.search(r"https://clinic\.example\.org/i/([\w-]+)/", text)[0])  # type: ignore[index]
        token = link.split("/")[-2]
        assert client.post(f"{page}mail-link/", {"token": token}).status_code == 302
        (letter,) = letters
        body = base64.b64decode(letter.split("\n\n", 1)[1]).decode() if "base64" in letter else letter
        assert "To: patient@example.test" in letter
        assert link in body
        assert "555-0100" in body
        for word in ("pain", "ketamine", "infusion", "Testcase", "1980"):
            assert word not in letter
        assert AuditEvent.objects.filter(action="link.mailed").count() == 1

    @pytest.mark.parametrize("token", ["", "guessed", "x" * 500, "\n"])
    def test_a_token_that_is_none_of_this_patient_is_not_sent(
        self, house: House, letters: list[str], settings: Any, token: str
    ) -> None:
        settings.ADDRESS = "https://clinic.example.org"
        Patient.objects.filter(pk=house.patient.pk).update(email="patient@example.test")
        answer = house.client("nurse").post(f"/patients/{house.patient.pk}/mail-link/", {"token": token})
        assert (answer.status_code, letters) == (409, [])


ADDRESSES = {
    "": "https://clinic.example.org/i/x/ https://93.184.216.34/ https://[2606:2800:220:1::1]/ https://clinic.example.org.:84/",
    "not encrypted": "http://clinic.example.org/",
    "this machine": "http://127.0.0.1:8000/ http://127.8.8.8/ https://[::1]/ https://LOCALHOST:8000/ https://localhost./"
    " https://0.0.0.0/ https://[::ffff:127.0.0.1]/",
    "own network": "https://192.168.1.10/ https://10.0.0.5/ https://172.20.1.1/ https://169.254.1.1/ https://[fd00::1]/"
    " https://[fe80::1%25eth0]/ https://100.64.1.1/ https://[::ffff:192.168.0.1]/ https://clinic/ https://127.1/"
    " https://clinic.local/ https://nas.home.arpa/ https://2130706433/ https://ward.internal/",
    "no address": "clinic.example.org https://[::1 https:///i/",
}


@pytest.mark.parametrize(
    ("words", "address"), [(words, address) for words in ADDRESSES for address in ADDRESSES[words].split()]
)
def test_whom_an_address_can_be_given_to(words: str, address: str) -> None:
    assert outside.fault(address) == "" if not words else words in outside.fault(address)


@given(st.text(max_size=40))
def test_no_address_is_too_odd_to_be_judged(text: str) -> None:
    assert isinstance(outside.fault(text), str)
    assert isinstance(outside.fault(f"https://{text}/"), str)


@pytest.mark.parametrize(
    "wrong", ["mail.example.org", "smtp://", "http://mail", "smtp://u:p@host/box", "smtp://h:99999", "smtp://[::1"]
)
def test_a_mail_address_that_is_none_is_refused_without_the_password(wrong: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="the form is smtp://") as refused:
        mail_settings.read("UNWOUND_MAIL", wrong)
    assert "u:p" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "port", "tls", "ssl"),
    [
        ("smtp://a%40b:p%2Fw@mail.example.org", 587, True, False),
        ("smtps://h", 465, False, True),
        ("smtp+plain://h:2525", 2525, False, False),
    ],
)
def test_a_mail_server_as_it_is_written(written: str, port: int, tls: bool, ssl: bool) -> None:
    read = mail_settings.read("UNWOUND_MAIL", written)
    assert (read["EMAIL_PORT"], read["EMAIL_USE_TLS"], read["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert read["EMAIL_HOST_USER"] == ("a@b" if "@" in written else "")


@pytest.mark.own_clinic
@pytest.mark.parametrize(
    ("address", "hosts"),
    [("https://clinic.example.org/", "clinic.example.org"), ("clinic.example.org", ""), ("https://a.example/b", "")],
)
def test_the_public_address_is_one_and_the_clinic_answers_to_it(tmp_path: Path, address: str, hosts: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from unwound_clinic import settings; print(settings.ADDRESS, settings.ALLOWED_HOSTS)"],
        env={**os.environ, "UNWOUND_DATA": str(tmp_path), "UNWOUND_ADDRESS": address},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode == 0) == bool(hosts)
    assert hosts in ran.stdout if hosts else "the form is https://" in ran.stderr
