"""Between BPX files and cases: a case that runs a file's cell, and the BPX file of a case of homogenised
electrodes.

A BPX file always has two electrodes. In the file of a half cell the negative one is a stand-in that PyBaMM's
half-cell model does not use; what that model needs of the lithium metal stands under "User-defined". PyBaMM's
exchange current of the metal has three arguments and a function of a BPX file one, so there it is a constant,
and LAW holds it over the salt concentration, for a line of Python to put in its place (docs/materials.md).
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from ..base.constants import F, R
from ..base.errors import InputError
from ..base.files import write_json
from ..cell.design import Separator
from ..materials import Electrolyte, LithiumMetal, at_temperature
from ..materials.sets.lithium import C_LI
from .bpx import PLATEAU
from .bpx_cell import Electrode
from .build import set_up

VERSION = "1.1.0"
LAW = "Lithium metal exchange-current density over x, the salt concentration [A.m-2]"
LINE_ERROR = {
    "U": 5e-6,
    "dU_dT": 1e-8,
    "D_s": 1e-3,
    "kappa": 1e-4,
    "D_e": 1e-4,
}  # between the points of a table; U in V, dU_dT in V K-1, else relative
BELOW = 0.25  # V below the OCP of the discharged electrode at which a half cell's discharge ends
LEAST = 0.005  # V, of an anode against lithium: where it would begin to plate
MOST_POINTS = 20000


# -- from a file to a case -----------------------------------------------------------------------------------


def _check_parts(cell, electrode, counter):
    """Refuse what the file has no parts for."""
    missing = [name for name in (electrode, "electrolyte", "separator") if getattr(cell, name) is None]
    if counter == "electrode":
        missing += [side for side in ("negative",) if cell.negative is None]
        if electrode != "positive":
            raise InputError(
                "--electrode: expected the positive electrode in a full cell, got negative; drop one option."
            )
    if missing:
        raise InputError(
            f"expected a BPX file with {', '.join(missing)}, got one without; name another file or electrode."
        )


def case_of(cell, file, electrode="positive", counter="lithium", cells=80, step=None, density=None):
    """Return, as plain data, a case that discharges an electrode of a BPX file from its delithiated state.

    cell: BpxCell; file: how the case names the file; counter: "lithium" (half cell) or "electrode" (full
    cell, for the positive electrode); cells: layers of the slab; step: the protocol's step, else a C/2
    discharge; density: of the active material (kg m-3), else a usual one. Raises InputError where the file
    lacks a part.
    """
    _check_parts(cell, electrode, counter)
    working, separator = getattr(cell, electrode), cell.separator
    working = replace(working, material=at_temperature(working.material, cell.temperature))
    phase = "cathode" if electrode == "positive" else "anode"
    of_cell = {
        "separator": {
            "thickness_um": _short(separator.thickness * 1e6),
            "porosity": separator.porosity,
            "transport_efficiency": separator.transport_efficiency,
        },
        "counter_electrode": _counter(cell, file) if counter == "electrode" else "lithium",
        "nominal_current_density_A_m2": cell.one_C(),
        "materials": {
            phase: {
                "bpx": file,
                "electrode": electrode,
                "density_kg_m3": density or working.material.active.density,
            },
            "electrolyte": {"bpx": file},
        },
        "temperature_K": cell.temperature,
        "electrolyte_concentration_mol_m3": cell.c_e_0,
        "initial_sto": _short(cell.sto("positive")) if electrode == "positive" else working.sto_min,
    }
    end = cell.lower if counter == "electrode" else _end(working)
    kind = "full cell" if counter == "electrode" else f"{electrode} electrode against lithium"
    return {
        "title": f"{cell.title.rstrip('.')}: {kind}",
        "volume": {"slab": {"phase": phase, "thickness_um": _short(working.thickness * 1e6), "cells": cells}},
        "cell": of_cell,
        "protocol": [step or f"Discharge at C/2 until {end:g} V"],
        "numerics": {"time_tolerance": 1e-4},
    }


def _counter(cell, file):
    return {
        "material": {"bpx": file, "electrode": "negative"},
        "thickness_um": _short(cell.negative.thickness * 1e6),
        "initial_sto": _short(cell.sto("negative")),
        "layers": 60,
    }


def _end(working):
    """Return a cut-off of the half cell (V): somewhat below the OCP at the discharged end; of a cathode
    inside its OCP's window, of an anode, whose plateau lies there, above the potential of lithium."""
    active = working.material.active
    end = float(active.U(working.sto_max))
    if end < PLATEAU:
        return max(LEAST, round(end - BELOW, 3))
    least = math.ceil(float(active.U(active.sto_window[1])) * 100 + 1) / 100
    below = round(end - BELOW, 2)
    return max(least, below) if least < float(active.U(working.sto_min)) else below  # else a flat OCP


def _short(value):
    return float(f"{value:.10g}")


# -- from a case to a file -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Design:
    """What a BPX file is written from. negative: Electrode, or LithiumMetal for a half cell; temperature, K;
    one_C: current density, A m-2; c_e_0, mol m-3."""

    title: str
    positive: Electrode
    negative: Electrode | LithiumMetal
    electrolyte: Electrolyte
    separator: Separator
    temperature: float
    one_C: float
    c_e_0: float


def bpx_of(design):
    """Return a Design as the plain data of a BPX 1.1 file of 1 m2.

    Charged is the state of the Design's windows (positive: sto_min, negative: sto_max). Coefficients are
    written at the Design's temperature, as tables that straight lines follow to 5e-6 V (OCP) or 1e-3 of their
    value, with an activation energy where one describes them. Raises InputError, one sentence, for what BPX
    cannot say: t_plus or a thermodynamic factor that varies, or an exchange current of another form.
    """
    half, T = isinstance(design.negative, LithiumMetal), design.temperature
    negative = _stand_in(design) if half else design.negative
    parts = {
        "Cell": _cell(design, negative),
        "Electrolyte": _electrolyte(design.electrolyte, T, design.c_e_0),
        "Negative electrode": _electrode(negative, T, design.c_e_0),
        "Positive electrode": _electrode(design.positive, T, design.c_e_0),
        "Separator": {
            "Thickness [m]": design.separator.thickness,
            "Porosity": design.separator.porosity,
            "Transport efficiency": design.separator.transport_efficiency,
        },
    }
    if half:
        parts["User-defined"] = _lithium(design.negative, design.c_e_0, T)
    # no "Initial state-of-charge": PyBaMM would look for it by the cut-offs; without it, it begins at the
    # windows' ends
    state = {
        "Initial conditions": {
            "Initial temperature [K]": T,
            "Initial electrolyte concentration [mol.m-3]": design.c_e_0,
        },
        "Thermal environment": {"Ambient temperature [K]": T},
    }
    return {
        "Header": {
            "BPX": VERSION,
            "Title": design.title,
            "Description": _description(design, half),
            "Model": "DFN",
        },
        "Parameterisation": parts,
        "State": state,
    }


def _cell(design, negative):
    """Return the section of the cell: 1 m2 of it, between its open-circuit voltages."""
    positive = design.positive
    U_p, U_n = positive.material.active.U, negative.material.active.U
    charged = float(U_p(positive.sto_min) - U_n(negative.sto_max))
    discharged = float(U_p(positive.sto_max) - U_n(negative.sto_min))
    return {
        "Electrode area [m2]": 1.0,
        "Number of electrode pairs connected in parallel to make a cell": 1,
        "External surface area [m2]": 2.0,
        "Volume [m3]": positive.thickness + negative.thickness + design.separator.thickness,
        "Lower voltage cut-off [V]": math.floor(discharged * 1000) / 1000,
        "Upper voltage cut-off [V]": math.ceil(charged * 1000) / 1000,
        "Nominal cell capacity [A.h]": design.one_C,
        "Reference temperature [K]": design.temperature,
    }


def write_bpx(path, design):
    """Write a Design as a BPX file; return what was written. Errors as in `bpx_of`."""
    raw = bpx_of(design)
    write_json(path, raw)
    return raw


def _description(design, half):
    names = (
        f"{design.positive.material.name}, {design.negative.name if half else design.negative.material.name},"
        f" {design.electrolyte.name}"
    )
    stand_in = (
        " Half cell against lithium metal: the negative electrode is a stand-in, and User-defined holds what"
        " PyBaMM's half-cell model (working electrode positive) needs of the metal."
        if half
        else ""
    )
    return f"Written by microsim from the sets {names}; capacity and area are of 1 m2.{stand_in}"


def _electrolyte(electrolyte, T, c_e_0):
    for name in ("t_plus", "tdf"):
        if callable(getattr(electrolyte, name)):
            raise InputError(
                f"expected an electrolyte of constant {name} for BPX, got {electrolyte.name}, where it"
                f" varies; set {name} to a number (materials.electrolyte: {{base: {electrolyte.name}, {name}:"
                " ...})."
            )
    if electrolyte.tdf != 1.0:
        raise InputError(
            f"expected a thermodynamic factor of 1 for BPX, which has none, got {electrolyte.tdf:g} in "
            f"{electrolyte.name}; set tdf: 1."
        )
    low, high = min(10.0, 0.01 * c_e_0), max(electrolyte.c_e_window[1], 2.5 * c_e_0)
    part = {"Cation transference number": float(electrolyte.t_plus)}
    for name, key in (("kappa", "Conductivity [S.m-1]"), ("D_e", "Diffusivity [m2.s-1]")):
        part |= _coefficient(
            getattr(electrolyte, name), key, low, high, T, LINE_ERROR[name], electrolyte.name
        )
    return part


def _electrode(electrode, T, c_e_0):
    porous, active = electrode.material, electrode.material.active
    rate, energy = _rate(active, T, c_e_0)
    low, high = active.sto_window
    part = {
        "Thickness [m]": electrode.thickness,
        "Porosity": porous.porosity,
        "Transport efficiency": porous.transport_efficiency,
        "Conductivity [S.m-1]": porous.sigma,
        "Particle radius [m]": porous.radius,
        "Surface area per unit volume [m-1]": 3 * porous.active_fraction / porous.radius,
        "Minimum stoichiometry": electrode.sto_min,
        "Maximum stoichiometry": electrode.sto_max,
        "Maximum concentration [mol.m-3]": active.c_s_max,
        "OCP [V]": _table(active.U, low, high, LINE_ERROR["U"], False),
        "Entropic change coefficient [V.K-1]": _entropy(active.dU_dT, low, high),
        "Reaction rate constant [mol.m-2.s-1]": rate,
        "Reaction rate constant activation energy [J.mol-1]": energy,
    }
    return part | _coefficient(
        active.D_s, "Diffusivity [m2.s-1]", low, high, T, LINE_ERROR["D_s"], active.name
    )


def _entropy(law, low, high):
    return 0.0 if law is None else _table(law, low, high, LINE_ERROR["dU_dT"], False)


def _rate(active, T, c_e_0):
    """Return BPX's reaction rate constant (mol m-2 s-1) at T and its activation energy (J mol-1)."""
    sto = np.linspace(*active.sto_window, 41)[2:-2]
    for c_e in (0.5 * c_e_0, c_e_0, 1.5 * c_e_0):
        rates = active.i0(c_e, sto, T) / (F * np.sqrt(c_e / c_e_0 * sto * (1 - sto)))
        if c_e == 0.5 * c_e_0:
            rate = rates[0]
        if np.abs(rates / rate - 1).max() > 1e-6 or active.alpha_a != 0.5 or active.alpha_c != 0.5:
            raise InputError(
                "expected an exchange current proportional to sqrt(c_e x (1 - x)) for BPX, got another form"
                f" in {active.name}; choose a set of that form."
            )
    return float(rate), _energy(lambda T: active.i0(c_e_0, 0.5, T), T)


def _energy(law, T):
    """Return the activation energy of a coefficient around T (J mol-1)."""
    hot, cold = float(law(T + 5.0)), float(law(T - 5.0))
    return round(R * math.log(hot / cold) / (1 / (T - 5.0) - 1 / (T + 5.0)), 6) + 0.0


def _coefficient(law, key, low, high, T, error, name):
    """Return {key: number or table, its activation energy} of a coefficient of x at T."""
    x = np.linspace(low, high, 9)
    energies = [_energy(lambda T, at=at: law(np.array(at), T), T) for at in x]
    part = {key: _table(lambda at: law(at, T), low, high, error, True)}
    if np.ptp(energies) < 1.0 and abs(energies[0]) > 1e-3:
        part[key.split(" [")[0] + " activation energy [J.mol-1]"] = energies[0]
    return part


def _table(law, low, high, error, relative):
    """Return a number, or a table whose straight lines follow a law to `error`: halves every interval that
    does not."""
    x = np.linspace(low, high, 33)
    while True:
        y, middle = law(x), (x[1:] + x[:-1]) / 2
        between = law(middle)
        off = np.abs(between - (y[1:] + y[:-1]) / 2) / (np.abs(between) if relative else 1.0)
        if len(x) == 33 and relative and np.ptp(y) <= 1e-12 * np.abs(y).max():
            return float(y[0])
        if off.max() <= error or len(x) > MOST_POINTS:
            return {"x": x.tolist(), "y": y.tolist()}
        x = np.sort(np.concatenate([x, middle[off > error]]))


# -- a half cell in a file of two electrodes -----------------------------------------------------------------


def _stand_in(design):
    """Return a negative electrode for the file of a half cell: graphite of Chen et al. (2020) with the
    positive's capacity."""
    from ..materials.sets.Chen2020_anode import material

    active, positive = material.active, design.positive
    thickness = positive.capacity() / (
        F * active.c_s_max * material.active_fraction * (active.sto_100 - active.sto_0)
    )
    return Electrode(material, thickness, active.sto_0, active.sto_100)


def _lithium(metal, c_e_0, T):
    """Return PyBaMM's parameters of the metal; its exchange current at c_e_0, and over the salt concentration
    under LAW."""
    return {
        "Exchange-current density for lithium metal electrode [A.m-2]": float(metal.i0(c_e_0, T)),
        LAW: _power_law(lambda c_e: metal.i0(c_e, T), c_e_0),
        "Lithium metal partial molar volume [m3.mol-1]": 1 / C_LI,
        "Negative electrode OCP [V]": 0.0,
        "Negative electrode OCP entropic change [V.K-1]": 0.0,
        "Negative electrode charge transfer coefficient": 0.5,
        "Negative electrode conductivity [S.m-1]": 1.0776e7,
        "Negative electrode thickness [m]": 7e-4,
    }


def _power_law(law, c_e_0):
    """Return a law of the salt concentration as BPX's text of a power law, or as a table where it is not
    one."""
    power = math.log(law(2 * c_e_0) / law(c_e_0)) / math.log(2)
    c_e = np.geomspace(0.01 * c_e_0, 5 * c_e_0, 33)
    factor, power = float(law(c_e_0)), float(f"{power:.12g}")
    if np.allclose(law(c_e), factor * (c_e / c_e_0) ** power, rtol=1e-9):
        return f"{factor!r} * (x / {float(c_e_0)!r}) ** {power!r}"
    return _table(law, c_e[0], c_e[-1], 1e-4, True)


def design_of(case, one_C=None):
    """Return the Design of a case of a slab; one_C: its 1C current density (A m-2), else what the case says.

    Charged is the case's initial state; discharged, as far as lithium of both electrodes goes.
    Raises InputError where the case is not a homogenised one.
    """
    if case.volume.slab is None:
        raise InputError(
            "expected a case of a homogenised electrode (volume.slab) for BPX, got an image; homogenise it"
            " first."
        )
    loaded, spec = case.load_materials(), case.cell
    material = loaded[case.volume.slab.phase]
    positive = _charged(material, case.volume.slab.thickness, spec.initial_sto, material.active.sto_0)
    negative = spec.counter_electrode
    if isinstance(negative, str):
        if negative != "lithium":
            raise InputError(
                f"expected lithium or a porous counter electrode for BPX, got {negative}; change it."
            )
        from ..materials.sets.lithium import material as negative
    else:
        porous = case.load_material(negative.material, "cell.counter_electrode.material")
        low = min(porous.active.sto_0, negative.initial_sto)
        positive, negative = _balanced(
            positive, Electrode(porous, negative.thickness, low, negative.initial_sto)
        )
    separator = Separator(
        spec.separator.thickness, spec.separator.porosity, spec.separator.transport_efficiency
    )
    if one_C is None:
        one_C = spec.nominal_current_density or set_up(case).figures()["current_density_1C_A_m2"]
    return Design(
        case.title,
        positive,
        negative,
        loaded["electrolyte"],
        separator,
        spec.temperature,
        one_C,
        spec.electrolyte_concentration,
    )


def _charged(material, thickness, sto, sto_0):
    if sto >= sto_0:
        raise InputError(
            f"expected an initial lithiation below {sto_0:g}, at which {material.active.name} is discharged,"
            f" got {sto:g}; a BPX file begins charged."
        )
    return Electrode(material, thickness, sto, sto_0)


def _balanced(positive, negative):
    """Narrow the wider of two windows at its discharged end, so that both hold the same charge."""
    p, n = positive.capacity(), negative.capacity()
    if p > n:
        high = positive.sto_min + (positive.sto_max - positive.sto_min) * n / p
        return Electrode(positive.material, positive.thickness, positive.sto_min, high), negative
    low = negative.sto_max - (negative.sto_max - negative.sto_min) * p / n
    return positive, Electrode(negative.material, negative.thickness, low, negative.sto_max)
