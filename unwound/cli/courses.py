"""The request to `unwound simulate`: doses, model, weights and times, each of them checked and made ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import click
import numpy as np

from unwound import facts, protocols
from unwound.cli.guard import guard
from unwound.cli.results import Result, Weights
from unwound.exchange import event_table
from unwound.pharmacology import effects, models, population, simulation
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.models import Array
from unwound.pharmacology.population import Summary
from unwound.pharmacology.simulation import Curve
from unwound.pharmacology.subjects import Subjects
from unwound.protocols.comparison import MODELS
from unwound.protocols.knowledge import DRUGS
from unwound.record import UnwoundError

WEEK_H, DAY_H = 168.0, 24.0
SHOWN_WEEKS = 14
"""What is simulated after the last dose: a little beyond where controlled data end."""
FINE, FINE_OF_MANY = 600, 200
"""Times around the doses, where no step is asked for: of one person, and of a population."""
FINEST_H, COARSE_H, COARSE_OF_MANY_H = 1 / 12, 6.0, 24.0
MANY = 200_000
"""More times than this are a typing error."""
MOST_PEOPLE = 1_000_000_000
"""More people than this are a typing error, too."""
SAME_H = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options, checked."""

    weights: Weights
    model_id: str | None
    people: int | None
    seed: int
    until_h: float | None
    step_h: float | None
    cluster: str | None
    beyond: bool
    """Whether doses beyond every ceiling are simulated too."""

    @property
    def weight_kg(self) -> float:
        """The weight, or of a population its mean."""
        return self.weights if isinstance(self.weights, float) else self.weights[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One schedule with its model; `by_weight` gives the doses where they differ with the weight."""

    id: str
    title: str
    model_id: str
    doses: tuple[Dose, ...]
    first_h: float = 0.0
    observed_h: tuple[float, ...] = ()
    by_weight: Callable[[float], Sequence[Dose]] | None = None


def weights(text: str | None, *, several: bool) -> Weights:
    """The value of --weight-kg: one weight, or of a population mean, sd, low and high."""
    # Each way to mistype the option has an answer of its own.
    if text is None:
        raise UnwoundError("the weight is not known and is never assumed: give --weight-kg")
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise UnwoundError(f"--weight-kg «{text}»: a number of kg is needed") from None
    if len(numbers) not in ((1, 4) if several else (1,)):
        form = "one weight, or MEAN,SD,LOW,HIGH" if several else "one weight (MEAN,SD,LOW,HIGH goes with --population)"
        raise UnwoundError(f"--weight-kg {text}: give {form}")
    question = facts.vocabulary()["weight_kg"]
    low, high = question.min or 0.0, question.max or float("inf")
    if not all(low <= number <= high for number in (numbers[0], *numbers[2:])):
        raise UnwoundError(f"--weight-kg {text}: a weight is a number from {low:g} to {high:g} kg")
    if len(numbers) == 1:
        return numbers[0]
    mean, sd, lowest, highest = numbers
    if not (0 < sd < float("inf") and lowest < highest):
        raise UnwoundError(f"--weight-kg {text}: in MEAN,SD,LOW,HIGH SD is above 0 and LOW below HIGH")
    return mean, sd, lowest, highest


def number_of_people(value: int | None) -> int | None:
    """The value of --population."""
    if value is not None and not 1 <= value <= MOST_PEOPLE:
        raise UnwoundError(f"--population {value}: a number of people from 1 to {MOST_PEOPLE:,} is needed")
    return value


def above_zero(option: str, value: float | None) -> float | None:
    """A number of hours above zero."""
    if value is not None and not 0 < value < float("inf"):
        raise UnwoundError(f"{option} {value:g}: a number of hours above zero is needed")
    return value


def of_protocol(id: str, request: Request) -> list[Course]:
    """The course of a protocol. UnwoundError for weights it is not made for, and for a model of the other drug."""
    protocol = protocols.protocol(id)
    model_id = request.model_id or MODELS[protocol.drug]
    drug = models.model(model_id).drug
    if drug != protocol.drug:
        raise UnwoundError(
            f"the protocol «{id}» is for {DRUGS[protocol.drug]} and the model «{model_id}» for {DRUGS[drug]}: "
            "they never share a dose scale; choose a model of the protocol's drug"
        )
    for weight in request.weights[2:] if isinstance(request.weights, tuple) else ():
        protocols.doses(id, weight)
    by_weight = partial(protocols.doses, id) if isinstance(request.weights, tuple) else None
    return [
        Course(
            id=id,
            title=protocol.title,
            model_id=model_id,
            doses=protocols.doses(id, request.weight_kg),
            by_weight=by_weight,
        )
    ]


def of_events(text: str, name: str, request: Request) -> tuple[list[Course], tuple[str, ...]]:
    """One course for every ID of an event table, and the columns that were not read.

    UnwoundError, naming the row, for a table that cannot be read, and the ID for doses beyond every ceiling.
    """
    if request.model_id is None:
        raise UnwoundError(f"{name}: an event table does not say its drug; name --model (`unwound models` lists them)")
    models.model(request.model_id)  # an unknown model is named before the table is read
    table = event_table.read(text, name)
    courses = []
    for id, entry in table.courses.items():
        if not any(dose.amount_mg for dose in entry.doses):
            raise UnwoundError(f"{name}: ID {id} has no dose; there is nothing to simulate")
        if not request.beyond and (
            warning := guard(f"{name}: ID {id}", entry.doses, request.model_id, request.weight_kg)
        ):
            click.echo(warning, err=True)
        courses.append(
            Course(
                id=id,
                title=id,
                model_id=request.model_id,
                doses=entry.doses,
                first_h=entry.first_h,
                observed_h=entry.observed_h,
            )
        )
    return courses, table.left_aside


def run(course: Course, request: Request, progress: Callable[[int, int], None] | None) -> Result:
    """The course simulated: one typical subject, or a population."""
    stop = max(dose.end_h for dose in course.doses if dose.amount_mg)
    times = times_of(course, stop, request)
    curve: Curve | Summary
    if request.people is None:
        sites = effects.sites_of(effects.RELIEF, bounds=True)
        subject = Subjects(np.array([request.weight_kg]))
        curve = simulation.simulate(course.doses, subject, course.model_id, times, sites=sites)
    else:
        curve = population.population(
            course.by_weight or course.doses, course.model_id, n=request.people, seed=request.seed, times_h=times,
            weight_kg=request.weights, sites=effects.sites_of(effects.RELIEF), cluster=request.cluster,
            progress=progress,
        )  # fmt: skip
    return Result(
        id=course.id,
        title=course.title,
        model_id=course.model_id,
        doses=course.doses,
        stop_h=stop,
        weights=request.weights,
        curve=curve,
        by_weight=course.by_weight is not None,
    )


def times_of(course: Course, stop_h: float, request: Request) -> Array:
    """Every start and end of a dose, and between them even steps: fine up to a day after the last, then wider."""
    first = min(0.0, course.first_h)
    until = stop_h + SHOWN_WEEKS * WEEK_H if request.until_h is None else request.until_h
    if until <= first:
        raise UnwoundError(f"--until-h {until:g}: the table begins at {first:g} h")
    near = min(until, stop_h + DAY_H) if request.step_h is None else until
    fine, coarse_h = (FINE, COARSE_H) if request.people is None else (FINE_OF_MANY, COARSE_OF_MANY_H)
    step = request.step_h or max(FINEST_H, round((near - first) / fine, 1))
    if (near - first) / step + (until - near) / coarse_h > MANY:
        raise UnwoundError(f"more than {MANY:,} times up to {until:g} h; give a longer --step-h or a lower --until-h")
    edges = [edge for dose in course.doses for edge in (dose.time_h, dose.end_h)]
    exact = [time for time in (*edges, *course.observed_h) if first <= time <= until]
    grid = [np.arange(first, near, step), np.arange(near, until, coarse_h), np.array([until, *exact])]
    every = np.unique(np.round(np.concatenate(grid), 9))
    apart: Array = every[np.concatenate([[True], np.diff(every) > SAME_H])]
    return apart
