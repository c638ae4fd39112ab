"""Light of walls behind voids is told from cut faces."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.segment import pore_back as pb
from microsim.segment.segmentation import Levels

LEVELS = Levels((20.0, 90.0, 200.0), (4.0, 6.0, 6.0), (0.3, 0.1, 0.6), (55.0, 145.0))


def scene(law, noise=3.0, seed=0):
    """Slices along x: binder, void before active material, active material, void before binder, binder,
    void."""
    order = [(1, 6), (0, 12), (2, 8), (0, 12), (1, 6), (0, 10), (2, 6)]
    labels = np.concatenate([[label] * n for label, n in order])
    grey = np.array(LEVELS.means)[labels].astype(float)
    for s in np.flatnonzero(labels == 0):
        wall = s + np.argmax(labels[s:] > 0)
        grey[s] = 20 + (LEVELS.means[labels[wall]] - 20) * law(wall - s - 0.5)
    rng = np.random.default_rng(seed)
    return (np.tile(grey[:, None, None], (1, 9, 8)) + noise * rng.standard_normal((len(grey), 9, 8))), labels


LAWS = {
    "exponential": lambda d: np.exp(-d / 5),
    "long": lambda d: np.exp(-d / 12),
    "screened": lambda d: 16 / (16 + d * d),
    "linear": lambda d: max(1 - d / 8, 0),
    "black": lambda d: 0.0,
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("reverse", [False, True])
def test_voids_are_found_whatever_the_law_of_fading(law, reverse):
    grey, labels = scene(LAWS[law])
    grey = grey[::-1] if reverse else grey
    found = pb.correct(grey, "x", LEVELS, reverse=reverse)
    truth = np.broadcast_to((labels[::-1] if reverse else labels)[:, None, None], grey.shape)
    assert np.mean(found.labels == truth) > 0.92  # at most the slice in front of a wall, which shines like it
    simple = np.digitize(grey, found.levels.thresholds)
    assert law == "black" or np.mean(simple == truth) < 0.75
    assert found.before == pytest.approx(np.bincount(simple.ravel()) / simple.size)
    assert found.after == pytest.approx(np.bincount(found.labels.ravel(), minlength=3) / simple.size)
    assert found.returned == pytest.approx(np.mean((found.labels == 0) & (simple > 0)))
    assert found.grey[found.labels == 0].max() <= LEVELS.means[0] + 5 and np.all(
        found.probability.sum(0) > 0.999
    )


def test_levels_off_by_a_tenth_are_measured_anew():
    grey, _ = scene(LAWS["exponential"])
    off = Levels((20.0, 80.0, 190.0), (4.0, 12.0, 8.0), LEVELS.shares, (50.0, 135.0))
    assert pb.correct(grey, "x", off).levels.means == pytest.approx((20, 90, 200), abs=2)


def test_mixture_returns_what_stays_as_it_was():
    grey = np.full((20, 4, 4), 200.0)
    grey[4:16] = 80.0  # a wall far behind: unchanged, darker than active material
    grey += np.random.default_rng(0).standard_normal(grey.shape)
    found = pb.correct(grey, "x", LEVELS, method="mixture", least=0.5)
    assert np.all(found.labels[5:15] == 0) and np.all(found.labels[:4] == 2) and found.probability is None


def test_slabs_give_what_the_whole_gives(monkeypatch):
    grey, _ = scene(LAWS["exponential"])
    whole = pb.correct(grey, "x", LEVELS, rounds=1)
    monkeypatch.setattr(pb, "COLUMNS", 16)
    parts = pb.correct(grey, "x", LEVELS, rounds=1)
    assert np.array_equal(whole.labels, parts.labels) and np.array_equal(whole.probability, parts.probability)


@pytest.mark.parametrize("axis", ["y", "z"])
def test_any_axis_can_be_the_slicing_axis(axis):
    grey, _ = scene(LAWS["screened"])
    turned = pb.correct(np.moveaxis(grey, 0, "xyz".index(axis)), axis, LEVELS, rounds=1).labels
    assert np.array_equal(
        np.moveaxis(turned, "xyz".index(axis), 0), pb.correct(grey, "x", LEVELS, rounds=1).labels
    )


def test_bad_input_is_one_sentence():
    with pytest.raises(InputError, match="at least 3 slices"):
        pb.correct(np.zeros((2, 4, 4)), "x", LEVELS)
    with pytest.raises(InputError, match="fading or mixture"):
        pb.correct(np.zeros((4, 4, 4)), "x", LEVELS, method="magic")
