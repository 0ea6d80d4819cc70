"""Whether a therapy suits this patient: what speaks against it, how strongly, and what would have to be known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from unwound import allergies, drugs, facts, memo
from unwound.catalogue import Checked, CitedText
from unwound.patient import Patient
from unwound.record import Judgement, unique
from unwound.terms import Purpose
from unwound.therapies import doses, knowledge
from unwound.therapies.doses import Ceiling, Kidneys
from unwound.therapies.knowledge import ObjectionLevel, Therapy


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """One thing that speaks against a therapy in this patient: `absolute` takes it out, a `caution` is weighed."""

    level: ObjectionLevel
    text: str
    because: tuple[str, ...]
    source: str
    checked: Checked

    @classmethod
    def of(cls, reason: knowledge.Against, judgement: Judgement) -> Against:
        """What a file says against a therapy, with what in this patient it holds by."""
        return cls(
            level=reason.level,
            text=reason.text,
            because=judgement.because,
            source=reason.source,
            checked=reason.checked,
        )


@dataclass(frozen=True, slots=True)
class Suits:
    """What speaks against a therapy, and the facts that could still add to it."""

    against: tuple[Against, ...]
    ask: tuple[str, ...]
    ceiling: Ceiling

    @property
    def unsuitable(self) -> bool:
        """Whether something speaks against it absolutely; the absolute come first."""
        return bool(self.against) and self.against[0].level == ObjectionLevel.ABSOLUTE


def suits(patient: Patient, id: str, kidneys: Kidneys, conditions: tuple[str, ...]) -> Suits:
    """What speaks against a therapy, remembered by all that it turns on."""
    taken = _taken_for_mood(patient, id)
    known = facts.state(patient, _reads(id), undated=True)
    key = (known, kidneys, conditions, patient.allergies, patient.jurisdiction, bool(taken))
    return memo.kept(_memory(id), key, lambda: _weighed(patient, id, kidneys, conditions, taken))


@cache
def _memory(id: str) -> dict[object, Suits]:
    return {}


@cache
def _reads(id: str) -> tuple[str, ...]:
    """Every fact that could matter for a therapy: objections, limits of its dose, pregnancy and breast-feeding."""
    therapy = knowledge.therapies()[id]
    criteria = (
        *(reason.when for reason in knowledge.against(id)),
        *(limit.when for limit in therapy.limits if limit.when),
        knowledge.fitting().gently_when,
    )
    own = ("age_years", "pregnant", "pregnancy_possible", "pregnancy_planned", "breastfeeding")
    return unique((*own, "medication_list_complete", *(fact for criterion in criteria for fact in criterion.facts())))


def _weighed(patient: Patient, id: str, kidneys: Kidneys, conditions: tuple[str, ...], taken: list[Against]) -> Suits:
    therapy = knowledge.therapies()[id]
    ceiling = doses.ceiling(patient, kidneys, id, conditions)
    with_child, ask = _with_child(patient, therapy)
    against = [*_allergy(id, patient.allergies), *_not_for(id, conditions), *_kidneys(therapy, ceiling)]
    against += (*taken, *with_child)
    for reason in knowledge.against(id):
        judgement = facts.warns(patient, reason.when)
        if judgement.holds:
            against.append(Against.of(reason, judgement))
        elif judgement.holds is None and reason.ask_when_unknown:
            ask.extend(judgement.ask)
    against.sort(key=lambda reason: reason.level)
    return Suits(tuple(against), _askable(patient, (*ask, *ceiling.ask)), ceiling)


def _with_child(patient: Patient, therapy: Therapy) -> tuple[list[Against], list[str]]:
    """What is known of the therapy in pregnancy (there, possible or wished for) and in breast-feeding."""
    against: list[Against] = []
    ask: list[str] = []
    if therapy.pregnancy:
        now, possible = facts.yes(patient, "pregnant", undated=True), facts.yes(patient, "pregnancy_possible")
        wished = facts.yes(patient, "pregnancy_planned", undated=True)
        held = next((judgement for judgement in (now, wished, possible) if judgement.holds), None)
        if held:
            against.append(_objection(therapy.pregnancy, "pregnancy" if now.holds else "pregnancy possible", held))
        elif possible.holds is None:
            ask.extend(now.ask)
    if therapy.breastfeeding:
        nursing = facts.yes(patient, "breastfeeding")
        if nursing.holds:
            against.append(_objection(therapy.breastfeeding, "breast-feeding", nursing))
    return against, ask


def _objection(known: CitedText, about: str, judgement: Judgement) -> Against:
    return Against(
        level=ObjectionLevel.CAUTION,
        text=f"{about}: {known.text}",
        because=judgement.because,
        source=known.source,
        checked=known.checked,
    )


def _askable(patient: Patient, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Facts on medicines taken are read from their list: whether it is complete is asked first, and only once.

    A list that is known to lack something cannot be asked again; the medicines that matter are asked one by one.
    """
    if facts.yes(patient, "medication_list_complete").holds is not None:
        return unique(ids)
    vocabulary = facts.vocabulary()
    return unique("medication_list_complete" if id in vocabulary and vocabulary[id].classes else id for id in ids)


@lru_cache(maxsize=4096)
def _not_for(id: str, conditions: tuple[str, ...]) -> tuple[Against, ...]:
    return tuple(
        Against(level=reason.level, text=reason.text, because=(), source=reason.source, checked=reason.checked)
        for reason in knowledge.therapies()[id].not_for
        if not set(reason.conditions).isdisjoint(conditions)
    )


@lru_cache(maxsize=4096)
def _allergy(id: str, entries: tuple[str, ...]) -> tuple[Against, ...]:
    """A recorded allergy takes a medicine out, a recorded side effect is shown with it.

    Where the therapy is several medicines, another one may be chosen: then either is a caution.
    """
    of_therapy = frozenset(knowledge.therapies()[id].drugs or (id,))
    read_entries = [(written, allergies.read(written)) for written in entries]
    allergic = {drug for _, entry in read_entries for drug in entry.allergic} & of_therapy
    to = [
        written
        for written, entry in read_entries
        if not of_therapy.isdisjoint(entry.allergic) or _all_of_it(id, written)
    ]
    whole = id in allergic or allergic == of_therapy or any(_all_of_it(id, written) for written in to)
    not_borne = [written for written, entry in read_entries if not of_therapy.isdisjoint(entry.intolerant)]
    objections: list[Against] = []
    if to:
        objections.append(_recorded("allergy", to, ObjectionLevel.ABSOLUTE if whole else ObjectionLevel.CAUTION))
    if not_borne:
        objections.append(_recorded("side effects, no allergy", not_borne, ObjectionLevel.CAUTION))
    return tuple(objections)


def _all_of_it(id: str, written: str) -> bool:
    """Whether an entry that names no drug names the whole therapy: «opioids»."""
    return not drugs.ingredients(text=written) and not allergies.denies(written) and knowledge.therapy_of(written) == id


def _recorded(what: str, entries: list[str], level: ObjectionLevel) -> Against:
    return Against(
        level=level,
        text=f"recorded {what}: {', '.join(entries)}",
        because=(),
        source="unwound_local",
        checked=Checked.UNCHECKED,
    )


def _taken_for_mood(patient: Patient, id: str) -> list[Against]:
    """Its trial for depression is no trial for pain, but it must not be started a second time."""
    ongoing = (trial for trial in patient.trials if trial.purpose == Purpose.DEPRESSION and trial.ongoing)
    if not any(knowledge.therapy_of(trial.therapy) == id for trial in ongoing):
        return []
    text = "already taken for depression: ask what it does for the pain before changing the dose"
    return [
        Against(level=ObjectionLevel.CAUTION, text=text, because=(), source="unwound_local", checked=Checked.UNCHECKED)
    ]


def _kidneys(therapy: Therapy, ceiling: Ceiling) -> list[Against]:
    if not ceiling.avoid:
        return []
    limits = (limit.maximum for limit in therapy.renal if limit.maximum is not None and limit.maximum.value == 0)
    return [
        Against(
            level=ObjectionLevel.ABSOLUTE, text=ceiling.because, because=(), source=limit.source, checked=limit.checked
        )
        for limit in limits
    ][:1]
