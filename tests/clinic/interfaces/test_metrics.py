"""Figures for who watches the server: true ones, over all workers, of no patient, and for nobody else."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from in_session import given, infusing
from small_clinic import House

import unwound_clinic
from unwound_clinic.core import answered, last_backup, rates
from unwound_clinic.interfaces import metrics
from unwound_clinic.models import Message
from unwound_clinic.session.actions import readings

TOKEN = "0123456789abcdef01234567"
LINE = re.compile(r'unwound_\w+(?:\{\w+="[\w.]+"\})? -?[0-9.e+-]+')


@pytest.fixture(autouse=True)
def _counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(answered, "FILE", str(tmp_path / "answered.sqlite3"))
    answered._new.clear()
    rates.forget()


def told(**headers: str) -> dict[str, float]:
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert all(line.startswith(("# HELP unwound_", "# TYPE unwound_")) or LINE.fullmatch(line) for line in lines)
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


@pytest.mark.django_db
def test_they_are_what_the_clinic_is(house: House) -> None:
    before = told()
    assert (before["unwound_ready"], before["unwound_sessions_at_bedside"]) == (1, 0)
    row = infusing(house)
    readings.enter_by_hand(**given(house, row), values={"spo2": 82})
    now = timezone.now()
    for age_s, charted in ((10, 3), (50, 2), (90, 50)):
        Message.objects.create(
            site=house.site, sender="Testcase monitor", digest=f"{age_s}", raw=b"", answer="AA", understood=charted,
            received_at=now - timedelta(seconds=age_s),
        )  # fmt: skip
    after = told()
    assert after["unwound_sessions_at_bedside"] == 1
    assert after["unwound_alerts_unanswered"] >= 1
    assert (after["unwound_messages_last_minute"], after["unwound_readings_last_minute"]) == (2, 5)
    assert after["unwound_database_bytes"] > 0
    assert 0 < after["unwound_disk_free_bytes"] <= after["unwound_disk_bytes"]


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_backup_has_an_age_once_there_is_one(house: House, settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    assert "unwound_backup_age_seconds" not in told()
    last_backup.remember(timezone.now() - timedelta(hours=3), "unwound.age")
    assert told()["unwound_backup_age_seconds"] == pytest.approx(3 * 3600, abs=60)


@pytest.mark.django_db
@pytest.mark.one_database
def test_nothing_of_a_patient_or_a_site_is_in_them(house: House) -> None:
    infusing(house)
    text = Client().get("/metrics").content.decode()
    for word in ("Testcase", "First Site", "Test Nurse", "example.test"):
        assert word not in text
    assert set(re.findall(r"(\w+)=\"", text)) <= {"version", "status"}


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.one_database
def test_requests_are_counted_over_all_workers() -> None:
    other = (
        "import os, pathlib, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'unwound_clinic.settings'; django.setup(); "
        f"from unwound_clinic.core import answered; answered.FILE = {answered.FILE!r}; "
        "[answered.count(status) for status in (200, 500, 500)]; answered.totals()"
    )
    Client().get("/healthz")
    first = answered.totals()
    subprocess.run(
        [sys.executable, "-c", other], check=True, cwd=Path(unwound_clinic.__file__).parents[1],
        env={"UNWOUND_DATA": str(Path(answered.FILE).parent / "data"), "PATH": ""},
    )  # fmt: skip
    Client().get("/nowhere/", follow=True)
    told()
    counted = told()
    assert counted['unwound_requests_total{status="500"}'] == 2
    assert counted['unwound_requests_total{status="200"}'] >= first[200] + 2
    assert answered.totals()[200] == counted['unwound_requests_total{status="200"}'] + 1, "its own is counted after it"


@pytest.mark.django_db
@pytest.mark.one_database
class TestWhoMay:
    @pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-proto"])
    def test_without_a_token_only_a_program_of_this_machine(self, name: str, settings: Any) -> None:
        assert Client().get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 403
        assert Client().get("/metrics", headers={name: "192.0.2.7"}).status_code == 403
        settings.HTTPS = True
        assert Client().get("/metrics").status_code in (301, 403), "behind a proxy everybody comes from this machine"

    def test_with_a_token_who_has_it_and_whoever_guesses_waits(self, settings: Any) -> None:
        settings.METRICS = TOKEN
        right = {"authorization": f"Bearer {TOKEN}"}
        assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics", headers=right).status_code == 200
        assert Client().get("/metrics").status_code == 403
        wrong = [Client().get("/metrics", headers={"authorization": "Bearer x"}) for _ in range(rates.WRONG_KEYS)]
        assert {answer.status_code for answer in wrong} == {403, 429}
        assert int(wrong[-1]["Retry-After"]) >= 1
        assert Client().get("/metrics", headers=right).status_code == 200
        assert Client().post("/metrics", headers=right).status_code == 405


def test_a_large_counter_is_written_to_its_last_digit() -> None:
    assert [metrics._written(value) for value in (12_345_678.0, 0.5, 0)] == ["12345678", "0.5", "0"]
