"""Run a protocol on a half cell: implicit steps with error control, voltage cut-offs located in time, balances kept."""

import time
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError, NotConverged
from ..numerics import bdf
from ..numerics.newton import newton
from .constants import F


@dataclass(frozen=True)
class Tolerances:
    """step: local error of sto, c_e / c_e_0 and V (rms per step); newton: share of the current that a balance may
    miss; linear: digits a Newton step gains; first_step, max_step (s); event: voltage at a cut-off (V)."""

    step: float = 5e-4
    newton: float = 1e-6
    linear: float = 1e-3
    first_step: float = 0.01
    max_step: float = np.inf
    event: float = 1e-5


@dataclass(frozen=True)
class Load:
    """One protocol step with its current (A, discharge > 0), end voltage (V) and longest duration (s)."""

    name: str
    current: float
    until_voltage: float | None = None
    duration: float | None = None


@dataclass
class Record:
    """What happened: columns of the voltage curve, one summary a step, counts, balance errors."""

    columns: dict = field(default_factory=lambda: {"time_s": [], "current_A": [], "voltage_V": [],
                                                   "charge_C": [], "step": []})
    steps: list = field(default_factory=list)
    newton_iterations: int = 0
    linear_iterations: int = 0
    time_steps: int = 0
    rejected_steps: int = 0
    failed_steps: int = 0
    lithium_balance_error: float = 0.0
    salt_balance_error: float = 0.0
    charge_balance_error: float = 0.0
    wall_s: float = 0.0


def initial_state(cell, sto=None):
    """Return the cell at rest: uniform lithiation (or that of its design) and salt, no current."""
    mesh = cell.mesh
    sto = mesh.initial_sto.copy() if sto is None else np.full(mesh.solid.n, float(sto))
    positive = cell.positive_cells
    U = [np.average(cell.in_cells.U(sto)[cells], weights=cell.capacity[cells]) if cells.any() else 0.0
         for cells in (positive, ~positive)]
    return cell.vector(-U[1] - cell.W(cell.design.c_e_0), 0.0, U[0] - U[1], sto, cell.design.c_e_0)


class Experiment:
    """A half cell in time. `x` is its state now, `t` the time (s), `charge` what was discharged (C)."""

    def __init__(self, cell, sto, tolerances, on_state=None, progress=None):
        self.cell, self.tolerances = cell, tolerances
        self.on_state, self.progress = on_state, progress
        self.x, self.t, self.charge, self.throughput = initial_state(cell, sto), 0.0, 0.0, 0.0
        self.record = Record()
        state = cell.state(self.x)
        self.lithium_0, self.salt_0 = self._lithium(state), self._salt(state)
        self._balance_errors = (0.0, 0.0)

    def run(self, loads):
        """Run the protocol steps in order; return the Record. Raises NotConverged when a step cannot be solved."""
        begun = time.perf_counter()
        largest = max(abs(load.current) for load in loads) or self.cell.mesh.area  # 1 A m-2 if it only rests
        for number, load in enumerate(loads):
            self.cell.scale_current = abs(load.current) or largest
            self._run_load(number, load)
        self.record.wall_s = time.perf_counter() - begun
        if self.throughput > 0:
            self.record.lithium_balance_error = self._balance_errors[0] / self.throughput
        self.record.salt_balance_error = self._balance_errors[1] / self.salt_0
        return self.record

    # -- one protocol step ---------------------------------------------------------------------------------------

    def _run_load(self, number, load):
        start, charge, dt = self.t, self.charge, self.tolerances.first_step
        self.states, self.earlier = [self.x], []
        self._settle(load)
        self._append(number, load)
        self._check_start(load)
        end = start + load.duration if load.duration else np.inf
        reason = None
        while reason is None:
            dt = min(dt, self.tolerances.max_step)
            if self.t + 1.001 * dt >= end:
                dt = end - self.t
            dt, suggestion, reason = self._advance(dt, load)
            if reason is None and self.t >= end * (1 - 1e-12):
                reason = "duration"
            self._append(number, load, dt, last=reason is not None)
            dt = suggestion
        self._summarise(number, load, start, charge, reason)

    def _settle(self, load):
        """Solve the potentials for the new current; sto and c_e stay as they are.

        A step of 0.1 ms: shorter ones meet the round-off of sto / dt (3e-6 of the current at 1 us).
        """
        x = self.x
        for shares in ((1.0,), (0.1, 0.3, 0.6, 1.0)):  # at tens of C the whole current at once may be too far
            try:
                for share in shares:
                    x = self._solve(1e-4, share * load.current, x)
                break
            except NotConverged as failure:
                if len(shares) > 1:
                    raise NotConverged(f"{load.name!r} at {self.t:.3f} s did not start, not even in parts: {failure}",
                                       failure.history) from None
                x = self.x
        solved, now = self.cell.state(x), self.cell.state(self.x)
        self.x = self.cell.vector(solved.psi, solved.phi, solved.V, now.sto, now.c_e)
        self.states = [self.x]

    def _check_start(self, load):
        V, limit = self.cell.state(self.x).V[0], load.until_voltage
        if limit is not None and (V - limit) * np.sign(load.current) <= 0:
            raise InputError(f"expected to reach {limit} V by {load.name!r}, got a cell already at {V:.4f} V under this "
                             "current; change the voltage, the current or the initial state")

    def _advance(self, dt, load):
        """Take one accepted step; return its dt, the next dt, and why the protocol step ends (or None)."""
        tolerance = self.tolerances.step
        while True:
            guess = self._extrapolate(dt)
            try:
                x = self._solve(dt, load.current, guess)
            except NotConverged as failure:
                self.record.failed_steps += 1
                dt /= 4
                if dt < 1e-6:
                    raise NotConverged(f"the step at {self.t:.3f} s of {load.name!r} did not converge at any size: "
                                       f"{failure}", failure.history) from None
                continue
            error = self._local_error(x, guess, dt)
            if error > 1.5 * tolerance:
                self.record.rejected_steps += 1
                dt = bdf.next_step(dt, error, tolerance)
                continue
            over = self._overshoot(x, load)
            if over is not None and over > self.tolerances.event:
                dt = self._time_of_event(x, dt, load)
                continue
            self._accept(x, dt, load)
            growth = bdf.next_step(dt, error, tolerance) if len(self.earlier) > 2 else 1.8 * dt
            return dt, growth, "voltage" if over is not None and over > -self.tolerances.event else None

    def _overshoot(self, x, load):
        """How far the voltage is past the cut-off (V), or None without one."""
        if load.until_voltage is None:
            return None
        return (load.until_voltage - self.cell.state(x).V[0]) * (1 if load.current > 0 else -1)

    def _time_of_event(self, x, dt, load):
        """Step at which the voltage meets the cut-off: root of the parabola through the last voltages."""
        V = [self.cell.state(s).V[0] for s in [x, *self.states[:2]]]
        times = [dt, 0.0, *(-np.cumsum(self.earlier[:1]))][:len(V)]
        roots = np.roots(np.polyfit(times, np.array(V) - load.until_voltage, len(V) - 1))
        roots = [r.real for r in roots if abs(r.imag) < 1e-9 and 0 < r.real < dt]
        linear = dt * (V[1] - load.until_voltage) / (V[1] - V[0])
        return min(roots, key=lambda r: abs(r - linear)) if roots else linear

    def _solve(self, dt, current, guess):
        cell, states = self.cell, [self.cell.state(s) for s in self.states]
        formula = bdf.bdf(dt, self.earlier[:1])
        cell.step(formula, formula.past([s.sto for s in states]), formula.past([s.c_e for s in states]), current)
        j = cell.j.copy(), cell.j_counter.copy()
        try:
            x, log = newton(cell, guess, tolerance=self.tolerances.newton, linear_tolerance=self.tolerances.linear)
        except NotConverged:
            cell.j, cell.j_counter = j
            raise
        self.record.newton_iterations += len(log["linear_iterations"])
        self.record.linear_iterations += sum(log["linear_iterations"])
        return cell.balance(x)

    def _extrapolate(self, dt):
        weights = bdf.extrapolation(dt, self.earlier)
        guess = sum(w * s for w, s in zip(weights, self.states))
        u = self.cell.state(guess)
        inside = u.sto.min() > 1e-6 and u.sto.max() < 1 - 1e-6 and u.c_e.min() > 1.0
        return guess if inside else self.states[0].copy()

    def _local_error(self, x, guess, dt):
        """Largest rms local error of sto, c_e / c_e_0 and V (1 V); 0 while there are too few steps to tell."""
        if len(self.earlier) < 2:
            return 0.0
        d = self.cell.state(x - guess)
        rms = [np.sqrt(np.mean(d.sto**2)), np.sqrt(np.mean(d.c_e**2)) / self.cell.design.c_e_0, abs(d.V[0])]
        return bdf.error_share(dt, self.earlier) * max(rms)

    def _accept(self, x, dt, load):
        self.x, self.t = x, self.t + dt
        self.charge += load.current * dt
        self.throughput += abs(load.current) * dt
        self.states = [x, *self.states[:2]]
        self.earlier = [dt, *self.earlier[:2]]
        self.record.time_steps += 1
        self._keep_balances(load)

    # -- bookkeeping ---------------------------------------------------------------------------------------------

    def _lithium(self, state):
        """Lithium in the active material of the electrode and of a counter slab (C)."""
        held = self.cell.capacity * state.sto
        return np.array([held[self.cell.positive_cells].sum(), held[~self.cell.positive_cells].sum()])

    def _salt(self, state):
        return F * float(self.cell.salt_volume @ state.c_e)

    def _keep_balances(self, load):
        """Keep the largest misses: lithium against the charge passed, salt against itself, face currents against I."""
        cell, state = self.cell, self.cell.state(self.x)
        gained = self._lithium(state) - self.lithium_0
        lithium = max(abs(gained[0] - self.charge), abs(gained[1] + self.charge) if not cell.counter else 0.0)
        salt = abs(self._salt(state) - self.salt_0)
        self._balance_errors = tuple(max(pair) for pair in zip(self._balance_errors, (lithium, salt)))
        if load.current:
            across, counter = cell.currents()
            miss = max(abs(across + load.current), abs(counter - load.current)) / abs(load.current)
            self.record.charge_balance_error = max(self.record.charge_balance_error, float(miss))

    def _append(self, number, load, dt=0.0, last=False):
        V = float(self.cell.state(self.x).V[0])
        for name, value in zip(self.record.columns, (self.t, load.current, V, self.charge, number)):
            self.record.columns[name].append(value)
        if self.on_state:
            self.on_state(self, number, load, last)
        if self.progress:
            self.progress(self, load)

    def _summarise(self, number, load, start, charge, reason):
        c = self.record.columns
        mine = [k for k, step in enumerate(c["step"]) if step == number]
        t, V = np.array(c["time_s"])[mine], np.array(c["voltage_V"])[mine]
        self.record.steps.append({
            "name": load.name, "time_s": self.t - start, "charge_C": self.charge - charge, "end_reason": reason,
            "mean_voltage_V": float(np.trapezoid(V, t) / (t[-1] - t[0])), "end_voltage_V": float(V[-1])})
