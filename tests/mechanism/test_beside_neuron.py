"""The benchmark beside NEURON runs without it and says so; where NEURON is installed, the same cell fires the same."""

import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unwound.mechanism import cells, experiments

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))

import mechanism as benchmark  # noqa: E402

PYTHON = os.environ.get("UNWOUND_NEURON", sys.executable)
"""A Python that has NEURON: `UNWOUND_NEURON=there/bin/python ./run test tests/mechanism`."""
HAS_NEURON = sys.executable != PYTHON or importlib.util.find_spec("neuron") is not None


@pytest.mark.skipif(HAS_NEURON, reason="NEURON is here")
def test_without_neuron_the_benchmark_says_what_is_lacking(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.beside_neuron(sys.executable, 1.0)
    assert "not run: this Python has no NEURON (pip install neuron; --neuron names another)" in capsys.readouterr().out


def test_a_python_that_is_none_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    benchmark.beside_neuron(str(tmp_path / "python"), 1.0)
    assert "not run: [Errno 2] No such file" in capsys.readouterr().out


def test_every_number_of_the_cell_has_its_place_in_the_mod_file() -> None:
    mod = (benchmark.HERE / "wound.mod").read_text(encoding="utf-8")
    parameters = mod.partition("PARAMETER {")[2].partition("}")[0].split()
    of_the_cell = {{"threshold": "fires_from"}.get(name, name) for name in cells.FIELDS} - {"capacitance"}
    assert set(parameters) == of_the_cell | {"nmda_peak", "nk1_peak", "ketamine", "block_at_start"}


@pytest.mark.skipif(not HAS_NEURON, reason="NEURON is not installed: UNWOUND_NEURON names a Python that has it")
@pytest.mark.parametrize("ketamine_um", [0.0, 3.0])
def test_neuron_gives_the_same_spikes_of_the_same_cell(tmp_path: Path, ketamine_um: float) -> None:
    assert benchmark.compiled(PYTHON, tmp_path) == ""
    asked = replace(benchmark.TRAIN, ketamine_um=ketamine_um)
    theirs = experiments.count(asked, [np.array(benchmark.in_neuron(PYTHON, tmp_path, asked)["spikes"])])[0][0]
    ours = experiments.of_cells(asked, {0: cells.central()}).counts[0]
    assert np.abs(theirs - ours).max() <= 1, (theirs, ours)
    assert theirs.sum() == pytest.approx(ours.sum(), rel=0.03)
