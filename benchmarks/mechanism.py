"""How fast the model cell is: seconds of biology a cell, and an ensemble by concentrations.

    .venv/bin/python benchmarks/mechanism.py

Beside it the published cell of Aguiar 2010 (ModelDB 128559, run by the project under NEURON 9.0.2: about 10 s of CPU
for 17 s of biology; see data/evidence/aguiar_2010.toml). That cell has 32 segments and ours one: the comparison is of
what an experiment costs, not of how well the programs are written. NEURON is not needed here and not run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from unwound import mechanism
from unwound.mechanism import cells, experiments
from unwound.mechanism.experiments import Conditions

TRAIN = Conditions(frequency_hz=1.0, stimuli=17)
NEURON_S = 10.0
"""CPU seconds of the published cell for as much biology."""
GOAL = 500
CELLS, AMOUNTS = 300, (0.1, 0.2, 0.3, 0.6, 0.9, 1.5, 3.0, 5.0, 10.0, 30.0)


def main() -> int:
    biology = (TRAIN.stimuli - 1) / TRAIN.frequency_hz + 1
    first = timed(lambda: mechanism.windup(seeds=1, stimuli=2))
    print(f"first call, compiled or read from disk   {first:8.2f} s")
    each = min(timed(lambda: experiments.of_cells(TRAIN, {0: cells.central()})) for _ in range(20))
    drug = replace(TRAIN, ketamine_um=3.0)
    blocked = min(timed(lambda: experiments.of_cells(drug, {0: cells.central()})) for _ in range(20))
    print(f"a cell, {biology:g} s of biology                 {each * 1000:8.2f} ms of CPU")
    print(f"the same with ketamine                   {blocked * 1000:8.2f} ms of CPU")
    plain = timed(lambda: experiments.of_cells(replace(TRAIN, stimuli=2), {0: cells.central()}, plain=True))
    print(f"a cell by plain numpy, 2 s of biology    {plain * 1000:8.0f} ms of CPU")
    members = {seed: cells.member(seed) for seed in range(CELLS)}
    wall = time.perf_counter()
    spent = timed(lambda: [experiments.of_cells(replace(TRAIN, ketamine_um=amount), members) for amount in AMOUNTS])
    wall = time.perf_counter() - wall
    print(f"{CELLS} cells by {len(AMOUNTS)} concentrations           {spent:8.1f} s of CPU, {wall:.0f} s by the clock")
    faster = NEURON_S / blocked
    print(f"NEURON, published cell, as much biology  {NEURON_S:8.1f} s of CPU: {faster:.0f} times (goal {GOAL})")
    return 0 if faster >= GOAL else 1


def timed(act: Callable[[], object]) -> float:
    """CPU seconds: the machine may be busy with other things."""
    before = time.process_time()
    act()
    return time.process_time() - before


if __name__ == "__main__":
    sys.exit(main())
