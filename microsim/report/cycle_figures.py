"""Capacity, coulombic efficiency and retention over the cycles of a run."""

import numpy as np

from .number_format import digits, fixed, percent
from .page import TextTable
from .style import MUTED, OTHER_COLOURS, new_figure, styled

CHARGED, DISCHARGED = OTHER_COLOURS[2], OTHER_COLOURS[3]
LIMITS = ("voltage", "current")  # ends of a step that the cell decides, not the protocol


@styled
def cycles_figure(cycles):
    """Draw capacities over the number of the cycle, and beside them both shares in per cent. cycles:
    result["cycles"]."""
    figure = new_figure(3.2)
    left, right = figure.subplots(1, 2)
    number = _column(cycles, "cycle")
    for key, colour, name in (
        ("charge_mAh_g", CHARGED, "charge"),
        ("discharge_mAh_g", DISCHARGED, "discharge"),
    ):
        left.plot(number, _column(cycles, key), "o-", ms=4, color=colour, label=name)
    left.set(xlabel="Cycle", ylabel="Specific capacity (mAh g⁻¹)")
    largest = np.nanmax([_column(cycles, "charge_mAh_g"), _column(cycles, "discharge_mAh_g")])
    left.set_ylim(0, 1.1 * largest)
    for key, colour, name in (
        ("coulombic_efficiency", CHARGED, "coulombic efficiency"),
        ("retention", DISCHARGED, "retention"),
    ):
        right.plot(number, 100 * _column(cycles, key), "o-", ms=4, color=colour, label=name)
    right.axhline(100, color=MUTED, lw=0.8)
    right.set(xlabel="Cycle", ylabel="Share (%)")
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(True)
        axes.legend(loc="best")
    return figure


def cycles_caption(cycles):
    """Say what the figure shows, and how the last cycle stands against the first."""
    whole = [row for row in cycles if row["discharge_mAh_g"]]
    text = (
        "Capacity of each charge and discharge; coulombic efficiency: a discharge over the charge before it;"
        f" retention: over the first discharge. After {len(whole)} discharges: retention"
        f" {percent(whole[-1]['retention'])}"
    )
    efficiency = whole[-1]["coulombic_efficiency"]
    text += f", coulombic efficiency {percent(efficiency, 3)}." if efficiency else "."
    return f"{text} {asked_for(cycles)}".strip()


def asked_for(cycles):
    """Say that efficiencies are what the protocol asks for where it, and not the cell, ends steps; ""
    elsewhere."""
    ends = {row[key] for row in cycles for key in ("charge_ended_by", "discharge_ended_by")} - {None}
    others = sorted(ends - set(LIMITS))
    if not others:
        return ""
    ended = " and ".join(others)
    return f"Some end by {ended}: capacity and efficiency of these are what the protocol asks for."


def cycles_table(cycles):
    """Tabulate the cycles."""
    header = (
        "Cycle",
        "Charge (mAh g⁻¹)",
        "Discharge (mAh g⁻¹)",
        "Coulombic efficiency (%)",
        "Retention (%)",
        "Energy efficiency (%)",
        "Mean charge voltage (V)",
        "Mean discharge voltage (V)",
    )
    rows = [
        (
            str(row["cycle"]),
            digits(row["charge_mAh_g"]),
            digits(row["discharge_mAh_g"]),
            *(
                fixed(None if row[key] is None else 100 * row[key], places)
                for key, places in (("coulombic_efficiency", 3), ("retention", 2), ("energy_efficiency", 2))
            ),
            fixed(row["mean_charge_V"], 3),
            fixed(row["mean_discharge_V"], 3),
        )
        for row in cycles
    ]
    return TextTable("", header, rows, tuple(range(8)))


def _column(cycles, key):
    return np.array([np.nan if row[key] is None else row[key] for row in cycles], float)
