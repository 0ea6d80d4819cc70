"""How long a stranger waits: importing, and a first result of each kind, as ratios to importing NumPy.

.venv/bin/python benchmarks/library.py [--runs 5]

Each row is a process of its own, the runs of all rows in turn, so that what else the machine does falls on all alike.
The median is shown, without the start of Python. Every row is run once before it is measured: the first simulation of
an installation compiles besides, once, and that is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

REVIEW = "from unwound import examples, pathway; p = examples.load('crps_after_wrist_fracture').patient; "
PLAN = "from unwound import protocols; protocols.plan('crps_ketamine_10_days', p, concentration_mg_per_ml=2)"
CURVE = (
    "from unwound.pharmacology import simulate, subject_of; from unwound.pharmacology.dosing import infusion; "
    "simulate([infusion(0, 20, 4)], subject_of(p), 'clements_1981', [1, 2, 4, 8])"
)
ROWS = {
    "an empty program": "pass",
    "import numpy": "import numpy",
    "import pydantic, scipy.stats": "import pydantic, scipy.stats",
    "import unwound": "import unwound",
    "import unwound.pathway": "import unwound.pathway",
    "import unwound.pharmacology": "import unwound.pharmacology",
    "a first review": REVIEW + "pathway.review(p)",
    "a first plan": REVIEW + PLAN,
    "a first curve": REVIEW + CURVE,
    "a first notebook's screen": REVIEW + "pathway.review(p)._repr_html_()",
}
UNIT = "import numpy"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    took: dict[str, list[float]] = {name: [] for name in ROWS}
    for turn in range(runs + 1):
        for name, program in ROWS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            if turn:
                took[name].append(time.perf_counter() - began)
    start = statistics.median(took["an empty program"])
    unit = statistics.median(took[UNIT]) - start
    print(f"{'':32}{'seconds':>10}{'times importing numpy':>24}")
    for name, seconds in took.items():
        own = statistics.median(seconds) - (0 if name == "an empty program" else start)
        print(f"{name:32}{own:>10.3f}{own / unit:>24.1f}")


if __name__ == "__main__":
    main()
