"""Ketamine now, or what first? Five questions in order: the first clear «no» decides, then what is not yet known.

`decide(...)` takes the results of the other parts, so that it never disagrees with what the reader sees beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from unwound import cautions, conditions, record
from unwound.catalogue import CitedText, Frozen, Head, load, load_rule
from unwound.cautions import CautionKind, CautionLevel, Finding
from unwound.conditions import Condition, Flags, Grade
from unwound.conditions.knowledge import ConditionGroup, GradeLevel, Strength
from unwound.record import Judgement
from unwound.terms import TrialVerdict, Word
from unwound.therapies import Ledger, Step
from unwound.therapies.knowledge import Line, TherapyGroup

Gates = tuple["Gate", ...]

SETTLED = (GradeLevel.DEFINITE, GradeLevel.PROBABLE)
STRENGTHS = tuple(Strength)
DECIDING = (CautionKind.RED_FLAG, CautionKind.SUICIDE_RISK, CautionKind.CONTRAINDICATION)
"""Kinds of findings that decide: a stop refuses, an unknown fact leaves the answer open. The others concern the day."""


class Verdict(Word):
    """Ketamine now, or what first."""

    CANDIDATE = "candidate"
    FIRST_LINE_FIRST = "first-line-first"
    NOT_A_CANDIDATE = "not-a-candidate"
    CANNOT_TELL = "cannot-tell"


class Required(Frozen):
    """The refractory rule that one strength of evidence asks for, and why."""

    rule: Literal["local", "delphi", "refuse"]
    reason: CitedText


class Requirements(Head):
    """`data/rules/candidacy.toml`: strength of evidence -> what must have been tried."""

    required: Mapping[str, Required]


class PlainWords(Head):
    """One file of `data/plain_words`: verdict, or how sure a finding is -> sentences for the patient."""

    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Gate:
    """One of the five questions, its answer (true lets pass), and the verdict that a clear «no» gives."""

    question: str
    judgement: Judgement
    otherwise: Verdict
    when_unknown: str
    """The reason, as a sentence without its full stop, while the answer is not known."""


_QUESTIONS = (
    (
        "Is the patient free of urgent problems?",
        "Whether there is an urgent problem is not yet known",
        Verdict.NOT_A_CANDIDATE,
    ),
    (
        "Is the patient free of contraindications to ketamine?",
        "Whether there is a contraindication to ketamine is not yet known",
        Verdict.NOT_A_CANDIDATE,
    ),
    (
        "Is the pain neuropathic, or is it CRPS?",
        "Whether the pain is neuropathic, or CRPS, is not yet known",
        Verdict.NOT_A_CANDIDATE,
    ),
    (
        "Has enough other treatment been tried?",
        "Whether enough other treatment has been tried is not yet known",
        Verdict.FIRST_LINE_FIRST,
    ),
    (
        "Does the evidence allow ketamine to be considered here?",
        "The evidence for ketamine cannot be judged until the condition is known",
        Verdict.NOT_A_CANDIDATE,
    ),
)
"""Of each gate: its question, the reason while the answer is not known, and the verdict that a clear «no» gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidacy:
    """The decision as advice: a named clinician accepts or overrides it."""

    verdict: Verdict
    urgent: bool
    """Whether something has to be acted on today, before any of this."""
    gates: Gates
    because: tuple[str, ...]
    ask: tuple[str, ...]
    """Facts that are unknown and could change the verdict."""
    indication: str
    """Id of the condition ketamine would be given for; empty where there is none."""
    condition: Condition | None
    requirement: CitedText | None
    before: tuple[str, ...]
    """What remains to be weighed or done before an infusion, though it does not decide candidacy."""
    alternatives: tuple[Step, ...]
    plain_words: tuple[str, ...]
    """For the patient: what it means, without a promise."""

    def __repr__(self) -> str:
        """The verdict and what it rests on, without the knowledge behind it."""
        return f"<Candidacy: {self.verdict}; because {', '.join(self.because) or 'nothing is settled yet'}>"


def decide(
    grades: tuple[Grade, ...], flags: Flags, ledger: Ledger, findings: tuple[Finding, ...], steps: tuple[Step, ...]
) -> Candidacy:
    """Whether ketamine may be considered for this patient, what comes first, or what is missing to say so."""
    grade = indication(grades)
    condition = conditions.conditions()[grade.condition] if grade else None
    required = requirements()[condition.ketamine.strength] if condition else None
    urgent = cautions.urgent(findings)
    gates = _gates(
        _nothing_urgent(urgent),
        _nothing_forbids(findings),
        _neuropathic(grade, flags),
        _tried(grade, required, ledger, steps),
        _supported(condition, required),
    )
    verdict = _verdict(gates)
    return Candidacy(
        verdict=verdict,
        urgent=bool(urgent),
        gates=gates,
        because=record.unique(_because(verdict, gates)),
        ask=record.unique(fact for gate in gates for fact in gate.judgement.ask),
        indication=grade.condition if grade else "",
        condition=condition,
        requirement=required.reason if required else None,
        before=tuple(finding.title for finding in findings if _comes_before(finding)),
        alternatives=tuple(step for step in steps if step.line != Line.UNSUITABLE),
        plain_words=(*(plain_words()["urgent"] if urgent else ()), *plain_words()[verdict]),
    )


def _gates(*judgements: Judgement) -> Gates:
    return tuple(
        Gate(question, judgement, otherwise, when_unknown)
        for (question, when_unknown, otherwise), judgement in zip(_QUESTIONS, judgements, strict=True)
    )


def indication(grades: tuple[Grade, ...]) -> Grade | None:
    """The condition ketamine would be given for: a settled one before an open one, then the best supported."""
    return min((grade for grade in grades if _is_indication(grade)), key=_rank, default=None)


def requirements() -> Mapping[str, Required]:
    """Strength of evidence -> what must have been tried."""
    return load_rule("candidacy", Requirements).required


def plain_words(about: str = "candidacy") -> Mapping[str, tuple[str, ...]]:
    """Sentences for the patient: by verdict (and «urgent»), or, of what was `found`, by how certain it is."""
    files: Mapping[str, PlainWords] = load("plain_words", PlainWords)
    return files[about].words


def _is_indication(grade: Grade) -> bool:
    return conditions.conditions()[grade.condition].group != ConditionGroup.NEIGHBOUR and grade.level != GradeLevel.NONE


def _rank(grade: Grade) -> tuple[int, int]:
    strength = STRENGTHS.index(conditions.conditions()[grade.condition].ketamine.strength)
    return (-1 if grade.level in SETTLED else -conditions.rank(grade.level) + 10, strength)


def _verdict(gates: Gates) -> Verdict:
    for gate in gates:
        if gate.judgement.holds is False:
            return gate.otherwise
    return Verdict.CANNOT_TELL if any(gate.judgement.holds is None for gate in gates) else Verdict.CANDIDATE


def _because(verdict: Verdict, gates: Gates) -> tuple[str, ...]:
    """A «no» gives the reasons against; an open answer says what is not yet known; a «yes» gives all it rests on."""
    if verdict == Verdict.CANDIDATE:
        return tuple(reason for gate in gates for reason in gate.judgement.because)
    if verdict == Verdict.CANNOT_TELL:
        return tuple(_open(gate) for gate in gates if gate.judgement.holds is None)
    return next(gate.judgement.because for gate in gates if gate.judgement.holds is False)


def _open(gate: Gate) -> str:
    """What is not yet known, in a sentence, and how many questions would settle it."""
    count = len(gate.judgement.ask)
    return gate.when_unknown + (f" ({count} {'question' if count == 1 else 'questions'} to ask)" if count else "")


def _comes_before(finding: Finding) -> bool:
    if finding.kind not in DECIDING:
        return finding.level != CautionLevel.NOTE
    return finding.holds and finding.level == CautionLevel.ASK


def _nothing_urgent(urgent: tuple[Finding, ...]) -> Judgement:
    return Judgement(not urgent, tuple(_with_reasons(finding) for finding in urgent))


def _nothing_forbids(findings: tuple[Finding, ...]) -> Judgement:
    """A stop decides before a question, and a question before what is only to be weighed."""
    deciding = tuple(finding for finding in findings if finding.kind in DECIDING)
    stops = tuple(_with_reasons(finding) for finding in deciding if finding.level == CautionLevel.STOP)
    if stops:
        return Judgement(False, stops)
    ask = record.unique(fact for finding in deciding for fact in finding.ask)
    if ask:
        return Judgement(None, (), ask)
    weighed = ", ".join(finding.title for finding in deciding if _comes_before(finding))
    return Judgement(True, (f"to be weighed first: {weighed}" if weighed else "no contraindication to ketamine found",))


def _with_reasons(finding: Finding) -> str:
    return f"{finding.title}: {'; '.join(finding.because)}"


def _neuropathic(grade: Grade | None, flags: Flags) -> Judgement:
    if grade is None:
        either = record.any_of((flags.neuropathic, flags.crps))
        if either.holds is False and not either.because:
            return Judgement(False, ("no neuropathic condition is plausible",))
        return either if either.holds is not True else Judgement(None, either.because)
    because = (f"{grade.title}: {grade.level.replace('-', ' ')}", *grade.because)
    return Judgement(True, because) if grade.level in SETTLED else Judgement(None, because, grade.ask)


def _tried(grade: Grade | None, required: Required | None, ledger: Ledger, steps: tuple[Step, ...]) -> Judgement:
    """Whether the first line is behind the patient and, where ketamine has support at all, the pain is refractory."""
    if grade is None or required is None or grade.level == GradeLevel.CANNOT_DETERMINE:
        return Judgement(None)
    behind = _first_line_is_behind(ledger, steps)
    if required.rule == "refuse":
        return behind
    local, delphi = ledger.refractory_local, ledger.refractory_delphi
    return record.all_of((behind, delphi if required.rule == "delphi" else _either(local, delphi)))


def _either(local: Judgement, delphi: Judgement) -> Judgement:
    """Either rule will do: the Delphi rule counts medicines beyond the three classes that the local one knows."""
    either = record.any_of((local, delphi))
    return either if either.holds else Judgement(either.holds, local.because, either.ask)


def _first_line_is_behind(ledger: Ledger, steps: tuple[Step, ...]) -> Judgement:
    """A first-line step that can still be offered decides; one whose trial cannot be judged yet is asked about."""
    first = [step for step in steps if step.line == Line.FIRST and step.group != TherapyGroup.MULTIMODAL]
    unclear = [step for step in first if _has_trial(ledger, step, TrialVerdict.CANNOT_TELL)]
    offered = [step for step in first if step not in unclear]
    if offered:
        return Judgement(False, tuple(_offered(ledger, offered)))
    ask = record.unique(fact for step in unclear for entry in ledger.of(step.therapy) for fact in entry.ask)
    return Judgement(None if unclear else True, (), ask)


def _has_trial(ledger: Ledger, step: Step, verdict: TrialVerdict) -> bool:
    return any(entry.verdict == verdict for entry in ledger.of(step.therapy))


def _offered(ledger: Ledger, offered: list[Step]) -> Iterator[str]:
    helped = [step for step in offered if _has_trial(ledger, step, TrialVerdict.RESPONDED)]
    for heading, steps in (
        ("gave relief, and can be continued or restarted", helped),
        ("first-line treatment still open", [step for step in offered if step not in helped]),
    ):
        if steps:
            yield f"{heading}: {', '.join(step.title.lower() for step in steps)}"


def _supported(condition: Condition | None, required: Required | None) -> Judgement:
    if condition is None or required is None:
        return Judgement(None)
    return Judgement(required.rule != "refuse", (condition.ketamine.text.text,))
