"""An anonymous check: what somebody tells of their pain, put to the same review as a patient, and what comes next.

Nothing is stored and nobody is named: the answers become a `Patient` without name or date of birth, `pathway.review`
judges it, and the result is one of three ways on. `data/rules/self_check.toml` has the questions in plain words. What
was not answered stays unknown; nothing is taken for «no» because it was left empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from pydantic import model_validator

from unwound import candidacy, conditions, languages, pathway, places, screens, telephones, vocabulary
from unwound.candidacy import Verdict
from unwound.catalogue import Frozen, Head, Texts, load_rule
from unwound.cautions import CautionKind
from unwound.pathway import Review
from unwound.patient import Fact, Patient, Screened, Trial, Value
from unwound.telephones import Lines
from unwound.terms import Purpose, TrialEffect, TrialVerdict, WhyStopped, Word
from unwound.therapies.knowledge import Line, TherapyGroup, therapies

DAYS_A_WEEK = 7
NO_LINES = Lines()


class Way(Word):
    """Where the check ends."""

    DOCTOR_FIRST = "doctor-first"
    TRY_FIRST = "try-first"
    VISIT = "visit"


class Happened(Word):
    """What came of a treatment, as somebody says it without being asked for percents."""

    HELPS = "helps"
    NO_EFFECT = "no-effect"
    ILL = "ill"


class Question(Frozen):
    """One question on a fact, answered with yes, no, or not at all."""

    fact: str
    ask: str


class Outcome(Frozen):
    """What one way on says."""

    heading: str
    say: Texts
    forbids: Texts = ()
    unclear: Texts = ()
    """Where a doctor has named the pain, and what was told does not suffice."""
    unknown: Texts = ()
    """Where nobody has named it."""


class Knowledge(Head):
    """`data/rules/self_check.toml`."""

    warning_groups: Texts
    warnings: tuple[Question, ...]
    crisis: tuple[Question, ...]
    crisis_say: Texts
    """What is said in place of the clinic's own words to somebody who may end their life: nobody reads this page."""
    crisis_line: str
    emergency_line: str
    history: tuple[Question, ...]
    history_groups: Texts
    treatments: Texts
    most_steps: int
    """How many treatments the result names: more is for the doctor."""
    areas: Mapping[str, str]
    outcomes: Mapping[Way, Outcome]
    diagnoses: Mapping[str, Texts]
    """Condition -> the facts that somebody states who says that a doctor has named it."""

    @model_validator(mode="after")
    def _asks_what_exists(self) -> Knowledge:
        # Facts, areas, groups, conditions and therapies stand in different files, and each may lack what is named.
        for question in (*self.warnings, *self.crisis, *self.history):
            vocabulary.fitting(question.fact, True)
        vocabulary.fitting(places.AREA, tuple(self.areas))
        for group in (*self.warning_groups, *self.history_groups):
            if screens.unknown(group):
                raise ValueError(screens.unknown(group))
        for id, facts in self.diagnoses.items():
            if id not in conditions.conditions():
                raise ValueError(f"there is no condition «{id}»")
            for fact in facts:
                vocabulary.fitting(fact, True)
        unknown = [id for id in self.treatments if id not in therapies()]
        if unknown:
            raise ValueError(f"there is no therapy «{unknown[0]}»")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One treatment that somebody tried."""

    therapy: str
    happened: Happened
    weeks: float | None = None
    dose_mg_per_day: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that somebody told: only what was answered is in it."""

    answers: Mapping[str, bool]
    """Fact -> yes or no."""
    nothing_of: tuple[str, ...] = ()
    """Groups that were answered with «none of these»."""
    diagnosis: str = ""
    """A condition that a doctor named; empty: none, or not known."""
    area: str = ""
    duration_days: float | None = None
    average_nrs: float | None = None
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What comes next, in plain words."""

    way: Way
    heading: str
    urgent: tuple[str, ...]
    """What to do now, first of all; empty where nothing is urgent."""
    say: tuple[str, ...]
    steps: tuple[str, ...]
    """Ids of treatments to talk about."""
    to_judge: tuple[str, ...]
    """Ids of treatments that were tried, of which a doctor has to say whether it was in full."""
    condition: str
    """The condition to read about; empty where none is known."""
    review: Review


@cache
def knowledge() -> Knowledge:
    """The questions and the words."""
    return load_rule("self_check", Knowledge)


def patient(visitor: Told, today: date) -> Patient:
    """What was told as a patient without a name. FactError for a value that the fact cannot have."""
    facts: dict[str, Value] = dict.fromkeys(knowledge().diagnoses.get(visitor.diagnosis, ()), True)
    facts |= visitor.answers
    if visitor.area:
        facts[places.AREA] = (visitor.area,)
    numbers = {"pain_duration_days": visitor.duration_days, "pain_average_nrs": visitor.average_nrs}
    facts |= {id: value for id, value in numbers.items() if value is not None}
    return Patient(
        as_of=today,
        facts={id: Fact(value=value, on=today) for id, value in facts.items()},
        trials=tuple(map(_trial, visitor.tried)),
        screened=tuple(Screened(group=group, on=today) for group in visitor.nothing_of),
    )


def _trial(tried: Tried) -> Trial:
    """A dose or a time that was not said stays unknown: then the trial is not judged, and nothing is called failed."""
    helps, ill = tried.happened == Happened.HELPS, tried.happened == Happened.ILL
    return Trial(
        therapy=tried.therapy,
        purpose=Purpose.PAIN,
        top_dose=tried.dose_mg_per_day,
        days=None if tried.weeks is None else tried.weeks * DAYS_A_WEEK,
        effect=TrialEffect.GOOD if helps else None if ill else TrialEffect.NONE,
        stopped=None if helps else WhyStopped.SIDE_EFFECTS if ill else WhyStopped.NO_EFFECT,
        in_this_pain=True,
    )


def check(
    visitor: Told,
    today: date,
    lines: Lines = NO_LINES,
    *,
    warnings_only: bool = False,
    language: str = languages.ENGLISH,
) -> Result | None:
    """What comes next. With `warnings_only` nothing (None) unless something is urgent: the first page asks no more.

    `lines` are numbers to call, where the country is known.
    """
    review = pathway.review(patient(visitor, today))
    urgent = _urgent(review, lines, language)
    if urgent:
        return _in(language, _result(Way.DOCTOR_FIRST, review, visitor, urgent=urgent))
    return None if warnings_only else _in(language, _result(_way(review), review, visitor))


def _in(language: str, result: Result) -> Result:
    return replace(
        result,
        heading=languages.say(result.heading, language),
        urgent=tuple(languages.say(sentence, language) for sentence in result.urgent),
        say=tuple(languages.say(sentence, language) for sentence in result.say),
    )


def _urgent(review: Review, lines: Lines, language: str) -> tuple[str, ...]:
    """What to do now. Whoever may end their life is told that first, whatever else was ticked."""
    known, say = knowledge(), list[str]()
    crisis = [finding for finding in review.red_flags if finding.kind == CautionKind.SUICIDE_RISK]
    if crisis:
        say += known.crisis_say
        say += [known.crisis_line.format(crisis=lines.crisis)] if lines.crisis else []
    others = candidacy.told_of(finding for finding in review.red_flags if finding not in crisis)
    say += candidacy.urgent_help(others, None, Lines(), language) if others else ()
    if say and lines.emergency:
        say.append(known.emergency_line.format(emergency=lines.emergency))
    return tuple(say)


def _way(review: Review) -> Way:
    """The way on that a verdict means, of which each has its own."""
    verdict, deciding = review.candidacy.verdict, review.candidacy.deciding
    if verdict in (Verdict.FIRST_LINE_FIRST, Verdict.NOT_REFRACTORY, Verdict.CONTROLLED):
        return Way.TRY_FIRST
    if verdict == Verdict.NOT_A_CANDIDATE:
        return Way.DOCTOR_FIRST if deciding is not None and deciding in _of_dangers(review) else Way.TRY_FIRST
    if verdict == Verdict.CANDIDATE:
        return Way.VISIT
    return Way.VISIT if review.candidacy.indication else Way.DOCTOR_FIRST


def _of_dangers(review: Review) -> tuple[object, ...]:
    """The first two questions: what is urgent, and what speaks against ketamine."""
    return review.candidacy.gates[: candidacy.verdicts.NEUROPATHIC]


def _result(way: Way, review: Review, answers: Told, urgent: tuple[str, ...] = ()) -> Result:
    words = knowledge().outcomes[way]
    return Result(
        way=way,
        heading=words.heading,
        urgent=urgent,
        say=() if urgent else tuple(_said(way, words, answers, review)),
        steps=() if urgent or way == Way.DOCTOR_FIRST else tuple(_steps(review))[: knowledge().most_steps],
        to_judge=() if urgent else tuple(_to_judge(review)),
        condition=answers.diagnosis or review.candidacy.indication,
        review=review,
    )


def _said(way: Way, words: Outcome, answers: Told, review: Review) -> Iterator[str]:
    if way == Way.DOCTOR_FIRST and review.other_stops:
        yield from words.forbids
    elif way == Way.DOCTOR_FIRST and review.candidacy.verdict == Verdict.CANNOT_TELL:
        yield from words.unclear if answers.diagnosis else words.unknown
    else:
        yield from words.say


def _steps(review: Review) -> Iterator[str]:
    """Treatments to talk about: the first line that is left, then what belongs to every plan.

    What was taken without relief is not named again because its dose or time is not known.
    """
    steps = [step for step in review.candidacy.alternatives if not _behind(review, step.therapy)]
    for wanted in (False, True):
        for step in steps:
            multimodal = step.line == Line.MULTIMODAL or step.group == TherapyGroup.MULTIMODAL
            if multimodal == wanted and (wanted or step.line == Line.FIRST):
                yield step.therapy


def _to_judge(review: Review) -> Iterator[str]:
    """Without the kidneys nobody can say of many a dose that it was too small: that is asked, and not passed over."""
    open_ = (TrialVerdict.CANNOT_TELL, TrialVerdict.INADEQUATE)
    yield from (entry.therapy for entry in review.ledger.entries if entry.verdict in open_)


def _behind(review: Review, therapy: str) -> bool:
    return any(entry.verdict in _BEHIND for entry in review.ledger.of(therapy))


_BEHIND = (TrialVerdict.CANNOT_TELL, TrialVerdict.FAILED_ADEQUATE, TrialVerdict.INTOLERANT)


def lines_of(country: str) -> Lines:
    """The numbers to call in a country by its ISO code; none where it is not known."""
    known = telephones.countries().get(country)
    return Lines(emergency=known.emergency.text, crisis=known.crisis.text) if known else NO_LINES
