"""What holds a pain down is kept: where nothing more is needed, the ladder begins with it, and is not climbed."""

from __future__ import annotations

from dataclasses import replace

from unwound import facts
from unwound.patient import Patient
from unwound.terms import Purpose, TrialVerdict
from unwound.therapies import doses, knowledge, severity, taken
from unwound.therapies.knowledge import Line, ObjectionLevel
from unwound.therapies.ledger import Entry, Ledger
from unwound.therapies.steps import ORDER, Step, at_most, nnt
from unwound.therapies.suits import suits
from unwound.therapies.too_high import MILLIGRAMS, too_high

KEEP = "no change while the pain stays as it is"


def helping(patient: Patient, ledger: Ledger) -> tuple[Entry, ...]:
    """What is taken for the pain now and may be what holds it down."""
    ongoing = {
        _of(trial.therapy) for trial in patient.trials if trial.ongoing and trial.purpose in (None, Purpose.PAIN)
    }
    helps = (TrialVerdict.RESPONDED, TrialVerdict.ONGOING)
    return tuple(
        replace(entry, title=_as_taken_now(patient, entry))
        for entry in ledger.entries
        if (entry.verdict in helps and not _may_be_over(patient, entry))
        or (entry.therapy in ongoing and entry.verdict != TrialVerdict.INTOLERANT)
    )


def _may_be_over(patient: Patient, entry: Entry) -> bool:
    """Whether it is a medicine that nothing on record says is taken today: what helped may have been stopped since."""
    tried = [trial.therapy for trial in patient.trials if _of(trial.therapy) == entry.therapy]
    listed = {_of(medication.drug) for medication in patient.medications}
    return any(knowledge.drug_of(therapy) for therapy in tried) and entry.therapy not in listed


def _of(written: str) -> str:
    return knowledge.therapy_of(written) or written


def _as_taken_now(patient: Patient, entry: Entry) -> str:
    """Its title with the drugs that are taken now: an opioid that failed and ended is not one to go on with."""
    now = [each for each in patient.trials if each.ongoing and knowledge.therapy_of(each.therapy) == entry.therapy]
    return taken.title(now) if now else entry.title


def kept(
    patient: Patient, ledger: Ledger, steps: tuple[Step, ...], conditions: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """The steps as they are, or for a pain that is mild those that hold it down first; without pain only those.

    What helps and no longer suits stays among what does not suit.
    """
    if severity.severe(patient).holds is not False:
        return steps
    painless = facts.number(patient, "pain_average_nrs") == 0  # no pain is left to be treated
    offered = {step.therapy: step for step in steps}
    helps = [
        _keep(patient, entry, offered.get(entry.therapy) or _step(patient, entry, conditions), conditions)
        for entry in helping(patient, ledger)
        if painless or entry.verdict == TrialVerdict.RESPONDED
    ]
    held = {step.therapy for step in helps}
    others = [step for step in steps if step.therapy not in held and (not painless or step.line == Line.UNSUITABLE)]
    return tuple(sorted((*helps, *others), key=lambda step: (ORDER.index(step.line), step.therapy not in held)))


def _keep(patient: Patient, entry: Entry, step: Step, conditions: tuple[str, ...]) -> Step:
    if step.line == Line.UNSUITABLE:
        return step
    because = f" ({'; '.join(entry.because)})" if entry.because else ""
    schedule = _lower(patient, entry.therapy, conditions) or KEEP + _at_most(patient, entry.therapy, conditions)
    return replace(step, title=entry.title, line=Line.FIRST, why=f"keep what helps{because}", schedule=schedule, ask=())


def _lower(patient: Patient, id: str, conditions: tuple[str, ...]) -> str:
    """«lower to at most 150 mg/day» of what is taken above the ceiling now; empty where nothing is."""
    above = next((each for each in too_high(patient, conditions) if each.therapy == id), None)
    if above is None:
        return ""
    if above.ceiling.avoid or doses.is_adult(patient) is False:
        return "lower it with the prescriber"
    return f"lower to at most {above.ceiling.value:g} {MILLIGRAMS}"


def _at_most(patient: Patient, id: str, conditions: tuple[str, ...]) -> str:
    """This patient's ceiling beside what is kept; under age no number is given."""
    therapy = knowledge.therapies().get(id)
    if therapy is None or doses.is_adult(patient) is False:
        return ""
    return at_most(therapy, doses.ceiling(patient, doses.kidneys(patient), id, conditions))


def _step(patient: Patient, entry: Entry, conditions: tuple[str, ...]) -> Step:
    """What helps and stands on no ladder."""
    therapy = knowledge.therapies().get(entry.therapy)
    fit = suits(patient, entry.therapy, doses.kidneys(patient), conditions) if therapy else None
    absolute = [against for against in fit.against if against.level == ObjectionLevel.ABSOLUTE] if fit else []
    return Step(
        therapy=entry.therapy,
        title=entry.title,
        group=therapy.group if therapy else "other",
        line=Line.UNSUITABLE if absolute else Line.FIRST,
        why="; ".join(against.text for against in absolute),
        schedule="",
        nnt=nnt(entry.therapy) if therapy else "",
        against=fit.against if fit else (),
        ask=(),
        sources=entry.sources,
    )
