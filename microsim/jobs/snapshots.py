"""What is kept while a run goes on: fields a number of times, depth profiles at the end of each step."""

from dataclasses import dataclass, field

import numpy as np

from ..analysis.fields import run_fields
from ..analysis.observer import Observer, stored
from ..analysis.plating import Plating
from ..analysis.run_analysis import RunAnalysis
from ..analysis.validity import Validity, taking_no_part
from ..base.files import plain
from ..base.hosts import remarks_on
from ..base.schema import listed
from ..case.build import resolved_phases
from ..case.lost_contact import LostParticles
from ..case.windows import beyond_windows
from ..shapes.splitting import label_particles
from ..volumes.fields import profile_x
from .compare_curves import MeasuredImpedance
from .compared_state import nearness

PROFILES = ("sto", "c_e", "phi_e")


@dataclass
class Profiles:
    """Depth profiles at the end of each step, and the throughput at the last stored time (C)."""

    profiles: list = field(default_factory=list)
    passed: float = -np.inf


class Snapshots(Observer):
    """Store the fields a number of times over the run, and depth profiles at the end of each step.

    every: charge between stored times (C)."""

    def __init__(self, setup, writer, checkpoint, every):
        self.cell, self.writer, self.checkpoint, self.every = setup.cell, writer, checkpoint, every
        self.names, self.fields = setup.case.output.fields, run_fields(setup.cell, setup.grid)
        self.kept = Profiles()

    def note(self, moment):
        """Take in the Moment after a time step."""
        if not stored(moment, self.kept.passed, self.every):
            return
        self.kept.passed = moment.throughput
        fields = {name: self.fields[name](moment) for name in self.names}
        self.writer.write(moment.t, moment.load.name, fields, moment.number)
        self.checkpoint.keep_fields(moment.t, moment.load.name, fields, moment.number)
        if moment.last:
            self._keep_profiles(moment)

    def write_again(self, kept):
        """Write the fields that were stored before an interruption."""
        for stored_time in kept:
            self.writer.write(*stored_time)

    def _keep_profiles(self, moment):
        h = self.cell.mesh.voxel_size[0]
        x = (np.arange(self.cell.mesh.shape[0]) + 0.5) * h
        self.kept.profiles.append(
            {
                "step": moment.load.name,
                "time_s": moment.t,
                "x_m": x.tolist(),
                **{name: plain(profile_x(self.fields[name](moment))) for name in PROFILES},
            }
        )


class Watch:
    """What watches a run: its analysis, its validity, and what is stored of it."""

    def __init__(self, setup, writer, checkpoint, measured=()):
        times = setup.case.output.times
        named = isinstance(times, tuple)  # these are landed on
        every = setup.one_C * 3600 / (10 if named else times - 1)  # charge between stored times (C)
        labels = label_particles(setup.grid, resolved_phases(setup.cell.design))
        self._labels = labels.astype(np.min_scalar_type(labels.max(initial=0)))  # beside all of a run
        self.setup, self.validity = setup, Validity(setup.cell)
        self.analysis = RunAnalysis(setup.cell, self._labels, every)
        self.snapshots = Snapshots(setup, writer, checkpoint, np.inf if named else every)
        self.impedance, self.plating = ImpedanceWatch(setup, measured), Plating(setup.cell)

    @property
    def labels(self):
        """Particle of each voxel, 0 outside the active material."""
        return self._labels.astype(np.int32)

    @property
    def observers(self):
        """The observers by name."""
        own = {"analysis": self.analysis, "validity": self.validity, "snapshots": self.snapshots}
        asked = {"impedance": self.impedance, "plating": self.plating}
        return own | {name: one for name, one in asked.items() if one.asked}

    @property
    def spectra(self):
        """The impedances that were computed, {number of the section: Z}."""
        return self.impedance.kept.Z

    def begin(self, experiment):
        """Tell who looks at the start of an Experiment, before any current."""
        now = experiment.now
        if now.t == 0 and not now.under_way:
            self.impedance.begin(experiment.cell, now.solved)

    def note(self, moment):
        """Tell every observer the Moment after a time step."""
        for observer in self.observers.values():
            observer.note(moment)

    def figures(self, record):
        """Return what was found over a run with this Record, as result.json holds it."""
        case = self.setup.case
        remarks = self.setup.cell.design.remarks
        if not isinstance(case.cell.contact_lost, LostParticles):  # which have a sentence of their own
            remarks = (*remarks, *taking_no_part(self.setup.cell.mesh.counts))
        remarks = (*remarks, *record.notes(), *_not_reached(case.output.times, record.columns["time_s"]))
        notes = [*remarks, *beyond_windows(case), *remarks_on(case.hosts().values())]
        return {
            "validity": self.validity.figures(notes),
            "overpotentials": self.analysis.overpotentials(self.setup.mass),
            "heterogeneity": self.analysis.heterogeneity(),
            "plating": self.plating.figures(),
            "profiles": self.snapshots.kept.profiles,
        }


def _not_reached(times, ran):
    """Say which of the times to store (s) lie beyond the end of a run; ran: times of its record (s)."""
    missed = [t for t in times if t > ran[-1] + nearness(t)] if isinstance(times, tuple) else []
    if not missed:
        return []
    which = f"{listed(f'{t:g}' for t in missed)} s of output.times"
    return [f"The run ended after {ran[-1]:.6g} s and did not reach {which}: nothing is stored there."]


@dataclass
class Spectra:
    """Impedances computed so far: {number of the section: Z (ohm m2), complex}."""

    Z: dict = field(default_factory=dict)


class ImpedanceWatch(Observer):
    """Compute the impedances that measured ones are set beside, at their frequencies, as a run comes to their
    states."""

    def __init__(self, setup, measured):
        self.setup, self.kept = setup, Spectra()
        self.asked = {
            str(number): (one.spectrum.freq, one.asked.after)
            for number, one in enumerate(measured)
            if isinstance(one, MeasuredImpedance)
        }

    def begin(self, cell, solved):
        """Take in the HalfCell and its state at the start, before any current."""
        for number, (freq, after) in self.asked.items():
            if after == 0 and number not in self.kept.Z:
                self.kept.Z[number] = self._solve(cell, solved, freq)

    def note(self, moment):
        """Take in the Moment after a time step."""
        if not moment.last:
            return
        for number, (freq, after) in self.asked.items():
            steps = len(self.setup.case.protocol) if after == "end" else after
            if moment.number == steps - 1:
                self.kept.Z[number] = self._solve(moment.cell, moment.solved, freq)

    def _solve(self, cell, solved, freq):
        from ..impedance.cell import solve_cell_impedance

        C_dl, film_time = self.setup.layers()
        return solve_cell_impedance(cell, solved, freq, C_dl=C_dl, film_time=film_time).Z
