"""Do the numbers of a map look like lithiation? What per cent, energies, fill values and backgrounds show."""

import numpy as np

from ..base.errors import InputError

PLAUSIBLE = (-0.2, 2.0)  # the middle of a map of lithiation, as a share or per formula unit, under its noise
FAR = 20.0  # no noise takes a voxel of such a map so far
LARGEST = 1e30  # of any quantity; fill values of file formats lie beyond
NORMAL = 1.4826  # standard deviations of a normal distribution in a median absolute deviation
STRAY = 6.0  # standard deviations beyond lithium from none to full that hardly any noise takes a voxel
EMPTY, FULL = -0.1, 1.3  # of a share or per formula unit, of any set of materials
OFTEN = 20  # times as often as half of the values
BACKGROUND = 0.01  # share of voxels of exactly one value from which that is worth a sentence


def is_lithiation(values):
    """Return whether the median of values is one of lithiation."""
    return bool(PLAUSIBLE[0] <= np.median(values) <= PLAUSIBLE[1])


def check_one_scale(ours, theirs, of="the simulated map"):
    """Refuse compared values of two scales, such as shares and per cent, and fill values among them.

    ours, theirs: simulated and measured values, [voxels]; of: what the first are of. Raises InputError.
    """
    if is_lithiation(ours) != is_lithiation(theirs):
        raise InputError(
            f"expected both maps in one quantity, got a median of {np.median(ours):.4g} in {of} and "
            f"{np.median(theirs):.4g} in the measured one; divide per cent by 100, or calibrate the map."
        )
    for values, name in ((ours, of), (theirs, "the measured map")):
        check_no_fill(values, name)


def check_no_fill(values, name):
    """Refuse values that no voxel has, where the others are lithiation: -9999, 1e36, per cent in a few.

    values: [voxels], finite; name: of the map. Raises InputError.
    """
    far = np.abs(values) > (FAR if is_lithiation(values) else LARGEST)
    if far.any():
        raise InputError(
            f"expected values of one quantity, got {values[far][0]:.4g} in {np.count_nonzero(far)} of "
            f"{values.size} voxels of {name}; mark voxels without a value as NaN, or mask them."
        )


def other_quantity(ours, theirs):
    """Return a sentence where compared values are of one scale, but none of lithiation; "" elsewhere."""
    if is_lithiation(theirs):
        return ""
    return (
        f"Both maps are about {np.median(ours):.4g} and {np.median(theirs):.4g}, which is no lithiation:"
        " scores are those of the numbers as they are, sigma in the same unit."
    )


def strays(values, sigma, of):
    """Return a sentence where single values are no lithiation and no noise either, as hot pixels are; ""
    elsewhere.

    values, sigma: [voxels], sigma a number or of each, or None: then what the values scatter bounds it; of:
    the voxels, in words.
    """
    if not is_lithiation(values):
        return ""
    if sigma is None:
        sigma = NORMAL * np.median(np.abs(values - np.median(values)))
    beyond = np.maximum(EMPTY - values, values - FULL)
    far = beyond > STRAY * np.broadcast_to(sigma, values.shape)
    if not far.any():
        return ""
    worst = values[far][np.argmax(beyond[far])]
    return (
        f"{np.count_nonzero(far)} of {values.size} {of} are no lithiation, up to {worst:.3g}, and further off"
        f" than {STRAY:g} sigma of noise: mask them where they are hot or dead pixels."
    )


def background(values, of="the compared measured voxels", *, any_value=True):
    """Return a sentence where many measured values are exactly 0 or -1, as a background is, or another one
    that stands out, as what is filled in or cut off does; "" elsewhere.

    of: what the values are, in words; any_value: whether others than 0 and -1 count, as of a run they do
    not."""
    shares = {mark: np.count_nonzero(values == mark) / values.size for mark in (0, -1)}
    mark = max(shares, key=shares.get)
    if not BACKGROUND <= shares[mark] < 1:
        return _filled(values, of) if any_value else ""
    return (
        f"{100 * shares[mark]:.0f} % of {of} are exactly {mark}: if that is background, mark it as NaN or"
        " mask it."
    )


def _filled(values, of):
    """A sentence on a value that comes OFTEN times as often as others do: of rounded values, and of those
    that fill several voxels, all come again."""
    found, counts = np.unique(values, return_counts=True)
    most, share = int(counts.argmax()), counts.max() / values.size
    if not BACKGROUND <= share < 1 or counts.max() < OFTEN * np.median(counts):
        return ""
    return (
        f"{100 * share:.0f} % of {of} are exactly {found[most]:.4g}: if that was filled in or cut off there,"
        " mark it as NaN or mask it."
    )


def shared_background(maps):
    """Return the value, share and number of the map of what may be a background, None where nothing may.

    maps: of successive states, all [x, y, z] of one shape. A value that is exactly 0 or -1 in a map, or the
    same in all of them (its number is then None): lithium of a sample is never so. Shares of the voxels with
    a value.
    """
    for number, values in enumerate(maps):
        known = values[np.isfinite(values)]
        for mark in (0.0, -1.0):
            share = np.count_nonzero(known == mark) / max(known.size, 1)
            if BACKGROUND <= share < 1:
                return mark, share, number
    if len({values.shape for values in maps}) > 1 or len(maps) < 2:
        return None
    first = maps[0]
    same = np.all([values == first for values in maps[1:]], axis=0)
    share = np.count_nonzero(same) / max(np.count_nonzero(np.isfinite(first)), 1)
    if not BACKGROUND <= share < 1:
        return None
    found, counts = np.unique(first[same], return_counts=True)
    return (float(found[counts.argmax()]), share, None) if counts.max() > counts.sum() / 2 else None


def check_decimals(values, name):
    """Refuse labels in place of a map: whole numbers, and more than one."""
    known = values[np.isfinite(values)]
    if known.size and known.min() < known.max() and (known == np.rint(known)).all():
        raise InputError(
            f"expected a map of numbers with decimals, got whole numbers in {name}, as labels are; name a "
            "map (per cent in whole numbers divided by 100)."
        )
