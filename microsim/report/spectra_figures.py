"""Figures of spectra and of the maps made from them."""

import numpy as np

from ..base.quantities import MAPS
from ..maps.mixture import fit_references
from ..maps.spectra import normalise_spectra, sigma_rows
from .number_format import THIN, digits, fixed
from .style import (
    DASHED,
    INK,
    MUTED,
    OTHER_COLOURS,
    UM,
    WIDTH,
    colour_map,
    few_ticks,
    limits,
    new_figure,
    show_section,
    styled,
)

ENERGY = "Energy (eV)"
BLUE, ORANGE = "#1f5fa8", "#d1781f"
FLAT = 4.0  # width over height from which sections stand one above another


def section_of(values):
    """Choose the section shown: across the thinnest axis, where most voxels have a value: (axis, layer)."""
    axis = int(np.argmin(values.shape))
    count = np.isfinite(values).sum(axis=tuple(a for a in range(3) if a != axis))
    return axis, int(np.argmax(count))


@styled
def soc_maps_figure(page, where):
    """Draw the map, its uncertainty, and the misfit or edge jump in one section; a line of voxels as a
    curve."""
    measured = page.measured
    if max(page.values.shape) == page.values.size:
        return _line_figure(page)
    third = (
        (measured.residual, MAPS["misfit"])
        if measured.residual is not None
        else (np.where(np.isfinite(page.values), measured.jump, np.nan), MAPS["jump"])
    )
    own = [] if page.error is None else [(page.error, MAPS["sigma"])]
    panels = ((page.values, page.quantity), *own, third)
    plane = _plane(page.values, where)
    aspect = plane.shape[0] * _edge(page, where, 0) / (plane.shape[1] * _edge(page, where, 1))
    flat = aspect > FLAT
    n = len(panels)
    height = n * (0.85 * WIDTH / aspect + 0.5) if flat else WIDTH / n / aspect + 0.9
    figure = new_figure(float(np.clip(height, 1.8, 7.0)), layout="compressed")
    axes = figure.subplots(*((n, 1) if flat else (1, n)), sharex=True, sharey=True)
    for panel, (values, what) in zip(axes, panels, strict=True):
        shown = np.where(np.isfinite(page.values), values, np.nan)
        low, high, extend = limits(shown)
        look = {"vmin": low, "vmax": high, "cmap": colour_map(what.colours)}
        image = _show(panel, page, _plane(shown, where), where, **look)
        place = {"location": "right", "aspect": 8} if flat else {"location": "bottom", "aspect": 24}
        bar = figure.colorbar(image, ax=panel, extend=extend, pad=0.02, **place)
        (panel.set_title if flat else bar.set_label)(what.axis, loc="left" if flat else "center")
        bar.locator = few_ticks()
        bar.outline.set_linewidth(0.5)
    _labels(axes[-1 if flat else 0], page, where)
    return figure


def _line_figure(page):
    """Draw the values of a line of voxels, or of a series of spectra, with their standard deviation."""
    figure = new_figure(3.0)
    axes, axis = figure.subplots(), int(np.argmax(page.values.shape))
    size = 1.0 if page.voxel_size is None else UM * page.voxel_size[axis]
    where, values = (np.arange(page.values.size) + 0.5) * size, page.values.ravel()
    if page.voxel_size is None:
        where = np.arange(page.values.size)
    if page.error is not None:
        ends = (values + sign * page.error.ravel() for sign in (-1, 1))
        axes.fill_between(where, *ends, color=BLUE, alpha=0.25, lw=0, label="± standard deviation")
    axes.plot(where, values, color=BLUE, lw=1, marker=".", ms=3)
    axes.set(
        xlabel=f"{'xyz'[axis]} ({'voxels' if page.voxel_size is None else 'µm'})", ylabel=page.quantity.axis
    )
    if page.error is not None:
        axes.legend(loc="best")
    return figure


@styled
def histograms_figure(page):
    """Draw the distributions of the map, of its uncertainty and, where it differs, of the edge jump."""
    jump = page.measured.jump[np.isfinite(page.measured.jump)]
    same = jump.size == 0 or np.ptp(jump) == 0  # normalised spectra
    figure = new_figure(2.9)
    known = page.error is not None
    panels = np.atleast_1d(figure.subplots(1, 1 + known + (not same)))
    _histogram(panels[0], page.values, page.quantity.axis, BLUE)
    if known:
        _histogram(panels[1], page.error, MAPS["sigma"].axis, ORANGE)
    if not same:
        _histogram(panels[-1], jump, MAPS["jump"].axis, MUTED, log=True)
        if page.threshold is not None:
            panels[-1].axvline(page.threshold, color=INK, ls=DASHED, lw=1)
    panels[0].set_ylabel("Voxels")
    return figure


@styled
def mean_figure(page):
    """Draw the mean spectrum with the windows, or with the mean fit, its parts and what is left."""
    used = np.isfinite(page.values)
    mean = np.nanmean(
        page.mu[:, used], axis=1
    )  # three energies: others may lack what drift moved out of view
    m, e = page.measured.method, page.energies
    if m.name != "lcf":
        figure = new_figure(3.2)
        axes = figure.subplots()
        values, _, _ = normalise_spectra(mean, page.norm)
        for (low, high), colour, name in (
            (m.windows.pre, "#8cc4ea", "pre-edge"),
            (m.windows.edge, "#f3d9b8", "edge"),
            (m.windows.post, "#cfe8d5", "post-edge"),
        ):
            axes.axvspan(low, high, color=colour, alpha=0.45, lw=0, label=name)
        axes.plot(e, values, color=INK, marker=".", ms=4, lw=1, label="mean spectrum")
        axes.set(xlabel=ENERGY, ylabel="Normalised absorption", xlim=(e[0], min(e[-1], m.windows.e0 + 250)))
        axes.legend(loc="lower right", ncols=4)
        return figure
    figure = new_figure(4.4)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    e, data, fit, parts = fitted(page, mean)
    axes.plot(e, data, ls="", marker=".", ms=5, color=INK, label="mean spectrum")
    axes.plot(e, fit, color=ORANGE, lw=1.4, label="fit")
    for (name, part), colour in zip(parts.items(), ("#0072b2", "#009e73", "#cc79a7", *OTHER_COLOURS)):
        axes.plot(e, part, color=colour, lw=1, label=name)
    axes.set_ylabel("Absorption")
    axes.legend(loc="upper left")
    below.axhline(0, color=MUTED, lw=0.8)
    below.plot(e, data - fit, color=INK, lw=1)
    below.set(xlabel=ENERGY, ylabel="Left over")
    relative = np.sqrt(np.mean((data - fit) ** 2) / np.mean(data**2))
    below.set_title(f"{digits(100 * float(relative), 2)}{THIN}% of the spectrum (rms)", loc="left")
    return figure


@styled
def spectra_figure(page, chosen):
    """Draw the spectra of single voxels with their fits, or with their edge energies."""
    figure = new_figure(5.0)
    panels = figure.subplots(2, 2, sharex=True)
    flat = page.mu.reshape(len(page.mu), -1)
    m, norm = page.measured.method, page.norm
    for panel, voxel in zip(panels.flat, chosen, strict=True):
        spectrum = np.asarray(flat[:, voxel], float)
        if m.name == "lcf":
            e, data, fit, _ = fitted(page, spectrum)
            panel.plot(e, data, ls="", marker=".", ms=4, color=INK)
            panel.plot(e, fit, color=ORANGE, lw=1.3)
        else:
            _edge_panel(panel, page, spectrum, voxel, norm)
        value, error = page.values.ravel()[voxel], page.error.ravel()[voxel]
        decimals = 3 if page.found else 2
        label = page.quantity.label.removeprefix("Lithiation ")
        index = ", ".join(str(int(i)) for i in np.unravel_index(voxel, page.values.shape))
        panel.set_title(
            f"voxel {index}: {label} = {fixed(float(value), decimals)} ± {fixed(float(error), decimals)}",
            loc="left",
        )
    for panel in panels[1]:
        panel.set_xlabel(ENERGY)
    for panel in panels[:, 0]:
        panel.set_ylabel("Absorption" if m.name == "lcf" else "Normalised absorption")
    return figure


@styled
def calibration_figure(calibration, quantity=None):
    """Draw lithiation over the measured quantity with its interval, and where voxels of a map lie."""
    c = calibration
    figure = new_figure(3.2)
    axes = figure.subplots()
    low, high = c.low, c.high
    if quantity is not None:
        measured = quantity[np.isfinite(quantity)]
        low, high = min(low, np.percentile(measured, 0.5)), max(high, np.percentile(measured, 99.5))
    q = np.linspace(low, high, 300)
    x, error, _ = c.lithiation(q)
    axes.axvspan(c.low, c.high, color="#f3d9b8", alpha=0.5, lw=0, label="range of the states")
    axes.fill_between(
        q, x - 1.96 * error, x + 1.96 * error, color=BLUE, alpha=0.25, lw=0, label="95 % interval"
    )
    axes.plot(q, x, color=BLUE, label="calibration")
    if c.states:
        axes.plot(*zip(*c.states), ls="", marker=".", ms=4, color=INK, label="states")
    name = {
        "edge": MAPS["edge_energy"].axis,
        "lcf": "Mean share of the references",
        "three-energy": MAPS["ratio"].axis,
    }[c.method]
    axes.set(xlabel=name, ylabel=MAPS["lithiation"].axis, xlim=(low, high))
    if quantity is not None:
        count, edges = np.histogram(measured, 80, (low, high))
        beside = axes.twinx()
        beside.stairs(count, edges, fill=True, color=MUTED, alpha=0.4)
        beside.set(ylim=(0, 4 * max(count.max(), 1)), yticks=[])
    axes.legend(loc="best")
    return figure


@styled
def components_figure(page, where):
    """Draw the clusters' map and their mean spectra."""
    from matplotlib.colors import ListedColormap

    found, n = page.components, len(page.components.centres)
    colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", *OTHER_COLOURS * 4][:n]
    figure = new_figure(3.4)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    labels = np.where(found.labels < 0, np.nan, found.labels.astype(float))
    look = ListedColormap(colours).with_extremes(bad="#d0d5dc")
    _show(left, page, _plane(labels, where), where, vmin=-0.5, vmax=n - 0.5, cmap=look)
    _labels(left, page, where)
    for k, (spectrum, colour) in enumerate(zip(found.centres, colours, strict=True)):
        right.plot(
            page.energies,
            spectrum,
            color=colour,
            lw=1.3,
            label=f"{digits(int((found.labels == k).sum()))} voxels",
        )
    e0 = page.measured.method.windows.e0
    right.set(
        xlabel=ENERGY,
        ylabel="Normalised absorption",
        xlim=(page.energies[0], min(page.energies[-1], e0 + 150)),
    )
    right.legend(loc="lower right")
    return figure


def fitted(page, spectrum):
    """Fit one spectrum as the map's voxels were: (energies, data, fit, {part: curve})."""
    m, refs = page.measured.method, page.references
    e = page.energies
    inside = (e - m.shift >= refs.energies[0]) & (e - m.shift <= refs.energies[-1])
    if m.fit_range is not None:
        inside &= (e >= m.fit_range[0]) & (e <= m.fit_range[1])
    data = spectrum
    if m.sum_to_one:
        data, _, _ = normalise_spectra(spectrum, page.norm)
    elif m.background is None:
        data = page.norm.clean @ spectrum
    e, data = e[inside], data[inside]
    fit = fit_references(
        data,
        e,
        refs,
        shift=m.shift,
        bounded=m.bounded,
        sum_to_one=m.sum_to_one,
        background=None if m.sum_to_one else m.background,
        least=0.0,
    )
    curves = refs.at(e, m.shift)
    parts = {
        name: weight * curve for name, weight, curve in zip(refs.names, np.atleast_1d(fit.weights), curves)
    }
    total = sum(parts.values())
    if m.background and not m.sum_to_one:
        powers = np.vander((e - e.mean()) / np.ptp(e), m.background)
        total = total + powers @ np.linalg.lstsq(powers, data - total, rcond=None)[0]
    return e, data, total, parts


def _edge_panel(panel, page, spectrum, voxel, norm):
    values, jump, _ = normalise_spectra(spectrum, norm, least_jump=0.0)
    sigma = (
        None
        if page.sigma is None
        else sigma_rows(page.sigma, page.mu.reshape(len(page.mu), -1), page.mu.shape[1:])
    )
    bars = None
    if sigma is not None:
        full = np.broadcast_to(sigma, (len(page.mu), page.values.size))[:, voxel]
        bars = full / float(jump)
    panel.errorbar(page.energies, values, bars, ls="", marker=".", ms=4, color=INK, elinewidth=0.7)
    m = page.measured.method
    if m.name == "edge":
        one = float(page.measured.quantity.ravel()[voxel]), float(page.measured.sigma.ravel()[voxel])
        panel.axvspan(one[0] - one[1], one[0] + one[1], color=ORANGE, alpha=0.35, lw=0)
        panel.axvline(one[0], color=ORANGE, lw=1)
        if m.kind == "half":
            panel.axhline(m.level, color=MUTED, lw=0.8, ls=DASHED)
        panel.set_xlim(m.windows.edge[0] - 5, m.windows.edge[1] + 15)
    else:
        for energy in m.three:
            panel.axvline(energy, color=ORANGE, lw=1)


def _histogram(axes, values, name, colour, log=False):
    values = np.asarray(values)[np.isfinite(values)]
    low, high, _ = limits(values, tail=0.2)
    axes.hist(values, bins=60, range=(low, high), color=colour, alpha=0.8)
    axes.set_xlabel(name)
    axes.xaxis.set_major_locator(few_ticks())
    if log:
        axes.set_yscale("log")
    axes.grid(True, axis="y")


def _plane(values, where):
    return np.take(values, where[1], axis=where[0])


def _edge(page, where, which):
    """Edge of a voxel along the section's first or second axis: um, or 1 where it is not known."""
    axes = [a for a in range(3) if a != where[0]]
    return 1.0 if page.voxel_size is None else UM * page.voxel_size[axes[which]]


def _show(axes, page, plane, where, **how):
    ends = [end for k in (0, 1) for end in (0.0, plane.shape[k] * _edge(page, where, k))]
    return show_section(axes, plane, ends, **how)


def _labels(axes, page, where):
    unit = "voxels" if page.voxel_size is None else "µm"
    first, second = ("xyz"[a] for a in range(3) if a != where[0])
    axes.set(xlabel=f"{first} ({unit})", ylabel=f"{second} ({unit})")
