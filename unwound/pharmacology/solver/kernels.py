"""The fast path: linear models of the common shape by their modes, and slow effects of their plasma, for many subjects.

Doses are never cut into a common timetable. An interval between two wanted moments that is infused throughout is fed
at its speed; what goes in during a part of it is added at its end, faded since: terms that are never negative in the
parent, so nothing cancels. Exponentials are calculated once for each distinct interval where all share their moments.

96 subjects go side by side. Their rows lie one after another in flat arrays with unsigned indices, so that LLVM
vectorises each loop; concentrations gather in a tile that stays in the cache and is written out turned over. A block
is always worked through as a whole: a subject's numbers are the same, to the last bit, whoever stands beside it.

`records` says what is handed from one function to the next. Fields become local names before a loop, so that nothing
but arithmetic is left inside it.
"""

# mypy: disable-error-code="call-arg, misc, assignment"

from __future__ import annotations

import numpy as np

from unwound.pharmacology.dosing import SAME_H
from unwound.pharmacology.models import Array
from unwound.pharmacology.solver.indirect_response import Grid
from unwound.pharmacology.solver.modes import PARENT, Modes
from unwound.pharmacology.solver.records import Block, Doses, Moments, Plan
from unwound.vector_math import SIDE, exp, fast, inlined, log, parts, turn

BLOCK = 96
"""Subjects that are carried together."""
TILE = 80
"""The most moments that are gathered before they are written out."""
SLOTS = 64
"""Distinct intervals whose factors are kept; with more they are calculated again when the interval changes."""
DIGITS = 12
"""Of intervals in hours that tell them apart: a few billionths of a second."""
AT_ONCE_H = 1e-30
"""A bolus is an infusion of this length."""
ONCE_H = 1e300
"""The interval of what was given but once."""

B, P = np.uintp(BLOCK), np.uintp(PARENT)


def curves(modes: Modes, times_h: Array, doses: Doses) -> Array:
    """Concentrations at `times_h`, (outputs, subjects, times) in ng/mL; a moment's boluses are in its value.

    `times_h` (subjects, times), increasing, or (1, times) for all.
    """
    outputs = 1 + (int(modes.rows.max()) if modes.rows.size else 0)
    result = np.empty((outputs, modes.rates.shape[1], times_h.shape[1]))
    _curves(modes, _moments(times_h), _lasting(doses), result)
    return result


def relief(modes: Modes, grid: Grid, doses: Doses, *, half_ng_per_ml: float, hill: float) -> Array:
    """The effect of plasma that builds up and fades by itself, (subjects, times): `indirect_response`, for many.

    The start and end of every dose is a change of the grid, whose panels have at most 80 nodes.
    """
    result = np.zeros((modes.rates.shape[1], grid.times_h.size))
    if not grid.panel.size:
        return result
    moments = _moments(grid.nodes_h.reshape(1, -1))
    _relief(modes.of_parent(), moments, _lasting(doses), grid, half_ng_per_ml, hill, result[None])
    return result


def _moments(times_h: Array) -> Moments:
    if len(times_h) > 1:
        return Moments(times_h, np.empty(0), np.empty(0, np.int64))
    lengths, which = np.unique(np.round(np.diff(times_h[0], append=times_h[0, -1]), DIGITS), return_inverse=True)
    return Moments(times_h, lengths, which.reshape(-1).astype(np.int64))


def _lasting(doses: Doses) -> Doses:
    return doses._replace(duration_h=np.maximum(doses.duration_h, AT_ONCE_H))


@fast
def increasing(times, least):  # type: ignore[no-untyped-def]
    """Whether every row consists of numbers that grow by more than `least`, in one pass without an array."""
    for row in range(times.shape[0]):
        good = np.isfinite(times[row, 0]) and np.isfinite(times[row, -1])
        for i in range(times.shape[1] - 1):
            good &= times[row, i + 1] - times[row, i] > least
        if not good:
            return False
    return True


@fast
def _curves(modes, moments, doses, result):  # type: ignore[no-untyped-def]
    """Block after block, tile after tile; what all subjects share is planned for the first block only."""
    outputs, subjects, last = result.shape
    times, lengths = moments.times_h, moments.lengths_h
    own_times, own_doses = times.shape[0] > 1, doses.start_h.shape[0] > 1
    block, plan = _empty_block(modes.rates.shape[0]), _empty_plan(last, doses, modes.rates.shape[0])
    cross, tile = np.empty(max(1, min(lengths.size, SLOTS)) * block.own.size), np.empty(outputs * TILE * BLOCK)
    length = np.empty(last * BLOCK if own_times else 0)
    for first in range(0, subjects, BLOCK):
        count = _fill(modes, first, block)
        if own_times:
            _own_intervals(times, first, count, length)
        if first == 0 or own_times or own_doses:
            _plan_doses(times, doses, first, BLOCK if not (own_times or own_doses) else count, plan)
        _add_up(block.own, plan)
        _cross_all(block.own, lengths, cross)
        filled = np.int64(-1)
        for begin in range(0, last, TILE):
            end = min(begin + TILE, last)
            filled = _carry(block, modes.rows, plan, moments, length, cross, tile, begin, end, filled)
            _write(tile, TILE, result, first, count, begin, end)


@fast
def _relief(modes, moments, doses, grid, half, hill, result):  # type: ignore[no-untyped-def]
    subjects, nodes, wanted = modes.rates.shape[1], grid.weights.shape[1], result.shape[2]
    times, lengths = moments.times_h, moments.lengths_h
    last, own_doses = times.shape[1], doses.start_h.shape[0] > 1
    block, plan = _empty_block(PARENT), _empty_plan(last, doses, PARENT)
    cross, length = np.empty(max(1, min(lengths.size, SLOTS)) * block.own.size), np.empty(0)
    tile, effect, before = np.empty(TILE * BLOCK), np.empty(wanted * BLOCK), np.empty(BLOCK)
    together = TILE // nodes * nodes
    for first in range(0, subjects, BLOCK):
        count = _fill(modes, first, block)
        if first == 0 or own_doses:
            _plan_doses(times, doses, first, count if own_doses else BLOCK, plan)
        _add_up(block.own, plan)
        _cross_all(block.own, lengths, cross)
        effect[:] = 0.0
        before[:] = 0.0
        filled, mark = np.int64(-1), 0
        for begin in range(0, last, together):
            end = min(begin + together, last)
            filled = _carry(block, modes.rows, plan, moments, length, cross, tile, begin, end, filled)
            _drive(tile, end - begin, half, hill)
            mark = _gain(tile, begin // nodes, end // nodes, mark, grid, before, effect)
        _write(effect, wanted, result, first, count, 0, wanted)


@fast
def _drive(tile, moments, half, hill):  # type: ignore[no-untyped-def]
    """Concentrations into shares of the largest effect; powers of whole and half numbers need no logarithm.

    A branch for each of the two ways.
    """
    power, whole = np.empty(BLOCK), int(hill)
    easy = hill - whole in (0.0, 0.5) and whole < 4
    for row in range(moments if easy else 0):
        at = np.uintp(row * BLOCK)
        for i in range(B):
            tile[at + i] = max(tile[at + i], 0.0) / half
            power[i] = 1.0 if hill == whole else np.sqrt(tile[at + i])
        for _ in range(whole):
            for i in range(B):
                power[i] *= tile[at + i]
        for i in range(B):
            tile[at + i] = power[i] / (1.0 + power[i])
    for i in range(np.uintp(0 if easy else moments * BLOCK)):
        tile[i] = 1.0 / (1.0 + exp(hill * (np.log(half) - log(max(tile[i], 1e-300)))))


@fast
def _gain(drive, begin, end, mark, grid, before, effect):  # type: ignore[no-untyped-def]
    """The effect at every mark of these panels; the next mark.

    The loops are the arithmetic; its branches tell an output time from the end of a panel.
    """
    panel, kept, weight, shown = grid.panel, grid.kept, grid.weights, grid.shown
    now = np.empty(BLOCK)
    while mark < panel.size and panel[mark] < end:
        for i in range(B):
            now[i] = kept[mark] * before[i]
        for node in range(weight.shape[1]):
            at, share = np.uintp(((panel[mark] - begin) * weight.shape[1] + node) * BLOCK), weight[mark, node]
            for i in range(B):
                now[i] += share * drive[at + i]
        if shown[mark] >= 0:
            effect[shown[mark] * BLOCK : (shown[mark] + 1) * BLOCK] = now
        mark += 1
        if mark == panel.size or panel[mark] != panel[mark - 1]:
            before[:] = now
    return mark


@fast
def _empty_block(modes):  # type: ignore[no-untyped-def]
    others = modes - PARENT
    return Block(np.empty(2 * modes * BLOCK), np.empty(PARENT * BLOCK), np.empty(others * (1 + PARENT) * BLOCK))


@fast
def _fill(modes, first, block):  # type: ignore[no-untyped-def]
    """A block's modes, all empty; how many subjects it holds."""
    rates, weights, coupling = modes.rates, modes.weights, modes.coupling
    own, state, follow = block.own, block.state, block.follow
    count = min(BLOCK, rates.shape[1] - first)
    own[:] = 1.0
    state[:] = 0.0
    follow[:] = 0.0
    for mode in range(rates.shape[0]):
        at = 2 * mode * BLOCK
        for i in range(count):
            own[at + i] = rates[mode, first + i]
            own[at + BLOCK + i] = weights[mode, first + i] / rates[mode, first + i]
    for follower in range(coupling.shape[0]):
        for mode in range(PARENT):
            at = (follower * (1 + PARENT) + 1 + mode) * BLOCK
            for i in range(count):
                follow[at + i] = coupling[follower, mode, first + i]
    return count


@fast
def _empty_plan(moments, doses, modes):  # type: ignore[no-untyped-def]
    steady = doses.every_h.shape[1] > 0
    parts = (3 if steady else 2) * doses.start_h.shape[1] * BLOCK
    return Plan(
        fed=np.empty(moments * BLOCK),
        speed=np.empty(parts),
        lasting=np.empty(parts),
        since=np.empty(parts),
        every=np.empty(parts if steady else 0),
        head=np.empty(moments, np.int64),
        link=np.empty(parts, np.int64),
        added=np.empty(parts * modes),
    )


@fast
def _plan_doses(times, doses, first, count, plan):  # type: ignore[no-untyped-def]
    """Every dose of a block as whole intervals and parts of intervals: an infusion may begin and end inside one."""
    start, duration, amount, always = doses.start_h, doses.duration_h, doses.amount_mg, doses.every_h
    fed, speed, lasting, since, head, link = plan.fed, plan.speed, plan.lasting, plan.since, plan.head, plan.link
    for array in (fed, speed, lasting, since):
        array[:] = 0.0
    plan.every[:] = ONCE_H
    head[:] = -1
    places = np.empty(BLOCK, np.int64)
    for dose in range(start.shape[1]):
        _find(times, start, dose, first, count, places)
        for i in range(count):
            line, own = first + i if times.shape[0] > 1 else 0, first + i if start.shape[0] > 1 else 0
            begin, end = start[own, dose], start[own, dose] + duration[own, dose]
            at = places[i]
            if amount[own, dose] == 0.0 or at == times.shape[1]:
                continue
            rate, part, moment = amount[own, dose] / duration[own, dose], 2 * dose * BLOCK + i, times[line, at]
            if always.shape[1] > 0 and always[own, dose] > 0.0:
                past = (2 * start.shape[1] + dose) * BLOCK + i
                speed[past], lasting[past], plan.every[past] = rate, duration[own, dose], always[own, dose]
                since[past] = moment - end + always[own, dose]
                link[past], head[at] = head[at], past
            over = end <= moment + SAME_H
            if begin < moment or over:
                speed[part], since[part] = rate, max(moment - end, 0.0)
                lasting[part] = duration[own, dose] if over else moment - begin
                link[part], head[at] = head[at], part
            if over:
                continue
            row = at
            while row + 1 < times.shape[1] and times[line, row + 1] <= end:
                fed[row * BLOCK + i] += rate
                row += 1
            if row + 1 < times.shape[1] and end > times[line, row]:
                part += BLOCK
                speed[part], lasting[part], since[part] = rate, end - times[line, row], times[line, row + 1] - end
                link[part], head[row + 1] = head[row + 1], part


@fast
def _find(times, start, dose, first, count, at):  # type: ignore[no-untyped-def]
    """Every subject's first moment that is not before the dose, halving side by side."""
    at[:] = 0
    left = times.shape[1]
    while left > 0:
        half = (left + 1) // 2
        for i in range(count):
            line, own = first + i if times.shape[0] > 1 else 0, first + i if start.shape[0] > 1 else 0
            at[i] += half if times[line, at[i] + half - 1] < start[own, dose] - SAME_H else 0
        left -= half


@fast
def _add_up(own, plan):  # type: ignore[no-untyped-def]
    """What every part of an interval adds to every mode at the end of the interval.

    One that was always given adds the whole series: what each time left is e^(-rate every) of what the next one did.
    """
    speed, lasting, since, added = plan.speed, plan.lasting, plan.since, plan.added
    modes = own.size // (2 * BLOCK)
    for part in range(0, speed.size, BLOCK):
        if speed[part : part + BLOCK].any():
            for mode in range(modes):
                to, row, at = np.uintp(part * modes + mode * BLOCK), np.uintp(2 * mode) * B, np.uintp(part)
                for i in range(B):
                    p, q = parts(-own[row + i] * lasting[at + i])
                    faded = exp(-own[row + i] * since[at + i])
                    added[to + i] = -own[row + B + i] * speed[at + i] * ((p - 1.0) + p * q) * faded
                if plan.every.size and (plan.every[part : part + BLOCK] < ONCE_H).any():
                    for i in range(B):
                        p, q = parts(-own[row + i] * plan.every[at + i])
                        added[to + i] /= -((p - 1.0) + p * q)


@fast
def _own_intervals(times, first, count, length):  # type: ignore[no-untyped-def]
    """The intervals of every subject of a block, one row for each; 0 after the last moment."""
    moments = times.shape[1]
    flat = times.reshape(-1)
    whole, even = count // SIDE * SIDE, moments // SIDE * SIDE
    length[:] = 0.0
    for i in range(0, whole, SIDE):
        for moment in range(0, even, SIDE):
            at = np.uintp((first + i) * moments + moment)
            turn(length, np.uintp(moment * BLOCK + i), B, flat, at, np.uintp(moments))
    for i in range(count):
        for moment in range(even if i < whole else 0, moments):
            length[moment * BLOCK + i] = times[first + i, moment]
    for at in range(np.uintp((moments - 1) * BLOCK)):
        length[at] = length[at + B] - length[at]
    length[(moments - 1) * BLOCK :] = 0.0


@fast
def _cross_all(own, lengths, cross):  # type: ignore[no-untyped-def]
    """The factors of all distinct intervals, where they are few."""
    for slot in range(lengths.size if lengths.size <= SLOTS else 0):
        _cross(own, np.full(BLOCK, lengths[slot]), np.uintp(0), cross, slot * own.size)


@fast
def _cross(own, length, first, cross, slot):  # type: ignore[no-untyped-def]
    """What an interval does to every mode: the share it keeps, and the level fed a mg/h."""
    for mode in range(own.size // (2 * BLOCK)):
        row, at = np.uintp(2 * mode) * B, np.uintp(slot + 2 * mode * BLOCK)
        for i in range(B):
            p, q = parts(-own[row + i] * length[first + i])
            cross[at + i] = p + p * q
            cross[at + B + i] = -own[row + B + i] * ((p - 1.0) + p * q)


@fast
def _carry(block, rows, plan, moments, length, cross, tile, begin, end, filled):  # type: ignore[no-untyped-def]
    """Moments `begin` to `end` into the tile, and everything carried on; the interval whose factors are in the slot.

    Its branches are where the factors of an interval come from: each subject's own, all kept, or the last one's kept.
    """
    own, state, follow = block.own, block.state, block.follow
    fed, head, link, added = plan.fed, plan.head, plan.link, plan.added
    lengths, which = moments.lengths_h, moments.which
    for moment in range(begin, end):
        part = head[moment]
        while part >= 0:
            _add(state, follow, added, part, own.size // (2 * BLOCK))
            part = link[part]
        slot = np.int64(0)
        if lengths.size == 0:
            _cross(own, length, np.uintp(moment * BLOCK), cross, slot)
        elif lengths.size <= SLOTS:
            slot = which[moment] * own.size
        elif filled != which[moment]:
            filled = which[moment]
            _cross(own, np.full(BLOCK, lengths[filled]), np.uintp(0), cross, slot)
        speed = np.uintp(moment * BLOCK)
        last = 0
        for follower in range(rows.size):
            row = np.uintp((rows[follower] * TILE + moment - begin) * BLOCK)
            at = np.uintp(slot + 2 * (PARENT + follower) * BLOCK)
            _follower(follow, follower, state, cross, at, fed, speed, tile, row, rows[follower] == last)
            last = rows[follower]
        _parent(state, cross, np.uintp(slot), fed, speed, tile, np.uintp((moment - begin) * BLOCK))
    return filled


@inlined
def _add(state, follow, added, part, modes):  # type: ignore[no-untyped-def]
    """One part of an interval, of one subject, to its modes."""
    i, row = part % BLOCK, part // BLOCK * BLOCK
    for mode in range(modes):
        more = added[row * modes + mode * BLOCK + i]
        if mode < PARENT:
            state[mode * BLOCK + i] += more
        else:
            follow[(mode - PARENT) * (1 + PARENT) * BLOCK + i] += more


@inlined
def _parent(state, cross, at, fed, speed, tile, row):  # type: ignore[no-untyped-def]
    """Plasma at a moment into a row of the tile; then the parent's modes are carried across the interval."""
    for i in range(B):
        total = 0.0
        for mode in range(P):
            before = state[mode * B + i]
            total += before
            here = at + np.uintp(2) * mode * B + i
            state[mode * B + i] = before * cross[here] + fed[speed + i] * cross[here + B]
        tile[row + i] = total


@inlined
def _follower(follow, place, state, cross, at, fed, speed, tile, row, more):  # type: ignore[no-untyped-def]
    """The same for another mode, before the parent moves; added to the row where its output has `more` than one.

    Its level is a difference: where it should be nothing, rounding must not make it less.
    """
    base = np.uintp(place * (1 + PARENT)) * B
    for i in range(B):
        level = follow[base + i]
        for mode in range(P):
            level += follow[base + (mode + np.uintp(1)) * B + i] * state[mode * B + i]
        follow[base + i] = follow[base + i] * cross[at + i] + fed[speed + i] * cross[at + B + i]
        tile[row + i] = max(level, 0.0) + (tile[row + i] if more else 0.0)


@fast
def _write(tile, apart, result, first, count, begin, end):  # type: ignore[no-untyped-def]
    """Moments `begin` to `end` of a tile, outputs `apart` rows from each other, into the result, turned over."""
    outputs, subjects, moments = result.shape
    flat = result.reshape(-1)
    whole, even = count // SIDE * SIDE, (end - begin) // SIDE * SIDE
    for output in range(outputs):
        to, at = (output * subjects + first) * moments + begin, output * apart * BLOCK
        for i in range(0, whole, SIDE):
            for moment in range(0, even, SIDE):
                square = np.uintp(to + i * moments + moment)
                turn(flat, square, np.uintp(moments), tile, np.uintp(at + moment * BLOCK + i), B)
        for i in range(count):
            for moment in range(even if i < whole else 0, end - begin):
                flat[to + i * moments + moment] = tile[at + moment * BLOCK + i]
