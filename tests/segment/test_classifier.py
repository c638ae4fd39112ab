"""A classifier trained on a few painted voxels labels the rest; painted labels that do not fit are
refused."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.segment import classifier as cl


@pytest.fixture(scope="module")
def scene():
    """Two phases of the same mean, apart by their texture, and a dark one."""
    rng = np.random.default_rng(0)
    rough = ndimage.gaussian_filter(rng.standard_normal((28, 30, 26)), 4)
    truth = np.digitize(rough, np.quantile(rough, (0.3, 0.65)))
    grey = np.array([40.0, 120.0, 120.0])[truth] + np.array([3.0, 3.0, 25.0])[truth] * rng.standard_normal(
        truth.shape
    )
    painted = np.where(rng.random(truth.shape) < 0.01, truth + 1, 0)
    return grey.astype(np.float32), truth, painted


def test_it_learns_what_no_threshold_can(scene):
    grey, truth, painted = scene
    trained = cl.train(grey, painted, 3)
    labels, probability = cl.classify(grey, trained)
    assert np.mean(labels == truth) > 0.9 and trained.accuracy > 0.85
    assert probability.shape == (3, *grey.shape) and probability.sum(0) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(probability.argmax(0), labels)
    sure = probability.max(0) > 0.9
    assert np.mean(labels[sure] == truth[sure]) > 0.97
    again = cl.classify(grey, cl.train(grey, painted, 3))[0]
    assert np.array_equal(again, labels)


def test_slabs_give_what_the_whole_gives(scene, monkeypatch):
    grey, _, painted = scene
    trained = cl.train(grey, painted, 3, largest=0.8, axis="x")
    whole = cl.classify(grey, trained)[1]
    monkeypatch.setattr(cl, "SLAB_VOXELS", 1)
    assert cl.classify(grey, trained)[1] == pytest.approx(whole, abs=1e-3)


def test_differences_along_the_slicing_axis_are_those_of_the_slices():
    grey = np.arange(60.0).reshape(5, 4, 3) ** 1.5
    found = cl._along(grey, 0)
    assert np.array_equal(found[1:, :, :, 2], grey[:-1] - grey[1:]) and np.array_equal(
        found[:-1, :, :, 3], grey[1:] - grey[:-1]
    )
    assert not found[0, :, :, :3].any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p[:-1], "shape"),
        (lambda p: np.where(p == 2, 0, p), "none of 2"),
        (lambda p: p + 3, "0 \\(not painted\\) to 3"),
    ],
)
def test_painted_labels_that_do_not_fit_are_refused(scene, change, said):
    grey, _, painted = scene
    with pytest.raises(InputError, match=said):
        cl.train(grey, change(painted), 3)
