"""The grade of every plausible condition: how certain it is, on which facts, and what could still raise it.

Neuropathic conditions follow NeuPSIG 2016: history and distribution make «possible», sensory signs «probable», a
confirming test «definite». Neighbours borrow the words: Budapest clinical criteria met is «probable» and research
criteria met is «definite» CRPS; ACR criteria met, or tissue that explains the pain, is «probable», and no test could
make it more. Questionnaires (DN4, painDETECT ...) are read nowhere here: they never raise a grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from unwound import facts, places, record
from unwound.conditions.knowledge import Condition, ConditionGroup, GradeLevel, Rules, conditions, criteria
from unwound.facts import meets
from unwound.memo import ChangedFacts, there
from unwound.patient import Patient
from unwound.places import area
from unwound.record import Judgement

FALLBACK = "chronic_pain_unsettled"
_RANK: Mapping[GradeLevel, int] = {
    GradeLevel.NONE: 0,
    GradeLevel.CANNOT_DETERMINE: 1,
    GradeLevel.POSSIBLE: 2,
    GradeLevel.PROBABLE: 3,
    GradeLevel.DEFINITE: 4,
}
_GROUPS = {
    ConditionGroup.PERIPHERAL: 0,
    ConditionGroup.CENTRAL: 0,
    ConditionGroup.ACUTE: 0,
    ConditionGroup.CRPS: 1,
    ConditionGroup.NEIGHBOUR: 2,
}
_NO = Judgement(False)
_YES = Judgement(True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How certain one condition is in this patient; `ask` holds the facts that could raise it (or settle its type)."""

    condition: str
    title: str
    level: GradeLevel
    because: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """The four steps of a grade, each true, false or unknown; the later two matter once the first two hold."""

    history: Judgement
    distribution: Judgement
    signs: Judgement = _NO
    tests: Judgement = _NO


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pain is: whether examination finds that it fits the nervous system, and the words for the area."""

    fits: Judgement
    words: frozenset[str]


def rank(level: GradeLevel) -> int:
    """How high a level ranks: none, cannot-determine, possible, probable, definite."""
    return _RANK[level]


def grade(patient: Patient) -> tuple[Grade, ...]:
    """Every plausible condition with its grade, best first; with nothing plausible, what to ask to get further."""
    patient = without_tests_not_done(patient)
    place, catalogue = _place(patient), conditions()
    ids = catalogue if place.words else _with_a_history(patient)
    return beside_each_other(patient, tuple(_grade(patient, id, catalogue[id], place) for id in ids))


def _with_a_history(patient: Patient) -> list[str]:
    """The conditions that something known can make plausible while nothing is known of the area: those of whose lesion
    or disease something is known, and those that are graded by criteria of their own.
    """
    histories = _histories()
    known = {id for fact in there(patient.facts, histories) for id in histories[fact]}
    return [id for id, condition in conditions().items() if id in known or condition.rules.scheme in _OWN_CRITERIA]


@cache
def _histories() -> Mapping[str, tuple[str, ...]]:
    """Fact -> the conditions whose lesion or disease turns on it."""
    histories: dict[str, list[str]] = {}
    for id, condition in conditions().items():
        for fact in condition.rules.history.reads:
            histories.setdefault(fact, []).append(id)
    return {fact: tuple(ids) for fact, ids in histories.items()}


_OWN_CRITERIA = ("budapest", "acr-2016")


def plausible(grades: tuple[Grade, ...]) -> tuple[str, ...]:
    """The conditions that are at least possible: some doses have limits of their own in them."""
    return tuple(grade.condition for grade in grades if _RANK[grade.level] >= _RANK[GradeLevel.POSSIBLE])


def without_tests_not_done(patient: Patient) -> Patient:
    """A test that was not done says nothing: it counts as unknown, so that it is asked for."""
    not_done = [id for id in _confirming_tests() if (fact := patient.facts.get(id)) and fact.value == "not-done"]
    if not not_done:
        return patient
    return patient.with_checked(facts=ChangedFacts(patient.facts, dict.fromkeys(not_done)))


def by_itself(id: str, patient: Patient) -> Grade | None:
    """The grade of one condition as if there were no other, by tests that were done; None where it is not plausible."""
    return _grade(patient, id, conditions()[id], _place(patient))


def beside_each_other(patient: Patient, each: tuple[Grade | None, ...]) -> tuple[Grade, ...]:
    """Of the conditions, each graded by itself, those that remain where all are seen together, best first."""
    patient = without_tests_not_done(patient)
    catalogue, grades = conditions(), {grade.condition: grade for grade in each if grade is not None}
    kept = [
        grade
        for id, grade in grades.items()
        if not (_gives_way(patient, catalogue[id].rules, grades) or _has_a_narrower_name(grade, grades))
    ]
    if all(grade.level == GradeLevel.NONE or _is_only_suspected(grade) for grade in kept):
        kept.append(_unsettled(patient))
    return tuple(sorted(kept, key=_order))


def _place(patient: Patient) -> Place:
    return Place(facts.yes(patient, "distribution_fits_nervous_system"), area(patient))


def _order(grade: Grade) -> tuple[int, bool, int, str]:
    group = _GROUPS[conditions()[grade.condition].group]
    return -_RANK[grade.level], _is_only_suspected(grade), group, grade.condition


def _is_only_suspected(grade: Grade) -> bool:
    """Whether it is a rare condition that is not even possible yet: it is asked about, and stands for nothing else."""
    rare = conditions()[grade.condition].rules.suspected_when is not None
    return rare and grade.level == GradeLevel.CANNOT_DETERMINE


def level_of(steps: Steps) -> GradeLevel:
    """The highest level that is established: what is unknown never raises it."""
    # The grades of NeuPSIG: each step is true, false or unknown, and only all together give the level.
    history, distribution = steps.history.holds, steps.distribution.holds
    if history is False or distribution is False:
        return GradeLevel.NONE
    if history is None or distribution is None:
        return GradeLevel.CANNOT_DETERMINE
    if steps.signs.holds and steps.tests.holds:
        return GradeLevel.DEFINITE
    return GradeLevel.PROBABLE if steps.signs.holds or steps.tests.holds else GradeLevel.POSSIBLE


def established(grade: Grade) -> Judgement:
    """Whether the condition is certain enough to act on (probable or better); unknown while a fact could make it so."""
    if _RANK[grade.level] >= _RANK[GradeLevel.PROBABLE]:
        return Judgement(True, (f"{grade.title}: {grade.level}",))
    if grade.level == GradeLevel.NONE or not grade.ask:
        return Judgement(False, (f"{grade.title}: at most {grade.level}",) if grade.level != GradeLevel.NONE else ())
    return Judgement(None, (), grade.ask)


def _grade(patient: Patient, id: str, condition: Condition, place: Place) -> Grade | None:
    scheme = condition.rules.scheme
    if scheme == "budapest":
        return _crps(patient, id, condition)
    if scheme == "acr-2016":
        return _fibromyalgia(patient, id, condition)
    return None if scheme == "fallback" else _by_steps(patient, id, condition, place)


def _by_steps(patient: Patient, id: str, condition: Condition, place: Place) -> Grade | None:
    """Grade by history, distribution, signs and tests; None when neither history nor area makes it plausible.

    An examiner's «fits no nerve, root, plexus or tract» overrides the words for the area.
    """
    # Each step is judged only where those before it leave the condition possible.
    rules = condition.rules
    lesion = meets(patient, rules.history)
    suspected = _is_suspected(patient, rules, place.words)
    if not (lesion.holds or suspected or place.words.intersection(rules.telling_areas)):
        return None
    distribution = _distribution(patient, rules, place)
    if not (suspected and distribution.holds) and not _is_plausible(rules, lesion, distribution, place.words):
        return None
    timing = () if rules.timing is None else (meets(patient, rules.timing),)
    history = record.all_of((lesion, *timing, *_lasting(patient, rules)))
    if not (history.holds and distribution.holds):
        return _graded(id, condition.title, Steps(history, distribution), rules.reason.source)
    signs = _NO if rules.signs is None else meets(patient, rules.signs)
    tests = _NO if rules.tests is None else meets(patient, rules.tests)
    return _graded(id, condition.title, Steps(history, distribution, signs, tests), rules.reason.source)


def _distribution(patient: Patient, rules: Rules, place: Place) -> Judgement:
    """Whether the pain is where the condition can cause it; a plain place that is none of it is enough for a «no»."""
    if place.fits.holds is False and rules.scheme == "neupsig":
        return place.fits
    if rules.territory and places.none_can_be(patient, rules.territory):
        return Judgement(False, (facts.says(places.SITE, patient.facts[places.SITE]),))
    return meets(patient, rules.distribution)


def _graded(id: str, title: str, steps: Steps, source: str) -> Grade:
    level = level_of(steps)
    first, second = (steps.history, steps.distribution), (steps.signs, steps.tests)
    if level == GradeLevel.NONE:
        against = tuple(part for part in first if part.holds is False)
        return Grade(condition=id, title=title, level=level, because=_because(*against), ask=(), sources=(source,))
    if level == GradeLevel.CANNOT_DETERMINE:
        return Grade(
            condition=id, title=title, level=level, because=_because(*first), ask=_ask(*first), sources=(source,)
        )
    because = _because(*first, *second)
    if level == GradeLevel.PROBABLE and not steps.signs.holds:
        because += ("a test confirms the lesion, but without sensory signs the grade stays probable",)
    return Grade(condition=id, title=title, level=level, because=because, ask=_ask(*second), sources=(source,))


def _lasting(patient: Patient, rules: Rules) -> tuple[Judgement, ...]:
    """Whether the pain has lasted long enough for the name of a chronic pain; nothing where the name sets no time."""
    if rules.lasts is None:
        return ()
    days = facts.number(patient, "pain_duration_days")
    if days is None:
        return (Judgement(None, (), ("pain_duration_days",)),)
    if days >= rules.lasts.value:
        return (_YES,)
    early = f"pain for {days:g} days: too early for this name, which is for pain of {rules.lasts.value:g} days or more"
    return (Judgement(False, (early,)),)


def _is_suspected(patient: Patient, rules: Rules, words: frozenset[str]) -> bool:
    """Whether something raises the suspicion of a rare condition whose area fits; what is common needs none."""
    if rules.suspected_when is None or not rules.territory & words:
        return False
    return bool(meets(patient, rules.suspected_when).holds)


def _is_plausible(rules: Rules, lesion: Judgement, distribution: Judgement, words: frozenset[str]) -> bool:
    if distribution.holds and words.intersection(rules.telling_areas):
        return True
    return bool(lesion.holds) and not (rules.history_shared and distribution.holds is False)


def _crps(patient: Patient, id: str, condition: Condition) -> Grade | None:
    """The grade of CRPS; while the type is not known it is graded under a name that says so.

    None where the other type is known, or where neither history nor area makes it plausible.
    """
    rules = condition.rules
    type = _YES if rules.type is None else meets(patient, rules.type)
    untyped = type.holds is None and bool(rules.type and rules.type.no)
    if not (type.holds or untyped):
        return None
    if not (meets(patient, rules.history).holds or meets(patient, rules.distribution).holds):
        return None
    title = condition.title.removesuffix(" type I") + ", type not yet known" if untyped else condition.title
    graded = _graded(id, title, _budapest_steps(patient), rules.reason.source)
    ask = graded.ask + type.ask if graded.level != GradeLevel.NONE else ()
    return Grade(
        condition=id,
        title=title,
        level=graded.level,
        because=graded.because + type.because,
        ask=record.unique(ask),
        sources=graded.sources,
    )


def _budapest_steps(patient: Patient) -> Steps:
    """Pain out of proportion, symptoms, signs; and, as what only «definite» has, symptoms of all four categories."""
    budapest = criteria("budapest")
    history = budapest.judge(patient, "disproportionate", "no_better_diagnosis")
    distribution = budapest.judge(patient, "symptoms")
    if not (history.holds and distribution.holds):
        return Steps(history, distribution)
    signs = budapest.judge(patient, "signs")
    return Steps(history, distribution, signs, record.all_of((signs, budapest.judge(patient, "symptoms_research"))))


def _fibromyalgia(patient: Patient, id: str, condition: Condition) -> Grade | None:
    rules = condition.rules
    acr = criteria("acr_2016").judge(patient, "scores", "regions", "duration")
    diagnosed = meets(patient, rules.history)
    if not (diagnosed.holds or acr.holds or meets(patient, rules.distribution).holds):
        return None
    level: GradeLevel = (
        GradeLevel.CANNOT_DETERMINE if acr.holds is None else GradeLevel.PROBABLE if acr.holds else GradeLevel.NONE
    )
    because = acr.because
    if diagnosed.holds:
        note = () if acr.holds else ("a diagnosis by itself does not show that the criteria are met",)
        because = record.unique((*diagnosed.because, *acr.because, *note))
    return Grade(
        condition=id, title=condition.title, level=level, because=because, ask=acr.ask, sources=(rules.reason.source,)
    )


def _gives_way(patient: Patient, rules: Rules, grades: Mapping[str, Grade]) -> bool:
    stronger = (grades[id] for id in rules.gives_way_to if id in grades)
    if not any(_RANK[grade.level] >= _RANK[GradeLevel.POSSIBLE] for grade in stronger):
        return False
    return not meets(patient, rules.history).holds


def _has_a_narrower_name(grade: Grade, grades: Mapping[str, Grade]) -> bool:
    """Whether a more particular name of the same pain is possible, and as certain as this one."""
    needed = max(_RANK[grade.level], _RANK[GradeLevel.POSSIBLE])
    return any(
        _RANK[other.level] >= needed and grade.condition in conditions()[id].rules.kind_of
        for id, other in grades.items()
    )


def _unsettled(patient: Patient) -> Grade:
    """The place for pain that nothing explains yet: it asks for the area first, then for the lesions that fit it."""
    condition = conditions()[FALLBACK]
    rules = condition.rules
    first = _asked_first()
    lasting = (entry for entry in conditions().values() if entry.group != ConditionGroup.ACUTE)
    common = (entry.rules for entry in lasting if entry.rules.suspected_when is None)
    lesions = [rules for rules in common if rules.territory & area(patient)]
    further = record.unique(id for lesion in lesions for id in lesion.history.facts())
    ask = tuple(id for id in (*first, *further) if facts.known(patient, id) is None)
    diagnosed = facts.yes(patient, "neuropathic_pain_diagnosed")
    because = (*diagnosed.because, "no known fact makes any single condition plausible")
    return Grade(
        condition=FALLBACK,
        title=condition.title,
        level=GradeLevel.CANNOT_DETERMINE,
        because=because,
        ask=ask,
        sources=(rules.reason.source,),
    )


@cache
def _asked_first() -> tuple[str, ...]:
    """What settles the kind of a pain of which nothing is known."""
    return record.unique(id for part in conditions()[FALLBACK].rules.criteria() for id in part.facts())


@cache
def _confirming_tests() -> frozenset[str]:
    """The facts of tests that could confirm a lesion."""
    tests = (condition.rules.tests for condition in conditions().values())
    return frozenset(id for criterion in tests if criterion is not None for id in criterion.facts())


def _because(*parts: Judgement) -> tuple[str, ...]:
    return record.unique(reason for part in parts for reason in part.because)


def _ask(*parts: Judgement) -> tuple[str, ...]:
    return record.unique(id for part in parts for id in part.ask)
