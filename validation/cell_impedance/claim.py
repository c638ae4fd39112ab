"""Impedance of the whole cell: closed forms of its elements, PyBaMM, and the time domain.

- One face at a time: diffusion in a sheet, Rd coth(s)/s with s^2 = i w L^2 / D and Rd = -dU/dc L / (F D); in
a sphere,
  Rd tanh(s)/(s - tanh s); between two lithium faces, Rd tanh(s)/s; and Randles' circuit, R_s + 1/(i w C +
  1/(R_ct + Z_d)).
- PyBaMM 26.10.1, half cells of Xu 2019 and Chen 2020 at a lithiation of 0.6 (pybamm_reference.py): 1 % in
modulus, 0.5
  degrees over 1e-4 to 1e5 Hz. PyBaMM's own mesh error is 0.5 % above 10 kHz.
- Porous electrode in excess electrolyte, spheres, double layer, film (Meyers, Doyle, Darling, Newman, J.
Electrochem. Soc.
  147 (2000) 2930, for one particle size):
      z = 1 / (1 / (RT / F i0 + Z_d) + i w C) + R_film,   Z_d = -dU/dc R / (F D_s (s coth s - 1)),  s^2 = i w
                                                          R^2 / D_s
      Z = L/(k + sigma) [1 + (2 + (sigma/k + k/sigma) cosh nu) / (nu sinh nu)],  nu^2 = L^2 a (1/k + 1/sigma)
                                                                                 / z
- Salt diffusion between two lithium faces, without loss in the reaction:
      Z = 2RT (1 - t)^2 tdf L / (F^2 D c) tanh(q)/q + L/kappa,   q = L/2 sqrt(i w / D)
- A small step of the current in time, transformed.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from microsim.base import gallery
from microsim.case.build import assemble, cell_design, read_grid
from microsim.case.case import load_case
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances, initial_state
from microsim.cell.load import Load
from microsim.impedance.cell import solve_cell_impedance
from microsim.jobs.cell_eis import cell_impedance
from microsim.jobs.validate import Check
from microsim.materials import LithiumMetal, load
from microsim.mesh.grid import VoxelGrid

CASES = gallery.folder("cases")
F, R, T = 96485.33212, 8.314462618, 298.15
KAPPA = 10.0  # S m-1, of the electrolyte beside a sheet
IDEAL = LithiumMetal("ideal", i0=lambda c, T: 1e9 + 0 * c)
# Z / Rd at w tau = 1 and 10, tau = L^2 / D, to eight digits
TRANSMISSIVE = 0.88545081 - 0.28697787j, 0.21978196 - 0.22975838j
REFLECTIVE = 0.33123809 - 1.02201272j, 0.22727422 - 0.21740567j
# PyBaMM at a lithiation of 0.6, ohm m2 (Xu 2019, Chen 2020)
TABLE = {
    1e5: (9.44825e-5 - 1.56973e-5j, 2.51932e-4 - 1.36319e-5j),
    1e3: (4.52837e-4 - 2.11559e-4j, 6.03313e-4 - 1.86302e-4j),
    10.0: (1.017206e-3 - 5.06433e-5j, 9.52320e-4 - 4.45790e-5j),
    0.1: (1.117399e-3 - 1.007101e-4j, 1.099030e-3 - 1.633076e-4j),
    0.01: (1.294763e-3 - 2.08733e-4j, 1.479873e-3 - 4.18664e-4j),
    1e-3: (1.630730e-3 - 7.67002e-4j, 2.176595e-3 - 1.239563e-3j),
}


def checks(data):
    yield from diffusion_elements()
    yield from randles()
    yield from against_pybamm()
    yield from porous_electrode()
    yield from between_lithium_faces()
    yield from against_time()


def sheet(n, active, L=20e-6, **salt):
    """HalfCell of one pore voxel and a sheet of n voxels of active material (L), without loss in the counter
    electrode."""
    return image_cell([0] + [1] * n, L / n, active, 1e-5, {"kappa": KAPPA, "D_e": 1e-3} | salt)


def image_cell(labels, h, active, separator, salt):
    """HalfCell of a line of voxels (0 pore, 1 active) behind a separator of porosity 1; salt: constants of
    the electrolyte."""
    grid = VoxelGrid(np.array(labels, np.uint8)[:, None, None], ("pore", "am"), h)
    laws = {name: lambda c, T, value=salt[name]: value + 0 * c for name in ("kappa", "D_e")}
    electrolyte = replace(load("LiPF6_EC_EMC_3_7"), **(salt | laws))
    design = CellDesign(
        {"pore": None, "am": replace(active, sigma=1e4)},
        electrolyte,
        Separator(separator, 1.0, 1.0),
        IDEAL,
        initial_sto=0.5,
        area_correction=False,
    )
    cell = assemble(grid, design)
    return cell


def diffusion_elements():
    """A sheet and spheres: Z / Rd of faces that react without loss."""
    active = replace(load("NMC811_Chen2020"), i0=lambda c, x, T: 1e9 + 0 * x)
    L, D = 20e-6, float(active.D_s(np.array(0.5), T))
    Rd = -float(active.dU(np.array(0.5))) * L / (F * active.c_s_max * D)
    cell = sheet(64, active, L)
    freq = np.array([1.0, 10.0]) * D / L**2 / (2 * np.pi)
    Z = solve_cell_impedance(cell, initial_state(cell, 0.5), freq, C_dl=0.0).Z / Rd
    for at, ours, exact in zip((1, 10), Z, REFLECTIVE):
        yield Check(
            f"sheet of 64 voxels, w tau = {at}: |Z / exact - 1|",
            abs(ours / exact - 1),
            2e-3,
            kind="at most",
            source="Rd coth(s)/s",
        )

    case = case_of("chen2020", "volume.slab.thickness_um=1", "volume.slab.cells=2", "cell.shells=96")
    design = cell_design(case, read_grid(case)[1])
    ((name, porous),) = design.phases.items()
    salt = replace(design.electrolyte, kappa=lambda c, T: 1e4 + 0 * c, D_e=lambda c, T: 1e-2 + 0 * c)
    cell = cell_with(
        case,
        phases={name: replace(porous, active=active, sigma=1e6)},
        electrolyte=salt,
        counter_electrode=IDEAL,
    )
    radius, w_tau = porous.radius, np.array([1e-2, 1.0, 10.0, 100.0])
    D, slope = float(active.D_s(np.array(0.6), T)), -float(active.dU(np.array(0.6)))
    s = np.sqrt(1j * w_tau)
    exact = np.tanh(s) / (s - np.tanh(s))
    # Re Z is 1/1500 of |Z| at the lowest
    Z = solve_cell_impedance(
        cell, initial_state(cell), w_tau * D / radius**2 / (2 * np.pi), C_dl=0.0, tolerance=1e-7
    ).Z
    per_face = (
        Z
        * 3
        * porous.active_fraction
        / radius
        * case.volume.slab.thickness
        / (slope * radius / (F * active.c_s_max * D))
    )
    yield Check(
        "spheres of 96 shells, w tau = 0.01 to 100: largest |Z / exact - 1|",
        float(np.abs(per_face / exact - 1).max()),
        2e-3,
        kind="at most",
        source="Rd tanh(s)/(s - tanh(s))",
    )
    slow = per_face[0]
    yield Check("spheres: Re Z / Rd at low frequency", slow.real, 0.2, 2e-3, source="1/5")
    yield Check(
        "spheres: 1 / (w Im Z) at low frequency, over tau / (3 Rd)",
        -3 / (0.01 * slow.imag),
        1.0,
        2e-3,
        source="C = tau / 3 Rd",
    )


def randles():
    """A sheet with charge transfer, double layer and the resistance of the separator."""
    active, freq = load("NMC811_Chen2020"), np.geomspace(1e-4, 1e5, 37)
    L, w, C = 20e-6, 2j * np.pi * np.geomspace(1e-4, 1e5, 37), 0.2
    D, i0 = (
        float(np.max(law))
        for law in (active.D_s(np.array(0.5), T), active.i0(np.array([1000.0]), np.array([0.5]), T))
    )
    s = L * np.sqrt(w / D)
    Z_d = -float(active.dU(np.array(0.5))) * L / (F * active.c_s_max * D) / (s * np.tanh(s))
    cell = sheet(64, active, L)
    Z = solve_cell_impedance(cell, initial_state(cell, 0.5), freq, C_dl=C).Z
    exact = 1 / (C * w + 1 / (R * T / (F * i0) + Z_d)) + (1e-5 + L / 64) / KAPPA
    yield Check(
        "Randles' circuit, 1e-4 to 1e5 Hz: largest |Z / exact - 1|",
        float(np.abs(Z / exact - 1).max()),
        5e-3,
        kind="at most",
        source="closed form",
    )


def case_of(chemistry, *settings):
    return load_case(
        CASES / f"dfn_{chemistry}.yaml", ["cell.initial_sto=0.6", "protocol=[Rest for 1 s]", *settings]
    )


def against_pybamm():
    table = np.loadtxt(Path(__file__).with_name("reference.csv"), delimiter=",", skiprows=1)
    for column, chemistry in ((1, "xu2019"), (3, "chen2020")):
        exact = table[:, column] + 1j * table[:, column + 1]
        ratio = cell_impedance(case_of(chemistry), table[:, 0], tolerance=1e-5).Z / exact
        yield Check(
            f"{chemistry}: modulus, largest relative difference",
            float(np.abs(np.abs(ratio) - 1).max()),
            0.01,
            kind="at most",
            source="PyBaMM 26.10.1",
        )
        yield Check(
            f"{chemistry}: phase, largest difference (degrees)",
            float(np.degrees(np.abs(np.angle(ratio)).max())),
            0.5,
            kind="at most",
            source="PyBaMM 26.10.1",
        )
        for freq, values in TABLE.items():
            ours = (ratio * exact)[np.argmin(np.abs(np.log(table[:, 0] / freq)))]
            yield Check(
                f"{chemistry} at {freq:g} Hz: |Z / table - 1|",
                abs(ours / values[column // 2] - 1),
                0.01,
                kind="at most",
                source="PyBaMM half cell, finer mesh",
            )


def cell_with(case, R_film=0.0, **changes):
    """A case's HalfCell with other parts of its design."""
    _, grid = read_grid(case)
    return assemble(grid, replace(cell_design(case, grid), **changes), R_film)


def porous_electrode():
    freq = np.geomspace(1e-4, 1e5, 46)
    w = 2j * np.pi * freq
    for chemistry, R_film in (("xu2019", 0.0), ("chen2020", 0.0), ("chen2020", 0.0125)):
        case = case_of(chemistry, "volume.slab.cells=200", "cell.shells=96")
        design = cell_design(case, read_grid(case)[1])
        salt = design.electrolyte
        kappa = float(salt.kappa(np.array(1000.0), T))
        excess = replace(salt, kappa=lambda c, T, k=kappa: k + 0 * c, D_e=lambda c, T: 1e-2 + 0 * c)
        cell = cell_with(case, R_film, electrolyte=excess, counter_electrode=IDEAL)
        Z = solve_cell_impedance(cell, initial_state(cell), freq, C_dl=0.2).Z
        (porous,) = design.phases.values()
        material, L = porous.active, case.volume.slab.thickness
        i0 = float(material.i0(np.array([1000.0]), np.array([0.6]), T)[0])
        D, slope = float(material.D_s(np.array(0.6), T)), float(material.dU(np.array(0.6)))
        s = np.sqrt(w * porous.radius**2 / D)
        Z_d = -slope / material.c_s_max * porous.radius / (F * D * (s / np.tanh(s) - 1))
        z = 1 / (1 / (R * T / (F * i0) + Z_d) + 0.2 * w) + R_film
        a, k, sigma = (
            3 * porous.active_fraction / porous.radius,
            kappa * porous.transport_efficiency,
            porous.sigma,
        )
        nu = L * np.sqrt(a / z * (1 / k + 1 / sigma))
        exact = L / (k + sigma) * (1 + (2 + (sigma / k + k / sigma) * np.cosh(nu)) / (nu * np.sinh(nu)))
        exact = exact + case.cell.separator.thickness / (kappa * case.cell.separator.transport_efficiency)
        yield Check(
            f"{chemistry}, film {R_film} ohm m2: porous electrode in excess electrolyte, largest relative"
            " difference",
            float(np.abs(Z / exact - 1).max()),
            5e-3,
            kind="at most",
            source="closed form",
        )


def between_lithium_faces():
    """The electrode is a thin sheet that reacts without loss and whose lithium does not count: a second
    lithium face."""
    L, freq = 100e-6, np.geomspace(1e-4, 1e2, 31)
    case = case_of(
        "xu2019", "volume.slab.thickness_um=0.1", "volume.slab.cells=2", "cell.separator.thickness_um=100"
    )
    design = cell_design(case, read_grid(case)[1])
    ((name, porous),) = design.phases.items()
    flat = replace(porous.active, U=lambda x: 4.0 + 0 * x, dU=lambda x: 0 * x, i0=lambda c, x, T: 1e9 + 0 * c)
    salt = replace(
        design.electrolyte,
        kappa=lambda c, T: 1.0 + 0 * c,
        D_e=lambda c, T: 3e-10 + 0 * c,
        t_plus=0.38,
        tdf=1.0,
    )
    cell = cell_with(
        case,
        phases={name: replace(porous, active=flat)},
        electrolyte=salt,
        separator=Separator(L, 1.0, 1.0),
        counter_electrode=IDEAL,
    )
    Z = solve_cell_impedance(cell, initial_state(cell), freq, C_dl=0.0).Z
    q, Rd = L / 2 * np.sqrt(2j * np.pi * freq / 3e-10), 6.8240e-5
    exact = 2 * R * T * (1 - 0.38) ** 2 * L / (F**2 * 3e-10 * 1000) * np.tanh(q) / q + L / 1.0
    yield Check(
        "salt between two lithium faces, largest relative difference",
        float(np.abs(Z / exact - 1).max()),
        0.01,
        kind="at most",
        source="closed form",
    )
    voxel, flat = (
        0.5e-6,
        replace(flat, c_s_max=1e6),
    )  # the same on voxels, finer than the layers of a separator
    cell = image_cell(
        [0] * 199 + [1], voxel, flat, voxel, {"kappa": 1.0, "D_e": 3e-10, "t_plus": 0.38, "tdf": 1.0}
    )
    w_tau = np.array([1e-2, 1.0, 10.0, 2.5406])  # tau = (L / 2)^2 / D; the last is the apex
    Z = (
        solve_cell_impedance(
            cell, initial_state(cell), w_tau * 3e-10 / (L / 2) ** 2 / (2 * np.pi), C_dl=0.0
        ).Z
        - L / 1.0
    )
    yield Check(
        "the same on 199 voxels, salt alone at 0.01 / tau (ohm m2)",
        Z[0].real,
        Rd,
        5e-3,
        source="2RT (1 - t)^2 tdf L / (F^2 D c)",
    )
    for at, ours, value in zip(w_tau[1:], Z[1:] / Rd, (*TRANSMISSIVE, 0.58164 - 0.41723j)):
        yield Check(
            f"the same over Rd at w tau = {at:g}: |Z / exact - 1|",
            abs(ours / value - 1),
            5e-3,
            kind="at most",
            source="tanh(s)/s",
        )


def against_time():
    """V(t) after a step of dI: Z = -(V(0+) - V(0) + b / (i w) + integral (V' - b) e^(-i w t) dt) / dI, b the
    last slope."""
    case = case_of("xu2019", "cell.shells=96")
    cell = cell_with(case, double_layer=0.2)
    dI, t, V = 0.2 * cell.mesh.area, [], []

    def keep(moment):
        t.append(moment.t)
        V.append(moment.V)

    rest = float(cell.state(initial_state(cell).x).V[0])
    experiment = Experiment(cell, None, Tolerances(step=3e-7, max_step=5.0))
    experiment.run([Load("step", dI, duration=600.0)], keep)
    t, V = np.array(t), np.array(V)
    keep_new = np.concatenate([[True], np.diff(t) > 0])
    t, V = t[keep_new], V[keep_new]
    b = (V[-1] - V[-20]) / (t[-1] - t[-20])
    freq = np.geomspace(0.03, 1e2, 9)
    slopes, Z = np.diff(V) / np.diff(t) - b, []
    for w in 2 * np.pi * freq:
        wave = np.exp(-1j * w * t)
        Z.append(
            -(V[0] - rest + b / (1j * w) + (slopes * np.diff(wave) / (-1j * w)).sum()) / dI * cell.mesh.area
        )
    linear = solve_cell_impedance(cell, initial_state(cell), freq, C_dl=0.2).Z
    yield Check(
        "a step of the current in time, transformed: largest relative difference, 0.03 to 100 Hz",
        float(np.abs(np.array(Z) / linear - 1).max()),
        0.01,
        kind="at most",
        source="time steps",
    )
