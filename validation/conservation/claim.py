"""Salt, lithium and charge are kept to 1e-10 over discharge, rest and charge, whatever the structure,
material or step.

Salt: the whole of it, sum eps V c_e, against that at the start; lithium: sum V c_s against the start and I t
/ F, as a share of the charge of the first discharge; charge: sum A j over all reactive faces against -I, and
over the lithium metal against I, after every time step. Summed here from the fields, not taken from the
solver's record.
"""

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

F = 96485.33212
ACTIVE, VARYING = load("NMC811_Chen2020"), load("LiPF6_EC_EMC_Landesfeind")
COSTLY = replace(ACTIVE, D_s=lambda x, T: 4e-15 * (1 + 2 * x * x))
PHASES = {"pore": None, "am": ACTIVE, "cbd": load("CBD_default")}
CELLS = {
    "noise 16^3": (PHASES, "LiPF6_EC_EMC_3_7", {}),
    "noise 16^3, film, D_s(sto)": ({**PHASES, "am": COSTLY}, "LiPF6_EC_EMC_3_7", {}),
    "noise 16^3, t_plus(c_e)": (PHASES, "LiPF6_EC_EMC_Landesfeind", {}),
    "noise 16^3, clogged CBD, no area correction": (
        PHASES,
        "LiPF6_EC_EMC_3_7",
        {"cbd_transport_efficiency": 0.0, "area_correction": False},
    ),
    "homogenised electrode": ({"cathode": load("Chen2020_cathode")}, "LiPF6_EC_EMC_3_7", {}),
}


def checks(data):
    for name, (phases, salt, more) in CELLS.items():
        for steps, tolerances in (
            ("steps as the error asks", Tolerances()),
            ("large steps", Tolerances(step=1e9, first_step=100.0, max_step=100.0)),
        ):
            worst = cycle(phases, salt, more, tolerances, 0.02 if "film" in name else 0.0)
            for what, miss in zip(
                ("salt", "lithium", "charge across the faces", "charge across the metal"), worst
            ):
                yield Check(f"{name}, {steps}: {what}, largest relative miss", miss, 1e-10, kind="at most")


def cycle(phases, salt, more, tolerances, film):
    """Discharge, rest and charge; return the largest misses of salt, lithium and both currents."""
    grid = structure(tuple(phases))
    design = CellDesign(phases, load(salt), Separator(20e-6, 0.47, 0.32), load("lithium"), **more)
    cell = assemble(grid, design, film)
    mesh = cell.mesh
    one_C = F * 63104.0 * 0.6384 * float(mesh.solid.volumes().sum()) / 3600
    salt_0 = salt_in(cell, design.c_e_0)
    lithium_0, passed, misses = lithium_in(cell, 0.27), [0.0, 0.0], []

    def keep(moment):
        (t, charge), I, u = passed, moment.load.current, moment.u
        dt = moment.t - t
        passed[:] = moment.t, charge + I * dt
        if dt == 0:
            return
        lithium = (lithium_in(cell, u.sto) - lithium_0 - passed[1]) / (1500.0 * one_C)
        metal = moment.solved.interfaces.j[cell.on_counter]
        currents = (np.array([mesh.faces.area @ moment.j, cell.counter_area @ metal]) + [I, -I]) / one_C
        misses.append(np.abs([salt_in(cell, u.c_e) / salt_0 - 1, lithium, *currents]))

    loads = [
        Load("d", 1.0 * one_C, duration=1500.0),
        Load("r", 0.0, duration=1200.0),
        Load("c", -0.5 * one_C, duration=1000.0),
    ]
    Experiment(cell, 0.27, tolerances).run(loads, keep)
    return np.max(misses, axis=0)


def salt_in(cell, c_e):
    """Whole of the salt (mol)."""
    return np.sum(cell.mesh.eps * cell.mesh.ionic.volumes() * c_e)


def lithium_in(cell, sto):
    """Lithium in the active material, as charge (C)."""
    return F * 63104.0 * np.sum(cell.mesh.solid.volumes() * sto)


def structure(names, n=16, voxel=1e-6):
    if len(names) == 1:
        return VoxelGrid(np.zeros((n, 1, 1), np.uint8), names, 75e-6 / n)
    rough = gaussian_filter(np.random.default_rng(5).standard_normal((n, n, n)), 1.2, mode="wrap")
    low, high = np.quantile(rough, [0.35, 0.5])
    return VoxelGrid(np.where(rough < low, 0, np.where(rough < high, 2, 1)).astype(np.uint8), names, voxel)
