"""The page of an ensemble: the cell, the fit, each predicted cell, and what stands beside them."""

import numpy as np
import pytest

from microsim.analysis.ensemble import EnsembleRun, MeasuredCell
from microsim.analysis.ensemble_fit import FittedParameters
from microsim.case.ensemble import read_ensemble
from microsim.jobs.ensemble import CellOfParticles, EnsembleResult
from microsim.maps.particle_series import ParticleSeries, calibrate_shift
from microsim.report.pages import ensemble as page

from ...ensembles import small
from ..reading import check_page, text_of

T = np.linspace(0, 36000, 201)
NAMES = ["cell_lithium", "cell_half_way", "cell_voltage", "exchange_current"]


def cell(title, measured=True):
    sto = np.array([np.clip(0.9 - (T - at) / 9000, 0.1, 0.9) for at in (2000, 9000, 17000)])
    series = [ParticleSeries(f"p{k}", T[::8], 4 * (0.9 - x[::8]) / 0.8) for k, x in enumerate(sto)]
    calibration = calibrate_shift(series, T[-1], (0.9, 0.1))
    seen = MeasuredCell(series, calibration, (T, 4.1 - T * 1e-6), ["A remark on the anchors."])
    run = EnsembleRun(T, 4 - T * 1e-6, sto, np.array([0.2, 0.3, 0.5]))
    field = type("Cell", (), {"title": title})()
    return CellOfParticles(field, run, seen if measured else None, calibration.levels(), (0.9, 0.1), None)


def result(fields, fitted=None, band=None):
    spec = read_ensemble(small())
    return EnsembleResult(spec, spec.active(), fields, fitted, band)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    fitted = FittedParameters(("low",), np.array([1e-3]), np.array([-4.0]), np.array([[0.04]]), 12.0, 10, 9)
    sto = np.linspace(0.01, 0.99, 50)
    found = result([cell("ours"), cell("theirs")], fitted, (sto, 1 - sto, 0.8 - 0.7 * sto, 1.2 - sto))
    folder = tmp_path_factory.mktemp("page")
    found.write(folder)
    return folder


def test_the_page_is_whole(folder):
    check_page(
        folder / "report.html", [*NAMES, *(f"blind_1_{name}" for name in ("lithium", "half_way", "voltage"))]
    )


def test_it_says_what_holds(folder):
    said = text_of(folder / "report.html")
    assert "one after another" in said and "A remark on the anchors." in said
    assert "predicted: nothing of it was fitted" in said and "theirs" in said
    assert "Identifiable" in said and "yes" in said


def test_without_measurements_there_is_nothing_beside(tmp_path):
    result([cell("ours", measured=False)]).write(tmp_path)
    assert {p.stem for p in (tmp_path / "figures").iterdir()} == {"cell_lithium", "cell_voltage"}


def test_figures_hold_both_sides():
    ours = cell("ours")
    both = page.lithium_figure(ours)
    sigma = f"Measured (σ {ours.measured.calibration.sigma_sto:.4f})"
    assert [axes.get_title(loc="left") for axes in both.axes] == [sigma, "Simulated"]
    assert len(page.lithium_figure(cell("ours", measured=False)).axes) == 1
    points = page.half_way_figure(cell("ours")).axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(points[:, 0], points[:, 1], atol=0.05)
