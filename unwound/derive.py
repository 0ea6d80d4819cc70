"""Facts that follow from other facts: age, creatinine clearance, totals of forms, classes of drugs taken.

Derived facts say so in their origin and are derived anew each time, so that they never outlive what they rest on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from unwound import allergies, contradictions, drugs, facts, instruments, opioids, pains, places, screens, unsettled
from unwound.catalogue import Cited, CitedText, Frozen, Head, load_rule
from unwound.contradictions import Conflict
from unwound.facts import DERIVED
from unwound.memo import Again, Differs, Remembered, TracedFacts, differing
from unwound.patient import Fact, Patient, Trial, Value
from unwound.record import UnwoundError, unique
from unwound.terms import Sex

Facts = dict[str, Fact]
_KETAMINES = frozenset(("ketamine", "esketamine"))
_ANAESTHETICS = re.compile(
    r"(?<!local )(?<!locale )(?<!lokale )\b"
    r"(?:an(?:ae|[eéä])sth?[eéè]\w*+(?! lo[ck]a)|nar[ck]os\w*|nmda\w*|dissociative\w*)"
    r"|\b(?:special[- ]?k|keta?|pcp|phencyclidine|angel dust)\b",
    re.IGNORECASE,
)
"""Groups of medicines to which ketamine belongs, as an allergy list names them."""


class Clearance(Frozen):
    """One worked case of the formula."""

    name: str
    age_years: float
    weight_kg: float
    creatinine_mg_per_dl: float
    sex: Sex
    expect_ml_per_min: float


class CockcroftGault(Head):
    """The constants of the formula and the weight that goes into it."""

    age_from: Cited
    divisor: Cited
    female_factor: Cited
    youngest: Cited
    weight: CitedText
    examples: tuple[Clearance, ...]


def derive(patient: Patient) -> Patient:
    """The patient with the facts that follow from the others; deriving twice changes nothing, odd answers never raise.

    UnwoundError for what is no Patient.

    An entered fact wins, unless it is stale or a dated form or reading is newer than its own date. What derives:

    - `age_years` from the date of birth; `crcl_ml_per_min` from creatinine, actual weight, age and sex, in adults;
    - totals and key items from the newest form that has them, with its date. `pain_average_nrs` comes from the
      newest of pain 0-10 and the first PEG question, which asks the same; the newest PHQ-9 that answered its last
      item gives `phq9_item9`, completed or not. What a still newer form leaves open warns only (`unsettled`);
    - `takes_...` from the medicines taken and the ongoing trials. «No» needs a list that is complete and in which
      every entry is recognised and sorted into classes; an unknown name could be anything;
    - `ketamine_hypersensitivity` from the allergies on record, which no entered «no» outweighs; an entry that may mean
      ketamine (one slip away, «anaesthetics», other letters) puts an entered «no» in doubt;
    - `suicidal_thoughts_today` from what was asked on the day itself;
    - the sum of opioids in morphine equivalents from their doses, for risk only;
    - a pregnancy from its weeks or a positive test, where nobody denied it (then both are asked about);
    - `pain_site` from the written site of the pain in view, and back or leg pain from the place of any of the pains;
    - no pregnancy where the sex at birth is male, where none is possible, or from an age well past the menopause.

    Groups that were answered with «none of these» settle what nothing else answers (`screens`). Of several pains the
    one to be treated is in view (`pains.in_view`). A statement that something else in the record contradicts is marked
    last and counts as unknown.
    """
    if not isinstance(patient, Patient):
        hint = ": the one in its «patient»" if hasattr(patient, "patient") else ""
        raise UnwoundError(f"a Patient is needed, not {type(patient).__name__}{hint}")
    known = _with_what_follows(pains.in_view(patient), _derived)
    return _with_doubts(known, contradictions.conflicts(known))


def _with_what_follows(patient: Patient, derived: Callable[[Patient], Facts]) -> Patient:
    """The patient as entered, with what follows from that, and nothing yet in doubt."""
    plain = unsettled.marked(contradictions.undoubted(patient))
    entered = {id: fact for id, fact in plain.facts.items() if not fact.origin.startswith(DERIVED)}
    bare = patient if plain is patient and len(entered) == len(patient.facts) else patient.with_checked(facts=entered)
    follows = derived(bare)
    known = bare.with_checked(facts={**entered, **follows}) if follows else bare
    return known.with_checked(facts={**known.facts, **screens.settled(known)}) if known.screened else known


def _with_doubts(known: Patient, conflicts: tuple[Conflict, ...]) -> Patient:
    doubted = contradictions.doubted(known, conflicts)
    return screens.without_reopened(doubted) if known.screened else doubted


def _follow(bare: Patient) -> Facts:
    derived: Facts = {}
    for id, fact in _all(bare, derived):
        if not facts.problem_with(id, fact) and _wins(fact, facts.known(bare, id, undated=True)):
            derived[id] = fact
    return {**derived, **_allergic(bare.allergies)}


_derived = Remembered(_follow)


class DerivingAgain:
    """`derive` for patients who differ from one who is derived in facts and trials only."""

    def __init__(self, patient: Patient) -> None:
        self.base = patient
        self.follow = Again(self._follow)
        self.conflicts = contradictions.ConflictsAgain(patient)
        self.base_conflicts = self.conflicts(patient, frozenset())
        self.reads = frozenset(self._read())

    def __call__(self, patient: Patient) -> tuple[Patient, Differs, tuple[Conflict, ...]]:
        """The derived patient, the facts that differ, and what the record contradicts."""
        differs = differing(patient.facts, self.base.facts)
        if patient.trials is self.base.trials and differs.isdisjoint(self.reads):
            conflicts = self.conflicts(patient, differs)
            if conflicts == self.base_conflicts:
                return patient, differs, conflicts  # nothing that follows from others turns on what differs
        known = _with_what_follows(patient, lambda bare: self.follow(bare, differs))
        differs = differing(known.facts, self.base.facts)
        conflicts = self.conflicts(known, differs)
        doubted = _with_doubts(known, conflicts)
        return doubted, differs if doubted is known else differing(doubted.facts, self.base.facts), conflicts

    def _read(self) -> Iterator[str]:
        """The facts on which it turns what follows, what is asked again and what is in doubt; and these facts."""
        base = self.base
        traced = TracedFacts({id: fact for id, fact in base.facts.items() if not fact.origin.startswith(DERIVED)})
        _follow(base.with_checked(facts=traced))
        yield from traced.read
        yield from base.facts.keys() - traced.facts.keys()
        yield from unsettled.reads(base)
        yield from (item.fact for answer in base.screened for item in screens.items(answer))
        yield from (id for conflict in self.base_conflicts for id in conflict.doubts)

    def _follow(self, bare: Patient) -> Facts:
        """What follows; a fact that is as before is the same object, and so is quickly seen to be."""
        before = self.base.facts
        return {id: before[id] if before.get(id) == fact else fact for id, fact in _follow(bare).items()}


def stated_today(patient: Patient) -> Patient:
    """The patient where every value without its day is of the patient's day, if its day matters.

    For a door where somebody states what is so on that day; a door that cannot know when a value was taken leaves it
    out. Thoughts of ending life that are denied beside a form keep no day: nobody knows which of the two is older.
    """
    vocabulary = facts.vocabulary()
    beside = {"suicidal_thoughts_now"} if _was_asked(patient, "phq9_item9") else set[str]()
    return patient.with_checked(
        facts={
            id: fact.with_checked(on=patient.as_of)
            if fact.on is None and vocabulary[id].needs_day and id not in beside
            else fact
            for id, fact in patient.facts.items()
        }
    )


def _was_asked(patient: Patient, id: str) -> bool:
    """Whether a form that asks it was filled, with this item answered or left out."""
    forms = (instruments.instruments().get(form.instrument) for form in patient.answers)
    # A total of the form is enough: its items were answered, and what the last one said is not known.
    if not patient.facts.keys().isdisjoint((id, "phq9_total")):
        return True
    return any(item.fact == id for form in forms if form for item in form.items)


def cockcroft_gault(age_years: float, weight_kg: float, creatinine_mg_per_dl: float, sex: str) -> float:
    """Creatinine clearance in mL/min; ZeroDivisionError without creatinine.

    Source: Cockcroft and Gault 1976.
    """
    constants = _formula()
    clearance = (constants.age_from.value - age_years) * weight_kg / (constants.divisor.value * creatinine_mg_per_dl)
    return clearance * constants.female_factor.value if sex == "female" else clearance


def _all(patient: Patient, derived: Facts) -> Iterator[tuple[str, Fact]]:
    yield from _age(patient)
    yield from _clearance(patient, derived)
    yield from _from_forms(patient)
    yield from _from_medicines(patient)
    yield from _pregnancy(patient, derived)
    yield from _said_today(patient)
    yield from _place(patient)


def _follow_from_medicines(patient: Patient) -> tuple[tuple[str, Fact], ...]:
    return (*_taken(patient), *_opioid_dose(patient), *_unread(patient))


# What is taken turns on one or two facts only: it is the same for nearly every change that is tried.
_from_medicines = Remembered(_follow_from_medicines)


def _wins(derived: Fact, entered: Fact | None) -> bool:
    if entered is None:
        return True
    return derived.on is not None and entered.on is not None and derived.on > entered.on


def _fact(value: Value, origin: str, on: date | None = None) -> Fact:
    """Not checked here: `derive` asks of every fact whether it can be."""
    return Fact.model_construct(value=value, on=on, origin=DERIVED + origin, doubt="")


def _age(patient: Patient) -> Iterator[tuple[str, Fact]]:
    born, today = patient.birth_date, patient.as_of
    if born is not None and born <= today:
        years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        yield "age_years", _fact(float(years), "date of birth")


def _clearance(patient: Patient, derived: Facts) -> Iterator[tuple[str, Fact]]:
    # The formula needs all four, and holds for adults only.
    creatinine = facts.known(patient, "creatinine_mg_per_dl")
    mg_per_dl = _number("creatinine_mg_per_dl", creatinine)
    years = _number("age_years", derived.get("age_years") or facts.known(patient, "age_years"))
    kg = _number("weight_kg", facts.known(patient, "weight_kg"))
    if creatinine is None or mg_per_dl is None or years is None or kg is None or patient.sex is None:
        return
    if years >= _formula().youngest.value:
        clearance = cockcroft_gault(years, kg, mg_per_dl, patient.sex)
        yield "crcl_ml_per_min", _fact(clearance, "creatinine, actual weight, age and sex", creatinine.on)


def _number(id: str, fact: Fact | None) -> float | None:
    """The number of a fact that is known and possible."""
    if fact is None or not isinstance(fact.value, int | float) or facts.problem_with(id, fact):
        return None
    return float(fact.value)


def _from_forms(patient: Patient) -> Iterator[tuple[str, Fact]]:
    """What the newest forms tell; a form without its date may be years old: it can warn, and reassures of nothing."""
    newest: dict[str, tuple[float | bool | None, str, date | None]] = {}
    for form in instruments.by_date(patient):
        newest |= {id: (value, form.instrument, form.on) for id, value in instruments.gives(form, patient.sex)}
    left_open = unsettled.since(patient)
    for id, (value, form_id, on) in newest.items():
        if value is not None:
            is_open = on is not None and left_open.get(id, on) > on
            yield id, _fact(value, form_id, None if is_open else on)


def _taken(patient: Patient) -> Iterator[tuple[str, Fact]]:
    """Whether a drug of a class is taken: «yes» by a name or a washout, «no» only by a list known to be complete.

    A name that is not read, a substance that nobody has sorted into classes, or a trial without its last day rules out
    every «no».
    """
    names = [medication.drug for medication in patient.medications]
    taken = {name: _drugs(name) for name in (*names, *(trial.therapy for trial in patient.trials if trial.ongoing))}
    complete = facts.yes(patient, "medication_list_complete").holds is True
    recognised = complete and all(_is_sorted(taken[name]) for name in names)
    if not taken and not recognised and not patient.trials:
        return
    for id, question in _questions().items():
        hits = {drug: name for name, its in taken.items() for drug in its or () if question.means(drug)}
        washout = question.washout_days
        ended = _ended(patient, question.classes, washout) if washout and not hits else False
        if len(hits) >= question.how_many:
            yield id, _fact(True, ", ".join(sorted(unique(hits.values()))))
        elif ended:
            yield id, _fact(True, "a recently ended trial")
        elif recognised and ended is not None:
            yield id, _fact(False, "the complete medication list")


def _ended(patient: Patient, classes: frozenset[str], washout_days: float) -> bool | None:
    """Whether a drug of these classes was stopped within its washout; None where the day it stopped is unknown."""
    trials = [trial for trial in patient.trials if not classes.isdisjoint(_classes(trial.therapy) or ())]
    recent = [_within(trial, patient.as_of, washout_days) for trial in trials]
    return True if True in recent else None if None in recent else False


def _within(trial: Trial, today: date, days: float) -> bool | None:
    return None if trial.end is None else (today - trial.end).days < days


@lru_cache(maxsize=1024)
def _allergic(entries: tuple[str, ...]) -> Facts:
    to = [written for written in entries if not _KETAMINES.isdisjoint(allergies.read(written).allergic)]
    if to:
        return {"ketamine_hypersensitivity": _fact(True, f"allergies on record: {', '.join(to)}")}
    perhaps = [written for written in entries if allergies.may_mean(written, _KETAMINES, _ANAESTHETICS)]
    return {"allergy_may_be_ketamine": _fact(True, f"allergies on record: {', '.join(perhaps)}")} if perhaps else {}


def _opioid_dose(patient: Patient) -> Iterator[tuple[str, Fact]]:
    """The sum of the opioids taken now; a part of it is enough where the part alone is high already."""
    taken = opioids.morphine_equivalents(patient)
    if not taken.opioids:
        return
    enough = taken.complete or taken.mg_per_day >= opioids.factors().high.value
    if enough:
        yield "morphine_equivalent_mg_per_day", _fact(taken.mg_per_day, f"doses of {', '.join(taken.opioids)}")
    yield "opioid_dose_unknown", _fact(not enough and bool(taken.unknown), "the list of medicines")


def _place(patient: Patient) -> Iterator[tuple[str, Fact]]:
    """Where the pain in view is, as its site was written; and that a pain of back or leg is there, whichever it is.

    That there is none never follows: the place of one pain says nothing of what else hurts.
    """
    written = {pain.name: places.read(pain.site) for pain in patient.pains if places.SITE not in pain.facts}
    if here := written.get(patient.seen_pain):
        yield places.SITE, _fact(here, f"the site of «{patient.seen_pain}»")
    stated = [pain.facts[places.SITE].value for pain in patient.pains if places.SITE in pain.facts]
    parts = {
        part for of in (places.sites(patient), *written.values(), *stated) if isinstance(of, Collection) for part in of
    }
    if places.is_back_or_leg(parts):
        yield "back_or_leg_pain", _fact(True, "where the pain is")


def _unread(patient: Patient) -> Iterator[tuple[str, Fact]]:
    """The medicines whose name means nothing here: they could be anything, and are asked by name."""
    unread = sorted({each.drug for each in patient.medications if _drugs(each.drug) is None})
    if patient.medications:
        yield "medicine_not_recognised", _fact(bool(unread), ", ".join(unread) or "the list of medicines")


def _pregnancy(patient: Patient, derived: Mapping[str, Fact]) -> Iterator[tuple[str, Fact]]:
    """`Patient.sex` is the sex at birth; a gender from a register must not be put there."""
    pregnant, possible = facts.known(patient, "pregnant", undated=True), facts.known(patient, "pregnancy_possible")
    if pregnant is None and (shown := _pregnancy_shown(patient)) is not None:
        pregnant = shown
        yield "pregnant", shown
    if pregnant is not None and pregnant.value is True:
        yield "pregnancy_possible", _fact(True, "is pregnant", pregnant.on)
    elif (why := _no_pregnancy(patient, derived)) and (possible is None or possible.value is not True):
        yield "pregnancy_possible", _fact(False, why)
        yield "pregnant", _fact(False, why, patient.as_of)
    elif possible is not None and possible.value is False:
        yield "pregnant", _fact(False, "a pregnancy is not possible", patient.as_of)


def _pregnancy_shown(patient: Patient) -> Fact | None:
    """A pregnancy that its weeks or a positive test show; weeks that have run out since show none.

    A negative test shows nothing here: it is as old as its day, and only the question itself denies a pregnancy.
    """
    weeks = facts.known(patient, "gestation_weeks", undated=True)
    if weeks is not None and isinstance(weeks.value, int | float) and weeks.value >= 1:
        since = 0 if weeks.on is None else (patient.as_of - weeks.on).days / 7
        longest = facts.vocabulary()["gestation_weeks"].max
        if longest is None or weeks.value + since <= longest:
            return _fact(True, "weeks of pregnancy", weeks.on)
    test = facts.known(patient, "pregnancy_test_result", undated=True)
    return _fact(True, "a positive pregnancy test", test.on) if test and test.value == "positive" else None


def _no_pregnancy(patient: Patient, derived: Mapping[str, Fact]) -> str:
    """Why no pregnancy is possible: the sex at birth, or an age well past it; empty where it is."""
    if patient.sex == Sex.MALE:
        return "male sex at birth"
    limit = facts.vocabulary()["pregnancy_possible"].no_from_age
    years = _number("age_years", derived.get("age_years") or facts.known(patient, "age_years"))
    return f"age {years:g}" if limit is not None and years is not None and years >= limit.value else ""


def _said_today(patient: Patient) -> Iterator[tuple[str, Fact]]:
    """What a clinician asked today about ending life; an answer of another day says nothing about this one."""
    thoughts = facts.known(patient, "suicidal_thoughts_now")
    if thoughts is not None and thoughts.on == patient.as_of:
        yield "suicidal_thoughts_today", _fact(thoughts.value, "asked today", thoughts.on)


@cache
def _formula() -> CockcroftGault:
    return load_rule("cockcroft_gault", CockcroftGault)


@dataclass(frozen=True, slots=True)
class _OfClasses:
    """A question on medicines taken: which classes mean «yes», how many drugs it takes, how long one still counts."""

    classes: frozenset[str]
    without: frozenset[str]
    how_many: int
    washout_days: float

    def means(self, drug: str) -> bool:
        """Whether this drug is one of those it asks for."""
        its = drugs.classes(drug)
        return not self.classes.isdisjoint(its) and self.without.isdisjoint(its)


@cache
def _questions() -> Mapping[str, _OfClasses]:
    return {
        id: _OfClasses(
            frozenset(question.classes),
            frozenset(question.without),
            question.how_many,
            question.washout.value if question.washout else 0.0,
        )
        for id, question in facts.vocabulary().items()
        if question.classes
    }


def _is_sorted(ids: tuple[str, ...] | None) -> bool:
    return ids is not None and not any(drugs.UNSORTED in drugs.classes(id) for id in ids)


@lru_cache(maxsize=4096)
def _drugs(name: str) -> tuple[str, ...] | None:
    """The drugs in a written name (or an id); None where nothing is recognised."""
    return drugs.ingredients(text=name) or None


@lru_cache(maxsize=4096)
def _classes(name: str) -> frozenset[str] | None:
    """The classes of all drugs in a written name (or of an id); None where nothing is recognised."""
    ingredients = _drugs(name)
    return frozenset[str]().union(*(drugs.classes(id) for id in ingredients)) if ingredients else None
