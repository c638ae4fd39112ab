"""Spectra of a stack in a file come as those in memory, wherever a part begins and ends."""

import numpy as np
import pytest

from microsim.maps import filed_stack
from microsim.maps.filed_stack import FiledStack, side_by_side
from microsim.volumes.filed import FileArray

VALUES = np.arange(4 * 5 * 6 * 3, dtype=np.int16).reshape(4, 5, 6, 3)  # layers of 18 voxels


@pytest.fixture(params=["Exyz", "zyxE"])
def stack(request, tmp_path):
    order = request.param
    np.save(tmp_path / "s.npy", VALUES.transpose(["Exyz".index(axis) for axis in order]))
    filed = FileArray.of_npy(tmp_path / "s.npy")
    return FiledStack(filed.transpose([order.index(axis) for axis in "Exyz"]))


def test_it_has_the_shape_of_the_stack(stack):
    assert (len(stack), stack.shape, stack.size) == (4, VALUES.shape, VALUES.size)
    assert side_by_side(stack).shape == side_by_side(VALUES).shape == (4, 90)


@pytest.mark.parametrize(
    "first, end",
    [(0, 90), (0, 18), (18, 54), (2, 5), (7, 8), (16, 20), (5, 83), (20, 34), (36, 90), (80, 200), (9, 9)],
)
def test_parts_are_those_of_an_array(stack, first, end):
    found = side_by_side(stack)[:, first:end]
    assert isinstance(found, np.ndarray) and found.dtype == np.int16
    np.testing.assert_array_equal(found, VALUES.reshape(4, -1)[:, first:end])


@pytest.mark.parametrize("at_once", [1000, 7, 90])
def test_numbered_spectra_are_those_of_an_array(stack, monkeypatch, at_once):
    monkeypatch.setattr(filed_stack, "AT_ONCE", at_once)
    some = np.array([0, 3, 6, 7, 40, 41, 89])
    np.testing.assert_array_equal(side_by_side(stack)[:, some], VALUES.reshape(4, -1)[:, some])
    assert side_by_side(stack)[:, some[:0]].shape == (4, 0)


def test_voxels_outside_have_no_value(stack):
    outside = np.random.default_rng(0).random(VALUES.shape[1:]) < 0.3
    found = side_by_side(stack.without(outside))[:, 5:60]
    expected = np.where(outside, np.nan, VALUES.astype(float)).reshape(4, -1)[:, 5:60]
    np.testing.assert_array_equal(found, expected)
