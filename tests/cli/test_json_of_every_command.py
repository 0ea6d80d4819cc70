"""What a command prints as JSON begins with the version and what it rests on: two results are told apart by it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from terminal import unwound

from unwound import catalogue, examples
from unwound.cli import commands

CRPS = str(examples.path("crps_after_wrist_fracture"))
OTTO = ("--model", "otto_2021", "--weight-kg", "70")
TABLE = "ID,TIME,AMT,DUR,EVID,DV\n1,0,20,2,1,.\n1,2,0,0,0,90\n1,4,0,0,0,40\n"
COURSE = """
as_of = 2026-04-06
drug = "esketamine"
weight_kg = 70
infusions = [{ on = 2026-03-02, hours = 100, mg = 2000 }]
scores = [{ on = 2026-02-20, phq_9 = 16, peg = 8 }, { on = 2026-04-06, phq_9 = 7, peg = 4 }]
"""
CALLS: dict[str, Sequence[Sequence[str]]] = {
    "assumptions": [(), ("--deciding",)],
    "compare-protocols": [("--weight-kg", "70", "--protocol", "ketamine_40_min")],
    "find": [("burning feet",)],
    "models": [("otto_2021",)],
    "outcomes": [("course.toml",)],
    "plan": [("ketamine_40_min", "--weight-kg", "70", "--concentration-mg-per-ml", "1")],
    "review": [(CRPS,), (CRPS, CRPS)],
    "simulate": [
        ("--events", "doses.csv", *OTTO, "--until-h", "4"),
        ("--events", "doses.csv", *OTTO, "--observed"),
    ],
    "target": [
        ("--model", "clements_1981", "--weight-kg", "70", "--at-least", "150", "--by", "Dr Testcase", "--hours", "1",
         "--step-min", "30", "--concentration-mg-per-ml", "2"),
    ],
    "vpc": [("--events", "doses.csv", *OTTO, "--copies", "100", "--bins", "2")],
    "windup": [("--seeds", "2", "--stimuli", "2")],
}  # fmt: skip


def test_no_command_with_json_is_left_out_here() -> None:
    context = click.Context(commands)
    with_json = {
        name
        for name in commands.list_commands(context)
        if (command := commands.get_command(context, name)) is not None
        and any("--json" in one.opts for one in command.params)
    }
    assert with_json == set(CALLS)


@pytest.mark.parametrize(
    ("command", "words"),
    [(name, words) for name, calls in CALLS.items() for words in calls],
    ids=lambda one: str(one)[:20],
)
def test_it_begins_with_the_version_and_the_fingerprints(command: str, words: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "doses.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    done = unwound(command, *words, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    for one in found if isinstance(found, list) else [found]:
        assert list(one)[:3] == ["version", "data_fingerprint", "own_fingerprint"]
        assert {name: one[name] for name in list(one)[:3]} == catalogue.rests_on()
        assert len(one) > 3
