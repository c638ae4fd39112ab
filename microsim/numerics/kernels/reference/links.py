"""Slow twins of cpu.links."""

import numpy as np

from .rows_of import rows_of


def voxel_links(indptr, neighbour, face, kind, conductivity, shape, weight):
    """Link conductance between voxels: harmonic mean of the two conductivities times the shape factor of the
    axis."""
    axis = face // 2
    a, b = conductivity[kind[rows_of(indptr)], axis], conductivity[kind[neighbour], axis]
    weight[:] = shape[axis] * 2 / (1 / a + 1 / b)


def harmonic_links(indptr, neighbour, half_self, half_other, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)).

    `half` is face area over half cell length (m), `conductivity` a cell value.
    """
    rows = rows_of(indptr)
    with np.errstate(divide="ignore"):
        weight[:] = 1 / (1 / (half_self * conductivity[rows]) + 1 / (half_other * conductivity[neighbour]))
