"""Shares of phases in voxels, beside the labels: taken, checked, and asked for."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from ..base.masked import all_known

AGREE = 0.8  # of a phase's sure voxels are so by labels and shares; fewer are of no one image
ALIKE = 0.95  # of them below which a shift is worth a sentence: one voxel of particles of some twenty
APART = 0.1  # of a phase's fraction by labels, by which that by shares may differ without a word
WITHIN = 0.1  # by which shares in the middle of phases may be off all or nothing; more is another scale
NOISE = 0.01  # of the same that is worth a sentence: transport is off by some times as much
WHY = (
    "noise or a probability in them shifts transport by some times as much; segment --shares takes them"
    " from an image without it."
)
ENOUGH = 100  # voxels whose mean tells


def with_shares(grid, shares):
    """Add the shares of phases to a VoxelGrid.

    grid    VoxelGrid
    shares  {name: array [x, y, z]}: floats 0 to 1, or unsigned whole numbers whose largest (255, 65535) is
            all of the voxel

    Returns a VoxelGrid. Raises InputError where an array cannot be a share, or not that of the phase, and for
    a grid with draws, whose shares would be others.
    """
    if grid.draws:
        raise InputError("expected draws of a volume or shares in its voxels, got both; leave one out.")
    shares = {name: all_known(share, f"shares of {name}") for name, share in shares.items()}
    held = {name: _eight_bits(share, name, grid) for name, share in shares.items()}
    notes = [note for name in held for note in _check_labels(held[name], name, grid)]
    notes += [note for name in held if shares[name].dtype != bool for note in _noise(held[name], name, grid)]
    total = sum(share.astype(np.uint16) for share in held.values())
    if held and int(total.max()) > 255 + len(held):
        raise InputError(
            f"expected shares of {', '.join(held)} that add up to at most 1, got {total.max() / 255:.2f} in "
            "a voxel; normalise them."
        )
    grid = replace(grid, shares=held or None)
    for note in notes:
        grid = grid.with_note(note)
    for name, share in held.items():
        mean, labels = float(share.mean()) / 255, grid.fraction(name)
        if abs(mean - labels) > APART * labels:
            grid = grid.with_note(
                f"the shares of {name} add up to {mean:.3g} of the volume and its labels to {labels:.3g}: are"
                " the shares on the scale 0 to 1, or up to 255, and of this image?"
            )
    return grid


def coarsened(grid, factor, names=None):
    """Merge factor^3 voxels into one, with the share of each named phase in it: that of the shares of the
    fine grid, or where it has none of its labels. Without names labels alone, by majority.

    Returns a VoxelGrid. Raises InputError where VoxelGrid.coarsen does, and for draws with names.
    """
    if names and not grid.shares:
        grid = with_shares(grid, {name: grid.mask(name) for name in names})
    return grid.coarsen(factor)


def share_of(grid, names):
    """Return the summed share of phases in each voxel, float32 [x, y, z].

    Of one phase without shares it is what the others leave. Raises InputError where shares are missing.
    """
    held = grid.shares or {}
    absent = [name for name in grid.names if name not in held]
    if all(name in held for name in names):
        return _sum(held, names, grid.shape)
    if held and set(absent) <= set(names):
        return 1 - _sum(held, [name for name in held if name not in names], grid.shape)
    raise InputError(
        f"expected the shares of {', '.join(names)} in each voxel, got those of "
        f"{', '.join(held) or 'nothing'}; add --shares {names[0]}=FILE (shares of read_volume in Python)."
    )


def _sum(held, names, shape):
    total = sum((held[name] for name in names), np.zeros(shape, np.float32))
    return np.minimum(total / np.float32(255), 1)


def _eight_bits(share, name, grid):
    """Return shares as uint8, 255 for all of a voxel."""
    grid.code(name)
    if share.shape != grid.shape:
        raise InputError(
            f"expected shares of {name} for the volume's {grid.shape} voxels, got {share.shape}; give the "
            "image that the labels were made of."
        )
    if share.dtype.kind == "u":
        largest = np.iinfo(share.dtype).max
    elif share.dtype.kind in "bf":
        largest = 1.0
    else:
        raise InputError(
            f"expected shares of {name} as unsigned whole numbers or as 0 to 1, got {share.dtype}; convert "
            "them."
        )
    low, high = float(share.min()), float(share.max())
    if not (low >= 0 and high <= largest):
        raise InputError(
            f"expected shares of {name} from 0 to {largest:g}, got {low:g} to {high:g}; scale them to 0 to 1."
        )
    return np.rint(share * np.float32(255 / largest)).astype(np.uint8)


def _check_labels(share, name, grid):
    """Refuse shares that the labels contradict: those of another phase, on another scale or turned round.

    Returns sentences on shares that may lie beside their labels.
    """
    mask, sure = grid.mask(name), (share < 64) | (share > 191)
    mostly = share > 127
    both, either = (np.count_nonzero(sure & of) for of in (mask & mostly, mask | mostly))
    agree = both / either if either else 1.0
    middle = np.median(share[mask]) / 255 if mask.any() else 1.0
    if agree < AGREE or middle < 0.5:
        raise InputError(
            f"expected shares of {name} above one half where the label is {name} and below elsewhere, got a "
            f"middle value of {middle:.2f} there and {100 * agree:.0f} % of its voxels like their labels; "
            f"give those of {name}, as 0 to 1 or up to 255, in the volume's axes and place."
        )
    if agree < ALIKE:
        said = f"{100 * agree:.0f} % of the voxels that are {name} by labels or by shares are so by both"
        return [f"{said}: are the two of one image, and not shifted or turned against one another?"]
    return []


def _noise(share, name, grid):
    """Refuse shares of another scale in the middle of phases, where they are all or nothing; returns
    sentences on noise."""
    mask = grid.mask(name).view(np.uint8)
    inner, outer = (_middle(part) for part in (mask, 1 - mask))
    lacks = 0.0 if inner is None else 1 - float(share[inner].mean()) / 255
    beyond = 0.0 if outer is None else float(share[outer].mean()) / 255
    if max(lacks, beyond) > WITHIN:
        raise InputError(
            f"expected shares of {name} of about 1 in the middle of its voxels and 0 in that of others, got"
            f" {1 - lacks:.2f} and {beyond:.2f}; give shares, not grey values (segment --shares makes them of"
            " an image), from 0 to 1 or up to 255."
        )
    if max(lacks, beyond) > NOISE:
        said = f"shares of {name} are {1 - lacks:.3f} in the middle of its voxels"
        return [f"{said} and {beyond:.3f} in that of others, not 1 and 0: {WHY}"]
    return []


def _middle(mask):
    """Voxels with nothing else within two voxels, or where these are too few within one; None for none."""
    for width in (5, 3):
        held = ndimage.minimum_filter(mask, width) > 0
        if np.count_nonzero(held) >= ENOUGH:
            return held
    return None
