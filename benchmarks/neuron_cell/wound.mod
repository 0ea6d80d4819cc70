COMMENT
The wide-dynamic-range cell of data/mechanisms/wide_dynamic_range.toml for NEURON, equation by equation: all currents
of one compartment in one point process. Its numbers come from the data file; run by `mechanism.py --neuron`.
ENDCOMMENT

NEURON {
    POINT_PROCESS Wound
    NONSPECIFIC_CURRENT i
    RANGE leak, leak_reversal, fires_from, sharpness, reset, refractory, after_spike, after_spike_decay
    RANGE ampa_decay, nmda_rise, nmda_decay, nk1_rise, nk1_decay, gaba_decay, gaba_reversal, plateau_reversal
    RANGE potassium_reversal, magnesium, magnesium_half, magnesium_slope, tonic_inhibition, calcium_of_nmda
    RANGE calcium_of_spike, calcium_half, calcium_decay, plateau, plateau_decay, binding, affinity, affinity_voltage
    RANGE affinity_slope, opening, leak_of_trap, girk, spike_at, nmda_peak, nk1_peak, ketamine, block_at_start
}

UNITS { (nA) = (nanoamp) (mV) = (millivolt) }

PARAMETER {
    leak leak_reversal fires_from sharpness reset refractory after_spike after_spike_decay
    ampa_decay nmda_rise nmda_decay nk1_rise nk1_decay gaba_decay gaba_reversal plateau_reversal
    potassium_reversal magnesium magnesium_half magnesium_slope tonic_inhibition calcium_of_nmda
    calcium_of_spike calcium_half calcium_decay plateau plateau_decay binding affinity affinity_voltage
    affinity_slope opening leak_of_trap girk spike_at nmda_peak nk1_peak ketamine block_at_start
}

ASSIGNED { v (mV) i (nA) resting reached unblocked nmda upstroke }

STATE { a n0 n1 s0 s1 g h c m b }

INITIAL {
    a = 0  n0 = 0  n1 = 0  s0 = 0  s1 = 0  g = 0  h = 0  c = 0  m = 0
    b = block_at_start
    resting = 0
    upstroke = 0
    net_send(0, 1)
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    if (resting) {
        i = 10 * (v - reset)
    } else {
        i = 0.001 * (leak * (v - leak_reversal) - upstroke
            + a * v + (n1 - n0) * nmda_peak * (1 - b) * v / (1 + magnesium / magnesium_half * exp(-magnesium_slope * v))
            + (s1 - s0) * nk1_peak * v + (g + tonic_inhibition) * (v - gaba_reversal)
            + (h + girk) * (v - potassium_reversal) + plateau * m * (v - plateau_reversal))
    }
}

DERIVATIVE states {
    : taken as it stands for a step, as in ours: its slope is negative, and an implicit step would turn it round
    upstroke = leak * sharpness * exp(capped((v - fires_from) / sharpness))
    reached = (n1 - n0) * nmda_peak
    unblocked = 1 / (1 + magnesium / magnesium_half * exp(-magnesium_slope * v))
    nmda = reached * (1 - b) * unblocked * v
    a' = -a / ampa_decay
    n0' = -n0 / nmda_rise
    n1' = -n1 / nmda_decay
    s0' = -s0 / nk1_rise
    s1' = -s1 / nk1_decay
    g' = -g / gaba_decay
    h' = -h / after_spike_decay
    m' = (c * c / (c * c + calcium_half * calcium_half) - m) / plateau_decay
    c' = -c / calcium_decay - calcium_of_nmda * nmda
    b' = reached / (reached + opening) * binding * (ketamine * unblocked * (1 - b)
        - affinity * exp((v - affinity_voltage) / affinity_slope) * b) - leak_of_trap * b
}

FUNCTION capped(x) {
    if (x > 10) { capped = 10 } else { capped = x }
}

NET_RECEIVE(ampa, of_nmda, of_nk1, gaba) {
    INITIAL { }  : without it all weights but the first would be set to nothing
    if (flag == 1) {
        WATCH (v > spike_at) 2
    } else if (flag == 2) {
        net_event(t)
        v = reset
        resting = 1
        h = h + after_spike
        c = c + calcium_of_spike
        net_send(refractory, 3)
    } else if (flag == 3) {
        resting = 0
        v = reset
    } else {
        a = a + ampa
        n0 = n0 + of_nmda
        n1 = n1 + of_nmda
        s0 = s0 + of_nk1
        s1 = s1 + of_nk1
        g = g + gaba
    }
}
