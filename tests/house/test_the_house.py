"""The page about the house is true of it: its floors are the ones that are enforced, and no module is missing."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from unwound import catalogue
from unwound.session.pick_lists import pick_list
from unwound.session.signs import signs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/the-house.md").read_text(encoding="utf-8")
PACKAGES = ("unwound", "unwound_clinic")


def modules(package: str) -> set[str]:
    """The modules and packages in it."""
    here = ROOT / package
    return {
        path.stem
        for path in here.iterdir()
        if (path.suffix == ".py" and path.stem not in ("__init__", "__main__"))
        or (path.is_dir() and (path / "__init__.py").exists())
    }


def enforced(package: str) -> list[set[str]]:
    """The floors that import-linter holds, without what is not built yet."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers" and one["containers"] == [package])
    floors = [set(re.findall(r"\w+", floor)) & modules(package) for floor in layers]
    return [floor for floor in floors if floor]


def shown(package: str) -> list[set[str]]:
    """The floors as the page draws them, one block a package: names first, what they do after two spaces."""
    blocks = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    block = dict(zip(PACKAGES, blocks, strict=True))[package]
    return [set(re.findall(r"\w+", line.partition("  ")[0])) for line in block.splitlines() if line[0] != " "]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_floors_on_the_page_are_the_floors_that_are_enforced(package: str) -> None:
    assert shown(package) == enforced(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_is_on_the_page(package: str) -> None:
    named = set(re.findall(r"`(\w+)`", PAGE)).union(*shown(package))
    assert modules(package) - named == set()


HAS_ANOTHER_MEANING = {"pain"}
"""What a course is for, and a part of the consultation."""
INVENTED = {"demonstration", "migrations", "simulating.py"}


def test_the_clinic_names_no_vital_sign_rescue_drug_or_side_effect() -> None:
    """They are knowledge, with sources, in `unwound/data`; only the invented clinic and its monitor make some up."""
    words = {*signs()} | {word for id in catalogue.ids("pick_lists") for word in pick_list(id).words}
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in sorted((ROOT / "unwound_clinic").rglob("*.py"))
        if not INVENTED & {*path.parts}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in words - HAS_ANOTHER_MEANING
    ]
    assert named == []
