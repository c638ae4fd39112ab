"""A comparison is not fooled: the true model scores at its floor, and the right film is named from one noisy
map.

Virtual experiment. Truth: an electrode of 200 nm voxels (56 x 40 x 40) with a film that thins towards the
collector, discharged at 3C; the instrument has a point spread of 170 nm, voxels of 400 nm, and noise 0.02 or
0.1. Models: the same electrode in 400 nm voxels, another draw of the film, other films and other kinetics.

Coverage: the truth itself against draws of the noise. Its scores without the noise of the draw are known,
rmse = noise, chi2 = 1, bias = 0, r = std / sqrt(std^2 + noise^2); of 100 intervals of 95 %, 93 to 97 hold
them. Naming: the model of the smallest chi2; a model is told from the right one where the odds are above 20.
A third of the exchange current is not: at 3C diffusion sets the map (its own rms difference is 3 % more than
that of the right model, which coarser voxels and the film's draw leave at 0.011).
"""

import tempfile
from pathlib import Path

import numpy as np

from microsim.base import gallery
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.jobs.run import run
from microsim.jobs.validate import Check
from microsim.maps.compare import compare_maps
from microsim.maps.instrument import Instrument, seen_by
from microsim.maps.map import SocMap
from microsim.maps.scores import score
from microsim.materials import load
from microsim.volumes.volume import write_volume

FINE, PIXEL, PSF = 200e-9, 400e-9, Instrument((170e-9,) * 3)
SET = "NMC811_crystal"
I0 = float(load(SET).i0(1000.0, np.array(0.5), 298.15))
FILM = {
    "model": "gaussian",
    "mean_separator_nm": 20,
    "mean_collector_nm": 5,
    "std_nm": 2,
    "min_nm": 3,
    "max_nm": 28,
    "conductivity_S_m": 3e-7,
}
THICK = {**FILM, "mean_separator_nm": 40, "mean_collector_nm": 10, "std_nm": 4, "min_nm": 6, "max_nm": 56}
RIGHT = "film thinner towards the collector"
MODELS = {
    RIGHT: {"cell.film": {**FILM, "seed": 5}},
    "no film": {},
    "uniform film": {"cell.film": {"model": "uniform", "thickness_nm": 12.5, "conductivity_S_m": 3e-7}},
    "film twice as thick": {"cell.film": {**THICK, "seed": 5}},
    "film thinner towards the separator": {
        "cell.film": {**FILM, "mean_separator_nm": 5, "mean_collector_nm": 20, "seed": 5}
    },
    "D_s x 3": {"cell.film": {**FILM, "seed": 5}, "cell.materials.am": {"base": SET, "D_s_m2_s": 3 * 4e-15}},
    "i0 / 3": {"cell.film": {**FILM, "seed": 5}, "cell.materials.am": {"base": SET, "i0_A_m2": I0 / 3}},
}
NOISES, DRAWS, NAMED = (0.02, 0.1), 500, 30
ALIKE = "i0 / 3"  # at 3C
COARSE = "the voxels of the models are twice those of the truth: 0.011 of lithiation, the noise is 0.02"


def checks(data):
    with tempfile.TemporaryDirectory() as folder:
        truth, models = simulate(Path(folder))
    grid = SocMap(np.zeros([int(n * FINE / PIXEL) for n in truth.values.shape]), (PIXEL,) * 3)
    clean = seen_by(PSF, truth, grid)
    for noise in NOISES:
        yield from coverage(truth, clean, noise)
        yield from named(models, clean, noise)


def simulate(folder):
    """Run the truth and the models; return their last lithiation as SocMaps."""
    recipe = ElectrodeRecipe(
        shape=(56, 40, 40),
        voxel_size=FINE,
        active_fraction=0.58,
        cbd_fraction=0.09,
        median_diameter=3e-6,
        diameter_spread=0.3,
        smallest_diameter=2e-6,
        largest_diameter=4e-6,
        deformation=0.05,
        seed=3,
    )
    volume = write_volume(folder / "electrode.tif", build_electrode(recipe).phase, voxel_size=FINE)
    base = {"volume.file": str(volume), "volume.voxel_size_nm": 200, "compare": None, "output.times": 2}
    base["protocol"] = ["Discharge at 3C for 6 minutes"]

    def last(name, **settings):
        found = run(gallery.folder("cases") / "demo.yaml", folder / name, set={**base, **settings}).sto
        return SocMap(found.values, found.grid.voxel_size)

    truth = last("truth", **{"cell.film": {**FILM, "seed": 1}})
    coarse = {"volume.coarsen": 2}
    return truth, {name: last(f"model{k}", **coarse, **more) for k, (name, more) in enumerate(MODELS.items())}


def measured_map(clean, noise, draw):
    values = clean + np.random.default_rng(draw).normal(0, noise, clean.shape)
    return SocMap(values, (PIXEL,) * 3, sigma=np.full(clean.shape, noise))


def coverage(truth, clean, noise):
    """Of the intervals of each score, how many hold what the score is without noise."""
    spread = np.nanstd(clean)
    values = {"rmse": noise, "bias": 0.0, "chi2": 1.0, "pearson_r": spread / np.hypot(spread, noise)}
    hits = dict.fromkeys(values, 0)
    for draw in range(DRAWS):
        map_ = measured_map(clean, noise, draw)
        found = score(clean, map_.values, map_.sigma)
        for name, value in values.items():
            low, high = found.intervals[name]
            hits[name] += low <= value <= high
    for name, count in hits.items():
        what = f"noise {noise:g}: of 100 intervals of {name}, those that hold it"
        yield Check(what, 100 * count / DRAWS, 95.0, 2.0, "absolute")


def named(models, clean, noise):
    """How often the right model agrees best, its chi2, and how the others are told from it."""
    won, chi2, told = 0, [], dict.fromkeys(set(models) - {RIGHT}, 0)
    for draw in range(NAMED):
        map_ = measured_map(clean, noise, draw)
        metrics = {n: compare_maps(m, map_, instrument=PSF).metrics for n, m in models.items()}
        squares = {name: one["chi2"] * one["n_voxels"] for name, one in metrics.items()}
        won += min(set(squares) - {ALIKE}, key=squares.get) == RIGHT
        chi2.append(metrics[RIGHT]["chi2"])
        for name in told:
            told[name] += squares[name] - squares[RIGHT] > 2 * np.log(20)
    at = f"noise {noise:g}"
    yield Check(
        f"{at}: chi2 of the right model",
        float(np.mean(chi2)),
        1.0,
        0.1,
        "absolute",
        unmet=COARSE * (noise < 0.05),
    )
    yield Check(f"{at}: of 100 maps, those that name the right film", 100 * won / NAMED, 95, kind="at least")
    for name, count in sorted(told.items()):
        what = f"{at}: of 100 maps, those that tell '{name}' from it with odds above 20"
        few = "the maps are alike" if name == ALIKE else ""
        yield Check(what, 100 * count / NAMED, 95, kind="at least", unmet=few)
