"""What is known of each condition, read from `data/conditions`, `data/criteria` and `data/opinions`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Literal

from pydantic import Field, model_validator

from unwound import facts, record
from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, KnowledgeError, find, load
from unwound.facts import Criterion, meets
from unwound.ladder import Ladder
from unwound.patient import Patient, Value
from unwound.record import Judgement
from unwound.terms import Word


class GradeLevel(Word):
    """How certain it is that a patient has a condition; neuropathic pain by the grades of NeuPSIG."""

    NONE = "none"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    DEFINITE = "definite"
    CANNOT_DETERMINE = "cannot-determine"


class ConditionGroup(Word):
    """Where the pain comes from; a neighbour is what it is taken for."""

    PERIPHERAL = "peripheral"
    CENTRAL = "central"
    ACUTE = "acute"
    CRPS = "crps"
    NEIGHBOUR = "neighbour"


class Direction(Word):
    """What one view says about ketamine."""

    SUPPORTS = "supports"
    WEAK = "weak"
    NO_BENEFIT = "no-benefit"
    AGAINST = "against"
    SILENT = "silent"


class Strength(Word):
    """How strong the evidence for ketamine is, the strongest first."""

    MODERATE = "moderate"
    WEAK = "weak"
    VERY_WEAK = "very-weak"
    NONE_FOUND = "none-found"
    AGAINST = "against"


class Code(Frozen):
    """One code of a classification, its title unmodified, and where it was read."""

    system: Literal["ICD-11", "ICD-10-CM"]
    code: str
    title: str
    source: str
    checked: Checked
    note: str = ""


class Neighbour(CitedText):
    """How this condition differs from one it is taken for."""

    condition: str


class View(CitedText):
    """What one body or study says about ketamine here; disagreeing views stand side by side and are never merged."""

    year: int
    jurisdiction: str = ""
    direction: Direction


class Ketamine(Frozen):
    """How strong the evidence for ketamine is in one condition: in a word, with the source's own grade letter."""

    strength: Strength
    grade: str = ""
    certainty: str = ""
    """In the source's words; empty where the source gives none for this condition."""
    text: CitedText
    views: tuple[View, ...] = ()


class Opinion(Head):
    """One file of `data/opinions`: a view on ketamine that holds for several conditions at once."""

    view: View
    groups: tuple[ConditionGroup, ...] = ()
    conditions: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    """Conditions of those groups that the view leaves out."""

    def concerns(self, id: str, group: ConditionGroup) -> bool:
        """Whether the view speaks of this condition."""
        return id in self.conditions or (group in self.groups and id not in self.besides)


class Step(Frozen):
    """One step of a set of criteria: all of its parts, or as many of them as `needed` says."""

    what: str
    of: tuple[Criterion, ...]
    needed: Cited | None = None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The facts it reads, worked out once."""
        return record.unique(id for part in self.of for id in part.facts())

    @cached_property
    def answers(self) -> dict[facts.State, Judgement]:
        """The answers it has given, by what was known."""
        return {}

    def judge(self, patient: Patient) -> Judgement:
        """Whether the patient meets the step."""
        return facts.answered(patient, self.reads, self.answers, lambda: self._judged(patient))

    def _judged(self, patient: Patient) -> Judgement:
        parts = tuple(meets(patient, part) for part in self.of)
        return record.all_of(parts) if self.needed is None else record.at_least(int(self.needed.value), parts)


class CriteriaExample(Frozen):
    """A case of one set of criteria: which steps hold, which do not, which are unknown (left out)."""

    name: str
    given: Mapping[str, Value]
    holds: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()


class CriteriaSet(Head):
    """One file of `data/criteria`: published criteria as rules in our own words."""

    reason: CitedText
    steps: Mapping[str, Step]
    examples: tuple[CriteriaExample, ...] = Field(min_length=1)

    def judge(self, patient: Patient, *steps: str) -> Judgement:
        """Whether the patient meets all of these steps."""
        return record.all_of([self.steps[step].judge(patient) for step in steps])


class Rules(Frozen):
    """How one condition is graded: which facts speak to each step.

    `scheme` says how the steps become a level: `neupsig` (history and distribution, then signs, then a test), `tissue`
    (the same steps without the neuroanatomical veto), `budapest`, `acr-2016`, or `fallback` (only when nothing else
    is plausible).
    """

    scheme: Literal["neupsig", "tissue", "budapest", "acr-2016", "fallback"]
    history: Criterion
    """The lesion or disease; without its timing."""
    history_shared: bool = False
    """The same history makes other conditions plausible: listed only while the distribution is not against it."""
    timing: Criterion | None = None
    distribution: Criterion
    telling_areas: tuple[str, ...] = ()
    """Words of `pain_distribution` so particular that the area makes the condition plausible by itself."""
    suspected_when: Criterion | None = None
    """For what is rare: with pain in its area this makes it plausible, so that its history is asked; else never."""
    lasts: Cited | None = None
    """Days of pain from which the name applies, where it is the name of a chronic pain; before, it is too early."""
    signs: Criterion | None = None
    tests: Criterion | None = None
    type: Criterion | None = None
    """CRPS only: what settles that it is this type and not the other."""
    gives_way_to: tuple[str, ...] = ()
    """Not listed while one of these is possible or better, unless its own history is true."""
    kind_of: tuple[str, ...] = ()
    """Broader names of the same pain: such a name is not listed while this one is possible and as certain."""
    reason: CitedText

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion, steps in order."""
        steps = (self.history, self.timing, self.distribution, self.signs, self.tests)
        for part in (*steps, self.type, self.suspected_when):
            if part is not None:
                yield part

    @cached_property
    def territory(self) -> frozenset[str]:
        """The words of `pain_distribution` that the condition explains."""
        parts = self.distribution.walk()
        return frozenset(word for part in parts if part.fact == "pain_distribution" for word in part.one_of)


class Expect(Frozen):
    """What an example expects: a level, or that the condition is not listed; facts that must be asked for."""

    level: GradeLevel | Literal["not-listed"]
    ask: tuple[str, ...] = ()
    ask_nothing: bool = False


class Example(Frozen):
    """A case of this condition: facts by id and what the grading must say."""

    name: str
    given: Mapping[str, Value]
    expect: Expect


class Condition(Head):
    """One condition: what it is, how it is recognised, what is particular in its treatment, what ketamine offers."""

    group: ConditionGroup
    definition: CitedText
    descriptors: tuple[str, ...]
    """Typical words, as `pain_descriptors` has them."""
    presentation: CitedText
    """What typical patients report, and where it hurts."""
    differs: tuple[Neighbour, ...]
    codes: tuple[Code, ...]
    rules: Rules
    work_up: tuple[CitedText, ...] = ()
    cause: tuple[CitedText, ...] = ()
    """Treating what lies underneath."""
    ladder: Ladder | None = None
    """Its own order of treatments; None where the general one applies."""
    ketamine: Ketamine
    lay_phrases: tuple[str, ...]
    """How people search for it, in words of our own: for the finder; nothing is decided by them."""
    examples: tuple[Example, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_codes_of_both_systems(self) -> Condition:
        if {code.system for code in self.codes} != {"ICD-11", "ICD-10-CM"}:
            raise ValueError("codes are needed of both ICD-11 and ICD-10-CM")
        return self


@cache
def conditions() -> Mapping[str, Condition]:
    """Every condition by its id, each with the opinions on ketamine that concern it."""
    files = load("conditions", Condition)
    opinions = tuple(load("opinions", Opinion).values())
    return MappingProxyType({id: _with_opinions(id, entry, opinions, files) for id, entry in files.items()})


def criteria(id: str) -> CriteriaSet:
    """One set of published criteria. UnwoundError, naming those there are, when there is none of that name."""
    return find("criteria", CriteriaSet, id, "set of criteria")


def _with_opinions(
    id: str, condition: Condition, opinions: tuple[Opinion, ...], files: Mapping[str, Condition]
) -> Condition:
    rules = condition.rules
    named = (*(neighbour.condition for neighbour in condition.differs), *rules.gives_way_to, *rules.kind_of)
    unknown = [name for name in named if name not in files]
    if unknown:
        raise KnowledgeError(f"data/conditions/{id}.toml: there is no condition «{unknown[0]}»")
    shared = tuple(opinion.view for opinion in opinions if opinion.concerns(id, condition.group))
    views = sorted((*condition.ketamine.views, *shared), key=lambda view: view.year)
    return condition.model_copy(update={"ketamine": condition.ketamine.model_copy(update={"views": tuple(views)})})
