"""The page of `microsim report`: finished runs side by side, and what their cases differ in."""

from dataclasses import dataclass
from functools import partial
from itertools import repeat

import numpy as np

from ...base.quantities import FIELDS
from .. import beside_figures as figures
from ..number_format import THIN, beyond_rounding, digits, duration, fixed, memory, value_text
from ..page import Drawing, Section, TextTable, compact_json, filled, write_page

NONE = "–"
SAME = f"same to 1{THIN}×{THIN}10⁻⁹"
ANCHORS = {"sto": "lithiation", "c_e": "salt", "phi_e": "potential"}


@dataclass(frozen=True)
class ShownRun:
    """What is shown of a finished run.

    label     its name on the page
    result    content of result.json
    curve     VoltageCurve
    depth     {"time_s", "x_m", "sto", "c_e", "phi_e"} at the end of its last discharge, or None
    maps      {field: Section of it at that time}, {} where there is none
    """

    label: str
    result: dict
    curve: object
    depth: dict | None = None
    maps: dict = None


@dataclass(frozen=True)
class Cut:
    """The middle section z of a field: plane [x, y] as shown, voxel size (x, y, z) in m, and whether the
    volume is that of the first run, so that a difference has a meaning."""

    plane: np.ndarray
    shape: tuple
    voxel_size: tuple
    comparable: bool


def write(folder, *, runs, told, progress=None):
    """Write report.html and figures/*.png of runs side by side; return the path of the page.

    runs: ShownRun each. told: numbers of the result: cases, scores, remarks, voltage, maps. progress:
    callable (done, total, message). Raises InputError when the files cannot be written.
    """
    names = ", ".join(run.label for run in runs)
    return write_page(
        folder,
        title=f"{len(runs)} runs side by side",
        kind=names,
        cards=(),
        sections=[_scores(told), _cases(told), _voltage(runs, told), _depth(runs), *_maps(runs, told)],
        records=[("Numbers (JSON)", compact_json(told))],
        progress=progress,
    )


def figure(*, runs):
    """Draw the voltage of runs over capacity and time; return a Figure. runs: ShownRun each."""
    return figures.voltages_figure(runs)


def drawings(runs):
    """Name the figures of runs: {file name: function that takes the width in inches}."""
    found = {"voltage": partial(figures.voltages_figure, runs)}
    if any(run.depth for run in runs):
        found["profiles"] = partial(figures.depths_figure, runs)
    for name in fields_of(runs):
        found[f"{name}_maps"] = partial(figures.field_maps_figure, runs, name)
        if compared(runs, name):
            found[f"{name}_differences"] = partial(figures.differences_figure, runs, name)
    return found


def fields_of(runs):
    """List the fields of which any run has a map, in the order of FIELDS."""
    return [name for name in FIELDS if any(name in (run.maps or {}) for run in runs)]


def compared(runs, name):
    """List the runs whose map may be held against that of the first."""
    first = (runs[0].maps or {}).get(name)
    others = [run for run in runs[1:] if name in (run.maps or {}) and run.maps[name].comparable]
    return others if first else []


# ---- sections ------------------------------------------------------------------------------------------


def _scores(told):
    labels = [run["label"] for run in told["runs"]]
    rows = [
        (row["label"], *map(partial(_score, row), row["values"], row.get("rounding") or repeat(0)))
        for row in told["scores"]
        if any(value is not None for value in row["values"])
    ]
    numeric = tuple(range(1, len(labels) + 1))
    changes = [
        (row["label"], *(_change(row["values"][0], value) for value in row["values"][1:]))
        for row in told["scores"]
        if row["change"] and any(value is not None for value in row["values"][1:])
    ]
    both = (
        TextTable("", ("Number", *labels), rows, numeric),
        TextTable(f"Change from {labels[0]}", ("Number", *labels[1:]), changes, numeric[:-1]),
    )
    return Section("scores", "What they came to", tables=filled(*both), notice="\n".join(told["remarks"]))


def _score(row, value, rounding):
    if value is None:
        return NONE
    if row["key"] == "wall_s":
        return duration(value)
    if row["key"] == "peak_memory_bytes":
        return memory(value)
    return beyond_rounding(value, rounding)


def _change(first, value):
    if first in (None, 0) or value is None:
        return NONE
    if value == first:
        return "same"
    change = value / first - 1
    return SAME if abs(change) <= 1e-9 else f"{fixed(100 * change, 2, plus=True)}{THIN}%"


def _cases(told):
    labels, cases = [run["label"] for run in told["runs"]], told["cases"]
    rows = [(key, *(_value(key, value) for value in values)) for key, values in cases.items()]
    note = "" if rows else "The cases that are known differ in nothing."
    return Section(
        "cases", "What their cases differ in", tables=filled(TextTable("", ("Key", *labels), rows)), note=note
    )


def _value(key, value):
    if value is None:
        return NONE
    if isinstance(value, list):
        words = any(isinstance(part, str) for part in value)
        return ("; " if words else ", ").join(str(part) for part in value)
    return value_text(key, value) if isinstance(value, (int, float)) else str(value)


def _voltage(runs, told):
    labels = {run["label"]: run for run in told["runs"]}
    rows = [
        (label, *_beyond(found, ("rms_mV", "largest_mV"), "rounding_mV"), digits(found["at_mAh_g"]))
        for label, found in told["voltage"].items()
    ]
    header = ("Run", "rms (mV)", "Largest (mV)", "at (mAh g⁻¹)")
    caption = "Voltage over the capacity of the last discharge and over time" + (
        f", and less that of {runs[0].label} at equal capacity." if len(runs) > 1 else "."
    )
    table = TextTable(f"Difference from {next(iter(labels))} at equal capacity", header, rows, (1, 2, 3))
    drawing = Drawing("voltage", partial(figures.voltages_figure, runs), caption)
    return Section("voltage", "Voltage", (drawing,), filled(table))


def _beyond(found, keys, rounding, factor=1.0):
    """Write what runs are apart, each to three digits, or that it is rounding."""
    return [beyond_rounding(factor * found[key], factor * found.get(rounding, 0), 3) for key in keys]


def _depth(runs):
    shown = [run for run in runs if run.depth]
    if not shown:
        return Section("depth", "Over the depth", note="None of the runs has profiles.")
    drawn = Drawing("profiles", partial(figures.depths_figure, runs), _depth_caption(shown))
    return Section("depth", "Over the depth", (drawn,))


def _depth_caption(shown):
    times = "; ".join(f"{run.label} at {duration(run.depth['time_s'])}" for run in shown)
    return f"Mean of each layer at the end of the last discharge: {times}."


def _maps(runs, told):
    sections = []
    for name in fields_of(runs):
        label, drawn = FIELDS[name].label, []
        missing = [run.label for run in runs if name not in (run.maps or {})]
        shown = [run for run in runs if name in (run.maps or {})]
        caption = f"{label} in the middle section z at the end of the last discharge, one colour scale."
        drawn.append(Drawing(f"{name}_maps", partial(figures.field_maps_figure, runs, name), caption))
        if compared(runs, name):
            caption = f"{label} less that of {runs[0].label}, on one colour scale."
            drawn.append(
                Drawing(f"{name}_differences", partial(figures.differences_figure, runs, name), caption)
            )
        rows = [
            (one, *_beyond(found, ("mean", "rms", "largest"), "rounding", FIELDS[name].factor))
            for one, found in told["maps"].get(name, {}).items()
        ]
        unit = f" ({FIELDS[name].shown_unit})" if FIELDS[name].shown_unit not in ("", "1") else ""
        header = ("Run", f"Mean{unit}", f"rms{unit}", f"Largest{unit}")
        title = f"Less that of {shown[0].label}, over all voxels"
        note = f"No map of {', '.join(missing)}." if missing else ""
        table = TextTable(title, header, rows, (1, 2, 3))
        sections.append(
            Section(ANCHORS.get(name, name), f"{label} in section", tuple(drawn), filled(table), note=note)
        )
    return sections
