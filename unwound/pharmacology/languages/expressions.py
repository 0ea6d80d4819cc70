"""Arithmetic as a tree, written down in the manner of each program.

A number, a name, or an operation with what it works on: ("*", "CL", 2.0). Operations: * / + - ^ exp expit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as xml

Expression = float | str | tuple["Expression", ...]

MATHML = {"*": "times", "/": "divide", "+": "plus", "-": "minus", "^": "power", "exp": "exp"}
INFIX = ("*", "/", "+", "-")
READ_ALONE = {
    "*": ("", "+", "-", "+ first", "- first", "* first", "/ first"),
    "/": ("", "+", "-", "+ first", "- first", "* first", "/ first"),
    "+": ("", "+", "+ first", "- first"),
    "-": ("", "+ first", "- first"),
}
"""Below which operation, and in which place of it, each needs no brackets: what stands first is worked out first."""


def times(*factors: Expression) -> Expression:
    """The product; a factor of one is left out, a product among the factors gives its own."""
    real = tuple(inner for factor in factors for inner in _factors(factor) if inner != 1.0)
    return ("*", *real) if len(real) > 1 else (real[0] if real else 1.0)


def _factors(factor: Expression) -> tuple[Expression, ...]:
    return factor[1:] if isinstance(factor, tuple) and factor[0] == "*" else (factor,)


def plus(*terms: Expression) -> Expression:
    """The sum; of nothing it is nought."""
    return ("+", *terms) if len(terms) > 1 else (terms[0] if terms else 0.0)


def over(above: Expression, below: Expression) -> Expression:
    """The quotient."""
    return ("/", above, below)


def minus(first: Expression, second: Expression) -> Expression:
    """The difference."""
    return ("-", first, second)


def power(base: Expression, exponent: Expression) -> Expression:
    """The base to its exponent; to the first it is itself."""
    return base if exponent == 1.0 else ("^", base, exponent)


def exp(exponent: Expression) -> Expression:
    """The exponential."""
    return ("exp", exponent)


def varied_logit(share: Expression, by: Expression) -> Expression:
    """A share between nought and one whose logit is moved."""
    odds = times(over(share, minus(1.0, share)), exp(by))
    return over(odds, plus(1.0, odds))


def number(value: float) -> str:
    """A number as every program reads it, with all its digits."""
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def line(
    expression: Expression,
    *,
    name: Callable[[str], str] = str,
    power: Callable[[str, str], str] = lambda base, exponent: f"{base}^{exponent}",
    whole: Callable[[str], str] = str,
) -> str:
    """The expression as one line; `name`, `power` and `whole` (of an integer) are the language's own ways.

    It branches by what stands before it: a number, a name, an operation between its parts, or a function.
    """

    def part(inner: Expression, above: str = "") -> str:
        # Numbers, names, powers, functions and infix signs are written differently; brackets only if needed.
        if isinstance(inner, (int, float)):
            text = number(float(inner))
            return whole(text) if re.fullmatch(r"-?\d+", text) else text
        if isinstance(inner, str):
            return name(inner)
        operation, *rest = inner
        assert isinstance(operation, str)
        if operation == "^":
            return power(part(rest[0], "^"), part(rest[1], "^"))
        if operation not in INFIX:
            return f"{operation}({part(rest[0])})"
        spaced = f" {operation} " if operation in "+-" else operation
        joined = spaced.join(
            part(each, operation if place else f"{operation} first") for place, each in enumerate(rest)
        )
        return joined if above in READ_ALONE[operation] else f"({joined})"

    return part(expression)


def mathml(expression: Expression) -> xml.Element:
    """The expression as content MathML."""
    if isinstance(expression, (int, float)):
        element = xml.Element("cn")
        element.text = number(float(expression))
        return element
    if isinstance(expression, str):
        element = xml.Element("ci")
        element.text = expression
        return element
    operation, *rest = expression
    assert isinstance(operation, str)
    element = xml.Element("apply")
    xml.SubElement(element, MATHML[operation])
    element.extend(mathml(each) for each in rest)
    return element
