"""Figures of what moves through a network: flux and velocity maps, impedance, wetting. Each returns a
Figure."""

from dataclasses import dataclass

import numpy as np

from .number_format import THIN, digits, percent
from .style import (
    DASHED,
    INK,
    MUTED,
    UM,
    WIDTH,
    colour_map,
    extend_to,
    new_figure,
    plane_edges,
    show_section,
    styled,
)

AXIS_COLOURS = {"x": "#1f5fa8", "y": "#d1781f", "z": "#009e73"}
STAGNANT = 0.01  # of the mean flux, as transport.flux counts dead ends
SPANS = {"J": (STAGNANT, 10.0), "v": (1e-3, 10.0)}  # colour scale, over the mean: one for all pages
FLAT = 0.45  # height over width of a section that needs the whole width
DRY = "#c0392b"
SHARES_MARKED = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class Spectrum:
    """Hold an impedance along one axis: freq (Hz), Z = Z kappa / L, omega_c (rad/s), unit = L / kappa (ohm
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


def speed_of(vector, present, still_share=0.0):
    """Return the length of a vector field [3, x, y, z] over its mean, NaN where `present` (bool [x, y, z]) is
    false.

    still_share: share of those voxels where nothing can move; the mean is taken over the others.
    """
    speed = np.sqrt(np.einsum("axyz,axyz->xyz", vector, vector))
    mean = speed[present].mean(dtype=float) / (1 - still_share) if present.any() and still_share < 1 else 0.0
    return np.where(present, speed / (mean or 1.0), np.nan)


def distribution(speed, bins=66):
    """Return edges and shares of a histogram over the voxels that move, as transport.flux makes it of a
    flux."""
    values = speed[np.isfinite(speed) & (speed > 0)]
    edges = np.concatenate([[0.0], np.geomspace(1e-3, 100.0, bins)])
    return edges, np.histogram(values, edges)[0] / max(values.size, 1)


@styled
def speed_figure(speed, grid, axis, edges, share, symbol="J"):
    """Draw |J| (or |v|) over its mean in a section along the axis, logarithmic, beside its distribution.

    speed: [x, y, z], NaN in other phases. edges, share: histogram of |J| / mean.
    """
    from matplotlib.colors import LogNorm

    low, high = SPANS[symbol]
    norm, cmap = LogNorm(low, high), colour_map("magma")
    plane, aspect = _section(speed, grid, axis)
    figure, section, histogram = _section_beside(aspect)
    shown = np.maximum(plane, 1e-30)  # a logarithmic scale has no colour for 0
    image = _show_along(section, shown, grid, axis, norm=norm, cmap=cmap)
    finite = plane[np.isfinite(plane)]
    extend = extend_to(finite, low, high) if finite.size else "neither"
    _ratio_bar(image, section, extend, symbol)
    _speed_histogram(histogram, edges, share, cmap, norm, symbol)
    return figure


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


@styled
def saturation_figure(time_s, saturation, reached, washburn_s):
    """Draw the filled share of the pores over time; dashed: a uniform medium after Washburn.

    time_s, saturation: at the ends of the stages. reached: {share: s or None}. washburn_s: s or None.
    """
    time_s, filled = np.asarray(time_s, float), 100 * np.asarray(saturation, float)
    factor, unit = short_unit(time_s[-1])
    figure = new_figure(3.3, 6.6)
    axes = figure.subplots()
    if washburn_s:
        t = np.linspace(0, max(time_s[-1], washburn_s), 400)
        uniform = 100 * np.sqrt(np.minimum(t / washburn_s, 1))
        axes.plot(t / factor, uniform, color=MUTED, lw=1.0, ls=DASHED, label="uniform medium (Washburn)")
    axes.plot(time_s / factor, filled, color=AXIS_COLOURS["x"], label="computed")
    for share in SHARES_MARKED:
        t = (reached or {}).get(str(share))
        if t is not None:
            axes.plot(t / factor, 100 * share, "o", color=INK, ms=4)
            text = f"{percent(share, 0)} at {digits(t / factor, 3)}{THIN}{unit}"
            around = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0}
            place = {"textcoords": "offset points", "fontsize": 8, "va": "top", "bbox": around}
            axes.annotate(text, (t / factor, 100 * share), (6, -5), **place)
    axes.set(xlabel=f"Time ({unit})", ylabel="Filled share of the pores (%)", ylim=(0, 103))
    axes.set_xlim(0, None)
    axes.grid(True)
    axes.legend(loc="lower right")
    return figure


@styled
def arrival_figure(arrival, grid, axis):
    """Draw when the liquid reaches each voxel of a section along the axis; arrival: s, inf: never, NaN:
    solids."""
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Patch

    plane, aspect = _section(arrival, grid, axis)
    wet = arrival[np.isfinite(arrival)]
    last = float(wet.max()) if wet.size and wet.max() > 0 else 1.0
    factor, unit = short_unit(last)
    flat = aspect < FLAT
    figure = new_figure(
        float(np.clip(6.5 * aspect, 0.6, 4.6)) + (1.4 if flat else 0.8), 8.0, layout="compressed"
    )
    axes = figure.subplots()
    cmap = colour_map("viridis").with_extremes(bad=colour_map("viridis").get_bad(), over=DRY)
    shown = np.where(np.isposinf(plane), 2 * last, plane) / factor  # infinity has no colour
    norm = PowerNorm(0.5, 0, last / factor)  # the way of a front grows with the root of time
    image = _show_along(axes, shown, grid, axis, norm=norm, cmap=cmap)
    place = {"location": "bottom", "aspect": 40} if flat else {"location": "right"}
    bar = figure.colorbar(image, ax=axes, pad=0.02, **place)
    bar.set_label(f"Arrival of the liquid ({unit})")
    bar.outline.set_linewidth(0.5)
    if np.isposinf(plane).any():
        axes.legend(
            handles=[Patch(facecolor=DRY, label="never wetted")],
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.1,
        )
    return figure


def flux_caption(names, axis, found):
    """Say what a flux map shows; found: FluxFigures."""
    return (
        "Magnitude of the flux over its mean, |J| / mean, in a section through the middle, driven along"
        f" {'xyz'[axis]}; grey: what does not conduct; black: next to no flux, or isolated. Histogram: the"
        f" voxels of {' + '.join(names)} that join both ends, on the same colours{_below(found.share)}. The"
        f" flux lines are {digits(found.tau_lines, 3)} times as long as the sample, constrictivity"
        f" {digits(found.constrictivity, 3)}; {percent(found.dead_end_share)} of the voxels carry less than"
        f" {digits(100 * STAGNANT, 1)}{THIN}% of the mean flux."
    )


def velocity_caption(names, axis, share, tau_flow):
    """Say what a map of the velocity shows."""
    tau = (
        "" if tau_flow is None else f" The streamlines are {digits(tau_flow, 3)} times as long as the sample."
    )
    return (
        f"Speed over its mean, |v| / mean, in a section through the middle, driven along {'xyz'[axis]}; grey:"
        f" other phases; black: next to no flow. Histogram: the voxels of {' + '.join(names)} that flow, on"
        f" the same colours{_below(share)}.{tau}"
    )


def _below(share):
    """Say how many voxels lie below the first edge of the logarithmic axis."""
    return f" ({percent(share[0])} lie below the axis)" if share[0] >= 5e-4 else ""


def section_axes(grid, axis):
    """Choose a section along an axis: (horizontal, vertical, across); the axis upright where it is much
    shorter."""
    b, c = (axis + 1) % 3, (axis + 2) % 3
    size = np.multiply(grid.shape, grid.voxel_size)
    away = [abs(np.log(size[other] / size[axis] / 0.75)) for other in (b, c)]  # from a handy format
    b, c = (c, b) if away[1] < away[0] - 1e-3 else (b, c)
    return (b, axis, c) if size[b] > 1.8 * size[axis] else (axis, b, c)


def _section(values, grid, axis):
    """Cut a field [x, y, z] along an axis through the middle; return the plane and its height over its
    width."""
    a, b, c = section_axes(grid, axis)
    size = np.multiply(grid.shape, grid.voxel_size)
    return np.transpose(values, (a, b, c))[:, :, grid.shape[c] // 2], float(size[b] / size[a])


def _show_along(axes, plane, grid, axis, **look):
    """Draw a plane of _section with its axes and its place."""
    a, b, c = section_axes(grid, axis)
    image = show_section(axes, plane, plane_edges(grid.shape, grid.voxel_size, (0, 0, 0), (a, b)), **look)
    axes.set(xlabel=f"{_depth(a)} (µm)", ylabel=f"{_depth(b)} (µm)")
    place = UM * (grid.shape[c] // 2 + 0.5) * grid.voxel_size[c]
    axes.set_title(f"{'xyz'[c]} = {digits(place, 3)} µm", loc="left")
    return image


def _section_beside(aspect):
    """Make a figure with room for a section and its distribution, below each other where the section is
    flat."""
    if aspect < FLAT:
        height = max((WIDTH - 1.0) * aspect, 0.5)
        figure = new_figure(height + 4.0)
        upper, lower = figure.subfigures(2, 1, height_ratios=[height + 1.5, 2.5])
        return figure, upper.subplots(), lower.subplots()
    figure = new_figure(max(float(min(4.4 * aspect, 4.4)) + 0.5, 2.6), layout="compressed")
    return figure, *figure.subplots(1, 2, width_ratios=[1.3, 1])


def short_unit(span_s):
    """Choose the unit in which a short time reads well: (seconds per unit, name)."""
    for factor, unit in ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
        if span_s >= 2 * factor:
            return factor, unit
    return 1e-6, "µs"


def _depth(axis):
    return "Depth x" if axis == 0 else "xyz"[axis]


def _ratio_bar(image, axes, extend, symbol):
    """Add a colour bar whose ticks are plain numbers, not powers."""
    bar = axes.figure.colorbar(image, ax=axes, extend=extend, location="bottom", aspect=35, pad=0.02)
    bar.set_label(f"|{symbol}| / mean")
    bar.ax.xaxis.set_major_formatter(_plain_numbers())
    bar.outline.set_linewidth(0.5)


def _plain_numbers():
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:g}")


def _speed_histogram(axes, edges, share, cmap, norm, symbol):
    """Draw the shares of the voxels, each bar in the colour that its values have in the section."""
    edges, share = np.asarray(edges, float)[1:], 100 * np.asarray(share, float)[1:]
    centres = np.sqrt(edges[1:] * edges[:-1])
    axes.bar(edges[:-1], share, np.diff(edges), align="edge", color=cmap(norm(centres)))
    axes.stairs(share, edges, color=INK, lw=0.7)
    filled = np.flatnonzero(share > 0)
    right = edges[min(filled[-1] + 2, len(edges) - 1)] if filled.size else edges[-1]
    axes.set(xscale="log", xlim=(edges[0], max(right, 2.0)), xlabel=f"|{symbol}| / mean")
    axes.set(ylabel="Voxels per bin (%)", ylim=(0, 1.12 * max(share.max(initial=0), 1e-3)))
    axes.xaxis.set_major_formatter(_plain_numbers())
    marks = [(1.0, "mean", "right")] + ([(STAGNANT, "stagnant", "right")] if symbol == "J" else [])
    for value, name, align in marks:
        axes.axvline(value, color=MUTED, lw=0.9, ls=DASHED)
        text = {
            "transform": axes.get_xaxis_transform(),
            "ha": align,
            "va": "top",
            "fontsize": 8,
            "color": MUTED,
        }
        axes.text(value / 1.12, 0.985, name, **text)
    axes.grid(True, axis="y")


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
