"""The page of transport: tau and the flux map of each axis, the tensor, and no path said in words."""

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.report.pages import transport as page
from microsim.transport.flux import flux_figures, flux_map
from microsim.transport.tortuosity import solve_tortuosity

from ..reading import check_page, check_volume_page, text_of


@pytest.fixture(scope="module")
def written(page_of, electrode):
    return page_of("transport", electrode, "--axis", "all", "--tensor")


def test_the_page_is_whole(written, electrode):
    check_volume_page(*written, electrode, ["flux_x", "flux_y", "flux_z", "phases"])


def test_the_page_says_the_numbers_of_every_axis_and_of_the_tensor(written):
    path, numbers = written
    text = text_of(path)
    for row in numbers["axes"].values():
        assert f"{row['tau']:#.4g}" in text and f"{row['D_eff_over_D0']:#.4g}" in text
    for row in numbers["flux"].values():
        assert f"{row['tau_lines']:#.4g}" in text and f"{row['constrictivity']:#.4g}" in text
    for value in numbers["tensor"]["principal_values"]:
        assert f"{value:.4f}" in text


def test_no_path_is_said(page_of, walled):
    path, _ = page_of("transport", walled)
    assert "no path" in text_of(path)
    check_page(path, ["phases"])


def test_the_figure_shows_where_the_flux_is():
    """Two straight channels, one of half the conductivity: the fluxes are 4/3 and 2/3 of their mean."""
    phase = np.zeros((6, 3, 4), np.uint8)
    phase[:, :, 1::2], phase[:, :, 2] = 1, 2
    grid, conducting = VoxelGrid(phase, ("pore", "am", "cbd"), (1e-6,) * 3), {"pore": 1.0, "cbd": 0.5}
    solved = solve_tortuosity(grid, conducting, 0, potential=True)
    flux = flux_map(solved.potential, grid, conducting, 0)
    figures = flux_figures(flux, grid, conducting, 0, solved)
    drawn = page.figure(grid=grid, conducting=conducting, flux=flux, figures=figures, axis="x")
    shown = np.ma.filled(drawn.axes[0].images[0].get_array(), np.nan)  # rows are z
    assert shown[[0, 2]] == pytest.approx(np.repeat([[4 / 3], [2 / 3]], 6, axis=1), rel=1e-3)
    assert np.isnan(shown[[1, 3]]).all()
