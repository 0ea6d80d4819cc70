"""A model as a Stan program: linear, so solved by the matrix exponential from event to event."""

from __future__ import annotations

import re
from collections.abc import Sequence

from unwound.pharmacology.languages import equations
from unwound.pharmacology.languages.expressions import Expression, line, number
from unwound.pharmacology.models import Model

DATA = """\
data {
  int<lower=1> people;
  int<lower=1> events;                        // of all people, each person's together and in order of time
  array[events] int<lower=1, upper=people> person;
  vector<lower=0>[events] hours;              // since that person's event before (0 at the first)
  array[events] vector[PLACES] running;     // mg/h into each compartment during these hours
  array[events] vector[PLACES] at_once;     // mg into each compartment at the end of these hours
  array[events] int<lower=0, upper=OUTPUTS> measured;  // which output was measured here, after them; 0: none
  vector<lower=0>[events] ng_per_ml;          // what was measured; anything where nothing was
  vector<lower=0>[people] WT;                 // kg
  vector<lower=0>[PARAMETERS] theta_sd;      // how far published values may move (sd of the logarithm): yours to say
}
"""

STEPS = """\
  {
    vector[PLACES] held;
    for (event in 1:events) {
      int who = person[event];
      if (event == 1 || person[event - 1] != who) {
        held = rep_vector(0, PLACES);
      }
      held = passed(flows(GIVEN), held, running[event], hours[event]) + at_once[event];
      predicted[event] = measured[event] == 0 ? 0 : levels(held, GIVEN)[measured[event]];
    }
  }
"""

PASSED = """\
  // amounts after some hours of constant input: one matrix exponential, no step size
  vector passed(matrix rates, vector held, vector running, real hours) {
    matrix[PLACES + 1, PLACES + 1] whole = rep_matrix(0, PLACES + 1, PLACES + 1);
    whole[1:PLACES, 1:PLACES] = rates * hours;
    whole[1:PLACES, PLACES + 1] = running * hours;
    return (matrix_exp(whole) * append_row(held, 1.0))[1:PLACES];
  }
"""


def text(id: str, model: Model, remarks: Sequence[str] = ()) -> str:
    """The program; shares and lags of a route are the user's to apply to `running` and `at_once`."""
    heading = [f"// {remark}" for remark in equations.heading(id, model, remarks)]
    program = "\n".join([*heading, _functions(model), DATA, _parameters(model), _model(model)])
    sizes = {"PLACES": model.places, "OUTPUTS": model.outputs, "PARAMETERS": model.parameters}
    for word, counted in sizes.items():
        program = re.sub(rf"\b{word}\b", str(len(counted)), program)
    return program.replace("GIVEN", _given(model))


def _functions(model: Model) -> str:
    places = {place: number for number, place in enumerate(model.places, 1)}
    cells = [
        f"    rates[{places[to]}, {places[source]}] = {_line(value)};"
        for (to, source), value in equations.rates(model).items()
    ]
    levels = [
        f"    said[{number}] = {_line(value)};" for number, value in enumerate(equations.outputs(model).values(), 1)
    ]
    named = [f"    real {equations.amount(place)} = held[{number}];" for place, number in places.items()]
    return "\n".join(
        [
            "functions {",
            f"  matrix flows({_takes(model)}) {{",
            *_values(model),
            "    matrix[PLACES, PLACES] rates = rep_matrix(0, PLACES, PLACES);",
            *cells,
            "    return rates;",
            "  }",
            f"  vector levels(vector held, {_takes(model)}) {{",
            *_values(model),
            *named,
            "    vector[OUTPUTS] said;",
            *levels,
            "    return said;",
            "  }",
            PASSED + "}",
        ]
    )


def _takes(model: Model) -> str:
    return f"real WT, vector theta{', vector eta' if model.variability.parameters else ''}"


def _given(model: Model) -> str:
    return f"WT[who], theta{', eta[who]' if model.variability.parameters else ''}"


def _values(model: Model) -> list[str]:
    typical = [f"    real {equations.typical(name)} = theta[{n}];" for n, name in enumerate(model.parameters, 1)]
    deviations = [
        f"    real {equations.eta(name)} = eta[{n}];" for n, name in enumerate(model.variability.parameters, 1)
    ]
    return [
        *typical,
        *deviations,
        *(f"    real {name} = {_line(value)};" for name, value in equations.values(model).items()),
    ]


def _parameters(model: Model) -> str:
    varies = len(model.variability.parameters)
    published = ", ".join(number(parameter.value) for parameter in model.parameters.values())
    covariance = ", ".join(f"[{', '.join(number(value) for value in row)}]" for row in model.variability.covariance)
    return "\n".join(
        [
            "transformed data {",
            f"  vector[PARAMETERS] published = [{published}]';",
            *([f"  matrix[{varies}, {varies}] omega = [{covariance}];"] if varies else []),
            "}",
            "parameters {",
            "  vector[PARAMETERS] moved;",
            *([f"  array[people] vector[{varies}] eta;"] if varies else []),
            "  vector<lower=0>[OUTPUTS] spread;",
            "}",
            "transformed parameters {",
            "  vector[PARAMETERS] theta = published .* exp(moved .* theta_sd);",
            "  vector[events] predicted;",
            STEPS + "}",
        ]
    )


def _model(model: Model) -> str:
    known = [
        (place, error.proportional.value)
        for place, output in enumerate(model.outputs, 1)
        if (error := model.residual.get(output)) and error.proportional
    ]
    spread = [f"  eta ~ multi_normal(rep_vector(0, {len(model.variability.parameters)}), omega);"]
    return "\n".join(
        [
            "model {",
            "  moved ~ std_normal();",
            *(spread if model.variability.parameters else []),
            *(f"  spread[{place}] ~ lognormal(log({number(value)}), 0.25);" for place, value in known),
            "  for (event in 1:events) {",
            "    if (measured[event] > 0) {",
            "      ng_per_ml[event] ~ lognormal(log(predicted[event]), spread[measured[event]]);",
            "    }",
            "  }",
            "}",
            "",
        ]
    )


def _line(expression: Expression) -> str:
    return line(expression, whole=lambda digits: f"{digits}.0")
