"""The wheel in a fresh environment: the core alone, then every page of the documentation from an empty folder."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_page_runs_for_whoever_installed_the_wheel() -> None:
    done = subprocess.run(
        [sys.executable, "tests/house/wheel.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      the core alone" in done.stdout
    assert done.stdout.count("tutorial/") >= 3
