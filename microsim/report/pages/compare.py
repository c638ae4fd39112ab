"""The page of `microsim compare`: two maps, their agreement voxel by voxel and over the depth."""

from functools import partial

import numpy as np

from ...base.quantities import Quantity, quantity
from ...maps.metrics import METRICS
from .. import map_figures
from ..map_figures import fullest_layer
from ..number_format import digits, fixed, label, length_text, percent, rows
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import UM


def write(folder, *, comparison, meta, progress=None):
    """Write report.html and figures/*.png of a comparison of two maps; return the path of the page.

    comparison: Comparison. meta: what the maps are (files, hashes, voxel sizes ...), shown as a table.
    Raises InputError when the files cannot be written.
    """
    return write_page(
        folder,
        title=meta.get("title") or "Simulated against measured lithiation",
        kind="Comparison of two maps",
        cards=cards(comparison),
        sections=[comparison_section(meta, comparison)],
        records=[("Result (JSON)", compact_json({**meta, **comparison.as_dict()}))],
        version=meta.get("microsim_version"),
        progress=progress,
    )


def figure(*, comparison, of="sto"):
    """Draw both maps and their difference in the two sections that hold most voxels; return a Figure.

    comparison: Comparison. of: name of the quantity that both maps hold.
    """
    return map_figures.comparison_maps_figure(comparison, quantity(of))


def comparison_section(meta, comparison):
    """Make the section of a comparison, also for the page of a run; comparison None: say how to have one."""
    title = "Comparison with the measured map"
    if comparison is None:
        note = "No measured map was given; name one under compare: in the case, or use microsim compare."
        return Section("comparison", title, note=note)
    what = quantity(meta.get("quantity") or "sto")
    drawn = {
        "maps": (map_figures.comparison_maps_figure, _maps_caption),
        "agreement": (map_figures.agreement_figure, _agreement_caption),
        "depth": (map_figures.comparison_depth_figure, _depth_caption),
    }
    drawings = tuple(
        Drawing(f"comparison_{name}", partial(draw, comparison, what), caption(comparison))
        for name, (draw, caption) in drawn.items()
    )
    virtual = meta.get("virtual") or "virtual" in str(meta.get("measured")).lower()
    notice = "The measured map is virtual: it was computed, not measured." if virtual else ""
    both = (metrics_table(comparison), maps_table(meta))
    return Section("comparison", title, drawings, filled(*both), notice=notice)


# -- key numbers and tables ----------------------------------------------------------------------------------


def cards(comparison):
    """Choose the key numbers of a comparison."""
    m = comparison.metrics
    voxels = f"{digits(m['n_voxels'])} voxels"
    return [
        Card("Correlation r", fixed(m["pearson_r"], 3), "", f"simulated and measured, {voxels}"),
        Card("RMSE", digits(m["rmse"], 3), "", f"of which bias {fixed(m['bias'], 4, plus=True)}"),
        Card("Bias", fixed(m["bias"], 4, plus=True), "", "mean of simulated − measured"),
        Card("MAE", digits(m["mae"], 3), "", "mean of |simulated − measured|"),
        Card(
            "Compared",
            digits(m["n_voxels"]),
            "voxels",
            f"{percent(m['shared_fraction'])} of the measured ones",
        ),
    ]


def metrics_table(comparison):
    """Tabulate the metrics of a comparison with what each means."""
    found = []
    for key, value in comparison.metrics.items():
        what = METRICS[key].quantity if key in METRICS else Quantity(key, label(key))
        found.append((what.label, _metric(what, value), what.meaning))
    return TextTable("", ("Metric", "Value", "Meaning"), found, (1,))


def _metric(what, value):
    if isinstance(value, (list, tuple)):  # a shift in voxels
        return ", ".join(f"{n:+d}" if n else "0" for n in value)
    return percent(value) if what.shown_unit == "%" else digits(value)


def maps_table(meta):
    """Tabulate what a comparison's maps are: files, voxel sizes, origin, mask; not its metrics and curves."""
    left_out = ("metrics", "profile", "histogram")
    return TextTable("Maps", (), rows({k: v for k, v in meta.items() if k not in left_out and v is not None}))


# -- captions ------------------------------------------------------------------------------------------------


def _maps_caption(comparison):
    """Say what the comparison maps show."""
    c = comparison
    z, y = (digits(fullest_layer(c, axis)[1], 3) for axis in (2, 1))
    size = length_text(*c.voxel_size)
    return (
        f"Simulated map averaged onto the measured voxels ({size}), measured map, and their difference, in "
        f"the sections z = {z} µm and y = {y} µm, those with most compared voxels; simulated and measured on "
        "one colour scale, the difference centred on zero. Grey: not compared. "
        f"RMSE {digits(c.metrics['rmse'], 3)}, bias {fixed(c.metrics['bias'], 4, plus=True)}."
    )


def _agreement_caption(comparison):
    """Say what the parity plot and the histogram show."""
    m = comparison.metrics
    return (
        f"Left: simulated against measured value of {digits(m['n_voxels'])} voxels (colour: voxels per bin; "
        f"the outermost 0.1 % at either end lie outside of the frame), r = {fixed(m['pearson_r'], 3)}. "
        "Right: distribution of both; the mean difference of the sorted values (1-Wasserstein distance) is "
        f"{digits(m['histogram_distance'], 3)}."
    )


def _depth_caption(comparison):
    """Say what the depth profile of a comparison shows."""
    p = {key: np.asarray(v, float) for key, v in comparison.profile.items()}
    gap = np.abs(p["simulated"] - p["measured"])
    worst = int(np.nanargmax(gap))
    return (
        "Mean of both maps in each layer of the measured grid, over the compared voxels only. The layers' "
        f"means differ most at x = {digits(UM * p['x_m'][worst], 3)} µm, by {digits(float(gap[worst]), 3)}."
    )
