"""Wetting obeys Lucas, Washburn and Darcy exactly where the front is flat, tubes side by side keep their own
time, gas stays in dead ends, and a real electrode of 72 um is wet long before 40 s (Zhang et al.,
Joule 7 (2023)).
"""

import numpy as np

from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import VoxelGrid, grid_from_labels
from microsim.transport.wetting import Liquid, fill, solve_wetting

UM, GAMMA, MU = 1e-6, 0.03, 3e-3
TIGHT = {"change": 0.01, "tolerance": 1e-8}


def checks(data):
    yield from _flat_fronts()
    yield from _branches()
    yield from _gas_and_angle()
    yield from _electrode(data)


def _flat_fronts():
    r, n = UM, 100
    h = 2.2360679775e-3 / n
    tube = (n, 2, 2)
    filling = fill(
        np.ones(tube, bool), (h, UM, UM), np.full(tube, r**2 / 8), np.full(tube, 2 * GAMMA / r), MU, **TIGHT
    )
    yield Check(
        "2.236 mm into a tube of 1 um radius, s",
        filling.arrival[-1, 0, 0],
        1.0,
        1e-6,
        source="Lucas, Washburn",
    )
    for width in (3, 8):
        labels = np.ones((60, width + 2, 4), np.uint8)
        labels[:, 1:-1] = 0
        grid, gap = VoxelGrid(labels, ("pore", "am"), UM), width * UM
        found = solve_wetting(
            grid,
            "pore",
            Liquid(GAMMA, np.radians(60), MU),
            permeability=width / (width + 2) * gap**2 / 12,
            **TIGHT,
        )
        yield Check(
            f"60 um into a slit of {width} voxels at 60 degrees, from its image, s",
            found.filling.time[-1],
            3 * MU * (60 * UM) ** 2 / (GAMMA * gap * 0.5),
            1e-5,
            source="l2 = gamma h cos t / 3 mu",
        )
    box = (50, 6, 5)
    filling = fill(
        np.ones(box, bool),
        0.5 * UM,
        np.full(box, 1e-13),
        np.full(box, 3e4),
        MU,
        inlet="z1",
        vents=None,
        **TIGHT,
    )
    yield Check(
        "2.5 um into a uniform medium from z1, s",
        filling.time[-1],
        (2.5 * UM) ** 2 * MU / (2 * 1e-13 * 3e4),
        1e-6,
        source="l2 = 2 k P t / mu",
    )


def _branches():
    radius = np.array([1.0, 0.0, 3.0])[None, :, None] * np.ones((50, 3, 1)) * UM
    pores, r = radius > 0, np.where(radius > 0, radius, UM)
    filling = fill(pores, 0.5 * UM, r**2 / 8, 2 * GAMMA / r, MU, **TIGHT)
    for y, name in ((0, "narrow"), (2, "wide")):
        yield Check(
            f"tubes side by side: the {name} one full, s",
            filling.arrival[-1, y, 0],
            2 * MU * (25 * UM) ** 2 / (GAMMA * r[0, y, 0]),
            1e-6,
            source="Lucas, Washburn",
        )
    k, s = (
        np.repeat(values, 40)[:, None, None] * np.ones((80, 2, 2)) for values in ((4e-13, 1e-13), (1e4, 2e4))
    )
    filling = fill(np.ones(k.shape, bool), 0.5 * UM, k, s, MU, **TIGHT)
    a = 20 * UM
    exact = MU * a**2 / (2 * 4e-13 * 1e4) + MU / 2e4 * (a * a / 4e-13 + a**2 / (2 * 1e-13))
    yield Check(
        "a wide tube, then a narrow one: full, s",
        filling.time[-1],
        exact,
        1e-6,
        source="resistances in series",
    )


def _gas_and_angle():
    pores = np.zeros((20, 3, 1), bool)
    pores[:, 0], pores[:10, 2] = True, True
    k, s = np.full(pores.shape, 1e-13), np.full(pores.shape, 3e4)
    for vents, share, name in ((("collector",), 1 / 3, "gas trapped"), (None, 0.0, "gas dissolves")):
        found = fill(pores, UM, k, s, MU, vents=vents)
        yield Check(
            f"a dead end of a third of the pores, {name}: never wetted",
            found.never_wetted,
            share,
            1e-9,
            "absolute",
        )
    labels = np.ones((8, 5, 5), np.uint8)
    labels[:, 1:4, 1:4] = 0
    found = solve_wetting(VoxelGrid(labels, ("pore", "am"), UM), "pore", Liquid(GAMMA, np.radians(95), MU))
    yield Check("contact angle of 95 degrees: never wetted", found.filling.never_wetted, 1.0, 0, "absolute")


def _electrode(data):
    """The first 72 um of a calendered NMC electrode, 16 um wide; permeability from its own Stokes flow."""
    if data is None:
        raise Skip("MICROSIM_DATA names no folder of public data")
    from microsim.transport.flow import solve_permeability
    from microsim.volumes.volume import read_voxels

    labels = read_voxels("nrel_nmc-1-cal_generatedCBD_bridge.tif").values[:181, 100:140, 100:140]
    grid = grid_from_labels(labels, {"pore": 0, "am": 1, "cbd": 2}, 398e-9)
    k = solve_permeability(grid, "pore", 0, sides="symmetry", tolerance=2e-2).permeability
    dry, source = {}, "Zhang et al., Joule 7 (2023): 97 % within 40 s of 72 um (lattice Boltzmann)"
    for gas in ("trapped", "dissolves"):
        found = solve_wetting(grid, "pore", Liquid(GAMMA, 0.0, MU), permeability=k, gas=gas, change=0.5)
        dry[gas], share = found.filling.never_wetted, min(0.97, float(found.filling.filled[-1]))
        yield Check(
            f"time to {100 * share:.1f} % of the pores, gas {gas}, s",
            found.filling.time_to(share),
            40.0,
            kind="at most",
            source=source,
        )
        ratio = found.filling.time_to(share) / found.washburn_time
        yield Check(
            f"the same over eps mu L2 / 2 K P, gas {gas}", ratio, 4.0, kind="at most", source="Darcy front"
        )
    yield Check(
        "never wetted, gas dissolves (lower bound)", dry["dissolves"], 0.03, kind="at most", source=source
    )
    yield Check(
        "never wetted, gas trapped (upper bound)",
        dry["trapped"],
        dry["dissolves"],
        kind="at least",
        source="trapping leaves more dry",
    )
    walls = found.suction_factor
    yield Check(
        "suction of the walls over that of round tubes of the local thickness",
        walls,
        1.0,
        0.25,
        source="gamma cos(theta) S / V",
    )
