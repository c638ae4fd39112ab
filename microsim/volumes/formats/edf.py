"""EDF of the ESRF, by fabio: one image, several frames, or a volume."""

import numpy as np

from ...base.errors import InputError
from ...base.packages import need
from ..axes import IMAGE
from ..contract import Format, Stored
from ..stored import require_reading

SUFFIXES = (".edf", ".edf.gz")


def read_edf(path):
    """Read all frames of an EDF file, slowest axis first; it has no agreed place for a voxel size."""
    values = read_frames(path)
    return Stored(values, names=IMAGE if values.ndim == 2 else ("page", *IMAGE)[-values.ndim :])


def read_frames(path):
    """Return one image [row, column], or several [page, row, column]."""
    fabio = need("fabio", f"{path} (EDF)")
    with fabio.open(str(path)) as file:
        first = np.asarray(file.data)
        require_reading(file.nframes * first.nbytes, path)
        frames = [first, *(np.asarray(file.get_frame(k).data) for k in range(1, file.nframes))]
    kinds = {(frame.shape, frame.dtype) for frame in frames}
    if len(kinds) > 1:
        raise InputError(f"expected frames of one size and type in {path}, got {len(kinds)} kinds; split it.")
    return np.array(frames[0]) if len(frames) == 1 else np.stack(frames)


FORMATS = (Format("EDF", SUFFIXES, read_edf),)
