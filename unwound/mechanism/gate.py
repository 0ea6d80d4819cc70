"""The gate in front of the cell: some twenty unlike cells that decide how much of a touch gets through. Compiled.

A-beta fibres excite all of them; inhibitory ones (parvalbumin, dynorphin) hold the excitatory ones, which reach the
wide-dynamic-range cell. Leaky integrate-and-fire; numbers in data/mechanisms/touch_gate.toml.
"""

# mypy: disable-error-code="misc"

from __future__ import annotations

import numpy as np

from unwound.compiled import njit


@njit(error_model="numpy", nogil=True)
def solve(arrives, drives, thresholds, kinds, holds, numbers, step, until):  # type: ignore[no-untyped-def]
    """Moments (ms) at which excitatory cells fire, and spikes of every cell.

    `arrives` are moments of volleys in ms; `drives` (cells,) nS that one volley opens; `kinds` 0 is excitatory, 1
    parvalbumin, 2 dynorphin; `holds` (3,) nS that one spike of a kind opens in an excitatory cell; `numbers` in the
    order of `touching.NUMBERS`.
    """
    (
        capacitance, leak, rest, reset, refractory, ampa_decay, gaba_decay, dynorphin_decay, reversal, to_excitatory,
        tonic,
    ) = numbers  # fmt: skip
    cells = thresholds.size
    v, a, resting = np.full(cells, rest), np.zeros(cells), np.zeros(cells)
    fired, counts, count = np.empty(100_000), np.zeros(cells), 0
    held, held_long, direct, relayed = 0.0, 0.0, 0, 0
    a_fade, g_fade, d_fade = np.exp(-step / ampa_decay), np.exp(-step / gaba_decay), np.exp(-step / dynorphin_decay)
    for k in range(round(until / step)):
        t = k * step
        while direct < arrives.size and arrives[direct] <= t:
            for cell in range(cells):
                if kinds[cell] != 0:
                    a[cell] += drives[cell]
            direct += 1
        # Excitatory cells lie one synapse further from the fibre: inhibition can be there first.
        while relayed < arrives.size and arrives[relayed] + to_excitatory <= t:
            for cell in range(cells):
                if kinds[cell] == 0:
                    a[cell] += drives[cell]
            relayed += 1
        more, more_long = 0.0, 0.0
        for cell in range(cells):
            if resting[cell] > 0.0:
                resting[cell] -= step
                continue
            g = held + held_long + tonic if kinds[cell] == 0 else 0.0
            total = leak + a[cell] + g
            aim = (leak * rest + g * reversal) / total
            v[cell] = aim + (v[cell] - aim) * np.exp(-step * total / capacitance)
            if v[cell] >= thresholds[cell]:
                v[cell], resting[cell] = reset, refractory
                counts[cell] += 1
                if kinds[cell] == 0 and count < fired.size:
                    fired[count] = t
                    count += 1
                elif kinds[cell] == 1:
                    more += holds[1]
                elif kinds[cell] == 2:
                    more_long += holds[2]
        held, held_long = held * g_fade + more, held_long * d_fade + more_long
        a *= a_fade
    return fired[:count].copy(), counts
