"""Maps that lie beside a volume, cover a part of it, or have their axes in another order."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.map import SocMap
from microsim.maps.placing import check_order, lies_on, placed

H = 1e-7
VOLUME = SocMap(np.zeros((24, 16, 12)), (H,) * 3)


def of(shape, edge=H, origin=(0.0, 0.0, 0.0)):
    return SocMap(np.full(shape, 0.5), (edge,) * 3, origin)


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 0, 2), (1, 2, 0)])
@pytest.mark.parametrize("coarse", [1, 2])
def test_axes_in_another_order_are_refused(order, coarse):
    shape = tuple(VOLUME.values.shape[a] // coarse for a in order)
    with pytest.raises(InputError, match=r"axes in another order; .* would fit"):
        check_order(of(shape, coarse * H), VOLUME)


@pytest.mark.parametrize(
    "there",
    [of((24, 16, 12)), of((12, 8, 6), 2 * H), of((10, 10, 10)), of((30, 30, 30)), of((11, 16, 12), 2.1 * H)],
)
def test_axes_that_fit_or_say_nothing_pass(there):
    check_order(there, VOLUME)


def test_the_order_that_would_fit_is_named():
    with pytest.raises(InputError, match="zyx in place of xyz would fit"):
        check_order(of((12, 16, 24)), VOLUME)
    with pytest.raises(InputError, match="zxy in place of xyz would fit"):  # the middle one is x
        check_order(of((12, 24, 16)), VOLUME)
    deep = SocMap(np.zeros((24, 12, 12)), (H,) * 3)
    with pytest.raises(InputError, match="zyx or yzx in place"):
        check_order(of((12, 12, 24)), deep)


def test_what_lies_beside_is_counted():
    assert placed(of((24, 16, 12)), VOLUME) == placed(of((12, 8, 6), 2 * H), VOLUME) == []
    (told,) = placed(of((24, 16, 12), origin=(6 * H, 0.0, 0.0)), VOLUME)
    assert told.startswith("25 % of the measured voxels lie beside")
    values = np.full((24, 16, 12), np.nan)
    values[:18] = 0.5  # no value where it would lie beside
    assert placed(SocMap(values, (H,) * 3, (6 * H, 0.0, 0.0)), VOLUME) == []


def test_a_map_of_a_part_is_told():
    (told,) = placed(of((12, 8, 6)), VOLUME)  # half the edges: voxels of 2 h read as h
    assert told.startswith("The measured map covers 12 % of the simulated volume")
    first, second = placed(of((12, 8, 6), 4 * H), VOLUME)[:1], placed(of((24, 16, 12), 0.5 * H), VOLUME)
    assert "beside" in first[0] and "covers 12 %" in second[0]


def test_a_map_that_lies_beside_its_material_is_told():
    """Balls in a volume: as they are, shifted by three voxels, turned, mirrored; a field of view is no
    material."""
    at = np.indices((20, 20, 20))
    centres = [(5, 4, 5, 4.2), (6, 14, 12, 4.4), (16, 5, 14, 4.3), (15, 15, 4, 3.9)]
    balls = sum((at[0] - x) ** 2 + (at[1] - y) ** 2 + (at[2] - z) ** 2 < r * r for x, y, z, r in centres) > 0
    ours = np.where(balls, 0.5, np.nan)
    assert lies_on(ours, ours) == [] == lies_on(np.where(balls & (at[0] < 16), 0.5, np.nan), ours)
    for wrong in (np.roll(ours, 4, axis=0), ours.transpose(2, 1, 0), ours[:, ::-1]):
        (told,) = lies_on(wrong, ours)
        assert "would by chance: is the map shifted, turned or mirrored" in told
    assert lies_on(np.where(at[0] < 12, 0.5, np.nan), ours) == []
    assert lies_on(np.where((at[1] - 9.5) ** 2 + (at[2] - 9.5) ** 2 < 90, 0.5, np.nan), ours) == []
