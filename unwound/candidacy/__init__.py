"""Ketamine now, or what instead, or what first? Seven questions in order (`verdicts.PRECEDENCE`): the first clear «no»
decides, then what is not yet known.

`decide(...)` takes the results of the other parts, so that it never disagrees with what the reader sees beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from unwound import cautions, conditions, record
from unwound.candidacy import gates, plain, verdicts
from unwound.candidacy.gates import Required, requirements
from unwound.candidacy.plain import plain_words, told_of, urgent_help
from unwound.candidacy.verdicts import PRECEDENCE, Gate, Verdict
from unwound.catalogue import CitedText
from unwound.cautions import CautionLevel, Finding
from unwound.conditions import Condition, Flags, Grade
from unwound.conditions.knowledge import ConditionGroup, GradeLevel, Strength
from unwound.patient import Patient
from unwound.record import Judgement
from unwound.therapies import Ledger, Step, severity
from unwound.therapies.knowledge import Line
from unwound.therapies.overlap import CONFIRMED

__all__ = [
    "PRECEDENCE",
    "Candidacy",
    "Enough",
    "Gate",
    "Kind",
    "Required",
    "Verdict",
    "alternatives",
    "answers",
    "asked",
    "before",
    "decide",
    "enough",
    "indication",
    "kind",
    "leading",
    "opening",
    "plain_words",
    "requirements",
    "told_of",
    "urgent_help",
]

Gates = tuple[Gate, ...]

STRENGTHS = tuple(Strength)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidacy:
    """The decision as advice: a named clinician accepts or overrides it."""

    verdict: Verdict
    urgent: bool
    """Whether something has to be acted on today, before any of this."""
    not_asked: tuple[str, ...]
    """Titles of the red flags that concern this patient and that nobody has asked about: shown whatever the verdict."""
    gates: Gates
    because: tuple[str, ...]
    ask: tuple[str, ...]
    """Facts that are unknown and could change the verdict."""
    ask_of_record: tuple[str, ...]
    """Whether anything else was tried, where the verdict turns on that; the answer alone changes nothing."""
    indication: str
    """Id of the condition ketamine would be given for; empty where there is none."""
    lead: str
    """Id of the condition whose evidence decides: the indication, or a neighbour that ketamine is not for."""
    condition: Condition | None
    """That condition."""
    requirement: CitedText | None
    before: tuple[str, ...]
    """What remains to be weighed or done before an infusion, though it does not decide candidacy."""
    alternatives: tuple[Step, ...]
    plain_words: tuple[str, ...]
    """For the patient: what it means, without a promise."""

    @property
    def provisional(self) -> bool:
        """Whether it is no decision yet: a red flag that concerns the patient is unasked, and none was found."""
        return bool(self.not_asked) and not self.urgent and self.verdict != Verdict.CANNOT_TELL

    @property
    def deciding(self) -> Gate | None:
        """The question that decides: the first clear «no», else the first open one; None for a candidate."""
        still_open = (gate for gate in self.gates if gate.judgement.holds is None)
        return verdicts.first_no(self.gates) or next(still_open, None)

    def __hash__(self) -> int:
        return hash((self.verdict, self.because, self.ask, self.lead))

    def __repr__(self) -> str:
        """The verdict and what it rests on, without the knowledge behind it."""
        return f"<Candidacy: {self.verdict}; because {', '.join(self.because) or 'nothing is settled yet'}>"


def decide(
    patient: Patient,
    grades: tuple[Grade, ...],
    flags: Flags,
    ledger: Ledger,
    findings: tuple[Finding, ...],
    steps: tuple[Step, ...],
) -> Candidacy:
    """Whether ketamine may be considered for this patient, what comes first, or what is missing to say so."""
    urgent, pain = cautions.urgent(findings), kind(patient, grades, flags)
    rest = enough(patient, pain, ledger, steps)
    answered = answers(opening(findings), pain, rest)
    verdict = verdicts.outcome(answered)
    because = verdicts.reasons(answered, _open)
    ask_of_record: tuple[str, ...] = ()
    if gates.turns_on_the_record(answered, ledger, pain.required):
        because, ask_of_record = gates.as_far_as_recorded(patient, because)
    return Candidacy(
        verdict=verdict,
        urgent=bool(urgent),
        not_asked=tuple(finding.title for finding in gates.unanswered(findings)),
        gates=answered,
        because=because,
        ask=asked(answered),
        ask_of_record=ask_of_record,
        indication=pain.grade.condition if pain.grade else "",
        lead=pain.lead.condition if pain.lead else "",
        condition=pain.condition,
        requirement=pain.required.reason if pain.required else None,
        before=before(grades, findings),
        alternatives=alternatives(steps),
        plain_words=_emergency(patient, urgent)
        or plain.sentences(verdict, _next_step(patient, verdict, rest.helping, ledger, steps)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What kind of pain it is, as far as that decides."""

    grade: Grade | None
    """The condition ketamine would be given for."""
    lead: Grade | None
    """What the evidence is asked for: the indication, or an established neighbour."""
    condition: Condition | None
    required: Required | None
    neuropathic: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Enough:
    """Whether the pain is bad enough, enough was tried, and the evidence opens the way."""

    helping: tuple[str, ...]
    severe: Judgement
    first_line_is_behind: Judgement
    refractory: Judgement
    supported: Judgement


def opening(findings: tuple[Finding, ...]) -> tuple[Judgement, Judgement]:
    """The answers to the first two questions: a «no» to either refuses, whatever the others say."""
    return gates.nothing_urgent(findings), gates.nothing_forbids(findings)


def kind(patient: Patient, grades: tuple[Grade, ...], flags: Flags | None) -> Kind:
    """The answer to the third question, with what the later ones turn on; its «no» refuses too.

    The flags may be left out where there is an indication.
    """
    grade = indication(grades)
    lead = grade or _settled_neighbour(grades)
    condition = conditions.conditions()[lead.condition] if lead else None
    required = requirements()[condition.ketamine.strength] if condition else None
    return Kind(
        grade=grade,
        lead=lead,
        condition=condition,
        required=required,
        neuropathic=gates.neuropathic(patient, grade, flags),
    )


def enough(patient: Patient, kind: Kind, ledger: Ledger, steps: tuple[Step, ...]) -> Enough:
    """The answers to the other four questions; of the steps those of the first line are enough."""
    helping = gates.helping(patient, ledger)
    return Enough(
        helping=helping,
        severe=gates.severe(patient, helping),
        first_line_is_behind=gates.first_line_is_behind(kind.grade, ledger, steps),
        refractory=gates.refractory(patient, kind.grade, kind.required, ledger),
        supported=gates.supported(kind.condition, kind.required),
    )


def answers(first: tuple[Judgement, Judgement], kind: Kind, enough: Enough) -> Gates:
    """The seven questions with their answers."""
    last = (enough.severe, enough.first_line_is_behind, enough.refractory, enough.supported)
    return verdicts.gates((*first, kind.neuropathic, *last), treated=bool(enough.helping))


def asked(answers: Gates) -> tuple[str, ...]:
    """The facts that are unknown and could change the verdict."""
    return record.unique(fact for gate in answers for fact in gate.judgement.ask)


def alternatives(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What can be offered instead."""
    return tuple(step for step in steps if step.line != Line.UNSUITABLE)


def before(grades: tuple[Grade, ...], findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """What remains to be weighed or done before an infusion, though it does not decide."""
    others = _other_pains(indication(grades), grades)
    return (*others, *(finding.title for finding in findings if _comes_before(finding)))


def indication(grades: tuple[Grade, ...]) -> Grade | None:
    """The condition ketamine would be given for: a settled one before a possible one, then the best supported.

    One that is not even possible heads nothing and decides nothing: what could raise it is asked beside it.
    """
    return min((grade for grade in grades if _is_indication(grade)), key=_rank, default=None)


def leading(grades: tuple[Grade, ...]) -> str:
    """The condition whose ladder leads: the one ketamine would be for, otherwise the most certain neighbour."""
    return (indication(grades) or grades[0]).condition


def _is_indication(grade: Grade) -> bool:
    possible = conditions.rank(grade.level) >= conditions.rank(GradeLevel.POSSIBLE)
    return possible and conditions.conditions()[grade.condition].group != ConditionGroup.NEIGHBOUR


def _settled_neighbour(grades: tuple[Grade, ...]) -> Grade | None:
    """The most certain neighbour of neuropathic pain, where one is established: its own evidence then decides."""
    return next((grade for grade in grades if grade.level in gates.SETTLED), None)


def _rank(grade: Grade) -> tuple[int, int]:
    strength = STRENGTHS.index(conditions.conditions()[grade.condition].ketamine.strength)
    return (-1 if grade.level in gates.SETTLED else 0, strength)


def _other_pains(lead: Grade | None, grades: tuple[Grade, ...]) -> tuple[str, ...]:
    """What else is settled beside the condition that leads: its pain is another one, and this answer is not for it."""
    others = [grade for grade in grades if grade.level in gates.SETTLED and _is_indication(grade) and grade is not lead]
    if lead is None or not others:
        return ()
    names = ", ".join(f"{grade.title} ({grade.level})" for grade in others)
    return (f"decide which pain is to be treated: this answer is for {lead.title}; also found: {names}",)


def _open(gate: Gate) -> str:
    """What is not yet known, in a sentence, and how many questions would settle it."""
    count = len(gate.judgement.ask)
    asked = f" ({count} {'question' if count == 1 else 'questions'} to ask)" if count else ""
    return gate.when_unknown + asked + (_ONE_CONFIRMATION if CONFIRMED in gate.judgement.ask else "")


_ONE_CONFIRMATION = (
    "; one confirmation could settle it: that every treatment listed was taken for this pain, as prescribed and at the"
    " dose listed"
)


def _comes_before(finding: Finding) -> bool:
    if finding.kind not in gates.DECIDING:
        return finding.level != CautionLevel.NOTE
    return finding.holds and finding.level == CautionLevel.ASK


def _emergency(patient: Patient, urgent: tuple[Finding, ...]) -> tuple[str, ...]:
    """What to do now, and nothing else; nothing where nothing is urgent."""
    help = plain.urgent_help(plain.told_of(urgent), patient.jurisdiction)
    return (*help, *plain_words()["urgent"]) if urgent else ()


def _next_step(
    patient: Patient, verdict: Verdict, helping: tuple[str, ...], ledger: Ledger, steps: tuple[Step, ...]
) -> str:
    """The sentence that names what comes next for this patient; empty where the verdict's own words are all."""
    # Each verdict has another next step; which sentence fits follows from what was tried.
    if verdict == Verdict.CONTROLLED:
        return plain.next_step("keep", helping)
    if verdict == Verdict.NOT_REFRACTORY:
        if severity.severe(patient).holds is False:
            return plain.next_step("mild")
        return plain.next_step("early" if severity.lasting(patient).holds is False else "few")
    if verdict == Verdict.FIRST_LINE_FIRST:
        return " ".join(
            plain.next_step(key, (step.title.lower() for step in offered))
            for key, offered in gates.first_line_left(ledger, steps).items()
            if offered
        )
    if verdict == Verdict.NOT_A_CANDIDATE:
        names = [step.title.lower() for step in steps if step.line in (Line.FIRST, Line.SECOND, Line.MULTIMODAL)]
        return plain.next_step("instead", names[:SHOWN]) if names else ""
    return ""


SHOWN = 3
"""Other treatments that a patient's sentence names: more is a list, and the team has it."""
