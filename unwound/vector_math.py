"""exp and log as plain polynomials, inlined into loops so that LLVM vectorises them; and a square turned over.

Compiled code is kept on disk and looks for changes only in the file of the function that was called: after a change
here, every file that imports from here must be saved again.
"""

# mypy: disable-error-code="call-arg, var-annotated"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from unwound import extras
from unwound.compiled import njit

with extras.needed("simulating"):
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import types
    from numba.extending import intrinsic

LOG2E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
MAGIC = 6755399441055744.0
"""1.5 * 2^52: added to a small whole number it puts that number into the lowest bits."""
fast = njit(error_model="numpy", fastmath={"contract"})
"""Compiled; multiply-and-add in one step is the only freedom taken with the numbers."""
strict = njit(error_model="numpy")
"""Not even that: the same to the last bit in the vectorised part of a loop and in its rest."""
inlined = njit(error_model="numpy", fastmath={"contract"}, inline="always")
"""The same for what stands inside a loop that is to be vectorised."""
SIDE = 8
"""Of the squares that `turn` turns over."""


def _eight(function: Callable[[Any], Any], low: float, high: float) -> tuple[float, ...]:
    """Coefficients of a polynomial of degree seven that is near a function between two bounds."""
    near: Any = Chebyshev.interpolate(function, 7, domain=[low, high])
    return tuple(map(float, near.convert(kind=Polynomial, domain=[-1, 1], window=[-1, 1]).coef))


E0, E1, E2, E3, E4, E5, E6, E7 = _eight(np.exp2, -0.5, 0.5)
S0, S1, S2, S3, S4, S5, S6, S7 = _eight(lambda x: -np.expm1(-x) / x, 0, 1)


@intrinsic
def _bits(_context, value):  # type: ignore[no-untyped-def]
    def build(_target, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), build


@intrinsic
def _number(_context, value):  # type: ignore[no-untyped-def]
    def build(_target, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), build


@intrinsic
def turn(_context, out, to, wide, tile, at, apart):  # type: ignore[no-untyped-def]
    """Rows of 8 numbers of `tile` from `at`, `apart` from each other, become columns of `out` from `to`, rows `wide`.

    All flat arrays of floats, all counts unsigned. Eight loads, 24 shuffles and eight stores in place of 64 of each.
    """

    def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
        def place(array: int, row: int) -> Any:
            base, start, step = args[array : array + 3]
            data = context.make_array(signature.args[array])(context, builder, base).data
            index = builder.add(start, builder.mul(step, ir.Constant(step.type, row)))
            return builder.bitcast(builder.gep(data, [index]), ir.VectorType(ir.DoubleType(), SIDE).as_pointer())

        rows = [builder.load(place(3, row), align=8) for row in range(SIDE)]
        for half in (4, 2, 1):
            rows = [_mixed(builder, rows, row, half) for row in range(SIDE)]
        for row in range(SIDE):
            builder.store(rows[row], place(0, row), align=8)
        return context.get_dummy_value()

    return types.void(out, to, wide, tile, at, apart), build


def _mixed(builder: Any, rows: list[Any], row: int, half: int) -> Any:
    """One row after the off-diagonal squares of side `half` have changed places."""
    low = row & ~half
    picked = [(lane & ~half) + (SIDE if lane & half else 0) + (row & half) for lane in range(SIDE)]
    mask = ir.Constant(ir.VectorType(ir.IntType(32), SIDE), picked)
    return builder.shuffle_vector(rows[low], rows[low | half], mask)


@inlined
def parts(y):  # type: ignore[no-untyped-def]
    """p and q with exp(y) = p + p q, to 1e-15 of itself, and exp(y) - 1 = (p - 1) + p q, for y from -700 to 700."""
    y = min(max(y, -700.0), 700.0)
    shifted = y * LOG2E + MAGIC
    k = shifted - MAGIC
    r = (y - k * LN2_HIGH) - k * LN2_LOW
    q = 1.0 / 479001600.0
    q = q * r + 1.0 / 39916800.0
    q = q * r + 1.0 / 3628800.0
    q = q * r + 1.0 / 362880.0
    q = q * r + 1.0 / 40320.0
    q = q * r + 1.0 / 5040.0
    q = q * r + 1.0 / 720.0
    q = q * r + 1.0 / 120.0
    q = q * r + 1.0 / 24.0
    q = q * r + 1.0 / 6.0
    q = q * r + 0.5
    q = q * r + 1.0
    return _number((_bits(shifted) + 1023) << 52), q * r


@inlined
def exp(y):  # type: ignore[no-untyped-def]
    """exp(y) to 1e-15 of itself from -700 to 700; beyond, the value at the bound."""
    p, q = parts(y)
    return p + p * q


@inlined
def log(x):  # type: ignore[no-untyped-def]
    """ln x for normal positive x, error below 1e-12."""
    bits = _bits(x)
    up = bits - _bits(0.7071067811865476)
    k = up >> 52
    m = _number(bits - (k << 52))
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 / 17.0
    p = p * z + 1.0 / 15.0
    p = p * z + 1.0 / 13.0
    p = p * z + 1.0 / 11.0
    p = p * z + 1.0 / 9.0
    p = p * z + 1.0 / 7.0
    p = p * z + 1.0 / 5.0
    p = p * z + 1.0 / 3.0
    p = p * z + 1.0
    return 2.0 * s * p + k * 0.6931471805599453


@inlined
def near_exp2(y):  # type: ignore[no-untyped-def]
    """2 to the power of y to 1e-10 of itself, for y from -1000 to 1000: half the work of `exp`."""
    shifted = y + MAGIC
    r = y - (shifted - MAGIC)
    r2 = r * r
    high, low = (E7 * r + E6) * r2 + (E5 * r + E4), (E3 * r + E2) * r2 + (E1 * r + E0)
    return _number((_bits(shifted) + 1023) << 52) * (high * (r2 * r2) + low)


@inlined
def near_settled(x):  # type: ignore[no-untyped-def]
    """(1 - exp(-x)) / x to 1e-10 for x from 0 to 1, and no division: how far what decays gets within a step."""
    x2 = x * x
    high, low = (S7 * x + S6) * x2 + (S5 * x + S4), (S3 * x + S2) * x2 + (S1 * x + S0)
    return high * (x2 * x2) + low
