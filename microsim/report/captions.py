"""Captions: what a figure shows, and the numbers a reader would want to read off it."""

import numpy as np

from .figures import LONG_NAMES, axis_label
from .map_figures import fullest_layer
from .number_format import THIN, digits, duration, fixed, length, percent
from .style import UM
from .tables import last_discharge


def phases_caption(grid):
    """Say what the phase figure shows: size, fractions and how much they vary over the depth."""
    size = " × ".join(digits(UM * n * h, 3) for n, h in zip(grid.shape, grid.voxel_size, strict=True))
    spans = []
    for name in grid.names:
        share = grid.mask(name).mean(axis=(1, 2))
        spans.append(
            f"{LONG_NAMES.get(name, name)} {percent(grid.fraction(name))} "
            f"({percent(share.min(), 0)} to {percent(share.max(), 0)} in single layers)"
        )
    return (
        f"Phases of the volume ({size} µm) in three sections through its middle, and their share of each "
        f"layer over the depth; dashed: mean. {_sentence(', '.join(spans))}"
    )


def voltage_caption(result, several):
    """Say what the voltage figure shows: capacity, mean voltage, why the step ended."""
    step = last_discharge(result)
    text = "Cell voltage against a lithium-metal counter electrode over the specific capacity"
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
    names = {
        "phi_e": "electrolyte potential",
        "phi_s": "solid potential relative to its layer at the current collector",
        "j": "current density across the interface, positive where lithium leaves the solid",
    }
    shown = "; ".join(names[s.name] for s in series)
    return _sentence(
        f"Means of each layer over the depth: {shown}. Colours as in the legend, early dark to late light"
    )


def maps_caption(comparison):
    """Say what the comparison maps show."""
    c = comparison
    z, y = (digits(fullest_layer(c, axis)[1], 3) for axis in (2, 1))
    size = length(*c.voxel_size)
    return (
        f"Simulated map averaged onto the measured voxels ({size}), measured map, and their difference, in "
        f"the sections z = {z} µm and y = {y} µm, those with most compared voxels; simulated and measured on "
        "one colour scale, the difference centred on zero. Grey: not compared. "
        f"RMSE {digits(c.metrics['rmse'], 3)}, bias {fixed(c.metrics['bias'], 4, plus=True)}."
    )


def agreement_caption(comparison):
    """Say what the parity plot and the histogram show."""
    m = comparison.metrics
    return (
        f"Left: simulated against measured value of {digits(m['n_voxels'])} voxels (colour: voxels per bin; "
        f"the outermost 0.1 % at either end lie outside of the frame), r = {fixed(m['pearson_r'], 3)}. "
        "Right: distribution of both; the mean difference of the sorted values (1-Wasserstein distance) is "
        f"{digits(m['histogram_distance'], 3)}."
    )


def depth_caption(comparison):
    """Say what the depth profile of a comparison shows."""
    p = {key: np.asarray(v, float) for key, v in comparison.profile.items()}
    gap = np.abs(p["simulated"] - p["measured"])
    worst = int(np.nanargmax(gap))
    return (
        "Mean of both maps in each layer of the measured grid, over the compared voxels only. The layers' "
        f"means differ most at x = {digits(UM * p['x_m'][worst], 3)} µm, by {digits(float(gap[worst]), 3)}."
    )


def _what(series):
    names = {
        "sto": "Degree of lithiation of the active material",
        "c_e": "Lithium concentration in the electrolyte",
    }
    return names.get(series.name, axis_label(series.name))


def _ends(series):
    """Say the last time's mean, spread, and its values at the two ends of the depth."""
    unit = {"c_e": f"{THIN}mol{THIN}m⁻³"}.get(series.name, "")
    profile = series.profiles[-1][np.isfinite(series.profiles[-1])]
    mean, std = float(series.means[-1]), float(series.stds[-1])
    if not profile.size:
        return ""
    return (
        f"At the last time ({duration(float(series.times_s[-1]))}): mean {digits(mean, 4)}{unit}, "
        f"standard deviation {digits(std, 2)}{unit}; {digits(float(profile[0]), 4)}{unit} next to the "
        f"separator, {digits(float(profile[-1]), 4)}{unit} next to the collector."
    )


def _sentence(text):
    return text[:1].upper() + text[1:] + "."
