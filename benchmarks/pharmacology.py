"""Speed and error of the fast path: 10 days of 4 h x 20 mg/h, 241 hourly times, 10,000 subjects, one pinned core.

Kamp's three compartments, a metabolite and an effect site. Only our own engines are timed here: no peer runs in this
file yet, so it prints no ratio. Run: python benchmarks/pharmacology.py
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from unwound.pharmacology import kernels, linear
from unwound.pharmacology.linear import Stretches

SUBJECTS, HOURS = 10_000, 241
SHAPE = kernels.Shape(0, (1, 2), 3, ())
KE0 = np.log(2) / 6.1 * 60


def matrices(v1: kernels.Array, cl: kernels.Array) -> kernels.Array:
    a = np.zeros((v1.size, 5, 5))
    flows = [(0, 1, 161 / v1), (1, 0, 161 / 56), (0, 2, 79 / v1), (2, 0, 79 / 157), (0, 3, 0.8 * cl / v1)]
    for source, to, rate in flows:
        a[:, to, source] += rate
        a[:, source, source] -= rate
    a[:, 0, 0] -= 0.2 * cl / v1
    a[:, 3, 3] = -57.7 / 98.6
    a[:, 4, 0], a[:, 4, 4] = KE0 * 1000 / v1, -KE0
    return a


def best(work: Callable[[], object], repeats: int = 7) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rng = np.random.default_rng(1)
    v1, cl = 25 * np.exp(rng.normal(0, 0.35, SUBJECTS)), 84 * np.exp(rng.normal(0, 0.3, SUBJECTS))
    a = matrices(v1, cl)
    rate = np.where(np.arange(HOURS) % 24 < 4, 20.0, 0.0)
    rate[-1] = 0.0
    lengths = np.append(np.ones(HOURS - 1), 0.0)
    bolus, none = np.zeros((HOURS, 5)), np.zeros(HOURS, dtype=bool)
    stretches = Stretches(lengths, rate[:, None], bolus, none, np.arange(HOURS))

    def modes() -> kernels.Modes:
        return kernels.modes(SHAPE, a, 1000 / v1, np.full(SUBJECTS, 1000 / 98.6), [KE0])

    def differing() -> kernels.Array:
        shape = (HOURS, SUBJECTS)
        every = np.broadcast_to(lengths[:, None], shape).copy()
        return kernels.differing(modes(), every, np.broadcast_to(rate[:, None], shape).copy(), np.zeros(shape))

    keep = np.array([0, 3, 4])
    for name, work in {
        "shared, (times, subjects)": lambda: kernels.shared(modes(), stretches, 0, HOURS),
        "shared, tiled": lambda: kernels.shared(modes(), stretches, 0, HOURS, tiled=True),
        "differing": differing,
    }.items():
        print(f"{name:28s} {SUBJECTS / best(work):12,.0f} subjects/s")
    general = best(lambda: linear.run(a[:500], np.array([0]), stretches, keep, HOURS), 3)
    print(f"{'general engine':28s} {500 / general:12,.0f} subjects/s")
    slow = linear.run(a[:50], np.array([0]), stretches, keep, HOURS)
    slow[:, 0] *= (1000 / v1[:50])[:, None]
    slow[:, 1] *= 1000 / 98.6
    fast = kernels.shared(modes(), stretches, 0, HOURS)[:, :, :50].transpose(2, 0, 1)
    difference = (abs(fast - slow) / slow.max(2)[..., None]).max()
    print(f"largest difference from the general engine, of the peak: {difference:.1e}")


if __name__ == "__main__":
    main()
