"""A model as an R function for rxode2 and nlmixr2."""

from __future__ import annotations

from collections.abc import Sequence

from unwound.pharmacology.languages import equations
from unwound.pharmacology.languages.expressions import line, number
from unwound.pharmacology.models import Model


def text(id: str, model: Model, remarks: Sequence[str] = ()) -> str:
    """The function, named as the model is; simulate with `rxode2::rxSolve`, fit with `nlmixr2::nlmixr2`."""
    return "\n".join(
        [
            *(f"# {remark}" for remark in equations.heading(id, model, remarks)),
            f"{id} <- function() {{",
            "  ini({",
            *(
                f"    {equations.typical(name)} <- fix({number(parameter.value)}) # {parameter.unit}"
                for name, parameter in model.parameters.items()
            ),
            *_deviations(model),
            *(f"    {_sd(output)} <- fix({number(sd)})" for output, sd in _errors(model).items()),
            "  })",
            "  model({",
            *(f"    {name} <- {line(value)}" for name, value in equations.values(model).items()),
            *(
                f"    d/dt({equations.amount(place)}) <- {line(slope)}"
                for place, slope in equations.slopes(model).items()
            ),
            *_ways(model),
            *(f"    {output} <- {line(value)}" for output, value in equations.outputs(model).items()),
            *(f"    {output} ~ prop({_sd(output)})" for output in _errors(model)),
            "  })",
            "}",
            "",
        ]
    )


def _deviations(model: Model) -> list[str]:
    names, covariance = model.variability.parameters, model.variability.covariance
    if not names:
        return ["    # how people differ is not known for this model"]
    triangle = [value for place, row in enumerate(covariance) for value in row[: place + 1]]
    sides = " + ".join(equations.eta(name) for name in names)
    return [f"    {sides} ~ fix({', '.join(number(value) for value in triangle)})"]


def _ways(model: Model) -> list[str]:
    lines = []
    for way in equations.first_ways(model):
        for word, value in (("f", way.share), ("alag", way.lag), ("dur", way.duration)):
            lines += [f"    {word}({equations.amount(way.compartment)}) <- {value}"] if value else []
    return lines


def _errors(model: Model) -> dict[str, float]:
    return {output: error.proportional.value for output, error in model.residual.items() if error.proportional}


def _sd(output: str) -> str:
    return f"sd_{output}"
