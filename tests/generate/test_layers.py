from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.generate.layers import CoatedLayer, Gradient, start_depth, zones_of
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode

TALL = ElectrodeRecipe(
    shape=(96, 32, 32), median_diameter=4e-6, smallest_diameter=2e-6, largest_diameter=6e-6
)
FINE, COARSE = (
    CoatedLayer(
        1 / 3, active_fraction=0.45, cbd_fraction=0.14, median_diameter=2.4e-6, largest_diameter=3e-6
    ),
    CoatedLayer(2 / 3, active_fraction=0.58, cbd_fraction=0.05, smallest_diameter=4e-6, median_diameter=5e-6),
)


def sizes(particles):
    found = np.bincount(particles.ravel())[1:]
    return np.cbrt(6 * found[found > 30].mean() / np.pi)


def test_each_layer_has_its_own_fractions_and_particles():
    made = build_electrode(replace(TALL, layers=(FINE, COARSE)))
    for part, layer in ((slice(0, 32), FINE), (slice(32, 96), COARSE)):
        assert np.mean(made.phase[part] == 1) == pytest.approx(layer.active_fraction, abs=1e-3)
        assert np.mean(made.phase[part] == 2) == pytest.approx(layer.cbd_fraction, abs=1e-3)
    assert sizes(made.particles[:26]) < 0.75 * sizes(made.particles[40:])


def test_layers_go_from_the_separator_to_the_collector():
    first, second = zones_of(replace(TALL, layers=(FINE, COARSE)))
    assert (first.start, first.end, second.end) == pytest.approx((0, 1 / 3, 1))
    assert first.sizes[0] == 2.4e-6 and first.sizes[2] == TALL.smallest_diameter
    assert zones_of(replace(TALL, layers=(CoatedLayer(), CoatedLayer())))[0].end == 0.5


def windows(mask, count=5):
    """Fraction in windows of equal depth."""
    return np.array([part.mean() for part in np.array_split(mask, count)])


@pytest.mark.parametrize("rise", [-0.3, 0.2])
def test_porosity_rises_as_asked_and_the_means_stay(rise):
    made = build_electrode(replace(TALL, active_fraction=0.5, gradient=Gradient(rise)))
    found = windows(made.phase == 0)
    assert np.all(np.sign(np.diff(found)) == np.sign(rise))
    assert found == pytest.approx(0.41 + rise * np.array([-0.4, -0.2, 0, 0.2, 0.4]), abs=0.02)
    assert [np.mean(made.phase == k) for k in (1, 2)] == pytest.approx([0.5, 0.09], abs=1e-3)


def test_both_solids_follow_the_gradient():
    made = build_electrode(replace(TALL, active_fraction=0.5, gradient=Gradient(-0.3)))
    active, binder = (windows(made.phase == k) for k in (1, 2))
    assert (binder[-1] - binder[0]) / (active[-1] - active[0]) == pytest.approx(0.09 / 0.5, rel=0.1)


def test_spheres_start_with_the_density_that_leans():
    zone = zones_of(replace(TALL, gradient=Gradient(-0.4)))[0]
    depth = start_depth(zone)(np.random.default_rng(0).random(200000))
    g = zone.active_lean / zone.active
    assert 0 <= depth.min() and depth.max() <= 1
    assert np.mean(depth) == pytest.approx(0.5 + g / 12, abs=2e-3)
    assert start_depth(zones_of(TALL)[0]) is None


def test_a_gradient_that_leaves_no_pores_is_refused():
    with pytest.raises(InputError, match="3 % pores"):
        replace(TALL, active_fraction=0.6, gradient=Gradient(0.6))
