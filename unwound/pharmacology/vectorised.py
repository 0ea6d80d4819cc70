"""exp, log and divided differences of exp as plain polynomials, inlined into loops so that LLVM vectorises them."""

# mypy: disable-error-code="call-arg, var-annotated"

from __future__ import annotations

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

LOG2E = 1.4426950408889634
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
MAGIC = 6755399441055744.0
"""1.5 * 2^52: added to a small whole number it puts that number into the lowest bits."""


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


@njit(cache=True, error_model="numpy", fastmath={"contract"}, inline="always")
def exp(y):  # type: ignore[no-untyped-def]
    """exp(y), relative error below 1e-15 from -700 to 700; beyond, the value at the bound."""
    y = min(max(y, -700.0), 700.0)
    shifted = y * LOG2E + MAGIC
    k = shifted - MAGIC
    r = (y - k * LN2_HIGH) - k * LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * _number((_bits(shifted) + 1023) << 52)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, inline="always")
def log(x):  # type: ignore[no-untyped-def]
    """ln x for normal positive x, error below 1e-13."""
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


@njit(cache=True, error_model="numpy", fastmath={"contract"}, inline="always")
def between(a, b, ea, eb):  # type: ignore[no-untyped-def]
    """(e^-a - e^-b) / (b - a), at a = b too; ea and eb are e^-a and e^-b."""
    d = abs(b - a)
    p = 1.0 / 6227020800.0
    p = 1.0 / 479001600.0 - p * d
    p = 1.0 / 39916800.0 - p * d
    p = 1.0 / 3628800.0 - p * d
    p = 1.0 / 362880.0 - p * d
    p = 1.0 / 40320.0 - p * d
    p = 1.0 / 5040.0 - p * d
    p = 1.0 / 720.0 - p * d
    p = 1.0 / 120.0 - p * d
    p = 1.0 / 24.0 - p * d
    p = 1.0 / 6.0 - p * d
    p = 0.5 - p * d
    p = 1.0 - p * d
    return max(ea, eb) * p if d < 0.5 else abs(ea - eb) / d


@njit(cache=True, error_model="numpy", fastmath={"contract"}, inline="always")
def twice_between(a, b, ea, eb, ab):  # type: ignore[no-untyped-def]
    """The second divided difference of e^-x at 0, a and b; `ab` is the first one at a and b."""
    big = max(a, b)
    small = min(a, b)
    first = between(0.0, small, 1.0, max(ea, eb))
    total = 0.5
    h = 1.0
    power = 1.0
    power *= small
    h = h * big + power
    total -= h * (1.0 / 6.0)
    power *= small
    h = h * big + power
    total += h * (1.0 / 24.0)
    power *= small
    h = h * big + power
    total -= h * (1.0 / 120.0)
    power *= small
    h = h * big + power
    total += h * (1.0 / 720.0)
    power *= small
    h = h * big + power
    total -= h * (1.0 / 5040.0)
    power *= small
    h = h * big + power
    total += h * (1.0 / 40320.0)
    power *= small
    h = h * big + power
    total -= h * (1.0 / 362880.0)
    power *= small
    h = h * big + power
    total += h * (1.0 / 3628800.0)
    power *= small
    h = h * big + power
    total -= h * (1.0 / 39916800.0)
    power *= small
    h = h * big + power
    total += h * (1.0 / 479001600.0)
    power *= small
    h = h * big + power
    total -= h * (1.0 / 6227020800.0)
    power *= small
    h = h * big + power
    total += h * (1.0 / 87178291200.0)
    power *= small
    h = h * big + power
    total -= h * (1.0 / 1307674368000.0)
    return total if big < 0.5 else (first - ab) / big
