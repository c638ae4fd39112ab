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
        (
            ["Charge Capacity(C)", "Discharge Capacity(C)"],  # Neware's pulses discharge below zero
            [np.concatenate([T, T[-1] + 0 * T]), -np.concatenate([0 * T, T + 1])],
        ),
        (["Capacity/C", "I/A"], [np.concatenate([T, T]), FLOW]),  # counts anew in each half cycle
    ],
)
def test_columns_of_charge(tmp_path, names, columns):
    curve = read_measured_curve(write(tmp_path / "a.csv", names, *columns), half_cycle="all")
    assert curve.charge == pytest.approx(PASSED, abs=1.01)  # the row of the turn is of either half cycle
    assert np.diff(curve.charge)[:18] == pytest.approx(-1)
    assert np.diff(curve.charge)[21:] == pytest.approx(1)


@pytest.mark.parametrize("back", [1, 5, 18])
@pytest.mark.parametrize("timed", [True, False])
def test_a_capacity_that_goes_back_to_zero_row_by_row_is_net(tmp_path, back, timed):
    """Its last rows before zero, and those behind it, lie near zero as a counter does that begins anew."""
    net = np.concatenate([T, 19 - back * (T + 1) / 18])
    flow = np.concatenate([np.ones(20), np.full(20, -back / 18)])
    path = write(tmp_path / "a.csv", ["Capacity/C", "I/A"], net, flow)
    if not timed:
        path.write_text(path.read_text().replace("t/s", "row"))
    curve = read_measured_curve(path, half_cycle="all")
    assert curve.charge == pytest.approx(-net)


def test_a_counter_that_begins_anew_in_a_sparse_file_loses_no_row(tmp_path):
    few = np.concatenate([np.arange(20), np.arange(1, 21)])  # the first row of the second holds a twentieth
    curve = read_measured_curve(write(tmp_path / "a.csv", ["Capacity/C", "I/A"], few, FLOW), half_cycle="all")
    assert curve.charge[-1] == pytest.approx(-19 + 20)


def test_named_capacities_give_a_current_without_signs_its_own(tmp_path):
    columns = [np.concatenate([T, T[-1] + 0 * T]), np.concatenate([0 * T, T + 1]), np.ones(40)]
    path = write(tmp_path / "a.csv", ["Charge Capacity(C)", "Discharge Capacity(C)", "I/A"], *columns)
    curve = read_measured_curve(path, half_cycle="all")
    assert curve.current == pytest.approx(FLOW) and "of its current too" in curve.said
    assert [half.direction for half in curve.halves] == ["charge", "discharge"]


def test_a_capacity_that_begins_anew_needs_a_current(tmp_path):
    with pytest.raises(InputError, match="got 'Capacity/C', which begins anew, and no current"):
        read_measured_curve(write(tmp_path / "a.csv", ["Capacity/C"], np.concatenate([T, T])))


def test_one_says_the_sign_of_an_unsigned_file(tmp_path):
    path = write(tmp_path / "a.csv", ["I/A"], np.ones(40))
    assert read_measured_curve(path, positive_current="charge").charge[-1] == pytest.approx(-39)


def test_a_sign_against_the_voltage_is_taken_and_said(tmp_path):
    """The voltage of the file falls, then rises; who says that a current above zero charges is believed."""
    path = write(tmp_path / "a.csv", ["I/A"], -FLOW)
    by_cell = read_measured_curve(path, half_cycle="all")
    other = {"charge": "discharge", "discharge": "charge"}
    right = "charge" if "charges: turned" in by_cell.said else "discharge"
    agreed = read_measured_curve(path, half_cycle="all", positive_current=right)
    assert "as is said" not in by_cell.said and "as is said" not in agreed.said
    against = read_measured_curve(path, half_cycle="all", positive_current=other[right])
    assert f"(as is said, though the voltage moves as if it would {right})" in against.said
    assert against.charge == pytest.approx(-agreed.charge)


@pytest.mark.parametrize(
    ("names", "factor"),
    [
        ("t/s,V/V,Current/mA,Capacity/mAh", 2.0),
        ("t/s,V/V,Current/A,Capacity/mAh", 1.0),  # mA under the head A
        ("t/s,V/V,Current/mA,Capacity/Ah", 1.0),
        ("Time/h,V/V,Current/mA,Capacity/mAh", 1.0),  # seconds under the head h
        ("t/s,V/V,Current/mA,Capacity/mAh", 0.5),
    ],
)
def test_a_charge_that_its_current_cannot_have_passed_is_refused(tmp_path, names, factor):
    t = np.arange(0, 3601, 10.0)
    file = tmp_path / "a.csv"
    rows = [f"{s},{4.2 - 0.9 * s / 3600},-2,{factor * 2 * s / 3600}" for s in t]
    file.write_text("\n".join([names, *rows]))
    with pytest.raises(InputError, match="expected the charge that its current passes in its time, got"):
        read_measured_curve(file, half_cycle="all")
    if factor == 1:
        own = {"time_s": 1, "voltage_V": 2, "current_mA": 3, "capacity_mAh": 4}
        assert read_measured_curve(file, half_cycle="all", columns=own).charge[-1] == pytest.approx(7.2)


def test_sparse_rows_accuse_nobody(tmp_path):
    file = tmp_path / "a.csv"  # logged at the switches alone, and a current that decays in between
    rows = ["0,4.2,0,0", "1,4.1,-2,0.0005", "1800,3.9,-0.2,0.4", "1801,4.0,0,0.4", "3600,4.0,0,0.4"]
    file.write_text("\n".join(["t/s,V/V,Current/mA,Capacity/mAh", *rows]))
    assert read_measured_curve(file, half_cycle="all").charge[-1] == pytest.approx(1.44, rel=1e-3)
