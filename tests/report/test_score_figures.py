"""The figure of what an agreement is worth shows the noise, naive maps and particles where they are known."""

import numpy as np

from microsim.maps.compare import compare_maps
from microsim.maps.map import SocMap
from microsim.report.score_figures import worth_figure

VALUES = np.random.default_rng(0).random((6, 5, 4))


def compared(sigma):
    given = None if sigma is None else np.full(VALUES.shape, sigma)
    other = VALUES + np.random.default_rng(1).normal(0, 0.1, VALUES.shape)
    return compare_maps(SocMap(VALUES, (1e-6,) * 3), SocMap(other, (1e-6,) * 3, sigma=given))


def test_noise_is_drawn_where_it_is_known(run):
    noisy, other = worth_figure(run["comparisons"][0]).axes, worth_figure(compared(None)).axes
    assert len(noisy) == 3 and len(other) == 2
    floor = run["comparisons"][0].scores.floor["rmse"]
    assert [line.get_xdata()[0] for line in noisy[0].lines if len(set(line.get_xdata())) == 1][-1] == floor
    assert "noise" in noisy[1].get_xlabel() and "noise" not in other[1].get_xlabel()


def test_every_naive_map_has_a_bar():
    found = compared(0.1)
    bars = [patch.get_width() for patch in worth_figure(found).axes[0].patches]
    naive = [value for value in found.scores.naive_rmse.values() if value is not None]
    assert bars == [found.metrics["rmse"], *naive]


def test_equal_maps_have_a_figure():
    same = SocMap(VALUES, (1e-6,) * 3)
    assert worth_figure(compare_maps(same, same)).axes
