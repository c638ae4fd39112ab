"""Slow twins of cpu.nearby."""

from itertools import pairwise

import numpy as np

from ...codes import FARTHEST

LINKS = 6  # of a voxel


def stretches(near, begin):
    """Write where the stretches begin, as far as there is room, each as long as the neighbours across each
    face are FARTHEST apart at most; return how many they are."""
    found, known = [], [[] for _ in range(LINKS)]
    for i, row in enumerate(near.astype(int)):
        more = [those + [j] if j != i else those for those, j in zip(known, row)]
        if not found or any(those and max(those) - min(those) > FARTHEST for those in more):
            found.append(i)
            more = [[j] if j != i else [] for j in row]
        known = [[min(those), max(those)] if those else [] for those in more]
    begin[: len(found)] = found[: begin.size]
    return len(found)


def encode(base, begin, near, code, there):
    """Write the lowest neighbour across each face of the cells of each stretch, begin[k] to begin[k + 1],
    what each lies above it, and which there are, a bit each; 0 where there is none."""
    real = near != np.arange(len(near))[:, None]
    there[:] = (real << np.arange(LINKS)).sum(axis=1)
    for k, (first, stop) in enumerate(pairwise(begin)):
        own = slice(first, stop)
        for face, (those, known) in enumerate(zip(near[own].T.astype(int), real[own].T)):
            base[k, face] = those[known].min() if known.any() else 0
            code[own, face] = np.where(known, those - int(base[k, face]), 0)


def decode(near, out):
    """Write the neighbours [n, 6] of a Near, its own number where a cell has none."""
    for k, (first, stop) in enumerate(pairwise(near.begin)):
        for i in range(first, stop):
            real = near.there[i] >> np.arange(LINKS) & 1 == 1
            out[i] = np.where(real, near.base[k].astype(int) + near.code[i], i)
