"""The files of «Run a clinic» name what there is: settings that are read, options that `serve` has."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

from unwound_clinic.commands.clinic import serve

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/run-a-clinic.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(begins: str) -> str:
    """The file of the page that begins so."""
    return next(text for text in FENCE.findall(PAGE) if text.startswith(begins))


def test_every_setting_of_the_page_is_read_by_the_program() -> None:
    program = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "unwound_clinic").rglob("*.py"))
    named = set(re.findall(r"UNWOUND_[A-Z_]+", PAGE))
    assert "UNWOUND_ADDRESS" in named
    assert {name for name in named if f'"{name}"' not in program} == set()


def test_the_service_starts_the_clinic_with_options_that_it_has() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(block("[Unit]"))
    service = unit["Service"]
    program, command, *options = shlex.split(service["ExecStart"])
    assert (program.endswith("/run"), command) == (True, "serve")
    with serve.make_context("serve", options) as context:
        assert (context.params["host"], context.params["port"]) == ("127.0.0.1", 8000)
        folder = context.params["data"]
    assert folder.is_relative_to(service["ReadWritePaths"])
    assert f"reverse_proxy {context.params['host']}:{context.params['port']}" in block("clinic.example.org {")
    assert service["EnvironmentFile"] in PAGE.replace(block("[Unit]"), "")
