"""Figures of a comparison of two maps: in their place, on one colour scale, however small."""

import numpy as np
import pytest

from microsim.maps.compare import compare_maps
from microsim.maps.map import SocMap
from microsim.report import map_figures
from microsim.report.png import to_png

from .reading import room_behind_bars


def images_of(figure):
    return [axes.images[0] for axes in figure.get_axes() if axes.images]


def test_comparison_maps_keep_their_origin():
    ours = SocMap(np.random.default_rng(0).random((8, 8, 8)), (1e-6,) * 3)
    theirs = SocMap(np.random.default_rng(1).random((3, 3, 3)), (1e-6,) * 3, (2e-6, 1e-6, 4e-6))
    comparison = compare_maps(ours, theirs)
    extents = [image.get_extent() for image in images_of(map_figures.comparison_maps_figure(comparison))]
    np.testing.assert_allclose(extents, [[2, 5, 1, 4]] * 3 + [[2, 5, 4, 7]] * 3)
    assert map_figures.fullest_layer(comparison, 2) == (1, pytest.approx(5.5))


def test_a_colour_bar_has_room_before_the_next_panel():
    """Of a deep map, whose bars stand at its right."""
    ours, theirs = (SocMap(np.random.default_rng(k).random((4, 8, 8)), (1e-6,) * 3) for k in (0, 1))
    comparison = compare_maps(ours, theirs)
    for draw in (map_figures.comparison_maps_figure, map_figures.agreement_figure):
        assert room_behind_bars(draw(comparison)) > 0.15


def test_fullest_layer_holds_most_voxels():
    theirs = np.full((3, 3, 4), np.nan)
    theirs[0, 0, :], theirs[:, :, 3] = 1.0, 2.0
    comparison = compare_maps(SocMap(np.ones((3, 3, 4)), (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3))
    assert map_figures.fullest_layer(comparison, 2) == (3, pytest.approx(3.5))


@pytest.mark.parametrize("values", [np.ones((1, 1, 1)), np.full((2, 2, 2), 0.3)])
def test_smallest_comparison_can_be_drawn(values):
    """One voxel, or constant maps: no spread, no correlation, and still figures."""
    comparison = compare_maps(SocMap(values, (1e-6,) * 3), SocMap(values, (1e-6,) * 3))
    for figure in (
        map_figures.comparison_maps_figure(comparison),
        map_figures.agreement_figure(comparison),
        map_figures.comparison_depth_figure(comparison),
    ):
        assert to_png(figure).startswith(b"\x89PNG")


def test_one_shared_voxel_can_be_drawn():
    ours, theirs = np.full((4, 3, 2), np.nan), np.linspace(0, 1, 24).reshape(4, 3, 2)
    ours[2, 1, 0] = 0.5
    comparison = compare_maps(SocMap(ours, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3))
    assert comparison.metrics["n_voxels"] == 1
    assert to_png(map_figures.agreement_figure(comparison)).startswith(b"\x89PNG")


def test_the_legend_of_the_parity_plot_is_beside_the_voxels():
    """A simulated map far below the measured one fills the lower right corner."""
    theirs = 0.8 + 0.1 * np.random.default_rng(0).random((6, 6, 6))
    for shift, place in ((-0.5, "upper left"), (0.5, "lower right")):
        comparison = compare_maps(SocMap(theirs + shift, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3))
        figure = map_figures.agreement_figure(comparison)
        figure.canvas.draw()
        axes = figure.axes[0]
        middle = axes.get_legend().get_window_extent()
        at = axes.transAxes.inverted().transform([(middle.x0 + middle.x1) / 2, (middle.y0 + middle.y1) / 2])
        assert (at[0] < 0.5, at[1] > 0.5) == (place == "upper left",) * 2


def test_differences_are_drawn_over_their_noise_and_the_floor_beside_the_voxels():
    """Noise 0.02 in one half, 0.1 in the other: the same colours for as many sigmas."""
    theirs = np.random.default_rng(0).random((6, 5, 4))
    sigma = np.full(theirs.shape, 0.02)
    sigma[3:] = 0.1
    one = SocMap(theirs, (1e-6,) * 3, (0, 0, 0), sigma)
    comparison = compare_maps(SocMap(theirs + sigma, (1e-6,) * 3), one)
    drawn = images_of(map_figures.comparison_maps_figure(comparison))
    for image in (drawn[2], drawn[5]):
        np.testing.assert_allclose(image.get_array(), 1.0)
        assert image.get_clim() == (-3.0, 3.0)
    parity = map_figures.agreement_figure(comparison).axes[0]
    assert "± 2 noise" in [text.get_text() for text in parity.get_legend().get_texts()]
    rms = np.sqrt((0.02**2 + 0.1**2) / 2)
    offsets = [line.get_xy1()[1] - line.get_xy1()[0] for line in parity.lines]
    assert sorted(offsets) == pytest.approx([-2 * rms, 0, 2 * rms])
    without = compare_maps(SocMap(theirs + sigma, (1e-6,) * 3), SocMap(theirs, (1e-6,) * 3))
    np.testing.assert_allclose(
        np.max(images_of(map_figures.comparison_maps_figure(without))[2].get_array()), 0.1
    )
    assert len(map_figures.agreement_figure(without).axes[0].lines) == 1
