"""What is public is written down: a name that comes, changes or goes is noticed, and the citation has the version."""

import importlib
import re
from pathlib import Path

import pytest
from public_names import DOORS, lines

import unwound

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "tests/house/public_names.txt"
CHANGE = "say it in CHANGELOG.md, then .venv/bin/python tests/house/public_names.py > tests/house/public_names.txt"


def test_what_is_public_is_what_is_written_down() -> None:
    there, written = list(lines()), WRITTEN.read_text(encoding="utf-8").splitlines()
    new, gone = sorted({*there} - {*written}), sorted({*written} - {*there})
    assert there == written, f"new: {new}; gone or changed: {gone}; {CHANGE}"


@pytest.mark.parametrize("module", DOORS)
def test_every_name_that_a_module_promises_is_there(module: str) -> None:
    there = importlib.import_module(module)
    promised = getattr(there, "__all__", ())
    assert [name for name in promised if not hasattr(there, name)] == []
    assert len(set(promised)) == len(promised)


def test_the_citation_names_the_version_and_the_licence() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (\S+)$", citation, re.MULTILINE) == [unwound.__version__]
    assert "\nlicense: Apache-2.0\n" in citation
