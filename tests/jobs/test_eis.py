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


def straight(n=40):
    """A pore of one voxel between walls of one phase in front and another behind: transport's tau is 1."""
    phase = np.ones((n, 3, 3), np.uint8)
    phase[n // 2 :] = 2
    phase[:, 1, 1] = 0
    return VoxelGrid(phase, ("pore", "am", "cbd"), 1e-7)


@pytest.mark.parametrize(
    ("reactive", "tau", "off"),  # tau: 3 / L times the integral of I^2; half a line is a line
    [(None, 1.0, False), ("am", 3 / 6, False), ("cbd", 3 * (1 / 2 + 1 / 6), True)],
)
def test_a_graded_electrode_s_blocked_tau_is_not_transport_s_and_it_says_so(reactive, tau, off, tmp_path):
    options = {"walls": "double-layer", "frequency_unit": "characteristic", "reactive": reactive}
    found = pore_impedance(straight(), frequencies=np.geomspace(1e-2, 10, 16), **options)
    row = found.numbers()["axes"]["x"]
    assert found.tau == pytest.approx(tau, rel=0.01) and row["tau_transport"] == pytest.approx(1, rel=2e-3)
    told = repr(found), found._repr_html_(), found.write(tmp_path).read_text(encoding="utf-8")
    for text in told:
        assert ("transport through it has 1" in text) == (reactive is not None)
        assert ("is not a uniform line" in text) == off
    assert bool(row["remarks"]) == (reactive is not None)
    assert (row["transmission_line"]["worst_residual"] > 0.05) == off


def test_an_open_end_is_transport_and_a_dead_end_is_said():
    open_end = pore_impedance(straight(), **FEW)
    assert "remarks" not in open_end.numbers()["axes"]["x"] and open_end.through == {}
    phase = straight().phase.copy()
    phase[30:, 1, 1] = 1
    shut = pore_impedance(VoxelGrid(phase, ("pore", "am", "cbd"), 1e-7), walls="double-layer", **FEW)
    assert shut.through == {"x": None} and "nothing gets from end to end" in repr(shut)


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
        ({"frequencies": [0, 1]}, "frequencies: expected a number from 1e-12"),
        ({"ends": "shut"}, "ends: expected open or blocked"),
        ({"walls": "wet"}, "walls: expected inert or double-layer"),
        ({"storage": {"pore": 2}}, "storage pore: expected a number above 0, at most 1"),
        ({"storage": {"pore": 0.5}, "walls": "double-layer"}, "expected storage with inert walls"),
        ({"reactive": "pore", "walls": "double-layer"}, "expected reactive phases that do not conduct"),
        ({"diffusivity": 3e-6}, "diffusivity: expected a diffusivity .* 3e-06 cm2/s"),
        ({"tolerance": 1}, "tolerance: expected a number from 1e-06 to 0.1"),
    ],
)
def test_wrong_arguments(grid, options, words):
    with pytest.raises(InputError, match=words):
        pore_impedance(grid, **{**FEW, **options})


def test_a_voxel_size_is_needed(grid):
    with pytest.raises(InputError, match="expected a known voxel size, array gives none"):
        pore_impedance(VoxelGrid(grid.phase, grid.names, None), **FEW)


def test_an_electrolyte_that_batteries_have_not_is_told(grid):
    found = pore_impedance(grid, conductivity=50.0, capacitance=5.0, **FEW)
    told = [remark for remark in found.numbers()["remarks"] if remark.startswith("--")]
    assert len(told) == 2 and "did you mean 5 uF/cm2 (0.05 F m-2)" in told[1] and told[0] in repr(found)
    assert pore_impedance(grid, **{**FEW, "frequencies": [1.0]}).numbers()["remarks"] == []


def test_frequencies_that_voxels_are_too_wide_for_are_told(grid):
    found = pore_impedance(grid, frequencies=[1e-3, 1.0, 1e6])
    (told,) = found.numbers()["remarks"]
    assert "x: at 1 of 3 frequencies, from 1e+06 Hz on" in told and told in repr(found)
    row = found.numbers()["axes"]["x"]
    assert row["voxel_error"][0] < 1e-6 and row["voxel_error"][2] > 0.01


# ---- wide pores --------------------------------------------------------------------------------------------


def slit(width, depth=8):
    """A slit with two voxels of wall on each side."""
    phase = np.zeros((depth, width + 4, 4), np.uint8)
    phase[:, 2 : 2 + width] = 1
    return VoxelGrid(phase, ("solid", "pore"), 4e-7)


def test_a_slit_as_wide_as_deep_has_the_way_across_and_is_told_so():
    """Re Z at 0 Hz: L / (3 eps) along the pore and, per area of wall, a third of half the width across it."""
    width, depth, share = 6, 8, 0.6
    found = pore_impedance(slit(width), walls="double-layer", frequencies=[1e-3, 1.0])
    walls = 2 * depth / (width + 4)  # area per section
    across = width / 2 / 3 / walls / depth
    assert found.numbers()["axes"]["x"]["R_dc_normalised"] == pytest.approx(1 / 3 / share + across, rel=0.01)
    (said,) = found.remarks("x")
    assert said.endswith(
        ": its slices are all alike, but what the current meets across the pores on its way to their walls"
        " counts, which no line has."
    )
    assert pore_impedance(slit(width, 80), walls="double-layer", frequencies=[1e-3, 1.0]).remarks("x") == []


def test_where_slices_differ_both_causes_are_named():
    phase = slit(6).phase.copy()
    phase[5:, 4] = 0
    grid = VoxelGrid(phase, ("solid", "pore"), 4e-7)
    (said,) = pore_impedance(grid, walls="double-layer", frequencies=[1e-3, 1.0]).remarks("x")[:1]
    assert "are not alike over its depth" in said and "or pores are wide for their depth" in said
    told = pore_impedance(straight(), walls="double-layer", reactive="am", frequencies=[1e-3, 1.0]).remarks(
        "x"
    )
    assert "are not alike over its depth" in told[0]
