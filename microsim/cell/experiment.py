"""Run a protocol on a half cell: implicit steps with error control, voltage cut-offs located in time,
balances kept."""

import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..base.errors import InputError, NotConverged
from ..base.records import copied, sealed
from ..numerics import bdf
from ..numerics.newton import newton
from .dense import note_rows
from .ends import EndValues, past_ends, time_of_end
from .kinetics import beside_reaction
from .load import Load
from .marks import step_to_mark, time_of_mark
from .obstacle import obstacle
from .outlook import first_step, foreseen_step, guess
from .pace import SHORTEST, local_error, longer, may_miss, step_into
from .record import Moment, Progress, Record, keep_balances, lithium_held, salt_held, step_summary
from .stages import Stages
from .start import initial_state
from .step import RESTART, Control, StepProblem, StepTooLong

ROUND_OFF = 2e-15  # of the lithium of all cells together
AT_ONCE = 1e-4  # s of the time step in which a new current sets in
SETTLED = 1e-6  # s that pass for the double layer while a new current sets in: none, but for round-off


@dataclass(frozen=True)
class Tolerances:
    """step: local error of sto / 0.2, c_e / c_e_0 and V / 0.4 V (rms per step); newton: share of the current
    that a balance may miss; linear: digits a Newton step gains; first_step, max_step (s); event: voltage at a
    cut-off (V); restart: iterations after which GMRES starts again, with none of their vectors."""

    step: float = 5e-4
    newton: float = 1e-4
    linear: float = 1e-3
    first_step: float = 0.01
    max_step: float = np.inf
    event: float = 1e-5
    restart: int = RESTART


class Experiment:
    """A half cell in time.

    cell: HalfCell; sto: lithiation at the start, None for that of its design; growth: the film.Growth that
    thickens the film in each time step, or None; marks: Marks to land on. now: Progress, all that changes
    while it runs.
    """

    def __init__(self, cell, sto, tolerances, growth=None, marks=()):
        self.stages, self.tolerances = Stages(cell, growth), tolerances
        self.marks, self.now = tuple(marks), None
        solved = initial_state(cell, sto)
        u = cell.state(solved.x)
        v = np.concatenate([cell.in_cells.U(u.sto)[cell.mesh.faces.solid], np.zeros(cell.mesh.counter.size)])
        if cell.design.double_layer:
            solved = replace(solved, interfaces=replace(solved.interfaces, v=v))
        self.now = Progress(
            solved,
            Record(),
            self._lithium(solved),
            salt_held(cell, solved),
            self._first_step,
            cell.mesh.area,
            voltages=[v] if cell.design.double_layer else [],
            driving=v if growth else None,
            films=[np.zeros(cell.mesh.faces.area.size)] if growth and growth.takes_lithium else [],
        )
        self._lose_contact()
        if np.ndim(cell.design.initial_sto):  # potentials of no current, between voxels that differ
            self._settle(Load("rest"))

    def run(self, loads, note=None):
        """Run the protocol steps in order, from where it stands; return the Record.

        note(moment): called with the Moment after every time step. Raises NotConverged when a step cannot be
        solved.
        """
        for moment in self.moments(loads):
            if note:
                note(moment)
            del moment  # its past need not lie beside the next
        return self.now.record

    def moments(self, loads):
        """Run the protocol steps in order, from where it stands; yield the Moment after every time step."""
        now, clock = self.now, time.perf_counter() - self.now.record.wall_s
        # where no step names a current: the one that fills the electrode in an hour
        largest = (
            max(self._size(load) for load in loads)
            or self.cell.capacity[self.cell.positive_cells].sum() / 3600
        )
        while now.number < len(loads):
            load = loads[now.number]
            if not now.under_way:
                self._lose_contact()
                now.scale_current = self._size(load) or largest
            reason = yield from self._run_load(load, clock)
            now.number += 1 + (load.skip if reason == "voltage" else 0)
        now.record.wall_s = time.perf_counter() - clock
        if now.t == 0:
            raise InputError(f"{now.record.steps[0]['skipped']}; change its end or the initial state")

    @property
    def cell(self):
        """The HalfCell, as it is now where contact is lost on the way."""
        return self.stages.at(self.now.stage if self.now else 0).cell

    @property
    def film_lithium(self):
        """Lithium that the films of the electrode and of a counter slab took (C); None where they take
        none."""
        if not self.now or not self.now.films:
            return None
        held, ours = self.cell.mesh.faces.area * self.now.films[0], self.cell.in_positive
        return np.array([ours @ held + self.now.films_apart, (1 - ours) @ held])

    @property
    def growth(self):
        """How its film grows, or None."""
        return self.stages.at(self.now.stage).growth

    @property
    def x(self):
        """The present state, a flat vector."""
        return self.now.solved.x

    @property
    def R_film(self):
        """The film on each reactive face now (ohm m2)."""
        return self.now.solved.step.R_film

    def snapshot(self):
        """Return all that a run goes on from, as a Progress of its own."""
        return copied(self.now)

    def restore(self, kept):
        """Go back to a snapshot of the same cell and protocol."""
        self.now = copied(kept)

    def _lose_contact(self):
        """Go on with what is left of the contacts when the present protocol step begins."""
        now, stage = self.now, self.stages.due(self.now.number)
        if stage == now.stage:
            return
        held = self._lithium(now.solved)
        self.stages.carry(now, stage)
        now.lithium_0 = now.lithium_0 + self._lithium(now.solved) - held  # the double layer of lost faces

    def _size(self, load):
        """Largest current that a step will ask for (A), 0 where it is not known; a power's at the present
        voltage."""
        V = self._V
        if load.profile is not None:
            largest = float(np.abs(load.profile[1]).max())
            return {"current": largest, "power": largest / V, "voltage": 0.0}[load.profile_of]
        return abs(load.current) if load.power is None else abs(load.power) / V

    # -- one protocol step -----------------------------------------------------------------------------------

    def _run_load(self, load, clock):
        """Run one protocol step from where it stands, yield its Moments; return why it ended."""
        now, reason = self.now, None
        if not now.under_way:
            now.begun, now.charge_begun = now.t, now.charge
            now.side = float(np.sign(self._V - (load.until_voltage or 0.0)) or 1.0)
            reason = self._set_in(load)
            yield self._noted(load, reason)
        end = now.begun + load.duration if load.duration else np.inf
        while reason is None:
            if now.jumping:
                reason = self._set_in(load)
            else:
                reason = self._go_on(load, end)
            now.record.wall_s = time.perf_counter() - clock
            now.under_way = reason is None
            yield self._noted(load, reason)
        return reason

    def _set_in(self, load):
        """Let its current, or that after a jump, set in; return the end that is met at once, or None."""
        now = self.now
        ahead = load.bend(now.t - now.begun)
        now.dt = self._first_step if ahead is None else step_into(ahead, self._first_step)
        now.jumping, now.pace = False, 0.0
        now.start_formula()
        new = self._settle(load)
        # of a held voltage the current, which falls fast at first, is not told by what diffuses
        steady = load.profile is None and now.solved.step.control.kind == "current"
        if steady and not self.cell.design.double_layer:
            now.dt = first_step(self.cell, now, new, AT_ONCE, self.tolerances)
        met = self._past_end(now.solved.x, self._current(now.solved), now.charge, load)
        reason = next((kind for kind, value in met.items() if value > -self.tolerances.event), None)
        now.under_way = reason is None
        return reason

    def _go_on(self, load, end):
        """Take one time step; return why the protocol step ends, or None."""
        now = self.now
        dt = min(now.dt, self.tolerances.max_step, load.longest_step(now.t - now.begun))
        dt = foreseen_step(self.cell, now, load, dt, self.tolerances.step)
        if now.t + 1.001 * dt >= end:
            dt = end - now.t
        now.dt, reason = self._advance(dt, load)
        if reason is None and now.t >= end * (1 - 1e-12):
            return "duration"
        now.jumping = load.jumps(now.t - now.begun)
        self._turn(load)
        return reason

    def _turn(self, load):
        """Begin a new BDF at a bend of a profile: across it the formula's past would be another curve's,
        which costs refused steps and the charge its exactness (BDF2 integrates a straight current
        exactly)."""
        now, ahead = self.now, load.bend(self.now.t - self.now.begun)
        if ahead is not None:
            now.start_formula()
            now.pace = min(now.dt, load.near(now.t - now.begun))
            now.dt = step_into(ahead, self._first_step)

    def _settle(self, load):
        """Solve the potentials for the new current; sto and c_e stay as they are. Return the State that is
        solved for.

        A step of 0.1 ms: shorter ones meet the round-off of sto / dt (3e-6 of the current at 1 us).
        """
        asked = load.control(self.now.t - self.now.begun, after=True)
        at_once, layer = bdf.bdf(AT_ONCE, []), self._layer(bdf.bdf(SETTLED, []))
        solved, held, done, part = self.now.solved, self._held(asked.kind), 0.0, 1.0
        film = solved.step.R_film
        while done < 1.0:  # at tens of C the whole current at once may be too far
            share = min(1.0, done + part)
            control = Control(asked.kind, held + share * (asked.value - held))
            try:
                solved = self._solve(at_once, control, solved.x, solved.interfaces, layer, film)
                done, part = share, 2 * part
            except NotConverged as failure:
                part /= 4
                if part < max(1e-4, 0.02 * done):
                    why = obstacle(self.cell, solved, asked, failure)
                    raise NotConverged(
                        f"{load.name!r} did not start at {self.now.t:.3f} s: {why}", failure.history
                    ) from None
        new, old = self.cell.state(solved.x), self.cell.state(self.now.solved.x)
        x = self.cell.vector(psi=new.psi, phi=new.phi, V=new.V, sto=old.sto, c_e=old.c_e)
        self.now.solved = replace(solved, x=x)
        if self.growth:
            self.now.driving = solved.interfaces.v
        return new

    def _held(self, kind):
        """The present voltage, current or power."""
        V, I = self._V, self.cell.current(self.now.solved.x)
        return float({"voltage": V, "current": I, "power": V * I}[kind])

    # -- one time step ---------------------------------------------------------------------------------------

    def _advance(self, dt, load):
        """Take one accepted step of at most dt; return the next dt, and why the protocol step ends, if so."""
        now, tolerance, interfaces = self.now, self.tolerances, self.now.solved.interfaces
        if self.cell.mesh.faces.bend is None:  # which is of how the last step changed
            now.solved = replace(now.solved, step=now.solved.step.earlier_let_go())
        while True:
            solved = None  # a state that is not taken need not lie in memory while another is solved for
            try:
                solved, error = self._try(dt, load, interfaces)
            except StepTooLong as refused:
                now.record.rejected_steps += 1
                dt = max(bdf.next_step(dt, refused.error, tolerance.step), SHORTEST)
                continue
            except NotConverged as failure:
                now.record.failed_steps += 1
                dt /= 4
                if dt < 1e-6:
                    why = obstacle(self.cell, now.solved, load.control(now.t - now.begun), failure)
                    what = f"the step at {now.t:.3f} s of {load.name!r} did not converge at any size: {why}"
                    raise NotConverged(what, failure.history) from None
                continue
            interfaces = solved.interfaces
            charge = self._charge(solved, dt, load.varies)
            over = self._past_end(solved.x, self._current(solved), charge, load)
            event = next((kind for kind, value in over.items() if value > tolerance.event), None)
            least = 8 * np.spacing(now.t + dt)  # what the clock still tells apart, after months too
            if event and dt > least:
                dt = self._time_of_event(over[event], dt, load, event)
                continue
            shorter = self._step_to_mark(solved, dt, charge)
            if shorter is not None and dt > least:
                dt = shorter
                continue
            self._accept(solved, dt, charge, load.profile is not None)
            left = load.longest_step(now.t - now.begun)
            reason = next((kind for kind, value in over.items() if value > -tolerance.event), None)
            return longer(now, dt, error, left, tolerance.step), reason

    def _try(self, dt, load, interfaces):
        """Return a step as solved and its local error, told to a percent by the first Newton step; the
        film as it will be then: an end of the step is found on the film that it has."""
        now, formula, film = self.now, bdf.bdf(dt, self.now.earlier[:1]), self.now.solved.step.R_film
        bent = guess(self.cell, now, dt)[1]
        if self.growth:
            film = self.growth.after(film, now.driving, dt, self.cell.T)
        control = load.control(now.t + dt - now.begun)
        layer = self._layer(formula, self._films(film))
        allowed = partial(self._allowed, bent=bent, dt=dt, varies=load.varies)
        again = partial(guess, self.cell, now, dt, bent)
        # made twice, for it need not lie in memory while a step is solved
        solved = self._solve(formula, control, lambda: again()[0], interfaces, layer, film, allowed)
        return solved, allowed(solved.x - again()[0])

    def _allowed(self, dx, bent, dt, varies):
        """Return the local error of a step that changes its guess by dx; StepTooLong if it is too large."""
        error = local_error(self.cell, self.now, dx, dt, bent, varies)
        if error > 1.5 * self.tolerances.step and dt > SHORTEST:
            raise StepTooLong(error)
        return error

    def _solve(self, formula, control, x, interfaces, layer, R_film, first=None):
        """Solve a step from a guess of the state, or a function that makes one, and of what passes the
        interfaces; return Solved. first: is shown the first Newton step."""
        cell, now = self.cell, self.now
        scale = now.scale_current
        step = cell.step(formula, now.states[:2], control, R_film=R_film, scale_current=scale, layer=layer)
        # lithium over dt has its round-off: at C/100 and 10 us more than a millionth of the current
        noise = ROUND_OFF * cell.capacity.sum() * formula.alpha / formula.dt / scale
        problem = StepProblem(cell, step, interfaces, now.sets_anew)
        _, log = newton(
            problem, x() if callable(x) else x, first=first,
            tolerance=max(may_miss(cell, now, self.tolerances.newton, control), noise),
            linear_tolerance=self.tolerances.linear,
            solve=partial(cell.sharing.gmres, restart=self.tolerances.restart),
        )  # fmt: skip
        now.record.newton_iterations += len(log["linear_iterations"])
        now.record.linear_iterations += sum(log["linear_iterations"])
        return problem.solved()

    def _charge(self, solved, dt, varies):
        """The charge discharged by the end of a step (C): by the same formula as the lithium, so that the two
        agree whatever the current does."""
        now, formula, I = self.now, solved.step.formula, self._current(solved)
        return (I * dt - formula.past(now.charges)) / formula.alpha if varies else now.charge + I * dt

    def _accept(self, solved, dt, charge, varies):
        now = self.now
        now.films = self._films(solved.step.R_film)[:2]
        now.throughput += abs(charge - now.charge)
        now.before, now.charges = now.states[:2], [charge, *now.charges[:1]]
        now.reacted = now.solved.interfaces.reaction if varies else None
        now.solved, now.t, now.charge = solved, time_of_mark(self.marks, now.t + dt), charge
        now.earlier, now.rests = [dt, *now.earlier[:2]], []
        now.record.time_steps += 1
        if now.voltages:
            now.voltages = [solved.interfaces.v, *now.voltages[:1]]
        if self.growth:
            now.driving = solved.interfaces.v
        held = self._lithium(solved), salt_held(self.cell, solved)
        keep_balances(self.cell, now, *held, self._current(solved))

    @property
    def _first_step(self):
        """A double layer answers within milliseconds."""
        first = self.tolerances.first_step
        return min(first, SHORTEST) if self.cell.design.double_layer else first

    def _layer(self, formula, films=()):
        """What passes the interfaces beside the reaction in a step; None for nothing."""
        interfaces = self.cell.mesh.faces.area.size + self.cell.mesh.counter.size
        return beside_reaction(self.cell.design.double_layer, formula, self.now.voltages, films, interfaces)

    def _films(self, R_film):
        """Lithium in the film of each face (C m-2) with a film of R_film, then by now and before; [] where it
        takes none."""
        now = self.now
        if not now.films:
            return []
        return [now.films[0] + self.growth.taken(now.solved.step.R_film, R_film), *now.films]

    # -- ends ------------------------------------------------------------------------------------------------

    def _past_end(self, x, current, charge, load):
        """How far a state, with the charge discharged by then, is past each end that the step names."""
        now, cell = self.now, self.cell
        reached = EndValues(cell.state(x).V[0], current, charge, now.charge_begun)
        return past_ends(load, reached, now.side, cell.capacity[cell.positive_cells].sum())

    def _time_of_event(self, over, dt, load, event):
        """Step at which an end is met that a step of dt passes by `over`."""
        now = self.now
        earlier = zip(now.states[:2], now.charges[:2])
        values = [self._past_end(x, self.cell.current(x), charge, load)[event] for x, charge in earlier]
        return time_of_end([dt, 0.0, *(-np.cumsum(now.earlier[:1]))], [over, *values])

    def _step_to_mark(self, solved, dt, charge):
        """Step at which a mark is met that a step of dt passes; None where it passes none."""
        now = self.now
        times = [now.t + dt, now.t, *(now.t - np.cumsum(now.earlier[:1]))]
        states = [self.cell.state(x) for x in (solved.x, *now.states[:2])]
        return step_to_mark(self.marks, times, states, [charge, *now.charges[:2]])

    # -- bookkeeping -----------------------------------------------------------------------------------------

    @property
    def _V(self):
        """The present voltage (V)."""
        return self.cell.state(self.now.solved.x).V[0]

    def _current(self, solved):
        """Current of a state (A): the one that was asked for, or the one across the interfaces."""
        control = solved.step.control
        if control.kind == "current":
            return control.value
        return -float(self.cell.currents(solved.interfaces)[0])

    def _lithium(self, solved):
        """Lithium in the active material and the film of the electrode and of a counter slab, less what the
        double layer owes (C)."""
        film = self.film_lithium
        return lithium_held(self.cell, solved) + (0.0 if film is None else film)

    def _noted(self, load, reason):
        """Add the present state to the record; at the end of a step, for the reason given, its summary too.
        Return its Moment."""
        now, current = self.now, self._current(self.now.solved)
        note_rows(self.cell, now, current, load)
        if reason:
            now.record.steps.append(step_summary(now, load, reason, current, self.film_lithium))
        solved = sealed(now.solved)
        u = self.cell.state(solved.x)
        met = [mark for mark in self.marks if abs(mark.distance(now.t, u, now.charge)) <= mark.within]
        now.landed += [(mark.name, now.number, now.t) for mark in met]
        return Moment(
            self.cell,
            now.t,
            now.number,
            load,
            last=bool(reason),
            solved=solved,
            u=u,
            current=current,
            charge=now.charge,
            charge_begun=now.charge_begun,
            throughput=now.throughput,
            time_steps=now.record.time_steps,
            landed=bool(met),
        )
