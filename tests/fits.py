"""A virtual experiment on a homogenised electrode of a few cells: its truth, its data with
noise, and its case."""

from types import SimpleNamespace

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.analysis.fields import run_fields
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.jobs.cell_eis import cell_impedance
from microsim.volumes.volume import write_volume

CASE = "cases/dfn_xu2019.yaml"
SMALL = {
    "volume.slab.cells": 6,
    "cell.shells": 8,
    "protocol": ["Discharge at 1C for 30 minutes"],
    "numerics.time_tolerance": 1e-3,
}
TRUE = {"cell.materials.cathode.i0_scale": 1.4, "cell.materials.cathode.D_s_scale": 0.6}
SIGMA_V, SIGMA_MAP, SIGMA_Z = 1e-3, 0.005, 0.01


def virtual(folder, seed=1):
    """Write curve.csv, map.tif and eis.csv of the truth with noise; return {name: clean values}."""
    rng, setup = np.random.default_rng(seed), set_up(load_case(CASE, {**SMALL, **TRUE}))
    t, V = [], []
    for moment in setup.experiment().moments(setup.loads()):
        t.append(moment.t)
        V.append(moment.V)
    sto = run_fields(setup.cell, setup.grid)["sto"](moment)
    at = np.linspace(0, t[-1], 40)
    V = CubicSpline(t, V)(at)
    lines = [f"{a:.4f},{b:.7f}" for a, b in zip(at, V + rng.normal(0, SIGMA_V, V.size))]
    (folder / "curve.csv").write_text("\n".join(["time_s,voltage_V", *lines]))
    sto = sto.reshape(3, 2, 1, 1).mean(axis=1)
    write_volume(folder / "map.tif", (sto + rng.normal(0, SIGMA_MAP, sto.shape)).astype(np.float32))
    Z = cell_impedance(CASE, "1e-1:1e4:10", set={**SMALL, **TRUE})
    noise = SIGMA_Z * np.abs(Z.Z)
    noisy = Z.Z + rng.normal(0, noise) + 1j * rng.normal(0, noise)
    lines = [f"{f:.6g},{z.real:.8g},{z.imag:.8g}" for f, z in zip(Z.freq, noisy)]
    (folder / "eis.csv").write_text("\n".join(["freq_Hz,Z_real_ohm_m2,Z_imag_ohm_m2", *lines]))
    return {"V": V, "sto": sto, "Z": Z.Z}


def targets(folder):
    """The sections of the data, by name."""
    size = [14000, 7000, 7000]  # nm
    return SimpleNamespace(
        map={
            "measured": str(folder / "map.tif"),
            "voxel_size_nm": size,
            "file_axes": "xyz",
            "sigma": SIGMA_MAP,
        },
        curve={"voltage": str(folder / "curve.csv"), "sigma_mV": 1e3 * SIGMA_V},
        spectrum={"spectrum": str(folder / "eis.csv"), "after": 0, "sigma_relative": SIGMA_Z},
    )


def settings(free, to, **more):
    """Settings of the case of a fit."""
    return {**SMALL, "fit": {"free": free, "to": to, **more}}
