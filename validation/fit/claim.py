"""A fit finds what a virtual experiment was made with: kinetics, diffusion, film and contact, from one map
and one curve, starting three times off; and says what the data do not hold.

Truth: a corner of the electrode that ships with the project, discharged at 2C for 10 minutes, with i0 1.5 and
D_s 0.7 times those of the set, a film of 3e-7 S/m, and 60 % of the contact with the binder reacting.
Data: the map at the end through a point spread of 340 nm on voxels of 800 nm with noise 0.02, and 60 points
of the voltage with noise 1 mV. The first draw of the noise is fitted, from three times off. The others are of
the linearised fit: one step of Gauss and Newton from the truth answers each draw, with the derivatives of the
run there.

Derivatives: those along a run, as a fit takes them, against differences of whole runs; all take the same time
steps, for what other steps do to a map is more than 1e-3 of a derivative.
"""

import tempfile
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.analysis.inference import DataSet, at_minimum
from microsim.base import gallery
from microsim.case.case import load_case
from microsim.case.free import parameters
from microsim.jobs.fit import fit
from microsim.jobs.fit_model import FitModel, fit_measured
from microsim.jobs.fit_targets import target_of
from microsim.jobs.run import run
from microsim.jobs.validate import Check
from microsim.maps.instrument import Instrument, seen_by
from microsim.maps.map import SocMap
from microsim.volumes.volume import write_volume

KEYS = {
    "cell.film.conductivity_S_m": 3e-7,
    "cell.materials.am.i0_scale": 1.5,
    "cell.materials.am.D_s_scale": 0.7,
    "cell.cbd.reactive_share": 0.6,
}
OFF = {"cell.materials.am.D_s_scale": 3.0}  # the others start at a third
BASE = {
    "compare": None,
    "volume.crop": {"x": [0, 16], "y": [0, 12], "z": [0, 12]},
    "cell.film": {"model": "uniform", "thickness_nm": 10},
    "protocol": ["Discharge at 2C for 10 minutes"],
    "output.times": 2,
}
CASE, PIXEL, PSF, NOISE, NOISE_V, DRAWS = "demo.yaml", 800e-9, 340e-9, 0.02, 1e-3, 200
SAME_STEPS = {  # loose in time and bounded in length: no step is chosen by its error
    "numerics.time_tolerance": 0.1,
    "numerics.max_step_s": 10,
    "numerics.newton_tolerance": 1e-8,
}
SHARE = {"cell.cbd.reactive_share": {"low": 0, "high": 1}}


def checks(data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clean = experiment(folder)
        to = draw(folder, clean, 0)
        free = {
            key: {"start": true * OFF.get(key, 1 / 3), **SHARE.get(key, {})} for key, true in KEYS.items()
        }
        found = fit(case(), folder / "fit", set={**BASE, "fit": {"free": free, "to": to}}).numbers()
        yield from recovered(found)
        model, sets = at_the_truth(to)
        yield from coverage(model, sets)
        yield from slopes(to)
        yield from not_held(folder, to)


def case():
    return gallery.folder("cases") / CASE


def experiment(folder):
    """Run the truth; return the map as the instrument sees it without noise, and the curve."""
    truth = run(case(), folder / "truth", set={**BASE, **KEYS})
    simulated = SocMap(truth.sto.values, truth.sto.grid.voxel_size)
    counts = [int(n * h / PIXEL + 1e-6) for n, h in zip(simulated.values.shape, simulated.voxel_size)]
    grid = SocMap(np.zeros(counts), (PIXEL,) * 3)
    t, V = truth.voltage.time_s, truth.voltage.voltage_V
    at = np.linspace(0, t[-1], 60)
    return seen_by(Instrument((PSF,) * 3), simulated, grid), at, CubicSpline(t, V)(at)


def draw(folder, clean, seed):
    """Write the data with noise; return the sections that name them."""
    rng, (map_, t, V) = np.random.default_rng(seed), clean
    noisy = (map_ + rng.normal(0, NOISE, map_.shape)).astype(np.float32)
    file = write_volume(folder / "map.tif", noisy, voxel_size=PIXEL)
    rows = [f"{a:.5f},{b:.7f}" for a, b in zip(t, V + rng.normal(0, NOISE_V, V.size))]
    (folder / "curve.csv").write_text("\n".join(["time_s,voltage_V", *rows]))
    seen = {"voxel_size_nm": 800, "file_axes": "xyz", "psf_nm": 340, "sigma": NOISE}
    return [
        {"measured": str(file), **seen},
        {"voltage": str(folder / "curve.csv"), "sigma_mV": 1e3 * NOISE_V},
    ]


def recovered(found):
    """What was fitted from three times off."""
    for key, true in KEYS.items():
        one = found["parameters"][key]
        low, high = one["interval"]
        what = f"{key}, from {one['start']:.3g}: distance from the truth over half the interval"
        yield Check(what, abs(one["value"] - true) / max((high - low) / 2, 1e-30), 1.3, kind="at most")
        yield Check(f"{key}: held by the data", float(one["identifiable"]), 1.0)
    yield Check("reduced chi2", found["chi2"], 1.0, 0.3, "absolute")


def model_of(to, free, **more):
    settings = {**BASE, **KEYS, **more, "fit": {"free": free, "to": to}}
    asked = load_case(case(), settings)
    measured, _ = fit_measured(asked)
    targets = [target_of(one, k) for k, one in enumerate(measured)]
    return FitModel(asked, parameters(asked), targets, [], lambda setup: ())


def at_the_truth(to):
    model = model_of(to, {key: SHARE.get(key, {}) for key in KEYS})
    view = model.blank(np.zeros(len(KEYS)))
    return model, [DataSet(*target.measured(view)) for target in model.targets]


def coverage(model, sets):
    """Of 100 intervals, those that hold the truth; linearised, 200 draws of the noise."""
    here, (low, high) = model(np.zeros(len(KEYS))), np.array([one.bounds for one in model.parameters]).T
    log = np.array([one.log for one in model.parameters])
    J = np.concatenate([slope / one.sigma[:, None] for slope, one in zip(here.slopes, sets)])
    hits = np.zeros(len(KEYS))
    for seed in range(DRAWS):
        noise = [np.random.default_rng(seed).normal(0, one.sigma) for one in sets]
        whole = np.concatenate([part / one.sigma for part, one in zip(noise, sets)])
        q = np.linalg.lstsq(J, whole, rcond=None)[0]
        values = [v + s @ q for v, s in zip(here.values, here.slopes)]
        again = [DataSet(v + part, one.sigma) for v, part, one in zip(here.values, noise, sets)]
        counted = [one.measured.size for one in again]
        found = at_minimum(q, here.slopes, again, values, counted, low, high, log)
        hits += (found.interval[:, 0] <= 0) & (found.interval[:, 1] >= 0)
    for one, count in zip(model.parameters, hits):
        yield Check(
            f"of 100 intervals of {one.key}, those that hold it", 100 * count / DRAWS, 95, 4, "absolute"
        )


def slopes(to):
    """Derivatives of a run against differences of whole runs that take the same time steps."""
    key, h = "D_s_scale", 0.005
    model = model_of(to, {f"cell.materials.am.{key}": {}}, **SAME_STEPS)
    ours = model(np.zeros(1))
    low, high = (model.views(np.array([q]), False)[0] for q in (-h, h))
    same = low.columns["time_s"] == high.columns["time_s"]
    yield Check("whole runs beside each other: the same time steps", float(same), 1.0)
    for target, slope in zip(model.targets, ours.slopes):
        theirs = (target.values(high) - target.values(low)) / (2 * h)
        off = np.linalg.norm(slope[:, 0] - theirs) / np.linalg.norm(theirs)
        yield Check(f"derivative of the {target.kind} with {key}, relative", off, 1e-3, kind="at most")


def not_held(folder, to):
    """Conductivity and thickness of a film: only their ratio is in any data."""
    free = {"cell.film.conductivity_S_m": {"start": 1e-7}, "cell.film.thickness_nm": {"start": 20}}
    settings = {**BASE, **KEYS, "volume.coarsen": 2, "fit": {"free": free, "to": to[1:]}}
    found = fit(case(), folder / "ratio", set=settings).numbers()
    named = sum(not one["identifiable"] for one in found["parameters"].values())
    yield Check("film conductivity and thickness: numbers that are named as not held", named, 2.0)
    said = "cell.film.conductivity_S_m / cell.film.thickness_nm" in " ".join(found["said"])
    yield Check("... and their ratio as what is", float(said), 1.0)
