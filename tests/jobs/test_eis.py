"""The job eis of a volume: spectra in Python and as the command prints them."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.eis import pore_impedance
from microsim.mesh.grid import VoxelGrid

from .volumes import printed, stored, timeless

FEW = {"frequencies": [1e3, 1e4]}


def test_numbers_are_the_commands(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = pore_impedance(
        read, {"pore": 1.0, "cbd": 0.3}, "z", "1:1e4:3", storage={"cbd": 0.47}, ends="blocked"
    )
    asked = ["--conducting", "pore,cbd=0.3", "--axis", "z", "--frequencies", "1:1e4:3"]
    asked += ["--storage", "cbd=0.47", "--ends", "blocked"]
    assert printed(capsys, "eis", *words, *asked) == timeless(found.numbers())
    assert found.freq == pytest.approx([1, 1e2, 1e4]) and found.Z.real[0] > 0
    assert "characteristic_Hz" in repr(found) and "blocked end" in found._repr_html_()


def test_a_double_layer_blocks_its_far_end_and_has_a_line(grid):
    options = {"walls": "double-layer", "frequency_unit": "characteristic"}
    found = pore_impedance(grid, frequencies=np.geomspace(1e-2, 1e2, 9), **options)
    assert found.options["ends"] == "blocked"
    line = found.numbers()["axes"]["x"]["transmission_line"]
    assert line["tau"] == pytest.approx(found.tau, rel=0.5) and line["R_ion_ohm_m2"] > 0
    few = pore_impedance(grid, frequencies=[1e-2, 1.0], **options)
    assert "transmission_line" not in few.numbers()["axes"]["x"]


def test_axes_by_name_and_number(grid):
    assert pore_impedance(grid, "pore", 1, **FEW).tau == pore_impedance(grid, "pore", "y", **FEW).tau
    every = pore_impedance(grid, axis="all", **FEW)
    assert list(every.tau) == ["x", "y", "z"] and every.Z["y"].shape == (2,)
    assert every.plot() is not None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"axis": "w"}, "axis: expected the axis x, y or z"),
        ({"conducting": "metal"}, "pore, am, cbd"),
        ({"frequencies": "1:2"}, "frequencies: expected from:to:count"),
        ({"frequencies": [0, 1]}, "frequencies: expected a number above 0"),
        ({"ends": "shut"}, "ends: expected open or blocked"),
        ({"walls": "wet"}, "walls: expected inert or double-layer"),
        ({"storage": {"pore": 2}}, "storage pore: expected a number above 0, at most 1"),
        ({"storage": {"pore": 0.5}, "walls": "double-layer"}, "expected storage with inert walls"),
        ({"reactive": "pore", "walls": "double-layer"}, "expected reactive phases that do not conduct"),
        ({"diffusivity": 0}, "diffusivity: expected a number above 0"),
        ({"tolerance": 1}, "tolerance: expected a number from 1e-06 to 0.1"),
    ],
)
def test_wrong_arguments(grid, options, words):
    with pytest.raises(InputError, match=words):
        pore_impedance(grid, **{**FEW, **options})


def test_a_voxel_size_is_needed(grid):
    with pytest.raises(InputError, match="expected a known voxel size, array gives none"):
        pore_impedance(VoxelGrid(grid.phase, grid.names, None), **FEW)
