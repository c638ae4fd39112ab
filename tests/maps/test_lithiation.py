"""Calibrations: exact polynomials, honest errors, files that come back, and refusals."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.lithiation import check_lithiation, fit_calibration, load_calibration
from microsim.maps.method import Method, Windows

from ..nickel import sentence


def test_a_polynomial_comes_back_and_goes_on_straight():
    q = np.linspace(8346, 8349, 12)
    x = 0.9 - 0.2 * (q - 8346) - 0.03 * (q - 8346) ** 2
    curve = fit_calibration("edge", q, x, degree=2)
    found, error, beyond = curve.lithiation(np.array([8346.5, 8350.0, np.nan]))
    assert found[0] == pytest.approx(0.9 - 0.1 - 0.0075, abs=1e-9) and not beyond[0]
    slope = -0.2 - 0.06 * 3
    assert found[1] == pytest.approx(0.9 - 0.6 - 0.27 + slope, abs=1e-9) and beyond[1]
    assert np.isnan(found[2]) and np.isnan(error[2]) and curve.lack == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("noise", "of_states", "off"), [(0.05, 0.03, 0.0), (0.005, 0.03, 0.0), (0.005, 0.01, 0.05)]
)
def test_the_stated_error_covers_noise_curve_and_lack(noise, of_states, off):
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        states = np.linspace(0, 1, 20)
        scatter, error = off * rng.standard_normal(20), of_states * rng.standard_normal(20)
        curve = fit_calibration("edge", states + error, states + scatter, of_states)
        truth = rng.random(200)
        seen = truth + off * rng.standard_normal(200)  # the material scatters as the reference states did
        found, error, _ = curve.lithiation(truth + noise * rng.standard_normal(200), noise)
        covered.append(np.mean(np.abs(found - seen) < 1.96 * error))
    assert np.mean(covered) == pytest.approx(0.95, abs=0.035)
    parts = curve.budget(truth, noise)
    assert sum(part**2 for part in parts.values()) == pytest.approx(
        np.mean(curve.lithiation(truth, noise)[1] ** 2), rel=1e-6
    )


def test_states_off_the_curve_beyond_their_noise_are_lack_of_fit():
    q = np.linspace(0, 1, 21)
    assert fit_calibration("edge", q, q + 0.03 * np.cos(40 * q), 0.001).lack == pytest.approx(0.02, abs=0.006)
    assert fit_calibration("edge", q, q, 0.001).lack == 0


def test_ends_alone_are_fitted_and_what_lies_between_is_stated():
    x = np.linspace(0.1, 1.0, 91)
    lag = np.where((x > 0.25) & (x < 0.85), 0.1, 0.0)  # in the middle of the series the spot lags behind
    q = 8347 - 2 * (x + lag)
    curve = fit_calibration("edge", q, x, 0.0, ends=0.15)
    there = 8347 - 2 * np.array([0.3, 0.55, 0.8])
    found, error, _ = curve.lithiation(there)
    assert found == pytest.approx([0.3, 0.55, 0.8], abs=1e-9) and curve.n == 28
    assert (error > 0.08).all() and curve.residual == pytest.approx(np.sqrt(np.mean(lag**2)), rel=1e-6)
    assert np.abs(fit_calibration("edge", q, x, 0.0).lithiation(there)[0] - [0.3, 0.55, 0.8]).max() > 0.05
    for ends in (0.0, 0.6, 0.005):
        with pytest.raises(InputError) as caught:
            fit_calibration("edge", q, x, ends=ends)
        assert "ends" in sentence(caught)
    with pytest.raises(InputError) as caught:
        fit_calibration("edge", q[::9], x[::9], degree=3, ends=0.15)
    assert "widen" in sentence(caught)


def test_a_file_comes_back_as_it_was(tmp_path):
    curve = fit_calibration(
        "lcf", [0.1, 0.5, 0.9], [0, 0.4, 1.0], settings=Method("lcf").as_dict(), provenance={"series": "a.h5"}
    )
    path = curve.save(tmp_path / "c.json")
    assert load_calibration(path) == curve
    found = json.loads(path.read_text())
    del found["scale"]
    path.write_text(json.dumps(found))
    for bad in (path, tmp_path / "absent.json"):
        with pytest.raises(InputError) as caught:
            load_calibration(bad)
        assert "calibration" in sentence(caught)
    path.write_text("{}")
    with pytest.raises(InputError):
        load_calibration(path)


@pytest.mark.parametrize(
    ("q", "x", "degree", "words"),
    [
        ([1, 2, 3], [0, 1], 1, "each of the 3 states"),
        ([1, 1, 1], [0, 0.5, 1], 1, "different reference states"),
        ([0, 1, 2, 3, 4], [0, 1, 2, 1, 0], 2, "turns"),
        ([0, 1, 2], [0, 1, 2], 0, "degree"),
    ],
)
def test_what_calibrates_nothing_is_one_sentence(q, x, degree, words):
    with pytest.raises(InputError) as caught:
        fit_calibration("edge", q, x, degree=degree)
    assert words in sentence(caught)


def test_per_cent_and_capacities_are_no_lithiation():
    assert check_lithiation([0.0, 1.0, 4.0, np.nan])[2] == 4.0
    for given in ([0, 20, 80], [0.1, 150.0], [-50.0, 0.0]):
        with pytest.raises(InputError) as caught:
            check_lithiation(given, "x.txt")
        assert "per cent" in sentence(caught) and "x.txt" in sentence(caught)


def calibration_file(folder):
    q = np.linspace(8346.0, 8349.0, 8)
    settings = Method("edge", windows=Windows((8250.0, 8320.0), (8390.0, 8500.0), (8335.0, 8370.0), 8348.0))
    curve = fit_calibration("edge", q, 0.3 * (q - 8346) + 0.01 * np.cos(q), settings=settings.as_dict())
    return curve.save(folder / "c.json")


def places(part, here=()):
    """Every place of nested lists and sections, as the keys that lead there."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        yield (*here, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*here, key))


@pytest.mark.parametrize("wrong", ["x", "", [], {}, [["a"]], {"a": 1}, True, float("nan"), 10**400, "gone"])
def test_an_entry_of_another_type_or_shape_is_one_sentence(wrong, tmp_path):
    path = calibration_file(tmp_path)
    whole = json.loads(path.read_text())
    for place in list(places(whole)):
        changed = json.loads(path.read_text())
        part = changed
        for key in place[:-1]:
            part = part[key]
        if wrong == "gone":
            del part[place[-1]]
        else:
            part[place[-1]] = wrong
        allowed = place[0] == "provenance" and (isinstance(wrong, dict) or place[1:])
        allowed = allowed or place == ("states",) and wrong in ([], "gone")
        # files of before there were these
        allowed = allowed or wrong == "gone" and place in (("pole",), ("settings", "shift_sigma"))
        allowed = allowed or wrong is True and place in (("settings", "bounded"), ("settings", "sum_to_one"))
        allowed = allowed or wrong is True and place == ("settings", "normalised")
        allowed = allowed or place == ("settings", "windows", "post_degree") and wrong is False
        (tmp_path / "bad.json").write_text(json.dumps(changed))
        if allowed:
            load_calibration(tmp_path / "bad.json")
            continue
        with pytest.raises(InputError) as caught:
            load_calibration(tmp_path / "bad.json")
        assert "bad.json" in str(caught.value) and "\n" not in str(caught.value), place


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("covariance", 0, 0), -1e-4),
        (("covariance", 0, 1), 0.5),
        (("lack",), -0.01),
        (("residual",), 0.5),
        (("scale",), -1.5),
        (("scale",), 3.0),
        (("centre",), 8300.0),
        (("low",), 8349.5),
        (("n",), 1),
        (("n",), 9),
        (("coefficients", 1), -0.45),
        (("coefficients", 0), 45.0),
        (("method",), "three-energy"),
        (("states", 3, 0), 8000.0),
        (("settings", "windows", "e0"), 8200.0),
        (("settings", "level"), 50),
        (("settings", "colour"), "red"),
        (("pole",), 0.5),
        (("pole",), 1.0),
    ],
)
def test_entries_that_contradict_each_other_are_one_sentence(place, value, tmp_path):
    path = calibration_file(tmp_path)
    found = json.loads(path.read_text())
    part = found
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    path.write_text(json.dumps(found))
    with pytest.raises(InputError) as caught:
        load_calibration(path)
    assert "c.json" in sentence(caught)


def test_files_that_are_none_are_one_sentence(tmp_path):
    for k, text in enumerate(("[" * 100_000, "[]", "1", "", "{", '{"microsim_calibration": true}')):
        (tmp_path / f"{k}.json").write_text(text)
        with pytest.raises(InputError) as caught:
            load_calibration(tmp_path / f"{k}.json")
        assert "calibration" in sentence(caught)


def test_a_long_series_is_calibrated_in_memory_of_its_size():
    """50 000 states: a matrix of them by them would be 20 GB."""
    import tracemalloc

    q = np.linspace(0, 1, 50_000)
    tracemalloc.start()
    found = fit_calibration("edge", q, 1 - q, 1e-3, degree=2)
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()
    assert found.n == q.size and found.coefficients[1] == pytest.approx(-0.5)


def test_states_of_one_lithiation_calibrate_nothing():
    """Every voxel had it, with a sigma of 1e-16."""
    with pytest.raises(
        InputError, match="expected reference states of several lithiations, got 0.5 in all 5"
    ):
        fit_calibration("edge", np.linspace(8345, 8347, 5), np.full(5, 0.5))
