"""The page of `microsim eis` of a volume: Nyquist and Bode plots, tortuosity, the fit of a transmission
line."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..number_format import THIN, digits, duration, fixed, percent
from ..page import Card, Drawing, Section, TextTable, filled
from ..style import DASHED, MUTED, WIDTH, new_figure, styled
from ..transport_figures import AXIS_COLOURS
from .common import porosity_card, tau_card, tau_text, write_volume_page


def write(folder, *, grid, result, progress=None):
    """Write report.html and figures/*.png of `microsim eis` of a volume; return the path of the page.

    grid: VoxelGrid. result: the command's numbers. progress: callable (done, total, message). Raises
    InputError when the files cannot be written.
    """
    spectra, through = spectra_of(grid, result), " + ".join(result["conducting"])
    both = _impedance_table(result["axes"]), _line_table(result["axes"])
    remarks = " ".join(remark for row in result["axes"].values() for remark in row.get("remarks", ()))
    section = Section(
        "impedance",
        "Impedance",
        _drawings(spectra, result["ends"] == "blocked"),
        filled(*both),
        notice=remarks,
    )
    cards = []
    for name, row in result["axes"].items():
        R = row["R_dc_normalised"]
        remark = "far end not reached" if R is None else f"R_dc = {digits(R)} L/κ"
        if "tau_transport" in row:
            remark += f"; transport: τ = {tau_text(row['tau_transport'])}"
        cards.append(tau_card(name, row["tau"], remark))
    first = next(iter(result["axes"].values()))
    remark = f"characteristic, along {next(iter(spectra))}"
    cards.append(Card("ω_c / 2π", digits(first["characteristic_Hz"], 3), "Hz", remark))
    return write_volume_page(
        folder,
        title=f"Impedance of {through}",
        grid=grid,
        result=result,
        cards=[*cards, porosity_card(through, first["eps"])],
        sections=[section],
        progress=progress,
    )


def figure(*, grid, result):
    """Draw the spectra in the complex plane; return a Figure. Arguments as of `write`."""
    return nyquist_figure(spectra_of(grid, result))


def spectra_of(grid, result):
    """Read {axis: PoreSpectrum} from the command's numbers."""
    spectra = {}
    for name, numbers in result["axes"].items():
        a = "xyz".index(name)
        unit = grid.shape[a] * grid.voxel_size[a] / result["conductivity_S_m"]
        spectra[name] = PoreSpectrum.of(numbers, unit, result["ends"] == "blocked")
    return spectra


def _drawings(spectra, blocked):
    caption = (
        "Impedance in units of L/κ, equal scales, curves between the computed frequencies smoothed; dots:"
        " decades of ω/ω_c, diamond: ω = ω_c."
    )
    if any(spectrum.R_dc is not None for spectrum in spectra.values()):
        form = "coth(q) / q" if blocked else "tanh(q) / q"
        caption += f" Dashed: a uniform block of the same resistance and capacity, {form}."
    grey = "grey: above the frequency at which diffusion gets one voxel far, where the voxels decide"
    bode = f"Magnitude and phase of the impedance; dashed: ω_c / 2π of each axis; {grey}."
    return (
        Drawing("nyquist", partial(nyquist_figure, spectra), caption),
        Drawing("bode", partial(bode_figure, spectra), bode),
    )


def _impedance_table(axes):
    header = (
        "Axis",
        "Tortuosity factor τ",
        f"R_dc (Ω{THIN}cm²)",
        f"R_dc{THIN}κ{THIN}/{THIN}L",
        f"ω_c{THIN}/{THIN}2π (Hz)",
        "Resolved up to (Hz)",
    )
    header += ("Volume fraction ε", "Error bound", "Solves", "Iterations", "Time")
    rows = [
        (
            name,
            tau_text(a["tau"]),
            digits(None if a["R_dc_ohm_m2"] is None else 1e4 * a["R_dc_ohm_m2"]),
            digits(a["R_dc_normalised"]),
            digits(a["characteristic_Hz"], 3),
            digits(a["resolved_up_to_Hz"], 2),
            digits(a["eps"]),
            digits(a["error_bound"], 2),
            digits(a["solves"]),
            digits(a["iterations"]),
            duration(a["seconds"]),
        )
        for name, a in axes.items()
    ]
    note = "R_dc: real part of the impedance for ω → 0, per area of the volume; error bound: relative, of Z."
    return TextTable("", header, rows, tuple(range(1, 11)), note)


def _line_table(axes):
    rows = []
    for name, numbers in axes.items():
        line = numbers.get("transmission_line")
        if line:
            if "R_ion" in line.get("undetermined", ()):
                rows.append((name, "not determined", "not determined", percent(line["worst_residual"])))
                continue
            R = _plus_minus(1e4 * line["R_ion_ohm_m2"], 1e4 * line["R_ion_standard_error"])
            tau = _plus_minus(line["tau"], line["tau_standard_error"])
            rows.append((name, R, tau, percent(line["worst_residual"])))
    note = (
        "Fitted up to ten times ω_c, as one would fit a measured spectrum; ±: standard error of the fit. A"
        " line is uniform: where it is off, its error holds neither the electrode's τ nor that of transport."
    )
    header = ("Axis", "R_ion (Ω cm²)", "τ", "Off by at most")
    return TextTable("Fit of a transmission line", header, rows, (1, 2, 3), note)


def _plus_minus(value, error):
    """Write a value with its standard error, both to the error's first two digits."""
    if not error or not np.isfinite(error):
        return digits(value)
    decimals = max(1 - int(np.floor(np.log10(error))), 0)
    return f"{fixed(value, decimals)} ± {fixed(error, decimals)}" if decimals <= 6 else digits(value)


# -- figures -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PoreSpectrum:
    """An impedance along one axis: freq (Hz), Z = Z kappa / L, omega_c (rad/s), unit = L / kappa (ohm
    m2), R_dc: real part for omega -> 0, normalised, or None; capacity: of the walls or pores, in units of 1 /
    (unit omega_c); rises: the far end is blocked; resolved_up_to (Hz)."""

    freq: np.ndarray
    Z: np.ndarray
    omega_c: float
    unit: float
    R_dc: float | None
    capacity: float
    rises: bool
    resolved_up_to: float

    @classmethod
    def of(cls, numbers, unit, rises):
        """Read the spectrum of one axis from the result of `microsim eis`."""
        omega_c = 2 * np.pi * numbers["characteristic_Hz"]
        Z = np.asarray(numbers["Z_real_normalised"]) + 1j * np.asarray(numbers["Z_imag_normalised"])
        capacity = numbers["capacitance_F_m2"] * unit * omega_c
        R = numbers["R_dc_normalised"]
        known = (R, capacity, rises or R is None, numbers["resolved_up_to_Hz"])
        return cls(np.asarray(numbers["freq_Hz"], float), Z, omega_c, unit, *known)

    def smooth(self):
        """Return frequencies and Z for drawing: between close points by cubic splines, else the points
        alone."""
        from scipy.interpolate import CubicSpline

        at = np.log10(self.freq)
        if at.size < 4 or np.any(np.diff(at) <= 0) or np.diff(at).max() > 0.26:
            return self.freq, self.Z
        fine = np.linspace(at[0], at[-1], 10 * at.size)
        return 10**fine, np.exp(CubicSpline(at, np.log(self.Z))(fine))

    def uniform(self, freq):
        """Return Z of a uniform block of the same resistance and capacity: R tanh(q) / q, blocked R coth(q) /
        q."""
        if self.R_dc is None:
            return None
        R = (3 if self.rises else 1) * self.R_dc
        q = np.sqrt(2j * np.pi * freq / self.omega_c * self.capacity * R)
        return R / (q * np.tanh(q)) if self.rises else R * np.tanh(q) / q


@styled
def nyquist_figure(spectra):
    """Draw normalised spectra in the complex plane, equal scales; dashed: a uniform block of the same tau.

    spectra: {axis: Spectrum}.
    """
    right, top = _nyquist_limits(spectra)
    width = float(np.clip(4.6 * right / top, 3.2, WIDTH - 1.2))
    figure = new_figure(float(np.clip(width * top / right, 1.8, 4.6)) + 1.0, width + 1.2)
    axes = figure.subplots()
    for name, spectrum in spectra.items():
        colour = AXIS_COLOURS[name]
        freq, Z = spectrum.smooth()
        uniform = spectrum.uniform(freq)
        axes.plot(Z.real, -Z.imag, color=colour, label=f"along {name}")
        if uniform is not None:
            axes.plot(uniform.real, -uniform.imag, color=colour, lw=1.0, ls=DASHED, label=f"uniform, {name}")
    axes.set(xlim=(0, right), ylim=(0, top), aspect="equal")
    axes.set(xlabel=r"Re $Z\kappa/L$", ylabel=r"−Im $Z\kappa/L$")
    for number, (name, spectrum) in enumerate(spectra.items()):
        _decades(axes, spectrum, AXIS_COLOURS[name], (right, top), write=number == 0)
    axes.plot([], [], "D", color=MUTED, ms=5, label=r"$\omega=\omega_c$")
    axes.grid(True)
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside upper left", ncols=min(len(spectra) * 2 + 1, 4)
    )
    return figure


@styled
def bode_figure(spectra):
    """Draw the magnitude and the phase of the impedance over the frequency; grey: beyond what voxels
    resolve."""
    figure = new_figure(3.2)
    magnitude, phase = figure.subplots(1, 2)
    for name, s in spectra.items():
        look = {"color": AXIS_COLOURS[name], "label": f"along {name}"}
        magnitude.loglog(s.freq, 1e4 * s.unit * np.abs(s.Z), **look)
        phase.semilogx(s.freq, np.degrees(np.angle(s.Z)), **look)
    ends = min(s.freq.min() for s in spectra.values()), max(s.freq.max() for s in spectra.values())
    resolved = min(s.resolved_up_to for s in spectra.values())
    for axes in (magnitude, phase):
        for name, s in spectra.items():
            if ends[0] < s.omega_c / (2 * np.pi) < ends[1]:
                axes.axvline(s.omega_c / (2 * np.pi), color=AXIS_COLOURS[name], lw=0.9, ls=DASHED)
        if resolved < ends[1]:
            axes.axvspan(resolved, ends[1], color="#eef1f4", zorder=0)
        axes.set(xlabel="Frequency (Hz)", xlim=ends)
        axes.grid(True)
    magnitude.set_ylabel("|Z| (Ω cm²)")
    phase.set(ylabel="Phase (°)", ylim=(-95, 5), yticks=(-90, -75, -60, -45, -30, -15, 0))
    handles, names = magnitude.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names))
    return figure


def _nyquist_limits(spectra):
    """Choose what the plane shows: the whole arc, or of a blocked end as much of the rise as its
    resistance."""
    right = top = 0.0
    for s in spectra.values():
        if s.rises:
            reach = s.R_dc or float(np.median(s.Z.real))
            right, top = max(right, 1.3 * reach), max(top, 1.5 * reach)
        else:
            right = max(right, 1.06 * float(max(s.Z.real.max(), s.R_dc)))
            top = max(top, 1.25 * float((-s.Z.imag).max()))
    return right, max(top, 0.2 * right)


def _decades(axes, spectrum, colour, limits, write):
    """Mark the decades of omega / omega_c on a spectrum, those that lie apart with their number."""
    freq, Z = spectrum.smooth()
    ratio = 2 * np.pi * freq / spectrum.omega_c
    order, drawn, written = np.argsort(ratio), [(0.0, 0.0)], [(0.0, 0.0)]
    for power in range(int(np.ceil(np.log10(ratio.min()))), int(np.floor(np.log10(ratio.max()))) + 1):
        at = np.log(10.0**power)
        x = float(np.interp(at, np.log(ratio[order]), Z.real[order]))
        y = -float(np.interp(at, np.log(ratio[order]), Z.imag[order]))
        inside = 0 <= x <= limits[0] and 0 <= y <= limits[1]
        if not inside or not _apart((x, y), drawn, 0.015 * limits[0]):
            continue
        drawn.append((x, y))
        look = {"marker": "D", "ms": 5} if power == 0 else {"marker": "o", "ms": 3.5}
        axes.plot(x, y, color=colour, ls="", clip_on=False, zorder=3, **look)
        if write and power != 0 and _apart((x, y), written, 0.1 * limits[0]):
            written.append((x, y))
            right = not spectrum.rises and power < 0  # outside of the arc
            place = {"ha": "left", "xytext": (5, 3)} if right else {"ha": "right", "xytext": (-5, 3)}
            look = {"textcoords": "offset points", "fontsize": 8, "color": colour}
            axes.annotate(f"$10^{{{power}}}$", (x, y), **place, **look)


def _apart(point, others, distance):
    return all(np.hypot(point[0] - x, point[1] - y) > distance for x, y in others)
