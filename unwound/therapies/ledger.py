"""What was tried, and how adequately: a verdict on every trial, counts by class, and whether the pain is refractory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from unwound.memo import Again, Differs
from unwound.patient import Patient, Trial
from unwound.record import Judgement, unique
from unwound.terms import PurposeEvidence, TrialVerdict, WhyStopped
from unwound.therapies import adequacy, doses, knowledge, purposes, refractory, taken, trials
from unwound.therapies.adequacy import Case
from unwound.therapies.doses import NO_CEILING
from unwound.therapies.overlap import confirmed, goes_on, overlap
from unwound.therapies.refractory import Counts, Tried
from unwound.therapies.suits import suits
from unwound.therapies.taken import drug_or_group
from unwound.therapies.trials import Judged

# Which of several trials of the same drug stands for it: the first of these that any of them is.
BEST: tuple[TrialVerdict, ...] = (
    TrialVerdict.RESPONDED,
    TrialVerdict.FAILED_ADEQUATE,
    TrialVerdict.INTOLERANT,
    TrialVerdict.ONGOING,
    TrialVerdict.CANNOT_TELL,
    TrialVerdict.INADEQUATE,
    TrialVerdict.NOT_THIS_PAIN,
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
    counts: bool | None = None
    """Whether it counts for certain towards «refractory»."""
    possible: bool | None = None
    """Whether it would, if it was taken for this pain and as prescribed."""
    counts_if: tuple[str, ...] = ()
    """How it must have been taken for that, which nobody has confirmed: «for this pain», «as prescribed»."""
    dose: str = ""
    """The highest daily dose with its unit, «900 of 1800 mg/day» where it fell short; empty where it is not known.

    Of what is not in the catalogue nobody knows in which unit it was written."""
    days: str = ""
    """The days it was taken, «20 of 28» where they fell short; empty where they are not known."""
    purpose: PurposeEvidence = PurposeEvidence.OPEN
    """How much speaks for pain as its purpose."""
    relief: str = ""
    """What it did to the pain: «10 %», «none»; empty where it is not known."""

    @property
    def says(self) -> str:
        """The verdict in words, with what it depends on: «failed, if taken as prescribed»."""
        return trials.in_words(self.verdict, self.counts_if)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything tried for the pain, and the two rules for «refractory» side by side."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]
    """Simple analgesics and bone medicines of which nothing says that they were taken for this pain."""
    refractory_local: Judgement
    refractory_delphi: Judgement
    local_counts: Counts
    """How many of what the local rule counts have failed: for certain, and possibly."""
    delphi_counts: Counts
    sources: tuple[str, ...]

    def of(self, therapy: str) -> tuple[Entry, ...]:
        """The entries of one therapy."""
        return tuple(entry for entry in self.entries if entry.therapy == therapy)

    def of_class(self, drug_class: str) -> tuple[Entry, ...]:
        """The entries of one class."""
        return tuple(entry for entry in self.entries if entry.drug_class == drug_class)


def ledger(patient: Patient, conditions: tuple[str, ...] = ()) -> Ledger:
    """The verdict on each treatment tried for pain, and whether the pain counts as refractory by either rule."""
    return summed(patient, judged(patient, conditions), closed(patient), conditions)


def summed(patient: Patient, tried: Tried, closed: frozenset[str], conditions: tuple[str, ...]) -> Ledger:
    """The ledger of trials that are judged; `closed` are the classes that a contraindication rules out."""
    tried, left_out = _apart(tried, conditions)
    groups = _by_drug(tried)
    entries = tuple(_entry(group) for group in groups)
    counting = [pair for group in groups for pair in _counting(group)]
    rules = refractory.rules()
    local, delphi = rules["local"], rules["delphi"]
    counted = {entry.drug_class for entry in entries if entry.counts}
    refractory_local, local_counts = refractory.judge(patient, local, counting, closed - counted)
    refractory_delphi, delphi_counts = refractory.judge(patient, delphi, counting, frozenset())
    return Ledger(
        entries=entries,
        left_out=left_out,
        refractory_local=refractory_local,
        refractory_delphi=refractory_delphi,
        local_counts=local_counts,
        delphi_counts=delphi_counts,
        sources=unique((*(id for entry in entries for id in entry.sources), *_rule_sources())),
    )


def _apart(tried: Tried, conditions: tuple[str, ...]) -> tuple[Tried, tuple[str, ...]]:
    """The trials that the ledger shows, and the titles of what stays out: a drug with all its trials or none."""
    shown = {
        drug_or_group(pair[1].trial.therapy)
        for pair in tried
        if not purposes.stays_out(pair[1].trial, conditions) or pair[1].verdict in _SAYS_MORE
    }
    out = [judged.trial.therapy for _, judged in tried if drug_or_group(judged.trial.therapy) not in shown]
    kept = [pair for pair in tried if drug_or_group(pair[1].trial.therapy) in shown]
    return kept, unique(knowledge.title(written) for written in out)


class LedgerAgain:
    """`ledger` for patients who differ in facts and trials only."""

    def __init__(self) -> None:
        self.judged, self.closed, self.summed = Again(judged), Again(closed), Again(summed)

    def __call__(self, patient: Patient, differs: Differs, conditions: tuple[str, ...]) -> Ledger:
        """The ledger; `differs` are the facts in which the patient may differ from the one all are compared with."""
        tried = self.judged(patient, differs, conditions)
        return self.summed(patient, differs, tried, self.closed(patient, differs), conditions)


def step_therapy(patient: Patient) -> Judgement | None:
    """Whether a payer's step rule is met (Ohio Medicaid, US); None where the patient is known to be elsewhere."""
    return refractory.step_rule(patient, judged(patient))


def judged(patient: Patient, conditions: tuple[str, ...] = ()) -> Tried:
    """Every trial for pain with its verdict, in an order that does not depend on how they were written down."""
    kidneys, at = doses.kidneys(patient), refractory.rules()["local"].response_percent
    pairs = []
    for trial, recorded in taken.trials(patient):
        id = knowledge.therapy_of(trial.therapy)
        therapy = knowledge.therapies()[id] if id else None
        case = Case(
            trial=trial,
            recorded=recorded,
            therapy=therapy,
            ceiling=doses.ceiling(patient, kidneys, id, conditions) if id else NO_CEILING,
            days=trials.days_of(patient, trial),
            ongoing=_ongoing(patient, trial),
            responds_at=at,
            overlap=overlap(patient, trial),
            confirmed=confirmed(patient, trial) if recorded is not None else None,
            evidence=purposes.evidence(patient, trial),
            dose_now=taken.dose_now(patient, trial) if trial.top_dose is None else None,
        )
        pairs.append((case, trials.judge(case, id)))
    return tuple(sorted(pairs, key=lambda pair: _order(pair[1])))


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


def _ongoing(patient: Patient, trial: Trial) -> bool | None:
    """Whether it is still taken: as recorded, or by the medication list where the trial has no end."""
    if trial.ongoing is not None or trial.end is not None or trial.stopped is not None:
        return goes_on(trial)
    drug = drug_or_group(trial.therapy)
    return True if any(drug_or_group(medication.drug) == drug for medication in patient.medications) else None


def closed(patient: Patient) -> frozenset[str]:
    """The classes of the local rule in which a known contraindication rules out every first-line medicine."""
    kidneys = doses.kidneys(patient)
    return frozenset(
        name
        for name, members in _first_of_class().items()
        if all(suits(patient, id, kidneys, ()).unsuitable for id in members)
    )


@cache
def _first_of_class() -> Mapping[str, tuple[str, ...]]:
    """Each class that the local rule counts with its medicines of the first line; none without any."""
    classes, members = refractory.rules()["local"].of, dict[str, tuple[str, ...]]()
    for id in knowledge.general().ladder.first:
        name = knowledge.therapies()[id].drug_class
        if name in classes:
            members[name] = (*members.get(name, ()), id)
    return members


_SAYS_MORE = (TrialVerdict.RESPONDED, TrialVerdict.FAILED_ADEQUATE, TrialVerdict.INTOLERANT)


def _by_drug(tried: Tried) -> list[list[tuple[Case, Judged]]]:
    groups: dict[str, list[tuple[Case, Judged]]] = {}
    for pair in tried:
        groups.setdefault(drug_or_group(pair[1].trial.therapy), []).append(pair)
    return list(groups.values())


def _counting(group: list[tuple[Case, Judged]]) -> list[tuple[Case, Judged]]:
    """The trials of a drug that the rules look at: all, unless relief is among them; then the one that counts."""
    return [_best(group)] if any(judged.verdict == TrialVerdict.RESPONDED for _, judged in group) else group


def _entry(group: list[tuple[Case, Judged]]) -> Entry:
    """The trials of one therapy as the best of them; the branches name what is there only with several."""
    case, best = _best(group)
    several = len({judged.trial.therapy for _, judged in group}) > 1
    others = [
        f"{_drug(judged.trial)} {judged.says}" if several else judged.says for _, judged in group if judged is not best
    ]
    which = f" ({_drug(best.trial)})" if several else ""
    merged = (f"the best of {len(group)} trials counts{which}; the others: {', '.join(others)}",) if others else ()
    return Entry(
        therapy=best.therapy or best.trial.therapy,
        title=taken.title(judged.trial for _, judged in group),
        drug_class=case.therapy.drug_class if case.therapy else "other",
        verdict=best.verdict,
        because=(*merged, *best.because),
        ask=best.ask,
        sources=_sources(case, best),
        counts=best.counts,
        possible=best.possible,
        counts_if=best.counts_if,
        dose=_dose(case),
        days=_days(case),
        relief=_relief(case.trial),
        purpose=case.evidence.kind,
    )


def _drug(trial: Trial) -> str:
    return knowledge.drug_of(trial.therapy) or knowledge.title(trial.therapy).lower()


def _dose(case: Case) -> str:
    top, unit = adequacy.top_dose(case), case.unit if case.therapy else ""
    if top is not None and not unit:
        return f"{top:g}, unit not recorded"
    if top is None:
        return f"now {case.dose_now:g} {unit}" if case.dose_now is not None else ""
    needed = adequacy.needed_dose(case)
    return f"{top:g} of {needed:g} {unit}" if top < needed else f"{top:g} {unit}"


def _days(case: Case) -> str:
    days = case.days if case.days is not None else case.trial.days_at_top
    if days is None:
        return ""
    adequate = case.therapy.adequate if case.therapy else None
    needed = adequate.days.value if adequate and adequate.days else 0.0
    return f"{days:g} of {needed:g}" if days < needed else f"{days:g}"


def _relief(trial: Trial) -> str:
    if trial.relief_percent is not None:
        return f"{trial.relief_percent:g} %"
    if trial.effect is not None:
        return trial.effect
    return "none" if trial.stopped == WhyStopped.NO_EFFECT else ""


def _best(group: list[tuple[Case, Judged]]) -> tuple[Case, Judged]:
    """By verdict; but where relief was later followed by an adequate failure, and both are dated, the later counts.

    A trial that may have given relief stands before one that failed, until that is known.
    """
    ranked = sorted(group, key=lambda pair: _rank(pair[1]))
    settled = [pair for pair in ranked if pair[1].verdict in _SETTLED or pair[1].may_have_helped]
    dated = [(when, pair) for pair in settled if (when := _when(pair[1].trial))]
    if settled and len(dated) == len(settled):
        return max(dated, key=lambda item: item[0])[1]
    return ranked[0]


_SETTLED = (TrialVerdict.RESPONDED, TrialVerdict.FAILED_ADEQUATE)


def _rank(judged: Judged) -> float:
    """The place of its verdict; half a place after relief where relief is still possible."""
    return 0.5 if judged.may_have_helped else BEST.index(judged.verdict)


def _when(trial: Trial) -> date | None:
    """When it was last taken: what goes on is later than anything that has ended."""
    return date.max if goes_on(trial) else trial.end or trial.start


def _sources(case: Case, best: Judged) -> tuple[str, ...]:
    if best.therapy is None:
        return ()
    return unique((*knowledge.sources(best.therapy), *case.ceiling.sources, case.responds_at.source))


@cache
def _rule_sources() -> tuple[str, ...]:
    return unique(id for rule in refractory.rules().values() for id in refractory.sources(rule))
