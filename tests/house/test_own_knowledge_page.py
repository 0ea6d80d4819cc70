"""The page on one's own knowledge works as written: its files are saved, its commands run and print what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/add-your-own-knowledge.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = FENCE.findall(PAGE)


def say(command: list[str] | str, desk: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "UNWOUND_KNOWLEDGE"}
    shell = isinstance(command, str)
    done = subprocess.run(command, shell=shell, cwd=desk, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.thorough
def test_the_page_on_own_knowledge_does_what_it_says(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).parent / "unwound"}" "$@"\n')
    run.chmod(0o755)
    for language, text in BLOCKS:
        if language == "toml" and (place := re.match(r"# (our-knowledge/\S+)\n", text)):
            path = tmp_path / place[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    assert len(list((tmp_path / "our-knowledge").rglob("*.toml"))) == 2
    ran = 0
    for (language, text), (after, shown) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if language == "sh":
            for command in text.splitlines():
                printed = say(command, tmp_path)
                ran += 1
                assert after == "text"
                for line in shown.splitlines():
                    assert line in printed, f"$ {command}\n{printed}"
    assert ran == 3
    (script,) = [text for language, text in BLOCKS if language == "py"]
    more = "from unwound import cautions\nprint(cautions.cautions()['fast_heart_here'].title)"
    assert "by the rule of this hospital" in say([sys.executable, "-c", script + more], tmp_path)
