"""The voltage curve between time steps, against runs with finer steps."""

import numpy as np
import pytest

from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.cell.balances import HalfCell
from microsim.cell.dense import WITHIN, _halved, foreseen
from microsim.numerics.bdf import extrapolation

SMALL = {"volume.slab.cells": 10}


def curve(case, **settings):
    setup = set_up(load_case(case, {**SMALL, **settings}))
    record = setup.experiment().run(setup.loads())
    return {name: np.array(values) for name, values in record.columns.items()}, record


CASES = {
    "NMC532 at C/3": ("cases/dfn_xu2019.yaml", "Discharge at C/3 until 3.5 V", 40),
    "NMC811 at C/3, to the end of its lithium": (
        "cases/dfn_chen2020.yaml",
        "Discharge at C/3 until 3.0 V",
        30,
    ),
    "NMC532 at C/3, charged": ("cases/dfn_xu2019.yaml", "Charge at C/3 until 4.2 V", 40),
}


@pytest.mark.parametrize("name", CASES)
def test_straight_lines_between_rows_are_the_curve(name):
    """Within 0.1 mV of a run with steps ten times shorter; lines between time steps alone miss it by 2 mV.

    Newton to 1e-6: at the end of the lithium, where the voltage falls by 5 V/s, 1e-4 is 0.3 mV of both runs.
    """
    case, step, fine = CASES[name]
    start = {"protocol": [step], "numerics.time_tolerance": 1e-4, "numerics.newton_tolerance": 1e-6}
    start |= {"cell.initial_sto": 0.8} if "charged" in name else {}
    ours, record = curve(case, **start)
    truth, _ = curve(case, **start, **{"numerics.max_step_s": fine})
    t = truth["time_s"][truth["time_s"] <= ours["time_s"][-1]]
    between = np.interp(t, ours["time_s"], ours["voltage_V"]) - truth["voltage_V"][: t.size]
    assert np.abs(between).max() < 1e-4
    assert record.time_steps < ours["time_s"].size < 6 * record.time_steps
    assert (np.diff(ours["time_s"]) > 0).all()


def test_rows_between_steps_have_the_current_and_the_charge_of_a_profile(tmp_path):
    """A current that falls on a straight line: rows have it, and their charge is its integral."""
    path = tmp_path / "drive.csv"
    path.write_text("0,1.0\n1800,0.2\n")
    ours, record = curve("cases/dfn_xu2019.yaml", protocol=[{"profile": str(path), "quantity": "c_rate"}])
    t, I = ours["time_s"], ours["current_A"]
    assert t.size > record.time_steps + 1
    assert I == pytest.approx(I[0] * (1 - 0.8 * t / 1800), rel=1e-6)
    passed = np.concatenate([[0], np.cumsum(np.diff(t) * (I[1:] + I[:-1]) / 2)])
    assert ours["charge_C"] == pytest.approx(passed, abs=1e-6 * passed[-1])


def test_full_cells_holds_and_rests_too():
    counter = {
        "cell.counter_electrode": {"material": "Chen2020_anode", "thickness_um": 85, "initial_sto": 0.9}
    }
    steps = ["Discharge at C/2 for 30 minutes", "Hold at 3.9 V for 10 minutes", "Rest for 10 minutes"]
    case = "cases/dfn_chen2020.yaml"
    found = {"protocol": steps[:1] + steps[2:], "numerics.time_tolerance": 1e-4, **counter}
    ours, _ = curve(case, **found)
    truth, _ = curve(case, **found, **{"numerics.max_step_s": 15})
    for step in (0, 1):
        a, b = ({k: v[c["step"] == step] for k, v in c.items()} for c in (ours, truth))
        between = np.interp(b["time_s"], a["time_s"], a["voltage_V"]) - b["voltage_V"]
        assert np.abs(between).max() < 1.5e-4
    held, _ = curve("cases/dfn_xu2019.yaml", protocol=steps[:1] + ["Hold at 3.9 V for 10 minutes"])
    assert held["voltage_V"][held["step"] == 1] == pytest.approx(3.9, abs=1e-4)


def test_the_voltage_of_a_step_is_foreseen_where_the_open_circuit_potential_bends():
    """Within a third of what parabolas through the last voltages miss."""
    setup = set_up(
        load_case("cases/dfn_xu2019.yaml", {**SMALL, "protocol": ["Discharge at C/3 until 3.5 V"]})
    )
    experiment, missed, before = setup.experiment(), [], None
    for moment in experiment.moments(setup.loads()):
        now, dt = before, moment.t - (before.t if before else 0.0)
        before = experiment.snapshot()
        if now is None or len(now.earlier) < 2 or moment.last:
            continue
        weights = extrapolation(dt, now.earlier)
        x = sum(w * state for w, state in zip(weights, now.states))
        found = foreseen(moment.cell, now, x, dt), moment.cell.state(x).V[0]
        missed.append([abs(V - moment.u.V[0]) for V in found])
    ours, parabolas = np.sum(missed, axis=0)
    assert len(missed) > 20
    assert ours < parabolas / 3


def test_a_function_is_halved_where_it_bends():
    def bends(x):
        return abs(x - 0.25)

    points = _halved(bends, (0.0, bends(0.0)), (1.0, bends(1.0)), 9)
    x, y = (np.array([0, *column, 1]) if k == 0 else column for k, column in enumerate(zip(*points)))
    y = np.array([bends(0), *y, bends(1)])
    fine = np.linspace(0, 1, 1001)
    assert np.abs(np.interp(fine, x, y) - bends(fine)).max() < 2 * WITHIN
    assert _halved(lambda x: 2 * x, (0, 0), (1, 2), 9) == []


def test_a_smooth_curve_is_asked_four_times():
    """Its halves are those of the cubic through two of its values within a step, which two others bear out; a
    curve with a corner, though a cubic fits it at the thirds, is halved where the corner is."""
    asked = []

    def smooth(t):
        asked.append(t)
        return 3e-3 * np.exp(t)

    points = _halved(smooth, (0.0, smooth(0.0)), (1.0, smooth(1.0)), 9)
    assert len(asked) == 2 + 4 and len(points) >= 3
    assert max(abs(V - 3e-3 * np.exp(t)) for t, V in points) < WITHIN / 5


def test_the_ohmic_rests_of_a_step_are_asked_once(monkeypatch):
    """Rows of a step and the guess of the next one share them; they are forgotten with the formula's past."""
    asked, voltages = [], HalfCell.voltages
    monkeypatch.setattr(HalfCell, "voltages", lambda self, u, j: asked.append(0) or voltages(self, u, j))
    setup = set_up(
        load_case("cases/dfn_xu2019.yaml", {**SMALL, "protocol": ["Discharge at C/3 until 3.5 V"]})
    )
    experiment = setup.experiment()
    moments = experiment.moments(setup.loads())
    for _ in range(8):
        next(moments)
    now, dt = experiment.now, experiment.now.dt
    rests, asked[:] = list(now.rests), []
    x = sum(w * state for w, state in zip(extrapolation(dt, now.earlier), now.states))
    found = foreseen(experiment.cell, now, x, dt)
    assert len(rests) == 3 and len(asked) == 1
    now.rests = []
    assert foreseen(experiment.cell, now, x, dt) == found and now.rests == rests
    now.start_formula()
    assert now.rests == []
