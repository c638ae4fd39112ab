"""Lengths with their unit: "398 nm", or a number in m; the one place that checks the size of a voxel."""

import math
import re

from .errors import InputError
from .schema import say

METRES = {"nm": 1e-9, "um": 1e-6, "µm": 1e-6, "μm": 1e-6, "mm": 1e-3, "m": 1.0}
SMALLEST_VOXEL, LARGEST_VOXEL = 1e-9, 1e-2  # m: Compton maps have pixels of 0.3 mm
NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"


def length(given, path="length"):
    """Return a length in m from a number in m, or a text with its unit, "398 nm".

    Raises InputError for anything else, a bare number in quotes included: it has no unit.
    """
    if isinstance(given, str):
        found = re.fullmatch(rf"\s*({NUMBER})\s*({'|'.join(METRES)})\s*", given)
        if not found:
            raise InputError(
                f'{path}: expected a length with its unit, got "{given}"; write it like "398 nm".'
            )
        return float(
            f"{float(found[1]) * METRES[found[2]]:.15g}"
        )  # 398 nm is 3.98e-07, not 3.9800000000000004e-07
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = math.nan
    if isinstance(given, bool) or not math.isfinite(value):
        raise InputError(
            f'{path}: expected a length in m or a text like "398 nm", got {say(given)}; correct it.'
        )
    return value


def parts_of(given):
    """Return one length alone, or those of a list or an array of them, as a tuple."""
    return tuple(given) if isinstance(given, (tuple, list)) or getattr(given, "ndim", 0) else (given,)


def check_voxel_size(given, path="voxel_size"):
    """Return the edges x, y, z (m) of a voxel from one length or three, each between 1 nm and 10 mm."""
    edges = tuple(length(part, path) for part in parts_of(given))
    if len(edges) not in (1, 3):
        raise InputError(f"{path}: expected one voxel edge or three, in m, got {say(given)}; give x, y, z.")
    if not all(SMALLEST_VOXEL <= edge <= LARGEST_VOXEL for edge in edges):
        said = " x ".join(f"{edge:g}" for edge in dict.fromkeys(edges))
        raise InputError(
            f"{path}: expected voxel edges between 1 nm and 10 mm, got {said} m; check the unit, or write "
            'it with the number: "398 nm".'
        )
    return edges * 3 if len(edges) == 1 else edges
