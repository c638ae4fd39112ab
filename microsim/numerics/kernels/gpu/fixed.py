"""GPU kernels on links in rows of one length (see kernels.cpu.fixed): a thread a cell.

Rows lie link by link, [link, cell], so that neighbouring threads read neighbouring numbers. Coefficients are
of single precision, vectors of single or double.
"""

from typing import Any

import warp as wp

from .device import upload

wp.set_module_options({"enable_backward": False})
LINKS = 6
Links, Weights, Vector = wp.array2d(dtype=wp.int32), wp.array2d(dtype=wp.float32), wp.array(dtype=wp.float32)
Double = wp.array(dtype=wp.float64)


def uploaded(near):
    """Bring rows of neighbours [cell, link] to the device."""
    return upload(near.T)


def lay(rows, out):
    """Bring rows of numbers [cell, link] into rows [link, cell] of the device, which turns them itself."""
    if rows.size:
        wp.launch(_turn, rows.shape, [upload(rows), out], device=out.device)


def outflow(near, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    wp.launch(_outflow, x.size, [near, weight, rest, x, out], device=x.device)


def two_outflows(near, w, a, k, carried, a_rest, k_rest, u, v, out_u, out_v):
    """Two unknowns a cell, one pass over the links:

    out_u_i = sum_j w_ij (u_i - u_j) + k_ij v_j + k_rest_i v_i
    out_v_i = sum_j a_ij (v_i - v_j) + carried_ij (u_i - u_j) + a_rest_i v_i;   no `carried` stands for zeros
    """
    numbers = [near, w, a, k, carried, a_rest, k_rest, u, v, out_u, out_v]
    wp.launch(_two_outflows, u.size, numbers, device=u.device)


@wp.kernel
def _turn(rows: Weights, out: Weights):
    i, link = wp.tid()
    out[link, i] = rows[i, link]


@wp.kernel
def _outflow(near: Links, weight: Weights, rest: Vector, x: wp.array(dtype=Any), out: wp.array(dtype=Any)):
    i = wp.tid()
    own = x[i]
    total = x.dtype(rest[i]) * own
    for link in range(LINKS):
        total += x.dtype(weight[link, i]) * (own - x[near[link, i]])
    out[i] = total


@wp.kernel
def _two_outflows(
    near: Links, w: Weights, a: Weights, k: Weights, carried: Weights, a_rest: Vector, k_rest: Vector,
    u: wp.array(dtype=Any), v: wp.array(dtype=Any), out_u: wp.array(dtype=Any), out_v: wp.array(dtype=Any),
):  # fmt: skip
    i = wp.tid()
    of_u = u.dtype(k_rest[i]) * v[i]
    of_v = u.dtype(a_rest[i]) * v[i]
    for link in range(LINKS):
        j = near[link, i]
        drop = u[i] - u[j]
        of_u += u.dtype(w[link, i]) * drop + u.dtype(k[link, i]) * v[j]
        of_v += u.dtype(a[link, i]) * (v[i] - v[j])
        if carried.shape[0] > 0:
            of_v += u.dtype(carried[link, i]) * drop
    out_u[i] = of_u
    out_v[i] = of_v


for own in (Vector, Double):
    wp.overload(_outflow, [Links, Weights, Vector, own, own])
    wp.overload(_two_outflows, [Links, *(4 * [Weights]), *(2 * [Vector]), *(4 * [own])])
