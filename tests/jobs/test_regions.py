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
