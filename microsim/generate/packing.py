"""Pack spheres of many sizes into a box by pushing overlapping ones apart.

Relaxation amplifies the last bit. Only + - * / and square roots, in a fixed order, act on the positions, so
that the same seed packs the same way everywhere.
"""

import numpy as np


def lognormal_radii(rng, volume, median, spread, smallest, largest):
    """Draw radii from a truncated lognormal distribution until the spheres fill `volume` exactly.

    median, smallest, largest  radii, m; spread: standard deviation of ln r; volume: m3

    Returns radii in falling order, m. The last step scales all of them alike, by a fraction of one sphere, so
    that the limits may be passed a little.
    """
    from scipy.special import ndtr, ndtri

    bounds = [ndtr(np.log(limit / median) / spread) if spread else 0.5 for limit in (smallest, largest)]
    radii, filled = [], 0.0
    while filled < volume:
        deviation = ndtri(bounds[0] + (bounds[1] - bounds[0]) * rng.random())
        # rounded, because the last bit of an exponential differs between machines
        radii.append(float(f"{median * np.exp(spread * deviation):.9e}"))
        filled += 4 / 3 * np.pi * radii[-1] ** 3
    scale = float(f"{np.cbrt(volume / filled):.9e}")
    return np.sort(np.array(radii))[::-1] * scale


def pack_spheres(
    rng,
    radii,
    box,
    protrusion=0.2,
    steps=3000,
    tolerance=1e-3,
    progress=None,
    *,
    zones=None,
    depth=None,
    push=None,
):
    """Place spheres in a box, periodic in y and z, so that they hardly overlap.

    Each pair that overlaps is pushed apart along the line of its centres by half the overlap each, again
    and again from random positions (relaxation of soft spheres). Towards x = 0 and x = Lx a sphere may
    stick out by `protrusion` of its radius; at either end at least one does.

    radii  [n], m; box: (Lx, Ly, Lz), m; tolerance: largest overlap allowed, in radii of the smaller sphere
    zones  (start, end) along x that each sphere belongs to, m, [n] each; default: the box
    depth  function from even random numbers to where spheres start between their limits, 0 to 1
    push   as for `relax`

    Returns centres [n, 3], m, and the largest overlap left, in radii of the smaller sphere.
    """
    box = np.asarray(box, dtype=float)
    low, high = (1 - protrusion) * radii, box[0] - (1 - protrusion) * radii
    floor, ceiling = (low, high) if zones is None else _within(zones, radii, low, high)
    centres = rng.random((radii.size, 3)) * box
    even = rng.random(radii.size)
    centres[:, 0] = floor + (ceiling - floor) * (even if depth is None else depth(even))
    limits = {"floor": floor, "ceiling": ceiling, "steps": steps, "tolerance": tolerance}
    centres, worst = relax(centres, radii, box, **limits, push=push, progress=progress)
    centres[:, 0] = _stretched(centres[:, 0], low, high)
    return centres, worst


def _within(zones, radii, low, high):
    """Lowest and highest x of spheres that stay in their zones; half a radius may stick out into the next."""
    start, end = zones
    return np.maximum(start + 0.5 * radii, low), np.minimum(end - 0.5 * radii, high)


def relax(centres, radii, box, *, floor, ceiling, steps, tolerance, push=None, progress=None):
    """Push overlapping spheres apart until they hardly overlap; their x stays from floor to ceiling [n].

    push: function from centres [n, 3] to a step of each, applied after each round, or None

    Returns centres and the largest overlap left, in radii of the smaller sphere.
    """
    for step in range(steps):
        first, second, apart, overlap = overlapping_pairs(centres, radii, box)
        worst = float(np.max(overlap / np.minimum(radii[first], radii[second]), initial=0.0))
        if progress and step % 50 == 0:
            progress(
                step,
                steps,
                f"packing {radii.size} particles, largest overlap {100 * worst:.1f} % of a radius",
            )
        if worst <= tolerance:
            break
        for axis in range(3):
            moved = 0.5 * overlap * apart[axis]
            centres[:, axis] += np.bincount(second, moved, radii.size) - np.bincount(first, moved, radii.size)
        if push is not None:
            centres += push(centres)
        centres[:, 0] = np.minimum(np.maximum(centres[:, 0], floor), ceiling)
        centres[:, 1:] -= box[1:] * np.floor(centres[:, 1:] / box[1:])
    return centres, worst


def _stretched(x, low, high):
    """Spread the spheres along x until one touches either limit; no two come closer."""
    first, last = np.argmin(x - low), np.argmin(high - x)
    span = x[last] - x[first]
    if span <= 0:
        return x
    share = np.minimum(np.maximum((x - x[first]) / span, 0), 1)
    return x - (1 - share) * (x[first] - low[first]) + share * (high[last] - x[last])


def overlapping_pairs(centres, radii, box):
    """Find the pairs of spheres that overlap, across the periodic sides y and z too.

    Returns (first, second, unit vector from first to second [3, pairs], overlap [pairs], m), in order.
    """
    reach = 2 * radii.max()
    inside = np.where(centres < box, centres, 0.0)  # rounding may leave a centre exactly on a far side
    # the tree takes x as periodic too; `overlap` then leaves out what meets only across x
    from scipy.spatial import cKDTree

    pairs = cKDTree(inside, boxsize=box).query_pairs(reach, output_type="ndarray")
    first, second = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].T
    apart = (inside[second] - inside[first]).T
    apart[1:] -= box[1:, None] * np.rint(apart[1:] / box[1:, None])
    distance = np.sqrt(apart[0] * apart[0] + apart[1] * apart[1] + apart[2] * apart[2])
    overlap = radii[first] + radii[second] - distance
    keep = overlap > 0
    first, second, apart, distance = first[keep], second[keep], apart[:, keep], distance[keep]
    # two centres on the same spot have no direction: push along x
    apart = np.where(
        distance > 0, apart / np.where(distance > 0, distance, 1), np.array([[1.0], [0.0], [0.0]])
    )
    return first, second, apart, overlap[keep]
