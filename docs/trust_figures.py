"""The figures of docs/explanation/trust.md: each is what the command beside it prints."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).parent / "explanation/trust.md"
ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<figure>\d+) \| `(?P<command>.+)` \|$", re.MULTILINE)


def printed(command: str) -> str:
    """What the command of a row prints, run in the folder of the repository."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        ["sh", "-c", command.replace(r"\|", "|")], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def write() -> int:
    """Writes each figure anew; how many there are."""
    text, number = ROW.subn(
        lambda row: f"| {row['what']} | {printed(row['command'])} | `{row['command']}` |", PAGE.read_text("utf-8")
    )
    PAGE.write_text(text, encoding="utf-8")
    return number
