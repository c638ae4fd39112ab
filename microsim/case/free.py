"""Free numbers of a case: where they start, within which bounds, and on which scale they move.

    q = ln(value / start) of a number above zero,   q = (value - start) / (high - low) of another one

Where the case does not say: start is the case's own value, 1 of a factor (..._scale), or the middle of the
bounds; bounds are a thousandth and a thousandfold of the start, or 0 and 1 of a share.
"""

import math
from dataclasses import dataclass

from ..base.errors import InputError
from ..base.schema import say
from .case import load_case

REACHES = (1000.0, 100.0, 10.0)  # from the start to bounds that nobody gives, as far as the case takes them
WHERE = ("cell.", "volume.voxel_size_")
SHARES = (1.0, 0.999)  # the highest values that shares may have


@dataclass(frozen=True)
class Parameter:
    """A free number: its dotted key, start, low and high in the key's unit; log: whether it moves in its
    logarithm."""

    key: str
    start: float
    low: float
    high: float
    log: bool

    def value(self, q):
        """Return the number at a place q."""
        found = self.start * math.exp(q) if self.log else self.start + q * (self.high - self.low)
        return min(max(found, self.low), self.high)

    def place(self, value):
        """Return q of a number."""
        return math.log(value / self.start) if self.log else (value - self.start) / (self.high - self.low)

    @property
    def bounds(self):
        """Lower and upper bound of q."""
        return self.place(self.low), self.place(self.high)


def parameters(case):
    """Return the Parameters of a case's section fit. Raises InputError for a key that holds no number, or
    bounds that do not hold the start."""
    return [_parameter(case, key, given) for key, given in case.fit.free.items()]


def settled(parameters, q):
    """Return {key: number} at places q."""
    return {one.key: one.value(float(at)) for one, at in zip(parameters, q)}


def _parameter(case, key, given):
    path = f"fit.free.{key}"
    if not key.startswith(WHERE):
        raise InputError(
            f"{path}: expected a number of the cell or the voxel size, got {key}; name a key that begins with"
            " cell."
        )
    start = _start(case, key, given, path)
    _set(case, key, start, path)
    low, high = _bounds(case, key, given, start, path)
    if not low <= start <= high or low >= high:
        raise InputError(
            f"{path}: expected low < high and a start between them, got {low:g}, {high:g} and {start:g};"
            " correct them."
        )
    log = given.scale == "log" if given.scale else low > 0
    if log and low <= 0:
        raise InputError(f"{path}.scale: expected bounds above 0 for log, got {low:g}; raise low.")
    for value in (low, high):
        _set(case, key, value, path)
    if log and start <= 0:
        raise InputError(f"{path}.start: expected a number above 0, got {start:g}; raise it.")
    return Parameter(key, start, low, high, log)


def _start(case, key, given, path):
    if given.start is not None:
        return given.start
    own = _own(case.as_dict(), key.split("."))
    if isinstance(own, (int, float)) and not isinstance(own, bool):
        return float(own)
    if own is not None:
        raise InputError(f"{path}: expected a key that holds a number, got {say(own)}; choose another one.")
    if key.endswith("_scale"):
        return 1.0
    if given.low is None or given.high is None:
        raise InputError(
            f"{path}: expected a start, for the case does not name {key}, got none; add start (or low and"
            " high)."
        )
    low, high = given.low, given.high
    return math.sqrt(low * high) if low > 0 and given.scale != "linear" else (low + high) / 2


def _own(node, keys):
    """The value of a dotted key in plain data; None where it is not there."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _bounds(case, key, given, start, path):
    low, high = given.low, given.high
    if low is not None and high is not None:
        return low, high
    share = None if _accepts(case, key, 2.0) else next((t for t in SHARES if _accepts(case, key, t)), None)
    if start > 0 and share is None:
        reach = next((r for r in REACHES if _reaches(case, key, start, r, low, high)), None)
        if reach is not None:
            return start / reach if low is None else low, start * reach if high is None else high
    if share is None and high is None:
        raise InputError(f"{path}: expected low and high, got none for a start of {start:g}; add both.")
    return 0.0 if low is None else low, share if high is None else high


def _accepts(case, key, value):
    try:
        load_case(case, {key: value})
    except InputError:
        return False
    return True


def _set(case, key, value, path):
    """Set a number of a case; return the Case."""
    try:
        return load_case(case, {key: value})
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _reaches(case, key, start, reach, low, high):
    """Whether the case takes bounds so many times below and above the start; those that are given count as
    taken."""
    ends = [end for end, given in ((start / reach, low), (start * reach, high)) if given is None]
    return all(_accepts(case, key, end) for end in ends)
