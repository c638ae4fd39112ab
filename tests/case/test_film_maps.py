"""A film's map: on the voxels of the image or of its crop, in nm, axes stated; all else is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import film_of, read_grid
from microsim.case.case import load_case, parse_case
from microsim.volumes.volume import write_volume

CASES = Path(__file__).parents[2] / "cases"
SHAPE = (8, 6, 5)


def case_of(tmp_path, values, *, crop=None, axes=None, film_axes=None, voxel_size=None):
    labels = (np.arange(np.prod(SHAPE)).reshape(SHAPE) % 2).astype(np.uint8)
    write_volume(tmp_path / "v.npy", labels, file_axes=axes or "xyz")
    name = "film.npy" if voxel_size is None else "film.nrrd"
    write_volume(tmp_path / name, values, voxel_size=voxel_size, file_axes=film_axes or "xyz")
    raw = load_case(CASES / "demo.yaml").as_dict()
    raw["volume"] = {"file": str(tmp_path / "v.npy"), "voxel_size_nm": 400, "phases": {"pore": 0, "am": 1}}
    raw["volume"] |= {"crop": crop} if crop else {}
    raw["volume"] |= {"file_axes": axes} if axes else {}
    raw["cell"]["film"] = {"model": "map", "file": str(tmp_path / name)}
    raw["cell"]["film"] |= {"file_axes": film_axes} if film_axes else {}
    del raw["cell"]["materials"]["cbd"], raw["cell"]["cbd"], raw["compare"]
    return parse_case(raw)


def thickness_nm(case):
    return 1e9 * film_of(case, read_grid(case)[1]).thickness


NM = 5 + np.arange(np.prod(SHAPE), dtype=float).reshape(SHAPE) / 10


def test_a_map_of_the_image_is_cropped_as_the_image_is(tmp_path):
    assert thickness_nm(case_of(tmp_path, NM)) == pytest.approx(NM)
    crop = {"x": [3, 8], "z": [1, 4]}
    assert thickness_nm(case_of(tmp_path, NM, crop=crop)) == pytest.approx(NM[3:8, :, 1:4])


def test_a_map_of_the_crop_is_taken_as_it_is(tmp_path):
    crop = {"x": [3, 8], "z": [1, 4]}
    cut = NM[3:8, :, 1:4]
    assert thickness_nm(case_of(tmp_path, cut, crop=crop)) == pytest.approx(cut)


@pytest.mark.parametrize("crop", [None, {"x": [0, 4], "y": [0, 4], "z": [0, 4]}])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full((9, 6, 5), 5.0), "8 x 6 x 5.*got 9 x 6 x 5; make it on these voxels"),
        (
            np.full((50, 50, 50), 5.0),
            "8 x 6 x 5.*got 50 x 50 x 50; make it",
        ),  # covers the crop, and the image
        (NM.transpose(2, 1, 0), "8 x 6 x 5.*got 5 x 6 x 8; state its file_axes"),
        (NM[:5], "8 x 6 x 5.*got 5 x 6 x 5; make it"),
    ],
)
def test_another_shape_is_refused_also_where_it_covers_the_crop(tmp_path, crop, values, words):
    with pytest.raises(InputError, match=f"cell.film.file: expected a map on the voxels .*{words}"):
        thickness_nm(case_of(tmp_path, values, crop=crop))


@pytest.mark.parametrize("factor", [1e-9, 1e-6, 1e6])
def test_a_map_that_cannot_be_in_nm_is_refused(tmp_path, factor):
    with pytest.raises(InputError, match="expected thicknesses in nm.* got a largest value of"):
        thickness_nm(case_of(tmp_path, np.where(NM > 6, NM * factor, 0.0)))


def test_zeros_and_unknown_voxels_are_no_other_unit(tmp_path):
    assert thickness_nm(case_of(tmp_path, np.zeros(SHAPE))).max() == 0
    values = np.where(NM > 6, NM, np.nan)
    assert thickness_nm(case_of(tmp_path, values)) == pytest.approx(values, nan_ok=True)


def test_axes_beside_a_volume_in_other_axes_are_asked_for(tmp_path):
    with pytest.raises(InputError, match="cell.film.file_axes: expected .* beside a volume in zyx"):
        thickness_nm(case_of(tmp_path, NM, axes="zyx"))
    assert thickness_nm(case_of(tmp_path, NM, axes="zyx", film_axes="zyx")) == pytest.approx(NM)


def test_a_map_on_other_voxels_is_refused(tmp_path):
    assert thickness_nm(case_of(tmp_path, NM, voxel_size=(4e-7,) * 3)) == pytest.approx(NM)
    with pytest.raises(InputError, match="voxels of 400 x 400 x 400 nm.* got 500 x 500 x 500 nm"):
        thickness_nm(case_of(tmp_path, NM, voxel_size=(5e-7,) * 3))


def test_a_slab_s_map_has_its_layers(tmp_path):
    case = load_case(CASES / "dfn_chen2020.yaml")
    grid = read_grid(case)[1]
    film = case_of(tmp_path, np.full(grid.shape, 12.0)).cell.film
    slab = replace(case, cell=replace(case.cell, film=film))
    assert film_of(slab, grid).thickness == pytest.approx(np.full(grid.shape, 12e-9))
