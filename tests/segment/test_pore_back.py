"""Light of walls behind voids is told from cut faces; the kernels do what their plain twins do."""

import numpy as np
import pytest
from scipy.special import logsumexp, ndtr

from microsim.base.errors import InputError
from microsim.segment import pore_back as pb
from microsim.segment.segmentation import Levels

LEVELS = Levels((20.0, 90.0, 200.0), (4.0, 6.0, 6.0), (0.3, 0.1, 0.6), (55.0, 145.0))


def fading_twin(column, means, spreads, fade, change):
    """The same chain in logarithms, one column, from the definitions."""
    n, states = len(column), len(means)
    floor = 1e-3 / (means[-1] - means[0])
    likely = np.empty((n, states))
    for s, v in enumerate(column):
        behind = max(column[s + 1], means[0]) if s + 1 < n else means[-1]
        low = means[0] + fade * (behind - means[0]) if s + 1 < n else means[0]
        if behind - low < spreads[0]:
            p = np.exp(-0.5 * ((v - (behind + low) / 2) / spreads[0]) ** 2) / (
                spreads[0] * np.sqrt(2 * np.pi)
            )
        else:
            p = (ndtr((v - low) / spreads[0]) - ndtr((v - behind) / spreads[0])) / (behind - low)
        solid = np.exp(-0.5 * ((v - means[1:]) / spreads[1:]) ** 2) / (spreads[1:] * np.sqrt(2 * np.pi))
        likely[s] = np.r_[p, solid] + floor
    move = np.full((states, states), change / (states - 1))
    np.fill_diagonal(move, 1 - change)
    log, step = np.log(likely), np.log(move)
    forward, back = [np.log(1 / states) + log[0]], [np.zeros(states)]
    for s in range(1, n):
        forward.append(log[s] + logsumexp(forward[-1][:, None] + step, axis=0))
        back.insert(0, logsumexp(step + log[n - s] + back[0], axis=1))
    both = np.array(forward) + np.array(back)
    return np.exp(both - logsumexp(both, axis=1, keepdims=True))


def unchanged_twin(column, rate, least, noise):
    parts = [[rate, column[0], 4 * noise**2], [0, 0, 4 * noise**2], [0, 0, 4 * noise**2]]
    found = [False]
    for v in column[1:]:
        fits = [p for p in parts if p[0] > 0 and (v - p[1]) ** 2 < 6.25 * p[2]]
        best = max(fits, key=lambda p: p[0] ** 2 / p[2]) if fits else None
        found.append(best is not None and best[0] >= least)
        if best is None:
            best = min(parts, key=lambda p: p[0])
            best[:] = [0.0, v, 4 * noise**2]
        for p in parts:
            p[0] *= 1 - rate
        best[0] += rate
        step, off = min(rate / best[0], 1.0), v - best[1]
        best[1] += step * off
        best[2] = max(best[2] + step * (off * off - best[2]), noise**2)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_kernels_do_what_their_twins_do(seed):
    rng = np.random.default_rng(seed)
    columns = rng.choice([20.0, 60.0, 90.0, 150.0, 200.0], (6, 30)) + 5 * rng.standard_normal((6, 30))
    columns = np.repeat(columns, 2, axis=1).astype(np.float32)
    means, spreads = np.array(LEVELS.means), np.array(LEVELS.spreads)
    found = pb._fading(columns, means, spreads, 0.4, 0.2)
    for column, likely in zip(columns, found):
        assert likely == pytest.approx(fading_twin(column, means, spreads, 0.4, 0.2), abs=2e-4)
    marked = pb._unchanged(columns, 0.2, 0.4, 5.0)
    for column, here in zip(columns, marked):
        assert here.tolist() == unchanged_twin(column, 0.2, 0.4, 5.0)


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
