"""Rows without a current or a charge: the charge stays that of the known rows, and they are said."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.curve import read_measured_curve
from microsim.curves.gaps import bridged
from microsim.curves.steps import measured_steps
from microsim.jobs.curve import measured_curve

T = np.arange(0.0, 3601.0, 30.0)
FALLS = 4.2 - 1e-4 * T
MAH = 3.6  # C


def written(path, names, columns):
    """A file of these columns; what is NaN is an empty cell."""
    rows = [",".join("" if np.isnan(v) else f"{v:.8g}" for v in row) for row in zip(*columns)]
    path.write_text("\n".join([",".join(names), *rows]) + "\n")
    return path


def without(values, *rows):
    found = np.array(values, float)
    for part in rows:
        found[part] = np.nan
    return found


NAMES = ("time_s", "voltage_V", "current_mA")
ONE = np.ones_like(T)


@pytest.mark.parametrize("rows", [slice(10, 11), slice(10, 40), slice(5, 115), slice(10, None, 2)])
def test_a_discharge_keeps_its_charge_without_currents(tmp_path, rows):
    path = written(tmp_path / "a.csv", NAMES, (T, FALLS, without(ONE, rows)))
    curve = read_measured_curve(path)
    known = np.flatnonzero(np.isfinite(without(ONE, rows)))
    assert curve.charge[-1] == pytest.approx(MAH * T[known[-1]] / 3600, rel=1e-9)
    assert len(measured_steps(read_measured_curve(path, half_cycle="all"))) == 1
    assert (
        f"{np.isnan(without(ONE, rows)).sum()} rows without a current (line 12" in curve.said
        or rows.start == 5
    )
    result = measured_curve(path).numbers()
    assert len(result["half_cycles"]) == len(result["steps"]) == 1
    assert "rows without a current" in result["remarks"][0] and "left out" in result["remarks"][0]


def test_a_long_gap_is_told_with_its_charge_and_length(tmp_path):
    path = written(tmp_path / "a.csv", NAMES, (T, FALLS, without(ONE, slice(10, 40))))
    (said,) = read_measured_curve(path).remarks
    assert said == (
        "30 rows without a current (line 12 to 41) left out, 26 % of the charge is that of straight lines"
        " across them, the longest over 930 s."
    )
    short = written(tmp_path / "b.csv", NAMES, (T, FALLS, without(ONE, slice(10, 11), slice(70, 71))))
    (said,) = read_measured_curve(short).remarks
    assert (
        said.startswith("2 rows without a current (line 12, line 72) left out, 3.3 % of")
        and "longest" not in said
    )


def test_ends_without_a_current_are_left_out(tmp_path):
    lost = without(ONE, slice(0, 2), slice(-3, None))
    curve = read_measured_curve(written(tmp_path / "a.csv", NAMES, (T, FALLS, lost)))
    assert curve.charge[-1] == pytest.approx(MAH * (T[-4] - T[2]) / 3600, rel=1e-9)
    assert curve.remarks[0].endswith("nothing is known of the beginning and the end.")


def titrated():
    """Pulses of 600 s at 1 mA with rests of 600 s between, over which the voltage goes back."""
    flows = (T // 600) % 2 == 1
    charge = np.concatenate([[0.0], np.cumsum((flows[1:] & flows[:-1]) * np.diff(T))])
    return 4.2 - 1e-4 * charge - 0.05 * flows, flows


def test_blank_rests_stay_rests(tmp_path):
    V, flows = titrated()
    blank = written(tmp_path / "a.csv", NAMES, (T, V, np.where(flows, 1.0, np.nan)))
    zero = written(tmp_path / "b.csv", NAMES, (T, V, np.where(flows, 1.0, 0.0)))
    found, wanted = (read_measured_curve(path, half_cycle="all") for path in (blank, zero))
    inside = (T >= 600) & (T <= T[flows][-1])
    assert np.ptp(found.charge) == pytest.approx(np.ptp(wanted.charge[inside]), rel=1e-9)
    kinds = [step.kind for step in measured_steps(found)]
    assert kinds == [step.kind for step in measured_steps(wanted)][1 : 1 + len(kinds)]
    assert "taken for rests, as the voltage goes back" in found.remarks[0]


def test_a_current_that_turns_in_a_gap_rests_there(tmp_path):
    V = np.where(T < 1800, 4.2 - 1e-4 * T, 3.9 + 1e-4 * (T - 1800))
    flow = np.where(T < 1800, 1.0, -1.0)
    rows = slice(50, 70)
    path = written(tmp_path / "a.csv", NAMES, (T, V, without(flow, rows)))
    curve = read_measured_curve(path, half_cycle="all")
    first, last = T[49], T[70]  # half an interval on each side is that of a current that ends
    assert np.max(curve.charge) == pytest.approx(MAH * (first + 15) / 3600, rel=1e-9)
    assert curve.charge[-1] == pytest.approx(MAH * (first - (T[-1] - last)) / 3600, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "values"),
    [("capacity_mAh", T / 3600), ("(Q-Qo)/mA.h", T / 3600), ("Discharge_Capacity(mAh)", T / 3600)],
)
@pytest.mark.parametrize("current", [True, False])
def test_a_counter_goes_on_where_it_has_no_value(tmp_path, name, values, current):
    names, columns = ["time_s", "voltage_V", name], [T, FALLS, without(values, slice(10, 20), slice(60, 61))]
    if current:
        names, columns = [*names, "current_mA"], [*columns, ONE]
    path = written(tmp_path / "a.csv", names, columns)
    curve = read_measured_curve(path)
    assert curve.charge[-1] == pytest.approx(MAH, rel=1e-6)
    assert "11 rows without a charge (line 12 to 21, line 62) left out" in curve.said
    assert curve.remarks[0].startswith("11 rows without a charge")


def test_counters_of_charge_and_discharge_may_be_blank_in_turn(tmp_path):
    V = np.where(T < 1800, 4.2 - 1e-4 * T, 3.9 + 1e-4 * (T - 1800))
    out, back = np.minimum(T, 1800) / 3600, np.maximum(T - 1800, 0) / 3600
    names = ("time_s", "voltage_V", "discharge capacity (mAh)", "charge capacity (mAh)")
    whole = read_measured_curve(written(tmp_path / "a.csv", names, (T, V, out, back)), half_cycle="all")
    turned = (without(out, slice(20, 22), slice(70, None)), without(back, slice(0, 50), slice(90, 92)))
    found = read_measured_curve(written(tmp_path / "b.csv", names, (T, V, *turned)), half_cycle="all")
    assert np.max(found.charge) == pytest.approx(np.max(whole.charge)) == pytest.approx(MAH / 2)
    assert found.charge[-1] == pytest.approx(whole.charge[-1], abs=1e-9) == pytest.approx(0.0, abs=1e-9)


def test_increments_without_a_value_are_refused_or_left_to_the_current(tmp_path):
    added = np.diff(T, prepend=0.0) / 3600
    names = ("time_s", "voltage_V", "dq/mA.h")
    path = written(tmp_path / "a.csv", names, (T, FALLS, without(added, slice(10, 20))))
    with pytest.raises(
        InputError, match=r"an increment of the charge in every row, got none in line 12 to 21"
    ):
        read_measured_curve(path)
    path = written(tmp_path / "b.csv", (*names, "current_mA"), (T, FALLS, without(added, slice(10, 20)), ONE))
    curve = read_measured_curve(path)
    assert (
        curve.charge[-1] == pytest.approx(MAH) and "'dq/mA.h' holds 111 values and was left out" in curve.said
    )
    first = written(tmp_path / "c.csv", names, (T, FALLS, without(added, slice(0, 1))))
    assert read_measured_curve(first).charge[-1] == pytest.approx(MAH)


def test_a_column_of_blanks_is_none(tmp_path):
    names = (*NAMES, "capacity_mAh")
    path = written(tmp_path / "a.csv", names, (T, FALLS, np.nan * T, T / 3600))
    curve = read_measured_curve(path)
    assert (
        curve.charge[-1] == pytest.approx(MAH)
        and "'current_mA' holds no values and was left out" in curve.said
    )
    few = written(tmp_path / "b.csv", names, (T, FALLS, ONE, without(T / 3600, slice(1, -1))))
    curve = read_measured_curve(few)
    assert (
        curve.charge[-1] == pytest.approx(MAH)
        and "'capacity_mAh' holds 2 values and was left out" in curve.said
    )


def test_a_missing_step_number_makes_no_step(tmp_path):
    path = written(tmp_path / "a.csv", (*NAMES, "step"), (T, FALLS, ONE, without(ONE, slice(10, 12))))
    assert len(measured_steps(read_measured_curve(path, half_cycle="all"))) == 1


def test_a_counter_is_bridged():
    nan = np.nan
    found = bridged(np.array([nan, 1.0, nan, 3.0, nan, 0.5, nan]))
    assert found.tolist() == [0.0, 1.0, 2.0, 3.0, 0.0, 0.5, 0.5]
    assert bridged(np.array([nan, nan])).tolist() == [0.0, 0.0]


def test_a_missing_time_where_times_begin_anew_loses_that_row_alone(tmp_path):
    step, own = 1.0 + T // 1200, T % 1200
    lost = without(own, slice(39, 41), slice(80, 81))  # the last of one step, the first of the next two
    path = written(tmp_path / "a.csv", (*NAMES, "step"), (lost, FALLS, ONE, step))
    curve = read_measured_curve(path)
    assert curve.time_s.size == T.size - 3 and "added up" in curve.said
    assert np.diff(curve.time_s).min() >= 0


@pytest.mark.parametrize("rows", [slice(100, None), slice(0, 20)])
def test_a_counter_that_ends_or_begins_blank_beside_one_that_stands_still_holds_no_charge(tmp_path, rows):
    """Rows in which only the other one has its value, that of before, are none of the curve."""
    counted = without(T / 3600, rows)
    names = ("time_s", "voltage_V", "current_mA", "charge_capacity_mAh", "discharge_capacity_mAh")
    curve = read_measured_curve(written(tmp_path / "a.csv", names, (T, 3.6 + 1e-4 * T, ONE, counted, 0 * T)))
    known = np.isfinite(counted)
    assert curve.time_s.size == known.sum() and "rows without a charge" in curve.remarks[0]
    assert abs(np.ptp(curve.charge)) == pytest.approx(MAH * np.ptp(counted[known]), rel=1e-6)
    assert curve.voltage_V[-1] == pytest.approx(3.6 + 1e-4 * T[known][-1])
