"""Pieces of a volume as columns: owners, cracks, sides of the box."""

import numpy as np
import pytest

from microsim.jobs.evenness_states import pieces_of_volume
from microsim.mesh.grid import VoxelGrid


def test_pieces_know_their_particle_and_whether_the_box_cuts_them():
    labels = np.zeros((16, 12, 24), np.uint8)
    labels[3:13, 2:10, 3:11] = 1
    labels[3:13, 2:10, 16:] = 1
    labels[8, 2:10, 3:11] = 2
    grid = VoxelGrid(labels, ("pore", "am", "crack"), (1e-6,) * 3)
    found = pieces_of_volume(grid, "am", "crack", 1.0, 8, ("pore",))
    about = found.about
    assert about["particles"]["cut_by_box"].tolist() == [False, True]
    assert np.bincount(about["fragments"]["particle"])[1:].tolist() == [2, 1]
    share = about["fragments"]["crack_share"]
    assert share[about["fragments"]["particle"] == 1] == pytest.approx([0.1, 0.1])
    assert about["particles"]["volume_m3"][0] == pytest.approx(9 * 64e-18)  # solid alone
    assert found.distance[7, 5, 6] == pytest.approx(3.5e-6)  # to the side, cracks are not filled


def test_without_a_way_in_there_is_no_surface():
    labels = np.ones((8, 8, 8), np.uint8)
    labels[4:6, 4:6, 4:6] = 0
    grid = VoxelGrid(labels, ("pore", "am"), (1e-6,) * 3)
    assert pieces_of_volume(grid, "am", None, 1.0, 8, ("pore",)).distance is None
