"""Which trials a patient has had: as recorded, each part of a combination by itself, and what is taken now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from unwound import drugs, routes
from unwound.patient import Patient, Trial
from unwound.record import unique
from unwound.terms import Purpose, WhyStopped
from unwound.therapies import knowledge, written_doses
from unwound.therapies.knowledge import TherapyGroup
from unwound.therapies.overlap import overlap

FOR_PAIN = (TherapyGroup.DRUG, TherapyGroup.TOPICAL, TherapyGroup.OPIOID)


def trials(patient: Patient) -> Iterator[tuple[Trial, Trial | None]]:
    """Each trial for pain beside the one it was recorded as; None for a medicine taken now without a recorded trial.

    A trial for depression is no trial for pain, but what was not tolerated in it stays closed.
    """
    pairs = [(part, trial) for trial in patient.trials for part in parts(trial)]
    yield from (pair for pair in pairs if pair[0].purpose != Purpose.DEPRESSION or _not_borne(pair[0]))
    now = {drug_or_group(part.therapy) for part, _ in pairs if overlap(patient, part).holds is not False}
    yield from ((trial, None) for trial in _listed_now(patient, now))


def _not_borne(trial: Trial) -> bool:
    return trial.stopped == WhyStopped.SIDE_EFFECTS


def parts(trial: Trial) -> tuple[Trial, ...]:
    """The trial, or one for each therapy of a combination product, whose doses are then not known one by one."""
    names = named(trial.therapy)
    if len(names) > 1:
        return tuple(trial.with_checked(therapy=name, top_dose=None) for name in names)
    if trial.top_dose is None and (dose := written_doses.dose_in(trial.therapy)) is not None:
        return (trial.with_checked(top_dose=dose),)
    return (trial,)


def named(written: str) -> tuple[str, ...]:
    """The substances in a written name that are therapies of the catalogue; the name itself where there is one."""
    if written in knowledge.therapies():
        return (written,)
    way = routes.of_product(written)
    of_therapies = [
        drug
        for drug in drugs.ingredients(text=written)
        if knowledge.therapy_of(drug) and routes.is_treatment(drug, way)
    ]
    return tuple(of_therapies) if len(of_therapies) > 1 else (written,)


def dose_now(patient: Patient, trial: Trial) -> float | None:
    """The daily dose in mg that the list of medicines gives the drug of a trial that has not ended; else None.

    None too for one that may be a slip of the pen: it is not relied on, as that of a trial is not.
    """
    ended = trial.end is not None or trial.stopped is not None or trial.ongoing is False
    drug = knowledge.drug_of(trial.therapy)
    if ended or drug is None:
        return None
    dose = _in_all([dose for name, dose in _listed(patient) if knowledge.drug_of(name) == drug])
    return None if written_doses.doubtful_dose(trial.therapy, dose) else dose


def _listed(patient: Patient) -> Iterator[tuple[str, float | None]]:
    """Each substance of the list of medicines with its daily dose; in a combination it is not known one by one."""
    for medication in patient.medications:
        written = named(medication.drug)
        dose = (
            medication.dose_mg_per_day if medication.dose_mg_per_day is not None else written_doses.dose_in(written[0])
        )
        for name in written:
            yield name, dose if len(written) == 1 and _in_milligrams(name) else None


def _in_milligrams(name: str) -> bool:
    """Whether milligrams a day are the doses of its therapy, or of the one opioid that it is."""
    id = knowledge.therapy_of(name)
    if id is None:
        return False
    therapy = knowledge.therapies()[id]
    return therapy.unit == "mg/day" or therapy.group == TherapyGroup.OPIOID


def _in_all(doses: list[float | None]) -> float | None:
    """The doses of one drug together; None where one of them is not known."""
    known = [dose for dose in doses if dose is not None]
    return sum(known) if known and len(known) == len(doses) else None


def _listed_now(patient: Patient, recorded: Collection[str]) -> Iterator[Trial]:
    """The pain medicines on the list that no recorded trial covers; several opioids are one trial."""
    listed: dict[str, list[tuple[str, float | None]]] = {}
    for name, dose in _listed(patient):
        group = drug_or_group(name)
        if group not in recorded and knowledge.therapy_of(name) in _for_pain():
            listed.setdefault(group, []).append((name, dose))
    for group, taken in listed.items():
        names = unique(name for name, _ in taken)
        one_drug = len({knowledge.drug_of(name) for name in names}) == 1
        therapy = taken[0][0] if one_drug or group not in knowledge.therapies() else group
        note = "taken now" if len(names) == 1 else f"taken now: {', '.join(names)}"
        dose = _in_all([each for _, each in taken]) if one_drug else None
        yield Trial.model_construct(therapy=therapy, purpose=None, top_dose=dose, ongoing=True, note=note)


@cache
def _for_pain() -> frozenset[str]:
    return frozenset(id for id, therapy in knowledge.therapies().items() if therapy.group in FOR_PAIN)


def drug_or_group(written: str) -> str:
    """Under what a trial is counted: its drug; for an opioid its therapy, since several opioids are one trial."""
    id = knowledge.therapy_of(written)
    if id is not None and knowledge.therapies()[id].group == TherapyGroup.OPIOID:
        return id
    return knowledge.drug_of(written) or id or knowledge.recognised(written) or written


def title(trials: Iterable[Trial]) -> str:
    """How trials that are counted as one are called: the therapy, with its drugs where it is more than one."""
    written = [trial.therapy for trial in trials]
    therapy = knowledge.therapy_of(written[0])
    if therapy is None:
        return knowledge.title(written[0])
    named_drugs = unique(drug for name in written if (drug := knowledge.drug_of(name)) not in (None, therapy))
    name = knowledge.therapies()[therapy].title
    return f"{name} ({', '.join(named_drugs)})" if named_drugs else name
