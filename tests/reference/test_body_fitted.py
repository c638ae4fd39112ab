"""A sphere on a mesh that follows its surface: the elements, what is conserved, the series, and the solver's
voxels."""

import numpy as np
import pytest

from microsim.base.errors import InputError, NotConverged
from microsim.reference.body_fitted import (
    Elements,
    SphereCell,
    Surface,
    discharge_shells,
    discharge_tetrahedra,
    lumped_volumes,
    octant_mesh,
    stiffness,
    surface_areas,
)

from ..cells import ACTIVE
from ..missing import hide
from ..references import F, butler_volmer, chen_i0, chen_U

RADIUS = 5e-6
AREA = np.pi * RADIUS**2 / 2  # of the eighth
TETRAHEDRON = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 4]]), np.array([[0, 1, 2, 3]])

try:
    import gmsh  # noqa: F401
except (ImportError, OSError) as missing:
    GMSH = str(missing)
else:
    GMSH = ""
needs_gmsh = pytest.mark.skipif(bool(GMSH), reason=f"gmsh does not load: {GMSH}")


def cell(kappa=1.0, **more):
    return SphereCell(RADIUS, (2 * RADIUS, 1.4 * RADIUS), ACTIVE, kappa, **more)


def crank_surface(T, terms=60):
    """(c - c0) D / (N R) at the surface of a sphere with an even flux, T = D t / R2 (Crank 1975, eq.
    6.45)."""
    roots = np.array([(k + 0.5) * np.pi for k in range(1, terms)])
    for _ in range(50):
        roots = np.arctan(roots) + np.pi * np.arange(1, terms)
    return 3 * T + 0.2 - 2 * (np.exp(-(roots**2) * T) / roots**2).sum()


def test_one_tetrahedron_by_hand():
    """u = x, y, z: int |grad u|^2 is the volume, 4; corners share it in quarters."""
    points, cells = TETRAHEDRON
    K = stiffness(points, cells).toarray()
    for axis in range(3):
        assert points[:, axis] @ K @ points[:, axis] == pytest.approx(4.0, rel=1e-12)
    assert points[:, 0] @ K @ points[:, 1] == pytest.approx(0.0, abs=1e-12)
    assert np.abs(K - K.T).max() < 1e-12 and np.abs(K.sum(axis=0)).max() < 1e-12
    assert lumped_volumes(points, cells) == pytest.approx(np.ones(4))
    assert np.abs(stiffness(points, cells[:, [1, 0, 3, 2]]).toarray() - K).max() < 1e-12


def test_area_is_that_of_the_common_triangles():
    points = np.vstack([TETRAHEDRON[0], [[-1.0, 1, 1]]])
    area = surface_areas(points, np.array([[0, 1, 2, 3]]), np.array([[4, 0, 2, 3]]))
    assert area == pytest.approx([2.0, 0.0, 2.0, 2.0, 0.0])  # the triangle 0 2 3 has 6


@needs_gmsh
def test_mesh_fills_the_box_and_meets_at_the_sphere(capfd):
    volumes, areas = [], []
    for size in (0.3, 0.15):
        points, cells = octant_mesh(RADIUS, (2 * RADIUS, 1.4 * RADIUS), size * RADIUS)
        inside = np.linalg.norm(points[cells], axis=2).max(axis=1) < RADIUS * (1 + 1e-6)
        assert lumped_volumes(points, cells).sum() == pytest.approx(2 * 1.4**2 * RADIUS**3, rel=1e-9, abs=0)
        volumes.append(lumped_volumes(points, cells[inside]).sum() / (np.pi / 6 * RADIUS**3))
        area = surface_areas(points, cells[inside], cells[~inside])
        assert np.linalg.norm(points[area > 0], axis=1) == pytest.approx(RADIUS, rel=1e-9)
        areas.append(area.sum() / AREA)
    for errors in (1 - np.array(volumes), 1 - np.array(areas)):
        assert 0 < errors[1] < 0.01 and 2.5 < errors[0] / errors[1] < 6  # second order
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("R_film", [0.0, 0.02])
def test_shells_follow_crank_and_the_kinetics(R_film):
    t, D, i = 600.0, 4e-15, 1.0
    surface = discharge_shells(cell(R_film=R_film), 200, i * AREA, t, 400)
    sto = 0.27 + i * RADIUS / (F * 63104.0 * D) * crank_surface(D * t / RADIUS**2)
    assert surface.sto[0] == pytest.approx(sto, rel=2e-4)
    assert surface.j == pytest.approx([-i], rel=1e-12) and surface.area == pytest.approx([AREA], rel=1e-12)
    eta = butler_volmer(-i, chen_i0(1000.0, surface.sto[0]), 0.5, 0.5, 298.15)
    assert surface.eta[0] == pytest.approx(eta, rel=1e-6)
    assert surface.voltage == pytest.approx(chen_U(surface.sto[0]) + eta - i * R_film, abs=1e-9)


@needs_gmsh
@pytest.mark.parametrize("R_film", [0.0, 0.02])
def test_tetrahedra_agree_with_shells_where_all_is_even(R_film):
    conducting = cell(100.0, R_film=R_film)
    fine = discharge_tetrahedra(conducting, RADIUS / 8, AREA, 600.0, 15)
    shells = discharge_shells(conducting, 200, AREA, 600.0, 400)
    assert fine.mean("sto") - 0.27 == pytest.approx(shells.mean("sto") - 0.27, rel=5e-3)
    assert fine.mean("eta") == pytest.approx(shells.mean("eta"), rel=5e-3)
    # a third of the radius over sigma = 0.18 S/m, and half of its drop, lie between collector and surface
    assert fine.voltage == pytest.approx(shells.voltage, abs=3e-4)
    assert abs(fine.tilt("j")) < 5e-3


@needs_gmsh
def test_poor_electrolyte_favours_the_side_of_the_lithium():
    poor = discharge_tetrahedra(cell(2e-5), RADIUS / 5, AREA, 300.0, 5)
    assert 0.05 < poor.tilt("j") < 0.3 and 0.02 < poor.tilt("sto") < 0.3
    good = discharge_tetrahedra(cell(1.0), RADIUS / 5, AREA, 300.0, 5)
    assert 0.1 < good.voltage - poor.voltage < 0.6  # 1 A/m2 of surface over some um / 2e-5 S/m


@needs_gmsh
def test_lithium_and_charge_are_kept():
    elements = Elements(cell(), RADIUS / 5)
    states, dt, I = [elements.rest()], 50.0, 20.0  # pA
    for _ in range(3):
        earlier = [dt] if len(states) > 1 else []
        states = [elements.advance(dt, earlier, states, I), states[0]]
    _, _, sto, j, _ = elements.split(states[0])
    assert elements.area @ j == pytest.approx(-I, rel=1e-9)
    assert elements.capacity @ (sto - 0.27) == pytest.approx(I * 3 * dt, rel=1e-8)


@needs_gmsh
def test_nothing_happens_without_current():
    surface = discharge_tetrahedra(cell(initial_sto=0.5), RADIUS / 4, 0.0, 100.0, 2)
    assert surface.voltage == pytest.approx(chen_U(0.5), abs=1e-8)
    assert np.abs(surface.j).max() < 1e-6 and np.abs(surface.sto - 0.5).max() < 1e-9


def test_mean_and_tilt():
    position = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    surface = Surface(position, np.array([1.0, 3.0]), np.array([2.0, 4.0]), np.zeros(2), np.zeros(2), 0.0)
    assert surface.mean("j") == pytest.approx(3.5)
    assert surface.tilt("j") == pytest.approx(2 * 1 * 2 / 4 / 3.5 - 1)


@pytest.mark.parametrize(
    ("box", "size"),
    [((4e-6, 7e-6), 1e-6), ((10e-6, 4e-6), 1e-6), ((10e-6, 7e-6), 1e-8), ((10e-6, 7e-6), 6e-6)],
)
def test_a_sphere_that_does_not_fit(box, size):
    with pytest.raises(InputError, match="expected a sphere inside its box"):
        octant_mesh(RADIUS, box, size)


def test_without_gmsh_it_says_what_to_install(monkeypatch):
    hide(monkeypatch, "gmsh", error=OSError)
    with pytest.raises(InputError, match="expected the library gmsh.*libglu1-mesa"):
        octant_mesh(RADIUS, (2 * RADIUS, 1.4 * RADIUS), 2e-6)


@needs_gmsh
def test_a_current_beyond_the_solid_does_not_converge():
    with pytest.raises(NotConverged, match="Newton stopped") as failed:
        discharge_tetrahedra(cell(), RADIUS / 3, 1e4 * AREA, 1000.0, 1)
    assert len(failed.value.history) > 0
