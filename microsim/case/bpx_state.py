"""The state that a BPX file begins from: charge, temperature, salt; and what of it is not used."""

from dataclasses import dataclass

from ..base.errors import InputError
from ..base.schema import join, listed, say
from .bpx_schema import STATE, read_section


@dataclass(frozen=True)
class BpxState:
    """soc: state of charge between the windows' ends, None where the file names none (a cell begins charged);
    temperature (K); c_e_0: salt at rest (mol m-3), or None; notes: a sentence on each thing that is not used.
    """

    soc: float | None = None
    temperature: float = 298.15
    c_e_0: float | None = None
    notes: tuple = ()


def read_state(raw, cell, T_ref):
    """Return the BpxState of a file.

    raw: its State (versions 1.x) or None; cell: what its Cell names of temperatures (versions 0.x); T_ref:
    reference temperature (K), which stands where neither names one.
    """
    given = {key: cell[key] for key in ("initial", "ambient") if key in cell}
    sections = {} if raw is None else raw
    if not isinstance(sections, dict):
        raise InputError(f"State: expected a section, got {say(raw)}; correct it.")
    for key, part in sections.items():
        if key not in STATE:
            raise InputError(f"State.{key}: expected {listed(STATE)}, got {key}; correct the key.")
        given |= {} if part is None else read_section(part, join("State", key), STATE[key])
    temperature = given.get("initial", given.get("ambient", T_ref))
    return BpxState(given.get("soc"), temperature, given.get("c_e_0"), tuple(_unused(given, temperature)))


def _unused(given, temperature):
    """Say what of a state has no place in a cell here."""
    ambient = given.get("ambient", temperature)
    if ambient != temperature:
        yield (
            f"Ambient temperature of {ambient:g} K: not used, the cell stays at its initial temperature,"
            f" {temperature:g} K."
        )
    lost = {key: value for key, value in given.items() if key[:3] in ("LLI", "LAM") and _any(value)}
    if lost:
        said = listed(f"{key} {value}" for key, value in lost.items())
        yield f"State.Degradation ({said}): not used, the cell is as in Parameterisation; change it there."
    if any(_any(given.get(f"hysteresis_{side}")) for side in ("positive", "negative")):
        yield "Initial hysteresis state: not used, the OCP has one branch here."


def _any(value):
    return any(map(_any, value.values())) if isinstance(value, dict) else bool(value)
