"""CPU kernels on links in rows of one length: cell i is linked to near[i, 0..5], by absent links,
whose coefficients are 0, to itself or, where neighbours are codes (see across), to any cell.

The number of links is known when the loop is compiled: a product takes 2.2 ns a cell where rows that end at
different places take 8, for a processor guesses their ends and is often wrong.
"""

from .across import across, by_stretch, is_there
from .bits import wide
from .compiled import inlined
from .threads import SERIAL, spread

LINKS = 6  # those of a voxel
GRAIN = 3 * SERIAL // 2  # cells that are worth a thread


@inlined
def _differences(near, weight, x, i, total):
    for k in range(LINKS):
        total += weight[i, k] * (x[i] - x[across(near, i, k)])
    return total


@spread("x", grain=GRAIN)
@by_stretch
def outflow(first, stop, near, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    for i in range(first, stop):
        out[i] = _differences(near, weight, x, i, rest[i] * x[i])


@spread("x", grain=GRAIN)
@by_stretch
def listed_outflow(first, stop, near, values, places, rest, x, out):
    """`outflow` with a_ij = values[places_ij]."""
    for i in range(first, stop):
        total = rest[i] * x[i]
        for k in range(LINKS):
            total += values[places[i, k]] * (x[i] - x[across(near, i, k)])
        out[i] = total


@spread("x", grain=GRAIN)
@by_stretch
def differences(first, stop, near, weight, x, out):
    """out_i = sum_j a_ij (x_i - x_j)."""
    for i in range(first, stop):
        out[i] = _differences(near, weight, x, i, x[i] * 0)


@spread("u", grain=GRAIN)
@by_stretch
def two_outflows(first, stop, near, w, a, k, carried, a_rest, k_rest, u, v, out_u, out_v):
    """Two unknowns a cell, one pass over the links:

    out_u_i = sum_j w_ij (u_i - u_j) + k_ij v_j + k_rest_i v_i
    out_v_i = sum_j a_ij (v_i - v_j) + carried_ij (u_i - u_j) + a_rest_i v_i;   no `carried` stands for zeros

    w and k are of floats, or the upper halves of float32 (uint16).
    """
    for i in range(first, stop):
        of_u, of_v = k_rest[i] * v[i], a_rest[i] * v[i]
        for s in range(LINKS):
            j = across(near, i, s)
            of_u += wide(w[i, s]) * (u[i] - u[j]) + wide(k[i, s]) * v[j]
            of_v += a[i, s] * (v[i] - v[j])
        out_u[i] = of_u
        out_v[i] = _differences(near, carried, u, i, of_v) if carried.size else of_v


@inlined
def _in_series(near, half, line, conductivity, i, face):
    """Conductances of the own and the other half of a link; zeros of an absent one."""
    if not is_there(near, i, face):
        return 0.0, 0.0
    j = across(near, i, face)
    return half[line[i], face] * conductivity[i], half[line[j], face ^ 1] * conductivity[j]


@spread("conductivity", grain=GRAIN // 2)
@by_stretch
def conductances(first, stop, near, half, line, conductivity, scale, weight):
    """Link conductance of two half cells in series: w = scale_i / (1/(h_i k_i) + 1/(h_j k_j)), 0 of absent
    ones.

    `half` is face area over half cell length across each face (m), of each `line` of cells that are alike;
    that of a neighbour is the one across the face opposite (face ^ 1). `conductivity` and `scale`: cell
    values; `weight` of either precision.
    """
    for i in range(first, stop):
        for face in range(LINKS):
            a, b = _in_series(near, half, line, conductivity, i, face)
            weight[i, face] = scale[i] * (a * b / (a + b)) if a + b > 0 else 0.0


@spread("conductivity", grain=GRAIN // 2)
@by_stretch
def flows_in_series(first, stop, near, half, line, conductivity, x, out):
    """out_i = sum_j w_ij (x_i - x_j) with the w of `conductances`, which are not kept."""
    for i in range(first, stop):
        total = 0.0
        for face in range(LINKS):
            a, b = _in_series(near, half, line, conductivity, i, face)
            if a + b > 0:
                total += a * b / (a + b) * (x[i] - x[across(near, i, face)])
        out[i] = total


@spread("conductivity", grain=GRAIN // 2)
@by_stretch
def slopes(first, stop, near, half, line, conductivity, slope, scale, potential, off, diagonal):
    """Derivative of the flow out of a cell, scale_i sum w_ij (u_i - u_j), with respect to the variable behind
    k.

    `slope` is dk/dv in each cell; off_ij = dw/dk_j slope_j (u_i - u_j), diagonal_i sums dw/dk_i slope_i (u_i
    - u_j), both times scale_i.
    """
    for i in range(first, stop):
        total = 0.0
        for face in range(LINKS):
            off[i, face] = 0.0
            a, b = _in_series(near, half, line, conductivity, i, face)
            if a + b > 0:
                j = across(near, i, face)
                drop = (potential[i] - potential[j]) / (a + b) / (a + b)
                off[i, face] = scale[i] * (a * a * half[line[j], face ^ 1] * slope[j] * drop)
                total += b * b * half[line[i], face] * slope[i] * drop
        diagonal[i] = scale[i] * total


@spread("conductivity", grain=GRAIN // 2)
@by_stretch
def with_slopes(first, stop, near, half, line, conductivity, slope, scale, u, a_of, rest):
    """Linear flow of the variable v behind k itself, u: sum_j w_ij (v_i - v_j) + off_ij v_j + diagonal_i v_i
    of `conductances` and `slopes` as sum_j a_ij (v_i - v_j) + rest_i v_i, a = w - off."""
    for i in range(first, stop):
        total = 0.0
        for face in range(LINKS):
            a_of[i, face] = 0.0
            a, b = _in_series(near, half, line, conductivity, i, face)
            if a + b > 0:
                j = across(near, i, face)
                per = 1 / (a + b)
                drop = (u[i] - u[j]) * per * per
                off = a * a * half[line[j], face ^ 1] * slope[j] * drop
                total += b * b * half[line[i], face] * slope[i] * drop + off
                a_of[i, face] = scale[i] * (a * b * per - off)
        rest[i] = scale[i] * total
