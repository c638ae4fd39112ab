"""Captions: what a figure shows, and the numbers a reader would want to read off it."""

import numpy as np

from ..base.quantities import quantity
from .figures import LONG_NAMES
from .number_format import THIN, digits, duration, fixed, percent
from .style import UM
from .tables import last_discharge


def phases_caption(grid):
    """Say what the phase figure shows: size, fractions and how much they vary over the depth."""
    size = " × ".join(digits(UM * n * h, 3) for n, h in zip(grid.shape, grid.voxel_size, strict=True))
    spans = []
    for name in grid.phases:
        share = grid.layer_shares(name)
        share = share[np.isfinite(share)]  # not of layers outside the sample
        spans.append(
            f"{LONG_NAMES.get(name, name)} {percent(grid.fraction(name))} "
            f"({percent(share.min(), 0)} to {percent(share.max(), 0)} in single layers)"
        )
    return (
        f"Phases of the volume ({size} µm) in three sections through its middle, and their share of each "
        f"layer over the depth; dashed: mean. There are {', '.join(spans)}."
    )


COUNTERS = {
    "lithium": " against a lithium-metal counter electrode",
    "ideal": " against lithium, by a counter electrode that takes no voltage,",
}


def voltage_caption(result, several, counter=None):
    """Say what the voltage figure shows: capacity, mean voltage, why the step ended.

    counter: the counter electrode as the case has it, None where that is not known.
    """
    step = last_discharge(result)
    against = COUNTERS.get(counter, "") if isinstance(counter, str) else ""
    if isinstance(counter, dict):
        of = (result.get("materials") or {}).get("counter_electrode") or {}
        against = (
            f" against a counter electrode of {of['name']}" if of else " against a porous counter electrode"
        )
    text = f"Cell voltage{against} over the specific capacity"
    text += "; right: voltage and current density (positive: discharge) over time. " if several else ". "
    if step.get("capacity_mAh_g") is not None:
        text += f"{step['name']}: {digits(float(step['capacity_mAh_g']))}{THIN}mAh{THIN}g⁻¹"
        mean = step.get("mean_voltage_V")
        text += f" at a mean voltage of {fixed(mean, 3)}{THIN}V." if mean is not None else "."
    return text


def sections_caption(series, *, deviation=False):
    """Say what a row of sections shows: where, on which colour scale, and the last values."""
    where = f"in the section z = {digits(UM * series.section_z_m, 3)} µm"
    if deviation:
        spread = ", ".join(
            f"{digits(float(series.stds[k]), 2)} after {duration(float(series.times_s[k]))}"
            for k in series.sections
        )
        return (
            f"{_what(series)} minus its mean over the volume at that time, {where}, on one colour scale "
            f"centred on zero; grey: other phases. Standard deviation over all voxels: {spread}."
        )
    return (
        f"{_what(series)} {where}, all panels on one colour scale (its pointed ends stand for the outermost "
        "0.5 % of the voxels); grey: other phases. Depth runs from the separator (x = 0) to the current "
        f"collector. {_ends(series)}"
    )


def profiles_caption(series, *, distribution=False):
    """Say what a depth profile shows: mean of each layer, and its ends at the last time."""
    text = f"{_what(series)}, mean of each layer over the depth"
    text += "; right: distribution over the voxels at the same times. " if distribution else ". "
    text += "Dashed: at a rest. " if any(step.lower().startswith("rest") for step in series.steps) else ""
    return text + _ends(series)


def potentials_caption(series):
    """Say what the potentials figure shows."""
    shown = "; ".join(quantity(s.name).words for s in series)
    return f"Means of each layer over the depth: {shown}. Colours as in the legend, early dark to late light."


def _what(series):
    return _capital(quantity(series.name).words)


def _ends(series):
    """Say the last time's mean, spread, and its values at the two ends of the depth."""
    what = quantity(series.name)
    unit = "".join(f"{THIN}{part}" for part in what.shown_unit.split())
    profile = what.factor * series.profiles[-1][np.isfinite(series.profiles[-1])]
    mean, std = float(what.factor * series.means[-1]), float(what.factor * series.stds[-1])
    if not profile.size:
        return ""
    return (
        f"At the last time ({duration(float(series.times_s[-1]))}): mean {digits(mean, 4)}{unit}, "
        f"standard deviation {digits(std, 2)}{unit}; {digits(float(profile[0]), 4)}{unit} next to the "
        f"separator, {digits(float(profile[-1]), 4)}{unit} next to the collector."
    )


def _capital(text):
    return text[:1].upper() + text[1:]
