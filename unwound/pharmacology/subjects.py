"""Who is simulated: weights and individual deviations as arrays, one subject a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unwound import facts
from unwound.patient import Patient
from unwound.pharmacology.models import Array
from unwound.record import UnwoundError


@dataclass(frozen=True, slots=True)
class Subjects:
    """`weight_kg` (subjects,); `eta` (subjects, varying parameters of the model) or None for typical subjects."""

    weight_kg: Array
    eta: Array | None = None

    def __post_init__(self) -> None:
        weight = np.atleast_1d(np.asarray(self.weight_kg, dtype=float))
        object.__setattr__(self, "weight_kg", weight)
        if weight.ndim != 1 or not weight.size:
            raise UnwoundError("weights are one number for each subject, at least one")
        if not (np.isfinite(weight).all() and (weight > 0).all()):
            raise UnwoundError(
                f"weight_kg: {weight[~(weight > 0)][:1]} is not a weight; a positive number of kg is needed"
            )
        if self.eta is not None and np.shape(self.eta)[:1] != weight.shape:
            raise UnwoundError(f"eta has {np.shape(self.eta)[0]} rows for {weight.size} subjects")

    def __len__(self) -> int:
        return int(self.weight_kg.size)


def subject_of(patient: Patient) -> Subjects:
    """The patient as a typical subject of that weight. UnwoundError when the weight is not known or out of date."""
    weight = facts.number(patient, "weight_kg")
    if weight is None:
        raise UnwoundError("weight_kg is not known (or too old): a dose cannot be calculated without it")
    return Subjects(np.array([weight]))
