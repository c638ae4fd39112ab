"""The homogenised twin of a resolved case: a case of a slab (the DFN) with its parameters, and how the two
runs differ."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError, NotConverged
from ..case.bpx_cases import bpx_of, design_of
from ..case.build import simulate
from ..case.case import parse_case
from ..case.loads import Scale, loads
from ..reference.dfn import discharge_pybamm
from ..volumes.fields import profile_x
from .homogenise import Homogenised, homogenise_volume, transport_of

# what a slab has in its conductivities, area and active fraction, or says in another way
MEASURED = (
    *("cbd", "contact_lost", "area_correction", "pore_transport_efficiency"),
    *("nominal_capacity_mAh_g", "film"),
)

CELLS = 80  # layers of the slab
# keys that name a file
FILES = ("bpx", "ocp", "D_s_table", "i0_table", "kappa_table", "D_e_table", "profile")
POINTS = 200  # at which two curves are compared and kept


@dataclass(frozen=True)
class Twin:
    """A resolved case's Homogenised, the Case of its slab, and that case as plain data."""

    found: Homogenised
    case: object
    raw: dict


@dataclass(frozen=True)
class DfnRun:
    """A Twin that ran: Setup and Record of its slab, and of each step {number: [lithiation over the layers
    after each time step]}; or why it could not."""

    twin: Twin
    slab: object = None
    record: object = None
    states: dict = field(default_factory=dict)
    missing: str = ""

    def layers(self, number, mean, x):
        """Return the lithiation at depths x (m) where its mean was nearest to `mean` in a step; None for a
        step that the slab did not come to."""
        if number not in self.states:
            return None
        nearest = min(self.states[number], key=lambda sto: abs(sto.mean() - mean))
        return np.interp(x, _middles(self.twin), nearest)


def twin_of(setup, *, R_film=None, transport=None, folder=None, progress=None):
    """Homogenise the volume of a case; return its Twin.

    setup: case.build.Setup; R_film: as in homogenise; transport: the table of `effective_transport`, where
    there is one; folder: where the slab's case will lie, which decides how it names files (None: in full).
    """
    case, cell = setup.case, setup.cell
    found = homogenise_volume(
        setup.grid,
        cell.design,
        R_film=cell.R_film if R_film is None else R_film,
        mesh=cell.mesh,
        transport=transport and transport_of(transport, cell.mesh, cell.design),
        tolerance=case.numerics.transport_tolerance,
        progress=progress,
    )
    raw = slab_case(case, found, setup.one_C / cell.mesh.area, folder)
    slab = parse_case(raw if folder is None else slab_case(case, found, setup.one_C / cell.mesh.area, None))
    return Twin(found, replace(slab, name=f"{case.name}_homogenised"), raw)


def slab_case(case, found, one_C, folder=None):
    """Return, as plain data, the case of the slab that stands for a resolved case; one_C: its 1C current (A
    m-2).

    Its particles have the radius that diffusion asks for, and more or less surface than the volume; so the
    exchange current, a double layer's capacitance and 1 / film thickness are `surface_factor` times those of
    the case.
    """
    raw, porous = case.as_dict(), found.porous
    cell, factor = raw["cell"], found.surface_factor
    given = cell["materials"][found.phase]
    active = {"base": given} if isinstance(given, str) else given
    active = {**active, "i0_scale": _short(factor * active.get("i0_scale", 1.0))}
    cathode = {
        "base": "Chen2020_cathode",
        "active": active,
        "porosity": _short(porous.porosity),
        "transport_efficiency": _short(porous.transport_efficiency),
        "active_fraction": _short(porous.active_fraction),
        "radius_um": _short(porous.radius * 1e6),
        "sigma_S_m": _short(porous.sigma),
    }
    cell["materials"] = {"cathode": cathode, "electrolyte": cell["materials"]["electrolyte"]}
    for key in MEASURED:
        cell.pop(key, None)
    cell["nominal_current_density_A_m2"] = _short(one_C)
    cell |= _film(case.cell.film, found)
    if case.cell.double_layer:
        cell["double_layer_F_m2"] = _short(case.cell.double_layer * factor)
    if isinstance(case.cell.initial_sto, dict):
        cell["initial_sto"] = case.cell.initial_sto[found.phase]
    slab = {"phase": "cathode", "thickness_um": _short(found.thickness * 1e6), "cells": CELLS}
    plain = {
        "title": f"{case.title}: homogenised",
        "volume": {"slab": slab},
        "cell": cell,
        "protocol": raw["protocol"],
        "numerics": raw["numerics"],
    }
    return _located(plain, case.locate, folder)


def _film(film, found):
    """Return the film of the slab's particles: with f = surface_factor, their surface is 1 / f times the
    volume's, so that the same current meets the same resistance at a thickness and a rate of growth of 1 / f
    times, and the same lithium goes into the film at f^2 times its concentration."""
    growth = getattr(film, "growth", None)
    if found.film_resistance == 0 and not growth:
        return {}
    thickness = found.film_resistance * film.conductivity / found.surface_factor
    section = {
        "model": "uniform",
        "thickness_nm": _short(thickness * 1e9),
        "conductivity_S_m": film.conductivity,
        "relative_permittivity": film.relative_permittivity,
    }
    if growth:
        section["growth"] = {
            "rate_nm_per_sqrt_h": _short(growth.rate * 6e10 / found.surface_factor),
            "alpha": growth.alpha,
            "reference_V": growth.reference,
            "lithium_mol_m3": _short(growth.lithium * found.surface_factor**2),
        }
    return {"film": section}


def _short(value):
    return float(f"{value:.10g}")


def _located(node, locate, folder):
    """Return plain data with every named file as seen from a folder, or in full."""
    if isinstance(node, list):
        return [_located(part, locate, folder) for part in node]
    if not isinstance(node, dict):
        return node

    def seen(file):
        file = Path(locate(file)).resolve()
        return str(file) if folder is None else os.path.relpath(file, folder)

    return {
        key: seen(part) if key in FILES and isinstance(part, str) else _located(part, locate, folder)
        for key, part in node.items()
    }


def written_bpx(twin):
    """Return a Twin's slab as the plain data of a BPX file, or None with the reason why BPX cannot say it."""
    try:
        return bpx_of(design_of(twin.case, twin.case.cell.nominal_current_density)), None
    except InputError as error:
        return None, str(error)


def pybamm_values(twin, temperature):
    """Return the numbers of a Twin by their names in PyBaMM: `values.update(numbers)` on any set with its
    materials.

    PyBaMM takes the spheres' own surface, 3 active fraction / radius; the volume's lies in the exchange
    current density, which is surface_factor times the material's: see parameters.json for it and every other
    function.
    """
    porous, spec, porosity = twin.found.porous, twin.case.cell, twin.found.porous.porosity
    separator = spec.separator
    return {
        "Positive electrode thickness [m]": twin.found.thickness,
        "Positive electrode porosity": porosity,
        "Positive electrode active material volume fraction": porous.active_fraction,
        "Positive particle radius [m]": porous.radius,
        "Positive electrode conductivity [S.m-1]": porous.sigma,
        "Positive electrode Bruggeman coefficient (electrolyte)": float(
            np.log(porous.transport_efficiency) / np.log(porosity)
        ),
        "Positive electrode Bruggeman coefficient (electrode)": 0.0,
        "Maximum concentration in positive electrode [mol.m-3]": porous.active.c_s_max,
        "Initial concentration in positive electrode [mol.m-3]": spec.initial_sto * porous.active.c_s_max,
        "Initial concentration in electrolyte [mol.m-3]": spec.electrolyte_concentration,
        "Separator thickness [m]": separator.thickness,
        "Separator porosity": separator.porosity,
        "Separator Bruggeman coefficient (electrolyte)": (
            float(np.log(separator.transport_efficiency) / np.log(separator.porosity))
            if separator.porosity < 1
            else 0.0
        ),
        "Ambient temperature [K]": temperature,
        "Initial temperature [K]": temperature,
        "Electrode height [m]": 1.0,
        "Electrode width [m]": 1.0,
        "Nominal cell capacity [A.h]": spec.nominal_current_density,
        "Current function [A]": spec.nominal_current_density,
    }


# -- beside the resolved run ---------------------------------------------------------------------------------


def run_dfn(twin):
    """Run a Twin's slab; return its DfnRun. A twin that cannot run says so in `missing`."""
    states = {}

    def keep(moment):
        mesh = moment.cell.mesh
        layers = profile_x(mesh.on_image(mesh.solid, moment.u.sto))
        states.setdefault(moment.number, []).append(layers)

    try:
        slab, record = simulate(twin.case, keep)
    except (InputError, NotConverged) as error:  # the resolved run is done and must not be lost
        return DfnRun(twin, missing=f"The homogenised run ended early: {error}.")
    return DfnRun(twin, slab, record, states)


def compare_with_dfn(dfn, setup, record, profiles):
    """Compare a DfnRun with the resolved run; return what result.json holds of it, plain data.

    setup, record: of the resolved run; profiles: those of result.json. A twin that could not run is told in
    `missing`.
    """
    twin, slab, slab_record = dfn.twin, dfn.slab, dfn.record
    told = {"parameters": twin.found.as_dict(), "sources": twin.found.sources}
    if dfn.missing:
        return {**told, "missing": dfn.missing}
    ends = {number: states[-1] for number, states in dfn.states.items()}
    area, slab_area = setup.cell.mesh.area, slab.cell.mesh.area
    resolved, ours = steps_of(record, area), steps_of(slab_record, slab_area)
    mass_per_area = setup.mass / area
    steps, curves = _compared(twin.case.protocol, resolved, ours, mass_per_area)
    scale = Scale(
        slab.one_C / slab_area, 1.0, slab.mass / slab_area, lambda soc: slab.charge_at(soc) / slab_area
    )
    per_area = loads(twin.case.protocol, scale, twin.case.locate)
    pybamm = _with_pybamm(twin, per_area, ours, mass_per_area, curves)
    pooled = (
        np.concatenate([np.subtract(c["homogenised_V"], c["resolved_V"]) for c in curves])
        if curves
        else np.zeros(1)
    )
    return {
        **told,
        "voltage_rms_V": _rms(pooled),
        "voltage_max_V": float(np.abs(pooled).max()),
        "steps": steps,
        "curves": curves,
        "sto_profiles": _profiles(twin, profiles, ends, sorted(resolved)),
        "pybamm": pybamm,
    }


def _profiles(twin, profiles, ends, steps):
    """Return the lithiation over the depth at the end of each step, resolved (profiles of result.json) and
    homogenised (`ends` {step: over the slab's layers})."""
    at, compared = _middles(twin), []
    for stored, number in zip(profiles, steps):
        if number in ends:
            x, sto = np.array(stored["x_m"]), np.array([np.nan if v is None else v for v in stored["sto"]])
            homogenised = np.interp(x, at, ends[number])
            off = (homogenised - sto)[np.isfinite(sto)]
            compared.append(
                {
                    "step": stored["step"],
                    "x_m": x.tolist(),
                    "resolved": stored["sto"],
                    "homogenised": homogenised.tolist(),
                    "rms": _rms(off),
                    "max": float(np.abs(off).max()),
                }
            )
    return compared


def _middles(twin):
    """Depths of the middles of the slab's layers (m)."""
    return (np.arange(CELLS) + 0.5) / CELLS * twin.found.thickness


def steps_of(record, area):
    """Return {number of the step: (time, discharged (C m-2), V)}, times and charges from the step's
    beginning."""
    c = {name: np.array(record.columns[name], float) for name in ("time_s", "charge_C", "voltage_V", "step")}
    found, t, q = {}, 0.0, 0.0
    for number in np.unique(c["step"]).astype(int):
        rows = c["step"] == number
        found[number] = c["time_s"][rows] - t, (c["charge_C"][rows] - q) / area, c["voltage_V"][rows]
        t, q = c["time_s"][rows][-1], c["charge_C"][rows][-1]
    return found


def _compared(protocol, resolved, ours, mass_per_area):
    """Return the figures of each step, and curves at common places, over capacity or (rest, profile) over
    time."""
    steps, curves = [], []
    for number in sorted(set(resolved) & set(ours)):
        flows = _only_rises(resolved[number]) and _only_rises(ours[number])
        over = "capacity_mAh_g" if flows else "time_s"
        (a, V_a), (b, V_b) = (
            _against(step, over, mass_per_area) for step in (resolved[number], ours[number])
        )
        x = np.linspace(0, 1, POINTS + 1)[1:] * min(a[-1], b[-1])
        first, second = np.interp(x, a, V_a), np.interp(x, b, V_b)
        off, name = second - first, protocol[number].text
        curves.append(
            {
                "step": name,
                "over": over,
                "x": x.tolist(),
                "resolved_V": first.tolist(),
                "homogenised_V": second.tolist(),
            }
        )
        steps.append(
            {
                "step": name,
                "voltage_rms_V": _rms(off),
                "voltage_max_V": float(np.abs(off).max()),
                "capacity_mAh_g": float(a[-1]) if flows else None,
                "capacity_difference": float(b[-1] / a[-1] - 1) if flows else None,
            }
        )
    return steps, curves


def _only_rises(step):
    """Whether the charge that passed only rises in a step, so that its curve can be drawn over it."""
    return len(step[1]) > 1 and bool(np.all(np.diff(np.abs(step[1])) > 0))


def _against(step, over, mass_per_area):
    t, q, V = step
    return (np.abs(q) / 3600 / mass_per_area if over == "capacity_mAh_g" else t), V


def _with_pybamm(twin, held, ours, mass_per_area, curves):
    """Run the slab in PyBaMM; add its curves, return its figures against our own DFN, or why there are
    none."""
    raw, reason = written_bpx(twin)
    slab_film = getattr(twin.case.cell.counter_electrode, "film", None)
    films = [film for film in (twin.case.cell.film, slab_film) if film and film.model != "none"]
    if films or twin.case.cell.double_layer:
        reason = "BPX and PyBaMM's half cell have no film or double layer like this one"
    if raw is None or reason:
        return {"missing": reason}
    try:
        found = discharge_pybamm(raw, held, half=twin.case.cell.counter_electrode == "lithium")
    except InputError as error:
        return {"missing": str(error)}
    pooled = []
    for curve, number in zip(curves, sorted(ours)):
        if number < len(found):
            a, V = _against(found[number], curve["over"], mass_per_area)
            inside = np.array(curve["x"]) <= a[-1]
            there = np.interp(np.array(curve["x"])[inside], a, V)
            curve["pybamm_V"] = there.tolist()
            pooled.append(there - np.array(curve["homogenised_V"])[inside])
    if not pooled:
        return {"missing": "PyBaMM left the protocol at its first step"}
    off = np.concatenate(pooled)
    return {"from_our_dfn_rms_V": _rms(off), "from_our_dfn_max_V": float(np.abs(off).max())}


def _rms(values):
    return float(np.sqrt(np.mean(np.square(values))))
