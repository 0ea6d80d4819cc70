"""A misspelt fact is found before anything runs: the types of facts are fresh, and a type checker reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fact_types
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
from typing import Any

from unwound import examples

patient = examples.load("crps_after_wrist_fracture").patient
patient = patient.knowing(pregnant=False, weight_kg=68, height_cm=None, hba1c_percent="58 mmol/mol")
own: dict[str, Any] = {"fact_of_my_own_folder": True}
patient = patient.knowing(**own)
patient.knowing(pregnent=True)
patient.knowing(pregnant="yes")
patient.knowing(pain_descriptors=("burnign",))
"""


def test_the_types_of_facts_are_those_of_the_vocabulary() -> None:
    """Else: `.venv/bin/python tests/house/fact_types.py > unwound/fact_types.py`."""
    assert (ROOT / "unwound" / "fact_types.py").read_text(encoding="utf-8") == fact_types.text()


@pytest.mark.slow
def test_a_type_checker_finds_a_misspelt_fact_and_a_wrong_value_in_a_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\n", encoding="utf-8")
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "script.py"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    wrong = {line.split(":")[1] for line in said.splitlines() if line.startswith("script.py:") and ": error: " in line}
    assert wrong == {"10", "11", "12"}, said
    assert 'Unexpected keyword argument "pregnent"' in said
