"""Which voxels of a case's volume are sample: what lies outside the field of view is no phase.

A tomogram of a pillar or of a punched disc is a cylinder in a box of zeros. As pores they would make half of
the electrode of it; here they have no share of any fraction, and neither ions nor electrons go there. The
separator, the counter electrode and the area of currents are those of the sample's own cross-section.
"""

from dataclasses import replace

from ..base.errors import InputError
from ..materials.kinds import FILLINGS
from ..mesh.grid import Source, grid_from_labels
from ..mesh.mask import OUTSIDE, names_file, straight, without_outside

NOTHING = {OUTSIDE: FILLINGS["dry"]}  # what the cell takes it for


def check_mask(case):
    """Refuse what is not known of a sample that does not fill its box, in a sentence that names the key."""
    volume = case.volume
    if volume.mask is None:
        return
    if OUTSIDE in volume.phases:
        raise InputError(
            f"volume.phases: expected no phase called {OUTSIDE} beside volume.mask, whose word it is, got"
            " one; rename it, or leave it out where the mask takes its label (label=0)."
        )
    for key, given in (
        ("volume.interface", volume.interface != "voxel"),
        ("volume.draws", volume.draws is not None),
        ("output.homogenised", case.output.homogenised),
    ):
        if given:
            raise InputError(
                f"{key}: expected none of it with volume.mask, whose sample does not fill its box, got it;"
                " remove it, or crop the volume to a box within the sample."
            )


def sample_of(case, volume):
    """Return the VoxelGrid of a case's volume before it is cropped, what is outside its mask marked."""
    spec = case.volume
    mask = spec.mask
    if mask is not None and names_file(mask):
        mask = case.locate(mask)
    try:
        values, more = without_outside(volume, mask)
    except InputError as error:
        raise InputError(str(error).replace("--mask", "volume.mask")) from error
    told = Source(volume.source, volume.sha256, volume.file_axes, said=tuple(volume.said))
    grid = grid_from_labels(values, {**spec.phases, **more}, volume.voxel_size, told)
    return replace(grid, masked=bool(more))


def within_box(grid):
    """Return a cropped grid as it is, or without its mask where the crop lies within the sample. Raises
    InputError where the cross-section changes along x: separator and collector would not face each other."""
    if not grid.masked:
        return grid
    if grid.sample.all():
        return replace(grid, names=grid.phases, labels=grid.labels[:-1], masked=False)
    if not straight(grid.sample, 0):
        raise InputError(
            "volume.mask: expected a sample of one cross-section all along x, from the separator to the"
            " collector, got one that changes; crop to where it does not (volume.crop), or state the axes"
            " (volume.file_axes: the axis of a cylinder is x)."
        )
    return grid
