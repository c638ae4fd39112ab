"""The first screen of a run's page, in sentences: what was asked, what came out, how well it agrees with what
was measured, and what limits the electrode."""

from pathlib import Path

import numpy as np

from ..analysis.half_cycles import charges_and_discharges, words_of_steps
from ..base.quantities import VOLTAGE_PARTS
from ..maps.verdict import verdict
from .analysis_figures import last_discharge_end, loaded_steps, mean_over_charge, taking_part
from .curve_figures import beside_cards
from .number_format import THIN, digits, fixed, length_text, percent
from .tables import last_discharge

TOLD = 2  # parts of the voltage that a sentence names
SPREADS = {
    "std_between": "between particles",
    "std_within": "within them",
    "std_over_depth": "between layers over the depth",
}
CAUSES = {
    "std_between": "particles of different size or surroundings are used differently",
    "std_within": "lithium is slow to move within its particles",
    "std_over_depth": "the reaction is uneven from separator to collector",
}


def answers(case, result, grid, comparisons=()):
    """Return the first screen of a run: [(question, sentence), ...].

    case: as a dict. result: content of result.json. grid: VoxelGrid. comparisons: one for each measurement.
    """
    asked = case if isinstance(case, dict) else {}
    return [
        (question, text)
        for question, text in (
            ("Asked", _asked(asked, result, grid)),
            ("Answer", _answer(result)),
            ("Agreement", _agreement(comparisons)),
            ("What limits it", _limit(result)),
        )
        if text
    ]


def _asked(case, result, grid):
    protocol = case.get("protocol") or [step["name"] for step in result.get("steps") or []]
    steps = "; ".join(_worded(step) for step in protocol[:3])
    more = len(protocol) - 3
    steps += f"; and {more} more step{'s' * (more > 1)}" if more > 0 else ""
    shape = " × ".join(digits(int(n)) for n in grid.shape)
    where = f"on {shape} voxels of {length_text(*grid.voxel_size)}"
    sets = [one.get("name", "") for one in (result.get("materials") or {}).values() if isinstance(one, dict)]
    of = f", with {', '.join(filter(None, sets))}" if any(sets) else ""
    return f"{steps}, {where}{of}." if steps else ""


def _worded(step):
    """Word a step of a protocol: a text as it is, a repeat by its steps, a profile by its file."""
    if not isinstance(step, dict):
        return str(step)
    if "steps" in step:
        inner = "; ".join(_worded(one) for one in step["steps"])
        until = f", until {step['until_voltage_V']:g} V" if step.get("until_voltage_V") else ""
        return f"{step.get('repeat', 1)} times ({inner}){until}"
    file = next((step[key] for key in ("profile", "file") if key in step), "")
    return f"{'Profile' if 'profile' in step else 'Steps of'} {Path(str(file)).name}"


def _answer(result):
    step = last_discharge(result)
    capacity = result.get("capacity_mAh_g")
    if capacity is None:
        return ""
    told = f"{digits(float(capacity))}{THIN}mAh{THIN}g⁻¹{_within(result, 'capacity_mAh_g')}"
    if step.get("mean_voltage_V") is not None:
        told += f" at a mean voltage of {fixed(step['mean_voltage_V'], 3)}{THIN}V"
    told += f" ({step['name']})" if step.get("name") else ""
    if result.get("draws"):
        return f"{told}. The interval is that of {result['draws']} draws of the segmentation."
    return f"{told}. It has no interval: the case asks for no draws of the segmentation (volume.draws)."


def _within(result, key):
    ends = (result.get("intervals") or {}).get(key)
    if not isinstance(ends, (list, tuple)) or None in ends:
        return ""
    return f" ({digits(float(ends[0]))} to {digits(float(ends[1]))})"


def _agreement(comparisons):
    """The verdict on each map, the figure of each curve."""
    if not comparisons:
        return "Nothing measured was given to compare with."
    told = [_one_agreement(found) for found in comparisons]
    if len(told) > 1:
        told = [f"{number}: {text}" for number, text in enumerate(told, start=1)]
    return " ".join(told)


def _one_agreement(found):
    if isinstance(found, str):
        return found
    if hasattr(found, "kind"):
        card = beside_cards(found)[0]
        within = f" ({card.remark})" if card.remark else ""
        return f"{card.name} {card.value}{THIN}{card.unit}{within}."
    return " ".join(verdict(found)[:2])


def _limit(result):
    """One sentence on the voltage, one on the lithiation."""
    return " ".join(
        filter(None, (_voltage_limit(result.get("overpotentials")), _uneven(result.get("heterogeneity"))))
    )


def _voltage_limit(found):
    if not found or not found.get("time_s") or not loaded_steps(found):
        return ""
    name, at = _last_discharge(found)
    parts = {part: 1e3 * mean_over_charge(found, at, values) for part, values in found["parts_V"].items()}
    whole = 1e3 * mean_over_charge(found, at, found["total_V"])
    largest = sorted(parts, key=lambda part: -abs(parts[part]))[:TOLD]
    named = [
        f"{_small(VOLTAGE_PARTS[part].label)}, {digits(parts[part], 3)}{THIN}mV"
        f" ({percent(parts[part] / whole, 0)})"
        for part in largest
        if abs(parts[part]) > 0 and whole
    ]
    if not named:
        return ""
    off = f"{digits(whole, 3)}{THIN}mV stand between open circuit and voltage"
    return f"Over {name}, on average {off}: most of it {' and then '.join(named)}."


def _last_discharge(found):
    """Return names and rows of the last discharge, without one of the last step that passes charge: that at
    whose end the spread of the lithiation is told."""
    steps, capacity = loaded_steps(found), found["capacity_mAh_g"]
    halves = charges_and_discharges([capacity[at[-1]] - capacity[at[0]] for _, at in steps])
    numbers = next((of for sign, of in reversed(halves) if sign > 0), [len(steps) - 1])
    names, rows = zip(*(steps[number] for number in numbers))
    return words_of_steps(names), np.concatenate(rows)


def _small(label):
    return label[:1].lower() + label[1:]


def _uneven(found):
    """Which spread of the lithiation is the largest at the end of the last discharge."""
    times = (found or {}).get("times") or {}
    end = last_discharge_end(found) if times.get("time_s") else None
    if not end:
        return ""
    row = int(np.argmin(np.abs(np.array(times["time_s"], float) - end["time_s"])))
    share, ending = taking_part(found, row), "_taking_part"
    known = {name: times.get(f"{name}{ending if share else ''}") for name in SPREADS}
    spreads = {name: values[row] for name, values in known.items() if values and values[row] is not None}
    most = max(spreads, key=spreads.get, default=None)
    told = [f"{digits(float(spread), 2)} {SPREADS[name]}" for name, spread in spreads.items()]
    said = f"{', '.join(told)}: mostly because {CAUSES[most]}" if spreads and spreads[most] > 0 else ""
    if not share:
        return f"At its end the lithiation spreads (standard deviation) by {said}." if said else ""
    whole = digits(float(times["std"][row]), 2)
    idle = (
        f"At its end the lithiation spreads (standard deviation) by {whole} over all of the active material,"
        f" {percent(1 - share)} of which takes no part"
    )
    return f"{idle}; of the rest by {said}." if said else f"{idle}."
