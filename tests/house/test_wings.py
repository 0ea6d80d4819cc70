"""The clinic describes itself truly: every wing says what it is for, what it may import, and has the rooms it says."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[2]
CLINIC = ROOT / "unwound_clinic"
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
(OF_A_WING,) = (contract for contract in CONTRACTS if contract["name"] == "floors of a wing")
WINGS = [name.removeprefix("unwound_clinic.") for name in OF_A_WING["containers"]]


def docstring(wing: str) -> str:
    """What its `__init__.py` says."""
    return str(importlib.import_module(f"unwound_clinic.{wing}").__doc__)


def imported(wing: str) -> set[str]:
    """The wings it imports, and the core."""
    graph = grimp.build_graph("unwound_clinic", cache_dir=None)
    modules = {f"unwound_clinic.{wing}", *graph.find_descendants(f"unwound_clinic.{wing}")}
    found = {target.split(".")[1] for module in modules for target in graph.find_modules_directly_imported_by(module)}
    return (found & {*WINGS, "core"}) - {wing}


def test_every_folder_with_pages_is_a_wing() -> None:
    with_pages = {path.parent.name for path in CLINIC.glob("*/pages*") if path.name in ("pages", "pages.py")}
    assert with_pages == set(WINGS)


@pytest.mark.parametrize("wing", [*WINGS, "core"])
def test_a_wing_imports_what_it_says_and_nothing_else(wing: str) -> None:
    says = re.search(r"Imports ([^.]*)\.", docstring(wing).replace("\n", " "))
    assert says, "its docstring says what it imports"
    assert set(re.findall(r"`(\w+)`", says[1])) - {"models"} == imported(wing)


@pytest.mark.parametrize("wing", [*WINGS, "core"])
def test_where_to_begin_is_there(wing: str) -> None:
    begin = re.search(r"Begin with `([\w/]+\.py)`", docstring(wing).replace("\n", " "))
    assert begin, "its docstring says where to begin"
    assert (CLINIC / wing / begin[1]).exists()
    for name in re.findall(r"`(\w+\.py)`", docstring(wing)):
        assert (CLINIC / wing / name).exists(), name


@pytest.mark.parametrize("wing", WINGS)
def test_templates_of_a_wing_bear_its_name(wing: str) -> None:
    folder = CLINIC / wing / "templates"
    assert not folder.exists() or [path.name for path in folder.iterdir()] == [wing]
