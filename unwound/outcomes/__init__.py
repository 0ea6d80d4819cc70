"""The months after a course: did it help, for how long, and may there be another? Facts in, findings out.

`judge` compares before and after. Every figure names its estimand, and what is missing is «cannot tell».
"""

from unwound.outcomes.knowledge import Level
from unwound.outcomes.response import Lasted, Outcome, judge
from unwound.outcomes.standing import Change, ChangeKind, Estimand, Standing

__all__ = ["Change", "ChangeKind", "Estimand", "Lasted", "Level", "Outcome", "Standing", "judge"]
