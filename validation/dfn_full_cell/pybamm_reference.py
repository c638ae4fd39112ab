"""Make reference.csv: the full cell of Chen 2020 in PyBaMM's DFN, C/2 and 1C to 2.5 V (python
pybamm_reference.py)."""

import numpy as np
import pybamm

pybamm.settings.tolerances["reg_power"] = 1e-9  # no smoothing of the square roots in the exchange current
values = pybamm.ParameterValues("Chen2020")
values.update({"Lower voltage cut-off [V]": 2.5, "Upper voltage cut-off [V]": 4.6})
rows = []
for rate in (0.5, 1.0):
    values["Current function [A]"] = 5 * rate
    model = pybamm.lithium_ion.DFN()
    meshes = model.default_submesh_types
    for electrode in ("positive", "negative"):
        meshes[f"{electrode} particle"] = pybamm.MeshGenerator(
            pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.5}
        )
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-8),
        submesh_types=meshes,
        var_pts={"x_n": 80, "x_s": 40, "x_p": 80, "r_n": 100, "r_p": 100},
    )
    solution = simulation.solve([0, 8000 / rate], t_interp=np.linspace(0, 8000 / rate, 2001))
    end = solution["Time [s]"].entries[-1]
    for t in [*np.linspace(0.02, 0.98, 25) * end, end]:
        rows.append([rate, t, float(solution["Voltage [V]"](t=t))])
np.savetxt("reference.csv", rows, fmt="%.9g", delimiter=",", header="C_rate,time_s,voltage_V", comments="")
