"""The cycle of several ranks against that of one process on the undivided volume."""

import numpy as np
import pytest

from microsim.mesh.percolation import percolating
from microsim.numerics.multigrid import Multigrid
from microsim.numerics.rows import BitRows, RowsMultigrid
from microsim.numerics.slab import RankSlab

from ..ranks_on_threads import on_ranks


def random_mask(shape, fill, seed):
    """Random cells that join both ends: others have no unique answer."""
    return percolating(np.random.default_rng(seed).random(shape) < fill, 0)


def whole_cycle(mask, weights, b, coarsest):
    rows = BitRows.of(mask)
    grid = RowsMultigrid(rows, weights, coarsest)
    return rows.scatter(grid.cycle(b[_places(rows)].astype(np.float32)).copy(), 0.0), grid


def _places(rows):
    """Where the cells lie, in the order of their numbers."""
    number = rows.scatter(np.arange(rows.n), -1, np.int64)
    place = np.argwhere(number >= 0)
    return tuple(place[np.argsort(number[number >= 0])].T)


CASES = {
    "many levels": ((48, 40, 44), 0.6, (1, 1, 1), 50, 2),
    "odd sizes": ((37, 21, 35), 0.6, (1, 1, 1), 20, 3),
    "one plane at the end": ((25, 30, 31), 0.7, (1, 1, 1), 20, 3),
    "flat voxels": ((32, 30, 40), 0.6, (1, 1.0, 2.4), 20, 4),
    "long voxels": ((40, 22, 23), 0.8, (1, 0.42, 0.42), 20, 3),
    "solved directly": ((24, 3, 4), 1.0, (1, 1, 1), 5000, 3),
    "one graph shared": ((32, 12, 12), 0.9, (1, 1, 1), 300, 2),
    "a thread of cells": ((64, 1, 2), 1.0, (1, 1, 1), 3, 5),
}


@pytest.mark.parametrize("case", CASES)
def test_one_cycle_is_that_of_one_process(case):
    shape, fill, weights, coarsest, size = CASES[case]
    mask = random_mask(shape, fill, 7)
    b = np.random.default_rng(8).normal(size=shape)
    expected, whole = whole_cycle(mask, weights, b, coarsest)
    made = []

    def part(ranks):
        slab = RankSlab.of(shape[0], ranks)
        box = slice(slab.first, slab.stop)
        rows = BitRows.of(mask[box])
        grid = RowsMultigrid(rows, weights, coarsest, slab=slab)
        made.append(grid.coarse)
        values = b[box][_places(rows)].astype(np.float32)
        for _ in range(3):  # what is left in the cells of others must not matter
            found = rows.scatter(grid.cycle(values), 0.0)
        wide = slice(max(slab.own[0] - 1, 0), slab.own[1] + 1)
        assert np.allclose(found[wide], expected[box][wide], atol=2e-5 * np.abs(expected).max())
        return slab.planes(found)

    for found in on_ranks(size, part):
        assert np.allclose(found, expected, atol=2e-5 * np.abs(expected).max())
    assert isinstance(whole.coarse, Multigrid)
    sizes = [level.graph.n for level in whole.coarse.levels]
    for coarse in made:
        shared = len(coarse.levels)
        assert [level.graph.n for level in coarse.last.multigrid.levels] == sizes[shared:]
        assert shared == min(2, len(sizes) - 1)
