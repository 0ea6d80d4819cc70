"""The task of `pharmacology.py` as users of general solvers would write it; tolerance 1e-8, stretch by stretch.

Each gives (patients a second, states (patients, 5 or 6, times)): amounts, site in ng/mL,
and the effect where asked for.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unwound.pharmacology.models import Array

RATE, HALF, HILL = np.log(2) / (10.9 * 24), 10.5, 1.5
TOLERANCE = 1e-8
LEVEL = f"{RATE} * ((c * f) ** {HILL} / ({HALF**HILL} + (c * f) ** {HILL}) - e)"


LSODA_PATIENTS = 500


@dataclass(frozen=True)
class Task:
    """What every patient gets: `speeds` (mg/h) from each of the `edges` on (h), looked at `hours`; (1 or n, ...)."""

    edges: Array
    speeds: Array
    hours: Array
    pain: bool = False
    ends: Array = field(default_factory=lambda: np.zeros(0))
    """When the next matrix of the patient begins to hold."""
    always: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Interval, length and mg of what was given for ever; run in until nothing changes by more than the tolerance."""


def numbalsoda(matrix: Array, factor: Array, task: Task) -> tuple[float, Array]:
    """LSODA inside a numba loop over patients; `matrix` (n, periods, 5, 5)."""
    import numba
    from numbalsoda import lsoda, lsoda_sig

    pain = task.pain

    @numba.cfunc(lsoda_sig)  # type: ignore[untyped-decorator]
    def slope(t, u, du, p):  # type: ignore[no-untyped-def]
        k = numba.carray(p, (11,))
        du[0] = k[10] - k[0] * u[0] + k[1] * u[1] + k[2] * u[2]
        du[1] = k[3] * u[0] - k[1] * u[1]
        du[2] = k[4] * u[0] - k[2] * u[2]
        du[3] = k[5] * u[0] - k[6] * u[3]
        du[4] = k[7] * u[0] - k[8] * u[4]
        if pain:
            level = max(u[0] * k[9], 0.0) ** HILL
            du[5] = RATE * (level / (HALF**HILL + level) - u[5])

    address, size = slope.address, 6 if pain else 5
    every, runs, amount = task.always
    ends = np.append(task.ends, 1e9)

    @numba.njit  # type: ignore[untyped-decorator]
    def run(values, edges, speeds, wanted):  # type: ignore[no-untyped-def]
        result = np.zeros((values.shape[0], size, wanted.shape[1]))
        for one in range(values.shape[0]):
            state = np.zeros(size)
            edge, speed = edges[one if edges.shape[0] > 1 else 0], speeds[one if edges.shape[0] > 1 else 0]
            hours = wanted[one if wanted.shape[0] > 1 else 0]
            changed = 1.0
            while every > 0 and changed > TOLERANCE:
                before = state.copy()
                for begin, end, rate in ((0.0, runs, amount / runs), (runs, every, 0.0)):
                    values[one, 0, 10] = rate
                    solved, _ = lsoda(address, state, np.array([begin, end]), values[one, 0], TOLERANCE, TOLERANCE)
                    state = solved[-1].copy()
                changed = np.max(np.abs(state - before)) / np.max(state)
            time, at, period, shown, rate = min(0.0, edge[0]), 0, 0, 0, 0.0
            while shown < hours.size:
                while at < edge.size and edge[at] <= time:
                    rate = speed[at]
                    at += 1
                while ends[period] <= time:
                    period += 1
                while shown < hours.size and hours[shown] <= time:
                    result[one, :, shown] = state
                    shown += 1
                until = min(edge[at] if at < edge.size else 1e8, ends[period])
                last = shown
                while last < hours.size and hours[last] < until:
                    last += 1
                if last == hours.size:
                    moments = np.empty(1 + last - shown)
                else:
                    moments = np.empty(2 + last - shown)
                    moments[-1] = until
                moments[0] = time
                moments[1 : 1 + last - shown] = hours[shown:last]
                if moments.size == 1:
                    break
                values[one, period, 10] = rate
                solved, _ = lsoda(address, state, moments, values[one, period], TOLERANCE, TOLERANCE)
                for row in range(shown, last):
                    result[one, :, row] = solved[1 + row - shown]
                state, time, shown = solved[-1].copy(), moments[-1], last
        return result

    a, n, periods = matrix, len(matrix), matrix.shape[1]
    if factor.ndim == 3:
        factor = factor[:, :, 0]
    plasma = np.broadcast_to(factor[:, :1], (n, periods))
    columns = (-a[..., 0, 0], a[..., 0, 1], a[..., 0, 2], a[..., 1, 0], a[..., 2, 0], a[..., 3, 0], -a[..., 3, 3],
               a[..., 4, 0], -a[..., 4, 4], plasma, np.zeros((n, periods)))  # fmt: skip
    values = np.ascontiguousarray(np.stack(columns, axis=2))
    run(values[:2].copy(), task.edges[:2], task.speeds[:2], task.hours[:2])
    return timed(lambda: run(values, task.edges, task.speeds, task.hours), n)


def libroadrunner(matrix: Array, factor: Array, pain: bool, n: int = 200) -> tuple[float, Array]:
    """CVODE on compiled SBML, a loop in Python over patients."""
    import roadrunner

    names = ("c", "p", "q", "m", "s", *(("e",) if pain else ()))
    engine: Any = roadrunner.RoadRunner(sbml(names, pain))
    engine.integrator.relative_tolerance = engine.integrator.absolute_tolerance = TOLERANCE
    engine.timeCourseSelections = list(names)
    places = [(row, column) for row in range(5) for column in range(5) if f"k{row}{column}" in SLOPES_TEXT]

    def run() -> Array:
        result = np.zeros((n, len(names), 241))
        for one in range(n):
            engine.reset()
            for row, column in places:
                engine[f"k{row}{column}"] = matrix[one, row, column]
            engine["f"] = factor[one]
            for name in names:
                engine[name] = 0.0
            for day in range(10):
                for begin, end in ((0, 4), (4, 24)):
                    engine["r"] = 20.0 if begin == 0 else 0.0
                    first, last = 24 * day + begin, 24 * day + end
                    result[one, :, first : last + 1] = np.asarray(engine.simulate(first, last, last - first + 1)).T
        return result

    return timed(run, n)


def timed(run: Callable[[], Array], n: int) -> tuple[float, Array]:
    run_times, states = [], np.empty(0)
    for _ in range(3):
        start = time.thread_time()
        states = run()
        run_times.append(time.thread_time() - start)
    return n / min(run_times), states


SLOPES = {
    "c": "r + k00 * c + k01 * p + k02 * q",
    "p": "k10 * c + k11 * p",
    "q": "k20 * c + k22 * q",
    "m": "k30 * c + k33 * m",
    "s": "k40 * c + k44 * s",
    "e": LEVEL,
}
SLOPES_TEXT = " ".join(SLOPES.values())


def sbml(names: tuple[str, ...], pain: bool) -> str:
    """The model in SBML: parameters and rate rules."""
    slopes = {name: SLOPES[name] for name in names}
    constants = sorted(
        {one.id for text in slopes.values() for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Name)}
    )
    parameters = "".join(
        f'<parameter id="{one}" value="0" constant="false"/>' for one in sorted({*constants, *names, "f"})
    )
    rules = "".join(
        f'<rateRule variable="{name}"><math xmlns="http://www.w3.org/1998/Math/MathML">{mathml(text)}</math></rateRule>'
        for name, text in slopes.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" '
        f'version="1"><model id="task"><listOfParameters>{parameters}</listOfParameters>'
        f"<listOfRules>{rules}</listOfRules></model></sbml>"
    )


def mathml(text: str) -> str:
    return _mathml(ast.parse(text, mode="eval").body)


def _mathml(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp):
        name = {ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divide", ast.Pow: "power"}[
            type(node.op)
        ]
        return f"<apply><{name}/>{_mathml(node.left)}{_mathml(node.right)}</apply>"
    if isinstance(node, ast.Name):
        return f"<ci>{node.id}</ci>"
    assert isinstance(node, ast.Constant)
    return f"<cn>{float(node.value)!r}</cn>"  # type: ignore[arg-type]
