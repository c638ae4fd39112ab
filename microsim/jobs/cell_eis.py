"""The impedance of a case's whole cell about one of its states."""

import math
from dataclasses import dataclass, field
from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.memory import keeping_freed
from ..base.provenance import peak_memory_bytes
from ..base.schema import number
from ..case.measurements import CompareSpectrum
from .case_arguments import CaseFile, Settings
from .compare import comparison_numbers
from .compare_curves import read_impedance, score_impedance, scored, summary
from .frequencies import Frequencies
from .job import job
from .result import Result, Table

FEWEST = 8  # frequencies that relaxation times and the Kramers-Kronig relations are asked of
SHOWN = 12  # lines of the table, about
# Hz, and by how many times the residual is below the bound of Z there, between them by a power law; Z was
# off by up to 63, 45, 21, 10 and 15 times it below 1 mHz, at 1, 4.6, 10 mHz and above
WITHIN = (1e-3, 100), (16e-3, 25)


@dataclass(frozen=True, repr=False)
class CellImpedanceResult(Result):
    """The impedance of a cell.

    case          Case; grid: its VoxelGrid; mesh: of the cell
    after         steps of the protocol that ran before
    spectrum      impedance.cell.CellImpedance: freq (Hz), Z (ohm m2), voltage (V), current (A), reaction
    double_layer  capacitance of the interfaces (F m-2)
    relaxation    RelaxationTimes; None below eight frequencies
    residual      largest relative miss of the Kramers-Kronig relations, None likewise
    compared      (SpectrumScore, what the numbers say beside) of each impedance that the case compares with
    notes         sentences on how the cell was made, as of a start from a map
    """

    case: object
    grid: object = field(repr=False)
    mesh: object = field(repr=False)
    after: int
    spectrum: object
    double_layer: float
    relaxation: object | None
    residual: float | None
    peak_memory_bytes: int = 0
    compared: tuple = ()
    notes: tuple = ()

    @property
    def freq(self):
        """Frequencies (Hz), [f]."""
        return self.spectrum.freq

    @property
    def Z(self):
        """Impedance (ohm m2), complex, [f]."""
        return self.spectrum.Z

    @property
    def voltage(self):
        """Voltage of the state (V)."""
        return self.spectrum.voltage

    @property
    def state(self):
        """Which state it is."""
        return f"after {self.case.protocol[self.after - 1].text!r}" if self.after else "at the start"

    @property
    def title(self):
        return f"{self.case.title}: impedance {self.state}, {self.voltage:.4f} V"

    def numbers(self):
        spectrum = self.spectrum
        return {
            "freq_Hz": spectrum.freq,
            "Z_real_ohm_m2": spectrum.Z.real,
            "Z_imag_ohm_m2": spectrum.Z.imag,
            "title": self.case.title,
            "state": self.state,
            "voltage_V": spectrum.voltage,
            "current_density_A_m2": spectrum.current / self.mesh.area,
            "double_layer_F_m2": self.double_layer,
            "kramers_kronig_residual": self.residual,
            "relaxation_peaks": self.relaxation_peaks(),
            "reaction_share_of_depth": abs(spectrum.reaction),
            "iterations": spectrum.iterations,
            "seconds": spectrum.seconds,
            "voxels": self.mesh.counts,
            "case_sha256": self.case.sha256,
            "peak_memory_bytes": self.peak_memory_bytes,
            "notes": self.notes,
            **(comparison_numbers(self.compared) if self.compared else {}),
        }

    def relaxation_peaks(self):
        """List the peaks inside the range of the frequencies; beyond it the fit only extends what it saw."""
        low, high = min(self.freq), max(self.freq)
        return [
            {"tau_s": tau, "resistance_ohm_m2": R}
            for tau, R in (self.relaxation.peaks() if self.relaxation else ())
            if low <= 1 / (2 * math.pi * tau) <= high
        ]

    def tables(self):
        rows = [(f"{f:.4g}", Z.real * 1e4, Z.imag * 1e4) for f, Z in zip(self.freq, self.Z)]
        header = ("frequency Hz", "Re Z ohm cm2", "Im Z ohm cm2")
        told = [line for score, beside in self.compared for line in summary({**score.as_dict(), **beside})]
        return [Table(header, rows[:: max(len(rows) // SHOWN, 1)]), *self.notes, *told]

    @classmethod
    def check(cls, values, asked):
        super().check(values, asked)
        if asked.get("page") is not None and "frequencies" in values:
            check_enough(values["frequencies"], "--out")

    def _drawn(self):
        from ..report.pages.cell_eis import CellSpectrum

        check_enough(self.freq, "frequencies")
        depth = self.mesh.shape[0] * self.mesh.voxel_size[0]
        return CellSpectrum(self.freq, self.Z, self.relaxation, self.spectrum.reaction, depth)

    def plot(self):
        """Draw the spectrum in the complex plane (Nyquist)."""
        from ..report.pages import cell_eis as page

        return page.figure(spectrum=self._drawn())

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import cell_eis as page

        shown = {"grid": self.grid, "case": self.case.as_dict(), "result": self.numbers()}
        scores = [score for score, _ in self.compared]
        return page.write(folder, **shown, spectrum=self._drawn(), scores=scores)


@job
def cell_impedance(
    case: CaseFile,
    frequencies: Frequencies = "1e-4:1e5:91",
    after: Annotated[
        "int | str", Argument("Steps of the case's protocol to run first, or end.", metavar="N")
    ] = 0,
    *,
    set: Settings = None,
    tolerance: Annotated[float, Argument("Bound of the relative error of Z.", number(1e-9, 0.1), "T")] = 1e-4,
    progress=None,
) -> CellImpedanceResult:
    """Compute the impedance of a case's whole cell.

    The cell linearised about its state at the start, or after some steps of its protocol (also under
    current): electrolyte, kinetics, double layer (cell.double_layer_F_m2, 0.2 where it is not given), film,
    diffusion. Z in ohm m2.

    Parameters
    ----------
    case : path, dict or Case
        A YAML file, the content of one, or a case that was read before.
    frequencies : array or str
        Hz, or "from:to:count", evenly spaced in their logarithm.
    after : int or "end"
        Steps of the protocol to run first.
    set : dict or list of str
        Values of the case to change, {"cell.initial_sto": 0.6}.
    tolerance : float
        Bound of the relative error of Z.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    CellImpedanceResult

    Raises
    ------
    InputError
        One sentence that names the key of the case.
    NotConverged
        With the history of the residuals.
    """
    from ..case.build import impedance_bytes, read_grid, set_up
    from ..case.case import load_case
    from ..impedance.cell import RESTART, solve_cell_impedance
    from ..impedance.circuits import kramers_kronig, testable
    from ..impedance.relaxation import relaxation_times

    case = load_case(case, set or ())
    after = _steps(case, after)
    measured = _measured(case, after)
    setup = set_up(case, read_grid(case, each=impedance_bytes(case))[1])
    experiment, C_dl, film_time = setup.experiment(), *setup.layers()
    if after:
        experiment.run(setup.loads()[:after], setup.shown(progress))
    options = {"C_dl": C_dl, "film_time": film_time, "progress": progress}
    options["restart"] = min(RESTART, case.numerics.restart or RESTART)

    def solve(freq):
        cell, solved = experiment.cell, experiment.now.solved
        return solve_cell_impedance(cell, solved, freq, tolerance=tolerance / _within(freq), **options)

    with keeping_freed():
        spectrum = solve(frequencies)
    known = spectrum.freq.size >= FEWEST  # a handful of points says nothing about relaxation times
    relaxation = relaxation_times(spectrum.freq, spectrum.Z) if known else None
    tested = known and testable(spectrum.freq)
    misfit = float(abs(kramers_kronig(spectrum.freq, spectrum.Z).residual).max()) if tested else None
    compared = []
    for one in measured:
        compared.append(scored(one, *score_impedance(0, one, {"0": solve(one.spectrum.freq).Z})))
    notes = setup.cell.design.remarks
    found = spectrum, C_dl, relaxation, misfit, peak_memory_bytes(), tuple(compared), notes
    return CellImpedanceResult(case, setup.grid, setup.cell.mesh, after, *found)


def _within(freq):
    """Return by how many times the residual is below the bound of Z at each frequency (Hz), [f]."""
    import numpy as np

    at, times = np.log(WITHIN).T
    return np.exp(np.interp(np.log(freq), at, times))


def _measured(case, after):
    """Read the impedances that a case compares with after these steps."""
    asked = [one for one in case.compare if isinstance(one, CompareSpectrum)]
    steps = len(case.protocol)
    return [
        read_impedance(case, one) for one in asked if (steps if one.after == "end" else one.after) == after
    ]


def _steps(case, after):
    """Return how many steps of a case's protocol are meant by a number, its digits, or end."""
    count, given = len(case.protocol), str(after)
    if given == "end":
        return count
    if not given.isdigit() or int(given) > count:
        raise InputError(
            f"--after: expected 0 to {count} (the steps of the protocol) or end, got {after}; correct it."
        )
    return int(given)


def check_enough(freq, path):
    """Refuse a page of too few frequencies."""
    if len(freq) < FEWEST:
        raise InputError(
            f"{path}: expected at least {FEWEST} frequencies for a report, got {len(freq)}; ask for more."
        )
