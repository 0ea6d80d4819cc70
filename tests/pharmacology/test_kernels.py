"""The fast path gives what the general engine gives, coinciding constants and all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.pharmacology import indirect, kernels, linear, models, vectorised
from unwound.pharmacology.linear import Stretches

PLAIN = kernels.Shape(0, (1, 2), 3, ())
WIDE = kernels.Shape(0, (1, 2), 3, (4,))
KE0 = (6.8, 0.002)
speed = st.sampled_from([0.0, 0.3, 1.0, 3.0]) | st.floats(0.01, 20.0)


def matrix_of(shape, k):
    """Rates: parent out, to metabolite, two exchanges, metabolite out, its exchange."""
    size = 4 + len(shape.metabolite_peripherals)
    a = np.zeros((1, size, size))
    moves = [(0, 3, k[1]), (0, 1, k[2]), (1, 0, k[3]), (0, 2, k[4]), (2, 0, k[5])]
    moves += [(3, 4, k[7]), (4, 3, k[8])] if size == 5 else []
    for source, to, rate in moves:
        a[0, to, source] += rate
        a[0, source, source] -= rate
    a[0, 0, 0] -= k[0]
    a[0, 3, 3] -= k[6]
    return a


def stretches_of(lengths, rates, boluses, size):
    bolus = np.zeros((len(lengths), size))
    bolus[:, 0] = boluses
    none = np.zeros(len(lengths), dtype=bool)
    return Stretches(np.array(lengths), np.array(rates)[:, None], bolus, none, np.arange(len(lengths), dtype=np.int64))


def generally(shape, a, stretches):
    size = a.shape[1]
    whole = np.zeros((1, size + 2, size + 2))
    whole[:, :size, :size] = a
    for row, ke0 in enumerate(KE0, start=size):
        whole[0, row, 0] = ke0
        whole[0, row, row] = -ke0
    bolus = np.pad(stretches.bolus_mg, ((0, 0), (0, 2)))
    wider = Stretches(stretches.length_h, stretches.rate_mg_per_h, bolus, stretches.reset, stretches.shown)
    keep = np.array([0, 3, size, size + 1])
    return linear.run(whole, np.array([0]), wider, keep, len(bolus))[0]


@pytest.mark.parametrize("shape", [PLAIN, WIDE])
@settings(max_examples=150, deadline=None)
@given(
    k=st.lists(speed, min_size=9, max_size=9),
    lengths=st.lists(st.sampled_from([0.0, 1e-3, 1.0]) | st.floats(1e-3, 30.0), min_size=7, max_size=7),
    rates=st.lists(st.sampled_from([0.0, 20.0]), min_size=7, max_size=7),
)
def test_both_entries_give_what_the_general_engine_gives(shape, k, lengths, rates):
    a = matrix_of(shape, k)
    stretches = stretches_of(lengths, rates, [10.0, 0, 0, 5.0, 0, 0, 0], a.shape[1])
    expected = generally(shape, a, stretches)
    one = np.ones(1)
    modes = kernels.modes(shape, a, one, one, KE0)
    peak = expected.max(axis=1, keepdims=True) + 1e-30
    got = kernels.shared(modes, stretches, 0, 7)[:, :, 0]
    assert (np.abs(got - expected) / peak).max() < 1e-11
    ends = kernels.differing(
        modes, stretches.length_h[:, None], stretches.rate_mg_per_h, np.ascontiguousarray(stretches.bolus_mg[:, :1])
    )
    later = expected[:, 1:].copy()
    later[0] -= stretches.bolus_mg[1:, 0]
    assert (np.abs(ends[:, :-1, 0] - later) / peak).max() < 1e-11


def test_the_own_exponential_and_logarithm_are_near_enough():
    x = np.linspace(-690, 690, 4001)
    assert max(abs(vectorised.exp(one) / np.exp(one) - 1) for one in x) < 1e-13
    assert max(abs(vectorised.log(one) - np.log(one)) for one in np.exp(x)) < 3e-13


def test_the_tiled_layout_holds_the_same_numbers():
    a = np.repeat(matrix_of(PLAIN, [1.0, 2, 6, 3, 3, 0.5, 0.6, 0, 0]), 200, axis=0)
    a *= np.linspace(0.5, 2, 200)[:, None, None]
    stretches = stretches_of([1.0] * 30, [20.0] * 4 + [0.0] * 26, [0.0] * 30, 4)
    modes = kernels.modes(PLAIN, a, np.ones(200), np.ones(200), KE0)
    flat, tiled = (kernels.shared(modes, stretches, 0, 30, tiled=one) for one in (False, True))
    assert np.array_equal(tiled.transpose(1, 2, 0, 3).reshape(4, 30, -1)[:, :, :200], flat)


def test_models_of_the_common_shape_are_recognised_and_others_are_not():
    assert kernels.fits(models.model("kamp_2020")) == kernels.Shape(0, (1, 2), -1, ())
    assert kernels.fits(models.model("otto_2021")) is not None
    assert kernels.fits(models.model("simons_2022")) is None


def test_relief_is_what_the_plain_quadrature_gives():
    a = matrix_of(PLAIN, [1.0, 2, 6, 3, 3, 0.5, 0.6, 0, 0])
    times, changes = np.arange(13.0), np.array([0.0, 4.0])
    grid = indirect.grid(times, changes, 260.0)
    moments = np.concatenate([grid.nodes_h, grid.edges_h])
    order = np.argsort(moments)
    weight = np.concatenate([indirect._weights(grid), np.zeros(grid.edges_h.size)])[order]
    moments = moments[order]
    shown = np.full(moments.size, -1, dtype=np.int64)
    shown[np.searchsorted(moments, times - 1e-9)] = np.arange(times.size)
    rates = np.where(moments < 4.0 - 1e-9, 20.0, 0.0)[:, None]
    none = np.zeros(moments.size, dtype=bool)
    every = np.arange(moments.size, dtype=np.int64)
    lengths = np.append(np.diff(moments), 0.0)
    bolus = np.zeros((moments.size, 4))
    modes = kernels.modes(PLAIN, a, np.full(1, 40.0))
    plasma = kernels.shared(modes, Stretches(lengths, rates, bolus, none, every), 0, every.size)[0]
    plain = indirect.integrate(grid, plasma[np.argsort(order)][: grid.nodes_h.size].T, 10.5, 1.5)[0]
    got = kernels.relief(
        modes, Stretches(lengths, rates, bolus, none, shown), 0, times.size, weight,
        rate_per_h=np.log(2) / 260.0, half_ng_per_ml=10.5, hill=1.5,
    )[:, 0]  # fmt: skip
    assert got.max() > 0
    assert np.abs(got - plain).max() / plain.max() < 1e-9
