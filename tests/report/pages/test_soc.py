"""The page of microsim soc: every method's figures draw, hold what they say, and the page has no empty
part."""

import re

import numpy as np
import pytest

from microsim.maps.components import components
from microsim.maps.mixture import References
from microsim.maps.soc_maps import Method, calibration_from, masked, measure, prepared, to_lithiation
from microsim.maps.spectra import normalisation, normalise
from microsim.report import spectra_figures as figures
from microsim.report.pages.soc import SocPage, example_voxels, figure, write

from ...nickel import ENERGIES, spectrum

GRID = np.arange(8240.0, 8511.0)
PAIR = References(
    GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"), "refs.txt", "0" * 64
)
METHODS = {
    "edge": Method("edge"),
    "lcf": Method("lcf"),
    "sum": Method("lcf", sum_to_one=True),
    "three": Method("three-energy", three=(8325.0, 8348.0, 8456.0)),
}


def page_of(name, size=(4e-8,) * 3, calibrated=True):
    rng = np.random.default_rng(1)
    s = 0.2 + 0.6 * rng.random((14, 12, 1))
    thickness = np.where(rng.random(s.shape) < 0.6, 1.0, 0.05)
    mu = 0.2 + thickness * spectrum(ENERGIES, s) + 0.01 * rng.standard_normal((60, *s.shape))
    options = {"references": PAIR, "numbers": [0.0, 1.0]} if METHODS[name].name == "lcf" else {}
    method = prepared(METHODS[name], mu, ENERGIES, PAIR)
    if name == "three":
        method = prepared(Method("edge"), mu, ENERGIES)
        method = Method("three-energy", three=METHODS[name].three, windows=method.windows)
    measured, threshold = masked(measure(mu, ENERGIES, method, 0.01, **options), "otsu")
    states = np.linspace(0, 1, 11)
    curve = calibration_from(method, ENERGIES, spectrum(ENERGIES, states), states, 1e-3, degree=3, **options)
    found = to_lithiation(measured, curve) if calibrated else None
    values, _, _ = normalise(
        np.where(measured.reason == 0, mu, np.nan), normalisation(ENERGIES, method.windows)
    )
    return SocPage(
        ENERGIES,
        mu,
        0.01,
        measured,
        found,
        PAIR,
        size,
        threshold,
        curve if calibrated else None,
        components(values, clusters=2),
    )


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


def test_a_page_without_calibration_shows_the_quantity(tmp_path):
    page = page_of("edge", size=None, calibrated=False)
    text = write(tmp_path, page=page, result=numbers_of(page) | {"calibration": None}).read_text()
    assert (
        "Edge energy (eV)" in text
        and 'id="figure-soc_calibration"' not in text
        and "Lithiation x" not in text
    )


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


def test_example_voxels_run_from_low_to_high():
    page = page_of("lcf")
    low, middle, high, worst = example_voxels(page)
    values = page.values.ravel()
    assert values[low] < values[middle] < values[high]
    assert page.measured.residual.ravel()[worst] == np.nanmax(
        page.measured.residual[np.isfinite(page.values)]
    )


def test_the_edge_is_marked_where_it_was_found():
    page = page_of("edge")
    chosen = example_voxels(page)
    for axes, voxel in zip(figures.spectra_figure(page, chosen).axes, chosen):
        marks = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]
        assert page.measured.quantity.ravel()[voxel] == pytest.approx(marks[0])


def test_a_series_is_drawn_as_a_curve(tmp_path):
    states = np.linspace(0, 1, 40)
    mu = spectrum(ENERGIES, states)[..., None, None]
    method = prepared(Method("edge", normalised=True), mu, ENERGIES)
    measured = measure(mu, ENERGIES, method, 0.001)
    curve = calibration_from(method, ENERGIES, mu[..., 0, 0], states, 1e-3, degree=3)
    page = SocPage(ENERGIES, mu, 0.001, measured, to_lithiation(measured, curve), None, None, None, curve)
    line = figures.soc_maps_figure(page, figures.section_of(page.values)).axes[0].lines[0]
    assert line.get_xdata().tolist() == list(range(40)) and line.get_ydata() == pytest.approx(
        states, abs=0.02
    )
    assert len(figures.histograms_figure(page).axes) == 2  # normalised spectra: every edge jump is 1
    dots = next(
        part for part in figures.calibration_figure(page).axes[0].lines if part.get_label() == "states"
    )
    assert np.c_[dots.get_data()] == pytest.approx(np.array(curve.states))
    assert "line of voxels" in write(tmp_path, page=page, result=numbers_of(page)).read_text()


def test_the_mean_spectrum_leaves_out_what_single_energies_lack():
    page = page_of("three")
    page.mu[3, :2] = np.nan  # drift moved these out of view at an energy that is not used
    assert np.isfinite(figures.mean_figure(page).axes[0].lines[0].get_ydata()).all()
