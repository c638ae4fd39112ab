"""From a file to a grid with named phases."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.read import read_volume
from microsim.volumes.volume import write_volume

LABELS = (np.arange(60).reshape(3, 4, 5) % 3).astype(np.uint8)


@pytest.fixture
def path(tmp_path):
    return write_volume(tmp_path / "v.nrrd", LABELS, voxel_size=(1e-7, 2e-7, 3e-7))


def test_names_sizes_and_source(path):
    grid = read_volume(path, {"pore": 0, "am": 1, "cbd": 2})
    assert grid.names == ("pore", "am", "cbd") and grid.voxel_size == pytest.approx((1e-7, 2e-7, 3e-7))
    assert np.array_equal(grid.phase, LABELS) and grid.sized
    assert grid.source.name == str(path) and len(grid.source.sha256) == 64
    assert "100 x 200 x 300 nm" in repr(grid) and "pore 33.33 %" in repr(grid)


def test_without_names_and_size(tmp_path):
    np.save(tmp_path / "v.npy", LABELS)
    grid = read_volume(tmp_path / "v.npy")
    assert grid.names == ("label0", "label1", "label2") and not grid.sized
    assert "unknown size" in repr(grid)


def test_what_the_caller_says_wins(path):
    grid = read_volume(path, {"a": 0, "b": 1, "c": 2}, "398 nm", axes="zyx", crop={"x": (1, 4)})
    assert grid.voxel_size == (3.98e-7,) * 3 and grid.shape == (3, 4, 3)
    assert np.array_equal(grid.phase, LABELS.transpose(2, 1, 0)[1:4])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"phases": {"a": 0, "b": 1}}, "name label 2 too"),
        ({"phases": "pore"}, "phases: expected names with labels"),
        ({"voxel_size": 398}, "398 m; check the unit"),
        ({"voxel_size": "398"}, "length with its unit"),
        ({"axes": "xy"}, "letters x, y, z"),
        ({"crop": {"x": (0, 9)}}, "within 0 and 3"),
    ],
)
def test_mistakes_are_one_sentence(path, options, words):
    with pytest.raises(InputError, match=words):
        read_volume(path, **{"phases": {"a": 0, "b": 1, "c": 2}, **options})


def test_a_voxel_size_that_images_of_electrodes_have_not_is_told(path):
    assert read_volume(path, voxel_size=4e-7).source.said == ()
    (said,) = read_volume(path, voxel_size=(4e-7, 4e-7, 4e-4)).source.said
    assert said.startswith(
        "voxel size: 4e+05 nm is beyond the 1 to 100000 of images of electrodes: is its unit"
    )
