"""Figures of what moves through a network: maps of flux and velocity in a section along an axis."""

import numpy as np

from ..transport.flux import speed_of
from .number_format import THIN, digits, percent
from .style import (
    DASHED,
    INK,
    MUTED,
    UM,
    WIDTH,
    colour_map,
    extend_to,
    new_figure,
    plane_edges,
    show_section,
    styled,
)

AXIS_COLOURS = {"x": "#1f5fa8", "y": "#d1781f", "z": "#009e73"}
STAGNANT = 0.01  # of the mean flux, as transport.flux counts dead ends
SPANS = {"J": (STAGNANT, 10.0), "v": (1e-3, 10.0)}  # colour scale, over the mean: one for all pages
FLAT = 0.45  # height over width of a section that needs the whole width


def distribution(speed, bins=66):
    """Return edges and shares of a histogram over the voxels that move, as transport.flux makes it of a
    flux."""
    values = speed[np.isfinite(speed) & (speed > 0)]
    edges = np.concatenate([[0.0], np.geomspace(1e-3, 100.0, bins)])
    return edges, np.histogram(values, edges)[0] / max(values.size, 1)


def flux_figure(flux, grid, axis, conducting, found):
    """Draw a flux map [3, x, y, z] driven along an axis (0, 1, 2); found: FluxFigures of it.

    conducting: {phase: conductivity}.
    """
    speed = speed_of(flux, grid.mask(*_conductors(conducting)), found.isolated_share)
    return speed_figure(speed, grid, axis, found.edges, found.share)


@styled
def speed_figure(speed, grid, axis, edges, share, symbol="J"):
    """Draw |J| (or |v|) over its mean in a section along the axis, logarithmic, beside its distribution.

    speed: [x, y, z], NaN in other phases. edges, share: histogram of |J| / mean.
    """
    from matplotlib.colors import LogNorm

    low, high = SPANS[symbol]
    norm, cmap = LogNorm(low, high), colour_map("magma")
    plane, aspect, where = section_along(speed, grid, axis)
    figure, section, histogram = _section_beside(aspect)
    shown = np.maximum(plane, 1e-30)  # a logarithmic scale has no colour for 0
    image = show_along(section, shown, grid, where, norm=norm, cmap=cmap)
    finite = plane[np.isfinite(plane)]
    extend = extend_to(finite, low, high) if finite.size else "neither"
    _ratio_bar(image, section, extend, symbol)
    _speed_histogram(histogram, edges, share, cmap, norm, symbol)
    return figure


def flux_caption(conducting, axis, found):
    """Say what a flux map shows; arguments as of flux_figure."""
    phases = " + ".join(_conductors(conducting))
    return (
        "Magnitude of the flux over its mean, |J| / mean, in a section near the middle, driven along"
        f" {'xyz'[axis]}; grey: what does not conduct; black: next to no flux, or isolated. Histogram: the"
        f" voxels of {phases} that join both ends, on the same colours{_below(found.share)}. The"
        f" flux lines are {digits(found.tau_lines, 3)} times as long as the sample, constrictivity"
        f" {digits(found.constrictivity, 3)}; {percent(found.dead_end_share)} of the voxels carry less than"
        f" {digits(100 * STAGNANT, 1)}{THIN}% of the mean flux."
    )


def _conductors(conducting):
    return [name for name, value in conducting.items() if np.any(np.asarray(value) > 0)]


def velocity_caption(names, axis, share, tau_flow):
    """Say what a map of the velocity shows."""
    tau = (
        "" if tau_flow is None else f" The streamlines are {digits(tau_flow, 3)} times as long as the sample."
    )
    return (
        f"Speed over its mean, |v| / mean, in a section near the middle, driven along {'xyz'[axis]}; grey:"
        f" other phases; black: next to no flow. Histogram: the voxels of {' + '.join(names)} that flow, on"
        f" the same colours{_below(share)}.{tau}"
    )


def _below(share):
    """Say how many voxels lie below the first edge of the logarithmic axis."""
    return f" ({percent(share[0])} lie below the axis)" if share[0] >= 5e-4 else ""


def section_axes(grid, axis):
    """Choose a section along an axis: (horizontal, vertical, across); the axis upright where it is much
    shorter."""
    b, c = (axis + 1) % 3, (axis + 2) % 3
    size = np.multiply(grid.shape, grid.voxel_size)
    away = [abs(np.log(size[other] / size[axis] / 0.75)) for other in (b, c)]  # from a handy format
    b, c = (c, b) if away[1] < away[0] - 1e-3 else (b, c)
    return (b, axis, c) if size[b] > 1.8 * size[axis] else (axis, b, c)


def section_along(values, grid, axis):
    """Cut a field [x, y, z] along an axis, in the layer with values that is nearest to the middle.

    Returns the plane, its height over its width, and (horizontal axis, vertical axis, axis across, layer).
    """
    a, b, c = section_axes(grid, axis)
    size, across = np.multiply(grid.shape, grid.voxel_size), np.transpose(values, (c, a, b))
    middle = grid.shape[c] // 2
    filled = np.flatnonzero(~np.isnan(across).all(axis=(1, 2)))
    layer = int(min(filled, key=lambda k: abs(k - middle), default=middle))
    return across[layer], float(size[b] / size[a]), (a, b, c, layer)


def show_along(axes, plane, grid, where, **look):
    """Draw a plane of section_along with its axes and its place."""
    a, b, c, layer = where
    lengths, unit = (grid.voxel_size, "µm") if grid.sized else ((1 / UM,) * 3, "voxels")
    image = show_section(axes, plane, plane_edges(grid.shape, lengths, (0, 0, 0), (a, b)), **look)
    axes.set(xlabel=f"{_depth(a)} ({unit})", ylabel=f"{_depth(b)} ({unit})")
    axes.set_title(f"{'xyz'[c]} = {digits(UM * (layer + 0.5) * lengths[c], 3)} {unit}", loc="left")
    return image


def _section_beside(aspect):
    """Make a figure with room for a section and its distribution, below each other where the section is
    flat."""
    if aspect < FLAT:
        height = max((WIDTH - 1.0) * aspect, 0.5)
        figure = new_figure(height + 4.0)
        upper, lower = figure.subfigures(2, 1, height_ratios=[height + 1.5, 2.5])
        return figure, upper.subplots(), lower.subplots()
    figure = new_figure(max(float(min(4.4 * aspect, 4.4)) + 0.5, 2.6), layout="compressed")
    return figure, *figure.subplots(1, 2, width_ratios=[1.3, 1])


def _depth(axis):
    return "Depth x" if axis == 0 else "xyz"[axis]


def _ratio_bar(image, axes, extend, symbol):
    """Add a colour bar whose ticks are plain numbers, not powers."""
    bar = axes.figure.colorbar(image, ax=axes, extend=extend, location="bottom", aspect=35, pad=0.02)
    bar.set_label(f"|{symbol}| / mean")
    bar.ax.xaxis.set_major_formatter(_numbers_as_written())
    bar.outline.set_linewidth(0.5)


def _numbers_as_written():
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:g}")


def _speed_histogram(axes, edges, share, cmap, norm, symbol):
    """Draw the shares of the voxels, each bar in the colour that its values have in the section."""
    edges, share = np.asarray(edges, float)[1:], 100 * np.asarray(share, float)[1:]
    centres = np.sqrt(edges[1:] * edges[:-1])
    axes.bar(edges[:-1], share, np.diff(edges), align="edge", color=cmap(norm(centres)))
    axes.stairs(share, edges, color=INK, lw=0.7)
    filled = np.flatnonzero(share > 0)
    right = edges[min(filled[-1] + 2, len(edges) - 1)] if filled.size else edges[-1]
    axes.set(xscale="log", xlim=(edges[0], max(right, 2.0)), xlabel=f"|{symbol}| / mean")
    axes.set(ylabel="Voxels per bin (%)", ylim=(0, 1.12 * max(share.max(initial=0), 1e-3)))
    axes.xaxis.set_major_formatter(_numbers_as_written())
    marks = [(1.0, "mean", "right")] + ([(STAGNANT, "stagnant", "right")] if symbol == "J" else [])
    for value, name, align in marks:
        axes.axvline(value, color=MUTED, lw=0.9, ls=DASHED)
        text = {
            "transform": axes.get_xaxis_transform(),
            "ha": align,
            "va": "top",
            "fontsize": 8,
            "color": MUTED,
        }
        axes.text(value / 1.12, 0.985, name, **text)
    axes.grid(True, axis="y")
