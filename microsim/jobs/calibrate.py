"""The job calibrate: from a series of spectra with known lithiation to a calibration for maps."""

from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.memory import require_memory
from ..base.schema import number, say, whole
from .job import job
from .result import Result, SavedFile, Table
from .spectra_arguments import (
    Energies,
    EnergyShift,
    Foil,
    Given,
    MethodOf,
    ReferenceLithiation,
    ReferenceSpectra,
    SeriesNoise,
    named,
    references_of,
)

VALUE_BYTES = 30  # of memory for each value of a series, as measured


@dataclass(frozen=True, repr=False)
class CalibrationResult(Result):
    """Lithiation as a polynomial of what a method measures, with its own error.

    calibration   maps.lithiation.Calibration: coefficients, covariance, range, lack of fit, settings, states
    source        of the series
    remarks       sentences on what speaks against its lithiation
    """

    calibration: object
    source: str
    remarks: tuple = ()

    files: ClassVar = {
        "out": SavedFile(
            "save", "Calibration to write.", "FILE.json", "calibration", required=True, key="calibration"
        )
    }
    has_page: ClassVar = False

    @property
    def title(self):
        return f"{self.source}: x over {self.calibration.method}"

    def numbers(self):
        return {"calibration": None, **asdict(self.calibration), "remarks": list(self.remarks)}

    def tables(self):
        c = self.calibration
        rows = [
            ("states fitted to", c.n),
            ("from", c.low),
            ("to", c.high),
            ("rms about the curve", c.residual),
            ("lack of fit", c.lack),
            ("coefficients", " ".join(f"{part:.5g}" for part in c.coefficients)),
        ]
        return [Table(("", "value"), rows), *self.remarks]

    def plot(self):
        """Draw lithiation over the measured quantity, with its interval and the states."""
        from ..report.spectra_figures import calibration_figure

        return calibration_figure(self.calibration)

    def save(self, path):
        """Write the calibration as JSON, for lithiation_map; returns its path."""
        return self.calibration.save(path)


def _states(given, path):
    parts = given.split(":") if isinstance(given, str) else given
    ends = [whole(0)(part, path) for part in parts] if isinstance(parts, (list, tuple)) else []
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise InputError(f"{path}: expected two rising numbers like 0:111, got {say(given)}; correct it.")
    return tuple(ends)


@job
def calibrate(
    series: Annotated[
        Given, Argument("Spectra of known lithiation: array [state, energy], columns.", metavar="SERIES")
    ],
    *,
    energies: Energies = None,
    lithiation: Annotated[Given, Argument("Lithiation of each state, one a line.", metavar="FILE")] = None,
    method: MethodOf = None,
    references: ReferenceSpectra = None,
    reference_lithiation: ReferenceLithiation = None,
    degree: Annotated[int, Argument("Degree of the polynomial x(quantity).", whole(1, 9), "N")] = 1,
    ends: Annotated[
        float | None,
        Argument(
            "Fit only to states within this share of the lithiation's range from either end, 0.1 say.",
            number(0.0, 0.5, above=True),
            "SHARE",
        ),
    ] = None,
    select: Annotated[
        "tuple[int, int] | None", Argument("States to use, the end not included.", _states, "A:B")
    ] = None,
    noise: SeriesNoise = None,
    foil: Foil = None,
    energy_shift: EnergyShift = None,
    progress=None,
) -> CalibrationResult:
    """Calibrate a method on a series of spectra with known lithiation.

    Fits lithiation as a polynomial of the measured quantity and writes it with its own error, the method's
    settings and where it came from, for `microsim soc --calibration`.

    Parameters
    ----------
    series : path or array
        Spectra [state, energy], or the name of a known series.
    energies : path or array, optional
        Energies, eV, rising; needed where the series does not bring them.
    lithiation : path or array, optional
        Lithiation x of each state.
    method : str, dict or maps.method.Method, optional
        "edge" (the default), "lcf" or "three-energy"; a dict has its settings, {"name": "edge", "kind":
        "peak", "windows": {"e0": 8345}}.
    references : path, array or References, optional
        Reference spectra of a linear combination; an array has columns, the energies (eV) first.
    reference_lithiation : list of float, optional
        Lithiation of the references, in their order.
    degree : int
        Degree of the polynomial.
    ends : float, optional
        Fit only to the states within this share of the range of x from either end.
    select : pair of int, optional
        States to use, the end not included.
    noise : float or array, optional
        Standard deviation of the absorption.
    foil : path or array, optional
        Spectra of a foil that was measured along, one a state: their shifts in energy are undone.
    energy_shift : path or array, optional
        Energy (eV) by which each spectrum is too high; undone.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    CalibrationResult
        `save(path)`; lithiation_map(calibration=...) takes it as it is.

    Raises
    ------
    InputError
        States without a lithiation or an edge; a polynomial that turns.
    """
    from ..maps.foil import own_scale_undone
    from ..maps.method import Method
    from ..maps.oxidation import order_remark
    from ..maps.reference_scale import with_line
    from ..maps.soc_maps import calibration_from
    from ..maps.stacks import read_energies, read_lithiation, read_series

    listed = None if energies is None else read_energies(energies)
    listed, spectra, x, source, sha256 = read_series(series, energies=listed)
    require_memory(VALUE_BYTES * spectra.size, source, "leave states or energies out")
    x = x if lithiation is None else read_lithiation(lithiation)
    if x is None or len(x) != spectra.shape[1]:
        raise InputError(
            f"expected a lithiation for each of the {spectra.shape[1]} states, got "
            f"{'none' if x is None else len(x)}; add --lithiation."
        )
    first, last = select or (0, len(x))
    if last > len(x):
        raise InputError(f"--select: expected states up to {len(x)}, got {first}:{last}; correct it.")
    spectra = own_scale_undone(spectra, listed, foil, energy_shift)[:, first:last]
    table, numbers = references_of(references, reference_lithiation)
    shifts = {"foil": named(foil), "energy_shift": named(energy_shift)}
    about = {"series": source, "sha256": sha256, "states": [first, last], "ends": ends, **shifts}
    curve = calibration_from(
        with_line(method or Method(), table), listed, spectra, x[first:last], noise, degree=degree, ends=ends,
        references=table, numbers=numbers, provenance=about,
    )  # fmt: skip
    against = order_remark(listed, spectra, x[first:last], "--lithiation")
    told = (*(table.said if table else ()), against, _exact_remark(curve))
    return CalibrationResult(curve, source, tuple(one for one in told if one))


def _exact_remark(curve):
    """Say of a curve that has no state left to say how far it is off; "" of others."""
    if curve.n > len(curve.coefficients) or len(curve.states) > curve.n:
        return ""
    return (
        f"The curve goes through its {curve.n} states exactly: what it is off between them is not known and"
        " not in the uncertainty of a map; add states, or lower the degree."
    )
