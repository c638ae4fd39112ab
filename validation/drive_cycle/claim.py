"""A drive cycle of 241 points with regenerative pulses, and a 3C discharge with ten 3C/1C cycles after it,
run through.

A corner of the demo electrode, resolved. Reference: the profile itself (its corners, its integral),
conservation, and the second law: under a discharging current the cell stays below its potential at rest,
under a charging one above it.
"""

import tempfile
from pathlib import Path

import numpy as np

from microsim.base import gallery
from microsim.case.build import simulate
from microsim.case.case import load_case
from microsim.jobs.validate import Check

CASE = gallery.folder("cases") / "demo.yaml"
CORNER = ["volume.crop={x: [44, 56], y: [0, 9], z: [0, 9]}", "compare=null"]
BALANCES = {"lithium_balance_error": 1e-8, "charge_balance_error": 1e-8, "salt_balance_error": 1e-8}
CYCLES = 10


def profile(seed=7):
    """Time (s) and C-rate of a drive: accelerations to 3C, cruising, stops, and braking that charges with up
    to 1.5C."""
    rng = np.random.default_rng(seed)
    time, rate = [0.0], [0.0]
    while len(time) < 237:
        peak, cruise, brake = rng.uniform(1, 3), rng.uniform(0.2, 0.8), -rng.uniform(0.3, 1.5)
        for span, value in (
            (2, peak),
            (rng.uniform(3, 8), peak),
            (3, cruise),
            (rng.uniform(10, 40), cruise),
            (1, brake),
            (rng.uniform(3, 7), brake),
            (1, 0.0),
            (rng.uniform(3, 15), 0.0),
        ):
            time.append(round(time[-1] + span, 2))
            rate.append(round(float(value), 3))
    return np.array(time), np.array(rate)


def checks(data):
    yield from drive()
    yield from cycles()


def drive():
    time, rate = profile()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "drive.csv"
        file.write_text("time_s,c_rate\n" + "".join(f"{t},{r}\n" for t, r in zip(time, rate)))
        case = load_case(
            CASE, [*CORNER, "cell.initial_sto=0.4", f"protocol=[{{profile: {file}, quantity: c_rate}}]"]
        )
        opposed = []
        setup, record = simulate(case, lambda moment: opposed.append(against_the_current(moment)))
    t, current, charge = (np.array(record.columns[name]) for name in ("time_s", "current_A", "charge_C"))
    at_corners = np.array([np.abs(t - corner).min() for corner in time])
    yield Check(f"drive cycle, {len(time)} points: end (s)", t[-1], time[-1], 1e-9)
    yield Check("farthest corner of the profile from a time step (s)", at_corners.max(), 1e-6, kind="at most")
    yield Check(
        "largest miss of the current that was asked for (C-rate)",
        np.abs(current / setup.one_C - np.interp(t, time, rate)).max(),
        1e-9,
        kind="at most",
    )
    yield Check(
        "charge (1C hours)",
        charge[-1] / setup.one_C / 3600,
        np.trapezoid(rate, time) / 3600,
        1e-3,
        source="integral of the profile",
    )
    yield Check("regenerative pulses under way", begins(current < 0), begins(rate < 0), 0.0)
    yield Check(
        "voltage with the current, not against it (V)",
        max(opposed),
        1e-6,
        kind="at most",
        source="second law",
    )
    yield from balances("drive cycle", record)


def begins(on):
    """How often something goes from off to on."""
    return np.count_nonzero(np.diff(on.astype(int)) > 0)


def against_the_current(moment):
    """By how much the cell gives more than its potentials hold, or takes less (V); see validation/fuzz."""
    cell, u = moment.cell, moment.u
    U, W = cell.in_cells.U(u.sto), cell.W(u.c_e)
    return float((u.V[0] - U.max() if moment.current > 0 else U.min() - u.V[0]) - (W.max() - W.min()))


def cycles():
    steps = (
        "Discharge at 3C until 3.5 V",
        f"{{repeat: {CYCLES}, steps: [Charge at 1C until 4.2 V, Discharge at 3C until 3.5 V]}}",
    )
    setup, record = simulate(load_case(CASE, [*CORNER, f"protocol=[{', '.join(steps)}]"]))
    ends = {step["end_reason"] for step in record.steps}
    yield Check(
        f"3C discharge and {CYCLES} cycles 1C / 3C: steps that met their voltage",
        sum(step["end_reason"] == "voltage" for step in record.steps),
        1 + 2 * CYCLES,
        0.0,
        source=f"{ends}",
    )
    taken = [step["charge_C"] / setup.one_C / 3600 for step in record.steps]
    yield Check(
        "last discharge against the one before (share)",
        taken[-1] / taken[-3],
        1.0,
        1e-3,
        source="no ageing in the model: the cycle is periodic",
    )
    yield Check(
        "last charge and discharge cancel (share of 1C hours)",
        taken[-1] + taken[-2],
        0.0,
        1e-3,
        "absolute",
        source="periodic",
    )
    yield from balances("cycles", record)


def balances(name, record):
    for key, limit in BALANCES.items():
        yield Check(
            f"{name}: {key.replace('_', ' ')}",
            getattr(record, key),
            limit,
            kind="at most",
            source="conservation",
        )
