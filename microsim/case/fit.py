"""The section `fit` of a case: which numbers are free, what they are fitted to, what is held out."""

from dataclasses import dataclass

from ..base.errors import InputError
from ..base.schema import choice, entry, flag, number, say, section
from .sections import Compares, read_compares


@dataclass(frozen=True, kw_only=True)
class FreeNumber:
    """A number of the case that is fitted, in the unit of its key. start, low, high: None for what follows
    from the case (case.free); scale: of its steps and interval, "log" or "linear"."""

    start: float | None = entry(number(), default=None)
    low: float | None = entry(number(), default=None)
    high: float | None = entry(number(), default=None)
    scale: str | None = entry(choice("log", "linear"), default=None)


def free_numbers(raw, path):
    """Read {dotted key: {start, low, high, scale}}, each of which may be left out."""
    if not isinstance(raw, dict) or not raw:
        raise InputError(
            f"{path}: expected the keys of the case that are free, got {say(raw)}; write"
            " {cell.materials.am.i0_scale: {}}."
        )
    return {str(key): section(FreeNumber, given or {}, f"{path}.{key}") for key, given in raw.items()}


def measurements(raw, path):
    """Read at least one section of what is measured."""
    found = read_compares(raw, path)
    if not found:
        raise InputError(f"{path}: expected a measured map, voltage or spectrum, got none; add one.")
    return found


@dataclass(frozen=True, kw_only=True)
class FitSection:
    """Free numbers of the case, what they are fitted to and what is only scored; coarse: whether it begins
    with cheaper runs."""

    free: dict[str, FreeNumber] = entry(free_numbers)
    to: Compares = entry(measurements)
    held_out: Compares = entry(read_compares, default=Compares())
    coarse: bool | None = entry(flag, default=None)
