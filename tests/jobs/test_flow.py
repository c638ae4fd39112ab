"""The job flow: permeability in Python and as the command prints it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.flow import permeability
from microsim.mesh.grid import VoxelGrid

from .volumes import printed, stored, timeless

ROUGH = {"tolerance": 1e-2}


@pytest.fixture(scope="module")
def slit():
    """A slit of 4 voxels between walls of 1, along x and z."""
    labels = np.ones((8, 6, 3), np.uint8)
    labels[:, 1:-1] = 0
    return VoxelGrid(labels, ("pore", "am"), 5e-7)


def test_a_slit_has_its_permeability(slit):
    options = {"sides": "symmetry", "tolerance": 1e-4}
    found = permeability(slit, "pore", 0, **options)
    assert found.permeability == pytest.approx(2 / 3 * 4e-12 / 12 * 1.125, rel=1e-3, abs=0)
    assert permeability(slit, axis="y").permeability == 0
    assert found.tau_flow == pytest.approx(1, rel=1e-3) and found.tensor is None
    assert (
        found.permeability == permeability(slit, ["pore"], "x", sides="symmetry", tolerance=1e-4).permeability
    )


def test_numbers_are_the_commands(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = permeability(read, "pore,cbd", "all", **ROUGH)
    asked = ["--through", "pore,cbd", "--axis", "all", "--tolerance", "1e-2"]
    assert printed(capsys, "flow", *words, *asked) == timeless(found.numbers())
    assert found.numbers()["tensor_m2"][1][1] == found.axes["y"].mean_velocity[1]
    assert "kozeny_constant" in repr(found) and "kozeny_constant" in found._repr_html_()


def test_velocities_are_kept_where_asked_for(slit, tmp_path):
    from microsim.volumes.fields import read_field

    found = permeability(slit, keep_fields=True, **ROUGH)
    path = found.save_velocities(tmp_path / "v.h5")
    assert np.array_equal(read_field(path, "v_x", 0)[0], found.axes["x"].velocity[0], equal_nan=True)
    with pytest.raises(InputError, match="expected velocities, got none; compute them with keep_fields=True"):
        permeability(slit, **ROUGH).save_velocities(tmp_path / "w.h5")
    assert permeability(slit, **ROUGH).plot() is not None


def test_fields_have_named_axes(slit):
    pytest.importorskip("xarray", reason="the package xarray is not installed")
    found = permeability(slit, keep_fields=True, **ROUGH).to_xarray()
    assert set(found) == {"v_x_x", "v_y_x", "v_z_x"} and found.v_x_x.units == "m2"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"axis": "w"}, "axis: expected the axis x, y or z"),
        ({"through": "metal"}, "expected one of the phases pore, am"),
        ({"through": []}, "through: expected names of phases"),
        ({"sides": "open"}, "sides: expected no-slip, symmetry or periodic"),
        ({"ends": "periodic"}, "expected sides periodic with ends periodic"),
        ({"tolerance": 1}, "tolerance: expected a number above 0, at most 0.1"),
        ({"throat": -1}, "throat: expected a number from 0, or inf, got -1"),
    ],
)
def test_wrong_arguments(slit, options, words):
    with pytest.raises(InputError, match=words):
        permeability(slit, **options)


def test_a_voxel_size_is_needed(slit):
    with pytest.raises(InputError, match="expected a known voxel size, array gives none"):
        permeability(VoxelGrid(slit.phase, slit.names, None))


@pytest.mark.parametrize(
    "gap, interface, said",
    [
        (1, "voxel", "2.0 voxels wide in the mean, less than any that were held"),
        (
            4,
            "voxel",
            "8.0 voxels wide in the mean: in random pores of 3 to 11 voxels interface voxel left -7 to",
        ),
        (4, "smooth", "smooth left +5 to"),
        (8, "smooth", None),
    ],
)
def test_what_pores_of_few_voxels_leave_open_is_said(gap, interface, said):
    """Chords through a slit are twice its width in the mean."""
    labels = np.ones((6, gap + 2, 4), np.uint8)
    labels[:, 1:-1] = 0
    found = permeability(VoxelGrid(labels, ("pore", "am"), 5e-7), interface=interface, **ROUGH)
    assert found.numbers()["pore_width_voxels"] == pytest.approx(2 * gap, rel=0.02)
    if said is None:
        assert found.doubt is None and "doubt" not in found.numbers()
    else:
        assert said in found.doubt and found.doubt in found.tables()
        assert found.numbers()["doubt"] == found.doubt


def test_pores_that_nothing_flows_through_leave_no_doubt():
    labels = np.ones((6, 6, 4), np.uint8)
    labels[:3, 1:-1] = 0
    found = permeability(VoxelGrid(labels, ("pore", "am"), 5e-7), **ROUGH)
    assert found.permeability == 0 and found.doubt is None


def test_sides_that_hold_the_flow_of_an_image_are_said(tmp_path):
    """Channels of 4 voxels in an image one voxel thick: H^2/12 between symmetry planes, that of the gap
    between the image's two sides with walls there."""
    labels = np.ones((8, 12, 1), np.uint8)
    labels[:, 1:5] = labels[:, 7:11] = 0
    image = VoxelGrid(labels, ("pore", "am"), 5e-7)
    open_sides = permeability(image, sides="symmetry", tolerance=1e-4)
    assert open_sides.permeability == pytest.approx(2 / 3 * 4e-12 / 12, rel=0.15, abs=0)
    assert open_sides.remarks == [] and permeability(image, axis="z").remarks == []
    found = permeability(image, axis="all")
    assert found.permeability["x"] < open_sides.permeability / 5
    assert "one voxel thick along z" in found.remarks[0] and found.remarks[0] in found.tables()
    assert found.remarks[0] in found.numbers()["remarks"]
    page = permeability(image, keep_fields=True).write(tmp_path)
    assert "of an image give --sides symmetry" in page.read_text()
