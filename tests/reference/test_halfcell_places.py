"""Cells and faces of the plain half cell are those of the solver's mesh, found in another way."""

import numpy as np
import pytest

from microsim.reference.halfcell_places import UM, Places, cbd_efficiency, find_faces, only

from ..cells import ACTIVE, CBD, design, half_cell, image, voxel_grid

pytest.importorskip("fipy", reason="fipy is not installed")
EDGES = (0.5e-6, 0.4e-6, 0.3e-6)


def both(labels, **more):
    """Return the solver's cell and the places of the same image."""
    cell = half_cell(labels, EDGES, **more)
    layers = cell.mesh.ionic.widths[0][: cell.mesh.lines]
    return cell, Places(voxel_grid(labels, EDGES), cell.design, layers)


@pytest.mark.parametrize("corrected", [True, False])
def test_reactive_faces_are_the_solver_s(corrected):
    cell, places = both(image((6, 5, 4), 1), area_correction=corrected)
    ours, faces = cell.mesh.faces, find_faces(places, corrected, lambda at: 2.0 + at[:, 0] / 1e-6)
    assert faces.area.size == ours.area.size > 0
    assert np.sort(faces.area) * UM**2 == pytest.approx(np.sort(ours.area), rel=1e-6, abs=0)
    assert np.all(places.sto[faces.solid] & places.phi_e[faces.ionic])
    assert np.sort(faces.half_solid) * UM == pytest.approx(np.sort(ours.half_solid), rel=1e-6, abs=0)
    assert np.sort(faces.R_film) == pytest.approx(np.sort(2.0 + ours.position[:, 0] / 1e-6))


def test_fields_live_in_the_solver_s_cells():
    cell, places = both(image((6, 5, 4), 1))
    counts = [int(mask.sum()) for mask in (places.phi_e, places.phi_s, places.sto)]
    assert counts == [cell.mesh.ionic.n, cell.mesh.electronic.n, cell.mesh.solid.n]
    salt = np.sum(places.eps * places.volume * places.c_e) * UM**3
    assert salt == pytest.approx(np.sum(cell.mesh.eps * cell.mesh.ionic.volumes()), rel=1e-6, abs=0)
    assert np.unique(places.beta[places.phi_e]) == pytest.approx(np.unique(cell.mesh.beta))


def test_an_array_of_the_image_goes_to_cells_and_back():
    labels = image((5, 4, 3), 2)
    _, places = both(labels)
    values = np.random.default_rng(0).random(labels.shape)
    cells = places.cells(values, -1.0)
    assert cells.size == places.volume.size and np.count_nonzero(cells == -1.0) == places.front * 12
    back = places.image(cells, places.cells(labels == 1, False))
    assert np.array_equal(back[labels == 1], values[labels == 1]) and np.isnan(back[labels != 1]).all()


def test_a_contact_is_a_resistance_in_series():
    labels = np.ones((2, 1, 1), np.uint8)
    labels[1] = 2
    labels = np.concatenate([np.zeros((1, 1, 1), np.uint8), labels])
    _, places = both(labels, contact_resistance=3.0, contact_lost=0.25)
    sigma = np.full(places.mesh.numberOfFaces, 2.0)
    changed = places.with_contact(sigma.copy())
    at = np.flatnonzero(changed != sigma)
    h = EDGES[0] / UM
    assert at.size == 1 and changed[at[0]] == pytest.approx(0.75 * h / (h / 2.0 + 3.0))


def test_the_binder_s_efficiency_is_given_or_bruggeman_s():
    grid = voxel_grid(image((5, 4, 4), 1))
    assert only(grid, design(grid), "active") is ACTIVE and only(grid, design(grid), "metal") is None
    assert cbd_efficiency(design(grid), CBD) == CBD.porosity**CBD.bruggeman
    assert cbd_efficiency(design(grid, cbd_transport_efficiency=0.1), CBD) == 0.1
    assert cbd_efficiency(design(grid), None) == 0.0
