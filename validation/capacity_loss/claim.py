"""Maps of lithium after successive states give the capacities that the voltage curve counts, and their noise
the scatter of repeated measurements.

A corner of the demo electrode (a generated one) over two cycles with a film that grows. Reference: the
charge that the run itself passed, counted at its terminals, per gram; for the uncertainty, drawn noise; for
the mean of |change| where nothing happens, the folded normal distribution.
"""

import tempfile
from pathlib import Path

import numpy as np

from microsim.base import gallery
from microsim.jobs.losses import losses
from microsim.jobs.run import run
from microsim.jobs.validate import Check
from microsim.maps.reaction_extent import reaction_series

CASE = gallery.folder("cases") / "demo.yaml"
CYCLES = {
    "volume.crop": {"x": [44, 56], "y": [0, 9], "z": [0, 9]},
    "compare": None,
    "cell.film": {
        "model": "uniform",
        "thickness_nm": 5,
        "conductivity_S_m": 1e-7,
        "growth": {"rate_nm_per_sqrt_h": 8},
    },
    "protocol": ["Discharge at C/2 until 3.5 V", "Charge at C/2 until 4.25 V"] * 2,
    "output.times": 4,
}
NOISE, DRAWS = 0.02, 5000


def checks(data):
    with tempfile.TemporaryDirectory() as folder:
        done = run(CASE, folder, set=CYCLES)
        lithium, sto = ([f.at(0), *(f.at(f"step:{k}") for k in range(4))] for f in (done.lithium, done.sto))
        found = losses(lithium, curve=Path(folder) / "voltage.csv")
        maps = np.stack([one.values[found.shared] for one in lithium]).astype(float)
        numbers, plain = found.numbers(), losses(sto).numbers()
        capacities = np.abs([step["capacity_mAh_g"] for step in done.numbers()["steps"]])
    yield from _of_the_run(numbers, plain, capacities)
    yield from _of_noise(maps, found.capacity)


def _of_the_run(numbers, plain, capacities):
    source = "charge at the terminals"
    for row, capacity in zip(numbers["extent"], capacities):
        what = f"process {row['to']}: lithium that passed, from the maps (mAh/g)"
        yield Check(what, row["net_mAh_g"], capacity, 5e-3, source=source)
        yield Check(f"process {row['to']}: by the curve (mAh/g)", row["curve_mAh_g"], capacity, 1e-9)
    for row, before, after in zip(numbers["loss"], capacities, capacities[1:], strict=False):
        what, bound = f"loss of process {row['process']} (mAh/g)", 5e-3 * before
        yield Check(what, row["mean_mAh_g"], before - after, bound, "absolute", source)
        for share in ("volume_share", "loss_share"):
            total = sum(row["classes"][share])
            yield Check(f"{share.replace('_', ' ')}s of process {row['process']}", total, 1.0, 1e-12)
    worst = max(abs(a["mean_mAh_g"] - b["mean_mAh_g"]) for a, b in zip(numbers["extent"], plain["extent"]))
    yield Check("extents from sto against those from lithium (mAh/g)", worst, 1e-3, kind="at most")


def _of_noise(maps, capacity):
    rng, sigma = np.random.default_rng(2), np.full(maps.shape, NOISE)
    exact, means = reaction_series(maps, capacity), []
    for _ in range(DRAWS):
        found = reaction_series(maps + NOISE * rng.standard_normal(maps.shape), capacity, sigma=sigma)
        means.append([*found.mean(found.extent), *found.mean(found.loss)])
    told = [*found.sigma_of_mean(found.extent_sigma), *found.sigma_of_mean(found.loss_sigma)]
    true = [*exact.mean(exact.extent), *exact.mean(exact.loss)]
    names = [f"extent {k}" for k in range(1, 5)] + [f"loss {k}" for k in range(2, 5)]
    for name, noise, scatter, mean, at in zip(
        names, told, np.std(means, axis=0), np.mean(means, axis=0), true
    ):
        yield Check(f"{name}: sigma of the mean over the scatter", noise / scatter, 1.0, 0.03, source="draws")
        yield Check(f"{name}: bias over that sigma", abs(mean - at) / noise, 0.3, kind="at most")
    still = np.repeat(maps[:1], 3, axis=0)
    found = reaction_series(still + NOISE * rng.standard_normal(still.shape), capacity, sigma=sigma[:3])
    folded = float(capacity.mean()) * NOISE * np.sqrt(4 / np.pi)
    size = float(found.mean(np.abs(found.change)).mean())
    yield Check("nothing happens: mean of |change| (mAh/g)", size, folded, 0.05, source="folded normal")
    yield Check(
        "nothing happens: extent over that", abs(found.mean(found.extent)).max() / size, 0.1, kind="at most"
    )
    yield Check("nothing happens: inactive share", found.inactive_share(3.0), 0.99, kind="at least")
