"""What a medicine was taken for, where nobody says it: how much speaks for pain, and what could be the reason instead.

Nothing here is assumed: what is not stated counts for nothing certain. It is shown, so that a person can confirm it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from unwound import drugs, facts
from unwound.catalogue import Checked, Cited, Frozen, Head, Texts, load_rule
from unwound.patient import Patient, Trial
from unwound.record import unique
from unwound.terms import PurposeEvidence
from unwound.therapies import written_doses


class Rival(Frozen):
    """A diagnosis for which medicines of some classes are taken instead of for pain."""

    name: str
    classes: Texts
    facts: Texts = ()
    icd10: tuple[str, ...] = ()
    """Beginnings of codes, without the point."""
    snomed: Texts = ()
    words: Texts = ()


class Purposes(Head):
    """`data/rules/purposes.toml`."""

    checked: Checked
    by_use: Texts
    """Classes and drugs that are taken for pain by their use."""
    not_by_use: Texts
    """Classes and drugs of these that are as often taken for something else."""
    simple: Texts
    """Classes and drugs that stay out of the ledger while nothing says that they were taken for this pain."""
    matter_in: Texts
    """Conditions in which the bisphosphonates among them are a treatment."""
    low_dose_aspirin: Cited
    """Up to so much a day aspirin is taken for the vessels."""
    pain_facts: Texts
    """Facts of a diagnosis of neuropathic pain."""
    rivals: tuple[Rival, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much speaks for it that a trial was taken for pain, with the reason in words."""

    kind: PurposeEvidence
    because: str = ""


NOT_RECORDED = "whether it was taken for pain is not recorded"
UNKNOWN = Evidence(PurposeEvidence.OPEN, NOT_RECORDED)
"""Nothing speaks for or against it."""


@cache
def _rules() -> Purposes:
    return load_rule("purposes", Purposes)


def rivals(substances: Collection[str]) -> tuple[Rival, ...]:
    """What the substances are taken for instead of pain."""
    classes = frozenset(substances).union(*(drugs.classes(substance) for substance in substances))
    return tuple(rival for rival in _rules().rivals if not classes.isdisjoint(rival.classes))


def evidence(patient: Patient, trial: Trial) -> Evidence:
    """What speaks for pain as the purpose of a trial, the surest first.

    A branch for each class of evidence: stated, another reason, by its use, probable, open.
    """
    if trial.purpose is not None:
        return Evidence(PurposeEvidence.STATED)
    if trial.prescribed_for:
        why = f"prescribed for {trial.prescribed_for}; for pain too is not recorded"
        return Evidence(PurposeEvidence.ANOTHER_REASON, why)
    if _by_use(trial):
        return Evidence(PurposeEvidence.BY_USE, "for pain by its use; for which pain is not recorded")
    listed = rivals(drugs.ingredients(text=trial.therapy))
    candidates = unique((*trial.rivals, *(rival.name for rival in listed if _has(patient, rival, trial))))
    pain = trial.pain_then or _pain_by_facts(patient, trial)
    if pain and listed and not candidates:
        absent = ", ".join(rival.name for rival in listed)
        why = f"probably for pain: {pain} was known then; not in the record: {absent}"
        return Evidence(PurposeEvidence.PROBABLE, why)
    if not candidates:
        return UNKNOWN
    return Evidence(PurposeEvidence.OPEN, f"{NOT_RECORDED}; it may have been for {', '.join(candidates)}")


def _by_use(trial: Trial) -> bool:
    """Whether the medicine is taken for pain and hardly for anything else."""
    substances = drugs.ingredients(text=trial.therapy)
    if not substances or _is_low_dose_aspirin(trial, substances):
        return False
    # A cold remedy holds paracetamol too: every substance must be one for pain, and one of them for hardly else.
    rules = _rules()
    for_pain = all(_is_of(each, rules.by_use) or _is_of(each, rules.not_by_use) for each in substances)
    return for_pain and any(not _is_of(each, rules.not_by_use) for each in substances)


def _is_of(substance: str, names: Texts) -> bool:
    return substance in names or not drugs.classes(substance).isdisjoint(names)


def _is_low_dose_aspirin(trial: Trial, substances: tuple[str, ...]) -> bool:
    """Aspirin for the vessels: a low dose, or one that is not known."""
    if substances != ("aspirin",):
        return False
    strength = drugs.strength_mg(trial.therapy)
    dose = trial.top_dose if trial.top_dose is not None else written_doses.dose_in(trial.therapy) or strength
    return dose is None or dose <= _rules().low_dose_aspirin.value


def _has(patient: Patient, rival: Rival, trial: Trial) -> bool:
    """Whether the rival is known of the patient, and not only since after the first day of the trial."""
    first = trial.start or trial.ordered
    for id in rival.facts:
        fact = facts.known(patient, id, undated=True)
        if fact is not None and fact.value is True and not (fact.on and first and fact.on > first):
            return True
    return False


def _pain_by_facts(patient: Patient, trial: Trial) -> str:
    """A diagnosis of neuropathic pain that is dated no later than the first day of the trial."""
    first = trial.start or trial.ordered
    for id in _rules().pain_facts:
        fact = facts.known(patient, id)
        if fact is not None and fact.value is True and fact.on is not None and first is not None and fact.on <= first:
            return facts.vocabulary()[id].says
    return ""


def stays_out(trial: Trial, conditions: tuple[str, ...]) -> bool:
    """Whether a trial stays out of the ledger: a simple analgesic or a bone medicine of which nothing says that it was
    taken for this pain, that it was not borne, or that it helped.
    """
    if trial.purpose is not None or trial.stopped is not None or trial.relief_percent is not None or trial.effect:
        return False
    if trial.dose_limited_by_side_effects or trial.in_this_pain or trial.adherent:
        return False
    substances = drugs.ingredients(text=trial.therapy)
    if any("bisphosphonate" in drugs.classes(each) for each in substances):
        return not any(condition in _rules().matter_in for condition in conditions)
    return bool(substances) and all(_is_of(each, _rules().simple) for each in substances)
