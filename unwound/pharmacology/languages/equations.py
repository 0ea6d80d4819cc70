"""The equations of a model as trees: what the solver does with arrays, said in the words of other programs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from unwound.pharmacology.languages.expressions import (
    Expression,
    exp,
    minus,
    number,
    over,
    plus,
    power,
    times,
    varied_logit,
)
from unwound.pharmacology.models import Flow, Model

WEIGHT = "WT"
"""The covariate that holds the weight (kg)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a dose of one route goes: the compartment's number from one, and its share, lag (h) and duration (h)."""

    name: str
    compartment: str
    number: int
    also: str
    share: str
    lag: str
    duration: str


def amount(compartment: str) -> str:
    """The name of the drug's amount (mg) in a compartment; no program has a word like it of its own."""
    return f"A_{compartment}"


def eta(parameter: str) -> str:
    """The name of a person's deviation of that parameter."""
    return f"eta_{parameter}"


def typical(parameter: str) -> str:
    """The name of a parameter's typical value."""
    return f"TV_{parameter}"


def values(model: Model) -> dict[str, Expression]:
    """Every parameter of one person, in an order in which each rests only on those before it."""
    expressions: dict[str, Expression] = {}
    for name, parameter in model.parameters.items():
        grows = power(over(WEIGHT, model.reference_kg.value), parameter.weight_exponent)
        scaled = times(typical(name), grows) if parameter.weight_exponent else typical(name)
        expressions[name] = _varied(model, name, scaled)
    for name, derived in model.derived.items():
        expressions[name] = minus(1.0, derived.one_minus) if derived.one_minus else times(*derived.product)
    return expressions


def slopes(model: Model) -> dict[str, Expression]:
    """Of every compartment what flows in and out, in mg/h."""
    into: dict[str, list[Expression]] = {place: [] for place in model.places}
    out: dict[str, list[Expression]] = {place: [] for place in model.places}
    for flow in model.flows:
        for source, to in ((flow.source, flow.to), *([(flow.to, flow.source)] if flow.both_ways else [])):
            moved = times(_speed(model, flow, source), amount(source))
            out[source].append(moved)
            if to:
                into[to].append(moved)
    return {place: _balance(into[place], out[place]) for place in model.places}


def rates(model: Model) -> dict[tuple[str, str], Expression]:
    """The rate matrix (1/h) by compartment and source, as far as it is not nought."""
    cells: dict[tuple[str, str], list[Expression]] = {}
    for flow in model.flows:
        for source, to in ((flow.source, flow.to), *([(flow.to, flow.source)] if flow.both_ways else [])):
            speed = _speed(model, flow, source)
            cells.setdefault((source, source), []).append(minus(0.0, speed))
            if to:
                cells.setdefault((to, source), []).append(speed)
    return {cell: plus(*terms) for cell, terms in cells.items()}


def outputs(model: Model) -> dict[str, Expression]:
    """Every output as a concentration in ng/mL."""
    concentrations = {}
    for name, output in model.outputs.items():
        volume = model.compartments[output.compartment].volume
        concentrations[name] = times(1000.0, over(amount(output.compartment), volume), output.scale or 1.0)
    return concentrations


def ways(model: Model) -> tuple[Way, ...]:
    """Where doses go, route by route."""
    return tuple(
        Way(
            name=name,
            compartment=route.compartment,
            number=model.places.index(route.compartment) + 1,
            also=route.also,
            share=route.bioavailability,
            lag=route.lag,
            duration=route.duration,
        )
        for name, route in model.routes.items()
    )


def shared(model: Model) -> dict[str, list[Way]]:
    """The compartments that doses of several ways share, with other shares: no program tells these apart by itself."""
    by_place: dict[str, list[Way]] = {}
    for way in ways(model):
        by_place.setdefault(way.compartment, []).append(way)
    return {place: several for place, several in by_place.items() if len({way.share for way in several}) > 1}


def first_ways(model: Model) -> tuple[Way, ...]:
    """One way a compartment: the first of its file."""
    seen: dict[str, Way] = {}
    for way in ways(model):
        seen.setdefault(way.compartment, way)
    return tuple(seen.values())


def heading(id: str, model: Model, remarks: Sequence[str] = (), width: int = 96) -> list[str]:
    """What every written model says before its first line: what it is, from where, and how doses are given."""
    paragraphs = [
        f"{model.title} ({id}), written by Unwound from its own file; units: h, mg, kg, L, ng/mL.",
        f"Drug: {model.drug}; blood: {model.sampling}. {model.summary.text}",
        f"Made from: {model.valid.population.text}",
        *([f"Caution: {model.caution}"] if model.caution else []),
        "Published values, for research and planning; no program that runs this has been validated on patients.",
        *remarks,
        *model.borrowed,
        *_occasions(model),
        *(_dosing(way) for way in ways(model)),
        *(_by_hand(place, several) for place, several in shared(model).items()),
    ]
    return [line for text in paragraphs for line in textwrap.wrap(text, width, subsequent_indent="  ")]


def _occasions(model: Model) -> list[str]:
    """What no program is told here: how one person differs between occasions."""
    how = model.between_occasions
    each = [f"{name} {number(how.covariance[row][row])}" for row, name in enumerate(how.parameters)]
    return [f"Not written: variances of the logarithms between occasions ({', '.join(each)})."] if each else []


def _dosing(way: Way) -> str:
    parts = [f"Route «{way.name}»: a dose into compartment {way.number} ({amount(way.compartment)})"]
    parts += [f"share {way.share}"] if way.share else []
    parts += [f"lag {way.lag}"] if way.lag else []
    parts += [f"given over {way.duration} h (RATE -2)"] if way.duration else []
    parts += [f"and the same dose again by «{way.also}»"] if way.also else []
    return ", ".join(parts) + "."


def _by_hand(place: str, several: list[Way]) -> str:
    shares = ", ".join(f"«{way.name}» {way.share or '1'}" for way in several)
    return (
        f"Compartment {amount(place)} is reached by ways with other shares ({shares}): the share of the first is "
        f"written; for the others multiply the dose by the share over that of the first."
    )


def _varied(model: Model, name: str, value: Expression) -> Expression:
    if name not in model.variability.parameters:
        return value
    if name in model.variability.logit:
        return varied_logit(value, eta(name))
    return times(value, exp(eta(name)))


def _speed(model: Model, flow: Flow, source: str) -> Expression:
    speed: Expression = flow.rate or over(flow.clearance, model.compartments[source].volume)
    if not flow.fraction:
        return speed
    return times(speed, minus(1.0, flow.fraction) if flow.complement else flow.fraction)


def _balance(into: list[Expression], out: list[Expression]) -> Expression:
    return minus(plus(*into), plus(*out)) if out else plus(*into)
