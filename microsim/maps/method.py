"""How a spectrum becomes one number: an edge energy, shares of references, or a three-energy ratio."""

from dataclasses import asdict, dataclass
from typing import Annotated

from ..base.arguments import Argument, Spread, one_of, read_fields, spread_of, switch
from ..base.errors import InputError
from ..base.schema import flag, listed, number, say, whole

METHODS = ("edge", "lcf", "three-energy")
# kind of edge energy -> degree of the polynomial fitted there
DEGREE = {"half": 1, "peak": 2, "derivative": 3}


@dataclass(frozen=True)
class Windows:
    """Energies (eV) that mean something: pre-edge line, post-edge polynomial, range of the edge, nominal edge
    e0."""

    pre: tuple[float, float]
    post: tuple[float, float]
    edge: tuple[float, float]
    e0: float
    post_degree: int = 1


def energy_range(given, path):
    """Read two rising energies: 8250:8320 or (8250, 8320)."""
    parts = given.split(":") if isinstance(given, str) else given
    ends = [number(0.0)(part, path) for part in parts] if isinstance(parts, (list, tuple)) else []
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise InputError(
            f"{path}: expected two rising energies like 8250:8320, got {say(given)}; correct it."
        )
    return tuple(ends)


def _three(given, path):
    parts = given.split(",") if isinstance(given, str) else given
    found = [number(0.0)(part, path) for part in parts] if isinstance(parts, (list, tuple)) else []
    if len(found) != 3 or not found[0] < found[1] < found[2]:
        raise InputError(
            f"{path}: expected three rising energies (before, at, behind the edge), got {say(given)};"
            " correct it."
        )
    return tuple(found)


def _terms(given, path):
    return None if given is None else whole(0, 3)(given, path) or None


def _shift(given, path):
    return None if given is None or isinstance(given, str) and given == "fit" else number()(given, path)


WINDOWS = {
    "e0": Argument("Nominal edge, eV. Absent: steepest rise of the mean.", number(0.0), "E"),
    "pre": Argument("Range of the pre-edge line, eV.", energy_range, "E:E"),
    "post": Argument("Range of the post-edge polynomial, eV.", energy_range, "E:E"),
    "post_degree": Argument("Degree of the post-edge polynomial.", whole(0, 3), "N"),
    "edge": Argument("Where the edge is looked for, eV.", energy_range, "E:E", "--edge-range"),
}
"""The energy windows of a method; what is not given is chosen from the mean spectrum (windows_for)."""


@dataclass(frozen=True)
class Method:
    """How a spectrum becomes one number.

    name        edge (eV), lcf (mean of the references' lithiation by share) or three-energy (m)
    kind, level, width    of the edge energy: see edge_energy
    windows     Windows, or {e0, pre, post, post_degree, edge} as far as they are not to be chosen from the
                mean spectrum: see windows_for
    three       energies before, at and behind the edge (eV) of the three-energy method; the nearest of the
                stack
    background, sum_to_one, bounded, shift    of the linear combination; shift: eV, or None ("fit") to fit it
                                              to the mean
    fit_range   energies (eV) of the linear combination
    shift_sigma standard deviation of a fitted shift, eV; 0: given
    least_jump  edge jumps below so many of their standard deviations count as none
    normalised  the spectra are normalised already: nothing is subtracted, the jump is 1
    """

    name: Annotated[str, one_of("How a spectrum becomes one number.", *METHODS, option="--method")] = "edge"
    kind: Annotated[
        str, one_of("Edge energy: half height, steepest rise, white line.", *DEGREE, option="--edge")
    ] = "half"
    level: Annotated[float, Argument("Normalised absorption of --edge half.", number(0.01, 0.99), "MU")] = 0.5
    width: Annotated[
        float | None,
        Argument("Half the range of the local fit of the edge, eV.", number(0.0, 20.0), "W", "--width-eV"),
    ] = None
    windows: Windows | dict | None = None
    three: Annotated[
        tuple | None, Argument("Energies before, at, behind the edge, eV (three-energy).", _three, "E,E,E")
    ] = None
    background: Annotated[
        int | None, Argument("Terms of a polynomial fitted along: 0, 1 constant, 2 line (lcf).", _terms, "N")
    ] = 1
    sum_to_one: Annotated[bool, switch("Weights add up to 1, of normalised spectra (lcf).")] = False
    bounded: bool = True
    shift: Annotated[
        float | None,
        Argument("Energy shift of the references, eV; fit: to the mean (lcf).", _shift, "EV|fit"),
    ] = 0.0
    fit_range: Annotated[tuple | None, Argument("Energies of the fit, eV (lcf).", energy_range, "E:E")] = None
    shift_sigma: float = 0.0
    least_jump: float = 3.0
    normalised: Annotated[bool, switch("The spectra are normalised already: jump 1, no baseline.")] = False

    def __post_init__(self):
        read_fields(self)
        if self.shift is None and self.name != "lcf":
            raise InputError(
                f"--shift: expected a number for the method {self.name}, got fit; fit it with --method lcf"
                " first."
            )
        if isinstance(self.windows, dict):
            object.__setattr__(self, "windows", _some_windows(self.windows))

    def as_dict(self):
        """Return the settings as plain numbers and words, for a calibration's file."""
        return asdict(self)

    @classmethod
    def of(cls, settings):
        """Make the method of a calibration's settings; every entry is checked."""
        known = {key: value for key, value in settings.items() if key in cls.__dataclass_fields__}
        for key, read in (("bounded", flag), ("shift_sigma", number(0.0)), ("least_jump", number(0.0))):
            known[key] = read(known[key], key) if key in known else cls.__dataclass_fields__[key].default
        if known.get("windows") is not None:
            known["windows"] = Windows(**_all_windows(known["windows"]))
        return cls(**known)


def _all_windows(given):
    """Every window of a calibration's settings, in its order; refuses one that is missing."""
    found = _some_windows(given)
    missing = [name for name in WINDOWS if name not in found]
    if missing:
        raise InputError(f"windows: expected the keys {listed(WINDOWS)}, got no {missing[0]}; add it.")
    if not found["pre"][1] < found["e0"] < found["post"][0]:
        raise InputError(
            f"windows: expected e0 between pre-edge and post-edge, got {found['e0']:g}; correct the windows."
        )
    return found


def _some_windows(given):
    if not isinstance(given, dict):
        raise InputError(f"windows: expected the keys {listed(WINDOWS)}, got {say(given)}; correct it.")
    unknown = [name for name in given if name not in WINDOWS]
    if unknown:
        raise InputError(f"windows: expected the keys {listed(WINDOWS)}, got {unknown[0]}; correct it.")
    return {name: WINDOWS[name].read(value, name) for name, value in given.items() if value is not None}


def method_spread():
    """Declare a method as an argument of a job; its windows are options of their own."""
    spread = spread_of(Method)

    def make(**parts):
        windows = {name: parts.pop(name) for name in WINDOWS if name in parts}
        return Method(**parts, windows=windows or None)

    parts = spread.parts | {name: (None, about) for name, about in WINDOWS.items()}
    return Spread(spread.read, parts, make)
