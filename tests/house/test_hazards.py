"""No file of actions is without a hazard that it can lead to; every hazard and page that is named is there."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CLINIC = ROOT / "unwound_clinic"
sys.path.append(str(ROOT / "docs"))
FILE: dict[str, Any] = tomllib.loads((ROOT / "docs/hazards.toml").read_text("utf-8"))
HAZARDS = {one["id"] for one in FILE["hazards"]}


def has_actions(file: Path) -> bool:
    """Whether a function of the file is one of the clinic's actions."""
    return any(
        isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "action"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
    )


def test_every_file_of_actions_is_named_by_a_hazard_and_no_other() -> None:
    there = {file.relative_to(CLINIC).as_posix() for file in CLINIC.rglob("*.py") if has_actions(file)}
    named = {file for files in FILE["actions"].values() for file in files}
    assert there - named == set(), "which harm can these do? name the hazard in docs/hazards.toml, [actions]"
    assert named - there == set(), "there are no actions in these"


def test_pages_and_actions_name_hazards_that_are_there() -> None:
    assert {*FILE["pages"], *FILE["actions"]} <= HAZARDS


def test_no_page_stands_twice_under_one_hazard() -> None:
    for id, names in {**FILE["pages"], **FILE["actions"]}.items():
        assert len(names) == len(set(names)), id


def test_the_safety_case_prints_each_hazard_with_its_verification() -> None:
    import safety_pages

    printed = safety_pages.hazards_page()
    for one in FILE["hazards"]:
        assert f"## {one['id']}\n" in printed
        assert one["tests"][0].partition("::")[2] in printed


def test_source_attributes_say_what_a_file_cites_and_which_facts_it_reads() -> None:
    import safety_pages

    lines = {line.partition(" | ")[0].lstrip("| "): line for line in safety_pages.attributes_page().splitlines()}
    pregnancy = lines["cautions/pregnancy"]
    assert "[cohen_2018](evidence.md#cohen_2018)" in pregnancy
    assert "not yet" in pregnancy, "nobody has reviewed it, and it says so"
    assert safety_pages.uses({"when": {"below": {"age_years": 18}}}) == {"date of birth"}
    assert safety_pages.uses({"examples": [{"given": {"age_years": 18}}]}) == set(), "an example is no rule"
    assert safety_pages.uses({"when": {"at_least": {"pain_average_nrs": 4}}}) == {"health status"}


def test_no_rule_reads_what_the_page_says_none_reads() -> None:
    from unwound import facts

    words = ("race", "ethnic", "language", "orientation", "gender", "housing", "income", "insurance", "employ")
    read = [id for id in facts.vocabulary() if any(part.startswith(words) for part in id.split("_"))]
    assert read == []
