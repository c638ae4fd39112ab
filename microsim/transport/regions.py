"""Where in the volume, and how much of it: transport in slabs through the thickness, and in sub-volumes by
size.

D_directional = D eps / tau        (through-plane along x, in-plane along y and z)
z std(V) / mean = relative error   at the volume V that is representative; std ~ V^(-1 / 2)
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtri, stdtrit

from ..base.axes import AXES
from ..base.errors import InputError
from ..base.schema import say
from .tortuosity import check_transport, solve_tortuosity

FEWEST = 3  # values of which an interval is told: t of two is 12.7 standard deviations


@dataclass(frozen=True)
class Region:
    """A slab from start to end (m along x), eps (fraction of the conducting phases); tau and D_eff_over_D0
    along x, y, z (tau None, D 0 where nothing percolates); tau_in_plane, D_in_plane: of the mean of D along y
    and z."""

    start: float
    end: float
    eps: float
    tau: dict
    D_eff_over_D0: dict
    tau_in_plane: float | None
    D_in_plane: float


@dataclass(frozen=True)
class Estimate:
    """Mean, standard deviation (n - 1) and confidence interval of the mean (Student's t, within the
    quantity's bounds) of n values; None where n is too small: an interval is of FEWEST and more."""

    n: int
    mean: float | None
    std: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SizeResult:
    """Sub-volumes of one size: voxels along each edge, edge (m, geometric mean), count; percolating: how
    many; spreads of eps and of D_eff_over_D0 over all of them (D 0 where nothing percolates), of tau over
    those that percolate; origins (voxels [count, 3])."""

    voxels: int
    edge: float
    count: int
    percolating: int
    eps: Estimate
    tau: Estimate
    D_eff_over_D0: Estimate
    origins: tuple


@dataclass(frozen=True)
class Representative:
    """Results by size, and the edge (m) of the cube whose single value lies within the relative error of the
    mean with the given confidence: {"eps", "tau", "D_eff_over_D0"}, None without a spread of FEWEST.
    exponent: b of std / mean ~ V^(-b / 2) through all sizes, None for one; far from 1, the sizes are too
    small for the edge to be trusted."""

    sizes: tuple
    edge: dict
    exponent: dict
    relative_error: float
    confidence: float


def analyse_regions(
    grid, conducting, *, edges=None, count=None, sides="no-flux", tolerance=1e-3, progress=None
):
    """Compute eps and tau, through and in the plane, of slabs along x.

    grid        VoxelGrid
    conducting  {phase: conductivity relative to D0, one number or three for x, y, z}
    edges       ends of the slabs along x, m, moved to the nearest voxel face; or
    count       number of slabs, as equal as voxels allow
    sides, tolerance  as for transport.tortuosity.solve_tortuosity

    Returns a tuple of Region, from the separator on. Raises InputError, NotConverged.
    Source: Huang et al., Adv. Sci. (2022), doi 10.1002/advs.202105723, eq. 4 and Table 1 (three regions).
    """
    check_transport(conducting, tolerance, sides)
    lines, found = _slabs(grid, edges, count), []
    for number, (first, end) in enumerate(pairwise(lines)):
        slab = grid.crop({"x": (first, end)})
        results = []
        for axis, name in enumerate(AXES):
            if progress:
                progress(3 * number + axis, 3 * (len(lines) - 1), f"region {number + 1}, along {name}")
            results.append(solve_tortuosity(slab, conducting, axis, sides=sides, tolerance=tolerance))
        found.append(_region(slab, conducting, results, first * grid.voxel_size[0]))
    if progress:
        progress(3 * len(found), 3 * len(found), "regions")
    return tuple(found)


def _region(slab, conducting, results, start):
    D = dict(zip(AXES, (result.D_eff_over_D0 for result in results)))
    mean = sum(slab.fraction(name) * _in_plane(value) for name, value in conducting.items())
    in_plane = (D["y"] + D["z"]) / 2
    return Region(
        start,
        start + slab.shape[0] * slab.voxel_size[0],
        results[0].eps,
        dict(zip(AXES, (result.tau for result in results))),
        D,
        mean / in_plane if in_plane else None,
        in_plane,
    )


def _in_plane(conductivity):
    """Mean over y and z of one conductivity or of three (x, y, z)."""
    return conductivity if np.ndim(conductivity) == 0 else (conductivity[1] + conductivity[2]) / 2


def _slabs(grid, edges, count):
    """Voxel faces along x that bound the slabs."""
    n, h = grid.shape[0], grid.voxel_size[0]
    if (edges is None) == (count is None):
        raise InputError(
            "expected either edges or a count of regions, got both or none; give one of the two."
        )
    if count is not None:
        if not 1 <= count <= n:
            raise InputError(
                f"expected 1 to {n} regions along x, one voxel each at least, got {count}; correct it."
            )
        return [round(k * n / count) for k in range(count + 1)]
    lines = [round(float(edge) / h) for edge in edges]
    if len(lines) < 2 or lines[0] < 0 or lines[-1] > n or any(a >= b for a, b in pairwise(lines)):
        raise InputError(
            f"expected two or more rising edges between 0 and {n * h * 1e6:g} um, a voxel of {h * 1e6:g} um"
            f" apart at least, got {say([float(f'{edge * 1e6:g}') for edge in edges])} um; correct them."
        )
    return lines


def analyse_sizes(
    grid,
    conducting,
    sizes,
    *,
    count=8,
    axis=0,
    positions="tiles",
    seed=0,
    confidence=0.95,
    relative_error=0.05,
    sides="no-flux",
    tolerance=1e-3,
    progress=None,
):
    """Compute eps and tau of sub-volumes of several sizes, and the size that represents the whole.

    sizes      voxels along the edge of the sub-volumes, several
    count      how many of each size; fewer where no more tiles fit
    positions  "tiles": without overlap, drawn from a tiling; "random": anywhere
    seed       of the draw
    relative_error, confidence  what is asked of one sub-volume: z std <= relative_error mean

    Returns Representative. The spread over `count` sub-volumes is itself uncertain by about 1 / sqrt(2 count
    - 2); the edge starts from that of the largest size and takes it to fall as V^(-1/2), which holds for
    sub-volumes larger than the correlations reach (Kanit et al., Int. J. Solids Struct. 40 (2003) 3647).
    """
    check_transport(conducting, tolerance, sides)
    sizes = _check_sizes(grid, sizes, count, positions, confidence, relative_error)
    rng, results = np.random.default_rng(seed), []
    most = float(np.max([np.max(value) for value in conducting.values()]))
    places = [_places(grid.shape, size, count, positions, rng) for size in sizes]
    tell, done = progress or (lambda *_: None), 0.0
    work = float(sum(len(origins) * size**3 for size, origins in zip(sizes, places)))
    for size, origins in zip(sizes, places):
        values = []
        for number, origin in enumerate(origins):
            tell(done, work, f"{size} voxels, {number + 1} of {len(origins)}")
            part = grid.crop({name: (int(first), int(first) + size) for name, first in zip(AXES, origin)})
            values.append(solve_tortuosity(part, conducting, axis, sides=sides, tolerance=tolerance))
            done += size**3
        results.append(_size_result(grid, size, origins, values, confidence, most))
    tell(work, work, "sub-volumes")
    fits = {
        name: _representative_edge(results, name, confidence, relative_error)
        for name in ("eps", "tau", "D_eff_over_D0")
    }
    return Representative(
        tuple(results),
        {name: fit[0] for name, fit in fits.items()},
        {name: fit[1] for name, fit in fits.items()},
        relative_error,
        confidence,
    )


def estimate(values, confidence=0.95, bounds=(-np.inf, np.inf)):
    """Summarise values: mean, standard deviation, confidence interval mean -+ t std / sqrt(n).

    bounds: what the quantity cannot leave; the interval is cut there.
    """
    values, n = np.asarray(values, dtype=float), len(values)
    if n == 0:
        return Estimate(0, None, None, None, None)
    mean = float(values.mean())
    std = float(values.std(ddof=1)) if n > 1 else None
    if n < FEWEST:
        return Estimate(n, mean, std, None, None)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * std / np.sqrt(n)
    low, high = min(bounds[0], mean), max(bounds[1], mean)  # a mean is beyond by the solver's tolerance
    return Estimate(n, mean, std, float(max(mean - half, low)), float(min(mean + half, high)))


def _size_result(grid, size, origins, values, confidence, most):
    there = [value.tau for value in values if value.tau is not None]
    return SizeResult(
        size,
        float(size * grid.voxel_volume ** (1 / 3)),
        len(values),
        len(there),
        estimate([value.eps for value in values], confidence, (0.0, 1.0)),
        estimate(there, confidence, (1.0, np.inf)),
        estimate([value.D_eff_over_D0 for value in values], confidence, (0.0, most)),
        tuple(tuple(int(first) for first in origin) for origin in origins),
    )


def _places(shape, size, count, positions, rng):
    """Draw the corners of sub-volumes: [n, 3]."""
    if positions == "random":
        return np.stack([rng.integers(0, n - size + 1, count) for n in shape], axis=1)
    tiles = [n // size for n in shape]
    margin = np.array([(n - size * tile) // 2 for n, tile in zip(shape, tiles)])
    corners = np.indices(tiles).reshape(3, -1).T * size + margin
    return corners[rng.permutation(len(corners))[:count]]


def _representative_edge(results, name, confidence, relative_error):
    """Edge of the representative cube, from the largest size that has a spread; and the exponent b through
    all sizes."""
    spreads = [(result.edge, getattr(result, name)) for result in results]
    known = [(edge, s.std / abs(s.mean)) for edge, s in spreads if s.std and s.mean and s.n >= FEWEST]
    if not known:
        return None, None
    edge, relative = np.array(known).T
    z = float(ndtri(0.5 + confidence / 2))
    b = -2 / 3 * float(np.polyfit(np.log(edge), np.log(relative), 1)[0]) if len(known) > 1 else None
    return float(edge[-1] * (z * relative[-1] / relative_error) ** (2 / 3)), b


def _check_sizes(grid, sizes, count, positions, confidence, relative_error):
    sizes = sorted({int(size) for size in sizes})
    if not sizes or sizes[0] < 2 or sizes[-1] > min(grid.shape):
        raise InputError(
            f"expected sizes from 2 to {min(grid.shape)} voxels, which fit the volume, got "
            f"{', '.join(map(str, sizes)) or 'none'}; correct them."
        )
    if count < 1:
        raise InputError(f"expected 1 or more sub-volumes a size, got {count}; correct it.")
    if positions not in ("tiles", "random"):
        raise InputError(f"expected positions tiles or random, got {positions!r}; choose one of the two.")
    if not 0 < confidence < 1 or not relative_error > 0:
        raise InputError(
            f"expected a confidence between 0 and 1 and a relative error above 0, got {confidence} and "
            f"{relative_error}; 0.95 and 0.05 are the defaults."
        )
    return sizes
