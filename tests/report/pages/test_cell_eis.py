"""The page of a cell's impedance: arcs without the last rise, relaxation times, where the current reacts."""

import re

import numpy as np
import pytest
from matplotlib.text import Text

from microsim.impedance.relaxation import relaxation_times
from microsim.mesh.grid import VoxelGrid
from microsim.report.pages import cell_eis as page

from ..reading import check_page, text_of
from ..texts import texts_on_each_other

FREQ = np.geomspace(1e-3, 1e5, 81)
W = 2j * np.pi * FREQ
Z = 1e-4 * (1 + 2 / (1 + W * 1e-2) + 1 / (50 * W))  # ohm m2: one arc, then the rise of a capacity
RESULT = {
    "title": "A cell",
    "case_sha256": "c" * 64,
    "state": "at the start",
    "voltage_V": 3.8123,
    "current_density_A_m2": 0.0,
    "double_layer_F_m2": 0.2,
    "iterations": [3, 4],
    "peak_memory_bytes": 812_345_678,
    "kramers_kronig_residual": 0.00123,
    "relaxation_peaks": [{"tau_s": 1e-2, "resistance_ohm_m2": 2e-4}],
}


def spectrum(layers):
    reaction = np.full((FREQ.size, layers), 1 / layers, complex)
    return page.CellSpectrum(FREQ, Z, relaxation_times(FREQ, Z), reaction, 16e-6)


@pytest.mark.parametrize(("layers", "more"), [(1, []), (8, ["phases", "reaction_depth"])])
def test_the_page_is_whole(layers, more, tmp_path):
    shape = (8, 1, 1) if layers == 1 else (8, 4, 4)
    grid = VoxelGrid(np.zeros(shape, np.uint8), ("am",), (2e-6,) * 3)
    path = page.write(tmp_path, grid=grid, case={"title": "A cell"}, result=RESULT, spectrum=spectrum(layers))
    check_page(path, ["nyquist", "bode", "relaxation", *more])
    text = text_of(path)
    for said in ("3.812", "at the start", "0.12 %", "0.0100 15.9 2.00", "|Z| at 100 000 Hz", "0.200 F m⁻²"):
        assert said in text
    assert not re.search(r"\de[+-]\d", text)  # powers of ten as elsewhere on the pages


def test_a_spectrum_that_no_test_can_fail_has_a_page_without_one(tmp_path):
    result = RESULT | {"kramers_kronig_residual": None}
    grid = VoxelGrid(np.zeros((8, 1, 1), np.uint8), ("am",), (2e-6,) * 3)
    path = page.write(tmp_path, grid=grid, case={"title": "A cell"}, result=result, spectrum=spectrum(1))
    assert "3.812" in text_of(path) and "Kramers" not in text_of(path)


def test_the_right_panel_ends_before_the_last_rise():
    whole, arcs = (axes.lines[0] for axes in page.figure(spectrum=spectrum(8)).axes)
    assert whole.get_xydata()[:, 1].max() == pytest.approx(1e4 * (-Z.imag).max())
    assert arcs.get_xydata()[:, 0].max() == pytest.approx(3.0, abs=0.1)
    assert arcs.get_xydata()[:, 1].max() < 1.5


def test_the_reaction_is_drawn_over_that_of_a_uniform_one():
    image = page.reaction_depth_figure(spectrum(8)).axes[0].collections[0]
    assert np.asarray(image.get_array()) == pytest.approx(np.ones((8, FREQ.size)))


def two_arcs():
    """Two arcs close to the origin and a slow rise: few places for a label."""
    freq = np.geomspace(1e-2, 1e4, 31)
    w = 2j * np.pi * freq
    Z = 1e-4 * (0.7 + 4 / (1 + w * 6e-5) + 9 / (1 + w * 2e-3) + 3 / np.sqrt(w))
    return page.CellSpectrum(freq, Z, relaxation_times(freq, Z), np.ones((freq.size, 1), complex), 16e-6)


@pytest.mark.parametrize("spectrum", [lambda: spectrum(8), two_arcs])
def test_labels_lie_on_nothing(spectrum):
    nyquist, relaxation = page.figure(spectrum=spectrum()), page.relaxation_figure(spectrum())
    for figure in (nyquist, relaxation):
        assert texts_on_each_other(figure) == []
    for axes in nyquist.axes:
        curve = axes.transData.transform(axes.lines[0].get_xydata())
        points = np.concatenate([np.linspace(a, b, 50) for a, b in zip(curve[1:], curve[:-1])])
        renderer = nyquist.canvas.get_renderer()
        boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]  # without a line to its point
        assert len(boxes) >= 2
        assert [box.count_contains(points) for box in boxes] == [0] * len(boxes)


def test_a_label_near_an_end_of_the_axis_stays_inside():
    slow = 1e-4 * (1 + 2 / (1 + W * 1e-2) + 3 / (1 + W * 100))
    found = page.CellSpectrum(FREQ, slow, relaxation_times(FREQ, slow), np.ones((FREQ.size, 1)), 16e-6)
    figure = page.relaxation_figure(found)
    figure.canvas.draw()
    (axes,) = figure.axes
    first = min(text.get_window_extent().x0 for text in axes.texts)
    assert len(axes.texts) == 2 and first > axes.get_window_extent().x0
