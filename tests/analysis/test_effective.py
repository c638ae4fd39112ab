"""Effective transport of pores, electrolyte and solids."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.analysis.effective import conducting, effective_transport
from microsim.case.sample import NOTHING
from microsim.mesh.grid import VoxelGrid

from ..cells import ACTIVE, CBD, design, voxel_grid

LAYERS = np.zeros((6, 4, 6), np.uint8)  # along z: two of pore, two of CBD, two of active material
LAYERS[:, :, 2:4], LAYERS[:, :, 4:] = 2, 1


def test_laminates_conduct_in_parallel_and_not_across():
    grid = voxel_grid(LAYERS)
    cell_design = design(grid, cbd_transport_efficiency=0.1, electrolyte=replace(design(grid).electrolyte))
    table, flux = effective_transport(grid, cell_design, 1e-4)
    kappa = float(cell_design.electrolyte.kappa(np.array(cell_design.c_e_0), cell_design.temperature))
    assert set(table) == {"pore", "electrolyte", "electronic"}
    assert table["pore"]["x"]["tau"] == pytest.approx(1)
    assert table["electrolyte"]["x"]["D_eff_over_D0"] == pytest.approx((1 + 0.1) / 3)
    assert table["electrolyte"]["y"]["effective_conductivity_S_m"] == pytest.approx(kappa * 1.1 / 3)
    assert table["electronic"]["x"]["effective_conductivity_S_m"] == pytest.approx(
        (ACTIVE.sigma + CBD.sigma) / 3, rel=1e-3
    )
    assert table["electronic"]["z"]["tau"] is None
    assert flux["figures"].tau_lines == pytest.approx(1, rel=1e-4) and flux["speed"].shape == grid.shape


def test_pores_alone_are_left_out_where_they_are_the_electrolyte():
    grid = voxel_grid(np.where(LAYERS == 2, 0, LAYERS))
    assert set(effective_transport(grid, design(grid), 1e-3)[0]) == {"electrolyte", "electronic"}


def test_no_flux_where_nothing_passes_or_in_a_line():
    blocked = LAYERS.copy()
    blocked[3] = 1
    assert effective_transport(voxel_grid(blocked), design(voxel_grid(blocked)), 1e-3)[1] is None
    line = voxel_grid(LAYERS[:, :1, :1])
    assert (
        effective_transport(line, replace(design(line), phases={"pore": None, "am": ACTIVE}), 1e-3)[1] is None
    )


def test_what_conducts():
    grid = voxel_grid(LAYERS)
    plain = conducting(design(grid, pore_transport_efficiency=0.5))
    assert plain["electrolyte"] == {"pore": 0.5, "cbd": pytest.approx(CBD.porosity**CBD.bruggeman)}
    assert plain["electronic"] == {"am": ACTIVE.sigma, "cbd": CBD.sigma}


def test_a_sample_is_measured_along_the_axes_that_it_has_ends_on():
    inside = np.zeros(LAYERS.shape, bool)
    inside[:, 1:3, 1:5] = True  # a rod along x: one of pore, two of CBD, one of active material
    phase = np.where(inside, LAYERS, 3).astype(np.uint8)
    grid = VoxelGrid(phase, ("pore", "am", "cbd", "outside"), 1e-6, masked=True)
    made = design(voxel_grid(LAYERS), cbd_transport_efficiency=0.1)
    made = replace(made, phases=made.phases | NOTHING)
    table, _ = effective_transport(grid, made, 1e-4)
    assert [axis for axis in "xyz" if axis in table["electrolyte"]] == ["x"]
    assert table["electrolyte"]["x"]["D_eff_over_D0"] == pytest.approx((1 + 2 * 0.1) / 4)
