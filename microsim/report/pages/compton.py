"""The page of `microsim compton`: mean profile, map, regions of depth, and the line through the reference
states."""

from functools import partial

import numpy as np

from ..number_format import THIN, digits, fixed
from ..page import Drawing, Section, compact_json, write_page
from ..style import DASHED, INK, UM, WIDTH, colour_map, limits, new_figure, show_section, styled
from ..tables import Card, Table

BLUE, ORANGE = "#1f5fa8", "#d1781f"
LOW, HIGH = 1.0, 5.0  # atomic units: the limits of the S-parameter


def write_compton_report(out_dir, profile, values, error, line, states, voxel_size, result, progress=None):
    """Write report.html and figures/*.png of Compton maps; returns the page.

    profile: maps.compton.Profile; values, error [x, y, z]: the map; line: Stoichiometry or None; states: (S,
    lithium); voxel_size: m or None; result: the numbers.
    """
    name = "Lithium 1 − x" if line is not None else "S-parameter"
    profiles = Drawing(
        "compton_profile",
        partial(profile_figure, profile),
        "Mean Compton profile of the pixels; shaded: what the "
        "S-parameter divides, within 1 atomic unit by from 1 to 5.",
    )
    maps = Drawing(
        "compton_map",
        partial(map_figure, values, error, voxel_size, name),
        f"{name} and its standard deviation in the middle section; grey: pixels without a profile.",
    )
    depth = Drawing(
        "compton_regions",
        partial(regions_figure, result["regions"], name),
        f"{name} by depth: mean of each region and "
        "its standard deviation (bars, dark) and that over its pixels (light).",
    )
    sections = [
        Section("run", "What was run", tables=(_run_table(result),)),
        Section("profile", "Profile", (profiles,)),
        Section("map", "Map", (maps, depth), (_regions_table(result),)),
    ]
    if line is not None:
        drawing = Drawing(
            "compton_line",
            partial(line_figure, line, states),
            "Reference states and the line through them, with the 95 % interval of a further measurement.",
        )
        sections.append(Section("line", "Calibration", (drawing,), (_line_table(result["line"]),)))
    decimals = 3
    cards = [
        Card("Mean", fixed(result["mean"], decimals), "", name),
        Card("Uncertainty of a pixel", fixed(result["sigma_rms"], decimals), "", "standard deviation, rms"),
        Card("S-parameter", fixed(result["S_mean"], decimals), "", "mean of the pixels"),
    ]
    return write_page(
        out_dir,
        f"{name} by Compton scattering",
        str(result["stack"]),
        cards,
        sections,
        [("Result (JSON)", compact_json(result))],
        {},
        progress,
    )


@styled
def profile_figure(profile):
    """Draw the mean profile over momentum."""
    figure = new_figure(3.0)
    axes, p = figure.subplots(), profile.p_z
    mean = np.nanmean(profile.values.reshape(len(p), -1), axis=1)
    for ends, colour, label in (
        ((-LOW, LOW), "#8cc4ea", "S low"),
        ((-HIGH, -LOW), "#f3d9b8", "S high"),
        ((LOW, HIGH), "#f3d9b8", None),
    ):
        axes.axvspan(*ends, color=colour, alpha=0.5, lw=0, label=label)
    axes.plot(p, mean, color=INK, lw=1.2)
    axes.set(
        xlabel="Electron momentum (atomic units)",
        ylabel="Compton profile",
        xlim=(max(p[0], -12), min(p[-1], 12)),
    )
    axes.legend(loc="upper right")
    return figure


@styled
def map_figure(values, error, voxel_size, name):
    """Draw map and uncertainty in the middle section across the thinnest axis."""
    axis = int(np.argmin(values.shape))
    across = [a for a in range(3) if a != axis]
    size = [1.0 if voxel_size is None else UM * voxel_size[a] for a in across]
    planes = [np.take(array, array.shape[axis] // 2, axis) for array in (values, error)]
    ends = [end for k in (0, 1) for end in (0.0, planes[0].shape[k] * size[k])]
    aspect = ends[1] / ends[3]
    figure = new_figure(float(np.clip(WIDTH / 2 / aspect + 0.8, 1.8, 6.0)), layout="compressed")
    unit = "voxels" if voxel_size is None else "µm"
    for panel, plane, label, colours in zip(
        figure.subplots(1, 2), planes, (name, "Standard deviation"), ("viridis", "magma")
    ):
        low, high, extend = limits(plane)
        image = show_section(panel, plane, ends, vmin=low, vmax=high, cmap=colour_map(colours))
        figure.colorbar(image, ax=panel, location="bottom", extend=extend, aspect=24).set_label(label)
        panel.set(xlabel=f"{'xyz'[across[0]]} ({unit})", ylabel=f"{'xyz'[across[1]]} ({unit})")
    return figure


@styled
def regions_figure(regions, name):
    """Draw the mean of each region of depth with its errors."""
    figure = new_figure(2.6)
    axes = figure.subplots()
    middles = [sum(r["layers"]) / 2 for r in regions]
    means = [r["mean"] for r in regions]
    axes.errorbar(middles, means, [r["std"] for r in regions], ls="", color=BLUE, alpha=0.35, elinewidth=4)
    axes.errorbar(middles, means, [r["sigma"] for r in regions], ls=DASHED, marker="o", color=BLUE, capsize=3)
    axes.set(xlabel="Layer along x", ylabel=name, xlim=(regions[0]["layers"][0], regions[-1]["layers"][1]))
    return figure


@styled
def line_figure(line, states):
    """Draw the reference states and the line."""
    figure = new_figure(3.0)
    axes, (s, lithium) = figure.subplots(), states
    grid = np.linspace(min(s), max(s), 100)
    low, high = line.interval(grid)
    axes.fill_between(grid, low, high, color=BLUE, alpha=0.25, lw=0, label="95 % interval")
    axes.plot(grid, line.of(grid)[0], color=BLUE, label="line")
    axes.plot(s, lithium, ls="", marker="o", color=ORANGE, label="states")
    axes.set(xlabel="S-parameter", ylabel="Lithium 1 − x")
    axes.legend(loc="lower right")
    return figure


def _run_table(result):
    rows = [
        ("Stack", str(result["stack"])),
        ("Stack SHA-256", result["stack_sha256"]),
        ("Beam", f"{digits(result['incident_keV'], 6)}{THIN}keV"),
        ("Scattering angle", f"{digits(result['angle_deg'], 4)}°"),
        ("Energy of momentum 0", f"{fixed(result['peak_eV'] / 1e3, 3)}{THIN}keV"),
        ("Pixels used", digits(result["pixels"]["used"])),
    ]
    return Table("Stack and beam", (), rows)


def _regions_table(result):
    rows = [
        (
            f"{r['layers'][0]} to {r['layers'][1]}",
            fixed(r["mean"], 4),
            fixed(r["sigma"], 4),
            fixed(r["std"], 4),
            digits(r["pixels"]),
        )
        for r in result["regions"]
    ]
    return Table(
        "Regions",
        ("Layers along x", "Mean", "Its uncertainty", "Over the pixels", "Pixels"),
        rows,
        (1, 2, 3, 4),
    )


def _line_table(line):
    rows = [
        ("Slope", fixed(line["slope"], 4)),
        ("Intercept", fixed(line["intercept"], 4)),
        ("R²", fixed(line["r_squared"], 5)),
        ("Scatter of the states", fixed(line["scatter"], 4)),
        ("States", digits(line["states"])),
    ]
    return Table("", (), rows)
