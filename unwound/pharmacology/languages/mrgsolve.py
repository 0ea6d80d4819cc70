"""A model as a mrgsolve model file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unwound.pharmacology.languages import equations
from unwound.pharmacology.languages.expressions import Expression, line, number
from unwound.pharmacology.models import Model


def text(id: str, model: Model, remarks: Sequence[str] = ()) -> str:
    """The file's text; load it with `mrgsolve::mread`."""
    outputs = equations.outputs(model)
    names = [*equations.values(model), *(f"C_{output}" for output in outputs)]
    return "\n".join(
        [
            "$PROB",
            *(remark if remark.startswith(" ") else f"- {remark}" for remark in equations.heading(id, model, remarks)),
            "",
            "$PARAM @annotated",
            f"{equations.WEIGHT} : {number(model.reference_kg.value)} : Weight (kg); give each person's own",
            *(
                f"{equations.typical(name)} : {number(parameter.value)} : {name} ({parameter.unit})"
                for name, parameter in model.parameters.items()
            ),
            "",
            "$CMT @annotated",
            *(f"{equations.amount(place)} : Amount, {place} (mg)" for place in model.places),
            "",
            *_omega(model),
            "$MAIN",
            *(f"double {name} = {_line(model, value)};" for name, value in equations.values(model).items()),
            *_ways(model),
            "",
            "$ODE",
            *(
                f"dxdt_{equations.amount(place)} = {_line(model, slope)};"
                for place, slope in equations.slopes(model).items()
            ),
            "",
            "$TABLE",
            *(f"double C_{output} = {_line(model, value)};" for output, value in outputs.items()),
            "",
            f"$CAPTURE {' '.join(names)}",
            "",
        ]
    )


def _omega(model: Model) -> list[str]:
    names, covariance = model.variability.parameters, model.variability.covariance
    if not names:
        return []
    rows = (" ".join(number(value) for value in row[: place + 1]) for place, row in enumerate(covariance))
    labels = " ".join(equations.eta(name) for name in names)
    return ["$OMEGA @block", f"@labels {labels}", *rows, ""]


def _ways(model: Model) -> list[str]:
    lines = []
    for way in equations.first_ways(model):
        for word, value in (("F", way.share), ("ALAG", way.lag), ("D", way.duration)):
            lines += [f"{word}_{equations.amount(way.compartment)} = {value};"] if value else []
    return lines


def _line(model: Model, expression: Expression) -> str:
    """In C++ a whole number divided by a whole number is whole: every number gets its point."""
    return line(
        expression,
        power=lambda base, exponent: f"pow({base}, {exponent})",
        whole=lambda digits: re.sub(r"$", ".0", digits),
    )
