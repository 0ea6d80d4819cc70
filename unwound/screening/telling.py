"""Which facts tell that a pain may be neuropathic, or that something is urgent: without any a review finds neither.

They are asked of the rules themselves: what grading reads of somebody of whom nothing is known, and what each red flag
turns on. A new rule with a new fact is thereby in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

from unwound import cautions, conditions
from unwound.cautions import CautionLevel
from unwound.memo import TracedFacts
from unwound.patient import Patient

BY_THEMSELVES_NOTHING = frozenset(("age_years", "takes_opioid"))
"""Facts that rules read beside others and that by themselves change no grade and raise no red flag (a law of the
tests): nearly everybody has an age, and many an opioid for another pain."""


@cache
def telling() -> frozenset[str]:
    """The ids of these facts."""
    return frozenset((*_graded(), *_urgent())) - BY_THEMSELVES_NOTHING


def _graded() -> Iterator[str]:
    """What decides on the kind of pain, as long as nothing is known."""
    traced = TracedFacts({})
    nobody = Patient(as_of=date.min).with_checked(facts=traced)
    conditions.flags(nobody, conditions.grade(nobody))
    yield from traced.read


def _urgent() -> Iterator[str]:
    for caution in cautions.cautions().values():
        if caution.kind in cautions.URGENT and caution.level == CautionLevel.STOP and caution.when is not None:
            yield from caution.when.facts()
