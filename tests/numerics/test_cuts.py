"""Openings of the faces of cut voxels: twins, and planes whose cuts are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from .twins import agree

quick = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**31)


def cut_shares(seed, shape, blur):
    """Shares between 0 and 1, many of them pure: blurred noise, steepened."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), blur)
    return np.clip(0.5 + noise / noise.std(), 0, 1).astype(np.float32)


@quick
@given(seeds, st.sampled_from([(7, 8, 6), (5, 5, 9)]), st.sampled_from([0.4, 1.0, 2.0]))
def test_gradients_and_openings(seed, shape, blur):
    share = cut_shares(seed, shape, blur)
    gradient = np.zeros((3, *(n - 2 for n in shape)), np.float32)
    (gradient,) = agree("cuts.gradients", share, gradient, outputs=[1])
    opening = np.zeros((3, *(n - 3 for n in shape)), np.float32)
    (opening,) = agree("cuts.openings", share, gradient, opening, outputs=[2])
    assert opening.min() >= 0 and opening.max() <= 1 and opening.std() > 0.05


@quick
@given(seeds, st.sampled_from([0.4, 1.0, 2.0]))
def test_depths(seed, blur):
    share = cut_shares(seed, (6, 5, 7), blur)
    gradient = np.zeros((3, 4, 3, 5), np.float32)
    (gradient,) = agree("cuts.gradients", share, gradient, outputs=[1])
    (depth,) = agree("cuts.depths", share, gradient, np.zeros((4, 3, 5), np.float32), outputs=[2], rtol=1e-4)
    assert (np.sign(depth) == np.sign(share[1:-1, 1:-1, 1:-1] - 0.5)).all()


@quick
@given(seeds)
def test_roughness(seed):
    values = np.random.default_rng(seed).normal(size=(6, 5, 7)).astype(np.float32)
    agree("cuts.roughness", values, np.zeros((4, 3, 5), np.float32), outputs=[1])


@quick
@given(seeds)
def test_unbend(seed):
    rng = np.random.default_rng(seed)
    rough, ahead = (rng.normal(size=[n + more for n in (4, 3, 5)]).astype(np.float32) for more in (2, 4))
    phi, numbers = rng.normal(size=(4, 3, 5)).astype(np.float32), [np.float32(n) for n in (1.25, 0.6, 0.2)]
    found, _ = agree("cuts.unbend", rough, *numbers, phi, ahead, outputs=[4, 5])
    assert np.abs(found).min() >= np.float32(0.2) and np.array_equal(found > 0, phi > 0)


@quick
@given(seeds)
def test_shares_of_planes(seed):
    rng = np.random.default_rng(seed)
    fields = [rng.normal(size=(4, 5, 6)).astype(np.float32) for _ in range(4)]
    agree("cuts.shares", *fields, np.zeros((4, 5, 6), np.float32), outputs=[4])


@pytest.mark.parametrize("slope", [(0.3, 0.5, -0.4), (1.0, 0.0, 0.0), (-0.2, 0.9, 0.1)])
def test_a_share_is_the_volume_that_a_plane_leaves(slope):
    inside = (np.indices((40, 40, 40)) + 0.5) / 40 - 0.5
    value = 0.17
    counted = np.mean(value + np.tensordot(slope, inside, 1) > 0)
    fields = [np.full((1, 1, 1), v, np.float32) for v in (value, *slope)]
    (found,) = agree("cuts.shares", *fields, np.zeros((1, 1, 1), np.float32), outputs=[4])
    assert found[0, 0, 0] == pytest.approx(counted, abs=0.01)
