"""Is the pain neuropathic, which condition, how certain? Graded by the rules of NeuPSIG 2016 and its neighbours.

`grade(patient)` grades every condition that is plausible; `flags(patient, grades)` says which kinds of pain are there;
`conditions()` holds what is known of each condition.
"""

from unwound.conditions.flags import Flags, flags
from unwound.conditions.grading import Grade, grade, rank
from unwound.conditions.knowledge import Condition, Ketamine, View, conditions

__all__ = ["Condition", "Flags", "Grade", "Ketamine", "View", "conditions", "flags", "grade", "rank"]
