"""Figures of a comparison: two maps and their difference, voxel against voxel, layer by layer."""

import numpy as np

from ..base.quantities import quantity
from .number_format import THIN, digits, fixed
from .style import (
    DASHED,
    DEPTH,
    INK,
    MUTED,
    UM,
    colour_map,
    extend_to,
    limits,
    mark_ends,
    new_figure,
    plane_edges,
    show_section,
    styled,
    symmetric_limit,
)

SIMULATED, MEASURED = "#1f5fa8", "#d1781f"
LITHIATION, DIFFERENCE = quantity("sto"), quantity("difference")
IN_SIGMA = quantity("difference_in_sigma")
LEAST_SIGMAS = 3.0  # to either end of the colours: noise alone stays pale


@styled
def comparison_maps_figure(comparison, what=LITHIATION):
    """Draw simulated, measured and difference side by side in the two sections that hold most voxels; the
    difference over its noise, where that is known."""
    c, shape = comparison, comparison.measured.shape
    size = UM * np.multiply(shape, c.voxel_size)
    heights = [float(np.clip(2.3 * size[b] / size[0], 0.6, 2.8)) for b in (1, 2)]
    figure = new_figure(sum(heights) + 1.8, layout="compressed", bars_between=True)
    panels = figure.subplots(2, 3, sharex=True, sharey="row", height_ratios=heights)
    low, high, extend = limits(np.stack([c.simulated, c.measured]))
    difference, shown, limit, extend_difference = shown_difference(c)
    columns = (
        ("Simulated", c.simulated, {"vmin": low, "vmax": high, "cmap": colour_map(what.colours)}),
        ("Measured", c.measured, {"vmin": low, "vmax": high, "cmap": colour_map(what.colours)}),
        ("Difference", difference, {"vmin": -limit, "vmax": limit, "cmap": colour_map(shown.colours)}),
    )
    images = []
    for line, (b, across) in enumerate(((1, 2), (2, 1))):
        where, at = fullest_layer(c, across)
        for axes, (name, values, look) in zip(panels[line], columns, strict=True):
            plane = np.take(values, where, axis=across)
            images.append(
                show_section(axes, plane, plane_edges(shape, c.voxel_size, c.origin, (0, b)), **look)
            )
            if line == 0:
                axes.set_title(name, loc="left")
        panels[line, 0].set_ylabel(f"{'xyz'[b]} (µm)")
        place = f"section\n{'xyz'[across]} = {digits(at, 3)} µm"
        panels[line, 2].text(1.03, 0.5, place, transform=panels[line, 2].transAxes, va="center", fontsize=8)
    for axes in panels[1]:
        axes.set_xlabel(DEPTH)
    location = "right" if size[0] < 0.8 * max(size[1:]) else "bottom"
    _bar(figure, images[0], panels[:, :2], location, what.title, extend)
    _bar(figure, images[2], panels[:, 2], location, shown.axis, extend_difference)
    return figure


def shown_difference(c):
    """The difference of a comparison as it is drawn: values, their Quantity, limit of the colours, and which
    ends are pointed."""
    if c.sigma is None:
        return c.difference, DIFFERENCE, *symmetric_limit(c.difference)
    values = c.difference / c.sigma
    limit = max(symmetric_limit(values)[0], LEAST_SIGMAS)
    return values, IN_SIGMA, limit, extend_to(values[np.isfinite(values)], -limit, limit)


@styled
def agreement_figure(comparison, what=LITHIATION):
    """Draw the voxels' simulated against their measured values, and the two distributions."""
    c = comparison
    shared = np.isfinite(c.difference)
    ours, theirs = c.simulated[shared], c.measured[shared]
    figure = new_figure(3.8, bars_between=True)
    parity, histogram = figure.subplots(1, 2)
    low, high, _ = limits(np.concatenate([ours, theirs]), tail=0.1)
    noise = None if c.sigma is None else float(np.sqrt(np.mean(c.sigma[shared] ** 2)))
    _parity(figure, parity, ours, theirs, (low, high), c.metrics["pearson_r"], noise)
    edges, width = np.asarray(c.histogram["edges"]), np.diff(c.histogram["edges"])
    for name, colour in (("measured", MEASURED), ("simulated", SIMULATED)):
        density = c.histogram[name] / (c.metrics["n_voxels"] * width)
        histogram.stairs(density, edges, color=colour, fill=True, alpha=0.18)
        mean = fixed(c.metrics[f"mean_{name}"], 3)
        spread = fixed(c.metrics[f"std_{name}"], 3)
        histogram.stairs(density, edges, color=colour, lw=1.5, label=f"{name}: {mean} ± {spread}")
    histogram.set(xlabel=what.title, ylabel="Probability density", ylim=(0, None), xlim=(edges[0], edges[-1]))
    histogram.set_title(f"Wasserstein distance {digits(c.metrics['histogram_distance'], 3)}", loc="left")
    histogram.grid(True)
    histogram.legend(loc="upper left", title="mean ± standard deviation")
    histogram.set_ylim(0, 1.3 * histogram.dataLim.y1)
    return figure


@styled
def comparison_depth_figure(comparison, what=LITHIATION):
    """Draw both maps' mean in each layer x with its standard deviation, below the difference of the means."""
    p = {key: np.asarray(values, float) for key, values in comparison.profile.items()}
    x = UM * p["x_m"]
    half = UM * comparison.voxel_size[0] / 2
    figure = new_figure(4.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.2, 1])
    for name, colour in (("measured", MEASURED), ("simulated", SIMULATED)):
        mean, std = p[name], p[name + "_std"]
        upper.fill_between(x, mean - std, mean + std, color=colour, alpha=0.15, lw=0)
        label = f"{name}: mean of the layer, band: ± standard deviation"
        upper.plot(x, mean, color=colour, marker="o", ms=2.5, label=label)
    upper.set(ylabel=what.title, xlim=(x[0] - half, x[-1] + half))
    figure.legend(loc="outside upper center", ncols=2)
    lower.axhline(0, color=MUTED, lw=0.8)
    lower.plot(x, p["simulated"] - p["measured"], color=INK, marker="o", ms=2.5)
    lower.set(xlabel=DEPTH, ylabel="Simulated −\nmeasured")
    for axes in (upper, lower):
        axes.grid(True)
    mark_ends(upper)
    return figure


def fullest_layer(comparison, axis):
    """Find the layer across an axis that holds most compared voxels: its index and position in um."""
    others = tuple(a for a in range(3) if a != axis)
    count = np.isfinite(comparison.difference).sum(axis=others)
    middle = (count.size - 1) / 2
    best = max(range(count.size), key=lambda k: (count[k], -abs(k - middle)))
    return best, UM * (comparison.origin[axis] + (best + 0.5) * comparison.voxel_size[axis])


def _parity(figure, axes, ours, theirs, span, pearson_r, noise):
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator, NullLocator

    bins = int(np.clip(np.sqrt(ours.size) / 2, 12, 80))
    count, *_, image = axes.hist2d(
        theirs, ours, bins=bins, range=(span, span), norm=LogNorm(), cmap="cividis"
    )
    image.set_clim(1, max(count.max(), 2))  # one voxel, or all in one bin, make no scale of their own
    axes.axline((span[0], span[0]), slope=1, color=INK, lw=0.9, ls=DASHED, label="1 : 1")
    for sign in () if noise is None else (-2, 2):  # where 95 % of the true model's voxels would lie
        label = "± 2 noise" if sign > 0 else None
        axes.axline((span[0], span[0] + sign * noise), slope=1, color=MEASURED, lw=0.9, label=label)
    axes.legend(loc="lower right" if ours.mean() >= theirs.mean() else "upper left")  # beside the voxels
    axes.set(xlabel="Measured", ylabel="Simulated", aspect="equal", xlim=span, ylim=span)
    axes.set_title(f"r = {fixed(pearson_r, 3)}, {digits(int(ours.size))}{THIN}voxels", loc="left")
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label("Voxels per bin")
    bar.locator, bar.formatter = LogLocator(subs=(1, 2, 5)), "{x:.0f}"
    bar.ax.yaxis.set_minor_locator(NullLocator())


def _bar(figure, image, panels, location, label, extend):
    from matplotlib.ticker import MaxNLocator

    long = panels.ndim == 2 or location == "right"
    bar = figure.colorbar(image, ax=panels, location=location, extend=extend, aspect=40 if long else 20)
    bar.locator = MaxNLocator(8 if long else 4)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
