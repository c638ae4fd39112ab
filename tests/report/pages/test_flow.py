"""The page of flow: permeability and the velocity map of each axis, in units that suit them."""

import pytest

from microsim.report.pages import flow as page

from ..reading import check_page, check_volume_page, text_of


@pytest.fixture(scope="module")
def written(page_of, electrode):
    return page_of("flow", electrode, "--axis", "all", "--tolerance", "1e-2")


def test_the_page_is_whole(written, electrode):
    check_volume_page(*written, electrode, ["phases", "velocity_x", "velocity_y", "velocity_z"])


def test_the_page_says_the_numbers_of_every_axis(written):
    path, numbers = written
    text = text_of(path)
    assert [f"{row['tau_flow']:#.4g}" in text for row in numbers["axes"].values()] == [True] * 3
    assert "no-slip" in text and "Width up to which a step holds like a flat wall" in text


def test_walls_within_voxels_stand_beside_whole_ones(page_of, electrode, written):
    path, numbers = page_of("flow", electrode, "--interface", "smooth", "--tolerance", "1e-2")
    text = text_of(path)
    assert "smoothest surface that the labels allow" in text and "Walls along voxel faces, beside it" in text
    for axes in (numbers["axes"], numbers["whole_voxels"]):
        assert f"{axes['x']['permeability_m2']:#.4g}".replace("e-", " × 10")[:5] in text
    assert "Walls along voxel faces" in text_of(written[0])


def test_no_path_is_said(page_of, walled):
    path, _ = page_of("flow", walled)
    assert "no path" in text_of(path)
    check_page(path, ["phases"])


@pytest.mark.parametrize(
    ("k", "words"), [(2e-14, ("0.0200", "µm²")), (2e-17, ("20.0", "nm²")), (0, ("0", "µm²"))]
)
def test_permeability_has_a_unit_that_suits_it(k, words):
    assert page._area(k) == words


def test_a_millidarcy_is_a_square_of_31_nm():
    assert page._millidarcy(9.869233e-16) == "1.00 mD"
