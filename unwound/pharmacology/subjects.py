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


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing:
    """Subjects whose weight or deviations change: `weight_kg` (subjects, periods), `eta` (subjects, periods, varying).

    A period holds up to and with its end in `ends_h` (subjects, periods - 1), or (1, periods - 1) for all; the last one
    for ever.
    """

    weight_kg: Array
    ends_h: Array
    eta: Array | None = None

    def __post_init__(self) -> None:
        weight, ends = (np.atleast_2d(np.asarray(one, dtype=float)) for one in (self.weight_kg, self.ends_h))
        if ends.shape not in {(len(weight), weight.shape[1] - 1), (1, weight.shape[1] - 1)}:
            raise UnwoundError(f"ends_h {ends.shape} for weights {weight.shape}: each period but the last has one end")
        if not np.isfinite(ends).all() or (np.diff(ends, axis=1) < 0).any():
            raise UnwoundError("ends_h: hours that do not decrease are needed")
        if self.eta is not None and np.shape(self.eta)[:2] != weight.shape:
            raise UnwoundError(f"eta {np.shape(self.eta)} for weights {weight.shape}: a row a subject and period")
        object.__setattr__(self, "weight_kg", weight)
        object.__setattr__(self, "ends_h", ends)

    def __len__(self) -> int:
        return len(self.weight_kg)

    @property
    def flat(self) -> Subjects:
        """Every period of every subject in a row of its own."""
        eta = None if self.eta is None else np.reshape(self.eta, (self.weight_kg.size, -1))
        return Subjects(self.weight_kg.reshape(-1), eta)
