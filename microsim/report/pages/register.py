"""The page of `microsim register`: the map in the microstructure, as the files have it and as it was
found."""

from functools import partial

import numpy as np

from ..number_format import NONE, digits, fixed, length_text, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, write_page
from ..style import UM, colour_map, limits, new_figure, plane_edges, show_section, styled

SOLID, VOID = 0.55, 1.0  # grey of the active material and of the rest


def write(folder, *, image, structure, placed, found, result, progress=None):
    """Write report.html and figures/*.png of a registration; return the path of the page.

    image, structure: SocMap; placed [x, y, z]: the map on the structure's voxels; found: Registration;
    result: the numbers. Raises InputError when the files cannot be written.
    """
    drawing = Drawing(
        "registration_sections",
        partial(figure, image=image, structure=structure, placed=placed, found=found),
        "Map (colours) over the active material (grey), in the layer where it has "
        "most values: both boxes corner to corner, and where the map was found.",
    )
    misfit = NONE if found.misfit_m is None else length_text(max(found.misfit_m))
    value, _, unit = misfit.partition(" ")
    cards = [
        Card("Misfit", value, unit, "largest shift that parts of the map would still make, rms"),
        Card("Overlap", fixed(found.dice, 3), "", "Dice of the two masks"),
        Card("Inside", percent(found.inside), "", "of the map's box in the structure's"),
    ]
    sections = [
        Section("run", "What was run", tables=(_files(result),)),
        Section("place", "Where the map lies", (drawing,), (_numbers(found),)),
    ]
    return write_page(
        folder,
        title="Registration",
        kind=f"{result['map']} in {result['structure']}",
        cards=cards,
        sections=sections,
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def figure(*, image, structure, placed, found):
    """Draw the map over the structure, corner to corner and where it was found; return a Figure.

    Arguments as of `write`.
    """
    from ...maps.registration import resample_map

    before = resample_map(image, _unmoved(found), structure.values.shape, structure.voxel_size)
    return registration_figure(structure, before, placed)


@styled
def registration_figure(structure, before, after):
    """Draw the section across the thinnest axis in which the placed map has most values, before and after."""
    axis = int(np.argmin(structure.values.shape))
    layer = int(np.argmax(np.isfinite(after).sum(axis=tuple(a for a in range(3) if a != axis))))
    across = [a for a in range(3) if a != axis]
    edges = plane_edges(structure.values.shape, structure.voxel_size, structure.origin, across)
    solid = np.where(np.take(structure.values, layer, axis) > 0, SOLID, VOID)
    low, high, extend = limits(after)
    figure = new_figure(3.6, layout="compressed")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for panel, values, title in zip(panels, (before, after), ("corner to corner", "found")):
        show_section(panel, solid, edges, cmap="gray", vmin=0, vmax=1)
        plane = np.take(values, layer, axis)
        look = colour_map("viridis").with_extremes(bad=(0, 0, 0, 0))
        shown = show_section(panel, np.ma.masked_invalid(plane), edges, cmap=look, vmin=low, vmax=high)
        panel.set_title(title, loc="left")
        panel.set_xlabel(f"{'xyz'[across[0]]} (µm)")
    panels[0].set_ylabel(f"{'xyz'[across[1]]} (µm)")
    figure.colorbar(shown, ax=panels, extend=extend, aspect=24).set_label("Map")
    return figure


def _unmoved(found):
    from dataclasses import replace

    return replace(found, matrix=np.eye(3), shift=np.zeros(3))


def _files(result):
    rows = [
        ("Map", str(result["map"])),
        ("Map SHA-256", result["map_sha256"] or NONE),
        ("Microstructure", str(result["structure"])),
        ("Microstructure SHA-256", result["structure_sha256"] or NONE),
        ("Active material", result["active"]),
        ("Compared by", {"mask": "masks of the particles"}.get(result["metric"], "mutual information")),
    ]
    return TextTable("Files and method", (), rows)


def _numbers(found):
    misfit = found.misfit_m or (None, None, None)
    rows = [
        (axis, fixed(angle, 3), fixed(UM * shift, 3), NONE if m is None else digits(UM * float(m), 3))
        for axis, angle, shift, m in zip("xyz", found.angles_deg, found.shift, misfit)
    ]
    return TextTable(
        f"Scale {fixed(found.scale, 4)}",
        ("Axis", "Rotation (degrees)", "Shift (µm)", "Misfit (µm)"),
        rows,
        (1, 2, 3),
    )
