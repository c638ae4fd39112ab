"""Figures of runs side by side: curves, profiles over the depth, maps on one colour scale, differences.

Every function takes the width of the figure (inches), for the columns of a journal as well: below NARROW the
panels stand one below the other.
"""

import numpy as np

from ..base.quantities import FIELDS
from .number_format import time_unit
from .style import (
    DEPTH,
    UM,
    WIDTH,
    colour_map,
    legend_name,
    limits,
    new_figure,
    plane_edges,
    show_section,
    styled,
    symmetric_limit,
)

COLOURS = ("#1f5fa8", "#d1781f", "#009e73", "#cc79a7", "#1f2933", "#e1b000")  # of the runs, in order
DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), "-.", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
NARROW = 5.0  # inches
PROFILES = ("sto", "c_e", "phi_e")


def looks(runs):
    """Give each run its line: colours that any colour vision tells apart, and a dash."""
    return [
        {"color": COLOURS[k], "ls": DASHES[k], "lw": 1.5, "label": legend_name(run.label)}
        for k, run in enumerate(runs)
    ]


def _panels(count, width, height):
    """A figure of so many panels beside each other, or below where it is narrow."""
    if width < NARROW:
        figure = new_figure(count * height * 0.8, width)
        return figure, list(np.atleast_1d(figure.subplots(count, 1)))
    figure = new_figure(height, width)
    return figure, list(np.atleast_1d(figure.subplots(1, count)))


def _legend(figure, axes, count):
    handles, names = axes.get_legend_handles_labels()
    wide = figure.get_figwidth() >= NARROW
    if count > 1:
        figure.legend(handles, names, loc="outside lower center", ncols=min(count, 3 if wide else 1))


@styled
def voltages_figure(runs, width=WIDTH):
    """Draw the voltage over capacity and time, and from the second run on less that of the first."""
    figure, panels = _panels(2 + (len(runs) > 1), width, 3.5)
    longest = max(run.curve.time_s[-1] - run.curve.time_s[0] for run in runs)
    seconds, unit = time_unit(longest)
    for run, look in zip(runs, looks(runs), strict=True):
        panels[0].plot(*run.curve.last_discharge(), **look)
        panels[1].plot(run.curve.time_s / seconds, run.curve.voltage_V, **look)
        if len(runs) > 1 and run is not runs[0]:
            q, volts = voltage_difference(runs[0].curve, run.curve)
            panels[2].plot(q, 1e3 * volts, **look)
    panels[0].set(xlabel="Specific capacity (mAh g⁻¹)", ylabel="Voltage (V)")
    panels[1].set(xlabel=f"Time ({unit})", ylabel="Voltage (V)")
    if len(runs) > 1:
        panels[2].axhline(0, color=COLOURS[0], lw=1.0)
        panels[2].set(xlabel="Specific capacity (mAh g⁻¹)", ylabel="Less the first (mV)")
    for axes in panels:
        axes.grid(True)
    _legend(figure, panels[0], len(runs))
    return figure


def voltage_difference(first, other):
    """Return capacity (mAh g-1) and other less first (V) over what both of the last discharges passed."""
    (q, v), (p, w) = first.last_discharge(), other.last_discharge()
    shared = np.unique(np.concatenate([q, p]))
    shared = shared[shared <= min(q[-1], p[-1])]
    return shared, np.interp(shared, p, w) - np.interp(shared, q, v)


@styled
def depths_figure(runs, width=WIDTH):
    """Draw lithiation, salt and potential of the electrolyte over the depth, a curve for each run."""
    figure, panels = _panels(len(PROFILES), width, 3.2)
    for run, look in zip(runs, looks(runs), strict=True):
        if run.depth is None:
            continue
        for axes, name in zip(panels, PROFILES, strict=True):
            values = FIELDS[name].factor * np.array(run.depth[name], float)
            axes.plot(UM * np.array(run.depth["x_m"], float), values, **look)
    for axes, name in zip(panels, PROFILES, strict=True):
        axes.set_xlabel(DEPTH)
        axes.set_title(FIELDS[name].title, loc="left", fontsize="medium")  # longer than the axis is high
        axes.set_xlim(left=0)
        axes.grid(True)
    _legend(figure, panels[0], len(runs))
    return figure


@styled
def field_maps_figure(runs, name, width=WIDTH):
    """Draw the middle section of a field of every run that has it, on one colour scale."""
    shown = [(run.label, run.maps[name]) for run in runs if name in (run.maps or {})]
    planes = [FIELDS[name].factor * cut.plane for _, cut in shown]
    ends = limits(np.concatenate([plane.ravel() for plane in planes]))
    return _sections(shown, planes, FIELDS[name].colours, ends, FIELDS[name].axis, width)


@styled
def differences_figure(runs, name, width=WIDTH):
    """Draw the middle section of a field less that of the first run, of those on its voxels."""
    first, what = runs[0].maps[name], FIELDS[name]
    others = [run for run in runs[1:] if name in (run.maps or {}) and run.maps[name].comparable]
    shown = [(run.label, run.maps[name]) for run in others]
    planes = [what.factor * (cut.plane - first.plane) for _, cut in shown]
    limit, extend = symmetric_limit(np.concatenate([plane.ravel() for plane in planes]))
    return _sections(shown, planes, "RdBu_r", (-limit, limit, extend), what.minus("first run"), width)


def _sections(shown, planes, colours, ends, label, width):
    """Draw planes [x, y] to scale, all with the same colours and the same length of a micrometre."""
    sizes = [UM * np.multiply(cut.shape, cut.voxel_size) for _, cut in shown]
    columns = 1 if width < NARROW else min(len(shown), 2)
    lines = -(-len(shown) // columns)
    across, high = max(size[0] for size in sizes), max(size[1] for size in sizes)
    height = float(np.clip((width - 1.5) / max(columns, 1) * high / across, 0.7, 3.2))
    figure = new_figure(lines * (height + 0.35) + 0.55, width, layout="compressed")
    panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    low, top, extend = ends
    for axes, (name, cut), plane in zip(panels.flat, shown, planes, strict=False):
        edges = plane_edges(cut.shape, cut.voxel_size, (0, 0, 0), (0, 1))
        image = show_section(axes, plane, edges, cmap=colour_map(colours), vmin=low, vmax=top)
        axes.set_title(name, loc="left")
        axes.set(xlim=(0, across), ylim=(0, high))
    for axes in panels.flat[len(shown) :]:
        axes.remove()
    for axes in panels[:, 0]:
        axes.set_ylabel("y (µm)")
    for axes in panels.flat[max(len(shown) - columns, 0) : len(shown)]:
        axes.set_xlabel(DEPTH)
        axes.tick_params(labelbottom=True)
    bar = figure.colorbar(image, ax=list(panels.flat[: len(shown)]), extend=extend, pad=0.015)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    return figure
