"""The request to `unwound simulate`: doses, model, weights and times, each of them checked and made ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import click
import numpy as np

from unwound import facts, protocols
from unwound.cli.guard import guard
from unwound.cli.results import OUTPUTS, Result, Weights
from unwound.exchange import event_table
from unwound.exchange.event_table import columns
from unwound.pharmacology import effects, models, population, simulation
from unwound.pharmacology.dosing import Dose, written_out
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.population import Summary
from unwound.pharmacology.simulation import Curve
from unwound.pharmacology.solver.timeline import Look
from unwound.pharmacology.subjects import Occasions, Subjects
from unwound.protocols.comparison import MODELS
from unwound.protocols.knowledge import DRUGS
from unwound.record import UnwoundError
from unwound.terms import Drug

WEEK_H, DAY_H = 168.0, 24.0
SHOWN_WEEKS = 14
"""What is simulated after the last dose: a little beyond where controlled data end."""
FINE, FINE_OF_MANY = 600, 200
"""Times around the doses, where no step is asked for: of one person, and of a population."""
FINEST_H, COARSE_H, COARSE_OF_MANY_H = 1 / 12, 6.0, 24.0
NO_IOV = (
    "How much one person differs from one to the next is not known for {model}: state the variance of the logarithm, "
    "as in --iov CL=0.04, or leave the column out"
)
NO_WEIGHT = "the weight is not known and is never assumed: give --weight-kg"
MANY = 200_000
"""More times than this are a typing error."""
MOST_PEOPLE = 1_000_000_000
"""More people than this are a typing error, too."""
SAME_H = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options, checked."""

    weights: Weights | None
    """None where only a table can say them."""
    model_id: str | None
    people: int | None
    seed: int
    until_h: float | None
    step_h: float | None
    cluster: str | None
    beyond: bool
    """Whether doses beyond every ceiling are simulated too."""

    compartments: Mapping[str, str] = field(default_factory=dict)
    """Which way a number in a table's CMT or ADM goes, or what is measured there."""
    between: Mapping[str, float] = field(default_factory=dict)
    """Variances between occasions that the user states: parameter -> variance of its logarithm."""
    age_years: float | None = None

    @property
    def weight_kg(self) -> float:
        """The weight, or of a population its mean. UnwoundError where none was given."""
        if self.weights is None:
            raise UnwoundError(NO_WEIGHT)
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
    weights: Weights | None = None
    """Of a table with weights; else the request's."""
    subjects: Subjects = field(default_factory=lambda: Subjects(np.array([1.0])))
    """The person in every period: weight, and deviations where the table has them."""
    ends_h: tuple[float, ...] = ()
    of_doses: tuple[int, ...] = ()
    observed: Sequence[event_table.Observed] = ()
    occasions: Occasions | None = None
    between: Mapping[str, float] = field(default_factory=dict)
    """As in the request."""
    age_years: float | None = None
    """Used where the model has an effect of age."""

    @property
    def model(self) -> Model:
        """The model at the age that is known, with the variances between occasions that were stated."""
        model = models.at_age(models.model(self.model_id), self.age_years)
        return models.with_occasions(model, self.between) if self.between else model

    @property
    def steady(self) -> bool:
        """Whether weight and deviations stay what they are; occasions may differ."""
        of, first = self.subjects, self.subjects.weight_kg[0]
        return bool((of.weight_kg == first).all() and (of.eta is None or (of.eta == of.eta[0]).all()))

    def typical(self) -> Subjects:
        """The same person without deviations."""
        return Subjects(self.subjects.weight_kg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An event table ready to be simulated: its courses, and what was left aside or must be known of it."""

    courses: list[Course]
    left_aside: tuple[str, ...]
    notes: tuple[str, ...]
    compartments: Mapping[str, str]


def weights(text: str | None, *, several: bool) -> Weights | None:
    """The value of --weight-kg: one weight, or of a population mean, sd, low and high; None where it was not given."""
    # Each way to mistype the option has an answer of its own.
    if text is None:
        return None
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


def between_occasions(text: str | None) -> dict[str, float]:
    """The value of --iov: «CL=0.04,V1=0.02». UnwoundError for what is no such list."""
    variances: dict[str, float] = {}
    for part in (text or "").split(",") if text is not None else ():
        name, equals, written = (piece.strip() for piece in part.partition("="))
        try:
            variances[name] = float(written)
        except ValueError:
            equals = ""
        if not name or not equals:
            raise UnwoundError(f"--iov {text}: give each parameter its variance between occasions, such as CL=0.04")
    return variances


def number_of_people(value: int | None) -> int | None:
    """The value of --population."""
    if value is not None and not 1 <= value <= MOST_PEOPLE:
        raise UnwoundError(f"--population {value}: a number of people from 1 to {MOST_PEOPLE:,} is needed")
    return value


def years(value: float | None, where: str) -> float:
    """An age, from the command line or a table. UnwoundError for none, and for one that nobody has."""
    question = facts.vocabulary()["age_years"]
    low, high = question.min or 0.0, question.max or float("inf")
    if value is None or not low <= value <= high:
        written = "is not a number of years" if value is None else f"{value:g}"
        raise UnwoundError(f"{where}{written}; an age is from {low:g} to {high:g} years")
    return value


def age(value: float | None) -> float | None:
    """What --age-years says; None where it was not given."""
    return None if value is None else years(value, "--age-years ")


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
    if request.weights is None:
        raise UnwoundError(NO_WEIGHT)
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
            age_years=request.age_years,
        )
    ]


def compartments(text: str | None) -> dict[str, str]:
    """The value of --cmt: «1=oral,2=iv». UnwoundError for what is no such map."""
    routes: dict[str, str] = {}
    for part in (text or "").split(",") if text is not None else ():
        number, equals, written = (piece.strip() for piece in part.partition("="))
        route = columns.known().route(written) or (written.lower() if written.lower() in OUTPUTS else None)
        if not (number and equals and route) or number in routes:
            raise UnwoundError(f"--cmt {text}: give each compartment its route, such as 1=oral,2=iv")
        routes[number] = route
    return routes


def of_events(text: str, name: str, request: Request) -> Table:
    """One course for every ID of an event table, what was not read, and what a reader must know.

    UnwoundError, naming the row, for a table that cannot be read, and the ID for doses beyond every ceiling.
    """
    if request.model_id is None:
        raise UnwoundError(f"{name}: an event table does not say its drug; name --model (`unwound models` lists them)")
    model = models.model(request.model_id)
    table = event_table.read(text, name, request.compartments)
    _of_the_drug(table.drugs, name, request.model_id, model)
    if table.weighed and request.weights is not None:
        raise UnwoundError(f"{name}: the table has weights of its own; leave --weight-kg out, or the column")
    if table.age and request.age_years is not None:
        raise UnwoundError(f"{name}: the table has ages of its own ({table.age}); leave --age-years out, or the column")
    if not table.weighed and request.weights is None:
        raise UnwoundError(NO_WEIGHT)
    places = _places_of(table.etas, name, request, model)
    between = models.with_occasions(model, request.between) if request.between else model
    if request.between and not table.has_occasions:
        raise UnwoundError(f"{name}: --iov says how occasions differ, and the table has no column OCC; leave one out")
    if table.has_occasions and request.people is not None and not between.between_occasions.parameters:
        raise UnwoundError(f"{name}: the table has occasions (OCC). {NO_IOV.format(model=request.model_id)}")
    courses = [
        _of_entry(
            id, entry, where=f"{name}: ID {id}", request=request, model=model, places=places, aged=bool(table.age)
        )
        for id, entry in table.courses.items()
    ]
    notes = list(table.notes)
    if places:
        named = ", ".join(f"{key} is {model.variability.parameters[place]}" for key, place in places.items())
        notes.append(f"deviations of the table: {named}; what it does not name is 0")
    if table.has_occasions:
        notes.append(_said_of(courses, between))
    left_aside = table.left_aside
    if table.age and not model.of_age:
        left_aside = (table.age, *left_aside)
    elif table.age:
        notes.append(f"{table.age} changes {', '.join(effect.parameter for effect in model.of_age)} of this model")
    return Table(courses=courses, left_aside=left_aside, notes=tuple(notes), compartments=request.compartments)


def _said_of(courses: Sequence[Course], model: Model) -> str:
    most = max(len(course.occasions.names) for course in courses if course.occasions)
    how = model.between_occasions
    known = f"{', '.join(how.parameters)} differ between them ({how.note})" if how.parameters else (
        "how they differ is not known"
    )  # fmt: skip
    return f"occasions of the table: at most {most} of one person; {known}; a typical person is the same on all of them"


def _of_entry(
    id: str,
    entry: event_table.Course,
    where: str,
    request: Request,
    model: Model,
    places: Mapping[str, int],
    *,
    aged: bool,
) -> Course:
    """One person of a table. A branch for each thing that cannot be simulated."""
    assert request.model_id is not None
    if not any(dose.given for dose in entry.doses):
        raise UnwoundError(f"{where} has no dose; there is nothing to simulate")
    for dose in entry.doses:
        if dose.route not in model.routes:
            raise UnwoundError(
                f"{where}: a dose by the route {dose.route}; {request.model_id} takes {', '.join(model.routes)}"
            )
    weights = entry.weights_kg or (request.weight_kg,) * (len(entry.ends_h) + 1)
    question = facts.vocabulary()["weight_kg"]
    if wrong := [kg for kg in entry.weights_kg if not (question.min or 0.0) <= kg <= (question.max or float("inf"))]:
        raise UnwoundError(
            f"{where}: {wrong[0]:g} kg; a weight is a number from {question.min:g} to {question.max:g} kg"
        )
    if model.of_age and aged:
        years(entry.age_years, f"{where}: AGE ")
    if request.people is not None and len(set(weights)) > 1:
        raise UnwoundError(
            f"{where}: the weight changes over time, which a population cannot follow; leave --population out"
        )
    if not request.beyond and (warning := guard(where, written_out(entry.doses, 1.0), request.model_id, min(weights))):
        click.echo(warning, err=True)
    eta = np.zeros((len(weights), len(model.variability.parameters)))
    for period, deviations in enumerate(entry.etas):
        for key, place in places.items():
            eta[period, place] = deviations[key]
    return Course(
        id=id,
        title=id,
        model_id=request.model_id,
        doses=entry.doses,
        first_h=entry.first_h,
        observed_h=entry.observed_h,
        weights=entry.weights_kg[0] if entry.weights_kg else None,
        subjects=Subjects(np.array(weights), eta if places else None),
        ends_h=entry.ends_h,
        of_doses=entry.of_doses,
        observed=entry.observed,
        occasions=Occasions(of_periods=entry.occasions, ends_h=entry.ends_h, of_doses=entry.of_doses)
        if entry.occasions
        else None,
        between=request.between,
        age_years=entry.age_years if entry.age_years is not None else request.age_years,
    )


def _of_the_drug(words: Sequence[str], name: str, model_id: str, model: Model) -> None:
    """UnwoundError where a column of drugs names another than the model's, or one that is neither."""
    for word in words:
        drug = columns.known().drug(word)
        if drug is None:
            raise UnwoundError(f"{name}: the table says «{word}»: is that {' or '.join(DRUGS.values())}? Write it so")
        if drug != model.drug:
            raise UnwoundError(
                f"{name}: the table says «{word}» and {model_id} is for {DRUGS[model.drug]}: they never share a dose "
                f"scale; name a model of {DRUGS[Drug(drug)]}, such as {MODELS[Drug(drug)]}"
            )


def _places_of(keys: Sequence[str], name: str, request: Request, model: Model) -> dict[str, int]:
    """Which of the model's deviations each column of etas is: by number, or by the name of its parameter."""
    if keys and request.people is not None:
        raise UnwoundError(f"{name}: the table has deviations (ETA) of its own and a population draws them; keep one")
    parameters = [parameter.upper() for parameter in model.variability.parameters]
    places: dict[str, int] = {}
    for key in keys:
        place = int(key) - 1 if key.isdecimal() else parameters.index(key) if key in parameters else -1
        if not 0 <= place < len(parameters) or place in places.values():
            has = ", ".join(model.variability.parameters) or "none: it does not say how people differ"
            raise UnwoundError(f"{name}: ETA {key} is not one of {request.model_id}, which has {has}; leave it out")
        places[key] = place
    return places


def run(course: Course, request: Request, progress: Callable[[int, int], None] | None) -> Result:
    """The course simulated: one typical subject, or a population."""
    stop = max(dose.end_h for dose in course.doses if dose.given)
    times = times_of(course, stop, request)
    weights = course.weights if course.weights is not None else request.weights
    if weights is None:
        raise UnwoundError(NO_WEIGHT)
    curve: Curve | Summary
    if request.people is None:
        curve = replace(_of_person(course, weights, times), model=course.model_id)
    else:
        curve = population.population(
            course.by_weight or course.doses, course.model, n=request.people, seed=request.seed, times_h=times,
            weight_kg=weights, sites=effects.sites_of(effects.RELIEF), cluster=request.cluster,
            progress=progress, occasions=course.occasions,
        )  # fmt: skip
        curve = replace(curve, model=course.model_id)
    return Result(
        id=course.id,
        title=course.title,
        model_id=course.model_id,
        doses=course.doses,
        stop_h=stop,
        weights=weights,
        curve=curve,
        by_weight=course.by_weight is not None,
        occasions=() if course.occasions is None else course.occasions.names,
        between=course.model.between_occasions,
    )


def _of_person(course: Course, weights: Weights, times: Array) -> Curve:
    """One person: as the table has them, over all their periods, or typical at the weight asked for."""
    sites = effects.sites_of(effects.RELIEF, bounds=True)
    model = models.at_age(models.model(course.model_id), course.age_years)
    if course.weights is None and course.subjects.eta is None:
        subject = Subjects(np.array([weights if isinstance(weights, float) else weights[0]]))
        return simulation.simulate(course.doses, subject, model, times, sites=sites)
    if len(course.subjects) == 1:
        return simulation.simulate(course.doses, course.subjects, model, times, sites=sites)
    looks = [Look(time_h=time) for time in times.tolist()]
    return simulation.of_one(
        course.doses, course.subjects, course.ends_h, model, looks, sites=sites, of_doses=course.of_doses
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
