"""What is known of each therapy, read from `data/therapies`, and of classes, read from `data/therapy_classes`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from unwound import drugs, evidence, routes
from unwound.catalogue import Cited, CitedText, Frozen, Head, KnowledgeError, Texts, load, load_rule
from unwound.facts import Criterion
from unwound.ladder import Ladder
from unwound.patient import Value
from unwound.terms import Jurisdiction, TrialVerdict, Word


class TherapyGroup(Word):
    """What sort of treatment it is."""

    DRUG = "drug"
    TOPICAL = "topical"
    OPIOID = "opioid"
    COMBINATION = "combination"
    CAUSE_DIRECTED = "cause-directed"
    INTERVENTIONAL = "interventional"
    NEUROMODULATION = "neuromodulation"
    MULTIMODAL = "multimodal"


class Line(Word):
    """When a treatment comes."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    LAST = "last"
    MULTIMODAL = "multimodal"
    UNSUITABLE = "unsuitable"


class ObjectionLevel(Word):
    """Whether what speaks against a therapy takes it out of the offers, or is shown with it."""

    ABSOLUTE = "absolute"
    CAUTION = "caution"


class Against(CitedText):
    """What speaks against a therapy, and when: `absolute` takes it out of the offers, a `caution` is shown with it."""

    level: ObjectionLevel
    when: Criterion
    ask_when_unknown: bool = True
    """Whether an unknown is worth a question of its own here, or is asked elsewhere where it matters."""


class NotFor(CitedText):
    """Conditions in which it is not for, or did no better than placebo."""

    level: ObjectionLevel
    conditions: Texts


class Effect(Frozen):
    """Numbers needed to treat and to harm in one edition of the NeuPSIG review, as printed; infinite bounds allowed."""

    nnt: Cited | None = None
    nnh: Cited | None = None
    line: CitedText


class RenalLimit(Frozen):
    """How doses fall below a creatinine clearance; a maximum of 0 means «avoid», none that only the start changes."""

    jurisdiction: Jurisdiction | None = None
    """None: the same everywhere, as far as known."""
    conditions: Texts = ()
    """Only where one of these is treated; empty: whatever is treated."""
    below: Cited
    maximum: Cited | None = None
    proportional: bool = False
    """Whether the maximum falls further, in proportion to the clearance; on dialysis it stays and follows a session."""
    start: Cited | None = None
    step_days: Cited | None = None
    frequency: str = ""
    """How the day's dose is divided here, where that changes."""


class Limit(Frozen):
    """The highest daily dose that the liver, the heart, the condition or the country sets; kidneys and age apart."""

    jurisdiction: Jurisdiction | None = None
    conditions: Texts = ()
    when: Criterion | None = None
    """None: wherever jurisdiction and conditions fit."""
    reads: str
    """What sets it, as it reads beside the ceiling: «liver disease»."""
    maximum: Cited
    start: Cited | None = None
    frequency: str = ""


class AgeLimit(Frozen):
    """The highest daily dose above an age."""

    above: Cited
    maximum: Cited


class Adequate(Frozen):
    """What a trial must reach before it may count as failed; what is left out is not asked of it."""

    dose: Cited | None = None
    days: Cited | None = None
    """From first to last dose."""
    days_at_target: Cited | None = None
    """At the highest dose, or at or above the adequate one."""


class Gently(Frozen):
    """The smaller start and step for the old and for those who fall."""

    start: Cited
    step: Cited | None = None


class Dosing(Frozen):
    """How it is started and titrated, in adults."""

    start: Cited | None = None
    step: Cited | None = None
    step_days: Cited | None = None
    """Days between steps; `low` and `high` where the source gives a range."""
    target: Cited | None = None
    maximum: Cited | None = None
    gently: Gently | None = None
    frequency: CitedText | None = None
    """How the day's dose is divided; a renal limit may say otherwise."""
    how: CitedText | None = None
    """What the numbers do not say, or the whole schedule where there are no numbers."""


class Given(Frozen):
    """The case of an example."""

    facts: Mapping[str, Value] = {}
    jurisdiction: Jurisdiction | None = None
    trial: Mapping[str, object] | None = None
    """Fields of `patient.Trial` without the therapy."""
    conditions: Texts = ()


class Expected(Frozen):
    """What is expected of the case; what is left out is not checked."""

    verdict: TrialVerdict | None = None
    line: Line | Literal["not-offered"] | None = None
    ask: Texts = ()
    """Facts among those asked."""
    schedule: str = ""
    """Words that stand in the schedule."""


class Example(Frozen):
    """A trial given and its verdict, or a patient given and the step."""

    name: str
    given: Given
    expect: Expected


class TherapyClass(Head):
    """One file of `data/therapy_classes`: what the therapies of a class share."""

    against: tuple[Against, ...] = ()
    effects: Mapping[str, Effect] = {}
    """Edition (`finnerup_2015`, `soliman_2025`) -> effect of the class."""


class Therapy(Head):
    """One file of `data/therapies`."""

    group: TherapyGroup
    drug_class: str
    names: Texts = ()
    """Other words for it in notes and procedures; drugs go by `data/drugs`."""
    lay_phrases: Texts = ()
    """How people search for it, in words of our own: for the finder; nothing is decided by them."""
    drugs: Texts = ()
    """Ids of drugs whose trials count as trials of it; without it the drug of the same id."""
    unit: str = "mg/day"
    why: CitedText
    """What it is for, and on whose authority."""
    pregnancy: CitedText | None = None
    """What is known in pregnancy, and where one is possible or wished for."""
    breastfeeding: CitedText | None = None
    dosing: Dosing = Dosing()
    adequate: Adequate | None = None
    """None: nothing is known of what an adequate trial of it is, and none is ever called failed."""
    effects: Mapping[str, Effect] = {}
    """Editions in which this therapy stands by itself; they come before those of its class."""
    renal: tuple[RenalLimit, ...] = ()
    age: tuple[AgeLimit, ...] = ()
    limits: tuple[Limit, ...] = ()
    against: tuple[Against, ...] = ()
    only_for: Texts = ()
    """Conditions it is for; empty: any neuropathic pain."""
    not_for: tuple[NotFor, ...] = ()
    needs_a_trial_before: bool = False
    """Offered only after a first-line medicine was tolerated without enough relief (combinations)."""
    examples: tuple[Example, ...] = Field(min_length=1)


class GeneralLadder(Head):
    """`data/rules/general_ladder.toml`."""

    ladder: Ladder
    multimodal: Texts = ()
    """Part of every plan, whatever the ladder."""


class FittingDoses(Head):
    """`data/rules/fitting_doses.toml`: whom the schedules are for, and who starts low."""

    adult_from: Cited
    under_age: CitedText
    """What stands in place of a schedule below that age."""
    gently_when: Criterion
    gently: CitedText
    too_high: CitedText
    """What to do where more is taken than the ceiling."""


def fitting() -> FittingDoses:
    """Whom the schedules are for, and who starts low."""
    return load_rule("fitting_doses", FittingDoses)


def therapies() -> Mapping[str, Therapy]:
    """Every therapy by its id."""
    return load("therapies", Therapy)


def therapy_classes() -> Mapping[str, TherapyClass]:
    """What classes of therapies share, by class id."""
    return load("therapy_classes", TherapyClass)


def general() -> GeneralLadder:
    """The ladder of neuropathic pain in general, and what belongs to every plan."""
    return load_rule("general_ladder", GeneralLadder)


@cache
def effects(therapy: str) -> Mapping[str, Effect]:
    """Edition -> effect, newest edition first; the therapy's own before its class's."""
    entry = therapies()[therapy]
    shared = therapy_classes().get(entry.drug_class)
    both = {**(shared.effects if shared else {}), **entry.effects}
    return MappingProxyType(dict(sorted(both.items(), key=lambda item: item[0].rsplit("_", 1)[1], reverse=True)))


@cache
def against(therapy: str) -> tuple[Against, ...]:
    """What speaks against it, by itself and by its class; the absolute first."""
    entry = therapies()[therapy]
    shared = therapy_classes().get(entry.drug_class)
    both = (*(shared.against if shared else ()), *entry.against)
    return tuple(sorted(both, key=lambda reason: reason.level))


@cache
def sources(therapy: str) -> tuple[str, ...]:
    """What the adequacy of a trial of it rests on."""
    adequate = therapies()[therapy].adequate
    return evidence.cite(adequate) if adequate else ()


@lru_cache(maxsize=65536)
def drug_of(written: str) -> str | None:
    """The drug id behind a therapy's id or written name; None for what is no drug of the catalogue."""
    if written in drugs.drugs():
        return written
    return None if _is_a_procedure(written) else drugs.recognise(text=written)


@lru_cache(maxsize=65536)
def therapy_of(written: str) -> str | None:
    """The therapy that an id, a drug's name or a procedure's words mean; None where the catalogue has none."""
    plain = written.strip().lower()
    if plain in therapies():
        return plain
    drug = drug_of(written)
    if drug is not None:
        return _by_drug().get(drug) if routes.is_treatment(drug, routes.of_product(written)) else None
    meant = _named_in(written)
    return meant if meant in therapies() else None


def recognised(written: str) -> str:
    """What a treatment is called that is known by name and not judged («TENS»); empty for any other."""
    meant = None if written in therapies() else _named_in(written)
    return meant if meant is not None and meant not in therapies() and drug_of(written) is None else ""


def is_understood(written: str) -> bool:
    """Whether the words mean a therapy, a known treatment or a drug; what is not understood is named and asked."""
    return therapy_of(written) is not None or bool(recognised(written)) or drug_of(written) is not None


def why_not_judged() -> CitedText:
    """Why a treatment that is recognised is not judged."""
    return _known().why


class KnownTreatments(Head):
    """`data/rules/known_treatments.toml`."""

    why: CitedText
    names: Mapping[str, Texts]
    """What a treatment is called -> the words for it."""


@cache
def _known() -> KnownTreatments:
    return load_rule("known_treatments", KnownTreatments)


def _is_a_procedure(written: str) -> bool:
    """Whether the words name what is done, whatever drug is used in it: an epidural steroid is no oral course."""
    meant = _named_in(written)
    return meant is not None and (meant not in therapies() or therapies()[meant].group in _DONE)


_DONE = (TherapyGroup.INTERVENTIONAL, TherapyGroup.NEUROMODULATION)


@lru_cache(maxsize=65536)
def _named_in(written: str) -> str | None:
    """The treatment of which a name stands in the text as whole words, the longest name first."""
    if (exact := _by_title().get(_plain(written))) is not None:
        return exact
    words = _plain(written).split()
    for length in range(min(len(words), _longest()), 0, -1):
        for at in range(len(words) - length + 1):
            meant = _by_name().get(" ".join(words[at : at + length]))
            if meant is not None:
                return meant
    return None


def _plain(written: str) -> str:
    return " ".join("".join(letter if letter.isalnum() or letter == "%" else " " for letter in written.lower()).split())


@lru_cache(maxsize=65536)
def title(written: str) -> str:
    """How a trial is called: the therapy, with the drug where the therapy is more than one."""
    therapy = therapy_of(written)
    if therapy is None:
        return recognised(written) or written
    name, drug = therapies()[therapy].title, drug_of(written)
    return name if drug in (None, therapy) else f"{name} ({drug})"


@cache
def _by_drug() -> Mapping[str, str]:
    by_drug: dict[str, str] = {}
    for id, therapy in therapies().items():
        for drug in therapy.drugs or (id,):
            if drug in by_drug:
                raise KnowledgeError(
                    f"data/therapies/{id}.toml: trials of «{drug}» already count for «{by_drug[drug]}»"
                )
            by_drug[drug] = id
    return by_drug


@cache
def _by_name() -> Mapping[str, str]:
    """Words -> the therapy or the known treatment they mean; KnowledgeError where two claim the same."""
    by_name: dict[str, str] = {}
    of_therapies = ((name, id) for id, therapy in therapies().items() for name in therapy.names)
    known = ((name, title) for title, names in _known().names.items() for name in names)
    for name, meant in (*of_therapies, *known):
        if by_name.setdefault(_plain(name), meant) != meant:
            raise KnowledgeError(f"data/: «{name}» stands for both «{by_name[_plain(name)]}» and «{meant}»")
    return by_name


@cache
def _by_title() -> Mapping[str, str]:
    """Titles, which are too plain («Sleep») to mean their therapy within other words."""
    return {_plain(therapy.title): id for id, therapy in therapies().items()}


@cache
def _longest() -> int:
    return max(len(name.split()) for name in _by_name())
