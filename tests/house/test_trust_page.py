"""Every figure of docs/explanation/trust.md is what the command beside it prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from unwound.cli import commands

sys.path.append(str(Path(__file__).parents[2] / "docs"))

import trust_figures

ROOT = trust_figures.ROOT
PAGE = trust_figures.PAGE.read_text("utf-8")
ROWS = [(row["what"], row["figure"], row["command"]) for row in trust_figures.ROW.finditer(PAGE)]


def test_there_are_figures() -> None:
    assert len(ROWS) >= 5


@pytest.mark.parametrize(("what", "figure", "command"), ROWS, ids=[f"row {at}" for at in range(len(ROWS))])
def test_the_command_prints_the_figure(what: str, figure: str, command: str) -> None:
    assert trust_figures.printed(command) == figure, f"{what}: run .venv/bin/python docs/generate.py and commit it"


def test_the_commands_without_a_figure_are_there() -> None:
    named = set(re.findall(r"`\./run ([a-z-]+)", PAGE)) - {"test", "fuzz"}
    assert named
    assert all(commands.get_command(None, name) for name in named)  # type: ignore[arg-type]
    for file in re.findall(r"\./run test --all (\S+?)`", PAGE):
        assert (ROOT / file).exists()
