"""The report of a study: its table, capacity over C-rate, voltage curves, and what each swept key does to the
capacity."""

from functools import partial

import numpy as np

from ..number_format import digits, duration, fixed
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..study_figures import (
    by_capacity,
    case_colours,
    legend_beside,
    study_front_figure,
    study_names_figure,
    study_profiles_figure,
    study_progress_figure,
)
from ..study_words import case_label, goal_title, is_number, short, value_words
from ..style import DASHED, new_figure, styled

CAPACITY, MARK = "Capacity (mAh g⁻¹)", {"marker": "o", "markersize": 4}
MOST_LABELS = 5  # of a logarithmic axis: as many as 1.5e-13 takes of a third of the width


def write(folder, *, result, curves, profiles=None, progress=None):
    """Write report.html and figures/*.png of a study; return the path of the page.

    result: content of study.json. curves: {name of a case: (capacity mAh per g, voltage V) of its last
    discharge}. profiles: {name: entry of result.json's profiles at its end}. progress: callable (done, total,
    message). Raises InputError when the files cannot be written.
    """
    cases, done = result["cases"], _finished(result)
    return write_page(
        folder,
        title=result["title"],
        kind="Study",
        cards=_cards(cases, done, result),
        sections=_sections(result, done, curves, profiles or {}),
        records=[("Result (JSON)", compact_json(result))],
        version=result.get("microsim_version"),
        progress=progress,
    )


def figure(*, result):
    """Draw the capacity over each swept key, cases joined that differ in nothing else; return a Figure.

    result: as of `write`.
    """
    done = _finished(result)
    return study_keys_figure(done, _varied(result, done) or result["keys"])


def _finished(result):
    return [case for case in result["cases"] if case["capacity_mAh_g"] is not None]


def _varied(result, done):
    """The swept keys that have more than one value among the finished cases."""
    return [key for key in result["keys"] if len({value_words(case["swept"].get(key)) for case in done}) > 1]


def _sections(result, done, curves, profiles):
    cases, keys = result["cases"], result["keys"]
    failed = [case for case in cases if case["status"] == "failed"]
    failures = [f"{len(failed)} of {len(cases)} cases failed; the table says why."] * bool(failed)
    notice = " ".join([*failures, *result.get("remarks", ())])
    both = filled(cases_table(cases, _columns(cases, keys)), settings_table(cases), failures_table(failed))
    effects = filled(sensitivity_table(sensitivities(done, keys)))
    note = "" if done else "No case finished with a discharge."
    drawings = _drawings(done, _varied(result, done), curves, profiles)
    return [
        *_search_sections(result, done),
        Section("cases", "Cases", tables=both, notice=notice),
        Section("capacity", "Capacity and voltage", drawings, effects, note=note),
    ]


def _drawings(done, shown, curves, profiles):
    rate = Drawing(
        "study_rate",
        partial(study_rate_figure, done, shown),
        "Capacity of the last discharge over its C-rate; lines join cases that are otherwise alike.",
    )
    voltage = Drawing(
        "study_voltage",
        partial(study_voltage_figure, done, shown, curves),
        "Voltage over capacity of the last discharge of every finished case.",
    )
    keys = Drawing(
        "study_keys",
        partial(study_keys_figure, done, shown),
        "Capacity over each swept key; lines join cases that differ in nothing else.",
    )
    names = Drawing(
        "study_names", partial(study_names_figure, done), "Capacity of the last discharge, by name."
    )
    depth = Drawing(
        "study_profiles",
        partial(study_profiles_figure, done, shown, profiles),
        "Over the depth at the end of the last discharge: lithiation, salt, potential of the electrolyte.",
    )
    rates = {case["c_rate"] for case in done if case["c_rate"]}
    named = bool(done) and all(case.get("label") and not case.get("sweep") for case in done)
    wanted = (
        (names, named and len(done) > 1),
        (rate, len(rates) > 1),
        (voltage, done),
        (depth, any(case["name"] in profiles for case in done)),
        (keys, shown and not named),
    )
    return tuple(drawing for drawing, there in wanted if there)


def _columns(cases, keys):
    """The keys that have a column: all, or of cases with names those that are swept over."""
    named = any(case.get("label") for case in cases)
    return [key for key in keys if any(key in (case.get("sweep") or ()) for case in cases)] if named else keys


def _search_sections(result, done):
    """What a search found: its front, and how it came to it."""
    search = result.get("search")
    if not search:
        return []
    found = [case for case in done if case["on_front"]]
    several = len(search["objectives"]) > 1
    figure = study_front_figure if several else study_progress_figure
    caption = (
        "Every point by the first two goals; filled: the front, which nothing beats; crosses miss a"
        " constraint. The hypervolume after each point, above the worst values that were met."
        if several
        else "The goal of every point in order, and the best until then; crosses miss a constraint."
    )
    drawing = Drawing("study_search", partial(figure, done, search), caption)
    note = "" if found else "No point keeps every constraint."
    title = "Front" if several else "Best"
    return [
        Section("search", title, (drawing,) if done else (), filled(front_table(found, search)), note=note)
    ]


def front_table(found, search):
    """Tabulate the points that nothing beats: levers, goals, and what each goal is of."""
    goals, levers = search["objectives"], list(search["levers"])
    header = ("Point", *map(short, levers), *map(goal_title, goals))
    rows = [
        (
            case["name"],
            *(value_words(case["swept"][key]) for key in levers),
            *(digits(case[goal["name"]]) for goal in goals),
        )
        for case in found
    ]
    told = "; ".join(f"{goal['label']}, {goal['goal']}d: {goal['basis']}" for goal in goals)
    return TextTable("", header, rows, tuple(range(1, len(header))), f"{told[:1].upper()}{told[1:]}.")


def settings_table(cases):
    """Tabulate what each case with a name sets."""
    rows = [
        (case["name"], "; ".join(f"{short(key)} {value_words(value)}" for key, value in own.items()))
        for case in cases
        if case.get("label")
        and (own := {k: v for k, v in case["swept"].items() if k not in (case.get("sweep") or ())})
    ]
    return TextTable("What each name sets", ("Case", "Settings"), rows)


def _cards(cases, done, result):
    count = sum(case["status"] == "finished" for case in cases)
    cards = [Card("Finished", f"{count} of {len(cases)}", "cases", "", count == len(cases))]
    if done:
        best, worst = (choose(done, key=lambda case: case["capacity_mAh_g"]) for choose in (max, min))
        cards += [
            Card("Largest capacity", digits(best["capacity_mAh_g"]), "mAh g⁻¹", best["name"]),
            Card("Smallest capacity", digits(worst["capacity_mAh_g"]), "mAh g⁻¹", worst["name"]),
        ]
    count = result["processes"]  # None: the workers of a cluster say
    way = "on a cluster" if count is None else f"{count} process{'es' * (count > 1)} at a time"
    return [*cards, Card("Time", duration(result["wall_s"]), "", way)]


# -- tables --------------------------------------------------------------------------------------------------


def cases_table(cases, keys):
    """Tabulate every case: what is swept, how it ended, capacity, mean voltage, lithium balance."""
    header = (
        "Case",
        *(short(key) for key in keys),
        "Status",
        "Capacity (mAh g⁻¹)",
        "Mean voltage (V)",
        "Li balance",
        "Time",
    )
    rows = [
        (
            case["name"],
            *(value_words(case["swept"].get(key)) for key in keys),
            case["status"],
            digits(case["capacity_mAh_g"]),
            fixed(case["mean_voltage_V"], 3),
            digits(case["lithium_balance_error"], 2),
            duration(case["wall_s"]),
        )
        for case in cases
    ]
    numbers = [k for k, key in enumerate(keys, 1) if all(is_number(case["swept"].get(key)) for case in cases)]
    return TextTable("", header, rows, (*numbers, *range(len(header) - 4, len(header))))


def failures_table(failed):
    """Tabulate the cases that failed and why."""
    return TextTable("Failed", ("Case", "Reason"), [(case["name"], case["message"]) for case in failed])


def sensitivities(cases, keys):
    """Measure what each key does to the capacity, between cases that differ in nothing else.

    Returns {key: {"groups", "spread_mAh_g": largest difference within a group, "exponent": d ln capacity / d
    ln value by least squares within the groups, or None where the values are no positive numbers}}.
    """
    found = {}
    for key in keys:
        groups = [
            group
            for group in alike(cases, keys, key)
            if len({value_words(c["swept"].get(key)) for c in group}) > 1
        ]
        if not groups:
            continue
        capacities = [np.array([case["capacity_mAh_g"] for case in group], float) for group in groups]
        values = [[case["swept"].get(key) for case in group] for group in groups]
        exponent = None
        if all(is_number(v) and v > 0 for group in values for v in group) and all(
            (c > 0).all() for c in capacities
        ):
            x = np.concatenate([np.log(v) - np.mean(np.log(v)) for v in values])
            y = np.concatenate([np.log(c) - np.mean(np.log(c)) for c in capacities])
            exponent = float(x @ y / (x @ x))
        found[key] = {
            "groups": len(groups),
            "spread_mAh_g": max(float(np.ptp(c)) for c in capacities),
            "exponent": exponent,
        }
    return found


def sensitivity_table(effects):
    """Tabulate the sensitivities."""
    rows = [
        (key, str(e["groups"]), digits(e["spread_mAh_g"]), digits(e["exponent"], 3))
        for key, e in effects.items()
    ]
    return TextTable(
        "Sensitivity of the capacity",
        ("Key", "Groups", "Largest difference (mAh g⁻¹)", "d ln capacity / d ln value"),
        rows,
        (1, 2, 3),
        "Between cases that differ in nothing else.",
    )


def alike(cases, keys, key):
    """Group cases that differ in `key` only, each group in order of that key."""
    groups = {}
    for case in cases:
        rest = tuple(value_words(case["swept"].get(other)) for other in keys if other != key)
        groups.setdefault(rest, []).append(case)
    values = [case["swept"].get(key) for case in cases]
    if all(is_number(value) for value in values):
        return [sorted(group, key=lambda case: case["swept"][key]) for group in groups.values()]
    return list(groups.values())


# -- figures -------------------------------------------------------------------------------------------------


@styled
def study_rate_figure(cases, keys):
    """Draw capacity over C-rate."""
    figure = new_figure(3.6)
    axes = figure.subplots()
    by = _rate_key(cases, keys)
    for group in alike(cases, keys, by):
        group = sorted((case for case in group if case["c_rate"]), key=lambda case: case["c_rate"])
        if group:
            axes.plot(
                [c["c_rate"] for c in group],
                [c["capacity_mAh_g"] for c in group],
                **MARK,
                label=case_label(group[0], keys, by),
            )
    axes.set(xlabel="C-rate (h⁻¹)", ylabel=CAPACITY, xscale="log")
    _whole_numbers(axes, sorted({case["c_rate"] for case in cases if case["c_rate"]}))
    _from_zero(axes)
    legend_beside(axes)
    return figure


@styled
def study_voltage_figure(cases, keys, curves):
    """Draw the voltage curves of all cases."""
    figure = new_figure(4.0)
    axes = figure.subplots()
    for case, colour in zip(by_capacity(cases), case_colours(len(cases))):
        if case["name"] in curves:
            axes.plot(*curves[case["name"]], color=colour, linewidth=1.4, label=case_label(case, keys))
    axes.set(xlabel=CAPACITY, ylabel="Voltage (V)")
    axes.set_xlim(left=0)
    axes.grid(True)
    legend_beside(axes)
    return figure


@styled
def study_keys_figure(cases, keys):
    """Draw capacity over each swept key."""
    columns = min(len(keys), 3)
    lines = -(-len(keys) // columns)
    figure = new_figure(2.9 * lines)
    panels = np.atleast_1d(figure.subplots(lines, columns, sharey=True, squeeze=False)).ravel()
    for axes, key in zip(panels, keys):
        _key_panel(axes, cases, keys, key)
    for axes in panels[len(keys) :]:
        axes.set_axis_off()
    for axes in panels[: len(keys) : columns]:
        axes.set_ylabel(CAPACITY)
    _from_zero(panels[0])
    return figure


def _key_panel(axes, cases, keys, key):
    values = [case["swept"].get(key) for case in cases]
    numeric = all(is_number(value) for value in values)
    places = {said: k for k, said in enumerate(dict.fromkeys(map(value_words, values)))}
    for group in alike(cases, keys, key):
        x = [c["swept"][key] if numeric else places[value_words(c["swept"].get(key))] for c in group]
        axes.plot(
            x,
            [c["capacity_mAh_g"] for c in group],
            **MARK,
            linestyle="-" if numeric else DASHED,
            linewidth=1.2,
        )
    if numeric and min(values) > 0 and max(values) >= 8 * min(values):
        axes.set_xscale("log")
        _ticks_at_values(axes, values)
    if not numeric:
        axes.set_xticks(list(places.values()), [text[:24] for text in places], rotation=25, ha="right")
    axes.set_xlabel(short(key))
    axes.grid(True)


def _ticks_at_values(axes, values):
    """Label a logarithmic axis at its values, those that have room: its own labels run into each other."""
    room, labelled = np.log(max(values) / min(values)) / MOST_LABELS, []
    for value in sorted(set(values)):
        if not labelled or np.log(value / labelled[-1]) >= room:
            labelled.append(value)
    _whole_numbers(axes, labelled)


def _whole_numbers(axes, places):
    from matplotlib.ticker import NullLocator

    axes.set_xticks(places, [f"{place:g}" for place in places])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(True)


def _from_zero(axes):
    axes.set_ylim(0, 1.05 * axes.dataLim.y1)  # room for the markers


def _rate_key(cases, keys):
    """The swept key that the C-rate follows, if one does."""
    if "c_rate" in keys:
        return "c_rate"
    protocol = [key for key in keys if key.startswith("protocol")]
    return protocol[0] if protocol else None
