"""The page of `microsim particles`: particles, cracks and contacts over the depth, and how a second state
differs."""

from functools import partial

import numpy as np

from ... import __version__
from ...base.quantities import PARTICLE_FIGURES
from ..number_format import NONE, THIN, digits, length_text, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import INK, MUTED, UM, mark_ends, new_figure, plane_edges, styled
from .common import phases_sections, voxels_text


def write(folder, *, grid, particles, result, progress=None):
    """Write report.html and figures/*.png of `microsim particles`; return the path of the page.

    grid: VoxelGrid. particles: shapes.particles.Particles. result: the command's numbers. progress: callable
    (done, total, message). Raises InputError when the files cannot be written.
    """
    return write_page(
        folder,
        title="Particles",
        kind=str(result["volume"]),
        cards=_cards(grid, result),
        sections=_sections(grid, particles, result),
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def figure(*, grid, particles):
    """Draw the particles in a section, each in a colour of its own; return a Figure. Arguments as of
    `write`."""
    return particle_section_figure(particles.parts, grid)


def _cards(grid, result):
    """The count, and what of the particles is cracked or touches binder where the volume has such phases."""
    totals, options = result["particles"], result["options"]
    cards = [Card("Particles", digits(totals["count"]), "", f"{totals['cut_by_box']} cut by the box")]
    if options["crack"] in grid.names:
        cards.append(Card("Cracks", percent(totals["crack_share"], 2), "", "of the particles' volume"))
    if options["contact"] in grid.names:
        words = "of the particles' surface touches binder"
        cards.append(Card("Contact", percent(totals["contact_share"]), "", words))
    return cards


def _sections(grid, particles, result):
    missing = (
        "" if result["binder"] or result["delaminated"] else "No binder cluster and no void layer was found."
    )
    layers = filled(_binder_table(result), _layers_table(result))
    return [
        Section(
            "run",
            "What was measured",
            tables=(_measured_table(grid, result),),
            notice=" ".join(result.get("remarks", ())),
        ),
        *_change_sections(result),
        *phases_sections(grid),
        Section(
            "particles",
            "Particles",
            _particle_drawings(grid, particles),
            (_figures_table(result["particles"]),),
        ),
        Section(
            "pieces",
            "Fragments and grains over the depth",
            (_pieces_drawing(result),),
            (_depth_table(result),),
        ),
        Section("binder", "Binder and delaminated layers", tables=layers, note=missing),
    ]


def _change_sections(result):
    if "change" not in result:
        return []
    caption = (
        "Relative change since the state before; lines: 95 % of the bootstrap samples over the particles."
    )
    drawing = Drawing("change", partial(change_figure, result["change"]), caption)
    return [Section("change", "Change between the two states", (drawing,), (_change_table(result),))]


def _measured_table(grid, result):
    against, before = result.get("against"), ()
    if against:
        shape = voxels_text(against["shape"])
        before = ("State before", str(against["volume"])), ("Voxels of the state before", shape)
    rows = [
        ("Volume", str(result["volume"])),
        ("Voxels (x × y × z)", voxels_text(grid.shape)),
        *before,
        ("Voxel size", length_text(*grid.voxel_size)),
        ("Split depth (voxels)", digits(result["options"]["depth"], trim=True)),
        ("Smallest piece (voxels)", digits(result["options"]["smallest"])),
        ("microsim version", __version__),
    ]
    return TextTable("Volume and options", (), rows)


def _figures_table(totals):
    rows = [(one.label, _figure(one, totals[key])) for key, one in PARTICLE_FIGURES.items() if key in totals]
    return TextTable("All particles", (), rows)


def _figure(what, value):
    """Write a figure with its unit."""
    if value is None:
        return NONE
    if what.shown_unit == "%":
        return percent(value)
    return digits(what.factor * value) + (f"{THIN}{what.shown_unit}" if what.shown_unit else "")


def _particle_drawings(grid, particles):
    section = (
        "Particles in the section at the middle of z, each in a colour of its own; black lines: where they"
        " were split."
    )
    caption = "The particles over the depth, one dot each, its area that of the particle."
    return (
        Drawing("particle_section", partial(particle_section_figure, particles.parts, grid), section),
        Drawing(
            "particle_depth",
            partial(particle_depth_figure, particles, grid.shape[0] * grid.voxel_size[0]),
            caption,
        ),
    )


@styled
def particle_section_figure(parts, grid):
    """Draw the particles in a section through the middle of z."""
    from matplotlib.colors import ListedColormap

    plane = parts[:, :, parts.shape[2] // 2]
    rng = np.random.default_rng(1)
    colours = 0.35 + 0.55 * rng.random((int(parts.max()) + 1, 3))
    colours[0] = 1.0
    split = np.zeros(plane.shape, bool)
    for axis in (0, 1):
        low, high = (np.moveaxis(plane, axis, 0)[s] for s in (slice(None, -1), slice(1, None)))
        np.moveaxis(split, axis, 0)[:-1] |= (low != high) & (low > 0) & (high > 0)
    aspect = plane.shape[0] * grid.voxel_size[0] / (plane.shape[1] * grid.voxel_size[1])
    figure = new_figure(float(np.clip(5.5 / aspect, 1.5, 5.5)) + 0.6, 6.5)
    axes = figure.subplots()
    image = colours[plane]
    image[split] = 0.1
    edges = plane_edges(parts.shape, grid.voxel_size, (0, 0, 0), (0, 1))
    axes.imshow(
        image.transpose(1, 0, 2),
        origin="lower",
        extent=edges,
        interpolation="nearest",
        cmap=ListedColormap(colours),
    )
    axes.set(xlabel="x (µm)", ylabel="y (µm)")
    return figure


@styled
def particle_depth_figure(particles, thickness):
    """Draw crack share, contact share or diameter of each particle over its depth, up to the thickness
    (m)."""
    shown = (
        (100 * particles.crack_share, "Cracks / particle volume (%)", "#e69f00"),
        (100 * particles.contact_share, "Contact / particle surface (%)", "#0072b2"),
        (UM * particles.diameter, "Diameter (µm)", "#6b7280"),
    )
    shown = [part for part in shown if np.nanmax(part[0], initial=0) > 0][:2]
    figure = new_figure(3.2)
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    area = (4 + 90 * (particles.diameter / particles.diameter.max()) ** 2) * min(1, 300 / len(particles))
    for axes, (values, name, colour) in zip(panels, shown):
        axes.scatter(
            UM * particles.depth, values, s=area, color=colour, alpha=0.65, edgecolor=INK, linewidth=0.3
        )
        axes.set(xlabel="Depth x (µm)", ylabel=name)
        axes.set_xlim(0, UM * thickness)
        axes.set_ylim(0, 1.08 * np.nanmax(values))  # the dots have a size of their own
        axes.grid(True)
        mark_ends(axes)
    return figure


def _pieces_drawing(result):
    caption = (
        "Share of the pieces below a diameter (of a sphere of the same volume, in a section of a circle of"
        " the same area), by region of depth; by number."
    )
    return Drawing(
        "pieces",
        partial(pieces_figure, result["fragments"]["by_depth"], result["grains"]["by_depth"]),
        caption,
    )


@styled
def pieces_figure(fragments, grains):
    """Draw cumulative size distributions by region of depth."""
    import matplotlib

    figure = new_figure(3.2 + 0.2 * -(-len(fragments) // 2))
    panels = figure.subplots(1, 2, sharey=True)
    shades = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, len(fragments)))
    for axes, regions, title in zip(panels, (fragments, grains), ("Fragments", "Grains")):
        for region, colour in zip(regions, shades):
            sizes = UM * np.array(region["diameters_m"])
            if sizes.size:
                label = (
                    f"{digits(UM * region['start_m'], 3)} to {digits(UM * region['end_m'], 3)} µm"
                    f" ({sizes.size})"
                )
                axes.step(
                    np.r_[0, sizes],
                    np.arange(sizes.size + 1) / sizes.size,
                    where="post",
                    color=colour,
                    label=label,
                )
        axes.set(xlabel="Diameter (µm)", title=title)
        axes.set_xlim(0, None)
        axes.grid(True)
        if axes.get_legend_handles_labels()[0]:
            below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2)}  # lines may be anywhere within
            axes.legend(title="Depth (count)", title_fontsize=8, ncols=2, **below)
    panels[0].set(ylabel="Share by number", ylim=(0, 1.02))
    return figure


def _depth_table(result):
    rows = []
    for what, name in (("fragments", "Fragments"), ("grains", "Grains")):
        for r in result[what]["by_depth"]:
            depth = f"{digits(UM * r['start_m'], 3)} to {digits(UM * r['end_m'], 3)}"
            sizes = (
                digits(None if r[k] is None else UM * r[k], 3) for k in ("mean_m", "d10_m", "d50_m", "d90_m")
            )
            rows.append((name, depth, digits(r["count"]), *sizes))
    header = ("Pieces", "Depth (µm)", "Count", "Mean (µm)", "d10 (µm)", "d50 (µm)", "d90 (µm)")
    note = (
        "Mean by number; d10, d50, d90 by volume. Pieces that touch the sides of the box along y and z are"
        f" left out; those that its ends along x cut count as they are ({_at_ends(result)})."
    )
    return TextTable("", header, rows, (2, 3, 4, 5, 6), note)


def _at_ends(result):
    kinds = ("fragments", "grains")
    counts = [sum(row["touching_ends"] for row in result[kind]["by_depth"]) for kind in kinds]
    return ", ".join(f"{count} {kind}" for count, kind in zip(counts, kinds))


def _binder_table(result):
    found = result["binder"]
    rows = (
        []
        if not found
        else [
            ("Clusters", digits(found["count"])),
            ("Share of the largest", percent(found["share_of_largest"])),
        ]
    )
    return TextTable("Binder", (), rows)


def _layers_table(result):
    rows = [
        (digits(UM * s["depth_m"], 3), digits(UM * s["thickness_m"], 3), percent(s["covered"]))
        for s in result["delaminated"] or ()
    ]
    return TextTable(
        "Void layers parallel to the collector",
        ("Depth (µm)", "Thickness (µm)", "Share of the cross-section"),
        rows,
        (0, 1, 2),
    )


def _change_table(result):
    rows = []
    for key, row in result["change"].items():
        what = PARTICLE_FIGURES[key]
        ends = NONE if row["low"] is None else f"{_signed(row['low'])} to {_signed(row['high'])}"
        change = NONE if row["relative_change"] is None else _signed(row["relative_change"])
        rows.append((what.label, _figure(what, row["before"]), _figure(what, row["after"]), change, ends))
    note = "Interval: 95 % of bootstrap samples over the particles; it holds no error of the segmentation."
    return TextTable("", ("Figure", "Before", "After", "Relative change", "95 %"), rows, (1, 2, 3, 4), note)


def _signed(change):
    return ("+" if change > 0 else "") + percent(change)


@styled
def change_figure(change):
    """Draw relative changes with their intervals."""
    shown = [
        (PARTICLE_FIGURES[key].label, row)
        for key, row in change.items()
        if row["relative_change"] is not None
    ]
    figure = new_figure(0.9 + 0.36 * max(len(shown), 1), 7.5)
    axes = figure.subplots()
    for place, (_, row) in enumerate(reversed(shown)):
        middle = 100 * row["relative_change"]
        ends = (
            None
            if row["low"] is None
            else [[max(middle - 100 * row["low"], 0)], [max(100 * row["high"] - middle, 0)]]
        )
        axes.errorbar(middle, place, xerr=ends, fmt="o", color=INK, capsize=3, markersize=5)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set(
        yticks=range(len(shown)),
        yticklabels=[name for name, _ in reversed(shown)],
        xlabel="Relative change (%)",
    )
    axes.set_ylim(-0.6, max(len(shown), 1) - 0.4)
    axes.grid(True, axis="x")
    return figure
