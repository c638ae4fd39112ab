"""Pages of `microsim segment` and `microsim particles`: what each step did, and how sure the result is."""

from functools import partial

import numpy as np

from ... import __version__
from ...segment.segmentation import threshold_probabilities
from ...volumes.slabs import take
from ..number_format import NONE, THIN, digits, duration, length, percent
from ..page import Drawing, Section, compact_json, filled, phases_drawing, write_page
from ..style import (
    INK,
    MUTED,
    UM,
    WIDTH,
    colour_map,
    mark_ends,
    new_figure,
    phase_colours,
    plane_edges,
    show_section,
    styled,
)
from ..tables import Card, Table

TITLES = {
    "crop": "Crop",
    "align": "Drift taken back",
    "curtains": "Curtains taken off",
    "rings": "Rings taken off",
    "resample": "Other voxels",
    "normalise": "Brightness evened out",
    "median": "Median filter",
    "nlm": "Non-local means",
    "unsharp": "Unsharp mask",
    "thresholds": "Labels by thresholds",
    "pore_back": "Pore-back correction",
    "classifier": "Labels by a trained classifier",
    "watershed": "Edges by watershed",
    "cracks": "Cracks",
}
CHANGES = {
    "crack_share": "Cracks / particle volume",
    "contact_share": "Contact with binder / particle surface",
    "mean_diameter_m": "Mean diameter",
    "mean_sphericity": "Mean sphericity",
    "mean_neighbours": "Neighbours of a particle",
    "fragments_per_particle": "Fragments of a particle",
    "binder_share_of_largest": "Share of the largest binder cluster",
    "delaminated_cross_section": "Cross-section of delaminated layers",
}


# ---- segmentation ------------------------------------------------------------------------------------------


def write_segment_report(out_dir, state, pictures, result, raw, progress=None):
    """Write report.html and figures/*.png of a segmentation into a folder; return the page's path.

    state, pictures: what run_recipe returned. result: the command's numbers. raw: the grey values before all
    steps. Raises InputError when the files cannot be written.
    """
    size = state.voxel_size or (1.0, 1.0, 1.0)
    sections = [
        Section("run", "What was run", tables=(_source_table(result),)),
        Section("result", "Result", _result_drawings(state, size), (_fractions_table(result),)),
        Section("levels", "Grey levels", (_levels_drawing(state),), (_levels_table(result),)),
        *_step_sections(state, pictures, result, raw),
    ]
    cards = [_fraction_card(name, result) for name in result["phases"]]
    cards.append(
        Card(
            "Mean probability", digits(result["mean_probability"], 3), "", "of the label given by grey value"
        )
    )
    records = [("Result (JSON)", compact_json(result))]
    return write_page(out_dir, "Segmentation", str(result["volume"]), cards, sections, records, {}, progress)


def _fraction_card(name, result):
    value = result["volume_fraction"][name]
    three = (value, *(result["bounds"][bound][name] for bound in ("low", "high")))
    return Card(
        f"Fraction of {name}",
        percent(value),
        "",
        f"{percent(min(three))} to {percent(max(three))} with moved edges",
    )


def _source_table(result):
    rows = [
        ("Grey volume", str(result["volume"])),
        ("Voxels (x × y × z), at the end", " × ".join(digits(n) for n in result["shape"])),
        ("Voxel size, at the end", length(*result["voxel_size_m"]) if result["voxel_size_m"] else NONE),
        ("Steps", ", ".join(TITLES.get(s["step"].split()[0], s["step"]).lower() for s in result["steps"])),
        ("Time", duration(sum(s["seconds"] for s in result["steps"]))),
        ("microsim version", __version__),
    ]
    return Table("Volume and version", (), rows)


def _fractions_table(result):
    rows = []
    for name, label in result["phases"].items():
        low, high = (result["bounds"][bound][name] for bound in ("low", "high"))
        rows.append(
            (
                name,
                digits(label),
                percent(result["volume_fraction"][name], 2),
                percent(low, 2),
                percent(high, 2),
            )
        )
    moved = digits(result["bounds"]["moved_by"], trim=True)
    note = (
        f"Low and high: with the edges where the grey value is {moved} of the step between the two levels"
        " lower and higher."
    )
    return Table("Phases", ("Phase", "Label", "Fraction", "Low", "High"), rows, (1, 2, 3, 4), note)


def _levels_table(result):
    levels, names = result["levels"], list(result["phases"])
    above = [*(digits(t) for t in levels["thresholds"]), NONE]
    rows = [
        (name, digits(mean), digits(spread, 3), up)
        for name, mean, spread, up in zip(names, levels["means"], levels["spreads"], above)
    ]
    note = (
        "Measured where the image is flat; standard deviation without edges. Threshold: to the next brighter"
        " phase."
    )
    return Table(
        "Grey levels", ("Phase", "Level", "Standard deviation", "Threshold above"), rows, (1, 2, 3), note
    )


def _result_drawings(state, size):
    grey, labels = state.grey, state.labels
    caption = "Grey values after preparation, and labels, in sections through the middle of the volume."
    drawings = [Drawing("labels", partial(labels_figure, grey, labels, state.names, size), caption)]
    sure = _probability_section(state, labels.shape[2] // 2)
    share = percent(float(np.mean(sure < 0.8)))
    caption = (
        f"Probability of the label given by grey value, in the section at the middle of z; {share} of it is"
        " below 0.8."
    )
    drawings.append(
        Drawing("probability", partial(probability_figure, sure, size, len(state.phases)), caption)
    )
    return tuple(drawings)


def _probability_section(state, z):
    """Probability of the likeliest label in a section across z."""
    if state.probability is not None:
        return np.asarray(state.probability[:, :, :, z]).max(0)
    return threshold_probabilities(state.matter[:, :, z : z + 1], state.levels).max(0)[:, :, 0]


@styled
def labels_figure(grey, labels, names, size):
    """Draw three sections: grey above, labels below."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    spans = UM * np.multiply(labels.shape, size)
    planes = ((0, 1), (0, 2), (2, 1))
    widths = [spans[a] for a, _ in planes]
    height = float(np.clip((WIDTH - 1.5) * max(spans[1:]) / sum(widths), 1.2, 4.5))
    figure = new_figure(2 * height + 1.1)
    panels = figure.subplots(2, 3, width_ratios=widths, squeeze=False)
    colours = phase_colours(names)
    scale = _grey_scale(_sampled(grey))
    for column, (a, b) in enumerate(planes):
        c = 3 - a - b
        for row, volume in enumerate((grey, labels)):
            plane = np.asarray(take(volume, c, volume.shape[c] // 2, volume.shape[c] // 2 + 1)).squeeze(c)
            plane = plane if a < b else plane.T
            edges = plane_edges(labels.shape, size, (0, 0, 0), (a, b))
            how = (
                dict(zip(("vmin", "vmax"), scale), cmap="gray")
                if row == 0
                else {
                    "cmap": ListedColormap([colours[n] for n in names]),
                    "vmin": -0.5,
                    "vmax": len(names) - 0.5,
                }
            )
            show_section(panels[row, column], plane, edges, **how)
        panels[1, column].set_xlabel(f"{'xyz'[a]} (µm)")
        for row in (0, 1):
            panels[row, column].set_ylabel(f"{'xyz'[b]} (µm)")
    handles = [Patch(facecolor=colours[n], edgecolor=MUTED, linewidth=0.4, label=n) for n in names]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(names))
    return figure


@styled
def probability_figure(sure, size, phases):
    """Draw the probability of each voxel's label in a section [x, y]; at least 1 / phases."""
    aspect = sure.shape[0] * size[0] / (sure.shape[1] * size[1])
    height = float(np.clip(5.5 / aspect, 1.5, 5.0))
    figure = new_figure(height + 0.8, 7.0, layout="compressed")
    axes = figure.subplots()
    edges = plane_edges((*sure.shape, 1), (*size[:2], 1.0), (0, 0, 0), (0, 1))
    image = show_section(axes, sure, edges, vmin=1 / phases, vmax=1, cmap=colour_map("viridis"))
    axes.set(xlabel="x (µm)", ylabel="y (µm)")
    figure.colorbar(image, ax=axes, label="Probability of the label", shrink=0.9)
    return figure


def _levels_drawing(state):
    some = _sampled(state.matter)
    levels = state.levels
    caption = (
        "Share of voxels by grey value after preparation"
        + (" and pore-back correction" if state.solid is not None else "")
        + ". Lines: thresholds; bars above: level and standard deviation of each phase, measured in flat"
        " parts."
    )
    return Drawing("histogram", partial(histogram_figure, some, levels, state.phases), caption)


@styled
def histogram_figure(values, levels, names):
    """Draw a histogram with thresholds and the levels of the phases."""
    figure = new_figure(3.4, 7.5)
    axes = figure.subplots()
    colours = phase_colours(names)
    counts, edges = np.histogram(values, 160, _grey_scale(values, 0.05))
    share = counts / values.size
    axes.stairs(share, edges, fill=True, color="#c9ced6")
    axes.stairs(share, edges, color=MUTED, linewidth=0.9)
    for t in levels.thresholds:
        axes.axvline(t, color=INK, linestyle=(0, (4, 3)), linewidth=1.0)
    top = float(share.max())
    for name, mean, spread in zip(names, levels.means, levels.spreads):
        axes.errorbar(
            mean,
            1.55 * top,
            xerr=spread,
            fmt="o",
            color=colours[name],
            capsize=3,
            markeredgecolor=INK,
            markersize=6,
        )
        axes.annotate(name, (mean, 1.55 * top), (0, 7), textcoords="offset points", ha="center", fontsize=8)
    axes.set_yscale("symlog", linthresh=max(top / 50, 1e-6))
    axes.set_ylim(0, top * 3)
    axes.set(xlabel="Grey value", ylabel="Share of voxels")
    axes.grid(True, axis="y")
    return figure


# ---- the steps ---------------------------------------------------------------------------------------------


def _step_sections(state, pictures, result, raw):
    sections, number = [], {}
    for picture, figures in zip(pictures, result["steps"]):
        number[picture.step] = number.get(picture.step, 0) + 1
        more = number[picture.step] > 1
        again, anchor = (
            f" ({number[picture.step]})" * more,
            picture.step.replace("_", "-") + f"-{number[picture.step]}" * more,
        )
        name = f"step_{len(sections) + 1}_{picture.step}"
        title = f"{len(sections) + 1}. {TITLES[picture.step]}{again}"
        drawings = [Drawing(name, partial(step_figure, picture, state.names), _step_caption(picture))]
        if picture.step == "align":
            drawings.append(
                Drawing(
                    f"{name}_shifts",
                    partial(shifts_figure, figures["shift_voxels"], picture.axis),
                    "Shift of each slice against the first, in voxels.",
                )
            )
        sections.append(
            Section(anchor, title, tuple(drawings), filled(_step_table(picture.step, figures, state.phases)))
        )
    return sections


def _step_caption(picture):
    where = f"Middle slice across {picture.axis}, before and after"
    if picture.histogram:
        return f"{where}, with the histogram of the volume: before (line) and after (filled)."
    return f"{where}." if picture.before.dtype.kind != "f" else f"{where} (grey values, labels)."


@styled
def step_figure(picture, names):
    """Draw the middle slice before and after a step, and histograms where both are grey."""
    from matplotlib.colors import ListedColormap

    planes = (picture.before, picture.after)
    count = 3 if picture.histogram else 2
    aspect = planes[1].shape[0] / max(planes[1].shape[1], 1)
    height = float(np.clip(WIDTH / 3.2 / aspect, 1.3, 4.2))
    figure = new_figure(height + 0.4)
    panels = figure.subplots(1, count, width_ratios=[1, 1, 0.9][:count])
    colours = phase_colours(names)
    for axes, plane, title in zip(panels, planes, ("before", "after")):
        if plane.dtype == np.uint8 and plane.max() < len(names) and not picture.histogram:
            how = {
                "cmap": ListedColormap([colours[n] for n in names]),
                "vmin": -0.5,
                "vmax": len(names) - 0.5,
            }
        else:
            how = dict(zip(("vmin", "vmax"), _grey_scale(planes[0])), cmap="gray")
        axes.imshow(plane.T, origin="lower", interpolation="nearest", **how)
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    if picture.histogram:
        (old, old_edges), (new, new_edges) = picture.histogram
        panels[2].stairs(new / np.diff(new_edges), new_edges, fill=True, color="#c9ced6")
        panels[2].stairs(old / np.diff(old_edges), old_edges, color=INK, linewidth=0.9)
        panels[2].set(xlabel="Grey value", yticks=[], xlim=_grey_scale(planes[0], 0.2))
        panels[2].spines["left"].set_visible(False)
    return figure


@styled
def shifts_figure(shifts, axis):
    """Draw the shift of the slices over their number."""
    shifts = np.asarray(shifts)
    others = [a for a in "xyz" if a != axis]
    figure = new_figure(2.4, 7.0)
    axes = figure.subplots()
    for along, name, colour in zip(shifts.T, others, ("#0072b2", "#d55e00")):
        axes.plot(along, label=f"along {name}", color=colour)
    axes.set(xlabel=f"Slice across {axis}", ylabel="Shift (voxels)")
    axes.grid(True)
    axes.legend()
    return figure


def _step_table(step, figures, phases):
    if step == "pore_back":
        rows = [
            (name, percent(figures["before"][name], 2), percent(figures["after"][name], 2)) for name in phases
        ]
        note = (
            f"{percent(figures['returned_to_void'])} of the volume had passed for solid and was returned to"
            " the void."
        )
        return Table(
            "Shares by grey value alone, and corrected", ("Phase", "Before", "After"), rows, (1, 2), note
        )
    shown = {
        "noise_before": ("Noise before, standard deviation", digits),
        "accuracy_on_unseen_painted_voxels": ("Accuracy on painted voxels that a tree had not seen", percent),
        "share_changed": ("Voxels whose label changed", percent),
        "share_of_particles": ("Cracks / volume of particles", lambda value: percent(value, 2)),
        "largest_shift_voxels": (
            "Largest shift (voxels)",
            lambda value: " and ".join(digits(v, 3) for v in value),
        ),
    }
    rows = [(name, write(figures[key])) for key, (name, write) in shown.items() if key in figures]
    return Table("", (), rows)


def _sampled(values, most=1_000_000):
    step = max(int(np.cbrt(values.size / most)), 1)
    return np.asarray(values[::step, ::step, ::step], np.float32).ravel()


def _grey_scale(values, tail=0.5):
    low, high = np.percentile(np.asarray(values, np.float32), [tail, 100 - tail])
    return (float(low), float(high)) if high > low else (float(low) - 1, float(low) + 1)


# ---- particles ---------------------------------------------------------------------------------------------


def write_particles_report(out_dir, grid, particles, result, progress=None):
    """Write report.html and figures/*.png of `microsim particles`; return the page's path.

    grid: VoxelGrid; particles: mesh.particles.Particles; result: the command's numbers.
    """
    sections = [
        Section("run", "What was measured", tables=(_measured_table(grid, result),)),
        Section("phases", "Phases", (phases_drawing(grid),)),
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
        Section(
            "binder",
            "Binder and delaminated layers",
            tables=filled(_binder_table(result), _layers_table(result)),
            note=(
                ""
                if result["binder"] or result["delaminated"]
                else "No binder cluster and no void layer was found."
            ),
        ),
    ]
    if "change" in result:
        caption = (
            "Relative change since the state before; lines: 95 % of the bootstrap samples over the particles."
        )
        drawing = Drawing("change", partial(change_figure, result["change"]), caption)
        sections.insert(
            1, Section("change", "Change between the two states", (drawing,), (_change_table(result),))
        )
    totals = result["particles"]
    cards = [
        Card("Particles", digits(totals["count"]), "", f"{totals['cut_by_box']} cut by the box"),
        Card("Cracks", percent(totals["crack_share"], 2), "", "of the particles' volume"),
        Card(
            "Contact",
            percent(totals["contact_share"]) if totals["contact_share"] is not None else NONE,
            "",
            "of the particles' surface touches binder",
        ),
    ]
    records = [("Result (JSON)", compact_json(result))]
    return write_page(out_dir, "Particles", str(result["volume"]), cards, sections, records, {}, progress)


def _measured_table(grid, result):
    rows = [
        ("Volume", str(result["volume"])),
        ("State before", str(result["against"]["volume"]) if "against" in result else NONE),
        ("Voxels (x × y × z)", " × ".join(digits(n) for n in grid.shape)),
        ("Voxel size", length(*grid.voxel_size)),
        ("Split depth (voxels)", digits(result["options"]["depth"], trim=True)),
        ("Smallest piece (voxels)", digits(result["options"]["smallest"])),
        ("microsim version", __version__),
    ]
    return Table("Volume and options", (), rows)


def _figures_table(totals):
    names = {"crack_share": percent, "contact_share": percent}
    rows = [(CHANGES[key], _figure(key, totals[key], names.get(key))) for key in CHANGES if key in totals]
    return Table("All particles", (), rows)


def _figure(key, value, write=None):
    if value is None:
        return NONE
    if key.endswith("_m"):
        return f"{digits(UM * value)}{THIN}µm"
    return (write or digits)(value)


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
        "Share of the pieces below a diameter (of a sphere of the same volume), by region of depth; by"
        " number."
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

    figure = new_figure(3.2)
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
            axes.legend(title="depth (count)", title_fontsize=8, loc="upper left")
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
    note = "Mean by number; d10, d50, d90 by volume. Pieces that touch the sides of the box are left out."
    return Table("", header, rows, (2, 3, 4, 5, 6), note)


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
    return Table("Binder", (), rows)


def _layers_table(result):
    rows = [
        (digits(UM * s["depth_m"], 3), digits(UM * s["thickness_m"], 3), percent(s["covered"]))
        for s in result["delaminated"] or ()
    ]
    return Table(
        "Void layers parallel to the collector",
        ("Depth (µm)", "Thickness (µm)", "Share of the cross-section"),
        rows,
        (0, 1, 2),
    )


def _change_table(result):
    rows = []
    for key, row in result["change"].items():
        write = percent if "share" in key or "cross" in key else None
        ends = NONE if row["low"] is None else f"{_signed(row['low'])} to {_signed(row['high'])}"
        change = NONE if row["relative_change"] is None else _signed(row["relative_change"])
        rows.append(
            (
                CHANGES[key],
                _figure(key, row["before"], write),
                _figure(key, row["after"], write),
                change,
                ends,
            )
        )
    note = "Interval: 95 % of bootstrap samples over the particles; it holds no error of the segmentation."
    return Table("", ("Figure", "Before", "After", "Relative change", "95 %"), rows, (1, 2, 3, 4), note)


def _signed(change):
    return ("+" if change > 0 else "") + percent(change)


@styled
def change_figure(change):
    """Draw relative changes with their intervals."""
    shown = [(CHANGES[key], row) for key, row in change.items() if row["relative_change"] is not None]
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
