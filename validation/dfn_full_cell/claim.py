"""With a homogenised graphite counter electrode the cell is a full cell: Chen 2020 against PyBaMM's DFN, C/2
and 1C.

reference.csv: PyBaMM 26.10.1, made by pybamm_reference.py beside it.
"""

from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.base import gallery
from microsim.case.build import simulate
from microsim.case.case import load_case
from microsim.jobs.validate import Check

CASE = gallery.folder("cases") / "dfn_chen2020.yaml"
ANODE = "{material: Chen2020_anode, thickness_um: 85.2, initial_sto: 0.901397398, layers: 60}"


def checks(data):
    table = np.loadtxt(Path(__file__).parent / "reference.csv", delimiter=",", skiprows=1)
    for rate in (0.5, 1.0):
        _, times, voltages = table[table[:, 0] == rate].T
        case = load_case(
            CASE, [f"cell.counter_electrode={ANODE}", f"protocol.0=Discharge at {rate}C until 2.5 V"]
        )
        _, record = simulate(case)
        t, V = (np.array(record.columns[name]) for name in ("time_s", "voltage_V"))
        off = np.abs(CubicSpline(t, V)(times[:-1]) - voltages[:-1]).max()
        yield Check(f"{rate}C: largest voltage difference (V)", off, 5e-4, kind="at most")
        yield Check(f"{rate}C: end (s)", t[-1], times[-1], 1e-3, source="PyBaMM 26.10.1")
        yield Check(f"{rate}C: lithium balance", record.lithium_balance_error, 1e-8, kind="at most")
