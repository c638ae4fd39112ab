"""The job wetting: filling in Python and as the command prints it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.wetting import inlet_and_vents, wet
from microsim.mesh.grid import VoxelGrid

from .volumes import printed, stored, timeless

GIVEN = {"permeability": 1e-15, "change": 0.5}


def test_numbers_are_the_commands(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = wet(read, "pore", "z", contact_angle_deg=0.21, vents="end", gas="dissolves", **GIVEN)
    asked = ["--axis", "z", "--contact-angle-deg", "0.21", "--vents", "end", "--gas", "dissolves"]
    asked += ["--permeability-m2", "1e-15", "--change", "0.5"]
    assert printed(capsys, "wetting", *words, *asked) == timeless(found.numbers())
    assert found.vents == ("z1",) and found.numbers()["liquid"]["contact_angle_deg"] == 0.21
    assert 0 <= found.never_wetted < 1 and found.time_to(0.5) > 0
    assert "% of the pores wet, s" in repr(found) and "washburn_time_s" in found._repr_html_()


def test_the_permeability_comes_from_stokes_flow(grid):
    from microsim.jobs.flow import permeability

    found = wet(grid, change=0.5)
    assert not found.permeability_given and wet(grid, **GIVEN).permeability_given
    of_flow = permeability(grid, sides="symmetry", tolerance=1e-2).permeability
    assert found.wetting.permeability == pytest.approx(of_flow, rel=1e-9, abs=0)


def test_arrival_times_are_written(grid, tmp_path):
    found = wet(grid, axis=1, **GIVEN)
    written = np.load(found.save_arrival(tmp_path / "t.npy"))
    assert np.array_equal(written, found.arrival, equal_nan=True) and found.axis == "y"
    assert np.isnan(written[grid.mask("am")]).all() and np.nanmin(written) > 0


def test_faces_are_named_by_axis():
    assert inlet_and_vents("x", "all") == ("separator", ("collector", "y0", "y1", "z0", "z1"))
    assert inlet_and_vents("y", "sides") == ("y0", ("separator", "collector", "z0", "z1"))
    assert inlet_and_vents("z", "none") == ("z0", ())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"axis": "all"}, "axis: expected the axis x, y or z"),
        ({"through": "metal"}, "expected one of the phases pore, am"),
        ({"contact_angle_deg": 200}, "contact_angle_deg: expected a number from 0 to 180"),
        ({"viscosity": 3}, "viscosity: expected a viscosity from 1e-05 .* did you mean 3 mPa s"),
        ({"permeability": 0.01}, "permeability: expected a permeability from .* 0.01 um2"),
        ({"vents": "floor"}, "vents: expected end, sides, all or none"),
        ({"gas": "flies"}, "gas: expected trapped or dissolves"),
        ({"change": 1}, "change: expected a number above 0, at most 0.99"),
    ],
)
def test_wrong_arguments(grid, options, words):
    with pytest.raises(InputError, match=words):
        wet(grid, **{**GIVEN, **options})


def test_a_voxel_size_is_needed(grid):
    with pytest.raises(InputError, match="expected a known voxel size, array gives none"):
        wet(VoxelGrid(grid.phase, grid.names, None))


def test_a_liquid_that_batteries_have_not_is_told(grid):
    found = wet(grid, viscosity=0.5, **GIVEN)
    assert "--viscosity-Pa-s: 0.5 Pa s is beyond the 0.0001 to 0.2 of electrolytes" in repr(found)
    assert len(found.numbers()["remarks"]) == 1 and wet(grid, **GIVEN).remarks == []


@pytest.mark.parametrize(
    ("angle", "told"), [(0.5, True), (1.5708, True), (0.0, False), (3.0, False), (30.5, False)]
)
def test_an_angle_that_may_be_in_radians_is_told(grid, angle, told):
    said = wet(grid, contact_angle_deg=angle, **GIVEN).remarks
    assert [one.startswith(f"--contact-angle-deg: {angle:g} degrees; in radians") for one in said] == [
        True
    ] * told
