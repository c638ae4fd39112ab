"""The page of `microsim compare`: two maps, their agreement voxel by voxel and over the depth."""

from functools import partial

import numpy as np

from ...base.quantities import Quantity, quantity
from ...maps.metrics import METRICS
from ...maps.verdict import NAIVE, verdict
from .. import map_figures, score_figures
from ..curve_figures import beside_cards
from ..map_figures import fullest_layer
from ..number_format import NONE, digits, fixed, label, length_text, percent, rows
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import UM
from .beside import beside_section

MAP = "Comparison with the measured map"  # title of its section


def write(folder, *, comparison, meta, progress=None):
    """Write report.html and figures/*.png of a comparison of two maps; return the path of the page.

    comparison: Comparison. meta: what the maps are (files, hashes, voxel sizes ...), shown as a table.
    Raises InputError when the files cannot be written.
    """
    return write_page(
        folder,
        title=meta.get("title") or "Simulated against measured lithiation",
        kind="Comparison of two maps",
        cards=cards(comparison),
        sections=[comparison_section(meta, comparison)],
        records=[("Result (JSON)", compact_json({**meta, **comparison.as_dict()}))],
        version=meta.get("microsim_version"),
        progress=progress,
    )


def figure(*, comparison, of="sto"):
    """Draw both maps and their difference in the two sections that hold most voxels; return a Figure.

    comparison: Comparison. of: name of the quantity that both maps hold.
    """
    return map_figures.comparison_maps_figure(comparison, quantity(of))


def comparison_sections(asked, comparisons):
    """Make the sections of the page of a run, one a measured map; without one: how to have one.

    asked: what the case says of each map, as dicts. comparisons: [Comparison, or why there is none].
    """
    if not comparisons:
        note = "No measured map was given; name one under compare: in the case, or use microsim compare."
        return [Section("comparison", MAP, note=note)]
    return [
        _section_of(meta, found, k if len(comparisons) > 1 else None)
        for k, (meta, found) in enumerate(zip(asked, comparisons, strict=True), start=1)
    ]


def _section_of(meta, found, number):
    """Make the section of one of the comparisons; number: None where there is but one."""
    anchor = "comparison" if number is None else f"comparison_{number}"
    file = meta.get("measured") or meta.get("voltage") or meta.get("spectrum")
    if hasattr(found, "kind"):
        return beside_section(meta, found, anchor)
    if isinstance(found, str) and not meta.get("measured"):
        return Section(anchor, f"Comparison with {file}", note=found)
    return comparison_section(meta, found, MAP if number is None else f"{MAP} {number}: {file}", anchor)


def comparison_section(meta, comparison, title=MAP, anchor="comparison"):
    """Make the section of a comparison, or of the sentence that says why there is none."""
    if isinstance(comparison, str):
        return Section(anchor, title, note=comparison)
    what = quantity(meta.get("quantity") or "sto")
    drawn = {
        "maps": (map_figures.comparison_maps_figure, _maps_caption),
        "worth": (score_figures.worth_figure, _worth_caption),
        "agreement": (map_figures.agreement_figure, _agreement_caption),
        "depth": (map_figures.comparison_depth_figure, _depth_caption),
    }
    drawings = tuple(
        Drawing(f"{anchor}_{name}", partial(draw, comparison, what), caption(comparison))
        for name, (draw, caption) in drawn.items()
    )
    virtual = meta.get("virtual") or "virtual" in str(meta.get("measured")).lower()
    notice = "The measured map is virtual: it was computed, not measured." if virtual else ""
    shown = (metrics_table(comparison), skill_table(comparison), lengths_table(comparison))
    shown = filled(*shown, spots_table(comparison), maps_table(meta))
    return Section(anchor, title, drawings, shown, notice=notice, lead=" ".join(verdict(comparison)))


SCORED = (
    "floor",
    "explained",
    "explained_without_bias",
    "naive_rmse",
    "skill",
    "intervals",
    "independent_voxels",
    "by_particle",
    "correlation_length",
    "spots",
)


# -- key numbers and tables ----------------------------------------------------------------------------------


def cards(comparison, most=6):
    """Choose the key numbers of a comparison, at most so many: first what the agreement is worth."""
    if isinstance(comparison, str):
        return []
    if hasattr(comparison, "kind"):
        return beside_cards(comparison)
    m, scores = comparison.metrics, comparison.scores
    floor, voxels = scores.floor or {}, f"{digits(scores.independent_voxels)} independent voxels"
    best = f"the true model has {digits(floor['rmse'], 3)}" if floor else "noise not known"
    ceiling = f"of at most {fixed(floor['pearson_r'], 3)}" if floor else "noise not known"
    found = [
        Card("Explained", percent(scores.explained), "", _within(scores, "explained", percent)),
        Card("RMSE", digits(m["rmse"], 3), "", best),
        Card("Correlation r", fixed(m["pearson_r"], 3), "", ceiling),
        Card("Bias", fixed(m["bias"], 4, plus=True), "", "mean of simulated − measured"),
        Card("Compared", digits(m["n_voxels"]), "voxels", voxels),
    ]
    if m["chi2"] is not None:
        found.insert(3, Card("Reduced χ²", digits(m["chi2"], 3), "", "1 for the true model"))
    return found[:most]


def _within(scores, name, spell=None):
    """Spell the interval of a score."""
    ends = scores.intervals.get(name)
    spell = spell or (lambda value: digits(value, 3))
    return "" if ends is None else f"95 %: {spell(ends[0])} to {spell(ends[1])}"


def metrics_table(comparison):
    """Tabulate the metrics of a comparison with what each means, what the true model would have, and its
    interval."""
    found, floor = [], comparison.scores.floor or {}
    for key, value in comparison.metrics.items():
        what = METRICS[key].quantity if key in METRICS else Quantity(key, label(key))
        best = _metric(what, floor[key]) if key in floor else ""
        within = _within(comparison.scores, key).removeprefix("95 %: ")
        found.append((what.label, _metric(what, value), best, within, what.meaning))
    header = ("Metric", "Value", "True model", "95 % interval", "Meaning")
    return TextTable("", header, found, (1, 2, 3))


def skill_table(comparison):
    """Tabulate the skill over maps that know little."""
    scores = comparison.scores
    found = [
        (
            NAIVE[name],
            digits(scores.naive_rmse[name], 3),
            percent(scores.skill[name]),
            _of_skill(scores, name),
        )
        for name in NAIVE
        if scores.naive_rmse.get(name) is not None
    ]
    return TextTable(
        "Skill over maps that know little", ("Map", "Its RMSE", "Skill", "Remark"), found, (1, 2)
    )


def lengths_table(comparison):
    """Tabulate how far the variations of both maps and of their difference reach."""
    names = {"simulated": "Simulated", "measured": "Measured", "difference": "Difference"}
    found = [
        (names[name], *("none" if one is None else length_text(one) for one in lengths.values()))
        for name, lengths in comparison.lengths.items()
    ]
    note = (
        "Distance at which the autocovariance falls to 1 / e, the noise's share taken off; none: it does not"
        " within half of the map, there is nothing beyond noise, or no noise is known."
    )
    return TextTable("Correlation length along", ("Map", "x", "y", "z"), found, (1, 2, 3), note)


def spots_table(comparison):
    """Tabulate hot and cold spots and where the maps differ by more than noise."""
    named = (("hot", "Hot: upper tenth"), ("cold", "Cold: lower tenth"))
    found = [_spot(words, comparison.spots[name]) for name, words in named if comparison.spots.get(name)]
    misfit = comparison.spots.get("misfit")
    if misfit:
        share = f"{percent(misfit['share'])} of the voxels"
        largest = digits(1e18 * misfit["largest_m3"], 3)
        found.append(("Beyond 3 σ", digits(misfit["count"]), largest, share, percent(misfit["expected"])))
    header = ("Spots", "Regions, simulated / measured", "Largest, µm³", "Shared", "True model")
    note = "Connected voxels of the upper and lower tenth of each map; unrelated maps share 10 %."
    return TextTable("Hot and cold spots", header, found, (1, 2, 3, 4), note)


def _spot(words, one):
    """One row of the spots of both maps."""
    maps = ("simulated", "measured")
    count = " / ".join(digits(one["count"][name]) for name in maps)
    largest = " / ".join(digits(1e18 * one["largest_m3"][name], 3) for name in maps)
    best = NONE if one["true_model"] is None else percent(one["true_model"]["shared"])
    return words, count, largest, percent(one["shared"]), best


def _of_skill(scores, name):
    if name in scores.hidden:
        return "agrees as well as the noise allows"
    return (
        "fitted to the measured map itself" if name != "homogenised" else "the same model without structure"
    )


def _metric(what, value):
    if isinstance(value, (list, tuple)):  # a shift in voxels
        return ", ".join(f"{n:+d}" if n else "0" for n in value)
    return percent(value) if what.shown_unit == "%" else digits(value)


def maps_table(meta):
    """Tabulate what a comparison's maps are: files, voxel sizes, origin, mask; not its metrics and curves."""
    left_out = ("metrics", "profile", "histogram", "verdict", *SCORED)
    kept = {
        key: value for key, value in meta.items() if key not in left_out and value not in (None, [], {}, "")
    }
    return TextTable("Maps", (), rows(kept))


# -- captions ------------------------------------------------------------------------------------------------


def _maps_caption(comparison):
    """Say what the comparison maps show."""
    c = comparison
    z, y = (digits(fullest_layer(c, axis)[1], 3) for axis in (2, 1))
    size = length_text(*c.voxel_size)
    difference = "difference" if c.sigma is None else "difference over the noise of each voxel"
    return (
        f"Simulated map averaged onto the measured voxels ({size}), measured map, and their {difference}, in "
        f"the sections z = {z} µm and y = {y} µm, those with most compared voxels; simulated and measured on "
        "one colour scale, the difference centred on zero. Grey: not compared. "
        f"RMSE {digits(c.metrics['rmse'], 3)}, bias {fixed(c.metrics['bias'], 4, plus=True)}."
    )


def _worth_caption(comparison):
    """Say what the agreement is worth."""
    told = "Left: RMSE of the model and of maps that know little"
    if comparison.sigma is not None:
        told += "; the line is what noise alone gives the true model. "
        told += (
            "Middle: differences over the noise of their voxel, against the unit normal of the true model. "
        )
    else:
        told += ". Middle: differences of the two maps. "
    p = comparison.particles
    if p is None or p.n < 2:
        return told + "No particles are known."
    between, within = fixed(p.pearson_r_between, 2), fixed(p.pearson_r_within, 2)
    most = ""
    if p.ceiling_between is not None:
        most = f" (of at most {fixed(p.ceiling_between, 2)} and {fixed(p.ceiling_within, 2)})"
    return (
        told
        + f"Right: means of {digits(p.n)} particles, area by volume; r between particles {between}, within "
        f"them {within}{most}."
    )


def _agreement_caption(comparison):
    """Say what the parity plot and the histogram show."""
    m = comparison.metrics
    band = ""
    if comparison.sigma is not None:
        band = "; between the two lines lie 95 % of the true model's voxels"
    return (
        f"Left: simulated against measured value of {digits(m['n_voxels'])} voxels (colour: voxels per bin; "
        f"the outermost 0.1 % at either end lie outside of the frame), r = {fixed(m['pearson_r'], 3)}{band}. "
        "Right: distribution of both; the mean difference of the sorted values (1-Wasserstein distance) is "
        f"{digits(m['histogram_distance'], 3)}."
    )


def _depth_caption(comparison):
    """Say what the depth profile of a comparison shows."""
    p = {key: np.asarray(v, float) for key, v in comparison.profile.items()}
    gap = np.abs(p["simulated"] - p["measured"])
    worst = int(np.nanargmax(gap))
    return (
        "Mean of both maps in each layer of the measured grid, over the compared voxels only. The layers' "
        f"means differ most at x = {digits(UM * p['x_m'][worst], 3)} µm, by {digits(float(gap[worst]), 3)}."
    )
