"""Wind-up and what an NMDA antagonist does to it: one cell, its gate for touch, and how relief could outlast a drug.

    windup(...)                     a train of C-fibre volleys: spikes per stimulus, input, wind-up, post-discharge
    over_concentrations(amounts)    the same at each free concentration, as at moments of an infusion
    touch(...)                      touches through the gate, with cells of it lost
    slow.homeostatic(...)           a labelled hypothesis of weeks; forecasts use pharmacology's empirical curve

A model, not anybody's spinal cord. Wind-up is not central sensitisation and neither is anybody's pain. Concentrations
and relief are arguments: nothing here knows a dose. Begin with `knowledge.py` (every number and where it is from).
"""

from unwound.mechanism.experiments import SAID, Conditions, WindUp, over_concentrations, windup
from unwound.mechanism.touching import Touched, touch

__all__ = ["SAID", "Conditions", "Touched", "WindUp", "over_concentrations", "touch", "windup"]
