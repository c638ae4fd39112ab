"""Neighbours of cells in half the memory of their numbers.

Cells are numbered along the rows of a grid, colour by colour, and so are their neighbours across one face: as
the cells follow each other, those do. Over some 60,000 cells of an image they lie within 65,536 numbers,
so that one number for each face and stretch of cells and 16 bits a neighbour are enough. A sweep reads half
of the bytes for them: 3.1 ns a cell on one core for 4.0 with numbers, of a million cells.
"""

from typing import NamedTuple

import numpy as np

from .backend import kernels

SHORTEST = 64  # cells of a stretch on the mean: shorter ones cost more than they save
AT_ONCE = 1024  # stretches that there is room for at first


class Near(NamedTuple):
    """The six neighbours of each cell as kernels take them; an array for NumPy.

    Those of cell i in the stretch k, begin[k] <= i < begin[k + 1], are base[k, face] + code[i, face] where a
    bit of there[i] is set; elsewhere it has none, and is its own neighbour in an array.
    """

    begin: np.ndarray
    base: np.ndarray
    code: np.ndarray
    there: np.ndarray

    def __array__(self, dtype=None, copy=None):
        out = np.empty(self.code.shape, np.uint32)
        kernels.nearby.decode(self, out)
        return out.astype(dtype or out.dtype, copy=False)


def packed(near):
    """Return neighbours [n, 6] as Near, or as they are where stretches would be short."""
    begin = np.empty(AT_ONCE, np.int64)
    count = kernels.nearby.stretches(near, begin)
    if count * SHORTEST > max(len(near), SHORTEST):
        return near
    if count > begin.size:
        begin = np.empty(count, np.int64)
        kernels.nearby.stretches(near, begin)
    begin = np.append(begin[:count], len(near))
    base, code = np.empty((count, near.shape[1]), np.uint64), np.empty(near.shape, np.uint16)
    there = np.empty(len(near), np.uint8)
    kernels.nearby.encode(base, begin, near, code, there)
    return Near(begin, base, code, there)


def in_one_array(parts):
    """Return the Near of several networks with their codes one after the other in one array each."""
    for name in ("code", "there"):
        whole = np.concatenate([getattr(part, name) for part in parts])
        ends = np.cumsum([len(part.there) for part in parts])
        parts = [part._replace(**{name: whole[e - len(part.there) : e]}) for e, part in zip(ends, parts)]
    return parts


def one_after_the_other(parts):
    """Return the Near of the cells of several networks, numbered one after the other; what lies
    `in_one_array` is not copied."""
    before = np.cumsum([0] + [len(part.there) for part in parts])
    begin = [part.begin[:-1] + n for part, n in zip(parts, before)] + [before[-1:]]
    base = [part.base + np.uint64(n) for part, n in zip(parts, before)]
    arrays = (_in_one([getattr(part, name) for part in parts]) for name in ("code", "there"))
    return Near(np.concatenate(begin), np.concatenate(base), *arrays)


def _in_one(arrays):
    """Return rows of arrays one after the other, as a view where they lie so."""
    whole, at = arrays[0].base, [array.__array_interface__["data"][0] for array in arrays]
    follows = all(a + array.nbytes == b for a, array, b in zip(at, arrays, at[1:]))
    if whole is None or not follows or any(array.base is not whole for array in arrays):
        return np.concatenate(arrays)
    first = (at[0] - whole.__array_interface__["data"][0]) // arrays[0].strides[0]
    return whole[first : first + sum(map(len, arrays))]
