"""The look of every figure: colours, limits, scale; matplotlib's own settings stay."""

import io
import subprocess
import sys
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib import colors, image

from microsim.base.quantities import FIELDS, MAPS
from microsim.report.png import to_png
from microsim.report.style import (
    DPI,
    OUTSIDE,
    SCREEN_DPI,
    STYLE,
    colour_map,
    legend_name,
    limits,
    new_figure,
    panel_grid,
    phase_colours,
    plane_edges,
    png_size,
    show_section,
    styled,
    symmetric_limit,
)


def test_every_phase_has_its_own_colour():
    names = ("pore", "am", "cbd", "crack", "one", "two", "three", "four", "five")
    assert len(set(phase_colours(names).values())) == len(names)


@styled
def small_figure():
    figure = new_figure(2.0, 3.0)
    figure.subplots().plot([1, 2], [3, 4])
    return figure


def test_a_png_is_the_same_again_and_leaves_matplotlibs_settings_alone():
    with matplotlib.rc_context({"font.size": 7.5, "axes.labelsize": 30.0, "figure.facecolor": "red"}):
        before = dict(matplotlib.rcParams)
        png = to_png(small_figure())
        assert dict(matplotlib.rcParams) == before
    assert png == to_png(small_figure()) and png.startswith(b"\x89PNG")
    pixels = image.imread(io.BytesIO(png), "png")
    assert png_size(png) == tuple(round(n * SCREEN_DPI / DPI) for n in (pixels.shape[1], pixels.shape[0]))
    assert pixels[0, 0, :3] == pytest.approx(1.0)  # white, not the user's red


def test_styled_settings_hold_while_drawing_only():
    @styled
    def size():
        return matplotlib.rcParams["font.size"]

    with matplotlib.rc_context({"font.size": 7.5}):
        assert size() == STYLE["font.size"] and matplotlib.rcParams["font.size"] == 7.5
    assert size.__name__ == "size"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.linspace(0, 1, 1001), (0.005, 0.995, "both")),
        (np.r_[np.full(999, 0.0), np.linspace(0, 1, 1)], (-1e-5, 1e-5, "neither")),
        (np.r_[np.linspace(0, 1, 999), 50.0, np.nan], (0.005, 0.995, "both")),
        (np.full(5, 0.3), (0.297, 0.303, "neither")),
        (np.full(4, np.nan), (0.0, 1.0, "neither")),
        (np.repeat([0.0, 1.0], 50), (0.0, 1.0, "neither")),
    ],
)
def test_limits_leave_out_the_outermost_voxels(values, expected):
    low, high, extend = limits(values)
    assert (low, high) == pytest.approx(expected[:2], abs=3e-3 if extend == "both" else 1e-9)
    assert extend == expected[2]


def test_a_scale_about_zero_is_the_larger_side():
    limit, extend = symmetric_limit(np.r_[np.linspace(-2, 1, 3001), np.nan])
    assert limit == pytest.approx(1.97, abs=0.01) and extend == "min"
    assert symmetric_limit(np.zeros(3)) == symmetric_limit(np.array([np.nan])) == (1e-3, "neither")


def test_a_section_is_drawn_to_scale():
    edges = plane_edges((4, 5, 6), (1e-6, 2e-6, 3e-6), (0.0, 1e-6, 0.0), (0, 1))
    assert edges == pytest.approx([0, 4, 1, 11])
    shown = show_section(
        new_figure(2.0).subplots(), np.arange(20).reshape(4, 5), edges, cmap=colour_map("gray")
    )
    assert shown.get_array().shape == (5, 4) and shown.get_extent() == pytest.approx(edges)
    assert shown.get_cmap()(np.ma.masked) == pytest.approx(colors.to_rgba(OUTSIDE))


@pytest.mark.parametrize("width", [1.0, 1.5, 2.0, 6.0])
def test_numbers_below_a_narrow_section_do_not_touch(width):
    drawn = new_figure(2.0, width)
    axes = drawn.subplots()
    show_section(axes, np.zeros((40, 40)), (0, 200, 0, 200))
    drawn.draw_without_rendering()
    ends = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(ends) > 1 and all(a.x1 < b.x0 for a, b in pairwise(ends))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("aspect", [0.2, 1.0, 3.0])
def test_a_grid_of_panels_holds_all_and_no_empty_line(count, aspect):
    columns, lines, height = panel_grid(count, aspect)
    assert columns * (lines - 1) < count <= columns * lines and 0.9 <= height <= 4.0


@pytest.mark.parametrize(
    "name", ["po$re", "$x$", r"$\frac{$", r"\alpha", "$", "$$", "\u5b54\u9699", "_pore", "<b>&"]
)
def test_any_name_is_drawn_as_it_is_written(name, recwarn):
    figure = new_figure(2.0)
    axes = figure.subplots()
    axes.plot([1, 2], label=legend_name(name))
    axes.set(title=name, xlabel=f"{name} (\u00b5m)")
    legend = axes.legend()
    assert to_png(figure).startswith(b"\x89PNG") and not recwarn.list
    assert [text.get_text().strip() for text in legend.get_texts()] == [name]
    assert not axes.title.get_parse_math() or "$" not in name


def test_our_own_formulas_and_decades_are_still_set():
    figure = new_figure(2.0)
    axes = figure.subplots()
    axes.loglog([1, 1e4], [1, 1e3])
    axes.set(xlabel=r"Re $Z\kappa/L$")
    mark = axes.annotate("$10^{-2}$", (10, 10))
    to_png(figure)
    ticks = [text for text in axes.get_xticklabels() if "mathdefault" in text.get_text()]
    assert ticks and all(text.get_parse_math() for text in [mark, axes.xaxis.label, *ticks])


@pytest.mark.parametrize("what", [*FIELDS.values(), *MAPS.values()], ids=lambda what: what.name)
def test_the_symbol_of_a_quantity_is_set_as_a_formula(what):
    figure = new_figure(2.0)
    axes = figure.subplots()
    axes.set(xlabel=what.title, ylabel=what.axis)
    to_png(figure)
    assert axes.xaxis.label.get_parse_math() and axes.yaxis.label.get_parse_math()


# whether the artists of a new process have their manuals, and those that are made after the first figure
MANUALS = """
from microsim.report.style import new_figure
new_figure(1.0, 1.0)
from matplotlib.axes import Axes
from matplotlib.artist import Artist
class Later(Artist):
    pass
print([bool(kind.set.__doc__) for kind in (Axes, Later)])
"""


@pytest.mark.parametrize(
    "before, told",
    [
        ("", [False, True]),
        ("import matplotlib.pyplot", [True, True]),
        ("import sys; sys.ps1 = ''", [True, True]),
    ],
)
def test_manuals_of_artists_are_left_out_where_nobody_reads_them(before, told):
    command = [sys.executable, "-c", before + MANUALS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(told)
