"""The answer to each of the questions that decide, from the results of the other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from unwound import cautions, conditions, facts, pains, record
from unwound.candidacy.verdicts import FIRST_LINE, REFRACTORY, Gate, first_no
from unwound.catalogue import CitedText, Frozen, Head, load_rule
from unwound.cautions import URGENT, CautionKind, CautionLevel, Finding
from unwound.conditions import Condition, Flags, Grade
from unwound.conditions.knowledge import ConditionGroup, GradeLevel
from unwound.patient import Patient
from unwound.record import Judgement
from unwound.terms import TrialVerdict
from unwound.therapies import Ledger, Step, causes, keeping, severity
from unwound.therapies.knowledge import Line, TherapyGroup

SETTLED = (GradeLevel.DEFINITE, GradeLevel.PROBABLE)
FORBIDDING = (CautionKind.CONTRAINDICATION, CautionKind.CONTRADICTION)
DECIDING = (*URGENT, *FORBIDDING)
"""Kinds of findings that decide: a stop refuses, an unknown fact leaves the answer open. The others concern the day."""


class Required(Frozen):
    """The refractory rule that one strength of evidence asks for, and why."""

    rule: Literal["local", "delphi", "refuse"]
    reason: CitedText


class Requirements(Head):
    """`data/rules/candidacy.toml`: strength of evidence -> what must have been tried."""

    required: Mapping[str, Required]


def requirements() -> Mapping[str, Required]:
    """Strength of evidence -> what must have been tried."""
    return load_rule("candidacy", Requirements).required


def unanswered(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The red flags and suicide risks that concern this patient and are not known either way."""
    return tuple(finding for finding in findings if finding.kind in URGENT and not finding.holds)


def nothing_urgent(findings: tuple[Finding, ...]) -> Judgement:
    """Free of urgent problems only where every red flag that concerns the patient was asked about."""
    urgent = cautions.urgent(findings)
    if urgent:
        return Judgement(False, tuple(with_reasons(finding) for finding in urgent))
    concerning = [finding for finding in findings if finding.kind in URGENT or _doubts_something_urgent(finding)]
    return _settled(concerning, "no urgent problem found")


def _doubts_something_urgent(finding: Finding) -> bool:
    """Whether it is a contradiction about what an urgent caution turns on: that question is then the open one."""
    return finding.kind == CautionKind.CONTRADICTION and not _urgent_facts().isdisjoint(finding.ask)


@cache
def _urgent_facts() -> frozenset[str]:
    urgent = (caution for caution in cautions.cautions().values() if caution.kind in URGENT)
    return frozenset(fact for caution in urgent if caution.when for fact in caution.when.facts())


def nothing_forbids(findings: tuple[Finding, ...], kinds: tuple[CautionKind, ...] = FORBIDDING) -> Judgement:
    """A stop decides before a question, and a question before what is only to be weighed."""
    deciding = [finding for finding in findings if finding.kind in kinds and not _doubts_something_urgent(finding)]
    stops = tuple(with_reasons(finding) for finding in deciding if finding.level == CautionLevel.STOP)
    return Judgement(False, stops) if stops else _settled(deciding, "no contraindication to ketamine found")


def _settled(findings: list[Finding], nothing: str) -> Judgement:
    """Open while something is to be asked; what is only to be weighed is named, and lets pass."""
    ask = record.unique(fact for finding in findings for fact in finding.ask)
    if ask:
        return Judgement(None, (), ask)
    weighed = ", ".join(finding.title for finding in findings if finding.holds and finding.level == CautionLevel.ASK)
    return Judgement(True, (f"to be weighed first: {weighed}" if weighed else nothing,))


def with_reasons(finding: Finding) -> str:
    """A finding as a reason: its title and what it rests on."""
    return f"{finding.title}: {'; '.join(finding.because)}"


def neuropathic(patient: Patient, grade: Grade | None, flags: Flags | None) -> Judgement:
    """Whether the pain is at least probably neuropathic, or CRPS; of several pains it has to be known which."""
    unclear = pains.unclear(patient)
    which = Judgement(None if unclear else True, (), unclear)
    return record.all_of((_is_neuropathic(patient, grade, flags), which))


def _is_neuropathic(patient: Patient, grade: Grade | None, flags: Flags | None) -> Judgement:
    if grade is None:
        either = record.any_of((flags.neuropathic, flags.crps) if flags else ())
        if either.holds is False and not either.because:
            return Judgement(False, ("no neuropathic condition is plausible",))
        return either if either.holds is not True else Judgement(None, either.because)
    because = (f"{grade.title}: {grade.level.replace('-', ' ')}", *grade.because)
    if grade.level not in SETTLED:
        return Judgement(None, because, grade.ask)
    if conditions.conditions()[grade.condition].group == ConditionGroup.CRPS:
        return Judgement(True, because)  # that nothing explains it better is one of its criteria
    return record.all_of((Judgement(True, because), _is_what_hurts(patient)))


def _is_what_hurts(patient: Patient) -> Judgement:
    """Where tissue explains the pain as well, whether the neuropathic part is the one to be treated."""
    tissue = facts.yes(patient, "tissue_damage_explains_pain")
    if tissue.holds is False:
        return Judgement(True)
    leads = facts.yes(patient, "neuropathic_part_leads")
    return Judgement(None, tissue.because, tissue.ask or leads.ask) if leads.holds is None else leads


def severe(patient: Patient, helping: tuple[str, ...]) -> Judgement:
    """Whether the pain is severe enough; where it is not, what is taken for it is named: it may be why."""
    judgement = severity.severe(patient)
    if judgement.holds is not False or not helping:
        return judgement
    return Judgement(False, (*judgement.because, f"being taken for it: {', '.join(helping)}"))


def helping(patient: Patient, ledger: Ledger) -> tuple[str, ...]:
    """The names of what is taken for the pain now and may be what holds it down."""
    return tuple(entry.title.lower() for entry in keeping.helping(patient, ledger))


def first_line_is_behind(grade: Grade | None, ledger: Ledger, steps: tuple[Step, ...]) -> Judgement:
    """A first-line step that can still be offered decides; one whose trial cannot be judged yet is asked about,
    and so is a cause that can be treated."""
    if grade is None:
        return Judgement(None)
    offered = first_line_left(ledger, steps)
    if any(offered.values()):
        return Judgement(False, tuple(_offered(offered)))
    unclear = [step for step in _first_line(steps) if _has_trial(ledger, step, TrialVerdict.CANNOT_TELL)]
    trials = (fact for step in unclear for entry in ledger.of(step.therapy) for fact in entry.ask)
    cause = causes.rule().fact
    ask = record.unique((*trials, *(cause for step in steps if cause in step.ask)))
    return Judgement(None if unclear or cause in ask else True, (), ask)


def _is_unclear(ledger: Ledger, step: Step) -> bool:
    """Whether it is asked about: its trial cannot be judged yet, or the record shows a cause that nobody confirmed."""
    return _has_trial(ledger, step, TrialVerdict.CANNOT_TELL) or causes.rule().fact in step.ask


def first_line_left(ledger: Ledger, steps: tuple[Step, ...]) -> Mapping[str, list[Step]]:
    """What the first line still offers: what helped and can go on, what was not tried fully, what is new."""
    left = [step for step in _first_line(steps) if not _is_unclear(ledger, step)]
    helped = [step for step in left if _has_trial(ledger, step, TrialVerdict.RESPONDED)]
    begun = [
        step
        for step in left
        if _has_trial(ledger, step, TrialVerdict.INADEQUATE) or _has_trial(ledger, step, TrialVerdict.ONGOING)
    ]
    return {
        "continue": helped,
        "complete": begun,
        "new": [step for step in left if step not in helped and step not in begun],
    }


_OFFERS = {
    "continue": "gave relief, and can be continued or restarted",
    "complete": "first-line treatment not yet tried at an adequate dose and time",
    "new": "first-line treatment still open",
}


def _offered(offered: Mapping[str, list[Step]]) -> Iterator[str]:
    for key, steps in offered.items():
        if steps:
            yield f"{_OFFERS[key]}: {', '.join(step.title.lower() for step in steps)}"


def _first_line(steps: tuple[Step, ...]) -> list[Step]:
    return [step for step in steps if step.line == Line.FIRST and step.group != TherapyGroup.MULTIMODAL]


def _has_trial(ledger: Ledger, step: Step, verdict: TrialVerdict) -> bool:
    return any(entry.verdict == verdict for entry in ledger.of(step.therapy))


def refractory(patient: Patient, grade: Grade | None, required: Required | None, ledger: Ledger) -> Judgement:
    """Whether the rule that the evidence asks for is met; no pain is refractory that has only just begun."""
    lasting = severity.lasting(patient)
    if lasting.holds is False:
        return lasting
    if grade is None or required is None:
        return Judgement(None)
    if required.rule == "refuse":
        return Judgement(True, lasting.because)
    local, delphi = ledger.refractory_local, ledger.refractory_delphi
    return _stricter(delphi) if required.rule == "delphi" else _either(local, delphi)


def _stricter(delphi: Judgement) -> Judgement:
    """The Delphi rule, with why it is the one that is asked for: three drugs without relief are much to a reader."""
    because = (f"{_STRICTER}: {delphi.because[0]}", *delphi.because[1:]) if delphi.because else ()
    return Judgement(delphi.holds, because, delphi.ask)


_STRICTER = "the evidence for ketamine here is weak or absent, so the stricter rule counts"


COMPLETE = "trials_complete"
"""The fact that nothing else was tried: while nobody has said so, a treatment not recorded may have been tried."""


def turns_on_the_record(answers: tuple[Gate, ...], ledger: Ledger, required: Required | None) -> bool:
    """Whether the answer is «no» because too little is recorded as tried: another recorded trial could change it."""
    no = first_no(answers)
    if no is None or no.judgement.holds is not False:
        return False
    if no is answers[FIRST_LINE]:
        return True
    counts = ledger.delphi_counts if required and required.rule == "delphi" else ledger.local_counts
    return no is answers[REFRACTORY] and counts.possible < counts.needed


def as_far_as_recorded(patient: Patient, because: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The reasons of such a «no», with how complete the record is, and the question where nobody has asked."""
    complete = facts.yes(patient, COMPLETE)
    if complete.holds:
        return because, ()
    limit = "as far as the record goes" if complete.holds is None else "other treatments are known to have been tried"
    return (*(f"{reason} ({limit})" for reason in because[:1]), *because[1:]), complete.ask


def _either(local: Judgement, delphi: Judgement) -> Judgement:
    """Either rule will do: the Delphi rule counts medicines beyond the three classes that the local one knows."""
    either = record.any_of((local, delphi))
    return either if either.holds else Judgement(either.holds, local.because, either.ask)


def supported(condition: Condition | None, required: Required | None) -> Judgement:
    """Whether the evidence for ketamine in the condition opens the way at all; for a neighbour it never does."""
    if condition is None or required is None:
        return Judgement(None)
    opens = required.rule != "refuse" and condition.group != ConditionGroup.NEIGHBOUR
    return Judgement(opens, (condition.ketamine.text.text,))
