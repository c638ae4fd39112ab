"""The page of `microsim ensemble`: lithiation of each particle over time, measured and simulated, half-way
times beside each other, the potential, the fitted exchange current; a section for each predicted cell."""

from functools import partial

import numpy as np

from ..number_format import NONE, digits
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import INK, MUTED, new_figure, styled

SIMULATED, MEASURED, BAND = "#1f5fa8", "#d1781f", "#9db8d6"
PARAMETERS = ("Parameter", "Value", "2.5 %", "97.5 %", "Identifiable")


def write(folder, *, result, fields, band, progress=None):
    """Write report.html and figures/*.png of an ensemble; return the path of the page.

    result: the numbers of the command. fields: jobs.ensemble.CellOfParticles of the cell, and of each
    predicted one. band: lithiation, i0, its interval (A m-2), or None. progress: callable (done, total,
    message). Raises InputError when the files cannot be written.
    """
    sections = [_section("cell", fields[0], result, "")]
    if result["fit"]:
        drawings = () if band is None else (_band_drawing(band),)
        sections.append(
            Section("fit", "Fitted parameters", drawings, filled(_parameters(result["fit"])), notice=FIT)
        )
    for k, (field, found) in enumerate(zip(fields[1:], result["blind"], strict=True), 1):
        sections.append(_section(f"blind_{k}", field, found, "predicted: nothing of it was fitted"))
    return write_page(
        folder,
        title=result["title"],
        kind="Particles under one potential",
        cards=_cards(result),
        sections=sections,
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


FIT = (
    "Intervals: 95 %, from the slopes at the minimum and the scatter of the residuals. They hold for this"
    " model with these radii; what the model leaves out is not in them."
)


def _section(anchor, field, found, lead):
    caption = LITHIUM if field.measured is None else LITHIUM + ANCHORED
    drawings = [Drawing(f"{anchor}_lithium", partial(lithium_figure, field), caption)]
    if field.measured is not None:
        drawings.append(Drawing(f"{anchor}_half_way", partial(half_way_figure, field), HALF_WAY))
    drawings.append(Drawing(f"{anchor}_voltage", partial(potential_figure, field), VOLTAGE))
    tables = filled(_passages_table(found), _sequence_table(found))
    notice = " ".join(found.get("remarks", []))
    return Section(anchor, found["title"], tuple(drawings), tables, notice=notice, lead=lead)


LITHIUM = (
    "Mean lithiation of each particle over time, by the order in which they are half-way; dotted: the level"
    " that counts as half-way."
)
ANCHORED = " Measured: white-line shift between two anchors, with the uncertainty of one lithiation."
HALF_WAY = "Half-way times in their order: which simulated particle is which measured one is not known."
VOLTAGE = "Potential of the cell."


@styled
def lithium_figure(field):
    """Draw lithiation over time, measured (where there is any) beside simulated; return a Figure."""
    parts = [("Simulated", [(field.run.t, x) for x in field.run.sto], field.run.passages(field.levels), "-")]
    if field.measured is not None:
        seen, lithium = field.measured, field.measured.calibration.lithium
        curves = [(one.t, lithium(one.shift)) for one in seen.series]
        name = f"Measured (σ {digits(seen.calibration.sigma_sto, 2)})"
        parts.insert(0, (name, curves, seen.passages(), ".-"))
    drawn = new_figure(3.1)
    panels = drawn.subplots(1, len(parts), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (title, curves, passages, look) in zip(panels, parts, strict=True):
        order = np.argsort([np.inf if p.half_way is None else p.half_way for p in passages])
        for place, k in enumerate(order):
            colour = _colour(place, len(order))
            axes.plot(curves[k][0] / 3600, curves[k][1], look, color=colour, lw=1.3, ms=3)
        axes.axhline(field.levels[1], color=MUTED, ls=":", lw=1)
        axes.set_title(title, loc="left")
        axes.set_xlabel("Time (h)")
        axes.grid(True)
    panels[0].set_ylabel("Lithiation")
    return drawn


def _colour(place, count):
    from matplotlib import colormaps

    return colormaps["viridis"](0.9 * place / max(count - 1, 1))


@styled
def half_way_figure(field):
    """Draw measured half-way times over simulated ones, in their order; return a Figure."""
    from ...analysis.ensemble import quantiles

    seen = [p for p in field.measured.passages() if p.half_way is not None]
    drawn = new_figure(3.2, 3.6)
    axes = drawn.subplots()
    x = quantiles(field.run.passages(field.levels), max(len(seen), 1), weights=field.counts) / 3600
    y = quantiles(seen, max(len(seen), 1)) / 3600
    axes.plot(x, y, "o", color=SIMULATED)
    ends = np.array([field.run.t[0], field.run.t[-1]]) / 3600
    axes.plot(ends, ends, color=INK, lw=0.8)
    axes.set(xlabel="Simulated half-way time (h)", ylabel="Measured half-way time (h)")
    axes.grid(True)
    return drawn


@styled
def potential_figure(field):
    """Draw the simulated potential, and the measured one where there is one; return a Figure."""
    drawn = new_figure(2.7)
    axes = drawn.subplots()
    axes.plot(field.run.t / 3600, field.run.V, color=SIMULATED, label="simulated")
    if field.measured is not None and field.measured.potential is not None:
        t, V = field.measured.potential
        axes.plot(t / 3600, V, color=MEASURED, label="measured")
        axes.legend(loc="best")
    axes.set(xlabel="Time (h)", ylabel="Potential (V)")
    axes.grid(True)
    return drawn


@styled
def exchange_figure(band):
    """Draw the fitted exchange current over lithiation, with its interval; return a Figure."""
    sto, value, low, high = band
    drawn = new_figure(2.8)
    axes = drawn.subplots()
    axes.fill_between(sto, low, high, color=BAND, lw=0, label="95 %")
    axes.semilogy(sto, value, color=SIMULATED, label="fitted")
    axes.set(xlabel="Lithiation at the surface", ylabel="i0 (A/m²)", xlim=(0, 1))
    axes.set_ylim(max(value.min() / 1e3, low.min() / 2, 1e-12), min(value.max() * 1e3, high.max() * 2))
    axes.grid(True)
    axes.legend(loc="best")
    return drawn


def _band_drawing(band):
    caption = "Exchange current density at 1000 mol/m³ and its interval by draws from the fit's covariance."
    return Drawing("exchange_current", partial(exchange_figure, band), caption)


# -- key numbers and tables ----------------------------------------------------------------------------------


def _cards(result):
    cards = []
    for who, said in result["sequence"].items():
        order = f"order {_text(said['order'])} of 0 together to 1 each at once"
        cards.append(Card(who.capitalize(), said["verdict"], "", order))
    rms = result.get("rms", {}).get("half_way_h")
    if rms is not None:
        cards.append(Card("Half-way times", digits(rms, 3), "h", "rms, in their order"))
    for found in result["blind"]:
        rms = found.get("rms", {}).get("half_way_h")
        cards.append(Card(found["title"], _text(rms), "h", "rms of half-way times, predicted"))
    return cards


def _passages_table(found):
    rows = [("simulated", str(k + 1), *_row(one)) for k, one in enumerate(found["simulated"])]
    rows += [("measured", one["particle"], *_row(one)) for one in found.get("measured", [])]
    note = "Lithiation before, half-way, after: " + ", ".join(
        digits(x, 3) for x in found["levels_sto"].values()
    )
    return TextTable("Each particle", ("", "Particle", "Half-way (h)", "Takes (h)"), rows, (2, 3), f"{note}.")


def _row(one):
    return _text(one["half_way_h"]), _text(one["duration_h"])


def _sequence_table(found):
    rows = [
        (who, *(_text(said[key]) for key in ("spread_h", "duration_h", "order", "noise")), said["verdict"])
        for who, said in found["sequence"].items()
    ]
    header = ("", "Spread of half-way times (h)", "Median time one takes (h)", "Order", "Of noise", "They go")
    note = (
        "Order: largest standard deviation of the lithiations at one time, over half the way from full to"
        " empty; 0 together, 1 each at once, one after another."
    )
    return TextTable("Together or one after another", header, rows, (1, 2, 3, 4), note)


def _parameters(fit):
    rows = [
        (name, *(digits(x, 3) for x in (p["value"], *p["interval"])), "yes" if p["identifiable"] else "no")
        for name, p in fit["parameters"].items()
    ]
    return TextTable("Parameters", PARAMETERS, rows, (1, 2, 3))


def _text(value):
    return NONE if value is None else digits(value, 3)
