"""The report of a study of steps: figures beside the source's, pictures, and how each step went."""

from functools import partial
from pathlib import Path

import numpy as np

from ...base.quantities import quantity
from ..number_format import digits, duration
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import MUTED, UM, new_figure, styled

GB = 1e9


def write(folder, *, result, shown, curves, profiles, progress=None):
    """Write report.html and figures/*.png; return the path of the page.

    result: content of study.json. shown: the figures asked for, each with title, voltage, profile, of,
    picture, caption. curves: {run: (capacity mAh per g, voltage V)}. profiles: {run: {"x_m", field: values}}
    at its end. progress: callable (done, total, message). Raises InputError when the files cannot be written.
    """
    return write_page(
        folder,
        title=result["title"],
        kind="Study",
        cards=_cards(result),
        sections=_sections(Path(folder), result, shown, curves, profiles),
        records=[("Result (JSON)", compact_json(result))],
        version=result.get("microsim_version"),
        progress=progress,
    )


def _cards(result):
    steps = result["steps"]
    told = sum(row["value"] is not None for row in result["rows"])
    failed = f"{result['failed']} failed" if result["failed"] else ""
    return [
        Card("Figures", f"{told} of {len(result['rows'])}", "", "", told == len(result["rows"])),
        Card("Steps", f"{result['finished']} of {len(steps)}", "finished", failed, not result["failed"]),
        Card("Size", result["size"], "", "--full: the larger one" * (result["size"] == "small")),
        Card("Time", duration(sum(step["wall_s"] or 0 for step in steps)), "", "of all steps"),
    ]


def _sections(folder, result, shown, curves, profiles):
    beside = [Drawing("steps_ratio", partial(figure, result=result), RATIO)] if _with_paper(result) else []
    drawings = [
        Drawing(f"steps_{k}", partial(_shown_figure, folder, one, curves, profiles), _caption(one))
        for k, one in enumerate(shown)
    ]
    about = " ".join(filter(None, (result["about"], result["source"] and f"Source: {result['source']}.")))
    return [
        Section("figures", "Figures beside the source's", beside, filled(rows_table(result)), lead=about),
        *([Section("pictures", "What the steps show", drawings)] if drawings else []),
        Section("steps", "Steps", tables=filled(*steps_tables(result))),
    ]


RATIO = "Figures here over those of the source, where it gives a number; the line is agreement."


def rows_table(result):
    """Tabulate every figure: here, in the source, what is said of it."""
    rows = [
        (
            row["what"],
            _said(row["value"]),
            _said(row["paper"]),
            row["unit"],
            " ".join(filter(None, (row["explained"], row["missing"] and f"Not had: {row['missing']}"))),
        )
        for row in result["rows"]
    ]
    words = any(isinstance(row["paper"], str) for row in result["rows"])  # these wrap, numbers do not
    return TextTable("", ("Figure", "Here", "Source", "Unit", "Remark"), rows, (1,) if words else (1, 2))


def steps_tables(result):
    """Tabulate how each step went, and the commands."""
    went = [
        (
            step["name"],
            step["status"],
            duration(step["wall_s"]) if step["wall_s"] else "–",
            digits(step["peak_memory_bytes"] and step["peak_memory_bytes"] / GB, 2),
            step["message"],
        )
        for step in result["steps"]
    ]
    commands = [(step["name"], step["command"]) for step in result["steps"]]
    header = ("Step", "Status", "Time", "Peak memory (GB)", "Message")
    return (
        TextTable("", header, went, (2, 3)),
        TextTable("Commands, run in the folder of this page", ("Step", "Command"), commands),
    )


def _said(value):
    return "–" if value is None else value if isinstance(value, str) else digits(value, 4)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _with_paper(result):
    """Rows whose figures here and in the source are numbers of one sign."""
    rows = [row for row in result["rows"] if _is_number(row["value"]) and _is_number(row["paper"])]
    return [row for row in rows if row["value"] * row["paper"] > 0]


@styled
def figure(*, result):
    """Draw each figure over the source's own; return a Figure. result: content of study.json."""
    rows = _with_paper(result)
    drawn = new_figure(max(1.6, 0.24 * len(rows) + 0.8))
    axes = drawn.subplots()
    ratios = [row["value"] / row["paper"] for row in rows]
    axes.axvline(1, color=MUTED, lw=0.8)
    axes.plot(ratios, range(len(rows)), "o", markersize=5)
    axes.set_yticks(range(len(rows)), [row["what"] for row in rows])
    axes.set(xlabel="Here over source", xscale="log", ylim=(len(rows) - 0.5, -0.5))
    low, high = min([*ratios, 0.8]), max([*ratios, 1.25])
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low / 2 < t < 2 * high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(True)
    return drawn


# -- what was asked for --------------------------------------------------------------------------------------


def _shown_figure(folder, shown, curves, profiles):
    if shown.picture:
        return (folder / shown.picture).read_bytes()
    if shown.voltage:
        return discharges_figure({said: curves[name] for name, said in _called(shown) if name in curves})
    return ends_figure(
        shown.profile, {said: profiles[name] for name, said in _called(shown) if name in profiles}
    )


@styled
def discharges_figure(curves):
    """Draw the voltage over the capacity of the last discharge of several runs, by their names."""
    drawn = new_figure(3.4)
    axes = drawn.subplots()
    for name, (capacity, voltage) in curves.items():
        axes.plot(capacity, voltage, label=name)
    axes.set(xlabel="Capacity (mAh g⁻¹)", ylabel="Voltage (V)")
    axes.set_xlim(left=0)
    axes.grid(True)
    drawn.legend(loc="outside right center")
    return drawn


@styled
def ends_figure(field, profiles):
    """Draw a field's mean in each layer over the depth, of several runs at their ends."""
    what = quantity(field)
    drawn = new_figure(3.4)
    axes = drawn.subplots()
    for name, found in profiles.items():
        values = np.array(found[field], float)
        axes.plot(UM * np.array(found["x_m"]), what.factor * values, label=name)
    axes.set(xlabel="Depth x (µm)", ylabel=what.title)
    axes.grid(True)
    drawn.legend(loc="outside right center")
    return drawn


def _caption(shown):
    """Say what a figure shows, and from which steps."""
    if shown.picture:
        said = "" if shown.caption or shown.title else "Drawn by a step"
    elif shown.voltage:
        said = "Voltage over the capacity of the last discharge."
    else:
        said = f"{quantity(shown.profile).label}: means of the layers at the end of each run."
    sentences = [f"{part.rstrip('.')}." for part in (shown.title, shown.caption) if part]
    return " ".join(filter(None, (*sentences, said)))


def _called(shown):
    """List the runs of a figure, each with what the legend calls it."""
    words = [Path(name).name.replace("_", " ") for name in shown.steps]
    return list(zip(shown.steps, shown.names or words, strict=True))
