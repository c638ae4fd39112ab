"""Figures of a run: phases, voltage, fields in section and over the depth. Each function returns a Figure."""

from itertools import pairwise

import numpy as np

from ..base.quantities import quantity
from .number_format import THIN, digits, fixed, percent, time_unit
from .style import (
    DASHED,
    DEPTH,
    INK,
    MUTED,
    UM,
    WIDTH,
    colour_map,
    legend_name,
    limits,
    mark_ends,
    new_figure,
    panel_grid,
    phase_colours,
    plane_edges,
    show_section,
    styled,
    symmetric_limit,
)

LONG_NAMES = {
    "am": "active material",
    "cbd": "carbon-binder",
    "sep": "separator",
    "counter_electrode": "counter electrode",
}
STEP_COLOURS = {"discharge": ("#1f5fa8", "#5b9bd5", "#0b3c6f"), "charge": ("#c2571a", "#e59a5c", "#7f3308")}


@styled
def phases_figure(grid):
    """Draw the phases in three sections through the middle of the volume, and their share of each layer x."""
    size = UM * np.multiply(grid.shape, grid.voxel_size)
    height = float(np.clip((WIDTH - 1.7) * max(size[1:]) / (2 * size[0] + size[2]), 1.2, 4.0)) + 0.75
    figure = new_figure(height + 2.7)
    upper, lower = figure.subfigures(2, 1, height_ratios=[height, 2.7])
    colours = phase_colours(grid.names)
    panels = upper.subplots(1, 3, width_ratios=[size[0], size[0], size[2]])
    for axes, (a, b, c) in zip(panels, ((0, 1, 2), (0, 2, 1), (2, 1, 0)), strict=True):
        _phase_section(axes, grid, colours, (a, b, c))
    _phase_shares(lower.subplots(), grid, colours)
    return figure


@styled
def voltage_figure(voltage, steps, area_m2):
    """Draw the voltage over the specific capacity of each step, and over time where there are several.

    voltage: columns of voltage.csv. steps: result["steps"]. area_m2: cross-section of the volume, for mA/cm2.
    """
    spans = step_spans(voltage, steps)
    several = len(spans) > 1
    figure = new_figure(3.7, WIDTH if several else 6.0)
    panels = figure.subplot_mosaic(
        [["q", "t"], ["q", "i"]] if several else [["q"]], height_ratios=[2, 1][: 1 + several]
    )
    looks = step_looks([name for name, _ in spans])
    for (name, span), look in zip(spans, looks, strict=True):
        if not is_rest(name):
            capacity = np.abs(voltage["capacity_mAh_g"][span] - voltage["capacity_mAh_g"][span.start])
            panels["q"].plot(capacity, voltage["voltage_V"][span], **look)
    panels["q"].set(xlabel="Specific capacity (mAh g⁻¹)", ylabel="Voltage vs Li/Li⁺ (V)")
    if not several:
        _mark_end(panels["q"], voltage, steps)
    for axes in panels.values():
        axes.grid(True)
    if several:
        _voltage_over_time(panels, voltage, spans, looks, area_m2)
        handles, names = panels["t"].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2 if len(names) > 1 else 1)
    return figure


@styled
def sections_figure(series, *, deviation=False):
    """Draw a field's section z = middle at several times, all on one colour scale.

    deviation: draw the difference from the mean over the volume at that time instead, centred on zero.
    """
    what, rows = quantity(series.name), sorted(series.sections)
    planes = np.array([series.sections[k] - (series.means[k] if deviation else 0.0) for k in rows])
    planes, cmap = planes * what.factor, what.colours
    if deviation:
        high, extend = symmetric_limit(planes)
        low, cmap = -high, "RdBu_r"
    else:
        low, high, extend = limits(planes)
    size = UM * np.multiply(series.shape, series.voxel_size)
    columns, lines, height = panel_grid(len(rows), size[0] / size[1])
    figure = new_figure(lines * (height + 0.35) + 0.55, layout="compressed")
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    edges = plane_edges(series.shape, series.voxel_size, (0, 0, 0), (0, 1))
    for axes, row, plane in zip(panels.flat, rows, planes, strict=False):
        image = show_section(axes, plane, edges, cmap=colour_map(cmap), vmin=low, vmax=high)
        axes.set_title(_time_title(series, row), loc="left")
    _label_outer(panels, len(rows), DEPTH, "y (µm)")
    bar = figure.colorbar(
        image, ax=list(panels.flat[: len(rows)]), extend=extend, aspect=max(8, 7 * lines * height), pad=0.015
    )
    bar.set_label(what.minus("mean") if deviation else what.axis)
    bar.outline.set_linewidth(0.5)
    return figure


@styled
def profiles_figure(series, *, distribution=False):
    """Draw a field's mean in each layer x at several times, and if asked how its voxels are distributed."""
    what = quantity(series.name)
    figure, widths = new_figure(3.3), [1.25, 1] if distribution else [1]
    panels = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    for row, (colour, dash) in enumerate(time_looks(series.steps)):
        look = {"color": colour, "ls": dash, "label": _time_title(series, row)}
        panels[0].plot(UM * series.x_m, what.factor * series.profiles[row], **look)
    _depth_axes(panels[0], UM * series.shape[0] * series.voxel_size[0])
    panels[0].set_ylabel(what.title)
    if distribution:
        _distributions(panels[1], series)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", title="Time")
    return figure


@styled
def potentials_figure(phi_e, phi_s, j):
    """Draw the depth profiles of both potentials and of the interface current at several times.

    phi_e, phi_s, j: Series, each may be None. The solid potential is drawn relative to its last layer, the
    one at the current collector, because its own level is the cell voltage.
    """
    given = [series for series in (phi_e, phi_s, j) if series is not None]
    figure = new_figure(3.3)
    panels = figure.subplots(1, len(given), squeeze=False)[0]
    for axes, series in zip(panels, given, strict=True):
        what = quantity(series.name)
        reference = _at_collector(series.profiles) if series.name == "phi_s" else 0.0
        lines = what.factor * (series.profiles - reference)
        for row, (colour, dash) in enumerate(time_looks(series.steps)):
            axes.plot(UM * series.x_m, lines[row], color=colour, ls=dash, label=_time_title(series, row))
        _depth_axes(axes, UM * series.shape[0] * series.voxel_size[0], ends=False)
        axes.set_ylabel(what.axis)
        axes.set_title(what.label, loc="left")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    return figure


def step_spans(voltage, steps):
    """Split the rows of voltage.csv into the steps of the protocol: [(name, slice), ...]."""
    column = np.asarray(voltage["step"])
    edges = [0, *(1 + np.flatnonzero(column[1:] != column[:-1])), len(column)]
    names = [str(step["name"]) for step in steps]
    spans = []
    for k, (start, end) in enumerate(pairwise(edges)):
        # the column may hold names or numbers; the order of the steps is the same in both
        own = str(column[start])
        spans.append((names[k] if k < len(names) and own not in names else own, slice(start, end)))
    return spans


def is_rest(name):
    """Tell whether a step of the protocol passes no current by its wording."""
    return name.lower().lstrip().startswith("rest")


def step_looks(names):
    """Give every step a line: discharges blue, charges orange, rests grey; repeated ones in other shades."""
    seen, looks = {}, []
    for name in names:
        kind = "rest" if is_rest(name) else "charge" if name.lower().startswith("charge") else "discharge"
        shades = STEP_COLOURS.get(kind, (MUTED,))
        looks.append({"color": shades[seen.get(kind, 0) % len(shades)], "ls": ":" if kind == "rest" else "-"})
        seen[kind] = seen.get(kind, 0) + 1
    return looks


def time_looks(steps):
    """Give every time a colour, early dark to late light, and a dash to those that end a rest."""
    import matplotlib

    shades = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.88, max(len(steps), 2)))
    return [(shades[k], (0, (4, 2)) if is_rest(step) else "-") for k, step in enumerate(steps)]


def _phase_section(axes, grid, colours, order):
    """Draw the plane of the phases along the axes order[:2], halfway along order[2]."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    a, b, c = order
    middle = grid.shape[c] // 2
    plane = np.transpose(grid.phase, order)[:, :, middle]
    codes = ListedColormap([colours[name] for name in grid.phases] + ["none"] * grid.masked)
    norm = BoundaryNorm(np.arange(len(grid.names) + 1) - 0.5, len(grid.names))
    edges = plane_edges(grid.shape, grid.voxel_size, (0, 0, 0), (a, b))
    show_section(axes, plane, edges, cmap=codes, norm=norm)
    axes.set_title(f"{'xyz'[c]} = {digits(UM * (middle + 0.5) * grid.voxel_size[c], 3)} µm", loc="left")
    axes.set(xlabel=DEPTH if a == 0 else "z (µm)", ylabel=f"{'xyz'[b]} (µm)")


def _phase_shares(axes, grid, colours):
    """Draw each phase's share of each layer x, its mean, and a legend with the fractions."""
    from matplotlib.patches import Patch

    x, handles = UM * (np.arange(grid.shape[0]) + 0.5) * grid.voxel_size[0], []
    for name in grid.phases:
        axes.plot(x, 100 * grid.layer_shares(name), color=colours[name])
        axes.axhline(100 * grid.fraction(name), color=colours[name], lw=0.8, ls=DASHED)
        text = f"{legend_name(LONG_NAMES.get(name, name))}  {percent(grid.fraction(name))}"
        handles.append(Patch(facecolor=colours[name], label=text))
    _depth_axes(axes, UM * grid.shape[0] * grid.voxel_size[0])
    axes.set(ylabel="Share of the layer (%)", ylim=(0, None))
    beside = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)}
    axes.legend(handles=handles, title="Phase, volume fraction", **beside)


def _label_outer(panels, count, x_label, y_label):
    """Remove the panels beyond `count`, label the lowest of each column and the first of each line."""
    columns = panels.shape[1]
    for axes in panels.flat[count:]:
        axes.remove()
    for axes in panels[:, 0]:
        axes.set_ylabel(y_label)
    for k in range(columns):
        lowest = panels[(count - 1 - k) // columns, k]
        lowest.set_xlabel(x_label)
        lowest.tick_params(labelbottom=True)


def _voltage_over_time(panels, voltage, spans, looks, area_m2):
    seconds, unit = time_unit(voltage["time_s"][-1] - voltage["time_s"][0])
    panels["i"].sharex(panels["t"])
    density = 0.1 * np.asarray(voltage["current_A"]) / area_m2  # A/m2 -> mA/cm2
    for (name, span), look in zip(spans, looks, strict=True):
        # each line starts where the one before ended, so that no gap shows between steps
        joined = slice(max(span.start - 1, 0), span.stop)
        time = voltage["time_s"] / seconds
        known = name in panels["t"].get_legend_handles_labels()[1]
        panels["t"].plot(time[joined], voltage["voltage_V"][joined], label=None if known else name, **look)
        panels["i"].step(time[joined], density[joined], where="pre", **look)
    panels["t"].set(ylabel="Voltage vs Li/Li⁺ (V)")
    panels["t"].tick_params(labelbottom=False)
    panels["i"].set(xlabel=f"Time ({unit})", ylabel="Current density\n(mA cm⁻²)")
    panels["i"].axhline(0, color=MUTED, lw=0.6)


def _mark_end(axes, voltage, steps):
    """Write the final capacity at the curve's end and draw its mean voltage."""
    q, v = abs(voltage["capacity_mAh_g"][-1] - voltage["capacity_mAh_g"][0]), voltage["voltage_V"][-1]
    axes.plot(q, v, "o", color=INK, ms=4)
    place = {"xytext": (-7, -2), "textcoords": "offset points", "ha": "right", "va": "top"}
    axes.annotate(f"{digits(float(q), 4)}{THIN}mAh g⁻¹", (q, v), **place)
    axes.margins(y=0.1)
    mean = steps[-1].get("mean_voltage_V") if steps else None
    if mean is not None:
        axes.axhline(mean, color=MUTED, lw=0.9, ls=DASHED)
        at_left = {"transform": axes.get_yaxis_transform(), "va": "bottom", "color": MUTED}
        axes.text(0.01, mean, f"mean {fixed(mean, 3)}{THIN}V", **at_left)


def _distributions(axes, series):
    """Draw the distribution of the voxels' values at the times of the profiles, as outlines."""
    what, factor = quantity(series.name), quantity(series.name).factor
    low, high, _ = limits(np.concatenate(series.samples), tail=0.0)
    pad = 0.02 * (high - low)  # the uniform start shall not lie on the frame
    edges = np.linspace(factor * (low - pad), factor * (high + pad), 121)
    for row, (colour, dash) in enumerate(time_looks(series.steps)):
        if factor * series.stds[row] < 0.2 * (edges[1] - edges[0]):
            # all voxels alike: a line says so, a spike would dwarf the other distributions
            axes.axvline(factor * series.means[row], color=colour, ls=dash, lw=1.0)
            continue
        share = np.histogram(factor * series.samples[row], edges)[0] / max(series.samples[row].size, 1)
        axes.stairs(100 * share, edges, color=colour, ls=dash, lw=1.3)
    axes.set(xlabel=what.title, ylabel="Voxels per bin (%)")
    axes.set(ylim=(0, None), xlim=(edges[0], edges[-1]))
    axes.grid(True)


def _at_collector(profiles):
    """Give each profile [t, x]'s value in its last layer that has one: [t, 1]."""
    known = np.flatnonzero(np.isfinite(profiles).all(axis=0))
    return profiles[:, known[-1:]] if known.size else np.zeros((len(profiles), 1))


def _depth_axes(axes, depth_um, ends=True):
    axes.set(xlabel=DEPTH, xlim=(0, depth_um))
    axes.grid(True)
    if ends:
        mark_ends(axes)


def _time_title(series, row):
    seconds, unit = time_unit(max(series.times_s))
    time = fixed(series.times_s[row] / seconds, {"h": 2, "min": 1, "s": 0}[unit])
    step = f" ({series.steps[row].split()[0].lower()})" if len(set(series.steps)) > 1 else ""
    return f"t = {time}{THIN}{unit}{step}"
