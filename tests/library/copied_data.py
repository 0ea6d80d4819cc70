"""A copy of the data folder that a test may change, and what the library says when it reads that one."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from unwound import catalogue


def copy(place: Path) -> Path:
    """A copy of `unwound/data` in a folder of the test."""
    return Path(shutil.copytree(catalogue.DATA, place / "data"))


def file(data: Path, kind: str, id: str) -> Path:
    """One file of the copy, by its kind and id as in the catalogue."""
    return data / kind / f"{id}.toml"


def change(path: Path, old: str, new: str) -> None:
    """Put one text in the place of another that stands there exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def ask(data: Path, script: str) -> Any:
    """What a script prints as JSON; another process, because what was read once is kept."""
    first = f"from pathlib import Path\nfrom unwound import catalogue\ncatalogue.DATA = Path({str(data)!r})\n"
    done = subprocess.run([sys.executable, "-c", first + script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
