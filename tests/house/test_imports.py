"""Nothing heavy is loaded before it is needed: a review waits for no engine, and neither does a plan or the clinic."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "scipy", "numba", "altair", "vl_convert", "pyarrow", "pandas"}
CLINIC = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "unwound_clinic.settings"
import django
django.setup()
import unwound_clinic.urls
"""


@pytest.mark.parametrize(
    ("code", "needed"),
    [("import unwound.cli", set()), ("import unwound.protocols", {"numpy"}), (CLINIC, {"numpy"})],
    ids=["the command", "a plan", "the clinic"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(
    code: str, needed: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNWOUND_DATA", str(tmp_path))
    asked = f"{code}\nimport sys\nprint(*{HEAVY} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= needed
