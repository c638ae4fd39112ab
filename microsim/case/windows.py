"""A case against the window of its open-circuit potentials: initial lithiation, and voltages of the protocol.

A step may ask for voltages a little beyond the window of an OCP: material that runs full or empty leaves it
within the last 0.1 % of its lithium (kinetics.end_potential).
"""

from ..base.errors import InputError
from ..base.schema import listed
from .sections import Counter
from .start_map import InitialMap

BELOW, ABOVE = 1.0, 0.5  # V


def initial_stos(given, active, counter="lithium"):
    """Turn what is given into a lithiation: one number, or with several active phases one for each. counter:
    the case's counter electrode."""
    if isinstance(given, InitialMap):
        return given
    if isinstance(given, tuple) and given[0] == "soc" and not isinstance(counter, Counter):
        _check_sense(given[1], active)
    if isinstance(given, dict):
        if set(given) != set(active):
            raise InputError(
                f"cell.initial_sto: expected a lithiation for each of {listed(active)}, got {listed(given)};"
                " correct it."
            )
        stos = {phase: _initial_sto(given[phase], active[phase]) for phase in active}
    else:
        stos = {phase: _initial_sto(given, material) for phase, material in active.items()}
    return next(iter(stos.values())) if len(set(stos.values())) == 1 else stos


def _check_sense(soc, active):
    """Refuse a state of charge of an anode against lithium: charged is full of lithium in its full cell, and
    empty in this one."""
    for material in active.values():
        if material.sto_100 > material.sto_0:
            charged = material.sto_0 + soc * (material.sto_100 - material.sto_0)
            other = material.sto_100 + soc * (material.sto_0 - material.sto_100)
            raise InputError(
                "cell.initial_soc: expected initial_sto or initial_voltage_V for an anode against lithium,"
                f" got {soc:g}, which is sto {charged:.4g} of {material.name} in its full cell and"
                f" {other:.4g} in this half cell, which discharges by filling it; write the one that is"
                " meant as initial_sto."
            )


def check_voltage_of(case, active):
    """Refuse an initial voltage of a full cell: it may be that of the cell or that of the electrode against
    lithium. active: {phase: its insertion material}."""
    given, counter = case.cell.initial_sto, case.cell.counter_electrode
    if not (isinstance(given, tuple) and given[0] == "voltage" and isinstance(counter, Counter)):
        return
    facing = case.load_material(counter.material, "cell.counter_electrode.material").active
    volts, U = given[1], float(facing.U(counter.initial_sto))
    stos = [
        f"{' and '.join(found)} for {volts:g} V {of}"
        for found, of in (
            (_stos_at(volts + U, active), f"of the cell (beside {U:.4g} V of {facing.name})"),
            (_stos_at(volts, active), "of the electrode against lithium"),
        )
        if found
    ]
    meant = "; ".join(stos) or "none is in the window"
    raise InputError(
        f"cell.initial_voltage_V: expected initial_sto for a full cell, got {volts:g} V, which may be the"
        f" cell's or the electrode's; write the one that is meant: {meant}."
    )


def _stos_at(voltage, active):
    """Return in words the lithiation of each phase at a voltage against lithium, [] where one has none."""
    try:
        return [f"{_sto_at(voltage, material):.5g}" for material in active.values()]
    except InputError:
        return []


def _initial_sto(given, active):
    """Turn the initial sto, SOC (from the material's sto_0 to its sto_100) or voltage into a lithiation."""
    low, high = active.sto_window
    if isinstance(given, tuple) and given[0] == "voltage":
        return _sto_at(given[1], active)
    key, sto = "initial_sto", given
    if isinstance(given, tuple):
        key, sto = "initial_soc", active.sto_0 + given[1] * (active.sto_100 - active.sto_0)
    if not low <= sto <= high:
        raise InputError(
            f"cell.{key}: expected a lithiation in the window of {active.name}, {low:g} to {high:g}, "
            f"got {sto:g}; correct it."
        )
    return sto


def _sto_at(voltage, active):
    from scipy.optimize import brentq

    low, high = active.sto_window
    top, bottom = float(active.U(low)), float(active.U(high))
    if not bottom <= voltage <= top:
        raise InputError(
            "cell.initial_voltage_V: expected a voltage inside the OCP window, "
            f"{bottom:.4g} to {top:.4g} V, got {voltage:g} V; correct it."
        )
    sto = brentq(lambda sto: float(active.U(sto)) - voltage, low, high, xtol=1e-13)
    return round(float(sto), 10)  # so that the case's hash does not hang on the root finder's last digits


def check_voltages(case, active):
    """Check every voltage against the OCP window and its reach beyond, and the first one against the initial
    state."""
    stos, (bottom, top) = case.cell.initial_sto, _voltage_window(active)
    pristine, initial = not isinstance(stos, InitialMap), 0.0  # what a map begins at is not known yet
    if pristine:
        initials = [float(m.U(stos[p] if isinstance(stos, dict) else stos)) for p, m in active.items()]
        initial = sum(initials) / len(initials)
    for i, step in enumerate(case.protocol):
        at_rest = pristine and step.kind in ("current", "power")
        least = initial if at_rest and step.charges else bottom - BELOW
        most = initial if at_rest and not step.charges else top + ABOVE
        for volts in _voltages(step):
            if not least <= volts <= most:
                raise InputError(
                    f"protocol.{i}: expected a voltage inside the OCP window, {bottom:.4g} to {top:.4g} V, or"
                    f" a little beyond, here from {least:.4g} to {most:.4g} V, got {volts:g} V; correct the"
                    " voltage or the initial state."
                )
        pristine = pristine and step.kind == "rest"


def beyond_windows(case):
    """Return a sentence on the steps of a half cell that go on below the window of its OCPs, and one on those
    above."""
    if isinstance(case.cell.counter_electrode, Counter):
        return []
    loaded = {phase: m for phase, m in case.load_materials().items() if m.kind in ("active", "porous")}
    bottom, top = _voltage_window({phase: getattr(m, "active", m) for phase, m in loaded.items()})
    asked = {step.text: _voltages(step) for step in case.protocol}
    below = [text for text, volts in asked.items() if any(v < bottom for v in volts)]
    above = [text for text, volts in asked.items() if any(v > top for v in volts)]
    return [
        f"{listed(map(repr, steps))}: what is known of the OCP ends at {end:.4g} V; {how} it the voltage is"
        f" that of material running {word}, not a measured one."
        for steps, end, how, word in ((below, bottom, "below", "full"), (above, top, "above", "empty"))
        if steps
    ]


def _voltage_window(active):
    """Lowest and highest potential (V) in the windows of {phase: active material}."""
    ends = [float(m.U(bound)) for m in active.values() for bound in m.sto_window]
    return min(ends), max(ends)


def _voltages(step):
    """The voltages that a step names (V)."""
    return [
        v for v in (step.until_voltage_V, step.value if step.kind == "voltage" else None) if v is not None
    ]
