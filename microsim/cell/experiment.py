"""Run a protocol on a half cell: implicit steps with error control, voltage cut-offs located in time,
balances kept."""

import time
from dataclasses import asdict, dataclass, field

import numpy as np

from ..base.constants import F
from ..base.errors import InputError, NotConverged
from ..numerics import bdf
from ..numerics.newton import newton
from .balances import Control

ROUND_OFF = 2e-15  # of the lithium of all cells together
SHORTEST = 1e-5  # s; below, the round-off of sto / dt shows: 3e-6 of the current at 1 us
BEND = 0.01  # share of a profile's largest value; smoother turns, as in a sampled curve, cost no new start
SETTLED = 1e-6  # s that pass for the double layer while a new current sets in: none, but for round-off


@dataclass(frozen=True)
class Tolerances:
    """step: local error of sto, c_e / c_e_0 and V (rms per step); newton: share of the current that a balance
    may miss; linear: digits a Newton step gains; first_step, max_step (s); event: voltage at a cut-off
    (V)."""

    step: float = 5e-4
    newton: float = 1e-6
    linear: float = 1e-3
    first_step: float = 0.01
    max_step: float = np.inf
    event: float = 1e-5


@dataclass(frozen=True)
class Load:
    """One protocol step: what is held, and what ends it.

    current (A, discharge > 0), or voltage (V), or power (W, discharge > 0), or profile: (times, values) of
    the kind `profile_of`, linear between its times (s from the start of the step). Ends: until_voltage (V),
    until_current (A, its size falls to it), duration (s). skip: how many of the next steps fall away if the
    voltage ends it.
    """

    name: str
    current: float = 0.0
    until_voltage: float | None = None
    duration: float | None = None
    voltage: float | None = None
    power: float | None = None
    profile: tuple | None = None
    profile_of: str = "current"
    until_current: float | None = None
    skip: int = 0

    def control(self, time):
        """Return what is held at a time from the start of the step (s)."""
        if self.profile is not None:
            return Control(self.profile_of, float(np.interp(time, *self.profile)))
        if self.voltage is not None:
            return Control("voltage", self.voltage)
        return Control("current", self.current) if self.power is None else Control("power", self.power)

    def longest_step(self, time):
        """Return the time left to the next corner of the profile (s)."""
        if self.profile is None:
            return np.inf
        corners = np.asarray(self.profile[0])
        later = corners[corners > time * (1 + 1e-9) + 1e-9]
        return later[0] - time if later.size else np.inf

    def bend(self, time):
        """Return the length (s) of the piece of the profile that begins at this time with a bend, else None.

        A bend turns the profile by more than BEND of its largest value over that piece.
        """
        if self.profile is None:
            return None
        times, values = (np.asarray(column, float) for column in self.profile)
        k = int(np.argmin(np.abs(times - time)))
        if abs(times[k] - time) > 1e-9 * (1 + time) or not 0 < k < times.size - 1:
            return None
        before, after = np.diff(values[k - 1 : k + 2]) / np.diff(times[k - 1 : k + 2])
        ahead = times[k + 1] - times[k]
        return ahead if abs(after - before) * ahead > BEND * np.abs(values).max() else None

    @property
    def varies(self):
        """Whether the current is not the same throughout."""
        return self.profile is not None or self.voltage is not None or self.power is not None

    @property
    def sign(self):
        """1 on discharge, -1 on charge, 0 where neither is said: which way a voltage limit is met."""
        return (
            float(np.sign(self.current if self.power is None else self.power))
            if self.profile is None
            else 0.0
        )


@dataclass
class Record:
    """What happened: columns of the voltage curve, one summary a step, counts, balance errors."""

    columns: dict = field(
        default_factory=lambda: {"time_s": [], "current_A": [], "voltage_V": [], "charge_C": [], "step": []}
    )
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
    U = [
        np.average(cell.in_cells.U(sto)[cells], weights=cell.capacity[cells]) if cells.any() else 0.0
        for cells in (positive, ~positive)
    ]
    return cell.vector(-U[1] - cell.W(cell.design.c_e_0), 0.0, U[0] - U[1], sto, cell.design.c_e_0)


class Experiment:
    """A half cell in time. `x` is its state now, `t` the time (s), `charge` what was discharged (C).

    growth: the film.Growth that thickens the film in each time step, or None."""

    def __init__(self, cell, sto, tolerances, on_state=None, progress=None, growth=None):
        self.cell, self.tolerances, self.growth = cell, tolerances, growth
        self.on_state, self.progress = on_state, progress
        self.x, self.t, self.charge, self.throughput = initial_state(cell, sto), 0.0, 0.0, 0.0
        self.voltages = []
        self.film, self.driving = (
            cell.R_film,
            (self._at_rest() if growth else None),
        )  # and the voltages that it grows by
        if cell.design.double_layer:
            cell.v = self._at_rest()
            self.voltages = [cell.v.copy()]
        self.number, self.under_way = 0, False  # protocol step, and whether it has begun
        self.begun, self.charge_begun, self.dt = (
            0.0,
            0.0,
            self._first_step,
        )  # its start (s, C), next time step
        self.states, self.earlier, self.charges = [self.x], [], [0.0]
        self.record = Record()
        state = cell.state(self.x)
        self.lithium_0, self.salt_0 = self._lithium(state), self._salt(state)
        self._balance_errors = (0.0, 0.0)

    def run(self, loads):
        """Run the protocol steps in order, from where it stands; return the Record.

        Raises NotConverged when a step cannot be solved.
        """
        clock = time.perf_counter() - self.record.wall_s
        # where no step names a current: the one that fills the electrode in an hour
        largest = (
            max(self._size(load) for load in loads)
            or self.cell.capacity[self.cell.positive_cells].sum() / 3600
        )
        while self.number < len(loads):
            load = loads[self.number]
            self.cell.scale_current = self._size(load) or largest
            reason = self._run_load(load, clock)
            self.number += 1 + (load.skip if reason == "voltage" else 0)
        self.record.wall_s = time.perf_counter() - clock
        if self.throughput > 0:
            self.record.lithium_balance_error = self._balance_errors[0] / self.throughput
        self.record.salt_balance_error = self._balance_errors[1] / self.salt_0
        return self.record

    KEPT = (
        "driving",
        "x",
        "t",
        "charge",
        "throughput",
        "number",
        "under_way",
        "begun",
        "charge_begun",
        "dt",
        "states",
        "earlier",
        "charges",
        "voltages",
        "lithium_0",
        "salt_0",
        "_balance_errors",
    )

    def snapshot(self):
        """Return everything that a run goes on from, as {name: array or plain value}."""
        kept = {name: getattr(self, name) for name in self.KEPT}
        return {
            **kept,
            "record": asdict(self.record),
            "R_film": self.film,
            "j": self.cell.j,
            "j_counter": self.cell.j_counter,
            "control": (self.cell.control.kind, self.cell.control.value),
        }

    def restore(self, kept):
        """Go back to a snapshot of the same cell and protocol."""
        for name in self.KEPT:
            setattr(self, name, kept[name])
        self.record = Record(**kept["record"])
        self.cell.j, self.cell.j_counter, self.cell.control = (
            kept["j"],
            kept["j_counter"],
            Control(*kept["control"]),
        )
        self.cell.R_film = self.film = kept["R_film"]

    def _size(self, load):
        """Largest current that a step will ask for (A), 0 where it is not known; a power's at the present
        voltage."""
        V = self.cell.state(self.x).V[0]
        if load.profile is not None:
            return float(np.abs(load.profile[1]).max()) / (V if load.profile_of == "power" else 1.0)
        return abs(load.current) if load.power is None else abs(load.power) / V

    # -- one protocol step -----------------------------------------------------------------------------------

    def _run_load(self, load, clock):
        """Run one protocol step from where it stands; return why it ended."""
        reason = None if self.under_way else self._begin(load)
        start = self.begun
        end = start + load.duration if load.duration else np.inf
        while reason is None:
            dt = min(self.dt, self.tolerances.max_step, load.longest_step(self.t - start))
            if self.t + 1.001 * dt >= end:
                dt = end - self.t
            dt, self.dt, reason = self._advance(dt, load)
            self._turn(load)
            if reason is None and self.t >= end * (1 - 1e-12):
                reason = "duration"
            self.record.wall_s = time.perf_counter() - clock
            self.under_way = reason is None
            if reason:
                self._append(load, summarise=reason)
            else:
                self._append(load)
        return reason

    def _begin(self, load):
        self.begun, self.charge_begun, self.dt = self.t, self.charge, self._first_step
        self.states, self.earlier, self.charges = [self.x], [], [self.charge]
        self.voltages = self.voltages[:1]
        self._settle(load)
        self.under_way = True
        if self._already_past(load):
            self._append(load, summarise="voltage")
            return "voltage"
        self._append(load)
        return None

    def _turn(self, load):
        """Begin a new BDF at a bend of a profile: across it the formula's past would be another curve's,
        which costs refused steps and the charge its exactness (BDF2 integrates a straight current
        exactly)."""
        ahead = load.bend(self.t - self.begun)
        if ahead is not None:
            self.states, self.earlier, self.charges, self.voltages = (
                [self.x],
                [],
                [self.charge],
                self.voltages[:1],
            )
            self.dt = max(min(self._first_step, ahead / 10), ahead / 100)

    def _settle(self, load):
        """Solve the potentials for the new current; sto and c_e stay as they are.

        A step of 0.1 ms: shorter ones meet the round-off of sto / dt (3e-6 of the current at 1 us).
        """
        asked, at_once, layer = load.control(0.0), bdf.bdf(1e-4, []), self._layer(bdf.bdf(SETTLED, []))
        held, x, done, part = self._held(asked.kind), self.x, 0.0, 1.0
        while done < 1.0:  # at tens of C the whole current at once may be too far
            share = min(1.0, done + part)
            try:
                x = self._solve(at_once, Control(asked.kind, held + share * (asked.value - held)), x, layer)
                done, part = share, 2 * part
            except NotConverged as failure:
                part /= 4
                if part < max(1e-4, 0.02 * done):
                    raise NotConverged(
                        f"{load.name!r} did not start at {self.t:.3f} s: {self._obstacle(x, asked, failure)}",
                        failure.history,
                    ) from None
        solved, now = self.cell.state(x), self.cell.state(self.x)
        self.x = self.cell.vector(solved.psi, solved.phi, solved.V, now.sto, now.c_e)
        self.states = [self.x]
        if self.growth:
            self.driving = self.cell.v.copy()

    def _held(self, kind):
        """The present voltage, current or power."""
        V, I = self.cell.state(self.x).V[0], self.cell.current(self.x)
        return float({"voltage": V, "current": I, "power": V * I}[kind])

    def _already_past(self, load):
        """Whether the limit is met as soon as the current sets in: the end of a repeat, otherwise a
        mistake."""
        V, limit = self.cell.state(self.x).V[0], load.until_voltage
        past = limit is not None and load.sign and (V - limit) * load.sign <= 0
        if past and not (load.skip and self.record.steps):
            raise InputError(
                f"expected to reach {limit} V by {load.name!r}, got a cell already at {V:.4f} V under this "
                "current; change the voltage, the current or the initial state"
            )
        return past

    def _advance(self, dt, load):
        """Take one accepted step; return its dt, the next dt, and why the protocol step ends (or None)."""
        tolerance = self.tolerances.step
        while True:
            guess = self._extrapolate(dt)
            try:
                formula = bdf.bdf(dt, self.earlier[:1])
                if self.growth:  # as it will be then: an end of the step is found on the film that it has
                    self.cell.R_film = self.growth.after(self.film, self.driving, dt, self.cell.T)
                x = self._solve(formula, load.control(self.t + dt - self.begun), guess, self._layer(formula))
            except NotConverged as failure:
                self.record.failed_steps += 1
                dt /= 4
                if dt < 1e-6:
                    control = load.control(self.t - self.begun)
                    raise NotConverged(
                        f"the step at {self.t:.3f} s of {load.name!r} did not converge at any size: "
                        f"{self._obstacle(self.x, control, failure)}",
                        failure.history,
                    ) from None
                continue
            error = self._local_error(x, guess, dt)
            if error > 1.5 * tolerance and dt > SHORTEST:
                self.record.rejected_steps += 1
                dt = max(bdf.next_step(dt, error, tolerance), SHORTEST)
                continue
            over = self._past_end(x, load)
            event = next((kind for kind, value in over.items() if value > self.tolerances.event), None)
            if event and dt > 1e-9 * max(self.t, 1.0):
                dt = self._time_of_event(x, dt, load, event)
                continue
            self._accept(x, dt, load.varies)
            growth = max(bdf.next_step(dt, error, tolerance), SHORTEST) if len(self.earlier) > 2 else 1.8 * dt
            return (
                dt,
                growth,
                next((kind for kind, value in over.items() if value > -self.tolerances.event), None),
            )

    def _obstacle(self, x, control, failure):
        """Say what a step that no size helps ran into: the cell's own limits first, the solver's words
        last."""
        u, design, mesh = self.cell.state(x), self.cell.design, self.cell.mesh
        scarce, face = int(np.argmin(u.c_e)), self.cell.face_sto(x)
        remedy = (
            f"; lower the {'power' if control.kind == 'power' else 'current'} or end the step earlier"
            f" ({failure})"
        )
        if u.c_e[scarce] < 0.05 * design.c_e_0:
            where = "separator" if mesh.ionic.position[scarce, 0] < mesh.lines else "electrode"
            return (
                f"the electrolyte in the {where} is depleted, to {u.c_e[scarce]:.2g} mol m-3 of "
                f"{design.c_e_0:g} at {u.V[0]:.3f} V{remedy}"
            )
        if max(face.max(), 1 - face.min()) > 0.999:
            word = "full" if face.max() > 0.999 else "empty"
            return f"active material is {word} at its surface at {u.V[0]:.3f} V{remedy}"
        if control.kind == "power":
            given = abs(u.V[0] * self.cell.current(x)) / mesh.area
            return (
                f"no current was found that gives {abs(control.value) / mesh.area:.4g} W/m2, {given:.4g} W/m2"
                f" were reached at {u.V[0]:.3f} V{remedy}"
            )
        return str(failure)

    def _past_end(self, x, load):
        """How far a state is past each end that the step names: the voltage in V, the current as a share of
        its end."""
        past = {}
        if load.until_voltage is not None:
            V = self.cell.state(x).V[0]
            # a profile may cross the limit from either side of where it began
            sign = load.sign or np.sign(self.cell.state(self.states[-1]).V[0] - load.until_voltage) or 1.0
            past["voltage"] = (load.until_voltage - V) * sign
        if load.until_current is not None:
            past["current"] = 1.0 - abs(self.cell.current(x)) / load.until_current
        return past

    def _time_of_event(self, x, dt, load, event):
        """Step at which an end is met: root of the parabola through the last values."""
        values = np.array([self._past_end(s, load)[event] for s in [x, *self.states[:2]]])
        times = [dt, 0.0, *(-np.cumsum(self.earlier[:1]))][: len(values)]
        roots = np.roots(np.polyfit(times, values[: len(times)], len(times) - 1))
        roots = [r.real for r in roots if abs(r.imag) < 1e-9 and 0 < r.real < dt]
        linear = dt * values[1] / (values[1] - values[0])
        return min(roots, key=lambda r: abs(r - linear)) if roots else linear

    @property
    def _first_step(self):
        """A double layer answers within milliseconds."""
        first = self.tolerances.first_step
        return min(first, SHORTEST) if self.cell.design.double_layer else first

    def _at_rest(self):
        """Voltages across the interfaces of a cell at rest: those of the electrodes' lithium."""
        cell = self.cell
        return np.concatenate(
            [cell.in_cells.U(cell.state(self.x).sto)[cell.mesh.faces.solid], np.zeros(cell.j_counter.size)]
        )

    def _layer(self, formula):
        """Coefficients a, b of the double layer's current a v + b in a step; None where there is none."""
        C = self.cell.design.double_layer
        return (C * formula.alpha / formula.dt, C * formula.past(self.voltages) / formula.dt) if C else None

    def _solve(self, formula, control, guess, layer):
        cell, states = self.cell, [self.cell.state(s) for s in self.states]
        cell.step(
            formula,
            formula.past([s.sto for s in states]),
            formula.past([s.c_e for s in states]),
            control,
            layer,
        )
        j = cell.j.copy(), cell.j_counter.copy()
        try:
            # lithium over dt has its round-off: at C/100 and 10 us more than a millionth of the current
            noise = ROUND_OFF * cell.capacity.sum() * formula.alpha / formula.dt / cell.scale_current
            x, log = newton(
                cell,
                guess,
                tolerance=max(self.tolerances.newton, noise),
                linear_tolerance=self.tolerances.linear,
            )
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
        """Largest rms local error of sto, c_e / c_e_0, V (1 V) and the current over the largest one; 0 while
        there are too few steps to tell."""
        if len(self.earlier) < 2:
            return 0.0
        d = self.cell.state(x - guess)
        rms = [
            np.sqrt(np.mean(d.sto**2)),
            np.sqrt(np.mean(d.c_e**2)) / self.cell.design.c_e_0,
            abs(d.V[0]),
            abs(self.cell.current(x - guess)) / self.cell.scale_current,
        ]
        return bdf.error_share(dt, self.earlier) * max(rms)

    def _current(self):
        """Current of the state solved last (A): the one that was asked for, or the one across the
        interfaces."""
        control = self.cell.control
        return control.value if control.kind == "current" else -float(self.cell.currents()[0])

    def _accept(self, x, dt, varies):
        # the charge by the same formula as the lithium, so that the two agree whatever the current does
        formula, I = bdf.bdf(dt, self.earlier[:1]), self._current()
        charge = (I * dt - formula.past(self.charges)) / formula.alpha if varies else self.charge + I * dt
        self.throughput += abs(charge - self.charge)
        self.x, self.t, self.charge = x, self.t + dt, charge
        self.states, self.charges = [x, *self.states[:2]], [charge, *self.charges[:1]]
        self.voltages = [self.cell.v.copy(), *self.voltages[:1]] if self.voltages else []
        self.earlier = [dt, *self.earlier[:2]]
        self.record.time_steps += 1
        self._keep_balances(I)
        if self.growth:
            self.film, self.driving = self.cell.R_film, self.cell.v.copy()

    # -- bookkeeping -----------------------------------------------------------------------------------------

    def _lithium(self, state):
        """Lithium in the active material of the electrode and of a counter slab, less what the double layer
        owes (C)."""
        held = self.cell.capacity * state.sto
        return (
            np.array([held[self.cell.positive_cells].sum(), held[~self.cell.positive_cells].sum()])
            - self.cell.stored()
        )

    def _salt(self, state):
        return F * float(self.cell.salt_volume @ state.c_e)

    def _keep_balances(self, I):
        """Keep the largest misses: lithium against the charge passed, salt against itself, face currents
        against I."""
        cell, state = self.cell, self.cell.state(self.x)
        gained = self._lithium(state) - self.lithium_0
        lithium = max(abs(gained[0] - self.charge), abs(gained[1] + self.charge) if not cell.counter else 0.0)
        salt = abs(self._salt(state) - self.salt_0)
        self._balance_errors = tuple(max(pair) for pair in zip(self._balance_errors, (lithium, salt)))
        if abs(I) > 1e-9 * cell.scale_current:
            across, counter = cell.currents()
            miss = max(abs(across + I), abs(counter - I)) / max(abs(I), 1e-3 * cell.scale_current)
            self.record.charge_balance_error = max(self.record.charge_balance_error, float(miss))

    def _append(self, load, summarise=None):
        """Add the present state to the record; at the end of a step, for the reason given, its summary
        too."""
        V = float(self.cell.state(self.x).V[0])
        for name, value in zip(self.record.columns, (self.t, self._current(), V, self.charge, self.number)):
            self.record.columns[name].append(value)
        if summarise:
            self._summarise(load, summarise)
        if self.on_state:
            self.on_state(self, self.number, load, summarise is not None)
        if self.progress:
            self.progress(self, load)

    def _summarise(self, load, reason):
        c = self.record.columns
        mine = [k for k, step in enumerate(c["step"]) if step == self.number]
        t, V = np.array(c["time_s"])[mine], np.array(c["voltage_V"])[mine]
        mean = np.trapezoid(V, t) / (t[-1] - t[0]) if t[-1] > t[0] else V[-1]
        self.record.steps.append(
            {
                "name": load.name,
                "time_s": self.t - self.begun,
                "charge_C": self.charge - self.charge_begun,
                "end_reason": reason,
                "mean_voltage_V": float(mean),
                "end_voltage_V": float(V[-1]),
            }
        )
