"""How severe a pain is and how long it has lasted, against what the working rule for refractory pain asks."""

from __future__ import annotations

from unwound import facts
from unwound.catalogue import Cited
from unwound.patient import Patient
from unwound.record import Judgement
from unwound.therapies.refractory import rules


def severe(patient: Patient) -> Judgement:
    """Whether the average pain reaches the score below which no rule calls a pain refractory."""
    return _reaches(
        patient, "pain_average_nrs", rules()["local"].pain_nrs, "the rules for refractory pain ask for {} or more"
    )


def lasting(patient: Patient) -> Judgement:
    """Whether the pain has lasted long enough to be called chronic: before that nothing can be said to have failed."""
    return _reaches(
        patient,
        "pain_duration_days",
        rules()["local"].pain_days,
        "too early to call it refractory: at least {} are needed",
    )


def _reaches(patient: Patient, id: str, limit: Cited, short: str) -> Judgement:
    fact = facts.known(patient, id)
    number = facts.number(patient, id)
    if fact is None or number is None:
        return Judgement(None, (), (id,))
    if number >= limit.value:
        return Judgement(True, (facts.says(id, fact),))
    return Judgement(
        False, (f"{facts.says(id, fact)}: {short.format(f'{limit.value:g} {facts.vocabulary()[id].unit}'.strip())}",)
    )
