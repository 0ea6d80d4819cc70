"""From a corridor of concentrations that a named person gives to rates of an infusion. Planning only: no pump.

The concentration at each time is linear in the rates: a column of the system is what 1 mg/h in one step gives, and the
rates are the non-negative least squares of what is wanted (Lawson and Hanson, scipy). What may be reached at most wins
over what is wanted at least. The same rates are then run under every other model of the drug.

    plan(Corridor(by="Dr Name", at_least=Aim(ng_per_ml=150)), model="otto_2021", weight_kg=70, hours=4, step_h=0.5)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from unwound.pharmacology import effects, models
from unwound.pharmacology.dosing import Dose, Schedule, infusion
from unwound.pharmacology.ensemble import Body
from unwound.pharmacology.landmarks import landmarks
from unwound.pharmacology.models import Array, Model, Sampling, of_age
from unwound.record import UnwoundError
from unwound.terms import Drug

PLASMA = "plasma"
WITHIN = 24
"""Times within each step at which what may be reached at most is looked at."""
FIRM, HARD, SHORT = 3.0, 1000.0, 0.002
"""How much heavier weighs what falls short between the ends of steps (beyond this share), and what passes a most."""
ROUNDS = 12
"""How often limits that are passed are added and the rates solved again."""
HELD = 0.99
"""A corridor is held down to this share of its least: a step of the pump is as much."""
MOST_STEPS = 200
AFTER_H = 14 * 24.0
"""Hours after the end in which a level is looked for."""
PURPOSE = "Planning only: it drives no pump. A named clinician orders a rate, looks at the patient, and changes it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A concentration in ng/mL at a place: plasma, or the effect site of an effect (`acute_analgesia`, `drug_high`)."""

    ng_per_ml: float
    site: str = PLASMA

    def __post_init__(self) -> None:
        if not 0 < self.ng_per_ml < math.inf:
            raise UnwoundError(f"{self.site}: {self.ng_per_ml:g} is not a concentration; ng/mL above zero are needed")
        if self.site != PLASMA and not effects.sites_of(self.site):
            raise UnwoundError(f"«{self.site}» has no effect site: it follows plasma at once; name {PLASMA}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """What a named person wants: at least this where relief is, at most that where it hurts, at most that in plasma."""

    by: str
    at_least: Aim
    at_most: tuple[Aim, ...] = ()

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise UnwoundError("a corridor is somebody's decision: say whose (by)")
        for most in self.at_most:
            if most.site == self.at_least.site and most.ng_per_ml < self.at_least.ng_per_ml:
                raise UnwoundError(
                    f"{most.site}: at most {most.ng_per_ml:g} ng/mL is below at least {self.at_least.ng_per_ml:g}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rate of the pump, from an hour for some hours."""

    start_h: float
    hours: float
    mg_per_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """What the same rates do by one model, from the hour on at which the corridor should be held."""

    model: str
    sampling: Sampling
    children: bool
    aimed: tuple[float, float]
    """Least and most where the corridor has its least, ng/mL."""
    plasma: tuple[float, float]
    at_most: tuple[float, ...]
    """The highest at each place that has a most, from the first dose on."""
    below_h: Mapping[float, float | None]
    """Plasma level -> hours after the end until it stays below; None where that is beyond two weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """A proposal: the steps, what they do by the model they were made with and by every other one."""

    corridor: Corridor
    model: str
    drug: Drug
    weight_kg: float
    age_years: float | None
    """Used by the models whose paper has an effect of it; None where nobody gave it."""
    steps: tuple[Step, ...]
    given: tuple[Dose, ...]
    """What really ran before."""
    from_h: float
    held_from_h: float
    """The corridor is looked at from here: the end of the first step."""
    own: Under
    others: tuple[Under, ...]
    says: tuple[str, ...]

    @property
    def doses(self) -> tuple[Dose, ...]:
        """What ran and what is planned."""
        planned = tuple(infusion(step.start_h, step.mg_per_h, step.hours) for step in self.steps if step.mg_per_h)
        return (*self.given, *planned)

    @property
    def end_h(self) -> float:
        """When the last step ends."""
        return self.steps[-1].start_h + self.steps[-1].hours

    def __repr__(self) -> str:
        """One line: the rates."""
        rates = ", ".join(f"{step.mg_per_h:.4g}" for step in self.steps)
        return f"<TargetPlan by {self.model} for {self.weight_kg:g} kg: {rates} mg/h>"


def plan(
    corridor: Corridor,
    *,
    model: str,
    weight_kg: float,
    hours: float,
    step_h: float,
    age_years: float | None = None,
    given: Schedule = (),
    from_h: float = 0.0,
    finest_mg_per_h: float = 0.1,
    most_mg_per_h: float = math.inf,
    below: Sequence[float] = (),
) -> TargetPlan:
    """Rates for `hours` from `from_h` in steps of `step_h`, after `given` (the doses as they really ran).

    `finest_mg_per_h` is the least change of the pump in mg/h, `most_mg_per_h` its fastest; `below` are plasma levels
    whose hour of wearing off is asked; `age_years` is used by every model whose paper has an effect of age.
    UnwoundError for steps that do not fill the hours, and doses not yet ran.
    """
    edges = _edges(from_h, hours, step_h, given)
    if not (0 < finest_mg_per_h < math.inf and weight_kg > 0):
        raise UnwoundError("finest_mg_per_h and weight_kg are numbers above zero")
    body = Body.of(models.at_age(models.model(model), age_years), weight_kg)
    rates = _rates(corridor, body, given, edges, finest=finest_mg_per_h, most=most_mg_per_h)
    steps = tuple(
        Step(start_h=float(start), hours=float(end - start), mg_per_h=float(rate))
        for start, end, rate in zip(edges[:-1], edges[1:], rates, strict=True)
    )
    doses = (*given, *(infusion(step.start_h, step.mg_per_h, step.hours) for step in steps if step.mg_per_h))
    drug = models.model(model).drug
    of = {id: models.at_age(other, age_years) for id, other in models.models().items() if other.drug == drug}
    under = {id: _under(id, other, corridor, weight_kg, doses, edges, below) for id, other in of.items()}
    return TargetPlan(
        corridor=corridor,
        model=model,
        drug=drug,
        weight_kg=weight_kg,
        age_years=age_years,
        steps=steps,
        given=tuple(given),
        from_h=from_h,
        held_from_h=float(edges[1]),
        own=under[model],
        others=tuple(predicted for id, predicted in under.items() if id != model),
        says=(*_says(corridor, under[model], list(under.values()), drug), *of_age(of, age_years)),
    )


def _edges(from_h: float, hours: float, step_h: float, running: Schedule) -> Array:
    """The hours at which the rate may change."""
    number = hours / step_h if step_h > 0 and hours > 0 else 0.0
    if not 1 - 1e-9 <= number <= MOST_STEPS or abs(number - round(number)) > 1e-6:
        raise UnwoundError(f"steps of {step_h:g} h do not fill {hours:g} h in 1 to {MOST_STEPS} equal steps")
    late = [dose for dose in running if dose.end_h > from_h + 1e-9]
    if late:
        raise UnwoundError(
            f"what was given ends at {max(dose.end_h for dose in late):g} h, after {from_h:g} h, where the plan "
            "begins: give doses as they really ran until then"
        )
    edges: Array = from_h + step_h * np.arange(round(number) + 1.0)
    return edges


def _at(body: Body, aim: Aim) -> Body:
    """The place that an aim is about."""
    return body if aim.site == PLASMA else body.behind(effects.sites_of(aim.site)[aim.site])


def _rates(corridor: Corridor, body: Body, running: Schedule, edges: Array, finest: float, most: float) -> Array:
    """One rate a step, each rounded to what the pump can do before the next ones are solved again."""
    inner = _inner(edges)
    least = _side(_at(body, corridor.at_least), corridor.at_least, running, edges, inner)
    mosts = [_side(_at(body, limit), limit, running, edges, inner) for limit in corridor.at_most]
    rates = np.zeros(len(edges) - 1)
    for step in range(len(rates)):
        fastest = math.floor(most / finest + 1e-9) * finest if most < math.inf else math.inf
        rates[step] = min(round(_solved(least, mosts, rates, step) / finest) * finest, fastest)
        allowed = min((_allowed(side, rates, step) for side in mosts), default=math.inf)
        if rates[step] > allowed:
            rates[step] = math.floor(allowed / finest + 1e-9) * finest
    return np.round(rates, 9)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the corridor: a column for 1 mg/h in each step, and the ng/mL that the steps may or should add."""

    columns: Array
    room: Array


def _side(body: Body, aim: Aim, running: Schedule, edges: Array, times: Array) -> _Side:
    return _Side(_columns(body, edges, times), np.maximum(aim.ng_per_ml - body.at(running, times), 0.0))


def _allowed(side: _Side, rates: Array, step: int) -> float:
    """The fastest rate of this step that passes no most while it runs; what comes after can still be lowered."""
    while_it_runs = slice(WITHIN * step, WITHIN * (step + 1))
    room, column = _left(side, rates, step)[while_it_runs], side.columns[while_it_runs, step]
    return float(np.min(np.maximum(room, 0.0) / np.maximum(column, 1e-300)))


def _solved(least: _Side, mosts: Sequence[_Side], rates: Array, step: int) -> float:
    """The rate of this step, where the steps before it stand and all after it are free.

    Wanted is the least at the end of every step. What falls short between them, from the end of the first on, and what
    passes a most, is added as heavier rows until nothing more is added or the rounds are over.
    """
    from scipy.optimize import nnls

    ends, held = slice(WITHIN * (step + 1) - 1, None, WITHIN), max(step, 1) * WITHIN
    rows, values = [least.columns[ends, step:]], [_left(least, rates, step)[ends]]
    for _ in range(ROUNDS):
        solution: Array = nnls(np.concatenate(rows), np.concatenate(values))[0]
        room = _left(least, rates, step)
        short = least.columns[:, step:] @ solution < room * (1 - SHORT)
        short[: held - 1] = False
        over = [side.columns[:, step:] @ solution > _left(side, rates, step) * (1 + 1e-6) + 1e-9 for side in mosts]
        if not short.any() and not any(exceeded.any() for exceeded in over):
            break
        rows.append(FIRM * least.columns[short, step:])
        values.append(FIRM * room[short])
        for side, exceeded in zip(mosts, over, strict=True):
            rows.append(HARD * side.columns[exceeded, step:])
            values.append(HARD * np.maximum(_left(side, rates, step)[exceeded], 0.0))
    return float(solution[0])


def _left(side: _Side, rates: Array, step: int) -> Array:
    """What the steps from this one on may or should still add."""
    room: Array = side.room - side.columns[:, :step] @ rates[:step]
    return room


def _inner(edges: Array) -> Array:
    """Times within every step, its end with them."""
    parts = np.arange(1, WITHIN + 1) / WITHIN
    return np.concatenate([start + (end - start) * parts for start, end in pairwise(edges)])


def _columns(body: Body, edges: Array, times: Array) -> Array:
    """ng/mL at the times, a column for 1 mg/h in each step."""
    starts, ends = edges[:-1], edges[1:]
    return np.stack([body.infused(times, start, end - start) for start, end in zip(starts, ends, strict=True)], axis=1)


def _under(
    id: str,
    model: Model,
    corridor: Corridor,
    weight_kg: float,
    doses: Schedule,
    edges: Array,
    below: Sequence[float],
) -> Under:
    body = Body.of(model, weight_kg)
    times = _inner(edges)
    held = times >= edges[1] - 1e-9
    aimed, plasma = _at(body, corridor.at_least).at(doses, times)[held], body.at(doses, times)[held]
    after = np.concatenate([times, edges[-1] + np.linspace(0, 1, 200) ** 3 * 24])  # a site still rises after the end
    return Under(
        model=id,
        sampling=model.sampling,
        children=model.valid.children,
        aimed=(float(aimed.min()), float(aimed.max())),
        plasma=(float(plasma.min()), float(plasma.max())),
        at_most=tuple(float(_at(body, most).at(doses, after).max()) for most in corridor.at_most),
        below_h={float(level): wears_off(body, doses, float(edges[-1]), float(level)) for level in below},
    )


def wears_off(body: Body, doses: Schedule, end_h: float, ng_per_ml: float) -> float | None:
    """Hours from `end_h`, where nothing runs any more, until plasma stays below the level; None beyond two weeks."""
    from scipy.optimize import brentq

    if not ng_per_ml > 0:
        raise UnwoundError(f"{ng_per_ml:g} is not a concentration; ng/mL above zero are needed")

    def above(hours: float) -> float:
        return float(body.at(doses, np.array([end_h + hours]))[0]) - ng_per_ml

    if above(0.0) < 0:
        return 0.0
    return None if above(AFTER_H) > 0 else float(brentq(above, 0.0, AFTER_H, xtol=1e-6))


def _says(corridor: Corridor, own: Under, every: Sequence[Under], drug: Drug) -> list[str]:
    """Whether the corridor is held, what other models say, and what no model may reach unasked."""
    aim, (low, high) = corridor.at_least, own.aimed
    why = ", because of what may be reached at most" if corridor.at_most else ""
    held = low >= HELD * aim.ng_per_ml
    says = [PURPOSE, f"The corridor is {corridor.by}'s: at least {aim.ng_per_ml:g} ng/mL ({_place(aim)})."]
    says.append(
        f"By {own.model} it is {low:.0f} to {high:.0f} ng/mL there from the end of the first step on"
        + ("." if held else f": NOT HELD. It falls short by up to {aim.ng_per_ml - low:.0f} ng/mL{why}.")
    )
    for limit, reached in zip(corridor.at_most, own.at_most, strict=True):
        state = "kept" if reached <= limit.ng_per_ml * 1.005 else "NOT KEPT: what ran before is too much"
        says.append(f"At most {limit.ng_per_ml:g} ng/mL ({_place(limit)}): {reached:.0f} by {own.model}, {state}.")
    peaks = sorted((predicted.plasma[1], predicted.model) for predicted in every if not predicted.children)
    says.append(
        f"Plasma by the models of adults reaches {peaks[0][0]:.0f} ({peaks[0][1]}) to {peaks[-1][0]:.0f} ng/mL "
        f"({peaks[-1][1]}): the same rates, other bodies."
    )
    for mark in landmarks(drug).values():
        if mark.asks_ng_per_ml is not None and peaks[-1][0] >= mark.asks_ng_per_ml:
            says.append(f"ASK: that is in the range of {mark.title}. {mark.says.text} ({mark.says.source})")
    return says


def _place(aim: Aim) -> str:
    return PLASMA if aim.site == PLASMA else f"effect site of {aim.site.replace('_', ' ')}"
