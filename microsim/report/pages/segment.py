"""The page of `microsim segment`: what each step did, and how sure the result is."""

from functools import partial

import numpy as np

from ... import __version__
from ...segment.segmentation import threshold_probabilities
from ...segment.steps import STEPS
from ...volumes.slabs import take
from ..number_format import NONE, digits, duration, length_text, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import (
    INK,
    MUTED,
    UM,
    WIDTH,
    colour_map,
    legend_name,
    new_figure,
    phase_colours,
    plane_edges,
    show_section,
    styled,
)
from .common import voxels_text


def write(folder, *, state, pictures, result, progress=None):
    """Write report.html and figures/*.png of a segmentation; return the path of the page.

    state, pictures: what run_recipe returned. result: the command's numbers. progress: callable
    (done, total, message). Raises InputError when the files cannot be written.
    """
    size = state.voxel_size or (1.0, 1.0, 1.0)
    doubt = " ".join(f"Doubt: {said}." for said in result["doubts"])
    sections = [
        Section("run", "What was run", tables=(_source_table(result),)),
        Section("result", "Result", _result_drawings(state, size), (_fractions_table(result),), notice=doubt),
        Section("levels", "Grey levels", (_levels_drawing(state),), (_levels_table(result),)),
        *_step_sections(state, pictures, result),
    ]
    cards = [_fraction_card(name, result) for name in result["phases"]]
    sure = digits(result["mean_probability"], 3)
    cards.append(Card("Mean probability", sure, "", "of the label given by grey value"))
    return write_page(
        folder,
        title="Segmentation",
        kind=str(result["volume"]),
        cards=cards,
        sections=sections,
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def figure(*, state):
    """Draw grey values and labels in three sections; return a Figure. state: as of `write`."""
    return labels_figure(state.grey, state.labels, state.names, state.voxel_size or (1.0, 1.0, 1.0))


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
        ("Voxels (x × y × z), at the end", voxels_text(result["shape"])),
        ("Voxel size, at the end", length_text(*result["voxel_size_m"]) if result["voxel_size_m"] else NONE),
        ("Steps", ", ".join(STEPS[s["step"].split()[0]].title.lower() for s in result["steps"])),
        ("Time", duration(sum(s["seconds"] for s in result["steps"]))),
        ("microsim version", __version__),
    ]
    return TextTable("Volume and version", (), rows)


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
        f"Edges lower and higher: where the grey value is {moved} of the step between two levels lower and"
        " higher."
    )
    return TextTable(
        "Phases", ("Phase", "Label", "Fraction", "Edges lower", "Edges higher"), rows, (1, 2, 3, 4), note
    )


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
    return TextTable(
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
    handles = [
        Patch(facecolor=colours[n], edgecolor=MUTED, linewidth=0.4, label=legend_name(n)) for n in names
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(names))
    return figure


@styled
def probability_figure(sure, size, phases):
    """Draw the probability of each voxel's label in a section [x, y]; at least 1 / phases."""
    aspect = sure.shape[0] * size[0] / (sure.shape[1] * size[1])
    height = float(np.clip(5.5 / aspect, 1.5, 3.4))
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


def _step_sections(state, pictures, result):
    sections, number = [], {}
    for picture, figures in zip(pictures, result["steps"]):
        number[picture.step] = number.get(picture.step, 0) + 1
        more = number[picture.step] > 1
        again, anchor = (
            f" ({number[picture.step]})" * more,
            picture.step.replace("_", "-") + f"-{number[picture.step]}" * more,
        )
        name = f"step_{len(sections) + 1}_{picture.step}"
        title = f"{len(sections) + 1}. {STEPS[picture.step].title}{again}"
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
        return TextTable(
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
    return TextTable("", (), rows)


def _sampled(values, most=1_000_000):
    step = max(int(np.cbrt(values.size / most)), 1)
    return np.asarray(values[::step, ::step, ::step], np.float32).ravel()


def _grey_scale(values, tail=0.5):
    low, high = np.percentile(np.asarray(values, np.float32), [tail, 100 - tail])
    return (float(low), float(high)) if high > low else (float(low) - 1, float(low) + 1)
