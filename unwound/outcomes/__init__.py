"""The months after a course: did it help, for how long, and may there be another? Facts in, findings out.

`judge` compares before and after; every figure names its estimand, and what is missing is «cannot tell». `retreat`
answers whether another course may be considered, is too early, or should not be. `before` and `after` make the two
standings of dated scores, `as_diary` the diary that `of_diary` reads;
`end_of_relief` and `weeks` say how long relief lasts and what is to come, `weekly_means` the same free of any model,
`ending` how it ended. For many: `by_group` (curves with numbers at risk), `share`, `funnel`, and `publish` for counts.
"""

from unwound.outcomes.again import Again, Retreat, Rule, retreat
from unwound.outcomes.courses import Course, Planned, Supply, Total, Totals
from unwound.outcomes.durability import End, WeekMean, Weeks, drift, end_of_relief, weekly_means, weeks
from unwound.outcomes.ending import Ended, Ending, ending
from unwound.outcomes.groups import Curve, Followed, Group, by_group
from unwound.outcomes.knowledge import Level
from unwound.outcomes.posterior import LONGEST_DAYS, Exposure, Posterior, exposure, fading, of_diary
from unwound.outcomes.response import Lasted, Outcome, judge
from unwound.outcomes.scores import PAIN, Score, after, as_diary, before
from unwound.outcomes.shares import Funnel, Place, Published, Share, Site, funnel, publish, share
from unwound.outcomes.standing import Change, ChangeKind, Estimand, Standing

__all__ = [
    "LONGEST_DAYS",
    "PAIN",
    "Again",
    "Change",
    "ChangeKind",
    "Course",
    "Curve",
    "End",
    "Ended",
    "Ending",
    "Estimand",
    "Exposure",
    "Followed",
    "Funnel",
    "Group",
    "Lasted",
    "Level",
    "Outcome",
    "Place",
    "Planned",
    "Posterior",
    "Published",
    "Retreat",
    "Rule",
    "Score",
    "Share",
    "Site",
    "Standing",
    "Supply",
    "Total",
    "Totals",
    "WeekMean",
    "Weeks",
    "after",
    "as_diary",
    "before",
    "by_group",
    "drift",
    "end_of_relief",
    "ending",
    "exposure",
    "fading",
    "funnel",
    "judge",
    "of_diary",
    "publish",
    "retreat",
    "share",
    "weekly_means",
    "weeks",
]
