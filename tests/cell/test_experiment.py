"""Whole protocols on a small random electrode: what is conserved, where steps end, what tolerances do."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from microsim.base.errors import InputError, NotConverged
from microsim.case.build import nominal, simulate
from microsim.case.case import load_case
from microsim.cell.balances import HalfCell
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Growth
from microsim.cell.load import Load
from microsim.cell.sharing import FIRST
from microsim.materials import LithiumMetal

from ..cells import ACTIVE, ELECTROLYTE, design, fields, half_cell, image, run, voxel_grid
from ..references import F, chen_U

VOXEL = 0.8e-6
LABELS = image((16, 8, 8), 3)


def one_C(cell):
    """A: takes the active material from sto_100 to sto_0 in an hour."""
    return F * ACTIVE.c_s_max * (ACTIVE.sto_0 - ACTIVE.sto_100) * cell.mesh.solid.volumes().sum() / 3600


def electrode(labels=LABELS, **more):
    return half_cell(labels, VOXEL, **more)


def mean_sto(cell, x):
    volumes = cell.mesh.solid.volumes()
    return volumes @ cell.state(x).sto / volumes.sum()


@cache
def cycle():
    """C/2 discharge, a rest that is long beside r^2 / D_s, 1C charge, C/2 discharge for half an hour."""
    cell = electrode()
    C = one_C(cell)
    return cell, run(
        cell,
        [
            Load("discharge", C / 2, until_voltage=3.5),
            Load("rest", 0.0, duration=5e3),
            Load("charge", -C, until_voltage=4.1),
            Load("again", C / 2, duration=1800.0),
        ],
    )


def test_balances_hold():
    """To round-off, whatever Newton's tolerance."""
    record = cycle()[1].record
    assert record.lithium_balance_error <= 1e-9
    assert record.salt_balance_error <= 1e-9
    assert record.charge_balance_error <= 1e-9


def test_balances_found_independently():
    """Lithium in the solid against the charge passed, salt against its start, j against I, at every state."""
    cell, ran = cycle()
    volumes = cell.mesh.solid.volumes()
    pores = cell.mesh.eps * cell.mesh.ionic.volumes()
    passed, charge, t, passing = 0.0, 0.0, 0.0, np.array([load[1] for load in LOADS(cell)])
    for state in ran.seen:
        I = passing[state.number]
        charge, passed, t = charge + I * (state.t - t), passed + abs(I) * (state.t - t), state.t
        u = cell.state(state.x)
        stored = F * ACTIVE.c_s_max * volumes @ (u.sto - 0.27)
        assert stored == pytest.approx(charge, abs=2e-6 * passed + 1e-9 * one_C(cell))
        assert pores @ u.c_e == pytest.approx(1000 * pores.sum(), rel=1e-6, abs=0)
        if I:
            assert -cell.mesh.faces.area @ state.j == pytest.approx(I, rel=1e-6)
    assert charge == pytest.approx(ran.experiment.now.charge, rel=1e-9)


def LOADS(cell):
    C = one_C(cell)
    return (("discharge", C / 2), ("rest", 0.0), ("charge", -C), ("again", C / 2))


def test_a_long_rest_loses_no_salt():
    """55 hours: as many implicit steps as a discharge, each of which may miss a little of the salt."""
    cell = electrode()
    record = run(cell, [Load("d", one_C(cell), duration=900.0), Load("rest", 0.0, duration=2e5)]).record
    assert record.salt_balance_error <= 1e-9 and record.lithium_balance_error <= 1e-9


def test_steps_end_where_they_should():
    ran = cycle()[1]
    discharge, rest, charge, again = ran.record.steps
    assert [s["end_reason"] for s in ran.record.steps] == ["voltage", "duration", "voltage", "duration"]
    assert discharge["end_voltage_V"] == pytest.approx(3.5, abs=1e-5)
    assert charge["end_voltage_V"] == pytest.approx(4.1, abs=1e-5)
    assert rest["time_s"] == pytest.approx(5e3, rel=1e-12) and again["time_s"] == pytest.approx(
        1800, rel=1e-12
    )
    first = next(s for s in ran.seen if s.number == 0 and s.last)
    before = [s.V for s in ran.seen if s.number == 0 and not s.last]
    assert min(before) > 3.5 - 1e-5 and first.V == discharge["end_voltage_V"]


@pytest.mark.parametrize("event", [1e-3, 1e-5, 1e-7])
def test_cut_off_is_met_as_closely_as_asked(event):
    cell = electrode()
    ran = run(cell, [Load("d", one_C(cell), until_voltage=4.15)], event=event, newton=1e-8)
    assert ran.record.steps[0]["end_voltage_V"] == pytest.approx(4.15, abs=event)
    assert min(s.V for s in ran.seen[:-1]) > 4.15 - event


@pytest.mark.parametrize("days", [30, 365])
def test_cut_off_is_met_as_closely_after_months_of_rest(days):
    """Where the voltage falls by 100 V/s a clock that tells a share of 1e-9 apart leaves tens of mV."""
    cell = half_cell(image((8, 4, 4)))
    loads = Load("storage", duration=86400.0 * days), Load("d", 10 * cell.mesh.area, until_voltage=2.6)
    assert run(cell, loads, sto=0.3).record.columns["voltage_V"][-1] == pytest.approx(2.6, abs=1e-5)


def test_rest_relaxes_to_U_of_the_mean_lithiation():
    cell, ran = cycle()
    rested = [s for s in ran.seen if s.number == 1][-1]
    assert rested.V == pytest.approx(chen_U(mean_sto(cell, rested.x)), abs=2e-5)
    u = cell.state(rested.x)
    assert np.ptp(u.sto) < 1e-4 and np.ptp(u.c_e) < 0.05
    V = [s.V for s in ran.seen if s.number == 1]
    assert 3.505 < V[0] < V[len(V) // 2] < V[-1] + 1e-3


def test_charge_follows_discharge():
    cell, ran = cycle()
    discharge, rest, charge, _ = ran.record.steps
    assert rest["charge_C"] == 0 and charge["charge_C"] < 0 < discharge["charge_C"]
    assert charge["charge_C"] == pytest.approx(-one_C(cell) * charge["time_s"], rel=1e-12)
    assert abs(charge["charge_C"]) < discharge["charge_C"]
    V = np.array([s.V for s in ran.seen if s.number == 2])
    assert np.all(np.diff(V) > 0) and V[0] > chen_U(mean_sto(cell, ran.seen[-1].x)) - 0.3
    final = 0.27 + ran.experiment.now.charge / (one_C(cell) * 3600) * (ACTIVE.sto_0 - ACTIVE.sto_100)
    assert mean_sto(cell, ran.experiment.x) == pytest.approx(final, abs=1e-6)


def test_summaries_and_columns_agree():
    cell, ran = cycle()
    c = {name: np.array(column) for name, column in ran.record.columns.items()}
    assert len({len(column) for column in c.values()}) == 1
    assert {(s.t, s.V) for s in ran.seen} <= set(zip(c["time_s"], c["voltage_V"]))
    assert np.all(np.diff(c["time_s"]) >= 0) and c["step"].tolist() == sorted(c["step"])
    start = 0.0
    for number, (step, load) in enumerate(zip(ran.record.steps, LOADS(cell))):
        mine = c["step"] == number
        t, V = c["time_s"][mine], c["voltage_V"][mine]
        assert step["name"] == load[0] and np.all(c["current_A"][mine] == load[1])
        assert t[0] == start and step["time_s"] == pytest.approx(t[-1] - t[0], rel=1e-12)
        assert step["mean_voltage_V"] == pytest.approx(np.trapezoid(V, t) / (t[-1] - t[0]), rel=1e-12)
        assert step["charge_C"] == pytest.approx(c["charge_C"][mine][-1] - c["charge_C"][mine][0], rel=1e-12)
        assert V.min() - 1e-12 <= step["mean_voltage_V"] <= V.max() + 1e-12 and step["end_voltage_V"] == V[-1]
        start = t[-1]
    assert ran.record.time_steps == len(ran.seen) - 4
    assert ran.record.newton_iterations >= ran.record.time_steps and ran.record.wall_s > 0


def test_one_C_is_the_current_that_takes_an_hour():
    cell = electrode()
    ran = run(cell, [Load("1C", one_C(cell), duration=1800.0)])
    assert mean_sto(cell, ran.experiment.x) == pytest.approx((ACTIVE.sto_100 + ACTIVE.sto_0) / 2, abs=1e-6)


def test_the_pipeline_counts_one_C_from_all_active_material():
    """Isolated grains included, as in a measured cell; with the mass from the density."""
    labels = np.zeros((6, 4, 4), int)
    labels[4:], labels[1, 1, 1] = 1, 1
    grid = voxel_grid(labels, VOXEL)
    current, mass = nominal(grid, design(grid))
    assert current == pytest.approx(
        96485.33212 * 63104 * (0.9084 - 0.27) * 33 * VOXEL**3 / 3600, rel=1e-12, abs=0
    )
    assert mass == pytest.approx(4800 * 33 * VOXEL**3, rel=1e-12, abs=0)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_mirror_image_gives_mirrored_fields(axis):
    results = []
    for labels in (LABELS, np.flip(LABELS, axis)):
        cell = electrode(labels)
        results.append((cell, run(cell, [Load("d", one_C(cell), duration=300.0)]).seen[-1]))
    (cell, a), (mirrored, b) = results
    assert a.V == pytest.approx(b.V, abs=1e-6)
    for one, other, atol in zip(fields(cell, a.x), fields(mirrored, b.x), (1e-6, 2e-3)):
        np.testing.assert_allclose(one, np.flip(other, axis), rtol=0, atol=atol)
    sto = fields(cell, a.x)[0]
    assert np.nanmax(np.abs(sto - np.flip(sto, axis))) > 1e-2 or np.any(
        np.isnan(sto) != np.isnan(np.flip(sto, axis))
    )


def test_halved_tolerances_change_little():
    """Against the defaults: capacity within 0.3 %, mean voltage within 1 mV."""
    default = Tolerances()
    ends = []
    for factor in (1.0, 0.5):
        cell = electrode()
        kept = {name: factor * getattr(default, name) for name in ("step", "newton", "linear", "event")}
        ends.append(run(cell, [Load("d", one_C(cell), until_voltage=3.5)], **kept).record.steps[0])
    coarse, fine = ends
    assert coarse["charge_C"] == pytest.approx(fine["charge_C"], rel=3e-3)
    assert coarse["mean_voltage_V"] == pytest.approx(fine["mean_voltage_V"], abs=1e-3)


def test_gmres_that_starts_again_keeps_fewer_vectors_and_finds_the_same(monkeypatch):
    from microsim.numerics import krylov

    cell, longest, cycle = electrode(), [], krylov._gmres_cycle

    def counted(*arguments):
        longest.append(arguments[3])
        return cycle(*arguments)

    monkeypatch.setattr(krylov, "_gmres_cycle", counted)
    ends = {}
    for restart in (2, 20):
        begun = len(longest)
        step = Load("d", 0.5 * one_C(cell), duration=20.0)
        ends[restart] = Experiment(cell, 0.27, Tolerances(restart=restart)).run([step])
        assert max(longest[begun:]) == min(restart, FIRST)  # of which another cycle asks for no more
    assert ends[2].columns["voltage_V"][-1] == pytest.approx(ends[20].columns["voltage_V"][-1], abs=2e-6)
    assert ends[2].linear_iterations > ends[20].linear_iterations


def test_a_film_costs_voltage_and_capacity():
    ends = []
    for R_film in (0.0, 0.02, 0.04):
        cell = electrode(film=R_film)
        ends.append(run(cell, [Load("d", one_C(cell), until_voltage=3.5)]).record.steps[0])
    charge, V = ([end[key] for end in ends] for key in ("charge_C", "mean_voltage_V"))
    assert charge[0] > charge[1] > charge[2] and V[0] > V[1] > V[2]


@pytest.mark.parametrize(
    "load, sentence",
    [
        (
            Load("Discharge at 1C until 4.5 V", 1.0, 4.5),
            "expected to reach 4.5 V by 'Discharge at 1C until 4.5 V'",
        ),
        (Load("Charge at 1C until 4 V", -1.0, 4.0), "expected to reach 4.0 V by 'Charge at 1C until 4 V'"),
    ],
)
def test_a_cut_off_already_passed_is_a_sentence(load, sentence):
    cell = electrode()
    scaled = Load(load.name, load.current * one_C(cell), load.until_voltage)
    with pytest.raises(InputError, match=sentence):
        Experiment(cell, 0.27, Tolerances()).run([scaled])


def test_a_step_already_met_is_skipped_and_said():
    """The steps before and after it run; time and charge only go on."""
    cell = electrode()
    C = one_C(cell)
    loads = [
        Load("discharge", C / 5, duration=900.0),
        Load("charge", -C / 5, until_voltage=3.5),
        Load("again", C / 5, duration=300.0),
    ]
    record = run(cell, loads).record
    assert [s["time_s"] for s in record.steps] == pytest.approx([900.0, 0.0, 300.0])
    assert record.steps[1]["end_reason"] == "voltage" and record.steps[1]["charge_C"] == 0
    (note,) = record.notes()
    assert note.startswith("Skipped: expected to reach 3.5 V by 'charge', got a cell already at 4.")
    alone = run(cell, [Load("discharge", C / 5, duration=1200.0)]).record
    assert record.columns["voltage_V"][-1] == pytest.approx(alone.columns["voltage_V"][-1], abs=2e-4)
    assert np.all(np.diff(record.columns["time_s"]) >= 0) and record.lithium_balance_error < 1e-9


@pytest.mark.parametrize("begin", ["after a slow charge", "from rest"])
def test_a_hold_whose_end_current_is_met_ends_at_once(begin):
    cell = electrode()
    C = one_C(cell)
    before = [Load("c", -C / 50, duration=600.0)] if "slow" in begin else [Load("r", duration=600.0)]
    V = run(cell, before, sto=0.5).seen[-1].V
    ends = {"until_current": C / 20} if "slow" in begin else {"until_current": 2 * C}
    volts = V if "slow" in begin else V - 0.02
    record = run(cell, [*before, Load("h", voltage=volts, **ends), Load("r", duration=60.0)], sto=0.5).record
    assert [s["end_reason"] for s in record.steps] == ["duration", "current", "duration"]
    hold = record.steps[1]
    assert hold["time_s"] == 0 and hold["charge_C"] == 0 and "already at" in hold["skipped"]
    assert np.all(np.diff(record.columns["time_s"]) >= 0)


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.0])
def test_a_hold_until_the_current_that_led_to_its_voltage_ends_at_once(rate):
    """Only where the charge ends within some 20 nV of the limit."""
    cell = electrode()
    C = rate * one_C(cell)
    loads = [
        Load("c", -C, until_voltage=4.1),
        Load("h", voltage=4.1, until_current=C),
        Load("r", duration=60.0),
    ]
    hold = run(cell, loads, sto=0.5).record.steps[1]
    assert hold["time_s"] == 0 and hold["charge_C"] == 0 and "already at" in hold["skipped"]


@pytest.mark.parametrize("sign", [1, -1])
def test_steps_end_at_a_charge_or_a_state_of_charge(sign):
    cell = electrode()
    C = one_C(cell)
    loads = [
        Load("charge", sign * C, until_charge=100 * C, duration=3600.0),
        Load("first end", sign * C, until_charge=200 * C, duration=100.0),
        Load("soc", sign * C, until_total=sign * 300 * C),
        Load("power", power=sign * 3.9 * C, until_charge=50 * C),
        Load("back", -sign * C, until_total=sign * 250 * C),
    ]
    record = run(cell, loads, sto=0.55).record
    assert [s["end_reason"] for s in record.steps] == ["charge", "duration", "soc", "charge", "soc"]
    passed = [s["charge_C"] / (sign * C) for s in record.steps]
    assert passed == pytest.approx([100, 100, 100, 50, -100], rel=1e-4)
    assert record.steps[0]["time_s"] == pytest.approx(100.0, rel=1e-4)


def test_a_hold_ends_at_a_charge():
    cell = electrode()
    C = one_C(cell)
    loads = [Load("d", C, duration=300.0), Load("h", voltage=4.1, until_charge=20 * C, until_current=C / 100)]
    record = run(cell, loads).record
    assert record.steps[1]["end_reason"] == "charge"
    assert abs(record.steps[1]["charge_C"]) == pytest.approx(20 * C, rel=1e-4)


def test_a_current_lost_in_round_off_costs_no_steps():
    """C/1e8: what good conductors carry by round-off is more, and was taken for an error of each step."""
    small = {"volume.slab.cells": 6, "cell.shells": 6, "cell.nominal_current_density_A_m2": 1e-6}
    case = load_case("cases/dfn_chen2020.yaml", {**small, "protocol": ["Discharge at C/2 for 60 s"]})
    record = simulate(case)[1]
    assert record.time_steps < 40 and record.rejected_steps == 0


def test_longest_step_is_kept():
    cell = electrode()
    t = [s.t for s in run(cell, [Load("d", one_C(cell), duration=300.0)], max_step=20.0).seen]
    assert np.diff(t).max() <= 20.0 * 1.0011 and t[-1] == pytest.approx(300.0, rel=1e-12)


def test_steps_too_long_for_the_tolerance_are_taken_again():
    """A second to begin with, where 1e-6 asks for less: refused steps, and the voltage of 1e-7 within 10
    uV."""
    V = []
    for step in (1e-6, 1e-7):
        cell = electrode()
        ran = run(cell, [Load("d", one_C(cell), duration=30.0)], step=step, first_step=1.0)
        assert ran.record.rejected_steps > 0
        V.append(ran.seen[-1].V)
    assert V[0] == pytest.approx(V[1], abs=1e-5)


def test_a_step_too_long_costs_one_newton_step(monkeypatch):
    """Its local error is known by then, and what it was refused for is not solved to the end."""
    solves, linearise = [], HalfCell.linearise
    monkeypatch.setattr(HalfCell, "linearise", lambda *a: solves.append(1) or linearise(*a))
    cell = electrode()
    record = run(cell, [Load("d", one_C(cell), duration=30.0)], step=1e-6, first_step=1.0).record
    assert record.rejected_steps > 0 == record.failed_steps
    assert len(solves) == record.newton_iterations + record.rejected_steps


# -- voltage, power and profiles -------------------------------------------------------------------


def test_a_held_voltage_takes_the_current_down_to_its_end():
    cell = electrode()
    C = one_C(cell)
    loads = [
        Load("d", C, until_voltage=3.9),
        Load("hold", voltage=3.9, until_current=C / 20),
        Load("rest", duration=600.0),
    ]
    ran = run(cell, loads, step=1e-4)
    hold = [s for s in ran.seen if s.number == 1]
    assert all(s.V == pytest.approx(3.9, abs=1e-7) for s in hold)
    I = np.array([-cell.mesh.faces.area @ s.j for s in hold])
    assert I[0] == pytest.approx(C, rel=0.02) and np.all(np.diff(I) < 0)
    assert I[-1] == pytest.approx(C / 20, rel=1e-4, abs=0)
    assert ran.record.steps[1]["end_reason"] == "current"
    assert ran.record.lithium_balance_error < 1e-9 and ran.record.charge_balance_error < 1e-9
    t, charge = (np.array(ran.record.columns[name]) for name in ("time_s", "charge_C"))
    at = np.array(ran.record.columns["step"]) == 1
    exact = np.trapezoid(np.array(ran.record.columns["current_A"])[at], t[at])
    assert charge[at][-1] - charge[at][0] == pytest.approx(exact, rel=3e-3)
    volumes = cell.mesh.solid.volumes()
    gained = F * 63104.0 * volumes @ (cell.state(ran.experiment.x).sto - 0.27)
    assert gained == pytest.approx(charge[-1], rel=1e-9)


def test_the_double_layer_charges_first():
    """A current too small to leave the linear range: V = V_0 - I (R_0 + R_ct (1 - exp(-t / R_ct C))); then
    everything that was put into the electrode lies in the lithium and the double layer."""
    C_dl = 0.3  # F m-2
    swift = replace(ACTIVE, D_s=lambda x, T: 1e-10 + 0 * x, sigma=10.0)
    salt = replace(ELECTROLYTE, kappa=lambda c, T: 1.0 + 0 * c, D_e=lambda c, T: 1e-8 + 0 * c)
    labels = np.array([0, 1, 1, 1])[:, None, None]
    ideal = LithiumMetal("ideal", i0=lambda c_e, T: 1e5 + 0 * c_e)
    cell = half_cell(labels, active=swift, electrolyte=salt, counter=ideal, double_layer=C_dl)
    area, i = cell.mesh.area, 0.05
    R_ct = (
        8.314462618 * 298.15 / 96485.33212 / float(ACTIVE.i0(np.array([1000.0]), np.array([0.27]), 298.15)[0])
    )
    tau = R_ct * C_dl
    ran = run(cell, [Load("d", i * area, duration=6 * tau)], step=1e-6)
    t, V = (np.array([getattr(s, name) for s in ran.seen]) for name in ("t", "V"))
    drop = float(ACTIVE.U(0.27)) - V
    assert drop[t == 0].max() < 0.02 * i * R_ct  # nothing but ohmic drops
    assert drop / (i * R_ct) == pytest.approx(1 - np.exp(-t / tau), abs=0.01)
    volumes = cell.mesh.solid.volumes() @ (cell.state(ran.experiment.x).sto - 0.27) * F * 63104.0
    assert volumes < 0.9 * i * area * 6 * tau  # the rest is in the double layer
    assert volumes + C_dl * area * drop[-1] == pytest.approx(i * area * 6 * tau, rel=1e-3, abs=0)
    # each step rounds sto, which is 5e-10 of all that passes
    rounded = ran.record.time_steps * np.spacing(0.27) * cell.capacity.sum() / (i * area * 6 * tau)
    assert rounded < 2e-8 and ran.record.charge_balance_error < 1e-8
    assert ran.record.lithium_balance_error < 1e-8 + rounded


def test_the_double_layer_is_forgotten():
    """Minutes later the voltage is that of a cell without it, on discharge, at rest and held."""
    loads = [
        Load("d", one_C(electrode()), duration=300.0),
        Load("r", duration=300.0),
        Load("h", voltage=3.9, duration=300.0),
    ]
    with_it, without = (run(electrode(double_layer=C), loads) for C in (0.2, 0.0))
    ends = [[step["end_voltage_V"] for step in ran.record.steps] for ran in (with_it, without)]
    assert ends[0] == pytest.approx(ends[1], abs=5e-4)
    assert with_it.record.lithium_balance_error < 1e-8 and with_it.record.charge_balance_error < 1e-8


def test_a_film_grows_while_the_cell_runs():
    """delta^2 = delta_0^2 + k^2 t at the end of a rest and a discharge; the voltage falls by what the film
    takes."""
    cell = electrode(film=0.01)
    growth = Growth(1e-10, 0.0, 4.2, 5e-7, np.ones(cell.mesh.faces.area.size, bool))
    loads = [Load("rest", duration=600.0), Load("d", one_C(cell), duration=300.0)]
    grown = Experiment(cell, 0.27, Tolerances(), growth=growth)
    record = grown.run(loads)
    end = np.sqrt((0.01 * 5e-7) ** 2 + 1e-20 * 900.0) / 5e-7
    assert grown.R_film == pytest.approx(end, rel=1e-9)
    assert cell.R_film == pytest.approx(0.01)  # the cell is as it was
    thick, thin = (run(electrode(film=R), loads).record.steps[-1]["end_voltage_V"] for R in (end, 0.01))
    assert thick < record.steps[-1]["end_voltage_V"] < thin
    assert record.steps[-1]["end_voltage_V"] == pytest.approx(thick, abs=2e-4)


def test_cut_offs_are_met_while_a_film_grows():
    """The film is that of the step's end: none that grows afterwards carries the voltage beyond the limit."""
    cell = electrode(film=0.01)
    growth = Growth(2e-9, 0.0, 4.2, 5e-7, np.ones(cell.mesh.faces.area.size, bool))
    grown = Experiment(cell, 0.27, Tolerances(), growth=growth)
    record = grown.run([Load("d", one_C(cell), until_voltage=3.9)])
    assert record.steps[0]["end_reason"] == "voltage" and record.steps[0]["end_voltage_V"] == pytest.approx(
        3.9, abs=1e-5
    )
    t = record.steps[0]["time_s"]
    assert grown.R_film == pytest.approx(np.sqrt((0.01 * 5e-7) ** 2 + 4e-18 * t) / 5e-7, rel=1e-9)


def test_the_first_pulse_at_the_limit_ends_a_titration():
    """Each rest recovers; what is left of the repeat after the pulse that meets 4.0 V is skipped."""
    cell = electrode()
    C = one_C(cell)
    pulses = [
        (
            Load("pulse", C / 2, duration=600.0, until_voltage=4.0, skip=9 - 2 * k)
            if part == 0
            else Load("rest", duration=600.0)
        )
        for k in range(5)
        for part in (0, 1)
    ]
    steps = run(cell, [*pulses, Load("after", duration=60.0)]).record.steps
    assert [s["name"] for s in steps] == [*["pulse", "rest"] * 3, "pulse", "after"]
    assert [s["end_reason"] for s in steps[:-2]] == ["duration"] * (len(steps) - 2)
    assert steps[-2]["end_reason"] == "voltage" and steps[-2]["end_voltage_V"] == pytest.approx(4.0, abs=1e-5)
    assert steps[1]["end_voltage_V"] > steps[0]["end_voltage_V"]


def test_a_pulse_that_starts_beyond_the_limit_ends_it_too():
    cell = electrode()
    C = one_C(cell)
    loads = [
        Load("slow", C / 2, duration=1800.0),
        Load("jump", 3 * C, duration=60.0, until_voltage=4.05, skip=1),
        Load("skipped", duration=60.0),
        Load("rest", duration=60.0),
    ]
    ran = run(cell, loads)
    steps = ran.record.steps
    assert [s["name"] for s in steps] == ["slow", "jump", "rest"]
    assert (
        steps[1]["time_s"] == 0 and steps[1]["end_reason"] == "voltage" and steps[1]["end_voltage_V"] < 4.05
    )
    # what comes next begins by letting its own current set in
    jump, rest = (next(moment for moment in ran.seen if moment.number == k) for k in (1, 3))
    assert rest.t == jump.t and rest.current == 0 and rest.V > jump.V + 0.01


def test_constant_power():
    cell = electrode()
    P = 3.9 * one_C(cell)
    ran = run(cell, [Load("p", power=P, until_voltage=3.8)])
    I = [-cell.mesh.faces.area @ s.j for s in ran.seen]
    assert [s.V * i for s, i in zip(ran.seen, I)] == pytest.approx([P] * len(I), rel=1e-6)
    assert ran.record.steps[0]["end_reason"] == "voltage" and ran.seen[-1].V == pytest.approx(3.8, abs=1e-5)


def test_a_profile_is_followed_to_its_end():
    """Up, constant, and back through zero into charge; corners are met, the charge is the profile's
    integral."""
    cell = electrode()
    C = one_C(cell)
    times, currents = np.array([0.0, 40.0, 100.0, 180.0]), C * np.array([0.0, 1.5, 1.5, -1.0])
    ran = run(cell, [Load("cycle", profile=(times, currents), duration=180.0)], step=1e-5)
    t, I = (np.array(ran.record.columns[name]) for name in ("time_s", "current_A"))
    assert I == pytest.approx(np.interp(t, times, currents), abs=1e-12 * C)
    assert set(times) <= set(np.round(t, 9))
    assert ran.record.columns["charge_C"][-1] == pytest.approx(np.trapezoid(currents, times), rel=2e-3)
    assert ran.record.lithium_balance_error < 1e-9


def test_sharp_corners_cost_hardly_a_refused_step_and_no_charge():
    """Each piece of a drive is a new start: BDF2 integrates a straight current exactly."""
    cell = electrode()
    C = one_C(cell)
    times = np.array([0.0, 2.0, 8.0, 8.5, 30.0, 31.0, 50.0, 50.01, 60.0])
    currents = C * np.array([0.0, 3.0, 3.0, -1.0, -1.0, 2.0, 2.0, 0.3, 0.3])
    record = run(cell, [Load("drive", profile=(times, currents), duration=60.0)]).record
    assert record.columns["charge_C"][-1] == pytest.approx(np.trapezoid(currents, times), rel=1e-4)
    assert record.rejected_steps <= 2 and record.lithium_balance_error < 1e-9


def test_a_profile_jumps_where_a_time_comes_twice():
    """50 s of 1C, then 50 s of -C/2: the current is never between them, the charge their integral."""
    cell = electrode()
    C = one_C(cell)
    times, currents = np.array([0.0, 50.0, 50.0, 100.0]), C * np.array([1.0, 1.0, -0.5, -0.5])
    record = run(cell, [Load("drive", profile=(times, currents), duration=100.0)]).record
    t, I = (np.array(record.columns[name]) for name in ("time_s", "current_A"))
    assert set(np.round(I / C, 12)) == {1.0, -0.5} and np.all(I[t < 50] > 0) and np.all(I[t > 50] < 0)
    assert sorted(I[t == 50] / C) == [-0.5, 1.0]
    assert record.columns["charge_C"][-1] == pytest.approx(25 * C, rel=1e-9)
    steps = [Load("d", C, duration=50.0), Load("c", -C / 2, duration=50.0)]
    V = np.array(run(cell, steps).record.columns["voltage_V"])
    assert record.columns["voltage_V"][-1] == pytest.approx(V[-1], abs=1e-5)
    assert record.lithium_balance_error < 1e-9


def test_a_jump_beyond_the_limit_of_a_profile_ends_it():
    cell = electrode()
    C = one_C(cell)
    drive = (np.array([0.0, 50.0, 50.0, 100.0]), C * np.array([0.1, 0.1, 8.0, 8.0]))
    low = min(run(cell, [Load("d", profile=drive, duration=100.0)]).record.columns["voltage_V"])
    limited = Load("d", profile=drive, duration=100.0, until_voltage=low + 0.3)
    (step,) = run(cell, [limited]).record.steps
    assert step["end_reason"] == "voltage" and step["time_s"] == pytest.approx(50.0)


def test_a_profile_of_voltages_is_followed():
    cell = electrode()
    drive = (np.array([0.0, 60.0, 60.0, 120.0]), np.array([4.2, 4.15, 4.1, 4.1]))
    ran = run(cell, [Load("sweep", profile=drive, profile_of="voltage", duration=120.0)])
    t, V = (np.array(ran.record.columns[name]) for name in ("time_s", "voltage_V"))
    held = np.interp(t, drive[0][:2], drive[1][:2])
    assert V[t < 60] == pytest.approx(held[t < 60], abs=1e-7) and V[t > 60] == pytest.approx(4.1, abs=1e-7)
    assert ran.record.lithium_balance_error < 1e-9


def test_held_voltages_alone_are_solved_to_a_share_of_the_electrodes_current():
    """Newton's tolerance is a share of a current: of the one that fills the electrode in an hour, where no
    step names one."""
    cell = electrode()
    ran = run(cell, [Load("hold", voltage=4.1, duration=300.0), Load("hold", voltage=4.15, duration=60.0)])
    scale = ran.experiment.now.scale_current
    assert scale == pytest.approx(cell.capacity.sum() / 3600)
    assert [step["end_voltage_V"] for step in ran.record.steps] == pytest.approx([4.1, 4.15], abs=1e-7)
    assert ran.record.lithium_balance_error < 1e-9


@pytest.mark.parametrize("volts", [3.2, 2.5])
def test_a_cut_off_beyond_the_ocp_runs_until_the_material_is_full(volts):
    """The OCP of NMC811 ends at 3.47 V; what is left below holds less than 1 % of the lithium."""
    cell = electrode()
    end = [run(electrode(), [Load("d", one_C(cell) / 2, until_voltage=V)]).record for V in (3.5, volts)]
    whole = (1 - 0.27) / (ACTIVE.sto_0 - ACTIVE.sto_100) * 3600 * one_C(cell)
    assert end[0].steps[0]["charge_C"] < end[1].steps[0]["charge_C"] < whole
    assert end[1].steps[0]["end_voltage_V"] == pytest.approx(volts, abs=1e-5)
    assert end[0].newton_iterations < 1.8 * end[0].time_steps  # 2.0 from parabolas through the last voltages
    assert end[1].time_steps < 100  # 120 and more where steep potentials are foreseen, too
    assert end[1].lithium_balance_error < 1e-9 and end[1].charge_balance_error < 1e-9


def test_power_beyond_what_the_cell_gives_is_an_error():
    cell = electrode()
    with pytest.raises(NotConverged):
        run(cell, [Load("p", power=4000 * one_C(cell), until_voltage=3.0)])
