"""Heights on voxels and the shares that their zero leaves: twins, and planes whose cuts are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.numerics.kernels.cpu import threads

from .twins import agree

quick = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**31)


@quick
@given(seeds, st.sampled_from([(7, 8, 6), (1, 5, 9), (14, 12, 3)]), st.sampled_from([0, 2]))
def test_begin(seed, shape, by):
    wide = (shape[0], shape[1] + 2 * by, shape[2] + 2 * by)
    mask = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=wide), 2, mode="wrap") > 0
    mask[0, 0, 0] = not mask[-1, -1, -1]
    most = np.float32(4)
    (height,) = agree("heights.begin", mask, by, most, np.zeros(shape, np.float32), outputs=[3])
    assert np.abs(height).min() >= 0.5 and np.abs(height).max() <= most


@quick
@given(seeds, st.sampled_from([(7, 8, 6), (1, 5, 2), (4, 1, 3)]), st.sampled_from([1, 3]), st.booleans())
def test_surround(seed, shape, by, periodic):
    wide = np.full([n + 2 * by for n in shape], np.nan, np.float32)
    wide[(slice(by, -by),) * 3] = np.random.default_rng(seed).random(shape)
    (filled,) = agree("heights.surround", wide, by, periodic, outputs=[0])
    inner = filled[(slice(by, -by),) * 3]
    assert np.array_equal(inner, wide[(slice(by, -by),) * 3])
    assert np.array_equal(filled[by - 1, by:-by, by:-by], inner[0])
    assert np.array_equal(filled[by:-by, by - 1, by:-by], inner[:, -1 if periodic else 0])


def smoothed(seed, shape=(4, 3, 5)):
    rng = np.random.default_rng(seed)
    ahead = rng.normal(size=[n + 4 for n in shape]).astype(np.float32)
    numbers = [np.float32(n) for n in (1.25, 0.6, 0.2)]
    return ahead, *numbers, rng.normal(size=shape).astype(np.float32), np.zeros_like(ahead)


@quick
@given(seeds)
def test_unbend(seed):
    given_ = smoothed(seed)
    found, _ = agree("heights.unbend", *given_, outputs=[4, 5])
    assert np.abs(found).min() >= np.float32(0.2) and np.array_equal(found > 0, given_[4] > 0)


def test_planes_are_smoothed_alike_by_any_number_of_threads():
    one, two = (smoothed(3, (40, 40, 40)) for _ in range(2))
    mask = ndimage.gaussian_filter(one[4], 2) > 0
    from microsim.numerics.kernels.cpu import heights

    starts = [np.empty(mask.shape, np.float32) for _ in range(2)]
    for number, fields, start in ((1, one, starts[0]), (4, two, starts[1])):
        with threads.limited(number):
            heights.unbend(*fields)
            heights.begin(mask, 0, np.float32(4), start)
    assert np.array_equal(one[4], two[4]) and np.array_equal(one[5], two[5])
    assert np.array_equal(*starts)


@quick
@given(seeds, st.booleans())
def test_shares_of_planes(seed, periodic):
    height = np.random.default_rng(seed).normal(size=(4, 5, 6)).astype(np.float32)
    agree("heights.shares", height, periodic, np.zeros((4, 5, 6), np.float32), outputs=[2])


@pytest.mark.parametrize("slope", [(0.3, 0.5, -0.4), (1.0, 0.0, 0.0), (-0.2, 0.9, 0.1)])
def test_a_share_is_the_volume_that_a_plane_leaves(slope):
    inside = (np.indices((40, 40, 40)) + 0.5) / 40 - 0.5
    value = 0.17
    counted = np.mean(value + np.tensordot(slope, inside, 1) > 0)
    height = (value + np.tensordot(slope, np.indices((3, 3, 3)) - 1, 1)).astype(np.float32)
    (found,) = agree("heights.shares", height, False, np.zeros((3, 3, 3), np.float32), outputs=[2])
    assert found[1, 1, 1] == pytest.approx(counted, abs=0.01)
