"""Touching bodies are split where they are, and only there."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.shapes import splitting as sp


def ball(shape, centre, radius):
    x = np.meshgrid(*map(np.arange, shape), indexing="ij", sparse=True)
    return sum((part - c) ** 2 for part, c in zip(x, centre)) <= radius**2


SHAPE = (64, 36, 36)
FIRST, SECOND = ball(SHAPE, (18, 18, 18), 14), ball(SHAPE, (44, 17, 18), 13.5)


def test_two_spheres_that_overlap_are_two():
    parts = sp.split_touching(FIRST | SECOND)
    assert parts.max() == 2
    assert np.mean(parts[FIRST & ~SECOND] == 1) > 0.995 and np.mean(parts[SECOND & ~FIRST] == 2) > 0.995


def test_depth_controls_over_segmentation():
    x, y, z = np.meshgrid(
        np.arange(60), np.arange(30) - 14.5, np.arange(30) - 14.5, indexing="ij", sparse=True
    )
    bumpy = (
        y**2 + z**2 <= (9 + 1.5 * np.cos(2 * np.pi * (x + 0.5) / 12)) ** 2
    )  # necks 3 voxels narrower, both sides together
    assert sp.split_touching(bumpy, depth=0.7).max() >= 5
    assert sp.split_touching(bumpy, depth=3.5).max() == 1
    assert sp.split_touching(FIRST | SECOND, depth=20).max() == 1  # no neck is that much narrower
    with pytest.raises(InputError, match="depth of 0"):
        sp.split_touching(FIRST, depth=-1)


def test_every_voxel_belongs_to_one_part_and_clusters_never_mix():
    mask = np.random.default_rng(1).random((20, 20, 20)) < 0.4
    parts = sp.split_touching(mask, depth=0.3)
    assert np.array_equal(parts > 0, mask)
    clusters = ndimage.label(ndimage.binary_fill_holes(mask))[0]
    for part in range(1, parts.max() + 1):
        assert np.unique(clusters[parts == part]).size == 1


def test_a_hollow_particle_with_a_loose_core_is_one_beside_its_neighbour():
    hollow = FIRST & ~(ball(SHAPE, (18, 18, 18), 9) & ~ball(SHAPE, (18, 18, 18), 6))
    parts = sp.split_touching(hollow | SECOND)
    assert parts.max() == 2 and np.unique(parts[hollow & ~SECOND]).tolist() == [1]


def test_empty_and_full_masks():
    assert sp.split_touching(np.zeros((4, 4, 4), bool)).max() == 0
    assert np.all(sp.split_touching(np.ones((6, 6, 6), bool)) == 1)


def test_small_parts_join_the_neighbour_they_touch_most():
    parts = np.zeros((9, 4, 4), int)
    parts[:4], parts[5:], parts[4] = 1, 2, 3
    parts[4, 0, 0] = 1
    joined = sp.join_small(parts, 20)
    assert set(np.unique(joined)) == {1, 2} and np.unique(joined[4]).size <= 2
    alone = np.zeros((5, 5, 5), int)
    alone[2, 2, 2] = 1
    assert np.array_equal(sp.join_small(alone, 20), alone)


def test_faces_between_parts_are_counted():
    parts = np.zeros((4, 3, 3), int)
    parts[:2], parts[2:] = 5, 2
    pairs, faces = sp.shared_faces(parts)
    assert pairs.tolist() == [[2, 5]] and faces.tolist() == [9]
    assert sp.renumber(parts)[0, 0, 0] == 1 and sp.renumber(parts)[3, 0, 0] == 2


def test_closing_fills_what_a_ball_cannot_enter():
    slit = np.ones((21, 15, 15), bool)
    slit[9:12] = False
    assert sp.closing_by_distance(slit, 2).all()
    wide = slit.copy()
    wide[6:15] = False
    assert np.array_equal(sp.closing_by_distance(wide, 2), wide)
    assert not sp.closing_by_distance(np.zeros((5, 5, 5), bool), 2).any()


def test_hull_holds_the_crack_and_not_what_lies_beside():
    crack = np.zeros(SHAPE, bool)
    crack[17:19] = FIRST[17:19]
    around = np.where(ball(SHAPE, (18, 18, 18), 17), 1, 0)
    found = sp.inside_hulls(around, FIRST & ~crack)
    assert np.mean(found[crack]) > 0.9 and np.array_equal(found | FIRST, FIRST)
