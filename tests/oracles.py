"""Tools made by others that measure the same as ours, in an environment of their own, since they need other versions.

`.ci/run` makes it; by hand: `uv venv .oracles && uv pip install --python .oracles/bin/python pycanon lifelines`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

PYTHON = Path(__file__).parents[1] / ".oracles/bin/python"


def asked(script: str, given: object) -> Any:
    """What the script prints as JSON, of what it reads as JSON; the test is skipped where the tools are not there."""
    if not PYTHON.exists():
        pytest.skip(f"no {PYTHON.parents[1].name}/ with pycanon and lifelines ({Path(__file__).name} says how)")
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", script],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
