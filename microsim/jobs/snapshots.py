"""What is kept while a run goes on: fields a number of times, depth profiles at the end of each step."""

from dataclasses import dataclass, field

import numpy as np

from ..analysis.observer import Observer, stored
from ..analysis.run_analysis import RunAnalysis
from ..analysis.utilisation import label_particles
from ..analysis.validity import Validity
from ..base.files import plain
from ..case.build import active_phases, resolved_phases
from ..case.windows import beyond_windows
from ..volumes.fields import profile_x


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
        self.names, self.isolated = setup.case.output.fields, isolated_sto(setup.cell, setup.grid)
        self.kept = Profiles()

    def note(self, moment):
        """Take in the Moment after a time step."""
        if not stored(moment, self.kept.passed, self.every):
            return
        self.kept.passed = moment.throughput
        fields = self.fields(moment)
        chosen = {name: fields[name] for name in self.names}
        self.writer.write(moment.t, moment.load.name, chosen)
        self.checkpoint.keep_fields(moment.t, moment.load.name, chosen)
        if moment.last:
            self._keep_profiles(moment, fields)

    def write_again(self, kept):
        """Write the fields that were stored before an interruption."""
        for time_s, step, fields in kept:
            self.writer.write(time_s, step, fields)

    def _keep_profiles(self, moment, fields):
        h = self.cell.mesh.voxel_size[0]
        x = (np.arange(self.cell.mesh.shape[0]) + 0.5) * h
        self.kept.profiles.append(
            {
                "step": moment.load.name,
                "time_s": moment.t,
                "x_m": x.tolist(),
                **{name: plain(profile_x(fields[name])) for name in ("sto", "c_e", "phi_e")},
            }
        )

    def fields(self, moment):
        """Return {name: [x, y, z]} on the image, NaN outside a field's phase. Isolated material keeps its
        lithium."""
        cell, mesh, u = self.cell, self.cell.mesh, moment.u
        area = np.bincount(mesh.faces.solid, mesh.faces.area, mesh.solid.n)
        current = np.bincount(mesh.faces.solid, mesh.faces.area * moment.j, mesh.solid.n)
        j = np.divide(current, area, out=np.full(mesh.solid.n, np.nan), where=area > 0)
        shells = mesh.solid.split(j)[1]
        shells[:] = shells[:, -1:]  # of a particle, that at its surface
        on = mesh.on_image
        sto = on(mesh.solid, u.sto)
        sto = np.where(np.isnan(self.isolated), sto, self.isolated)
        return {
            "sto": sto,
            "c_e": on(mesh.ionic, u.c_e),
            "j": on(mesh.solid, j),
            "phi_e": on(mesh.ionic, u.psi + cell.W(u.c_e)),
            "phi_s": on(mesh.electronic, u.V * mesh.positive + u.phi),
        }


def isolated_sto(cell, grid):
    """Return the lithiation, that of the start, of active material that no path joins to the collector; else
    NaN."""
    joined = ~np.isnan(cell.mesh.on_image(cell.mesh.electronic, np.ones(cell.mesh.electronic.n)))
    sto, given = np.full(grid.shape, np.nan, np.float32), cell.design.initial_sto
    for name in active_phases(cell.design):
        sto[grid.mask(name) & ~joined] = given[name] if isinstance(given, dict) else given
    return sto


class Watch:
    """What watches a run: its analysis, its validity, and what is stored of it."""

    def __init__(self, setup, writer, checkpoint):
        every = setup.one_C * 3600 / (setup.case.output.times - 1)  # charge between stored times (C)
        labels = label_particles(setup.grid, resolved_phases(setup.cell.design))
        self.setup, self.validity = setup, Validity(setup.cell)
        self.analysis = RunAnalysis(setup.cell, labels, every)
        self.snapshots = Snapshots(setup, writer, checkpoint, every)

    @property
    def observers(self):
        """The observers by name."""
        return {"analysis": self.analysis, "validity": self.validity, "snapshots": self.snapshots}

    def note(self, moment):
        """Tell every observer the Moment after a time step."""
        for observer in self.observers.values():
            observer.note(moment)

    def figures(self):
        """Return what was found over the run, as result.json holds it."""
        return {
            "validity": self.validity.figures(beyond_windows(self.setup.case)),
            "overpotentials": self.analysis.overpotentials(self.setup.mass),
            "heterogeneity": self.analysis.heterogeneity(),
            "profiles": self.snapshots.kept.profiles,
        }
