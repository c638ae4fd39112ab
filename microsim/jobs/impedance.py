"""The job fit_impedance: a circuit through a measured impedance, with intervals, and what follows from it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.pairs import name_values
from ..base.plausible import RANGES, physical
from ..base.schema import number, whole
from .curve_arguments import above_zero, file_columns, measured_file, sized
from .job import job
from .result import Result, Table

ENDS = ("R_w", "t_w")  # of a diffusion with an end
APART = 0.05  # of |Z|: a circuit that is further off somewhere is not the spectrum's
KK_LIMIT = 0.02  # of |Z|: what a spectrum may be off the Kramers-Kronig relations


@dataclass(frozen=True, repr=False)
class FittedImpedance(Result):
    """A circuit fitted to a measured impedance.

    spectrum  MeasuredSpectrum: freq (Hz), Z, what was read
    circuit   its name
    fit       CircuitFit over the frequencies `used`; None where no circuit was asked for
    used      which of the frequencies were fitted [f]
    kk        KramersKronig of these, or why there is none, in words
    derived   {"tau", "D_m2_s", "D_warburg_m2_s", "warburg_coefficient": Derived}
    unit      of Z: "ohm m2", or "ohm" where no area is known
    fixed     parameters that were held, {name: value}
    endless   whether no frequency sees the end of the diffusion: R_w and t_w have no upper limit
    """

    spectrum: object
    circuit: str
    fit: object
    used: object
    kk: object
    derived: dict
    unit: str
    fixed: dict
    endless: bool = False

    page_folder: ClassVar = "out/impedance"

    @property
    def title(self):
        return f"{Path(self.spectrum.where).name}: {self.circuit}"

    @property
    def parameters(self):
        """What was fitted, {name: {"value", "unit", "state": fitted, held or at its bound, "standard_error",
        "interval", "identifiable"}}."""
        from ..impedance.models import unit_of_parameter

        fit, told = self.fit, {}
        for name, value in fit.values.items() if fit else ():
            free = name in fit.free
            told[name] = {
                "value": value,
                "unit": unit_of_parameter(name, self.unit),
                "state": "fitted" if free else "held" if name in self.fixed else "at its bound",
                "standard_error": fit.errors[name],
                "interval": self._interval(name) if free else None,
                "identifiable": free and name not in self.undetermined,
            }
        return told

    def _interval(self, name):
        low, high = self.fit.interval(name)
        return [low, float("inf") if self.endless and name in ENDS else high]

    @property
    def undetermined(self):
        """Names of the parameters that the data do not hold."""
        return (*self.fit.undetermined, *(n for n in ENDS if self.endless and n not in self.fit.undetermined))

    @property
    def remarks(self):
        """What speaks against the figures, in sentences."""
        return [*self._of_fit(), *self._of_data()]

    def _of_fit(self):
        if self.fit is None:
            return
        if self.endless:
            yield "No frequency sees the end of the diffusion: a half space follows the spectrum as well."
        for name in self.undetermined:
            low, high = self._interval(name)
            yield f"{name} is not identifiable from these data (95 %: {low:.2g} to {high:.2g})."
        for name in (n for n, told in self.parameters.items() if told["state"] == "at its bound"):
            yield f"{name} is at its bound, {self.fit.values[name]:.3g}: these data would have it beyond."
        for name, found in self.derived.items():
            if not found.identifiable:
                low, high = found.interval
                yield f"{name} is not identifiable from these data (95 %: {low:.2g} to {high:.2g})."
            elif name == "tau" and found.value < 1:
                yield (
                    f"tau is {found.value:.3g}, and no pores have one below 1: check porosity, conductivity"
                    " (in S/m), length, area, and how many electrodes the cell has."
                )
            elif name.startswith("D_") and not RANGES["diffusivity"].is_usual(found.value):
                yield (
                    f"{name} is {found.value:.3g}, and nothing in a cell has such a diffusivity: check"
                    " length, radius, area and concentration, and their units."
                )
        if self.fit.worst > APART:
            yield (
                f"The circuit is off the spectrum by up to {100 * self.fit.worst:.2g} % of |Z|: its intervals"
                " do not hold that; try another circuit, or fewer frequencies (--from-Hz, --to-Hz)."
            )

    def _of_data(self):
        if isinstance(self.kk, str):
            yield f"No Kramers-Kronig test: {self.kk}."
        elif self.kk_worst > KK_LIMIT:
            yield (
                f"The spectrum is off the Kramers-Kronig relations by up to {100 * self.kk_worst:.2g} % of"
                f" |Z|, at {self.kk_place:.3g} Hz: there the cell was not steady, or not linear."
            )

    @property
    def kk_worst(self):
        """Largest residual of the Kramers-Kronig test over |Z|."""
        import numpy as np

        return float(np.abs(self.kk.residual).max())

    @property
    def kk_place(self):
        """Frequency (Hz) of the largest residual of the Kramers-Kronig test."""
        import numpy as np

        return float(self.spectrum.freq[self.used][np.argmax(np.abs(self.kk.residual))])

    def numbers(self):
        freq, Z, fit = self.spectrum.freq[self.used], self.spectrum.Z[self.used], self.fit
        unit = self.unit.replace(" ", "_")
        told = {
            "file": Path(self.spectrum.where).name,
            "sha256": self.spectrum.sha256,
            "read": self.spectrum.said,
            "circuit": self.circuit,
            "unit": self.unit,
            "parameters": self.parameters,
            "derived": {name: _told(found) for name, found in self.derived.items()},
            "remarks": self.remarks,
            "points": int(freq.size),
            "left_out": int((~self.used).sum()),
            "freq_Hz": freq,
            f"Z_real_{unit}": Z.real,
            f"Z_imag_{unit}": Z.imag,
            "kramers_kronig": None if isinstance(self.kk, str) else self._kk_numbers(),
        }
        if fit is None:
            return told
        rms = float((abs(fit.residual) ** 2).mean() ** 0.5)
        told |= {"rms_percent": 100 * rms, "worst_percent": 100 * fit.worst, "chi2": fit.chi2, "dof": fit.dof}
        return told | {f"fit_real_{unit}": fit.Z.real, f"fit_imag_{unit}": fit.Z.imag}

    def _kk_numbers(self):
        return {
            "elements": self.kk.elements,
            "mu": self.kk.mu,
            "worst_percent": 100 * self.kk_worst,
            "worst_at_Hz": self.kk_place,
            "passed": self.kk_worst <= KK_LIMIT,
            "residual_real_percent": 100 * self.kk.residual.real,
            "residual_imag_percent": 100 * self.kk.residual.imag,
        }

    def tables(self):
        rows = [_row(name, found) for name, found in self.parameters.items()]
        rows += [_row(name, _told(found)) for name, found in self.derived.items()]
        table = [Table(("", "value", "unit", "95 % from", "to", "identifiable"), rows)] if rows else []
        kk = (
            []
            if isinstance(self.kk, str)
            else [f"Kramers-Kronig: {100 * self.kk_worst:.2g} % of |Z| at most, {self.kk.elements} elements"]
        )
        return [self.spectrum.said, *table, *kk, *self.remarks]

    def plot(self):
        """Draw the spectrum and the circuit in the complex plane."""
        from ..report.pages import impedance as page

        return page.figure(result=self.numbers())

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import impedance as page

        return page.write(folder, result=self.numbers())


UNITS = {"tau": "", "D_m2_s": "m2/s", "D_warburg_m2_s": "m2/s"}


def _told(found):
    return {
        "value": found.value,
        "interval": list(found.interval),
        "identifiable": found.identifiable,
        "how": found.how,
    }


def _row(name, told):
    low, high = told["interval"] or (None, None)
    unit = told.get("unit", UNITS.get(name, ""))
    return name, told["value"], unit, low, high, "yes" if told["identifiable"] else "no"


def _fixed(given, path):
    if isinstance(given, str):
        return name_values(path, given, number(0.0, above=True))
    return {name: number(0.0, above=True)(value, f"{path}.{name}") for name, value in given.items()}


@job
def fit_impedance(
    file: measured_file("Measured impedance."),
    *,
    circuit: Annotated[
        str,
        one_of(
            "Randles circuit with a closed or open far end, spheres, a half space; a line of pores; none.",
            *("randles", "open", "sphere", "warburg", "line", "none"),
        ),
    ] = "randles",
    area: sized("Of the electrode: Z in ohm m2.", "A", "--area-cm2", "area", 1e4) = None,
    length: sized("Way of the diffusion, or of the pores.", "L", "--length-um", "way", 1e6) = None,
    radius: sized("Of the spheres.", "R", "--radius-um", "way", 1e6) = None,
    concentration: above_zero(
        "Of lithium, for D from the 45 degree part.", "C", "--concentration-mol-m3"
    ) = None,
    porosity: Annotated[
        "float | None", Argument("For tau of a line, 0 to 1.", number(0.0, 1.0, above=True), "EPS")
    ] = None,
    conductivity: Annotated[
        "float | None",
        Argument("Of the electrolyte, for tau of a line.", physical("kappa"), "K", "--conductivity-S-m"),
    ] = None,
    electrodes: Annotated[int, Argument("Alike electrodes in the cell, 1 or 2.", whole(1, 2), "N")] = 1,
    temperature: Annotated[
        float, Argument("Of the cell.", number(200.0, 400.0), "T", "--temperature-K")
    ] = 298.15,
    fix: Annotated["dict | None", Argument("Parameters to hold: n=1,R_s=0.01.", _fixed, "NAME=V,...")] = None,
    low: above_zero("Lowest frequency to fit.", "F", "--from-Hz") = None,
    high: above_zero("Highest frequency to fit.", "F", "--to-Hz") = None,
    cycle: Annotated["int | None", Argument("Which of several spectra.", whole(0), "N")] = None,
    imaginary: Annotated["str | None", one_of("What its column holds.", "Im", "-Im")] = None,
    columns: file_columns("frequency_Hz=1,real_ohm=2,imaginary_ohm=3") = None,
    progress=None,
) -> FittedImpedance:
    """Fit a circuit to a measured impedance.

    Reads the file of a potentiostat, tests it against the Kramers-Kronig relations, and fits a circuit: each
    parameter with its interval and whether the data hold it; a diffusivity, or the tau of pores, from it.
    Points with Im Z above 0 (inductive) are left out of the fit.

    Parameters
    ----------
    file : str or path
        EC-Lab, Gamry, ZPlot, text (docs: files of cells and spectra).
    circuit : str
        "randles" (closed far end), "open", "sphere", "warburg" (half space), "line" (pores with blocking
        walls), or "none": the Kramers-Kronig test alone.
    area : float or str, optional
        Of the electrode, m2 or like "1.54 cm2": brings ohm to ohm m2.
    length : float or str, optional
        Way of the diffusion, or length of the pores, m or like "10 um": D = L^2 / t_w.
    radius : float or str, optional
        Of the spheres, m or like "5 um": D = r^2 / t_w.
    concentration : float, optional
        Of lithium, mol m-3: D from the Warburg coefficient.
    porosity : float, optional
        Of the electrode, for the tau of a line.
    conductivity : float, optional
        Of the electrolyte, S m-1, for the tau of a line.
    electrodes : int
        2 for a symmetric cell: the spectrum is of both.
    temperature : float
        K.
    fix : dict, optional
        Parameters to hold, {"n": 1.0}.
    low : float, optional
        Lowest frequency to fit, Hz.
    high : float, optional
        Highest frequency to fit, Hz.
    cycle : int, optional
        Which of several spectra, as the file counts, or from 1.
    imaginary : str, optional
        "Im" or "-Im", where the file does not tell.
    columns : dict, optional
        {"frequency_Hz": 1, "real_ohm": 2, "imaginary_ohm": 3}, where names do not tell.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    FittedImpedance

    Raises
    ------
    InputError
        A file or an argument that means nothing.
    NotConverged
        No start of the fit came to an end.
    """
    from ..curves.spectrum import read_measured_spectrum
    from ..impedance.models import end_unseen, fit_named

    _check(circuit, length, radius, concentration, porosity, conductivity, area)
    spectrum = read_measured_spectrum(
        file, columns=columns, cycle=cycle, imaginary=imaginary, area=area, bare=area is None
    )
    spectrum = spectrum.of_each(electrodes)
    used = _used(spectrum, low, high)
    freq, Z = spectrum.freq[used], spectrum.Z[used]
    fit = None if circuit == "none" else fit_named(circuit, freq, Z, fix)
    endless = circuit in ("randles", "open", "sphere") and end_unseen(freq, Z, fit, fix)
    derived = _derived(fit, length, radius, concentration, porosity, conductivity, temperature, spectrum)
    derived = _open_ended(derived) if endless else derived
    unit = "ohm m2" if spectrum.per_area else "ohm"
    return FittedImpedance(
        spectrum, circuit, fit, used, _kramers_kronig(freq, Z), derived, unit, fix or {}, endless
    )


def _check(circuit, length, radius, concentration, porosity, conductivity, area):
    line = {"porosity": porosity, "conductivity": conductivity}
    if circuit == "line" and any(line.values()) and not (all(line.values()) and length):
        raise InputError(
            "expected --porosity, --conductivity-S-m and --length-um together for tau, got some of them; add"
            " the others"
        )
    if circuit != "line" and any(line.values()):
        raise InputError(
            "expected --porosity and --conductivity-S-m with --circuit line alone; leave them out"
        )
    if radius and circuit != "sphere":
        raise InputError(f"expected --radius-um with --circuit sphere, got {circuit}; give --length-um")
    if length and circuit == "sphere":
        raise InputError("expected the radius of the spheres, got a length; give --radius-um")


def _used(spectrum, low, high):
    """Which points are fitted: those of the frequencies asked for that are not inductive."""
    inside = (spectrum.freq >= (low or 0)) & (spectrum.freq <= (high or float("inf")))
    used = inside & (spectrum.Z.imag <= 0)
    if used.sum() < 3:
        raise InputError(
            f"{spectrum.where}: expected three points or more with Im Z below 0, got {int(used.sum())} of"
            f" {spectrum.freq.size}; give other frequencies, or say --imaginary"
        )
    return used


def _kramers_kronig(freq, Z):
    from ..impedance.circuits import kramers_kronig

    try:
        return kramers_kronig(freq, Z)
    except InputError as error:
        return str(error).partition(";")[0]


def _derived(fit, length, radius, concentration, porosity, conductivity, temperature, spectrum):
    from ..impedance.models import combined, diffusivity_of_warburg, diffusivity_over, warburg_coefficient

    found = {}
    if fit is None:
        return found
    coefficient = warburg_coefficient(fit)
    found |= {"warburg_coefficient": coefficient} if coefficient else {}
    if (length or radius) and "R_ion" not in fit.values:
        found["D_m2_s"] = diffusivity_over(fit, length or radius)
    if porosity or concentration:
        _require_area(spectrum)
    if porosity:
        tau = combined(fit, {"R_ion": 1.0}, porosity * conductivity / length, "eps kappa R_ion / L")
        low, high = tau.interval
        found["tau"] = replace(tau, interval=(max(low, min(1.0, tau.value)), high))  # no pores have less
    if concentration:
        found["D_warburg_m2_s"] = diffusivity_of_warburg(fit, concentration, temperature)
    return found


def _open_ended(derived):
    """What follows from the time of a diffusion whose end is not seen: D has no lower limit."""
    D = derived.get("D_m2_s")
    return (
        derived
        if D is None
        else {**derived, "D_m2_s": replace(D, interval=(0.0, D.interval[1]), identifiable=False)}
    )


def _require_area(spectrum):
    if not spectrum.per_area:
        raise InputError(
            f"{spectrum.where}: expected an impedance times an area, got ohm; add --area-cm2 of the electrode"
        )
