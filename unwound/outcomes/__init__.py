"""The months after a course: did it help, for how long, and may there be another? Facts in, findings out.

`judge` compares before and after; every figure names its estimand, and what is missing is «cannot tell». `retreat`
answers whether another course may be considered, is too early, or should not be.
"""

from unwound.outcomes.again import Again, Retreat, Rule, retreat
from unwound.outcomes.courses import Course, Planned, Supply, Total, Totals
from unwound.outcomes.knowledge import Level
from unwound.outcomes.response import Lasted, Outcome, judge
from unwound.outcomes.standing import Change, ChangeKind, Estimand, Standing

__all__ = [
    "Again",
    "Change",
    "ChangeKind",
    "Course",
    "Estimand",
    "Lasted",
    "Level",
    "Outcome",
    "Planned",
    "Retreat",
    "Rule",
    "Standing",
    "Supply",
    "Total",
    "Totals",
    "judge",
    "retreat",
]
