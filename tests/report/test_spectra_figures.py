"""Figures of spectra show the map in its place, the fit of the map, and the edge where it was found."""

import numpy as np
import pytest

from microsim.report import spectra_figures as figures
from microsim.report.pages.soc import example_voxels, figure

from .soc_pages import page_of


def test_the_map_shows_the_values_in_their_place():
    page = page_of("edge")
    where = figures.section_of(page.values)
    assert where == (2, 0)
    drawn = figure(page=page)
    shown = [
        axes.images[0].get_array()
        for axes in drawn.axes
        if axes.images and "colorbar" not in axes.get_label()
    ]
    assert np.ma.filled(shown[0], np.nan).T == pytest.approx(page.values[..., 0], nan_ok=True)
    assert np.ma.filled(shown[1], np.nan).T == pytest.approx(page.error[..., 0], nan_ok=True)
    assert drawn.axes[0].get_xlabel() == "x (µm)"
    assert figures.soc_maps_figure(page_of("edge", size=None), where).axes[0].get_xlabel() == "x (voxels)"


def test_the_fit_that_is_drawn_is_the_fit_of_the_map():
    for name in ("lcf", "sum"):
        page = page_of(name)
        voxel = example_voxels(page)[1]
        e, data, fit, parts = figures.fitted(page, page.mu.reshape(60, -1)[:, voxel])
        residual = np.sqrt(np.mean((data - fit) ** 2) / np.mean(data**2))
        assert residual == pytest.approx(page.measured.residual.ravel()[voxel], rel=1e-6)
        assert list(parts) == ["charged", "discharged"] and len(e) == 60


def test_the_edge_is_marked_where_it_was_found():
    page = page_of("edge")
    chosen = example_voxels(page)
    for axes, voxel in zip(figures.spectra_figure(page, chosen).axes, chosen):
        marks = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]
        assert page.measured.quantity.ravel()[voxel] == pytest.approx(marks[0])


def test_the_mean_spectrum_leaves_out_what_single_energies_lack():
    page = page_of("three")
    page.mu[3, :2] = np.nan  # drift moved these out of view at an energy that is not used
    assert np.isfinite(figures.mean_figure(page).axes[0].lines[0].get_ydata()).all()


@pytest.mark.parametrize(("shape", "columns"), [((60, 6, 1), 1), ((14, 12, 1), 3)])
def test_flat_maps_stand_one_above_another(shape, columns):
    page = page_of("edge", shape=shape)
    drawn = figures.soc_maps_figure(page, figures.section_of(page.values))
    drawn.draw_without_rendering()
    assert len({round(axes.get_position().x0, 3) for axes in drawn.axes[:3]}) == columns
    assert [axes.get_xlabel() != "" for axes in drawn.axes[:3]].index(True) == (2 if columns == 1 else 0)
