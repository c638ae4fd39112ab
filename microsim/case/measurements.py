"""The measured curves and impedances that a case names under `compare`, beside its measured maps."""

from dataclasses import dataclass

from ..base.errors import InputError
from ..base.plausible import physical
from ..base.schema import choice, entry, mapping, number, say, text, whole

SQUARE_METRE = {"cm2": 1e4, "m2": 1.0, "mm2": 1e6}
KILOGRAM = {"mg": 1e6, "g": 1e3}
MILLIVOLT = {"mV": 1e3, "V": 1.0}
HALF_CYCLES = ("charge", "discharge", "all")


def half_cycle(raw, path):
    """Read which half cycle of a file: its number from 1, charge, discharge, or all."""
    return (
        choice(*HALF_CYCLES)(raw, path) if isinstance(raw, str) and not raw.isdigit() else whole(1)(raw, path)
    )


def column(raw, path):
    """Read a column of a file: its name, or its number from 1."""
    return text(raw, path) if isinstance(raw, str) else whole(1)(raw, path)


def steps_before(raw, path):
    """Read after how many steps of the protocol, or "end"."""
    return "end" if raw == "end" else whole(0)(raw, path)


columns = mapping(column, "the column of each quantity, as {time_s: 1, voltage_V: 2}")
size = number(0.0, above=True)


@dataclass(frozen=True, kw_only=True)
class CompareVoltage:
    """A measured voltage curve.

    sigma: noise, V; by: "time" since the part began, or "charge" passed in it (None: time where the file has
    one); step: of the run, None: its one half cycle of the same direction; cycle, half_cycle: of the file;
    positive_current: what a current above zero does in the file; mass of the active material (kg) or area of
    the electrode (m2) that was measured; columns: {quantity_unit: name or number}.
    """

    voltage: str = entry(text)
    sigma: float | None = entry(number(0.0, 1.0, above=True), units=MILLIVOLT, default=None)
    by: str | None = entry(choice("time", "charge"), default=None)
    step: str | None = entry(text, default=None)
    cycle: int | None = entry(whole(0), default=None)
    half_cycle: int | str | None = entry(half_cycle, default=None)
    positive_current: str | None = entry(choice("charge", "discharge"), default=None)
    mass: float | None = entry(physical("mass"), units=KILOGRAM, default=None)
    area: float | None = entry(physical("area"), units=SQUARE_METRE, default=None)
    columns: dict | None = entry(columns, default=None)


@dataclass(frozen=True, kw_only=True)
class CompareSpectrum:
    """A measured impedance.

    after: steps of the protocol before it, or "end"; sigma_relative: noise of each part as a share of |Z|;
    cycle: which of several spectra; imaginary: what the file's column holds, "Im" or "-Im"; area of the
    electrode (m2) that its ohm are of; columns: {quantity_unit: name or number}.
    """

    spectrum: str = entry(text)
    after: int | str = entry(steps_before, default=0)
    sigma_relative: float | None = entry(number(0.0, 1.0, above=True), default=None)
    cycle: int | None = entry(whole(0), default=None)
    imaginary: str | None = entry(choice("Im", "-Im"), default=None)
    area: float | None = entry(physical("area"), units=SQUARE_METRE, default=None)
    columns: dict | None = entry(columns, default=None)


def section_named(raw, path, kinds):
    """Return what a section is of, by the key that it has of {key: kind}. Raises InputError for several."""
    given = [key for key in kinds if isinstance(raw, dict) and raw.get(key) is not None]
    if len(given) > 1:
        raise InputError(
            f"{path}: expected one of {', '.join(kinds)} in a section, got {' and '.join(given)}; write a"
            " list of sections"
        )
    if isinstance(raw, dict) and not given:
        raise InputError(
            f"{path}: expected {', '.join(kinds)}, which names the measured file, got {say(raw)}; add one"
        )
    return kinds[given[0]] if given else next(iter(kinds.values()))
