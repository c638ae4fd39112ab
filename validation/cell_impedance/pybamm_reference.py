"""Make reference.csv: PyBaMM's half-cell DFN impedance at a lithiation of 0.6 (python
pybamm_reference.py)."""

import numpy as np
import pybamm

pybamm.settings.tolerances["reg_power"] = 1e-9
freq = np.logspace(-4, 5, 91)
xu, chen = pybamm.ParameterValues("Xu2019"), pybamm.ParameterValues("Chen2020")
chen.update(
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
columns = [freq]
for values in (xu, chen):
    area = values["Electrode height [m]"] * values["Electrode width [m]"]
    values.update(
        {
            "Lower voltage cut-off [V]": 3.5,
            "Upper voltage cut-off [V]": 4.5,
            "Contact resistance [Ohm]": 0.0,
            "Current function [A]": 0.0,
            "Initial concentration in positive electrode [mol.m-3]": (
                0.6 * values["Maximum concentration in positive electrode [mol.m-3]"]
            ),
        }
    )
    model = pybamm.lithium_ion.DFN({"working electrode": "positive", "surface form": "differential"})
    meshes = model.default_submesh_types
    meshes["positive particle"] = pybamm.MeshGenerator(
        pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 4}
    )
    simulation = pybamm.EISSimulation(
        model,
        parameter_values=values,
        submesh_types=meshes,
        var_pts={"x_n": 1, "x_s": 40, "x_p": 100, "r_n": 1, "r_p": 120},
    )
    Z = np.array(simulation.solve(freq).impedance) * area
    columns += [Z.real, Z.imag]
np.savetxt(
    "reference.csv",
    np.column_stack(columns),
    delimiter=",",
    comments="",
    fmt="%.10g",
    header="freq_Hz,xu2019_real_ohm_m2,xu2019_imag_ohm_m2,chen2020_real_ohm_m2,chen2020_imag_ohm_m2",
)
