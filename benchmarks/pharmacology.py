"""Speed and error of the pharmacology engine beside general solvers, on one core.

The task: 10,000 patients; Kamp's three compartments, a metabolite and an effect site; 20 mg/h for four hours on ten
days; plasma, metabolite and site at 241 hourly times as float64 in newly made arrays; clearance and central volume
vary (30 and 35 %). «With relief» adds dE/dt = ln 2 / 10.9 d (C^1.5 / (10.5^1.5 + C^1.5) - E) at the same times.
«Differing» gives every patient 241 irregular times and ten infusions of its own start, length and speed.

numbalsoda and libroadrunner, where installed (`pip install unwound[bench]`; numbalsoda needs gfortran), solve the same
in the same run on fewer patients, at tolerance 1e-8 as their users call them. They are general solvers and we are a
closed form of linear models: that is most of the ratio. Peers with closed forms of their own are R packages and do not
run here; measured once on such a machine they gave 8,900 to 9,200 (rxode2 linCmt), 5,700 to 6,600 (tci) and 560 to 580
(linpk) patients a second, without metabolite and mostly plasma only: about a hundredth of ours for less work.

Measured on one of two busy cores (Zen 5, 2026-11-21; two to six processes at once): plain 0.86 to 1.0 million patients
a second, so its goal of a million is only just reached in the best runs; with relief 300,000 to 320,000 and differing
410,000 to 430,000, both goals reached; 580 to 710 times numbalsoda plain, 275 to 310 with relief; one patient 0.2 ms;
quantiles of a million in 235 MB. More than half of «plain» is writing 58 MB into new pages.

All times are processor time of this thread, the least of several runs. Run: python benchmarks/pharmacology.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from unwound.pharmacology import models
from unwound.pharmacology.dosing import infusion, repeat
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.solver import concentrations, indirect_response, kernels
from unwound.pharmacology.solver.records import Doses
from unwound.pharmacology.subjects import Subjects

N, CHECKED = 10_000, 50
TIMES = np.arange(241.0)
DOSES = repeat(infusion(0, 20, 4), 24, 10)
KE0 = np.log(2) / 6.1 * 60
HALF_LIFE_H, HALF, HILL = 10.9 * 24, 10.5, 1.5
KEPT: dict[str, float] = {"q2": 161, "v2": 56, "q3": 79, "v3": 157, "fm": 0.8, "vm": 98.6, "clm": 57.7}
FLOWS = [
    ("c", "", "cl", "fm", True),
    ("c", "m", "cl", "fm", False),
    ("c", "p", "q2"),
    ("c", "q", "q3"),
    ("m", "", "clm"),
]
GOALS = {"plain": 1_000_000, "with relief": 250_000, "differing": 400_000}


def the_model() -> Model:
    """Kamp's parent with a metabolite, as data."""
    known = models.model("kamp_2020").model_dump()
    cited = next(iter(known["parameters"].values())) | {"weight_exponent": 0.0}
    values = {"v1": 25.0, "cl": 84.0, **KEPT}
    volumes = {"c": "v1", "p": "v2", "q": "v3", "m": "vm"}
    flows = [
        {"source": a, "to": b, "clearance": by, "both_ways": b in {"p", "q"}}
        | ({"fraction": more[0], "complement": more[1]} if more else {})
        for a, b, by, *more in FLOWS
    ]
    changed = {
        "parameters": {name: cited | {"value": value} for name, value in values.items()},
        "compartments": {name: {"volume": volume} for name, volume in volumes.items()},
        "flows": flows,
        "outputs": {"plasma": {"compartment": "c"}, "metabolite": {"compartment": "m"}},
        "routes": {"iv": {"compartment": "c"}},
        "variability": {"parameters": ("v1", "cl"), "covariance": ((0.35**2, 0.0), (0.0, 0.3**2))},
        "derived": {}, "residual": {}, "validation": (),
    }  # fmt: skip
    return Model.model_validate(known | changed)


MODEL = the_model()
RNG = np.random.default_rng(1)
ETA = RNG.normal(0, (0.35, 0.3), (N, 2))
SUBJECTS = Subjects(np.full(N, 70.0), ETA)


def found(n: int = N) -> dict[str, Array]:
    return models.parameters(MODEL, SUBJECTS.weight_kg[:n], ETA[:n])


def seconds(work: Callable[[], object], repeats: int = 25) -> float:
    work()
    spent = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return min(spent)


def plain(n: int = N) -> Array:
    """Plasma, metabolite and site, (3, subjects, times), through the door."""
    curve = simulate(DOSES, Subjects(SUBJECTS.weight_kg[:n], ETA[:n]), MODEL, TIMES, sites={"site": KE0})
    return np.stack([*curve.concentrations.values(), *curve.sites.values()]) if n < N else curve.plasma


def relief() -> Array:
    """The effect, (subjects, times), from modes that are reckoned here again."""
    start = np.array([[dose.time_h for dose in DOSES]], dtype=float)
    doses = Doses(start, np.full((1, 10), 4.0), np.full((1, 10), 80.0))
    known = concentrations.in_modes(MODEL, found(), start, 240.0, {})
    assert known is not None
    grid = indirect_response.grid(TIMES, indirect_response.changes_of(DOSES), HALF_LIFE_H)
    return kernels.relief(known, grid, doses, half_ng_per_ml=HALF, hill=HILL)


OWN_TIMES = np.sort(RNG.uniform(0, 240, (N, 241)), axis=1)
OWN_START = 24.0 * np.arange(10) + RNG.uniform(0, 6, (N, 10))
OWN_HOURS, OWN_SPEED = RNG.uniform(2, 6, (N, 10)), RNG.uniform(10, 25, (N, 10))
OWN = Doses(OWN_START, OWN_HOURS, OWN_HOURS * OWN_SPEED)


def differing() -> Array:
    """The same three where nobody shares times or doses."""
    known = concentrations.in_modes(MODEL, found(), OWN_START, 240.0, {"site": KE0})
    assert known is not None
    return kernels.curves(known, OWN_TIMES, OWN)


def whole(n: int) -> tuple[Array, Array]:
    """Rates (n, 5, 5) of compartments and site, and what turns the state into ng/mL, (n, 3, 1)."""
    values = found(n)
    outputs = models.concentrations(MODEL, values)
    matrix = concentrations.with_sites(models.matrices(MODEL, values), outputs["plasma"], {"site": KE0})
    return matrix, np.stack([outputs["plasma"][1], outputs["metabolite"][1], np.ones(n)], axis=1)[:, :, None]


def by_expm(matrix: Array, moments: Array, speed: Array) -> Array:
    """One patient's state at every moment, (5, moments): exp(A t) from scipy over each interval, infused at `speed`."""
    augmented = np.zeros((6, 6))
    augmented[:5, :5], augmented[0, 5] = matrix, 1.0
    state, states, kept = np.zeros(6), [], {}
    for length, rate in zip(np.diff(moments, append=moments[-1]), speed, strict=True):
        states.append(state[:5].copy())
        if length not in kept:
            kept[length] = expm(augmented * length)
        state[5] = rate
        state = kept[length] @ state
    return np.array(states).T


def errors() -> dict[str, float]:
    """Largest error as a share of each curve's peak over the first patients: expm (linear), DOP853 (relief)."""
    matrix, factor = whole(CHECKED)
    rate = np.where(TIMES % 24 < 4, 20.0, 0.0)
    fast, slow_effect, own = plain(CHECKED), relief()[:CHECKED], differing()[:, :CHECKED]
    worst = dict.fromkeys(GOALS, 0.0)
    for one in range(CHECKED):
        exact = by_expm(matrix[one], TIMES, rate)[[0, 3, 4]] * factor[one]
        worst["plain"] = max(worst["plain"], share(fast[:, one], exact))
        effect = by_dop853(matrix[one], factor[one, 0, 0], 1e-12)
        worst["with relief"] = max(worst["with relief"], share(slow_effect[one], effect))
        ends = OWN_START[one] + OWN_HOURS[one]
        moments = np.unique(np.concatenate([OWN_TIMES[one], OWN_START[one], ends]))
        inside = (OWN_START[one] <= moments[:, None]) & (moments[:, None] < ends)
        exact = by_expm(matrix[one], moments, inside @ OWN_SPEED[one])[[0, 3, 4]] * factor[one]
        worst["differing"] = max(
            worst["differing"], share(own[:, one], exact[:, np.searchsorted(moments, OWN_TIMES[one])])
        )
    return worst


def share(got: Array, exact: Array) -> float:
    return float((np.abs(got - exact) / exact.max(axis=-1, keepdims=True)).max())


def by_dop853(matrix: Array, factor: float, tolerance: float) -> Array:
    """One patient's effect at every hour, stepped from change to change."""
    rate = np.log(2) / HALF_LIFE_H
    state, shown = np.zeros(6), [np.zeros(1)]
    for start, end in [(24.0 * day + a, 24.0 * day + b) for day in range(10) for a, b in ((0, 4), (4, 24))]:
        into = np.array([20.0 if end - start == 4 else 0.0, 0, 0, 0, 0])

        def slope(_: float, y: Array, into: Array = into) -> Array:
            level = max(y[0] * factor, 0.0) ** HILL
            return np.append(matrix @ y[:5] + into, rate * (level / (HALF**HILL + level) - y[5]))

        hours = np.arange(start + 1, end + 1)
        solved = solve_ivp(slope, (start, end), state, "DOP853", hours, rtol=tolerance, atol=tolerance / 100)
        state = solved.y[:, -1]
        shown.append(solved.y[5])
    return np.concatenate(shown)


def a_million() -> str:
    """Peak memory and time of the quantiles of a million, in a process of its own."""
    code = (
        "import numpy as np\nfrom unwound.pharmacology import population\n"
        "from unwound.pharmacology.dosing import Dose, repeat\nimport time\nbegin = time.process_time()\n"
        "population.population(repeat(Dose(time_h=0, amount_mg=80, duration_h=4), 24, 10),\n"
        "    'otto_2021', n=1_000_000, seed=1,\n"
        "    times_h=np.arange(241.0), weight_kg=(70, 15, 40, 120))\n"
        "status = open('/proc/self/status').read().split()\n"
        "print(f'{int(status[status.index(\"VmHWM:\") + 1]) / 1000:.0f} MB, {time.process_time() - begin:.0f} s')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    once = {"plain": seconds(plain), "relief": seconds(relief), "differing": seconds(differing)}
    speed = {
        "plain": N / once["plain"],
        "with relief": N / (once["plain"] + once["relief"]),
        "differing": N / once["differing"],
    }
    off = errors()
    print(f"{'':12s} {'patients/s':>12s} {'goal':>10s}   error, of the peak")
    for name, goal in GOALS.items():
        reached = "reached" if speed[name] >= goal else "not reached"
        print(f"{name:12s} {speed[name]:12,.0f} {goal:10,d}   {off[name]:.1e}   {reached}")
    one = Subjects(np.array([70.0]), np.zeros((1, 2)))
    print(f"one patient  {seconds(lambda: simulate(DOSES, one, MODEL, TIMES, sites={'site': KE0}), 50) * 1e3:.2f} ms")
    peers(speed)
    print(f"quantiles of a million (Otto, two outputs, 241 times): {a_million()}")


def peers(speed: dict[str, float]) -> None:
    """Each peer that is installed: its speed, our ratio to it, and how far it is from us."""
    import pharmacology_peers as others

    matrix, factor = whole(N)
    ours, effect = plain(CHECKED), relief()[:CHECKED]
    for name, solve in (("numbalsoda", others.numbalsoda), ("libroadrunner", others.libroadrunner)):
        if find_spec("numbalsoda" if name == "numbalsoda" else "roadrunner") is None:
            print(f"{name}: not installed; pip install unwound[bench]")
            continue
        for task, pain in (("plain", False), ("with relief", True)):
            rate, states = solve(matrix, factor[:, 0, 0], pain)
            levels = states[:CHECKED, [0, 3, 4]].transpose(1, 0, 2) * factor[:CHECKED].transpose(1, 0, 2)
            apart = share(ours, levels)
            if pain:
                apart = max(apart, share(effect, states[:CHECKED, 5]))
            print(f"{name:14s} {task:12s} {rate:8,.0f} patients/s at 1e-8; ours {speed[task] / rate:,.0f} times; "
                  f"agree to {apart:.0e} of the peak")  # fmt: skip


if __name__ == "__main__":
    main()
