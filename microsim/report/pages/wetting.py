"""The page of `microsim wetting`: filling over time, and when the liquid reaches each voxel."""

from functools import partial

import numpy as np

from ..number_format import NONE, THIN, digits, duration, percent, short_time_unit
from ..page import Card, Drawing, Section, TextTable
from ..style import DASHED, INK, MUTED, colour_map, new_figure, styled
from ..transport_figures import AXIS_COLOURS, FLAT, section_along, show_along
from .common import write_volume_page

DRY = "#c0392b"
SHARES_MARKED = (0.5, 0.9, 0.99)


def write(folder, *, grid, result, arrival, progress=None):
    """Write report.html and figures/*.png of `microsim wetting`; return the path of the page.

    grid: VoxelGrid. result: the command's numbers. arrival: [x, y, z], s, infinite where the liquid never
    comes, NaN in solids. progress: callable (done, total, message). Raises InputError when the files cannot
    be written.
    """
    cards = [_time_card(share, time) for share, time in result["time_to_s"].items()][:3]
    cards.append(Card("Never wetted", percent(result["share_never_wetted"]), "", "share of the pore volume"))
    cards.append(
        Card("Capillary pressure", digits(result["capillary_pressure_Pa"] / 1e3, 3), "kPa", "mean suction")
    )
    drawings = _drawings(grid, result, arrival) if result["stages"] else ()
    note = "" if result["stages"] else "The liquid does not come in."
    return write_volume_page(
        folder,
        title=f"Wetting of {result['through']}",
        grid=grid,
        result={**result, **result.get("liquid", {})},
        cards=cards,
        sections=[Section("wetting", "Wetting", drawings, _wetting_tables(result), note)],
        progress=progress,
    )


def figure(*, result):
    """Draw the filled share of the pores over time; return a Figure. result: as of `write`."""
    over_time = (result["time_s"], result["saturation"], result["time_to_s"], result["washburn_time_s"])
    return saturation_figure(*over_time)


def _drawings(grid, result, arrival):
    axis = str(result["axis"])
    dry, trapped, unreached = (
        percent(result[f"share_{what}"]) for what in ("never_wetted", "trapped", "unreached")
    )
    saturation = (
        "Filled share of the pore volume over time; dashed: a uniform medium of the same permeability and"
        f" mean suction. At the end {dry} of the pores are dry: {trapped} trapped gas, {unreached} out of"
        " reach."
    )
    section = (
        "Time at which the liquid reaches each voxel, in a section near the middle; it comes in at"
        f" {axis} = 0. Grey: other phases; red: never wetted."
    )
    return (
        Drawing("saturation", partial(figure, result=result), saturation),
        Drawing("arrival", partial(arrival_figure, arrival, grid, "xyz".index(axis)), section),
    )


def _wetting_tables(result):
    seconds = [
        (f"{percent(float(share), 0)} filled after", _time(t)) for share, t in result["time_to_s"].items()
    ]
    permeability = digits(result["permeability_m2"], trim=True)
    given = "given" if result["permeability_given"] else "from Stokes flow"
    filling = [
        *seconds,
        ("Never wetted", percent(result["share_never_wetted"])),
        ("Dry, gas trapped", percent(result["share_trapped"])),
        ("Dry, out of reach", percent(result["share_unreached"])),
    ]
    medium = [
        ("Mean capillary pressure", f"{digits(result['capillary_pressure_Pa'])}{THIN}Pa"),
        ("Permeability", f"{permeability}{THIN}m² ({given})" if result["permeability_m2"] else NONE),
        ("Uniform medium filled after (Washburn)", _time(result["washburn_time_s"])),
        ("Stages of the pressure", digits(result["stages"])),
        ("Iterations", digits(result["iterations"])),
        ("Computing time", duration(result["seconds"])),
    ]
    return TextTable("Filling", (), filling), TextTable("Medium and solution", (), medium)


def _time_card(share, time):
    return Card(f"{percent(float(share), 0)} filled", _time(time), "", "of the pore volume")


def _time(seconds):
    """Write a short time with its unit; a dash where it is never reached."""
    if seconds is None:
        return NONE
    factor, unit = short_time_unit(seconds)
    return f"{digits(seconds / factor, 3)}{THIN}{unit}"


# -- figures -------------------------------------------------------------------------------------------------


@styled
def saturation_figure(time_s, saturation, reached, washburn_s):
    """Draw the filled share of the pores over time; dashed: a uniform medium after Washburn.

    time_s, saturation: at the ends of the stages. reached: {share: s or None}. washburn_s: s or None.
    """
    time_s, filled = np.asarray(time_s, float), 100 * np.asarray(saturation, float)
    factor, unit = short_time_unit(time_s[-1])
    figure = new_figure(3.3, 6.6)
    axes = figure.subplots()
    if washburn_s:
        t = np.linspace(0, max(time_s[-1], washburn_s), 400)
        uniform = 100 * np.sqrt(np.minimum(t / washburn_s, 1))
        axes.plot(t / factor, uniform, color=MUTED, lw=1.0, ls=DASHED, label="uniform medium (Washburn)")
    axes.plot(time_s / factor, filled, color=AXIS_COLOURS["x"], label="computed")
    for share in SHARES_MARKED:
        t = (reached or {}).get(str(share))
        if t is not None:
            axes.plot(t / factor, 100 * share, "o", color=INK, ms=4)
            text = f"{percent(share, 0)} at {digits(t / factor, 3)}{THIN}{unit}"
            around = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0}
            place = {"textcoords": "offset points", "fontsize": 8, "va": "top", "bbox": around}
            axes.annotate(text, (t / factor, 100 * share), (6, -5), **place)
    axes.set(xlabel=f"Time ({unit})", ylabel="Filled share of the pores (%)", ylim=(0, 103))
    axes.set_xlim(0, None)
    axes.grid(True)
    axes.legend(loc="lower right")
    return figure


@styled
def arrival_figure(arrival, grid, axis):
    """Draw when the liquid reaches each voxel of a section along the axis; arrival: s, inf: never, NaN:
    solids."""
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Patch

    plane, aspect, where = section_along(arrival, grid, axis)
    wet = arrival[np.isfinite(arrival)]
    last = float(wet.max()) if wet.size and wet.max() > 0 else 1.0
    factor, unit = short_time_unit(last)
    flat = aspect < FLAT
    figure = new_figure(
        float(np.clip(6.5 * aspect, 0.6, 4.6)) + (1.4 if flat else 0.8), 8.0, layout="compressed"
    )
    axes = figure.subplots()
    cmap = colour_map("viridis").with_extremes(bad=colour_map("viridis").get_bad(), over=DRY)
    shown = np.where(np.isposinf(plane), 2 * last, plane) / factor  # infinity has no colour
    norm = PowerNorm(0.5, 0, last / factor)  # the way of a front grows with the root of time
    image = show_along(axes, shown, grid, where, norm=norm, cmap=cmap)
    place = {"location": "bottom", "aspect": 40} if flat else {"location": "right"}
    bar = figure.colorbar(image, ax=axes, pad=0.02, **place)
    bar.set_label(f"Arrival of the liquid ({unit})")
    bar.outline.set_linewidth(0.5)
    if np.isposinf(plane).any():
        axes.legend(
            handles=[Patch(facecolor=DRY, label="never wetted")],
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.1,
        )
    return figure
