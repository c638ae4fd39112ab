"""Make reference.csv: BPX files in PyBaMM's DFN, as half cells and as a full cell (python pybamm_reference.py
DATA).

DATA: folder with electrochem/bpx_*.json. Written files: what `microsim bpx CASE.yaml --out FILE` makes of the
cases named below, in the folder WRITTEN.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pybamm

DATA, WRITTEN = Path(sys.argv[1]) / "electrochem", Path(sys.argv[2]) if len(sys.argv) > 2 else None
LITHIUM = (
    "Exchange-current density for lithium metal electrode [A.m-2]",
    "Lithium metal partial molar volume [m3.mol-1]",
    "Negative electrode OCP [V]",
    "Negative electrode OCP entropic change [V.K-1]",
    "Negative electrode conductivity [S.m-1]",
    "Negative electrode thickness [m]",
    "Negative electrode charge transfer coefficient",
    "Negative electrode double-layer capacity [F.m-2]",
)
# name, file, half cell, end (V), C-rates
READ = [
    ("lfp", DATA / "bpx_lfp_18650_cell_BPX.json", True, 3.14, (0.1, 0.5, 1.0)),
    ("nmc", DATA / "bpx_nmc_pouch_cell_BPX.json", True, 3.36, (0.1, 0.5, 1.0)),
    ("nmc_full", DATA / "bpx_nmc_pouch_cell_BPX.json", False, 2.7, (0.05, 1.0)),
]
# as the file stands ("plain": the metal's exchange current a number), and with the metal's law that the file
# holds
WROTE = [
    ("written_chen2020_plain", "chen2020.json", True, 3.5, (0.5,)),
    ("written_xu2019_plain", "xu2019.json", True, 3.5, (0.5,)),
    ("written_chen2020", "chen2020.json", True, 3.5, (0.5, 1.0)),
    ("written_xu2019", "xu2019.json", True, 3.5, (0.5, 1.0)),
    ("written_full", "chen2020_full.json", False, 2.5, (0.5, 1.0)),
]

pybamm.settings.tolerances["reg_power"] = 1e-9  # no smoothing of the square roots in the exchange current


def windows(file, values, half):
    """Initial concentrations at the charged ends of the file's stoichiometry windows."""
    parts = json.loads(Path(file).read_text())["Parameterisation"]
    ends = {"positive": "Minimum stoichiometry"} | ({} if half else {"negative": "Maximum stoichiometry"})
    return {
        f"Initial concentration in {side} electrode [mol.m-3]": (
            parts[f"{side.capitalize()} electrode"][end]
            * values[f"Maximum concentration in {side} electrode [mol.m-3]"]
        )
        for side, end in ends.items()
    }


def discharge(file, half, end, rate, own_lithium, law):
    values = pybamm.ParameterValues.create_from_bpx(str(file))
    if half and not own_lithium:
        xu = pybamm.ParameterValues("Xu2019")
        values.update({key: xu[key] for key in LITHIUM}, check_already_exists=False)
    if half and own_lithium and law:  # that of the file itself
        of_salt = values["Lithium metal exchange-current density over x, the salt concentration [A.m-2]"]
        values["Exchange-current density for lithium metal electrode [A.m-2]"] = lambda c_e, c_Li, T: of_salt(
            c_e
        )
    if (
        not own_lithium
    ):  # a file of version 0.x begins at the OCV of its cut-off in PyBaMM; here at its stoichiometry
        values.update(windows(file, values, half))
    values.update({"Lower voltage cut-off [V]": end, "Upper voltage cut-off [V]": 5.0})
    values["Current function [A]"] = rate * values["Nominal cell capacity [A.h]"]
    model = pybamm.lithium_ion.DFN({"working electrode": "positive"} if half else None)
    meshes = model.default_submesh_types
    for electrode in ("positive",) if half else ("positive", "negative"):
        meshes[f"{electrode} particle"] = pybamm.MeshGenerator(
            pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.5}
        )
    points = {"x_s": 40, "x_p": 80, "r_p": 100} | ({"x_n": 1, "r_n": 1} if half else {"x_n": 80, "r_n": 100})
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-8),
        submesh_types=meshes,
        var_pts=points,
    )
    span = (1.6 if own_lithium else 1.2) * 3600 / rate
    solution = simulation.solve([0, span], t_interp=np.linspace(0, span, 4001))
    last = solution["Time [s]"].entries[-1]
    times = [*np.linspace(0.01, 0.99, 50) * last, last]
    return [(t, float(solution["Voltage [V]"](t=t))) for t in times]


rows = []
for number, (name, file, half, end, rates) in enumerate([*READ, *WROTE]):
    own = number >= len(READ)
    if own and WRITTEN is None:
        continue
    for rate in rates:
        rows += [
            (name, rate, t, V)
            for t, V in discharge(WRITTEN / file if own else file, half, end, rate, own, "plain" not in name)
        ]
        print(name, rate, rows[-1])
Path("reference.csv").write_text(
    "cell,C_rate,time_s,voltage_V\n" + "".join(f"{n},{r:g},{t:.9g},{V:.9g}\n" for n, r, t, V in rows)
)
