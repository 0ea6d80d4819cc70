"""One cell solved in small steps, compiled: the state is numbers in registers, each step exact where it is linear.

`plain.py` is the same in numpy, for many cells abreast, and gives the same spikes. The equations are printed in the
reference from the data file. Compiled when it is first called, and kept on disk.
"""

# mypy: disable-error-code="misc"

from __future__ import annotations

import numpy as np

from unwound.compiled import njit

MOST_SPIKES = 50_000
"""More than this from one cell is a cell that fires without end."""


@njit(error_model="numpy", nogil=True)
def solve(cell, times, ampa_in, nmda_in, nk1_in, gaba_in, ketamine, block, peaks, step, until):  # type: ignore[no-untyped-def]
    """Moments of spikes (ms), the block at the end, and the charge in pC that entered by NMDA. One loop, inlined."""
    (
        capacitance, leak, leak_reversal, threshold, sharpness, reset, refractory, after_spike, after_spike_decay,
        ampa_decay, nmda_rise, nmda_decay, nk1_rise, nk1_decay, gaba_decay, gaba_reversal, plateau_reversal,
        potassium_reversal, magnesium, magnesium_half, magnesium_slope, tonic, calcium_of_nmda, calcium_of_spike,
        calcium_half, calcium_decay, plateau, plateau_decay, binding, affinity, affinity_voltage, affinity_slope,
        opening, leak_of_trap, girk, spike_at,
    ) = cell  # fmt: skip
    a_fade, i_fade = np.exp(-step / ampa_decay), np.exp(-step / gaba_decay)
    n_rise, n_fade = np.exp(-step / nmda_rise), np.exp(-step / nmda_decay)
    s_rise, s_fade = np.exp(-step / nk1_rise), np.exp(-step / nk1_decay)
    h_fade, c_fade = np.exp(-step / after_spike_decay), np.exp(-step / calcium_decay)
    m_fade = np.exp(-step / plateau_decay)
    nmda_peak, nk1_peak = peaks
    spikes, count, event, events = np.empty(MOST_SPIKES), 0, 0, times.size
    v, a, n0, n1, s0, s1, i, h, c, m = leak_reversal, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    rest, charge = 0.0, 0.0
    for k in range(round(until / step)):
        t = k * step
        while event < events and times[event] <= t:
            a += ampa_in[event]
            n0 += nmda_in[event]
            n1 += nmda_in[event]
            s0 += nk1_in[event]
            s1 += nk1_in[event]
            i += gaba_in[event]
            event += 1
        reached = (n1 - n0) * nmda_peak
        open_to = 1.0 / (1.0 + magnesium / magnesium_half * np.exp(-magnesium_slope * v))
        n = reached * (1.0 - block) * open_to
        s, p, g = (s1 - s0) * nk1_peak, plateau * m, i + tonic
        current = n * v
        if rest > 0.0:
            rest -= step
            v = reset
        else:
            total = leak + a + n + s + g + h + girk + p
            drive = leak * leak_reversal + g * gaba_reversal + (h + girk) * potassium_reversal + p * plateau_reversal
            drive += leak * sharpness * np.exp(min((v - threshold) / sharpness, 10.0))
            aim = drive / total
            v = aim + (v - aim) * np.exp(-step * total / capacitance)
            if v >= spike_at:
                if count == MOST_SPIKES:
                    break
                spikes[count] = t
                count += 1
                v, rest = reset, refractory
                h += after_spike
                c += calcium_of_spike
        if ketamine > 0.0 or block > 0.0:
            share = reached / (reached + opening)
            leaves = affinity * np.exp((v - affinity_voltage) / affinity_slope) * block
            block += step * (share * binding * (ketamine * open_to * (1.0 - block) - leaves) - leak_of_trap * block)
        m = c * c / (c * c + calcium_half * calcium_half) * (1.0 - m_fade) + m * m_fade
        c = c * c_fade - step * calcium_of_nmda * current
        charge -= step * current
        a *= a_fade
        n0 *= n_rise
        n1 *= n_fade
        s0 *= s_rise
        s1 *= s_fade
        i *= i_fade
        h *= h_fade
    return spikes[:count].copy(), block, charge / 1000.0
