import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.mesh.grid import grid_from_labels
from microsim.mesh.percolation import (
    closed_clusters,
    closed_voids,
    cluster_labels,
    connected_to,
    joining,
    percolating,
    percolating_fractions,
)
from microsim.numerics.slab import RankSlab

from ..ranks_on_threads import on_ranks


def test_a_dead_end_and_an_island_do_not_percolate():
    mask = np.zeros((4, 5, 5), bool)
    mask[:, 0, 0] = True  # a channel
    mask[:3, 2, 2] = True  # ends before the collector
    mask[2, 4, 4] = True  # an island
    through = percolating(mask, "x")
    assert through.sum() == 4 and through[:, 0, 0].all()
    assert np.array_equal(connected_to(mask, "separator"), mask & (np.arange(5) != 4))
    assert np.array_equal(connected_to(mask, "collector"), through)
    assert not percolating(mask, "y").any()


def test_voxels_that_touch_by_an_edge_or_corner_are_apart():
    edge = np.zeros((2, 2, 1), bool)
    edge[0, 0] = edge[1, 1] = True
    assert not percolating(edge, 0).any() and cluster_labels(edge)[1] == 2
    edge[1, 0] = True
    assert percolating(edge, 0).all(where=edge)


def test_periodic_sides_join_opposite_side_faces_only():
    mask = np.zeros((3, 4, 4), bool)
    mask[0, 0, 0] = mask[1, 0, 0] = True
    mask[1, 3, 0] = mask[2, 3, 0] = True  # goes on through y, where y0 and y1 meet
    assert not percolating(mask, "x").any()
    assert np.array_equal(percolating(mask, "x", periodic_sides=True), mask)
    assert connected_to(mask, "separator", periodic_sides=True).all(where=mask)
    # along y the end faces are y0 and y1 themselves: they must not be joined, x and z are
    column = np.zeros((3, 4, 4), bool)
    column[0, :2, 0] = column[2, 1:, 0] = True
    assert not percolating(column, "y").any()
    assert np.array_equal(percolating(column, "y", periodic_sides=True), column)


def test_share_of_the_phase_along_each_axis():
    mask = np.zeros((4, 4, 4), bool)
    mask[:, 0, 0] = True
    mask[2, :, 2] = True
    assert percolating_fractions(mask) == (0.5, 0.5, 0.0)
    assert percolating_fractions(np.zeros((2, 2, 2), bool)) == (0.0, 0.0, 0.0)
    wrapped = np.zeros((3, 4, 4), bool)
    wrapped[:2, 0, 0] = wrapped[1:, 3, 0] = True
    assert percolating_fractions(wrapped) == (0.0, 0.0, 0.0)
    assert percolating_fractions(wrapped, periodic_sides=True) == (1.0, 0.0, 0.0)


def test_unknown_axis_and_face_are_refused():
    with pytest.raises(InputError, match="axis x, y or z"):
        percolating(np.ones((2, 2, 2), bool), "X")
    with pytest.raises(InputError, match="separator, collector"):
        connected_to(np.ones((2, 2, 2), bool), "left")


def flood(mask, axis, periodic):
    """Slow twin: spread from each end face, voxel by voxel, and keep what both floods reach."""
    reached = []
    for end in (0, mask.shape[axis] - 1):
        todo = [tuple(p) for p in np.argwhere(mask) if p[axis] == end]
        seen = set(todo)
        while todo:
            position = todo.pop()
            for direction in range(3):
                for step in (-1, 1):
                    near = list(position)
                    near[direction] += step
                    if periodic and direction != axis:
                        near[direction] %= mask.shape[direction]
                    near = tuple(near)
                    inside = all(0 <= p < n for p, n in zip(near, mask.shape))
                    if inside and mask[near] and near not in seen:
                        seen.add(near)
                        todo.append(near)
        reached.append(seen)
    both = np.zeros_like(mask)
    for position in reached[0] & reached[1]:
        both[position] = True
    return both


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.7), st.sampled_from([0, 1, 2]), st.booleans())
def test_same_as_flooding_voxel_by_voxel(seed, share, axis, periodic):
    mask = np.random.default_rng(seed).random((5, 4, 6)) < share
    assert np.array_equal(percolating(mask, axis, periodic_sides=periodic), flood(mask, axis, periodic))


def test_closed_clusters_touch_no_face():
    mask = np.zeros((7, 7, 7), bool)
    mask[3, 3, 2:5] = True
    mask[0:2, 1, 1] = mask[5, 5, 5:] = True
    expected = np.zeros_like(mask)
    expected[3, 3, 2:5] = True
    assert np.array_equal(closed_clusters(mask), expected)
    assert not closed_clusters(np.zeros((3, 3, 3), bool)).any()
    image = mask[3:4]  # one slice: open along its plane only
    assert np.array_equal(closed_clusters(image), image)


def test_voids_are_closed_where_only_a_diagonal_leads_out():
    body = np.ones((5, 5, 5), bool)
    body[2, 2, 2] = body[1, 1, 2] = False
    assert np.argwhere(closed_voids(body)).tolist() == [[1, 1, 2], [2, 2, 2]]
    body[0, 1, 2] = False
    assert np.argwhere(closed_voids(body)).tolist() == [[2, 2, 2]]


def test_connected_share_of_a_published_electrode(data):
    import tifffile

    volume = tifffile.imread(data / "volumes" / "taufactor_electrode_256.tiff")
    values = json.loads((data / "expected" / "expected_values.json").read_text())
    expected = values["taufactor_electrode_256.tiff"]
    grid = grid_from_labels(volume, expected["labels"], expected["box_m"] / 256)
    for name, fraction in expected["volume_fraction"].items():
        assert grid.fraction(name) == pytest.approx(fraction, rel=1e-7)
        mask = grid.mask(name)
        share = percolating(mask, 0).sum() / mask.sum()
        assert share == pytest.approx(expected["connected_fraction_axis0_faces"][name], abs=5.1e-5)


def across_ranks(mask, size):
    """What joins both ends of x, found by ranks that own a slab each."""

    def part(ranks):
        slab = RankSlab.of(len(mask), ranks)
        return joining(mask[slab.low : slab.high], slab)

    return np.concatenate(on_ranks(size, part))


@pytest.mark.parametrize("fill", [0.0, 0.28, 0.32, 0.34, 0.5, 1.0])
def test_clusters_across_ranks_are_those_of_the_volume(fill):
    for seed, size in enumerate((2, 3, 4, 5)):
        mask = np.random.default_rng(seed).random((40 + seed, 14, 15)) < fill
        assert np.array_equal(across_ranks(mask, size), percolating(mask, 0))


def test_a_path_that_crosses_the_edges_to_and_fro():
    mask = np.zeros((24, 9, 1), bool)
    mask[:18, 0] = mask[17, :3] = mask[5:18, 2] = mask[5, 2:5] = mask[5:, 4] = True  # on, back, and on
    mask[:, 6][:20] = True  # a dead end through three slabs
    mask[10:14, 8] = True  # an island across no edge
    mask[6:10, 8] = True  # and across one
    through = across_ranks(mask, 3)
    assert np.array_equal(through, percolating(mask, 0))
    assert through[:, 0].sum() == 18 and not through[:, 6:].any()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.36, 0.6, 1.0])
def test_runs_percolate_as_labels_of_voxels_do(axis, share):
    mask = np.random.default_rng(axis).random((37, 30, 26)) < share
    clusters, _ = cluster_labels(mask)
    through = np.intersect1d(np.take(clusters, 0, axis), np.take(clusters, -1, axis))
    assert np.array_equal(percolating(mask, axis), np.isin(clusters, through[through > 0]))
    assert percolating(np.asfortranarray(mask), axis).sum() == percolating(mask, axis).sum()
