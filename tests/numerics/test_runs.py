"""Runs of voxels against their slow twins, and whatever number of threads joins them."""

import numpy as np
import pytest

from microsim.numerics.kernels.cpu import runs, threads

from .twins import agree

SHAPES = [(1, 1, 1), (3, 4, 70), (37, 5, 9), (48, 3, 6)]


def runs_of(mask):
    """The first run of each row, and the runs' ends; each step compared with its twin."""
    (count,) = agree("runs.count_runs", mask, np.full(mask.shape[:2], -1), outputs=[1])
    start = np.concatenate([[0], np.cumsum(count)])
    blank = [np.full(start[-1], -1, np.int32) for _ in range(2)]
    return start, *agree("runs.find_runs", mask, start, *blank, outputs=[2, 3])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.33, 0.6, 1.0])
def test_runs_and_their_clusters(shape, share):
    rng = np.random.default_rng(shape[0])
    mask = rng.random(shape) < share
    found = runs_of(mask)
    (root,) = agree("runs.join_runs", *found, shape[1], np.full(found[1].size, -1, np.int32), outputs=[4])
    chosen = rng.random(root.size) < 0.5
    agree("runs.paint_runs", *found, chosen, np.zeros(shape, bool), outputs=[4])
    (whole,) = agree("runs.paint_runs", *found, chosen | True, np.zeros(shape, bool), outputs=[4])
    assert np.array_equal(whole, mask)


def test_clusters_do_not_depend_on_threads():
    """Slabs are joined by themselves, then with each other: a cluster winds through all of them."""
    mask = np.random.default_rng(3).random((5 * runs.SLAB + 3, 20, 20)) < 0.34
    found, roots = runs_of(mask), []
    for number in (1, 3):
        with threads.limited(number):
            root = np.empty(found[1].size, np.int32)
            runs.join_runs(*found, 20, root)
            roots.append(root)
    assert np.array_equal(*roots) and np.unique(roots[0]).size < 0.25 * root.size
