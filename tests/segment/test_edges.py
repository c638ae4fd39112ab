"""What an image of the labels leaves at edges: noise where they are right, more where a film is none."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

import microsim as ms
from microsim.segment.doubts import doubts
from microsim.segment.edges import MANY, blurred_films, edge_residual
from microsim.segment.segmentation import Levels
from microsim.segment.steps import SegmentState

MEANS = np.array([20.0, 90.0, 200.0])
PHASES = ("pore", "cbd", "am")


def three_phases(size=48):
    rough = [
        ndimage.gaussian_filter(np.random.default_rng(k).standard_normal((size,) * 3), 3, mode="wrap")
        for k in (0, 1)
    ]
    binder = (rough[1] > np.quantile(rough[1], 0.7)).astype(np.uint8)
    return np.where(rough[0] > np.quantile(rough[0], 0.5), np.uint8(2), binder)


def image(labels, blur, noise):
    clean = ndimage.gaussian_filter(MEANS[labels], blur) if blur else MEANS[labels]
    return (clean + noise * np.random.default_rng(7).standard_normal(labels.shape)).astype(np.float32)


def state(grey, labels):
    levels = Levels(tuple(MEANS), (7.0,) * 3, (0.4, 0.1, 0.5), (55.0, 145.0))
    return SegmentState(grey, None, PHASES, levels=levels, labels=labels)


TRUE = three_phases()


@pytest.mark.parametrize("blur", [0.0, 0.75, 1.25])
def test_right_labels_leave_the_noise(blur):
    right = state(image(TRUE, blur, 7.0), TRUE)
    assert edge_residual(right) == pytest.approx(7.0, rel=0.1) and blurred_films(right) == []
    even = state(image(0 * TRUE, 0.0, 7.0), 0 * TRUE)
    assert edge_residual(even) == 0.0


def test_labels_moved_by_a_voxel_leave_more():
    assert edge_residual(state(image(TRUE, 0.75, 7.0), np.roll(TRUE, 1, 0))) > 20


@pytest.mark.parametrize("blur", [0.6, 0.8])
def test_a_blurred_edge_taken_for_binder_is_said(blur):
    found = ms.segment_volume(image(TRUE, blur, 7.0), list(PHASES))
    assert np.mean(found.labels == 1) > 1.3 * np.mean(TRUE == 1)
    (film,) = blurred_films(found.state)
    assert film.k == 1 and film.share > 0.15
    assert any("cbd lies as a film" in said and "--watershed" in said for said in found.doubts)
    done = replace(found.state, found={**found.state.found, "watershed": {}})
    said = next(said for said in doubts(done, 0.1) if "lies as a film" in said)
    assert "the watershed left it" in said and "--watershed" not in said  # which was done


def test_blurred_edges_beside_true_binder_are_said():
    """Binder in clumps on the particles, most of it true: all films together are explained better as such."""
    clumps = np.where(TRUE == 1, ndimage.distance_transform_edt(TRUE != 2) <= 5, False).astype(np.uint8)
    mixed = np.where(TRUE == 2, np.uint8(2), clumps)
    found = ms.segment_volume(image(mixed, 0.9, 5.0), list(PHASES))
    (film,) = blurred_films(found.state)
    wrong = (found.labels == 1) & (mixed != 1)
    assert MANY < film.share <= np.count_nonzero(wrong) / np.count_nonzero(found.labels == 1)
    assert any("cbd lies as a film" in said for said in found.doubts)


def test_a_true_film_is_none():
    """A shell of two voxels around the particles, sharp enough to be seen."""
    around = ndimage.distance_transform_edt(TRUE != 2) <= 2
    shell = np.where(TRUE == 2, np.uint8(2), around.astype(np.uint8))
    assert ms.segment_volume(image(shell, 0.4, 5.0), list(PHASES)).doubts == []
