"""READ FIRST: a patient's whole way on one page. `review(patient)` is what the terminal, the clinic and screening call.

    known    = derive.derive(patient)                 what follows from what we know: age, clearance, totals, classes
    grades   = conditions.grade(known)                is it neuropathic, which condition, how certain?
    tried    = therapies.ledger(known)                what was tried, and how adequately?
    findings = cautions.screen(known)                 what is dangerous, what forbids, what must be checked?
    steps    = therapies.next_steps(known, ...)       what comes first?
    decision = candidacy.decide(...)                  ketamine now, or not, or cannot tell?
    second   = depression.decide(known, ...)          the same for depression, where there is one: never mixed

Every part gives its reasons, its sources and what it lacks; what is missing becomes a question, never a default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from unwound import (
    __version__,
    candidacy,
    catalogue,
    cautions,
    conditions,
    depression,
    derive,
    instruments,
    mood,
    notebook,
    pains,
    questions,
    unread,
    what_if,
)
from unwound import therapies as therapy
from unwound.candidacy import Candidacy, Gate, Verdict
from unwound.candidacy.verdicts import outcome
from unwound.cautions import CautionKind, CautionLevel, Finding
from unwound.conditions import Flags, Grade
from unwound.decided_again import DecidingAgain
from unwound.depression import Depression
from unwound.instruments import Score
from unwound.memo import Key, Remembered, kept, nameless
from unwound.mood import Mood
from unwound.patient import Ask, Pain, Patient, is_patient
from unwound.questions import Inquiry
from unwound.record import Judgement, unique
from unwound.therapies import Ledger, Step
from unwound.therapies.knowledge import fitting
from unwound.what_if import Change

FindingsOfPains = tuple[tuple[str, tuple[Finding, ...]], ...]
"""The name of each pain beside the one in view, with what is found of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPain:
    """A pain beside the one in view, graded by itself; what is urgent or forbids stands in the review's findings."""

    pain: Pain
    patient: Patient
    """The patient as this pain alone shows it."""
    grades: tuple[Grade, ...]
    flags: Flags


@dataclass(frozen=True, kw_only=True)
class Conclusions:
    """What follows from the facts of a patient, whoever it is: people who agree in all that is read share it."""

    grades: tuple[Grade, ...]
    flags: Flags
    scores: tuple[Score, ...]
    ledger: Ledger
    step_therapy: Judgement | None
    findings: tuple[Finding, ...]
    mood: Mood
    next_steps: tuple[Step, ...]
    candidacy: Candidacy
    depression: Depression | None
    """The decision on the second indication; None where no depression is in play."""
    asks: tuple[Ask, ...]


@dataclass(frozen=True, kw_only=True)
class Review(Conclusions):
    """Everything Unwound says about one patient on one day; computed again, it comes out the same."""

    patient: Patient
    """With the facts that follow from others."""
    other_pains: tuple[OtherPain, ...]
    """The pains beside the one that is decided on; none where there is a single pain."""
    version: str
    data_fingerprint: str
    own_fingerprint: str = ""
    """Of the user's own folder of knowledge; empty where none is used."""

    def __repr__(self) -> str:
        """One line for a notebook or a log: it never names the patient."""
        return (
            f"<Review of {self.patient.as_of}: {self.candidacy.verdict}; grades: {len(self.grades)}, "
            f"trials: {len(self.ledger.entries)}, findings: {len(self.findings)}, questions: {len(self.asks)}>"
        )

    def __hash__(self) -> int:
        """By what it follows from: the same patient and the same knowledge give the same review."""
        return hash((self.patient, self.version, self.data_fingerprint, self.own_fingerprint))

    def _repr_html_(self) -> str:
        """One screen of a notebook: the verdict, what is urgent or forbids, the grades, what to ask; naming nobody."""
        return notebook.shown(
            f"{self.candidacy.verdict.replace('-', ' ')}{' (provisional)' if self.candidacy.provisional else ''} "
            f"(review of {self.patient.as_of})",
            (
                ("To be acted on first", (f"{finding.title}: {finding.action}" for finding in self.red_flags)),
                ("Because", self.candidacy.because),
                ("Contraindications", (f"{finding.title}: {finding.action}" for finding in self.other_stops)),
                ("Grades", (f"{grade.title}: {grade.level.replace('-', ' ')}" for grade in self.grades)),
                ("To ask", (asked.question for asked in self.to_ask)),
            ),
            foot=catalogue.knowledge_line() + " Advice, never an order.",
        )

    @property
    def red_flags(self) -> tuple[Finding, ...]:
        """What has to be acted on before anything else."""
        return cautions.urgent(self.findings)

    @property
    def other_stops(self) -> tuple[Finding, ...]:
        """Every contraindication that is no emergency, however many there are."""
        urgent = self.red_flags
        return tuple(f for f in self.findings if f.level == CautionLevel.STOP and f not in urgent)

    @cached_property
    def to_ask(self) -> tuple[Inquiry, ...]:
        """The same questions as they are put to a person: groups as one, what a pain physician needs first."""
        deciding = frozenset((*self.candidacy.ask, *self.candidacy.ask_of_record))
        return questions.in_order(self.asks, deciding, _dangerous(self.findings, self.candidacy.verdict))

    @cached_property
    def would_change(self) -> tuple[Change, ...]:
        """The facts that would change the verdict, each verified by deciding again; worked out when first asked for,
        and once for people who agree in all but the name."""
        return kept(_changes, nameless(self.patient), self._changed)

    def _changed(self) -> tuple[Change, ...]:
        treated = conditions.plausible(self.grades)
        return what_if.would_change(self.patient, self.candidacy, deciding_again(self.patient), treated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a review decides on ketamine and pain, without what only a reader needs: for going through many people."""

    patient: Patient
    """With the facts that follow from others."""
    grades: tuple[Grade, ...]
    ledger: Ledger
    findings: tuple[Finding, ...]
    gates: tuple[Gate, ...]
    lead: str
    """Id of the condition whose evidence decides: `Review.candidacy.lead`."""

    @property
    def verdict(self) -> Verdict:
        """The verdict: `Review.candidacy.verdict`."""
        return outcome(self.gates)

    @property
    def indication(self) -> Grade | None:
        """The condition ketamine would be given for, with how certain it is."""
        return candidacy.indication(self.grades)

    @property
    def red_flags(self) -> tuple[Finding, ...]:
        """What has to be acted on before anything else."""
        return cautions.urgent(self.findings)

    @property
    def stops(self) -> tuple[Finding, ...]:
        """Every contraindication and urgent finding, however many there are."""
        return tuple(finding for finding in self.findings if finding.level == CautionLevel.STOP)

    @property
    def ask(self) -> tuple[str, ...]:
        """Facts that are unknown and could change the verdict."""
        return candidacy.asked(self.gates)

    @property
    def question(self) -> str:
        """What to ask first, as `Review.to_ask` has it; empty where nothing is open."""
        names = unread.asks(self.patient)
        if names:  # names that were not read come before everything
            return questions.in_order(names, ())[0].question
        first = questions.before_all_others(self.ask, _dangerous(self.findings, self.verdict))
        if first:
            return first
        asked = review(self.patient).to_ask
        return asked[0].question if asked else ""


def decide(patient: Patient) -> Decision:
    """The decision of `review(patient)`, in less than half its time for somebody who was not reviewed before."""
    known = derive.derive(patient)
    grades = conditions.grade(known)
    treated = conditions.plausible(grades)
    ledger = therapy.ledger(known, treated)
    findings = _with_high_doses(known, _joined(known, cautions.screen(known)), treated)
    kind = candidacy.kind(known, grades, None if candidacy.indication(grades) else conditions.flags(known, grades))
    first = _first_line(known, ledger, treated, kind.grade.condition) if kind.grade else ()
    answers = candidacy.answers(candidacy.opening(findings), kind, candidacy.enough(known, kind, ledger, first))
    lead = kind.lead.condition if kind.lead else ""
    return Decision(patient=known, grades=grades, ledger=ledger, findings=findings, gates=answers, lead=lead)


def _first_line(known: Patient, tried: Ledger, treated: tuple[str, ...], lead: str) -> tuple[Step, ...]:
    ladder = conditions.conditions()[lead].ladder
    return therapy.next_steps(known, tried, conditions=treated, ladder=ladder, first_only=True)


def _dangerous(findings: tuple[Finding, ...], verdict: Verdict) -> frozenset[str]:
    """The facts of red flags that nobody has asked about: they are asked first where all else is decided."""
    if verdict == Verdict.CANNOT_TELL:
        return frozenset()
    return frozenset(fact for finding in candidacy.gates.unanswered(findings) for fact in finding.ask)


def review(patient: Patient) -> Review:
    """The whole way of one patient: graded, tried, screened, decided. Pure: it reads no clock and writes nothing.

    UnwoundError for what is no patient.
    """
    known = derive.derive(is_patient(patient))
    others = tuple(_beside(known, pain) for pain in pains.others(known))
    concluded = _concluded(known, _of_others(others))
    return Review(
        **vars(concluded),
        patient=known,
        other_pains=others,
        version=__version__,
        data_fingerprint=catalogue.fingerprint(),
        own_fingerprint=catalogue.own().fingerprint,
    )


def _conclude(known: Patient, of_others: FindingsOfPains) -> Conclusions:
    grades, flags = _graded(known)
    treated = conditions.plausible(grades)
    tried, steps = _tried(known, treated, candidacy.leading(grades))
    findings = _with_high_doses(known, _over_all(_screened(known), of_others), treated)
    feelings = _mood(known)
    decision = candidacy.decide(known, grades, flags, tried, findings, steps)
    second = depression.decide(known, feelings, findings, decision)
    return Conclusions(
        grades=grades,
        flags=flags,
        scores=instruments.scores(known),
        ledger=tried,
        step_therapy=therapy.step_therapy(known),
        findings=findings,
        mood=feelings,
        next_steps=therapy.kept(known, tried, steps, treated),
        candidacy=decision,
        depression=second,
        asks=_asks(known, _asked(grades, tried, findings, feelings, steps, decision, second)),
    )


def _grade(known: Patient) -> tuple[tuple[Grade, ...], Flags]:
    grades = conditions.grade(known)
    return grades, conditions.flags(known, grades)


def _try(known: Patient, treated: tuple[str, ...], lead: str) -> tuple[Ledger, tuple[Step, ...]]:
    tried = therapy.ledger(known, treated)
    ladder = conditions.conditions()[lead].ladder
    return tried, therapy.next_steps(known, tried, conditions=treated, ladder=ladder)


# A review, and each part of it, is done once for the same facts: a page that is opened again finds the whole done, and
# another patient each part that reads nothing in which they differ.
_concluded = Remembered(_conclude)
_graded, _tried = Remembered(_grade), Remembered(_try)
_screened, _mood = Remembered(cautions.screen), Remembered(mood.assess)
_changes = dict[Key, tuple[Change, ...]]()


def _beside(known: Patient, pain: Pain) -> OtherPain:
    patient = derive.derive(pains.seen(known, pain))
    grades, flags = _graded(patient)
    return OtherPain(pain=pain, patient=patient, grades=grades, flags=flags)


def _of_others(others: tuple[OtherPain, ...]) -> FindingsOfPains:
    return tuple((other.pain.name, _screened(other.patient)) for other in others)


def _over_all(own: tuple[Finding, ...], others: FindingsOfPains) -> tuple[Finding, ...]:
    return cautions.joined(own, others) if others else own


def _with_high_doses(known: Patient, findings: tuple[Finding, ...], treated: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings with what is taken now above its ceiling; that decides nothing about ketamine."""
    taken = therapy.too_high(known, treated)
    if not taken:
        return findings
    advice = fitting().too_high
    return cautions.with_interaction(
        findings,
        Finding(
            id="dose_above_ceiling",
            title="A medicine is taken above this patient’s maximum dose",
            kind=CautionKind.INTERACTION,
            level=CautionLevel.ASK,
            because=tuple(each.because for each in taken),
            boundary="",
            action=advice.text,
            ask=(),
            sources=unique((*(source for each in taken for source in each.ceiling.sources), advice.source)),
            checked=advice.checked,
            same_day=True,
        ),
    )


def deciding_again(known: Patient) -> DecidingAgain:
    """What says of patients who differ from this derived one in facts and trials only what a review would decide."""
    return DecidingAgain(known, _joined)


def _joined(known: Patient, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return _over_all(findings, _of_others(tuple(_beside(known, pain) for pain in pains.others(known))))


def _asks(known: Patient, asked: Iterator[tuple[str, tuple[str, ...]]]) -> tuple[Ask, ...]:
    """The names that were not read, then everything else; each question once."""
    names = unread.asks(known)
    return (*names, *questions.without_unread(questions.gather(asked), names))


def _asked(
    grades: tuple[Grade, ...],
    tried: Ledger,
    findings: tuple[Finding, ...],
    feelings: Mood,
    steps: tuple[Step, ...],
    decision: Candidacy,
    second: Depression | None,
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who asks what, the most pressing first."""
    for finding in findings:
        if finding.kind in cautions.URGENT:
            yield finding.title, finding.ask
    yield "whether ketamine may be considered", decision.ask
    yield "whether enough has been tried", decision.ask_of_record
    yield from ((grade.title, grade.ask) for grade in grades)
    yield from ((entry.title, entry.ask) for entry in tried.entries)
    yield from ((finding.title, finding.ask) for finding in findings)
    yield from ((step.title, step.ask) for step in steps)
    if second is not None:
        yield "whether ketamine may be considered for the depression", second.ask
    yield "mood", feelings.ask
