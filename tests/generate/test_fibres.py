import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.generate import fibres
from microsim.generate.fibres import fibre_distance
from microsim.mesh.percolation import cluster_labels

WALLS = np.full((40, 40, 40), 10.0, np.float32)
BALL = np.linalg.norm(np.mgrid[-20:20, -20:20, -20:20] + 0.5, axis=0) - 12


def laid(walls=WALLS, diameter=2.0, length=30.0, voxels=1500, seed=0):
    return fibre_distance(walls, diameter, length, voxels, np.random.default_rng(seed))


@pytest.mark.parametrize("voxels", [1000, 4000])
def test_fibres_hold_what_is_asked(voxels):
    assert np.count_nonzero(laid(voxels=voxels) <= 1.0) == pytest.approx(voxels, rel=0.2)


def test_a_fibre_is_long_and_thin():
    thread = laid(voxels=80) <= 1.0
    _, count = cluster_labels(ndimage.binary_dilation(thread))
    assert count <= 4 and np.ptp(np.argwhere(thread), axis=0).max() > 12
    assert ndimage.distance_transform_edt(thread).max() < 2


def test_fibres_slide_along_particles_and_stay_out():
    walls = np.maximum(BALL, 0).astype(np.float32)
    found = laid(walls, length=60.0) <= 0.5
    assert np.mean(found[walls > 0]) > 5 * np.mean(found[walls == 0])


def test_the_same_draw_gives_the_same_fibres():
    assert np.array_equal(laid(), laid()) and not np.array_equal(laid(), laid(seed=1))


def test_more_than_the_fibres_hold_is_refused(monkeypatch):
    monkeypatch.setattr(fibres, "MOST_FIBRES", 3)
    with pytest.raises(InputError, match="fibres that hold the binder, got 3"):
        laid(voxels=30000)
