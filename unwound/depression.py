"""Ketamine for depression, or what first? A decision of its own beside that for pain, never mixed with it.

Seven questions in order; the first clear «no» decides. It is made only where depression is in play: diagnosed, scored
at the cut-off, or treated; nobody else is asked anything for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from unwound import cautions, drugs, facts, mood, record
from unwound.candidacy import Candidacy, Gate, Verdict, plain_words, verdicts
from unwound.candidacy.gates import nothing_forbids, with_reasons
from unwound.catalogue import CitedText, Frozen, Head, load_rule
from unwound.cautions import CautionKind, Finding
from unwound.conditions.knowledge import Ketamine
from unwound.mood import Mood
from unwound.patient import Patient, Trial, Value
from unwound.record import Judgement
from unwound.terms import Purpose, TrialEffect, TrialVerdict, WhyStopped

OpenOn = Literal["untried", "one-failed", "resistant", "well", "bipolar", "psychotic", "ketamine-failed"]


class Example(Frozen):
    """A patient, with nothing that forbids ketamine unless the facts say so, and the verdict for depression."""

    name: str
    facts: Mapping[str, Value] = {}
    trials: tuple[Trial, ...] = ()
    expect: Verdict | Literal["not-in-play"]
    urgent: bool = False
    asks: tuple[str, ...] = ()


class Knowledge(Head):
    """`data/rules/depression.toml`: what is known of ketamine for depression, and what comes first or beside it."""

    course: str
    """Id of the protocol whose aim is mood."""
    psychiatric_care: CitedText
    ketamine: Ketamine
    esketamine: tuple[CitedText, ...]
    suicide: tuple[CitedText, ...]
    options: Mapping[OpenOn, tuple[CitedText, ...]]
    alternatives: tuple[CitedText, ...]
    """What a consent names beside the infusion, each in a word."""
    together: Mapping[Literal["both", "mood-only", "pain-only"], tuple[CitedText, ...]]
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Depression:
    """The decision on ketamine for depression as advice, with its own gates, evidence and words."""

    verdict: Verdict
    urgent: bool
    """Whether something has to be acted on today, before any of this."""
    suicidal: bool
    """Whether that is a risk of suicide."""
    gates: tuple[Gate, ...]
    because: tuple[str, ...]
    ask: tuple[str, ...]
    """Facts that are unknown and could change the verdict."""
    severity: str
    course: str
    """Id of the protocol that serves the mood."""
    ketamine: Ketamine
    esketamine: tuple[CitedText, ...]
    """Esketamine nasal spray beside the infusion: label, programme, guidance."""
    suicide: tuple[CitedText, ...]
    """What ketamine is not shown to do."""
    options: tuple[CitedText, ...]
    """What comes first, or stands beside ketamine."""
    together: tuple[CitedText, ...]
    """Which course serves which, and what is not known of both; empty without a decision for ketamine."""
    before: tuple[str, ...]
    plain_words: tuple[str, ...]

    def __repr__(self) -> str:
        """The verdict and what it rests on, without the knowledge behind it."""
        return f"<Depression: {self.verdict}; because {', '.join(self.because) or 'nothing is settled yet'}>"


def decide(patient: Patient, feelings: Mood, findings: tuple[Finding, ...], pain: Candidacy) -> Depression | None:
    """Whether ketamine may be considered for the depression; None where no depression is in play."""
    if not in_play(patient, feelings):
        return None
    gates = _gates(patient, feelings, findings)
    verdict = verdicts.outcome(gates)
    urgent = cautions.urgent(findings)
    suicidal = any(finding.kind == CautionKind.SUICIDE_RISK for finding in urgent)
    situation = _situation(patient, feelings, gates, verdict)
    known = knowledge()
    return Depression(
        verdict=verdict,
        urgent=bool(urgent),
        suicidal=suicidal,
        gates=gates,
        because=verdicts.reasons(gates, lambda gate: gate.when_unknown),
        ask=record.unique(fact for gate in gates for fact in gate.judgement.ask),
        severity=feelings.severity,
        course=known.course,
        ketamine=known.ketamine,
        esketamine=known.esketamine,
        suicide=known.suicide,
        options=known.options[situation] if situation else (),
        together=known.together[both] if (both := _both(verdict, pain)) else (),
        before=pain.before,
        plain_words=plain_words("depression")["urgent" if suicidal else "urgent-elsewhere"]
        if urgent
        else tuple(_plain(verdict, pain, situation)),
    )


def in_play(patient: Patient, feelings: Mood) -> bool:
    """Whether depression is diagnosed, scored at the cut-off, or was treated."""
    failed = facts.number(patient, "antidepressants_failed")
    return (
        facts.yes(patient, "depression_diagnosed").holds is True
        or feelings.at_cut_off.holds is True
        or bool(failed)
        or any(trial.purpose == Purpose.DEPRESSION for trial in patient.trials)
    )


def knowledge() -> Knowledge:
    """What is known of ketamine for depression."""
    return load_rule("depression", Knowledge)


def _gates(patient: Patient, feelings: Mood, findings: tuple[Finding, ...]) -> tuple[Gate, ...]:
    """What is asked by a later gate waits until the earlier ones make it matter."""
    episode = feelings.depression
    there = episode.holds is True
    resistant = feelings.treatment_resistant if there else Judgement(None)
    matters = there and resistant.holds is not False
    return (
        Gate(
            question="Is the patient free of urgent problems?",
            judgement=_nothing_urgent(findings),
            otherwise=Verdict.NOT_A_CANDIDATE,
            when_unknown="Whether there is an urgent problem is not yet known",
        ),
        Gate(
            question="Is the patient free of contraindications to ketamine?",
            # What a contradiction makes unknown is asked as such; one about the pain itself does not concern this.
            judgement=nothing_forbids(findings, (CautionKind.CONTRAINDICATION,)),
            otherwise=Verdict.NOT_A_CANDIDATE,
            when_unknown="Whether there is a contraindication to ketamine is not yet known",
        ),
        Gate(
            question="Is the depression unipolar?",
            judgement=_unipolar(patient, asked=matters),
            otherwise=Verdict.NOT_A_CANDIDATE,
            when_unknown="Whether there was ever a bipolar disorder is not yet known",
        ),
        Gate(
            question="Is there a diagnosed depressive episode now, at least moderate?",
            judgement=episode,
            otherwise=_without_an_episode(patient, feelings),
            when_unknown="Whether there is a moderate or severe depressive episode now is not yet known",
        ),
        Gate(
            question="Has the depression resisted adequate antidepressants in this episode?",
            judgement=resistant,
            otherwise=Verdict.NOT_REFRACTORY if feelings.failures else Verdict.FIRST_LINE_FIRST,
            when_unknown="Whether enough antidepressants have failed in this episode is not yet known",
        ),
        Gate(
            question="Does the evidence allow ketamine to be considered here?",
            judgement=_supported(patient),
            otherwise=Verdict.NOT_A_CANDIDATE,
            when_unknown="What earlier ketamine did to the depression is not yet known",
        ),
        Gate(
            question="Is psychiatric care in place?",
            judgement=_in_care(patient, asked=matters),
            otherwise=Verdict.FIRST_LINE_FIRST,
            when_unknown="Whether a psychiatrist has assessed the depression is not yet known",
        ),
    )


def _nothing_urgent(findings: tuple[Finding, ...]) -> Judgement:
    """Red flags of the pain count where they hold; those nobody asked about stay with the decision for pain."""
    urgent = cautions.urgent(findings)
    if urgent:
        return Judgement(False, tuple(map(with_reasons, urgent)))
    risks = (finding for finding in findings if finding.kind == CautionKind.SUICIDE_RISK)
    ask = record.unique(fact for risk in risks for fact in risk.ask)
    return Judgement(None, (), ask) if ask else Judgement(True)


def _unipolar(patient: Patient, *, asked: bool) -> Judgement:
    bipolar = facts.yes(patient, "bipolar_disorder")
    if bipolar.holds is None:
        return bipolar if asked else Judgement(None)
    return Judgement(not bipolar.holds, bipolar.because)


def _in_care(patient: Patient, *, asked: bool) -> Judgement:
    care = facts.yes(patient, "psychiatric_care")
    if care.holds is None and not asked:
        return Judgement(None)
    return Judgement(False, (*care.because, knowledge().psychiatric_care.text)) if care.holds is False else care


def _without_an_episode(patient: Patient, feelings: Mood) -> Verdict:
    """Not diagnosed at all; well on what is taken; or not depressed enough now."""
    if facts.yes(patient, "depression_diagnosed").holds is False:
        return Verdict.NOT_A_CANDIDATE
    return Verdict.CONTROLLED if _is_well(patient, feelings) else Verdict.NOT_REFRACTORY


def _is_well(patient: Patient, feelings: Mood) -> bool:
    taken = {drugs.recognise(text=trial.therapy) or trial.therapy for trial in patient.trials if trial.ongoing}
    helped = {entry.therapy for entry in feelings.entries if entry.verdict == TrialVerdict.RESPONDED}
    return feelings.at_cut_off.holds is False and not taken.isdisjoint(helped)


def _supported(patient: Patient) -> Judgement:
    """The evidence speaks for people; what ketamine did to this one comes before it."""
    earlier = [trial for trial in patient.trials if trial.purpose != Purpose.PAIN and _is_ketamine(trial.therapy)]
    answers = [_helped(trial) for trial in earlier]
    if any(answers):
        return Judgement(True, ("earlier ketamine helped the depression",))
    if None in answers:
        return Judgement(None, (), (mood.asks("ketamine", "response"),))
    if answers:
        return Judgement(False, ("ketamine was given for the depression, without a response",))
    return Judgement(True, (knowledge().ketamine.text.text,))


def _helped(trial: Trial) -> bool | None:
    if trial.purpose is None:
        return None
    if trial.relief_percent is not None:
        return trial.relief_percent >= mood.resistance().response_percent.value
    if trial.effect == TrialEffect.GOOD:
        return True
    return False if trial.effect == TrialEffect.NONE or trial.stopped == WhyStopped.NO_EFFECT else None


@cache
def _is_ketamine(therapy: str) -> bool:
    return drugs.recognise(text=therapy) in mood.KETAMINE


def _situation(patient: Patient, feelings: Mood, gates: tuple[Gate, ...], verdict: Verdict) -> OpenOn | None:
    """Where the patient stands, for what is offered and said: psychosis and bipolar illness before everything else."""
    if facts.yes(patient, "psychosis_active").holds:
        return "psychotic"
    if facts.yes(patient, "bipolar_disorder").holds:
        return "bipolar"
    if feelings.depression.holds is not True:
        return "well" if verdict == Verdict.CONTROLLED else None
    if gates[5].judgement.holds is False:
        return "ketamine-failed"
    if feelings.treatment_resistant.holds:
        return "resistant"
    if feelings.treatment_resistant.holds is None:
        return None
    return "one-failed" if feelings.failures else "untried"


def _both(verdict: Verdict, pain: Candidacy) -> Literal["both", "mood-only", "pain-only"] | None:
    if verdict == Verdict.CANDIDATE:
        return "both" if pain.verdict == Verdict.CANDIDATE else "mood-only"
    return "pain-only" if pain.verdict == Verdict.CANDIDATE else None


def _plain(verdict: Verdict, pain: Candidacy, situation: OpenOn | None) -> Iterator[str]:
    """For the patient: one next step."""
    words = plain_words("depression")
    if situation in ("psychotic", "bipolar"):
        yield from words[situation]
    elif verdict == Verdict.NOT_REFRACTORY and situation is None:
        yield from words["not-depressed-enough"]
    else:
        yield from words[verdict]
    if _both(verdict, pain) == "both":
        yield from words["both"]
