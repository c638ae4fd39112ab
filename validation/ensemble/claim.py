"""Particles of several radii under one potential go together where i0 falls with sqrt(x (1 - x)), and one
after another where it is a thousandth above x = 0.9; so they were measured.

The model published with operando microscopy of single NMC333 particles (spheres of 2 to 5.5 um; data: doi
10.17038/XSD/1987481), with its own current at C/20, and with the current of the measured cell. Reference:
what was published of it, and the half-way times read from the published figures (README beside the data).
"""

import re

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


def checks(data):
    step, even = ensemble(STUDY), ensemble(STUDY, set=EVEN)
    source = "published model"
    yield Check("C/20, i0 with a step: order", _order(step), 0.25, kind="at least", source=source)
    yield Check("C/20, i0 ~ sqrt(x (1 - x)): order", _order(even), 0.05, kind="at most", source=source)
    for name, found in (("step", step), ("sqrt", even)):
        run = found.fields[0].run
        off = abs(float(run.share @ run.sto[:, -1]) - 0.02)
        yield Check(f"C/20, {name}: lithium at the end against the charge", off, 1e-4, kind="at most")
    yield from _measured(data)


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


def _order(found):
    return found.numbers()["sequence"]["simulated"]["order"]


def _sections(folder, name):
    return {
        "current": {
            "file": str(folder / f"{name}_current_mA_g.csv"),
            "positive": "charge",
            "capacity_mAh_g": 293,  # all of the charge is lithium, to sto 0.01, as in the published model
        },
        "measured": {
            "whiteline": str(folder / f"{name}_whiteline.csv"),
            "potential": str(folder / f"{name}_potential_V.csv"),
            "calibration": {"half_way_eV": HALF_WAY_EV},
        },
    }


def _published(readme):
    """Read the half-way times (h) that the README lists."""
    said = re.search(r"Half-way times in\s+NMC333 field c: ([\d., ]+) h", readme.read_text(encoding="utf-8"))
    return [float(part) for part in said[1].split(",")]
