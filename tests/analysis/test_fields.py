"""The fields of a run on its voxels: which there are, where they hold, and what they are made of."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.analysis.fields import isolated_sto, run_fields
from microsim.base.quantities import FIELDS
from microsim.case.build import assemble
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load

from ..cells import ACTIVE, design, half_cell, image, voxel_grid
from .test_overpotentials import SLAB, porous_cell

LABELS = image((9, 6, 6), 1)


@pytest.fixture(scope="module")
def resolved():
    labels = LABELS.copy()
    labels[2:5, 1:4, 1:4] = 0
    labels[3, 2, 2] = 1  # an island of active material
    cell = half_cell(labels)
    loads = [Load("d", 20 * cell.mesh.area, duration=10.0)]
    *_, last = Experiment(cell, 0.4, Tolerances()).moments(loads)
    fields = run_fields(cell, voxel_grid(labels))
    return labels, last, {name: made(last) for name, made in fields.items()}


def test_they_are_those_that_have_a_name_and_a_unit():
    cell = half_cell(LABELS)
    assert list(run_fields(cell, voxel_grid(LABELS))) == list(FIELDS)


def test_each_holds_where_its_cells_are(resolved):
    labels, last, fields = resolved
    known = {name: np.isfinite(values) for name, values in fields.items()}
    assert np.array_equal(known["sto"], labels == 1)
    assert np.array_equal(known["c_e"], known["phi_e"]) and not known["c_e"][labels == 1].any()
    assert (
        known["phi_s"].sum() == last.cell.mesh.counts["electronic"] and not known["phi_s"][labels == 0].any()
    )
    assert known["j"].sum() == np.unique(last.cell.mesh.faces.solid).size


def test_lithium_is_that_of_each_voxels_own_material():
    labels = LABELS.copy()
    labels[labels == 2] = 1
    labels[5:][labels[5:] == 1] = 2
    other = replace(ACTIVE, name="other", c_s_max=ACTIVE.c_s_max / 2)
    grid = voxel_grid(labels)
    cell = assemble(grid, design(grid, cbd=other))
    *_, last = Experiment(cell, 0.4, Tolerances()).moments([Load("d", 5 * cell.mesh.area, duration=10.0)])
    found = {name: made(last) for name, made in run_fields(cell, grid).items()}
    sites = 63104.0 * 0.09728 / 4800.0
    for label, of in ((1, sites), (2, sites / 2)):
        assert found["lithium"][labels == label] == pytest.approx(
            of * found["sto"][labels == label], rel=1e-6
        )
    assert np.isnan(found["lithium"][labels == 0]).all()


def test_without_a_molar_mass_there_is_no_lithium_per_formula_unit():
    cell = half_cell(LABELS, active=replace(ACTIVE, molar_mass=None))
    assert list(run_fields(cell, voxel_grid(LABELS))) == [name for name in FIELDS if name != "lithium"]


def test_an_island_keeps_the_lithium_of_the_start(resolved):
    _, last, fields = resolved
    start = np.float32(last.cell.design.initial_sto)
    assert fields["sto"][3, 2, 2] == start and np.isnan(fields["phi_s"][3, 2, 2])
    assert np.count_nonzero(fields["sto"] == start) < 20


def test_potentials_and_current_are_those_of_the_cells(resolved):
    _, last, fields = resolved
    cell, faces = last.cell, last.cell.mesh.faces
    at = tuple((cell.mesh.solid.position - [cell.mesh.lines, 0, 0])[faces.solid[0]])
    beside = faces.solid == faces.solid[0]
    mean = np.average(last.j[beside], weights=faces.area[beside])
    assert fields["j"][at] == pytest.approx(mean, rel=1e-6)
    assert np.nanmax(fields["phi_s"]) == pytest.approx(last.V, abs=1e-3)
    front = cell.mesh.ionic.index[cell.mesh.lines] >= 0
    u, of = last.u, cell.mesh.ionic.index[cell.mesh.lines][front]
    assert fields["phi_e"][0][front] == pytest.approx(u.psi[of] + cell.W(u.c_e[of]), rel=1e-5)


def test_a_particle_has_the_current_of_its_surface():
    cell = porous_cell(4, SLAB)
    *_, last = Experiment(cell, None, Tolerances()).moments([Load("d", cell.mesh.area, duration=1.0)])
    grid = type("Grid", (), {"shape": (4, 1, 1), "mask": lambda self, name: np.ones((4, 1, 1), bool)})()
    found = run_fields(cell, grid)["j"](last)
    own = cell.in_positive == 1
    assert sorted(found.ravel()) == pytest.approx(sorted(last.j[own]), rel=1e-6)


def test_material_that_no_path_joins_keeps_its_lithium():
    labels = np.zeros((6, 4, 4), np.uint8)
    labels[4:], labels[1, 1, 1] = 1, 1
    kept = isolated_sto(half_cell(labels, initial_sto=0.4), voxel_grid(labels))
    assert np.argwhere(np.isfinite(kept)).tolist() == [[1, 1, 1]] and kept[1, 1, 1] == np.float32(0.4)
