"""The page of `microsim fit`: the numbers found with their intervals, how they hang together, and what they
leave of the data."""

from functools import partial

import numpy as np

from ..number_format import digits, fixed
from ..page import Card, Drawing, Section, TextTable, compact_json, write_page
from ..style import INK, MUTED, colour_map, limits, new_figure, plane_edges, show_section, styled

FOUND, BEFORE = "#1f5fa8", "#d1781f"
LEAST_HEIGHT = 1.2  # inches of a figure of rows


def write(folder, *, result, drawn, progress=None):
    """Write report.html and figures/*.png of a fit; return the path of the page.

    result: content of fit.json. drawn: of each target, fitted and then held out, what is drawn (see
    jobs.fit_targets). progress: callable (done, total, message). Raises InputError when files cannot be
    written.
    """
    fitted = len(result["targets"])
    scores = [*result["targets"], *result["held_out"]]
    figures = [_drawing(k, one, scores[k], k >= fitted) for k, one in enumerate(drawn)]
    found = Drawing(
        "parameters", partial(figure, result=result), "Free numbers: start, value, 95 % interval."
    )
    caption = "Correlation of the free numbers in the fit."
    together = [Drawing("correlation", partial(correlation_figure, result), caption)]
    together *= len(result["parameters"]) > 1  # one alone goes with itself
    notice = " ".join(result["said"])
    sections = [
        Section("parameters", "What was found", (found, *together), (_table(result),), notice=notice),
        Section("targets", "What was measured", tuple(figures), (_scores(result),)),
    ]
    return write_page(
        folder,
        title=result["title"],
        kind="Fit of a case to measurements",
        cards=_cards(result),
        sections=sections,
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def _cards(result):
    held = sum(one["identifiable"] for one in result["parameters"].values())
    return [
        Card("Free numbers that the data hold", f"{held} of {len(result['parameters'])}"),
        Card("Reduced χ²", digits(result["chi2"], 3)),
        Card("Runs", str(result["runs"])),
    ]


def _table(result):
    rows = [
        (key, digits(one["start"]), digits(one["value"]), *map(digits, one["interval"]),
         "yes" if one["identifiable"] else "no")
        for key, one in result["parameters"].items()
    ]  # fmt: skip
    header = ("Free number", "Start", "Value", "95 % from", "to", "Held by the data")
    return TextTable("Free numbers", header, rows, numeric=(1, 2, 3, 4), note=result["rule"])


def _scores(result):
    rows = [
        (
            use,
            one["file"],
            one["kind"],
            _with_unit(one["rmse"], one["unit"]),
            _with_unit(one["noise"], one["unit"]),
            digits(one["chi2"], 3),
        )
        for use, ones in (("fitted", result["targets"]), ("held out", result["held_out"]))
        for one in ones
    ]
    header = ("Use", "File", "Kind", "RMSE", "Noise", "Reduced χ²")
    return TextTable("Agreement", header, rows, numeric=(3, 4, 5))


def _with_unit(value, unit):
    return digits(value, 3) if unit == "1" else f"{digits(value, 3)} {unit.replace('ohm m2', 'Ω m²')}"


@styled
def figure(*, result):
    """Draw each free number within its bounds: start, value and interval; return a Figure.

    result: content of fit.json.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    ones = result["parameters"]
    drawn = new_figure(max(LEAST_HEIGHT, 0.8 * len(ones) + 0.3))
    panels = drawn.subplots(len(ones), 1, squeeze=False)[:, 0]
    for axes, (key, one) in zip(panels, ones.items()):
        low, high = one["interval"]
        ends = [[max(one["value"] - low, 0.0)], [max(high - one["value"], 0.0)]]
        colour = FOUND if one["identifiable"] else MUTED
        axes.errorbar([one["value"]], [0], xerr=ends, color=colour, marker="o", capsize=3, label="value")
        axes.plot([one["start"]], [0], color=BEFORE, marker="x", ls="", label="start")
        if one["scale"] == "log":
            axes.set_xscale("log")
            near = max(_drawn_ends(one)) < 10 * min(_drawn_ends(one))
            axes.xaxis.set_major_locator(MaxNLocator(5) if near else LogLocator(subs=(1, 2, 5), numticks=9))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter("{x:g}")
        axes.set(yticks=[], ylim=(-1, 1))
        axes.set_title(key, loc="left", fontsize=9)
    drawn.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return drawn


def _drawn_ends(one):
    return [one["start"], one["value"], *one["interval"]]


@styled
def correlation_figure(result):
    """Draw the correlation of the free numbers."""
    names, values = [key.split(".")[-1] for key in result["parameters"]], np.array(result["correlation"])
    drawn = new_figure(max(2.0, 0.5 * len(names) + 1.0))
    axes = drawn.subplots()
    image = axes.imshow(values, cmap=colour_map("RdBu_r"), vmin=-1, vmax=1)
    axes.set(xticks=range(len(names)), yticks=range(len(names)))
    axes.set_xticklabels(names, rotation=30, ha="right")
    axes.set_yticklabels(names)
    for (k, m), value in np.ndenumerate(values):
        axes.text(m, k, fixed(value, 2), ha="center", va="center", color="w" if abs(value) > 0.6 else INK)
    drawn.colorbar(image, ax=axes, label="Correlation")
    return drawn


def _drawing(k, one, score, held):
    draw = {"map": fitted_map_figure, "voltage": fitted_voltage_figure, "spectrum": fitted_spectrum_figure}[
        one["kind"]
    ]
    use = "held out" if held else "fitted"
    agreement = f"reduced χ² {digits(score['chi2'], 3)}"
    caption = f"{one['name']} ({use}): measured, at the start and after the fit; {agreement}."
    return Drawing(f"target_{k}", partial(draw, one), caption)


@styled
def fitted_map_figure(one):
    """Draw the section of a map that holds most voxels: measured, before, after, and what is left in units of
    the noise."""
    known = np.isfinite(one["measured"])
    axis = int(np.argmin(known.shape))
    layer = int(np.argmax(known.sum(axis=tuple(a for a in range(3) if a != axis))))
    kept = [a for a in range(3) if a != axis]
    planes = [np.take(one[name], layer, axis=axis) for name in ("measured", "before", "after", "sigma")]
    edges = plane_edges(known.shape, one["voxel_size"], (0, 0, 0), tuple(kept))
    low, high, extend = limits(np.stack(planes[:3]))
    drawn = new_figure(2.4, layout="compressed", bars_between=True)
    panels = drawn.subplots(1, 4, sharex=True, sharey=True)
    for axes, plane, title in zip(panels, planes, ("measured", "start", "fitted")):
        image = show_section(axes, plane, edges, cmap=colour_map("viridis"), vmin=low, vmax=high)
        axes.set_title(title, loc="left")
    drawn.colorbar(image, ax=list(panels[:3]), extend=extend, label=one["quantity"])
    left = (planes[2] - planes[0]) / planes[3]
    image = show_section(panels[3], left, edges, cmap=colour_map("RdBu_r"), vmin=-4, vmax=4)
    panels[3].set_title("left over", loc="left")
    drawn.colorbar(image, ax=panels[3], extend="both", label="noise")
    return drawn


@styled
def fitted_voltage_figure(one):
    """Draw a voltage curve: measured, before and after the fit."""
    drawn = new_figure(2.6)
    axes, (x, label) = drawn.subplots(), _abscissa(one)
    axes.plot(x, one["measured"], color=INK, marker=".", ms=3, ls="", label="measured")
    axes.plot(x, one["before"], color=BEFORE, ls="--", label="start")
    axes.plot(x, one["after"], color=FOUND, label="fitted")
    axes.set(xlabel=label, ylabel="Voltage (V)")
    axes.legend(loc="best")
    return drawn


def _abscissa(one):
    if one["by"] == "time":
        return one["x"], "Time (s)"
    return one["x"] / one["x"][-1], "Share of the measured charge"


@styled
def fitted_spectrum_figure(one):
    """Draw an impedance: measured, before and after the fit."""
    drawn = new_figure(2.8)
    axes = drawn.subplots()
    for name, how in (
        ("measured", {"color": INK, "marker": ".", "ls": ""}),
        ("before", {"color": BEFORE, "ls": "--", "label": "start"}),
        ("after", {"color": FOUND, "label": "fitted"}),
    ):
        axes.plot(1e4 * one[name].real, -1e4 * one[name].imag, **{"label": name, **how})
    axes.set(xlabel="Re Z (Ω cm²)", ylabel="−Im Z (Ω cm²)")
    axes.set_aspect("equal", "datalim")
    axes.legend(loc="best")
    return drawn
