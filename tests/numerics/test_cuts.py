"""Openings of the faces of cut voxels: twins."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.numerics.codes import PURE

from .twins import agree

quick = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**31)


def cut_shares(seed, shape, blur):
    """Shares between 0 and 1, many of them pure: blurred noise, steepened."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), blur)
    return np.clip(0.5 + noise / noise.std(), 0, 1).astype(np.float32)


@quick
@given(
    seeds,
    st.sampled_from([(7, 8, 6), (5, 5, 9)]),
    st.sampled_from([0.4, 1.0, 2.0]),
    st.sampled_from([0.0, 0.3]),
    st.booleans(),
)
def test_gradients_and_openings(seed, shape, blur, least, gaps):
    share = cut_shares(seed, shape, blur)
    gradient = np.zeros((3, *(n - 2 for n in shape)), np.float32)
    agree("cuts.gradients", share, gradient, outputs=[1])
    opening = np.zeros((3, *(n - 3 for n in shape)), np.float32)
    (opening,) = agree("cuts.openings", share, np.float32(least), gaps, opening, outputs=[3])
    assert opening.min() >= 0 and opening.max() <= 1 and not np.any((opening > 0) & (opening < least))
    assert not opening[:, share[2:-1, 2:-1, 2:-1] < PURE].any()


@quick
@given(seeds, st.sampled_from([0.4, 1.0, 2.0]))
def test_depths(seed, blur):
    share = cut_shares(seed, (6, 5, 7), blur)
    gradient = np.zeros((3, 4, 3, 5), np.float32)
    (gradient,) = agree("cuts.gradients", share, gradient, outputs=[1])
    (depth,) = agree("cuts.depths", share, gradient, np.zeros((4, 3, 5), np.float32), outputs=[2], rtol=1e-4)
    assert (np.sign(depth) == np.sign(share[1:-1, 1:-1, 1:-1] - 0.5)).all()
