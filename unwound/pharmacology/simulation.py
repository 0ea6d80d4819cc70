"""The one door: doses, subjects and a model in, concentrations over time out. Exact; no step size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from unwound import notebook
from unwound.evidence import cite
from unwound.pharmacology import models
from unwound.pharmacology.alike import Tabled
from unwound.pharmacology.dosing import SAME_H, Dose, DoseColumns, Schedule
from unwound.pharmacology.models import Array, Model, Sites
from unwound.pharmacology.subjects import Changing, Subjects
from unwound.record import UnwoundError
from unwound.terms import Drug

if TYPE_CHECKING:
    from unwound.pharmacology.solver.timeline import Look


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve(Tabled):
    """Concentrations in ng/mL: every output of the model and every effect site, (subjects, times) each."""

    model: str
    drug: Drug
    times_h: Array
    """(times,), or (subjects, times) where each subject has its own."""
    concentrations: Mapping[str, Array]
    sites: Mapping[str, Array]
    weight_kg: Array

    def __repr__(self) -> str:
        """One line: what was simulated, of how many, over which hours."""
        subjects, times = self.plasma.shape
        return (
            f"<Curve of {self.drug} by {self.model}: {', '.join((*self.concentrations, *self.sites))}; "
            f"subjects: {subjects}, times: {times}, from {self.times_h.min():g} to {self.times_h.max():g} h>"
        )

    def _repr_html_(self) -> str:
        """The line and a small picture of the first subject's curves."""
        times = self.times_h if self.times_h.ndim == 1 else self.times_h[0]
        lines = {**self.concentrations, **{f"site {name}": levels for name, levels in self.sites.items()}}
        drawn = {name: levels[0].tolist() for name, levels in lines.items() if len(levels)}
        whose = ("Drawn is the first subject.",) if len(self.plasma) > 1 else ()
        picture = notebook.curves(times.tolist(), drawn, "ng/mL") if drawn and times.size else ""
        return notebook.shown(repr(self)[1:-1], (("Of several", whose),), picture=picture)

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of the sources of a bundled model; of a model of your own what it cites is cited by itself."""
        known = models.models().get(self.model)
        return () if known is None else cite(known)

    @property
    def plasma(self) -> Array:
        """Plasma concentration, (subjects, times) in ng/mL."""
        return self.concentrations["plasma"]


def simulate(
    doses: Schedule | Sequence[Schedule] | DoseColumns,
    subjects: Subjects | Changing,
    model: Model | str,
    times_h: Sequence[float] | Array,
    *,
    sites: Sites | None = None,
    of_doses: Sequence[int] | None = None,
) -> Curve:
    """Concentrations at `times_h` (increasing) after `doses`: one schedule for all, or one a subject.

    Doses as `DoseColumns` have no object a dose and are the fast way for many schedules; with them `times_h` may be
    (subjects, times). Subjects may be `Changing`: with one schedule for all, `of_doses` has the period of every dose
    where its time does not say it. At a bolus and at a reset the value after it is given. `sites`
    adds effect compartments dCe/dt = ke0 (Cp - Ce): name -> ke0 (1/h). UnwoundError for times that do not increase,
    routes the model lacks, or a wrong number of schedules.
    """
    from unwound.pharmacology.solver import concentrations  # numba takes a second: loaded with the first simulation

    loaded = models.model(model) if isinstance(model, str) else model
    _are_what_is_needed(doses, subjects, loaded)
    id = model if isinstance(model, str) else loaded.title
    if bad := [f"effect site «{name}»: ke0 must be above zero per hour, not {ke0}"
               for name, ke0 in (sites or {}).items() if not ke0 > 0]:  # fmt: skip
        raise UnwoundError(bad[0])
    if isinstance(subjects, Changing) and not isinstance(doses, DoseColumns):
        return _each_by_itself(_one_schedule(doses), subjects, model, _checked(times_h), sites, of_doses)
    own = isinstance(doses, DoseColumns) and np.ndim(times_h) == 2
    times = _checked_rows(times_h, len(subjects)) if own else _checked(times_h)
    each = subjects.flat if isinstance(subjects, Changing) else subjects
    parameters = models.parameters(loaded, each.weight_kg, each.eta, each.of_occasion)
    if isinstance(doses, DoseColumns):
        _matches(doses, loaded, len(subjects))
        rows = np.atleast_2d(times)
        if isinstance(subjects, Changing):
            levels = concentrations.of_changing(
                loaded, parameters, ends_h=subjects.ends_h, doses=doses, times=rows, sites=sites or {}
            )
        else:
            levels = concentrations.of_columns(loaded, parameters, doses, rows, sites or {})
    else:
        levels = concentrations.levels(loaded, parameters, _schedules(doses, len(subjects)), times, sites or {})
    return Curve(
        model=id,
        drug=loaded.drug,
        times_h=times,
        concentrations=dict(zip(loaded.outputs, levels, strict=False)),
        sites=dict(zip(sites or {}, levels[len(loaded.outputs) :], strict=True)),
        weight_kg=subjects.weight_kg[:, -1] if isinstance(subjects, Changing) else subjects.weight_kg,
    )


def _one_schedule(doses: Schedule | Sequence[Schedule]) -> Schedule:
    single = [dose for dose in doses if isinstance(dose, Dose)]
    if len(single) != len(doses):
        raise UnwoundError(
            "subjects that change over time have one schedule for all, or their doses as DoseColumns "
            "(dosing.columns_of)"
        )
    return single


def _each_by_itself(
    doses: Schedule, subjects: Changing, model: Model | str, times: Array, sites: Sites | None,
    of_doses: Sequence[int] | None,
) -> Curve:  # fmt: skip
    """Subjects that change over time, one after another: any route, reset or steady state."""
    from unwound.pharmacology.solver.timeline import Look

    looks = [Look(time_h=time) for time in times.tolist()]
    curves = [
        of_one(doses, subjects.one(row), subjects.ends_of(row), model, looks, sites=sites, of_doses=of_doses)
        for row in range(len(subjects))
    ]
    return Curve(
        model=curves[0].model,
        drug=curves[0].drug,
        times_h=times,
        concentrations={
            name: np.concatenate([curve.concentrations[name] for curve in curves]) for name in curves[0].concentrations
        },
        sites={name: np.concatenate([curve.sites[name] for curve in curves]) for name in curves[0].sites},
        weight_kg=subjects.weight_kg[:, -1],
    )


def _are_what_is_needed(doses: object, subjects: object, model: object) -> None:
    """UnwoundError, naming what to give, for arguments of another kind."""
    if not isinstance(model, Model):
        raise UnwoundError(f"model: an id or a Model is needed, not {type(model).__name__}")
    if not isinstance(subjects, Subjects | Changing):
        raise UnwoundError(f"subjects: Subjects([70]) or subject_of(patient) is needed, not {type(subjects).__name__}")
    if isinstance(doses, Dose):
        raise UnwoundError("doses: a list of doses is needed, also for one: [dose]")
    if not isinstance(doses, DoseColumns | Sequence):
        raise UnwoundError(f"doses: a list of doses is needed, not {type(doses).__name__}")


def _matches(doses: DoseColumns, model: Model, subjects: int) -> None:
    if len(doses) not in {1, subjects}:
        raise UnwoundError(
            f"{len(doses)} schedules for {subjects} subjects: one row for all is needed, or one for each"
        )
    if doses.route not in model.routes:
        raise UnwoundError(f"{model.title} has no route «{doses.route}»; it has {', '.join(model.routes)}")


def _checked_rows(times_h: Sequence[float] | Array, subjects: int) -> Array:
    from unwound.pharmacology.solver import kernels

    times = np.ascontiguousarray(times_h, dtype=float)
    if times.shape[0] != subjects or not times.size:
        raise UnwoundError(f"times_h: a row of hours for each of the {subjects} subjects is needed, not {times.shape}")
    if not kernels.increasing(times, SAME_H):
        raise UnwoundError("times_h: hours must be numbers and increase in every row")
    return times


def _schedules(doses: Schedule | Sequence[Schedule], subjects: int) -> Sequence[Schedule]:
    # One schedule serves all subjects or there is one for each; a mixture of both is a slip.
    single = [dose for dose in doses if isinstance(dose, Dose)]
    if len(single) == len(doses):
        return [single]
    several = [schedule for schedule in doses if not isinstance(schedule, Dose)]
    for schedule in several:
        if not isinstance(schedule, Sequence) or not all(isinstance(dose, Dose) for dose in schedule):
            raise UnwoundError(f"doses: Dose(...) is needed, or a list of them for each subject, not {schedule!r:.60}")
    if len(several) != len(doses) or len(several) != subjects:
        raise UnwoundError(
            f"{len(several)} schedules for {subjects} subjects: one for all is needed, or one for each subject"
        )
    return several


def _checked(times_h: Sequence[float] | Array) -> Array:
    try:
        times = np.asarray(times_h, dtype=float)
    except (TypeError, ValueError):  # words, lists of unlike lengths, a generator
        raise UnwoundError("times_h: a list of hours is needed") from None
    if times.ndim != 1 or not times.size or not np.isfinite(times).all():
        raise UnwoundError("times_h: a list of hours is needed")
    if (np.diff(times) <= SAME_H).any():
        raise UnwoundError("times_h: hours must increase")
    return times


def of_one(
    doses: Schedule,
    periods: Subjects,
    ends_h: Sequence[float],
    model: Model | str,
    looks: Sequence[Look],
    *,
    sites: Sites | None = None,
    of_doses: Sequence[int] | None = None,
) -> Curve:
    """Concentrations of one person whose weight or deviations change: (1, looks), the looks in any order.

    `periods` has a row a period; each holds until its end in `ends_h`, the last one for ever. A look says after how
    many of the doses it was taken: a sample drawn just before a bolus finds the trough. `of_doses` has each dose's
    period where its time does not say it.
    """
    from unwound.pharmacology.solver import concentrations, timeline

    if len(ends_h) != len(periods) - 1 or (np.diff(ends_h) < 0).any():
        raise UnwoundError(f"{len(ends_h)} ends for {len(periods)} periods: each but the last has one, in their order")
    loaded = models.model(model) if isinstance(model, str) else model
    parameters = models.parameters(loaded, periods.weight_kg, periods.eta, periods.of_occasion)
    outputs = models.concentrations(loaded, parameters)
    matrix = concentrations.with_sites(models.matrices(loaded, parameters), outputs["plasma"], sites or {})
    states = timeline.states(loaded, parameters, matrix, ends_h, doses, looks, of_doses)
    of = np.array(
        [timeline.period_of(ends_h, look.time_h) if look.period is None else look.period for look in looks],
        dtype=np.intp,
    )
    size = len(loaded.places)
    return Curve(
        model=model if isinstance(model, str) else loaded.title,
        drug=loaded.drug,
        times_h=np.array([look.time_h for look in looks]),
        concentrations={name: (states[place] * factor[of])[None] for name, (place, factor) in outputs.items()},
        sites={name: states[size + row][None] for row, name in enumerate(sites or {})},
        weight_kg=periods.weight_kg[-1:],
    )
