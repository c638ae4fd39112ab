"""Particles of several radii under one potential go together where i0 falls with sqrt(x (1 - x)), and one
after another where it is a thousandth above x = 0.9; so they were measured.

The model published with operando microscopy of single NMC333 particles (spheres of 2 to 5.5 um; data: doi
10.17038/XSD/1987481), with its own current at C/20, and with the current of the measured cell. Reference:
what was published of it, and the half-way times read from the published figures (README beside the data).

A fit of that step, and a cell predicted blind with it: a virtual experiment, for of the measured cells one
field only is at hand. Particles of other i0 (TRUE) at C/20 and at C/8, seen at times 0.4 h apart in steps of
the energy grid with a scatter of half of one; fitted to the first, from the published values.
"""

import re
import tempfile
from pathlib import Path

import numpy as np

from microsim.base import gallery
from microsim.jobs.ensemble import ensemble
from microsim.jobs.validate import Check, Skip

STUDY = gallery.folder("studies") / "ensemble_nmc333.yaml"
EVEN = {"material.i0_A_m2": "2 * sqrt(sto * (1 - sto))", "parameters": None}
HALF_WAY_EV = 1.5  # where the README counts half-way, a little below the middle of the fast rise
SLOW = (
    "with the published potential and D_s a particle falls at once to x = 0.65 only, the measured ones to 0.3"
    " by a linear shift"
)


TRUE = {"low": 1e-4, "edge": 0.8}
SEEN, GRID_EV, SCATTER_EV, SCATTER_V, SLOPE = 0.4, 0.0955, 0.05, 0.005, -3.9  # h, eV, eV, V, eV per sto


def checks(data):
    yield from _blind()
    step, even = ensemble(STUDY), ensemble(STUDY, set=EVEN)
    source = "published model"
    yield Check("C/20, i0 with a step: order", _order(step), 0.25, kind="at least", source=source)
    yield Check("C/20, i0 ~ sqrt(x (1 - x)): order", _order(even), 0.05, kind="at most", source=source)
    for name, found in (("step", step), ("sqrt", even)):
        run = found.fields[0].run
        off = abs(float(run.share @ run.sto[:, -1]) - 0.02)
        yield Check(f"C/20, {name}: lithium at the end against the charge", off, 1e-4, kind="at most")
    yield from _measured(data)


def _blind():
    """Fit one virtual cell, predict another one."""
    radii = {"radii_um": [2, 3, 4, 5]}
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(3)
        cells = [_virtual(Path(folder), rng, radii, hours) for hours in (19.4, 7.76)]
        fit = {"free": list(TRUE), "sigma_h": 0.2, "sigma_mV": 20}
        blind = [{"title": "blind", **cells[1]}]
        found = ensemble(STUDY, set={**radii, **cells[0], "fit": fit, "blind": blind}).numbers()
    for name, true in TRUE.items():
        one = found["fit"]["parameters"][name]
        low, high = np.log10(one["interval"])
        off = abs(np.log10(one["value"] / true)) / ((high - low) / 2)
        what = f"virtual cell, {name} from the published one: distance from the truth over half the interval"
        yield Check(what, off, 1.3, kind="at most", source="truth")
        yield Check(f"virtual cell, {name}: held by the data", float(one["identifiable"]), 1.0)
    (blind,) = found["blind"]
    yield Check(
        "blind cell at C/8: rms of half-way times (h)", blind["rms"]["half_way_h"], SEEN, kind="at most"
    )
    yield Check("blind cell at C/8: rms of durations (h)", blind["rms"]["duration_h"], SEEN, kind="at most")
    order = blind["sequence"]
    off = order["simulated"]["order"] / order["measured"]["order"]
    yield Check("blind cell at C/8: order, predicted over measured", off, 1.0, 0.1)


def _virtual(folder, rng, radii, hours):
    """Write what is measured of a cell of TRUE; return its sections."""
    parameters = {f"parameters.{name}": value for name, value in TRUE.items()}
    current = {"hours": hours, "to_sto": 0.02}
    run = ensemble(STUDY, set={**radii, **parameters, "current": current}).fields[0].run
    t = np.arange(0.0, hours, SEEN)
    lines = ["particle,time_h,delta_whiteline_eV"]
    for k, sto in enumerate(run.sto):
        shift = SLOPE * (np.interp(t, run.t / 3600, sto) - 0.99) + SCATTER_EV * rng.standard_normal(t.size)
        lines += [f"p{k},{a:.3f},{b:.4f}" for a, b in zip(t, GRID_EV * np.rint(shift / GRID_EV))]
    V = np.interp(t, run.t / 3600, run.V) + SCATTER_V * rng.standard_normal(t.size)
    whiteline, potential = folder / f"whiteline{hours}.csv", folder / f"potential{hours}.csv"
    whiteline.write_text("\n".join(lines))
    potential.write_text("\n".join(["time_h,V", *(f"{a:.3f},{b:.5f}" for a, b in zip(t, V))]))
    return {"current": current, "measured": {"whiteline": str(whiteline), "potential": str(potential)}}


def _measured(data):
    folder = data and data / "particles"
    if folder is None or not folder.is_dir():
        raise Skip("measured particles: a folder particles in MICROSIM_DATA")
    asked = _sections(folder, "NMC333_field_c")
    step, even = ensemble(STUDY, set=asked), ensemble(STUDY, set=asked | EVEN)
    found = step.numbers()
    ours = sorted(one["half_way_h"] for one in found["measured"])
    theirs = sorted(_published(folder / "README.md"))
    worst = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    yield Check("half-way times of measured particles (h)", worst, 0.01, kind="at most", source="README")
    measured = found["sequence"]["measured"]
    yield Check("measured: order", measured["order"], 0.25, kind="at least")
    yield Check("cell's current, step: order", _order(step), 0.25, kind="at least")
    yield Check("cell's current, sqrt: order", _order(even), 0.05, kind="at most")
    simulated = found["sequence"]["simulated"]
    yield Check("step: spread of half-way times (h)", simulated["spread_h"], measured["spread_h"], 0.4)
    longest = max(one["duration_h"] for one in found["measured"])
    what, takes = "step: time that one takes against the longest (h)", simulated["duration_h"]
    yield Check(what, takes, longest, kind="at most", source="measured", unmet=SLOW)
    yield from _fitted(asked, found)
    nca = ensemble(STUDY, set=_sections(folder, "NCA_field_c", 279, 1.2)).numbers()["sequence"]["measured"]
    yield Check(
        "NCA: order over what its noise alone looks like", nca["order"] / nca["noise"], 2, kind="at most"
    )


def _fitted(asked, published):
    """The step fitted to the measured cell, beside the published one."""
    fit = {"free": ["low", "edge"], "sigma_h": 0.5, "sigma_mV": 200}
    found = ensemble(STUDY, set=asked | {"fit": fit}).numbers()
    source = "the published step"
    for name, what in (("half_way_h", "half-way times"), ("duration_h", "durations")):
        before, after = (one["rms"][name] for one in (published, found))
        yield Check(f"fitted step: rms of {what} (h)", after, before, kind="at most", source=source)
    edge, low = (found["fit"]["parameters"][name] for name in ("edge", "low"))
    yield Check("fitted step: edge", edge["value"], 0.71, 0.01, "absolute", "docs/ensemble.md")
    yield Check(
        "fitted step: width of the edge's interval",
        edge["interval"][1] - edge["interval"][0],
        0.2,
        kind="at most",
    )
    yield Check("fitted step: low i0 is named as not held", float(not low["identifiable"]), 1.0)


def _order(found):
    return found.numbers()["sequence"]["simulated"]["order"]


def _sections(folder, name, capacity=293, half_way=HALF_WAY_EV):
    """What a case says of a measured cell; with 293 mAh/g all of the charge is lithium, to sto 0.01, as in
    the published model."""
    return {
        "current": {
            "file": str(folder / f"{name}_current_mA_g.csv"),
            "positive": "charge",
            "capacity_mAh_g": capacity,
        },
        "measured": {
            "whiteline": str(folder / f"{name}_whiteline.csv"),
            "potential": str(folder / f"{name}_potential_V.csv"),
            "calibration": {"half_way_eV": half_way},
        },
    }


def _published(readme):
    """Read the half-way times (h) that the README lists."""
    said = re.search(r"Half-way times in\s+NMC333 field c: ([\d., ]+) h", readme.read_text(encoding="utf-8"))
    return [float(part) for part in said[1].split(",")]
