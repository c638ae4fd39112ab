"""CPU kernels on neighbours in 16 bits each, 13 bytes a cell where numbers take 24 (see numerics.near)."""

import numpy as np

from ...codes import FARTHEST
from .across import across, by_stretch, is_there
from .compiled import compiled
from .threads import SERIAL, spread

LINKS = 6  # of a voxel
NOWHERE = np.iinfo(np.int64).max  # above the number of any cell


@compiled
def stretches(near, begin):
    """Write where the stretches begin, as far as there is room, each as long as the neighbours across each
    face are FARTHEST apart at most; return how many they are."""
    count, i = 0, 0
    low, high = np.empty(LINKS, np.int64), np.empty(LINKS, np.int64)
    while i < len(near):
        if count < begin.size:
            begin[count] = i
        count += 1
        low[:], high[:] = NOWHERE, -1
        while i < len(near):
            fits = True
            for face in range(LINKS):
                j = np.int64(near[i, face])
                fits &= j == i or high[face] < 0 or max(high[face], j) - min(low[face], j) <= FARTHEST
            if not fits:
                break
            for face in range(LINKS):
                j = np.int64(near[i, face])
                if j != i:
                    low[face], high[face] = min(low[face], j), max(high[face], j)
            i += 1
    return count


@spread("base", grain=1)
def encode(first, stop, base, begin, near, code, there):
    """Write the lowest neighbour across each face of the cells of each stretch, begin[k] to begin[k + 1],
    what each lies above it, and which there are, a bit each; 0 where there is none."""
    for k in range(first, stop):
        for face in range(LINKS):
            lowest = NOWHERE
            for i in range(begin[k], begin[k + 1]):
                if near[i, face] != i:
                    lowest = min(lowest, np.int64(near[i, face]))
            base[k, face] = lowest if lowest < NOWHERE else 0
            for i in range(begin[k], begin[k + 1]):
                code[i, face] = 0
                if face == 0:
                    there[i] = 0
                if near[i, face] != i:
                    code[i, face] = near[i, face] - lowest
                    there[i] |= np.uint8(1 << face)


@spread("out", grain=SERIAL)
@by_stretch
def decode(first, stop, near, out):
    """Write the neighbours [n, 6] of a Near, its own number where a cell has none."""
    for i in range(first, stop):
        for face in range(LINKS):
            out[i, face] = across(near, i, face) if is_there(near, i, face) else i
