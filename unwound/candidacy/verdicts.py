"""The verdicts, the questions that lead to them, and their order: the one place where precedence is stated."""

from __future__ import annotations

from dataclasses import dataclass

from unwound.record import Judgement
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


PRECEDENCE: tuple[Question, ...] = (
    Question(
        "Is the patient free of urgent problems?",
        "Whether there is an urgent problem is not yet known",
        Verdict.NOT_A_CANDIDATE,
    ),
    Question(
        "Is the patient free of contraindications to ketamine?",
        "Whether there is a contraindication to ketamine is not yet known",
        Verdict.NOT_A_CANDIDATE,
    ),
    Question(
        "Is the pain neuropathic, or is it CRPS?",
        "Whether the pain is neuropathic, or CRPS, is not yet known",
        Verdict.NOT_A_CANDIDATE,
    ),
    Question(
        "Is the pain severe enough for ketamine to be weighed?",
        "How severe the pain is on average is not yet known",
        Verdict.NOT_REFRACTORY,
    ),
    Question(
        "Is every first-line treatment behind the patient?",
        "Whether a first-line treatment is left is not yet known",
        Verdict.FIRST_LINE_FIRST,
    ),
    Question(
        "Is the pain refractory to treatment?",
        "Whether the pain is refractory to treatment is not yet known",
        Verdict.NOT_REFRACTORY,
    ),
    Question(
        "Does the evidence allow ketamine to be considered here?",
        "The evidence for ketamine cannot be judged until the condition is known",
        Verdict.NOT_A_CANDIDATE,
    ),
)
"""The questions in their order: the first clear «no» gives its verdict, whatever the later ones say.

Without a clear «no», anything unknown gives `cannot-tell`; all seven «yes» give `candidate`. A pain that is too mild
for the fourth question is `controlled` where something is taken for it, `not-refractory` otherwise.
"""


FIRST_LINE, EVIDENCE = 4, 6
"""The places of two of these questions."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One of the questions, its answer (true lets pass), and the verdict that a clear «no» gives."""

    question: str
    judgement: Judgement
    otherwise: Verdict
    when_unknown: str


def gates(judgements: tuple[Judgement, ...]) -> tuple[Gate, ...]:
    """The questions with their answers, in order."""
    return tuple(
        Gate(question.text, judgement, question.otherwise, question.when_unknown)
        for question, judgement in zip(PRECEDENCE, judgements, strict=True)
    )


def first_no(gates: tuple[Gate, ...]) -> Gate | None:
    """The gate that decides: the first clear «no».

    That the evidence is against it waits while a first-line treatment is asked about: what is offered comes first.
    """
    no = next((gate for gate in gates if gate.judgement.holds is False), None)
    if no is not None and no.question == PRECEDENCE[EVIDENCE].text:
        asked = any(gate.judgement.ask for gate in gates if gate.question == PRECEDENCE[FIRST_LINE].text)
        return None if asked else no
    return no
