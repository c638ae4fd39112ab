"""Maps of lithiation: each method with its calibration gives the lithiation back; settings go through the
file."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.lithiation import load_calibration
from microsim.maps.method import Method
from microsim.maps.mixture import References
from microsim.maps.soc_maps import (
    calibration_from,
    lithiation_of,
    map_statistics,
    masked,
    measure_spectra,
    prepared,
    to_lithiation,
)
from microsim.maps.spectra import CODE

from ..nickel import ENERGIES, sentence, spectrum

GRID = np.arange(8240.0, 8511.0)
PAIR = References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"), "refs.txt", "0")
STATES = np.linspace(0, 1, 21)
METHODS = {
    "half": Method("edge"),
    "peak": Method("edge", kind="peak"),
    "lcf": Method("lcf"),
    "sum to one": Method("lcf", sum_to_one=True),
    "three": Method("three-energy", three=(8325.0, 8348.0, 8456.4)),
}


def options(method):
    return {"references": PAIR, "numbers": [0.0, 1.0]} if method.name == "lcf" else {}


@pytest.mark.parametrize("name", METHODS)
def test_a_calibrated_map_is_the_lithiation_within_its_error(name, tmp_path):
    rng = np.random.default_rng(5)
    s = 0.1 + 0.8 * rng.random((30, 20, 4))
    mu = 0.2 + 1.3 * spectrum(ENERGIES, s) + 0.01 * rng.standard_normal((60, 30, 20, 4))
    kind = options(METHODS[name])
    curve = calibration_from(
        METHODS[name], ENERGIES, 1.1 * spectrum(ENERGIES, STATES) + 0.4, STATES, 0.0005, degree=5, **kind
    )
    curve = load_calibration(curve.save(tmp_path / "c.json"))
    method = Method.of(curve.settings)
    found = to_lithiation(measure_spectra(mu, ENERGIES, method, 0.01, **kind), curve)
    assert found.values.shape == s.shape and (found.reason == 0).all()
    z = (found.values - s) / found.sigma
    assert np.mean(np.abs(z) < 1.96) == pytest.approx(0.95, abs=0.03)
    assert json.loads(json.dumps(curve.settings)) == json.loads((tmp_path / "c.json").read_text())["settings"]


def test_references_with_their_lithiation_are_enough_for_lcf():
    s = np.linspace(0.1, 0.9, 6)
    mu = PAIR.at(ENERGIES).T @ np.array([1 - s, s])
    measured = measure_spectra(
        mu, ENERGIES, prepared(Method("lcf"), mu, ENERGIES, PAIR), references=PAIR, numbers=[0.0, 1.0]
    )
    assert to_lithiation(measured).values == pytest.approx(s, abs=1e-8)
    assert measured.residual.max() < 1e-8
    edge = measure_spectra(mu, ENERGIES, prepared(Method("edge"), mu, ENERGIES), 0.01)
    with pytest.raises(InputError) as caught:
        to_lithiation(edge)
    assert "calibration" in sentence(caught)
    with pytest.raises(InputError) as caught:
        prepared(Method("lcf"), mu, ENERGIES)
    assert "--references" in sentence(caught)


def test_a_shift_left_open_is_fitted_to_the_mean():
    inside = (ENERGIES > 8260) & (ENERGIES < 8490)
    mu = PAIR.at(ENERGIES[inside], 0.8).T @ np.array([[0.3], [0.7]])
    method = prepared(Method("lcf", shift=None, fit_range=(8270.0, 8480.0)), mu, ENERGIES[inside], PAIR)
    assert method.shift == pytest.approx(0.8, abs=2e-3)


def test_chunks_and_shapes_of_sigma_change_nothing(monkeypatch):
    from microsim.maps import soc_maps

    s = np.linspace(0, 1, 12).reshape(3, 4, 1)
    mu = spectrum(ENERGIES, s)
    method = prepared(Method("edge"), mu, ENERGIES)
    whole = [
        measure_spectra(mu, ENERGIES, method, sigma)
        for sigma in (0.02, np.full(60, 0.02), np.full(s.shape, 0.02), np.full(mu.shape, 0.02))
    ]
    monkeypatch.setattr(soc_maps, "CHUNK", 5)
    for sigma, other in zip(
        (0.02, np.full(60, 0.02), np.full(s.shape, 0.02), np.full(mu.shape, 0.02)), whole
    ):
        found = measure_spectra(mu, ENERGIES, method, sigma)
        assert found.quantity == pytest.approx(other.quantity) and found.sigma == pytest.approx(
            whole[0].sigma
        )


def test_reasons_add_up_and_masks_are_counted():
    jumps = np.r_[
        1, 1, np.random.default_rng(4).uniform(0.9, 1.1, 50), np.random.default_rng(5).uniform(0.01, 0.1, 50)
    ]
    mu = spectrum(ENERGIES, 0.5)[:, None] * jumps
    mu[3, 0] = np.nan
    given = np.zeros(102, np.uint8)
    given[1] = CODE["saturated"]
    measured = measure_spectra(mu, ENERGIES, prepared(Method("edge"), mu, ENERGIES), 1e-4, reason=given)
    few, threshold = masked(measured, "otsu")
    assert 0.09 < threshold < 0.9
    assert few.reason.tolist() == [CODE["not finite"], CODE["saturated"], *[0] * 50, *[CODE["masked"]] * 50]
    assert np.isnan(few.quantity[52:]).all() and masked(measured, 0.95)[1] == 0.95
    noisy = measure_spectra(
        mu[:, 2:], ENERGIES, measured.method, 0.2
    )  # those without an edge have none, and still count here
    assert (noisy.reason[50:] > 0).all() and 0.09 < masked(noisy, "otsu")[1] < 0.9
    curve = calibration_from(Method("edge"), ENERGIES, spectrum(ENERGIES, STATES), STATES, 1e-4)
    counts = to_lithiation(few, curve).counts
    assert counts == {"used": 50, "not finite": 1, "saturated": 1, "masked": 50, "beyond calibration": 0}


def test_a_calibration_of_another_method_is_refused():
    mu = spectrum(ENERGIES, STATES)
    curve = calibration_from(METHODS["three"], ENERGIES, mu, STATES, 1e-4)
    with pytest.raises(InputError) as caught:
        to_lithiation(measure_spectra(mu, ENERGIES, prepared(Method("edge"), mu, ENERGIES), 0.01), curve)
    assert "three-energy" in sentence(caught)
    with pytest.raises(InputError) as caught:
        measure_spectra(mu, ENERGIES, Method("three-energy", three=(8348.0, 8348.2, 8450.0)), 0.01)
    assert "different energies" in sentence(caught)
    with pytest.raises(InputError) as caught:
        Method("edge", kind="top")
    assert "derivative" in sentence(caught)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "three"])
def test_noise_without_an_edge_gives_no_lithiation(name):
    rng = np.random.default_rng(8)
    mu = 0.3 + 0.02 * rng.standard_normal((60, 400))
    mu[:, 0] += spectrum(ENERGIES, 0.5)
    method = prepared(METHODS[name], mu[:, :1], ENERGIES, PAIR)
    for sigma in (0.02, None):
        measured = measure_spectra(mu, ENERGIES, method, sigma, **options(METHODS[name]))
        assert measured.reason[0] == 0 and np.mean(measured.reason[1:] == 0) < 0.02


def test_three_images_are_for_three_energies_alone():
    few, mu = ENERGIES[[0, 20, 59]], spectrum(ENERGIES[[0, 20, 59]], np.array([0.2, 0.7]))
    assert prepared(Method("three-energy"), mu, few).three == tuple(few.tolist())
    with pytest.raises(InputError) as caught:
        prepared(Method("edge"), mu, few)
    assert "three-energy" in sentence(caught)


def test_windows_that_are_given_stay_and_the_others_are_chosen():
    mu = spectrum(ENERGIES, np.array([0.2, 0.7]))
    chosen = prepared(Method("edge"), mu, ENERGIES).windows
    method = prepared(Method("edge", windows={"pre": (8260, 8320), "post_degree": 0}), mu, ENERGIES)
    assert method.windows.pre == (8260, 8320) and method.windows.post_degree == 0
    assert method.windows.post == chosen.post and method.windows.e0 == chosen.e0


def test_references_of_known_lithiation_calibrate_a_method():
    s = np.array([0.1, 0.4, 0.8])
    method = prepared(METHODS["half"], PAIR.at(ENERGIES).T, ENERGIES)
    measured = measure_spectra(spectrum(ENERGIES, s), ENERGIES, method)
    assert lithiation_of(measured, ENERGIES) == (None, None)
    found, curve = lithiation_of(measured, ENERGIES, None, PAIR, [0.0, 1.0])
    assert found.values == pytest.approx(s, abs=0.03) and curve.provenance["references"] == "refs.txt"
    told = map_statistics(measured, found)
    assert told["mean"] == found.values.mean() and told["budget"] == found.budget
    weighted = np.average(found.values, weights=measured.jump)
    assert told["mean_weighted_by_jump"] == weighted != told["mean"] and told["voxels"]["used"] == 3
    assert map_statistics(measured)["mean"] == measured.quantity.mean()


WHITE = (8325.0, 8346.0, 8352.0)


@pytest.mark.parametrize("three", [WHITE, (8325.0, 8348.0, 8356.0), METHODS["three"].three])
def test_three_energies_follow_the_mixtures_of_two_references(three):
    """A white line at the third energy bends the ratio: half and half read 0.455, with no error for it."""
    x = np.linspace(0, 1, 11)
    mu = 0.3 + 1.4 * PAIR.at(three).T @ np.array([1 - x, x])
    measured = measure_spectra(mu, np.array(three), Method("three-energy", three=three), 0.01)
    found, curve = lithiation_of(measured, np.array(three), None, PAIR, [1.2, 0.2])
    assert found.values == pytest.approx(1.2 - x, abs=1e-12)
    assert curve.lack == 0 and not found.beyond[1:-1].any()
    step = curve.lithiation(measured.quantity + 1e-6)[0] - curve.lithiation(measured.quantity - 1e-6)[0]
    assert found.sigma[1:-1] == pytest.approx(np.abs(step / 2e-6 * measured.sigma)[1:-1], rel=1e-4)


def test_a_curve_through_mixtures_goes_through_its_file(tmp_path):
    mu = PAIR.at(WHITE).T @ np.array([0.5, 0.5])
    measured = measure_spectra(mu[:, None], np.array(WHITE), Method("three-energy", three=WHITE), 0.01)
    found, curve = lithiation_of(measured, np.array(WHITE), None, PAIR, [0.0, 1.0])
    back = load_calibration(curve.save(tmp_path / "c.json"))
    assert 0.05 < abs(back.pole) < 1 and to_lithiation(measured, back).values == pytest.approx(found.values)


THREE_REFERENCES = References(GRID, spectrum(GRID, np.array([0.0, 0.4, 1.0])).T, ("a", "b", "c"))


@pytest.mark.parametrize("method", ["half", "peak", "three"])
@pytest.mark.parametrize("references", [PAIR, THREE_REFERENCES])
def test_what_mixtures_of_references_are_off_a_curve_is_counted(method, references):
    """Two references always lie on a line: the edge of their mixtures is off it by a tenth of lithiation."""
    numbers = [0.0, 0.4, 1.0] if len(references.names) == 3 else [0.0, 1.0]
    x = np.linspace(0, 1, 41)
    shares = np.array([np.interp(x, numbers, row) for row in np.eye(len(numbers))])
    mu = references.at(ENERGIES).T @ shares
    known = prepared(METHODS[method], mu, ENERGIES)
    found, _ = lithiation_of(measure_spectra(mu, ENERGIES, known, 1e-6), ENERGIES, None, references, numbers)
    off = np.sqrt(np.nanmean((found.values - x) ** 2))
    assert off <= 1.1 * found.budget["lack_of_fit"] + 1e-9
    assert found.sigma.min() >= found.budget["lack_of_fit"]
