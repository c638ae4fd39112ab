"""The job representative: sub-volumes by size, in Python and as the command prints them."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.representative import representative_volume
from microsim.mesh.grid import VoxelGrid

from .volumes import printed, stored, timeless

SMALL = {"sizes": (4, 5), "count": 4, "seed": 3}


def test_numbers_are_the_commands(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = representative_volume(read, "pore", axis=2, positions="random", **SMALL)
    asked = ["--sizes", "4,5", "--count", "4", "--seed", "3", "--axis", "z", "--positions", "random"]
    assert printed(capsys, "representative", *words, *asked) == timeless(found.numbers())
    assert found.axis == "z" and list(found.numbers())[:4] == [
        *("sizes", "representative_edge_m", "representative_edge_voxels", "exponent")
    ]
    assert found.edge["eps"] == pytest.approx(4e-7 * found.edge_voxels["eps"])
    assert "not percolating" in repr(found) and "edge in voxels for 5 %" in found._repr_html_()


def test_axes_by_name_and_number(grid):
    along = {
        axis: representative_volume(grid, axis=axis, **SMALL).found.sizes[1].tau for axis in ("x", "y", 1)
    }
    assert along["y"] == along[1] != along["x"]


def test_two_sub_volumes_have_no_interval_and_say_so(grid):
    two = representative_volume(grid, sizes=(5, 6), count=2, positions="random")
    assert [(s.tau.n, s.tau.low, s.tau.high) for s in two.found.sizes] == [(2, None, None)] * 2
    assert two.edge_voxels["tau"] is None
    assert "fewer than 3 values of tau (--sizes 5,6)" in two.numbers()["remarks"][0] and two.remarks[
        0
    ] in repr(two)
    three = representative_volume(grid, sizes=(6,), count=3, positions="random")
    assert three.remarks == [] and all(s.tau.low >= 1 for s in three.found.sizes)


def test_an_unknown_size_counts_voxels(grid):
    found = representative_volume(VoxelGrid(grid.phase, grid.names, None), **SMALL)
    assert found.edge["eps"] is None and found.edge_voxels["eps"] > 0


def test_the_figure_shows_means(grid):
    found = representative_volume(grid, **SMALL)
    eps, _ = found.plot().axes
    assert np.allclose(eps.lines[-1].get_ydata(), [size.eps.mean for size in found.found.sizes])
    assert eps.get_xticks().tolist() == [4, 5]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sizes": (4, 99)}, "expected sizes from 2 to 10 voxels"),
        ({"sizes": 4}, r"sizes: expected edges in voxels like \[32, 48, 64\]"),
        ({"sizes": "4,x"}, "sizes: expected a number"),
        ({"axis": "all"}, "axis: expected the axis x, y or z"),
        ({"positions": "grid"}, "positions: expected tiles or random"),
        ({"confidence": 1}, "confidence: expected a number above 0, at most 0.9999"),
        ({"relative_error": 0}, "relative_error: expected a number above 0"),
    ],
)
def test_wrong_arguments(grid, options, words):
    with pytest.raises(InputError, match=words):
        representative_volume(grid, **{**SMALL, **options})
