"""A volume's own porous-electrode parameters give its voltage: NREL NMC crop at C/10, C/2, 2C; an array of
spheres exactly.

The resolved run is the reference (48 x 40 x 40 voxels of the NREL electrode): the homogenised slab is within
10 mV rms over the common capacity at C/10, the bound that this project set itself. With spheres that only
keep area and volume, R = 3 eps_s / a_s, it is 15 mV off at C/10 and 134 mV at 2C (64 x 48 x 48 voxels), since
most of the surface that particles lack in contacts and under binder does not lengthen the ways inside them.
Spheres: simple cubic array of volume fraction 0.3, 60 voxels a period, a quarter of the cross-section between
its mirror planes; transport efficiency of the matrix 0.605661 by multipoles (recomputed after McPhedran &
McKenzie, Proc. R. Soc. A 359 (1978) 45); a voxel image conducts less, by 2.0 % at 40 and 1.6 % at 60 voxels a
period (see conduction_arrays). Wires of one voxel in the quarter join the spheres to the collector and change
that by 1e-6.
"""

import numpy as np

from microsim.analysis.homogenise import homogenise_volume
from microsim.analysis.twin import compare_with_dfn, run_dfn, twin_of
from microsim.base import gallery
from microsim.case.build import simulate
from microsim.case.case import load_case
from microsim.cell.design import CellDesign, Separator
from microsim.jobs.validate import Check, Skip
from microsim.materials import Conductor, load
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import profile_x

CASE = gallery.folder("cases") / "nrel_nmc_c2.yaml"
CROP = "{x: [0, 48], y: [100, 140], z: [100, 140]}"
BOUNDS = {
    "C/10": 10e-3,
    "C/2": 10e-3,
    "2C": 15e-3,
}  # V rms; the first is the project's own, the others keep what was found
PERIOD, SOLIDS, EFFICIENCY, N = 10e-6, 0.3, 0.605661, 60


def checks(data):
    yield from spheres()
    if data is None:
        raise Skip("MICROSIM_DATA is not set")
    for rate, bound in BOUNDS.items():
        found = compared(
            load_case(CASE, [f"protocol.0=Discharge at {rate} until 3.5 V", f"volume.crop={CROP}"])
        )
        step, profile = found["steps"][0], found["sto_profiles"][0]
        yield Check(
            f"{rate}: rms voltage difference, homogenised - resolved (V)",
            step["voltage_rms_V"],
            bound,
            kind="at most",
        )
        yield Check(
            f"{rate}: capacity, homogenised over resolved", 1 + step["capacity_difference"], 1.0, 0.02
        )
        yield Check(
            f"{rate}: rms difference of the layers' lithiation at the end",
            profile["rms"],
            0.08,
            kind="at most",
        )


def compared(case):
    """Run a resolved case and its homogenised twin; return what result.json holds of it."""
    ends = []

    def keep(moment):
        if moment.last:
            mesh = moment.cell.mesh
            sto = profile_x(mesh.on_image(mesh.solid, moment.u.sto))
            x = (np.arange(len(sto)) + 0.5) * mesh.voxel_size[0]
            ends.append({"step": moment.load.name, "x_m": x.tolist(), "sto": sto.tolist()})

    setup, record = simulate(case, keep)
    return compare_with_dfn(run_dfn(twin_of(setup)), setup, record, ends)


def spheres():
    """Fraction, area, radius and transport of an array of spheres come back."""
    radius = np.cbrt(3 * SOLIDS / (4 * np.pi))  # over the period
    x, y = (np.arange(N) + 0.5) / N - 0.5, (np.arange(N // 2) + 0.5) / N
    inside = x[:, None, None] ** 2 + y[:, None] ** 2 + y**2 < radius**2
    labels = inside.astype(np.uint8)
    labels[:, 0, 0] = np.where(inside[:, 0, 0], 1, 2)
    grid = VoxelGrid(labels, ("pore", "am", "wire"), PERIOD / N)
    wire = Conductor("wire", sigma=1e4, porosity=0.0, bruggeman=1.0, reactive_share=0.0)
    phases = {"pore": None, "am": load("NMC811_Chen2020"), "wire": wire}
    design = CellDesign(
        phases,
        load("LiPF6_EC_EMC_3_7"),
        Separator(12e-6, 0.47, 0.47**1.5),
        load("lithium"),
        cbd_transport_efficiency=0.0,
    )
    found = homogenise_volume(grid, design, tolerance=1e-4)
    porous = found.porous
    yield Check("spheres: porosity", porous.porosity, 1 - SOLIDS, 0.005, source="exact")
    yield Check("spheres: active fraction", porous.active_fraction, SOLIDS, 0.005, source="exact")
    yield Check(
        "spheres: reactive area per volume (1/m)",
        found.area,
        3 * SOLIDS / (radius * PERIOD),
        0.01,
        source="exact",
    )
    yield Check("spheres: radius (m)", porous.radius, radius * PERIOD, 0.01, source="exact")
    yield Check("spheres: surface factor", found.surface_factor, 1.0, 0.015, source="exact")
    yield Check(
        "spheres: transport efficiency",
        porous.transport_efficiency,
        EFFICIENCY,
        0.02,
        source="multipoles, after McPhedran & McKenzie (1978)",
    )
