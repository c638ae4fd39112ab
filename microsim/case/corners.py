"""Where a measured map begins in a volume that is a crop of its image."""

from ..base.axes import AXES
from ..base.errors import InputError

SAME = 0.8  # share of voxels of one phase in both from which two boxes show one place; others have half


def crop_corner(case, grid):
    """Return where the crop of a case's volume begins in its image, x, y, z in m."""
    crop = case.volume.crop or {}
    edges = (h / case.volume.coarsen for h in grid.voxel_size)
    return tuple(crop.get(axis, (0, 0))[0] * h for axis, h in zip(AXES, edges, strict=True))


def ask_corner(corner, here, there, words):
    """Ask where a measured map begins that is larger than the crop: it may be of the whole image.

    corner: of the crop in its image; here: what was cropped, there: the map, each (voxels, their edges); x,
    y, z in m. words: how the sentence begins, and how a corner is given. Raises InputError.
    """
    ours, theirs = zip(*here, strict=True), zip(*there, strict=True)
    parts = zip(corner, ours, theirs, strict=True)
    if any(at > 0 and n * h > own * edge + h for at, (own, edge), (n, h) in parts):
        begins, given = words
        image = ",".join(f"{-1e6 * at:.6g}" if at else "0" for at in corner)
        raise InputError(
            f"{begins}: expected to be told where the map begins, for it is larger than the crop, got"
            f" nothing; state {given.format(image)} where it begins with the image,"
            f" {given.format('0,0,0')} where with the crop."
        )


def corner_in(grid, there, words, given=None, fields=None):
    """Return where a map begins in a volume, x, y, z in m: as given, else with the volume.

    grid: VoxelGrid; there, words: as of ask_corner, which asks where the volume is a crop of its file.
    fields: file of the run whose map it is, or None: it begins where its crop does (corner_between).
    """
    if given is not None:
        return given
    first = [at for at, _ in grid.source.box or ((0, 0),) * 3]
    corner = tuple(at * h for at, h in zip(first, grid.voxel_size, strict=True))
    if fields is not None:
        from ..volumes.fields import read_corner, read_phase

        apart = tuple(a - b for a, b in zip(read_corner(fields), corner))
        return corner_between((grid.phase, grid.names, grid.voxel_size), read_phase(fields), apart)
    ask_corner(corner, (grid.shape, grid.voxel_size), there, words)
    return (0.0, 0.0, 0.0)


def corner_between(here, there, apart):
    """Return where a run's box begins in another one, x, y, z in m: where the crops of both say, or with it
    where they show the same place there, as a crop and a file that was made of it do.

    here, there: (phase [x, y, z] of numbers into names, names, voxel size) of the other box and the run's;
    apart: where the run's crop begins in the image less where the other one does.
    """
    if all(abs(at) < h / 2 for at, h in zip(apart, here[2], strict=True)):
        return (0.0, 0.0, 0.0)
    boxes = [tuple(n * h for n, h in zip(phase.shape, size)) for phase, _, size in (here, there)]
    alike = all(abs(a - b) < h / 2 for a, b, h in zip(*boxes, here[2], strict=True))
    return (0.0, 0.0, 0.0) if alike and _same_place(here, there) else apart


def _same_place(here, there):
    """Whether most voxels of two boxes that are laid on each other are of one phase in both."""
    import numpy as np

    from ..maps.map import SocMap, resample_onto

    (phase, names, size), (other, others, other_size) = here, there
    target, shared = SocMap(np.zeros(other.shape), other_size), set(names) & set(others)
    seen = {
        name: resample_onto(SocMap((phase == names.index(name)).astype(float), size), target) >= 0.5
        for name in shared
    }
    equal = [np.mean(seen[name] == (other == others.index(name))) for name in shared]
    return bool(equal) and min(equal) >= SAME
