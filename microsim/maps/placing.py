"""Where a map lies in a volume: axes in another order, voxels beside it, how much of it the map covers.

A wrong voxel size, a wrong corner and swapped axes leave a map that still overlaps the volume, and numbers of
that overlap. The boxes of both tell.
"""

from itertools import permutations

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError

BESIDE = 0.01  # share of the voxels with a value that may lie beside the volume without a word
FULL = 0.7  # of its own box: a map that fills more shows a field of view, one that fills less its material
LIES = 0.5  # of the way from chance to all of its voxels on material, below which a map may lie wrong
SMALL = 0.5  # share of the volume below which a map is said to cover a part


def check_order(theirs, ours):
    """Refuse a map whose box is that of a volume with the axes in another order, and not as they are.

    theirs: SocMap; ours: SocMap of the volume, of which only the grid counts. Raises InputError.
    """
    if 1 in theirs.values.shape or any(np.subtract(theirs.origin, ours.origin)):
        return
    size, box = ([end - first for first, end in one.span] for one in (theirs, ours))

    def fits(order):
        return all(abs(size[a] - whole) < theirs.voxel_size[a] for a, whole in zip(order, box, strict=True))

    beyond = any(a > b + h for a, b, h in zip(size, box, theirs.voxel_size, strict=True))
    orders = sorted(filter(fits, permutations(range(3))), reverse=True)  # zyx first, the usual one
    if beyond and orders:
        named = " or ".join("".join(AXES[order.index(a)] for a in range(3)) for order in orders)
        um = [" x ".join(f"{1e6 * length:.4g}" for length in one) for one in (box, size)]
        raise InputError(
            f"expected a map in the volume, {um[0]} um, got one of {um[1]} um, which is its box with the axes"
            f" in another order; name the axes of the map's file, {named} in place of xyz would fit."
        )


def placed(theirs, ours):
    """Tell in sentences where a map lies beside a volume, and where it covers less than half of it.

    theirs: SocMap with its values; ours: SocMap of the volume, of which only the grid counts.
    """
    known, told = np.isfinite(theirs.values), []
    inside = np.ones(known.shape, bool)
    covered = 1.0
    for axis, ((first, end), (low, high)) in enumerate(zip(ours.span, theirs.span, strict=True)):
        h, n = theirs.voxel_size[axis], known.shape[axis]
        if n == 1:  # a section, or the beam of a projection
            continue
        middle = theirs.origin[axis] + h * (np.arange(n) + 0.5)
        shape = [n if a == axis else 1 for a in range(3)]
        inside &= ((middle > first) & (middle < end)).reshape(shape)
        covered *= max(min(end, high) - max(first, low), 0.0) / (end - first)
    beside = np.count_nonzero(known & ~inside) / max(np.count_nonzero(known), 1)
    if beside > BESIDE:
        told.append(
            f"{100 * beside:.0f} % of the measured voxels lie beside the simulated volume and are left out:"
            " check the map's voxel size, corner and axes."
        )
    if covered < SMALL:
        told.append(
            f"The measured map covers {100 * covered:.2g} % of the simulated volume: if it should cover all,"
            " check its voxel size."
        )
    return told


def lies_on(measured, simulated, of="the simulated map"):
    """Tell in a list of sentences where a map with its own material lies on that of the simulated one hardly
    more often than by chance.

    measured, simulated: [x, y, z] on the measured grid, NaN where a map has no value; of: the second, in
    words.
    """
    theirs, ours = np.isfinite(measured), np.isfinite(simulated)
    if 1 in theirs.shape or not theirs.any():
        return []
    box = tuple(slice(at.min(), at.max() + 1) for at in np.nonzero(theirs))
    chance, shared = ours[box].mean(), ours[theirs].mean()
    if theirs[box].mean() > FULL or chance == 1 or (shared - chance) / (1 - chance) >= LIES:
        return []
    share = f"{shared:.0%} of the measured voxels lie on material of {of}, where {chance:.0%} would"
    return [f"{share} by chance: is the map shifted, turned or mirrored against it?"]
