"""A model as a NONMEM control stream: ADVAN13 with its differential equations."""

from __future__ import annotations

from collections.abc import Sequence

from unwound.pharmacology.languages import equations
from unwound.pharmacology.languages.expressions import Expression, line, number
from unwound.pharmacology.models import Model


def text(id: str, model: Model, remarks: Sequence[str] = ()) -> str:
    """The control stream; `DATA.csv` and its columns are for the user to name."""
    return "\n".join(
        [
            f"$PROBLEM {model.title}",
            *(f"; {remark}" for remark in equations.heading(id, model, remarks)),
            "$INPUT ID TIME AMT RATE CMT EVID MDV DV DVID WT",
            "$DATA DATA.csv IGNORE=C",
            "$SUBROUTINES ADVAN13 TOL=9",
            "$MODEL",
            *(f"  COMP=({equations.amount(place).upper()})" for place in model.places),
            "$PK",
            *_parameters(model),
            *_ways(model),
            "$DES",
            *(f"  DADT({place + 1}) = {_line(model, slope)}" for place, slope in enumerate(_slopes(model))),
            "$ERROR",
            *_errors(model),
            "$THETA",
            *(
                f"  {number(parameter.value)} FIX ; {name} ({parameter.unit})"
                for name, parameter in model.parameters.items()
            ),
            *_omega(model),
            "$SIGMA",
            *(f"  {number(_variance(model, output))} FIX ; {output}" for output in model.outputs),
            "$ESTIMATION METHOD=1 INTERACTION MAXEVAL=0",
            "",
        ]
    )


def _parameters(model: Model) -> list[str]:
    typical = [f"  {equations.typical(name).upper()} = THETA({n})" for n, name in enumerate(model.parameters, 1)]
    deviations = [
        f"  {equations.eta(name).upper()} = ETA({n})" for n, name in enumerate(model.variability.parameters, 1)
    ]
    assigned = [f"  {name.upper()} = {_line(model, value)}" for name, value in equations.values(model).items()]
    return [*typical, *deviations, *assigned]


def _ways(model: Model) -> list[str]:
    lines = []
    for way in equations.first_ways(model):
        for word, value in (("F", way.share), ("ALAG", way.lag), ("D", way.duration)):
            lines += [f"  {word}{way.number} = {value.upper()}"] if value else []
    return lines


def _slopes(model: Model) -> list[Expression]:
    return list(equations.slopes(model).values())


def _errors(model: Model) -> list[str]:
    """Of the last line of each output NONMEM takes what DVID asks for."""
    lines = [f"  C_{name.upper()} = {_line(model, value)}" for name, value in equations.outputs(model).items()]
    first, *others = model.outputs
    lines += [f"  IPRED = C_{first.upper()}", "  Y = IPRED*(1 + EPS(1))"]
    for place, output in enumerate(others, 2):
        lines += [f"  IF (DVID.EQ.{place}) THEN", f"    IPRED = C_{output.upper()}"]
        lines += [f"    Y = IPRED*(1 + EPS({place}))", "  ENDIF"]
    return lines


def _omega(model: Model) -> list[str]:
    covariance = model.variability.covariance
    if not covariance:
        return ["; How people differ is not known for this model: no $OMEGA."]
    rows = [" ".join(number(value) for value in row[: place + 1]) for place, row in enumerate(covariance)]
    return [
        f"$OMEGA BLOCK({len(covariance)}) FIX",
        *(f"  {row} ; {name}" for row, name in zip(rows, model.variability.parameters, strict=True)),
    ]


def _variance(model: Model, output: str) -> float:
    """Of the proportional error; nought where none was published."""
    error = model.residual.get(output)
    return error.proportional.value**2 if error and error.proportional else 0.0


def _line(model: Model, expression: Expression) -> str:
    places = {equations.amount(place): f"A({number})" for number, place in enumerate(model.places, 1)}
    return line(
        expression,
        name=lambda name: places.get(name, name.upper()),
        power=lambda base, exponent: f"{base}**{exponent}",
    ).replace("exp(", "EXP(")
