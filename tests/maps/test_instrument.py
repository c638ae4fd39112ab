"""What the instrument makes of a map: closed forms for the point spread and the beam."""

import numpy as np
import pytest
from scipy.special import erf

from microsim.base.errors import InputError
from microsim.maps.instrument import Instrument, mean_weights, seen_by
from microsim.maps.map import SocMap, resample_onto

H = (0.2e-6, 0.3e-6, 0.5e-6)


def test_without_spread_and_beam_the_map_is_averaged():
    rng = np.random.default_rng(0)
    values = rng.random((6, 8, 4))
    values[rng.random(values.shape) < 0.3] = np.nan
    ours, grid = SocMap(values, H), SocMap(np.zeros((3, 4, 2)), (0.4e-6, 0.6e-6, 1e-6))
    for coverage in (0, 0.5, 0.9):
        seen = seen_by(Instrument(), ours, grid, min_coverage=coverage)
        np.testing.assert_array_equal(seen, resample_onto(ours, grid, min_coverage=coverage))


def test_a_step_becomes_an_error_function():
    """(1 + erf(x / (sqrt(2) s))) / 2 of a step at x = 0."""
    h, s, n = 0.1e-6, 0.45e-6, 60
    x = (np.arange(n) + 0.5 - n / 2) * h
    step = np.broadcast_to((x > 0)[:, None, None], (n, 3, 2)).astype(float)
    fine = SocMap(step, (h, h, h))
    seen = seen_by(Instrument(psf=(s, 0.0, 0.0)), fine, fine)
    middle = slice(20, 40)  # the world ends at the box
    assert seen[middle, 1, 0] == pytest.approx((1 + erf(x / np.sqrt(2) / s))[middle] / 2, abs=2e-3)


def test_a_uniform_map_stays_uniform_whatever_its_holes():
    values = np.full((12, 9, 7), 0.37)
    values[np.random.default_rng(1).random(values.shape) < 0.5] = np.nan
    ours = SocMap(values, H)
    seen = seen_by(Instrument(psf=(0.5e-6, 0.2e-6, 1e-6)), ours, ours)
    known = np.isfinite(values)
    assert seen[known] == pytest.approx(0.37, rel=1e-12)
    assert np.isnan(seen[~known]).all()  # light from beside a pore is no material in it


def test_a_beam_weighs_the_material_on_its_way():
    values = np.full((2, 2, 4), np.nan)
    values[0, 0] = [0.1, 0.2, np.nan, 0.6]
    values[1, 1, 3] = 0.5
    flat = SocMap(
        np.zeros((2, 2, 1)), (H[0], H[1], 7.0)
    )  # its thickness and place along the beam say nothing
    seen = seen_by(Instrument(project=2), SocMap(values, H), flat)
    assert seen[0, 0, 0] == pytest.approx(0.3) and seen[1, 1, 0] == 0.5
    assert np.isnan(seen[0, 1, 0]) and np.isnan(seen[1, 0, 0])


def test_a_beam_covers_an_area():
    """A pixel of two columns, one of which the beam meets no material in: half covered."""
    values = np.full((2, 1, 3), np.nan)
    values[0, 0, 1] = 0.4
    flat = SocMap(np.zeros((1, 1, 1)), (2 * H[0], H[1], 1.0))
    seen = [
        seen_by(Instrument(project=2), SocMap(values, H), flat, min_coverage=c)[0, 0, 0] for c in (0.5, 0.6)
    ]
    assert seen[0] == pytest.approx(0.4) and np.isnan(seen[1])


def test_a_projection_has_one_layer():
    ours = SocMap(np.ones((2, 2, 2)), H)
    with pytest.raises(InputError, match="one layer along z, got 2"):
        seen_by(Instrument(project=2), ours, ours)
    with pytest.raises(InputError, match="min_coverage"):
        seen_by(Instrument(), ours, ours, min_coverage=2)


@pytest.mark.parametrize(
    "instrument", [Instrument(), Instrument(psf=(3e-7, 2e-7, 4e-7)), Instrument(project=2)]
)
def test_weights_of_the_mean_are_those_of_what_is_seen(instrument):
    rng = np.random.default_rng(3)
    values = rng.random((6, 8, 4))
    values[rng.random(values.shape) < 0.4] = np.nan
    layers = 1 if instrument.project == 2 else 2
    ours = SocMap(values, H)
    grid = SocMap(np.zeros((3, 3, layers)), (0.35e-6, 0.7e-6, 1e-6), (0.05e-6, 0.1e-6, 0.0))
    used = rng.random(grid.values.shape) < 0.8
    seen = seen_by(instrument, ours, grid, min_coverage=0.3)
    counted = used & np.isfinite(seen)
    weights = mean_weights(instrument, ours, grid, used, min_coverage=0.3)
    known = np.isfinite(values)
    assert counted.sum() > 3 and np.sum(weights[known] * values[known]) == pytest.approx(seen[counted].mean())
    assert weights.sum() == pytest.approx(1) and not weights[~known].any()


def test_weights_of_a_mean_over_nothing_are_refused():
    ours = SocMap(np.ones((2, 2, 2)), H)
    with pytest.raises(InputError, match="got none"):
        mean_weights(Instrument(), ours, ours, np.zeros((2, 2, 2), bool))
