"""Published pharmacokinetic models as data: compartments, flows between them, and how subjects differ.

A model is linear: amounts (mg) in compartments, drained by clearances (L/h) or rate constants (1/h). What was sampled
(arterial or venous blood) belongs to the parameters and is stated; racemic ketamine and esketamine never mix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, find, load
from unwound.record import UnwoundError
from unwound.terms import Drug

Array = NDArray[np.float64]
Sampling = Literal["arterial", "venous", "not stated"]
"""Which blood was sampled."""
Sites = Mapping[str, float]
"""Effect sites: name -> ke0 (1/h)."""


class Parameter(Cited):
    """One parameter of the typical subject; it scales with (weight / reference weight) to its exponent."""

    weight_exponent: float = 0.0


class Derived(Frozen):
    """A parameter calculated from others, after these have varied: their product, or one minus one of them."""

    product: tuple[str, ...] = ()
    one_minus: str = ""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Derived:
        if bool(self.product) == bool(self.one_minus):
            raise ValueError("a derived parameter is either a product or one minus a parameter")
        return self

    @property
    def of(self) -> tuple[str, ...]:
        """The parameters it rests on."""
        return (*self.product, *((self.one_minus,) if self.one_minus else ()))


class Compartment(Frozen):
    """A place the drug is in; `volume` names the parameter (L) that turns its amount into a concentration."""

    volume: str = ""
    title: str = ""


class Flow(Frozen):
    """What leaves one compartment: to another one, or (empty `to`) out of the body.

    Exactly one of `clearance` (parameter in L/h, divided by the volume it comes from) and `rate` (parameter in 1/h).
    `both_ways` exchanges with the same clearance. `fraction` names a parameter that multiplies it, `complement` takes
    one minus it.
    """

    source: str
    to: str = ""
    clearance: str = ""
    rate: str = ""
    both_ways: bool = False
    fraction: str = ""
    complement: bool = False

    @model_validator(mode="after")
    def _has_one_speed(self) -> Flow:
        if bool(self.clearance) == bool(self.rate):
            raise ValueError("a flow has either a clearance or a rate")
        if self.both_ways and not (self.clearance and self.to):
            raise ValueError("only a clearance between two compartments goes both ways")
        return self


class Output(Frozen):
    """What is measured: the concentration in a compartment, `scale` (a parameter) turning units carried into mass."""

    compartment: str
    scale: str = ""


class Route(Frozen):
    """Where a dose goes: its compartment, and parameters for bioavailability, lag (h) and zero-order duration (h).

    `also` names a second route that the same dose takes as well, with that route's own share: what is not taken up in
    the nose or mouth is swallowed.
    """

    compartment: str
    also: str = ""
    bioavailability: str = ""
    lag: str = ""
    duration: str = ""


class Variability(Frozen):
    """How subjects differ: log-normal factors on parameters with a covariance matrix of their logarithms."""

    parameters: tuple[str, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    logit: tuple[str, ...] = ()
    """Of these parameters (fractions) the logit varies instead of the logarithm."""
    source: str = ""
    where: str = ""
    checked: Checked = Checked.UNCHECKED
    note: str = ""
    borrowed: str = ""
    """Where it belongs to other people than those the model was made from: whose it is. Said wherever it is used."""

    @model_validator(mode="after")
    def _is_a_covariance(self) -> Variability:
        if not self.parameters:
            return self
        matrix = np.array(self.covariance, dtype=float)
        if matrix.shape != (len(self.parameters), len(self.parameters)):
            raise ValueError("the covariance needs one row and one column a parameter")
        if not np.allclose(matrix, matrix.T) or np.linalg.eigvalsh(matrix).min() < -1e-12:
            raise ValueError("a covariance is symmetric and not negative")
        return self


class AgeEffect(Frozen):
    """A parameter that changes by so much with every year above an age."""

    parameter: str
    above: Cited
    per_year: Cited

    @model_validator(mode="after")
    def _is_in_years(self) -> AgeEffect:
        if self.above.unit != "year":
            raise ValueError("an effect of age begins at an age in years")
        return self


class Residual(Frozen):
    """Unexplained error of one output: proportional (standard deviation of the logarithm) and additive (ng/mL)."""

    proportional: Cited | None = None
    additive: Cited | None = None
    borrowed: str = ""
    """As of a variability."""


class Range(Frozen):
    """Where the model was made, low to high; outside of it a simulation says so."""

    weight_kg: Cited | None = None
    age_years: Cited | None = None
    population: CitedText
    children: bool = False
    """Made from children alone: what adults are observed to have does not judge it."""


class Model(Head):
    """One file of `data/models`."""

    drug: Drug
    sampling: Sampling
    summary: CitedText
    caution: str = ""
    """What to be careful about; «compatibility only», «intensive care only»."""
    reference_kg: Cited
    parameters: Mapping[str, Parameter]
    derived: Mapping[str, Derived] = {}
    """Reckoned in this order; each may rest on those before it."""
    compartments: Mapping[str, Compartment]
    flows: tuple[Flow, ...]
    outputs: Mapping[str, Output]
    """`plasma` always; `norketamine`, `hydroxynorketamine` where the model has them."""
    routes: Mapping[str, Route]
    """`iv` always."""
    carries: Literal["mass", "moles"] = "mass"
    """Whether what becomes metabolite is carried as mass or as moles (in mg of parent)."""
    variability: Variability = Variability()
    between_occasions: Variability = Variability()
    """How one subject differs from one occasion to the next, on top of how they differ from others."""
    residual: Mapping[str, Residual] = {}
    of_age: tuple[AgeEffect, ...] = ()
    """What of it changes with age by its paper; a person whose age is not said has the parameters as they stand."""
    valid: Range

    @model_validator(mode="after")
    def _hangs_together(self) -> Model:
        """Every name leads somewhere. A branch for each way in which a file can name what it lacks."""
        missing = self._named() - set(self.parameters) - set(self.derived)
        unknown = self._placed() - set(self.compartments)
        unknown |= {route.also for route in self.routes.values()} - {""} - set(self.routes)
        if missing or unknown:
            raise ValueError(f"named but not given: {', '.join(sorted(missing | unknown))}")
        chains = sorted(name for name, route in self.routes.items() if route.also and self.routes[route.also].also)
        if chains:
            raise ValueError(f"a route that comes with another has none of its own: {', '.join(chains)}")
        if twice := set(self.parameters) & set(self.derived):
            raise ValueError(f"both a parameter and derived: {', '.join(sorted(twice))}")
        if "plasma" not in self.outputs or "iv" not in self.routes:
            raise ValueError("a model has the output «plasma» and the route «iv»")
        return self

    def _named(self) -> set[str]:
        """The parameters that something names."""
        named = {flow.clearance for flow in self.flows} | {flow.rate for flow in self.flows}
        named |= {flow.fraction for flow in self.flows} | {
            compartment.volume for compartment in self.compartments.values()
        }
        named |= {output.scale for output in self.outputs.values()} | set(self.variability.parameters)
        named |= set(self.between_occasions.parameters) | {effect.parameter for effect in self.of_age}
        for route in self.routes.values():
            named |= {route.bioavailability, route.lag, route.duration}
        return named.union(*(derived.of for derived in self.derived.values())) - {""}

    def _placed(self) -> set[str]:
        """The compartments that something names."""
        placed = {flow.source for flow in self.flows} | {flow.to for flow in self.flows}
        placed |= {output.compartment for output in self.outputs.values()}
        return (placed | {route.compartment for route in self.routes.values()}) - {""}

    @property
    def borrowed(self) -> tuple[str, ...]:
        """What of the spread belongs to other people than those the model was made from, a sentence each."""
        every = (
            self.variability.borrowed,
            self.between_occasions.borrowed,
            *(error.borrowed for error in self.residual.values()),
        )
        return tuple(dict.fromkeys(borrowed_from for borrowed_from in every if borrowed_from))

    @property
    def places(self) -> tuple[str, ...]:
        """The compartments in the order of the state."""
        return tuple(self.compartments)


def models() -> Mapping[str, Model]:
    """Every model by its id."""
    return load("models", Model)


def model(id: str) -> Model:
    """One model. UnwoundError, naming those there are, when there is none of that name."""
    return find("models", Model, id, "model")


def parameters(
    model: Model, weight_kg: Array, eta: Array | None = None, of_occasion: Array | None = None
) -> dict[str, Array]:
    """Every parameter of every subject: name -> (subjects,); `weight_kg` (subjects,), `eta` (subjects, varying).

    `of_occasion` (subjects, varying between occasions) is added to `eta` where both vary the same parameter.
    """
    relative = weight_kg / model.reference_kg.value
    values = {
        name: parameter.value * relative**parameter.weight_exponent
        if parameter.weight_exponent
        else np.full_like(relative, parameter.value)
        for name, parameter in model.parameters.items()
    }
    for how, deviations in ((model.variability, eta), (model.between_occasions, of_occasion)):
        for column, name in enumerate(how.parameters if deviations is not None else ()):
            assert deviations is not None
            values[name] = _varied(values[name], deviations[:, column], logit=name in how.logit)
    for name, derived in model.derived.items():
        parts = [values[factor] for factor in derived.of]
        values[name] = 1 - parts[0] if derived.one_minus else np.prod(parts, axis=0)
    return values


def refuse_unknown_occasions(model: Model) -> None:
    """UnwoundError for a model that does not say how much one subject differs between occasions."""
    if not model.between_occasions.parameters:
        raise UnwoundError(
            f"{model.title}: how much one person differs from one occasion to the next is not known: no publication of "
            "it that was read prints that variance. State it, or leave the occasions out"
        )


def at_age(model: Model, age_years: float | None) -> Model:
    """The model of a person of that age; the same one where no age is given or its paper has no effect of age.

    UnwoundError where the effect, carried on so far, would leave nothing of a parameter.
    """
    if age_years is None or not model.of_age:
        return model
    parameters = dict(model.parameters)
    for effect in model.of_age:
        own = parameters[effect.parameter]
        value = own.value + effect.per_year.value * max(0.0, age_years - effect.above.value)
        if value <= 0:
            raise UnwoundError(f"{model.title}: nothing would be left of {effect.parameter} at {age_years:g} years")
        parameters[effect.parameter] = own.model_copy(update={"value": value})
    return model.model_copy(update={"parameters": parameters})


def of_age(of: Mapping[str, Model], age_years: float | None) -> tuple[str, ...]:
    """What is to be said of age: which models are of another one without it, or were made from other ages."""
    return tuple(says for id, model in of.items() for says in _of_age(id, model, age_years))


def _of_age(id: str, model: Model, age_years: float | None) -> Iterator[str]:
    if age_years is None:
        for effect in model.of_age:
            changes = f"{effect.per_year.value:g} {effect.per_year.unit} a year above {effect.above.value:g} years"
            yield f"No age was given: {id} changes {effect.parameter} by {changes}, and that is not applied."
        return
    ages = model.valid.age_years
    low, high = (ages.low or 0.0, ages.high) if ages else (0.0, None)
    if low <= age_years and (high is None or age_years <= high):
        return
    # An effect of age begins at an age of its own: below that nothing is applied.
    changed = ", ".join(effect.parameter for effect in model.of_age if age_years > effect.above.value)
    done = f"its effect of age on {changed} is applied" if changed else "nothing of it changes at that age"
    people = f"{low:g} years or more" if high is None else f"{low:g} to {high:g} years"
    yield f"{id} was made from people of {people}, not {age_years:g}; {done}."


def with_occasions(model: Model, variances: Mapping[str, float]) -> Model:
    """The model with variances between occasions that somebody states: parameter -> variance of its logarithm.

    They take the place of the model's own. UnwoundError for a parameter the model lacks or a variance that is none.
    """
    for name, variance in variances.items():
        if name not in model.parameters:
            raise UnwoundError(f"{model.title} has no parameter «{name}»; it has {', '.join(model.parameters)}")
        if not 0 < variance < float("inf"):
            raise UnwoundError(f"{name} {variance:g}: the variance of a logarithm is a number above 0")
    stated = Variability(
        parameters=tuple(variances),
        covariance=tuple(tuple(row) for row in np.diag(list(variances.values())).tolist()),
        logit=tuple(name for name in variances if name in model.variability.logit),
        note="stated by whoever asked, not by a publication",
    )
    return model.model_copy(update={"between_occasions": stated})


def _varied(value: Array, eta: Array, *, logit: bool) -> Array:
    if not logit:
        varied: Array = value * np.exp(eta)
        return varied
    odds = value / (1 - value) * np.exp(eta)
    fraction: Array = odds / (1 + odds)
    return fraction


def matrices(model: Model, values: Mapping[str, Array]) -> Array:
    """The rate matrix of every subject, (subjects, places, places) in 1/h: dx/dt = A x + input."""
    place = {name: index for index, name in enumerate(model.places)}
    subjects = len(next(iter(values.values())))
    matrix = np.zeros((len(place), len(place), subjects)).transpose(2, 0, 1)  # each place of all subjects together
    for flow in model.flows:
        speed = _speed(model, flow, values, flow.source)
        _move(matrix, place[flow.source], place[flow.to] if flow.to else None, speed)
        if flow.both_ways:
            _move(matrix, place[flow.to], place[flow.source], _speed(model, flow, values, flow.to))
    return matrix


def concentrations(model: Model, values: Mapping[str, Array]) -> dict[str, tuple[int, Array]]:
    """Output -> its place in the state and the factor (subjects,) that turns mg there into ng/mL."""
    place = {name: index for index, name in enumerate(model.places)}
    factors = {}
    for name, output in model.outputs.items():
        factor = 1000.0 / values[model.compartments[output.compartment].volume]
        factors[name] = (place[output.compartment], factor * values[output.scale] if output.scale else factor)
    return factors


def _speed(model: Model, flow: Flow, values: Mapping[str, Array], source: str) -> Array:
    speed = values[flow.rate] if flow.rate else values[flow.clearance] / values[model.compartments[source].volume]
    if flow.fraction:
        share = values[flow.fraction]
        speed = speed * (1 - share if flow.complement else share)
    return speed


def _move(matrix: Array, source: int, to: int | None, speed: Array) -> None:
    matrix[:, source, source] -= speed
    if to is not None:
        matrix[:, to, source] += speed
