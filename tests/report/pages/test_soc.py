"""The page of microsim soc: every method makes a whole page without an empty part."""

import re

import numpy as np
import pytest

from microsim.maps.method import Method
from microsim.maps.soc_maps import calibration_from, measure_spectra, prepared, to_lithiation
from microsim.report import spectra_figures as figures
from microsim.report.pages.soc import SocPage, example_voxels, write

from ...nickel import ENERGIES, spectrum
from ..soc_pages import METHODS, page_of


def numbers_of(page):
    known = np.isfinite(page.values)
    return {
        "mean": page.values[known].mean(),
        "std": page.values[known].std(),
        "mean_weighted_by_jump": 0.5,
        "sigma_rms": float(np.nanmean(page.error)),
        "budget": page.found.budget if page.found else None,
        "voxels": page.found.counts if page.found else {"used": int(known.sum())},
        "residual_median": None,
        "largest_drift_voxels": 1.2,
        "calibration": {"file": "c.json"},
        "shape": page.values.shape,
        "voxel_size_m": page.voxel_size,
        "energies_eV": [8250.0, 8500.0, 60],
        "stack": "frames.tif",
        "stack_sha256": "0" * 64,
        "remarks": [],
    }


@pytest.mark.parametrize("name", METHODS)
def test_a_page_of_every_method_is_whole(name, tmp_path):
    page = page_of(name)
    text = write(tmp_path, page=page, result=numbers_of(page)).read_text()
    names = ["map", "histograms", "mean", "spectra", "calibration", "components"]
    assert sorted(p.stem for p in (tmp_path / "figures").glob("*.png")) == sorted(f"soc_{n}" for n in names)
    words = re.sub(r'base64,[^"]*', "", text)
    assert all(f'id="figure-soc_{n}"' in words for n in names) and not re.search(
        r"\bnan\b", words, re.IGNORECASE
    )
    assert "Lithiation x" in text and "c.json" in text


@pytest.mark.parametrize(("count", "said"), [(1, "1 voxel lies beyond"), (2, "2 voxels lie beyond")])
def test_what_lies_beyond_the_calibration_is_counted(tmp_path, count, said):
    page = page_of("edge")
    result = numbers_of(page) | {"voxels": {"used": 9, "beyond calibration": count}}
    assert said in write(tmp_path, page=page, result=result).read_text()


def test_a_page_without_calibration_shows_the_quantity(tmp_path):
    page = page_of("edge", size=None, calibrated=False)
    text = write(tmp_path, page=page, result=numbers_of(page) | {"calibration": None}).read_text()
    assert (
        "Edge energy (eV)" in text
        and 'id="figure-soc_calibration"' not in text
        and "Lithiation x" not in text
    )


def test_example_voxels_run_from_low_to_high():
    page = page_of("lcf")
    low, middle, high, worst = example_voxels(page)
    values = page.values.ravel()
    assert values[low] < values[middle] < values[high]
    assert page.measured.residual.ravel()[worst] == np.nanmax(
        page.measured.residual[np.isfinite(page.values)]
    )


def test_a_series_is_drawn_as_a_curve(tmp_path):
    states = np.linspace(0, 1, 40)
    mu = spectrum(ENERGIES, states)[..., None, None]
    method = prepared(Method("edge", normalised=True), mu, ENERGIES)
    measured = measure_spectra(mu, ENERGIES, method, 0.001)
    curve = calibration_from(method, ENERGIES, mu[..., 0, 0], states, 1e-3, degree=3)
    page = SocPage(ENERGIES, mu, 0.001, measured, to_lithiation(measured, curve), None, None, None, curve)
    line = figures.soc_maps_figure(page, figures.section_of(page.values)).axes[0].lines[0]
    assert line.get_xdata().tolist() == list(range(40)) and line.get_ydata() == pytest.approx(
        states, abs=0.02
    )
    assert len(figures.histograms_figure(page).axes) == 2  # normalised spectra: every edge jump is 1
    dots = next(
        part
        for part in figures.calibration_figure(page.calibration, page.measured.quantity).axes[0].lines
        if part.get_label() == "states"
    )
    assert np.c_[dots.get_data()] == pytest.approx(np.array(curve.states))
    assert "line of voxels" in write(tmp_path, page=page, result=numbers_of(page)).read_text()
