import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.generate.binder import BinderShape
from microsim.generate.calendering import Calendering
from microsim.generate.contact_loss import ContactLoss
from microsim.generate.cracks import CrackDamage
from microsim.generate.delamination import Delamination
from microsim.generate.recipe import ElectrodeRecipe, load_electrode_recipe
from microsim.generate.synthetic import build_electrode, measure_electrode
from microsim.mesh.percolation import cluster_labels, percolating
from microsim.mesh.read import read_volume

SMALL = ElectrodeRecipe(
    shape=(32, 28, 30), median_diameter=3.6e-6, smallest_diameter=2e-6, largest_diameter=5.6e-6
)


@pytest.fixture(scope="module")
def shipped():
    return build_electrode(ElectrodeRecipe())


def test_fractions_connection_and_open_pores_of_the_shipped_electrode(shipped):
    assert shipped.phase.shape == (64, 48, 48) and shipped.phase.dtype == np.uint8
    assert np.mean(shipped.phase == 1) == pytest.approx(0.58, abs=1e-4)
    assert np.mean(shipped.phase == 2) == pytest.approx(0.09, abs=1e-4)
    assert shipped.measured["volume_fraction"]["pore"] == pytest.approx(0.33, abs=2e-4)
    assert shipped.measured["connected_active_fraction"] > 0.999
    assert shipped.measured["percolating_pore_fraction"] > 0.99
    assert shipped.measured["largest_overlap"] <= 1e-3
    # the spheres already had the asked volume: their surfaces hardly moved
    assert abs(shipped.measured["surface_shift_voxels"]) < 0.1


def test_particles_are_apart_and_cover_the_active_material(shipped):
    particles = shipped.particles
    assert np.array_equal(particles > 0, shipped.phase == 1)
    assert np.array_equal(np.unique(particles), np.arange(particles.max() + 1))
    assert shipped.measured["particles"] <= particles.max() <= 4 * shipped.measured["particles"]
    sizes, sphericity = np.bincount(particles.ravel())[1:], []
    for number, box in enumerate(ndimage.find_objects(particles), start=1):
        if sizes[number - 1] < 50:
            continue  # a sliver cut off by the box
        count = cluster_labels(particles[box] == number)[1]
        assert count == 1
        whole = all(0 < cut.start and cut.stop < n for cut, n in zip(box, particles.shape))
        if whole:
            extent = [cut.stop - cut.start for cut in box]
            assert max(extent) <= 1.45 * min(extent)
            sphericity.append(sizes[number - 1] / np.prod(extent))
    assert len(sphericity) >= 5 and np.mean(sphericity) == pytest.approx(np.pi / 6, rel=0.08)


def test_sizes_follow_the_recipe(shipped):
    diameters = [
        0.4e-6 * (6 * np.count_nonzero(shipped.particles[box] == number) / np.pi) ** (1 / 3)
        for number, box in enumerate(ndimage.find_objects(shipped.particles), start=1)
        if all(0 < cut.start and cut.stop < n for cut, n in zip(box, shipped.particles.shape))
    ]
    assert 2.6e-6 < min(diameters) and max(diameters) < 9.6e-6 and max(diameters) > 1.5 * min(diameters)


def test_binder_sits_in_the_narrow_places(shipped):
    # carbon-binder voxels lie between two particles: much nearer to the second one than pores do
    owner_count = np.zeros(shipped.phase.shape)
    for number in range(1, shipped.particles.max() + 1):
        near = ndimage.binary_dilation(shipped.particles == number, iterations=4)
        owner_count += near
    binder, pore = owner_count[shipped.phase == 2], owner_count[shipped.phase == 0]
    assert np.mean(binder >= 2) > 0.95 and np.mean(pore >= 2) < 0.75


def test_binder_bridges_raise_the_connection():
    # fewer and wider gaps: without bridges along the chain of gaps particles would stay alone
    loose = replace(SMALL, active_fraction=0.3, seed=3)
    bare = build_electrode(replace(loose, cbd_fraction=0.0))
    bridged = build_electrode(loose)
    assert np.array_equal(bare.particles, bridged.particles)
    assert bare.measured["connected_active_fraction"] < 0.5
    assert bridged.measured["connected_active_fraction"] > 0.999


def test_the_same_recipe_gives_the_same_bits_and_another_seed_does_not():
    first, again = build_electrode(SMALL), build_electrode(SMALL)
    assert np.array_equal(first.phase, again.phase) and np.array_equal(first.particles, again.particles)
    assert np.array_equal(build_electrode(SMALL).phase, first.phase)
    assert np.mean(build_electrode(replace(SMALL, seed=2)).phase != first.phase) > 0.2


@pytest.mark.parametrize("active, binder", [(0.58, 0.09), (0.45, 0.0), (0.3, 0.15), (0.6, 0.05)])
def test_fractions_are_met(active, binder):
    phase = build_electrode(replace(SMALL, active_fraction=active, cbd_fraction=binder, seed=5)).phase
    assert np.mean(phase == 1) == pytest.approx(active, abs=1e-3)
    assert np.mean(phase == 2) == pytest.approx(binder, abs=1e-3)


def test_structure_goes_on_across_the_sides():
    phase = build_electrode(replace(SMALL, cbd_fraction=0.0, seed=3)).phase
    for axis in (1, 2):
        first, second, last = (np.take(phase, i, axis) for i in (0, 1, -1))
        step = np.mean(first != second)
        assert np.mean(first != last) < 1.7 * step  # as alike as neighbours
    assert np.mean(phase[0] != phase[-1]) > 0.3  # the end faces of x have nothing in common


def test_deformation_makes_particles_less_round():
    round_one, bumpy = (build_electrode(replace(SMALL, deformation=d, seed=7)) for d in (0.0, 0.1))
    assert 0.02 < np.mean(round_one.phase != bumpy.phase) < 0.3


def test_measures_of_a_known_structure():
    phase = np.zeros((4, 4, 4), np.uint8)
    phase[:2, 0, 0], phase[2:, 0, 0] = 1, 2  # active material joined to the collector by binder
    phase[0, 2, 2] = 1  # an island
    phase[1, 3, 3], phase[0, 3, 3], phase[2, 3, 3] = 0, 1, 1
    phase[1, 2, 3] = phase[1, 3, 2] = 1  # encloses one pore voxel
    measured = measure_electrode(phase)
    assert measured["volume_fraction"] == {"pore": 55 / 64, "am": 7 / 64, "cbd": 2 / 64}
    assert measured["connected_active_fraction"] == pytest.approx(2 / 7)
    assert measured["percolating_pore_fraction"] == pytest.approx(54 / 55)
    assert percolating(phase == 0, "x").sum() == 54


def test_progress_is_told():
    seen = []
    build_electrode(SMALL, progress=lambda done, total, message: seen.append((done, total, message)))
    assert all(done < total for done, total, _ in seen)
    assert {message.split()[0] for _, _, message in seen} == {"packing", "drawing"}


def test_a_packing_that_does_not_work_out_is_refused(monkeypatch):
    home = sys.modules[build_electrode.__module__]
    monkeypatch.setattr(home, "pack_spheres", lambda *a, **k: (None, 0.3))
    with pytest.raises(InputError, match="overlap by 30 %"):
        build_electrode(SMALL)


def test_more_binder_than_fits_between_the_particles_is_refused():
    with pytest.raises(InputError, match="fits between the particles"):
        build_electrode(replace(SMALL, active_fraction=0.05, cbd_fraction=0.3))


DAMAGED = replace(
    SMALL,
    active_fraction=0.45,
    calendering=Calendering(0.1),
    binder=BinderShape("aggregates"),
    delamination=Delamination(0.5, 4e-7, 0.6),
    cracks=CrackDamage(0.08, "radial"),
    contact_loss=ContactLoss(0.2),
)


def test_all_stages_together_give_the_same_bits_again():
    first, again = build_electrode(DAMAGED), build_electrode(DAMAGED)
    for part in ("phase", "particles", "grains"):
        assert np.array_equal(getattr(first, part), getattr(again, part))
    assert first.measured == again.measured
    other = build_electrode(replace(DAMAGED, seed=2))
    assert np.mean(other.phase != first.phase) > 0.2


@pytest.mark.parametrize(
    "changed",
    [
        {"cracks": CrackDamage(0.08, "grains")},
        {"cracks": None},
        {"contact_loss": None},
        {"binder": None, "contact_loss": None},
    ],
    ids=str,
)
def test_one_stage_leaves_the_draws_of_the_others(changed):
    whole, other = build_electrode(DAMAGED), build_electrode(replace(DAMAGED, **changed))
    assert np.array_equal(whole.particles, other.particles)
    if "cracks" not in changed:
        assert np.array_equal(whole.grains, other.grains)
    if set(changed) == {"contact_loss"}:
        binder = other.phase == 2
        assert np.all(binder[whole.phase == 2]) and np.array_equal(whole.phase[~binder], other.phase[~binder])


def test_the_demo_electrode_keeps_its_bits():
    made = build_electrode(load_electrode_recipe("meshes/demo_electrode.yaml"))
    assert np.array_equal(made.phase, read_volume("meshes/demo_electrode.tif", made.phases).phase)
