"""The neighbour of a cell across a face, of numbers or of codes, and loops over stretches of cells."""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from .compiled import OPTIONS, inlined

INLINED = {"forceinline": True, **OPTIONS}


class Codes(NamedTuple):
    """Neighbours of a stretch of cells: base[face] + code[i, face], where a bit of there[i] says that there
    is one, else any."""

    base: np.ndarray
    code: np.ndarray
    there: np.ndarray


def across(near, i, face):
    """Return the neighbour of a cell across a face, any where it has none (see is_there); near: numbers
    [n, 6], or Codes. Within kernels only."""
    raise NotImplementedError


def is_there(near, i, face):
    """Return whether a cell has a neighbour across a face. Within kernels only."""
    raise NotImplementedError


@overload(across, jit_options=INLINED)
def _across(near, i, face):
    if isinstance(near, types.BaseTuple):
        return lambda near, i, face: near.base[face] + np.uint64(near.code[i, face])
    return lambda near, i, face: near[i, face]


@overload(is_there, jit_options=INLINED)
def _is_there(near, i, face):
    if isinstance(near, types.BaseTuple):
        return lambda near, i, face: (near.there[i] >> np.uint8(face)) & 1 != 0
    return lambda near, i, face: near[i, face] != i


def by_stretch(loop):
    """Make a loop over cells, f(first, stop, near, *arguments), one that takes a Near as well: stretch by
    stretch, of each of which `near` is the Codes."""
    part = inlined(loop)

    def over_stretches(first, stop, near, *arguments):
        stretch = _stretch_of(near, first)
        while first < stop:
            end = _end_of(near, stretch, stop)
            part(first, end, _within(near, stretch), *arguments)
            first, stretch = end, stretch + 1

    over_stretches.__name__, over_stretches.__doc__ = loop.__name__, loop.__doc__
    over_stretches.__module__, over_stretches.__qualname__ = loop.__module__, loop.__qualname__
    over_stretches.of = loop
    return over_stretches


def _stretch_of(near, cell):
    """Return the stretch that a cell lies in."""
    raise NotImplementedError


def _end_of(near, stretch, stop):
    """Return where a stretch ends, or a range that ends before."""
    raise NotImplementedError


def _within(near, stretch):
    """Return the neighbours of the cells of a stretch."""
    raise NotImplementedError


@overload(_stretch_of, jit_options=INLINED)
def _find_stretch(near, cell):
    if not isinstance(near, types.BaseTuple):
        return lambda near, cell: 0

    def bisected(near, cell):
        low, high = 0, near.begin.size - 1
        while low < high:
            middle = (low + high + 1) // 2
            if near.begin[middle] <= np.int64(cell):
                low = middle
            else:
                high = middle - 1
        return low

    return bisected


@overload(_end_of, jit_options=INLINED)
def _find_end(near, stretch, stop):
    if not isinstance(near, types.BaseTuple):
        return lambda near, stretch, stop: stop
    return lambda near, stretch, stop: min(stop, np.uint64(near.begin[stretch + 1]))


@overload(_within, jit_options=INLINED)
def _find_within(near, stretch):
    if not isinstance(near, types.BaseTuple):
        return lambda near, stretch: near

    return lambda near, stretch: Codes(near.base[stretch], near.code, near.there)
