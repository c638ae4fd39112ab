"""Which voxels of a volume are sample: a cylinder, a box, all but some labels, or those of another volume.

What lies outside the field of view is no phase: it has no share of any fraction, and nothing flows there.
"""

import re
from os import PathLike

import numpy as np
from scipy import ndimage

from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..base.masked import floats
from ..base.pairs import voxel_box
from ..base.schema import say
from ..volumes.volume import read_voxels

OUTSIDE = "outside"
WORDS = "cylinder, cylinder=z, x=0:96,y=4:80, label=0 (what is outside), a volume that is not 0 in the sample"
CYLINDER = re.compile(r"cylinder(?:=([xyz])(?::([0-9.]+))?)?")
LABELS = re.compile(r"label=([0-9]+(?::[0-9]+)*)")
BOX = re.compile(r"(?:[xyz]=-?[0-9]+:-?[0-9]+(?:,|$))+")


def sample_mask(mask, values, voxel_size=None, axes=None, usual=None):
    """Mark the voxels that are sample.

    mask        "cylinder" (along x or across a section, as wide as it; "cylinder=z" along z, "cylinder=z:90"
                of radius 90 voxels), "x=0:96,y=4:80" or {"x": (0, 96)}, "label=0" or "label=0:9" for what is
                outside, a file, or an array [x, y, z], in which 0 is outside
    values      labels or grey values [x, y, z]
    voxel_size  edges x, y, z; None: cubes
    axes        of a file that does not state its own; usual: of one for which nobody states them

    Returns bool [x, y, z]. Raises InputError for a mask of another shape, or one that leaves nothing.
    """
    inside = _marked(mask, values, voxel_size or (1.0, 1.0, 1.0), (axes, usual))
    if inside.shape != values.shape:
        raise InputError(
            f"--mask: expected one of the volume's shape {values.shape}, got {inside.shape}; align them."
        )
    if not inside.any():
        raise InputError(
            "--mask: expected voxels of the sample in the mask, got none by"
            f" {words_of_mask(mask) or say(mask)}; correct it."
        )
    return inside


def names_file(mask):
    """Whether a mask in words is the name of a file, and no cylinder, box or label."""
    words = str(mask).strip()
    return not any(form.fullmatch(words) for form in (CYLINDER, LABELS, BOX))


def words_of_mask(mask):
    """Return a mask in words, as a case or a recipe can say it again; None for an array, or none."""
    if isinstance(mask, dict):
        return ",".join(f"{axis}={low}:{high}" for axis, (low, high) in voxel_box(mask, "--mask").items())
    return str(mask) if isinstance(mask, (str, PathLike)) else None


def without_outside(found, mask, axes=None):
    """Labels of a Volume in which what lies outside a mask has one of its own, and {its name: that label}, {}
    without; axes: of a mask's file, default those of the volume's."""
    if mask is None:
        return found.values, {}
    inside = sample_mask(mask, found.values, found.voxel_size, axes, found.file_axes)
    if inside.all():
        return found.values, {}
    return outside_labelled(np.asarray(found.values), inside, int(np.max(found.values)))


def outside_labelled(values, inside, most):
    """Return labels in which what is not inside (bool [x, y, z]) has one of its own, and {its name: that};
    most: the largest label that has a name, or lies anywhere."""
    own = most + 1
    kind = np.result_type(values.dtype, np.min_scalar_type(own))
    return np.where(inside, values, kind.type(own)), {OUTSIDE: own}


def _marked(mask, values, voxel_size, beside):
    if isinstance(mask, dict):
        return _box(mask, values.shape)
    if isinstance(mask, (list, tuple)) or getattr(mask, "ndim", 0):
        given = floats(mask, "--mask")
        return np.isfinite(given) & (given != 0)
    if not isinstance(mask, (str, PathLike)):
        raise InputError(f"--mask: expected {WORDS}, got {say(mask)}; correct it.")
    words = str(mask).strip()
    if found := CYLINDER.fullmatch(words):
        radius = float(found[2]) if found[2] else None
        return cylinder(values.shape, found[1] or _across(values.shape), radius, voxel_size)
    if found := LABELS.fullmatch(words):
        return ~np.isin(values, [int(label) for label in found[1].split(":")])
    if BOX.fullmatch(words):
        return _box(words, values.shape)
    return read_voxels(mask, beside=beside, kind="grey").values != 0


def _across(shape):
    """The axis of a cylinder of which nothing is said: x, of a section that across it."""
    single = [axis for axis, n in zip(AXES, shape, strict=True) if n == 1]
    return single[0] if len(single) == 1 else "x"


def cylinder(shape, axis, radius=None, voxel_size=(1.0, 1.0, 1.0)):
    """Mark a cylinder through the middle, voxels whose centre lies within: radius in voxels (of the smaller
    edge across), default as wide as the volume."""
    axis = axis_number(axis)
    across = [i for i in range(3) if i != axis]
    edges = [voxel_size[i] for i in across]
    reach = min(shape[i] * voxel_size[i] for i in across) / 2 if radius is None else radius * min(edges)
    first, second = (
        (np.arange(shape[i]) - (shape[i] - 1) / 2) * edge for i, edge in zip(across, edges, strict=True)
    )
    disc = first[:, None] ** 2 + second[None, :] ** 2 <= reach**2
    return np.broadcast_to(np.expand_dims(disc, axis), shape).copy()


def _box(box, shape):
    inside = np.zeros(shape, bool)
    ends = voxel_box(box, "--mask")
    inside[tuple(slice(*ends[axis]) if axis in ends else slice(None) for axis in AXES)] = True
    return inside


def straight(inside, axis):
    """Tell whether a mask has the same cross section all along an axis, so that its two ends are planes."""
    return bool((inside == inside.take([0], axis)).all())


def require_straight(grid, axis):
    """Refuse an axis along which the sample's cross section changes: it has no end planes."""
    if not grid.masked or straight(grid.sample, axis):
        return
    fitting = [name for k, name in enumerate(AXES) if straight(grid.sample, k)]
    ends = np.flatnonzero(grid.sample.any(axis=tuple(k for k in range(3) if k != axis)))[[0, -1]] + (0, 1)
    held = grid.sample.take(range(*ends), axis)
    if ends[1] - ends[0] < grid.shape[axis] and straight(held, axis):
        raise InputError(
            f"--axis: expected a mask that reaches both ends of the volume, got {ends[0]} to {ends[1]} of"
            f" {grid.shape[axis]} voxels along {AXES[axis]}; crop to it, as with"
            f" --crop {AXES[axis]}={ends[0]}:{ends[1]}."
        )
    remedy = f"choose {' or '.join(fitting)}" if fitting else "choose a mask with planes at its ends"
    raise InputError(
        f"--axis: expected one along which the mask has one cross section, got {AXES[axis]}, where its"
        f" ends are no planes; {remedy}, or crop instead."
    )


def over_the_rim(mask, sample):
    """Return a mask [x, y, z] that goes on outside a sample as at its rim, as images do beyond their box; the
    sample has one cross-section all along x."""
    if sample.all():
        return mask
    nearest = ndimage.distance_transform_edt(~sample[0], return_distances=False, return_indices=True)
    return mask[:, nearest[0], nearest[1]]
