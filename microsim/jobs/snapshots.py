"""What is kept while a run goes on: fields a number of times, depth profiles at the end of each step."""

import numpy as np

from ..analysis.run_analysis import Findings
from ..analysis.utilisation import label_particles
from ..analysis.validity import Validity
from ..base.files import plain
from ..case.build import active_phases, resolved_phases
from ..case.windows import beyond_windows
from ..volumes.fields import profile_x


class Snapshots:
    """Store the fields a number of times over the run, and depth profiles at the end of each step."""

    def __init__(self, setup, writer, checkpoint):
        self.setup, self.cell, self.writer, self.checkpoint = setup, setup.cell, writer, checkpoint
        output, grid = setup.case.output, setup.grid
        self.names, self.isolated = output.fields, isolated_sto(setup.cell, grid)
        self.every = setup.one_C * 3600 / (output.times - 1)  # charge between stored times (C)
        labels = label_particles(grid, resolved_phases(setup.cell.design))
        self.findings, self.validity = Findings(setup.cell, labels, self.every), Validity(setup.cell)
        self.profiles, self.passed = [], -np.inf

    def __call__(self, experiment, number, load, last):
        begins = experiment.t == 0
        stored = begins or last or experiment.throughput - self.passed >= self.every
        self.findings.note(experiment, number, load, stored, last)
        self.validity.note(experiment, load)
        if stored:
            self.passed = experiment.throughput
            fields = self.fields(experiment.x)
            kept = {name: fields[name] for name in self.names}
            self.writer.write(experiment.t, load.name, kept)
            self.checkpoint.keep_fields(experiment.t, load.name, kept)
            if last:
                self._keep_profiles(experiment.t, load, fields)
        # the end of a step is kept when the next one has begun
        if not last:
            found, sto = self.findings.snapshot()
            extra = {
                "profiles": self.profiles,
                "passed": self.passed,
                "findings": found,
                "validity": self.validity.snapshot(),
            }
            self.checkpoint.keep_state({**experiment.snapshot(), "noted_sto": sto}, extra, always=begins)

    def _keep_profiles(self, t, load, fields):
        h = self.cell.mesh.voxel_size[0]
        x = (np.arange(self.cell.mesh.shape[0]) + 0.5) * h
        self.profiles.append(
            {
                "step": load.name,
                "time_s": t,
                "x_m": x.tolist(),
                **{name: plain(profile_x(fields[name])) for name in ("sto", "c_e", "phi_e")},
            }
        )

    def figures(self):
        """Return what was found over the run, as result.json holds it."""
        return {
            "validity": self.validity.figures(beyond_windows(self.setup.case)),
            "overpotentials": self.findings.overpotentials(self.setup.mass),
            "heterogeneity": self.findings.heterogeneity(),
            "profiles": self.profiles,
        }

    def restore(self, snapshot, extra, stored):
        """Go on after the fields that were stored before the interruption."""
        self.profiles, self.passed = extra["profiles"], extra["passed"]
        self.findings.restore(extra["findings"], snapshot["noted_sto"])
        self.validity.restore(extra["validity"])
        for time_s, step, fields in stored:
            self.writer.write(time_s, step, fields)

    def fields(self, x):
        """Return {name: [x, y, z]} on the image, NaN outside a field's phase. Isolated material keeps its
        lithium."""
        cell, mesh, u = self.cell, self.cell.mesh, self.cell.state(x)
        area = np.bincount(mesh.faces.solid, mesh.faces.area, mesh.solid.n)
        current = np.bincount(mesh.faces.solid, mesh.faces.area * cell.j, mesh.solid.n)
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
