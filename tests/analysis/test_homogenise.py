"""Parameters of a porous electrode from a volume."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.analysis.homogenise import (
    contacts,
    diffusion_reach,
    drained_conductivity,
    homogenise_volume,
    mean_film_resistance,
    particle_sizes,
)
from microsim.base.errors import InputError
from microsim.cell.mesh import build_mesh
from microsim.mesh.grid import VoxelGrid

from ..cells import ACTIVE, CBD, design, image, voxel_grid

H = 0.4e-6
INERT = replace(CBD, porosity=0.0, reactive_share=0.0)


def columns(n=24):
    """Active material and pores side by side through the thickness."""
    labels = np.zeros((n, 4, 4), np.uint8)
    labels[:, :2] = 1
    return labels


def plate(pores, solid):
    labels = np.zeros((pores + solid, 3, 3), np.uint8)
    labels[pores:] = 1
    return labels


def sphere(n=20):
    """A quarter of a sphere of 0.8 of the period's half, joined to the collector by a rod of inert
    conductor."""
    at = (np.arange(n) + 0.5) / n
    x = np.concatenate([-at[::-1], at])
    inside = x[:, None, None] ** 2 + at[:, None] ** 2 + at**2 < 0.8**2
    labels = inside.astype(np.uint8)
    labels[:, 0, 0] = np.where(inside[:, 0, 0], 1, 2)
    return labels


def test_a_plate_has_the_reach_of_a_plate():
    n = 20
    grid = voxel_grid(plate(6, n))
    reach, thickness = diffusion_reach(build_mesh(grid, design(grid))), n * H
    assert reach.mean == pytest.approx(thickness**2 / 3, rel=0.002)
    assert reach.square == pytest.approx(2 * thickness**4 / 15, rel=0.004, abs=0)
    assert reach.lost == 0.0


def test_a_sphere_gives_back_its_radius_and_its_surface():
    grid = voxel_grid(sphere())
    found = homogenise_volume(grid, design(grid, cbd=INERT, cbd_transport_efficiency=0.0))
    radius = 0.8 * 20 * H
    assert found.porous.radius == pytest.approx(radius, rel=0.015)
    assert found.radii["diffusion_second"] == pytest.approx(radius, rel=0.015)
    assert found.radii["area"] == pytest.approx(radius, rel=0.03)
    assert found.surface_factor == pytest.approx(1.0, abs=0.03)
    assert found.porous.active_fraction == pytest.approx(grid.fraction("am"))
    assert found.porous.porosity == pytest.approx(grid.fraction("pore"))


def test_columns_have_known_parameters():
    grid = voxel_grid(columns())
    found = homogenise_volume(grid, design(grid), tolerance=1e-6)
    porous = found.porous
    assert porous.porosity == pytest.approx(0.5) and porous.active_fraction == pytest.approx(0.5)
    assert porous.transport_efficiency == pytest.approx(0.5, rel=1e-5)
    assert porous.sigma == pytest.approx(0.5 * ACTIVE.sigma, rel=1e-5)
    # the side walls between column and pore, and the columns' ends at the separator
    faces = (24 * 4 + 8) / (24 * 16 * H)
    assert found.area == pytest.approx(faces, rel=1e-6)
    assert found.surface_factor == pytest.approx(found.area * porous.radius / 1.5, rel=1e-12)
    assert found.thickness == pytest.approx(24 * H)


def test_current_from_the_faces_says_what_conduction_from_end_to_end_says():
    grid = voxel_grid(columns(40))
    mesh = build_mesh(grid, design(grid))
    mesh.faces.area[mesh.faces.position[:, 0] == 0] = (
        0.0  # only the walls: current spread evenly over the depth
    )
    assert drained_conductivity(mesh, design(grid)) == pytest.approx(0.5 * ACTIVE.sigma, rel=2e-3)
    poor = design(grid, contact_resistance=1e-3)
    assert drained_conductivity(mesh, poor) == pytest.approx(
        0.5 * ACTIVE.sigma, rel=2e-3
    )  # no CBD, no contact


def test_a_contact_lowers_the_conductivity():
    labels = image((16, 10, 10), seed=3)
    grid = voxel_grid(labels)
    good, poor = (
        homogenise_volume(grid, design(grid, contact_resistance=r)).porous.sigma for r in (1e-12, 1e-6)
    )
    assert poor < 0.9 * good


def test_pores_of_the_cbd_count_and_its_cover_takes_area():
    grid = voxel_grid(image((16, 10, 10), seed=1))
    porous, dry = (
        homogenise_volume(grid, design(grid)),
        homogenise_volume(grid, design(grid, cbd=INERT, cbd_transport_efficiency=0.0)),
    )
    assert porous.porous.porosity == pytest.approx(
        grid.fraction("pore") + CBD.porosity * grid.fraction("cbd"), rel=0.05
    )
    assert dry.porous.porosity <= grid.fraction("pore")
    assert dry.area < porous.area


def test_what_nothing_reaches_is_left_out():
    labels = plate(6, 10)
    labels[8:12] = 2  # tight and inert: the material behind it has electrons, no lithium
    grid = voxel_grid(labels)
    closed = replace(INERT, sigma=100.0)
    with pytest.raises(InputError, match="separator and collector"):
        homogenise_volume(grid, design(grid, cbd=closed, cbd_transport_efficiency=0.0))
    found = homogenise_volume(
        grid, design(grid, cbd=closed, cbd_transport_efficiency=0.0), transport=(0.3, 1.0)
    )
    assert found.lost_active == pytest.approx(4 / 6)
    assert found.porous.active_fraction == pytest.approx(2 / 16)
    assert found.porous.radius == pytest.approx(np.sqrt(5) * 2 * H, rel=0.1)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 5.0))
def test_lengths_scale(seed, factor):
    labels = image((10, 8, 8), seed)
    small, large = (VoxelGrid(labels, ("pore", "am", "cbd"), h) for h in (H, factor * H))
    try:
        a, b = (homogenise_volume(grid, design(grid)) for grid in (small, large))
    except InputError:
        return  # nothing joined from end to end
    assert b.porous.radius == pytest.approx(factor * a.porous.radius, rel=1e-5)
    assert b.area == pytest.approx(a.area / factor, rel=1e-6)
    assert b.surface_factor == pytest.approx(a.surface_factor, rel=1e-5)
    assert b.porous.active_fraction == pytest.approx(a.porous.active_fraction)


def test_one_film_stays_and_two_films_meet_between():
    grid = voxel_grid(columns())
    cell, area = design(grid), np.ones(2)
    assert mean_film_resistance(np.array([0.02, 0.02]), area, cell, "am") == pytest.approx(0.02)
    assert mean_film_resistance(np.zeros(2), area, cell, "am") == 0.0
    low, high = 0.001, 0.04
    found = mean_film_resistance(np.array([low, high]), area, cell, "am")
    assert 2 / (1 / low + 1 / high) < found < (low + high) / 2
    lopsided = mean_film_resistance(np.array([low, high]), np.array([1e-9, 1.0]), cell, "am")
    assert lopsided == pytest.approx(high, rel=1e-4)


def test_two_materials_are_refused():
    grid = voxel_grid(image((12, 8, 8), seed=1))
    with pytest.raises(InputError, match="one phase of resolved active material"):
        homogenise_volume(grid, design(grid, cbd=ACTIVE))


# -- particle sizes and contacts -----------------------------------------------------------------------------


def two_cubes():
    """Cubes of 8 and 4 voxels an edge, 512 and 64 voxels, apart; the small one touches the box."""
    labels = np.zeros((24, 12, 12), np.uint8)
    labels[2:10, 2:10, 2:10] = 1
    labels[20:, 3:7, 3:7] = 1
    return voxel_grid(labels)


def test_particle_sizes_are_those_of_the_particles_by_volume():
    found = particle_sizes(two_cubes(), "am")
    small, large = (np.cbrt(6 * n**3 / np.pi) * H for n in (4, 8))
    assert found["count"] == 2 and found["d50_m"] == found["d90_m"] == pytest.approx(large)
    assert found["d10_m"] == pytest.approx(small)  # 64 of 576 voxels are a ninth
    assert found["mean_m"] == pytest.approx((8 * large + small) / 9)
    assert found["cut_share"] == pytest.approx(1 / 9)
    assert (
        sum(found["volume_share"]) == pytest.approx(1)
        and len(found["edges_m"]) == len(found["volume_share"]) + 1
    )


def test_a_phase_without_particles_has_no_sizes():
    grid = voxel_grid(np.zeros((6, 6, 6), np.uint8))
    assert particle_sizes(grid, "am") == {
        "count": 0,
        "d10_m": None,
        "d50_m": None,
        "d90_m": None,
        "mean_m": None,
        "edges_m": [],
        "volume_share": [],
        "cut_share": None,
    }
    assert contacts(grid, "am") == {}


def test_contacts_are_shares_of_the_surface_by_phase():
    labels = np.zeros((8, 9, 4), np.uint8)
    labels[:, 3:6] = 1  # a plate: pore on one side, CBD on three quarters of the other
    labels[2:, 6:] = 2
    assert contacts(voxel_grid(labels), "am") == pytest.approx(
        {"pore": (8 + 2) / 16, "cbd": 6 / 16}, rel=0.02
    )


def test_what_is_homogenised_tells_of_particles_and_contacts():
    grid = voxel_grid(image((12, 10, 10), 3))
    told = homogenise_volume(grid, design(grid)).as_dict()
    assert told["particle_sizes"]["count"] >= 1 and sum(told["contact"].values()) == pytest.approx(1)
    assert set(told["contact"]) == {"pore", "cbd"}


def test_a_sample_that_does_not_fill_its_box_is_not_homogenised():
    grid = replace(voxel_grid(columns()), masked=True)
    with pytest.raises(InputError, match="volume.mask: expected a volume that is all sample"):
        homogenise_volume(grid, design(grid))


def test_particles_of_a_section_have_the_diameters_of_circles():
    x, y = np.indices((30, 30)) + 0.5
    disc = (np.hypot(x - 15, y - 15) < 10).astype(np.uint8)[:, :, None]
    found = particle_sizes(VoxelGrid(disc, ("pore", "am"), (1e-7, 1e-7, 4e-8)), "am")
    assert found["mean_m"] == pytest.approx(2e-6, rel=0.01)
