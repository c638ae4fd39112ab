"""Label volumes: which labels there are, and which phase each voxel is of.

Layer by layer, which stays in the cache: an index array of the whole volume is eight bytes a voxel.
"""

import numpy as np

from ..base.errors import InputError

FEW = 8  # codes that are told apart faster by comparing than by looking up


def label_counts(labels):
    """Count the voxels of each label of a volume: {label: voxels}, in rising order."""
    if labels.ndim != 3 or labels.size == 0:
        raise InputError(
            f"expected a label volume with three axes and at least one voxel, got shape {labels.shape}; "
            "give a 3D array."
        )
    counts = {}
    for layer in labels:  # layer by layer: a whole volume of 10^8 voxels would need gigabytes here
        for value, count in _counted(layer):
            value = whole_label(value, "a voxel")
            counts[value] = counts.get(value, 0) + int(count)
            if len(counts) > 1000:
                raise InputError(
                    "expected a few labels, got more than 1000 different values; segment the grey-scale "
                    "image first."
                )
    return dict(sorted(counts.items()))


def whole_label(value, where):
    """Return a label as a whole number; where: what it stands for, for the error."""
    try:
        if value == int(value):
            return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(
        f"expected a whole number as label, got {value} for {where}; segment or round the volume first."
    )


def _counted(layer):
    """The different values of a layer and how often there is each; short whole numbers without sorting."""
    if layer.dtype not in (bool, np.uint8, np.uint16):
        return zip(*np.unique(layer, return_counts=True))
    count = np.bincount(layer.ravel())
    values = np.flatnonzero(count)
    return zip(values, count[values])


def phase_codes(labels, known):
    """Number the voxels by their label: uint8 [x, y, z], k where the label is known[k]; each is known."""
    phase = np.zeros(labels.shape, np.uint8)
    for own, layer in zip(phase, labels):
        for code, label in enumerate(known[1:], 1):
            own += np.uint8(code) * (layer == label)
    return phase


def marked(codes, wanted):
    """Mark the voxels of wanted codes: bool [x, y, z]. codes: uint8 [x, y, z]; wanted: bool, of each code."""
    mask, chosen = np.zeros(codes.shape, bool), np.flatnonzero(wanted).astype(np.uint8)
    for own, layer in zip(mask, codes):
        if chosen.size > FEW:
            own[...] = wanted[layer]
            continue
        for code in chosen:
            own |= layer == code
    return mask
