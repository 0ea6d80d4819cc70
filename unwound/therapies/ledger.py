"""What was tried, and how adequately: a verdict on every trial, counts by class, and whether the pain is refractory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from unwound.patient import Patient, Trial
from unwound.record import Judgement, unique
from unwound.terms import Purpose, TrialVerdict
from unwound.therapies import doses, knowledge, refractory, trials
from unwound.therapies.doses import NO_CEILING
from unwound.therapies.knowledge import TherapyGroup
from unwound.therapies.refractory import Tried
from unwound.therapies.suits import suits
from unwound.therapies.trials import Case, Judged

# Which of several trials of the same drug stands for it: the first of these that any of them is.
BEST: tuple[TrialVerdict, ...] = (
    TrialVerdict.RESPONDED,
    TrialVerdict.FAILED_ADEQUATE,
    TrialVerdict.INTOLERANT,
    TrialVerdict.ONGOING,
    TrialVerdict.CANNOT_TELL,
    TrialVerdict.INADEQUATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One drug or procedure that was tried, with the verdict on its best trial."""

    therapy: str
    """Id of the therapy, or the written name of one that is not in the catalogue."""
    title: str
    drug_class: str
    verdict: TrialVerdict
    because: tuple[str, ...]
    ask: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything tried for the pain, and the two rules for «refractory» side by side."""

    entries: tuple[Entry, ...]
    refractory_local: Judgement
    refractory_delphi: Judgement
    sources: tuple[str, ...]

    def of(self, therapy: str) -> tuple[Entry, ...]:
        """The entries of one therapy."""
        return tuple(entry for entry in self.entries if entry.therapy == therapy)

    def of_class(self, drug_class: str) -> tuple[Entry, ...]:
        """The entries of one class."""
        return tuple(entry for entry in self.entries if entry.drug_class == drug_class)


def ledger(patient: Patient) -> Ledger:
    """The verdict on each treatment tried for pain, and whether the pain counts as refractory by either rule."""
    groups = _by_drug(judged(patient))
    entries = tuple(_entry(group) for group in groups)
    counting = [pair for group in groups for pair in _counting(group)]
    rules = refractory.rules()
    local, delphi = rules["local"], rules["delphi"]
    counted = {
        entry.drug_class
        for entry in entries
        if entry.verdict in (TrialVerdict.FAILED_ADEQUATE, TrialVerdict.INTOLERANT)
    }
    still_open = tuple(name for name in local.of if name not in counted)
    return Ledger(
        entries,
        refractory.judge(patient, local, counting, _closed(patient, still_open)),
        refractory.judge(patient, delphi, counting, frozenset()),
        unique((*(id for entry in entries for id in entry.sources), *_rule_sources())),
    )


def step_therapy(patient: Patient) -> Judgement | None:
    """Whether a payer's step rule is met (Ohio Medicaid, US); None where the patient is known to be elsewhere."""
    return refractory.step_rule(patient, judged(patient))


def judged(patient: Patient) -> Tried:
    """Every trial for pain with its verdict, in an order that does not depend on how they were written down."""
    kidneys, at = doses.kidneys(patient), refractory.rules()["local"].response_percent
    pairs = []
    for trial in _trials(patient):
        id = knowledge.therapy_of(trial.therapy)
        therapy = knowledge.therapies()[id] if id else None
        ceiling = doses.ceiling(patient, kidneys, id) if id else NO_CEILING
        days = trials.days_of(patient, trial)
        case = Case(
            trial=trial, therapy=therapy, ceiling=ceiling, days=days, ongoing=_ongoing(patient, trial), responds_at=at
        )
        pairs.append((case, trials.judge(case, id)))
    return sorted(pairs, key=lambda pair: _order(pair[1]))


def _order(judged: Judged) -> tuple[str, int, str, str, tuple[str, ...], tuple[str, ...]]:
    trial = judged.trial
    when = f"{trial.days} {trial.start} {trial.end}"
    return (
        knowledge.title(trial.therapy),
        BEST.index(judged.verdict),
        trial.therapy,
        when,
        judged.because,
        judged.ask,
    )


def _trials(patient: Patient) -> Iterator[Trial]:
    """The trials for pain, and pain medicines taken now without a recorded trial."""
    recorded = {_drug(trial.therapy) for trial in patient.trials}
    yield from (trial for trial in patient.trials if trial.purpose != Purpose.DEPRESSION)
    for medication in patient.medications:
        drug = _drug(medication.drug)
        if drug in recorded or knowledge.therapy_of(medication.drug) not in _for_pain():
            continue
        recorded.add(drug)
        yield Trial.model_construct(
            therapy=medication.drug, purpose=None, top_dose=medication.dose_mg_per_day, ongoing=True, note="taken now"
        )


@cache
def _for_pain() -> frozenset[str]:
    return frozenset(
        id
        for id, therapy in knowledge.therapies().items()
        if therapy.group in (TherapyGroup.DRUG, TherapyGroup.TOPICAL, TherapyGroup.OPIOID)
    )


def _drug(written: str) -> str:
    return knowledge.drug_of(written) or written


def _ongoing(patient: Patient, trial: Trial) -> bool | None:
    """Whether it is still taken: as recorded, or by the medication list where the trial has no end."""
    if trial.ongoing is not None or trial.end is not None or trial.stopped is not None:
        return bool(trial.ongoing)
    drug = _drug(trial.therapy)
    return True if any(_drug(medication.drug) == drug for medication in patient.medications) else None


def _closed(patient: Patient, classes: tuple[str, ...]) -> frozenset[str]:
    """The classes in which a known contraindication rules out every first-line medicine."""
    ruled_out: dict[str, list[bool]] = {}
    kidneys = doses.kidneys(patient)
    shared: dict[int, Judgement] = {}
    for id in knowledge.general().ladder.first:
        name = knowledge.therapies()[id].drug_class
        if name in classes:
            ruled_out.setdefault(name, []).append(suits(patient, id, kidneys, (), shared).unsuitable)
    return frozenset(name for name, members in ruled_out.items() if all(members))


def _by_drug(tried: Tried) -> list[list[tuple[Case, Judged]]]:
    groups: dict[str, list[tuple[Case, Judged]]] = {}
    for pair in tried:
        groups.setdefault(_drug(pair[1].trial.therapy), []).append(pair)
    return list(groups.values())


def _counting(group: list[tuple[Case, Judged]]) -> list[tuple[Case, Judged]]:
    """The trials of a drug that the rules look at: all, unless relief is among them; then the one that counts."""
    return [_best(group)] if any(judged.verdict == TrialVerdict.RESPONDED for _, judged in group) else group


def _entry(group: list[tuple[Case, Judged]]) -> Entry:
    case, best = _best(group)
    others = [trials.VERDICT_WORDS[judged.verdict] for _, judged in group if judged is not best]
    merged = (f"the best of {len(group)} trials counts; the others: {', '.join(others)}",) if others else ()
    return Entry(
        therapy=best.therapy or best.trial.therapy,
        title=knowledge.title(best.trial.therapy),
        drug_class=case.therapy.drug_class if case.therapy else "other",
        verdict=best.verdict,
        because=(*merged, *best.because),
        ask=best.ask,
        sources=_sources(case, best),
    )


def _best(group: list[tuple[Case, Judged]]) -> tuple[Case, Judged]:
    """By verdict; but where relief was later followed by an adequate failure, and both are dated, the later counts."""
    ranked = sorted(group, key=lambda pair: BEST.index(pair[1].verdict))
    settled = [pair for pair in ranked if pair[1].verdict in (TrialVerdict.RESPONDED, TrialVerdict.FAILED_ADEQUATE)]
    dated = [(when, pair) for pair in settled if (when := _when(pair[1].trial))]
    if settled and len(dated) == len(settled):
        return max(dated, key=lambda item: item[0])[1]
    return ranked[0]


def _when(trial: Trial) -> date | None:
    return trial.end or trial.start


def _sources(case: Case, best: Judged) -> tuple[str, ...]:
    if best.therapy is None:
        return ()
    return unique((*knowledge.sources(best.therapy), *case.ceiling.sources, case.responds_at.source))


@cache
def _rule_sources() -> tuple[str, ...]:
    return unique(id for rule in refractory.rules().values() for id in refractory.sources(rule))
