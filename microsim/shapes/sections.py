"""Volumes one voxel thick: sections, whose pieces are measured by the circle of their area.

What a voxel's edge across the section is decides nothing: an image has none of its own.
"""

import numpy as np

from ..base.axes import AXES


def thin_axis(shape):
    """Return the number of the one axis of one voxel, None for a volume, a row and a single voxel."""
    single = [axis for axis, n in enumerate(shape) if n == 1]
    return single[0] if len(single) == 1 else None


def section_thickness(shape, voxel_size):
    """Return how thick a section is, the voxel's edge across it (m); None for a volume."""
    axis = thin_axis(shape)
    return None if axis is None else float(voxel_size[axis])


def equal_diameter(volume, thickness=None):
    """Compute the diameter of round bodies of the same size.

        d = (6 V / pi)^(1/3),   of a section d = 2 (V / (pi t))^(1/2)

    volume: of the pieces [n], m3; thickness t: of a section (section_thickness), m; None for a volume.
    Returns d [n], m.
    """
    if thickness is None:
        return np.cbrt(6 * np.asarray(volume) / np.pi)
    return 2 * np.sqrt(np.asarray(volume) / (np.pi * thickness))


def section_remarks(shape):
    """Say in a sentence that what is measured is a section; none of a volume."""
    axis = thin_axis(shape)
    if axis is None:
        return []
    said = (
        f"The volume is one voxel thick along {AXES[axis]}, a section: diameters are those of circles of the"
        " pieces' areas, and sphericity is circularity, pi times that diameter over the perimeter. A section"
        " cuts most bodies beside their middle: balls show pi / 4 of their diameter in the mean."
    )
    return [said]
