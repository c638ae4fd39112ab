"""Figures of a study beside its curves: cases by name, profiles over the depth, what a search came to."""

import numpy as np

from ..base.quantities import FIELDS
from .study_words import case_label, goal_title
from .style import DASHED, DEPTH, MUTED, UM, new_figure, styled

LEGEND_LINES = 12  # more curves are told apart by colour alone
PROFILES = ("sto", "c_e", "phi_e")


def legend_beside(axes):
    """Put a legend beside a panel, or say how many curves there are where they are many."""
    labels = axes.get_legend_handles_labels()[1]
    if 1 < len(labels) <= LEGEND_LINES and any(labels):
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    elif len(labels) > LEGEND_LINES:
        where = {"transform": axes.transAxes, "ha": "right", "va": "bottom"}
        axes.text(1.0, 1.01, f"{len(labels)} cases", color=MUTED, fontsize=8, **where)


def by_capacity(cases):
    """Sort cases, the largest capacity first: the order of their colours in every figure."""
    return sorted(cases, key=lambda case: -case["capacity_mAh_g"])


def case_colours(count):
    """Return a colour for each of so many cases."""
    import matplotlib

    return matplotlib.colormaps["viridis"](np.linspace(0, 0.92, max(count, 2)))


@styled
def study_names_figure(cases):
    """Draw the capacity of every case by its name."""
    figure = new_figure(0.8 + 0.32 * len(cases))
    axes = figure.subplots()
    places = np.arange(len(cases))[::-1]
    bars = axes.barh(places, [case["capacity_mAh_g"] for case in cases], color="#6b9ac4", height=0.7)
    axes.bar_label(bars, fmt="%.4g", padding=3, fontsize=8)
    axes.set_yticks(places, [case["label"] for case in cases])
    axes.set_xlabel("Capacity (mAh g⁻¹)")
    axes.margins(x=0.1)
    return figure


@styled
def study_profiles_figure(cases, keys, profiles):
    """Draw lithiation, salt and potential of the electrolyte over the depth, a curve for each case.

    profiles: {name of a case: {"x_m", "sto", "c_e", "phi_e"}}, None where a layer has none.
    """
    figure = new_figure(3.2)
    panels = figure.subplots(1, len(PROFILES))
    shown = by_capacity(case for case in cases if case["name"] in profiles)
    for case, colour in zip(shown, case_colours(len(shown))):
        found = profiles[case["name"]]
        for axes, name in zip(panels, PROFILES):
            values = FIELDS[name].factor * np.array(found[name], float)
            look = {"color": colour, "linewidth": 1.4, "label": case_label(case, keys)}
            axes.plot(UM * np.array(found["x_m"], float), values, **look)
    for axes, name in zip(panels, PROFILES):
        axes.set(xlabel=DEPTH, ylabel=FIELDS[name].title)
        axes.set_xlim(left=0)
        axes.grid(True)
    legend_beside(panels[-1])
    return figure


@styled
def study_progress_figure(cases, search):
    """Draw the goal of every point in order, and the best until then."""
    figure = new_figure(3.4)
    axes = figure.subplots()
    (goal,) = search["objectives"]
    for keeps, look in ((True, {"marker": "o"}), (False, {"marker": "x"})):
        points = [case for case in cases if case["feasible"] is keeps]
        numbers = [_number(case) for case in points]
        label = "keeps every constraint" if keeps else "misses one"
        axes.plot(
            numbers,
            [case[goal["name"]] for case in points],
            **look,
            ls="",
            ms=4,
            color="#6b7280",
            label=label if points else "",
        )
    best = [np.nan if value is None else value for value in search["best_so_far"]]
    axes.step(np.arange(1, len(best) + 1), best, where="post", color="#d55e00", label="best until then")
    axes.set(xlabel="Point", ylabel=_titled(goal))
    axes.grid(True)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@styled
def study_front_figure(cases, search):
    """Draw every point by the first two goals, the front filled, and the hypervolume after each point."""
    figure = new_figure(3.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
    x, y = (goal["name"] for goal in search["objectives"][:2])
    for case in cases:
        front, keeps = case["on_front"], case["feasible"]
        face = "#d55e00" if front else "none"
        left.plot(case[x], case[y], "o" if keeps else "x", mfc=face, mec="#d55e00" if front else MUTED, ms=5)
    front = sorted((case[x], case[y]) for case in cases if case["on_front"])
    if len(search["objectives"]) == 2 and front:
        left.plot(*zip(*front), ls=DASHED, color="#d55e00", linewidth=1.0)
    left.set(xlabel=_titled(search["objectives"][0]), ylabel=_titled(search["objectives"][1]))
    grown = [np.nan if value is None else value for value in search["hypervolume"]]
    right.step(np.arange(1, len(grown) + 1), grown, where="post", color="#d55e00")
    right.set(xlabel="Point", ylabel="Hypervolume")
    for axes in (left, right):
        axes.grid(True)
    return figure


def _number(case):
    return int(case["name"].rpartition("-")[2])


def _titled(goal):
    return f"{goal_title(goal)}, {goal['goal']}d"
