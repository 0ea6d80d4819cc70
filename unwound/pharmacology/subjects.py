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
    """`weight_kg` (subjects,); `eta` (subjects, varying parameters of the model) or None for typical subjects.

    `of_occasion` (subjects, parameters that vary between occasions) has the deviations of one occasion.
    """

    weight_kg: Array
    eta: Array | None = None
    of_occasion: Array | None = None

    def __post_init__(self) -> None:
        weight = np.atleast_1d(np.asarray(self.weight_kg, dtype=float))
        object.__setattr__(self, "weight_kg", weight)
        if weight.ndim != 1 or not weight.size:
            raise UnwoundError("weights are one number for each subject, at least one")
        if not (np.isfinite(weight).all() and (weight > 0).all()):
            raise UnwoundError(
                f"weight_kg: {weight[~(weight > 0)][:1]} is not a weight; a positive number of kg is needed"
            )
        for name, deviations in (("eta", self.eta), ("of_occasion", self.of_occasion)):
            if deviations is not None and np.shape(deviations)[:1] != weight.shape:
                raise UnwoundError(f"{name} has {np.shape(deviations)[0]} rows for {weight.size} subjects")

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
    for ever. `of_occasion` (subjects, periods, varying between occasions) is there where periods are occasions.
    """

    weight_kg: Array
    ends_h: Array
    eta: Array | None = None
    of_occasion: Array | None = None

    def __post_init__(self) -> None:
        weight, ends = (np.atleast_2d(np.asarray(values, dtype=float)) for values in (self.weight_kg, self.ends_h))
        if ends.shape not in {(len(weight), weight.shape[1] - 1), (1, weight.shape[1] - 1)}:
            raise UnwoundError(f"ends_h {ends.shape} for weights {weight.shape}: each period but the last has one end")
        if not np.isfinite(ends).all() or (np.diff(ends, axis=1) < 0).any():
            raise UnwoundError("ends_h: hours that do not decrease are needed")
        for name, deviations in (("eta", self.eta), ("of_occasion", self.of_occasion)):
            if deviations is not None and np.shape(deviations)[:2] != weight.shape:
                raise UnwoundError(
                    f"{name} {np.shape(deviations)} for weights {weight.shape}: a row a subject and period"
                )
        object.__setattr__(self, "weight_kg", weight)
        object.__setattr__(self, "ends_h", ends)

    def __len__(self) -> int:
        return len(self.weight_kg)

    @property
    def flat(self) -> Subjects:
        """Every period of every subject in a row of its own."""
        rows = self.weight_kg.size
        eta, of_occasion = (
            None if values is None else np.reshape(values, (rows, np.shape(values)[2]))
            for values in (self.eta, self.of_occasion)
        )
        return Subjects(self.weight_kg.reshape(-1), eta, of_occasion)

    def one(self, row: int) -> Subjects:
        """One subject, a row a period."""
        eta, of_occasion = (None if values is None else values[row] for values in (self.eta, self.of_occasion))
        return Subjects(self.weight_kg[row], eta, of_occasion)

    def ends_of(self, row: int) -> tuple[float, ...]:
        """When the periods of one subject end (h), but for the last."""
        return tuple(self.ends_h[row if len(self.ends_h) > 1 else 0].tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasions:
    """The occasions of one schedule: `of_periods` names the occasion of every period, in their order.

    Each period but the last ends at its `ends_h`; `of_doses` has the period of every dose where its time does not say
    it. Two periods of one name are the same occasion: its deviations come back.
    """

    of_periods: tuple[str, ...]
    ends_h: tuple[float, ...] = ()
    of_doses: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.ends_h) != len(self.of_periods) - 1 or (np.diff(self.ends_h) < 0).any():
            raise UnwoundError(
                f"{len(self.ends_h)} ends for {len(self.of_periods)} periods: each but the last has one, in their order"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Every occasion once, in the order in which it first comes."""
        return tuple(dict.fromkeys(self.of_periods))

    def changing(self, weight_kg: Array, eta: Array, of_occasion: Array) -> Changing:
        """Subjects over these periods: `eta` (subjects, varying), `of_occasion` (subjects, occasions, varying)."""
        periods, names = len(self.of_periods), self.names
        place = [names.index(name) for name in self.of_periods]
        return Changing(
            weight_kg=np.repeat(weight_kg[:, None], periods, axis=1),
            ends_h=np.array(self.ends_h, dtype=float)[None],
            eta=np.repeat(eta[:, None, :], periods, axis=1),
            of_occasion=of_occasion[:, place, :],
        )
