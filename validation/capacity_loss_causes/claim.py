"""Where capacity went is read from noisy maps of a cycled electrode: the averages that the charge gives,
their sigma, the particles that are dead, and the lithium that is in films.

Virtual experiment. Truth: an electrode of 200 nm voxels, cycled twice at 1C, that lost capacity in a known
way: particles that lose all contact after the first cycle, a film that grows and ends each step earlier, a
film that takes lithium as it grows. Instrument: point spread 170 nm, voxels of 400 nm, noise 0.02, drawn 400
times. Reference: the charge at the terminals of the truth, what its films took, its share of particles apart,
and for the uncertainty the scatter of the draws. `losses` knows the maps, their noise, material and curve.
"""

import tempfile
from pathlib import Path

import numpy as np

from microsim.base import gallery
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.jobs.losses import losses
from microsim.jobs.run import run
from microsim.jobs.validate import Check
from microsim.maps.instrument import Instrument, seen_by
from microsim.maps.map import SocMap
from microsim.volumes.volume import write_volume

FINE, PIXEL, PSF, NOISE, DRAWS = 200e-9, 400e-9, Instrument((170e-9,) * 3), 0.02, 400
SET = "NMC811_crystal"
FILM = {"model": "uniform", "thickness_nm": 5, "conductivity_S_m": 1e-7}
CAUSES = {
    "dead particles": {"cell.contact_lost": [{"after": 2, "share_of_particles": 0.3, "seed": 1}]},
    "film": {"cell.film": {**FILM, "growth": {"rate_nm_per_sqrt_h": 30}}},
    "film that takes lithium": {
        "cell.film": {**FILM, "growth": {"rate_nm_per_sqrt_h": 20, "lithium_mol_m3": 5.7e4}}
    },
}


def checks(data):
    with tempfile.TemporaryDirectory() as folder:
        volume = electrode(Path(folder))
        for cause, settings in CAUSES.items():
            truth = run(gallery.folder("cases") / "demo.yaml", Path(folder) / cause, set=volume | settings)
            yield from checked(cause, truth)


def electrode(folder):
    """Write the electrode; return the settings that name it."""
    recipe = ElectrodeRecipe(
        shape=(36, 28, 28),
        voxel_size=FINE,
        active_fraction=0.58,
        cbd_fraction=0.09,
        median_diameter=2.4e-6,
        diameter_spread=0.25,
        smallest_diameter=1.8e-6,
        largest_diameter=2.8e-6,
        deformation=0.05,
        seed=11,
    )
    volume = write_volume(folder / "electrode.tif", build_electrode(recipe).phase, voxel_size=FINE)
    settings = {"volume.file": str(volume), "volume.voxel_size_nm": 200, "compare": None, "output.times": 2}
    return settings | {"protocol": ["Discharge at 1C until 3.5 V", "Charge at 1C until 4.25 V"] * 2}


def checked(cause, truth):
    fine = [truth.lithium.at(0).values, *(truth.lithium.at(f"step:{k}").values for k in range(4))]
    grid = SocMap(np.zeros([int(n * FINE / PIXEL) for n in fine[0].shape]), (PIXEL,) * 3)
    clean = [seen_by(PSF, SocMap(one, (FINE,) * 3), grid) for one in fine]
    rng = np.random.default_rng(5)
    curve = truth.folder / "voltage.csv" if "lithium" in cause else None
    drawn = [found_in(clean, rng, curve) for _ in range(DRAWS)]
    yield from averages(cause, drawn, truth)
    yield from sigmas(cause, drawn)
    if cause == "dead particles":
        yield from dead(drawn, clean, rng, truth)


def found_in(clean, rng, curve=None):
    maps = [one + NOISE * rng.standard_normal(one.shape) for one in clean]
    return losses(maps, material=SET, sigma=NOISE, curve=curve).numbers()


def averages(cause, drawn, truth):
    """Of the draws' means, in lithium per formula unit, against the charge less what films took."""
    steps, held = truth.numbers()["steps"], drawn[0]["theoretical_capacity_mAh_g"]
    film = np.diff([0.0, *(step.get("film_lithium_mAh_g") or 0.0 for step in steps)])
    passed = np.array([step["capacity_mAh_g"] for step in steps])
    for k, (charge, taken) in enumerate(zip(passed, film)):
        rows, what = [one["extent"][k] for one in drawn], f"{cause}, process {k + 1}"
        value = np.mean([row["mean_mAh_g"] for row in rows]) / held
        reference, source = abs(charge - taken) / held, "charge at the terminals, less what the film took"
        yield Check(f"{what}: mean extent, lithium per formula unit", value, reference, 5e-3, source=source)
        if film.any():
            value, bound = np.mean([row["elsewhere_mAh_g"] for row in rows]), 5e-3 * abs(charge)
            yield Check(f"{what}: lithium elsewhere (mAh/g)", value, taken, bound, "absolute", "the film")
    worst = max(
        abs(sum(loss["classes"][share]) - 1)
        for one in drawn
        for loss in one["loss"]
        for share in ("volume_share", "loss_share")
    )
    yield Check(f"{cause}: sums of shares less 1, at most", worst, 1e-12, kind="at most")


def sigmas(cause, drawn):
    """The stated sigma of each average over the scatter of the draws."""
    for kind, first in (("extent", 1), ("loss", 2)):
        for k in range(len(drawn[0][kind])):
            means = [one[kind][k]["mean_mAh_g"] for one in drawn]
            told = np.mean([one[kind][k]["sigma_mAh_g"] for one in drawn])
            what = f"{cause}: sigma of the mean {kind} {k + first} over the scatter"
            yield Check(what, told / np.std(means, ddof=1), 1.0, 0.1, "absolute", "draws")


def dead(drawn, clean, rng, truth):
    apart = truth.numbers()["contact_lost"][0]["active_share_apart"]
    source = "active material apart in the truth"
    lost = np.mean([one["loss"][1]["classes"]["volume_share"][-1] for one in drawn])
    yield Check("dead particles: volume that lost above 105 mAh/g", lost, apart, 0.03, "absolute", source)
    # a map voxel that sees an eighth of a live particle moves by 3 sigma
    after = found_in(clean[2:], rng)["inactive_share"]
    yield Check("dead particles: inactive in the second cycle", after, apart, 0.05, "absolute", source)
