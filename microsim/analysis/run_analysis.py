"""What a run tells beside its voltage: where the voltage goes, and how unevenly the electrode is used, over
time."""

import numpy as np

from ..base.quantities import VOLTAGE_PARTS
from .losses import VoltageSplit
from .utilisation import Unevenness

BETWEEN = 5  # splits of the voltage for each stored time: a curve wants more points than a map


class Findings:
    """Collect the voltage's parts, and what Unevenness measures, over a run.

    cell: HalfCell. labels: particle of each voxel (heterogeneity.label_particles). every: charge between
    stored times (C).
    """

    KEPT = ("losses", "moments", "endings", "passed", "before_s")

    def __init__(self, cell, labels, every):
        self.uneven = Unevenness(cell, labels)
        self.split = VoltageSplit(cell, self.uneven.particle)
        self.every, self.passed = every / BETWEEN, -np.inf
        self.losses, self.moments, self.endings = [], [], []
        self.before_s, self.before = None, None

    def note(self, experiment, number, load, stored, last):
        """Take down a state of the experiment; stored: whether its fields were, last: whether it ends a
        step."""
        begins = not self.losses or self.losses[-1]["step"] != number
        if stored or begins or experiment.throughput - self.passed >= self.every:
            self.passed = experiment.throughput
            found = self.split(experiment.x)
            self.losses.append(
                {
                    "time_s": experiment.t,
                    "step": number,
                    "charge_C": experiment.charge,
                    "name": load.name,
                    "voltage_V": found.voltage,
                    "open_circuit_V": found.open_circuit,
                    "weights": found.weights,
                    "parts_V": found.parts,
                }
            )
        if stored:
            self._note_moment(experiment, number, load)
        if last and abs(experiment.charge - experiment.charge_begun) > 1e-3 * self.every:
            self.endings.append(
                {
                    "step": number,
                    "name": load.name,
                    "time_s": experiment.t,
                    **self.uneven.ending(experiment.x),
                }
            )

    def _note_moment(self, experiment, number, load):
        spread, reaction = self.uneven.moment(experiment.x)
        rate = None
        if self.before is not None and experiment.t > self.before_s:
            rate = self.uneven.rate(experiment.x, self.before, experiment.t - self.before_s)
        self.before, self.before_s = experiment.cell.state(experiment.x).sto.copy(), experiment.t
        self.moments.append(
            {
                "time_s": experiment.t,
                "step": number,
                "name": load.name,
                **spread,
                **reaction,
                "local_c_rate": rate,
            }
        )

    def snapshot(self):
        """Return what a run goes on from: plain values, and the lithiation at the last stored time."""
        return {name: getattr(self, name) for name in self.KEPT}, self.before

    def restore(self, kept, before):
        """Go back to a snapshot."""
        for name in self.KEPT:
            setattr(self, name, kept[name])
        self.before = before

    def overpotentials(self, mass):
        """Return the voltage's parts as columns; mass: of active material (kg)."""
        rows = self.losses
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
            "mean",
            "std",
            "std_between",
            "std_within",
            "std_over_depth",
            "peak_depth_m",
            "half_depth_m",
            "reaction_A_m2",
            "local_c_rate",
        )
        columns = {name: [row[name] for row in self.moments] for name in names}
        return {
            "particles": self.uneven.particles(),
            "window": self.uneven.mean_window,
            "times": columns,
            "ends": self.endings,
        }
