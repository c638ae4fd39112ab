"""Sums in float64 whose order no device changes: lanes add what is theirs, and their sums are added here."""

import warp as wp

LANES = 1024  # of a plane, or of one of BLOCKS parts of a vector
BLOCKS = 64
LAST = 32  # sums of a row of lanes that come back

wp.set_module_options({"enable_backward": False})


def lanes(rows, device):
    """Return room for the sums of rows of lanes."""
    return wp.empty((rows, LANES), dtype=wp.float64, device=device)


def last_sums(rows, device):
    """Return room for the sums of rows of lanes that are left."""
    return wp.empty((rows, LAST), dtype=wp.float64, device=device)


def folded(sums, out):
    """Add the lanes of each row up to fewer."""
    wp.launch(_fold, out.shape, [sums, out], device=sums.device)


def added(sums):
    """Return the sum of each row of lanes, as a NumPy array."""
    out = last_sums(sums.shape[0], sums.device)
    folded(sums, out)
    return out.numpy().sum(axis=1)


@wp.kernel
def _fold(sums: wp.array2d(dtype=wp.float64), out: wp.array2d(dtype=wp.float64)):
    row, first = wp.tid()
    total = wp.float64(0.0)
    for lane in range(first, sums.shape[1], out.shape[1]):
        total += sums[row, lane]
    out[row, first] = total
