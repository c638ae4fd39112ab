"""Checks of a material set: positive finite coefficients over its whole range, an OCP that falls, plausible
units."""

import numpy as np

from ..base.errors import InputError
from ..base.plausible import OTHER_SET, RANGES, farthest, remark
from ..base.quantities import COEFFICIENTS

RISE = 1e-3  # V by which an OCP may rise with lithiation: fits of flat plateaus do
POINTS = 401
ROOM = 298.15  # K
WARMED = 5.0  # K off it from which a coefficient that stays is said: 30 kJ mol-1 make 20 % of them
FOLLOWING = ("D_s", "i0", "kappa", "D_e")  # what follows temperature in nature


def check_material(material, T=298.15, name=None):
    """Check a material set at a temperature (K); raise InputError, one sentence, where it cannot be used.

    name: what to call it in the sentence.
    """
    name = name or material.name
    for coefficient, (where, values) in sampled(material, T).items():
        _plausible(name, coefficient, where, values)
    if material.kind == "active":
        _check_potential(name, material)
    if material.kind == "porous":
        check_material(material.active, T, name)
        _check_volumes(name, material)


def sampled(material, T):
    """Return {coefficient: (where, values)} of a set over its range; `where`: sto, c_e (mol m-3), or None of
    a number."""
    if material.kind == "active":
        sto = np.linspace(*material.sto_window, POINTS)[1:-1]
        curves = {"U": material.U(sto), "D_s": material.D_s(sto, T), "i0": material.i0(1000.0, sto, T)}
        return {key: (sto, values + 0 * sto) for key, values in curves.items()} | _numbers(
            material, "c_s_max", "sigma", "density"
        )
    if material.kind == "electrolyte":
        c_e = np.linspace(*material.c_e_window, POINTS)
        curves = {"kappa": material.kappa(c_e, T), "D_e": material.D_e(c_e, T)}
        curves |= {key: material.value(key, c_e, T) for key in ("t_plus", "tdf")}
        return {key: (c_e, values + 0 * c_e) for key, values in curves.items()}
    if material.kind == "porous":
        return _numbers(material, "porosity", "transport_efficiency", "active_fraction", "radius", "sigma")
    if material.kind == "conductor":
        return _numbers(material, "sigma", "porosity", "bruggeman", "reactive_share")
    if material.kind == "metal":
        c_e = np.linspace(10.0, 3000.0, POINTS)
        return {"i0": (c_e, material.i0(c_e, T) + 0 * c_e)}
    return {}


def _numbers(material, *names):
    return {name: (None, np.array([getattr(material, name)], float)) for name in names}


def _plausible(name, coefficient, where, values):
    allowed, unit = RANGES[coefficient], COEFFICIENTS[coefficient].unit
    wrong = ~((values >= allowed.low) & (values <= allowed.high))
    if not wrong.any():
        return
    k = int(np.argmax(wrong))
    at = "" if where is None else f" at {'sto' if where[-1] <= 1 else 'c_e'} {where[k]:.4g}"
    span = f"{allowed.low:g} to {allowed.high:g} {unit}".rstrip()
    raise InputError(
        f"{name}: expected {coefficient} from {span} over its whole range, got {values[k]:.4g}{at};"
        f" {allowed.meant(float(values[k])) or 'correct it or its unit.'}"
    )


def remarks_on_material(name, material, T=298.15):
    """List what of a set nature has and batteries have not, a sentence each."""
    if material.kind == "porous":
        inner = remarks_on_material(f"{name}.active, {material.active.name}", material.active, T)
    else:
        inner = []
    told = []
    for coefficient, (_, values) in sampled(material, T).items():
        quantity = "sigma_additive" if (material.kind, coefficient) == ("conductor", "sigma") else coefficient
        value = farthest(quantity, values)
        if value is not None:
            told.append(remark(quantity, value, f"{name}: {coefficient}"))
    return [*told, *inner]


def remarks_on_temperature(name, material, T):
    """Say which coefficients of a set are at T (K) what they are at 25 C, where T is far from that."""
    if abs(T - ROOM) < WARMED:
        return []
    if material.kind == "porous":
        return remarks_on_temperature(f"{name}.active, {material.active.name}", material.active, T)
    there, here = sampled(material, T), sampled(material, ROOM)
    still = [of for of in FOLLOWING if of in there and np.allclose(there[of][1], here[of][1], 1e-9, 0)]
    if not still:
        return []
    verb = "do" if len(still) > 1 else "does"
    return [f"{name}: {' and '.join(still)} {verb} not follow temperature: at {T:g} K as at {ROOM:g} K."]


def remarks_on_change(name, base, material, T=298.15, but=()):
    """List the coefficients that a case sets to some hundred times more or less than the set it changes has,
    as another unit does; but: those that are given as a factor."""
    before, told = sampled(base, T), []
    for coefficient, (_, values) in sampled(material, T).items():
        if coefficient in ("U", "t_plus", *but):
            continue
        old, new = float(np.median(before[coefficient][1])), float(np.median(values))
        if old > 0 < new and not 1 / OTHER_SET < new / old < OTHER_SET:
            unit = COEFFICIENTS[coefficient].unit
            told.append(
                f"{name}: {coefficient} is set to {new:.4g} {unit}, {new / old:.2g} times the {old:.4g} of"
                f" {base.name}: is its unit right?"
            )
    return told


def _check_potential(name, material):
    low, high = material.sto_window
    sto = np.linspace(low, high, POINTS)[1:-1]
    U = material.U(sto)
    if U[-1] > U[0]:
        raise InputError(
            f"{name}: expected an OCP that falls with lithiation, got one that rises, from {U[0]:.4g} to"
            f" {U[-1]:.4g} V: over a state of charge, or what is taken out? write it over lithiation."
        )
    rise = U - np.minimum.accumulate(U)
    if rise.max() > RISE:
        raise InputError(
            f"{name}: expected an OCP that falls with lithiation, got a rise of {rise.max() * 1e3:.3g} mV up"
            f" to sto {sto[np.argmax(rise)]:.4g}; smooth it or narrow its window."
        )
    for key in ("sto_0", "sto_100"):
        if not low <= getattr(material, key) <= high:
            raise InputError(
                f"{name}: expected {key} in the window of the OCP, {low:g} to {high:g}, got "
                f"{getattr(material, key):g}; give {key} too."
            )


def _check_volumes(name, material):
    filled = material.porosity + material.active_fraction
    if filled > 1 + 1e-6:
        raise InputError(
            f"{name}: expected porosity and volume fraction of active material to sum to at most 1, got "
            f"{material.porosity:g} + {material.active_fraction:g} = {filled:g}; correct one of them."
        )
    if material.transport_efficiency > material.porosity * (1 + 1e-6):
        raise InputError(
            f"{name}: expected a transport efficiency of at most the porosity, {material.porosity:g}, got "
            f"{material.transport_efficiency:g}; correct it."
        )
