"""The job ensemble: particles that share one potential, under a cell's own current, beside measured ones."""

from dataclasses import dataclass
from os import PathLike
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from .case_arguments import Settings, path_of
from .job import job
from .result import Result, SavedFile, Table


@dataclass(frozen=True, eq=False)
class CellOfParticles:
    """One cell. field: case.ensemble.ParticleCell; run: analysis.ensemble.EnsembleRun; measured: MeasuredCell
    or None; levels: lithiations that stand for before, half-way and after; ends: mean lithiation full and
    empty; counts: of particles of each radius, or None."""

    field: object
    run: object
    measured: object | None
    levels: list
    ends: tuple
    counts: tuple | None

    def numbers(self):
        """Return half-way times and durations, simulated and measured, and how far apart they are."""
        ours = self.run.passages(self.levels)
        found = {
            "title": self.field.title,
            "levels_sto": {key: x for key, x in zip(("before", "half_way", "after"), self.levels)},
            "simulated": [_passed(one) for one in ours],
            "sequence": {"simulated": _sequence(self.run.sequence(self.levels, self.ends, self.counts))},
        }
        return found if self.measured is None else found | self._beside(found["sequence"])

    def _beside(self, said):
        from ..analysis.ensemble import misfits

        measured, calibration = self.measured, self.measured.calibration
        off = misfits(self.run, measured, self.counts)
        rows = [
            {"particle": one.name, "points": int(one.t.size), **_passed(passed)}
            for one, passed in zip(measured.series, measured.passages(), strict=True)
        ]
        return {
            "measured": rows,
            "sequence": {**said, "measured": _sequence(measured.sequence())},
            "calibration": {
                "shift_eV": list(calibration.shift),
                "sto": list(calibration.sto),
                "half_way_eV": calibration.half_way,
                "sigma_sto": calibration.sigma_sto,
            },
            "rms": {
                "half_way_h": _rms(off, "half_way", 3600),
                "duration_h": _rms(off, "duration", 3600),
                "voltage_V": _rms(off, "voltage", 1),
            },
            "remarks": measured.remarks,
        }


def _passed(passage):
    return {"half_way_h": _hours(passage.half_way), "duration_h": _hours(passage.duration)}


def _hours(seconds):
    return None if seconds is None else float(seconds / 3600)


def _rms(off, name, per):
    return None if name not in off else float((off[name] ** 2).mean() ** 0.5 / per)


def _sequence(one):
    return {
        "spread_h": _hours(one.spread),
        "duration_h": _hours(one.duration),
        "order": one.order,
        "noise": one.noise,
        "verdict": one.verdict,
    }


@dataclass(frozen=True, repr=False)
class EnsembleResult(Result):
    """Particles over time in one cell, and in those that were predicted.

    ensemble   case.ensemble.Ensemble
    material   the active material as it was used
    fields     CellOfParticles of the cell, and of each blind one
    fitted     analysis.ensemble_fit.FittedParameters, or None
    band       lithiation, i0, its 2.5 and 97.5 % (A m-2), or None
    """

    ensemble: object
    material: object
    fields: list
    fitted: object | None
    band: tuple | None

    files: ClassVar = {"save": SavedFile("save_series", "CSV of time, V and lithiation of each radius.")}

    @property
    def title(self):
        n = len(self.ensemble.radii)
        return f"{self.ensemble.title}: {n} radii of {self.material.name} under one potential"

    def numbers(self):
        share = self.ensemble.volumes / self.ensemble.volumes.sum()
        return {
            "title": self.ensemble.title,
            "material": self.material.name,
            "sources": self.material.sources,
            "particles": [
                {"radius_um": 1e6 * radius, "volume_share": float(part)}
                for radius, part in zip(self.ensemble.radii, share, strict=True)
            ],
            **self.fields[0].numbers(),
            "remarks": [*self.fields[0].numbers().get("remarks", []), *self.unusual],
            "fit": None if self.fitted is None else self.fitted.numbers(),
            "blind": [one.numbers() for one in self.fields[1:]],
        }

    def tables(self):
        shown = []
        for one in self.fields:
            shown += _field_tables(one.numbers(), self.ensemble.radii)
        if self.fitted is not None:
            rows = [
                (name, p["value"], *p["interval"], "yes" if p["identifiable"] else "no")
                for name, p in self.fitted.numbers()["parameters"].items()
            ]
            shown.append(Table(("parameter", "value", "2.5 %", "97.5 %", "identifiable"), rows))
        return [*shown, *self.unusual]

    @property
    def unusual(self):
        """Coefficients of the material that batteries have not, a sentence each."""
        from ..materials.checks import remarks_on_material

        return remarks_on_material(self.material.name, self.material)

    def plot(self):
        """Draw the lithiation of each particle over time, measured and simulated."""
        from ..report.pages import ensemble as page

        return page.lithium_figure(self.fields[0])

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import ensemble as page

        return page.write(folder, result=self.numbers(), fields=self.fields, band=self.band)

    def save_series(self, path):
        """Write time (h), V and the mean lithiation of each radius as CSV; returns the path."""
        from ..base.files import write_text

        run = self.fields[0].run
        heads = ["time_h", "voltage_V", *(f"sto_{1e6 * r:g}um" for r in self.ensemble.radii)]
        lines = [f"{t / 3600:.6f},{V:.6f}," + ",".join(f"{x:.6f}" for x in sto)
                 for t, V, sto in zip(run.t, run.V, run.sto.T, strict=True)]  # fmt: skip
        return write_text(path, "\n".join([",".join(heads), *lines]) + "\n")


def _field_tables(found, radii):
    simulated = [
        (f"{1e6 * r:g} µm", one["half_way_h"], one["duration_h"]) for r, one in zip(radii, found["simulated"])
    ]
    header = ("particle", "half-way h", "duration h")
    shown = [Table(header, simulated, f"{found['title']}, simulated")]
    if "measured" in found:
        rows = [(one["particle"], one["half_way_h"], one["duration_h"]) for one in found["measured"]]
        shown.append(Table(header, rows, f"{found['title']}, measured"))
    rows = [(who, *said.values()) for who, said in found["sequence"].items()]
    shown.append(Table(("particles", "spread h", "duration h", "order", "of noise", "they go"), rows))
    return [*shown, *found.get("remarks", [])]


def _particles(given, path):
    return given if isinstance(given, dict) else path_of(given, path)


@job
def ensemble(
    particles: Annotated[
        "str | PathLike | dict", Argument("The ensemble to run.", _particles, "ENSEMBLE.yaml")
    ],
    *,
    set: Settings = None,
    progress=None,
) -> EnsembleResult:
    """Particles of some radii that share one potential, under a cell's own current, beside measured ones.

    Each sphere has its own diffusion; Butler-Volmer, with i0 as a formula of lithiation. White-line shifts of
    single particles become lithiations between two anchors; half-way times and durations stand beside the
    simulated ones. A section fit fits parameters of the formulae, a section blind predicts other cells with
    them.

    Parameters
    ----------
    particles : path or dict
        The ensemble: radii_um, material, initial_sto, current, measured, fit, blind.
    set : dict or list of str, optional
        Values to change, {dotted key: value} or ["dotted.key=value"].
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    EnsembleResult

    Raises
    ------
    InputError
        A file that cannot be read, or a charge that is more lithium than there is.
    NotConverged
        Particles whose time steps do not converge.
    """
    from ..analysis.ensemble import read_current, read_measured_cell
    from ..analysis.ensemble_fit import fit_ensemble
    from ..case.ensemble import read_ensemble

    spec = read_ensemble(particles, set or ())
    host, cells = spec.active().host, []
    for field in (spec.field, *spec.blind):  # read before anything runs
        current = read_current(spec, field, host)
        cells.append((field, current, field.measured and read_measured_cell(spec, field, current)))
    fitted = spec.fit and fit_ensemble(spec, *cells[0][1:], progress)
    values = fitted.values if fitted else {}
    fields = [_field(spec, *cell, values, progress) for cell in cells]
    return EnsembleResult(spec, spec.active(values), fields, fitted, _band(spec, fitted))


def _field(spec, field, current, measured, values, progress):
    from ..analysis.ensemble import run_ensemble
    from ..maps.particle_series import middle_levels

    run = run_ensemble(spec, current, values, progress)
    ends = measured.calibration.sto if measured else (float(current.sto[0]), current.sto_turn)
    levels = measured.calibration.levels() if measured else middle_levels(*ends)
    return CellOfParticles(field, run, measured, levels, ends, spec.count)


def _band(spec, fitted):
    import numpy as np

    from ..analysis.ensemble_fit import exchange_band

    if fitted is None:
        return None
    sto = np.linspace(0.01, 0.99, 197)
    curves = exchange_band(spec, fitted, sto)
    return None if curves is None else (sto, *curves)
