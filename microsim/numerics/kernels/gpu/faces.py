"""GPU kernels of faces that touch cells of up to three kinds (see kernels.cpu.faces).

Where several faces touch a cell, the cell adds up what passes them, in the order of their numbers: no sum
depends on which thread is first.
"""

from typing import Any

import numpy as np
import warp as wp

from .device import upload

wp.set_module_options({"enable_backward": False})
Numbers, Vector, Double = (wp.array(dtype=t) for t in (wp.int32, wp.float32, wp.float64))


def uploaded(cells):
    """Bring the cell beside each face to the device as `add_to_cells` takes them: the cells that have faces,
    where the faces of each begin, and the faces."""
    order = np.argsort(cells, kind="stable")
    own, begin = np.unique(cells[order], return_index=True)
    return tuple(map(upload, (own, np.append(begin, len(cells)), order)))


def face_flow(a, b, c, lift, slopes, level, u, v, s, t, out):
    """Linear flow through each face: g (lift level + v_b - u_a) + h s_c + q t_a, slopes =
    (g, h, q), of which an empty one stands for zeros; level: one number, on the device."""
    numbers = [a, b, c, lift, *slopes, level, u, v, s, t, out]
    wp.launch(_face_flow, out.size, numbers, device=out.device)


def add_to_cells(cells, values, sign, out):
    """Add (sign 1) or take away (-1) the values on faces in the cells beside them."""
    own, begin, faces = cells
    wp.launch(_add_to_cells, own.size, [own, begin, faces, values, float(sign), out], device=out.device)


def add_grounded(cells, g, q, u, t, out):
    """out_c += q t_c - g u_c for the cells c, each of which is there once; an empty q stands for zeros."""
    wp.launch(_add_grounded, cells.size, [cells, g, q, u, t, out], device=out.device)


@wp.kernel
def _face_flow(
    a: Numbers, b: Numbers, c: Numbers, lift: Vector, g: Vector, h: Vector, q: Vector,
    level: wp.array(dtype=Any), u: wp.array(dtype=Any), v: wp.array(dtype=Any), s: wp.array(dtype=Any),
    t: wp.array(dtype=Any), out: wp.array(dtype=Any),
):  # fmt: skip
    f = wp.tid()
    total = out.dtype(0.0)
    if g.shape[0] > 0:
        total += out.dtype(g[f]) * (out.dtype(lift[f]) * level[0] + v[b[f]] - u[a[f]])
    if h.shape[0] > 0:
        total += out.dtype(h[f]) * s[c[f]]
    if q.shape[0] > 0:
        total += out.dtype(q[f]) * t[a[f]]
    out[f] = total


@wp.kernel
def _add_to_cells(
    own: Numbers, begin: Numbers, faces: Numbers, values: wp.array(dtype=Any), sign: float,
    out: wp.array(dtype=Any),
):  # fmt: skip
    k = wp.tid()
    total = out.dtype(0.0)
    for slot in range(begin[k], begin[k + 1]):
        total += values[faces[slot]]
    i = own[k]
    out[i] = out[i] + out.dtype(sign) * total


@wp.kernel
def _add_grounded(
    cells: Numbers, g: Vector, q: Vector, u: wp.array(dtype=Any), t: wp.array(dtype=Any),
    out: wp.array(dtype=Any),
):  # fmt: skip
    k = wp.tid()
    i = cells[k]
    total = -out.dtype(g[k]) * u[i]
    if q.shape[0] > 0:
        total += out.dtype(q[k]) * t[i]
    out[i] = out[i] + total


for kind in (Vector, Double):
    wp.overload(_face_flow, [*(3 * [Numbers]), *(4 * [Vector]), *(6 * [kind])])
    wp.overload(_add_to_cells, [Numbers, Numbers, Numbers, kind, wp.float32, kind])
    wp.overload(_add_grounded, [Numbers, Vector, Vector, kind, kind, kind])
