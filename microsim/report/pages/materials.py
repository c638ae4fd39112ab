"""Figures of material sets: U, D_s and i0 over lithiation, or kappa, D_e, t_plus and tdf over salt."""

from pathlib import Path

import numpy as np

from ...base.files import replacing, safe_file_names
from ...base.quantities import COEFFICIENTS
from ...materials.laws import T_REF
from ..png import to_png
from ..style import DASHED, INK, MUTED, new_figure, styled

TEMPERATURES = {278.15: "#1f5fa8", T_REF: INK, 318.15: "#c2571a"}  # K
POINTS = 1501


def write(folder, *, materials, progress=None):
    """Draw each set that has curves into NAME.png; return the paths.

    folder: where to. materials: material sets. progress: callable (done, total, message). Raises InputError
    when a file cannot be written.
    """
    paths, drawn = [], [m for m in materials if m.kind in DRAWINGS]
    names = safe_file_names(m.name.replace("*", "_changed") for m in drawn)
    for done, material in enumerate(drawn):
        if progress:
            progress(done, len(drawn), material.name)
        paths.append(Path(folder) / f"{names[material.name.replace('*', '_changed')]}.png")
        with replacing(paths[-1]) as part:
            part.write_bytes(to_png(figure(material=material)))
    return paths


@styled
def figure(*, material):
    """Draw a material set, every curve over the whole range in which the set holds; return a Figure."""
    drawn = new_figure(5.6)
    drawn.suptitle(_title(material), fontsize=10)
    DRAWINGS[material.kind](drawn, material)
    return drawn


def _title(material):
    active = getattr(material, "active", None)
    inside = (
        f" ({active.name} in spheres of {material.radius * 1e6:.3g} µm, porosity {material.porosity:.3g})"
        if active
        else ""
    )
    return f"{material.name}{inside}"


def _active(figure, material):
    material = getattr(material, "active", material)
    upper, lower = figure.subplots(2, 2, sharex=True)
    sto = np.linspace(*material.sto_window, POINTS)[1:-1]
    _curve(upper[0], sto, material.U(sto), "U")
    for x, name in ((material.sto_100, "100 %"), (material.sto_0, "0 %")):
        upper[0].axvline(x, color=MUTED, linestyle=DASHED, linewidth=0.8)
        upper[0].text(
            x,
            1.0,
            name,
            transform=upper[0].get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=7,
            color=MUTED,
        )
    _curve(upper[1], sto, -material.dU(sto), "slope")
    _logarithmic(upper[1], -material.dU(sto))
    _with_temperature(lower[0], sto, lambda T: material.D_s(sto, T) + 0 * sto, "D_s")
    _with_temperature(lower[1], sto, lambda T: material.i0(1000.0, sto, T) + 0 * sto, "i0")
    lower[1].set_title("at 1000 mol m⁻³", fontsize=8, color=MUTED)
    for axes in lower:
        axes.set_xlabel("Degree of lithiation")


def _electrolyte(figure, material):
    upper, lower = figure.subplots(2, 2, sharex=True)
    c_e = np.linspace(*material.c_e_window, POINTS)
    _with_temperature(upper[0], c_e, lambda T: material.kappa(c_e, T) + 0 * c_e, "kappa")
    _with_temperature(upper[1], c_e, lambda T: material.D_e(c_e, T) + 0 * c_e, "D_e")
    for axes, name in zip(lower, ("t_plus", "tdf"), strict=True):
        _with_temperature(axes, c_e, lambda T, name=name: material.value(name, c_e, T) + 0 * c_e, name)
        axes.set_xlabel("Salt concentration (mol m⁻³)")
    for axes in (upper[0], *lower):
        axes.set_ylim(bottom=min(0.0, 1.1 * axes.dataLim.y0))


def _metal(figure, material):
    c_e = np.linspace(10.0, 3000.0, POINTS)
    axes = figure.subplots()
    _with_temperature(axes, c_e, lambda T: material.i0(c_e, T) + 0 * c_e, "i0")
    axes.set_xlabel("Salt concentration (mol m⁻³)")


def _curve(axes, x, y, name, **style):
    axes.plot(x, y, **{"color": INK} | style)
    axes.set_ylabel(COEFFICIENTS[name].axis)
    axes.grid(True)


def _with_temperature(axes, x, law, name):
    """Draw a coefficient at three temperatures, or once where it does not follow temperature."""
    curves = {T: law(T) for T in TEMPERATURES}
    middle = curves[T_REF]
    follows = any(np.abs(curve / middle - 1).max() > 1e-6 for curve in curves.values())
    for T, curve in curves.items():
        if follows or T == T_REF:
            _curve(axes, x, curve, name, color=TEMPERATURES[T], label=f"{T - 273.15:.0f} °C")
    if name in ("D_s", "i0", "D_e"):
        _logarithmic(axes, np.concatenate(list(curves.values()) if follows else [middle]))
    figure = axes.get_figure()
    if follows and not figure.legends:  # one legend for all panels
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def _logarithmic(axes, values):
    """Use a logarithmic scale where values spread over more than a decade, else begin at 0."""
    good = values[values > 0]
    if good.size and good.max() > 10 * good.min():
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)


DRAWINGS = {"active": _active, "porous": _active, "electrolyte": _electrolyte, "metal": _metal}
