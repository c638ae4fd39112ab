from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.generate.cracks import CrackDamage, crack_particles
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.mesh.percolation import cluster_labels

BALL = np.hypot(*np.mgrid[-20:21, -20:21, -20:21][:2]) ** 2 + np.mgrid[-20:21, -20:21, -20:21][2] ** 2 < 19**2
WHOLE = ElectrodeRecipe(shape=(48, 40, 40), largest_diameter=8e-6)


def opened(cracks, particles=BALL, seed=0):
    return crack_particles(cracks, particles.astype(np.int32), 1e-7, 1.2e-6, np.random.default_rng(seed))


@pytest.fixture(scope="module", params=["grains", "radial"])
def cracked(request):
    return build_electrode(replace(WHOLE, cracks=CrackDamage(0.06, request.param)))


def test_cracks_take_their_share_of_the_particles_and_nothing_else(cracked):
    whole = build_electrode(WHOLE)
    crack = cracked.phase == 3
    assert np.array_equal(cracked.particles, whole.particles)
    assert np.all(cracked.particles[crack] > 0)
    assert np.array_equal(np.where(crack, 1, cracked.phase), whole.phase)
    assert crack.sum() / np.count_nonzero(cracked.particles) == pytest.approx(0.06, abs=1e-4)
    assert cracked.measured["volume_fraction"]["crack"] == pytest.approx(0.06 * 0.58, abs=1e-3)


def test_grains_fill_the_solid(cracked):
    assert np.array_equal(cracked.grains > 0, cracked.phase == 1)
    owner = ndimage.maximum(cracked.particles, cracked.grains, np.unique(cracked.grains)[1:])
    least = ndimage.minimum(cracked.particles, cracked.grains, np.unique(cracked.grains)[1:])
    assert np.array_equal(owner, least)  # each lies within one particle


def test_cracks_part_a_particle_into_its_cells():
    crack, grains = opened(CrackDamage(0.3, "radial", spread=0.0, sectors=4))
    pieces, count = cluster_labels(BALL & ~crack)
    sectors = ndimage.maximum(grains, pieces, range(1, count + 1))
    assert np.array_equal(sectors, ndimage.minimum(grains, pieces, range(1, count + 1)))
    assert len(np.unique(sectors)) == 4


def test_radial_cracks_start_in_the_middle_and_grains_crack_through():
    place = np.argwhere(opened(CrackDamage(0.02, "radial", spread=0.0))[0]) - 20
    assert np.linalg.norm(place, axis=1).mean() < 12
    crack, grains = opened(CrackDamage(0.06, "grains", spread=0.0))
    assert 15 < grains.max() < 40
    assert cluster_labels(ndimage.binary_dilation(crack))[1] <= 3  # few cracks, not crumbs


def test_cracks_vary_from_particle_to_particle_and_over_the_depth():
    row = np.concatenate([BALL * (k + 1) for k in range(6)])
    shares = {}
    for key, cracks in {
        "even": CrackDamage(0.1, spread=0.0),
        "uneven": CrackDamage(0.1, spread=0.8),
        "rising": CrackDamage(0.1, spread=0.0, rise=1.5),
    }.items():
        crack = opened(cracks, row)[0]
        shares[key] = np.bincount(row[crack], minlength=7)[1:] / np.bincount(row.ravel())[1:]
        assert np.mean(shares[key]) == pytest.approx(0.1, abs=1e-4)
    assert np.ptp(shares["even"]) < 1e-3 and np.ptp(shares["uneven"]) > 0.05
    assert np.all(np.diff(shares["rising"]) > 0)


def test_a_wider_crack_is_one():
    thin, wide = (opened(CrackDamage(0.08, "radial", width=w, spread=0.0))[0] for w in (None, 4e-7))
    depth = [ndimage.distance_transform_edt(crack).max() for crack in (thin, wide)]
    assert depth[1] > depth[0]


def test_more_cracks_than_the_particles_hold_are_refused():
    crumbs = np.zeros((9, 9, 9), np.int32)
    crumbs[:3, :3, :3], crumbs[5:8, :3, :3] = 1, 2
    with pytest.raises(InputError, match="cracks.share: expected at most 0.00"):
        opened(CrackDamage(0.1), crumbs)


def test_what_a_kind_has_no_use_for_and_grains_too_fine_are_refused():
    with pytest.raises(InputError, match="sectors beside radial, got grain_diameter"):
        CrackDamage(0.1, "radial", grain_diameter=1e-6)
    with pytest.raises(InputError, match="grain_diameter beside grains, got sectors"):
        CrackDamage(0.1, "grains", sectors=4)
    with pytest.raises(InputError, match="at least 2 voxels, 0.8 um, got 0.5 um"):
        build_electrode(replace(WHOLE, cracks=CrackDamage(0.1, grain_diameter=5e-7)))
