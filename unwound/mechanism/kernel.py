"""Cells side by side, compiled: each loop over them becomes vector instructions of the machine.

Every step is exact where it is linear. What changes over tens of ms and more (block, plateau, calcium, the neurokinin
response) is advanced once in `every` steps. `plain.py` is the same in numpy and gives the same spikes; `abreast.py`
lays out what comes in here. The equations are printed in the reference from the data file.

A quantity of all cells is a row of LANES numbers of a flat array, named by where it begins: with unsigned places known
when it is compiled LLVM vectorises, and loops are short so that one can begin before the last has ended. Compiled when
it is first called, and kept on disk.
"""

# mypy: disable-error-code="misc, call-arg"

from __future__ import annotations

import numpy as np

from unwound.compiled import njit
from unwound.vector_math import near_exp2, near_settled

LANES = 32
"""The most cells that go side by side: what they need stays in the nearest cache."""

STATE = tuple(np.uintp(LANES * place) for place in range(19))
(
    VOLTAGE, AMPA, NMDA_RISE, NMDA_FALL, NK1_RISE, NK1_FALL, GABA, AFTER, CALCIUM, PLATEAU, BLOCK, UNBLOCKED, RESTS,
    CHARGE, GATHERED, NMDA, UPSTROKE, SLOW_OPEN, SLOW_PULL,
) = STATE  # fmt: skip
NUMBERS = tuple(np.uintp(LANES * place) for place in range(36))
(
    STANDING, PULL, PER_CAPACITANCE, UPSTROKE_FROM, UPSTROKE_PER_MV, UPSTROKE_MOST, MAGNESIUM_FROM, MAGNESIUM_PER_MV,
    AMPA_FADE, GABA_FADE, AFTER_FADE, NMDA_RISE_FADE, NMDA_FALL_FADE, NMDA_PEAK, GABA_AT, POTASSIUM_AT, RESET, SPIKE_AT,
    REFRACTORY, AFTER_SPIKE, CALCIUM_OF_SPIKE, NK1_RISE_FADE, NK1_FALL_FADE, NK1_PEAK, CALCIUM_FADE, CALCIUM_OF_NMDA,
    CALCIUM_HALF, PLATEAU_FADE, PLATEAU_GAIN, PLATEAU_AT, OPENING, BINDING, LEAVING, LEAVING_FROM, LEAVING_PER_MV,
    TRAP_LEAK,
) = NUMBERS  # fmt: skip
fast = njit(error_model="numpy", fastmath={"contract"}, nogil=True)


@fast
def solve(own, now, lanes, arrives, ketamine, every, steps):  # type: ignore[no-untyped-def]
    """Advances `now` (STATE) of cells with their `own` numbers (NUMBERS); the lane and the step of every spike.

    `arrives` are the steps in order, the lanes, and (4, arrivals) what opens in nS: AMPA, NMDA, NK1, GABA.
    """
    at, lane, opens = arrives
    fired, when, count, event = np.empty(1024, np.int64), np.empty(1024, np.int64), 0, 0
    for k in range(steps):
        while event < at.size and at[event] <= k:
            _arrive(own, now, lane[event], opens[:, event])
            event += 1
        if k % every == 0:
            _advance_slow(own, now, lanes, ketamine)
        if _advance(own, now, lanes, np.float64(k)):
            if count + LANES > fired.size:
                fired, when = np.append(fired, np.empty_like(fired)), np.append(when, np.empty_like(when))
            for i in range(lanes):
                if now[VOLTAGE + i] >= own[SPIKE_AT + i]:
                    _fire(own, now, i, k)
                    fired[count], when[count] = i, k
                    count += 1
    return fired[:count].copy(), when[:count].copy()


@fast
def _arrive(own, now, lane, opens):  # type: ignore[no-untyped-def]
    """A volley opens what it opens in one cell."""
    i = np.uintp(lane)
    now[AMPA + i] += opens[0]
    now[NMDA_RISE + i] += opens[1] * own[NMDA_PEAK + i]
    now[NMDA_FALL + i] += opens[1] * own[NMDA_PEAK + i]
    now[NK1_RISE + i] += opens[2] * own[NK1_PEAK + i]
    now[NK1_FALL + i] += opens[2] * own[NK1_PEAK + i]
    now[GABA + i] += opens[3]


@fast
def _fire(own, now, i, k):  # type: ignore[no-untyped-def]
    """A spike of one cell at step `k`, whose fading is over already."""
    now[VOLTAGE + i] = own[RESET + i]
    now[RESTS + i] = k + 1 + own[REFRACTORY + i]
    now[AFTER + i] += own[AFTER_SPIKE + i] * own[AFTER_FADE + i]
    now[CALCIUM + i] += own[CALCIUM_OF_SPIKE + i]


@fast
def _advance_slow(own, now, lanes, ketamine):  # type: ignore[no-untyped-def]
    """Block, plateau, calcium and the neurokinin response, and what they add to every step until the next time."""
    for i in range(lanes):
        v, block = now[VOLTAGE + i], now[BLOCK + i]
        reached = now[NMDA_FALL + i] - now[NMDA_RISE + i]
        open_to = 1.0 / (1.0 + near_exp2(own[MAGNESIUM_FROM + i] + own[MAGNESIUM_PER_MV + i] * v))
        leaves = own[LEAVING + i] * near_exp2(own[LEAVING_FROM + i] + own[LEAVING_PER_MV + i] * v) * block
        enters = ketamine * open_to * (1.0 - block)
        block += (
            reached / (reached + own[OPENING + i]) * own[BINDING + i] * (enters - leaves) - own[TRAP_LEAK + i] * block
        )
        now[BLOCK + i] = block
        now[UNBLOCKED + i] = 1.0 - block
    for i in range(lanes):
        c = now[CALCIUM + i]
        plateau = (
            c * c / (c * c + own[CALCIUM_HALF + i]) * own[PLATEAU_GAIN + i] + now[PLATEAU + i] * own[PLATEAU_FADE + i]
        )
        rise, fall = now[NK1_RISE + i] * own[NK1_RISE_FADE + i], now[NK1_FALL + i] * own[NK1_FALL_FADE + i]
        now[CALCIUM + i] = c * own[CALCIUM_FADE + i] - own[CALCIUM_OF_NMDA + i] * now[GATHERED + i]
        now[CHARGE + i] -= now[GATHERED + i]
        now[GATHERED + i] = 0.0
        now[PLATEAU + i] = plateau
        now[NK1_RISE + i] = rise
        now[NK1_FALL + i] = fall
        now[SLOW_OPEN + i] = own[STANDING + i] + (fall - rise) + plateau
        now[SLOW_PULL + i] = own[PULL + i] + plateau * own[PLATEAU_AT + i]


@fast
def _advance(own, now, lanes, k):  # type: ignore[no-untyped-def]
    """One step of the voltage and of what is fast; whether any cell is above its spike."""
    for i in range(lanes):
        v, rise, fall = now[VOLTAGE + i], now[NMDA_RISE + i], now[NMDA_FALL + i]
        shut = 1.0 + near_exp2(own[MAGNESIUM_FROM + i] + own[MAGNESIUM_PER_MV + i] * v)
        n = (fall - rise) * now[UNBLOCKED + i] / shut
        now[NMDA + i] = n
        now[GATHERED + i] += n * v
        now[NMDA_RISE + i] = rise * own[NMDA_RISE_FADE + i]
        now[NMDA_FALL + i] = fall * own[NMDA_FALL_FADE + i]
    for i in range(lanes):
        climbs = own[UPSTROKE_FROM + i] + now[VOLTAGE + i] * own[UPSTROKE_PER_MV + i]
        now[UPSTROKE + i] = near_exp2(min(climbs, own[UPSTROKE_MOST + i]))
    fires = np.int64(0)
    for i in range(lanes):
        v, a, g, h = now[VOLTAGE + i], now[AMPA + i], now[GABA + i], now[AFTER + i]
        total = (now[SLOW_OPEN + i] + a) + now[NMDA + i] + (g + h)
        drive = (now[SLOW_PULL + i] + g * own[GABA_AT + i]) + h * own[POTASSIUM_AT + i] + now[UPSTROKE + i]
        now[AMPA + i] = a * own[AMPA_FADE + i]
        now[GABA + i] = g * own[GABA_FADE + i]
        now[AFTER + i] = h * own[AFTER_FADE + i]
        each = own[PER_CAPACITANCE + i]
        moved = v + (drive - v * total) * (each * near_settled(each * total))
        reset = own[RESET + i]
        moved = reset if k < now[RESTS + i] else moved
        now[VOLTAGE + i] = moved
        fires |= np.int64(moved >= own[SPIKE_AT + i])
    return fires
