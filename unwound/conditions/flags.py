"""Which kinds of pain are there: independent flags, because one person can have several kinds at once.

A flag is true when its kind is certain enough to act on (probable or better), false when it is ruled out or can no
longer reach that, unknown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unwound import facts, places, record
from unwound.conditions.grading import Grade, established
from unwound.conditions.knowledge import ConditionGroup, conditions, criteria
from unwound.facts import meets
from unwound.patient import Patient
from unwound.places import area
from unwound.record import Judgement

_OF_NERVES = (ConditionGroup.PERIPHERAL, ConditionGroup.CENTRAL)
_GATE = "crps_disproportionate"
"""The question that stands for all the criteria of CRPS while nothing points to it."""
_NO_AREA = "other"
"""The word of `pain_distribution` that names no area: whether it fits a nerve is then asked by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """Neuropathic, nociceptive, nociplastic (Kosek 2021), CRPS by Budapest, fibromyalgia by ACR 2016."""

    neuropathic: Judgement
    nociceptive: Judgement
    nociplastic: Judgement
    crps: Judgement
    crps_research: Judgement
    fibromyalgia: Judgement


def flags(patient: Patient, grades: tuple[Grade, ...]) -> Flags:
    """The flags of one patient whose conditions are graded."""
    neuropathic = _neuropathic(patient, grades)
    budapest = criteria("budapest")
    base = budapest.judge(patient, "disproportionate", "symptoms", "signs", "no_better_diagnosis")
    research = base if base.holds is False else record.all_of((base, budapest.judge(patient, "symptoms_research")))
    looks_like_crps = any(conditions()[grade.condition].group == ConditionGroup.CRPS for grade in grades)
    if not looks_like_crps:
        base, research = (_where_it_can_be(patient, judgement) for judgement in (base, research))
    return Flags(
        neuropathic=neuropathic,
        nociceptive=criteria("nociceptive").judge(patient, "explained"),
        nociplastic=_nociplastic(patient, neuropathic, grades),
        crps=base,
        crps_research=research,
        fibromyalgia=criteria("acr_2016").judge(patient, "scores", "regions", "duration"),
    )


def _where_it_can_be(patient: Patient, judgement: Judgement) -> Judgement:
    """CRPS is a pain of a limb that nothing explains better: elsewhere, or with a tissue that explains it, it is none.

    Where nothing points to it, one question stands for the eleven of its criteria, and while nobody has said which
    part of the body hurts, that is the question.
    """
    tissue = facts.yes(patient, "tissue_damage_explains_pain")
    if tissue.holds and facts.known(patient, "crps_no_better_diagnosis") is None:
        return Judgement(False, tissue.because)
    if places.elsewhere(patient, places.anatomy().limb):
        return Judgement(False, (facts.says(places.SITE, patient.facts[places.SITE]),))
    limb = criteria("budapest").judge(patient, "limb") if area(patient) else Judgement(True)
    first = places.to_ask(patient) if _GATE in judgement.ask and limb.holds else ()
    if first:
        return Judgement(judgement.holds, judgement.because, first if area(patient) else (*first, _GATE))
    return record.all_of((limb, _gate_first(judgement, _GATE)))


def _neuropathic(patient: Patient, grades: tuple[Grade, ...]) -> Judgement:
    judgement = record.any_of(_nerve_parts(patient, grades))
    if judgement.holds is False:
        judgement = record.any_of((judgement, _elsewhere(patient, grades)))
    diagnosed = facts.yes(patient, "neuropathic_pain_diagnosed")
    if judgement.holds is None and diagnosed.holds:
        return Judgement(None, (*judgement.because, *diagnosed.because), judgement.ask)
    return judgement


def _nerve_parts(patient: Patient, grades: tuple[Grade, ...], word: str = "") -> Iterator[Judgement]:
    """Whether each graded condition makes the pain neuropathic; with a word, only those that explain that area.

    CRPS does so when a major nerve is injured (type II), and that may still be unknown.
    """
    for grade in grades:
        condition = conditions()[grade.condition]
        if word and word not in condition.rules.territory:
            continue
        if condition.group in (*_OF_NERVES, ConditionGroup.ACUTE):
            yield established(grade)
        elif condition.group == ConditionGroup.CRPS:
            yield record.all_of((established(grade), facts.yes(patient, "crps_major_nerve_lesion")))


def _elsewhere(patient: Patient, grades: tuple[Grade, ...]) -> Judgement:
    """Whether a neuropathic condition that is not listed could be there, as far as area and histories tell."""
    fits = facts.yes(patient, "distribution_fits_nervous_system")
    words = area(patient)
    if fits.holds is False:
        return fits
    if not words:
        return Judgement(None, (), ("pain_distribution",))
    ask = _unlisted(patient, grades, words)
    if ask or _NO_AREA not in words:
        where = (facts.says("pain_distribution", patient.facts["pain_distribution"]),)
        return Judgement(None if ask else False, where, ask)
    return Judgement(None, fits.because, ("pain_distribution",) if fits.holds else fits.ask)


def _unlisted(patient: Patient, grades: tuple[Grade, ...], words: frozenset[str]) -> tuple[str, ...]:
    """What to ask about the conditions that fit these areas and are not listed, because their history is not known."""
    listed = {grade.condition for grade in grades}
    unlisted = (condition for id, condition in conditions().items() if id not in listed)
    candidates = [condition.rules for condition in unlisted if condition.group in _OF_NERVES]
    common = [rules for rules in candidates if rules.suspected_when is None]
    histories = (meets(patient, rules.history) for rules in common if rules.territory & words)
    return record.unique(id for history in histories for id in history.ask)


def _nociplastic(patient: Patient, neuropathic: Judgement, grades: tuple[Grade, ...]) -> Judgement:
    kosek = criteria("kosek_2021")
    entry = kosek.judge(patient, "duration", "region", "hypersensitivity")
    if entry.holds is False:
        return entry
    possible = record.all_of((entry, record.negated(_explained(patient, neuropathic, grades))))
    probable = record.all_of((possible, kosek.judge(patient, "history", "comorbidity")))
    if possible.holds and not probable.holds:
        return Judgement(
            probable.holds, ("nociplastic pain is possible, but not probable", *probable.because), probable.ask
        )
    return probable


def _explained(patient: Patient, neuropathic: Judgement, grades: tuple[Grade, ...]) -> Judgement:
    """Whether nociceptive or neuropathic pain explains the whole painful area, word by word."""
    tissue = facts.yes(patient, "tissue_damage_explains_pain")
    words = area(patient)
    if not words:
        return record.any_of((tissue, neuropathic))
    return record.all_of(_explains(patient, word, tissue, grades) for word in sorted(words))


def _explains(patient: Patient, word: str, tissue: Judgement, grades: tuple[Grade, ...]) -> Judgement:
    parts = list(_nerve_parts(patient, grades, word))
    if word in conditions()["nociceptive_pain"].rules.territory:
        parts.append(tissue)
    ask = _unlisted(patient, grades, frozenset((word,)))
    return record.any_of((*parts, Judgement(None, (), ask)) if ask else parts)


def _gate_first(judgement: Judgement, gate: str) -> Judgement:
    """The same judgement asking only its first question while that is open, instead of eleven at once."""
    return Judgement(judgement.holds, judgement.because, (gate,)) if gate in judgement.ask else judgement
