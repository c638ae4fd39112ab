"""Where a measured map begins in a volume that is a crop of its image."""

from ..base.axes import AXES
from ..base.errors import InputError


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
    fields: file of the run whose map it is, or None: of another box than the volume it begins where that box
    does in the image.
    """
    if given is not None:
        return given
    first = [at for at, _ in grid.source.box or ((0, 0),) * 3]
    corner = tuple(at * h for at, h in zip(first, grid.voxel_size, strict=True))
    here = grid.shape, grid.voxel_size
    if fields is not None:
        from ..volumes.fields import read_corner

        boxes = [tuple(n * h for n, h in zip(*box, strict=True)) for box in (here, there)]
        alike = all(abs(a - b) < h / 2 for a, b, h in zip(*boxes, grid.voxel_size, strict=True))
        return (0.0,) * 3 if alike else tuple(a - b for a, b in zip(read_corner(fields), corner))
    ask_corner(corner, here, there, words)
    return (0.0, 0.0, 0.0)
