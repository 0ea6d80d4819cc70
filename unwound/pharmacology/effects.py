"""What a concentration does: curves read from papers, ranges where papers disagree, and relief over weeks as a mixture.

Concentrations are ng/mL, (subjects, times) or any shape; effects are shares of the most a curve allows. A curve is for
one drug: what racemic ketamine holds of esketamine is calculated by `esketamine`, never by a dose scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import model_validator

from unwound.catalogue import Checked, Cited, CitedText, Frozen, Head, find, least_checked, load, load_rule
from unwound.evidence import citations, cite
from unwound.pharmacology.models import Array
from unwound.pharmacology.simulation import Curve
from unwound.record import UnwoundError, unique
from unwound.terms import Drug

Sampling = Literal["arterial", "venous", ""]
RELIEF, OCCUPANCY = "chronic_relief", "nmda_occupancy"
STRENGTH = ("ebert_racemic", "ebert_esketamine")
"""The curves of one assay for both drugs: what their strengths are compared by."""
PER_HOUR = {"min": 60.0, "h": 1.0, "day": 1 / 24}
CONCENTRATIONS = ("ng/mL", "umol/L")


class Site(Frozen):
    """The delay between plasma and effect: an effect compartment by its half-life; `others` are other findings."""

    half_life: Cited
    text: CitedText

    @model_validator(mode="after")
    def _is_a_time(self) -> Site:
        if self.half_life.unit not in PER_HOUR or not self.half_life.value > 0:
            raise ValueError(f"a half-life is above zero, in {', '.join(PER_HOUR)}")
        return self


class Sigmoid(Frozen):
    """Effect = C^hill / (C^hill + half^hill); `half` is the concentration of half effect, bounds where known."""

    title: str
    drug: Drug
    sampling: Sampling = ""
    half: Cited
    hill: Cited

    @model_validator(mode="after")
    def _is_a_concentration(self) -> Sigmoid:
        if self.half.unit not in CONCENTRATIONS:
            raise ValueError(f"a concentration of half effect is in {' or '.join(CONCENTRATIONS)}")
        return self


class Unbound(Frozen):
    """Only what is not bound to plasma protein acts: the share that is free (least to most), and mol to mass."""

    share: Cited
    molar_mass: Cited


class Responders(Frozen):
    """The mixture: which share responds at all, to the drug and to placebo."""

    drug: Cited
    placebo: Cited
    text: CitedText


class Observation(Frozen):
    """What one source saw, at a concentration or after a dose; several stand side by side and are never averaged."""

    what: str
    drug: Drug
    sampling: Sampling = ""
    at: Cited | None = None
    """The concentration, with its range; None when only the dose is known."""
    seen: Cited | None = None
    """How much of it; None when the source says only that it is there."""


class Example(Frozen):
    """A concentration and what must come out."""

    name: str
    curve: str
    ng_per_ml: float
    share: float
    within: float


class Effect(Head):
    """One file of `data/effects`."""

    what_it_is: CitedText
    what_it_is_not: tuple[CitedText, ...]
    of: str
    """What a share of one would be."""
    site: Site | None = None
    curves: Mapping[str, Sigmoid] = {}
    unbound: Unbound | None = None
    responders: Responders | None = None
    data_end_days: Cited | None = None
    """Days after the end of the infusion at which controlled data end."""
    observations: tuple[Observation, ...] = ()
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Effect:
        """Each check is of two fields that only make sense together."""
        if not (self.curves or self.observations):
            raise ValueError("an effect has curves or observations")
        if self.responders and not self.data_end_days:
            raise ValueError("where people respond or not, say where controlled data end (data_end_days)")
        if any(entry.half.unit == "umol/L" for entry in self.curves.values()) and not self.unbound:
            raise ValueError("a curve in umol/L needs the free share and the molar mass (unbound)")
        unknown = sorted({entry.curve for entry in self.examples} - set(self.curves))
        if unknown:
            raise ValueError(f"examples name curves that are not given: {', '.join(unknown)}")
        return self


class Racemate(Head):
    """`data/rules/racemate.toml`: how much of a racemic concentration is esketamine."""

    esketamine_share: Cited
    assumption: CitedText
    against: tuple[CitedText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Relief over time. Arrays are (subjects, times): shares of the largest relief the curve allows.

    `responder` is for somebody who responds, `low` and `high` over the interval of the half-effect concentration (and
    of the half-life where the curve was run with `sites_of(..., bounds=True)`). `average` spreads it over everybody:
    `share` times `responder`. `controlled` (times,) is true up to where controlled data end.
    """

    times_h: Array
    responder: Array
    low: Array
    high: Array
    average: Array
    share: Cited
    placebo_share: Cited
    data_end_days: Cited
    stop_h: float
    controlled: np.ndarray[tuple[int], np.dtype[np.bool_]]
    what_it_is: str
    what_it_is_not: tuple[str, ...]
    assumptions: tuple[str, ...]
    sources: tuple[str, ...]
    checked: Checked


def effects() -> Mapping[str, Effect]:
    """Every effect by its id."""
    return load("effects", Effect)


def effect(id: str) -> Effect:
    """One effect. UnwoundError, naming those there are, when there is none of that name."""
    return find("effects", Effect, id, "effect")


def racemate() -> Racemate:
    """What is assumed of the racemate."""
    return load_rule("racemate", Racemate)


def esketamine(ng_per_ml: Array, drug: str) -> Array:
    """The esketamine in a concentration of `drug`. Source: the assumption in data/rules/racemate.toml."""
    if drug not in (Drug.RACEMIC, Drug.ESKETAMINE):
        raise UnwoundError(f"drug «{drug}»: racemic or esketamine is needed")
    return np.asarray(ng_per_ml, dtype=float) * (racemate().esketamine_share.value if drug == Drug.RACEMIC else 1.0)


def sites_of(id: str, *, bounds: bool = False) -> dict[str, float]:
    """The effect compartments to simulate with: name -> ke0 per hour; empty when an effect follows at once.

    With `bounds`, also `ID.low` and `ID.high` for the ends of the half-life's interval (an end of zero is left out:
    it is the plasma itself).
    """
    site = effect(id).site
    if site is None:
        return {}
    half_life = site.half_life
    named = {id: half_life.value}
    if bounds:
        named |= {f"{id}.low": half_life.low or 0.0, f"{id}.high": half_life.high or 0.0}
    return {name: math.log(2) * PER_HOUR[half_life.unit] / value for name, value in named.items() if value > 0}


def half_effect(id: str, curve: str = "") -> tuple[float, float, float]:
    """The total concentration of half effect of one curve in ng/mL: value, lowest and highest."""
    known_effect, sigmoid = effect(id), _curve(id, curve)
    half = sigmoid.half
    low, high = half.value if half.low is None else half.low, half.value if half.high is None else half.high
    if half.unit == "ng/mL" or known_effect.unbound is None:
        return half.value, low, high
    free, mass = known_effect.unbound.share, known_effect.unbound.molar_mass.value
    least = free.value if free.low is None else free.low
    most = free.value if free.high is None else free.high
    return half.value * mass / free.value, low * mass / most, high * mass / least


def response(id: str, ng_per_ml: Array, *, curve: str = "") -> Array:
    """The share of the largest effect at these concentrations (of the drug the curve is for), in their shape.

    UnwoundError when the effect has no curve, or has several and none is named: they are not averaged.
    """
    return _sigmoid(ng_per_ml, half_effect(id, curve)[0], _curve(id, curve).hill.value)


def response_range(id: str, ng_per_ml: Array, drug: Drug) -> tuple[Array, Array]:
    """The smallest and largest share over all curves for `drug` and over their bounds.

    Esketamine curves also take the esketamine in racemic concentrations; racemic curves never take esketamine.
    """
    shares = []
    curves = effect(id).curves
    own = [name for name, sigmoid in curves.items() if sigmoid.drug == drug]
    for name in own or [name for name, sigmoid in curves.items() if sigmoid.drug == Drug.ESKETAMINE]:
        _, low, high = half_effect(id, name)
        concentration = ng_per_ml if own else esketamine(ng_per_ml, drug)
        shares += [_sigmoid(concentration, half, curves[name].hill.value) for half in (high, low)]
    if not shares:
        raise UnwoundError(f"{id}: no curve for {drug}; what was observed is under `observations`")
    return np.minimum.reduce(shares), np.maximum.reduce(shares)


def relief(curve: Curve | Array, *, drug: Drug | None = None) -> Array:
    """Relief of chronic pain in somebody who responds, as a share of the most the curve allows, (subjects, times).

    From a Curve simulated with `sites=sites_of("chronic_relief")`, or from the concentrations of that site (ng/mL) and
    their `drug`. UnwoundError when the curve lacks the site: plasma is not a substitute.
    """
    if not isinstance(curve, Curve):
        if drug is None:
            raise UnwoundError("concentrations alone do not state their drug: racemic or esketamine")
        return response(RELIEF, esketamine(curve, drug))
    return response(RELIEF, esketamine(_site(curve), curve.drug))


def expected_relief(curve: Curve, stop_h: float) -> Expected:
    """Relief over time in those who respond and in the average patient, with all that must be said beside it.

    `stop_h` is the end of the last infusion: controlled data end a known number of days after it.
    """
    chronic = effect(RELIEF)
    if chronic.responders is None or chronic.data_end_days is None:
        raise UnwoundError(f"data/effects/{RELIEF}.toml: relief needs responders and data_end_days")
    responder = relief(curve)
    low, high = _relief_bounds(curve)
    rested: tuple[object, ...] = (chronic, racemate()) if curve.drug == Drug.RACEMIC else (chronic,)
    return Expected(
        times_h=curve.times_h,
        responder=responder,
        low=low,
        high=high,
        average=chronic.responders.drug.value * responder,
        share=chronic.responders.drug,
        placebo_share=chronic.responders.placebo,
        data_end_days=chronic.data_end_days,
        stop_h=stop_h,
        controlled=curve.times_h <= stop_h + 24 * chronic.data_end_days.value,
        what_it_is=chronic.what_it_is.text,
        what_it_is_not=tuple(text.text for text in chronic.what_it_is_not),
        assumptions=_assumptions(chronic, curve.drug),
        sources=cite(rested),
        checked=_least_checked(rested),
    )


def _relief_bounds(curve: Curve) -> tuple[Array, Array]:
    sigmoid = _curve(RELIEF, "")
    _, least, most = half_effect(RELIEF)
    sites = [site for name, site in curve.sites.items() if name in (RELIEF, f"{RELIEF}.low", f"{RELIEF}.high")]
    shares = [
        _sigmoid(esketamine(site, curve.drug), half, sigmoid.hill.value) for site in sites for half in (least, most)
    ]
    return np.minimum.reduce(shares), np.maximum.reduce(shares)


def _assumptions(effect: Effect, drug: str) -> tuple[str, ...]:
    """The parts that were not measured, in words."""
    notes = [sigmoid.hill.note for sigmoid in effect.curves.values() if sigmoid.hill.checked != Checked.PRIMARY]
    texts = [part.text for part in (effect.site, effect.responders) if part]
    notes += [text.text for text in texts if text.checked != Checked.PRIMARY]
    if drug == Drug.RACEMIC:
        notes.append(racemate().assumption.text)
    return unique(text for text in notes if text)


def _least_checked(anything: object) -> Checked:
    """How well the weakest part was checked."""
    return least_checked(citation.checked for citation in citations(anything))


def _curve(id: str, name: str) -> Sigmoid:
    curves = effect(id).curves
    if name in curves:
        return curves[name]
    if not curves:
        raise UnwoundError(f"{id}: there is no curve, and none is drawn; what was observed is under `observations`")
    if name or len(curves) > 1:
        raise UnwoundError(f"{id}: name one of its curves, {', '.join(curves)}; they are kept apart")
    return next(iter(curves.values()))


def _site(curve: Curve) -> Array:
    site = curve.sites.get(RELIEF)
    if site is None:
        raise UnwoundError(f"this curve has no site «{RELIEF}»: simulate with sites=effects.sites_of({RELIEF!r})")
    return site


def _sigmoid(ng_per_ml: Array, half: float, hill: float) -> Array:
    """C^hill / (C^hill + half^hill) without overflow; nothing at and below zero."""
    relative = np.maximum(np.asarray(ng_per_ml, dtype=float), 0.0) / half
    with np.errstate(divide="ignore", over="ignore"):
        share: Array = 1.0 / (1.0 + relative**-hill)
    return share


def free_racemic_um(ng_per_ml: Array, drug: Drug) -> tuple[Array, Array, Array]:
    """What is free in plasma in µmol/L: at the usual, the least and the most free share; by its strength as racemate.

    A free molecule of esketamine counts as that many of the racemate as one assay of affinity found for both.
    """
    unbound = effect(OCCUPANCY).unbound
    if unbound is None:
        raise UnwoundError(f"the effect «{OCCUPANCY}» has no free share")
    racemic, esketamine_half = (half_effect(OCCUPANCY, curve)[0] for curve in STRENGTH)
    stronger = racemic / esketamine_half if drug == Drug.ESKETAMINE else 1.0
    molar = np.asarray(ng_per_ml, dtype=float) / unbound.molar_mass.value * stronger
    share = unbound.share
    bounds = (share.value, share.low, share.high)
    usual, least, most = (molar * (share.value if bound is None else bound) for bound in bounds)
    return usual, least, most
