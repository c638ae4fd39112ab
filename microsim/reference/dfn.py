"""A homogenised electrode in PyBaMM (Sulzer et al., J. Open Res. Softw. 9 (2021) 14): its DFN on the same BPX
data."""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np

from ..base.constants import F
from ..base.errors import InputError
from ..base.packages import need
from ..materials.sets.lithium import C_LI


def discharge_pybamm(bpx, loads, half=True):
    """Run protocol steps on the plain data of a BPX file with PyBaMM's DFN; a half cell against lithium, or
    the full cell.

    loads: experiment.Load for 1 m2 of electrode (A, W). Returns [(time (s), discharged (C m-2), V) of each
    step], from the step's beginning. Raises InputError where PyBaMM is missing, cannot run a step or does not
    get through.
    """
    pybamm = _pybamm()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parameters.json"
        path.write_text(json.dumps(bpx))
        with warnings.catch_warnings():  # that a half cell's file names no voltages of full and empty
            warnings.simplefilter("ignore")
            values = pybamm.ParameterValues.create_from_bpx(str(path))
    values.update({"Lower voltage cut-off [V]": 0.0, "Upper voltage cut-off [V]": 10.0})
    if half:  # a BPX formula has one variable only: the metal's law of c_e is set here
        values["Exchange-current density for lithium metal electrode [A.m-2]"] = lambda c_e, c_Li, T: (
            3.5e-8 * F * C_LI**0.7 * c_e**0.3
        )
    model = pybamm.lithium_ion.DFN({"working electrode": "positive"} if half else None)
    sides = ("positive",) if half else ("positive", "negative")
    meshes = model.default_submesh_types
    for side in sides:
        meshes[f"{side} particle"] = pybamm.MeshGenerator(
            pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.5}
        )
    points = {"x_s": 20, "x_p": 60, "r_p": 60} | ({"x_n": 1, "r_n": 1} if half else {"x_n": 60, "r_n": 60})
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        submesh_types=meshes,
        var_pts=points,
        solver=pybamm.IDAKLUSolver(rtol=1e-6, atol=1e-8),
        experiment=pybamm.Experiment([_step(pybamm, load) for load in loads]),
    )
    try:
        solution = simulation.solve(showprogress=False)
    except (
        Exception
    ) as error:  # of whatever kind: another code's failure must not cost the run that it stands beside
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"PyBaMM did not get through the protocol: {reason}; leave the comparison out"
        ) from error
    return [_curve(cycle) for cycle in solution.cycles]


def _pybamm():
    pybamm = need("pybamm", "the curve of its DFN")
    pybamm.settings.tolerances["reg_power"] = 1e-9  # no smoothing of the square roots in the exchange current
    return pybamm


def _step(pybamm, load):
    """Turn a Load into PyBaMM's step."""
    if load.profile is not None or load.skip:
        raise InputError(f"PyBaMM was left out: {load.name} is a profile or part of a repeat with a limit")
    if load.until_charge is not None or load.until_total is not None:
        raise InputError(f"PyBaMM was left out: {load.name} ends at a charge")
    ends = [] if load.until_voltage is None else [f"{load.until_voltage:.10g} V"]
    ends += [] if load.until_current is None else [f"{load.until_current:.10g} A"]
    longest = load.duration or 3600 * 400
    how = {"duration": longest, "termination": ends or None, "period": min(longest / 200, 10.0)}
    if load.voltage is not None:
        return pybamm.step.voltage(load.voltage, **how)
    if load.power is not None:
        return pybamm.step.power(load.power, **how)
    return pybamm.step.current(load.current, **how)


def _curve(cycle):
    t, Q, V = (cycle[name].entries for name in ("Time [s]", "Discharge capacity [A.h]", "Voltage [V]"))
    keep = np.concatenate([[True], np.diff(t) > 0])
    return (t - t[0])[keep], (3600 * (Q - Q[0]))[keep], V[keep]
