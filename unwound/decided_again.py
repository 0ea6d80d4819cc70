"""The decision about patients who differ from one in a few facts or trials, as a search tries them: the same, sooner.

`DecidingAgain` says what `pathway.review(patient).candidacy` says. Each part is done again only where a fact
that it read is another one (`memo.Again`, `memo.Parts`). What it reads is noted while it works, never declared.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from unwound import candidacy, cautions, conditions, derive, therapies
from unwound.candidacy import Candidacy, Enough, Kind, Verdict
from unwound.candidacy.verdicts import Gate, outcome
from unwound.cautions import Finding
from unwound.conditions import Flags, Grade
from unwound.memo import Again
from unwound.patient import Patient
from unwound.record import Judgement
from unwound.therapies import Ledger, Step

OverAll = Callable[[Patient, tuple[Finding, ...]], tuple[Finding, ...]]
"""The findings of the pain in view joined with those of the other pains."""

RANK = {
    Verdict.CANDIDATE: 0,
    Verdict.CANNOT_TELL: 1,
    Verdict.FIRST_LINE_FIRST: 2,
    Verdict.NOT_REFRACTORY: 3,
    Verdict.CONTROLLED: 4,
    Verdict.NOT_A_CANDIDATE: 5,
}


class Distance(NamedTuple):
    """How far a decision is from «candidate»: lower is nearer, and each part counts before the next."""

    rank: int
    forbids: int
    unknown: int
    to_be_weighed: int


class DecidingAgain:
    """Decides about patients who differ from a derived one in facts and trials only."""

    def __init__(self, base: Patient, over_all: OverAll) -> None:
        self.over_all = over_all
        self.derived = derive.DerivingAgain(base)
        self.screened = cautions.ScreeningAgain(base)
        self.graded = conditions.GradingAgain(base)
        self.flags, self.ledger = Again(conditions.flags), therapies.LedgerAgain()
        self.first_line, self.steps = Again(_first_line), Again(_steps)
        self.opening, self.kind, self.enough = Again(_opening), Again(candidacy.kind), Again(candidacy.enough)
        self.distance(base)  # every part keeps what it says of the patient from whom the search goes out

    def __call__(self, patient: Patient) -> Candidacy:
        """The whole decision about the patient."""
        case = _Case(self, patient)
        return candidacy.decide(case.patient, case.grades, case.flags, case.ledger, case.findings, case.steps)

    def verdict(self, patient: Patient) -> Verdict:
        """The verdict of that decision, without working out what a clear «no» leaves open."""
        case = _Case(self, patient)
        if any(answer.holds is False for answer in case.opening) or case.kind.neuropathic.holds is False:
            return Verdict.NOT_A_CANDIDATE
        return outcome(case.answers)

    def distance(self, patient: Patient) -> Distance:
        """How far that decision is from «candidate»."""
        case = _Case(self, patient)
        return Distance(
            RANK[outcome(case.answers)],
            sum(len(answer.because) for answer in case.opening if not answer.holds),
            len(candidacy.asked(case.answers)),
            len(candidacy.before(case.grades, case.findings)),
        )

    def open(self, patient: Patient) -> tuple[tuple[str, ...], tuple[Step, ...]]:
        """What the decision asks, and what it offers instead."""
        case = _Case(self, patient)
        return candidacy.asked(case.answers), candidacy.alternatives(case.steps)


class _Case:
    """What the decision about one patient is made of; each part is worked out when it is first asked for."""

    def __init__(self, again: DecidingAgain, patient: Patient) -> None:
        self.again = again
        self.patient, self.differs, self.conflicts = again.derived(patient)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        return self.again.over_all(self.patient, self.again.screened(self.patient, self.differs, self.conflicts))

    @cached_property
    def grades(self) -> tuple[Grade, ...]:
        return self.again.graded(self.patient, self.differs)

    @cached_property
    def flags(self) -> Flags:
        return self.again.flags(self.patient, self.differs, self.grades)

    @cached_property
    def ledger(self) -> Ledger:
        return self.again.ledger(self.patient, self.differs, conditions.plausible(self.grades))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self.again.steps(self.patient, self.differs, self.grades, self.ledger)

    @cached_property
    def opening(self) -> tuple[Judgement, Judgement]:
        return self.again.opening(self.patient, self.differs, self.findings)

    @cached_property
    def kind(self) -> Kind:
        flags = None if candidacy.indication(self.grades) else self.flags
        return self.again.kind(self.patient, self.differs, self.grades, flags)

    @cached_property
    def enough(self) -> Enough:
        steps = self.again.first_line(self.patient, self.differs, self.grades, self.ledger)
        return self.again.enough(self.patient, self.differs, self.kind, self.ledger, steps)

    @cached_property
    def answers(self) -> tuple[Gate, ...]:
        return candidacy.answers(self.opening, self.kind, self.enough)


def _opening(_: Patient, findings: tuple[Finding, ...]) -> tuple[Judgement, Judgement]:
    return candidacy.opening(findings)


def _first_line(patient: Patient, grades: tuple[Grade, ...], ledger: Ledger) -> tuple[Step, ...]:
    return _steps(patient, grades, ledger, first_only=True)


def _steps(
    patient: Patient, grades: tuple[Grade, ...], ledger: Ledger, *, first_only: bool = False
) -> tuple[Step, ...]:
    ladder = conditions.conditions()[candidacy.leading(grades)].ladder
    treated = conditions.plausible(grades)
    return therapies.next_steps(patient, ledger, conditions=treated, ladder=ladder, first_only=first_only)
