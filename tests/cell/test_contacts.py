"""Lost contact, voxel by voxel: against what a number does, and against particles that are not there."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.cell.contacts import LostContact
from microsim.cell.load import Load

from ..cells import half_cell, image, run

I = 20.0
COLUMN = np.repeat(np.array([0, 1, 1, 2, 2])[:, None, None], 2, axis=1).repeat(2, axis=2)


def volts(labels, contact, **design):
    cell = half_cell(labels, cbd_transport_efficiency=0.0, contact_lost=contact, **design)
    return run(cell, [Load("d", I * cell.mesh.area, duration=1e-3)]).seen[0].V


def lost(labels, share, group=None, collector=False):
    inside = labels == 1
    return LostContact(
        np.where(inside, share, 0.0), inside.astype(int) if group is None else group, collector
    )


@pytest.mark.parametrize("resistance", [0.0, 2e-3])
def test_a_map_of_one_share_does_what_the_number_does(resistance):
    for share in (0.0, 0.5, 0.9):
        found = volts(COLUMN, lost(COLUMN, share), contact_resistance=resistance)
        assert found == pytest.approx(volts(COLUMN, share, contact_resistance=resistance), abs=1e-9)


def test_a_particle_has_lost_what_joins_it_to_another_and_to_the_collector():
    """Two particles in a column, the second at the collector: their contact keeps half, and so does that of
    the second with the collector. The current crosses half a voxel more at each."""
    labels = np.repeat(np.array([0, 1, 1, 1])[:, None, None], 2, axis=1).repeat(2, axis=2)
    h, i = 0.4e-6, I
    group = np.repeat(np.array([0, 1, 1, 2])[:, None, None], 2, axis=1).repeat(2, axis=2)
    cell = half_cell(labels)
    sigma = cell.mesh.sigma[0]
    perfect = volts(labels, 0.0)
    first = np.where(group == 1, 0.5, 0.0)
    assert perfect - volts(labels, lost(labels, first, group, True)) == pytest.approx(i * h / sigma, rel=1e-5)
    second = np.where(group == 2, 0.5, 0.0)
    fell = perfect - volts(labels, lost(labels, second, group, True))
    assert fell == pytest.approx(i * (h + h / 2) / sigma, rel=1e-5)


def test_a_particle_that_is_set_off_is_one_that_no_path_joins():
    """It keeps its lithium; the rest answers as if it were not active: with half the particles, half the
    current gives the same voltage."""
    labels = image((6, 8, 4), 1)
    labels[:, 4:] = labels[:, :4]
    labels[:2] = 0
    labels[2:, 3] = labels[2:, 7] = 0
    group = np.zeros(labels.shape, int)
    group[:, :4], group[:, 4:] = (labels[:, :4] == 1), 2 * (labels[:, 4:] == 1)
    off = lost(labels, np.where(group == 2, 1.0, 0.0), group, True)
    whole, half = half_cell(labels), half_cell(labels, contact_lost=off)
    assert half.mesh.counts["active"] < whole.mesh.counts["active"]
    assert half.mesh.counts["isolated_active"] >= np.count_nonzero(group == 2)
    assert half.capacity.sum() < 0.6 * whole.capacity.sum()


def test_a_run_with_poor_contacts_keeps_its_balances():
    labels = image((10, 6, 6), 2)
    share = np.random.default_rng(0).random(labels.shape)
    cell = half_cell(labels, contact_lost=lost(labels, np.where(share > 0.5, 0.999999, 0.3)))
    ran = run(cell, [Load("d", I * cell.mesh.area, duration=60.0)])
    assert ran.record.lithium_balance_error < 1e-6
    assert ran.record.charge_balance_error < 1e-4
    assert replace(cell.design, contact_lost=0.0).contact_lost == 0.0
