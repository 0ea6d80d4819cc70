"""The verdicts, the questions that lead to them, and their order: the one place where precedence is stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unwound.record import Judgement, unique
from unwound.terms import Word


class Verdict(Word):
    """Ketamine now, or what instead, or what first."""

    CANDIDATE = "candidate"
    CONTROLLED = "controlled"
    NOT_REFRACTORY = "not-refractory"
    FIRST_LINE_FIRST = "first-line-first"
    NOT_A_CANDIDATE = "not-a-candidate"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Question:
    """One question on the way to ketamine, the reason while it is open, and the verdict that a clear «no» gives."""

    text: str
    when_unknown: str
    """The reason, as a sentence without its full stop, while the answer is not known."""
    otherwise: Verdict
    formerly: tuple[str, ...] = ()
    """How earlier versions asked it, as reviews that were signed then still say."""


TRIED = ("Has enough been tried?", "Has enough other treatment been tried?")
"""One question of earlier versions that three of today's have taken the place of."""


PRECEDENCE: tuple[Question, ...] = (
    Question(
        "Is the patient free of urgent problems?",
        "Whether there is an urgent problem is not yet known",
        Verdict.NOT_A_CANDIDATE,
        formerly=("Clear of anything urgent?", "Is there nothing that has to be seen to first?"),
    ),
    Question(
        "Is the patient free of contraindications to ketamine?",
        "Whether there is a contraindication to ketamine is not yet known",
        Verdict.NOT_A_CANDIDATE,
        formerly=("Clear of anything that forbids ketamine?", "Does nothing forbid ketamine?"),
    ),
    Question(
        "Is the pain neuropathic, or is it CRPS?",
        "Whether the pain is neuropathic, or CRPS, is not yet known",
        Verdict.NOT_A_CANDIDATE,
        formerly=("Is it neuropathic pain or CRPS?",),
    ),
    Question(
        "Is the pain severe enough for ketamine to be weighed?",
        "How severe the pain is on average is not yet known",
        Verdict.NOT_REFRACTORY,
        formerly=TRIED,
    ),
    Question(
        "Is every first-line treatment behind the patient?",
        "Whether a first-line treatment is left is not yet known",
        Verdict.FIRST_LINE_FIRST,
        formerly=TRIED,
    ),
    Question(
        "Is the pain refractory to treatment?",
        "Whether the pain is refractory to treatment is not yet known",
        Verdict.NOT_REFRACTORY,
        formerly=TRIED,
    ),
    Question(
        "Does the evidence allow ketamine to be considered here?",
        "The evidence for ketamine cannot be judged until the condition is known",
        Verdict.NOT_A_CANDIDATE,
        formerly=("Does the evidence leave room for ketamine here?", "Does evidence support ketamine here?"),
    ),
)
"""The questions in their order: the first clear «no» gives its verdict, whatever the later ones say.

Without a clear «no», anything unknown gives `cannot-tell`; all seven «yes» give `candidate`. A pain that is too mild
for the fourth question is `controlled` where something is taken for it, `not-refractory` otherwise.
"""


NEUROPATHIC, SEVERE, FIRST_LINE, REFRACTORY, EVIDENCE = range(2, 7)
"""The places of five of these questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One of the questions, its answer (true lets pass), and the verdict that a clear «no» gives."""

    question: str
    judgement: Judgement
    otherwise: Verdict
    when_unknown: str
    waits: bool = False
    """Whether its «no» decides nothing yet, because an earlier question is still being asked."""


def gates(judgements: tuple[Judgement, ...], *, treated: bool) -> tuple[Gate, ...]:
    """The questions with their answers, in order; `treated` says whether something is taken for the pain.

    That the evidence is against it waits while a first-line treatment is asked about: what is offered comes first.
    """
    waits = bool(judgements[FIRST_LINE].ask)
    return tuple(
        Gate(
            question=question.text,
            judgement=judgement,
            otherwise=Verdict.CONTROLLED if place == SEVERE and treated else question.otherwise,
            when_unknown=question.when_unknown,
            waits=place == EVIDENCE and waits,
        )
        for place, (question, judgement) in enumerate(zip(PRECEDENCE, judgements, strict=True))
    )


def outcome(gates: tuple[Gate, ...]) -> Verdict:
    """The verdict of the first clear «no»; without one, whether anything is still open."""
    no = first_no(gates)
    if no is not None:
        return no.otherwise
    return Verdict.CANNOT_TELL if any(gate.judgement.holds is None for gate in gates) else Verdict.CANDIDATE


def reasons(gates: tuple[Gate, ...], while_open: Callable[[Gate], str]) -> tuple[str, ...]:
    """A «no» gives the reasons against; an open answer says what is not yet known; a «yes» gives all it rests on."""
    no = first_no(gates)
    if no is not None:
        return unique(no.judgement.because)
    still_open = tuple(while_open(gate) for gate in gates if gate.judgement.holds is None)
    return unique(still_open or (reason for gate in gates for reason in gate.judgement.because))


def first_no(gates: tuple[Gate, ...]) -> Gate | None:
    """The question whose clear «no» decides; None where there is none."""
    return next((gate for gate in gates if gate.judgement.holds is False and not gate.waits), None)
