"""The parts of the voltage's loss sum to the whole at every stored time, in all five scenarios of a
thick cathode (Zhang et al., Joule 7 (2023)).

The five cases of cases/thick_cathode_*.yaml (no film; film; thick film; film and clogged binder; film and
clogged pores) on a 24 x 18 x 18 corner of their electrode, discharged at C/2 and left to rest. The whole is
the open-circuit voltage at the mean lithiation less the cell voltage in voltage.csv; the parts come from
result.json. The ohmic parts are held against the power lost in every link of the mesh, gathered in a second
way: the current squared of each link over its conductance, over the applied current (Tellegen's theorem;
Nyman et al., J. Electrochem. Soc. 157 (2010) A1236).
"""

import csv
import json
import tempfile
from pathlib import Path

import numpy as np

from microsim.analysis.overpotentials import VoltageSplit
from microsim.base import gallery
from microsim.case.build import simulate
from microsim.case.case import load_case
from microsim.jobs.run import run
from microsim.jobs.validate import Check, Skip
from microsim.materials import load

CASES = gallery.folder("cases")
SCENARIOS = ("none", "cei", "thick_cei", "cei_cbd", "cei_full")
CROP = [
    "volume.crop={x: [0, 24], y: [100, 118], z: [100, 118]}",
    "output.times=6",
    "numerics.time_tolerance=2e-3",
]
PROTOCOL = ['protocol=["Discharge at C/2 until 3.5 V", "Rest for 5 minutes"]']
LIMIT = 5e-4  # V


def checks(data):
    if data is None:
        raise Skip("MICROSIM_DATA does not name the folder of the data sets")
    for name in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            case = load_case(CASES / f"thick_cathode_{name}.yaml", [*CROP, *PROTOCOL])
            run(case, folder)
            yield from _sums(name, folder)
    yield from _powers()


def _sums(name, folder):
    """The parts against U(mean) - V, both from the files of the run."""
    result = json.loads((Path(folder) / "result.json").read_text())
    found = result["overpotentials"]
    with open(Path(folder) / "voltage.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    at = {(int(row["step"]), float(row["time_s"])): float(row["voltage_V"]) for row in rows}
    keys = list(zip(found["step"], found["time_s"]))
    whole = np.array(found["open_circuit_V"]) - np.array([at[key] for key in keys])
    parts = np.sum(list(found["parts_V"].values()), axis=0)
    times = result["heterogeneity"]["times"]
    stored = dict(zip(zip(times["step"], times["time_s"]), times["mean_taking_part"]))
    yield Check(f"{name}: stored times without a split", len(set(stored) - set(keys)), 0, kind="at most")
    if name == "none":
        U = load("NMC811_Chen2020").U(np.array([stored.get(key, np.nan) for key in keys]))
        yield Check(
            "none: largest |U(mean lithiation) - open circuit| (V)",
            np.nanmax(np.abs(U - found["open_circuit_V"])),
            1e-9,
            kind="at most",
        )
    yield Check(
        f"{name}: largest |parts - whole| of {len(whole)} times (V)",
        np.abs(parts - whole).max(),
        LIMIT,
        kind="at most",
    )
    yield Check(f"{name}: the same, as an identity (V)", np.abs(parts - whole).max(), 1e-9, kind="at most")


def _powers():
    """Power lost over the current against the ohmic parts, at the end of a discharge with film and contact
    resistance."""
    case = load_case(
        CASES / "thick_cathode_cei.yaml",
        [
            *CROP,
            "protocol.0=Discharge at C/2 for 10 minutes",
            "cell.cbd.contact_resistance_ohm_m2=1e-4",
            "numerics.newton_tolerance=1e-9",
        ],
    )
    last = {}
    setup, _ = simulate(case, lambda moment: last.update(moment=moment))
    cell, moment, u = setup.cell, last["moment"], last["moment"].u
    parts, known = VoltageSplit(cell)(moment.solved).parts, cell.coefficients(u)
    I, faces, j, metal = (
        moment.current,
        cell.mesh.faces,
        moment.j,
        moment.solved.interfaces.j[cell.on_counter],
    )
    beside, half = faces.area * j**2 * faces.share, cell.mesh.ionic.widths[0][0] / 2
    ionic = (
        _lost(cell.flows(known).ionic, u.psi)
        + np.sum(beside * faces.half_ionic / known.kappa[faces.ionic])
        + np.sum(cell.counter_area * metal**2 * half / known.kappa[cell.mesh.counter])
    )
    solids = (
        _lost(cell.electronic, u.phi)
        + np.sum(beside * faces.half_electronic / cell.mesh.sigma[faces.electronic])
        + np.sum(cell.collector_conductance * u.phi[cell.mesh.collector] ** 2)
    )
    film = np.sum(faces.area * j**2 * cell.R_film)
    for part, power in (("electrolyte_ohmic", ionic), ("electronic", solids), ("film", film)):
        yield Check(
            f"{part}: V, against the power lost over I",
            parts[part],
            power / I,
            1e-6,
            source="sum of i^2 R / I",
        )


def _lost(links, values):
    """Power lost in the links of a graph (W)."""
    return 0.5 * float(np.sum(links.weight * (values[:, None] - values[links.graph.near]) ** 2))
