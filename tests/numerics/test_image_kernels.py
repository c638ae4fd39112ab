"""Kernels on images: distances and covering balls, states of columns, voxels within tetrahedra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .twins import agree

quick = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**31)


@quick
@given(seeds, st.sampled_from([0.0, 0.5]), st.sampled_from([1.0, 1.7]), st.floats(0.05, 0.95))
def test_envelopes(seed, shift, h, share):
    inside = np.random.default_rng(seed).random((3, 4, 9)) < share
    f = np.where(inside, np.float32(np.inf), np.float32(0))
    agree("distance.envelopes", f, h, shift, outputs=[0])


@quick
@given(seeds, st.sampled_from([(1.0, 1.0, 1.0), (1.0, 1.5, 2.0)]))
def test_balls(seed, spacing):
    rng, shape = np.random.default_rng(seed), (6, 5, 7)
    inside, count = rng.random(shape) < 0.8, 12
    centres = rng.integers(0, 2 * np.array(shape), (count, 3)).astype(np.int32)
    squared = np.sort(rng.uniform(0.3, 9, count))[::-1].astype(np.float32)
    following = np.empty((*shape[:2], shape[2] + 1), np.int32)
    following[:] = np.arange(shape[2] + 1)
    following[:, :, :-1][~inside] += 1
    thickness = np.zeros(shape, np.float32)
    (covered,) = agree(
        "distance.cover", centres, squared, np.array(spacing), following, thickness, outputs=[4]
    )
    assert covered.any() and not covered[~inside].any()


@pytest.mark.parametrize("seed", range(4))
def test_states_of_columns(seed):
    rng = np.random.default_rng(seed)
    columns = rng.choice([20.0, 60.0, 90.0, 150.0, 200.0], (6, 30)) + 5 * rng.standard_normal((6, 30))
    columns = np.repeat(columns, 2, axis=1).astype(np.float32)
    means, spreads = np.array([20.0, 90.0, 200.0]), np.array([4.0, 6.0, 6.0])
    (found,) = agree("columns.chain_of_states", columns, means, spreads, 0.4, 0.2, rtol=2e-4)
    assert found.sum(axis=2) == pytest.approx(1, abs=1e-5)
    (marked,) = agree("columns.unchanged", columns, 0.2, 0.4, 5.0)
    assert marked.any() and not marked.all()


@quick
@given(seeds)
def test_voxels_within_tetrahedra(seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 6, (8, 3))
    cells = np.array([rng.permutation(8)[:4] for _ in range(5)])
    volumes = np.linalg.det(points[cells[:, 1:]] - points[cells[:, :1]])
    cells[volumes < 0] = cells[volumes < 0][:, [0, 2, 1, 3]]
    cells = cells[abs(volumes) > 1]
    labels = np.full((6, 5, 6), 9, np.uint8)
    agree("elements.label_centres", points, cells, np.arange(5, dtype=np.uint8), labels, outputs=[3])
