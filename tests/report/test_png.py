"""A PNG has the pixels that matplotlib draws by itself, cut to what is drawn, with nothing lost."""

import io

import numpy as np
import pytest
from PIL import Image

from microsim.report.png import to_png
from microsim.report.style import DPI, PAD, new_figure, styled

WORDS = "A long title that goes on beyond the axes and the figure " * 3


@styled
def figure_with(*, title="", layout="constrained"):
    """A figure of what changes while it is laid out: tick labels, a shared axis, a colour bar, a legend."""
    figure = new_figure(3.0, 6.0, layout=layout)
    (upper, lower), (high, low) = figure.subplots(2, 2, sharex="col", width_ratios=[2, 3]).T
    image = upper.imshow(np.arange(600.0).reshape(20, 30), aspect="equal")
    figure.colorbar(image, ax=upper, extend="both", label="Label")
    lower.semilogy([0, 29], [1e-3, 1e4], label="line")
    lower.set(title=title, xlabel="x", ylabel="y")
    for axes in (high, low):
        axes.plot([0, 1e5], [0, 12345.6])
        axes.set_title("A title that\nleaves little room:\nits axes change their\nticks")
    figure.legend(loc="outside right center")
    return figure


def pixels_of(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def ink(pixels):
    """Cut pixels to those that are not white."""
    rows, columns = (np.flatnonzero((pixels < 255).any(2).any(axis)) for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@styled
def drawn_by_matplotlib(figure):
    figure.set_dpi(DPI)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


@pytest.mark.parametrize("layout", ["constrained", "compressed"])
def test_the_pixels_are_those_of_matplotlib(layout):
    theirs = ink(drawn_by_matplotlib(figure_with(layout=layout)))
    ours = pixels_of(to_png(figure_with(layout=layout)))
    pad = round(PAD * DPI)
    assert (ours[pad:-pad, pad:-pad] == theirs).all()
    assert all((edge == 255).all() for edge in (ours[:pad], ours[-pad:], ours[:, :pad], ours[:, -pad:]))


def test_words_that_go_beyond_the_figure_are_kept():
    assert pixels_of(to_png(figure_with(title=WORDS))).shape[1] > 1.5 * DPI * 6.0
    assert pixels_of(to_png(figure_with())).shape[1] <= DPI * 6.0


def test_what_is_changed_after_a_png_is_in_the_next_one():
    ours, theirs = figure_with(), figure_with()
    before = ink(pixels_of(to_png(ours)))
    assert (before == ink(drawn_by_matplotlib(theirs))).all()
    for figure in (ours, theirs):
        figure.axes[1].set(xlim=(0, 5), ylabel="two\nlines")
    after = ink(pixels_of(to_png(ours)))
    assert after.shape != before.shape or (after != before).any()
    assert (after == ink(drawn_by_matplotlib(theirs))).all()


def test_readers_find_a_whole_png_of_its_resolution():
    png = to_png(figure_with())
    with Image.open(io.BytesIO(png)) as image:
        image.verify()  # the sums of its chunks
        assert image.mode == "RGB" and image.info["dpi"] == pytest.approx((DPI, DPI), rel=1e-3)


def test_an_empty_figure_is_a_whole_one():
    assert pixels_of(to_png(new_figure(1.0, 2.0))).shape[:2] == (DPI, 2 * DPI)


def test_ticks_are_placed_once_for_each_place(monkeypatch):
    from microsim.report.ticks import JoinedTicks

    place, calls = JoinedTicks.place, []

    def counted(ticks):
        calls.append(ticks)
        return place(ticks)

    monkeypatch.setattr(JoinedTicks, "place", counted)
    figure = figure_with()
    to_png(figure)
    assert 0 < len(calls) <= 2 * 4 * 2 * len(figure.axes)  # major and minor, three places, a colour bar's


@styled
def plain_figure():
    """A figure whose tick labels stay the same wherever the layout tries its axes."""
    figure = new_figure(3.0, 6.0)
    for axes in figure.subplots(1, 3):
        axes.plot([0, 10], [0, 1])
        axes.set(xticks=[0, 5, 10], yticks=[0, 1], xlabel="x", ylabel="y")
    return figure


def test_axes_whose_tick_labels_stay_are_measured_once_and_lie_where_matplotlib_lays_them(monkeypatch):
    from matplotlib.axes import Axes

    measure, calls = Axes.get_tightbbox, []

    def counted(axes, *args, **how):
        calls.append(axes)
        return measure(axes, *args, **how)

    monkeypatch.setattr(Axes, "get_tightbbox", counted)
    ours, theirs = plain_figure(), plain_figure()
    to_png(ours, {})
    assert len(calls) == len(ours.axes)
    drawn_by_matplotlib(theirs)
    for one, other in zip(ours.axes, theirs.axes, strict=True):
        assert np.allclose(one.bbox.get_points(), other.bbox.get_points(), rtol=0, atol=2)  # pixels


@styled
def figure_with_words_that_run_out():
    figure = new_figure(3.0, 6.0)
    axes = figure.subplots()
    axes.set(xticks=[], yticks=[])
    axes.text(0.7, 0.5, "words that go on and on and on and on and on")
    return figure


def test_words_that_run_out_of_axes_are_measured_wherever_the_layout_tries_these():
    theirs = ink(drawn_by_matplotlib(figure_with_words_that_run_out()))
    assert (ink(pixels_of(to_png(figure_with_words_that_run_out()))) == theirs).all()


@styled
def figure_of_words(size, angle):
    figure = new_figure(1.0, 2.0)
    figure.text(0.5, 0.5, "words", fontsize=size, rotation=angle, ha="center")
    return figure


def test_figures_that_share_how_texts_are_set_are_those_that_do_not():
    known, looks = {}, [(8, 0), (8, 90), (12, 0), (8, 0)]
    shared = [to_png(figure_of_words(*look), known) for look in looks]
    assert len(known) == 3
    assert shared == [to_png(figure_of_words(*look)) for look in looks]
