"""What speaks against ketamine, or must come before it: red flags, suicide risk, contraindications, checks, tests.

`data/cautions/` holds one caution a file. `screen(patient)` says which arise: a stop, an ask or a note, each with the
facts it rests on, the cited boundary, the reason and what to do. An unknown fact never stops and never clears: it asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from unwound import contradictions, evidence, facts, memo, places, screens
from unwound.catalogue import Checked, CitedText, Frozen, Head, Texts, least_checked, load
from unwound.contradictions import Conflict
from unwound.facts import Criterion
from unwound.memo import Differs, Parts
from unwound.patient import Fact, Patient
from unwound.record import Judgement, unique
from unwound.terms import Word


class CautionKind(Word):
    """What sort of caution it is, the most pressing first."""

    RED_FLAG = "red-flag"
    SUICIDE_RISK = "suicide-risk"
    CONTRAINDICATION = "contraindication"
    CONTRADICTION = "contradiction"
    ENTRY_CHECK = "entry-check"
    PRE_INFUSION_TEST = "pre-infusion-test"
    INTERACTION = "interaction"


class CautionLevel(Word):
    """What a caution does to a decision: it refuses, it leaves something open, or it is only noted."""

    STOP = "stop"
    ASK = "ask"
    NOTE = "note"


KINDS: tuple[CautionKind, ...] = tuple(CautionKind)
LEVELS: tuple[CautionLevel, ...] = tuple(CautionLevel)
URGENT: tuple[CautionKind, ...] = (CautionKind.RED_FLAG, CautionKind.SUICIDE_RISK)


def _as_fact(value: object) -> object:
    return value if isinstance(value, dict | Fact) else {"value": value}


class Example(Frozen):
    """A case of a caution: what is known, and the level at which the caution then arises, or `absent`."""

    name: str
    given: Mapping[str, Annotated[Fact, BeforeValidator(_as_fact)]] = {}
    expect: CautionLevel | Literal["absent"]
    asks: Texts = ()
    """The facts it asks for, where the example is about them."""


class Caution(Head):
    """One reason to stop, to ask or to take note: a criterion on facts, and what follows when it holds."""

    kind: CautionKind
    level: CautionLevel
    """At which level it arises when `when` holds; an unknown never arises above `ask`."""
    when: Criterion | None = None
    needs: Texts = ()
    """Instead of `when`: facts that must be known, where no source gives a limit for them."""
    unless: Criterion | None = None
    """What clears it, when known to hold; while that is unknown a caution that holds stands and asks for it."""
    relevant_when: Criterion | None = None
    """Where this is known to be false an unknown is not worth asking; it never silences a caution that holds."""
    relevant_too: Criterion | None = None
    """What else makes it worth asking, or not, where that is known; it is never asked itself."""
    parts: Texts = ()
    """The parts of the body (`pain_site`) whose pain it may concern. Known to be elsewhere, a pain does not make it
    worth asking; while nothing is known of its place, that is what is asked."""
    asked_only_where: Criterion | None = None
    """An unknown is asked only where this is known to hold; unlike `relevant_when`, it asks for nothing itself."""
    unasked_where: Criterion | None = None
    """An unknown is not asked where this is known to hold; it asks for nothing itself and clears nothing."""
    after: Texts = ()
    """Facts that are asked before it: one of them stands for it until it is known, and it stays open."""
    ask_when_unknown: bool = True
    relative: bool = False
    """A named clinician may decide otherwise, and the action says who."""
    same_day: bool = False
    """Whether it is acted on the same day, though it stops nothing about ketamine."""
    within: Texts = ()
    """Cautions of the same event: where one of them holds too, what this one has to say stands in its box."""
    within_where: Criterion | None = None
    """Only where this is known to hold: what would make it an event of its own is denied."""
    reason: CitedText
    action: CitedText
    elsewhere: tuple[CitedText, ...] = ()
    """What other sources say, where they disagree or add: shown beside it, never averaged."""
    lay_phrases: Texts = ()
    """How people search for it, in words of our own: for the finder; nothing is decided by them."""
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _has_one_way_to_arise(self) -> Caution:
        if (self.when is None) == (not self.needs):
            raise ValueError("a caution has either `when` or `needs`")
        if self.needs and self.level != CautionLevel.ASK:
            raise ValueError("a caution with `needs` can only ask")
        return self

    def facts(self) -> tuple[str, ...]:
        """The ids of all facts it may read."""
        place = (places.SITE, places.AREA) if self.parts else ()
        return unique(
            [*(id for criterion in self.criteria() for id in criterion.facts()), *self.needs, *place, *self.after]
        )

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion it turns on: whether it is asked, whether it holds, what clears it."""
        parts = (
            self.relevant_when,
            self.relevant_too,
            self.asked_only_where,
            self.unasked_where,
            self.when,
            self.unless,
        )
        yield from (part for part in parts if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One caution that arises for a patient; `holds` is False where it is only asked because facts are missing."""

    id: str
    title: str
    kind: CautionKind
    level: CautionLevel
    because: tuple[str, ...]
    boundary: str
    """The cited limits it turns on, where it turns on any."""
    action: str
    ask: tuple[str, ...]
    sources: tuple[str, ...]
    checked: Checked
    """How well the least checked of its sources was."""
    reason: str = ""
    relative: bool = False
    holds: bool = True
    elsewhere: tuple[str, ...] = ()
    same_day: bool = False
    holds_too: tuple[str, ...] = ()
    """Ids of the cautions of the same event that stand in its box."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Every caution of the event: its own, then those that stand in its box."""
        return (self.id, *self.holds_too)


def cautions() -> Mapping[str, Caution]:
    """Every caution by its id."""
    return load("cautions", Caution)


def screen(patient: Patient) -> tuple[Finding, ...]:
    """Every caution that arises: red flags, then suicide risk, then stops, asks and notes of the other kinds."""
    each = list(_where_nothing_is_known())
    for place in {place for id in memo.there(patient.facts, _readers()) for place in _readers()[id]}:
        each[place] = _finding(_rules()[place], patient)
    return _in_order(patient, [finding for finding in each if finding is not None], contradictions.conflicts(patient))


@cache
def _readers() -> Mapping[str, tuple[int, ...]]:
    """Fact -> the places of the rules that read it: of the others nothing is changed by it."""
    readers: dict[str, list[int]] = {}
    for place, rule in enumerate(_rules()):
        for id in rule.read:
            readers.setdefault(id, []).append(place)
    return {id: tuple(places) for id, places in readers.items()}


@cache
def _where_nothing_is_known() -> tuple[Finding | None, ...]:
    """What each rule comes to for somebody of whom nothing is known."""
    nobody = Patient(as_of=date.min)
    return tuple(_finding(rule, nobody) for rule in _rules())


class ScreeningAgain:
    """`screen` for patients who differ from this one in facts and trials only."""

    def __init__(self, patient: Patient) -> None:
        self.rules = Parts(patient, {rule.id: partial(_finding, rule) for rule in _rules()})

    def __call__(self, patient: Patient, differs: Differs, conflicts: tuple[Conflict, ...]) -> tuple[Finding, ...]:
        """The findings; `conflicts` are those of the patient's record."""
        each = self.rules.of(patient, differs).values()
        return _in_order(patient, [finding for finding in each if finding is not None], conflicts)


def _in_order(patient: Patient, findings: list[Finding], conflicts: tuple[Conflict, ...]) -> tuple[Finding, ...]:
    """With what the record contradicts, the most pressing first; one event is one finding."""
    events = _each_event_once(patient, findings)
    return tuple(sorted((*events, *map(_contradictory, conflicts), *_reopened(patient)), key=_rank))


def _each_event_once(patient: Patient, findings: list[Finding]) -> list[Finding]:
    """A finding that stands within another of the same event adds its reasons and its action there."""
    holding = {finding.id: finding for finding in findings if finding.holds}
    for finding in tuple(holding.values()):
        caution = cautions()[finding.id]
        host = next((id for id in caution.within if id in holding), None)
        where = caution.within_where
        if host is not None and (where is None or facts.meets(patient, where).holds):
            holding[host] = _with_its(holding[host], holding.pop(finding.id))
    return [holding.get(each.id, each) for each in findings if not each.holds or each.id in holding]


def _with_its(host: Finding, other: Finding) -> Finding:
    return replace(
        host,
        because=unique((*host.because, *other.because)),
        action=f"{host.action} {other.action}",
        ask=unique((*host.ask, *other.ask)),
        sources=unique((*host.sources, *other.sources)),
        elsewhere=unique((*host.elsewhere, other.reason)),
        holds_too=unique((*host.holds_too, other.id, *other.holds_too)),
    )


def joined(own: tuple[Finding, ...], others: Iterable[tuple[str, tuple[Finding, ...]]]) -> tuple[Finding, ...]:
    """The findings of the pain in view with those that only another pain of the same person raises, or raises higher.

    `others` holds each other pain's name with its findings; what comes from it says so in its title.
    """
    worst = {finding.id: finding for finding in own}
    for name, findings in others:
        for finding in findings:
            known = worst.get(finding.id)
            if known is None or _gravity(finding) < _gravity(known):
                worst[finding.id] = replace(finding, title=f"{finding.title} ({name})")
    return tuple(sorted(worst.values(), key=_rank))


def with_interaction(findings: tuple[Finding, ...], more: Finding) -> tuple[Finding, ...]:
    """The findings with one more, the most pressing first."""
    return tuple(sorted((*findings, more), key=_rank))


def urgent(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The red flags and suicide risks that hold and forbid ketamine: they come before anything else."""
    return tuple(finding for finding in findings if finding.kind in URGENT and finding.level == CautionLevel.STOP)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A caution with everything about its findings that no patient changes, worked out once."""

    id: str
    caution: Caution
    boundary: str
    action_when_unknown: str
    sources: tuple[str, ...]
    checked: Checked
    elsewhere: tuple[str, ...]
    reads: frozenset[str]
    read: tuple[str, ...]
    """The same, in order."""
    findings: dict[facts.State, Finding | None] = field(default_factory=dict, compare=False, repr=False)
    """What it came to, by what was known."""


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_rule(id, caution) for id, caution in cautions().items())


def _rule(id: str, caution: Caution) -> _Rule:
    cited = tuple(evidence.citations(caution))
    action = caution.action.text
    return _Rule(
        id=id,
        caution=caution,
        boundary="; ".join(_boundaries(caution.when)) if caution.when else "",
        action_when_unknown="Find this out first."
        if caution.needs
        else f"Find this out first. If it applies: {action}",
        sources=evidence.cite(cited),
        checked=least_checked(citation.checked for citation in cited),
        elsewhere=tuple(f"{view.text} ({view.source})" for view in caution.elsewhere),
        reads=frozenset(caution.facts()),
        read=caution.facts(),
    )


def _boundaries(criterion: Criterion) -> Iterator[str]:
    """Each cited limit as a reader wants it: «systolic blood pressure above 180 mmHg (beik_2016)»."""
    for part in criterion.walk():
        if part.limit is not None:
            form = next(form for form in ("at_least", "at_most", "above", "below") if getattr(part, form) is not None)
            name = facts.vocabulary()[part.fact].says
            yield f"{name} {form.replace('_', ' ')} {part.limit} ({part.limit.source})"


def _finding(rule: _Rule, patient: Patient) -> Finding | None:
    """What the caution comes to, remembered by the facts it reads; most are plainly false and need no memory."""
    caution = rule.caution
    if caution.when is not None and _plainly_false(patient, caution.when):
        return None
    return memo.kept(rule.findings, facts.state(patient, rule.read, undated=True), lambda: _weighed(rule, patient))


def _weighed(rule: _Rule, patient: Patient) -> Finding | None:
    """A caution arises where it holds, or may hold, and nothing known clears it.

    Its answer, what clears it and whether it is worth asking are each true, false or unknown; the cheapest is seen
    first, for most cautions do not concern most patients.
    """
    caution = rule.caution
    when = _missing(patient, caution.needs) if caution.when is None else facts.warns(patient, caution.when)
    if when.holds is False:
        return None
    clears = facts.meets(patient, caution.unless) if caution.unless else None
    if clears is not None and clears.holds:
        return None
    could_clear = () if clears is None else clears.ask
    if when.holds:
        return _arises(rule, when.because, unique((*could_clear, *when.ask)), holds=True)
    if not _is_asked(caution, patient):
        return None
    relevant = _relevant(caution, patient)
    if relevant.holds is False:
        return None
    before = _missing(patient, caution.after)
    concerns = caution.relevant_when is not None and relevant.holds
    if before.holds is None and not concerns:
        return _arises(rule, (), before.ask, holds=False)
    if relevant.holds is None and caution.parts and places.unknown(patient):
        return _arises(rule, (), (places.SITE, places.AREA), holds=False)
    if relevant.holds is None and caution.relevant_too:  # first whether it concerns this patient, then the rest
        return _arises(rule, (), relevant.ask, holds=False)
    return _arises(rule, when.because, unique((*relevant.ask, *when.ask)), holds=False)


def _contradictory(conflict: Conflict) -> Finding:
    """A contradiction of the record as a finding: it names both sides, and nothing is clear while it stands."""
    return Finding(
        id=conflict.id,
        title=f"The record contradicts itself: {conflict.title}",
        kind=CautionKind.CONTRADICTION,
        level=CautionLevel.ASK,
        because=conflict.because,
        boundary="",
        action=conflict.action,
        ask=(*conflict.doubts, contradictions.SETTLED),
        sources=conflict.sources,
        checked=conflict.checked,
        reason="What was stated does not count until both sides have been compared with the patient.",
    )


def _reopened(patient: Patient) -> Iterator[Finding]:
    """Each group that was answered with «none of these» and does not fit the record: the rest is asked again."""
    for answer, items in screens.reopened(patient):
        left = screens.items_left(patient, answer.group)
        if left:
            title = screens.screens()[answer.group].title
            yield Finding(
                id=f"screened_{answer.group}",
                title=f"«None of these» does not fit the record: {title}",
                kind=CautionKind.CONTRADICTION,
                level=CautionLevel.ASK,
                because=tuple(facts.says(id, patient.facts[id]) for id in items),
                boundary="",
                action="Ask the other questions of this group one by one.",
                ask=left,
                sources=("unwound_local",),
                checked=Checked.UNCHECKED,
                reason="One item of the group is otherwise, so the answer to all of them does not count.",
            )


def _is_asked(caution: Caution, patient: Patient) -> bool:
    where, not_where = caution.asked_only_where, caution.unasked_where
    if not caution.ask_when_unknown or (where is not None and facts.meets(patient, where).holds is not True):
        return False
    return not_where is None or facts.meets(patient, not_where).holds is not True


def _relevant(caution: Caution, patient: Patient) -> Judgement:
    """Whether an unknown is worth asking: either criterion makes it so, a known «no» of either only if neither does.

    A pain that is known to be in another part of the body is such a «no».
    """
    if caution.relevant_when is None:
        return Judgement(True)
    usual = facts.meets(patient, caution.relevant_when)
    if caution.parts and places.elsewhere(patient, caution.parts):
        usual = Judgement(False)
    too = facts.meets(patient, caution.relevant_too) if caution.relevant_too else usual
    if usual.holds or too.holds:
        return Judgement(True)
    return Judgement(False) if False in (usual.holds, too.holds) else usual


def _plainly_false(patient: Patient, criterion: Criterion) -> bool:
    """Most criteria name one yes/no fact, most often known to be false: checked without building any sentence."""
    fact = facts.known(patient, criterion.yes) if criterion.yes else None
    return fact is not None and fact.value is False


def _missing(patient: Patient, needs: tuple[str, ...]) -> Judgement:
    """Unknown while one of the needed facts is; otherwise there is nothing to find."""
    missing = tuple(id for id in needs if facts.known(patient, id) is None)
    return Judgement(None if missing else False, (), missing)


def _arises(rule: _Rule, because: tuple[str, ...], ask: tuple[str, ...], *, holds: bool) -> Finding:
    caution = rule.caution
    return Finding(
        id=rule.id,
        title=caution.title,
        kind=caution.kind,
        level=caution.level if holds else CautionLevel.ASK,
        because=because,
        boundary=rule.boundary,
        action=caution.action.text if holds else rule.action_when_unknown,
        ask=ask,
        sources=rule.sources,
        checked=rule.checked,
        reason=caution.reason.text,
        relative=caution.relative,
        same_day=caution.same_day,
        holds=holds,
        elsewhere=rule.elsewhere,
    )


_KIND_ORDER = {kind: place for place, kind in enumerate(KINDS)}
_LEVEL_ORDER = {level: place for place, level in enumerate(LEVELS)}


def _gravity(finding: Finding) -> tuple[int, bool]:
    """Lower is graver: the level, and of the same level what holds."""
    return _LEVEL_ORDER[finding.level], not finding.holds


def _rank(finding: Finding) -> tuple[int, int, int, str]:
    """Red flags, suicide risk, then the other kinds mixed by level; what holds comes before what is only asked."""
    kind, level = _KIND_ORDER[finding.kind], _LEVEL_ORDER[finding.level]
    asked = not finding.holds
    if finding.kind in URGENT:
        return kind, level, asked, finding.id
    return len(URGENT), level, kind + asked * len(KINDS), finding.id
