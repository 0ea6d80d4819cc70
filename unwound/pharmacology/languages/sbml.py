"""A model as SBML (level 3, version 2): for libRoadRunner, COPASI, Tellurium and others."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as xml

from unwound.pharmacology.languages import equations
from unwound.pharmacology.languages.expressions import Expression, mathml, number, plus
from unwound.pharmacology.models import Model

SBML = "http://www.sbml.org/sbml/level3/version2/core"
MATHML = "http://www.w3.org/1998/Math/MathML"


def text(id: str, model: Model, remarks: Sequence[str] = ()) -> str:
    """The document. A bolus is set on an amount (`A_central`), an infusion on its rate (`rate_central`, mg/h).

    What goes in is what arrives: the share that a route takes up is for the user to multiply with (`F_...`).
    """
    root = xml.Element("sbml", xmlns=SBML, level="3", version="2")
    body = xml.SubElement(root, "model", id=id, name=model.title)
    notes = xml.SubElement(xml.SubElement(body, "notes"), "body", xmlns="http://www.w3.org/1999/xhtml")
    for remark in equations.heading(id, model, remarks, 1_000_000):
        xml.SubElement(notes, "p").text = remark
    values, outputs = equations.values(model), equations.outputs(model)
    listed = xml.SubElement(body, "listOfParameters")
    _parameter(listed, equations.WEIGHT, model.reference_kg.value, "body weight (kg): set each person's own")
    for name, parameter in model.parameters.items():
        _parameter(listed, equations.typical(name), parameter.value, f"{name} ({parameter.unit})")
    for name in model.variability.parameters:
        _parameter(listed, equations.eta(name), 0.0, f"deviation of {name}")
    for place in model.places:
        _parameter(listed, _rate(place), 0.0, f"what goes into {place} (mg/h)")
        _parameter(listed, equations.amount(place), 0.0, f"amount, {place} (mg)", changes=True)
    for name in (*values, *(f"C_{output}" for output in outputs)):
        _parameter(listed, name, None, name, changes=True)
    rules = xml.SubElement(body, "listOfRules")
    for name, value in {**values, **{f"C_{output}": value for output, value in outputs.items()}}.items():
        _rule(rules, "assignmentRule", name, value)
    for place, slope in equations.slopes(model).items():
        _rule(rules, "rateRule", equations.amount(place), plus(_rate(place), slope))
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _rate(place: str) -> str:
    return f"rate_{place}"


def _parameter(listed: xml.Element, id: str, value: float | None, name: str, *, changes: bool = False) -> None:
    parameter = xml.SubElement(listed, "parameter", id=id, name=name, constant="false" if changes else "true")
    if value is not None:
        parameter.set("value", number(value))


def _rule(rules: xml.Element, kind: str, variable: str, value: Expression) -> None:
    rule = xml.SubElement(rules, kind, variable=variable)
    math = xml.SubElement(rule, "math", xmlns=MATHML)
    math.append(mathml(value))
