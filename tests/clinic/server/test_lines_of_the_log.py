"""A line of the server's log leads to its request, and a page of a fault to its line; as text and as JSON."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from small_clinic import House

import unwound_clinic
from unwound_clinic.core import log_lines
from unwound_clinic.core.log_masks import Masks
from unwound_clinic.front.pages import today

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


class Written(logging.Handler):
    """What the console of the server would show, in one form."""

    def __init__(self, form: logging.Formatter) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(form)
        self.addFilter(log_lines.OneLine())
        self.addFilter(Masks())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def told() -> Iterator[tuple[Written, Written]]:
    handlers = Written(log_lines.Json()), Written(log_lines.Timed())
    for handler in handlers:
        logging.getLogger().addHandler(handler)
    yield handlers
    for handler in handlers:
        logging.getLogger().removeHandler(handler)


def test_a_fault_has_one_number_on_its_page_in_its_header_and_in_its_line(
    house: House, told: tuple[Written, Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 16.2.4."""

    def broken(*_: object, **__: object) -> None:
        raise LookupError("no row for /i/topsecrettoken/\nand a second line")

    monkeypatch.setattr(today, "render", broken)
    client = house.client("physician")
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    number = answer["X-Request-ID"]
    assert log_lines.NUMBER.fullmatch(number)
    assert f"<code>{number}</code>" in answer.content.decode()
    as_json, as_text = told
    (line,) = [json.loads(line) for line in as_json.lines if "Internal Server Error" in line]
    assert set(line) == {"time", "level", "place", "request", "text", "traceback"}
    assert (line["level"], line["place"], line["request"]) == ("ERROR", "django.request", number)
    assert line["time"].endswith("Z")
    assert "LookupError" in line["traceback"]
    assert "topsecrettoken" not in "".join(as_json.lines + as_text.lines)
    assert all("\n" not in line for line in as_json.lines)
    assert f"ERROR django.request [{number}]: Internal Server Error" in as_text.lines[-1]


def test_every_answer_has_a_number_of_its_own_and_takes_none_from_outside() -> None:
    asked = {"X-Request-ID": "forged\nline"}
    numbers = [Client().get(page, headers=asked)["X-Request-ID"] for page in ("/healthz", "/healthz", "/nowhere/")]
    numbers.append(Client().generic("TRACE", "/")["X-Request-ID"])
    assert len(set(numbers)) == 4
    assert all(log_lines.NUMBER.fullmatch(number) for number in numbers)


def test_after_a_request_nothing_more_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    Client().get("/healthz")
    log_lines.say("between two requests")
    assert capsys.readouterr().err.rstrip().endswith("Z between two requests")


def test_what_is_said_without_the_framework_has_the_same_form(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(log_lines.SETTING, "json")
    log_lines.say("asking follow-up 3: «OSError»\nx")
    line = json.loads(capsys.readouterr().err)
    assert (line["place"], line["text"], "request" in line) == (__name__, "asking follow-up 3: «OSError»\nx", False)


@pytest.mark.parametrize(("form", "said"), [("json", "Json"), ("text", "Timed"), ("xml", "must be «json» or «text»")])
def test_the_setting_chooses_the_form(form: str, said: str, tmp_path: Path) -> None:
    asked = "from django.conf import settings as s; print(s.LOGGING['formatters']['lines']['()'])"
    environment = {
        "DJANGO_SETTINGS_MODULE": "unwound_clinic.settings", "UNWOUND_DATA": str(tmp_path), "UNWOUND_LOG": form,
        "PYTHONPATH": str(Path(unwound_clinic.__file__).parents[1]),
    }  # fmt: skip
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=False)
    assert said in told.stdout + told.stderr
