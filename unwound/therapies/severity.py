"""How severe a pain is and how long it has lasted, against what the working rule for refractory pain asks."""

from __future__ import annotations

from unwound.patient import Patient
from unwound.record import Judgement
from unwound.therapies.refractory import reaches, rules


def severe(patient: Patient) -> Judgement:
    """Whether the average pain reaches the score below which no rule calls a pain refractory."""
    limit = rules()["local"].pain_nrs
    return _explained(
        reaches(patient, "pain_average_nrs", limit),
        f"the rules for refractory pain ask for {limit.value:g} of 10 or more",
    )


def lasting(patient: Patient) -> Judgement:
    """Whether the pain has lasted long enough to be called chronic: before that nothing can be said to have failed."""
    limit = rules()["local"].pain_days
    return _explained(
        reaches(patient, "pain_duration_days", limit),
        f"too early to call it refractory: at least {limit.value:g} days are needed",
    )


def _explained(judgement: Judgement, short: str) -> Judgement:
    """A «no» with what would have been needed."""
    because = tuple(f"{reason}: {short}" for reason in judgement.because)
    return Judgement(False, because) if judgement.holds is False else judgement
