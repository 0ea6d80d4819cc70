"""Is the pain neuropathic, which condition, how certain? Graded by the rules of NeuPSIG 2016 and its neighbours.

`grade(patient)` grades every condition that is plausible; `flags(patient, grades)` says which kinds of pain are there;
`conditions()` holds what is known of each condition.
"""

from functools import partial

from unwound.conditions.flags import Flags, flags
from unwound.conditions.grading import (
    Grade,
    beside_each_other,
    by_itself,
    grade,
    plausible,
    rank,
    without_tests_not_done,
)
from unwound.conditions.knowledge import Condition, Ketamine, View, conditions
from unwound.memo import Again, Differs, Parts
from unwound.patient import Patient

__all__ = [
    "Condition",
    "Flags",
    "Grade",
    "GradingAgain",
    "Ketamine",
    "View",
    "conditions",
    "flags",
    "grade",
    "plausible",
    "rank",
]


class GradingAgain:
    """`grade` and `flags` for patients who differ from this one in facts only."""

    def __init__(self, patient: Patient) -> None:
        works = {id: partial(by_itself, id) for id in conditions()}
        self.each = Parts(without_tests_not_done(patient), works)
        self.together, self.flags = Again(beside_each_other), Again(flags)

    def __call__(self, patient: Patient, differs: Differs) -> tuple[Grade, ...]:
        """The grades; `differs` are the facts in which the patients may differ."""
        each = self.each.of(without_tests_not_done(patient), differs)
        return self.together(patient, differs, tuple(each.values()))
