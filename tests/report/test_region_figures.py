"""Figures of transport by depth and by size show each slab's and each size's values where they lie."""

import numpy as np
import pytest

from microsim.report.region_figures import depth_figure, sizes_figure
from microsim.transport.regions import Estimate, Region, SizeResult

from .texts import texts_on_each_other


def regions():
    tau = [{"x": 2.0, "y": 3.0, "z": 4.0}, {"x": None, "y": 5.0, "z": 6.0}]
    D = {"x": 0.1, "y": 0.1, "z": 0.1}
    return [Region(k * 1e-5, (k + 1) * 1e-5, 0.3 + 0.1 * k, tau[k], D, None, 0.1) for k in range(2)]


@pytest.mark.parametrize(("sized", "ends"), [(True, [0, 10, 20]), (False, [0, 1e-5, 2e-5])])
def test_slabs_are_steps_over_the_depth(sized, ends):
    figure = depth_figure(regions(), sized=sized)
    fraction, tau = figure.axes
    (eps,) = fraction.patches
    assert eps.get_data().values.tolist() == pytest.approx([0.3, 0.4])
    assert eps.get_data().edges == pytest.approx(ends) and fraction.get_xlim() == pytest.approx((0, ends[-1]))
    drawn = {patch.get_label(): patch.get_data().values for patch in tau.patches}
    assert drawn["along y"].tolist() == [3, 5] and drawn["along z"].tolist() == [4, 6]
    assert drawn["along x"][0] == 2 and np.isnan(drawn["along x"][1])  # nothing percolates
    assert ("µm" in tau.get_xlabel()) is sized and texts_on_each_other(figure) == []


def test_sizes_have_mean_spread_and_interval():
    none = Estimate(0, *[None] * 4)
    eps, tau = (Estimate(1, value, None, None, None) for value in (0.42, 2.5))
    sizes = [
        SizeResult(16, 1e-5, 8, 0, Estimate(8, 0.4, 0.1, 0.35, 0.45), none, none, ()),
        SizeResult(32, 2e-5, 1, 1, eps, tau, none, ()),
    ]
    figure = sizes_figure(sizes)
    eps, tau = figure.axes
    spread, interval, means = eps.lines
    assert list(spread.get_xdata()) == [16, 16] and spread.get_ydata() == pytest.approx([0.3, 0.5])
    assert interval.get_ydata() == pytest.approx([0.35, 0.45])
    assert means.get_xdata().tolist() == [16, 32] and means.get_ydata().tolist() == [0.4, 0.42]
    (only,) = tau.lines  # the smaller ones do not percolate
    assert only.get_xdata().tolist() == [32] and only.get_ydata().tolist() == [2.5]
    assert texts_on_each_other(figure) == []
