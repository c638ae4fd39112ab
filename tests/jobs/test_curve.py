"""The job measured_curve and its command: what a file holds, and the file as CSV."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.case.tables import OCP, read_table
from microsim.cli import main
from microsim.curves.curve import read_measured_curve

T = np.arange(0.0, 201.0)
I = np.where(T <= 100, 1.0, -0.9) * (T > 0)  # mA, a charge first
V = np.where(T <= 100, 3.0 + T / 100, 4.0 - (T - 100) / 100)


@pytest.fixture
def file(tmp_path):
    rows = [f"{t},{v:.6f},{i}" for t, v, i in zip(T, V, I)]
    path = tmp_path / "cell.csv"
    path.write_text("\n".join(["t/s,V/V,I/mA", *rows]))
    return path


def test_half_cycles(file):
    charge, discharge = ms.measured_curve(file, mass=1e-6).numbers()["half_cycles"]
    assert (charge["direction"], discharge["direction"]) == ("charge", "discharge")
    assert charge["capacity"] == pytest.approx(0.1 / 3.6 / 1e-3, rel=0.01)  # mAh/g
    assert charge["mean_V"] == pytest.approx(3.5, abs=0.01)
    assert discharge["to_V"] == pytest.approx(3.0)


def test_dq_dv_and_steps(file):
    found = ms.measured_curve(file, dq_dv_step=0.05).numbers()
    assert found["dq_dv"][1]["dq_dv"] == pytest.approx(0.1 / 3.6, rel=0.02)  # mAh per V
    assert [step["kind"] for step in found["steps"]] == ["rest", "current", "current"]
    assert "titration" not in found and "dq_dv" not in ms.measured_curve(file).numbers()


def test_what_is_written_reads_as_the_same_curve(file, tmp_path):
    path = ms.measured_curve(file).save(tmp_path / "out.csv")
    ours, again = (read_measured_curve(p, half_cycle="all") for p in (file, path))
    assert again.voltage_V == pytest.approx(ours.voltage_V)
    assert again.current == pytest.approx(ours.current)
    assert again.charge == pytest.approx(ours.charge)


def test_the_command(file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = "--mass-mg 1 --dqdv-mV 50 --out out.csv --json n.json"
    assert main(["curve", "cell.csv", *options.split()]) == 0
    shown = capsys.readouterr().out
    assert "read 201 points of cell.csv" in shown and "mAh/g" in shown
    told = json.loads((tmp_path / "n.json").read_text())
    assert told["half_cycles"][0]["capacity"] == pytest.approx(27.8, rel=0.01)
    assert (tmp_path / "out.csv").is_file()


@pytest.mark.parametrize(("half", "sto"), [(1, (0.9, 0.3)), ("discharge", (0.3, 0.84))])
def test_a_table_over_lithiation(file, tmp_path, half, sto):
    path = ms.measured_curve(file, half_cycle=half, sto=sto).save_ocp(tmp_path / "ocp.csv")
    table = read_table(path, OCP)
    x = np.linspace(min(sto) + 0.05, max(sto) - 0.05, 9)
    share = (x - sto[0]) / (sto[1] - sto[0])
    assert table(x) == pytest.approx(3 + share if half == 1 else 4 - share, abs=0.02)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--half-cycle 1", "expected the lithiation at both ends"),
        ("--half-cycle 1 --sto 0.9", "expected two lithiations like 0.27,0.9"),
        ("--half-cycle 1 --sto 0.9,0.9", "expected two lithiations that differ"),
        ("--half-cycle 7 --sto 0.9,0.3", "expected one half cycle at half_cycle: 7, got none"),
        ("--sto 0.9,0.3", "expected one half cycle, got 2 of"),
        ("--half-cycle 1 --sto 0.3,0.9", "falls while the lithiation rises, got 3.01 to 4 V from 0.3 to 0.9"),
        ("--half-cycle discharge --sto 0.9,0.3", "say --sto 0.3,0.9, its beginning first"),
    ],
)
def test_a_table_over_lithiation_of_which_something_is_missing(file, monkeypatch, capsys, options, says):
    monkeypatch.chdir(file.parent)
    assert main(["curve", "cell.csv", *options.split(), "--ocp", "ocp.csv"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mass": 1e-6, "area": 1e-4}, "got both; keep one"),
        ({"radius": 1e-6, "length": 1e-4}, "got both; keep one"),
        ({"radius": 1e-6}, "expected pulses between rests"),
    ],
)
def test_what_does_not_go_together(file, given, says):
    with pytest.raises(ms.InputError, match=says):
        ms.measured_curve(file, **given)


def test_steps_of_dq_dv_wider_than_the_half_cycles_are_refused(file):
    """5 for 5 mV is 5 V in Python: there was no dQ/dV, and no word."""
    with pytest.raises(ms.InputError, match="V at most, got 5 V; take smaller ones"):
        ms.measured_curve(file, dq_dv_step=5.0)


def test_dq_dv_without_a_current_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("t/s,V/V\n0,3.5\n1,3.6\n2,3.7\n")
    assert ms.measured_curve(tmp_path / "a.csv").steps == ()
    with pytest.raises(ms.InputError, match="expected a current or a charge for dQ/dV"):
        ms.measured_curve(tmp_path / "a.csv", dq_dv_step=0.01)


def test_the_curve_of_a_run_is_read_as_a_measured_one(tmp_path):
    rows = [f"{t},{1e-3},{4 - t / 1000},{t / 3600},1" for t in range(0, 1000, 10)]
    head = "time_s,current_A,voltage_V,capacity_mAh_g,step"
    (tmp_path / "voltage.csv").write_text("\n".join([head, *rows]))
    (half,) = ms.measured_curve(tmp_path / "voltage.csv").numbers()["half_cycles"]
    assert half["direction"] == "discharge" and half["capacity"] == pytest.approx(990 / 3600, rel=0.02)


def test_what_speaks_against_a_diffusivity_is_said(tmp_path):
    """Pulses of 60 s of spheres: too long for a D, long, and short."""
    from tests.curves.test_titration import RADIUS, gitt

    for D, told in (
        (1e-12, "2 of 2 pulses have no D"),
        (4e-14, "2 of 2 pulses last longer than half of L^2"),
    ):
        gitt(tmp_path / "a.csv", D, rest=1e6, points=600)
        found = ms.measured_curve(tmp_path / "a.csv", radius=RADIUS, positive_current="discharge")
        assert [said.startswith(told) for said in found.remarks] == [True] and told in repr(found)
    gitt(tmp_path / "a.csv", 1e-15, rest=1e6, points=600)
    assert ms.measured_curve(tmp_path / "a.csv", radius=RADIUS, positive_current="discharge").remarks == []
    gitt(tmp_path / "a.csv", 1e-15, rest=1e6, points=30)
    (said,) = ms.measured_curve(tmp_path / "a.csv", radius=RADIUS, positive_current="discharge").remarks
    assert said.startswith("Rows are up to 3.4 % of a pulse apart") and "D may be off by 8.5 %" in said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"mass": 7e-9}, "1.43e+05 mAh/g, and electrodes have 0.01 to 5000: is --mass-mg in its unit?"),
        ({"mass": 7e-6}, ""),
        ({"mass": "7 mg"}, ""),
        ({"area": "15.4 m2"}, "mAh/cm2, and electrodes have 0.0001 to 300: is --area-cm2 in its unit?"),
        ({"area": 1.54e-4}, ""),
        ({}, ""),
    ],
)
def test_capacities_that_no_electrode_has_are_told(tmp_path, given, told):
    """1 mA for an hour with 7 mg, or 1.54 cm2; a mass in g, an area a hundred thousand times too large."""
    rows = "\n".join(f"{60 * k},{4 - 0.5 * k / 60:.4f},1" for k in range(61))
    (tmp_path / "a.csv").write_text(f"time/s,voltage/V,current/mA\n{rows}")
    found = ms.measured_curve(tmp_path / "a.csv", positive_current="discharge", **given)
    assert found.remarks == found.numbers()["remarks"] and told in " ".join(found.remarks)
    assert bool(found.remarks) is bool(told) and (not told or found.remarks[0] in repr(found))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mass": 7.0}, "mass: expected a mass .* did you mean 7 g .* or 7 mg"),
        ({"area": 1.54}, "area: expected an area .* did you mean 1.54 cm2"),
        ({"radius": 5.0}, "radius: expected a length .* or 5 um"),
        ({"length": 5.0}, "length: expected a length .* or 5 um"),
    ],
)
def test_a_size_that_means_another_unit_is_refused(file, given, words):
    with pytest.raises(ms.InputError, match=words):
        ms.measured_curve(file, **given)


def test_rests_that_are_not_over_are_counted(tmp_path):
    from tests.curves.test_titration import RADIUS, gitt

    gitt(tmp_path / "a.csv", 1e-15, rest=200.0, points=600)
    found = ms.measured_curve(tmp_path / "a.csv", radius=RADIUS, positive_current="discharge")
    moving = sum(not pulse.relaxed for pulse in found.pulses)
    assert moving and f"{moving} of 2 pulses stand beside a rest whose voltage still moves." in found.remarks
