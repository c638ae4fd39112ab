"""How the states of a run move with a parameter of its cell: forward sensitivities along its accepted steps.

Every accepted step solves R(x, past; p) = 0, so that S = dx/dp obeys

    J S = -(dR/dp + dR/dpast S_past)

A parameter may be any number that a cell is made of: its neighbour is a cell at p + b, whose states lie
beside those of the run, x + b S. One difference of the residual between them holds the right side, and what
the J of Newton's method leaves out (how the drops beside faces follow their coefficients, single precision):

    D(S) = [R_b(x + b S) - R(x)] / b,   S <- S - J^-1 D(S)   until D is small beside D(0) = D(S) - J S

with the preconditioner at hand; b is so small that what is left out, of second order, is of no account, and
so large that round-off is not: 1e-4 of a logarithm. An end or a mark g(x, t; p) = 0 that time steps land on
moves in time,

    dt/dp = -g_p / g_t,   dx/dp = S + S_t dt/dp,   J S_t = -dR/dt

S_t: how the state follows the length of the step. g_p: difference of g between run and neighbour.

Source: Maly and Petzold, Appl. Numer. Math. 20 (1996) 57 (staggered direct method); Feehery et al., ibid. 25
(1997) 41.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ..base.constants import F
from ..base.errors import InputError, NotConverged
from ..numerics import bdf
from ..numerics.krylov import gmres
from .ends import EndValues, past_ends
from .experiment import ROUND_OFF, initial_state
from .kinetics import DoubleLayer
from .step import Interfaces, Solved
from .unknowns import State

IN_TIME, LEAST_TIME = 1e-4, 1e-5  # share of a time step over which it is differentiated, and s at the least
MOST_ROUNDS = 12
SLIGHT = 1e-6  # of the current: an effect of a parameter's unit that is of no account
LESS = 0.3  # share of what is missed that a round may leave; where it leaves more, J leaves out too much
NEAR, THERMAL = 1e-4, 0.025  # of differences, in units of c_e_0, of sto and of V
UNSEEN = 3  # steps in a row whose D is taken from J


@dataclass(frozen=True)
class Neighbour:
    """A cell beside the one that runs: HalfCell, its Loads, Growth of its film or None, its Marks; offset:
    its parameter less that of the run."""

    cell: object = field(repr=False)
    loads: list = field(repr=False)
    growth: object = field(repr=False)
    marks: tuple = field(repr=False)
    offset: float


@dataclass
class Beside:
    """A Neighbour on its way.

    solved: its present state; before: states before it, newest first; charges discharged, newest first (C);
    voltages across the interfaces where they have a double layer, newest first (V); driving: voltages that
    its film grows by; begun: how much later the protocol step began than in the run (s); charge_begun (C).
    """

    of: Neighbour
    solved: Solved
    charges: list
    voltages: list
    driving: np.ndarray
    before: list = field(default_factory=list)
    begun: float = 0.0
    charge_begun: float = 0.0

    @classmethod
    def start(cls, neighbour):
        """Return it at rest, as an Experiment starts."""
        cell, solved = neighbour.cell, initial_state(neighbour.cell)
        u = cell.state(solved.x)
        v = np.concatenate([cell.in_cells.U(u.sto)[cell.mesh.faces.solid], np.zeros(cell.mesh.counter.size)])
        return cls(neighbour, solved, [0.0], [v], v)

    @property
    def states(self):
        """Its states, newest first."""
        return [self.solved.x, *self.before]

    def step(self, taken, dt):
        """Return the Step that it takes where the run takes one of dt. taken: Taken."""
        cell, formula = self.of.cell, taken.formula(dt)
        film, late = self.solved.step.R_film, dt - taken.dt
        if self.of.growth and not taken.settling:
            film = self.of.growth.after(film, self.driving, dt, cell.T)
        control = self.of.loads[taken.number].control(taken.since + late, after=taken.settling)
        return cell.step(
            formula, self.states, control, R_film=film, scale_current=taken.scale_current,
            layer=self._layer(taken, formula),
        )  # fmt: skip

    def _layer(self, taken, formula):
        C = self.of.cell.design.double_layer
        if not C:
            return None
        pace = taken.pace * taken.dt / formula.dt  # 1 / s
        return DoubleLayer(C * formula.alpha * pace, C * formula.past(self.voltages) * pace)

    def charge(self, solved, taken):
        """Return the charge that it has discharged by the end of a step (C)."""
        formula, dt, current = solved.step.formula, solved.step.formula.dt, self.current(solved)
        if taken.settling:
            return self.charges[0]
        if taken.varies:
            return (current * dt - formula.past(self.charges)) / formula.alpha
        return self.charges[0] + current * dt

    def current(self, solved):
        """Return its current (A)."""
        control = solved.step.control
        if control.kind == "current":
            return control.value
        return -float(self.of.cell.currents(solved.interfaces)[0])

    def row(self, t):
        """Return its row of a voltage curve where the run is at t (s)."""
        V = float(self.of.cell.state(self.solved.x).V[0])
        return t + self.begun, self.current(self.solved), V, self.charges[0]

    def accept(self, solved, taken):
        """Take over what a step has come to."""
        if taken.settling:
            self.before, self.charges, self.voltages = [], self.charges[:1], self.voltages[:1]
        else:
            self.before, self.charges = self.states[:2], [self.charge(solved, taken), *self.charges[:1]]
            self.voltages = [solved.interfaces.v, *self.voltages[:1]]
        self.driving, self.solved = solved.interfaces.v, solved

    def delay(self, delay, in_time):
        """Move on by a delay (s), as a step of the run would."""
        self.solved = _later(self.solved, delay, in_time)
        self.charges = [self.charges[0] + delay * in_time.charge, *self.charges[1:]]
        self.voltages = [self.solved.interfaces.v, *self.voltages[1:]]
        self.driving, self.begun = self.solved.interfaces.v, self.begun + delay

    def past_end(self, solved, charge, taken, reason):
        """Return by how much a state is past an end of the protocol step."""
        cell = self.of.cell
        reached = EndValues(cell.state(solved.x).V[0], self.current(solved), charge, self.charge_begun)
        capacity = cell.capacity[cell.positive_cells].sum()
        return past_ends(self.of.loads[taken.number], reached, 1.0, capacity)[reason]


@dataclass(frozen=True)
class Taken:
    """A step that the run took.

    weights: of its BDF formula; dt (s); number of the protocol step; since: s from its start; settling:
    whether a new current sets in, and no time passes; varies: whether the current is not the same throughout;
    scale_current (A); pace: of the double layer, 1 / s of its own step.
    """

    weights: tuple
    dt: float
    number: int
    since: float
    settling: bool
    varies: bool
    scale_current: float
    pace: float

    def formula(self, dt):
        """Return the BDF formula of a step of dt in its place."""
        earlier = [self.dt / (-self.weights[0] - 1)] if len(self.weights) > 1 else []
        return bdf.bdf(dt, earlier)


@dataclass(frozen=True)
class Sensed:
    """A Moment of a run and what it is for each neighbour.

    beside: their Solved at the same time from the start of the protocol step; rows: their voltage curves,
    (time_s, current_A, voltage_V, charge_C) there; landed: {mark: their Solved where they meet it}; ends:
    their Solved where their own protocol step ends, None before.
    """

    moment: object
    beside: list
    rows: list
    landed: dict
    ends: list | None


@dataclass(frozen=True)
class InTime:
    """How what a step comes to follows its length: S = dx/dt, of the charge (A), of the voltages across the
    interfaces and of the film; now, ahead: (Solved, charge), and a delay (s) later."""

    S: np.ndarray
    charge: float
    v: np.ndarray
    R_film: np.ndarray
    now: tuple
    ahead: tuple
    delay: float

    def slope(self, value):
        """Return how a value(Solved, charge, delay) of the run changes with time."""
        return (value(*self.ahead, self.delay) - value(*self.now, 0.0)) / self.delay


@dataclass
class Trust:
    """How well J tells what D is after a change: what it missed when that was last looked at, over D before
    it; steps since."""

    missed: float = np.inf
    steps: int = 0


class Sensitivities:
    """Follows an Experiment: how its states move with some parameters.

    experiment: Experiment that has not begun; growth: of its film, or None; neighbours: [Neighbour], one for
    each parameter; tolerance: share of D(0) that D may be. beside: [Beside].
    """

    def __init__(self, experiment, neighbours, tolerance=1e-3):
        self.experiment, self.tolerance, self.t, self.landed = experiment, tolerance, -1.0, 0
        self.beside = list(map(Beside.start, neighbours))
        first = experiment.now.solved
        _check_alike(experiment.cell, self.beside)
        rest = initial_state(experiment.cell).x
        self.trust = [Trust() for _ in neighbours]
        self.tangents = [[(one.solved.x - rest) / one.of.offset] for one in self.beside]
        for one, (S,) in zip(self.beside, self.tangents):
            one.solved = replace(one.solved, x=first.x + one.of.offset * S)

    def moments(self, loads):
        """Run the loads; yield what is Sensed after every time step."""
        experiment = self.experiment
        self.run = Beside.start(Neighbour(experiment.cell, loads, experiment.growth, experiment.marks, 0.0))
        for moment in experiment.moments(loads):
            taken, about = self._taken(moment), About(moment)
            found = [self._follow(k, moment, taken, about) for k in range(len(self.beside))]
            rows = [one.row(moment.t) for one in self.beside]
            reason = experiment.now.record.steps[-1]["end_reason"] if moment.last else "duration"
            marks = {name for name, *_ in experiment.now.landed[self.landed :]}
            self.landed = len(experiment.now.landed)
            timed = not taken.settling and (marks or reason != "duration")
            in_time = self._in_time(moment, taken, about) if timed else None
            self.run.accept(moment.solved, taken)
            landed = {name: self._at_mark(name, moment, found, in_time) for name in marks}
            ends = self._end(taken, reason, in_time) if moment.last else None
            yield Sensed(moment, found, rows, landed, ends)

    # ---- one step ------------------------------------------------------------------------------------------

    def _taken(self, moment):
        now, step = self.experiment.now, moment.solved.step
        settling, self.t = moment.t == self.t or moment.t == 0, moment.t
        layer, C, f = step.layer, moment.cell.design.double_layer, step.formula
        pace = layer.a / (C * f.alpha) if layer else 1 / f.dt
        since, varies = moment.t - now.begun, moment.load.varies
        return Taken(f.weights, f.dt, moment.number, since, settling, varies, step.scale_current, pace)

    def _follow(self, k, moment, taken, about):
        """Move the neighbour of parameter k on by a step; return its Solved."""
        one, past = self.beside[k], self.tangents[k]
        step = one.step(taken, taken.dt)
        trust = None if taken.settling or _reads_interfaces(one, step) else self.trust[k]
        guess = self._guess(past, taken)
        S, found = self._solve(one.of.cell, step, one.of.offset, guess, about, 1.0, trust)
        if taken.settling:  # lithiation and salt stay as they are
            keep = moment.cell.unknowns.place("sto").start
            S = np.concatenate([S[:keep], past[0][keep:]])
        solved = replace(found, x=moment.x + one.of.offset * S)
        self.tangents[k] = [S] if taken.settling else [S, *past[:2]]
        one.accept(solved, taken)
        return solved

    def _guess(self, past, taken):
        """Extend the last tangents in time."""
        if taken.settling or len(past) < 2:
            return past[0]
        weights = bdf.extrapolation(taken.dt, self.experiment.now.earlier[1:])
        return sum(w * S for w, S in zip(weights, past)) if len(weights) == len(past) else past[0]

    def _solve(self, cell, step, offset, S, about, unit, trust=None):
        """Solve D(S) = 0 of a neighbour from a guess; return S and the neighbour's Solved. unit: of what
        the neighbour is off by, over which it may do something; trust: in J, by which the last D need not be
        looked at each time; what passes the interfaces is then that of the guess."""
        moment, exact, before, scale, at, left = about.moment, False, np.inf, None, about.at, None
        noise = ROUND_OFF * moment.cell.capacity.sum() * moment.solved.step.rate / abs(offset)
        noise = max(noise, SLIGHT * step.scale_current / unit)
        for _ in range(MOST_ROUNDS):
            at = cell.solve(_within(cell, moment.x, offset * S), step, at.interfaces, near=at)
            D = (cell.residual(at) - about.residual) / offset
            missed = np.linalg.norm(D)
            scale = np.linalg.norm(D - about.J(S)) if scale is None else scale
            if trust and left is not None:
                trust.missed, trust.steps = np.linalg.norm(D - left) / before, 0
            if missed <= self.tolerance * scale or moment.cell.unknowns.largest_sum(D) <= noise:
                return S - _salt(moment, D), Solved(at.x, at.step, at.interfaces)
            exact, before = exact or missed > LESS * before, missed
            asked = float(np.clip(0.5 * self.tolerance * scale / missed, 1e-3, 0.1))
            change = about.solve(D, asked, exact)
            S, left = S - change, D - about.J(change)
            told = np.linalg.norm(left) + (trust.missed * missed if trust else np.inf)
            if trust and trust.steps < UNSEEN and told <= self.tolerance * scale:
                trust.steps += 1
                return S - _salt(moment, left), Solved(moment.x + offset * S, at.step, at.interfaces)
        raise NotConverged(f"a sensitivity missed {missed / scale:.1e} of its source", [missed / scale])

    # ---- ends and marks, which move in time ----------------------------------------------------------------

    def _in_time(self, moment, taken, about):
        """Return how what the step comes to follows its length, before the run accepts it."""
        h, run, now = max(IN_TIME * taken.dt, LEAST_TIME), self.run, moment.solved
        step, guess = run.step(taken, taken.dt + h), (moment.x - run.solved.x) / taken.dt
        S, later = self._solve(moment.cell, step, h, guess, about, taken.dt)
        charge, charge_later = run.charge(now, taken), run.charge(later, taken)
        v = (later.interfaces.v - now.interfaces.v) / h
        R_film = (later.step.R_film - now.step.R_film) / h
        return InTime(S, (charge_later - charge) / h, v, R_film, (now, charge), (later, charge_later), h)

    def _at_mark(self, name, moment, found, in_time):
        """Return the Solved of the neighbours where they meet a mark that the run has met."""
        if in_time is None:
            return found

        def far(one, t, solved, charge):
            mark = next(mark for mark in one.of.marks if mark.name == name)
            return mark.distance(t, one.of.cell.state(solved.x), charge)

        slope = in_time.slope(lambda at, charge, late: far(self.run, moment.t + late, at, charge))
        here = far(self.run, moment.t, *in_time.now)
        there = [far(one, moment.t + one.begun, at, one.charges[0]) for one, at in zip(self.beside, found)]
        return [_later(at, (here - off) / slope, in_time) for at, off in zip(found, there)]

    def _end(self, taken, reason, in_time):
        """Move the neighbours to where their own protocol step ends; return their Solved there."""
        if in_time is not None and reason != "duration":
            slope = in_time.slope(lambda at, charge, _: self.run.past_end(at, charge, taken, reason))
            here = self.run.past_end(*in_time.now, taken, reason)
            for k, one in enumerate(self.beside):
                delay = (here - one.past_end(one.solved, one.charges[0], taken, reason)) / slope
                self.tangents[k][0] = self.tangents[k][0] + delay / one.of.offset * in_time.S
                one.delay(delay, in_time)
        for one in [self.run, *self.beside]:
            one.charge_begun = one.charges[0]
        return [one.solved for one in self.beside]


class About:
    """The balances about a Moment of the run: at (Point), its residual, J."""

    def __init__(self, moment):
        self.moment, cell, solved = moment, moment.cell, moment.solved
        self.at = cell.solve(solved.x, solved.step, solved.interfaces)
        self.residual, linear = cell.residual(self.at), cell.linearise(self.at)
        if not cell.preconditioner.fits(linear.rate):
            cell.preconditioner.update(linear)
        self.J, self.precondition = cell.jacobian(linear), cell.preconditioner.answering(linear)

    def solve(self, b, tolerance, exact):
        """Return J^-1 b; exact: whether nothing is left out of J."""
        J = _differences(self.moment.cell, self.moment.solved) if exact else self.J
        return gmres(J, self.precondition, b, tolerance=tolerance)[0]


def _reads_interfaces(one, step):
    """Whether what follows a step of a neighbour reads what passes its interfaces."""
    return bool(one.of.growth or one.of.cell.design.double_layer) or step.control.kind != "current"


def _salt(moment, D):
    """Return by how much the sum of salt is off by D, as a state: what each step leaves of it would add up.

    What the faces give the electrolyte as salt is a share of the current, whose own sum is off too.
    """
    cell, rows = moment.cell, moment.cell.unknowns.rows(D)
    t_plus = cell.electrolyte.t_plus
    share = 1.0 if callable(t_plus) else 1 - t_plus
    missed = rows.salt.sum() - share * rows.charge_e.sum()
    return cell.vector(c_e=missed / (F * moment.solved.step.rate * np.sum(cell.salt_volume)))


def _within(cell, x, change):
    """Return x + change, at most half the way to a bound: where salt has run out a share is past it."""
    found = x + change
    for block, place in zip(cell.unknowns.blocks, cell.unknowns.places):
        if block.low > -np.inf:
            found[place] = np.maximum(found[place], (x[place] + block.low) / 2)
        if block.high < np.inf:
            found[place] = np.minimum(found[place], (x[place] + block.high) / 2)
    return found


def _differences(cell, solved):
    """Return J v about a state by differences of the residual, which leave nothing out."""
    scales = State(psi=THERMAL, phi=THERMAL, V=THERMAL, sto=1.0, c_e=cell.design.c_e_0)

    def apply(v):
        v = v.astype(float)
        size = max(np.abs(part).max() / scale for part, scale in zip(cell.state(v), scales))
        step = NEAR / max(size, 1e-300)
        low, high = (
            cell.residual(cell.solve(solved.x + way * step * v, solved.step, solved.interfaces))
            for way in (-1, 1)
        )
        return (high - low) / (2 * step)

    return apply


def _later(solved, delay, in_time):
    """Return a Solved a delay (s) later."""
    j = solved.interfaces
    step = replace(solved.step, R_film=solved.step.R_film + delay * in_time.R_film)
    moved = Interfaces(j.j, j.reaction, j.v + delay * in_time.v)
    return Solved(solved.x + delay * in_time.S, step, moved)


def _check_alike(cell, beside):
    """Refuse neighbours whose cells are not those of the run, one for one."""
    for one in (side.of.cell for side in beside):
        if (one.unknowns.n, one.mesh.faces.area.size) != (cell.unknowns.n, cell.mesh.faces.area.size):
            raise InputError(
                "expected a parameter that leaves the cells of the mesh as they are, got another number of"
                " them beside it; choose another one, or bounds that keep the mesh."
            )
