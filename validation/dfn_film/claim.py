"""A uniform film shifts the DFN's voltage as in PyBaMM: Chen 2020 half cell, C/2, R_film up to 0.0625 ohm m2.

Reference: PyBaMM 26.10.1, SEI film resistance "distributed" with a constant film; end times, and the mean
voltage lost over the discharge: 10.531, 26.327, 52.654 mV.
"""

import importlib.util
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.jobs.validate import Check

spec = importlib.util.spec_from_file_location(
    "half_cells", Path(__file__).parents[1] / "dfn_half_cells" / "claim.py"
)
half_cells = importlib.util.module_from_spec(spec)
spec.loader.exec_module(half_cells)

ENDS = {0.0125: 7815.18, 0.03125: 7587.93, 0.0625: 7199.59}
LOST = {0.0125: 10.531e-3, 0.03125: 26.327e-3, 0.0625: 52.654e-3}


def checks(data):
    step = "Discharge at C/2 until 3.5 V"
    t0, V0, _ = half_cells.discharge("chen2020", step)
    for R_film, end in ENDS.items():
        film = f"cell.film={{model: uniform, thickness_nm: 10, conductivity_S_m: {10e-9 / R_film}}}"
        t, V, _ = half_cells.discharge("chen2020", step, film)
        yield Check(f"R_film {R_film} ohm m2: end (s)", t[-1], end, 1e-3, source="PyBaMM 26.10.1")
        times = np.linspace(100, 0.95 * t[-1], 200)
        lost = (CubicSpline(t0, V0)(times) - CubicSpline(t, V)(times)).mean()
        yield Check(
            f"R_film {R_film} ohm m2: voltage lost (V)",
            lost,
            LOST[R_film],
            5e-4,
            "absolute",
            "PyBaMM 26.10.1",
        )
