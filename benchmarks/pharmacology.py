"""Speed and error of the pharmacology engine beside general solvers, on one core, through its public functions.

The task: 10,000 patients; Kamp's three compartments, a metabolite and an effect site; 20 mg/h for four hours on ten
days; plasma, metabolite and site at 241 hourly times as float64 in newly made arrays; clearance and central volume
vary (30 and 35 %). Every row is `simulate` (and `build_up`), nothing behind them:

plain         one schedule for all
with relief   and dE/dt = ln 2 / 10.9 d (C^1.5 / (10.5^1.5 + C^1.5) - E) at the same times (`stated_error=False`)
differing     every patient's own weight, 241 irregular times and ten infusions of own start, length and speed
steady state  two hours' infusion that was given every twelve hours for ever, then the ten days of «plain» on top
changing      weight and deviations are others on each of the ten days

Machines differ threefold, so goals are ratios in the same run: «plain» takes at most 3 times as long as writing its
arrays once; each row is so many times as fast as numbalsoda (LSODA inside a numba loop) at 1e-8 on the same task.
numbalsoda and libroadrunner are `pip install unwound[bench]` (numbalsoda needs gfortran). They are general solvers and
we are a closed form of linear models: that is most of the ratio. Peers with closed forms of their own are R packages
and do not run here: their rows are quoted.

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
from unwound.pharmacology.buildup import build_up
from unwound.pharmacology.dosing import Dose, DoseColumns, infusion, repeat
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.simulation import Curve, simulate
from unwound.pharmacology.solver import concentrations
from unwound.pharmacology.subjects import Changing, Subjects

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
GOALS = {"plain": 500, "with relief": 250, "differing": 200, "steady state": 500, "changing": 50}
"""How many times as fast as numbalsoda."""
WRITINGS = 3.0
"""How many times as long as writing its arrays once «plain» may take."""
QUOTED = """Quoted, measured once on such a machine with R, patients a second (1 core):
  plain, ODE:          rxode2 dop853 1,830; mrgsolve 1,365
  closed forms, mostly plasma only, no metabolite: rxode2 linCmt 8,900 to 9,240; tci 5,700 to 6,600; linpk 560 to 580"""


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
        "derived": {}, "residual": {},
    }  # fmt: skip
    return Model.model_validate(known | changed)


MODEL = the_model()
RNG = np.random.default_rng(1)
ETA = RNG.normal(0, (0.35, 0.3), (N, 2))
SUBJECTS = Subjects(np.full(N, 70.0), ETA)


def found(n: int = N) -> dict[str, Array]:
    return models.parameters(MODEL, SUBJECTS.weight_kg[:n], ETA[:n])


def found_differing(n: int = N) -> dict[str, Array]:
    return models.parameters(MODEL, KILOGRAMS[:n], ETA[:n])


def seconds(work: Callable[[], object], repeats: int = 25) -> float:
    work()
    spent = []
    for _ in range(repeats):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return min(spent)


def stacked(curve: Curve) -> Array:
    """Plasma, metabolite and site, (3, subjects, times)."""
    return np.stack([*curve.concentrations.values(), *curve.sites.values()])


def plain(n: int = N) -> Curve:
    return simulate(DOSES, Subjects(SUBJECTS.weight_kg[:n], ETA[:n]), MODEL, TIMES, sites=SITE)


def relief(n: int = N, *, error: bool = False) -> Array:
    """The effect, (subjects, times)."""
    subjects = Subjects(SUBJECTS.weight_kg[:n], ETA[:n])
    return build_up(
        DOSES, subjects, MODEL, TIMES, half_life_h=HALF_LIFE_H, half_ng_per_ml=HALF, hill=HILL, stated_error=error
    ).effect


def written() -> Array:
    """The arrays of «plain», written once."""
    return np.full((3, N, TIMES.size), 1.0)


SITE = {"site": KE0}
KILOGRAMS = np.clip(RNG.normal(70, 15, N), 40, 120)
OWN_TIMES = np.sort(RNG.uniform(0, 240, (N, 241)), axis=1)
OWN_START = 24.0 * np.arange(10) + RNG.uniform(0, 6, (N, 10))
OWN_HOURS, OWN_SPEED = RNG.uniform(2, 6, (N, 10)), RNG.uniform(10, 25, (N, 10))
OWN = DoseColumns(time_h=OWN_START, amount_mg=OWN_HOURS * OWN_SPEED, duration_h=OWN_HOURS)


def differing(n: int = N) -> Curve:
    """The same three where nobody shares times, doses or weight."""
    doses = DoseColumns(time_h=OWN_START[:n], amount_mg=(OWN_HOURS * OWN_SPEED)[:n], duration_h=OWN_HOURS[:n])
    return simulate(doses if n < N else OWN, Subjects(KILOGRAMS[:n], ETA[:n]), MODEL, OWN_TIMES[:n], sites=SITE)


EVERY_H, ALWAYS_H, ALWAYS_MG = 12.0, 2.0, 30.0
STEADY = (Dose(time_h=0, amount_mg=ALWAYS_MG, duration_h=ALWAYS_H, steady_h=EVERY_H), *DOSES)


def steady(n: int = N) -> Curve:
    return simulate(STEADY, Subjects(SUBJECTS.weight_kg[:n], ETA[:n]), MODEL, TIMES, sites=SITE)


DAYS_ENDS = np.array([[24.0 * day for day in range(1, 10)]])
DAYS_ETA = ETA[:, None] + RNG.normal(0, 0.15, (N, 10, 2))
DAYS_KG = KILOGRAMS[:, None] - 0.2 * np.arange(10)
SHARED = DoseColumns(
    time_h=np.array([[dose.time_h for dose in DOSES]]),
    amount_mg=np.array([[dose.amount_mg for dose in DOSES]]),
    duration_h=np.array([[dose.duration_h for dose in DOSES]]),
)


def changing(n: int = N) -> Curve:
    subjects = Changing(weight_kg=DAYS_KG[:n], eta=DAYS_ETA[:n], ends_h=DAYS_ENDS)
    return simulate(SHARED, subjects, MODEL, TIMES, sites=SITE)


def whole(values: dict[str, Array]) -> tuple[Array, Array]:
    """Rates (n, 5, 5) of compartments and site, and what turns the state into ng/mL, (n, 3, 1)."""
    outputs = models.concentrations(MODEL, values)
    matrix = concentrations.with_sites(models.matrices(MODEL, values), outputs["plasma"], SITE)
    ones = np.ones(len(matrix))
    return matrix, np.stack([outputs["plasma"][1], outputs["metabolite"][1], ones], axis=1)[:, :, None]


def by_expm(matrix: Array, moments: Array, speed: Array, state: Array | None = None) -> Array:
    """One patient's state at every moment, (5, moments): exp(A t) from scipy over each interval, infused at `speed`.

    `matrix` is one for all intervals, or one for each.
    """
    state = np.zeros(6) if state is None else np.append(state, 0.0)
    states: list[Array] = []
    kept: dict[tuple[int, float], Array] = {}
    each = np.broadcast_to(matrix, (moments.size, 5, 5)) if matrix.ndim == 2 else matrix
    of = np.zeros(moments.size, dtype=int) if matrix.ndim == 2 else np.arange(moments.size) // 24
    for step, (length, rate) in enumerate(zip(np.diff(moments, append=moments[-1]), speed, strict=True)):
        states.append(state[:5].copy())
        if (of[step], length) not in kept:
            augmented = np.zeros((6, 6))
            augmented[:5, :5], augmented[0, 5] = each[step], 1.0
            kept[of[step], length] = expm(augmented * length)
        state[5] = rate
        state = kept[of[step], length] @ state
    return np.array(states).T


def always(matrix: Array) -> Array:
    """The state before a dose of the steady state, by scipy: (I - exp(A T))^-1 times what one dose left."""
    one = by_expm(matrix, np.array([0.0, ALWAYS_H, EVERY_H]), np.array([ALWAYS_MG / ALWAYS_H, 0.0, 0.0]))[:, -1]
    before: Array = np.linalg.solve(np.eye(5) - expm(matrix * EVERY_H), one)
    return before


def errors() -> dict[str, float]:
    """Largest error as a share of each curve's peak over the first patients: expm (linear), DOP853 (relief)."""
    matrix, factor = whole(found(CHECKED))
    own_matrix, own_factor = whole(found_differing(CHECKED))
    days = models.parameters(MODEL, DAYS_KG[:CHECKED].reshape(-1), DAYS_ETA[:CHECKED].reshape(-1, 2))
    days_matrix, days_factor = (one.reshape(CHECKED, 10, *one.shape[1:]) for one in whole(days))
    rate = np.where(TIMES % 24 < 4, 20.0, 0.0)
    more = rate + np.where(TIMES < ALWAYS_H, ALWAYS_MG / ALWAYS_H, 0.0)
    day_of = np.minimum(np.maximum(np.ceil(TIMES / 24) - 1, 0), 9).astype(int)
    over = np.minimum(TIMES // 24, 9).astype(int)
    got = {name: stacked(run(CHECKED)) for name, run in RUNS.items()}
    effects = relief(CHECKED)
    worst = dict.fromkeys(GOALS, 0.0)
    for one in range(CHECKED):
        exact = {
            "plain": by_expm(matrix[one], TIMES, rate)[[0, 3, 4]] * factor[one],
            "steady state": by_expm(matrix[one], TIMES, more, always(matrix[one]))[[0, 3, 4]] * factor[one],
            "changing": by_expm(days_matrix[one][over], TIMES, rate)[[0, 3, 4]] * days_factor[one][day_of, :, 0].T,
        }
        ends = OWN_START[one] + OWN_HOURS[one]
        moments = np.unique(np.concatenate([OWN_TIMES[one], OWN_START[one], ends]))
        inside = (OWN_START[one] <= moments[:, None]) & (moments[:, None] < ends)
        every = by_expm(own_matrix[one], moments, inside @ OWN_SPEED[one])[[0, 3, 4]] * own_factor[one]
        exact["differing"] = every[:, np.searchsorted(moments, OWN_TIMES[one])]
        for name, levels in exact.items():
            worst[name] = max(worst[name], share(got[name][:, one], levels))
        effect = by_dop853(matrix[one], factor[one, 0, 0], 1e-12)
        worst["with relief"] = max(worst["with relief"], share(effects[one], effect))
    return worst


RUNS: dict[str, Callable[[int], Curve]] = {
    "plain": plain, "differing": differing, "steady state": steady, "changing": changing,
}  # fmt: skip


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
    once = {name: seconds(lambda run=run: run(N)) for name, run in RUNS.items()}  # type: ignore[misc]
    writing = seconds(written)
    speed = {name: N / taken for name, taken in once.items()}
    speed["with relief"] = N / (once["plain"] + seconds(relief))
    times = once["plain"] / writing
    print(f"«plain» takes {times:.2f} times as long as writing its arrays once; goal at most {WRITINGS:g}: "
          f"{'reached' if times <= WRITINGS else 'not reached'}")  # fmt: skip
    off, theirs = errors(), peer_speeds()
    print(f"{'':13s} {'patients/s':>11s} {'numbalsoda':>11s} {'times':>6s} {'goal':>5s}{'':16s} error, of peak")
    for name, goal in GOALS.items():
        peer = theirs.get(name)
        ratio = speed[name] / peer if peer else 0.0
        said = "not installed" if not peer else "reached" if ratio >= goal else "not reached"
        print(
            f"{name:13s} {speed[name]:11,.0f} {peer or 0:11,.0f} {ratio:6,.0f} {goal:5d}   {said:13s} {off[name]:.1e}"
        )
    print(
        f"with relief and its stated error {N / (once['plain'] + seconds(lambda: relief(error=True))):,.0f} patients/s"
    )
    print(QUOTED)
    one = Subjects(np.array([70.0]), np.zeros((1, 2)))
    print(f"one patient  {seconds(lambda: simulate(DOSES, one, MODEL, TIMES, sites=SITE), 50) * 1e3:.2f} ms")
    roadrunner(speed)
    sys.stdout.flush()
    print(f"quantiles of a million (Otto, two outputs, 241 times): {a_million()}")


def peer_speeds() -> dict[str, float]:
    """numbalsoda's patients a second on each task; how far its answers are from ours is said."""
    import pharmacology_peers as others

    if find_spec("numbalsoda") is None:
        print("numbalsoda: not installed; pip install unwound[bench]")
        return {}
    n = others.LSODA_PATIENTS
    edges = np.array([[at + side for at in range(0, 240, 24) for side in (0.0, 4.0)]])
    speeds = np.tile([20.0, 0.0], 10)[None]
    both = np.unique(np.append(edges[0], ALWAYS_H))
    inside = np.where(both % 24 < 4, 20.0, 0.0) + np.where(both < ALWAYS_H, ALWAYS_MG / ALWAYS_H, 0.0)
    own_edges = np.stack([OWN_START, OWN_START + OWN_HOURS], axis=2).reshape(N, 20)[:n]
    own_speeds = np.stack([OWN_SPEED, np.zeros_like(OWN_SPEED)], axis=2).reshape(N, 20)[:n]
    order = np.argsort(own_edges, axis=1)
    changes = np.take_along_axis(np.stack([OWN_SPEED, -OWN_SPEED], axis=2).reshape(N, 20)[:n], order, axis=1)
    own_edges, own_speeds = np.take_along_axis(own_edges, order, axis=1), np.maximum(np.cumsum(changes, axis=1), 0.0)
    matrix, factor = whole(found(n))
    own_matrix, own_factor = whole(found_differing(n))
    days = models.parameters(MODEL, DAYS_KG[:n].reshape(-1), DAYS_ETA[:n].reshape(-1, 2))
    days_matrix, days_factor = (one.reshape(n, 10, *one.shape[1:]) for one in whole(days))
    hours = TIMES[None]
    day_of = np.minimum(np.maximum(np.ceil(TIMES / 24) - 1, 0), 9).astype(int)
    tasks = {
        "plain": (matrix[:, None], factor[:, :, 0], others.Task(edges, speeds, hours)),
        "with relief": (matrix[:, None], factor[:, :, 0], others.Task(edges, speeds, hours, pain=True)),
        "differing": (own_matrix[:, None], own_factor[:, :, 0], others.Task(own_edges, own_speeds, OWN_TIMES[:n])),
        "steady state": (
            matrix[:, None], factor[:, :, 0],
            others.Task(both[None], inside[None], hours, always=(EVERY_H, ALWAYS_H, ALWAYS_MG)),
        ),
        "changing": (days_matrix, days_factor[:, :, :, 0].transpose(0, 2, 1)[:, :, day_of], others.Task(
            edges, speeds, hours, ends=DAYS_ENDS[0])),
    }  # fmt: skip
    found_speeds = {}
    for name, (rates, scale, task) in tasks.items():
        found_speeds[name], states = others.numbalsoda(rates, scale, task)
        levels = states[:CHECKED, [0, 3, 4]].transpose(1, 0, 2)
        shown = scale[:CHECKED].transpose(1, 0, 2) if scale.ndim == 3 else scale[:CHECKED].T[:, :, None]
        ours = stacked(RUNS[name](CHECKED) if name in RUNS else plain(CHECKED))
        apart = share(ours, levels * shown)
        if task.pain:
            apart = max(apart, share(relief(CHECKED), states[:CHECKED, 5]))
        print(f"numbalsoda {name}: agrees to {apart:.0e} of the peak")
    return found_speeds


def roadrunner(speed: dict[str, float]) -> None:
    """libroadrunner where it is installed: its speed, our ratio to it, and how far it is from us."""
    import pharmacology_peers as others

    if find_spec("roadrunner") is None:
        print("libroadrunner: not installed; pip install unwound[bench]")
        return
    matrix, factor = whole(found())
    for task, pain in (("plain", False), ("with relief", True)):
        rate, states = others.libroadrunner(matrix, factor[:, 0, 0], pain)
        levels = states[:CHECKED, [0, 3, 4]].transpose(1, 0, 2) * factor[:CHECKED].transpose(1, 0, 2)
        apart = share(stacked(plain(CHECKED)), levels)
        if pain:
            apart = max(apart, share(relief(CHECKED), states[:CHECKED, 5]))
        print(f"libroadrunner {task:12s} {rate:8,.0f} patients/s at 1e-8; ours {speed[task] / rate:,.0f} times; "
              f"agree to {apart:.0e} of the peak")  # fmt: skip


if __name__ == "__main__":
    main()
