"""Figures and tables of what a run tells beside its voltage: the voltage's parts, particles, reaction over
the depth."""

import re

import numpy as np

from ..analysis.half_cycles import charges_and_discharges
from ..base.quantities import VOLTAGE_PARTS, quantity
from ..volumes.fields import read_field, read_names, read_times
from .number_format import THIN, digits, fixed, percent, time_unit
from .page import TextTable
from .style import (
    DEPTH,
    INK,
    MUTED,
    UM,
    colour_map,
    limits,
    mark_ends,
    new_figure,
    plane_edges,
    show_section,
    styled,
)

# the electrode's faces and particles first, then the electrolyte, the solids, and the counter electrode
STACKED = sorted(
    VOLTAGE_PARTS,
    key=lambda name: (name.startswith("counter"), name == "electronic", name.startswith("electrolyte")),
)
SMALL, OTHERS = 0.005, ("Others", "#e5e7eb")  # parts below this share of the total are drawn as one
PANELS = 4
LITTLE = 5e-4  # of the active material, which a tenth of a percent does not show


# -- the voltage ---------------------------------------------------------------------------------------------


def loaded_steps(found):
    """Find the steps that pass charge: [(name, rows of the columns)]."""
    step, capacity = np.array(found["step"]), np.array(found["capacity_mAh_g"], float)
    least = 1e-3 * max(np.ptp(capacity), 1e-12) if capacity.size else 0.0
    rows = [np.flatnonzero(step == number) for number in np.unique(step)]
    return [(found["step_name"][at[0]], at) for at in rows if at.size > 1 and np.ptp(capacity[at]) > least]


@styled
def overpotentials_figure(found):
    """Draw the parts of U - V, stacked over the capacity, of the last steps that pass charge. found:
    result["overpotentials"]."""
    steps = loaded_steps(found)[-PANELS:]
    columns = min(len(steps), 2)
    lines = -(-len(steps) // columns)
    figure = new_figure(2.7 * lines + 0.6)
    panels = figure.subplots(lines, columns, squeeze=False)
    shown = _shown_parts(found, np.concatenate([at for _, at in steps]))
    for axes, (name, at) in zip(panels.flat, steps):
        _stack(axes, found, at, shown)
        axes.set_title(name, loc="left")
        axes.set(xlabel="Specific capacity (mAh g⁻¹)", ylabel="Open circuit − voltage (mV)")
    for axes in panels.flat[len(steps) :]:
        axes.remove()
    handles, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles[::-1], names[::-1], loc="outside right center")
    return figure


def _shown_parts(found, rows):
    """Parts that are drawn on their own: [(name, label, colour)]."""
    largest = np.abs(np.array(found["total_V"])[rows]).max()
    parts = {name: np.abs(np.array(values)[rows]).max() for name, values in found["parts_V"].items()}
    shown = [VOLTAGE_PARTS[name] for name in STACKED if parts.get(name, 0) > SMALL * largest]
    return [(part.name, part.label, part.colours) for part in shown]


def _stack(axes, found, at, shown):
    """Stack the parts, those above zero upwards and those below downwards, and draw the whole."""
    capacity = np.array(found["capacity_mAh_g"])[at]
    capacity = np.abs(capacity - capacity[0])
    total = 1e3 * np.array(found["total_V"])[at]
    layers = [(label, colour, 1e3 * np.array(found["parts_V"][name])[at]) for name, label, colour in shown]
    rest = total - sum(values for *_, values in layers)
    if np.abs(rest).max() > SMALL * np.abs(total).max():
        layers.append((*OTHERS, rest))
    up, down = np.zeros(at.size), np.zeros(at.size)
    for label, colour, values in layers:
        above, below = np.maximum(values, 0), np.minimum(values, 0)
        axes.fill_between(capacity, up, up + above, color=colour, lw=0, label=label)
        axes.fill_between(capacity, down, down + below, color=colour, lw=0)
        up, down = up + above, down + below
    axes.plot(capacity, total, color=INK, lw=1.2, label="Whole")
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.margins(x=0)


def overpotentials_caption(found):
    """Say what the stacked parts are, and what they come to on average over the last step that passes
    charge."""
    name, at = loaded_steps(found)[-1]
    means = {part: 1e3 * mean_over_charge(found, at, found["parts_V"][part]) for part in found["parts_V"]}
    largest = sorted(means, key=lambda part: -abs(means[part]))[:3]
    said = ", ".join(
        f"{VOLTAGE_PARTS[part].label.lower()} {digits(means[part], 3)}{THIN}mV" for part in largest
    )
    return (
        "What stands between the open-circuit voltage at the electrodes' mean lithiation and the cell"
        " voltage, over the specific capacity of a step. Means over the reactive faces weighted by their"
        " current, so that ohmic parts are the power lost over the current; the parts sum to the whole"
        f" exactly. Mean over {name}: {said}."
    )


def mean_over_charge(found, at, values):
    """Mean over the charge."""
    capacity, values = np.array(found["capacity_mAh_g"])[at], np.array(values)[at]
    return float(np.trapezoid(values, capacity) / (capacity[-1] - capacity[0]))


def overpotentials_table(found):
    """Tabulate the parts at the end of each step (mV)."""
    step = np.array(found["step"])
    ends = [int(np.flatnonzero(step == number)[-1]) for number in dict.fromkeys(found["step"])]
    used = [
        name for name in STACKED if np.abs(np.array(found["parts_V"].get(name, [0.0]))[ends]).max() > 5e-6
    ]
    rows = [
        (
            f"{found['step'][at] + 1} {_short(found['step_name'][at])}",
            *(
                fixed(1e3 * value, 2)
                for value in (found["total_V"][at], *(found["parts_V"][name][at] for name in used))
            ),
            found["weights"][at],
        )
        for at in ends
    ]
    header = ("End of step, in mV", "Whole", *(VOLTAGE_PARTS[name].label for name in used), "Means over")
    note = (
        "Above zero: takes from a discharge. Solid diffusion: lithiation at the faces against the mean of"
        " their particle; uneven particles: those means against that of the electrode. Salt: concentration"
        " at the faces against that of the start. Means over: the faces' current, or their area where no"
        " current passes. Largest miss of the sum at any time:"
        f" {digits(1e3 * found['largest_miss_V'], 2)}{THIN}mV."
    )
    return TextTable("", header, rows, tuple(range(1, len(used) + 2)), note)


def _short(name):
    """A step's name without what ends it: the other columns need the room."""
    return re.split(r" (?:for|until|or) ", name)[0]


# -- particles -----------------------------------------------------------------------------------------------


@styled
def particles_figure(found):
    """Draw how far each particle is used, over its depth and over its size, and the lithiation below the
    surface.

    found: result["heterogeneity"].
    """
    end, particles = last_discharge_end(found), found["particles"]
    near = end["by_distance_to_surface"]
    figure = new_figure(3.2, bars_between=True)
    panels = figure.subplots(1, 3 if near else 2, width_ratios=[1.25, 1, 1][: 3 if near else 2])
    depth, diameter = UM * np.array(particles["depth_m"]), UM * np.array(particles["diameter_m"])
    used, std = (np.array(end["particles"][name], float) for name in ("utilisation", "std"))
    dead = _taking_none(end)
    marks = {"cmap": "viridis", "vmin": diameter.min(), "vmax": diameter.max(), "lw": 0.8}
    dots = panels[0].scatter(depth[~dead], 100 * used[~dead], c=diameter[~dead], s=10, **marks)
    panels[0].scatter(depth[dead], 100 * used[dead], c=diameter[dead], s=14, marker="x", **marks)
    figure.colorbar(dots, ax=panels[0], label="Diameter (µm)").outline.set_linewidth(0.5)
    panels[0].axhline(100 * end["utilisation"]["mean"], color=MUTED, lw=0.8)
    panels[0].set(xlabel=DEPTH, ylabel="Utilisation (%)", xlim=(0, UM * end["by_depth"]["x_m"][-1]))
    mark_ends(panels[0])
    panels[1].scatter(diameter[~dead], std[~dead], c=INK, s=8, alpha=0.6, lw=0)
    panels[1].scatter(diameter[dead], std[dead], c=INK, s=12, alpha=0.6, lw=0.8, marker="x", clip_on=False)
    panels[1].set(xlabel="Diameter (µm)", ylabel="Lithiation, std within the particle", ylim=(0, None))
    if near:
        _by_distance(panels[2], near)
    for axes in panels:
        axes.grid(True)
    return figure


def _taking_none(end):
    """Which of the listed particles take no part."""
    share = end["particles"].get("taking_part") or [1.0] * len(end["particles"]["mean"])
    return np.array(share, float) == 0


def _by_distance(axes, near):
    x, mean, std = (np.array(near[name], float) for name in ("distance_m", "mean", "std"))
    axes.fill_between(UM * x, mean - std, mean + std, color="#c7d9ee", lw=0)
    axes.plot(UM * x, mean, color="#1f5fa8")
    axes.set(xlabel="Distance to the surface (µm)", ylabel=quantity("sto").label)
    axes.set_xlim(0, None)


def particles_caption(found):
    """Say what the particles' figure shows, with the spread of their use."""
    end, particles = last_discharge_end(found), found["particles"]
    used = end["utilisation"]
    most = "" if particles["listed"] == particles["count"] else f" (the {particles['listed']} largest drawn)"
    return (
        f"At the end of {end['name']}. Left: utilisation, the share of the material's lithiation window that"
        f" is filled, of each of {digits(particles['count'])} particles{most} found by a watershed at their"
        f" necks; line: mean. It runs from {digits(100 * used['min'], 3)} to"
        f" {digits(100 * used['max'], 3)}{THIN}%, mean {digits(100 * used['mean'], 3)}, standard deviation"
        f" {digits(100 * used['std'], 2)}.{_dead_particles(end)} Middle: spread of the lithiation within"
        " each. Right: lithiation over the distance to the surface of the active material, mean and standard"
        " deviation."
    )


def _dead_particles(end):
    """Say which of the particles take no part, and how far the others are used."""
    dead, used = int(_taking_none(end).sum()), end.get("utilisation_taking_part")
    if not dead:
        return ""
    return (
        f" Crosses: {dead} that take{'s' * (dead == 1)} no part; the others run from"
        f" {digits(100 * used['min'], 3)} to {digits(100 * used['max'], 3)}{THIN}%, mean"
        f" {digits(100 * used['mean'], 3)}, standard deviation {digits(100 * used['std'], 2)}."
    )


def last_discharge_end(found):
    """Find the end of the last discharge, or of the last step that passes charge; None where there is
    none."""
    ends, times = found["ends"], found["times"]
    mean, at = np.array(times["mean"], float), np.array(times["time_s"], float)
    means = [mean[int(np.argmin(np.abs(at - end["time_s"])))] for end in ends]
    taken = np.diff([*mean[:1], *means])  # a discharge of the cell fills the electrode that is told of
    filling = [steps[-1] for sign, steps in charges_and_discharges(taken.tolist()) if sign > 0]
    return ends[filling[-1] if filling else -1] if ends else None


def taking_part(found, row):
    """Return the share of the active material that takes part at a stored time, None where it is all, or
    not known."""
    shares = found["times"].get("share_taking_part")
    return shares[row] if shares and shares[row] < 1 - LITTLE else None


# -- over time -----------------------------------------------------------------------------------------------


@styled
def reaction_figure(found, shape, voxel_size, fields_path=None):
    """Draw where the reaction is over time, the local C-rate over time and in a section, and the spread of
    lithiation.

    found: result["heterogeneity"]; shape, voxel_size (m): of the image; fields_path: fields.h5, for the
    section.
    """
    times = found["times"]
    seconds, unit = time_unit(times["time_s"][-1] - times["time_s"][0])
    t = np.array(times["time_s"]) / seconds
    section = _rate_section(found, fields_path)
    figure = new_figure(5.6, bars_between=True)
    panels = figure.subplots(2, 2)
    _front(figure, panels[0, 0], times, t, UM * shape[0] * voxel_size[0])
    some = taking_part(found, -1) is not None
    _local_rate(panels[0, 1], times, t, "local_c_rate_taking_part" if some else "local_c_rate")
    for name, label, colour in (
        ("std", "all", INK),
        ("std_between", "between particles", "#cc79a7"),
        ("std_within", "within particles", "#d55e00"),
        ("std_over_depth", "over the depth", "#1f5fa8"),
    ):
        panels[1, 0].plot(t, times[name], color=colour, label=label)
        if some:
            panels[1, 0].plot(t, times[f"{name}_taking_part"], color=colour, ls="--", lw=0.9)
    panels[1, 0].set(ylabel="Lithiation, standard deviation", ylim=(0, 1.3 * max(max(times["std"]), 1e-6)))
    panels[1, 0].legend(loc="upper left", ncols=2)
    for axes in (*panels[0], panels[1, 0]):
        axes.set_xlabel(f"Time ({unit})")
    for axes in (panels[0, 1], panels[1, 0]):
        axes.grid(True)
    if section is None:
        panels[1, 1].remove()
    else:
        _draw_section(figure, panels[1, 1], section, shape, voxel_size, (seconds, unit))
    return figure


def _front(figure, axes, times, t, depth_um):
    """Reaction over depth and time, each time over its own mean, and where it is largest."""
    rate = np.array([[np.nan if v is None else v for v in row] for row in times["reaction_A_m2"]])
    carries = np.array([peak is not None for peak in times["peak_depth_m"]])
    means = np.array([np.nanmean(np.abs(row)) for row in rate])
    map_ = np.where(carries[:, None], np.abs(rate) / np.where(means > 0, means, 1)[:, None], np.nan)
    low, high, extend = limits(map_, tail=1.0)
    step = np.diff(t).min(initial=1.0) or 1.0
    edges_t = np.concatenate([[t[0]], (t[1:] + t[:-1]) / 2, [t[-1] + (1e-9 + 0.01 * step)]])
    edges_x = np.linspace(0, depth_um, rate.shape[1] + 1)
    image = axes.pcolormesh(
        edges_t, edges_x, map_.T, cmap=colour_map("cividis"), vmin=low, vmax=high, rasterized=True
    )
    figure.colorbar(image, ax=axes, extend=extend, label="Reaction / its mean").outline.set_linewidth(0.5)
    peak = UM * np.array([np.nan if p is None else p for p in times["peak_depth_m"]])
    axes.plot(t, peak, "o-", color="#ffffff", mec=INK, ms=4, lw=1.0, clip_on=False)
    axes.set(ylabel=DEPTH, ylim=(0, depth_um))


def _local_rate(axes, times, t, column):
    """Quantiles of the local C-rate, each between two stored times."""
    known = [k for k, rate in enumerate(times[column]) if rate is not None]
    one = len(known) == 1  # all over its time
    middle = t[known[0] - 1 : known[0] + 1] if one else np.array([(t[k] + t[k - 1]) / 2 for k in known])
    rate = {
        name: np.array([times[column][k][name] for k in known] * (2 if one else 1))
        for name in ("p05", "p25", "p50", "p75", "p95")
    }
    axes.fill_between(middle, rate["p05"], rate["p95"], color="#dbe7f4", lw=0, label="5 to 95 %")
    axes.fill_between(middle, rate["p25"], rate["p75"], color="#9fc0e2", lw=0, label="25 to 75 %")
    axes.plot(middle, rate["p50"], color="#1f5fa8", label="Median")
    axes.set(ylabel="Local C-rate (h⁻¹)", xlim=(t[0], t[-1]), ylim=(0, None))
    axes.legend()


def _rate_section(found, path):
    """Local C-rate in the section z = middle, halfway through the last discharge; and its two times (s)."""
    end = last_discharge_end(found)
    if path is None or end is None or "sto" not in read_names(path):
        return None
    times, _ = read_times(path)
    rows = [k for k, step in enumerate(found["times"]["step"]) if step == end["step"]]
    k = rows[len(rows) // 2]
    if k == 0 or k >= len(times) or times[k] <= times[k - 1]:
        return None
    sto = [read_field(path, "sto", at)[0] for at in (k - 1, k)]
    middle = sto[0].shape[2] // 2
    change = (sto[1][:, :, middle].astype(float) - sto[0][:, :, middle]) / (times[k] - times[k - 1]) * 3600
    return np.abs(change) / found["window"], times[k - 1], times[k]


def _draw_section(figure, axes, section, shape, voxel_size, time):
    plane, start, stop = section
    low, high, extend = limits(plane)
    edges = plane_edges(shape, voxel_size, (0, 0, 0), (0, 1))
    image = show_section(axes, plane, edges, cmap=colour_map("viridis"), vmin=low, vmax=high)
    figure.colorbar(image, ax=axes, extend=extend, label="Local C-rate (h⁻¹)").outline.set_linewidth(0.5)
    axes.set(xlabel=DEPTH, ylabel="y (µm)")
    seconds, unit = time
    axes.set_title(f"{digits(start / seconds, 3)} to {digits(stop / seconds, 3)}{THIN}{unit}", loc="left")


def reaction_caption(found):
    """Say what the figure over time shows, with the last figures."""
    times, share = found["times"], taking_part(found, -1)
    of_rate, dashed, of_part = "", "", ""
    if share is not None:
        of_rate, dashed = ", of what takes part", "; dashed: the same over what takes part"
        of_part = (
            f" {percent(1 - share)} of the active material takes no part and keeps its lithium; over the rest"
            f" it is {_deviations(times, '_taking_part')}."
        )
    return (
        "Upper left: reaction per area of interface of each layer over its mean at that time; dots: where it"
        " is largest, smoothed over a twentieth of the thickness. Upper right: local C-rate, change of"
        f" lithiation between stored times over the material's window and hour{of_rate}. Lower left: standard"
        " deviation of the lithiation over all of the active material, of the particles' means, within"
        f" particles and of the layers' means{dashed}. Lower right: local C-rate in a section halfway through"
        f" the last discharge. At the last time the deviation is {_deviations(times, '')}.{of_part}"
    )


def _deviations(times, ending):
    all_, between, within = (
        digits(times[f"{name}{ending}"][-1], 2) for name in ("std", "std_between", "std_within")
    )
    return f"{all_}, {between} between and {within} within particles"
