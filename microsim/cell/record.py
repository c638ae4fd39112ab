"""What an experiment has come to and what happened on the way; what an observer sees of it."""

from dataclasses import dataclass, field

import numpy as np

from ..base.constants import F
from .ends import EndValues, met_at_once
from .load import Load
from .step import Solved
from .unknowns import State

# time steps that may share the preconditioner's numbers, whose making costs four or five iterations: a run of
# the demo's corner, 47 steps, sets them 21 times and takes 303 iterations of GMRES; set each time 47 and 295,
# with two steps 25 and 297, with five 18 and 299
SHARED = 3
ROUND_OFF = 1e-9  # of what passed through a step: a difference that is less is none
BOTH_WAYS = 0.01  # of what passed one way: less is that of a current on its way to zero


@dataclass
class Record:
    """What happened: columns of the voltage curve, one summary a step, one of contacts each time that
    some are lost, counts, balance errors."""

    columns: dict = field(
        default_factory=lambda: {"time_s": [], "current_A": [], "voltage_V": [], "charge_C": [], "step": []}
    )
    steps: list = field(default_factory=list)
    contacts: list = field(default_factory=list)
    newton_iterations: int = 0
    linear_iterations: int = 0
    time_steps: int = 0
    rejected_steps: int = 0
    failed_steps: int = 0
    lithium_balance_error: float = 0.0
    salt_balance_error: float = 0.0
    charge_balance_error: float = 0.0
    wall_s: float = 0.0

    def notes(self):
        """Return a sentence on each step that was skipped, for it had nothing to do, and one on each through
        which charge passed both ways."""
        skipped = [f"Skipped: {step['skipped']}." for step in self.steps if "skipped" in step]
        step, charge = (np.array(self.columns[name]) for name in ("step", "charge_C"))
        moves = [np.diff(charge[step == number]) for number in dict.fromkeys(self.columns["step"])]
        ways = [sorted((moved[moved > 0].sum(), -moved[moved < 0].sum())) for moved in moves]
        both = [
            f"Charge passes both ways in {of['name']!r}, {100 * less / more:.3g} % as much one way as the"
            " other: what is told of the step, of charges, discharges and cycles is the difference."
            for of, (less, more) in zip(self.steps, ways)
            if less > BOTH_WAYS * more
        ]
        return [*skipped, *dict.fromkeys(both)]


@dataclass
class Progress:
    """All that an experiment goes on from: what changes while it runs is a field of this, and a checkpoint
    keeps every field.

    solved: the present state and its step; record; lithium_0 of both electrodes and salt_0 at the start (C);
    dt: the next time step (s); scale_current: what residuals are held against (A); t (s); charge discharged
    and throughput (C); number of the protocol step, whether it is under way, when (s) and at which charge (C)
    it began; side: of the step's voltage limit on which it began, 1 above, -1 below; jumping: whether its
    profile has just come to a jump, whose current has not set in yet; pace: the time step that the last
    bend of a profile allows (s); reacted: what reacted when the last step of a profile began (A m-2);
    rests: ohmic parts of the last states' voltages (see dense), newest first, [] until asked for (V);
    driving: voltages that the film grows by; stage: how often contact has been lost; lithium_miss, salt_miss:
    the largest so far (C); landed: (mark, number of the step, s) as each was met. Of the BDF formula, newest
    first: before, states before the present one; earlier, lengths of the steps between them (s); charges (C);
    voltages across the interfaces, where they have a double layer (V); films: lithium that the films took (C
    m-2), where they take any; films_apart: that in films whose faces were lost (C).
    """

    solved: Solved
    record: Record
    lithium_0: np.ndarray
    salt_0: float
    dt: float
    scale_current: float
    t: float = 0.0
    charge: float = 0.0
    throughput: float = 0.0
    number: int = 0
    under_way: bool = False
    begun: float = 0.0
    charge_begun: float = 0.0
    side: float = 0.0
    jumping: bool = False
    before: list = field(default_factory=list)
    earlier: list = field(default_factory=list)
    charges: list = field(default_factory=lambda: [0.0])
    voltages: list = field(default_factory=list)
    pace: float = 0.0
    reacted: np.ndarray | None = None
    rests: list = field(default_factory=list)
    driving: np.ndarray | None = None
    films: list = field(default_factory=list)
    films_apart: float = 0.0
    stage: int = 0
    lithium_miss: float = 0.0
    salt_miss: float = 0.0
    landed: list = field(default_factory=list)

    @property
    def states(self):
        """States of the BDF formula, newest first."""
        return [self.solved.x, *self.before]

    @property
    def sets_anew(self):
        """Whether the next time step sets the preconditioner, as a run that goes on from here has to: only
        there does a checkpoint lead to the very numbers of a run that was not broken off."""
        return self.record.time_steps % SHARED == 0

    def start_formula(self):
        """Forget the formula's past: what comes is another curve."""
        self.before, self.earlier, self.charges, self.rests = [], [], [self.charge], []
        self.voltages = self.voltages[:1]


def lithium_held(cell, solved):
    """Return the lithium in the active material of the electrode and of a counter slab, less what the double
    layer owes (C)."""
    held = cell.capacity * cell.state(solved.x).sto
    both = np.array([held[cell.positive_cells].sum(), held[~cell.positive_cells].sum()])
    return both - cell.stored(solved.interfaces)


def salt_held(cell, solved):
    """Return the charge of the salt in the cell (C)."""
    return F * float(cell.salt_volume @ cell.state(solved.x).c_e)


def keep_balances(cell, now, lithium, salt, I):
    """Keep the largest misses in a Progress: lithium against the charge passed, salt against itself, face
    currents against I. lithium of both electrodes, salt: all that is there (C)."""
    record = now.record
    gained = lithium - now.lithium_0
    slab = abs(gained[1] + now.charge) if not cell.counter else 0.0
    now.lithium_miss = max(now.lithium_miss, abs(gained[0] - now.charge), slab)
    now.salt_miss = max(now.salt_miss, abs(salt - now.salt_0))
    if now.throughput > 0:
        record.lithium_balance_error = now.lithium_miss / now.throughput
    record.salt_balance_error = now.salt_miss / now.salt_0
    if abs(I) > 1e-9 * now.scale_current:
        across, counter = cell.currents(now.solved.interfaces)
        miss = max(abs(across + I), abs(counter - I)) / max(abs(I), 1e-3 * now.scale_current)
        record.charge_balance_error = max(record.charge_balance_error, float(miss))


def step_summary(now, load, reason, current, film=None):
    """Return what a protocol step comes to that a Progress is at the end of, for the reason given.

    current: A; film: lithium in the films of both electrodes (C), None where they take none.
    """
    c = now.record.columns
    first = len(c["step"]) - 1
    while first > 0 and c["step"][first - 1] == now.number:
        first -= 1
    t, V = np.array(c["time_s"][first:]), np.array(c["voltage_V"][first:])
    mean = np.trapezoid(V, t) / (t[-1] - t[0]) if t[-1] > t[0] else V[-1]
    summary = {
        "name": load.name,
        "time_s": now.t - now.begun,
        "charge_C": _net(np.array(c["charge_C"][first:]), now.charge - now.charge_begun),
        "end_reason": reason,
        "mean_voltage_V": float(mean),
        "end_voltage_V": float(V[-1]),
    }
    if film is not None:
        summary["film_lithium_C"], summary["counter_film_lithium_C"] = map(float, film)
    if now.t == now.begun:
        reached = EndValues(V[-1], current, now.charge, now.charge_begun)
        summary["skipped"] = met_at_once(load, reason, reached)
    return summary


def _net(charge, net):
    """Return the charge of a step (C), 0 where what it passed both ways comes back but for round-off: a
    profile that closes has no direction, and no capacity."""
    return 0.0 if abs(net) <= ROUND_OFF * float(np.abs(np.diff(charge)).sum()) else net


@dataclass(frozen=True)
class Moment:
    """A cell after a time step, as an observer sees it; its arrays refuse to be written to.

    cell: HalfCell; t: time (s); number, load: step of the protocol; last: whether it ends here; solved: the
    state and what was solved with it; u: its fields; current (A); charge: discharged so far (C), and
    charge_begun when the step began; throughput: passed in either direction (C); time_steps: taken so far;
    landed: whether it is at a mark.
    """

    cell: object
    t: float
    number: int
    load: Load
    last: bool
    solved: Solved
    u: State
    current: float
    charge: float
    charge_begun: float
    throughput: float
    time_steps: int
    landed: bool = False

    @property
    def x(self):
        """The state, a flat vector."""
        return self.solved.x

    @property
    def V(self):
        """Cell voltage (V)."""
        return float(self.u.V[0])

    @property
    def j(self):
        """Current density across each reactive face (A m-2)."""
        return self.solved.interfaces.j[self.cell.on_faces]
