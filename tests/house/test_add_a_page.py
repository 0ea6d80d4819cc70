"""The page on adding a page works as written: its blocks are saved and its commands run, in a copy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_how_tos import blocks, commands, house, say

__all__ = ["house"]

PAGE = "add-a-page.md"
NAMED = re.compile(r"(?:# |\{# )(unwound_clinic/[\w/]+\.(?:py|html))(?: #\})?\n(.*)", re.DOTALL)
ROW = re.compile(r"# (tests/[\w/]+\.py), in (\w+)\n(.*)", re.DOTALL)


def follow(house: Path) -> set[str]:
    """Save the blocks of the page where they say; the files that they touch."""
    touched = set()
    for text in (*blocks(PAGE, "py"), *blocks(PAGE, "html")):
        if saved := NAMED.match(text):
            (house / saved[1]).write_text(saved[2], encoding="utf-8")
            touched.add(saved[1])
        elif row := ROW.match(text):
            place = house / row[1]
            table = place.read_text(encoding="utf-8")
            assert f"{row[2]} = {{\n" in table
            place.write_text(table.replace(f"{row[2]} = {{\n", f"{row[2]} = {{\n{row[3]}"), encoding="utf-8")
            touched.add(row[1])
    return touched


def test_a_page_with_a_write_touches_one_wing_and_the_table_of_addresses(house: Path) -> None:
    touched = follow(house)
    assert len(touched) == 5
    assert {"/".join(path.split("/")[:2]) for path in touched} == {"unwound_clinic/record", "tests/clinic"}
    for path in touched:
        if path.endswith(".py"):
            compile((house / path).read_text(encoding="utf-8"), path, "exec")


@pytest.mark.slow
def test_the_new_page_passes_the_tests_of_every_page(house: Path) -> None:
    follow(house)
    test, layout = commands(PAGE)
    asked = "without_a_row or administrator or nurse or action or wing"
    assert "failed" not in say(house, f'{test} -k "{asked}"')
    say(house, layout)
