"""The command among others: standard input, what it says beside its result, exit codes, words that are completed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from terminal import unwound

from unwound import __version__, examples

CRPS = examples.path("crps_after_wrist_fracture")
COURSE = """
as_of = 2026-04-06
drug = "esketamine"
weight_kg = 70
infusions = [{ on = 2026-03-02, hours = 100, mg = 2000 }]
scores = [{ on = 2026-02-20, phq_9 = 16, peg = 8 }, { on = 2026-04-06, phq_9 = 7, peg = 4 }]
"""


def fed(data: bytes, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    with patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(data))):
        return unwound(*words, cwd=cwd)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("review", "--as-of", "2026-11-21", "--json"), "crps_after_wrist_fracture"),
        (("review", "--as-of", "2026-11-21", "--json"), "diabetic_neuropathy_gabapentin_900"),
        (("plan", "crps_ketamine_10_days", "--concentration-mg-per-ml", "2", "--json"), "crps_after_wrist_fracture"),
        (("compare-protocols", "--protocol", "ketamine_40_min", "--json"), "crps_after_wrist_fracture"),
    ],
)
def test_the_standard_input_is_read_as_the_file_would_be(words: tuple[str, ...], name: str) -> None:
    command, *rest = words
    file = [*rest[:1], str(examples.path(name)), *rest[1:]] if command == "plan" else [*rest, str(examples.path(name))]
    stdin = ["-" if one == str(examples.path(name)) else one for one in file]
    alone = unwound(command, *file)
    piped = fed(examples.path(name).read_bytes(), command, *stdin)
    assert piped.returncode == alone.returncode
    assert piped.stdout == alone.stdout != ""


def test_a_course_comes_in_too_and_only_one_file_can(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    piped = fed(COURSE.encode(), "outcomes", "-", cwd=tmp_path)
    assert piped.stdout == unwound("outcomes", "course.toml", cwd=tmp_path).stdout != ""
    both = fed(COURSE.encode(), "outcomes", "-", "--case", "-")
    assert both.returncode == 2
    assert "cannot both be the standard input" in both.stderr


@pytest.mark.parametrize("data", [b"", b"  \n", b"\x00\x01", b"title = ", b"{"])
def test_what_cannot_be_read_is_said_of_the_standard_input_in_a_line(data: bytes) -> None:
    done = fed(data, "review", "-")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("unwound: -: ")


def test_quiet_leaves_out_what_went_well_and_nothing_else(tmp_path: Path) -> None:
    said = unwound("review", CRPS, "--html", tmp_path / "page.html")
    quiet = unwound("-q", "review", CRPS, "--html", tmp_path / "quiet.html")
    assert "written: " in said.stderr
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert (tmp_path / "quiet.html").read_bytes() == (tmp_path / "page.html").read_bytes()
    wrong = unwound("--quiet", "review", tmp_path / "none.toml")
    assert wrong.returncode == 2
    assert "cannot be read" in wrong.stderr
    table = "ID,TIME,AMT,EVID,MOOD\n1,0,20,1,3\n"
    (tmp_path / "doses.csv").write_text(table, encoding="utf-8")
    given = (
        "simulate",
        "--events",
        "doses.csv",
        "--model",
        "otto_2021",
        "--weight-kg",
        "70",
        "--until-h",
        "1",
        "--csv",
    )
    assert "not read: MOOD" in unwound("-q", *given, cwd=tmp_path).stderr


def test_the_help_says_how_it_ends_and_how_words_are_completed() -> None:
    said = " ".join(unwound("--help").stdout.split())
    for part in ("Exit codes: 0 done", "130 stopped from the keyboard", "- is the standard input", "_UNWOUND_COMPLETE"):
        assert part in said
    assert unwound("-V").stdout == unwound("--version").stdout == f"unwound, version {__version__}\n"


def test_the_shell_completes_commands() -> None:
    environment = {**os.environ, "_UNWOUND_COMPLETE": "bash_complete", "COMP_WORDS": "unwound rev", "COMP_CWORD": "1"}
    command = Path(sys.executable).parent / "unwound"
    done = subprocess.run([command], env=environment, capture_output=True, text=True, check=False)
    assert "plain,review" in done.stdout.split()
