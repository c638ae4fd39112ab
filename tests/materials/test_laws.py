"""Laws of material sets: slopes, monotone tables, sites, exchange currents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.materials.laws import (
    ExchangeCurrent,
    Sites,
    SkewedExchangeCurrent,
    SumOfTerms,
    Tabulated,
    arrhenius,
)
from microsim.numerics.backend import MANY

number = st.floats(-3, 3)


@settings(deadline=None)  # the first call imports SciPy's interpolation
@given(
    st.lists(number, max_size=5),
    st.lists(st.tuples(number, number, number), max_size=3),
    st.lists(st.tuples(number, number, number), max_size=2),
)
def test_a_sum_s_slope_is_its_derivative(polynomial, steps, exponentials):
    law, x = SumOfTerms(tuple(polynomial), tuple(steps), tuple(exponentials)), np.linspace(0.05, 0.95, 7)
    np.testing.assert_allclose(
        law.slope(x) + 0 * x, np.imag(law(x + 1e-30j) + 0 * x) / 1e-30, rtol=1e-9, atol=1e-9
    )


def test_a_long_array_gives_what_its_parts_give():
    """Many numbers are worked out by a compiled loop."""
    law = SumOfTerms((4.5, -0.8, 0.3), ((-17.7, 15.8, 0.31), (17.6, 15.9, 0.31)), ((0.1, -60.0, 0.05),))
    x = np.random.default_rng(0).uniform(0, 1, 2 * MANY)
    for of in (law, law.slope):
        parts = np.concatenate([of(part) for part in np.split(x, 8)])
        assert not np.array_equal(of(x), parts)  # the loop has an exponential of its own
        np.testing.assert_allclose(of(x), parts, rtol=1e-12, atol=1e-12)


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1.0), min_size=3, max_size=9), st.integers(0, 2**32 - 1))
def test_a_falling_table_falls_everywhere(drops, seed):
    x = np.concatenate([[0.0], np.cumsum(np.random.default_rng(seed).uniform(0.05, 1.0, len(drops)))])
    table = Tabulated(x / x[-1], 5.0 - np.concatenate([[0.0], np.cumsum(drops)]))
    fine = np.linspace(-0.2, 1.2, 997)
    assert np.all(np.diff(table(fine)) <= 1e-12) and np.all(table.slope(fine) <= 1e-12)
    np.testing.assert_allclose(table(table.x), table.y, atol=1e-12)


def test_a_table_beyond_its_ends():
    straight, constant = (
        Tabulated([0.2, 0.5, 0.8], [4.0, 3.8, 3.0], beyond) for beyond in ("straight", "constant")
    )
    ends = np.array([0.1, 0.9])
    np.testing.assert_allclose(
        straight(ends), [4.0 - 0.1 * straight.slope(0.2), 3.0 + 0.1 * straight.slope(0.8)]
    )
    np.testing.assert_allclose(constant(ends), [4.0, 3.0])
    assert np.all(constant.slope(ends) == 0)


def test_a_logarithmic_table_stays_positive():
    table = Tabulated([0.0, 0.1, 1.0], [1e-12, 1e-15, 2e-15], "constant", logarithm=True)
    fine = np.linspace(-0.5, 1.5, 400)
    assert np.all(table(fine) >= 1e-15 * (1 - 1e-12))
    step = 1e-6
    inside = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(
        table.slope(inside), (table(inside + step) - table(inside - step)) / (2 * step), rtol=1e-4
    )


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(3.4, 4.4), st.floats(0.1, 1.0), st.floats(0.2, 6.0)), min_size=1, max_size=5)
)
def test_sites_give_the_lithiation_back(sites):
    potentials, shares, widths = np.array(sites).T
    law, x = Sites(potentials, shares / shares.sum(), widths), np.linspace(0.01, 0.99, 60)
    sto, slope = law.sto(law(x))
    np.testing.assert_allclose(sto, x, atol=2e-6)
    assert np.all(law.slope(x) < 0) and np.all(slope < 0)


def test_one_site_is_nernst():
    law = Sites([4.0], [1.0], [1.0])
    x = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(
        law(x), 4.0 + 8.314462618 * 298.15 / 96485.33212 * np.log((1 - x) / x), atol=1e-6
    )


def test_arrhenius_is_one_at_its_reference():
    assert arrhenius(5e4, 296.15, 296.15) == 1.0
    assert arrhenius(17100.0, 308.15) == pytest.approx(
        np.exp(17100 / 8.314462618 * (1 / 298.15 - 1 / 308.15)), rel=1e-14
    )


def test_exchange_currents_at_the_edges():
    plain, skewed = ExchangeCurrent(1e-6, 5e4), SkewedExchangeCurrent(5.0, 0.43, 0.0)
    x = np.array([0.0, 1.0])
    for law in (plain, skewed):
        assert np.all(law(1000.0, x, 298.15) > 0) and np.all(law(-1.0, x, 298.15) == 0)
    assert float(plain(400.0, 0.5, 298.15)) == pytest.approx(1e-6 * 20 * 2.5e4)
