from dataclasses import replace

import numpy as np
import pytest

from microsim.generate.calendering import Calendering, press, pressed_layers
from microsim.generate.packing import lognormal_radii, overlapping_pairs, pack_spheres
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.mesh.grid import both_sides

LOOSE = ElectrodeRecipe(
    shape=(50, 36, 36),
    active_fraction=0.5,
    median_diameter=4e-6,
    smallest_diameter=2e-6,
    largest_diameter=6e-6,
)


@pytest.mark.parametrize("strain", [0.1, 0.2, 0.3])
def test_active_volume_stays_and_pores_close(strain):
    before, after = build_electrode(LOOSE), build_electrode(replace(LOOSE, calendering=Calendering(strain)))
    assert after.phase.shape == (round(50 * (1 - strain)), 36, 36)
    assert np.bincount(after.phase.ravel())[1:] == pytest.approx(np.bincount(before.phase.ravel())[1:], abs=3)
    told = after.measured["before_calendering"]
    assert told["volume_fraction"]["pore"] == pytest.approx(np.mean(before.phase == 0), abs=1e-3)
    assert told["shape"] == [50, 36, 36]
    pore = 1 - 0.59 / (1 - strain)
    assert after.measured["volume_fraction"]["pore"] == pytest.approx(pore, abs=2e-3)


def contact_faces(particles):
    return sum(
        np.count_nonzero((low != high) & (low > 0) & (high > 0))
        for low, high in (both_sides(particles, axis) for axis in range(3))
    )


def test_contacts_flatten():
    pressed = [build_electrode(replace(LOOSE, calendering=Calendering(strain))) for strain in (0, 0.15, 0.3)]
    pressed = [build_electrode(replace(LOOSE, calendering=Calendering(strain))) for strain in (0, 0.15, 0.3)]
    faces = [contact_faces(made.particles) for made in pressed]
    assert faces[1] > 1.3 * faces[0] and faces[2] > 1.3 * faces[1]


def test_spheres_keep_their_order_and_give_way():
    rng, box = np.random.default_rng(0), np.array([20.0, 10.0, 10.0])
    radii = lognormal_radii(rng, 0.5 * box.prod(), 1.0, 0.2, 0.5, 2.0)
    centres = pack_spheres(rng, radii, box)[0]
    pressed = press(centres, radii, box, (16.0, 10.0, 10.0))
    assert pressed[:, 0].min() >= 0 and pressed[:, 0].max() <= 16
    assert np.corrcoef(centres[:, 0], pressed[:, 0])[0, 1] > 0.95
    squeezed = centres * (0.8, 1, 1)
    deepest = [overlapping_pairs(c, radii, np.array([16.0, 10, 10]))[3].sum() for c in (squeezed, pressed)]
    assert deepest[1] < 0.5 * deepest[0]


def test_layers_of_voxels_that_are_left():
    assert pressed_layers(Calendering(0.2), 50) == 40 and pressed_layers(Calendering(0.0), 50) == 50
