"""No name of a patient, and nothing that opens a record, lies outside it: in logs, addresses, cookies, caches.

Fault 13 of the attack, done again; numbers of ASVS 5.0 stand beside each.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from in_session import infusing
from small_clinic import House

import unwound_clinic
from unwound_clinic.core.log_masks import Masks, masked
from unwound_clinic.record.actions import patients

HOUSE = Path(unwound_clinic.__file__).parents[1]


class Kept(logging.Handler):
    """What a handler of the server would write."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.addFilter(Masks())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Any:
    handler = Kept()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


class TestLogs:
    """ASVS 14.2.1, 16.2.5."""

    def test_no_token_of_a_personal_link_is_written(self, house: House, log: Kept) -> None:
        _, token = patients.invite(by=house.by("nurse"), patient=house.patient)
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(f"/i/{token}/", {"birth_date": "1980-05-05"}).status_code == 403
        assert strict.post(f"/c/{token}/").status_code == 403
        patients.invite(by=house.by("nurse"), patient=house.patient)
        assert Client().get(f"/i/{token}/").status_code == 410
        assert Client().get(f"/i/{token}/pain/?another=x").status_code == 302
        assert Client().get("/setup/?key=the-secret-key").status_code == 302
        assert len(log.lines) >= 3
        assert token not in "\n".join(log.lines)
        assert "/i/[masked]/" in "\n".join(log.lines)

    @pytest.mark.parametrize(
        ("line", "written"),
        [
            ("Forbidden: /i/abcDEF_-123/review/", "Forbidden: /i/[masked]/review/"),
            ("Gone: /c/abcDEF", "Gone: /c/[masked]"),
            ("GET /setup/?key=s3cret&x=1", "GET /setup/?key=[masked]&x=1"),
            ("with arguments ('/i/tok', 'x')", "with arguments ('/i/[masked]', 'x')"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [masked]"),
            ("Not Found: /patients/7/", "Not Found: /patients/7/"),
            ("https://clinic.example/i/tok/ opened", "https://clinic.example/i/[masked]/ opened"),
        ],
    )
    def test_what_opens_something_is_masked_and_the_rest_stays(self, line: str, written: str) -> None:
        assert masked(line) == written

    def test_the_lines_of_a_traceback_are_masked_too(self, log: Kept) -> None:
        try:
            raise LookupError("no row for /i/topsecrettoken/")
        except LookupError:
            logging.getLogger("django.request").exception("Internal Server Error: %s", "/i/topsecrettoken/")
        assert "LookupError" in log.lines[-1]
        assert "topsecrettoken" not in log.lines[-1]

    def test_a_forged_host_takes_one_line(self, house: House, log: Kept) -> None:
        assert Client().get("/", headers={"Host": "evil.example"}).status_code == 400
        assert log.lines
        assert all("\n" not in line for line in log.lines)


class TestBrowsers:
    """ASVS 14.2.1, 14.3.2, 14.3.3."""

    def test_a_message_with_a_name_is_in_no_cookie(self, house: House) -> None:
        client = house.client("nurse")
        client.post("/patients/new/", {"family_name": "Newcomer", "given_name": "Test", "birth_date": "1990-01-01"})
        assert set(client.cookies) <= {"sessionid", "csrftoken"}
        assert "Test Newcomer is registered" in client.get("/").content.decode()

    def test_a_search_names_nobody_in_its_address_and_back_finds_it_again(self, house: House) -> None:
        client = house.client("nurse")
        first = client.post("/patients/", {"q": "Testcase", "stage": "registered"})["Location"]
        second = client.post("/patients/", {"q": "nobody at all"})["Location"]
        assert "estcase" not in first + second
        assert "stage=registered" in first
        shown = client.get(first).content.decode()
        assert "Testcase, One" in shown
        assert 'value="Testcase"' in shown
        assert "No matching patient" in client.get(second).content.decode()
        assert "Testcase, One" in client.get(first).content.decode(), "as Back does"
        assert client.post("/patients/", {"q": "Testcase", "stage": "registered"})["Location"] == first
        assert client.post("/patients/", {"q": " "})["Location"] == "/patients/"
        assert 'value="Testcase"' not in house.client("physician").get(first).content.decode()

    def test_only_the_newest_searches_are_kept(self, house: House) -> None:
        client = house.client("nurse")
        addresses = [client.post("/patients/", {"q": f"name {number} {'x' * 300}"})["Location"] for number in range(22)]
        assert len(set(addresses)) == 22
        assert len(client.session["searches"]) == 20
        assert max(map(len, client.session["searches"].values())) == 200

    def test_when_a_log_in_ends_the_browser_throws_its_pages_away_and_keeps_what_waits(self, house: House) -> None:
        """ASVS 14.3.1: what waits for the network lies in the storage, which is never named."""
        client = house.client("nurse")
        assert "Clear-Site-Data" not in client.get("/")
        assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'
        ended = house.client("nurse")
        client.session.flush()
        Session.objects.all().delete()  # over by time, by a new password, or from another device
        assert ended.get("/patients/")["Clear-Site-Data"] == '"cache"'
        polled = house.client("nurse")
        Session.objects.all().delete()
        answer = polled.get("/board/now/", headers={"X-Unwound-Poll": "1"})
        assert (answer.status_code, answer["Clear-Site-Data"]) == (401, '"cache"')
        assert "Clear-Site-Data" not in Client().get("/patients/"), "who never logged in is asked nothing of"

    def test_titles_and_pictures_keep_no_name_in_the_browser(self, house: House) -> None:
        row, client = infusing(house), house.client("nurse")
        for page in (
            f"/patients/{house.patient.pk}/",
            f"/patients/{house.patient.pk}/decision/",
            f"/sessions/{row.pk}/",
        ):
            title = client.get(page).content.decode().partition("<title>")[2].partition("</title>")[0]
            assert "Testcase" not in title
            assert f"T. O. ({house.patient.pk})" in title
        for page in ("predicted.svg", "record.csv", "readings.csv", "now/"):
            answer = client.get(f"/sessions/{row.pk}/{page}")
            assert (answer.status_code, answer["Cache-Control"]) in ((200, "no-store"), (404, "no-store")), page


class TestHeaders:
    """ASVS 3.3.3, 3.4.1."""

    def test_every_answer_forbids_what_no_page_here_uses(self, house: House) -> None:
        for answer in (house.client("nurse").get("/"), Client().get("/accounts/login/"), Client().options("/")):
            policy = answer["Permissions-Policy"]
            assert all(f"{feature}=()" in policy for feature in ("camera", "microphone", "geolocation", "usb"))

    def test_over_tls_cookies_belong_to_this_host_alone(self, tmp_path: Path) -> None:
        asked = (
            "import json; from django.conf import settings as s; print(json.dumps([s.SESSION_COOKIE_NAME, "
            "s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_SECONDS]))"
        )
        environment = {
            "DJANGO_SETTINGS_MODULE": "unwound_clinic.settings", "UNWOUND_DATA": str(tmp_path), "UNWOUND_HTTPS": "on",
            "PYTHONPATH": str(HOUSE),
        }  # fmt: skip
        told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, check=True)
        assert json.loads(told.stdout) == ["__Host-session", "__Host-csrf", True, True, 31_536_000]
