"""What numbers show of a map that is none of lithiation."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.compare import compare_maps
from microsim.maps.map import SocMap
from microsim.maps.scale import background, check_no_fill, check_one_scale
from microsim.maps.verdict import verdict

SHARES = np.random.default_rng(3).normal(0.5, 0.1, 1000)
H = (1e-6,) * 3


@pytest.mark.parametrize("other", [100 * SHARES, SHARES + 3.5, SHARES + 8350, SHARES - 1])
def test_two_scales_are_refused_either_way(other):
    for pair in ((SHARES, other), (other, SHARES)):
        with pytest.raises(InputError, match=r"expected both maps in one quantity, got a median of "):
            check_one_scale(*pair)
    check_one_scale(other, other + 0.01)


@pytest.mark.parametrize(("fill", "factor"), [(-9999.0, 1), (255.0, 1), (1e36, 1), (9.96921e36, 100)])
def test_a_fill_value_is_refused_with_its_number(fill, factor):
    values = np.where(np.arange(1000) < 7, fill, factor * SHARES)
    with pytest.raises(InputError, match=r"in 7 of 1000 voxels of a map"):
        check_no_fill(values, "a map")
    check_no_fill(SHARES + np.random.default_rng(4).normal(0, 3, 1000), "map")  # noise is none


@pytest.mark.parametrize("mark", [0, -1])
def test_a_background_is_told(mark):
    values = np.where(np.arange(1000) < 140, mark, SHARES)
    assert background(values).startswith(f"14 % of the compared measured voxels are exactly {mark}: ")
    assert background(SHARES) == "" and background(np.zeros(5)) == ""
    measured = SocMap(values.reshape(10, 10, 10), H)
    assert background(values) in verdict(compare_maps(SocMap(SHARES.reshape(10, 10, 10), H), measured))


@pytest.mark.parametrize("value", [0.5, 1.0, 0.001])
def test_a_value_that_was_filled_in_or_cut_off_is_told(value):
    """Of continuous, rounded and repeated values none stands out; where a tenth are one, that one does."""
    values = np.random.default_rng(0).uniform(0.2, 0.8, 4000)
    for whole in (values, np.rint(50 * values) / 50, np.rint(255 * values) / 255, values[:500].repeat(8)):
        assert background(whole) == ""
    filled = np.where(np.arange(4000) % 10 == 0, value, values)
    assert f"10 % of the pixels are exactly {value:g}: if that was filled in" in background(
        filled, "the pixels"
    )
    assert background(filled, any_value=False) == "" == background(np.full(100, value))
    assert "exactly 0: if that is background" in background(np.where(filled == value, 0.0, values))
