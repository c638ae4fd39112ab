"""What a material set holds, as plain data: coefficients over their range, sources, limits."""

import numpy as np

from ..base.quantities import COEFFICIENTS
from .checks import sampled


def describe(material, T=298.15):
    """Return the set's kind, ranges, note, lithium per formula unit and coefficients (value or least and
    largest over the range, unit, source) at T (K)."""
    told = {
        "kind": material.kind,
        "range": ranges(material),
        "temperature": getattr(material, "temperature", ""),
        "note": getattr(material, "note", ""),
    }
    if material.kind == "porous":
        told["active"] = material.active.name
    if getattr(material, "active", material).kind == "active":
        told |= _lithium(getattr(material, "active", material).host)
    return told | {"coefficients": _coefficients(material, T)}


def _lithium(host):
    """What a formula unit and a gram hold."""
    return {
        "sites_per_formula_unit": host.sites,
        "theoretical_capacity_mAh_g": host.capacity,
        "remark": host.remark,
    }


def ranges(material):
    """Return where the set holds: {"sto": (low, high), "U_V": (high, low)} or {"c_e_mol_m3": (low, high)}."""
    if material.kind == "electrolyte":
        return {"c_e_mol_m3": tuple(map(float, material.c_e_window))}
    active = getattr(material, "active", material)
    if active.kind != "active":
        return {}
    low, high = active.sto_window
    return {"sto": (float(low), float(high)), "U_V": (float(active.U(low)), float(active.U(high)))}


def _coefficients(material, T):
    found = {}
    for name, (where, values) in sampled(material, T).items():
        least, largest = float(np.min(values)), float(np.max(values))
        value = {"value": least} if where is None or least == largest else {"min": least, "max": largest}
        found[name] = value | {"unit": COEFFICIENTS[name].unit, "source": material.sources.get(name, "")}
    for name in ("sto_0", "sto_100", "molar_mass"):
        if getattr(material, name, None) is not None:
            unit = "kg mol-1" if name == "molar_mass" else ""
            found[name] = {
                "value": float(getattr(material, name)),
                "unit": unit,
                "source": material.sources.get(name, ""),
            }
    return found
