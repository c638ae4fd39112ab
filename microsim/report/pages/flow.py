"""The page of `microsim flow`: maps of the velocity, permeability along the axes and its tensor."""

from functools import partial

import numpy as np

from ...transport.flux import speed_of
from .. import transport_figures
from ..number_format import digits, duration
from ..page import Card, Drawing, Section, TextTable, filled
from .common import component_text, porosity_card, tau_text, write_volume_page

MILLIDARCY = 9.869233e-16  # m2
INTERFACES = {
    "voxel": "Walls along voxel faces",
    "smooth": "Walls within voxels: the smoothest surface that the labels allow",
    "grey": "Walls within voxels: by the shares of the volume",
}


def write(folder, *, grid, result, velocity, progress=None):
    """Write report.html and figures/*.png of `microsim flow`; return the path of the page.

    grid: VoxelGrid. result: the command's numbers. velocity: {axis: [3, x, y, z], m2, NaN in solids, or
    None}. progress: callable (done, total, message). Raises InputError when the files cannot be written.
    """
    drawings = tuple(
        _velocity_drawing(grid, result, field, name)
        for name, field in velocity.items()
        if field is not None and result["axes"][name]["permeability_m2"]
    )
    walls = INTERFACES[result.get("interface", "voxel")]
    tables = _flow_table(result["axes"], walls, " ".join([result.get("doubt", ""), *result["remarks"]]))
    whole = _flow_table(result.get("whole_voxels", {}), "Walls along voxel faces, beside it")
    section = Section("flow", "Stokes flow", drawings, filled(tables, whole))
    tensor = [_permeability_section(result["tensor_m2"])] if result.get("tensor_m2") else []
    through = " + ".join(result["through"])
    cards = [
        Card(f"Permeability, {name}", *_area(row["permeability_m2"]), _millidarcy(row["permeability_m2"]))
        for name, row in result["axes"].items()
    ]
    return write_volume_page(
        folder,
        title=f"Flow through {through}",
        grid=grid,
        result=result,
        cards=[*cards, porosity_card(through, result["porosity"])],
        sections=[section, *tensor],
        progress=progress,
    )


def figure(*, grid, result, velocity, axis="x"):
    """Draw the speed in a section along an axis, beside its distribution; return a Figure.

    grid, result: as of `write`. velocity: [3, x, y, z] of the axis. axis: that of the drop of pressure.
    """
    speed, edges, share = _speed(grid, result, velocity, axis)
    return transport_figures.speed_figure(speed, grid, "xyz".index(axis), edges, share, "v")


def _speed(grid, result, field, name):
    """Speed over its mean [x, y, z], and its distribution: edges, shares."""
    still = 1 - result["axes"][name]["porosity_percolating"] / result["porosity"]
    speed = speed_of(np.nan_to_num(field), grid.mask(*result["through"]), still)
    return speed, *transport_figures.distribution(speed)


def _velocity_drawing(grid, result, field, name):
    axis, (speed, edges, share) = "xyz".index(name), _speed(grid, result, field, name)
    draw = partial(transport_figures.speed_figure, speed, grid, axis, edges, share, "v")
    tau = result["axes"][name]["tau_flow"]
    caption = transport_figures.velocity_caption(result["through"], axis, share, tau)
    return Drawing(f"velocity_{name}", draw, caption)


def _permeability_section(tensor):
    K = 1e12 * np.asarray(tensor, float)
    rows = [(name, *(component_text(v, K) for v in row)) for name, row in zip("xyz", K)]
    note = "Column j: mean velocity times viscosity over the gradient of the pressure, for a drop along j."
    return Section(
        "tensor", "Tensor", tables=(TextTable("", ("K (µm²)", "x", "y", "z"), rows, (1, 2, 3), note),)
    )


def _flow_table(axes, title, doubt=""):
    header = (
        "Axis",
        "Permeability (m²)",
        "Permeability (mD)",
        "Flow tortuosity",
        "Percolating ε",
        "Kozeny constant",
    )
    header += ("Mass imbalance", "Error bound", "Iterations", "Time")
    rows = [
        (
            name,
            digits(a["permeability_m2"]),
            digits(a["permeability_m2"] / MILLIDARCY),
            tau_text(a["tau_flow"]),
            digits(a["porosity_percolating"]),
            digits(a.get("kozeny_constant"), 3),
            digits(a["mass_imbalance"], 2),
            digits(a["error_bound"], 2),
            digits(a["iterations"]),
            duration(a["seconds"]),
        )
        for name, a in axes.items()
    ]
    note = "Kozeny constant: ε³ / (k s²), s the area of the pores per volume; about 5 in beds of grains."
    return TextTable(title, header, rows, tuple(range(1, 10)), f"{note} {doubt}".strip())


def _area(k):
    """Write a permeability in the unit that suits it: (number, unit)."""
    return (digits(1e12 * k, 3), "µm²") if k >= 1e-15 or k == 0 else (digits(1e18 * k, 3), "nm²")


def _millidarcy(k):
    return f"{digits(k / MILLIDARCY, 3)} mD"
