import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.pairs import name_values, voxel_box


def test_names_with_values():
    assert name_values("--phases", "pore=0, am=1", lambda value, _: int(value)) == {"pore": 0, "am": 1}
    assert name_values("--through", "pore,cbd=0.1", lambda value, _: float(value), bare=1.0)["pore"] == 1.0


@pytest.mark.parametrize(
    "given", ["x=0:96,z=4:80", {"x": (0, 96), "z": [4, 80]}, {"x": np.array([0, 96]), "z": (4, 80)}]
)
def test_a_box_in_words_and_as_a_dict(given):
    assert voxel_box(given, "--crop") == {"x": (0, 96), "z": (4, 80)}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([0, 4], "expected voxels to keep like x=0:96"),
        (4, "expected voxels to keep like x=0:96"),
        ({"x": 3}, r"expected \[first, end\] in voxels"),
        ("x=0:4,x=1:2", "each name once"),
        ("x=4:0", "first below end"),
        ("t=0:4", "expected x, y or z"),
    ],
)
def test_other_boxes_are_refused_in_a_sentence(given, words):
    with pytest.raises(InputError, match=words):
        voxel_box(given, "--crop")
