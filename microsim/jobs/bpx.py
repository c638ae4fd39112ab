"""The job bpx: a cell between BPX files and cases."""

import os
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.files import write_json, write_text, yaml_text
from ..base.schema import number, whole
from .job import job
from .materials import FIGURES, check_sets, coefficient_tables, material_figure, unusual_of
from .result import Result, SavedFile, Table


@dataclass(frozen=True, repr=False)
class BpxResult(Result):
    """The cell of a BPX file, or the BPX file of a case.

    cell     BpxCell: electrodes with their material sets, electrolyte, separator, capacity, cut-offs
    file     what was read
    written  plain data of the BPX file of a case; None where a BPX file was read
    choices  of the case that is made of a BPX file: electrode, counter, cells, density
    left_out  sentences on what the case has and its BPX file has not
    """

    cell: object
    file: Path
    written: dict | None
    choices: dict
    left_out: tuple = ()

    files: ClassVar = {
        "case": SavedFile(
            "save_case", "Write a case that runs the BPX file's cell.", "CASE.yaml", label="case"
        ),
        "out": SavedFile("save", "Write the case's electrodes as a BPX file.", "FILE.json", key="file"),
        "plot": FIGURES,
    }
    has_page: ClassVar = False

    @classmethod
    def check(cls, values, asked):
        """Refuse, before anything is written, what goes with the other kind of file only."""
        file, is_case = values["file"], _is_case(values["file"])
        if is_case and (asked["case"] or asked["plot"] or not asked["out"]):
            raise InputError(
                "bpx: expected --out FILE.json alone with a case, got something else; add or drop options."
            )
        if asked["out"] and not is_case:
            raise _no_case(file)

    @property
    def sets(self):
        """The material sets of the cell: negative, positive, electrolyte, as far as the file has them."""
        parts = [part.material for part in (self.cell.negative, self.cell.positive) if part]
        return parts + [self.cell.electrolyte] * (self.cell.electrolyte is not None)

    @cached_property
    def described(self):
        """{name: kind, range, note and coefficients with value or limits, unit and source}."""
        from ..materials.describe import describe

        return {material.name: describe(material, self.cell.temperature) for material in self.sets}

    @property
    def case(self):
        """The case that runs the cell of a BPX file, for ms.run."""
        from ..case.case import parse_case

        return parse_case(self._case(str(self.file.resolve())))

    def _case(self, named):
        from ..case.bpx_cases import case_of

        if self.written is not None:
            raise InputError(f"expected a BPX file to make a case of, got the case {self.file}; run that.")
        return case_of(self.cell, named, **self.choices)

    @property
    def title(self):
        if self.written is None:
            return f"{self.cell.title}, {self.cell.temperature:g} K"
        half = "User-defined" in self.written["Parameterisation"]
        use = "half cell: use it with PyBaMM's option working electrode: positive"
        return f"{self.file}: {use if half else 'full cell'}"

    def numbers(self):
        if self.written is not None:
            return {"file": None, "cell": self.cell.figures(), "notes": self.notes()}
        temperature = {"temperature_K": self.cell.temperature}
        told = {"cell": self.cell.figures(), "notes": self.notes()}
        return {"materials": self.described, **temperature, **told}

    def notes(self):
        """Return a sentence on everything that the file says and the cell or its case does not follow; of a
        case, on what it has and its file has not."""
        if self.written is not None:
            return list(self.left_out)
        notes, soc = self.cell.notes(), self.cell.state.soc
        if soc is not None and self.choices["electrode"] == "negative":
            notes.append(
                f"Initial state-of-charge {soc:g}: not used, a negative electrode against lithium begins"
                f" delithiated, sto {self.cell.negative.sto_min:g}; set cell.initial_sto for another."
            )
        return [*notes, *unusual_of(self.sets, self.cell.temperature)]

    def tables(self):
        shown = self.cell.figures()
        rows = [(key, _spelled(value)) for key, value in shown.items() if key != "validation"]
        cell = Table(("cell", "value"), rows)
        of_sets = [] if self.written else coefficient_tables(self.described)
        return [*of_sets, cell, *self.notes()]

    def plot(self, name=None):
        """Draw the coefficients of one of the cell's sets (default: the first) over its whole range."""
        return material_figure(self.sets, name)

    def save(self, path):
        """Write the BPX file of a case; returns its path."""
        if self.written is None:
            raise _no_case(self.file)
        return write_json(path, self.written)

    def save_case(self, path):
        """Write a case that runs the cell of a BPX file, under what it does not follow of the file; returns
        its path."""
        _ = self.case  # nothing is written that could not run
        case = yaml_text(self._case(os.path.relpath(self.file, Path(path).parent)))
        return write_text(path, "".join(f"# {' '.join(note.split())}\n" for note in self.notes()) + case)

    def save_figures(self, folder):
        """Draw each set that has curves into folder/NAME.png; returns the paths."""
        from ..report.pages import materials as page

        return page.write(folder, materials=self.sets)


def _is_case(file):
    return Path(file).suffix.lower() in (".yaml", ".yml")


def _no_case(file):
    return InputError(
        f"--out: expected a case (.yaml) to write a BPX file from, got {file}; use --case to write a case."
    )


def _file(given, path):
    if not isinstance(given, (str, PathLike)):
        raise InputError(
            f"{path}: expected the path of a BPX file or of a case, got {type(given).__name__}; give one."
        )
    return Path(given)


@job
def bpx(
    file: Annotated[
        "str | PathLike",
        Argument("A BPX file (.json), or a case of homogenised electrodes (.yaml).", _file, "FILE"),
    ],
    *,
    electrode: Annotated[str, one_of("Electrode to run.", "positive", "negative")] = "positive",
    counter: Annotated[
        str, one_of("lithium (a half cell), or electrode (the file's negative one).", "lithium", "electrode")
    ] = "lithium",
    density: Annotated[
        float | None,
        Argument(
            "Density of the active material in kg/m3, which BPX lacks.",
            number(300.0, 2e4),
            "RHO",
            "--density-kg-m3",
        ),
    ] = None,
    cells: Annotated[int, Argument("Layers of the electrode.", whole(2, 100000), "N")] = 80,
    progress=None,
) -> BpxResult:
    """Read, check and write BPX files.

    A BPX file (bpxstandard.com) is checked and its sets are listed; --case writes a half or full cell for
    `microsim run`. A case is written as a BPX 1.1 file with --out, which PyBaMM reads.

    Parameters
    ----------
    file : str or path
        A BPX file (.json), or a case of homogenised electrodes (.yaml).
    electrode : str
        "positive" or "negative": the electrode that a case of a BPX file runs.
    counter : str
        "lithium" (a half cell) or "electrode" (a full cell, against the file's negative electrode).
    density : float, optional
        Density of the active material, kg m-3, which BPX lacks.
    cells : int
        Layers of the electrode in that case.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    BpxResult
        `case` to run, `save_case(path)`; of a case, `save(path)` writes the BPX file.

    Raises
    ------
    InputError
        A file that cannot be read, whose cell does not fit together, or that BPX cannot say.
    """
    from ..case.bpx_left_out import left_out

    choices = {"electrode": electrode, "counter": counter, "cells": cells, "density": density}
    if _is_case(file):
        cell, case, raw = _as_bpx(file)
        return BpxResult(cell, file, raw, choices, tuple(left_out(case)))
    from ..case.bpx import read_bpx

    found = BpxResult(read_bpx(file), file, None, choices)
    check_sets(found.sets, found.cell.temperature)
    return found


def _as_bpx(file):
    """A case as the cell that its BPX file says; with the Case and the file's data."""
    from ..case.bpx import parse_bpx
    from ..case.bpx_cases import bpx_of, design_of
    from ..case.bpx_cell import check_bpx
    from ..case.case import load_case

    case = load_case(file)
    raw = bpx_of(design_of(case))
    cell = parse_bpx(raw)
    check_bpx(cell)
    return cell, case, raw


def _spelled(value):
    return " to ".join(f"{part:.5g}" for part in value) if isinstance(value, (list, tuple)) else value
