"""`./run` finds its house from anywhere, by any name, and leaves the caller where they are."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house in a folder with spaces, already set up, whose command says where it was called and with what."""
    house = tmp_path / "a house with spaces"
    (house / ".venv/bin").mkdir(parents=True)
    for name in ("run", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, house)
    locked = (house / "requirements.lock").read_bytes() + (house / "pyproject.toml").read_bytes()
    (house / ".venv/made-from").write_bytes(locked)
    command = house / ".venv/bin/unwound"
    command.write_text('#!/bin/sh\npwd -P\nprintf "<%s>" "$@"\n')
    command.chmod(0o755)
    return house


def said(program: Path | str, where: Path) -> str:
    done = subprocess.run([program, "review", "a case.toml"], cwd=where, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("way", ["whole", "from beside", "by a link"])
def test_the_command_is_found_and_reads_the_callers_files(way: str, house: Path, tmp_path: Path) -> None:
    desk = tmp_path / "my desk"
    desk.mkdir()
    program: Path | str = house / "run"
    if way == "from beside":
        program = "../a house with spaces/run"
    elif way == "by a link":
        program = desk / "unwound"
        program.symlink_to(house / "run")
    assert said(program, desk) == f"{desk.resolve()}\n<review><a case.toml>"
    assert [one.name for one in desk.iterdir()] == (["unwound"] if way == "by a link" else [])


def test_what_python_compiled_is_kept_also_where_the_shell_says_otherwise(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that compiles everything anew takes three times as long, and the tests start hundreds of processes."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (house / ".venv/bin/unwound").write_text('#!/bin/sh\necho "${PYTHONDONTWRITEBYTECODE-kept}"\n')
    assert said(house / "run", house) == "kept\n"
