"""Depression beside the pain: how severe it is, and whether antidepressants have failed adequate trials.

Antidepressants have a ledger of their own: a trial counts here by its effect on mood, at doses that treat depression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from unwound import drugs, evidence, facts, instruments, record
from unwound.catalogue import Cited, CitedText, Frozen, Head, load, load_rule, plain
from unwound.instruments import InstrumentError, Score
from unwound.patient import Patient, Trial, Value
from unwound.record import Judgement, unique
from unwound.terms import Purpose, TrialEffect, TrialVerdict, WhyStopped


class Antidepressant(Frozen):
    """One antidepressant and the lowest daily dose that makes a trial for depression adequate."""

    title: str
    adequate_dose: Cited


class TrialExample(Frozen):
    """One trial and its verdict in the ledger for mood."""

    name: str
    trial: Trial
    expect: TrialVerdict


class Group(Head):
    """One file of `data/antidepressants/`: the drugs of one class by id."""

    drugs: Mapping[str, Antidepressant]
    examples: tuple[TrialExample, ...]


class PatientExample(Frozen):
    """One patient and whether the depression is treatment-resistant."""

    name: str
    facts: Mapping[str, Value] = {}
    trials: tuple[Trial, ...] = ()
    severity: str
    expect: bool | Literal["unknown"]


class Resistance(Head):
    """When depression counts as treatment-resistant."""

    failures: Cited
    adequate_days: Cited
    response_percent: Cited
    notes: tuple[CitedText, ...]
    examples: tuple[PatientExample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One trial of an antidepressant as a treatment of depression."""

    therapy: str
    title: str
    drug_class: str
    purpose: str
    """`depression`, `pain` or empty where it is not known."""
    verdict: TrialVerdict
    in_episode: bool | None
    """Whether it fell in the present episode; None where dates are missing."""
    because: tuple[str, ...]
    ask: tuple[str, ...]
    """Ids of what to ask about the trial («mood.sertraline.top_dose»); `question` puts them in words."""
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """Severity, whether there is depression now, and whether it is treatment-resistant, with the ledger behind it."""

    severity: str
    """Band of the PHQ-9 (of the MADRS where there is no PHQ-9); empty when neither is known."""
    phq9: float | None
    at_cut_off: Judgement
    """Whether the score is at or above its cut-off now."""
    depression: Judgement
    """Diagnosed, and at or above the cut-off now."""
    treatment_resistant: Judgement
    failures: int | None
    """Adequate antidepressants that failed in this episode; None where neither a trial nor the clinician says."""
    entries: tuple[Entry, ...]
    because: tuple[str, ...]
    ask: tuple[str, ...]
    sources: tuple[str, ...]


def assess(patient: Patient) -> Mood:
    """Depression of an already derived patient; unknown facts give unknown and are asked."""
    own, rated = _score(patient, "phq_9", "phq9_total"), _score(patient, "madrs", "madrs_total")
    score = own or rated
    now = _now(own, rated)
    depression = record.all_of((facts.yes(patient, "depression_diagnosed"), now))
    entries = _entries(patient, mood_matters=depression.holds is not False)
    resistant = _resistant(patient, depression, entries)
    because = score.because if score else _unfinished(patient)
    item9 = facts.known(patient, "phq9_item9")
    return Mood(
        severity=score.band if score else "",
        phq9=score.total if score and score.instrument == "phq_9" else None,
        at_cut_off=now,
        depression=depression,
        treatment_resistant=resistant,
        failures=_failures(patient, entries),
        entries=entries,
        because=(*because, *((facts.says("phq9_item9", item9),) if item9 else ())),
        ask=unique((*depression.ask, *resistant.ask)),
        sources=unique((*(score.sources if score else ()), *_rule_sources())),
    )


def dose_unit(therapy: str) -> str:
    """The unit in which the ledger for mood reads a daily dose («mg/day»); empty for no or several antidepressants."""
    id = _antidepressant(therapy)
    if id is None or len(drugs.ingredients(text=therapy)) > 1:
        return ""
    return _table()[id][1].adequate_dose.unit


def judge(trial: Trial) -> Entry | None:
    """The verdict on one trial as a treatment of depression; None for anything that is no antidepressant.

    Its place in the episode is left open. The effect of a trial on pain does not count here: for one given for pain
    the verdict is at best `cannot-tell`.
    """
    id = _antidepressant(trial.therapy)
    if id is None:
        return None
    drug_class, drug = _table()[id]
    if len(drugs.ingredients(text=trial.therapy)) > 1:  # the dose of a combination is not that of one substance
        trial = trial.model_copy(update={"top_dose": None})
    verdict, because, ask = _verdict(trial, id)
    return Entry(
        therapy=id,
        title=drug.title,
        drug_class=drug_class,
        purpose=trial.purpose or "",
        verdict=verdict,
        in_episode=None,
        because=because,
        ask=ask,
        sources=_sources(id),
    )


def question(id: str) -> str | None:
    """What to ask about a trial for depression, by its id («mood.sertraline.top_dose»); None for any other id."""
    kind, _, rest = id.partition(".")
    name, _, field = rest.rpartition(".")
    if kind == "mood" and name in KETAMINE and field == "response":
        return _QUESTIONS[field].format(drug=name)
    if kind != "mood" or name not in _table() or field not in _QUESTIONS:
        return None
    drug = _drug(name)
    return _QUESTIONS[field].format(drug=drug.title, dose=drug.adequate_dose)


KETAMINE = ("ketamine", "esketamine")
"""Drugs that are tried for depression without being antidepressants of the ledger."""
_QUESTIONS = {
    "top_dose": "What was the highest daily dose of {drug}?",
    "adequate_days": "For how many days was {drug} taken at {dose} or more?",
    "adherent": "Was {drug} taken as prescribed?",
    "mood": "By what percent did the depression score change on {drug}?",
    "response": "By what percent did the depressive symptoms improve on {drug}?",
}


def asks(drug: str, what: str) -> str:
    """The id of what to ask about the trial of a drug for depression."""
    return f"mood.{drug}.{what}"


def _drug(id: str) -> Antidepressant:
    return _table()[id][1]


def _verdict(trial: Trial, id: str) -> tuple[TrialVerdict, tuple[str, ...], tuple[str, ...]]:
    """The verdict of a trial for depression: each earlier answer rules out the later ones.

    A response settles it; side effects excuse what fell short; an ongoing trial is not judged yet; and a low dose
    that was given for pain is not an ongoing trial of an antidepressant.
    """
    dose = _dose(trial, id)
    adequate = record.all_of((dose, _time(trial, id), _taken(trial, id)))
    improved = _improved(trial, id)
    if improved.holds:
        return TrialVerdict.RESPONDED, improved.because, ()
    settled = adequate.holds is True and improved.holds is False
    if not settled and (trial.stopped == WhyStopped.SIDE_EFFECTS or trial.dose_limited_by_side_effects):
        return (
            TrialVerdict.INTOLERANT,
            (f"side effects ended or limited the trial{_detail(trial.side_effects)}", *adequate.because),
            (),
        )
    low_dose_for_pain = trial.purpose == Purpose.PAIN and dose.holds is False
    if trial.ongoing and adequate.holds is not True and not low_dose_for_pain:
        return TrialVerdict.ONGOING, adequate.because, ()
    if adequate.holds is False:
        return TrialVerdict.INADEQUATE, adequate.because, ()
    if adequate.holds is None or improved.holds is None:
        return TrialVerdict.CANNOT_TELL, (*adequate.because, *improved.because), (*adequate.ask, *improved.ask)
    return TrialVerdict.FAILED_ADEQUATE, (*adequate.because, *improved.because), ()


def _detail(text: str) -> str:
    return f" ({text})" if text else ""


def _dose(trial: Trial, id: str) -> Judgement:
    needed = _drug(id).adequate_dose
    if trial.top_dose is None:
        return Judgement(None, (), (asks(id, "top_dose"),))
    reason = f"reached {trial.top_dose:g} {needed.unit}; depression needs at least {needed.value:g}"
    return Judgement(trial.top_dose >= needed.value, (reason,))


def _time(trial: Trial, id: str) -> Judgement:
    """Whether it was taken long enough at an adequate dose; days at a top dose far above it are only some of those."""
    needed = resistance().adequate_days
    at_top, longest = trial.days_at_top, _whole_days(trial)
    if at_top is not None and at_top >= needed.value:
        return Judgement(True, (f"{at_top:g} days at that dose",))
    if at_top is not None and trial.top_dose is not None and trial.top_dose <= _drug(id).adequate_dose.value:
        longest = at_top
    if longest is not None and longest < needed.value:
        return Judgement(False, (f"taken for {longest:g} days; at least {needed.value:g} are needed",))
    return Judgement(None, (), (asks(id, "adequate_days"),))


def _whole_days(trial: Trial) -> float | None:
    if trial.days is None and trial.start and trial.end:
        return float((trial.end - trial.start).days)
    return trial.days


def _taken(trial: Trial, id: str) -> Judgement:
    if trial.adherent is None:
        return Judgement(None, ("whether it was taken as prescribed is not recorded",), (asks(id, "adherent"),))
    return Judgement(trial.adherent, ("taken as prescribed" if trial.adherent else "not taken as prescribed",))


def _improved(trial: Trial, id: str) -> Judgement:
    if trial.purpose != Purpose.DEPRESSION:
        purpose = "given for pain" if trial.purpose == Purpose.PAIN else "its purpose is not recorded"
        reason = f"{purpose}; its effect on mood is not recorded"
        return Judgement(None, (reason,), (asks(id, "mood"),))
    if trial.relief_percent is not None:
        needed = resistance().response_percent
        reason = f"symptoms improved by {trial.relief_percent:g} %; a response is {needed}"
        return Judgement(trial.relief_percent >= needed.value, (reason,))
    if trial.effect == TrialEffect.GOOD:
        return Judgement(True, ("good effect on mood",))
    if trial.effect == TrialEffect.NONE or trial.stopped == WhyStopped.NO_EFFECT:
        return Judgement(False, ("no effect on mood",))
    return Judgement(None, (), (asks(id, "response"),))


def _entries(patient: Patient, *, mood_matters: bool) -> tuple[Entry, ...]:
    """Trials for depression always; others only where depression may be there; in an order of their own."""
    judged = ((trial, judge(trial)) for trial in patient.trials if mood_matters or trial.purpose == Purpose.DEPRESSION)
    placed = (replace(entry, in_episode=_in_episode(patient, trial)) for trial, entry in judged if entry)
    return tuple(sorted(placed, key=lambda entry: (entry.title, entry.purpose, entry.verdict, entry.because)))


def _in_episode(patient: Patient, trial: Trial) -> bool | None:
    if trial.ongoing:
        return True
    episode_days = facts.number(patient, "depression_episode_days")
    if episode_days is None:
        return None
    if trial.end is not None:
        return (patient.as_of - trial.end).days <= episode_days
    began_in_it = trial.start is not None and (patient.as_of - trial.start).days <= episode_days
    return True if began_in_it else None


def _resistant(patient: Patient, depression: Judgement, entries: tuple[Entry, ...]) -> Judgement:
    """Only asked once there is depression; failures listed can show it, only the clinician's count can deny it."""
    if depression.holds is not True:
        return depression
    needed = resistance().failures
    listed = _failed(entries)
    counted, number = facts.known(patient, "antidepressants_failed"), facts.number(patient, "antidepressants_failed")
    trials = "adequate trial" if len(listed) == 1 else "adequate trials"
    why: tuple[str, ...] = (
        f"{len(listed)} {trials} of antidepressants failed in this episode; {plain(needed.value)} are required",
        *(entry.title for entry in listed.values()),
    )
    if counted is not None and number is not None:
        why = (
            f"{facts.says('antidepressants_failed', counted)}, as the clinician counts",
            f"listed here with dose, time and effect: {', '.join(entry.title for entry in listed.values()) or 'none'}; "
            f"{plain(needed.value)} are required",
        )
    if len(listed) >= needed.value:
        return Judgement(True, why)
    if number is not None:
        return Judgement(number >= needed.value, why)
    undated = any(entry.verdict == TrialVerdict.FAILED_ADEQUATE and entry.in_episode is None for entry in entries)
    episode_unknown = facts.number(patient, "depression_episode_days") is None
    ask = ("depression_episode_days",) if undated and episode_unknown else ()
    return Judgement(None, why, (*ask, "antidepressants_failed"))


def _failed(entries: tuple[Entry, ...]) -> Mapping[str, Entry]:
    return {
        entry.therapy: entry for entry in entries if entry.verdict == TrialVerdict.FAILED_ADEQUATE and entry.in_episode
    }


def _failures(patient: Patient, entries: tuple[Entry, ...]) -> int | None:
    listed, number = len(_failed(entries)), facts.number(patient, "antidepressants_failed")
    return max(listed, int(number)) if number is not None else listed or None


def _score(patient: Patient, form: str, fact: str) -> Score | None:
    total = facts.known(patient, fact)
    if total is None or facts.problem_with(fact, total) or not isinstance(total.value, int | float):
        return None
    try:
        score = instruments.score(form, total=total.value)
    except InstrumentError:  # half a point: the vocabulary allows it, the form does not
        return None
    day = f" ({record.day(total.on)})" if total.on else ""
    return replace(score, on=total.on, because=(score.because[0] + day, *score.because[1:]))


def _now(own: Score | None, rated: Score | None) -> Judgement:
    """The form the patient filled, then the scale a clinician rates; where they disagree, neither is believed."""
    answers = [_at_cut_off(score) for score in (own, rated) if score is not None and score.total is not None]
    if not answers:
        return Judgement(None, (), ("phq9_total",))
    if len({answer.holds for answer in answers}) > 1:
        reasons = tuple(reason for answer in answers for reason in answer.because)
        return Judgement(
            None, (*reasons, "the two scores disagree on whether there is depression now"), ("phq9_total",)
        )
    return answers[0]


def _at_cut_off(score: Score) -> Judgement:
    return Judgement((score.total or 0) >= _cut_off(score.instrument).value, score.because)


def _unfinished(patient: Patient) -> tuple[str, ...]:
    """Why a completed form gives no score."""
    forms = (form for form in patient.answers if form.instrument == "phq_9")
    scores = instruments.scores(patient.with_checked(answers=tuple(forms))) if patient.answers else ()
    return scores[-1].because if scores else ()


@cache
def _cut_off(form: str) -> Cited:
    """From where a score counts as depression now: the PHQ-9's cut-off, the MADRS' moderate band."""
    instrument = instruments.instrument(form)
    if instrument.cut_offs:
        return instrument.cut_offs[0].at_least
    return next(band.at_least for band in instrument.bands if band.id == "moderate")


@cache
def resistance() -> Resistance:
    """When depression counts as treatment-resistant."""
    return load_rule("treatment_resistance", Resistance)


@cache
def _table() -> Mapping[str, tuple[str, Antidepressant]]:
    """Drug id -> its class and what makes its trial adequate."""
    groups: Mapping[str, Group] = load("antidepressants", Group)
    return {id: (name, drug) for name, group in groups.items() for id, drug in group.drugs.items()}


@lru_cache(maxsize=4096)
def _antidepressant(name: str) -> str | None:
    if name in _table():
        return name
    return next((id for id in drugs.ingredients(text=name) if id in _table()), None)


@cache
def _sources(drug: str) -> tuple[str, ...]:
    return unique((*evidence.cite(_table()[drug][1]), *_rule_sources()))


@cache
def _rule_sources() -> tuple[str, ...]:
    rule = resistance()
    return evidence.cite((rule.failures, rule.adequate_days, rule.response_percent))
