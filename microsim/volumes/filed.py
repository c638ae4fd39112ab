"""Arrays that lie in a file and are read where they are looked at.

A memory map takes address space for the whole file, which batch systems and `ulimit -v` count as memory. Here
a part of the file is mapped as long as it is copied, so that what is taken is what is looked at.
"""

import math
import mmap
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError

PIECE = 2**24  # bytes of the file that are mapped at once


@dataclass(frozen=True, eq=False)
class FileArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array in a file, or a part of one: what indices give are copies in memory, `part` gives the rest.

    shape, strides (bytes) and offset (bytes) of its first element, as NumPy has them; keeper: whose life
    keeps the file. NumPy's functions take it for an array, which they read whole.
    """

    path: Path
    dtype: np.dtype
    shape: tuple
    strides: tuple
    offset: int = 0
    keeper: object = None

    @classmethod
    def at(cls, path, shape, dtype, offset):
        """Return that of voxels in a row in a file, the last index fastest; None for bytes in another order
        than this machine's."""
        dtype = np.dtype(dtype)
        if not dtype.isnative:
            return None
        return cls(Path(path), dtype, tuple(map(int, shape)), _strides(shape, dtype), int(offset))

    @classmethod
    def made(cls, path, shape, dtype):
        """Make an npy file to be filled; its bytes are taken from the disk at once."""
        shape, dtype = tuple(map(int, shape)), np.dtype(dtype)
        with open(path, "wb") as file:
            np.lib.format.write_array_header_2_0(
                file, {"descr": dtype.str, "fortran_order": False, "shape": shape}
            )
            offset, size = file.tell(), math.prod(shape) * dtype.itemsize
            if size:  # a full disk is told here, and not by a signal when a mapped page is written
                os.posix_fallocate(file.fileno(), offset, size)
        return cls(Path(path), dtype, shape, _strides(shape, dtype), offset)

    @classmethod
    def of_npy(cls, path):
        """Return that of an npy file; ValueError for one that is none or that holds objects."""
        with open(path, "rb") as file:
            version = np.lib.format.read_magic(file)
            read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            if version not in read:  # 3.0 is for names of fields, which numbers have not
                raise ValueError(f"npy version {version}")
            shape, backwards, dtype = read[version](file)
            offset, whole = file.tell(), os.fstat(file.fileno()).st_size
        if dtype.hasobject or whole < offset + math.prod(shape) * dtype.itemsize:
            raise ValueError("objects, or fewer bytes than stated")
        strides = _strides(shape[::-1], dtype)[::-1] if backwards else _strides(shape, dtype)
        return cls(Path(path), dtype, shape, strides, offset)

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return math.prod(self.shape)

    @property
    def nbytes(self):
        return self.size * self.dtype.itemsize

    def __len__(self):
        return self.shape[0]

    def part(self, *index):
        """Return the part that slices and numbers stand for; nothing is read."""
        # NumPy works out shape and strides: of a view of nothing, which is not looked into
        view = np.lib.stride_tricks.as_strided(np.empty(1, self.dtype), self.shape, self.strides)
        found = view[(*index, ...) if Ellipsis not in index else index]
        moved = found.__array_interface__["data"][0] - view.__array_interface__["data"][0]
        return replace(self, shape=found.shape, strides=found.strides, offset=self.offset + moved)

    def transpose(self, order):
        """Return the same with its axes in another order; nothing is read."""
        shape, strides = ([of[axis] for axis in order] for of in (self.shape, self.strides))
        return replace(self, shape=tuple(shape), strides=tuple(strides))

    def squeeze(self, axes):
        """Return the same without some axes of length 1; nothing is read."""
        return self.part(*(0 if axis in axes else slice(None) for axis in range(self.ndim)))

    def astype(self, dtype, copy=True):
        """Return it as it is where it has that type, otherwise in memory."""
        return self if self.dtype == dtype and not copy else np.asarray(self).astype(dtype)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if not all(isinstance(one, (slice, int, np.integer, type(Ellipsis))) for one in index):
            return np.asarray(self)[index]
        found = self.part(*index)
        out = np.empty(found.shape, found.dtype)
        for piece, place in found._pieces():
            piece._mapped(mmap.ACCESS_READ, lambda values, place=place: np.copyto(out[place], values))
        return out[()] if out.ndim == 0 else out

    def __setitem__(self, index, values):
        found = self.part(*(index if isinstance(index, tuple) else (index,)))
        values = np.broadcast_to(values, found.shape)
        for piece, place in found._pieces():
            piece._mapped(
                mmap.ACCESS_WRITE,
                lambda target, place=place: np.copyto(target, values[place], casting="unsafe"),
            )

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[...], dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        inputs = [np.asarray(one) if isinstance(one, FileArray) else one for one in inputs]
        return getattr(ufunc, method)(*inputs, **options)

    def _span(self):
        """First and last byte of the file that it takes, the last not included."""
        reach = [(n - 1) * step for n, step in zip(self.shape, self.strides)]
        low = self.offset + sum(min(far, 0) for far in reach)
        return low, self.offset + sum(max(far, 0) for far in reach) + self.dtype.itemsize

    def _pieces(self, place=None):
        """Go through it in parts of at most PIECE bytes of the file: (part, where it lies in this)."""
        place = (slice(None),) * self.ndim if place is None else place
        low, high = self._span()
        far = [(n > 1) * abs(step) * n for n, step in zip(self.shape, self.strides)]
        if not self.size:
            return
        if high - low <= PIECE or not any(far):
            yield self, (*place, ...)
            return
        axis = int(np.argmax(far))
        first, middle = place[axis].start or 0, self.shape[axis] // 2
        for start, stop in ((0, middle), (middle, self.shape[axis])):
            half = self.part(*(slice(None),) * axis, slice(start, stop))
            at = slice(first + start, first + stop)
            yield from half._pieces((*place[:axis], at, *place[axis + 1 :]))

    def _mapped(self, access, use):
        """Call use(array) while its bytes are mapped."""
        low, high = self._span()
        start = low - low % mmap.ALLOCATIONGRANULARITY
        mode = os.O_RDONLY if access == mmap.ACCESS_READ else os.O_RDWR
        handle = os.open(self.path, mode)
        try:
            with mmap.mmap(handle, high - start, access=access, offset=start) as held:
                values = np.ndarray(self.shape, self.dtype, held, self.offset - start, self.strides)
                use(values)
                del values  # the map cannot be closed while an array looks into it
        finally:
            os.close(handle)


@dataclass(frozen=True, eq=False)
class CodedArray(FileArray):
    """An array of numbers that stand for others, table[number]: what indices give are those."""

    table: np.ndarray = None

    @classmethod
    def of(cls, numbers, table):
        """Return a FileArray of numbers as one of codes."""
        known = {field.name: getattr(numbers, field.name) for field in fields(numbers)}
        return cls(**known, table=np.asarray(table))

    def __getitem__(self, index):
        return self.table[super().__getitem__(index)]


def made_in(folder, name, shape, dtype):
    """Make a FileArray to be filled in a folder; InputError where there is no place for it."""
    path = Path(folder) / name
    try:
        return FileArray.made(path, shape, dtype)
    except OSError as error:
        raise InputError(
            f"expected to write {path}, got: {error.strerror or error}; free some space or choose another"
            " folder."
        ) from error


def _strides(shape, dtype):
    """Strides (bytes) of an array whose last index runs fastest."""
    return tuple(dtype.itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
