"""Maps that know little hold what they are said to know, and count what was fitted."""

import numpy as np
import pytest

from microsim.maps.naive import SHELLS, depth_map, shell_map, wetted_distance


def test_the_depth_map_holds_the_means_of_the_layers():
    theirs = np.arange(24.0).reshape(4, 3, 2)
    theirs[2] = np.nan
    theirs[1, 0, 0] = np.nan
    found = depth_map(theirs)
    assert found.fitted == 3
    assert found.values[0, 1, 1] == 2.5 and found.values[1, 2, 0] == pytest.approx(np.nanmean(theirs[1]))


def test_the_shell_map_follows_the_distance():
    distance = np.random.default_rng(0).random((10, 9, 8))
    theirs = np.where(distance > 0.9, np.nan, 1 + 2 * distance)
    found = shell_map(theirs, distance)
    known = np.isfinite(theirs)
    assert found.fitted == SHELLS
    assert abs(found.values[known] - theirs[known]).max() < 2 * 1.1 * 0.9 / SHELLS
    assert shell_map(theirs, np.ones(theirs.shape)) is None
    assert shell_map(theirs, np.full(theirs.shape, np.nan)) is None


def test_only_a_surface_with_electrolyte_counts():
    active = np.zeros((9, 3, 3), bool)
    active[2:7] = True
    wet, dry = np.zeros(active.shape, bool), np.zeros(active.shape, bool)
    wet[:2] = True
    found = wetted_distance(active, wet, (1e-6, 1e-6, 1e-6))
    assert found[2:7, 1, 1] == pytest.approx(1e-6 * (np.arange(5) + 0.5)) and np.isnan(found[~active]).all()
    assert wetted_distance(active, dry, (1e-6,) * 3) is None
    assert wetted_distance(active, None, (1e-6,) * 3) is None
