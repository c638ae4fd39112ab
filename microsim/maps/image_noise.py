"""The noise of three images, from how their ratio scatters between neighbouring voxels.

A spectrum of three energies has nothing left to see its noise by. Neighbours of one state have: with
A = mu_edge - mu_pre, J = mu_post - mu_pre and weights w of a first (1, -1) or second difference (1, -2, 1)
along an axis,

    d = sum_k w_k (A_k - m J_k),   m = sum_k |w_k| A_k / sum_k |w_k| J_k
    var d = s^2 sum_k w_k^2 [1 + (1 - m)^2 + m^2]         s: noise of an image, taken alike in all three

whatever their thickness. States that vary make d larger: the spread is that of the middle of its
distribution, without what lies beyond CUT of it, and the least of all axes and differences counts. Noise that
neighbours share makes d smaller, and is not seen.
"""

import numpy as np

from .filed_stack import AT_ONCE, FiledStack
from .independence import some_slabs

DIFFERENCES = ((1.0, -1.0), (1.0, -2.0, 1.0))
MOST = 4_000_000  # voxels that are looked at, in slabs all over a volume
FEWEST = 100  # differences that say how noisy images are, to 10 %
THIN = 0.3  # of the highest tenth's edge jump: voxels below have no ratio
NONE = 1e-6  # of the edge jump: a smaller spread is that of rounding, or of values that fill several voxels
CUT, KEPT = 3.0, 0.98658  # standard deviations; that of a normal distribution without what lies beyond
NORMAL = 1.4826  # standard deviation over the median deviation
ROUNDS = 20


def noise_of_images(images, known):
    """Return the standard deviation of the absorption in each of three images, None where it is not to be
    had.

    images: [3, x, y, z] or FiledStack; known: voxels with an edge, bool [x, y, z].
    """
    found, jumps = {}, []
    for part in some_slabs(known.shape, MOST, AT_ONCE, 3):
        rows = _read(images, part)
        jump = rows[2] - rows[0]
        inside = known[part] & np.isfinite(rows).all(axis=0)
        if not inside.any():
            continue
        inside &= jump > THIN * np.quantile(jump[inside], 0.9)
        jumps.append(np.median(jump[inside]))
        for key, d in _differences(rows[1] - rows[0], jump, inside):
            found.setdefault(key, []).append(d)
    spreads = [_spread(d) for d in map(np.concatenate, found.values()) if d.size >= FEWEST]
    least = min(spreads, default=0.0)
    return float(least) if jumps and least > NONE * np.median(jumps) else None


def noise_remark(measured, seen):
    """Return sentences on the noise of three images that came without one; () of other maps.

    measured: Measured; seen: of noise_of_images, None where it was not asked for or not to be had.
    """
    if measured.sigma is None:
        said = "No uncertainty is stated: three images do not show the noise of a spectrum, and neighbouring"
        said += " voxels are too few or too alike to show it; give --noise or --flat."
    elif seen is not None:
        said = f"The noise of the absorption, {seen:.3g}, is that by which neighbouring voxels scatter: noise"
        said += " that they share, of a blurred detector or of images that were interpolated or aligned, is"
        said += " not in it and makes sigma too small; give --noise or --flat."
    else:
        return ()
    return (said,)


def _read(images, part):
    array = images.array if isinstance(images, FiledStack) else images
    return np.asarray(array[:, part], float)


def _differences(rise, jump, inside):
    """Yield ((axis, number of weights), normalised differences) of voxels that are all inside."""
    for axis, n in enumerate(jump.shape):
        for weights in DIFFERENCES:
            if n < len(weights):
                continue
            at = [
                tuple(slice(k, n - len(weights) + 1 + k) if a == axis else slice(None) for a in range(3))
                for k in range(len(weights))
            ]
            whole = np.logical_and.reduce([inside[k] for k in at])
            a, j = ([part[k][whole] for k in at] for part in (rise, jump))
            of = [sum(abs(w) * one for w, one in zip(weights, part)) for part in (a, j)]
            m = of[0] / of[1]
            d = sum(w * (one - m * other) for w, one, other in zip(weights, a, j))
            yield (axis, len(weights)), d / np.sqrt(np.square(weights).sum() * (1 + (1 - m) ** 2 + m**2))


def _spread(values):
    """Standard deviation of the middle of a distribution, whatever lies outside it."""
    values = values - np.median(values)
    spread = NORMAL * np.median(np.abs(values))
    for _ in range(ROUNDS):
        near = values[np.abs(values) <= CUT * spread]
        before, spread = spread, np.sqrt(np.mean(near**2)) / KEPT if near.size else 0.0
        if abs(spread - before) <= 1e-4 * spread:
            break
    return spread
