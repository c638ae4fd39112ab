"""CPU kernels on links in rows of one length: cell i is linked to near[i, 0..5], by absent links to itself.

The number of links is known when the loop is compiled: a product takes 2.2 ns a cell where rows that end at
different places take 8, for a processor guesses their ends and is often wrong.
"""

from .compiled import inlined
from .threads import SERIAL, spread

LINKS = 6  # those of a voxel
GRAIN = 3 * SERIAL // 2  # cells that are worth a thread


@inlined
def _differences(near, weight, x, i, total):
    for k in range(LINKS):
        total += weight[i, k] * (x[i] - x[near[i, k]])
    return total


@spread("x", grain=GRAIN)
def outflow(first, stop, near, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    for i in range(first, stop):
        out[i] = _differences(near, weight, x, i, rest[i] * x[i])


@spread("x", grain=GRAIN)
def differences(first, stop, near, weight, x, out):
    """out_i = sum_j a_ij (x_i - x_j)."""
    for i in range(first, stop):
        out[i] = _differences(near, weight, x, i, x[i] * 0)


@spread("u", grain=GRAIN)
def two_outflows(first, stop, near, w, a, k, carried, a_rest, k_rest, u, v, out_u, out_v):
    """Two unknowns a cell, one pass over the links:

    out_u_i = sum_j w_ij (u_i - u_j) + k_ij v_j + k_rest_i v_i
    out_v_i = sum_j a_ij (v_i - v_j) + carried_ij (u_i - u_j) + a_rest_i v_i;   no `carried` stands for zeros
    """
    for i in range(first, stop):
        of_u, of_v = k_rest[i] * v[i], a_rest[i] * v[i]
        for s in range(LINKS):
            j = near[i, s]
            of_u += w[i, s] * (u[i] - u[j]) + k[i, s] * v[j]
            of_v += a[i, s] * (v[i] - v[j])
        out_u[i] = of_u
        out_v[i] = _differences(near, carried, u, i, of_v) if carried.size else of_v


@spread("conductivity", grain=GRAIN // 2)
def conductances(first, stop, near, half, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)), 0 of absent ones.

    `half` is face area over half cell length across each face (m), 0 of absent links, that of a neighbour
    across the face opposite (face ^ 1); `conductivity` a cell value.
    """
    for i in range(first, stop):
        for face in range(LINKS):
            j = near[i, face]
            a, b = half[i, face] * conductivity[i], half[j, face ^ 1] * conductivity[j]
            weight[i, face] = a * b / (a + b) if a + b > 0 else 0.0


@spread("conductivity", grain=GRAIN // 2)
def slopes(first, stop, near, half, conductivity, slope, potential, off, diagonal):
    """Derivative of the flow out of a cell, sum w_ij (u_i - u_j), with respect to the variable behind k.

    `slope` is dk/dv in each cell; off_ij = dw/dk_j slope_j (u_i - u_j), diagonal_i sums dw/dk_i slope_i (u_i
    - u_j).
    """
    for i in range(first, stop):
        total = 0.0
        for face in range(LINKS):
            j = near[i, face]
            own, other = half[i, face], half[j, face ^ 1]
            a, b = own * conductivity[i], other * conductivity[j]
            per = 1 / (a + b) if a + b > 0 else 0.0
            drop = (potential[i] - potential[j]) * per * per
            off[i, face] = a * a * other * slope[j] * drop
            total += b * b * own * slope[i] * drop
        diagonal[i] = total
