"""The page of a registration: the map over the structure, before and after, and by how much it moved."""

import numpy as np
import pytest

pytest.importorskip("SimpleITK")

from microsim.maps.map import SocMap
from microsim.maps.registration import Registration, resample_map
from microsim.report.pages import register as page

from ..reading import check_page, text_of

SIZE = (1e-6,) * 3


@pytest.fixture(scope="module")
def given():
    """A map of 4 x 4 voxels that belongs 5 voxels further along x."""
    solid = np.zeros((12, 10, 1))
    solid[5:9, :4] = 1.0
    image, structure = SocMap(np.full((4, 4, 1), 0.5), SIZE), SocMap(solid, SIZE)
    shift, zero = np.array([5e-6, 0.0, 0.0]), np.zeros(3)
    found = Registration(
        np.eye(3), shift, zero, (0.0, 0.0, 1.5), 1.0, (1e-7, 2e-7, 3e-7), 0.95, 0.9, 0.8, "mask", -0.9
    )
    placed = resample_map(image, found, solid.shape, SIZE)
    return {"image": image, "structure": structure, "placed": placed, "found": found}


def test_the_page_is_whole(given, tmp_path):
    names = {"map": "map.tif", "structure": "am.tif", "active": "am", "metric": "mask"}
    result = {**names, "map_sha256": "a" * 64, "structure_sha256": "b" * 64}
    path = page.write(tmp_path, **given, result=result)
    check_page(path, ["registration_sections"])
    text = text_of(path)
    for said in ("Misfit 0.3 µm", "x 0.000 5.000 0.100", "z 1.500 0.000 0.300", "masks of the particles"):
        assert said in text


def test_the_figure_moves_the_map(given):
    before, after = page.figure(**given).axes[:2]
    where = [
        np.argwhere(~np.ma.getmaskarray(axes.images[1].get_array()))[:, 1].min() for axes in (before, after)
    ]
    assert where == [0, 5]  # columns are x
