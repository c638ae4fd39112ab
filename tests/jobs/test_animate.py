"""A film of a field, from the file and from the field itself."""

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.jobs.field import Field
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter


@pytest.fixture
def path(tmp_path):
    grid = VoxelGrid(np.zeros((6, 5, 4), np.uint8), ("am",), 400e-9)
    with FieldWriter(tmp_path / "fields.h5", grid, {"sto": "1"}) as writer:
        for k in range(3):
            writer.write(float(k), "Rest for 1 s", {"sto": np.random.default_rng(k).random(grid.shape)})
    return tmp_path / "fields.h5"


def test_a_film_says_what_it_shows(path, tmp_path):
    found = ms.animate(path.parent, out=tmp_path / "a.gif", axis="y", fps=4)
    numbers = found.numbers()
    assert numbers["frames"] == 3 and numbers["fps"] == 4 and numbers["file"] == str(tmp_path / "a.gif")
    assert (tmp_path / "a.gif").read_bytes()[:3] == b"GIF" and "3 times" in repr(found)
    assert Field(path, "sto").animate(tmp_path / "b.gif", axis="y", fps=4) == tmp_path / "b.gif"
    assert (tmp_path / "b.gif").read_bytes() == (tmp_path / "a.gif").read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"field": "c_e"}, "expected one that .* holds"),
        ({"axis": "w"}, "axis: expected the axis x, y or z"),
        ({"layer": 9}, "expected 0 to 3"),
        ({"fps": 100}, "fps: expected a number from 1 to 60"),
        ({"out": "a.avi"}, "ends on .gif or .mp4"),
    ],
)
def test_a_mistake_is_one_sentence(path, options, said):
    with pytest.raises(InputError, match=said):
        ms.animate(path, **options)
