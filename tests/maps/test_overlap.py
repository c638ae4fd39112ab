"""Starts of a registration: a box is found where it was cut out, as by a search shift by shift."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.maps.map import SocMap
from microsim.maps.overlap import _coarse, _correlator, middle, rotation, search

H = 1e-6


def blobs(shape, seed=0):
    return ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 1.5) > 0


def test_correlation_is_that_of_a_search_shift_by_shift():
    there = np.random.default_rng(0).random((9, 8, 7)).astype(np.float32)
    here, known = there[3:8, 2:6, 1:5] * 0.5 + 0.2, np.ones((5, 4, 4), np.float32)
    score, corner = _correlator(there)(here, known, 1.0)
    assert corner == [3, 2, 1] and score == pytest.approx(1, abs=1e-4)
    noisy = here + 0.3 * np.random.default_rng(1).random(here.shape).astype(np.float32)
    score, corner = _correlator(there)(noisy, known, 1.0)
    one_by_one = {
        (i, j, k): np.corrcoef(noisy.ravel(), there[i : i + 5, j : j + 4, k : k + 4].ravel())[0, 1]
        for i in range(5)
        for j in range(5)
        for k in range(4)
    }
    best = max(one_by_one, key=one_by_one.get)
    assert tuple(corner) == best and score == pytest.approx(one_by_one[best], abs=1e-4)


def test_a_box_that_reaches_beyond_is_found_where_enough_of_it_lies_inside():
    there = blobs((12, 10, 10)).astype(np.float32)
    here = np.zeros((6, 5, 5), np.float32)
    here[2:] = there[:4, 3:8, 2:7]  # two layers reach out in front
    score, corner = _correlator(there)(here, np.ones_like(here), 0.5)
    assert corner == [-2, 3, 2] and score == pytest.approx(1, abs=1e-3)


def test_the_best_start_is_where_the_box_was_cut_out():
    solid = blobs((40, 38, 1), 2)
    structure = SocMap(solid.astype(float), (H,) * 3)
    mask = solid[8:26, 5:25]
    image = SocMap(mask.astype(float), (H,) * 3)
    found = search(mask, image, solid, structure, 10.0, 0.5, None)
    turn, shift = found.starts[0]
    assert np.allclose(turn, 0) and shift == pytest.approx(np.array([8, 5, 0]) * H, abs=0.5 * H)
    assert len(found.starts) == 4 and found.correlation == pytest.approx(1, abs=1e-3)
    assert max(found.shuffled) < 0.7 and set(found.mirrored) == {"x", "y", "xy"}
    assert max(found.mirrored.values()) < 0.7
    turned = search(mask[::-1], image, solid, structure, 10.0, 0.5, None)
    assert turned.mirrored["x"] == pytest.approx(1, abs=1e-3) and turned.correlation < 0.7


def test_coarse_voxels_hold_the_share_of_their_block():
    solid = np.zeros((5, 4, 2), bool)
    solid[0, 0, 0] = solid[2:4] = True
    coarse = _coarse(solid, (2, 2, 1))
    assert coarse.shape == (2, 2, 2) and coarse[0, 0, 0] == 0.25 and np.all(coarse[1] == 1)


def test_rotations_are_rotations_about_x_then_y_then_z():
    a, b, c = 0.3, -0.2, 0.5
    together = rotation((0, 0, c)) @ rotation((0, b, 0)) @ rotation((a, 0, 0))
    assert rotation((a, b, c)) == pytest.approx(together)
    assert rotation((a, b, c)) @ rotation((a, b, c)).T == pytest.approx(np.eye(3))
    assert np.linalg.det(rotation((a, b, c))) == pytest.approx(1)
    assert rotation((np.pi / 2, 0, 0)) @ [0, 1, 0] == pytest.approx([0, 0, 1], abs=1e-12)


def test_the_middle_counts_from_the_origin():
    image = SocMap(np.zeros((2, 4, 6)), (1.0, 2.0, 3.0), (10.0, 0.0, -1.0))
    assert middle(image) == pytest.approx([11.0, 4.0, 8.0])
