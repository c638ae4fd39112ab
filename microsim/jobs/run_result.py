"""What a run leaves, the same right after it and from its folder later: numbers, voltage curve, fields."""

import json
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import ClassVar

from ..base.errors import InputError
from ..base.schema import listed
from .case_arguments import path_of
from .compare_curves import summary
from .field import Field
from .result import Result, Table

COLUMNS = {
    "step": "name",
    "ended by": "end_reason",
    "time s": "time_s",
    "capacity mAh/g": "capacity_mAh_g",
    "mean voltage V": "mean_voltage_V",
}
CYCLES = {
    "cycle": "cycle",
    "charge mAh/g": "charge_mAh_g",
    "discharge mAh/g": "discharge_mAh_g",
    "coulombic efficiency": "coulombic_efficiency",
    "retention": "retention",
}


@dataclass(frozen=True, repr=False)
class RunResult(Result):
    """A finished run.

    folder  of its files: result.json, voltage.csv, fields.h5, report.html, figures/
    result  the numbers, content of result.json
    """

    folder: Path
    result: dict = field(default_factory=dict)
    speaks: bool = True  # False: of one of several ranks, the first of which writes and prints

    has_page: ClassVar = False  # it is written while the case runs
    own_page: ClassVar = True
    draws_kept: ClassVar = True  # their runs lie in the folder, their intervals in the numbers

    @property
    def title(self):
        return self.result.get("title", "")

    @property
    def draw_count(self):
        return self.result.get("draws", 0)

    def numbers(self):
        return self.result

    def tables(self):
        rows = [[step.get(key) for key in COLUMNS.values()] for step in self.result.get("steps", [])]
        cycles = self.result.get("cycles", [])
        over = [Table(tuple(CYCLES), [[row[key] for key in CYCLES.values()] for row in cycles])]
        rate = self.result.get("c_rate_meaning")
        notes = self.result.get("validity", {}).get("notes", [])
        compared = self.result.get("comparisons") or [self.result.get("comparison") or {}]
        lines = [line for told in compared for line in summary(told)]
        return [
            Table(tuple(COLUMNS), rows),
            *(over if cycles else []),
            *filter(None, [rate]),
            *notes,
            *self.result.get("protocol_read", []),
            *lines,
            f"report: {self.folder / 'report.html'}",
        ]

    def report(self):
        """Return the path of the report, one HTML page."""
        page = self.folder / "report.html"
        if not page.is_file():
            raise InputError(f"expected the report of a run, got no {page}; run the case again")
        return page

    @cached_property
    def voltage(self):
        """The VoltageCurve: time_s, current_A, voltage_V, capacity_mAh_g, step; plot()."""
        from .record import read_curve

        shape, h = (self.result["volume"][key] for key in ("shape", "voxel_size_m"))
        area = shape[1] * h[1] * shape[2] * h[2] * self.result["volume"].get("sample_share", 1.0)
        return read_curve(self.folder / "voltage.csv", self.result["steps"], area)

    @cached_property
    def fields(self):
        """The fields that were stored, {name: Field}."""
        from ..volumes.fields import read_names

        path = self.folder / "fields.h5"
        return {name: Field(path, name) for name in read_names(path)}

    def field(self, name):
        """Return a stored Field by its name."""
        if name not in self.fields:
            raise InputError(
                f"expected a field that the run stored ({listed(self.fields)}), got {name}; name it in "
                "output.fields of the case"
            )
        return self.fields[name]

    @property
    def sto(self):
        """Degree of lithiation of the active material, c_s / c_s_max."""
        return self.field("sto")

    @property
    def lithium(self):
        """Lithium per formula unit of the active material, sto times its sites."""
        return self.field("lithium")

    @property
    def c_e(self):
        """Salt in the electrolyte (mol m-3)."""
        return self.field("c_e")

    @property
    def phi_e(self):
        """Potential of the electrolyte (V)."""
        return self.field("phi_e")

    @property
    def phi_s(self):
        """Potential of the solids (V)."""
        return self.field("phi_s")

    @property
    def j(self):
        """Current density across the reactive faces of each voxel of active material (A m-2)."""
        return self.field("j")

    def plot(self):
        """Draw the voltage curve."""
        return self.voltage.plot()

    def write(self, folder):
        """Copy the files of the run into another folder; returns the path of the page."""
        target = Path(folder)
        if target.resolve() != self.folder.resolve():
            shutil.copytree(self.folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        return target / "report.html"

    def to_xarray(self):
        """Return the fields at all stored times as an xarray.Dataset on time (s), x, y, z (m)."""
        from .xarray import merged

        return merged(one.to_xarray() for one in self.fields.values())


def open_run(folder: "str | PathLike") -> RunResult:
    """Open the folder of a finished run.

    Parameters
    ----------
    folder : path
        What `run` or `microsim run` wrote, with result.json in it.

    Returns
    -------
    RunResult
        The same that `run` returned.
    """
    path = Path(path_of(folder, "folder")) / "result.json"
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"expected the folder of a finished run, with a readable result.json, got {folder}; name the "
            "folder that microsim run wrote"
        ) from error
    return RunResult(Path(folder), result)
