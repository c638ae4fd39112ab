"""Relaxation times of circuits whose elements are known."""

import numpy as np
import pytest

from microsim.impedance.relaxation import relaxation_times

FREQ = np.geomspace(1e-3, 1e5, 81)
W = 2j * np.pi * FREQ


def test_two_elements_are_found_with_their_resistances():
    found = relaxation_times(FREQ, 1 + 2 / (1 + W * 1e-2) + 3 / (1 + W) + 1 / (50 * W))
    (fast, R_fast), (slow, R_slow) = found.peaks()
    assert (fast, slow) == (pytest.approx(1e-2, rel=0.15), pytest.approx(1.0, rel=0.15))
    assert (R_fast, R_slow) == (pytest.approx(2, rel=0.02), pytest.approx(3, rel=0.02))
    assert found.R_inf == pytest.approx(1, rel=0.01) and found.C == pytest.approx(50, rel=0.01)
    assert found.residual < 0.01


def test_what_spreads_stays_spread():
    """A constant phase element: symmetric in ln t about its own, with its whole resistance."""
    found = relaxation_times(FREQ, 1 + 2 / (1 + (W * 0.1) ** 0.8))
    ((tau, R),) = found.peaks(0.05)
    assert tau == pytest.approx(0.1, rel=0.2) and R == pytest.approx(2, rel=0.02)
    half = found.tau[found.gamma > found.gamma.max() / 2]
    assert half[-1] / half[0] > 3


def test_it_is_never_negative_and_scales():
    Z = 1 + 2 / (1 + W * 1e-2)
    one, thousand = relaxation_times(FREQ, Z), relaxation_times(FREQ, 1e-3 * Z)
    assert np.all(one.gamma >= 0)
    assert thousand.gamma == pytest.approx(1e-3 * one.gamma, rel=1e-6, abs=1e-9)
