"""How fast the model cell is: seconds of biology a cell, an ensemble by concentrations, and the same cell in NEURON.

    .venv/bin/python benchmarks/mechanism.py [--neuron PYTHON]

NEURON is not needed. Where this Python has it, or the one that is named, the same cell (`neuron_cell/wound.mod`) runs
the same train there by the same step, and the spikes of both stand side by side; that needs a C++ compiler. NEURON has
two ways: `continuerun`, which its menus, tutorials and published models use, spends most of a small cell's time in its
interpreter; `psolve` does not, and many cells at once share what is left of the overhead. All three are printed. Then
stands what the published cell of Aguiar 2010 took (ModelDB 128559, run by the project under NEURON 9.0.2: about 10 s of
CPU for 17 s of biology; see data/evidence/aguiar_2010.toml). That cell has 32 segments and ours one: the comparison
with it is of what an experiment costs, not of how well the programs are written.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from unwound import mechanism
from unwound.mechanism import cells, experiments
from unwound.mechanism.cells import block_in_balance
from unwound.mechanism.experiments import Conditions
from unwound.mechanism.knowledge import TRAIN as OF_TRAINS
from unwound.mechanism.knowledge import value
from unwound.mechanism.plain import peak
from unwound.mechanism.stimuli import Scales, c_fibres

TRAIN = Conditions(frequency_hz=1.0, stimuli=17)
PUBLISHED_S = 10.0
"""CPU seconds of the published cell in NEURON for as much biology."""
GOAL = 500
CELLS, AMOUNTS = 300, (0.1, 0.2, 0.3, 0.6, 0.9, 1.5, 3.0, 5.0, 10.0, 30.0)
HERE = Path(__file__).parent / "neuron_cell"
DRUG_UM = 3.0
MANY = 64
"""Cells that NEURON runs at once: with more, one costs no less."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neuron", default=sys.executable, help="a Python that has NEURON; this one without it")
    python = parser.parse_args().neuron
    biology = (TRAIN.stimuli - 1) / TRAIN.frequency_hz + 1
    first = timed(lambda: mechanism.windup(seeds=1, stimuli=2))
    print(f"first call, compiled or read from disk   {first:8.2f} s")
    drug = replace(TRAIN, ketamine_um=DRUG_UM)
    for said, asked in (("", TRAIN), (" with ketamine", drug)):
        alone = min(timed(partial(experiments.of_cells, asked, {0: cells.central()})) for _ in range(10))
        print(f"{'one cell alone' + said:40} {alone * 1000:8.2f} ms of CPU for {biology:g} s of biology")
    plain = timed(lambda: experiments.of_cells(replace(TRAIN, stimuli=2), {0: cells.central()}, plain=True))
    print(f"a cell by plain numpy, 2 s of biology    {plain * 1000:8.0f} ms of CPU")
    members = {seed: cells.member(seed) for seed in range(CELLS)}
    wall = time.perf_counter()
    spent = timed(lambda: [experiments.of_cells(replace(TRAIN, ketamine_um=amount), members) for amount in AMOUNTS])
    wall = time.perf_counter() - wall
    each = spent / CELLS / len(AMOUNTS)
    print(f"{CELLS} cells by {len(AMOUNTS)} concentrations           {spent:8.1f} s of CPU, {wall:.0f} s by the clock")
    print(f"a cell of them, {biology:g} s of biology         {each * 1000:8.2f} ms of CPU")
    beside_neuron(python, each)
    faster = PUBLISHED_S / each
    print(f"published cell in NEURON, as much biology {PUBLISHED_S:7.1f} s of CPU: {faster:.0f} times (goal {GOAL})")
    return 0 if faster >= GOAL else 1


def beside_neuron(python: str, ours_s: float) -> None:
    """The same cell in NEURON by each of its ways, and its spikes; a line that says why where it cannot be run."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        lacks = compiled(python, place)
        if lacks:
            print(f"the same cell in NEURON                  not run: {lacks}")
            return
        for amount in (0.0, DRUG_UM):
            asked = replace(TRAIN, ketamine_um=amount)
            for way, many, native in (("", 1, False), (", psolve", 1, True), (f", psolve, {MANY} at once", MANY, True)):
                theirs = min(in_neuron(python, place, asked, cells_at_once=many, native=native)["cpu_s"] for _ in "123")
                named = f"the same in NEURON, {amount:g} µmol/L{way}"
                print(f"{named:48}{theirs * 1000:8.0f} ms of CPU: {theirs / ours_s:.0f} times ours")
            ours = experiments.of_cells(asked, {0: cells.central()}).counts[0]
            print(f"  spikes after each stimulus, ours       {' '.join(f'{count:.0f}' for count in ours)}")
            theirs_counts = experiments.count(asked, [np.array(in_neuron(python, place, asked)["spikes"])])[0][0]
            print(f"  in NEURON                              {' '.join(f'{count:.0f}' for count in theirs_counts)}")


def compiled(python: str, place: Path) -> str:
    """Compiles the cell for NEURON; what is lacking, in a few words, or nothing."""
    try:
        has = subprocess.run([python, "-c", "import neuron"], capture_output=True, check=False).returncode == 0
    except OSError as reason:
        return str(reason)
    if not has:
        return "this Python has no NEURON (pip install neuron; --neuron names another)"
    shutil.copy(HERE / "wound.mod", place)
    made = subprocess.run([Path(python).parent / "nrnivmodl"], cwd=place, capture_output=True, text=True, check=False)
    return "" if made.returncode == 0 else f"nrnivmodl: {made.stderr.strip().splitlines()[-1:]}"


def in_neuron(
    python: str, place: Path, asked: Conditions, *, cells_at_once: int = 1, native: bool = False
) -> dict[str, Any]:
    """What the cell of NEURON did under the conditions: spikes (ms), CPU seconds a cell, block at the end."""
    cell = cells.central()
    arriving = c_fibres(cell, 0, frequency_hz=asked.frequency_hz, release=[1.0] * asked.stimuli, scales=Scales())
    kinds = sorted({*zip(arriving.ampa, arriving.nmda, arriving.nk1, arriving.gaba, strict=True)})
    each = zip(arriving.times_ms, arriving.ampa, arriving.nmda, arriving.nk1, arriving.gaba, strict=True)
    wanted = {
        "cells": cells_at_once,
        "native": native,
        "cell": {name: cell[name] for name in cells.FIELDS},
        "further": {
            "nmda_peak": float(peak(cell["nmda_rise"], cell["nmda_decay"])),
            "nk1_peak": float(peak(cell["nk1_rise"], cell["nk1_decay"])),
            "ketamine": asked.ketamine_um,
            "block_at_start": block_in_balance(cell, asked.ketamine_um, value(OF_TRAINS, "block_voltage")),
        },
        "weights": kinds,
        "events": [(at, kinds.index(tuple(opens))) for at, *opens in each],
        "step_ms": value(OF_TRAINS, "step"),
        "until_ms": experiments.until_ms(asked),
    }
    (place / "asked.json").write_text(json.dumps(wanted), encoding="utf-8")
    done = subprocess.run(
        [python, HERE / "cell.py", "asked.json"], cwd=place, capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def timed(act: Callable[[], object]) -> float:
    """CPU seconds: the machine may be busy with other things."""
    before = time.process_time()
    act()
    return time.process_time() - before


if __name__ == "__main__":
    sys.exit(main())
