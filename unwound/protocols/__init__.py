"""Protocols as they were studied, the plan of one for a patient, and several compared for the same patient.

`doses(protocol, weight_kg)` is the schedule alone; `plan` adds millilitres, ceilings, watching and refusals; `compare`
sets relief over twelve weeks against burden.
"""

from unwound.protocols.comparison import Band, Compared, Comparison, compare
from unwound.protocols.knowledge import Ceilings, Protocol, Setting, ceilings, protocol, protocols, settings
from unwound.protocols.planner import Plan, plan
from unwound.protocols.reasons import Reason
from unwound.protocols.schedule import Stretch, doses, stretches
from unwound.protocols.weights import Basis, WeightKind, body_weights

__all__ = [
    "Band",
    "Basis",
    "Ceilings",
    "Compared",
    "Comparison",
    "Plan",
    "Protocol",
    "Reason",
    "Setting",
    "Stretch",
    "WeightKind",
    "body_weights",
    "ceilings",
    "compare",
    "doses",
    "plan",
    "protocol",
    "protocols",
    "settings",
    "stretches",
]
