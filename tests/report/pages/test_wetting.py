"""The page of wetting: filling over time, what stays dry, and when the liquid comes."""

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.report.pages import wetting as page

from ..reading import check_page, check_volume_page, text_of

GIVEN = ("--permeability-m2", "2e-14")


@pytest.fixture(scope="module")
def written(page_of, electrode):
    return page_of("wetting", electrode, *GIVEN)


def test_the_page_is_whole(written, electrode):
    check_volume_page(*written, electrode, ["arrival", "phases", "saturation"])


def test_the_page_says_what_stays_dry_and_the_liquid(written):
    path, numbers = written
    text = text_of(path)
    for said in (f"{100 * numbers['share_never_wetted']:.1f} %", "2 × 10⁻¹⁴ m² (given)", "0.03 N m⁻¹"):
        assert said in text


def test_a_liquid_that_does_not_come_in_is_said(page_of, electrode):
    path, _ = page_of("wetting", electrode, *GIVEN, "--contact-angle-deg", "150")
    assert "The liquid does not come in." in text_of(path)
    check_page(path, ["phases"])


def test_the_figure_is_the_filling_over_time(written):
    numbers = written[1]
    (axes,) = page.figure(result=numbers).axes
    line = next(line for line in axes.lines if line.get_label() == "computed")
    assert line.get_ydata() == pytest.approx(100 * np.array(numbers["saturation"]))


def test_arrival_shows_what_is_never_wetted():
    grid = VoxelGrid(np.zeros((6, 5, 3), np.uint8), ("pore",), (1e-6,) * 3)
    arrival = np.broadcast_to(np.linspace(1e-3, 6e-3, 6)[:, None, None], grid.shape).copy()
    arrival[3, 2, 1], arrival[4, 2, 1] = np.inf, np.nan
    figure = page.arrival_figure(arrival, grid, 0)
    image = figure.axes[0].images[0]
    shown = image.get_array()
    assert not np.ma.getmaskarray(shown)[2, 3] and np.ma.getmaskarray(shown)[2, 4]
    assert shown[2, 3] > image.norm.vmax and figure.axes[0].get_legend() is not None
    assert "ms" in figure.axes[1].get_ylabel()
