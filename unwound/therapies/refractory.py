"""When pain counts as refractory: two rules side by side, and one payer's step rule. Whether the pain is neuropathic,
and how certainly, is judged elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from unwound import evidence, facts
from unwound.catalogue import Cited, CitedText, Head, Texts, load, load_rule
from unwound.patient import Patient
from unwound.record import Judgement, all_of, any_of, at_least, negated, unique
from unwound.terms import Jurisdiction, TrialVerdict
from unwound.therapies import adequacy, knowledge, taken
from unwound.therapies.adequacy import Case
from unwound.therapies.knowledge import TherapyGroup
from unwound.therapies.trials import Judged

Tried = Sequence[tuple[Case, Judged]]


class Rule(Head):
    """One file of `data/refractory`."""

    rule: CitedText
    counts: Literal["classes", "drugs"]
    of: Texts
    """The classes, or the therapies of known effectiveness, that count."""
    needed: Cited
    response_percent: Cited
    trial_days: Cited | None = None
    """How long each trial must have been, where the rule says; else as each therapy says."""
    pain_days: Cited
    pain_nrs: Cited
    interferes: bool = False


class PayerRule(Head):
    """`data/rules/ohio_step_therapy.toml`."""

    rule: CitedText
    jurisdiction: Jurisdiction
    needed: Cited
    trial_days: Cited


def rules() -> Mapping[str, Rule]:
    """Every definition of refractory pain by its id."""
    return load("refractory", Rule)


def payer_rule() -> PayerRule:
    """The one payer's step rule that was found in public."""
    return load_rule("ohio_step_therapy", PayerRule)


_SINGULAR: Mapping[str, str] = {"classes": "class", "drugs": "drug"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many classes or drugs have failed: for certain, and if the trials were taken for this pain as prescribed."""

    certain: int
    possible: int
    needed: int
    of: str
    short_days: tuple[float, ...] = ()
    """Days of each drug tried at full dose without relief, but for less than the rule asks for."""
    asked_days: float = 0
    """The days that the rule asks each trial for; 0 where each therapy has its own."""

    def __str__(self) -> str:
        """As a reason says it: «2 classes failed, 3 required», «certain 1, possible 3 of 3 classes».

        Drugs whose trials were full but shorter than the rule asks for are named with their days: «0 drugs failed»
        would hide them.
        """
        if not self.short_days:
            return self._in_numbers()
        count = len(self.short_days)
        least, most = min(self.short_days), max(self.short_days)
        days = f"{least:g} days" if least == most else f"{least:g} to {most:g} days"
        tried = f"tried at full dose without relief for {days}"
        if not self.possible:
            drugs = "drug" if count == 1 else "drugs"
            return (
                f"{count} {drugs} {tried}; the rule asks for {self.asked_days:g} days each, and for {self.needed} drugs"
            )
        return f"{self._in_numbers()}; {count} more {tried}: the rule asks for {self.asked_days:g} days each"

    def _in_numbers(self) -> str:
        if self.certain == self.possible:
            of = _SINGULAR.get(self.of, self.of) if self.certain == 1 else self.of
            return f"{self.certain} {of} failed, {self.needed} required"
        return f"certain {self.certain}, possible {self.possible} of {self.needed} {self.of}"


def _counts(rule: Rule, tried: Tried, closed: frozenset[str], failures: list[Judgement]) -> Counts:
    """What has failed by a rule, for certain (the `failures`) and possibly."""
    certain = sum(1 for failure in failures if failure.holds)
    confirmed = [
        (replace(case, confirmed=True), judged.if_confirmed) if judged.if_confirmed else (case, judged)
        for case, judged in tried
    ]
    possible = sum(1 for failure in _failures(rule, confirmed, closed) if failure.holds)
    return Counts(
        certain=certain,
        possible=max(certain, possible),
        needed=int(rule.needed.value),
        of=rule.counts,
        short_days=_too_short(rule, confirmed),
        asked_days=rule.trial_days.value if rule.trial_days else 0,
    )


def _too_short(rule: Rule, tried: Tried) -> tuple[float, ...]:
    """The days of each drug that failed by its own measure (dose, days), where the rule asks for more days."""
    if rule.trial_days is None:
        return ()
    longest: dict[str, float] = {}
    enough = set[str]()
    for case, judged in tried:
        drug = taken.drug_or_group(case.trial.therapy)
        if judged.therapy not in rule.of:
            continue
        if _long_enough(case, judged, rule.trial_days).holds:
            enough.add(drug)
        elif judged.verdict == TrialVerdict.FAILED_ADEQUATE and case.days is not None:
            longest[drug] = max(case.days, longest.get(drug, 0.0))
    return tuple(sorted(days for drug, days in longest.items() if drug not in enough and days < rule.trial_days.value))


def judge(patient: Patient, rule: Rule, tried: Tried, closed: frozenset[str]) -> tuple[Judgement, Counts]:
    """Whether the rule is met, and what has failed by it; `closed` are classes that contraindications rule out.

    What the rule counts is the first reason, unless something else alone decides against it.
    """
    failures = _failures(rule, tried, closed)
    counts = _counts(rule, tried, closed, failures)
    of_this_pain = [pair for pair in tried if pair[1].for_this_pain.holds is not False]
    enough = at_least(int(rule.needed.value), failures)
    whole = all_of(
        (
            enough,
            reaches(patient, "pain_duration_days", rule.pain_days),
            *_still_bad(patient, rule, of_this_pain),
            *([facts.yes(patient, "pain_interferes_much")] if rule.interferes else ()),
        )
    )
    counted = f"{rule.title}: {counts}"
    if whole.holds is False and enough.holds is not False:
        return Judgement(False, (*whole.because, counted)), counts
    return Judgement(whole.holds, (counted, *whole.because), whole.ask), counts


def _failures(rule: Rule, tried: Tried, closed: frozenset[str]) -> list[Judgement]:
    return _classes(rule, tried, closed) if rule.counts == "classes" else _drugs(rule, tried)


def _still_bad(patient: Patient, rule: Rule, tried: Tried) -> tuple[Judgement, ...]:
    pain = reaches(patient, "pain_average_nrs", rule.pain_nrs)
    # Relief that was not tolerated is none that the patient could go on with.
    kept = (judged for _, judged in tried if judged.verdict != TrialVerdict.INTOLERANT)
    relief = negated(any_of(_responded(judged) for judged in kept))
    reason = f"no treatment gave relief of {rule.response_percent.value:g} % or more"
    nothing_helped = Judgement(True, (reason,)) if relief.holds else relief
    return pain, nothing_helped


def _responded(judged: Judged) -> Judgement:
    helped, name = judged.helped, knowledge.title(judged.trial.therapy)
    return Judgement(helped.holds, tuple(f"{name}: {reason}" for reason in helped.because), helped.ask)


def reaches(patient: Patient, id: str, limit: Cited) -> Judgement:
    """Whether a number that is known reaches the limit of a rule."""
    fact = facts.known(patient, id)
    if fact is None or not isinstance(fact.value, int | float):
        return Judgement(None, (), (id,))
    return Judgement(fact.value >= limit.value, (facts.says(id, fact),))


def _classes(rule: Rule, tried: Tried, closed: frozenset[str]) -> list[Judgement]:
    """One judgement a class: several trials of a class count once."""
    return [_one_class(name, tried, name in closed) for name in rule.of]


def _one_class(name: str, tried: Tried, closed: bool) -> Judgement:
    """Relief from one drug of the class outweighs any failure; a class that is ruled out counts as failed."""
    # A trial that may have given relief leaves the class open, whatever else failed in it: an unknown is no failure.
    of_class = [judged for case, judged in tried if case.therapy and case.therapy.drug_class == name]
    helped = [
        f"{name}: {knowledge.title(judged.trial.therapy)} gave relief"
        for judged in of_class
        if judged.verdict == TrialVerdict.RESPONDED
    ]
    if helped:
        return Judgement(False, tuple(helped))
    whole = any_of(_counted(judged) for judged in of_class)
    may_have_helped = [judged for judged in of_class if judged.may_have_helped]
    if may_have_helped and (whole.holds or closed):
        return Judgement(None, (), unique(id for judged in may_have_helped for id in judged.helped.ask))
    if whole.holds is not True and closed:
        return Judgement(True, (f"{name}: ruled out by a contraindication",))
    return whole if of_class else Judgement(False, (f"{name}: no trial is recorded",))


def _counted(judged: Judged) -> Judgement:
    return Judgement(judged.counts, (f"{knowledge.title(judged.trial.therapy)}: {judged.says}",), judged.ask)


def _drugs(rule: Rule, tried: Tried) -> list[Judgement]:
    """One judgement a drug: each long enough, or ended by side effects."""
    by_drug: dict[str, list[Judgement]] = {}
    for case, judged in tried:
        if judged.therapy in rule.of:
            drug = taken.drug_or_group(case.trial.therapy)
            by_drug.setdefault(drug, []).append(_long_enough(case, judged, rule.trial_days))
    return [any_of(of_drug) for of_drug in by_drug.values()]


def _long_enough(case: Case, judged: Judged, days: Cited | None) -> Judgement:
    """Failed for so long, or not tolerated; what was taken before this pain, or not for it, is no trial of it."""
    if judged.counts and not judged.for_this_pain.holds:
        name = knowledge.title(case.trial.therapy)
        return Judgement(judged.for_this_pain.holds, (f"{name}: {judged.says}",), judged.for_this_pain.ask)
    if judged.counts is False or judged.verdict == TrialVerdict.INTOLERANT or days is None:
        return _counted(judged)
    adequate = adequacy.adequate(case, days)
    both = all_of((adequate, judged.for_this_pain, negated(judged.helped)))
    name = knowledge.title(case.trial.therapy)
    if judged.counts and both.holds:
        return Judgement(True, (f"{name}: failed after {days.value:g} {days.unit}s or more",))
    holds = None if both.holds else both.holds
    return Judgement(holds, tuple(f"{name}: {reason}" for reason in both.because), unique((*both.ask, *judged.ask)))


def step_rule(patient: Patient, tried: Tried) -> Judgement | None:
    """Whether the payer's step rule is met; None where it does not apply."""
    rule = payer_rule()
    if patient.jurisdiction not in (None, rule.jurisdiction):
        return None
    by_class: dict[str, list[Judgement]] = {}
    for case, judged in tried:
        if case.therapy and case.therapy.group in (TherapyGroup.DRUG, TherapyGroup.TOPICAL, TherapyGroup.OPIOID):
            by_class.setdefault(case.therapy.drug_class, []).append(_failed_for(case, judged, rule.trial_days))
    whole = at_least(int(rule.needed.value), [any_of(of_class) for of_class in by_class.values()])
    return Judgement(whole.holds, (rule.rule.text, *whole.because), whole.ask)


def _failed_for(case: Case, judged: Judged, days: Cited) -> Judgement:
    """Taken for this pain, as prescribed, for the payer's days without relief; or not tolerated."""
    name = knowledge.title(case.trial.therapy)
    if judged.verdict == TrialVerdict.INTOLERANT:
        return Judgement(True, (f"{name}: not tolerated",))
    lasted = Judgement(None, (), (case.asks("days"),))
    if case.days is not None:
        lasted = Judgement(case.days >= days.value, (f"{name}: {case.days:g} days",))
    return all_of((lasted, judged.for_this_pain, adequacy.adherence(case), negated(_responded(judged))))


def sources(rule: Rule) -> tuple[str, ...]:
    """What the rule rests on."""
    return evidence.cite(rule)
