"""Sums of terms of one variable: compiled loops beside numpy's functions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.backend import kernels

from .twins import agree

number = st.floats(-3, 3)
triples = st.lists(st.tuples(number, st.floats(-40, 40), number), max_size=3)


@settings(deadline=None)
@given(st.lists(number, max_size=6), triples, triples, st.integers(0, 2**31))
def test_values_and_slopes(polynomial, steps, exponentials, seed):
    steps, exponentials = (np.array(part, float).reshape(-1, 3) for part in (steps, exponentials))
    exponentials[:, 1] /= 20  # e^100 would hide the others
    x = np.random.default_rng(seed).uniform(-1, 2, 101)
    # beside x + 1 the last digits of a step that is nearly straight do not count
    terms = np.array([1, 1, *polynomial], float), steps, exponentials, x, np.full_like(x, np.nan)
    agree("terms.value", *terms, outputs=[4], rtol=1e-11)
    agree("terms.slope", *terms, outputs=[4], rtol=1e-11)


def test_exponentials_to_the_last_digit():
    one, none = np.array([[1.0, 1.0, 0.0]]), np.empty((0, 3))
    x = np.random.default_rng(0).uniform(-690, 690, 20_000)
    kernels.terms.value(np.empty(0), none, one, x, out := np.empty_like(x))
    np.testing.assert_allclose(out, np.exp(x), rtol=4e-16)


def test_what_is_no_number_stays_none():
    one, x = np.array([[1.0, 1.0, 0.0]]), np.array([np.nan, np.inf, -np.inf, 0.0])
    kernels.terms.value(np.empty(0), one, one[:0], x, steps := np.empty_like(x))
    np.testing.assert_allclose(steps, [np.nan, 1, -1, 0])
    kernels.terms.value(np.empty(0), one[:0], one, x, grown := np.empty_like(x))
    assert np.isnan(grown[0]) and grown[1] > 1e300 and 0 <= grown[2] < 1e-300 and grown[3] == 1


@settings(deadline=None)
@given(st.floats(0.2, 0.8), st.integers(0, 2**31))
def test_inverses(alpha, seed):
    """To the last digit of the smallest, too, and odd."""
    rng = np.random.default_rng(seed)
    ratio = rng.choice([-1, 1], 101) * 10 ** rng.uniform(-20, 6, 101)
    blank = np.full_like(ratio, np.nan), np.full_like(ratio, np.nan)
    u, _ = agree("terms.inverted", ratio, alpha, *blank, outputs=[2, 3], rtol=1e-14)
    np.testing.assert_allclose(u, np.arcsinh(ratio / 2) / alpha, rtol=1e-15)
    kernels.terms.inverted(-ratio, alpha, *blank)
    assert np.array_equal(blank[0], -u)
