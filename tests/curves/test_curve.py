"""Measured voltage curves: units, signs, half cycles, and what is refused."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.curve import read_measured_curve

T = np.arange(0.0, 600.0, 10.0)
FALLS = 4.0 - T / 1000 - (T / 900) ** 3


def csv(path, mark=",", point=".", **columns):
    rows = [mark.join(f"{v:.6g}".replace(".", point) for v in row) for row in zip(*columns["data"])]
    path.write_text("\n".join([mark.join(columns["names"]), *rows]) + "\n")
    return path


@pytest.fixture
def discharge(tmp_path):
    return csv(tmp_path / "a.csv", names=("time/s", "V/V", "I/mA"), data=(T, FALLS, 2 + 0 * T))


def test_a_discharge(discharge):
    curve = read_measured_curve(discharge)
    assert curve.time_s == pytest.approx(T)
    assert curve.voltage_V == pytest.approx(FALLS, abs=1e-5)
    assert curve.current == pytest.approx(0.002)
    assert curve.charge == pytest.approx(0.002 * T)
    assert curve.half.direction == "discharge"
    assert curve.said == (
        "read 60 points of a.csv: time from 'time/s', voltage from 'V/V', current from 'I/mA', positive"
        " current discharges, half cycle 1 (discharge) of them"
    )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("up", [False, True])
def test_the_cell_tells_the_sign_of_the_current(tmp_path, sign, up):
    V = FALLS[::-1] if up else FALLS
    path = csv(tmp_path / "a.csv", names=("t/s", "U/V", "I/mA"), data=(T, V, sign * 2 + 0 * T))
    curve = read_measured_curve(path)
    assert curve.half.direction == ("charge" if up else "discharge")
    assert np.sign(curve.charge[-1]) == (-1 if up else 1)
    assert ("turned" in curve.said) == ((sign > 0) == up)


@pytest.mark.parametrize(
    ("names", "data", "mark", "point"),
    [
        (("Voltage (mV)", "Time (min)", "Current (uA)"), (1e3 * FALLS, T / 60, 2e3 + 0 * T), ";", ","),
        (("I/A", "U/V", "t/h"), (2e-3 + 0 * T, FALLS, T / 3600), "\t", "."),
        (("t/ms", "Capacity/mAh", "Ewe/V"), (1e3 * T, 0.002 * T / 3.6, FALLS), ",", "."),
    ],
)
def test_other_orders_units_and_decimal_commas(tmp_path, names, data, mark, point):
    curve = read_measured_curve(csv(tmp_path / "a.csv", mark, point, names=names, data=data))
    assert curve.time_s == pytest.approx(T, abs=1e-2)
    assert curve.voltage_V == pytest.approx(FALLS, abs=1e-4)
    assert curve.charge == pytest.approx(0.002 * T, abs=1e-5)


def test_mass_and_area(discharge):
    assert read_measured_curve(discharge, mass=1e-5).capacity_mAh_g[-1] == pytest.approx(
        0.002 * T[-1] / 3.6 / 0.01
    )
    by_area = read_measured_curve(discharge, area=1e-4)
    assert (by_area.charge[-1], by_area.charge_per) == (pytest.approx(20 * T[-1]), "area")
    assert read_measured_curve(discharge).capacity_mAh_g is None


def test_a_capacity_per_gram_takes_no_mass(tmp_path):
    path = csv(tmp_path / "a.csv", names=("Capacity (mAh/g)", "Voltage (V)"), data=(T / 4, FALLS))
    curve = read_measured_curve(path)
    assert curve.time_s is None
    assert curve.capacity_mAh_g == pytest.approx(T / 4)
    with pytest.raises(
        InputError, match="mass_mg can be told of, got one per mass already; leave that key out"
    ):
        read_measured_curve(path, mass=1e-5)


def cycled(path, names=("time/s", "V/V", "I/mA")):
    """A rest, then charge and discharge twice, with a rest between."""
    up, I = FALLS[::-1], np.full(60, 1.0)
    rest = np.full(5, 3.4)
    V = np.concatenate([rest, up, FALLS, rest, up + 0.01, FALLS - 0.01])
    current = np.concatenate([0 * rest, I, -I, 0 * rest, I, -I])
    return csv(path, names=names, data=(10.0 * np.arange(V.size), V, current))


def test_several_half_cycles_are_listed(tmp_path):
    path = cycled(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"got 4 of 1 charge 3\.\d+ to 4\.000 V \(cycle 1\); 2 discharge"):
        read_measured_curve(path)
    assert read_measured_curve(path, half_cycle=2).voltage_V == pytest.approx(FALLS, abs=1e-5)
    assert read_measured_curve(path, half_cycle="charge", cycle=2).half.number == 3
    assert read_measured_curve(path, half_cycle="all").voltage_V.size == 250
    for asked in ({"half_cycle": 5}, {"cycle": 3}, {"half_cycle": "charge"}, {"cycle": 2}):
        with pytest.raises(InputError, match="name one by half_cycle"):
            read_measured_curve(path, **asked)


def test_a_half_cycle_begins_where_its_current_does(tmp_path):
    curve = read_measured_curve(cycled(tmp_path / "a.csv"), half_cycle=1)
    assert curve.time_s[0] == pytest.approx(5.0)  # between a row at rest and one under current
    assert curve.charge[0] == pytest.approx(-5e-3)
    assert np.diff(curve.charge) == pytest.approx(-1e-2)


@pytest.mark.parametrize(
    ("names", "data", "says"),
    [
        (
            ("time", "V/V"),
            (T, FALLS),
            "expected the unit of 'time', got none; say it: columns: {time_s: time}",
        ),
        (
            ("t/s", "Voltage"),
            (T, 1e3 * FALLS),
            "expected the unit of 'Voltage', got none and values up to 4000",
        ),
        (("t/s", "V/V"), (T, 1e3 * FALLS), r"expected a voltage from -5 to 10 V in 'V/V', got 4000 V"),
        (("t/s", "I/mA"), (T, FALLS), "expected a column of the voltage, got t/s, I/mA"),
        (("V/V", "I/mA"), (FALLS, T), "expected a column of the time or of the charge"),
        (("t/s", "V/V"), (T[::-1], FALLS), "line 3: expected times that go on, got 580 s after 590 s"),
        (("t/s", "V/V"), (T % 300, FALLS), "line 32: expected times that go on, got 0 s after 290 s"),
        (("t/s", "V/V"), (T, np.nan * T), "expected two rows with a time and a voltage at least, got 0"),
        (("freq/Hz", "Ewe/V"), (T, FALLS), "got a column of frequencies; give an impedance as spectrum"),
    ],
)
def test_what_could_be_several_things_is_one_sentence(tmp_path, names, data, says):
    with pytest.raises(InputError, match=says):
        read_measured_curve(csv(tmp_path / "a.csv", names=names, data=data))


@pytest.mark.parametrize("rows", [120, 110, 85])
def test_currents_without_a_sign_are_refused(tmp_path, rows):
    """Wherever the file ends: the ends of a discharge and half a charge are those of a discharge, too."""
    data = np.arange(120.0), np.concatenate([FALLS, FALLS[::-1]]), np.full(120, 1.0)
    path = csv(tmp_path / "a.csv", names=("t/s", "V/V", "I/mA"), data=tuple(part[:rows] for part in data))
    with pytest.raises(InputError, match="goes one way under a current of one sign"):
        read_measured_curve(path)
    told = read_measured_curve(path, positive_current="discharge").said
    assert "% of the charge passes against the voltage" in told


@pytest.mark.parametrize("current", ["drive", "rates", "rests"])
def test_one_half_cycle_whose_voltage_turns_is_one(tmp_path, current):
    t = np.arange(600.0)
    if current == "drive":
        flow = 1.0 + np.abs(np.sin(0.21 * t))
    else:
        flow = np.where(t < 300, 5.0, 0.2) if current == "rates" else np.where(t % 60 < 40, 2.0, 0.0)
    V = 4.2 - np.cumsum(flow) / np.sum(flow) - 0.15 * flow
    path = csv(tmp_path / "a.csv", names=("t/s", "V/V", "I/mA"), data=(t, V, flow))
    half = read_measured_curve(path).half
    assert (half.number, half.direction) == (1, "discharge")


def test_blank_and_repeated_rows_are_left_out_and_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("t/s,V/V\n0,4.0\n0,4.0\n10,\n20,3.9\n30,nan\n40,3.8\n")
    curve = read_measured_curve(path)
    assert curve.voltage_V.tolist() == [4.0, 3.9, 3.8]
    assert "2 rows without a value left out (line 4, line 6), 1 repeated rows left out" in curve.said
    assert curve.remarks == ("2 rows without a value left out (line 4, line 6).",)


def test_columns_are_taken_as_one_says(tmp_path):
    path = csv(tmp_path / "a.csv", names=("a", "b"), data=(T / 3600, FALLS))
    curve = read_measured_curve(path, columns={"time_h": "a", "voltage_V": 2})
    assert curve.time_s == pytest.approx(T, rel=1e-4)
    assert "no current" in curve.said


def test_ours_reads_as_it_was_written(tmp_path):
    names = ("time_s", "current_A", "voltage_V", "capacity_mAh_g", "step")
    path = csv(tmp_path / "voltage.csv", names=names, data=(T, 1e-6 + 0 * T, FALLS, T / 5, 0 * T))
    curve = read_measured_curve(path)
    assert curve.capacity_mAh_g == pytest.approx(T / 5)
    assert curve.half.direction == "discharge"


MPT = "EC-Lab ASCII FILE\nNb header lines : 3\n{}\n"


@pytest.mark.parametrize(
    "names", ["time/s\tdq/mA.h\tEwe/V", "time/s\t(Q-Qo)/mA.h\tEwe/V", "time/s\t<I>/mA\tEwe/V"]
)
def test_ec_lab_files_charge_with_what_is_above_zero(tmp_path, names):
    """Oxidation is above zero in EC-Lab; without a current there is the charge of each row, or all of it."""
    step = np.full(60, 2e-3 / 3.6 * 10)
    step[0] = 0.0
    second = step if "dq" in names else np.cumsum(step) if "Q-Qo" in names else np.full(60, 2.0)
    rows = [f"{a:.9g}\t{b:.9g}\t{c:.9g}".replace(".", ",") for a, b, c in zip(T, second, FALLS[::-1])]
    path = tmp_path / "a.mpt"
    path.write_text(MPT.format(names) + "\n".join(rows))
    curve = read_measured_curve(path)
    assert curve.half.direction == "charge"
    assert curve.charge[-1] == pytest.approx(-0.002 * T[-1], rel=1e-6)
    assert "positive current charges: turned" in curve.said


def test_an_ec_lab_file_that_its_cell_contradicts_is_refused(tmp_path):
    rows = [f"{a:g}\t2\t{c:.6g}" for a, c in zip(T, FALLS)]
    (tmp_path / "a.mpt").write_text(MPT.format("time/s\t<I>/mA\tEwe/V") + "\n".join(rows))
    with pytest.raises(InputError, match="positive current would charge, .* as if it would discharge"):
        read_measured_curve(tmp_path / "a.mpt")
    assert read_measured_curve(tmp_path / "a.mpt", positive_current="discharge").half.direction == "discharge"


DATA = os.environ.get("MICROSIM_DATA")


@pytest.mark.skipif(not DATA, reason="MICROSIM_DATA names no folder of the public data")
def test_a_real_file_of_lithium_nickel_oxide():
    """Five half cycles at 154 and 385 uA of 7 mg; the file's own capacities are the reference."""
    path = Path(DATA) / "electrochem" / "perex_LiNiO2_220726cell4operandoxas_C06.mpt.gz"
    lines = gzip.decompress(path.read_bytes()).decode("latin-1").splitlines()
    names = lines[81].split("\t")
    half = [line.split("\t") for line in lines[82:] if line.split("\t")[names.index("half cycle")] == "3"]
    given = float(half[-1][names.index("Capacity/mA.h")].replace(",", "."))
    curve = read_measured_curve(path, half_cycle=2, mass=7e-6)
    assert curve.half.direction == "discharge"
    assert curve.capacity_mAh_g[-1] == pytest.approx(given / 7e-3, rel=1e-4)
    assert np.median(curve.current) == pytest.approx(154e-6 / 7e-6, rel=1e-2)
    assert [h.direction for h in curve.halves] == ["charge", "discharge", "charge", "discharge", "charge"]


def test_a_voltage_of_a_few_millivolts_is_one_in_another_unit(tmp_path):
    path = csv(tmp_path / "a.csv", names=("t/s", "V/mV"), data=(T, FALLS))
    with pytest.raises(InputError, match="got at most 0.004 V; say its unit: columns: {voltage_V: V/mV}"):
        read_measured_curve(path)


TEXTS = {
    "a.csv": ["t/s,V/V,I/mA", *(f"{t:g},{v:.6g},2" for t, v in zip(T, FALLS))],
    "b.csv": ["t/h;V/mV", *(f"{t / 3600:.6g};{1e3 * v:.6g}".replace(".", ",") for t, v in zip(T, FALLS))],
    "c.mpt": [*MPT.format("time/s\tEwe/V").splitlines(), *(f"{t:g}\t{v:.6g}" for t, v in zip(T, FALLS))],
}


def changed(lines, rng):
    """A file as it arrives now and then: cut, doubled, turned, with words, blanks and commas in it."""
    lines, k = list(lines), int(rng.integers(len(lines)))
    at = int(rng.integers(len(lines[k]) + 1))
    ways = (
        lambda: lines[:k],
        lambda: lines[:k] + lines[k + 1 :],
        lambda: lines[:k] + lines[k:][::-1],
        lambda: lines + lines[len(lines) // 2 :],
        lambda: [*lines[:k], lines[k], *lines[k:]],
        lambda: [*lines[:k], lines[k][:at], *lines[k + 1 :]],
        lambda: [*lines[:k], "", *lines[k + 1 :]],
        lambda: [*lines[:k], "NaN" + lines[k][1:], *lines[k + 1 :]],
        lambda: [*lines[:k], lines[k].replace(".", ","), *lines[k + 1 :]],
        lambda: [
            *lines[:k],
            lines[k][:at] + str(rng.choice(list('xé;,\t -1e9"'))) + lines[k][at:],
            *lines[k + 1 :],
        ],
        lambda: [line for line in lines if rng.random() < 0.1],
    )
    return ways[int(rng.integers(len(ways)))]()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.filterwarnings("error")
def test_a_damaged_file_is_read_or_refused_in_a_sentence(tmp_path, name):
    rng, read = np.random.default_rng(len(TEXTS[name])), 0
    for _ in range(200):
        lines = changed(changed(TEXTS[name], rng), rng)
        (tmp_path / name).write_text("\n".join(lines), encoding="latin-1")
        try:
            curve = read_measured_curve(tmp_path / name)
        except InputError as error:
            assert len(str(error).splitlines()) == 1
            continue
        read += 1
        assert (np.diff(curve.time_s) >= 0).all() and np.isfinite(curve.voltage_V).all()
    assert 20 < read < 190


def test_times_of_the_steps_are_added_up(tmp_path):
    step = np.where(T <= 290, 1, 2)
    names = ("Step Index", "Time(h:min:s.ms)", "V/V", "I/mA")
    path = csv(
        tmp_path / "a.csv", names=names, data=(step, np.where(step == 1, T, T - 290), FALLS, 1 + 0 * T)
    )
    text = path.read_text().splitlines()
    body = [line.split(",") for line in text[1:]]
    clock = [f"{int(float(t)) // 60:d}" for _, t, *_ in body]
    rows = [",".join([s, f"0:{m}:{float(t) % 60:g}", *rest]) for (s, t, *rest), m in zip(body, clock)]
    path.write_text("\n".join([text[0], *rows]))
    curve = read_measured_curve(path)
    assert curve.time_s == pytest.approx(T)
    assert "its time begins anew with each step of 'Step Index': added up" in curve.said


def test_numbers_of_cycles_that_are_none(tmp_path):
    names, data = ("t/s", "V/V", "I/mA", "cycle_count"), (T, FALLS, 1 + 0 * T, 2 * np.pi + 0 * T)
    curve = read_measured_curve(csv(tmp_path / "a.csv", names=names, data=data))
    assert curve.cycle is None
    assert "'cycle_count' holds no whole numbers and was left out" in curve.said


def test_a_curve_among_impedances(tmp_path):
    freq = np.where(T < 300, 0.0, T)
    path = csv(tmp_path / "a.csv", names=("t/s", "V/V", "freq/Hz"), data=(T, FALLS, freq))
    assert read_measured_curve(path).voltage_V.size == T.size


def test_a_current_that_its_capacities_contradict_is_turned_and_said(tmp_path):
    charged, discharged = 0 * T, T / 3600
    names = ("t/s", "V/V", "I/A", "Charge Capacity(Ah)", "Discharge Capacity(Ah)")
    path = csv(tmp_path / "a.csv", names=names, data=(T, FALLS, -1 + 0 * T, charged, discharged))
    curve = read_measured_curve(path)
    assert curve.current[0] == 1
    assert "positive current charges: turned" in curve.said
    names = (*names[:3], "Discharge Capacity(Ah)", "Charge Capacity(Ah)")
    path = csv(tmp_path / "b.csv", names=names, data=(T, FALLS, -1 + 0 * T, charged, discharged))
    with pytest.raises(InputError, match="the names of its capacities are the other way round"):
        read_measured_curve(path)


def test_the_charge_over_the_time_is_a_current(tmp_path):
    t = np.where(T == 300, 290, T)  # two rows of one time
    path = csv(tmp_path / "a.csv", names=("t/s", "V/V", "(Q-Qo)/C"), data=(t, FALLS, -2 * T))
    curve = read_measured_curve(path, positive_current="charge")
    assert curve.current[[0, 10, -1]] == pytest.approx(2)
    assert "current from the charge over the time" in curve.said


@pytest.mark.parametrize(
    ("first", "told"), [(0.0, False), (1.0, False), (60.0, True), (9e4, True), (1.7e9, False)]
)
def test_a_time_that_begins_late_is_told(tmp_path, first, told):
    """A first row of 60 s is set beside a run from its beginning, 60 s off, one cut out of a longer
    file by all that was before; a clock is no such time."""
    t = first + np.arange(60.0) * 60
    read = read_measured_curve(
        csv(tmp_path / "a.csv", names=("t/s", "V/V", "I/mA"), data=(t, FALLS[:60], 0 * t + 1))
    )
    assert (f"its time begins at {first:.6g} s and is counted from there" in read.said) is told
    assert read.time_s[0] == 0
