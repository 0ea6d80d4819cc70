"""What tests of leaving need: a clinic in which something of every kind was done, and an archive looked into."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from devices import environment

MAKE = Path(__file__).parent / "commands" / "make_leaving_clinic.py"
UNWOUND = str(Path(sys.executable).parent / "unwound")


def run(*command: str, data: Path, address: str = "") -> str:
    """What a command of `unwound` says."""
    done = subprocess.run(
        [UNWOUND, *command], capture_output=True, text=True, env=environment(data, address), check=False
    )
    return done.stdout + done.stderr


def made(data: Path, address: str = "", what: str = "6") -> None:
    """A clinic with so many patients, or «more» in one that is there."""
    done = subprocess.run(
        [sys.executable, str(MAKE), what], env=environment(data, address), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def tables(file: Path) -> dict[str, list[Any]]:
    """Table -> its rows, as an archive holds them."""
    with tarfile.open(file) as stream:
        names = [name for name in stream.getnames() if name.startswith("tables/")]
        return {Path(name).stem: [json.loads(line) for line in stream.extractfile(name) or ()] for name in names}


def manifest(file: Path) -> Any:
    """What an archive says of itself."""
    with tarfile.open(file) as stream:
        read = stream.extractfile("manifest.json")
        assert read is not None
        return json.load(read)
