"""exp and log as plain polynomials, inlined into loops so that LLVM vectorises them; and a square turned over.

Compiled code is kept on disk and looks for changes only in the file of the function that was called: after a change
here, `kernels.py` must be saved again.
"""

# mypy: disable-error-code="call-arg, var-annotated"

from __future__ import annotations

from typing import Any

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
