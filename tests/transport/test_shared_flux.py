"""Potential and flux of a shared volume: those of one process, wherever the slabs and the pieces end."""

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.numerics.slab import RankSlab
from microsim.transport import shared_flux
from microsim.transport.flux import flux_field_names, flux_figures, flux_map
from microsim.transport.shared_flux import SharedFlux
from microsim.transport.tortuosity import solve_tortuosity

from ..ranks_on_threads import on_ranks

POROUS = {"b": 2.0}


@pytest.fixture(scope="module")
def grid():
    image = np.random.default_rng(3).random((33, 18, 27)) < 0.6
    return VoxelGrid(image.astype(np.uint8), ("a", "b"), (1e-6, 1.2e-6, 0.9e-6))


def shared(grid, axis, size, work):
    """What work(SharedFlux, TransportResult) gives on each of so many ranks."""

    def part(ranks):
        slab = RankSlab.of(grid.shape[axis], ranks)
        own = grid.crop({"xyz"[axis]: (slab.low, slab.high)})
        found = solve_tortuosity(own, POROUS, axis, tolerance=1e-6, slab=slab, potential=True)
        return work(SharedFlux(grid, POROUS, axis, slab, found.potential), found)

    return on_ranks(size, part)


@pytest.fixture(params=[(0, 2), (0, 4), (1, 2), (2, 3)], ids=lambda p: f"{'xyz'[p[0]]}, {p[1]} ranks")
def divided(request, grid, monkeypatch):
    """An axis, a number of ranks, and what one process finds; fluxes are computed three layers at a time."""
    monkeypatch.setattr(shared_flux, "LAYER_VOXELS", 3 * 18 * 27)
    axis, size = request.param
    alone = solve_tortuosity(grid, POROUS, axis, tolerance=1e-6, potential=True)
    return axis, size, alone, flux_map(alone.potential, grid, POROUS, axis)


@pytest.mark.parametrize("thick", [5, 33])
def test_the_first_rank_gathers_the_fields_of_one_process(grid, divided, thick):
    axis, size, alone, flux = divided
    ends = [(first, min(first + thick, 33)) for first in range(0, 33, thick)]
    first, *others = shared(grid, axis, size, lambda one, _: [one.gathered(*pair) for pair in ends])
    assert all(part == {} for rank in others for part in rank)
    for name, expected in zip(flux_field_names("xyz"[axis]), (alone.potential, *flux)):
        found = np.concatenate([part[name] for part in first])
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6 * np.nanmax(np.abs(expected)))


def test_all_ranks_find_the_figures_of_one_process(grid, divided):
    axis, size, alone, flux = divided
    expected = flux_figures(flux, grid, POROUS, axis, alone)
    for found in shared(grid, axis, size, lambda one, result: one.figures(result)):
        for name in ("tau_lines", "constrictivity", "dead_end_share", "isolated_share"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-5)
        np.testing.assert_allclose(found.edges, expected.edges)
        np.testing.assert_allclose(found.share, expected.share, atol=3e-4)  # two voxels beside an edge
        assert found.share.sum() == pytest.approx(1, abs=1e-3)


def test_a_rank_keeps_its_own_planes_and_one_of_each_neighbour(grid):
    kept = shared(grid, 0, 4, lambda one, _: one.potential.shape[0])
    assert kept == [9, 10, 10, 10]  # of 8, 8, 8 and 9
