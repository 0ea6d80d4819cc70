"""Several pains of one person: each is seen as if it were the only one, and everything else stays the person's.

What is judged of one pain (conditions, trials, what comes next) is judged of what `seen` gives. Red flags and whatever
forbids ketamine are gathered over all pains (`cautions.joined`).
"""

from __future__ import annotations

from collections.abc import Iterator

from unwound import instruments
from unwound.patient import Fact, Pain, Patient, Trial
from unwound.terms import Purpose
from unwound.vocabulary import belongs_to_one_pain

TO_TREAT = "pain.to_treat"
"""What is asked where ketamine could be considered for any of several pains."""
OF_A_FORM = "pain.form."
"""How the id of a question begins that asks which pain a form is about, before the form's own."""
_NRS, _DURATION = "pain_average_nrs", "pain_duration_days"


def seen(patient: Patient, pain: Pain) -> Patient:
    """The patient as if this pain were the only one.

    A treatment recorded for another pain is one for another pain, and where nobody recorded for which of several it
    was, its purpose is unknown. A form about pain counts for the pain that it names.
    """
    known = {**_of_the_person(patient), **pain.facts}
    if pain.since is not None and _DURATION not in pain.facts:
        days = float((patient.as_of - pain.since).days)
        known[_DURATION] = Fact.model_construct(value=days, on=patient.as_of, origin=f"since {pain.since}", doubt="")
    return patient.with_checked(
        facts=known,
        trials=tuple(_for(trial, pain, patient) for trial in patient.trials),
        seen_pain=pain.name,
    )


def in_view(patient: Patient) -> Patient:
    """The patient as the pain to be treated shows it; the same patient where there are no pains to choose from."""
    if not patient.pains or patient.seen_pain:
        return patient
    return seen(patient, _leading(patient.pains))


def others(patient: Patient) -> tuple[Pain, ...]:
    """The pains that are not in view."""
    return tuple(pain for pain in patient.pains if pain.name != patient.seen_pain)


def unclear(patient: Patient) -> tuple[str, ...]:
    """What has to be asked because there are several pains: which is to be treated, and what a form is about."""
    if len(patient.pains) < 2:
        return ()
    nothing_stated = not any(pain.to_treat for pain in patient.pains)
    return (*((TO_TREAT,) if nothing_stated else ()), *dict.fromkeys(_forms_of_no_pain(patient)))


def question(id: str) -> str | None:
    """The question behind an id of `unclear`; None for any other id."""
    if id == TO_TREAT:
        return "Which of the pains on record is to be treated?"
    if not id.startswith(OF_A_FORM):
        return None
    form = instruments.instruments().get(id.removeprefix(OF_A_FORM))
    return f"Which pain is the form «{form.title if form else id.removeprefix(OF_A_FORM)}» about?"


def _leading(pains: tuple[Pain, ...]) -> Pain:
    """The pain to be treated; while nobody has said which that is, the worst one leads, then the first."""
    return min(pains, key=lambda pain: (pain.to_treat is not True, -_score(pain)))


def _score(pain: Pain) -> float:
    score = pain.facts.get(_NRS)
    return score.value if score is not None and isinstance(score.value, float) else -1.0


def _of_the_person(patient: Patient) -> dict[str, Fact]:
    """The facts that are not the own ones of the pain in view."""
    own = next((pain.facts for pain in patient.pains if pain.name == patient.seen_pain), {})
    return {id: fact for id, fact in patient.facts.items() if not belongs_to_one_pain(id) and id not in own}


def _for(trial: Trial, pain: Pain, patient: Patient) -> Trial:
    if trial.purpose == Purpose.DEPRESSION or len(patient.pains) < 2:
        return trial
    purpose: Purpose | None
    if trial.pains:
        purpose = Purpose.PAIN if pain.name in trial.pains else Purpose.ANOTHER_PAIN
    else:
        purpose = None if trial.purpose == Purpose.PAIN else trial.purpose
    return trial if purpose == trial.purpose else trial.with_checked(purpose=purpose)


def _forms_of_no_pain(patient: Patient) -> Iterator[str]:
    yield from (
        OF_A_FORM + form.instrument for form in patient.answers if not form.pain and instruments.is_about_pain(form)
    )
