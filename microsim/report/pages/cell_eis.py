"""The page of a cell's impedance: Nyquist and Bode plots, relaxation times, and where the current reacts."""

import itertools
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..number_format import digits, memory, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import DASHED, DEPTH, INK, MUTED, OTHER_COLOURS, UM, new_figure, styled
from . import compare
from .common import interval_sections, phases_sections, voxels_text

CM2 = 1e4  # ohm cm2 per ohm m2
PANEL = 1.4  # width of a panel of the Nyquist plot over its height
REACHES = (1, 3, 6)  # how far a label stands from its point; the nearest that hides least
LABELS_APART = 0.7  # decades between two labels of the relaxation times
ROOM = 0.35  # decades that half a label takes


@dataclass(frozen=True)
class CellSpectrum:
    """freq (Hz), Z (ohm m2); relaxation: RelaxationTimes; reaction [freq, x]: share of the current that
    reacts in each layer; depth: of the image (m)."""

    freq: np.ndarray
    Z: np.ndarray
    relaxation: object
    reaction: np.ndarray
    depth: float


def write(folder, *, grid, case, result, spectrum, scores=(), progress=None):
    """Write report.html and figures/*.png of `microsim eis CASE.yaml`; return the path of the page.

    grid: VoxelGrid. case: what the case holds, plain data. result: what --json holds. spectrum: CellSpectrum.
    scores: SpectrumScore of each measured impedance. progress: callable (done, total, message). Raises
    InputError when the files cannot be written.
    """
    told = result.get("comparisons") or [result.get("comparison")]
    sections = [
        Section("run", "What was run", tables=(_about_table(grid, result),)),
        *phases_sections(grid),
        Section("impedance", "Impedance", _drawings(spectrum), filled(_peaks_table(result))),
        *(compare.comparison_sections(told, scores) if scores else []),
    ]
    return write_page(
        folder,
        title=result["title"],
        kind="impedance of a cell",
        cards=_cards(result, spectrum),
        sections=[*sections, *interval_sections(result)],
        records=[("Result (JSON)", compact_json(result)), ("Case (JSON)", compact_json(case))],
        progress=progress,
    )


def figure(*, spectrum):
    """Draw the spectrum in the complex plane; return a Figure. spectrum: CellSpectrum."""
    return cell_nyquist_figure(spectrum)


def _cards(result, spectrum):
    size = CM2 * np.abs(spectrum.Z)
    ends = [
        Card(f"|Z| at {digits(spectrum.freq[k], 3, trim=True)} Hz", digits(size[k], 3), "Ω cm²")
        for k in (np.argmax(spectrum.freq), np.argmin(spectrum.freq))
    ]
    residual = result["kramers_kronig_residual"]
    tested = [] if residual is None else [Card("Kramers-Kronig", percent(residual, 2), "", "largest misfit")]
    return [Card("State", f"{result['voltage_V']:.3f}", "V", result["state"]), *ends, *tested]


def _drawings(spectrum):
    residual = percent(spectrum.relaxation.residual)
    drawn = {
        "nyquist": (
            cell_nyquist_figure,
            "Impedance of the cell, equal scales; right: without the rise at low frequencies.",
        ),
        "bode": (cell_bode_figure, "Magnitude and phase."),
        "relaxation": (
            relaxation_figure,
            "Distribution of relaxation times; beside a peak the resistance under it. The fit misses the "
            + f"spectrum by at most {residual}.",
        ),
        "reaction_depth": (
            reaction_depth_figure,
            "Which part of the electrode answers: the current that reacts in each layer "
            + "(not that of the double layer).",
        ),
    }
    if spectrum.reaction.shape[1] == 1:
        del drawn["reaction_depth"]
    return tuple(Drawing(name, partial(draw, spectrum), text) for name, (draw, text) in drawn.items())


def _about_table(grid, result):
    rows = [
        ("Case SHA-256", result["case_sha256"]),
        ("State", result["state"]),
        ("Current density", f"{digits(result['current_density_A_m2'], 3)} A m⁻²"),
        ("Double layer", f"{digits(result['double_layer_F_m2'], 3)} F m⁻²"),
        ("Voxels (x × y × z)", voxels_text(grid.shape)),
        ("Iterations", digits(sum(result["iterations"]))),
        ("Peak memory", memory(result["peak_memory_bytes"])),
    ]
    return TextTable("Case and state", (), rows)


def _peaks_table(result):
    rows = [
        tuple(digits(n, 3) for n in (p["tau_s"], 1 / (2 * np.pi * p["tau_s"]), CM2 * p["resistance_ohm_m2"]))
        for p in result["relaxation_peaks"]
    ]
    header = ("Time constant (s)", "Frequency (Hz)", "Resistance (Ω cm²)")
    return TextTable("Relaxation times", header, rows, (0, 1, 2))


@styled
def cell_nyquist_figure(spectrum):
    """Draw the spectrum in the complex plane, equal scales; right: its arcs without the rise at low
    frequencies."""
    Z = CM2 * spectrum.Z
    figure = new_figure(3.4)
    for axes, part in zip(figure.subplots(1, 2), (Z, Z[_arcs(spectrum)])):
        axes.plot(part.real, -part.imag, color=OTHER_COLOURS[3], marker="o", ms=2.5)
        top = max(1.1 * (-part.imag).max(), 1.05 * part.real.max() / PANEL)
        bottom, right = min(0.0, 1.1 * (-part.imag).min()), PANEL * top
        axes.set(xlim=(0, right), ylim=(bottom, top), aspect="equal")
        axes.set(xlabel="Re Z (Ω cm²)", ylabel="−Im Z (Ω cm²)")
        axes.grid(True)
        _decades(axes, spectrum.freq, Z, (right, top))
    return figure


def _arcs(spectrum):
    """Where the spectrum has not begun its last rise: up to the smallest -Im Z below the fastest arc."""
    order = np.argsort(-spectrum.freq)
    rises = -spectrum.Z.imag[order]
    top = int(np.argmax(rises[: max(len(rises) // 2, 1)]))
    dip = top + int(np.argmin(rises[top:]))
    beyond = np.flatnonzero(rises[dip:] > rises[top])
    return order[: dip + int(beyond[0]) + 1] if beyond.size else order


def _decades(axes, freq, Z, limits):
    """Write the decades of the frequency beside the curve, where they lie apart."""
    written, boxes, order = [], [], np.argsort(freq)
    fine = np.linspace(0, freq.size - 1, 20 * freq.size)
    curve = [np.interp(fine, np.arange(freq.size), part[order]) for part in (Z.real, -Z.imag)]
    for power in range(int(np.ceil(np.log10(freq.min()))), int(np.floor(np.log10(freq.max()))) + 1):
        at = np.log(10.0**power)
        x, y = (float(np.interp(at, np.log(freq[order]), part[order])) for part in (Z.real, -Z.imag))
        if (
            x > limits[0]
            or y > limits[1]
            or any(np.hypot(x - u, y - v) <= 0.09 * limits[0] for u, v in written)
        ):
            continue
        written.append((x, y))
        axes.plot(x, y, "o", color=INK, ms=4, zorder=3, clip_on=False)
        side, reach, box = _free_side((x, y), curve, boxes, limits)
        boxes.append(box)
        place = {
            "ha": ("right", "center", "left")[side[0] + 1],
            "va": ("top", "center", "bottom")[side[1] + 1],
        }
        offset = {
            "xytext": (4 * reach * side[0], 4 * reach * side[1]),
            "textcoords": "offset points",
            "fontsize": 8,
            "arrowprops": {"arrowstyle": "-", "color": MUTED, "lw": 0.6} if reach > 1 else None,
        }
        axes.annotate(f"$10^{{{power}}}$ Hz", (x, y), **place, **offset)


def _free_side(point, curve, boxes, limits):
    """Choose the side of a point on which a label hides least of the curve and of other labels.

    Returns the side (-1, 0 or 1 along both axes), how far off it stands, and the label's box (x, y, half
    width, half height).
    """
    half = np.array([0.07, 0.022]) * limits[0]  # of a label as it is written, over the width of the panel

    def hidden(side, reach):
        x, y = np.add(point, np.multiply(side, half + 0.015 * reach * limits[0]))
        on_curve = (np.abs(curve[0] - x) < half[0]) & (np.abs(curve[1] - y) < half[1])
        on_labels = sum(abs(u - x) < half[0] + a and abs(v - y) < half[1] + b for u, v, a, b in boxes)
        inside = half[0] < x < limits[0] - half[0] and 0.8 * half[1] < y < limits[1] - half[1]
        return on_curve.sum() + 100 * on_labels + 100 * (not inside), (x, y, *half)

    sides = [(1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0)]
    side, reach = min(itertools.product(sides, REACHES), key=lambda place: (hidden(*place)[0], place[1]))
    return side, reach, hidden(side, reach)[1]


@styled
def cell_bode_figure(spectrum):
    """Draw magnitude and phase over the frequency."""
    figure = new_figure(2.9)
    magnitude, phase = figure.subplots(1, 2)
    magnitude.loglog(spectrum.freq, CM2 * np.abs(spectrum.Z), color=OTHER_COLOURS[3])
    phase.semilogx(spectrum.freq, np.degrees(np.angle(spectrum.Z)), color=OTHER_COLOURS[3])
    magnitude.set(ylabel="|Z| (Ω cm²)")
    phase.set(ylabel="Phase (°)", ylim=(-95, 10), yticks=(-90, -75, -60, -45, -30, -15, 0))
    for axes in (magnitude, phase):
        axes.set(xlabel="Frequency (Hz)", xlim=(spectrum.freq.min(), spectrum.freq.max()))
        axes.grid(True)
    return figure


@styled
def relaxation_figure(spectrum):
    """Draw the distribution of relaxation times over the frequency that each time belongs to."""
    found, figure = spectrum.relaxation, new_figure(2.7)
    axes = figure.subplots()
    freq = 1 / (2 * np.pi * found.tau)
    inside = freq >= spectrum.freq.min()
    axes.semilogx(freq[inside], CM2 * found.gamma[inside], color=OTHER_COLOURS[2])
    labelled = []
    for tau, R in sorted(found.peaks(0.02), key=lambda peak: -peak[1]):
        at = 1 / (2 * np.pi * tau)
        if at >= spectrum.freq.min() and all(abs(np.log10(at / other)) > LABELS_APART for other in labelled):
            labelled.append(at)
            top = CM2 * float(np.interp(np.log(tau), np.log(found.tau), found.gamma))
            place = {"xytext": (0, 4), "textcoords": "offset points", "ha": _side_of(at, spectrum.freq)}
            axes.annotate(f"{CM2 * R:.3g} Ω cm²", (at, top), fontsize=8, **place)
    axes.set(
        xlabel="Frequency 1 / (2π τ) (Hz)",
        ylabel="γ (Ω cm²)",
        xlim=(spectrum.freq.min(), spectrum.freq.max()),
    )
    axes.margins(y=0.15)
    axes.grid(True)
    return figure


def _side_of(at, freq):
    """Side of a point from which its label begins: one that does not lead over an end of the axis."""
    if at < 10**ROOM * freq.min():
        return "left"
    return "right" if at > freq.max() / 10**ROOM else "center"


@styled
def reaction_depth_figure(spectrum):
    """Draw where in the depth the current reacts at each frequency: its size over that of a uniform
    reaction."""
    share = np.abs(spectrum.reaction) * spectrum.reaction.shape[1]
    order = np.argsort(spectrum.freq)
    figure = new_figure(3.0)
    axes = figure.subplots()
    x = (np.arange(share.shape[1]) + 0.5) / share.shape[1] * spectrum.depth * UM
    top = max(2.0, float(np.quantile(share, 0.98)))
    image = axes.pcolormesh(
        spectrum.freq[order],
        x,
        share[order].T,
        shading="nearest",
        cmap="magma",
        vmin=0,
        vmax=top,
        rasterized=True,
    )
    axes.set(xscale="log", xlabel="Frequency (Hz)", ylabel=DEPTH)
    bar = figure.colorbar(image, ax=axes, extend="max" if share.max() > top else "neither")
    bar.set_label("reaction over that of a uniform one")
    axes.axhline(0, color=MUTED, lw=0.8, ls=DASHED)
    return figure
