"""What Linux, macOS and Windows do each in their own way, in one place: locks, the disk, and beginning anew.

`tests/house/test_other_systems.py` runs the clinic without what Windows has not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from filelock import FileLock, Timeout


def lock(file: Path) -> FileLock | None:
    """The lock on that file, held until it is released or the process ends; None where another process has it."""
    held = FileLock(file, timeout=0, mode=0o600)
    try:
        held.acquire()
    except Timeout:
        return None
    return held


def to_disk(folder: Path) -> None:
    """The names in a folder reach the disk, as after a rename. Windows opens no folder, and writes names by itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def begin_anew(arguments: list[str]) -> NoReturn:
    """This process becomes that command. On Windows none can: it waits for the other, and ends as that one does."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(arguments))
    os.execv(arguments[0], arguments)
