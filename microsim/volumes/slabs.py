"""Work on a volume slab by slab: what is in memory at once is a slab and its margins, whatever the volume's
size.

Arrays may be NumPy arrays, those in files (filed.py) or HDF5 data sets; results go where a `Store` puts them.
"""

import itertools
import math
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.guard import check_place
from .filed import made_in

SLAB_BYTES = 2**26  # of float32 input at once


@dataclass
class Store:
    """Make arrays for results: in memory (folder None), or in files of a folder. A scratch folder goes with
    its store (scratch_store)."""

    folder: Path | None = None
    _numbers: itertools.count = field(default_factory=itertools.count, repr=False)

    def empty(self, shape, dtype):
        """Make an array to be filled."""
        if self.folder is None:
            return np.empty(shape, dtype)
        made = made_in(self.folder, f"{next(self._numbers)}.npy", shape, dtype)
        return replace(made, keeper=self)

    def hold(self, array, row=None):
        """Read an array of a file (HDF5, Zarr), or its `row`: whole, or slab by slab into a file here."""
        if self.folder is None:
            return np.asarray(array[...] if row is None else array[row])
        shape, before = (array.shape, ()) if row is None else (array.shape[1:], (row,))
        out = self.empty(shape, array.dtype.newbyteorder("="))
        for part in slabs_of(shape, SLAB_BYTES // (4 * array.dtype.itemsize)):
            out[part] = array[(*before, *part)]
        return out


def slabs_of(shape, size):
    """Go through an array in slabs of about `size` elements, indices into it: along its first axis, and where
    one entry of that is larger along the next."""
    entry = max(math.prod(shape[1:]), 1)
    if entry > size and len(shape) > 3:
        for k in range(shape[0]):
            yield from ((k, *part) for part in slabs_of(shape[1:], size))
        return
    each = max(size // entry, 1)
    yield from ((slice(k, min(k + each, shape[0])),) for k in range(0, shape[0], each))


MEMORY = Store()


def scratch_store(folder=None):
    """Make a Store whose arrays lie in a temporary folder within `folder`, which is removed when neither the
    store nor one of them is used any longer, or the program ends; None: memory."""
    if folder is None:
        return MEMORY
    check_place(folder)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        place = tempfile.mkdtemp(dir=folder, prefix="microsim-")
    except OSError as error:
        raise InputError(
            f"expected a folder to write to, got {folder}: {error.strerror or error}; choose another."
        ) from error
    store = Store(Path(place))
    weakref.finalize(store, shutil.rmtree, place, ignore_errors=True)
    return store


def by_slabs(
    step, values, *, axis=0, reach=0, thickness=None, dtype=None, store=MEMORY, progress=None, message=""
):
    """Apply a local step slab by slab along an axis.

    step       callable(slab) -> array of the slab's shape; a voxel's result depends on voxels at most `reach`
               away
    thickness  layers at once, default what SLAB_BYTES holds
    dtype      of the result, default float32
    store      where the result goes; progress: callable(done, total, message) or None

    The result is that of step(values) where `step` treats edges the same way. Returns an array like `values`.
    """
    n, layer = values.shape[axis], max(values.size // values.shape[axis], 1)
    thickness = thickness or max(SLAB_BYTES // (4 * layer), 1)
    out = store.empty(values.shape, np.dtype(dtype or np.float32))
    for first in range(0, n, thickness):
        end = min(first + thickness, n)
        low, high = max(first - reach, 0), min(end + reach, n)
        result = step(take(values, axis, low, high))
        place(out, axis, first, end, take(result, axis, first - low, end - low))
        if progress:
            progress(end, n, message)
    return out


def windows(values, reach=0, thickness=None):
    """Go through a volume slab by slab along x: (slab with `reach` more layers on each side, where there are
    any, in memory; which of its layers are its own; number of the first of these)."""
    n = values.shape[0]
    thickness = thickness or max(SLAB_BYTES // (4 * max(values.size // n, 1)), 1)
    for first in range(0, n, thickness):
        end, low = min(first + thickness, n), max(first - reach, 0)
        slab = np.asarray(values[low : min(end + reach, n)])
        yield slab, slice(first - low, end - low), first


def layers(values, axis):
    """Go through the layers of a volume along an axis, each a 2-D array in memory."""
    for i in range(values.shape[axis]):
        yield np.asarray(take(values, axis, i, i + 1)).squeeze(axis)


def take(values, axis, first, end):
    """Cut layers first to end - 1 along an axis out of an array."""
    return values[(slice(None),) * axis + (slice(first, end),)]


def place(values, axis, first, end, part):
    """Put layers first to end - 1 along an axis."""
    values[(slice(None),) * axis + (slice(first, end),)] = part
