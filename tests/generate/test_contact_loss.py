from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.generate.contact_loss import ContactLoss, contact_count, contact_gaps
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.mesh.grid import VoxelGrid
from microsim.shapes.measures import contact_areas_faces

BASE = ElectrodeRecipe(shape=(48, 40, 40), median_diameter=5e-6, largest_diameter=7e-6)


def contact(phase):
    return contact_areas_faces(VoxelGrid(phase, ("pore", "am", "cbd"), 4e-7))["am", "cbd"]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.6])
def test_the_share_of_the_contact_is_lost_and_nothing_else(share):
    before, after = build_electrode(BASE), build_electrode(replace(BASE, contact_loss=ContactLoss(share)))
    assert contact(after.phase) / contact(before.phase) == pytest.approx(1 - share, abs=2e-3)
    assert after.measured["lost_contact_share"] == pytest.approx(share, abs=2e-3)
    changed = before.phase != after.phase
    assert np.all(before.phase[changed] == 2) and np.all(after.phase[changed] == 0)
    assert after.measured["before_contact_loss"]["volume_fraction"] == before.measured["volume_fraction"]


def test_faces_are_counted_from_both_sides():
    active, binder = np.zeros((2, 5, 3, 3), bool)
    active[1, 1, 1] = active[3, 1, 1] = active[2, 0, 1] = True
    binder[2, 1, 1] = binder[0, 0, 0] = True
    assert contact_count(active, binder)[2, 1, 1] == 3 and contact_count(active, binder).sum() == 3


def test_binder_comes_off_in_patches():
    active = np.zeros((24, 24, 24), bool)
    active[:12] = True

    def rims(extent):
        loss = ContactLoss(0.5, extent)
        gone = contact_gaps(loss, active, ~active, 4e-7, np.random.default_rng(0))[12]
        return np.count_nonzero(gone[1:] ^ gone[:-1])

    assert rims(2e-6) < 0.5 * rims(4e-7)


def test_no_contact_is_refused():
    with pytest.raises(InputError, match="contact_loss: expected binder that touches"):
        build_electrode(replace(BASE, cbd_fraction=0.0, contact_loss=ContactLoss(0.2)))
