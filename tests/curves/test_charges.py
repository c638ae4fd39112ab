"""Charge passed, from whatever column a file has of it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.curve import read_measured_curve

T = np.arange(20.0)
V = np.concatenate([3.5 + T / 40, 4.0 - T / 40])
FLOW = np.concatenate([-np.ones(20), np.ones(20)])  # C a second: a charge, then a discharge
PASSED = np.concatenate([-T, -19 + T + 1])


def write(path, names, *columns):
    rows = [",".join(f"{v:.9g}" for v in row) for row in zip(np.arange(40.0), V, *columns)]
    path.write_text("\n".join([",".join(["t/s", "V/V", *names]), *rows]))
    return path


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["(Q-Qo)/C", "I/A"], [-PASSED, -FLOW]),
        (
            ["Q charge/C", "Q discharge/C"],
            [np.concatenate([T, T[-1] + 0 * T]), np.concatenate([0 * T, T + 1])],
        ),
        (
            ["Charge Capacity(C)", "Discharge Capacity(C)"],
            [np.concatenate([T, 0 * T]), np.concatenate([0 * T, T + 1])],
        ),
        (["Capacity/C", "I/A"], [np.concatenate([T, T]), FLOW]),  # counts anew in each half cycle
    ],
)
def test_columns_of_charge(tmp_path, names, columns):
    curve = read_measured_curve(write(tmp_path / "a.csv", names, *columns), half_cycle="all")
    assert curve.charge == pytest.approx(PASSED, abs=1.01)  # the row of the turn is of either half cycle
    assert np.diff(curve.charge)[:18] == pytest.approx(-1)
    assert np.diff(curve.charge)[21:] == pytest.approx(1)


def test_a_capacity_that_begins_anew_needs_a_current(tmp_path):
    with pytest.raises(InputError, match="got 'Capacity/C', which begins anew, and no current"):
        read_measured_curve(write(tmp_path / "a.csv", ["Capacity/C"], np.concatenate([T, T])))


def test_one_says_the_sign_of_an_unsigned_file(tmp_path):
    path = write(tmp_path / "a.csv", ["I/A"], np.ones(40))
    assert read_measured_curve(path, positive_current="charge").charge[-1] == pytest.approx(-39)
