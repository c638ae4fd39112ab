"""The page of `microsim transport`: flux maps, tortuosity along the axes, and the tensor where it was asked
for."""

from functools import partial

import numpy as np

from .. import tables, transport_figures
from ..number_format import digits, fixed, percent
from ..page import Section, TextTable, filled
from .common import (
    component_text,
    flux_drawing,
    porosity_card,
    tau_card,
    tau_text,
    without_empty_columns,
    write_volume_page,
)


def write(folder, *, grid, result, flux, progress=None):
    """Write report.html and figures/*.png of `microsim transport`; return the path of the page.

    grid: VoxelGrid. result: the command's numbers with "axes" and "flux", may hold "tensor".
    flux: {axis: [3, x, y, z], or None where nothing percolates}. progress: callable (done, total, message).
    Raises InputError when the files cannot be written.
    """
    conducting = result["conducting"]
    drawings = []
    for name, numbers in result["flux"].items():
        if numbers is not None:
            about = "xyz".index(name), conducting, _figures_of(numbers)
            draw = partial(transport_figures.flux_figure, flux[name], grid, *about)
            drawings.append(flux_drawing(draw, *about))
    through = " + ".join(conducting)
    tau = without_empty_columns(tables.transport_table({"transport": {through: result["axes"]}}))
    section = Section("transport", "Transport", drawings, filled(tau, _flux_table(result["flux"])))
    tensor = [_tensor_section(result["tensor"])] if result.get("tensor") else []
    cards = [
        tau_card(name, row["tau"], f"D_eff / D₀ = {digits(row['D_eff_over_D0'])}")
        for name, row in result["axes"].items()
    ]
    return write_volume_page(
        folder,
        title=f"Transport through {through}",
        grid=grid,
        result=result,
        cards=[*cards, porosity_card(through, next(iter(result["axes"].values()))["eps"])],
        sections=[section, *tensor],
        progress=progress,
    )


def figure(*, grid, conducting, flux, figures, axis="x"):
    """Draw a flux map in a section along its axis, beside its distribution; return a Figure.

    conducting: {phase: conductivity}. flux: [3, x, y, z]. figures: FluxFigures of it. axis: that of the drop.
    """
    return transport_figures.flux_figure(flux, grid, "xyz".index(axis), conducting, figures)


def _figures_of(numbers):
    """Read the FluxFigures of one axis from the command's numbers."""
    from ...transport.flux import FluxFigures

    shares = {key: value for key, value in numbers.items() if key != "histogram"}
    edges, share = (np.asarray(numbers["histogram"][key]) for key in ("flux_over_mean", "share"))
    return FluxFigures(**shares, edges=edges, share=share)


def _flux_table(found):
    header = ("Axis", "Flux lines / length τ_l", "Constrictivity", "Dead ends", "Isolated")
    rows = [
        (
            name,
            digits(f["tau_lines"]),
            digits(f["constrictivity"]),
            percent(f["dead_end_share"]),
            percent(f["isolated_share"]),
        )
        for name, f in found.items()
        if f is not None
    ]
    note = (
        "τ_l: sum of |J| over the sum of its part along the axis. Constrictivity: τ_l² / τ, 1 where every"
        " path keeps its section. Dead ends: conducting voxels on paths between both ends that carry less"
        " than 1 % of the mean flux; isolated: those that do not join both ends."
    )
    return TextTable("What the flux map says", header, rows, (1, 2, 3, 4), note)


def _tensor_section(tensor):
    D = np.asarray(tensor["D_eff_over_D0"], float)
    rows = [
        (name, *(component_text(v, D) for v in row), tau_text(t))
        for name, row, t in zip("xyz", D, tensor["tau"])
    ]
    header = ("D_eff / D₀", "x", "y", "z", "τ along the axis")
    table = TextTable("Effective / bulk of the image repeated periodically", header, rows, (1, 2, 3, 4))
    values, directions = tensor["principal_values"], np.asarray(tensor["principal_directions"], float)
    return Section("tensor", "Tensor", tables=(table, _principal_table(values, directions)))


def _principal_table(values, directions):
    rows = []
    for value, direction in zip(values, directions):
        sign = np.sign(direction[np.argmax(np.abs(direction))]) or 1.0  # a direction has no sign of its own
        parts = (fixed(float(sign * d) + 0.0, 3) for d in direction)
        rows.append((component_text(value, np.asarray(values)), *parts))
    header = ("Value", "Direction x", "y", "z")
    return TextTable("Principal values and directions", header, rows, (0, 1, 2, 3))
