"""The job calibrate: arrays of known lithiation in, a calibration that prints, draws and goes on."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.cli import main
from microsim.maps.lithiation import load_calibration

from ..nickel import ENERGIES, spectrum

STATES = np.linspace(0, 1, 11)
SERIES = (1.2 * spectrum(ENERGIES, STATES) + 0.3).T
GIVEN = {"energies": ENERGIES, "lithiation": STATES}


@pytest.fixture(scope="module")
def curve():
    return ms.calibrate(SERIES, **GIVEN, degree=3, noise=1e-4, select=(1, 10))


def test_arrays_give_what_the_command_prints(curve, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("series.npy", SERIES)
    np.savetxt("E.txt", ENERGIES)
    np.savetxt("x.txt", STATES)
    options = (
        "--energies E.txt --lithiation x.txt --degree 3 --noise 1e-4 --select 1:10 --out c.json --json -"
    )
    assert main(["calibrate", "series.npy", *options.split()]) == 0
    printed, found = json.loads(capsys.readouterr().out), curve.numbers()
    assert list(printed) == list(found) and printed["calibration"] == "c.json"
    assert printed["coefficients"] == list(found["coefficients"]) and printed["n"] == found["n"] == 9
    assert printed["provenance"]["series"] == "series.npy" and found["provenance"]["series"] == "array"
    assert load_calibration("c.json").coefficients == curve.calibration.coefficients


def test_it_prints_draws_and_saves(curve, tmp_path):
    assert repr(curve).startswith("array: x over edge") and "lack of fit" in repr(curve)
    assert "lack of fit" in curve._repr_html_()
    assert len(curve.plot().axes[0].lines) == 2  # the curve and the states
    assert load_calibration(curve.save(tmp_path / "c.json")).states == curve.calibration.states


def test_the_method_is_given_in_a_word_or_in_full():
    of_word = ms.calibrate(SERIES, **GIVEN, method="three-energy").calibration
    assert of_word.method == "three-energy"
    of_dict = ms.calibrate(SERIES, **GIVEN, method={"kind": "peak", "windows": {"e0": 8347}}).calibration
    assert of_dict.settings["kind"] == "peak" and of_dict.settings["windows"]["e0"] == 8347.0


def test_ends_and_a_foil_are_recorded():
    foil = np.array([0.7 * spectrum(ENERGIES, 0.0) + 0.2 for _ in STATES])
    found = ms.calibrate(SERIES, **GIVEN, foil=foil, ends=0.3).calibration
    assert found.n == 8 and found.provenance["ends"] == 0.3 and found.provenance["foil"] == "array"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"series": 3}, "expected a path, a known name or an array, got int"),
        ({"lithiation": None}, "a lithiation for each of the 11 states, got none"),
        ({"energies": None}, "expected the energies of array"),
        ({"method": "slope"}, "name: expected edge, lcf or three-energy"),
        ({"degree": 0}, "degree: expected a whole number from 1 to 9"),
        ({"select": (5, 3)}, "select: expected two rising numbers"),
        ({"select": (0, 12)}, "states up to 11, got 0:12"),
        ({"ends": 0.7}, "ends: expected a number above 0, at most 0.5"),
        ({"noise": -1}, "noise: expected a number from 0"),
        ({"references": SERIES[:3].T, "reference_lithiation": 3}, "reference_lithiation: expected a number"),
        ({"method": "lcf"}, "add --references"),
    ],
)
def test_wrong_arguments(change, words):
    given = {"series": SERIES, **GIVEN} | change
    with pytest.raises(ms.InputError, match=words):
        ms.calibrate(**given)


def test_a_curve_through_every_state_says_that_its_error_is_not_known():
    two = {"energies": ENERGIES, "lithiation": [0.0, 1.0]}
    (said,) = ms.calibrate(SERIES[[0, -1]], **two).numbers()["remarks"]
    assert said.startswith("The curve goes through its 2 states exactly")
    assert ms.calibrate(SERIES[[0, 5, -1]], **two | {"lithiation": [0.0, 0.5, 1.0]}).remarks == ()
    assert ms.calibrate(SERIES, **GIVEN, ends=0.1, degree=2).remarks == ()
