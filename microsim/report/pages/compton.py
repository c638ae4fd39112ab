"""The page of `microsim compton`: mean profile, map, regions of depth, and the line through the reference
states."""

from functools import partial

import numpy as np

from ...base.quantities import MAPS, quantity
from ..number_format import NONE, THIN, digits, fixed
from ..page import Card, Drawing, Section, TextTable, compact_json, write_page
from ..style import DASHED, INK, UM, WIDTH, colour_map, limits, new_figure, show_section, styled

BLUE, ORANGE = "#1f5fa8", "#d1781f"
LOW, HIGH = 1.0, 5.0  # atomic units: the limits of the S-parameter


def write(folder, *, profile, values, error, line, states, voxel_size, result, progress=None):
    """Write report.html and figures/*.png of Compton maps; return the path of the page.

    profile: maps.compton.Profile. values, error [x, y, z]: the map. line: Stoichiometry or None. states: (S,
    lithium). voxel_size: m or None. result: the numbers. progress: callable (done, total, message). Raises
    InputError when the files cannot be written.
    """
    name = _quantity(line).label
    sections = [
        Section(
            "run", "What was run", tables=(_run_table(result),), notice=" ".join(result.get("remarks", ()))
        ),
        Section("profile", "Profile", (_profile_drawing(profile),)),
        Section(
            "map", "Map", _map_drawings(values, error, line, voxel_size, result), (_regions_table(result),)
        ),
    ]
    if line is not None:
        drawing = Drawing(
            "compton_line",
            partial(line_figure, line, states),
            "Reference states and the line through them, with the 95 % interval of a further measurement.",
        )
        sections.append(Section("line", "Calibration", (drawing,), (_line_table(result["line"]),)))
    return write_page(
        folder,
        title=f"{name} by Compton scattering",
        kind=str(result["stack"]),
        cards=_cards(name, result),
        sections=sections,
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def figure(*, values, error, line, voxel_size):
    """Draw map and uncertainty in the middle section; return a Figure. Arguments as of `write`."""
    return compton_map_figure(values, error, voxel_size, _quantity(line))


def _quantity(line):
    return quantity("s_parameter" if line is None else "lithium")


def _cards(name, result):
    return [
        Card("Mean", fixed(result["mean"], 3), "", name),
        Card("Uncertainty of a pixel", fixed(result["sigma_rms"], 3), "", "standard deviation, rms"),
        Card("S-parameter", fixed(result["S_mean"], 3), "", "mean of the pixels"),
    ]


def _profile_drawing(profile):
    caption = (
        "Mean Compton profile of the pixels; shaded: what the S-parameter divides, within 1 atomic unit by"
        " from 1 to 5."
    )
    return Drawing("compton_profile", partial(compton_profile_figure, profile), caption)


def _map_drawings(values, error, line, voxel_size, result):
    what = _quantity(line)
    section = (
        f"{what.label} and its standard deviation in the middle section; grey: pixels without a profile."
    )
    depth = (
        f"{what.label} by depth: mean of each region and its standard deviation (bars, dark) and that over"
        " its pixels (light)."
    )
    drawn = partial(figure, values=values, error=error, line=line, voxel_size=voxel_size)
    return (
        Drawing("compton_map", drawn, section),
        Drawing("compton_regions", partial(regions_figure, result["regions"], what), depth),
    )


@styled
def compton_profile_figure(profile):
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
def compton_map_figure(values, error, voxel_size, what):
    """Draw map and uncertainty in the middle section across the thinnest axis."""
    axis = int(np.argmin(values.shape))
    across = [a for a in range(3) if a != axis]
    size = [1.0 if voxel_size is None else UM * voxel_size[a] for a in across]
    planes = [np.take(array, array.shape[axis] // 2, axis) for array in (values, error)]
    ends = [end for k in (0, 1) for end in (0.0, planes[0].shape[k] * size[k])]
    aspect = ends[1] / ends[3]
    figure = new_figure(float(np.clip(WIDTH / 2 / aspect + 0.8, 1.8, 6.0)), layout="compressed")
    unit = "voxels" if voxel_size is None else "µm"
    for panel, plane, shown in zip(figure.subplots(1, 2), planes, (what, MAPS["sigma"])):
        low, high, extend = limits(plane)
        image = show_section(panel, plane, ends, vmin=low, vmax=high, cmap=colour_map(shown.colours))
        figure.colorbar(image, ax=panel, location="bottom", extend=extend, aspect=24).set_label(shown.axis)
        panel.set(xlabel=f"{'xyz'[across[0]]} ({unit})", ylabel=f"{'xyz'[across[1]]} ({unit})")
    return figure


@styled
def regions_figure(regions, what):
    """Draw the mean of each region of depth with its errors."""
    figure = new_figure(2.6)
    axes = figure.subplots()
    middles = [sum(r["layers"]) / 2 for r in regions]
    means = [r["mean"] for r in regions]
    axes.errorbar(middles, means, [r["std"] for r in regions], ls="", color=BLUE, alpha=0.35, elinewidth=4)
    axes.errorbar(middles, means, [r["sigma"] for r in regions], ls=DASHED, marker="o", color=BLUE, capsize=3)
    axes.set(
        xlabel="Layer along x", ylabel=what.axis, xlim=(regions[0]["layers"][0], regions[-1]["layers"][1])
    )
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
    axes.set(xlabel=MAPS["s_parameter"].axis, ylabel=quantity("lithium").axis)
    axes.legend(loc="lower right")
    return figure


def _run_table(result):
    rows = [
        ("Stack", str(result["stack"])),
        ("Stack SHA-256", result["stack_sha256"] or NONE),
        ("Beam", f"{digits(result['incident_keV'], 6)}{THIN}keV"),
        ("Scattering angle", f"{digits(result['angle_deg'], 4)}°"),
        ("Energy of momentum 0", f"{fixed(result['peak_eV'] / 1e3, 3)}{THIN}keV"),
        ("Pixels used", digits(result["pixels"]["used"])),
    ]
    if "beyond the states" in result["pixels"]:
        rows.append(("Beyond the reference states", digits(result["pixels"]["beyond the states"])))
    return TextTable("Stack and beam", (), rows)


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
    return TextTable(
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
    return TextTable("", (), rows)
