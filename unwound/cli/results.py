"""The results of `unwound simulate` in every form: JSON, a tidy table, lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unwound.evidence import cite
from unwound.pharmacology import effects, models, tables
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.forecast import Relief, relief_of
from unwound.pharmacology.models import Array, Model, Variability
from unwound.pharmacology.population import Summary
from unwound.pharmacology.simulation import Curve
from unwound.protocols.knowledge import DRUGS
from unwound.terms import Drug

WEEK_H = 168.0
REPORTED_WEEKS = (0, 1, 2, 4, 8, 11)
"""Weeks after the last dose for which relief is given in the text."""
OUTPUTS = ("plasma", "norketamine")
CARRIED = {
    "mass": "This model carries norketamine as mass: a milligram of drug gives a milligram of metabolite.",
    "moles": "This model carries norketamine as moles, and reports it by its own molar mass.",
}

Weights = float | tuple[float, float, float, float]
Column = list[str] | list[float] | list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One course simulated."""

    id: str
    title: str
    model_id: str
    doses: tuple[Dose, ...]
    stop_h: float
    weights: Weights
    curve: Curve | Summary
    by_weight: bool = False
    """Whether each person has doses for their own weight; `doses` are those for the mean."""
    occasions: tuple[str, ...] = ()
    """The occasions of its table."""
    between: Variability = field(default_factory=Variability)
    """How one person differs between them."""

    @property
    def model(self) -> Model:
        """The model it was simulated with."""
        return models.model(self.model_id)

    def relief(self) -> Relief:
        """Relief over time with its band."""
        return relief_of(self.title, self.curve, self.stop_h)

    def as_json(self) -> dict[str, Any]:
        """Everything, ready for JSON; of a population every curve becomes one a quantile."""
        relief, model, several = self.relief(), self.model, isinstance(self.curve, Summary)
        return {
            "id": self.id,
            "title": self.title,
            "model": self.model_id,
            "drug": model.drug,
            "sampling": model.sampling,
            "weight_kg": self.weights,
            "population": {"n": self.curve.n, "seed": self.curve.seed} if isinstance(self.curve, Summary) else None,
            "borrowed": list(self.model.borrowed) if isinstance(self.curve, Summary) else [],
            "occasions": list(self.occasions),
            "doses": [_dose(dose) for dose in self.doses],
            "times_h": _numbers(self.curve.times_h),
            **{f"{output}_ng_per_ml": self._shaped(self._rows(output)) for output in self._outputs()},
            "relief_fraction": self._shaped(self._relief_rows()),
            "relief_low": None if several else _numbers(relief.low),
            "relief_high": None if several else _numbers(relief.high),
            "relief_is": f"share of the most the curve allows, in the {relief.share:.0%} who respond",
            "responder_share": relief.share,
            "stop_h": self.stop_h,
            "data_end_days": relief.data_end_days,
            "data_end_h": self.stop_h + 24 * relief.data_end_days,
            "notes": list(self.notes()),
            "sources": list(cite((model, effects.effect(effects.RELIEF)))),
        }

    def table(self) -> dict[str, Column]:
        """One time (and quantile) a row, by columns."""
        rows = tables.wide(self.curve)
        count = len(rows["time_h"])
        columns: dict[str, Column] = {"id": [self.id] * count, "time_h": _numbers(rows["time_h"])}
        if "quantile" in rows:
            columns["quantile"] = rows["quantile"].tolist()
        for output in self._outputs():
            values = rows.get(f"{output}_ng_per_ml")
            column: list[float | None] = [None for _ in range(count)] if values is None else [*_numbers(values)]
            columns[f"{output}_ng_per_ml"] = column
        columns[tables.RELIEF] = _numbers(rows[tables.RELIEF])
        return columns

    def lines(self) -> list[str]:
        """What a reader wants to know first."""
        relief = self.relief()
        several = isinstance(self.curve, Summary)
        who = f"{self.curve.n:,} simulated people, the median" if isinstance(self.curve, Summary) else "typical subject"
        band = "5 % to 95 % of people" if several else "interval"
        lines = [
            f"{self.title}: {DRUGS[self.model.drug]}, {who}, {weight_text(self.weights)}",
            f"model {self.model_id}, {self.model.sampling} blood; last dose ends at {self.stop_h:.4g} h",
            "",
            *self._peaks(),
        ]
        weeks = [line for week in REPORTED_WEEKS if (line := self._at(relief, week))]
        if weeks:
            lines += ["", f"Relief in people who respond, share of the most the curve allows ({band})", *weeks]
        return [
            *lines,
            "",
            f"About {relief.share:.0%} responded in the one trial behind this curve; {relief.band}.",
            f"Controlled data end {relief.data_end_days:g} days after the infusion; later relief is extrapolated.",
            *self.notes(),
        ]

    def notes(self) -> tuple[str, ...]:
        """What a reader must know about this use of the model."""
        # The notes depend on the model, the weight and the drug, each by itself.
        model, notes = self.model, [*self._notes_on_people(), *self._notes_on_occasions()]
        if model.caution:
            notes.append(model.caution)
        span = model.valid.weight_kg
        typical = self.weights if isinstance(self.weights, float) else self.weights[0]
        if span is not None and not (span.low or 0.0) <= typical <= (span.high or float("inf")):
            notes.append(f"{typical:g} kg is outside {span.low:g} to {span.high:g} kg, for which the model was made.")
        if "norketamine" in model.outputs:
            notes.append(CARRIED[model.carries])
        if model.drug == Drug.RACEMIC:
            notes.append(effects.racemate().assumption.text)
        return tuple(notes)

    def _notes_on_people(self) -> Iterator[str]:
        """What a reader must know about a population's doses and spread."""
        if self.by_weight and not isinstance(self.weights, float):
            yield f"Each person is given the doses for their own weight; those shown are for {self.weights[0]:g} kg."
        if isinstance(self.curve, Summary) and not self.model.variability.parameters:
            yield "This model does not say how people differ: the band shows the spread of weights only."
        if isinstance(self.curve, Summary) and self.model.variability.borrowed:
            yield self.model.variability.borrowed

    def _notes_on_occasions(self) -> Iterator[str]:
        how = self.between
        if isinstance(self.curve, Summary) and how.parameters and (self.occasions or how.source):
            where = f"on each of {len(self.occasions)} occasions" if len(self.occasions) > 1 else "on their occasion"
            yield f"Everybody deviates anew {where} in {', '.join(how.parameters)}: {how.note}."

    def _rows(self, output: str) -> list[Array]:
        """The curves of one output: one of one person, one a quantile; none where the model has none."""
        curves = self.curve.concentrations.get(output)
        return [] if curves is None else list(curves)

    def _relief_rows(self) -> list[Array]:
        relief = tables.relief_fraction(self.curve)
        return [] if relief is None else list(relief)

    def _outputs(self) -> tuple[str, ...]:
        """Plasma and norketamine, reported for every model, and what else this one gives."""
        return (*OUTPUTS, *(name for name in self.model.outputs if name not in OUTPUTS))

    def _shaped(self, rows: list[Array]) -> list[float] | Mapping[str, list[float]] | None:
        """One list of one person, a list a quantile of a population, None where there is nothing."""
        if not rows:
            return None
        if isinstance(self.curve, Curve):
            return _numbers(rows[0])
        return {f"{p:g}": _numbers(row) for p, row in zip(self.curve.probabilities, rows, strict=True)}

    def _peaks(self) -> list[str]:
        lines = []
        for output in self._outputs():
            name = DRUGS[self.model.drug] if output == "plasma" else output
            rows = self._rows(output)
            if rows:
                middle = rows[len(rows) // 2]
                when = float(self.curve.times_h[int(np.argmax(middle))])
                lines.append(f"Peak of {name}: {middle.max():.3g} ng/mL at {when:.3g} h")
        return lines

    def _at(self, relief: Relief, weeks: int) -> str:
        when = self.stop_h + weeks * WEEK_H
        if not relief.times_h[0] <= when <= relief.times_h[-1] + 1e-6:
            return ""
        middle, low, high = (
            np.interp(when, relief.times_h, values) for values in (relief.responder, relief.low, relief.high)
        )
        name = "at the end of the last dose" if not weeks else f"{weeks} week{'s' if weeks > 1 else ''} after it"
        return f"  {name:<28}{middle:4.0%}  ({low:.0%} to {high:.0%})"


def weight_text(weights: Weights) -> str:
    """The weight, or its mean and range."""
    if isinstance(weights, float):
        return f"{weights:g} kg"
    return f"{weights[0]:g} kg on average ({weights[2]:g} to {weights[3]:g} kg)"


def _dose(dose: Dose) -> dict[str, Any]:
    names = ("time_h", "amount_mg", "duration_h", "route", "reset")
    return {name: getattr(dose, name) for name in names}


def _numbers(values: Array) -> list[float]:
    """Six figures: more are not known, and fewer would show in a drawing."""
    return [float(f"{value:.6g}") for value in values.tolist()]
