"""Read BPX files (Battery Parameter eXchange, bpxstandard.com): a cell's materials and geometry, checked.

Versions 0.x and 1.x, one active material an electrode, models DFN, SPMe and Partial. Formulae are parsed,
never executed.

    j0 = F k sqrt(c_e / c_e0) sqrt(x (1 - x)),  k = k_ref exp(E / R (1 / T_ref - 1 / T)),  active fraction = a
                                                R / 3
"""

import hashlib
import json
import re
from pathlib import Path

import numpy as np

from ..base.constants import F
from ..base.errors import InputError
from ..base.schema import any_of, listed, number, say, text
from ..cell.design import Separator
from ..materials import ActiveMaterial, Electrolyte, PorousElectrode
from ..materials.expressions import Expression
from ..materials.laws import T_REF, ExchangeCurrent, Tabulated, arrhenius
from .bpx_cell import BpxCell, Electrode, check_bpx
from .bpx_schema import CELL, CONTACT, ELECTRODE, ELECTROLYTE, PARTS, read_section
from .bpx_state import read_state
from .tables import LITHIATION, SALT, over_axis

SECTIONS = ("Header", "Parameterisation", "State", "Validation")
MARGIN = 0.1  # of lithiation by which an OCP is followed beyond the window that the file gives
PLATEAU, HIGHEST = 2.0, 5.5  # V: below the first it is an anode; above the second no OCP is followed
DENSITY = {True: 2260.0, False: 4700.0}  # kg m-3, of an anode (graphite) and of a cathode (layered oxide)


class Law:
    """A coefficient of x: a number, a formula or a table, times an Arrhenius factor. `slope` follows x."""

    def __init__(self, raw, path, axis, energy=0.0, reference=T_REF, beyond="constant"):
        self.energy, self.reference = energy, reference
        self.form = _form(raw, path, axis, beyond)

    def __call__(self, x, T=None):
        factor = 1.0 if T is None else arrhenius(self.energy, T, self.reference)
        return self.form(np.asarray(x, float)) * factor

    def slope(self, x):
        return self.form.slope(np.asarray(x, float))


def _form(raw, path, axis, beyond):
    if isinstance(raw, dict):
        return _table(raw, path, axis, beyond)
    if isinstance(raw, str):
        return Expression(raw, path)
    return Expression(repr(number()(raw, path)), path)


def _table(raw, path, axis, beyond):
    if set(raw) != {"x", "y"} or not all(isinstance(raw[key], list) for key in "xy"):
        raise InputError(
            f'{path}: expected a table {{"x": [...], "y": [...]}}, got the keys {listed(raw)}; correct it.'
        )
    x, y = ([number()(value, f"{path}.{key}.{k}") for k, value in enumerate(raw[key])] for key in "xy")
    if len(x) != len(y) or len(x) < 2:
        raise InputError(
            f"{path}: expected as many x as y, at least two, got {len(x)} and {len(y)}; correct the table."
        )
    return Tabulated(*over_axis(x, y, axis, path, [f"x.{k}" for k in range(len(x))]), beyond)


# -- from a file to a cell -----------------------------------------------------------------------------------


def read_bpx(path):
    """Read and check a BPX file; return its BpxCell.

    Raises InputError, one sentence, where the file does not follow the standard, where a coefficient is not
    positive over its range, or where cut-offs, windows and capacities contradict each other.
    """
    try:
        content = Path(path).read_bytes()
        raw = json.loads(content)
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{path}: expected a readable BPX file (JSON), got: {reason}; check the file."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    cell = parse_bpx(raw, f"BPX file {Path(path).name}, sha256 {digest[:12]}", Path(path).stem)
    check_bpx(cell)
    return cell


def parse_bpx(raw, source="BPX", name="BPX"):
    """Turn the plain data of a BPX file into a BpxCell; `source` and `name` go into its sets."""
    given = _parts(raw)
    cell = read_section(given["Cell"], "Cell", CELL)
    T_ref = cell.pop("temperature", T_REF)
    state = read_state(raw.get("State"), cell, T_ref)
    electrolyte, c_e_0 = _electrolyte(given, state.c_e_0, T_ref, source, name)
    electrodes = {
        side: _electrode(given.get(f"{side.capitalize()} electrode"), side, T_ref, c_e_0, source, name)
        for side in ("negative", "positive")
    }
    return BpxCell(
        title=text(raw["Header"].get("Title") or "BPX cell", "Header.Title"),
        **electrodes,
        electrolyte=electrolyte,
        separator=_separator(given["Separator"]) if "Separator" in given else None,
        area=cell["area"],
        pairs=cell["pairs"],
        capacity=cell["capacity"] * 3600,
        lower=cell["lower"],
        upper=cell["upper"],
        state=state,
        c_e_0=c_e_0,
        sources=source,
        validation=_validation(raw.get("Validation")),
    )


def _parts(raw):
    """Return the sections of the parameterisation that a file gives; refuse a file that lacks one."""
    for key in raw if isinstance(raw, dict) else ():
        if key not in SECTIONS:
            raise InputError(f"{key}: expected {any_of(SECTIONS)}, got {say(key)}; correct the key.")
    for key in SECTIONS[:2]:
        if not isinstance(raw, dict) or not isinstance(raw.get(key), dict):
            raise InputError(
                f"{key}: expected the sections Header and Parameterisation of a BPX file, got no {key};"
                " correct it."
            )
    _check_version(raw["Header"].get("BPX"))
    parts, model = raw["Parameterisation"], raw["Header"].get("Model")
    if model not in ("DFN", "SPMe", "Partial"):
        raise InputError(
            f"Header.Model: expected DFN, SPMe or Partial, got {say(model)}; a file for SPM lacks the"
            " electrolyte."
        )
    for key in parts:
        if key not in PARTS:
            raise InputError(f"Parameterisation.{key}: expected {any_of(PARTS)}, got {key}; correct the key.")
    given = {key: parts.get(key) for key in PARTS if parts.get(key) is not None}
    for key in PARTS[:5]:
        if key not in given and (key == "Cell" or model != "Partial"):
            raise InputError(f"Parameterisation: expected the section {key}, got none; add it.")
    return given


def _check_version(given):
    """Raise InputError unless a file is of a version that is read here: 0.x or 1.x, as text or as a
    number."""
    if not re.fullmatch(r"[01](\.\d+)*", str(given)):
        raise InputError(
            "Header.BPX: expected a version of the standard from 0.1 to 1.x, got"
            f" {say(given) if given else 'none'}; correct it, or convert the file with the package bpx."
        )


def _separator(raw):
    return Separator(**read_section(raw, "Separator", CONTACT))


def _electrolyte(given, rest, T_ref, source, name):
    if "Electrolyte" not in given:
        return None, rest or 1000.0
    e = read_section(given["Electrolyte"], "Electrolyte", ELECTROLYTE)
    c_e_0 = rest or e.get("c_e_0", 1000.0)
    laws = {
        law: Law(e[law], f"Electrolyte.{law}", SALT, e.get(f"{law}_energy", 0.0), T_ref)
        for law in ("kappa", "D_e")
    }
    return (
        Electrolyte(
            name=f"{name} electrolyte",
            kappa=_of_positive(laws["kappa"]),
            D_e=laws["D_e"],
            tdf=1.0,
            t_plus=e["t_plus"],
            c_e_0=c_e_0,
            c_e_window=(0.1 * c_e_0, 2.0 * c_e_0),
            temperature="activation energies as the file gives them",
            sources={"kappa": source, "D_e": source, "t_plus": source, "tdf": "set to 1: BPX has none"},
        ),
        c_e_0,
    )


def _of_positive(law):
    """The conductivity of the solver's trial states: that of c_e = 0 below 0, where a formula may have a
    root."""
    return lambda c_e, T: law(np.maximum(c_e, 0.0), T)


def _electrode(raw, side, T_ref, c_e_0, source, name):
    if raw is None:
        return None
    path = f"{side.capitalize()} electrode"
    e = read_section(raw, path, ELECTRODE)
    if e["sto_min"] >= e["sto_max"]:
        raise InputError(
            f"{path}: expected a Minimum below the Maximum stoichiometry, got {e['sto_min']:g} and "
            f"{e['sto_max']:g}; swap or correct them."
        )
    U = Law(e["U"], f"{path}.OCP [V]", LITHIATION, beyond="straight")
    active = _active(e, U, side, path, T_ref, c_e_0, source, name)
    sources = {key: source for key in ("active", "porosity", "transport_efficiency", "radius")}
    sources |= {"active_fraction": f"{source}; a R / 3", "sigma": f"{source}; effective"}
    porous = PorousElectrode(
        f"{name} {side} electrode",
        active,
        e["porosity"],
        e["transport_efficiency"],
        e["area"] * e["radius"] / 3,
        e["radius"],
        e["sigma"],
        sources,
    )
    return Electrode(porous, e["thickness"], e["sto_min"], e["sto_max"])


def _active(e, U, side, path, T_ref, c_e_0, source, name):
    anode = float(U((e["sto_min"] + e["sto_max"]) / 2)) < PLATEAU
    charged, discharged = (e["sto_max"], e["sto_min"]) if side == "negative" else (e["sto_min"], e["sto_max"])
    density = DENSITY[anode]
    return ActiveMaterial(
        name=f"{name} {side} active material",
        U=U,
        dU=U.slope,
        D_s=Law(e["D_s"], f"{path}.Diffusivity [m2.s-1]", LITHIATION, e.get("D_s_energy", 0.0), T_ref),
        i0=ExchangeCurrent(
            F * e["k"] / (e["c_s_max"] * c_e_0**0.5), e["c_s_max"], e.get("k_energy", 0.0), T_ref
        ),
        c_s_max=e["c_s_max"],
        sigma=e["sigma"],
        density=density,
        molar_mass=None,
        sto_window=_window(U, e["sto_min"], e["sto_max"]),
        sto_0=discharged,
        sto_100=charged,
        temperature="activation energies and entropic coefficient as the file gives them",
        dU_dT=_entropy(e.get("dU_dT"), path),
        U_temperature=T_ref,
        sources={key: source for key in ("U", "D_s", "i0", "c_s_max", "sigma", "sto_0", "sto_100", "dU_dT")}
        | {
            "density": (
                f"estimate: a BPX file gives none; {density:g} kg m-3 as of"
                f" {'graphite' if anode else 'a layered oxide'}, for capacities per gram only (set"
                " density_kg_m3)"
            )
        },
    )


def _entropy(raw, path):
    """The entropic coefficient as a law of lithiation, None where the file gives none."""
    return Law(raw, f"{path}.Entropic change coefficient [V.K-1]", LITHIATION) if raw else None


def _window(U, low, high):
    """Return the widest range around [low, high], by at most 0.1 on each side, in which U falls and is at
    most 5.5 V."""

    def reach(begin, end):
        sto = np.linspace(begin, end, 801)
        values = U(sto)
        with np.errstate(invalid="ignore"):  # infinite: told by check_material
            step = np.diff(values) * np.sign(end - begin)
        good = np.isfinite(values[1:]) & (values[1:] <= HIGHEST) & (values[1:] >= -0.1) & (step < 0)
        return float(sto[len(good) if good.all() else int(np.argmin(good))])

    return reach(low, min(low, max(0.0005, low - MARGIN))), reach(high, max(high, min(0.9995, high + MARGIN)))


def _validation(raw):
    """Return the measured curves: {name: {"time_s", "current_A", "voltage_V"}} (discharge above zero)."""
    curves = {}
    for name, given in (raw or {}).items():
        keys = {"time_s": "Time [s]", "current_A": "Current [A]", "voltage_V": "Voltage [V]"}
        try:
            curve = {key: np.array(given[bpx], float) for key, bpx in keys.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"Validation.{name}: expected lists {listed(keys.values())}, got something else; correct it."
            ) from error
        curve["current_A"] = -curve["current_A"]
        curves[name] = curve
    return curves
