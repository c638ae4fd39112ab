"""Slabs through the thickness and sub-volumes by size, against layers and uncorrelated voxels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.transport.regions import analyse_regions, analyse_sizes, estimate
from microsim.transport.tortuosity import solve_tortuosity

UM = 1e-6


def channels():
    """Three depths with straight channels along x: 1/2, 1/4 and none of the section; walls 8 voxels wide in
    z."""
    labels = np.zeros((30, 8, 8), np.uint8)
    labels[:10, :4], labels[10:20, :2] = 1, 1
    labels[20:25, 3:5, 3:5] = 1  # a dead end
    return VoxelGrid(labels, ("solid", "pore"), (2 * UM, UM, UM))


def noise(seed, share=0.6, shape=(48, 48, 48)):
    return VoxelGrid(
        (np.random.default_rng(seed).random(shape) < share).astype(np.uint8), ("solid", "pore"), UM
    )


# -- regions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"count": 3}, {"edges": (0, 20 * UM, 40 * UM, 60 * UM)}])
def test_channels_by_region(how):
    first, second, third = analyse_regions(channels(), {"pore": 1.0}, **how)
    assert [first.start, first.end, second.start, third.start, third.end] == pytest.approx(
        [0, 20 * UM, 20 * UM, 40 * UM, 60 * UM]
    )
    assert (first.eps, second.eps, third.eps) == pytest.approx((0.5, 0.25, 5 * 4 / 640))
    assert first.tau["x"] == pytest.approx(1, abs=1e-6) and first.D_eff_over_D0["x"] == pytest.approx(0.5)
    assert first.tau["y"] is None and first.D_eff_over_D0["y"] == 0
    assert first.tau["z"] == pytest.approx(1, abs=1e-6) and first.D_in_plane == pytest.approx(0.25)
    assert first.tau_in_plane == pytest.approx(2)
    assert (
        third.tau == {"x": None, "y": None, "z": None}
        and third.tau_in_plane is None
        and third.D_in_plane == 0
    )


def test_edges_move_to_the_nearest_voxel_and_need_not_cover_all():
    (only,) = analyse_regions(channels(), {"pore": 1.0}, edges=(21.2 * UM, 38.9 * UM))
    assert (only.start, only.end) == pytest.approx((22 * UM, 38 * UM)) and only.eps == 0.25


def test_one_region_is_the_whole_volume():
    grid = noise(0, shape=(12, 10, 11))
    (whole,) = analyse_regions(grid, {"pore": 1.0}, count=1)
    for number, axis in enumerate("xyz"):
        assert whole.tau[axis] == solve_tortuosity(grid, {"pore": 1.0}, number).tau


def test_two_conductors_compare_with_their_parallel_mean():
    labels = np.zeros((4, 6, 6), np.uint8)
    labels[:, :, 3:] = 1
    (slab,) = analyse_regions(VoxelGrid(labels, ("a", "b"), UM), {"a": 1.0, "b": 10.0}, count=1)
    assert slab.tau["x"] == pytest.approx(1) and slab.tau["z"] == pytest.approx(5.5 * 11 / 20)
    assert slab.tau_in_plane == pytest.approx(5.5 / ((5.5 + 20 / 11) / 2)) and slab.eps == 1


def test_regions_in_one_sentence():
    for how in (
        {},
        {"count": 2, "edges": (0, UM)},
        {"count": 0},
        {"count": 31},
        {"edges": (0,)},
        {"edges": (0, 70 * UM)},
        {"edges": (0, 10 * UM, 10.5 * UM)},
        {"edges": (-3 * UM, 10 * UM)},
    ):
        with pytest.raises(InputError, match="expected"):
            analyse_regions(channels(), {"pore": 1.0}, **how)
    seen = []
    analyse_regions(channels(), {"pore": 1.0}, count=2, progress=lambda *step: seen.append(step[:2]))
    assert seen[0] == (0, 6) and seen[-1] == (6, 6)


# -- spread --------------------------------------------------------------------------------------------------


def test_spread_of_few_values():
    assert estimate([]).mean is None and estimate([2.0]).mean == 2 and estimate([2.0]).std is None
    found = estimate([1.0, 2.0, 4.0], 0.9)
    assert (found.n, found.mean, found.std) == pytest.approx((3, 7 / 3, np.std([1, 2, 4], ddof=1)))
    low, high = stats.t.interval(0.9, 2, loc=7 / 3, scale=found.std / np.sqrt(3))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_two_values_have_no_interval():
    """Student's t of one degree of freedom is 12.7: tau 1.3 and 3.5 would reach from -11.6 to 16.4."""
    found = estimate([1.3, 3.5])
    assert found.mean == pytest.approx(2.4) and found.std == pytest.approx(2.2 / np.sqrt(2))
    assert found.low is None and found.high is None


def test_no_interval_leaves_the_bounds_of_its_quantity():
    low, high = stats.t.interval(0.95, 2, loc=2.4, scale=np.std([1.1, 2.0, 4.1], ddof=1) / np.sqrt(3))
    assert low < 1
    found = estimate([1.1, 2.0, 4.1], 0.95, (1.0, np.inf))
    assert found.low == 1.0 and found.high == pytest.approx(high)
    found = estimate([0.01, 0.02, 0.97], 0.95, (0.0, 1.0))
    assert (found.low, found.high) == (0.0, 1.0)


def test_values_at_their_bound():
    """Straight channels, tau 1 to the solver's tolerance; a phase that fills every part, or none."""
    found = estimate([0.9999, 1.0, 1.0003], 0.95, (1.0, np.inf))
    assert found.low <= found.mean <= found.high < 1.001 and found.low >= 0.999
    for value in (0.0, 1.0):
        found = estimate([value] * 3, 0.95, (0.0, 1.0))
        assert (found.low, found.high) == (value, value)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_the_interval_holds_the_truth_as_often_as_it_says(seed):
    rng = np.random.default_rng(seed)
    inside = sum(s.low < 3 < s.high for s in (estimate(rng.normal(3, 2, 5), 0.8) for _ in range(400)))
    assert inside / 400 == pytest.approx(0.8, abs=0.08)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_within_bounds_it_holds_the_truth_as_often(seed):
    """tau of parts with a mean of 2, which no part leaves downwards: lognormal tau - 1 of mean 1."""
    rng = np.random.default_rng(seed)
    draws = 1 + np.exp(rng.normal(-(0.4**2) / 2, 0.4, (400, 5)))
    inside = sum(s.low < 2 < s.high for s in (estimate(d, 0.8, (1.0, np.inf)) for d in draws))
    assert inside / 400 == pytest.approx(0.8, abs=0.08)


# -- representative volume -----------------------------------------------------------------------------------


def test_uncorrelated_voxels_spread_as_the_binomial_says():
    """std of eps = sqrt(p (1 - p) / V), so that b = 1 and V = (z / error)^2 (1 - p) / p voxels are
    representative."""
    found = analyse_sizes(noise(1), {"pore": 1.0}, (4, 8, 12), count=64, relative_error=0.01)
    for result in found.sizes:
        assert result.count == 64 and result.eps.std == pytest.approx(
            np.sqrt(0.24 / result.voxels**3), rel=0.25
        )
        assert result.eps.mean == pytest.approx(0.6, abs=4 * result.eps.std / 8)
    assert found.exponent["eps"] == pytest.approx(1, abs=0.2)
    assert found.edge["eps"] == pytest.approx((1.96**2 / 1e-4 * 0.4 / 0.6) ** (1 / 3) * UM, rel=0.25)
    assert found.sizes[1].tau.std > found.sizes[2].tau.std > 0


def test_what_does_not_percolate_is_counted():
    labels = np.zeros((16, 16, 16), np.uint8)
    labels[:, :8] = 1
    labels[8] = 1
    found = analyse_sizes(VoxelGrid(labels, ("solid", "pore"), UM), {"pore": 1.0}, (8,), count=20)
    (result,) = found.sizes
    assert (result.count, result.percolating, result.tau.n) == (8, 4, 4)
    assert result.tau.mean == pytest.approx(1, abs=1e-6) and result.D_eff_over_D0.n == 8
    assert result.D_eff_over_D0.mean == pytest.approx(0.5, abs=1e-6)
    assert found.edge["tau"] is None or found.edge["tau"] < UM
    assert found.exponent["D_eff_over_D0"] is None and found.edge["D_eff_over_D0"] == pytest.approx(
        8 * UM * (1.96 * result.D_eff_over_D0.std / 0.5 / 0.05) ** (2 / 3), rel=1e-3
    )


def test_tiles_do_not_overlap_and_draws_repeat():
    grid = noise(2, shape=(20, 18, 16))
    one, again, other = (analyse_sizes(grid, {"pore": 1.0}, (5,), count=6, seed=seed) for seed in (3, 3, 4))
    assert one == again and one.sizes[0].origins != other.sizes[0].origins
    covered = np.zeros(grid.shape, int)
    for x, y, z in one.sizes[0].origins:
        covered[x : x + 5, y : y + 5, z : z + 5] += 1
    assert covered.max() == 1 and covered.sum() == 6 * 125
    (anywhere,) = analyse_sizes(grid, {"pore": 1.0}, (15,), count=9, positions="random", seed=5).sizes
    assert anywhere.count == 9 and len(set(anywhere.origins)) > 5
    assert all(0 <= first <= n - 15 for origin in anywhere.origins for first, n in zip(origin, grid.shape))
    assert len(analyse_sizes(grid, {"pore": 1.0}, (15,), count=9).sizes[0].origins) == 1


def test_one_sub_volume_is_the_crop():
    grid = noise(3, shape=(14, 13, 12))
    found = analyse_sizes(grid, {"pore": 1.0}, (10,), count=1, axis=2, positions="random", seed=1)
    (result,) = found.sizes
    crop = grid.crop({axis: (first, first + 10) for axis, first in zip("xyz", result.origins[0])})
    assert result.tau.mean == solve_tortuosity(crop, {"pore": 1.0}, 2).tau and result.tau.std is None
    assert found.edge == {"eps": None, "tau": None, "D_eff_over_D0": None}
    assert result.edge == pytest.approx(10 * UM)


def test_bad_sizes_in_one_sentence():
    grid = noise(4, shape=(10, 10, 10))
    for sizes, options in (
        ((), {}),
        ((1,), {}),
        ((11,), {}),
        ((5,), {"count": 0}),
        ((5,), {"positions": "here"}),
        ((5,), {"confidence": 1.0}),
        ((5,), {"relative_error": 0}),
    ):
        with pytest.raises(InputError, match="expected"):
            analyse_sizes(grid, {"pore": 1.0}, sizes, **options)
    seen = []
    analyse_sizes(grid, {"pore": 1.0}, (4, 6), count=2, progress=lambda *step: seen.append(step[0] / step[1]))
    assert seen[0] == 0 and seen[-1] == 1 and seen == sorted(seen)
