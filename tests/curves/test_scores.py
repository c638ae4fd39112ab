"""Scores of a computed curve and impedance against measured ones."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.curve import MeasuredCurve
from microsim.curves.scores import intervals, score_curve, score_spectrum
from microsim.curves.spectrum import MeasuredSpectrum

T = np.linspace(0, 1000, 201)
CURVE = MeasuredCurve(T, 4 - T / 2000, np.full(201, 2.0), 2 * T, "mass", "mass")


def test_a_known_misfit():
    t = np.linspace(0, 1000, 7)
    score = score_curve(CURVE, t, 4 - t / 2000 + 0.01, sigma=0.005)
    assert score.residual == pytest.approx(0.01)
    told = score.as_dict()
    assert (told["rmse_mV"], told["bias_mV"], told["largest_mV"]) == pytest.approx((10, 10, 10))
    assert told["chi2"] == pytest.approx(4)
    assert told["share_compared"] == 1
    assert told["by"] == "time"


def test_only_where_both_are():
    t = np.linspace(250, 2000, 7)
    score = score_curve(CURVE, t, 4 - t / 2000 + 1e-3 * (t > 900))
    assert score.x[[0, -1]].tolist() == [250, 1000]
    assert score.as_dict()["share_compared"] == pytest.approx(151 / 201)
    with pytest.raises(InputError, match="from 2000 to 3000 s, got them from 0 to 1000"):
        score_curve(CURVE, [2000, 3000], [4, 3])


@pytest.mark.parametrize("sign", [1, -1])
def test_by_charge(sign):
    """Another current passes the same charge in another time; a charge counts below zero."""
    curve = replace(CURVE, charge=sign * 2 * T, current=sign * CURVE.current, time_s=None)
    q = sign * np.linspace(0, 2000, 11)
    score = score_curve(curve, np.linspace(0, 10, 11), 4 - np.abs(q) / 4000, q)
    assert score.by == "charge"
    assert score.residual == pytest.approx(0, abs=1e-12)
    assert score.as_dict()["largest_at"]["capacity_mAh_g"] >= 0 or sign < 0
    with pytest.raises(InputError, match="of one direction"):
        score_curve(curve, np.linspace(0, 10, 11), 4 - np.abs(q) / 4000, -q)


def test_rests_are_not_compared_by_charge():
    current = np.where(T < 500, 2.0, 0.0)
    curve = replace(CURVE, current=current, charge=np.minimum(2 * T, 1000))
    score = score_curve(curve, T, CURVE.voltage_V, 2 * T, by="charge")
    assert score.x.size == 100
    assert score.residual == pytest.approx(0, abs=1e-12)


def test_what_is_not_there_is_said():
    with pytest.raises(
        InputError, match="expected a column of the charge to compare by, got none; compare by time"
    ):
        score_curve(replace(CURVE, charge=None), T, CURVE.voltage_V, T, by="charge")
    with pytest.raises(InputError, match="expected a column of the time to compare by"):
        score_curve(replace(CURVE, time_s=None), T, CURVE.voltage_V, T, by="time")


def test_a_spectrum():
    freq = np.logspace(3, 0, 4)
    Z = np.array([1 - 1j, 2 - 1j, 3 - 2j, 4 - 3j])
    score = score_spectrum(MeasuredSpectrum(freq, Z), 1.02 * Z, sigma=0.01)
    told = score.as_dict()
    assert told["rms_percent"] == pytest.approx(2)
    assert told["chi2"] == pytest.approx(2)  # 2 % along Z is shared by its two parts
    one = Z.copy()
    one[2] *= 1.1
    assert score_spectrum(MeasuredSpectrum(freq, Z), one).as_dict()["largest_at"]["freq_Hz"] == freq[2]
    assert score_spectrum(MeasuredSpectrum(freq, Z), one).chi2 is None


def test_intervals_hold_the_truth_of_independent_noise():
    """95 % of 100 draws, within what so few tell (two standard deviations are 4 %)."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(100):
        low, high = intervals(rng.normal(0.5, 1.0, 150), {"mean": np.mean})["mean"]
        held += low <= 0.5 <= high
    assert 0.90 <= held / 100 <= 0.99


def test_a_misfit_that_goes_on_counts_once():
    noise = np.random.default_rng(0).normal(size=2000)
    walk = np.convolve(noise, np.ones(50) / 50**0.5, "same")
    wide, narrow = (np.ptp(intervals(r, {"m": np.mean})["m"]) for r in (walk, noise))
    assert 4 < wide / narrow < 12  # sqrt 50 for a mean over 50 points
    assert intervals(np.sin(T / 300), {"m": np.mean})["m"] is None


def test_a_row_at_a_jump_is_on_the_side_that_it_is_on():
    """A step of the current: time comes twice, before and after it."""
    t, V = np.array([0.0, 10, 10, 20]), np.array([4.0, 3.9, 3.8, 3.7])
    measured = MeasuredCurve(np.array([0.0, 10 - 1e-9, 10 + 1e-9, 20]), V)
    assert score_curve(measured, t, V).residual == pytest.approx(0, abs=1e-9)
