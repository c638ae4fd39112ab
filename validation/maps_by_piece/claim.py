"""Maps of lithium come back by particle as they were made, under noise three times what varies within: means
within their sigma, spreads between and within without the noise's share.

125 balls on a lattice, each with a mean of its own (standard deviation 0.05) and voxels that differ by 0.03
about it; noise of 0.1 on every voxel. The map is given on the volume's voxels, and on voxels twice as large.
"""

import numpy as np

from microsim.jobs.evenness import evenness
from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid

N, PITCH, H = 5, 12, 1e-7
BETWEEN, WITHIN, NOISE = 0.05, 0.03, 0.1


def checks(data):
    rng = np.random.default_rng(0)
    own = _balls(rng)
    means = 0.5 + BETWEEN * rng.standard_normal(own.max() + 1)
    inside = own > 0
    true = np.where(inside, means[own] + WITHIN * rng.standard_normal(own.shape), np.nan)
    grid = VoxelGrid(inside.astype(np.uint8), ("pore", "am"), H)
    size = np.bincount(own[inside])[1:]
    real = np.bincount(own[inside], true[inside])[1:] / size
    middle = np.average(real, weights=size)
    between = np.sqrt(np.average((real - middle) ** 2, weights=size))
    found = evenness(grid, [true + NOISE * rng.standard_normal(true.shape)], sigma=[NOISE])
    state = found.states[0]["particles"]
    yield Check("particles", state["count"], N**3, 0, "absolute", source="drawn")
    yield Check("spread between them", state["std_between"], between, 0.05, source="drawn")
    yield Check("spread within", state["std_within"], WITHIN, 0.1, source="drawn")
    yield Check(
        "spread within, noise left in", state["std_within_raw"], NOISE, kind="at least", source="noise"
    )
    mean, sigma = (np.array(found.columns["particles"][key][0]) for key in ("mean", "sigma"))
    off = (mean - _truth(grid, found, own, real)) / sigma
    yield Check("rms of the means' errors over their sigma", np.sqrt(np.mean(off**2)), 1.0, 0.2, source="1")
    yield from _coarse(grid, true, state["mean"])


def _balls(rng):
    """Number of the ball that each voxel lies in."""
    own = np.zeros((N * PITCH,) * 3, int)
    place = np.indices(own.shape)
    for number, corner in enumerate(np.ndindex(N, N, N), 1):
        centre = (np.array(corner) + 0.5) * PITCH - 0.5
        away = ((place - centre[:, None, None, None]) ** 2).sum(0)
        own[away < rng.uniform(3.6, 5.2) ** 2] = number
    return own


def _truth(grid, found, own, real):
    """True mean of each particle that was found, by where it lies: both are numbered by their first voxel."""
    _, first = np.unique(own[own > 0], return_index=True)
    return real[np.argsort(first)]


def _coarse(grid, true, mean):
    blocks = true.reshape(30, 2, 30, 2, 30, 2)
    known = np.isfinite(blocks).sum((1, 3, 5))
    total = np.nansum(blocks, axis=(1, 3, 5))
    coarse = np.divide(total, known, out=np.full(known.shape, np.nan), where=known > 0)
    found = evenness(grid, [coarse], sigma=[0.001], map_voxel_size=2 * H).states[0]
    what = "mean of the same map on voxels twice as large"
    yield Check(what, found["mean"], mean, 0.01, source="on the volume's voxels")
