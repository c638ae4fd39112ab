"""Ticks that are drawn together are those of matplotlib: as many, where they were, with their looks."""

import numpy as np
import pytest

from microsim.report.printing import Vectors, vector_of, vectors_too
from microsim.report.style import DPI, new_figure, styled
from microsim.report.ticks import join_ticks


@styled
def axes_of(kind):
    axes = new_figure(3.0, 4.0).subplots()
    axes.plot([1, 40], [0.01, 300.0])
    axes.grid(True)
    if kind == "log":
        axes.set(yscale="log", xscale="log")
        axes.grid(True, which="minor")
    if kind == "both sides":
        axes.tick_params(top=True, right=True, labelright=True, labelbottom=False, direction="inout", pad=9)
    if kind == "turned":
        axes.set_xticks([1, 20, 39], ["a $b$ c", "", "long name"], rotation=30, ha="right")
        axes.invert_yaxis()
    if kind == "offset":
        axes.ticklabel_format(style="sci", scilimits=(0, 0), useMathText=True)
        axes.set_xlim(3, 7.5)
    return axes


@styled
def drawn(axes, *, joined):
    figure = axes.get_figure()
    figure.set_dpi(DPI)
    undo = [join_ticks(axis) for axis in (axes.xaxis, axes.yaxis)] if joined else []
    for axis in (axes.xaxis, axes.yaxis):
        for label in [] if joined else axis.get_ticklabels():
            label.set_parse_math("mathdefault" in label.get_text())
    figure.canvas.draw()
    for part in undo:
        part()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


@pytest.mark.parametrize("kind", ["plain", "log", "both sides", "turned", "offset"])
def test_the_pixels_are_the_same_and_stay_so(kind):
    ours, theirs = axes_of(kind), axes_of(kind)
    expected = drawn(theirs, joined=False)
    assert (drawn(ours, joined=True) == expected).all()
    assert (drawn(ours, joined=False) == drawn(theirs, joined=False)).all()  # ticks of its own again


def test_an_axis_makes_one_tick_for_all(monkeypatch):
    from matplotlib.axis import Axis

    make, made = Axis._get_tick, []
    monkeypatch.setattr(Axis, "_get_tick", lambda axis, major: made.append(major) or make(axis, major))
    axes = axes_of("plain")
    drawn(axes, joined=True)
    assert made.count(True) <= 2


def test_a_vector_after_a_picture_has_all_ticks():
    from microsim.report.png import to_png

    def svg(first):
        axes = axes_of("log")
        if first:
            to_png(axes.get_figure())
        with vectors_too(Vectors("svg")):
            return vector_of(axes.get_figure(), "it")["it.svg"]

    assert svg(first=True) == svg(first=False)
