"""What several pages show: phases, flux maps, and of a volume what it is and what was asked for."""

from functools import partial

import numpy as np

from ... import __version__
from ...analysis.intervals import MOST_ROWS, meaning, rows_of
from ...base.quantities import OPTIONS
from ...mesh.morphology import phase_summary
from .. import captions, figures, tables, transport_figures
from ..number_format import NONE, THIN, digits, fixed, length_text, memory, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, write_page

UNUSED = {"inert": ("capacitance_F_m2", "area_correction", "reactive"), "double-layer": ("diffusivity_m2_s",)}


def write_volume_page(folder, *, title, grid, result, cards, sections, progress=None):
    """Write the page of a command that works on a volume: what was run and the phases, then its own sections.

    grid: VoxelGrid; result: the command's numbers, with "volume" and "volume_sha256".
    """
    about = Section("run", "What was run", tables=(_volume_table(grid, result), _options_table(result)))
    table = tables.phases_table({"phases": phase_summary(grid)}, grid)
    return write_page(
        folder,
        title=title,
        kind=str(result["volume"]),
        cards=cards,
        sections=[about, *phases_sections(grid, table), *sections, *interval_sections(result)],
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def phases_sections(grid, *shown):
    """Make the section of the phases, with tables; none for a column of cells, which has no section to look
    at."""
    if is_column(grid.shape):
        return []
    drawing = Drawing("phases", partial(figures.phases_figure, grid), captions.phases_caption(grid))
    return [Section("phases", "Phases", (drawing,), shown)]


def interval_sections(result):
    """Make the section of what draws of the segmentation say, where a result has them."""
    if not result.get("draws") or "intervals" not in result:
        return []
    rows = rows_of(result, result["intervals"])
    known = [(name, *map(digits, three)) for name, *three in rows if three[1] is not None][:MOST_ROWS]
    missing = [name for name, _, low, _ in rows if low is None]
    header = ("Number", "Value", "Low", "High")
    doubts = [f" The intervals do not cover: {said}." for said in result.get("draws_doubts", ())]
    said = meaning(result["draws"], missing)
    note = f"{said[0].upper()}{said[1:]}.{''.join(doubts)}"
    table = TextTable("Intervals from draws of the segmentation", header, known, (1, 2, 3), note)
    return [Section("draws", "Uncertainty of the segmentation", tables=(table,))]


def is_column(shape):
    """Tell whether a volume is a column of cells along x."""
    return max(shape[1:]) == 1


def flux_drawing(draw, axis, conducting, found):
    """Name and caption the drawing of a flux along an axis (0, 1, 2) that draw() makes; found: FluxFigures of
    it; conducting: {phase: conductivity}."""
    return Drawing(f"flux_{'xyz'[axis]}", draw, transport_figures.flux_caption(conducting, axis, found))


def _volume_table(grid, result):
    size = " × ".join(digits(1e6 * n * h, 3) for n, h in zip(grid.shape, grid.voxel_size, strict=True))
    found = [
        ("Volume", str(result["volume"])),
        ("Volume SHA-256", result.get("volume_sha256") or NONE),
        ("Voxels (x × y × z)", voxels_text(grid.shape)),
        ("Voxel size", length_text(*grid.voxel_size)),
        ("Size", f"{size} µm"),
        ("microsim version", __version__),
    ]
    return TextTable("Volume and version", (), found)


def voxels_text(shape):
    """Write the shape of a volume: 64 × 48 × 48."""
    return " × ".join(digits(int(n)) for n in shape)


def _options_table(result):
    unused = UNUSED.get(result.get("walls"), ())
    found = [
        (option.label, _option(result[key]) + (f"{THIN}{option.shown_unit}" if option.shown_unit else ""))
        for key, option in OPTIONS.items()
        if result.get(key) not in (None, (), []) and key not in unused
    ]
    if result.get("peak_memory_bytes"):
        found.append(("Peak memory", memory(result["peak_memory_bytes"])))
    return TextTable("Options", (), found)


def _option(value):
    """Write the value of an option: a number, a word, a list, or values by phase."""
    if isinstance(value, dict):
        shown = {
            k: f"({_option(v)})" if isinstance(v, (list, tuple)) else _option(v) for k, v in value.items()
        }
        return ", ".join(f"{name} {part}" for name, part in shown.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_option(part) for part in value)
    return str(value) if isinstance(value, str) else digits(value, trim=True)


def without_empty_columns(table):
    """Leave out the columns of a table that hold no number at all."""
    keep = [k for k in range(len(table.header)) if any(row[k] != NONE for row in table.rows)]
    numeric = tuple(new for new, k in enumerate(keep) if k in table.numeric)
    rows = [tuple(row[k] for k in keep) for row in table.rows]
    return TextTable(table.title, tuple(table.header[k] for k in keep), rows, numeric, table.note)


def tau_text(tau):
    """Write a tortuosity factor, or that there is no path."""
    return "no path" if tau is None else digits(float(tau))


def tau_card(axis, tau, remark):
    """Make the card of the tortuosity factor along an axis."""
    return Card(f"τ along {axis}", tau_text(tau), "", remark)


def porosity_card(through, eps):
    """Make the card of the share of the volume that something moves through."""
    return Card("Volume fraction", percent(eps), "", through)


def component_text(value, tensor):
    """Write a component with the decimals that the largest one of its tensor has at four digits."""
    decimals = 3 - int(np.floor(np.log10(np.abs(tensor).max()))) if np.abs(tensor).max() > 0 else 3
    return "0" if abs(value) < 0.5 * 10.0**-decimals else fixed(float(value), max(decimals, 0))
