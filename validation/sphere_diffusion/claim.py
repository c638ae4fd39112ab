"""Lithium entering a sphere evenly follows Crank's series: in the shells of the homogenised phase (order 2 in
shells and time step) and in voxels (order 1 to 2: most of the difference is the volume that the voxels have);
at a given flux density only corrected areas take up the right amount.

    (c - c0) D / (N R) = 3 T + rho^2 / 2 - 3/10 - (2 / rho) sum sin(l rho) / (l^2 sin l) exp(-l^2 T),  tan l =
                                                                                                       l

T = D t / R^2 (Crank 1975, eq. 6.45); surface at T = .01, .1, .3: .12364335, .48676169, 1.09976812. Voxels: an
eighth of a sphere, its centre in the corner at the collector; a film far more resistive than all else spreads
the current evenly over the area that the mesh has. With the whole current given, both areas take up the same;
with the voltage given, and so the current density, voxel faces take up 3/2 of it.
"""

import numpy as np
from scipy.optimize import brentq

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import ActiveMaterial, Electrolyte, LithiumMetal, PorousElectrode
from microsim.mesh.grid import VoxelGrid

R, D, C_MAX, F = 5e-6, 1e-14, 5e4, 96485.33212
UNIT = 0.2  # N R / (D c_max): what a T of about 1 changes the lithiation by
FLUX = UNIT * D * C_MAX / R  # mol m-2 s-1
AREA = 4 * np.pi * R**2 / 8
FILM = 10.0  # ohm m2: 10 V at 1 A m-2, against 0.1 V for everything else
TABLE = {0.01: 0.12364335, 0.1: 0.48676169, 0.3: 1.09976812}
CENTRE = {0.1: 0.05987817, 0.3: 0.60106741}
ROOTS = np.array(
    [brentq(lambda l: np.tan(l) - l, k * np.pi + 0.1, (k + 0.5) * np.pi - 1e-9) for k in range(1, 40)]
)


def checks(data):
    yield from _shells()
    yield from _voxels()


# -- shells --------------------------------------------------------------------------------------------------


def _shells():
    yield Check(
        "first roots of tan l = l", float(ROOTS[:4].sum()), 4.493409 + 7.725252 + 10.904122 + 14.066194, 1e-6
    )
    for T, exact in TABLE.items():
        surface, centre, _ = shells(96, T, 400)
        yield Check(f"96 shells: surface at T = {T:g}", surface, exact, 2e-3, source="Crank 1975")
        if T in CENTRE:
            yield Check(f"96 shells: centre at T = {T:g}", centre, CENTRE[T], 2e-3, source="Crank 1975")
    yield Check(
        "24 shells, as a case has: surface at T = 0.3",
        shells(24, 0.3, 400)[0],
        TABLE[0.3],
        5e-3,
        source="Crank 1975",
    )
    counts = np.array([12, 24, 48, 96])
    for T in (0.1, 0.3):
        off = [abs(shells(int(n), T, 800)[0] / TABLE[T] - 1) for n in counts]
        yield Check(f"order in shells, surface at T = {T:g}", slope(counts, off), 2.0, 0.2, "absolute")
    counts = np.array([20, 40, 80, 160])
    ends = [shells(24, 0.1, int(n))[2] for n in (*counts, 2000)]
    off = [np.abs(end - ends[-1]).max() for end in ends[:-1]]
    yield Check("order in dt, whole profile at T = 0.1", slope(counts, off), 2.0, 0.2, "absolute")


def shells(count, T, steps):
    """Return (c - c0) D / (N R) at the particles' surface and innermost shell after equal steps to T, and of
    all shells."""
    porous = PorousElectrode("spheres", active(), 0.5, 1.0, 0.5, R, 1e3)
    grid = VoxelGrid(np.zeros((1, 1, 1), np.uint8), ("cathode",), R)
    cell, mesh = cell_of(grid, {"cathode": porous}, shells=count)
    u = after(cell, F * FLUX * mesh.faces.area.sum(), T, steps)
    values = (u.sto - 0.5) / UNIT
    return values[-1] + mesh.faces.half_solid[0] * FLUX / (C_MAX * D) / UNIT, values[0], values


# -- voxels --------------------------------------------------------------------------------------------------


def _voxels():
    sizes, off = np.array([8, 12, 16, 20, 28, 40]), {True: [], False: []}
    for across in sizes:
        for corrected in (True, False):
            profile, surface = voxels(int(across), corrected)
            off[corrected].append(profile)
            if across == 40:
                name = "areas corrected" if corrected else "voxel faces"
                yield Check(
                    f"40 voxels across, {name}: mean surface at T = 0.3",
                    surface,
                    TABLE[0.3],
                    0.02,
                    source="Crank 1975",
                )
    yield Check(
        "40 voxels across, areas corrected: rms difference in all voxels at T = 0.3",
        off[True][-1],
        0.012,
        kind="at most",
        source="Crank 1975",
    )
    yield Check(
        "areas corrected: order in h of that difference", slope(sizes, off[True]), 1.6, 0.5, "absolute"
    )
    yield Check(
        "voxel faces: that difference at 40 voxels over the corrected one's",
        off[False][-1] / off[True][-1],
        1.0,
        kind="at least",
    )
    for across in (10, 20, 40):
        for corrected, share in ((True, 1.0), (False, 1.5)):
            name = "areas corrected" if corrected else "voxel faces"
            yield Check(
                f"{across} voxels across, {name}: uptake at a given flux density over the sphere's",
                uptake(int(across), corrected),
                share,
                0.03,
                source="mean of |n_x| + |n_y| + |n_z|: 3/2",
            )


def voxels(across, corrected, T=0.3):
    """Return the rms difference from the series over the active voxels, and the area's mean at the
    surface."""
    grid = ball(across)
    cell, mesh = cell_of(grid, {"pore": None, "am": active()}, area_correction=corrected)
    u = after(cell, F * FLUX * AREA, T, 60)
    rho = (
        np.linalg.norm(
            (mesh.solid.position - [mesh.lines + grid.shape[0], 0, 0] + 0.5) * grid.voxel_size[0], axis=1
        )
        / R
    )
    values = (u.sto - 0.5) / UNIT
    faces = mesh.faces
    through = F * FLUX * AREA / faces.area.sum() * faces.share  # A m-2 of voxel face
    at_face = values[faces.solid] + through * faces.half_solid / (F * C_MAX * D) / UNIT
    return float(np.sqrt(np.mean((values - series(rho, T)) ** 2))), float(
        np.average(at_face, weights=faces.area)
    )


def uptake(across, corrected):
    """Current at the voltage that drives N through the film, over N times the sphere's area."""
    cell, _ = cell_of(ball(across), {"pore": None, "am": active()}, area_correction=corrected)
    hold = Load("hold", voltage=-F * FLUX * FILM, duration=1.0)
    *_, last = Experiment(cell, 0.5, Tolerances()).moments([hold])
    return -cell.currents(last.solved.interfaces)[0] / (F * FLUX * AREA)


def ball(across):
    n = round(0.65 * across)
    x, y, z = np.ix_(*[np.arange(n) + 0.5] * 3)
    inside = (n - x) ** 2 + y**2 + z**2 < (across / 2) ** 2
    return VoxelGrid(inside.astype(np.uint8), ("pore", "am"), 2 * R / across)


# -- the cell ------------------------------------------------------------------------------------------------


def cell_of(grid, phases, **more):
    salt = Electrolyte(
        "plain", lambda c, T: 10.0 + 0 * c, lambda c, T: 1e-8 + 0 * c, 1.0, 1.0, 1000.0, (0, 1e4)
    )
    metal = LithiumMetal("ideal", i0=lambda c, T: 1e6 + 0 * c)
    design = CellDesign(phases, salt, Separator(R, 1.0, 1.0), metal, initial_sto=0.5, **more)
    cell = assemble(grid, design, FILM)
    return cell, cell.mesh


def active():
    return ActiveMaterial(
        "flat",
        U=lambda x: 0 * x,
        dU=lambda x: 0 * x,
        D_s=lambda x, T: D + 0 * x,
        i0=lambda c, x, T: 100.0 + 0 * c,
        c_s_max=C_MAX,
        sigma=1e3,
        density=5e3,
        molar_mass=0.1,
        sto_window=(0, 1),
        sto_0=0.9,
        sto_100=0.1,
    )


def after(cell, current, T, steps):
    """Return the state after equal steps to T = D t / R2."""
    t = T * R**2 / D
    # what Newton leaves by itself, 1e-4 of the current, would be a quarter of the smallest error in time
    even = Tolerances(step=1e9, first_step=t / steps, max_step=t / steps, newton=3e-7)
    *_, last = Experiment(cell, 0.5, even).moments([Load("d", current, duration=t)])
    return last.u


def series(rho, T):
    terms = np.sin(np.multiply.outer(rho, ROOTS)) / (ROOTS**2 * np.sin(ROOTS)) * np.exp(-(ROOTS**2) * T)
    return 3 * T + rho**2 / 2 - 0.3 - 2 / rho * terms.sum(axis=-1)


def slope(counts, errors):
    return -np.polyfit(np.log(counts), np.log(errors), 1)[0]
