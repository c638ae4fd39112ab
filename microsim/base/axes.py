"""The axes of every array: x runs through the thickness, from the separator to the current collector."""

from .errors import InputError
from .schema import say

AXES = ("x", "y", "z")


def axis_number(axis, path="axis"):
    """Turn an axis, given as "x", "y", "z" or 0, 1, 2, into its number."""
    if isinstance(axis, str) and axis in AXES:
        return AXES.index(axis)
    one = not getattr(axis, "ndim", 0) and not isinstance(axis, (str, bool))
    if one and axis in (0, 1, 2):
        return int(axis)
    raise InputError(f"{path}: expected the axis x, y or z, got {say(axis)}; name one of the three.")


def axis_names(axis, path="axis"):
    """Turn an axis, several, or "all", into the names of the axes."""
    if isinstance(axis, str) and axis == "all":
        return AXES
    given = axis if isinstance(axis, (tuple, list)) and axis else (axis,)
    return tuple(AXES[axis_number(one, path)] for one in given)
