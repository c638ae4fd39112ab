"""GPU kernels of a multigrid cycle on a graph (see kernels.cpu.cycle): a thread a cell.

Rows of six links lie link by link, [link, cell], so that neighbouring threads read neighbouring numbers.
Further rows of cell i are far[i] to far[i + 1] - 1. The coarsest level is answered by the
inverse of its matrix.
"""

import numpy as np
import warp as wp
from scipy.linalg import cho_solve

from ..cpu import cycle as host
from .device import device, upload
from .vectors import inner

wp.set_module_options({"enable_backward": False})
LINKS, MORE = host.LINKS, host.MORE
FROM_ZERO, FROM_THERE, UP, COARSEST = host.FROM_ZERO, host.FROM_THERE, host.UP, host.COARSEST
SMALL = 8192  # cells of a level that one block of threads sweeps in less time than its launches take
BLOCK = 512  # threads of it; more rows of an inverse than that are for more blocks
COARSEST_CELLS = 1000  # of a level whose inverse is applied: 4 MB, a few launches in place of hundreds
PARTS = 32  # in which its rows are summed
Numbers, Vector = wp.array(dtype=wp.int32), wp.array(dtype=wp.float32)
Links, Weights = wp.array2d(dtype=wp.int32), wp.array2d(dtype=wp.float32)


def pack_neighbours(indptr, neighbour, near):
    """Write the first six neighbours of each cell, on the processor."""
    host.pack_neighbours(indptr, neighbour, near)


def pack_weights(indptr, weight, near_weight):
    """Write the weights of each cell's first six links, on the processor."""
    host.pack_weights(indptr, weight, near_weight)


def halve(weight):
    """Round weights to eight binary digits, before they go to the device."""
    host.halve(weight)


def pack_more(indptr, far, values, out):
    """Write what a cell's links beyond the first six have into its further rows, on the processor."""
    host.pack_more(indptr, far, values, out)


def uploaded(near, weight, far, far_near, far_weight):
    """Bring the rows of a level to the device."""
    begin = np.searchsorted(far, np.arange(len(near) + 1))
    return tuple(map(upload, (near.T, weight.T, begin, far_near, far_weight)))


def inverse(factor):
    """Bring the inverse of the coarsest matrix to the device; factor: its Cholesky factor L (lower)."""
    return upload(cho_solve((factor, True), np.eye(len(factor))).astype(np.float32))


def parts(n):
    """Return room for the parts of the rows of an inverse."""
    return wp.empty((PARTS, n), dtype=wp.float32, device=device())


def solve(inverse, b, parts, x):
    """x = A^-1 b of the coarsest level."""
    wp.launch(_multiply, parts.shape, [inverse, b, parts], device=x.device)
    wp.launch(_add, x.size, [parts, x], device=x.device)


def down(spans, again, near, weight, far, far_near, far_weight, diagonal, b, x, r, after=None):
    """One Gauss-Seidel sweep, colour after colour: x_i = (b_i + sum_j w_ij x_j) / d_i; r = b - A x.

    From x = 0, whatever x holds, or `again`: from an x that an `up` left. r of the last colour stays what it
    is: 0.
    """
    rows, last = (near, weight, far, far_near, far_weight), spans[-1, 2]
    if not again and last > 1:
        x.zero_()
    for first, stop, colour in spans.tolist():
        if colour or not again:
            _launch(_relax, first, stop, *rows, diagonal, b, x, int(colour > 0))
    for first, stop, colour in spans.tolist():
        if colour < last:
            _launch(_lack, first, stop, *rows, diagonal, b, x, r)


def up(spans, parent, coarse, near, weight, far, far_near, far_weight, diagonal, b, x, after=None):
    """Add each aggregate's correction to its members, then sweep from the last colour to the first."""
    prolong(parent, coarse, x)
    for first, stop, _ in reversed(spans.tolist()):
        _launch(_relax, first, stop, near, weight, far, far_near, far_weight, diagonal, b, x, 1)


def descend(
    strokes, spans, span_at, cells, near, weight, far, far_near, far_weight, diagonal, parent, child_ptr,
    child, inverse, room, b, x,
):  # fmt: skip
    """Run the strokes [(stroke, level)] of the lower part of a cycle in one launch of one block of threads.

    Levels lie one after the other in all arrays, numbers of cells, rows and children counted from the first
    on; of level k: cells[k] to cells[k + 1] - 1 and spans[span_at[k]] to spans[span_at[k + 1] - 1].
    A hundred launches of a few hundred cells each take as long as a sweep over a million. inverse: of the
    coarsest matrix; room: for as many numbers as there are threads.
    """
    threads = BLOCK if x.device.is_cuda else 1
    numbers = [strokes, spans, span_at, cells, near, weight, far, far_near, far_weight, diagonal, parent]
    numbers += [child_ptr, child, inverse, room, b, x, threads]
    wp.launch(_descend, threads, numbers, device=x.device, block_dim=threads if threads > 1 else 256)


def product(near, weight, far, far_near, far_weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    _launch(_product, 0, x.size, near, weight, far, far_near, far_weight, diagonal, x, out)
    return inner(x, out)


def prolong(parent, coarse, x):
    """Add each aggregate's correction to its members."""
    wp.launch(_prolong, x.size, [parent, coarse, x], device=x.device)


def gather(r, child_ptr, child, out):
    """Sum what is left of b over each aggregate."""
    wp.launch(_gather, out.size, [r, child_ptr, child, out], device=out.device)


def _launch(kernel, first, stop, *arguments):
    wp.launch(kernel, stop - first, [first, *arguments], device=arguments[0].device)


@wp.func
def _pulled(
    near: Links, weight: Weights, far: Numbers, far_near: Links, far_weight: Weights, x: Vector, i: int,
):  # fmt: skip
    total = float(0.0)
    for link in range(LINKS):
        total += weight[link, i] * x[near[link, i]]
    for row in range(far[i], far[i + 1]):
        for link in range(MORE):
            total += far_weight[row, link] * x[far_near[row, link]]
    return total


@wp.func_native("""
#if defined(__CUDA_ARCH__)
__syncthreads();
#endif
""")
def _together(): ...  # noqa: E704


@wp.func
def _solve_coarsest(inverse: Weights, first: int, room: Vector, b: Vector, x: Vector, t: int, threads: int):
    """Rows in as many parts as there are threads for, whose sums are then added."""
    n = inverse.shape[0]
    parts = threads // n
    if parts < 1:
        parts = int(1)
    for entry in range(t, parts * n, threads):
        total = float(0.0)
        for j in range(entry // n, n, parts):
            total += inverse[j, entry % n] * b[first + j]
        room[entry] = total
    _together()
    for i in range(t, n, threads):
        total = float(0.0)
        for part in range(parts):
            total += room[part * n + i]
        x[first + i] = total
    _together()


@wp.kernel
def _descend(
    strokes: Links, spans: Links, span_at: Numbers, cells: Numbers, near: Links, weight: Weights,
    far: Numbers, far_near: Links, far_weight: Weights, diagonal: Vector, parent: Numbers, child_ptr: Numbers,
    child: Numbers, inverse: Weights, room: Vector, b: Vector, x: Vector, threads: int,
):  # fmt: skip
    t = wp.tid()
    for s in range(strokes.shape[0]):
        stroke = strokes[s, 0]
        k = strokes[s, 1]
        first = cells[k]
        stop = cells[k + 1]
        if stroke == COARSEST:
            _solve_coarsest(inverse, first, room, b, x, t, threads)
        else:
            if stroke == UP:
                for i in range(first + t, stop, threads):
                    x[i] = x[i] + x[parent[i]]
            if stroke == FROM_ZERO:
                for i in range(first + t, stop, threads):
                    x[i] = 0.0
            _together()
            final = span_at[k + 1] - 1
            for turn in range(span_at[k + 1] - span_at[k]):
                q = span_at[k] + turn
                if stroke == UP:
                    q = final - turn
                if stroke != FROM_THERE or spans[q, 2] > 0:
                    for i in range(spans[q, 0] + t, spans[q, 1], threads):
                        pulled = _pulled(near, weight, far, far_near, far_weight, x, i)
                        x[i] = (b[i] + pulled) / diagonal[i]
                _together()
            if stroke != UP:
                for big in range(stop + t, cells[k + 2], threads):
                    total = float(0.0)
                    for slot in range(child_ptr[big], child_ptr[big + 1]):
                        i = child[slot]
                        if i < spans[final, 0] or i >= spans[final, 1]:  # what was swept last lacks nothing
                            pulled = _pulled(near, weight, far, far_near, far_weight, x, i)
                            total += b[i] - diagonal[i] * x[i] + pulled
                    b[big] = total
                _together()


@wp.kernel
def _relax(
    first: int, near: Links, weight: Weights, far: Numbers, far_near: Links, far_weight: Weights,
    diagonal: Vector, b: Vector, x: Vector, pulls: int,
):  # fmt: skip
    i = first + wp.tid()
    total = b[i]
    if pulls != 0:
        total += _pulled(near, weight, far, far_near, far_weight, x, i)
    x[i] = total / diagonal[i]


@wp.kernel
def _lack(
    first: int, near: Links, weight: Weights, far: Numbers, far_near: Links, far_weight: Weights,
    diagonal: Vector, b: Vector, x: Vector, r: Vector,
):  # fmt: skip
    i = first + wp.tid()
    pulled = _pulled(near, weight, far, far_near, far_weight, x, i)
    r[i] = b[i] - diagonal[i] * x[i] + pulled


@wp.kernel
def _product(
    first: int, near: Links, weight: Weights, far: Numbers, far_near: Links, far_weight: Weights,
    diagonal: Vector, x: Vector, out: Vector,
):  # fmt: skip
    i = first + wp.tid()
    out[i] = diagonal[i] * x[i] - _pulled(near, weight, far, far_near, far_weight, x, i)


@wp.kernel
def _prolong(parent: Numbers, coarse: Vector, x: Vector):
    i = wp.tid()
    x[i] = x[i] + coarse[parent[i]]


@wp.kernel
def _gather(r: Vector, child_ptr: Numbers, child: Numbers, out: Vector):
    big = wp.tid()
    total = float(0.0)
    for slot in range(child_ptr[big], child_ptr[big + 1]):
        total += r[child[slot]]
    out[big] = total


@wp.kernel
def _multiply(inverse: Weights, b: Vector, parts: Weights):
    """Sum a part of each row; the matrix is symmetric, and along its columns threads read neighbours."""
    part, i = wp.tid()
    total = float(0.0)
    for j in range(part, b.shape[0], parts.shape[0]):
        total += inverse[j, i] * b[j]
    parts[part, i] = total


@wp.kernel
def _add(parts: Weights, x: Vector):
    i = wp.tid()
    total = float(0.0)
    for part in range(parts.shape[0]):
        total += parts[part, i]
    x[i] = total
