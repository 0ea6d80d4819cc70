"""Subjects whose parameters change over time, of the common shape: amounts carried from one set of modes to the next.

Inside a period every mode fades by itself, as in `modes`; at its end the amounts in the compartments are what stays,
and are taken apart again by the next period's modes. The parent and its metabolite are symmetrised stars, so their
vectors are orthonormal and nothing is inverted; metabolite and sites follow the parent by partial fractions, which
divide by differences of rates: where two (nearly) coincide a subject is `near` and belongs to `timeline`.

Source: Jacobi rotations as in Golub and Van Loan, Matrix Computations.
"""

# mypy: disable-error-code="call-arg, misc"

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology.dosing import SAME_H
from unwound.pharmacology.models import Array
from unwound.pharmacology.solver.modes import LEAST, NEAR, PARENT, SWEEPS, Shape
from unwound.pharmacology.solver.records import Doses
from unwound.vector_math import fast, parts

ROUNDED = 1e-17
"""What is smaller than this beside the rate of the blood is nothing."""
SAME_LENGTH_H = 1e-12
"""Intervals nearer than this in length share their factors."""


def curves(
    shape: Shape, matrix: Array, factors: Sequence[Array], ke0_per_h: Sequence[float],
    ends_h: Array, times_h: Array, doses: Doses, result: Array,
) -> NDArray[np.bool_]:  # fmt: skip
    """Fills `result` (outputs and sites, subjects, times) in ng/mL; says which subjects are not to be trusted.

    `matrix` (subjects x periods, places, places) and `factors` (ng/mL a mg, of each output) have a row a period.
    """
    near = np.zeros(result.shape[1], dtype=np.bool_)
    places = np.array([shape.central, *shape.peripherals], dtype=np.int64)
    aside = np.array([shape.metabolite, *shape.metabolite_peripherals] if shape.metabolite >= 0 else [], dtype=np.int64)
    _curves(
        np.ascontiguousarray(matrix.transpose(1, 2, 0)), places, aside, np.stack([*factors]),
        np.array(ke0_per_h, dtype=float),
        np.ascontiguousarray(ends_h), times_h, doses, result, near,
    )  # fmt: skip
    return near


@fast
def _curves(matrix, places, aside, factors, ke0, ends, times, doses, result, near):  # type: ignore[no-untyped-def]
    """Subject by subject, event by event. The loops are the arithmetic: numba wants them written out."""
    subjects, last, periods = result.shape[1], result.shape[2], ends.shape[1] + 1
    count, others = places.size, aside.size
    size, events = count + others + ke0.size, 2 * doses.start_h.shape[1]
    parent, metabolite = _star(count), _star(others)
    state, rates, level, couple = np.empty(size), np.empty(size), np.empty(size), np.empty((size, PARENT))
    keep, feed, shown = np.empty(size), np.empty(size), np.zeros((result.shape[0], size))
    when, change, jump = np.empty(events), np.empty(events), np.empty(events, np.bool_)
    body = np.empty(size)
    for subject in range(subjects):
        line, plan = subject if times.shape[0] > 1 else 0, subject if ends.shape[0] > 1 else 0
        of = subject if doses.start_h.shape[0] > 1 else 0
        total = _events(doses, of, when, change, jump)
        body[:] = 0.0
        time, speed, running = min(times[line, 0], when[0]) if total else times[line, 0], 0.0, 0
        span = max(times[line, last - 1] - time, SAME_H)
        event, moment = 0, 0
        for period in range(periods):
            row = subject * periods + period
            end = ends[plan, period] if period < periods - 1 else np.inf
            if end < time - SAME_H:
                continue
            near[subject] |= _modes(
                matrix[:, :, row], places, aside, factors[:, row], ke0, span, parent, metabolite, rates, level, couple
            )
            _seen(shown, parent, metabolite, couple, factors[:, row], count, others)
            _apart(body, places, aside, parent, metabolite, couple, state, count, others)
            crossed = -1.0
            while moment < last:
                following = times[line, moment]
                if event < total:
                    following = min(following, when[event])
                if following > end + SAME_H:
                    break
                length = following - time
                if length > 0.0:
                    if abs(length - crossed) > SAME_LENGTH_H:
                        crossed = length
                        for mode in range(size):
                            p, q = parts(-rates[mode] * length)
                            keep[mode] = p + p * q
                            feed[mode] = -level[mode] / rates[mode] * ((p - 1.0) + p * q)
                    for mode in range(size):
                        state[mode] = state[mode] * keep[mode] + feed[mode] * speed
                    time = following
                while event < total and when[event] <= time + SAME_H:
                    if jump[event]:
                        for mode in range(size):
                            state[mode] += level[mode] * change[event]
                    else:
                        running += 1 if change[event] > 0 else -1
                        speed = speed + change[event] if running else 0.0
                    event += 1
                while moment < last and times[line, moment] <= time + SAME_H:
                    for output in range(shown.shape[0]):
                        seen = 0.0
                        for mode in range(size):
                            seen += shown[output, mode] * state[mode]
                        result[output, subject, moment] = max(seen, 0.0)
                    moment += 1
            if moment == last:
                break
            length = end - time
            if length > 0.0:
                for mode in range(size):
                    p, q = parts(-rates[mode] * length)
                    state[mode] = state[mode] * (p + p * q) - level[mode] / rates[mode] * ((p - 1.0) + p * q) * speed
                time = end
            _together(body, places, aside, parent, metabolite, couple, state, count, others)


@fast
def _events(doses, of, when, change, jump):  # type: ignore[no-untyped-def]
    """One subject's starts and ends of infusions (mg/h) and boluses (mg), by time; how many."""
    total = 0
    for dose in range(doses.start_h.shape[1]):
        start, lasts, amount = doses.start_h[of, dose], doses.duration_h[of, dose], doses.amount_mg[of, dose]
        if amount == 0.0:
            continue
        at_once = lasts <= SAME_H
        for side in range(1 if at_once else 2):
            at = start + lasts * side
            what = amount if at_once else (amount / lasts if side == 0 else -amount / lasts)
            place = total
            while place > 0 and when[place - 1] > at:
                when[place], change[place], jump[place] = when[place - 1], change[place - 1], jump[place - 1]
                place -= 1
            when[place], change[place], jump[place] = at, what, at_once
            total += 1
    return total


@fast
def _star(size):  # type: ignore[no-untyped-def]
    """Room for a star: a row a place of its vectors, then what turns its amounts symmetric, then its rates."""
    return np.zeros((size + 2, max(size, 1)))


@fast
def _modes(matrix, places, aside, factors, ke0, span, parent, metabolite, rates, level, couple):  # type: ignore[no-untyped-def]
    """The modes of one period; whether they are too near each other."""
    near = _turned(matrix, places, parent)
    count, others = places.size, aside.size
    for mode in range(count):
        rates[mode] = max(parent[count + 1, mode], LEAST)
        level[mode] = parent[0, mode]
    if others:
        near |= _turned(matrix, aside, metabolite)
    for follower in range(others + ke0.size):
        mode = count + follower
        if follower < others:
            rate, gain = metabolite[others + 1, follower], metabolite[0, follower] * matrix[aside[0], places[0]]
        else:
            rate, gain = ke0[follower - others], ke0[follower - others] * factors[0]
        rates[mode], level[mode] = max(rate, LEAST), 0.0
        for of in range(count):
            apart = rate - rates[of]
            if abs(apart) < NEAR * max(rate, rates[of], 1.0 / span):
                near, apart = True, 1.0
            couple[mode, of] = gain * parent[0, of] / apart
            level[mode] -= couple[mode, of] * parent[0, of]
    return near


@fast
def _turned(matrix, places, star):  # type: ignore[no-untyped-def]
    """A star's vectors and rates by Jacobi rotations of its symmetric form; whether it has none."""
    size = places.size
    work = np.zeros((size, size))
    near = False
    star[size, 0] = 1.0
    for row in range(size):
        work[row, row] = -matrix[places[row], places[row]]
        for column in range(size):
            star[row, column] = 1.0 if row == column else 0.0
        if row:
            out, back = matrix[places[row], places[0]], matrix[places[0], places[row]]
            if not (out > 0.0 and back > 0.0):
                near, out, back = True, 1.0, 1.0
            work[row, 0] = work[0, row] = -np.sqrt(out * back)
            star[size, row] = np.sqrt(out / back)
    for _ in range(SWEEPS):
        off = 0.0
        for row in range(1, size):
            for column in range(row):
                off = max(off, abs(work[row, column]))
        if off < ROUNDED * work[0, 0]:
            break
        for p in range(size - 1):
            for q in range(p + 1, size):
                _rotate(work, star, p, q, size)
    for mode in range(size):
        star[size + 1, mode] = max(work[mode, mode], 0.0)
    return near


@fast
def _rotate(work, star, p, q, size):  # type: ignore[no-untyped-def]
    off = work[p, q]
    if off == 0.0:
        return
    gap, twice = work[q, q] - work[p, p], 2.0 * off
    t = (twice if gap >= 0.0 else -twice) / (abs(gap) + np.sqrt(gap * gap + twice * twice))
    c = 1.0 / np.sqrt(1.0 + t * t)
    s = t * c
    work[p, p] -= t * off
    work[q, q] += t * off
    work[p, q] = work[q, p] = 0.0
    for other in range(size):
        if other not in (p, q):
            a, b = work[other, p], work[other, q]
            work[other, p] = work[p, other] = c * a - s * b
            work[other, q] = work[q, other] = s * a + c * b
        a, b = star[other, p], star[other, q]
        star[other, p], star[other, q] = c * a - s * b, s * a + c * b


@fast
def _apart(body, places, aside, parent, metabolite, couple, state, count, others):  # type: ignore[no-untyped-def]
    """Amounts (and ng/mL at sites) into modes."""
    for mode in range(count):
        state[mode] = 0.0
        for place in range(count):
            state[mode] += parent[place, mode] * body[place] / parent[count, place]
    for mode in range(count, state.size):
        own = 0.0
        if mode < count + others:
            for place in range(others):
                own += metabolite[place, mode - count] * body[count + place] / metabolite[others, place]
        else:
            own = body[mode]
        for of in range(count):
            own -= couple[mode, of] * state[of]
        state[mode] = own


@fast
def _together(body, places, aside, parent, metabolite, couple, state, count, others):  # type: ignore[no-untyped-def]
    """Modes into amounts (and ng/mL at sites)."""
    for place in range(count):
        body[place] = 0.0
        for mode in range(count):
            body[place] += parent[place, mode] * parent[count, place] * state[mode]
    for place in range(others):
        body[count + place] = 0.0
        for follower in range(others):
            own = _whole(state, couple, count + follower, count)
            body[count + place] += metabolite[place, follower] * metabolite[others, place] * own
    for mode in range(count + others, state.size):
        body[mode] = _whole(state, couple, mode, count)


@fast
def _whole(state, couple, mode, count):  # type: ignore[no-untyped-def]
    """A following mode with what it takes from the parent's."""
    own = state[mode]
    for of in range(count):
        own += couple[mode, of] * state[of]
    return own


@fast
def _seen(shown, parent, metabolite, couple, factors, count, others):  # type: ignore[no-untyped-def]
    """What each mode is worth in each output and site, ng/mL."""
    shown[:] = 0.0
    for mode in range(count):
        shown[0, mode] = parent[0, mode] * factors[0]
    for follower in range(couple.shape[0] - count):
        output = 1 if follower < others else factors.size + follower - others
        share = metabolite[0, follower] * factors[1] if follower < others else 1.0
        shown[output, count + follower] = share
        for of in range(count):
            shown[output, of] += share * couple[count + follower, of]
