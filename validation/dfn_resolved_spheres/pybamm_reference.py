"""Make reference.csv and reference_true.csv: PyBaMM's half-cell DFN with the parameters of the array of
spheres (python pybamm_reference.py)."""

import numpy as np
import pybamm

PERIOD, SHARE = 10.44e-6, 0.47  # m; radius over period
SOLIDS = 4 / 3 * np.pi * SHARE**3
LENGTH = 7 * PERIOD
# file: (1 - f) / tau of the pores, conductivity (S m-1), rates. tau from claim.py's own conduction problem at
# 20 voxels, and spheres of 0.18 S m-1 in series through thin wires; or the true one, by multipoles, and
# spheres without loss
ARRAYS = {"reference.csv": (0.4307, 0.18 * 0.0801, (0.5, 1.0)), "reference_true.csv": (0.4501, 10.0, (0.5,))}

pybamm.settings.tolerances["reg_power"] = 1e-9
xu, values = pybamm.ParameterValues("Xu2019"), pybamm.ParameterValues("Chen2020")
values.update(
    {
        key: xu[key]
        for key in (
            "Exchange-current density for lithium metal electrode [A.m-2]",
            "Lithium metal partial molar volume [m3.mol-1]",
            "Negative electrode OCP [V]",
            "Negative electrode OCP entropic change [V.K-1]",
            "Negative electrode conductivity [S.m-1]",
            "Negative electrode thickness [m]",
            "Negative electrode charge transfer coefficient",
            "Negative electrode double-layer capacity [F.m-2]",
        )
    },
    check_already_exists=False,
)
porosity = 1 - SOLIDS
values.update(
    {
        "Positive electrode thickness [m]": LENGTH,
        "Positive electrode porosity": porosity,
        "Positive electrode active material volume fraction": SOLIDS,
        "Positive particle radius [m]": SHARE * PERIOD,
        "Positive electrode Bruggeman coefficient (electrode)": 0.0,
        "Initial concentration in positive electrode [mol.m-3]": 0.27 * 63104,
        "Lower voltage cut-off [V]": 3.5,
        "Upper voltage cut-off [V]": 4.5,
    }
)
area = values["Electrode height [m]"] * values["Electrode width [m]"]
one_C = 96485.33212 * 63104 * (0.9084 - 0.27) * SOLIDS * LENGTH / 3600


def discharged(rate):
    """Discharge at a rate; return [C rate, time (s), voltage (V)], the end last."""
    values["Current function [A]"] = rate * one_C * area
    model = pybamm.lithium_ion.DFN({"working electrode": "positive"})
    meshes = model.default_submesh_types
    meshes["positive particle"] = pybamm.MeshGenerator(
        pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.5}
    )
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-8),
        submesh_types=meshes,
        var_pts={"x_n": 1, "x_s": 40, "x_p": 120, "r_n": 1, "r_p": 100},
    )
    solution = simulation.solve([0, 9000 / rate], t_interp=np.linspace(0, 9000 / rate, 2001))
    end = solution["Time [s]"].entries[-1]
    times = [*np.linspace(0.01, 0.97, 49) * end, end]
    return [[rate, t, float(solution["Voltage [V]"](t=t))] for t in times]


for file, (efficiency, sigma, rates) in ARRAYS.items():
    values["Positive electrode Bruggeman coefficient (electrolyte)"] = np.log(efficiency) / np.log(porosity)
    values["Positive electrode conductivity [S.m-1]"] = sigma
    rows = [row for rate in rates for row in discharged(rate)]
    np.savetxt(file, rows, fmt="%.9g", delimiter=",", header="C_rate,time_s,voltage_V", comments="")
