"""The homogenised electrode is the DFN: half cells of Xu 2019 and Chen 2020 against PyBaMM, C/10 to 2C.

Reference: PyBaMM 26.10.1, DFN with working electrode "positive", IDAKLU rtol 1e-8, 80 / 160 / 160 points
(separator, cathode, particle, refined at its surface); voltages at 0.1, 0.25, 0.5, 0.9 of the nominal time,
end at 3.5 V, c_e at the cathode's faces at half the nominal time. PyBaMM's half cell loses 1e-3 of its salt
for Chen 2020 at 2C; its c_e and end there are Richardson values (1470.1, 631.9 mol/m3 at 900 s; 1306.6 s).
"""

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.base import gallery
from microsim.case.build import simulate
from microsim.case.case import load_case
from microsim.jobs.validate import Check

CASES = gallery.folder("cases")
SOURCE = "PyBaMM 26.10.1"
RATES = {"C/10": 0.1, "C/2": 0.5, "1C": 1.0, "2C": 2.0}
RUNS = {
    ("xu2019", "C/10"): (57081.16, (4.121042, 4.024191, 3.894549, 3.770228), (1000.69, 997.27)),
    ("xu2019", "C/2"): (11242.68, (4.098792, 4.004450, 3.878559, 3.759152), (1003.39, 986.33)),
    ("xu2019", "1C"): (5511.36, (4.072883, 3.980365, 3.859051, 3.745525), (1006.70, 972.71)),
    ("xu2019", "2C"): (2642.89, (4.028683, 3.935117, 3.821726, 3.718930), (1013.08, 945.70)),
    ("chen2020", "C/10"): (43786.72, (4.178475, 4.067053, 3.870830, 3.648931), (1021.86, 980.63)),
    ("chen2020", "C/2"): (7962.63, (4.133656, 4.004127, 3.804658, 3.600383), (1111.49, 904.62)),
    ("chen2020", "1C"): (3515.50, (4.067414, 3.934232, 3.734395, 3.538491), (1227.71, 812.78)),
    ("chen2020", "2C"): (1306.6, (3.949608, 3.798921, 3.613961), (1470.1, 631.9)),
}


def checks(data):
    for (chemistry, rate), (end, voltages, faces) in RUNS.items():
        t, V, c_e = discharge(chemistry, f"Discharge at {rate} until 3.5 V")
        name, nominal = f"{chemistry} {rate}", 3600 / RATES[rate]
        yield Check(f"{name}: end (s)", t[-1], end, 1e-3, source=SOURCE)
        times = np.array([0.1, 0.25, 0.5, 0.9][: len(voltages)]) * nominal
        off = np.abs(CubicSpline(t, V)(times) - voltages).max()
        yield Check(
            f"{name}: largest voltage difference (V)", off, 2e-3 if rate == "2C" else 5e-4, kind="at most"
        )
        middle = c_e(0.5 * nominal)
        for side, value, reference in zip(("separator", "collector"), middle, faces):
            yield Check(f"{name}: c_e at the {side} (mol/m3)", value, reference, 5e-3, source=SOURCE)


def discharge(chemistry, step, *settings):
    """Run a half cell; return times, voltages, and c_e at the cathode's two faces as a function of time."""
    case = load_case(CASES / f"dfn_{chemistry}.yaml", [f"protocol.0={step}", *settings])
    t, V, faces = [], [], []

    def keep(moment):
        cell, u = moment.cell, moment.u
        c_e = u.c_e[np.argsort(cell.mesh.ionic.position[:, 0])][cell.mesh.lines :]
        t.append(moment.t)
        V.append(u.V[0])
        faces.append(
            (1.5 * c_e[0] - 0.5 * c_e[1], 1.5 * c_e[-1] - 0.5 * c_e[-2])
        )  # from cell centres to the faces

    simulate(case, keep)
    return np.array(t), np.array(V), CubicSpline(t, faces)
