from dataclasses import replace

import numpy as np
import pytest

from microsim.generate.calendering import Calendering
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
