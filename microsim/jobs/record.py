"""What a run's Record says, in the units that batteries are told in: the curve, the steps, the balances."""

import csv
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..analysis.half_cycles import charges_and_discharges, last_discharge_of
from ..base.errors import InputError

STACK_FIGURES = ("areal_capacity_mAh_cm2", "areal_energy_mWh_cm2", "energy_Wh_kg", "energy_Wh_L")


FILM_LITHIUM = ("film_lithium_C", "counter_film_lithium_C")  # of a step's summary, at its end


@dataclass(frozen=True, repr=False)
class VoltageCurve:
    """The voltage curve of a run: a row for each accepted time step and for the start of each step of the
    protocol, and between them as many as straight lines between rows need to be the curve, within 0.1 mV.

    time_s          from the start of the run (s)
    current_A       above zero on discharge (A)
    voltage_V       between the terminals (V)
    capacity_mAh_g  discharged since the start, per gram of active material (mAh g-1)
    step            number of the protocol's step, from 0
    """

    time_s: np.ndarray
    current_A: np.ndarray
    voltage_V: np.ndarray
    capacity_mAh_g: np.ndarray
    step: np.ndarray
    steps: tuple = ()
    area: float = np.nan

    def columns(self):
        """Return the curve as {name: array}, as voltage.csv holds it."""
        return {field.name: getattr(self, field.name) for field in fields(self)[:5]}

    def last_discharge(self):
        """Return capacity from its start (mAh g-1) and voltage (V) of the last discharge, or of it all."""
        found = next((steps for sign, steps in reversed(self._halves()) if sign > 0), None)
        shown = (self.current_A > 0) & np.isin(self.step, found) if found else np.isfinite(self.current_A)
        capacity = self.capacity_mAh_g[shown]
        return capacity - capacity[0], self.voltage_V[shown]

    def between(self, times_s):
        """Return the capacity that passed between successive times (s): mAh g-1, above zero on discharge."""
        asked, first, last = np.asarray(times_s, float), self.time_s[0], self.time_s[-1]
        slack = 1e-6 * (last - first)
        if asked.min() < first - slack or asked.max() > last + slack:
            raise InputError(
                f"expected times from {first:.6g} to {last:.6g} s of the voltage curve, got {asked.min():.6g}"
                f" to {asked.max():.6g} s; give the voltage.csv of the same run."
            )
        return np.diff(np.interp(asked, self.time_s, self.capacity_mAh_g))

    def half_cycles(self):
        """Return the capacity of each charge and discharge: mAh g-1, above zero on discharge.

        Steps without charge between them count as rests; steps of one direction that follow each other are
        one.
        """
        passed = self._passed()
        return np.array([sum(passed[step] for step in steps) for _, steps in self._halves()])

    def _passed(self):
        """{number of a step: what it discharged (mAh g-1)}."""
        ends = {
            step: np.flatnonzero(self.step == step)[[0, -1]] for step in dict.fromkeys(self.step.tolist())
        }
        return {step: float(np.diff(self.capacity_mAh_g[rows])[0]) for step, rows in ends.items()}

    def _halves(self):
        """Charges and discharges in order: (sign, numbers of their steps)."""
        passed = self._passed()
        moved = [np.ptp(self.capacity_mAh_g[self.step == step]) for step in passed]
        steps = list(passed)
        found = charges_and_discharges(list(passed.values()), max(moved, default=0.0))
        return [(sign, [steps[place] for place in places]) for sign, places in found]

    def plot(self):
        """Draw the voltage over the capacity and, where there are several steps, over time."""
        from ..report.figures import voltage_figure

        return voltage_figure(self.columns(), self.steps, self.area)

    def __repr__(self):
        V = self.voltage_V
        return (
            f"voltage: {V.size} times from {self.time_s[0]:.6g} to {self.time_s[-1]:.6g} s in "
            f"{len(self.steps)} steps, {V[0]:.4f} to {V[-1]:.4f} V; time_s, current_A, voltage_V, "
            "capacity_mAh_g, step"
        )


def read_curve(path, steps=(), area=np.nan):
    """Read a voltage.csv; steps: the summaries of result.json, area: of the cell (m2)."""
    if not Path(path).is_file():
        raise InputError(f"expected the voltage curve of a run, got no {path}; run the case again")
    names = [field.name for field in fields(VoltageCurve)[:5]]
    try:
        with open(path, newline="", encoding="utf-8") as file:
            titles, *rows = csv.reader(file)
        columns = dict(zip(titles, np.array(rows, float).T, strict=True))
        columns = {name: columns[name] for name in names}
        if not np.isfinite(list(columns.values())).all():
            raise ValueError("a value that is no number")
    except (ValueError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"expected a voltage.csv of numbers in the columns {', '.join(names)}, got another content in"
            f" {path}; give the one that microsim run wrote."
        ) from error
    columns["step"] = columns["step"].astype(int)
    return VoltageCurve(**columns, steps=tuple(steps), area=area)


def voltage_columns(record, mass):
    """Return the columns of voltage.csv; capacity is per gram of active material (`mass`, kg)."""
    c = {name: np.array(values) for name, values in record.columns.items()}
    return {
        "time_s": c["time_s"],
        "current_A": c["current_A"],
        "voltage_V": c["voltage_V"],
        "capacity_mAh_g": c["charge_C"] / 3.6 / (mass * 1000),
        "step": c["step"],
    }


def step_results(record, mass, stack=None):
    """Return the summaries of the steps, and what the last discharge gave: capacity (mAh per g) and, with a
    CellStack, capacity per area and energy per area, mass and volume of it."""
    per = 3.6 * 1000 * mass
    steps = [
        {
            **{key: value for key, value in step.items() if not key.endswith("_C")},
            "capacity_mAh_g": step["charge_C"] / per,
            **{f"{key[:-2]}_mAh_g": step[key] / per for key in FILM_LITHIUM if key in step},
            **(stack.figures(step["charge_C"], step_energy(record, number)) if stack else {}),
        }
        for number, step in zip(dict.fromkeys(record.columns["step"]), record.steps)
    ]
    found = last_discharge_of(steps)
    last = {name: found.get(name) for name in ("capacity_mAh_g", *(STACK_FIGURES if stack else ()))}
    return {**last, "last_discharge": _told(found), "steps": steps}


def _told(found):
    """What is told of the last discharge beside its capacity and energies, None without one."""
    keys = ("steps", "name", "mean_voltage_V", "end_reason")
    return {key: found[key] for key in keys} if found else None


def step_energy(record, number):
    """Return what the protocol step of that number gave at the terminals, the integral of V dQ (J)."""
    columns = {name: np.array(record.columns[name]) for name in ("step", "voltage_V", "charge_C")}
    rows = columns["step"] == number
    return float(np.trapezoid(columns["voltage_V"][rows], columns["charge_C"][rows]))


def balances(record):
    """Return the balance errors: lithium and charge over the charge passed, salt over the salt."""
    names = ("lithium_balance_error", "salt_balance_error", "charge_balance_error")
    return {name: float(getattr(record, name)) for name in names}


def counts(record):
    """Return how many iterations and steps the solver took."""
    names = ("newton_iterations", "linear_iterations", "time_steps", "rejected_steps", "failed_steps")
    return {name: getattr(record, name) for name in names}
