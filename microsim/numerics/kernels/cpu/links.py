"""CPU kernels that weigh the links of a graph: conductances, and how they follow the cells'
values."""

from .threads import spread


@spread("indptr", less=1)
def voxel_links(first, stop, indptr, neighbour, face, kind, conductivity, shape, weight):
    """Link conductance between voxels: harmonic mean of the two conductivities times the shape factor of the
    axis.

    kind: sort of each cell; conductivity [kind, axis]; shape: face area over voxel edge for each axis.
    """
    for i in range(first, stop):
        for slot in range(indptr[i], indptr[i + 1]):
            axis = face[slot] // 2
            a, b = conductivity[kind[i], axis], conductivity[kind[neighbour[slot]], axis]
            weight[slot] = shape[axis] * 2 * a * b / (a + b)


@spread("indptr", less=1)
def harmonic_links(first, stop, indptr, neighbour, half_self, half_other, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)).

    `half` is face area over half cell length (m), `conductivity` a cell value.
    """
    for i in range(first, stop):
        for slot in range(indptr[i], indptr[i + 1]):
            a = half_self[slot] * conductivity[i]
            b = half_other[slot] * conductivity[neighbour[slot]]
            weight[slot] = a * b / (a + b) if a + b > 0 else 0.0
