"""The unknowns as they are declared: where they lie, what bounds them, how far a step of Newton goes."""

from types import SimpleNamespace

import numpy as np
import pytest

from microsim.cell.unknowns import BLOCKS, Balances, Unknowns

COUNTS = {"ionic": 4, "electronic": 3, "solid": 5, "cell": 1}


def test_every_block_lies_where_its_cells_are_counted():
    unknowns = Unknowns(COUNTS)
    x = np.arange(float(unknowns.size))
    u, R = unknowns.state(x), unknowns.rows(x)
    assert u._fields == ("psi", "phi", "V", "sto", "c_e") and [part.size for part in u] == list(unknowns.n)
    assert R.lithium.base is x and np.array_equal(R.lithium, u.sto)
    assert np.array_equal(unknowns.joined(u), x) and np.array_equal(x[unknowns.place("V")], u.V)
    assert R._fields == tuple(block.balance for block in BLOCKS)


def test_a_vector_is_zero_where_nothing_is_given():
    unknowns = Unknowns(COUNTS)
    u = unknowns.state(unknowns.vector(sto=0.5, psi=[1.0, 2.0, 3.0, 4.0]))
    assert np.all(u.sto == 0.5) and list(u.psi) == [1, 2, 3, 4] and not any(map(np.any, (u.phi, u.V, u.c_e)))


def test_limit_keeps_lithiation_and_salt_in_bounds():
    unknowns, rng = Unknowns(COUNTS), np.random.default_rng(2)
    x = unknowns.vector(psi=-0.05, V=4.1, sto=0.3 + 0.4 * rng.random(5), c_e=900 + 200 * rng.random(4))
    for scale in (0.1, 10.0, 1e4):
        dx = unknowns.vector(sto=scale * rng.standard_normal(5))
        moved = unknowns.state(x + unknowns.limit(x, dx) * dx).sto
        assert 0 < moved.min() and moved.max() < 1
        dx = unknowns.vector(c_e=1000 * scale * rng.standard_normal(4))
        assert unknowns.state(x + unknowns.limit(x, dx) * dx).c_e.min() > 0
    assert unknowns.limit(x, unknowns.vector(psi=0.1, phi=0.1, V=0.1, sto=1e-6, c_e=1e-3)) == 1.0
    assert unknowns.limit(x, unknowns.vector(V=-3.0)) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "outside", [{"sto": 1e-7}, {"sto": 1 - 1e-7}, {"c_e": 0.5}, {"sto": -0.1}, {"c_e": -1.0}]
)
def test_a_guess_lies_inside_by_a_margin(outside):
    unknowns = Unknowns(COUNTS)
    good = {"psi": -9.0, "V": 99.0, "sto": 0.5, "c_e": 1.5}
    assert unknowns.inside(unknowns.vector(**good))
    assert not unknowns.inside(unknowns.vector(**good | outside))


def test_the_error_of_a_step_is_rms_over_each_scale():
    unknowns, design = Unknowns(COUNTS), SimpleNamespace(c_e_0=500.0)
    sto = np.array([3e-3, 0, 0, 0, 0])
    dx = unknowns.vector(psi=1.0, phi=1.0, V=1e-3, sto=sto, c_e=0.1)
    assert unknowns.largest_error(dx, design) == pytest.approx(3e-3 / np.sqrt(5) / 0.2)
    assert unknowns.largest_error(unknowns.vector(c_e=5.0), design) == pytest.approx(0.01)
    assert unknowns.largest_error(unknowns.vector(V=-0.2), design) == pytest.approx(0.2)
    assert unknowns.largest_error(unknowns.vector(psi=1.0), design) == 0
    assert unknowns.largest_error(dx, design, V=0.5) == 0.5  # what is known of V takes its place


def test_the_size_of_a_residual_is_that_of_its_worst_balance():
    unknowns = Unknowns(COUNTS)
    R = unknowns.joined(Balances(0.0, np.array([1.0, -2.0, 0.5]), 1.5, 0.1, 0.0))
    assert unknowns.largest_sum(R) == 3.5
