"""Blocks of voxels whose faces are open in part: twins, and what must hold of any."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.graph import line_colours
from microsim.numerics.open_rows import ROOTS

from .open_voxels import SHAPE, STRETCH, some_cells
from .twins import agree

quick = settings(max_examples=25, deadline=None)


@quick
@given(st.integers(0, 2**31), st.booleans(), st.sampled_from([(2, 2, 2), (2, 1, 2), (1, 2, 1), (2, 2, 1)]))
def test_blocks_of_voxels(seed, periodic, step):
    graph, opening = some_cells(seed, periodic)
    of_line, colours = line_colours([-(-n // s) for n, s in zip(SHAPE, step)], periodic)
    given_ = graph.index, opening, step, of_line, colours, ROOTS
    parent, position, bounds = agree("open_blocks.block_aggregates", *given_)
    assert np.array_equal(np.unique(parent), np.arange(bounds[-1]))
    assert np.array_equal(position[parent], graph.position // np.array(step))
    colour = sum(line[at] for line, at in zip(of_line, position.T)) % colours
    assert np.array_equal(np.sort(colour), colour)
    assert np.array_equal(np.bincount(colour, minlength=colours), np.diff(bounds))
    ratios = [np.linspace(0.4, 0.6, line.size, dtype=np.float32) for line in of_line]
    given_ = graph.index, opening, STRETCH, periodic, parent, len(position), step, *ratios
    indptr, neighbour, weight = agree("open_blocks.block_links", *given_)
    rows = np.repeat(np.arange(len(position)), np.diff(indptr))
    assert len(set(zip(rows.tolist(), neighbour.tolist()))) == rows.size and (rows != neighbour).all()
    lower = neighbour < rows  # first in each row
    assert all(np.array_equal(np.sort(part), part) for part in np.split(~lower, indptr[1:-1]))
    held = held_across(graph, opening, periodic, parent)
    assert held * 0.4 - 1e-3 <= weight.sum() <= held * 0.6 + 1e-3


def held_across(graph, opening, periodic, parent):
    """What is open between parts, seen from both sides."""
    rows, axis = np.repeat(np.arange(graph.n), np.diff(graph.indptr)), graph.face // 2
    at = graph.position[rows].astype(int)
    at[np.arange(rows.size), axis] += graph.face % 2
    return ((opening[axis, *at.T] * STRETCH[axis]) * (parent[rows] != parent[graph.neighbour])).sum()


def test_roots_are_the_first_voxels_of_what_open_faces_join():
    one = ROOTS[0b1111_1111_1111]
    assert (one == 0).all() and np.array_equal(ROOTS[0], np.arange(8))
    winding = [(0, 1), (1, 3), (3, 2), (2, 6), (6, 7), (7, 5), (5, 4)]
    faces = [(v - (4 >> axis), v) for axis in range(3) for v in range(8) if v & (4 >> axis)]
    pattern = sum(1 << faces.index(tuple(sorted(pair))) for pair in winding)
    assert (ROOTS[pattern] == 0).all()
    assert np.array_equal(ROOTS[1 << faces.index((3, 7))], [0, 1, 2, 3, 4, 5, 6, 3])
