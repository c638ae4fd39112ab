"""The page of `microsim losses`: extents and losses as maps, classes with their shares, average against
curve."""

from functools import partial

import numpy as np

from ...base.quantities import spelled_unit
from ...maps.reaction_extent import class_names
from ..number_format import NONE, digits, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import (
    INK,
    MUTED,
    UM,
    colour_map,
    limits,
    new_figure,
    panel_grid,
    plane_edges,
    show_section,
    styled,
    symmetric_limit,
)

UNIT, MOST = spelled_unit("mAh g-1"), 8  # maps in a figure
EXTENT, LOSS, CURVE = "#1f5fa8", "#d1781f", INK


def write(folder, *, result, maps, voxel_size, progress=None):
    """Write report.html and figures/*.png of extents and losses; return the path of the page.

    result: the numbers of the command. maps: {"extent": {process: [x, y, z]}, "loss": {...}}, mAh g-1.
    voxel_size: (x, y, z), m. progress: callable (done, total, message). Raises InputError when the files
    cannot be written.
    """
    sections = [
        Section(
            "run", "What was run", tables=filled(_maps_table(result)), notice=" ".join(result["remarks"])
        ),
        Section("average", "Average of the maps", _average(result), filled(_extents_table(result))),
        Section("extent", "Reaction extent", _sections("extent", maps["extent"], voxel_size)),
    ]
    if result["loss"]:
        drawings = (*_sections("loss", maps["loss"], voxel_size), _classes(result))
        tables = filled(_losses_table(result), _shares_table(result))
        sections.append(Section("loss", "Capacity loss", drawings, tables))
    return write_page(
        folder,
        title="Reaction extent and capacity loss",
        kind=f"{len(result['maps'])} maps of {' and '.join(result['material'])}",
        cards=_cards(result),
        sections=sections,
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


@styled
def figure(*, result):
    """Draw mean extents with their uncertainty, and what the curve says; return a Figure.

    result: as of `write`.
    """
    drawn = new_figure(2.9)
    axes, rows = drawn.subplots(), result["extent"]
    x = np.arange(1, len(rows) + 1)
    sigma = np.array([row["sigma_mAh_g"] or 0.0 for row in rows])
    means = [row["mean_mAh_g"] for row in rows]
    axes.errorbar(x, means, 1.96 * sigma, color=EXTENT, marker="o", ms=5, ls="", capsize=3, label="maps")
    if rows[0]["curve_mAh_g"] is not None:
        curve = [row["curve_mAh_g"] for row in rows]
        axes.plot(x, curve, color=CURVE, marker="x", ms=8, ls="", label="voltage curve")
    axes.set(xlabel="Process", ylabel=f"Mean reaction extent ({UNIT})", xticks=x)
    axes.set(xlim=(0.5, len(x) + 0.5), ylim=(0, 1.15 * max(axes.dataLim.y1, 1e-9)))
    axes.grid(True)
    axes.legend(loc="best")
    return drawn


@styled
def maps_figure(maps, voxel_size, name):
    """Draw some maps {process: [x, y, z]} in the section that holds most voxels, on one colour scale."""
    first = next(iter(maps.values()))
    layer = int(np.argmax(np.isfinite(first).sum(axis=(0, 1))))
    planes = {process: values[:, :, layer] for process, values in maps.items()}
    every = np.stack(list(planes.values()))
    if name == "loss":
        high, extend = symmetric_limit(every)
        low, colours = -high, "RdBu_r"
    else:
        low, high, extend = limits(every)
        colours = "viridis"
    size = UM * np.multiply(first.shape, voxel_size)
    columns, lines, height = panel_grid(len(planes), size[0] / size[1])
    drawn = new_figure(lines * (height + 0.35) + 0.6, layout="compressed")
    panels = drawn.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    edges = plane_edges(first.shape, voxel_size, (0, 0, 0), (0, 1))
    for axes, (process, plane) in zip(panels.flat, planes.items(), strict=False):
        image = show_section(axes, plane, edges, cmap=colour_map(colours), vmin=low, vmax=high)
        axes.set_title(f"Process {process}", loc="left")
    for axes in panels.flat[len(planes) :]:
        axes.remove()
    for axes in panels[:, 0]:
        axes.set_ylabel("y (µm)")
    for column in panels.T:  # where a row is not full, below the last panel of each column
        column[[axes.figure is not None for axes in column].count(True) - 1].set_xlabel("x (µm)")
    label = f"{'Capacity loss' if name == 'loss' else 'Reaction extent'} ({UNIT})"
    drawn.colorbar(image, ax=list(panels.flat[: len(planes)]), extend=extend, label=label)
    return drawn


@styled
def classes_figure(result):
    """Draw the shares of volume and of loss of each class, a panel for each loss (the last three)."""
    rows = result["loss"][-3:]
    drawn = new_figure(2.8)
    panels = drawn.subplots(1, len(rows), sharey=True, squeeze=False)[0]
    turned = {} if len(rows) == 1 else {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    for axes, row in zip(panels, rows):
        found = row["classes"]
        x = np.arange(len(found["volume_share"]))
        left = x if found["loss_share"] is None else x - 0.2
        axes.bar(left, 100 * np.array(found["volume_share"]), 0.4, color=EXTENT, label="volume")
        if found["loss_share"] is not None:
            axes.bar(x + 0.2, 100 * np.array(found["loss_share"]), 0.4, color=LOSS, label="loss")
        axes.axhline(0, color=MUTED, lw=0.8)
        axes.set_xticks(x, class_names(found["edges_mAh_g"]), fontsize=8, **turned)
        axes.set_title(f"Process {row['process']}", loc="left")
        axes.set_xlabel(f"Loss ({UNIT})")
    panels[0].set_ylabel("Share (%)")
    drawn.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return drawn


# -- drawings and their captions -----------------------------------------------------------------------------


def _average(result):
    curve = result["extent"][0]["curve_mAh_g"] is not None
    noise = result["extent"][0]["sigma_mAh_g"] is not None
    caption = "Mean reaction extent of each process over the voxels that all maps share"
    caption += ", bars: 95 % of the noise of the maps" * noise + "; crosses: by the voltage curve" * curve
    return (Drawing("losses_average", partial(figure, result=result), f"{caption}."),)


def _sections(name, maps, voxel_size):
    shown = dict(list(maps.items())[:MOST])
    left = f" The first {MOST} of {len(maps)} are shown." if len(maps) > MOST else ""
    words = {
        "extent": "|Change of lithium| from map to map, in capacity per gram of the material",
        "loss": "Extent of the process before less that of this one; below zero where capacity was gained",
    }
    caption = f"{words[name]}, in the section z that holds most voxels. Grey: not in every map.{left}"
    return (Drawing(f"losses_{name}", partial(maps_figure, shown, voxel_size, name), caption),)


def _classes(result):
    caption = (
        "Share of the volume and of the loss in classes of loss; the first takes in all below its upper edge,"
        " negative losses too, the last all above its lower edge."
    )
    return Drawing("losses_classes", partial(classes_figure, result), caption)


# -- key numbers and tables ----------------------------------------------------------------------------------


def _cards(result):
    cards = [
        Card(f"Extent {row['to']}", digits(row["mean_mAh_g"], 4), UNIT, _beside(row))
        for row in result["extent"][:2]
    ]
    cards += [
        Card(f"Loss, process {row['process']}", digits(row["mean_mAh_g"], 3), UNIT, _beside(row))
        for row in result["loss"][-1:]
    ]
    inactive = result["inactive_share"]
    below = (
        f"below {result['inactive_below_sigma']:g} σ in every process" if inactive is not None else "no noise"
    )
    return [*cards, Card("Inactive", percent(inactive), "", below)]


def _beside(row):
    noise = "" if row["sigma_mAh_g"] is None else f"± {digits(row['sigma_mAh_g'], 2)}"
    curve = "" if row["curve_mAh_g"] is None else f"curve {digits(row['curve_mAh_g'], 4)}"
    return ", ".join(filter(None, (noise, curve)))


def _maps_table(result):
    rows = [
        (
            str(k),
            str(one["file"]),
            one["quantity"],
            digits(one["time_s"]) if one["time_s"] is not None else NONE,
        )
        for k, one in enumerate(result["maps"])
    ]
    note = f"{digits(result['voxels'])} voxels have a value in every map."
    return TextTable("Maps", ("State", "Map", "Read as", "Time (s)"), rows, (0, 3), note)


def _extents_table(result):
    header = ("From", "To", "Lithium", "Extent", "σ of the mean", "Mean of |change|", "Net", "Curve")
    keys = ("mean_mAh_g", "sigma_mAh_g", "mean_absolute_mAh_g", "net_mAh_g", "curve_mAh_g")
    rows = [
        (str(row["from"]), str(row["to"]), row["lithium"], *(_digits(row[key]) for key in keys))
        for row in result["extent"]
    ]
    return TextTable(f"Extent of each process ({UNIT})", header, rows, (0, 1, *range(3, 8)))


def _losses_table(result):
    keys = ("mean_mAh_g", "sigma_mAh_g", "curve_mAh_g")
    rows = [(str(row["process"]), *(_digits(row[key]) for key in keys)) for row in result["loss"]]
    return TextTable(f"Loss ({UNIT})", ("Process", "Loss", "σ of the mean", "Curve"), rows, (0, 1, 2, 3))


def _shares_table(result):
    header = ("Process", "Share of", *class_names(result["loss"][0]["classes"]["edges_mAh_g"]))
    rows = []
    for row in result["loss"]:
        for what in ("volume", "loss"):
            shares = row["classes"][f"{what}_share"]
            texts = [percent(share) for share in shares] if shares else [NONE] * (len(header) - 2)
            rows.append((str(row["process"]), what, *texts))
    return TextTable(f"Classes of loss ({UNIT})", header, rows, (0, *range(2, len(header))))


def _digits(value):
    return NONE if value is None else digits(value, 4)
