"""Intervals of a job's numbers from the same job on each draw of a segmentation.

For a number x of the volume and its values x_d on n draws

    low, high = x -+ t s,    s^2 = sum of (x_d - x)^2 / n,    t: 97.5 % of Student's distribution at n degrees

The draws lie about x as x lies about what a perfect image would give, so their distance from x itself, not
from their own mean, counts: a step that shifts a number each time it is taken has shifted x, too. Numbers
above zero on the scale of their logarithm, those between 0 and 1 of their logit, a tau of the logarithm of
tau - 1: no interval holds what cannot be (REACH; where the number, or a draw's, is at its bound, the straight
interval is cut there). Those that may have either sign (SIGNED) as they are.
"""

import math

import numpy as np
from scipy import special

from ..base.schema import listed

LEVEL = 0.95
COSTS = {
    *("seconds", "wall_s", "iterations", "newton_iterations", "linear_iterations", "time_steps", "solves"),
    *("rejected_steps", "failed_steps", "peak_memory_bytes", "memory_planned_bytes", "flux_imbalance"),
    *("mass_imbalance", "lithium_balance_error", "salt_balance_error", "charge_balance_error", "tolerance"),
    *("error_bound", "kramers_kronig_residual", "origin", "seed", "intervals", "draws", "independent_voxels"),
}  # what a computation cost, how far it is from exact, and what has an interval of its own
SIGNED = (
    *("bias", "pearson", "explained", "skill", "correlation", "difference", "change", "overpotential", "phi"),
    *("Z_imag", "moran", "offset", "shift", "slope", "trend"),
)  # words in the names of numbers that may have either sign
ANY, POSITIVE, SHARE, WAY = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0), (1.0, math.inf)
REACH = (
    (lambda name: any(word in name for word in SIGNED), ANY),
    (lambda name: name in ("tau", "tau_flow", "tau_in_plane"), WAY),
    (lambda name: name in SHARES or name.endswith(("_share", "_fraction")), SHARE),
)  # what numbers of a name cannot leave
SHARES = ("eps", "eps_percolating", "porosity", "fraction", "share", "sto", "mean_sphericity", "coverage")
MOST_ROWS = 40


def spread_intervals(value, drawn, reach=POSITIVE):
    """Return the intervals of plain data, [low, high] in the place of each number that is not the same in
    every draw; of a list of numbers two lists. None where there is none: a draw without that number.

    reach: (low, high) that numbers without a telling name cannot leave; (-inf, inf) of either sign.
    """
    if isinstance(value, dict):
        found = {
            key: spread_intervals(one, [_part(d, key) for d in drawn], _reach(key, reach))
            for key, one in value.items()
            if key not in COSTS
        }
        return {key: one for key, one in found.items() if one not in ({}, [])}
    if isinstance(value, (list, tuple)):
        return _of_list(value, drawn, reach)
    if not _is_number(value) or all(one == value for one in drawn):
        return {}
    return spread_interval(value, drawn, reach) if all(map(_is_number, drawn)) else None


def _reach(name, outer):
    return next((reach for named, reach in REACH if named(name)), outer)


def _part(data, key):
    return data.get(key) if isinstance(data, dict) else None


def _of_list(value, drawn, reach):
    """Intervals of a list: two lists of numbers, or one list of what each part has; {} where none differs or
    where the draws' lists have other lengths."""
    if not all(isinstance(one, (list, tuple)) and len(one) == len(value) for one in drawn):
        return {}
    parts = [spread_intervals(one, [d[k] for d in drawn], reach) for k, one in enumerate(value)]
    if not any(parts):
        return {}
    if all(map(_is_number, value)):
        ends = [part or [one, one] for part, one in zip(parts, value)]
        return [[end[k] for end in ends] for k in (0, 1)]
    return parts


def spread_interval(value, drawn, reach=POSITIVE):
    """Return [low, high] that hold a number at 95 %; drawn: its values on the draws; reach: see
    spread_intervals. Numbers that do leave it have either sign."""
    every = np.array([value, *drawn], float)
    low, high = reach if reach[0] <= every.min() and every.max() <= reach[1] else ANY
    high = 1.0 if (low, high) == POSITIVE and every.max() < 1 else high
    inside = low < every.min() and every.max() < high
    there, back = _scale(*((low, high) if inside else ANY))
    middle, moved = there(every[0]), there(every[1:])
    half = special.stdtrit(len(drawn), (1 + LEVEL) / 2) * np.sqrt(np.mean((moved - middle) ** 2))
    return [max(float(back(middle - half)), low), min(float(back(middle + half)), high)]


def _scale(low, high):
    """Return a scale that ends at the bounds, and its inverse: the number, log(q - low), or the logit."""
    if math.isinf(low):
        return np.positive, np.positive
    if math.isinf(high):
        return lambda q: np.log(q - low), lambda u: low + np.exp(u)
    return special.logit, special.expit  # bounds on both sides are 0 and 1


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)


def rows_of(value, found, name=""):
    """List (name, value, low, high) of single numbers with an interval, and (name, value, None, None) where a
    draw has none."""
    if isinstance(found, dict):
        return [
            row for key, part in found.items() for row in rows_of(value[key], part, f"{name} {key}".strip())
        ]
    if _is_number(value):
        return [(name, value, *(found or (None, None)))]
    if isinstance(found, list) and any(isinstance(part, dict) for part in found):
        return [row for k, part in enumerate(found) for row in rows_of(value[k], part, f"{name} {k}")]
    return []


def meaning(count, names=()):
    """Say what the intervals hold; names: of the numbers that some draw does not have."""
    missing = f"; no interval for {listed(names)}, which some draws do not have" if names else ""
    return (
        f"intervals: {100 * LEVEL:.0f} %, from {count} draws of the segmentation (noise and threshold of the"
        f" grey values, not steps that were left out){missing}"
    )
