"""Impedance of the whole cell: PyBaMM, closed forms, and the time domain.

- PyBaMM 26.10.1, half cells of Xu 2019 and Chen 2020 at a lithiation of 0.6 (pybamm_reference.py): 1 % in modulus, 0.5
  degrees over 1e-4 to 1e5 Hz. PyBaMM's own mesh error is 0.5 % above 10 kHz.
- Porous electrode in excess electrolyte, spheres, double layer, film (Meyers, Doyle, Darling, Newman, J. Electrochem. Soc.
  147 (2000) 2930, for one particle size):
      z = 1 / (1 / (RT / F i0 + Z_d) + i w C) + R_film,   Z_d = -dU/dc R / (F D_s (s coth s - 1)),  s^2 = i w R^2 / D_s
      Z = L/(k + sigma) [1 + (2 + (sigma/k + k/sigma) cosh nu) / (nu sinh nu)],  nu^2 = L^2 a (1/k + 1/sigma) / z
- Salt diffusion between two lithium faces: Z = 2RT (1 - t)^2 tdf L / (F^2 D c) tanh(q)/q + L/kappa, q = L/2 sqrt(i w / D).
- A small step of the current in time, transformed.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from microsim.case import load_case
from microsim.claims import Check
from microsim.electrochemistry.cell import Separator
from microsim.electrochemistry.experiment import Experiment, Load, Tolerances, initial_state
from microsim.electrochemistry.halfcell import HalfCell
from microsim.electrochemistry.impedance import cell_impedance
from microsim.electrochemistry.materials import LithiumMetal
from microsim.run import case_impedance, cell_design, read_grid, set_up

CASES = Path(__file__).parents[2] / "cases"
F, R, T = 96485.33212, 8.314462618, 298.15


def checks(data):
    yield from against_pybamm()
    yield from porous_electrode()
    yield from between_lithium_faces()
    yield from against_time()


def case_of(chemistry, *settings):
    return load_case(CASES / f"dfn_{chemistry}.yaml", ["cell.initial_sto=0.6", "protocol=[Rest for 1 s]", *settings])


def against_pybamm():
    table = np.loadtxt(Path(__file__).with_name("reference.csv"), delimiter=",", skiprows=1)
    for column, chemistry in ((1, "xu2019"), (3, "chen2020")):
        exact = table[:, column] + 1j * table[:, column + 1]
        ratio = case_impedance(case_of(chemistry), table[:, 0])[1].Z / exact
        yield Check(f"{chemistry}: modulus, largest relative difference", float(np.abs(np.abs(ratio) - 1).max()), 0.01,
                    kind="at most", source="PyBaMM 26.10.1")
        yield Check(f"{chemistry}: phase, largest difference (degrees)", float(np.degrees(np.abs(np.angle(ratio)).max())), 0.5,
                    kind="at most", source="PyBaMM 26.10.1")


def cell_with(case, R_film=0.0, **changes):
    """A case's HalfCell with other parts of its design."""
    _, grid = read_grid(case)
    design = replace(cell_design(case, grid), **changes)
    mesh = set_up(case, grid, design).cell.mesh
    return HalfCell(mesh, design, np.full(mesh.faces.area.size, R_film))


def porous_electrode():
    freq = np.geomspace(1e-4, 1e5, 46)
    w = 2j * np.pi * freq
    for chemistry, R_film in (("xu2019", 0.0), ("chen2020", 0.0), ("chen2020", 0.0125)):
        case = case_of(chemistry, "volume.slab.cells=200", "cell.shells=96")
        design = cell_design(case, read_grid(case)[1])
        salt = design.electrolyte
        kappa = float(salt.kappa(np.array(1000.0), T))
        excess = replace(salt, kappa=lambda c, T, k=kappa: k + 0 * c, D_e=lambda c, T: 1e-2 + 0 * c)
        ideal = LithiumMetal("ideal", i0=lambda c, T: 1e9 + 0 * c)
        cell = cell_with(case, R_film, electrolyte=excess, counter_electrode=ideal)
        Z = cell_impedance(cell, initial_state(cell), freq, C_dl=0.2).Z
        (porous,) = design.phases.values()
        material, L = porous.active, case.volume.slab.thickness
        i0 = float(material.i0(np.array([1000.0]), np.array([0.6]), T)[0])
        D, slope = float(material.D_s(np.array(0.6), T)), float(material.dU(np.array(0.6)))
        s = np.sqrt(w * porous.radius**2 / D)
        Z_d = -slope / material.c_s_max * porous.radius / (F * D * (s / np.tanh(s) - 1))
        z = 1 / (1 / (R * T / (F * i0) + Z_d) + 0.2 * w) + R_film
        a, k, sigma = 3 * porous.active_fraction / porous.radius, kappa * porous.transport_efficiency, porous.sigma
        nu = L * np.sqrt(a / z * (1 / k + 1 / sigma))
        exact = L / (k + sigma) * (1 + (2 + (sigma / k + k / sigma) * np.cosh(nu)) / (nu * np.sinh(nu)))
        exact = exact + case.cell.separator.thickness / (kappa * case.cell.separator.transport_efficiency)
        yield Check(f"{chemistry}, film {R_film} ohm m2: porous electrode in excess electrolyte, largest relative difference",
                    float(np.abs(Z / exact - 1).max()), 5e-3, kind="at most", source="closed form")


def between_lithium_faces():
    """The electrode is a thin sheet that reacts without loss and whose lithium does not count: a second lithium face."""
    L, freq = 100e-6, np.geomspace(1e-4, 1e2, 31)
    case = case_of("xu2019", "volume.slab.thickness_um=0.1", "volume.slab.cells=2", "cell.separator.thickness_um=100")
    design = cell_design(case, read_grid(case)[1])
    ((name, porous),) = design.phases.items()
    flat = replace(porous.active, U=lambda x: 4.0 + 0 * x, dU=lambda x: 0 * x, i0=lambda c, x, T: 1e9 + 0 * c)
    salt = replace(design.electrolyte, kappa=lambda c, T: 1.0 + 0 * c, D_e=lambda c, T: 3e-10 + 0 * c, t_plus=0.38, tdf=1.0)
    cell = cell_with(case, phases={name: replace(porous, active=flat)}, electrolyte=salt, separator=Separator(L, 1.0, 1.0),
                     counter_electrode=LithiumMetal("ideal", i0=lambda c, T: 1e9 + 0 * c))
    Z = cell_impedance(cell, initial_state(cell), freq, C_dl=0.0).Z
    q = L / 2 * np.sqrt(2j * np.pi * freq / 3e-10)
    exact = 2 * R * T * (1 - 0.38) ** 2 * L / (F**2 * 3e-10 * 1000) * np.tanh(q) / q + L / 1.0
    yield Check("salt between two lithium faces, largest relative difference", float(np.abs(Z / exact - 1).max()), 0.01,
                kind="at most", source="closed form")


def against_time():
    """V(t) after a step of dI: Z = -(V(0+) - V(0) + b / (i w) + integral (V' - b) e^(-i w t) dt) / dI, b the last slope."""
    case = case_of("xu2019", "cell.shells=96")
    cell = set_up(case, read_grid(case)[1], replace(cell_design(case, read_grid(case)[1]), double_layer=0.2)).cell
    dI, t, V = 0.2 * cell.mesh.area, [], []

    def keep(experiment, number, load, last):
        t.append(experiment.t)
        V.append(cell.state(experiment.x).V[0])

    rest = float(initial_state(cell)[cell.ends[1]])
    Experiment(cell, None, Tolerances(step=3e-7, max_step=5.0), keep).run([Load("step", dI, duration=600.0)])
    t, V = np.array(t), np.array(V)
    keep_new = np.concatenate([[True], np.diff(t) > 0])
    t, V = t[keep_new], V[keep_new]
    b = (V[-1] - V[-20]) / (t[-1] - t[-20])
    freq = np.geomspace(0.03, 1e2, 9)
    slopes, Z = np.diff(V) / np.diff(t) - b, []
    for w in 2 * np.pi * freq:
        wave = np.exp(-1j * w * t)
        Z.append(-(V[0] - rest + b / (1j * w) + (slopes * np.diff(wave) / (-1j * w)).sum()) / dI * cell.mesh.area)
    linear = cell_impedance(cell, initial_state(cell), freq, C_dl=0.2).Z
    yield Check("a step of the current in time, transformed: largest relative difference, 0.03 to 100 Hz",
                float(np.abs(np.array(Z) / linear - 1).max()), 0.01, kind="at most", source="time steps")
