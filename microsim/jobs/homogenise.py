"""The job homogenise: from a case's volume to the parameters of a porous electrode (Newman's model)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ..base.errors import InputError
from ..base.files import write_json, write_yaml
from .case_arguments import CaseFile, Settings, results_folder
from .job import job
from .result import Result, Table

FILES = ("homogenised.yaml", "pybamm.json", "parameters.json")
ROWS = {
    "porosity": "",
    "transport_efficiency": "",
    "tortuosity_factor": "",
    "active_fraction": "",
    "specific_area_m-1": "1/m",
    "radius_m": "m",
    "surface_factor": "",
    "sigma_S_m": "S/m",
    "thickness_m": "m",
    "film_resistance_ohm_m2": "ohm m2",
    "lost_active": "",
    "lost_electrolyte": "",
}


@dataclass(frozen=True, repr=False)
class HomogeniseResult(Result):
    """A volume as a porous electrode.

    case   the Case whose volume it is
    twin   analysis.twin.Twin: the parameters found, and the Case of the slab that stands for the volume
    written  {name: path} of the files: homogenised.yaml, pybamm.json and, where BPX can say it,
           parameters.json
    bpx_missing  why there is no BPX file, or None
    left_out  sentences on what the slab's case has and its BPX file and PyBaMM's values have not
    """

    case: object
    twin: object = field(repr=False)
    written: dict
    bpx_missing: str | None
    left_out: tuple = ()

    has_page: ClassVar = False
    own_page: ClassVar = True

    @property
    def parameters(self):
        """The parameters, SI units in their names."""
        return self.twin.found.as_dict()

    @property
    def folder(self):
        """Folder of the files."""
        return Path(next(iter(self.written.values()))).parent

    @property
    def sources(self):
        """How each parameter was found, in a sentence."""
        return self.twin.found.sources

    @property
    def title(self):
        return f"{self.case.title}: homogenised"

    def numbers(self):
        return {
            "parameters": self.parameters,
            "sources": self.sources,
            "nominal_current_density_A_m2": self.twin.case.cell.nominal_current_density,
            "files": self.written,
            "bpx_missing": self.bpx_missing,
            "notes": list(self.left_out),
            "title": self.case.title,
            "case_sha256": self.case.sha256,
        }

    def tables(self):
        found = self.parameters
        rows = [(key, found[key], unit, self._source(key)) for key, unit in ROWS.items()]
        ways = {way: R for way, R in found["radii_m"].items() if way != "diffusion"}
        rows += [(f"radius by {way}", R, "m", "") for way, R in ways.items()]
        sizes = found["particle_sizes"]
        rows += [(f"particle diameter {k}", sizes[f"{k}_m"], "m", "by volume") for k in ("d10", "d50", "d90")]
        rows += [
            (f"contact with {name}", share, "", "share of the active surface")
            for name, share in found["contact"].items()
        ]
        lines = [f"wrote {', '.join(self.written.values())}"]
        lines += [f"no BPX file: {self.bpx_missing}"] * (self.bpx_missing is not None)
        return [Table(("parameter", "value", "unit", "how"), rows), *lines, *self.left_out]

    def _source(self, key):
        """How a parameter was found: keys end on their units."""
        named = (text for name, text in self.sources.items() if key.startswith(name))
        return self.sources.get(key) or next(named, "")

    def write(self, folder):
        """Write report.html into a folder; returns its path."""
        from ..report.pages import homogenise as page

        return page.write(folder, result=self.numbers())


@job
def homogenise(
    case: CaseFile,
    out: results_folder("out/<case name>_homogenised", *FILES) = None,
    *,
    set: Settings = None,
    progress=None,
) -> HomogeniseResult:
    """Homogenise a case's volume into a porous electrode.

    Measures porosity, transport efficiency, active fraction, reactive area, the radius of spheres with the
    volume's diffusion, particle sizes, contacts, electronic conductivity and mean film, and writes
    homogenised.yaml (a case for `microsim run`), parameters.json (BPX 1.1) and pybamm.json (PyBaMM parameter
    values). In SI units.

    Parameters
    ----------
    case : path, dict or Case
        A case of a resolved volume.
    out : path, optional
        Folder of the results; default out/<case name>_homogenised.
    set : dict or list of str
        Values of the case to change, {"volume.coarsen": 2}.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    HomogeniseResult

    Raises
    ------
    InputError
        Without exactly one phase of resolved active material.
    """
    from ..analysis.twin import twin_of, written_bpx
    from ..case.bpx_left_out import left_out
    from ..case.build import read_grid, set_up
    from ..case.case import load_case

    case = load_case(case, set or ())
    _check_contact(case)
    out = Path("out") / f"{case.name}_homogenised" if out is None else Path(out)
    _, grid = read_grid(case, progress)
    twin = twin_of(set_up(case, grid), folder=out, progress=progress)
    bpx, reason = written_bpx(twin)
    return HomogeniseResult(case, twin, _write(out, twin, bpx), reason, tuple(left_out(twin.case)))


def _check_contact(case):
    """Refuse contact that is lost on the way, which a porous electrode's numbers cannot follow."""
    from ..case.lost_later import LostEvery, LostSteps

    if isinstance(case.cell.contact_lost, (LostSteps, LostEvery)):
        raise InputError(
            "cell.contact_lost: expected contact that stays as it is over the run for homogenise, got contact"
            " that is lost between steps; give what is lost by then as a number, a map or particles."
        )


def _write(out, twin, bpx):
    """Write the case, PyBaMM's values, and the BPX file where there is one; return {name: path}."""
    from ..analysis.twin import pybamm_values

    values = pybamm_values(twin, twin.case.cell.temperature)
    written = {
        "homogenised.yaml": write_yaml(out / "homogenised.yaml", twin.raw),
        "pybamm.json": write_json(out / "pybamm.json", values),
    }
    if bpx is not None:
        written["parameters.json"] = write_json(out / "parameters.json", bpx)
    return {name: str(path) for name, path in written.items()}
