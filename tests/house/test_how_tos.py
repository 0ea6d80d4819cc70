"""The pages on adding knowledge work as written: their blocks are saved and their commands run, in a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/how-to"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"# (unwound/data/[\w/]+\.toml)(, at its end)?\n(.*)", re.DOTALL)
GENERATE = ".venv/bin/python docs/generate.py"
WHOLE = "./run check"
"""All that there is takes minutes, and is what these pages are themselves checked by."""


def blocks(page: str, language: str) -> list[str]:
    return [text for of, text in FENCE.findall((PAGES / page).read_text(encoding="utf-8")) if of == language]


def commands(page: str) -> list[str]:
    return [line for text in blocks(page, "sh") for line in text.splitlines() if not line.startswith(WHOLE)]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The house as the reader has it after cloning, in a folder that may be changed."""
    for name in ("unwound", "unwound_clinic", "tests", "docs"):
        # With what is compiled already, of which the engine has much.
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("pictures", "node_modules"))
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    run = tmp_path / "run"
    run.write_text(
        '#!/bin/sh\n[ "$1" = test ] || exec .venv/bin/unwound "$@"\n'
        'shift\nexec .venv/bin/python tests/house/run_tests.py -n0 "$@"\n'
    )
    run.chmod(0o755)
    return tmp_path


def save(house: Path, page: str) -> list[Path]:
    """Every block of the page that names its file, saved there as the page says; where."""
    written = []
    for path, at_its_end, text in (match.groups() for text in blocks(page, "toml") if (match := SAVED.match(text))):
        place = house / path
        assert place.exists() == bool(at_its_end), f"{page}: {path}"
        with place.open("a", encoding="utf-8") as file:
            file.write(text)
        written.append(place)
    return written


def say(house: Path, command: str) -> str:
    """What the command prints, in the copy; it must succeed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    env |= {"PYTHONPATH": str(house), "UNWOUND_DATA": str(house / "clinic-data"), "CI": "1"}
    done = subprocess.run(command, shell=True, cwd=house, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"$ {command}\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    return done.stdout


SAYS = {
    "add-a-condition.md": {"conditions.md": "Meralgia paraesthetica"},
    "add-a-caution.md": {"cautions.md": "Fast heart before the infusion", "facts.md": "fast_heart_is_usual"},
    "add-a-vital-sign.md": {"session-watching.md": "Itching above 6: check the skin and the breathing."},
}
"""What the reference says once a page was followed."""


def test_what_the_pages_add_is_read_as_knowledge(house: Path) -> None:
    """What the pages show is read as it stands; that each command of theirs runs is tried by the slow test below."""
    assert [len(save(house, page)) for page in SAYS] == [1, 2, 2]
    read = "from unwound import cautions; from unwound.conditions import knowledge; from unwound.session import signs; "
    files = "{**knowledge.conditions(), **cautions.cautions(), **signs.signs()}"
    shown = f"print(*(file.title for file in {files}.values()))"
    said = say(house, f".venv/bin/python -c '{read}{shown}'")
    assert all(title in said for title in ("Meralgia paraesthetica", "Fast heart before the infusion", "Itching"))


@pytest.mark.slow
def test_what_the_pages_say_can_be_done_as_they_say(house: Path) -> None:
    """All in one copy, so that what they share is run once, and none stands in another's way."""
    assert [len(save(house, page)) for page in SAYS] == [1, 2, 2]
    wanted = list(dict.fromkeys(command for page in SAYS for command in commands(page)))
    assert len(wanted) == len(SAYS) + 1
    for command in sorted(wanted, key=GENERATE.__eq__):
        say(house, command)
    for page, shown in SAYS.items():
        for name, text in shown.items():
            assert text in (house / "docs/reference" / name).read_text(encoding="utf-8"), f"{page}: {name}"


@pytest.mark.thorough
def test_a_number_that_was_checked_is_shown_without_its_mark(house: Path) -> None:
    before, after = blocks("check-a-number.md", "toml")
    place = house / "unwound/data/therapies/gabapentin.toml"
    text = place.read_text(encoding="utf-8")
    assert text.count(before) == 1, "the page shows the number as the file has it"
    listed = ".venv/bin/python -c 'from unwound import provenance; print(*(one.field for one in provenance.assumptions() if one.file.endswith(\"/gabapentin.toml\")))'"  # noqa: E501
    assert "dosing.start" in say(house, listed).split()
    place.write_text(text.replace(before, after), encoding="utf-8")
    assert "dosing.start" not in say(house, listed).split()
    assert commands("check-a-number.md") == [GENERATE]
    say(house, "./run test tests/library/test_therapy_files.py -k gabapentin")


@pytest.mark.thorough
def test_a_condition_that_was_lost_is_noticed_by_the_commands_of_the_page(house: Path) -> None:
    (house / "unwound/data/conditions/alcohol_neuropathy.toml").unlink()
    with pytest.raises(AssertionError, match="alcohol_neuropathy"):
        say(house, commands("add-a-condition.md")[0] + " -k asked_for")
