"""The page of `microsim evenness`: means of the pieces against their volume, profiles, and spreads over the
maps."""

from functools import partial

import numpy as np

from ..number_format import digits, fixed
from ..page import Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import DEPTH, MUTED, OTHER_COLOURS, UM, new_figure, styled

KINDS = ("particles", "fragments", "grains")
LIGHT = "#9aa5b1"


def write(folder, *, result, progress=None):
    """Write report.html and figures/*.png of maps by piece; return the path of the page.

    result: the numbers of the command. progress: callable (done, total, message). Raises InputError when the
    files cannot be written.
    """
    sizes = "Mean of each piece of the last map over its volume, bars: 95 % of the noise; depth in colour."
    profiles = "Mean of each map by depth and by distance to the surface that electrolyte reaches; band: the"
    profiles += " spread within each bin of the last map, without the noise's share."
    drawings = (
        Drawing("evenness_sizes", partial(figure, result=result), sizes),
        Drawing("evenness_profiles", partial(evenness_profiles_figure, result), profiles),
    )
    return write_page(
        folder,
        title="How evenly lithium lies",
        kind=f"{len(result['states'])} map{'s' * (len(result['states']) != 1)} of {result['volume']}",
        cards=[],
        sections=[
            Section("pieces", "By particle, fragment and grain", drawings[:1], filled(_spreads(result)),
                    notice=" ".join(result["remarks"])),
            Section("profiles", "Over depth and from the surface inwards", drawings[1:]),
            Section("groups", "By size and by depth", tables=filled(*_groups(result))),
            Section("relations", "What goes with what", tables=filled(_relations(result))),
        ],
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )  # fmt: skip


@styled
def figure(*, result):
    """Draw the means of the last map's pieces over their volume; return a Figure. result: as of `write`."""
    from matplotlib.ticker import NullFormatter

    drawn = new_figure(2.9)
    panels = drawn.subplots(1, len(KINDS), sharey=True)
    for axes, kind in zip(panels, KINDS):
        found = result[f"per_{kind[:-1]}"]
        volume, depth, mean = (
            _numbers(values) for values in (found["volume_m3"], found["depth_m"], found["mean"][-1])
        )
        sigma = np.nan_to_num(_numbers(found["sigma"][-1]))
        axes.errorbar(1e18 * volume, mean, 1.96 * sigma, ls="", color=LIGHT, lw=0.7, zorder=1)
        image = axes.scatter(1e18 * volume, mean, c=UM * depth, s=10, cmap="viridis", zorder=2)
        axes.set(xlabel="Volume (µm³)", xscale="log", title=kind.capitalize())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(True)
    panels[0].set_ylabel("Mean of the map")
    drawn.colorbar(image, ax=list(panels), label=DEPTH)
    return drawn


@styled
def evenness_profiles_figure(result):
    """Draw the profiles of all maps over depth and distance to the surface."""
    drawn = new_figure(3.0)
    panels = drawn.subplots(1, 2, sharey=True)
    keys = ("by_depth", DEPTH), ("by_distance_to_surface", "Distance to the surface (µm)")
    for axes, (key, label) in zip(panels, keys):
        for number, state in enumerate(result["states"]):
            found = state[key]
            if found is None:
                continue
            place, mean, std = (_numbers(found[k]) for k in ("place_m", "mean", "std"))
            colour = OTHER_COLOURS[number % len(OTHER_COLOURS)]
            axes.plot(UM * place, mean, color=colour, marker=".", label=_name(state))
            if number == len(result["states"]) - 1:
                axes.fill_between(UM * place, mean - std, mean + std, color=MUTED, alpha=0.2, lw=0)
        axes.set_xlabel(label)
        axes.grid(True)
    panels[0].set_ylabel("Mean of the map")
    panels[1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return drawn


def _name(state):
    time_s = state["time_s"]
    name = state["file"].rsplit("/", 1)[-1]
    return name if time_s is None else f"{digits(time_s / 3600, 3)} h"


def _spreads(result):
    header = ("Map", "Time (h)", "Of", "Count", "Mean", "Std between", "95 %", "Std within", "95 %")
    rows = []
    for state in result["states"]:
        for kind in KINDS:
            found = state[kind]
            within = found["intervals"] or {}
            hours = None if state["time_s"] is None else state["time_s"] / 3600
            spreads = [
                part
                for key in ("std_between", "std_within")
                for part in (fixed(found[key], 4), _range(within.get(key)))
            ]
            mean = fixed(found["mean"], 4)
            rows.append((state["file"], digits(hours), kind, str(found["count"]), mean, *spreads))
    note = "Of the true map: what the noise adds is taken off."
    return TextTable("", header, rows, (1, 3, 4, 5, 6, 7, 8), note)


def _groups(result):
    tables, state = [], result["states"][-1]
    header = ("From (µm)", "To (µm)", "Count", "Mean", "Sigma", "Std between", "Std within", "Crack share")
    keys = ("mean", "sigma", "std_between", "std_within", "crack_share")
    for kind in KINDS:
        for by, title in (("by_size", "diameter"), ("by_depth", "depth")):
            rows = [
                (
                    *(digits(UM * row[end], 3) for end in ("from_m", "to_m")),
                    str(row["count"]),
                    *(fixed(row.get(key), 4) for key in keys),
                )
                for row in state["groups"][kind][by]
            ]
            name = f"{kind.capitalize()} by {title}, last map"
            tables.append(TextTable(name, header, rows, tuple(range(8))))
    return tables


def _relations(result):
    rows = [
        (state["file"], name, fixed(found["spearman"], 3), _range(found["interval"]), str(found["count"]))
        for state in result["states"]
        for name, found in state["relations"].items()
        if found
    ]
    return TextTable("", ("Map", "Rank correlation of", "Value", "95 %", "Pieces"), rows, (2, 3, 4))


def _range(ends):
    return "–" if ends is None else f"{fixed(ends[0], 3)} to {fixed(ends[1], 3)}"


def _numbers(values):
    return np.array([np.nan if value is None else value for value in values], float)
