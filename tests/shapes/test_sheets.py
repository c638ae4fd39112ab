"""Void sheets: flat, tilted, wavy, bridged, among pores; and none where there is none."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.jobs.generate import generate_electrode
from microsim.mesh.grid import VoxelGrid
from microsim.shapes.sheets import _run_lengths, delaminated_layers, void_sheets

from .test_particles import H, ball, grid_of

EDGE, SHAPE, COVER = 0.3e-6, (60, 80, 80), 0.69


def pores(porosity, seed):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), 1.6, mode="wrap")
    return rough < np.quantile(rough, porosity) if porosity else np.zeros(SHAPE, bool)


def electrode(kind, porosity, seed=1, cover=COVER, height=4):
    """A sheet so many voxels thick over 69 % of the section, less bridges; the grid, and what share it
    covers."""
    x, y, z = np.indices(SHAPE)
    rng, middle = np.random.default_rng(seed), 30.0
    if "wavy" in kind:
        middle = 30 + 4 * np.sin(2 * np.pi * y / 40) + 3 * np.sin(2 * np.pi * z / 60)
    if "tilted" in kind:
        middle = 30 + 0.25 * (y - 40)
    inside = z[0] < cover * SHAPE[2]
    if "bridged" in kind:
        for a, b in zip(rng.uniform(0, 80, 20), rng.uniform(0, 55, 20)):
            inside = inside & ~((y[0] - a) ** 2 + (z[0] - b) ** 2 < 2.5**2)
    void = pores(porosity, seed) | ((np.abs(x - middle) < height / 2) & inside)
    return VoxelGrid(np.where(void, 0, 1).astype(np.uint8), ("pore", "am"), (EDGE,) * 3), inside.mean()


@pytest.mark.parametrize("porosity", [0.0, 0.2, 0.35])
@pytest.mark.parametrize("kind", ["flat", "tilted", "wavy", "bridged", "wavy bridged"])
def test_a_sheet_has_its_extent(kind, porosity):
    """Within five points, by default, in one piece where its surroundings are porous."""
    grid, covered = electrode(kind, porosity)
    found = delaminated_layers(grid)
    assert sum(sheet["covered"] for sheet in found) == pytest.approx(covered, abs=0.05)
    assert found[0]["thickness_m"] == pytest.approx(1.2e-6, rel=0.25)
    if kind == "flat":
        assert len(found) == 1 and found[0]["depth_m"] == pytest.approx(30 * EDGE, abs=2 * EDGE)


@pytest.mark.parametrize("cover", [0.5, 0.95])
@pytest.mark.parametrize("kind, height", [("flat", 2), ("wavy", 2), ("flat", 8), ("wavy bridged", 8)])
def test_a_sheet_may_be_as_thick_as_its_width_allows(kind, height, cover):
    """1 or 2 voxels, and 7, which is above a quarter of the least extent: its own width is what counts."""
    grid, covered = electrode(kind, 0.35, cover=cover, height=height)
    found = delaminated_layers(grid)
    assert sum(sheet["covered"] for sheet in found) == pytest.approx(covered, abs=0.07)
    assert found[0]["thickness_m"] == pytest.approx((height - 1) * EDGE, rel=0.25, abs=1.5 * EDGE)


def test_the_gap_of_a_damaged_electrode_is_found_by_default():
    """1.5 um high across 69 % of a section of 15 um, in 44 % of pores; without it there is none."""
    recipe = {"shape": [40, 30, 30], "voxel_size_nm": 500, "active_fraction": 0.5, "cbd_fraction": 0.06}
    recipe |= {"median_diameter_um": 6, "smallest_diameter_um": 4, "largest_diameter_um": 7.5}
    split = {"share": 0.69, "height_um": 1.5, "depth": 0.85}
    for seed in (5, 6):
        whole = generate_electrode(recipe | {"seed": seed}).grid
        gap = generate_electrode(recipe | {"seed": seed, "delamination": split}).grid
        assert delaminated_layers(whole) == []
        assert sum(s["covered"] for s in delaminated_layers(gap)) == pytest.approx(0.69, abs=0.13)


@pytest.mark.parametrize("porosity", [0.2, 0.35, 0.45])
def test_pores_alone_are_no_sheet(porosity):
    for seed in (1, 2):
        void = pores(porosity, seed)
        grid = VoxelGrid(np.where(void, 0, 1).astype(np.uint8), ("pore", "am"), (EDGE,) * 3)
        assert delaminated_layers(grid) == []


def test_fine_voxels_say_the_same():
    """Voxels of a third: windows in coarser cells."""
    solid = np.ones((40, 120, 120), bool)
    solid[18:30, :84] = False
    fine = VoxelGrid(np.where(solid, 1, 0).astype(np.uint8), ("pore", "am"), (0.1e-6, 0.1e-6, 0.1e-6))
    (sheet,) = delaminated_layers(fine)
    assert sheet["covered"] == pytest.approx(0.7, abs=0.03) and sheet["thickness_m"] == pytest.approx(1.2e-6)


def test_a_void_sheet_is_found_and_round_pores_are_none():
    solid = np.ones((60, 50, 50), bool)
    solid[30:33, 5:, 5:] = False  # 3 voxels thick, 45 x 45 wide
    solid[ball(solid.shape, (12, 25, 25), 9)] = False  # a pore 19 voxels wide
    solid[45, 10:14, 10:14] = False
    sheets = delaminated_layers(grid_of(solid.shape, am=solid), extent=16 * H)
    assert len(sheets) == 1
    assert sheets[0]["depth_m"] == pytest.approx(31.5 * H) and sheets[0]["thickness_m"] == pytest.approx(
        3 * H
    )
    assert sheets[0]["covered"] == pytest.approx(45 * 45 / 2500, rel=0.02)
    turned = grid_of((50, 60, 50), am=np.moveaxis(solid, 0, 1))
    assert delaminated_layers(turned, extent=16 * H) == []
    assert len(delaminated_layers(turned, axis="y", extent=16 * H)) == 1
    with pytest.raises(InputError, match="two voxels"):
        delaminated_layers(turned, extent=H)


def test_sheets_above_each_other_cover_the_section_once():
    solid = np.ones((60, 50, 50), bool)
    solid[15:18, 5:, 5:] = solid[40:43, :, 10:] = False
    sheets = void_sheets(grid_of(solid.shape, am=solid), extent=16 * H)
    first, second = (row["covered"] for row in sheets.rows())
    assert first + second > 1.5  # 45 x 45 and 50 x 40 of 50 x 50
    assert sheets.share() == pytest.approx((45 * 45 + 5 * 40) / 2500, rel=0.02)
    assert {sheets.share(0, 30 * H), sheets.share(30 * H)} == {first, second}
    assert sheets.share(20 * H, 30 * H) == 0


def test_runs_have_their_length():
    mask = np.array([1, 1, 0, 1, 1, 1, 0, 1], bool)[:, None, None]
    assert _run_lengths(mask)[:, 0, 0].tolist() == [0, 0, 0, 3, 3, 3, 0, 0]
    assert not _run_lengths(np.ones((4, 2, 2), bool)).any()
