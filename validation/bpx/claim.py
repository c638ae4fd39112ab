"""BPX files run: half cells and a full cell of the two example files, and files written by us in PyBaMM,
within 1 mV.

reference.csv: PyBaMM 26.10.1 with bpx 1.1.1, made by pybamm_reference.py beside it: the two examples of the
Faraday Institution (LFP, NMC111) as positive electrodes against lithium, the NMC111 cell whole, and three
files that `microsim bpx CASE.yaml --out FILE` writes, read back by PyBaMM (half cells with the law of the
metal's exchange current that the file holds under User-defined; "plain": with the number that PyBaMM reads
there on its own, 1.4 mV off at 1C). The measured curves are those inside the NMC file; the parameters were
fitted to them by About:Energy, so the misfit is the model's, not a test of ours: it is held against PyBaMM's
own.
"""

import csv
import json
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.base import gallery
from microsim.case.bpx import parse_bpx, read_bpx
from microsim.case.bpx_cases import bpx_of, case_of, design_of
from microsim.case.build import simulate
from microsim.case.case import load_case, parse_case
from microsim.jobs.validate import Check, Skip

HERE = Path(__file__).parent
CASES = gallery.folder("cases")
FILES = {
    "lfp": "bpx_lfp_18650_cell_BPX.json",
    "nmc": "bpx_nmc_pouch_cell_BPX.json",
    "nmc_full": "bpx_nmc_pouch_cell_BPX.json",
}
ANODE = "{material: Chen2020_anode, thickness_um: 85.2, initial_sto: 0.901397398, layers: 60}"
WRITTEN = {
    "written_chen2020": ("chen2020", ["protocol.0=Discharge at C/2 until 3.5 V"]),
    "written_xu2019": ("xu2019", ["protocol.0=Discharge at C/2 until 3.5 V"]),
    "written_full": (
        "chen2020",
        ["protocol.0=Discharge at C/2 until 2.5 V", f"cell.counter_electrode={ANODE}"],
    ),
}
MEASURED = {0.05: "C/20 discharge", 1.0: "1C discharge"}


def checks(data):
    if data is None:
        raise Skip("MICROSIM_DATA is not set")
    reference = curves()
    cell, folder = read_bpx(Path(data) / "electrochem" / FILES["nmc"]), Path(data) / "electrochem"
    for (name, rate), (t, V) in reference.items():
        T, ours = discharge(name, rate, folder)
        off = np.abs(CubicSpline(T, ours)(t[:-1]) - V[:-1]).max()
        yield Check(
            f"{name} {rate:g}C: largest voltage difference from PyBaMM (V)", off, 1e-3, kind="at most"
        )
        if not name.endswith("plain"):  # the metal's constant shifts the end by 6e-4
            yield Check(f"{name} {rate:g}C: end (s)", T[-1], t[-1], 5e-4, source="PyBaMM 26.10.1")
        if name == "nmc_full":
            measured = cell.validation[MEASURED[rate]]
            yield Check(
                f"{MEASURED[rate]}: misfit of the measured curve, 5 to 95 % (V rms)",
                misfit(measured, T, ours),
                misfit(measured, t, V),
                2e-4,
                kind="absolute",
                source="PyBaMM's own misfit",
            )
    yield from round_trips()


def curves():
    """Return {(cell, C-rate): (times, voltages)} of PyBaMM."""
    rows = list(csv.reader((HERE / "reference.csv").read_text().splitlines()))[1:]
    keys = dict.fromkeys((name, float(rate)) for name, rate, _, _ in rows)
    return {
        key: np.array([(float(t), float(V)) for name, rate, t, V in rows if (name, float(rate)) == key]).T
        for key in keys
    }


def discharge(name, rate, folder):
    """Run a cell of the reference; return times and voltages."""
    name = name.removesuffix("_plain")
    if name in WRITTEN:
        base, settings = WRITTEN[name]
        case = load_case(
            CASES / f"dfn_{base}.yaml", [setting.replace("C/2", f"{rate:g}C") for setting in settings]
        )
    else:
        file = folder / FILES[name]
        raw = case_of(read_bpx(file), str(file), counter="electrode" if name == "nmc_full" else "lithium")
        raw["protocol"] = [raw["protocol"][0].replace("C/2", f"{rate:g}C")]
        case = parse_case(raw)
    _, record = simulate(case)
    return tuple(np.array(record.columns[key]) for key in ("time_s", "voltage_V"))


def round_trips():
    """A written file reads back as the set it was written from."""
    for name, (base, settings) in WRITTEN.items():
        case = load_case(CASES / f"dfn_{base}.yaml", settings)
        design = design_of(case, case.cell.nominal_current_density)
        back = parse_bpx(json.loads(json.dumps(bpx_of(design))))
        sto = np.linspace(design.positive.sto_min, design.positive.sto_max, 1001)
        off = np.abs(back.positive.material.active.U(sto) - design.positive.material.active.U(sto)).max()
        yield Check(f"{name}: OCP read back (V)", off, 1e-5, kind="at most")


def misfit(measured, times, voltages):
    """Root mean square of a curve minus the measured one (V), over 5 to 95 % of the discharge."""
    t = measured["time_s"]
    inside = (t > 0.05 * times[-1]) & (t < 0.95 * times[-1])
    return float(
        np.sqrt(np.mean((CubicSpline(times, voltages)(t[inside]) - measured["voltage_V"][inside]) ** 2))
    )
