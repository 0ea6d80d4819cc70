"""The months after a course: did it help, for how long, and may there be another? Facts in, findings out.

`judge` compares before and after; every figure names its estimand, and what is missing is «cannot tell». `retreat`
answers whether another course may be considered, is too early, or should not be. `of_diary` reads a diary;
`end_of_relief` and `weeks` say how long relief lasts and what is to come, `weekly_means` the same free of any model.
"""

from unwound.outcomes.again import Again, Retreat, Rule, retreat
from unwound.outcomes.courses import Course, Planned, Supply, Total, Totals
from unwound.outcomes.durability import End, WeekMean, Weeks, end_of_relief, weekly_means, weeks
from unwound.outcomes.knowledge import Level
from unwound.outcomes.posterior import Exposure, Posterior, exposure, fading, of_diary
from unwound.outcomes.response import Lasted, Outcome, judge
from unwound.outcomes.standing import Change, ChangeKind, Estimand, Standing

__all__ = [
    "Again",
    "Change",
    "ChangeKind",
    "Course",
    "End",
    "Estimand",
    "Exposure",
    "Lasted",
    "Level",
    "Outcome",
    "Planned",
    "Posterior",
    "Retreat",
    "Rule",
    "Standing",
    "Supply",
    "Total",
    "Totals",
    "WeekMean",
    "Weeks",
    "end_of_relief",
    "exposure",
    "fading",
    "judge",
    "of_diary",
    "retreat",
    "weekly_means",
    "weeks",
]
