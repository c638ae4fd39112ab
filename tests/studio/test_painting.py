"""Painted labels: what the brush touches, kept in a label file with every stroke."""

import os

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.studio.painting import Easel, disc_voxels, painted_name
from microsim.studio.places import Outside
from microsim.studio.sections import show
from microsim.volumes.volume import read_voxels, write_volume


@pytest.fixture
def easel(place):
    grey = np.random.default_rng(1).random((6, 8, 10)).astype(np.float32)
    write_volume("grey.tif", grey, voxel_size=(1e-7, 2e-7, 3e-7))
    return Easel(place)


def painted(easel, name="grey.tif", axes=None):
    return easel.get(name, show(name, None, axes), axes)


def test_a_brush_is_round_and_goes_straight_between_points():
    dot = disc_voxels((7, 7), [[3, 3]], 2)
    away = np.hypot(*(np.indices((7, 7)) - 3))
    assert np.array_equal(dot, away <= 2.5)
    way = disc_voxels((9, 9), [[1, 1], [7, 1], [7, 7]], 0)
    assert way.sum() == 13 and way[1:8, 1].all() and way[7, 1:8].all()
    beyond = disc_voxels((5, 5), [[-3, 2], [9, 2]], 1)
    assert np.array_equal(beyond, np.abs(np.indices((5, 5))[1] - 2) <= 1)
    assert not disc_voxels((5, 5), [[40, 40]], 3).any()


@pytest.mark.parametrize("axis", "xyz")
def test_a_stroke_lies_where_it_was_painted_and_in_the_file(easel, axis):
    found = painted(easel)
    found.stroke(axis, 3, [[1, 2], [4, 2]], 0, 2)
    wanted = np.zeros((6, 8, 10), np.uint8)
    np.moveaxis(wanted, "xyz".index(axis), 0)[3][1:5, 2] = 2
    stored = read_voxels("grey.painted.tif")
    assert np.array_equal(stored.values, wanted) and stored.voxel_size == pytest.approx((1e-7, 2e-7, 3e-7))
    assert found.counts[:3] == [0, 4, 0]


def test_strokes_are_erased_and_taken_back(easel):
    found = painted(easel)
    found.stroke("z", 0, [[2, 2]], 1, 1)
    found.stroke("z", 0, [[2, 2]], 0, 0)
    assert found.counts[0] == 8
    found.undo()
    assert found.counts[0] == 9
    found.undo()
    found.undo()
    assert not read_voxels("grey.painted.tif").values.any()


def test_they_are_found_again_and_shared(easel, place):
    painted(easel).stroke("x", 1, [[2, 2]], 1, 3)
    assert painted(easel) is painted(easel)
    assert painted(Easel(place)).counts[2] == 9
    assert easel.stamps() == {"grey.painted.tif": painted(Easel(place)).stamp}
    os.remove("grey.painted.tif")  # by the user: an empty one again
    assert painted(easel).counts[2] == 0


def test_the_file_has_the_axes_that_segment_will_read_it_with(easel):
    found = painted(easel, axes="zyx")
    found.stroke("x", 0, [[3, 2]], 0, 1)
    assert found.values.shape == (10, 8, 6)
    assert read_voxels("grey.painted.tif", file_axes="zyx").values[0, 3, 2] == 1
    assert read_voxels("grey.painted.tif", file_axes="xyz").values[2, 3, 0] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"axis": "w"}, "a way of a brush"),
        ({"index": 6}, "index: expected a whole number from 0 to 5"),
        ({"points": []}, "a way of a brush"),
        ({"points": [[1]]}, "points: expected a number"),
        ({"points": [[1, "a"]]}, "points: expected a number"),
        ({"radius": -1}, "radius: expected"),
        ({"radius": 1e9}, "radius: expected"),
        ({"label": 9}, "label: expected a whole number from 0 to 8"),
        ({"label": None}, "label: expected"),
    ],
)
def test_a_stroke_that_is_none_is_refused(easel, change, said):
    given = {"axis": "x", "index": 0, "points": [[1, 1]], "radius": 1, "label": 1} | change
    found = painted(easel)
    with pytest.raises(InputError, match=said):
        found.stroke(**given)
    assert not found.values.any() and not os.path.exists("grey.painted.tif")


def test_a_file_of_that_name_that_is_something_else_is_left_alone(easel):
    write_volume("grey.painted.tif", np.ones((3, 3, 3), np.uint8))
    with pytest.raises(InputError, match="rename that file"):
        painted(easel)
    assert read_voxels("grey.painted.tif").values.shape == (3, 3, 3)


def test_it_is_not_painted_through_a_link_that_leads_out(easel, place, tmp_path):
    (place.root / "grey.painted.tif").symlink_to(tmp_path / "else.tif")
    with pytest.raises(Outside):
        painted(easel)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("grey.tif", "grey.painted.tif"),
        ("a/b.c.tif", "a/b.c.painted.tif"),
        ("a/s.h5::/image/raw", "a/s.image_raw.painted.tif"),
    ],
)
def test_the_file_s_name_follows_from_the_volume_s(name, path):
    assert painted_name(name) == path


def test_classes_have_names_that_are_kept(easel, place):
    assert easel.classes("grey.tif") == ["pore", "am"]
    easel.name_classes("grey.tif", ["pore", "cbd", "am"])
    assert Easel(place).classes("grey.tif") == ["pore", "cbd", "am"]
    for names in (["pore"], ["pore", "pore"], ["a", ""], ["a", "b,c"], "ab", [1, 2], list("abcdefghi")):
        with pytest.raises(InputError, match="classes: expected 2 to 8"):
            easel.name_classes("grey.tif", names)


def test_a_class_that_is_painted_is_not_dropped(easel):
    easel.name_classes("grey.tif", ["pore", "cbd", "am"])
    painted(easel).stroke("x", 0, [[1, 1]], 0, 3)
    with pytest.raises(InputError, match="no painted voxels of a class that is dropped, got 1"):
        easel.name_classes("grey.tif", ["pore", "am"])
    painted(easel).undo()
    easel.name_classes("grey.tif", ["pore", "am"])
