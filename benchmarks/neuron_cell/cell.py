"""A train of the wound cell in NEURON: `python cell.py ASKED.json`, in a folder in which `wound.mod` was compiled.

Reads the cell, what arrives, how many such cells run at once and by which of NEURON's two ways; prints the spikes of
the first (ms) and the seconds of CPU that a cell took. Needs NEURON and nothing of ours, so that it can run by another
Python than the rest.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from neuron import h

OF_THE_SECTION = "capacitance"
CALLED = {"threshold": "fires_from"}
"""Names that NMODL keeps for itself."""
UM = 10_000.0
"""µm in a cm."""


def main(asked: dict[str, Any]) -> dict[str, Any]:
    h.load_file("stdrun.hoc")
    made = [_made(asked, f"cell{which}") for which in range(asked["cells"])]
    spikes = h.Vector()
    h.NetCon(made[0][1], None).record(spikes)
    arrivals = h.FInitializeHandler(
        lambda: [cons[which].event(at) for _, _, cons in made for at, which in asked["events"]]
    )
    h.dt, h.steps_per_ms = asked["step_ms"], 1 / asked["step_ms"]
    h.v_init = asked["cell"]["leak_reversal"]
    h.stdinit()
    run = h.continuerun
    if asked["native"]:
        context = h.ParallelContext()
        context.set_maxstep(10)
        run = context.psolve
    before = time.process_time()
    run(asked["until_ms"])
    took = time.process_time() - before
    del arrivals
    return {"spikes": list(spikes), "cpu_s": took / len(made), "block": made[0][1].b}


def _made(asked: dict[str, Any], name: str) -> tuple[Any, Any, list[Any]]:
    """A section, its point process, and a connection for each set of weights."""
    cell, section = asked["cell"], h.Section(name=name)
    # A cylinder as long as wide, of so much membrane that a µF a cm² makes the capacitance (pF).
    across = math.sqrt(cell["capacitance"] * 1e-6 / math.pi) * UM
    section.L = section.diam = across
    section.nseg, section.cm = 1, 1.0
    wound = h.Wound(section(0.5))
    for quantity, value in {**cell, **asked["further"]}.items():
        if quantity != OF_THE_SECTION:
            setattr(wound, CALLED.get(quantity, quantity), value)
    return section, wound, [_connected(wound, weights) for weights in asked["weights"]]


def _connected(wound: Any, weights: list[float]) -> Any:
    con = h.NetCon(None, wound)
    con.delay = 0
    for place, weight in enumerate(weights):
        con.weight[place] = weight
    return con


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
