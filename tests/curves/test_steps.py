"""The steps that a cycler ran, from tables of a known programme."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.curve import read_measured_curve
from microsim.curves.steps import measured_steps


def programme(path, *parts, header="t/s,V/V,I/mA,Ns"):
    """A file of parts (kind, seconds, value), sampled every second; the voltage of a capacitor."""
    rows, t, V = [], 0.0, 3.5
    for number, (kind, seconds, value) in enumerate(parts):
        for k in range(1, seconds + 1):
            current = value if kind == "current" else 0.0
            if kind == "hold":
                current, V = value[1] * np.exp(-k / 20), value[0]
            if kind == "sine":
                current = value * (1 + 0.5 * np.sin(k / 5))
            V = V if kind == "hold" else V + 1e-3 * current
            rows.append(f"{t + k},{V:.6f},{current:.6f},{number}")
        t += seconds
    path.write_text("\n".join([header, *rows]))
    return path


def steps_of(path, **options):
    return measured_steps(read_measured_curve(path, half_cycle="all", positive_current="charge", **options))


def test_currents_holds_and_rests(tmp_path):
    parts = [("rest", 60, 0), ("current", 700, 1.0), ("hold", 100, (4.2, 1.0)), ("rest", 30, 0)]
    path = programme(tmp_path / "a.csv", *parts, ("current", 1000, -1.2))
    rest, charge, hold, pause, discharge = steps_of(path)
    assert [s.kind for s in (rest, charge, hold, pause, discharge)] == [
        *("rest", "current", "voltage", "rest", "current")
    ]
    assert [s.duration for s in (rest, charge, hold, discharge)] == pytest.approx([59, 700, 100, 1000], abs=1)
    assert charge.value == pytest.approx(-1e-3, rel=2e-3)
    assert discharge.value == pytest.approx(1.2e-3, rel=2e-3)
    assert hold.value == pytest.approx(4.2)
    assert (charge.limit, discharge.limit) == (4.2, 3.0)
    assert (charge.half, pause.half, discharge.half) == (1, None, 2)


def test_a_hold_that_no_number_tells_apart(tmp_path):
    path = programme(
        tmp_path / "a.csv", ("current", 700, 1.0), ("hold", 100, (4.2, 1.0)), header="t/s,V/V,I/mA,x"
    )
    charge, hold = steps_of(path)
    assert (charge.kind, hold.kind) == ("current", "voltage")
    assert hold.duration == pytest.approx(100, abs=4) and charge.limit == 4.2


def test_the_charge_is_the_file_s_own(tmp_path):
    path = programme(tmp_path / "a.csv", ("rest", 5, 0), ("current", 333, 0.7), ("current", 200, -0.9))
    curve = read_measured_curve(path, half_cycle="all", positive_current="charge")
    found = measured_steps(curve)
    assert sum(step.value * step.duration for step in found) == pytest.approx(curve.charge[-1], rel=1e-9)


def test_pulses_that_took_the_same_time_have_no_limit(tmp_path):
    pulses = [("current", 100, 5.0), ("rest", 50, 0)] * 4  # the last one ends at 5.5 V
    found = [step for step in steps_of(programme(tmp_path / "a.csv", *pulses)) if step.kind == "current"]
    assert [step.limit for step in found] == [None] * 4


def test_steps_of_one_sign_are_told_apart_by_their_number(tmp_path):
    path = programme(tmp_path / "a.csv", ("current", 100, -1.0), ("current", 100, -0.5))
    assert [step.value for step in steps_of(path)] == pytest.approx([1e-3, 0.5e-3], rel=0.02)
    bare = path.read_text().replace(",Ns", ",x")
    (tmp_path / "b.csv").write_text(bare)
    assert [step.kind for step in steps_of(tmp_path / "b.csv")] == ["varying"]


def test_a_current_that_varies(tmp_path):
    assert [step.kind for step in steps_of(programme(tmp_path / "a.csv", ("sine", 200, -2.0)))] == ["varying"]


def test_a_file_without_a_current_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("t/s,V/V\n0,3.5\n1,3.6\n")
    with pytest.raises(InputError, match="expected a time and a current to take its steps from"):
        measured_steps(read_measured_curve(tmp_path / "a.csv"))


def test_a_real_half_cell(data):
    path = data / "electrochem" / "perex_LiNiO2_220726cell4operandoxas_C06.mpt.gz"
    curve = read_measured_curve(path, half_cycle="all")
    steps = measured_steps(curve)
    assert [step.limit for step in steps] == [None, 4.3, 3.0, 4.3, 3.0, None]
    for step in steps[1:]:
        own = curve.charge[step.last] - curve.charge[step.first - 1]
        assert step.charge == pytest.approx(own, rel=1e-3)
        assert step.value * step.duration == pytest.approx(own, rel=1e-3)
