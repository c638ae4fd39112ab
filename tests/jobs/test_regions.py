"""The job regions: porosity and tau by depth, in Python and as the command prints it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.regions import tortuosity_by_depth
from microsim.jobs.transport import tortuosity
from microsim.mesh.grid import VoxelGrid

from .volumes import printed, stored, timeless


def test_edges_are_lengths(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = tortuosity_by_depth(read, "pore", [0, "2 um", 4.8e-6], diffusivity=1e-11)
    asked = ["--edges-um", "0,2,4.8", "--diffusivity-m2-s", "1e-11"]
    assert printed(capsys, "regions", *words, *asked) == timeless(found.numbers())
    first = found.regions[0]
    assert first.tau["y"] == tortuosity(grid.crop({"x": (0, 5)}), "pore", "y").tau
    assert found.numbers()["regions"][0]["D_directional_m2_s"]["in_plane"] == 1e-11 * first.D_in_plane


def test_three_equal_regions_without_edges(grid):
    found = tortuosity_by_depth(grid, {"pore": 1.0, "cbd": 0.2})
    assert len(found.regions) == 3 and len(tortuosity_by_depth(grid, count=2).regions) == 2
    assert "3 regions along x through pore,cbd=0.2" in repr(found) and "from um" in found._repr_html_()


def test_conductivities_may_differ_by_direction():
    full = VoxelGrid(np.zeros((4, 3, 3), np.uint8), ("pore",), 1e-6)
    (found,) = tortuosity_by_depth(full, {"pore": (1.0, 0.5, 1.0)}, count=1).regions
    assert found.D_in_plane == pytest.approx(0.75) and found.tau_in_plane == pytest.approx(1)


def test_an_unknown_size_counts_voxels(grid):
    unsized = VoxelGrid(grid.phase, grid.names, None)
    found = tortuosity_by_depth(unsized, count=2)
    first = found.numbers()["regions"][0]
    assert first["start_m"] is None and first["end_m"] is None and "to voxels" in repr(found)
    assert found.plot().axes[0].get_xlabel() == "Depth x (voxels)"
    with pytest.raises(InputError, match="expected a known voxel size"):
        tortuosity_by_depth(unsized, edges=[0, 1e-6])


def test_the_figure_shows_each_region(grid):
    found = tortuosity_by_depth(grid, count=3)
    fraction, tau = found.plot().axes
    (steps,) = fraction.patches
    assert np.allclose(steps.get_data().values, [r.eps for r in found.regions])
    assert np.allclose(steps.get_data().edges, [0, 1.6, 3.2, 4.8]) and len(tau.patches) == 3


def test_a_map_is_held_against_the_porosity_on_its_own_pixels():
    """Pixels of 5 x 5 x 10 voxels whose value is 0.9 less their porosity, under noise, from the 5th on."""
    rng = np.random.default_rng(0)
    share = rng.uniform(0.1, 0.6, (8, 10, 2))
    labels = np.where(rng.random((40, 50, 20)) < share.repeat(5, 0).repeat(5, 1).repeat(10, 2), 0, 1)
    volume = VoxelGrid(labels.astype(np.uint8), ("pore", "am"), 1e-6)
    local = (labels == 0).reshape(8, 5, 10, 5, 2, 10).mean((1, 3, 5))
    seen = (0.9 - local + 0.02 * rng.standard_normal(local.shape))[1:]
    place = {"map_voxel_size": ("5 um", "5 um", "10 um"), "origin": ("5 um", 0.0, 0.0)}
    found = tortuosity_by_depth(volume, count=2, map=seen, sigma=0.02, **place)
    first, second, whole = found.numbers()["map"]["regions"]
    assert (first["pixels"], second["pixels"], whole["pixels"]) == (60, 80, 140)
    assert whole["slope"] == pytest.approx(-1, abs=0.05) and whole["porosity"] == pytest.approx(
        local[1:].mean()
    )
    low, high = whole["intervals"]["slope"]
    assert low < -1 < high and whole["pearson_r_without_noise"] == pytest.approx(-1, abs=0.02)
    assert "local porosity" in repr(found) and found.numbers()["map"]["noise"]["rms"] == pytest.approx(0.02)
    beside = {"count": 2, "map": seen, "map_voxel_size": place["map_voxel_size"]}
    with pytest.raises(
        InputError, match=r"larger than the crop, got nothing; state --origin-um -20,0,0 where"
    ):
        tortuosity_by_depth(volume.crop("x=20:40"), **beside)
    begun = tortuosity_by_depth(volume.crop("x=5:40"), **beside)  # no larger than that
    assert begun.numbers()["map"]["regions"][2]["slope"] == pytest.approx(whole["slope"])
    with pytest.raises(InputError, match="in the regions, got none; check its origin"):
        tortuosity_by_depth(volume, count=2, map=seen, **{**place, "origin": ("1 mm", 0.0, 0.0)})
    with pytest.raises(InputError, match="expected a known voxel size"):
        tortuosity_by_depth(volume, count=2, map=seen)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"conducting": "metal"}, "pore, am, cbd"),
        ({"edges": 3}, r"edges: expected a list of depths like \[0, \"300 um\""),
        ({"edges": [0, "2"]}, "edges: expected a length with its unit"),
        ({"edges": [0, 1]}, "expected two or more rising edges"),
        ({"edges": [0, 1e-6], "count": 2}, "expected either edges or a count"),
        ({"count": 0}, "count: expected a whole number from 1"),
        ({"diffusivity": 0}, "diffusivity: expected a diffusivity from 1e-22"),
        ({"sides": "open"}, "sides: expected no-flux, mirror or periodic"),
    ],
)
def test_wrong_arguments(grid, options, words):
    with pytest.raises(InputError, match=words):
        tortuosity_by_depth(grid, **options)


def test_a_diffusivity_in_another_unit_is_told(grid):
    found = tortuosity_by_depth(grid, count=2, diffusivity=3e-6)
    assert "did you mean 3e-06 cm2/s (3e-10 m2 s-1)" in repr(found) and len(found.numbers()["remarks"]) == 1
    assert tortuosity_by_depth(grid, count=2, diffusivity=3e-10).remarks == []


def porous_map(seed=0):
    """A volume of 40 x 20 x 20 voxels, and a map 0.3 + 0.2 porosity on pixels of 2, under noise 0.01."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.1, 0.9, (20, 10, 10)).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    labels = np.where(rng.random(share.shape) < share, 0, 1).astype(np.uint8)
    local = (labels == 0).reshape(20, 2, 10, 2, 10, 2).mean((1, 3, 5))
    seen = 0.3 + 0.2 * local + 0.01 * rng.standard_normal(local.shape)
    return VoxelGrid(labels, ("pore", "am"), 1e-6), seen


def against(volume, seen, **more):
    return tortuosity_by_depth(volume, count=1, map=seen, map_voxel_size=2e-6, **more)


def test_what_is_no_lithiation_in_a_map_is_refused_or_told():
    """A fill value made slopes of -976 beside a true one of 0.2, a hot pixel an r of 0.22 beside 0.99."""
    volume, seen = porous_map()
    assert against(volume, seen, sigma=0.01).remarks == []
    for fill in (-9999, 9.9e36):
        holes = seen.copy()
        holes[:3] = fill
        with pytest.raises(InputError, match="in 300 of 2000 voxels of array; mark voxels without a value"):
            against(volume, holes, sigma=0.01)
    hot = seen.copy()
    hot[3, 3, 3] = 15
    assert "1 of 2000 pixels of array are no lithiation, up to 15" in against(volume, hot).remarks[0]
    assert "is about 39.99, which is no lithiation" in against(volume, 100 * seen).remarks[0]
    with pytest.raises(InputError, match="expected a map of numbers with decimals, got whole numbers"):
        against(volume, (seen > np.median(seen)).astype(float))
    with pytest.raises(InputError, match="got NaN everywhere in array"):
        against(volume, np.full(seen.shape, np.nan))


@pytest.mark.parametrize("nothing", [np.nan, 0.0, 1e6])
def test_pixels_without_a_usable_noise_are_left_out_of_a_map(nothing):
    """As from a map without them; a noise of a million in one layer hid the correlation, NaN its value."""
    volume, seen = porous_map()
    noise, without = np.full(seen.shape, 0.01), seen.copy()
    noise[:4], without[:4] = nothing, np.nan
    found = against(volume, seen, sigma=noise)
    assert "400 of 2000 voxels of array are left out" in found.remarks[0]
    assert found.against == against(volume, without, sigma=0.01).against
    with pytest.raises(InputError, match="up to 1, got none in array"):
        against(volume, seen, sigma=np.full(seen.shape, 5.0))


def test_a_noise_larger_than_all_that_a_map_varies_is_told():
    found = against(*porous_map(), sigma=0.3)
    assert found.against[-1]["pearson_r_without_noise"] is None
    assert "The noise of array, 0.3, is larger than all that the map varies" in found.remarks[0]


def test_a_noise_that_neighbours_do_not_show_is_told_of_a_map():
    """0.03 where it is 0.01, as with a calibration's share in it."""
    volume, seen = porous_map()
    rng = np.random.default_rng(1)
    seen = 0.3 + np.linspace(0, 0.2, 20)[:, None, None] + 0.01 * rng.standard_normal(seen.shape)
    assert against(volume, seen, sigma=0.01).remarks == []
    (said,) = against(volume, seen, sigma=0.03).remarks
    assert said.startswith("Neighbours in array differ by 0.3") and said.endswith(
        "r without noise takes all of it off, and is too large."
    )
