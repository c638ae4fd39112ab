"""What a run tells beside its voltage: where the voltage goes, and how unevenly the electrode is used, over
time."""

from dataclasses import dataclass, field

import numpy as np

from ..base.quantities import VOLTAGE_PARTS
from .observer import Observer, stored
from .overpotentials import VoltageSplit
from .utilisation import SPREAD_KEYS, Utilisation

BETWEEN = 5  # splits of the voltage for each stored time: a curve wants more points than a map


@dataclass
class Noted:
    """The voltage's parts, the spread at the stored times, and the ends of the steps; passed, stored: the
    throughput at the last split and at the last stored time (C); before, before_s: lithiation then, and when
    that was (s)."""

    losses: list = field(default_factory=list)
    moments: list = field(default_factory=list)
    endings: list = field(default_factory=list)
    passed: float = -np.inf
    stored: float = -np.inf
    before: np.ndarray | None = None
    before_s: float | None = None


class RunAnalysis(Observer):
    """Collect the voltage's parts, and what Utilisation measures, over a run.

    cell: HalfCell. labels: particle of each voxel (utilisation.label_particles). every: charge between stored
    times (C).
    """

    def __init__(self, cell, labels, every):
        self.every, self.between, self.labels = every, every / BETWEEN, labels
        self._look_at(cell)
        self.kept = Noted()

    def note(self, moment):
        """Take in the Moment after a time step."""
        if moment.cell is not self.cell:  # contact was lost
            self._look_at(moment.cell)
        kept, due = self.kept, stored(moment, self.kept.stored, self.every)
        named = {"step": moment.number, "name": moment.load.name, "time_s": moment.t}
        begins = not kept.losses or kept.losses[-1]["step"] != moment.number
        if due or begins or moment.throughput - kept.passed >= self.between:
            kept.passed = moment.throughput
            kept.losses.append({**named, "charge_C": moment.charge, **self._losses(moment)})
        if due:
            kept.stored = moment.throughput
            kept.moments.append({**named, **self._measures(moment)})
        if moment.last and abs(moment.charge - moment.charge_begun) > 1e-3 * self.between:
            kept.endings.append({**named, **self.utilisation.ending(moment.solved.x)})

    def _look_at(self, cell):
        self.cell, self.utilisation = cell, Utilisation(cell, self.labels)
        self.split = VoltageSplit(cell, self.utilisation.particle, self.utilisation.takes_part)

    def _losses(self, moment):
        found = self.split(moment.solved)
        return {
            "voltage_V": found.voltage,
            "open_circuit_V": found.open_circuit,
            "weights": found.weights,
            "parts_V": found.parts,
        }

    def _measures(self, moment):
        kept, solved, measured = self.kept, moment.solved, self.utilisation
        rates = dict.fromkeys(("local_c_rate", "local_c_rate_taking_part"))
        if kept.before is not None and moment.t > kept.before_s:
            rates = measured.rates(solved.x, kept.before, moment.t - kept.before_s)
        kept.before, kept.before_s = moment.u.sto.astype(np.float32), moment.t  # seven digits of a change
        reaction = measured.reaction(moment.j, 1e-5 * solved.step.scale_current)
        return {**measured.spread(solved.x), **reaction, **rates}

    def overpotentials(self, mass):
        """Return the voltage's parts as columns; mass: of active material (kg)."""
        rows = self.kept.losses
        columns = {
            name: [row[name] for row in rows]
            for name in ("time_s", "step", "voltage_V", "open_circuit_V", "weights")
        }
        parts = {name: [row["parts_V"][name] for row in rows] for name in VOLTAGE_PARTS}
        total = [row["open_circuit_V"] - row["voltage_V"] for row in rows]
        misses = [abs(sum(row["parts_V"].values()) - whole) for row, whole in zip(rows, total)]
        return {
            **columns,
            "step_name": [row["name"] for row in rows],
            "capacity_mAh_g": [row["charge_C"] / 3.6 / (mass * 1000) for row in rows],
            "total_V": total,
            "parts_V": parts,
            "meaning": {name: part.meaning for name, part in VOLTAGE_PARTS.items()},
            "largest_miss_V": max(misses, default=0.0),
        }

    def heterogeneity(self):
        """Return the particles, what was measured at the stored times as columns, and the ends of the
        steps."""
        names = (
            "time_s",
            "step",
            "name",
            *SPREAD_KEYS,
            "share_taking_part",
            *(f"{name}_taking_part" for name in SPREAD_KEYS),
            "peak_depth_m",
            "half_depth_m",
            "reaction_A_m2",
            "local_c_rate",
            "local_c_rate_taking_part",
        )
        columns = {name: [row[name] for row in self.kept.moments] for name in names}
        return {
            "particles": self.utilisation.particles(),
            "window": self.utilisation.mean_window,
            "times": columns,
            "ends": self.kept.endings,
        }
