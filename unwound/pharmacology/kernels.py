"""The fast path for the common shape: a parent of 1 to 3 compartments, one metabolite of as many, any effect sites.

Exact like `linear`, but in the parent's own modes: a symmetrised Jacobi decomposition, always well conditioned, gives
rates and weights; metabolite and sites follow the modes through divided differences of exp, by series where constants
(nearly) coincide, so no small difference is ever divided by. Loops run over blocks of 128 subjects and are written so
that LLVM vectorises them: own exp and log as polynomials, multiply-add contraction as the only freedom taken.

Source: Jacobi rotations as in Golub and Van Loan; divided differences as in McCurdy, Ng and Parlett 1984.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unwound.pharmacology.linear import Stretches
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.vectorised import between, exp, log, twice_between

BLOCK = 128
"""Subjects that are stepped together."""
SWEEPS = 6
"""Of Jacobi rotations; the convergence is quadratic, five suffice for three places."""
SLOTS = 64
"""Distinct lengths whose coefficients are kept; with more they are reckoned again when the length changes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which places of a model's state play which part; `metabolite` is -1 where there is none."""

    central: int
    peripherals: tuple[int, ...]
    metabolite: int
    metabolite_peripherals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Modes:
    """Subjects in their own modes: `rates` and `weights` (modes, subjects), of plasma in ng/mL a mg of drug.

    Followers (metabolite modes, then sites): dF/dt = gain x plasma - rate x F, `follower_rates` and `gains`
    (followers, subjects) in 1/h; `rows` (followers,) is the output each is added to, plasma being output 0.
    """

    rates: Array
    weights: Array
    follower_rates: Array
    gains: Array
    rows: NDArray[np.int64]


def fits(model: Model) -> Shape | None:
    """The model's parts if it has the common shape, otherwise None."""
    place = {name: index for index, name in enumerate(model.places)}
    central = model.outputs["plasma"].compartment
    others = {one.compartment for one in model.outputs.values()} - {central}
    metabolite = next(iter(others), "")
    reached = {name: {flow.to for flow in model.flows if flow.both_ways and flow.source == name} for name in place}
    exchanged = {
        name: tuple(other for other in place if other in reached[name] or name in reached[other]) for name in place
    }
    of_parent, of_metabolite = exchanged[central], exchanged.get(metabolite, ())
    allowed = {(central, ""), (metabolite, "")} | ({(central, metabolite)} if metabolite else set())
    one_way = {(flow.source, flow.to) for flow in model.flows if not flow.both_ways}
    seen = [central, *others, *of_parent, *of_metabolite]
    star = all(list(exchanged[one]) == [central] for one in of_parent) and all(
        list(exchanged[one]) == [metabolite] for one in of_metabolite
    )
    twice = sum(flow.both_ways for flow in model.flows) != len(of_parent) + len(of_metabolite)
    if len(others) > 1 or not star or twice or not one_way <= allowed or sorted(seen) != sorted(place):
        return None
    if max(len(of_parent), len(of_metabolite)) > 2:
        return None
    return Shape(
        place[central],
        tuple(place[one] for one in of_parent),
        place[metabolite] if metabolite else -1,
        tuple(place[one] for one in of_metabolite),
    )


def modes(
    shape: Shape, matrix: Array, plasma: Array, metabolite: Array | None = None, ke0_per_h: Sequence[float] = ()
) -> Modes:
    """Rate matrices (subjects, places, places) in 1/h, and ng/mL a mg (subjects,) of each output, in modes."""
    rates, weights = _star(matrix, shape.central, shape.peripherals)
    follower_rates, gains, rows = [np.empty((0, len(matrix)))], [np.empty((0, len(matrix)))], []
    if shape.metabolite >= 0 and metabolite is not None:
        own, share = _star(matrix, shape.metabolite, shape.metabolite_peripherals)
        follower_rates.append(own)
        gains.append(share * (matrix[:, shape.metabolite, shape.central] * metabolite / plasma))
        rows += [1] * len(own)
    first = 1 + (1 if rows else 0)
    for row, ke0 in enumerate(ke0_per_h):
        follower_rates.append(np.full((1, len(matrix)), ke0))
        gains.append(np.full((1, len(matrix)), ke0))
        rows.append(first + row)
    return Modes(
        rates, weights * plasma, np.concatenate(follower_rates), np.concatenate(gains), np.array(rows, dtype=np.int64)
    )


def shared(modes: Modes, stretches: Stretches, central: int, times: int, *, tiled: bool = False) -> Array:
    """Concentrations for one schedule, (outputs, times, subjects), or tiled (blocks, outputs, times, 128).

    ng/mL; all doses must go into place `central`. Tiled, the last block is filled up with nonsense.
    """
    lengths, which = np.unique(stretches.length_h, return_inverse=True)
    rate = stretches.rate_mg_per_h.sum(axis=1)
    outputs = 1 + (int(modes.rows.max()) if modes.rows.size else 0)
    count = modes.rates.shape[1]
    blocks = -(-count // BLOCK)
    result = np.empty((blocks, outputs, times, BLOCK) if tiled else (1, outputs, times, count))
    _shared(
        modes.rates, modes.weights, modes.follower_rates, modes.gains, modes.rows, lengths,
        which.reshape(-1).astype(np.int64), rate, np.ascontiguousarray(stretches.bolus_mg[:, central]),
        stretches.reset, stretches.shown, result, tiled,
    )  # fmt: skip
    return result if tiled else result[0]


def differing(modes: Modes, length_h: Array, rate_mg_per_h: Array, bolus_mg: Array) -> Array:
    """Concentrations at the end of every stretch, (outputs, stretches, subjects), each subject with its own stretches.

    `length_h`, `rate_mg_per_h`, `bolus_mg` (stretches, subjects); a bolus is given at the start of its stretch, shorter
    schedules are filled up with stretches of length 0.
    """
    outputs = 1 + (int(modes.rows.max()) if modes.rows.size else 0)
    result = np.empty((outputs, *length_h.shape))
    _differing(
        modes.rates, modes.weights, modes.follower_rates, modes.gains, modes.rows, length_h, rate_mg_per_h, bolus_mg,
        result,
    )  # fmt: skip
    return result


def relief(
    modes: Modes,
    stretches: Stretches,
    central: int,
    times: int,
    weight_h: Array,
    *,
    rate_per_h: float,
    half_ng_per_ml: float,
    hill: float,
) -> Array:
    """dE/dt = rate (C^hill / (half^hill + C^hill) - E) for one schedule, (times, subjects).

    `weight_h` (stretches,) is the quadrature weight of the concentration at the start of each stretch, 0 where it is no
    node; error at most that of the quadrature, and 1e-10 of its own.
    """
    lengths, which = np.unique(stretches.length_h, return_inverse=True)
    result = np.empty((times, modes.rates.shape[1]))
    _relief(
        modes.rates, modes.weights, lengths, which.reshape(-1).astype(np.int64), stretches.rate_mg_per_h.sum(axis=1),
        np.ascontiguousarray(stretches.bolus_mg[:, central]), stretches.reset, stretches.shown, weight_h, rate_per_h,
        half_ng_per_ml, hill, result,
    )  # fmt: skip
    return result


def _star(matrix: Array, centre: int, others: tuple[int, ...]) -> tuple[Array, Array]:
    """Rates and weights (places, subjects) of a centre that exchanges with others: its own amount is their sum."""
    work = np.zeros((9, len(matrix)))
    work[0] = -matrix[:, centre, centre]
    for row, one in enumerate(others, start=1):
        work[row] = -matrix[:, one, one]
        work[2 + row] = -np.sqrt(matrix[:, one, centre] * matrix[:, centre, one])
    work[6] = 1.0
    _jacobi(work)
    size = 1 + len(others)
    return np.maximum(work[:size], 0.0), work[6 : 6 + size] ** 2


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _jacobi(work):  # type: ignore[no-untyped-def]
    """Rows: the diagonal 0 to 2; (0,1), (0,2), (1,2) in 3 to 5; the centre's part in each vector 6 to 8."""
    for _ in range(SWEEPS):
        _rotate(work[0], work[1], work[3], work[4], work[5], work[6], work[7])
        _rotate(work[0], work[2], work[4], work[3], work[5], work[6], work[8])
        _rotate(work[1], work[2], work[5], work[3], work[4], work[7], work[8])


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _rotate(pp, qq, pq, rp, rq, vp, vq):  # type: ignore[no-untyped-def]
    for i in range(pp.size):
        gap = qq[i] - pp[i]
        twice = 2.0 * pq[i]
        root = abs(gap) + np.sqrt(gap * gap + twice * twice) + 1e-290
        t = (twice if gap >= 0.0 else -twice) / root
        c = 1.0 / np.sqrt(1.0 + t * t)
        s = t * c
        pp[i] -= t * pq[i]
        qq[i] += t * pq[i]
        pq[i] = 0.0
        rp[i], rq[i] = c * rp[i] - s * rq[i], s * rp[i] + c * rq[i]
        vp[i], vq[i] = c * vp[i] - s * vq[i], s * vp[i] + c * vq[i]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _cross(length, rates, weights, follower_rates, gains, start, count, kept, fed, led, sent, drawn):  # type: ignore[no-untyped-def]
    """What one stretch does to a block: modes keep and are fed, followers keep (led), take and are fed (drawn)."""
    for mode in range(rates.shape[0]):
        for i in range(count):
            x = rates[mode, start + i] * length
            e = exp(-x)
            kept[mode, i] = e
            fed[mode, i] = weights[mode, start + i] * length * between(0.0, x, 1.0, e)
    for one in range(follower_rates.shape[0]):
        for i in range(count):
            led[one, i] = exp(-follower_rates[one, start + i] * length)
            drawn[one, i] = 0.0
        for mode in range(rates.shape[0]):
            for i in range(count):
                a = rates[mode, start + i] * length
                b = follower_rates[one, start + i] * length
                ab = between(a, b, kept[mode, i], led[one, i])
                gain = gains[one, start + i] * length
                sent[one, mode, i] = gain * ab
                more = twice_between(a, b, kept[mode, i], led[one, i], ab)
                drawn[one, i] += gain * length * weights[mode, start + i] * more


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _move(state, follow, rate, kept, fed, led, sent, drawn, count):  # type: ignore[no-untyped-def]
    for one in range(follow.shape[0]):
        for i in range(count):
            follow[one, i] = follow[one, i] * led[one, i] + rate * drawn[one, i]
        for mode in range(state.shape[0]):
            for i in range(count):
                follow[one, i] += sent[one, mode, i] * state[mode, i]
    for mode in range(state.shape[0]):
        for i in range(count):
            state[mode, i] = state[mode, i] * kept[mode, i] + rate * fed[mode, i]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _shared(rates, weights, follower_rates, gains, rows, lengths, which, rate, bolus, resets, shown, result, tiled):  # type: ignore[no-untyped-def]
    subjects = rates.shape[1]
    n, f = rates.shape[0], follower_rates.shape[0]
    slots = lengths.size if lengths.size <= SLOTS else 1
    kept, fed = np.empty((slots, n, BLOCK)), np.empty((slots, n, BLOCK))
    led, drawn = np.empty((slots, f, BLOCK)), np.empty((slots, f, BLOCK))
    sent = np.empty((slots, f, n, BLOCK))
    state, follow = np.empty((n, BLOCK)), np.empty((f, BLOCK))
    for start in range(0, subjects, BLOCK):
        count = min(BLOCK, subjects - start)
        if slots == lengths.size:
            for slot in range(slots):
                _cross(lengths[slot], rates, weights, follower_rates, gains, start, count, kept[slot], fed[slot],
                       led[slot], sent[slot], drawn[slot])  # fmt: skip
        state[:] = 0.0
        follow[:] = 0.0
        block, offset = (start // BLOCK, 0) if tiled else (0, start)
        last = -1
        for s in range(which.size):
            if resets[s]:
                state[:] = 0.0
                follow[:] = 0.0
            if bolus[s] != 0.0:
                for mode in range(n):
                    for i in range(count):
                        state[mode, i] += bolus[s] * weights[mode, start + i]
            if shown[s] >= 0:
                _show(result[block, :, shown[s], offset : offset + count], state, follow, rows, count)
            slot = which[s]
            if slots != lengths.size:
                if slot != last:
                    _cross(lengths[slot], rates, weights, follower_rates, gains, start, count, kept[0], fed[0],
                           led[0], sent[0], drawn[0])  # fmt: skip
                last, slot = slot, 0
            if s + 1 < which.size:
                _move(state, follow, rate[s], kept[slot], fed[slot], led[slot], sent[slot], drawn[slot], count)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _show(out, state, follow, rows, count):  # type: ignore[no-untyped-def]
    for i in range(count):
        out[0, i] = state[0, i]
    for mode in range(1, state.shape[0]):
        for i in range(count):
            out[0, i] += state[mode, i]
    last = 0
    for one in range(rows.size):
        row = rows[one]
        if row != last:
            for i in range(count):
                out[row, i] = follow[one, i]
        else:
            for i in range(count):
                out[row, i] += follow[one, i]
        last = row


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _differing(rates, weights, follower_rates, gains, rows, lengths, rate, bolus, result):  # type: ignore[no-untyped-def]
    n, f = rates.shape[0], follower_rates.shape[0]
    state, follow = np.empty((n, BLOCK)), np.empty((f, BLOCK))
    kept, led = np.empty((n, BLOCK)), np.empty(BLOCK)
    for start in range(0, rates.shape[1], BLOCK):
        count = min(BLOCK, rates.shape[1] - start)
        state[:] = 0.0
        follow[:] = 0.0
        for s in range(lengths.shape[0]):
            length, speed = lengths[s, start : start + count], rate[s, start : start + count]
            for mode in range(n):
                for i in range(count):
                    state[mode, i] += bolus[s, start + i] * weights[mode, start + i]
                    kept[mode, i] = exp(-rates[mode, start + i] * length[i])
            for one in range(f):
                for i in range(count):
                    led[i] = exp(-follower_rates[one, start + i] * length[i])
                    follow[one, i] *= led[i]
                for mode in range(n):
                    for i in range(count):
                        a = rates[mode, start + i] * length[i]
                        b = follower_rates[one, start + i] * length[i]
                        ab = between(a, b, kept[mode, i], led[i])
                        more = twice_between(a, b, kept[mode, i], led[i], ab)
                        fed = length[i] * speed[i] * weights[mode, start + i] * more
                        follow[one, i] += gains[one, start + i] * length[i] * (ab * state[mode, i] + fed)
            for mode in range(n):
                for i in range(count):
                    x = rates[mode, start + i] * length[i]
                    fed = weights[mode, start + i] * length[i] * between(0.0, x, 1.0, kept[mode, i])
                    state[mode, i] = state[mode, i] * kept[mode, i] + speed[i] * fed
            _show(result[:, s, start : start + count], state, follow, rows, count)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _relief(rates, weights, lengths, which, rate, bolus, resets, shown, node, speed, half, hill, result):  # type: ignore[no-untyped-def]
    n = rates.shape[0]
    kept, fed = np.empty((lengths.size, n, BLOCK)), np.empty((lengths.size, n, BLOCK))
    state, effect = np.empty((n, BLOCK)), np.empty(BLOCK)
    fades = np.exp(-speed * lengths)
    turn = hill * np.log(half)
    for start in range(0, rates.shape[1], BLOCK):
        count = min(BLOCK, rates.shape[1] - start)
        for slot in range(lengths.size):
            for mode in range(n):
                for i in range(count):
                    x = rates[mode, start + i] * lengths[slot]
                    e = exp(-x)
                    kept[slot, mode, i] = e
                    fed[slot, mode, i] = weights[mode, start + i] * lengths[slot] * between(0.0, x, 1.0, e)
        state[:] = 0.0
        effect[:] = 0.0
        for s in range(which.size):
            if resets[s]:
                state[:] = 0.0
            for mode in range(n):
                for i in range(count):
                    state[mode, i] += bolus[s] * weights[mode, start + i]
            if shown[s] >= 0:
                for i in range(count):
                    result[shown[s], start + i] = effect[i]
            if node[s] > 0.0:
                part = node[s] * speed
                for i in range(count):
                    c = 1e-300
                    for mode in range(n):
                        c += state[mode, i]
                    effect[i] += part / (1.0 + exp(turn - hill * log(max(c, 1e-300))))
            fade = fades[which[s]]
            for i in range(count):
                effect[i] *= fade
            for mode in range(n):
                for i in range(count):
                    state[mode, i] = state[mode, i] * kept[which[s], mode, i] + rate[s] * fed[which[s], mode, i]
