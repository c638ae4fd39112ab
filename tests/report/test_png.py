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
