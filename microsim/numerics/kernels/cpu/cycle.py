"""CPU kernels of a multigrid cycle on a graph: relaxation, and the way to the coarser graph and back.

Rows have a fixed length: cell i is linked to near[i, 0..5] with the weights beside them (absent ones: i
itself or, of codes, any cell, weight 0); the cells that have more links, far, to the rest of them by
far_near[f, 0..2], in as many such rows, one after the other, as it takes. Where rows end at different lengths
a processor guesses their ends, often wrongly: a sweep takes 9 ns a cell instead of 4.

A span is a range of cells of one colour (first, stop, colour), and no two cells of a colour are linked: a
sweep over a span can run in any order and on any number of threads with the same result.
"""

import numpy as np

from .across import across, by_stretch
from .bits import halved, kept_as, wide
from .compiled import compiled, inlined
from .sums import CHUNK, chunk_sums, dot, in_order
from .threads import LIGHT, SERIAL, count, spread

LINKS = 6  # in a row of fixed length: those of a voxel
MORE = 3  # in a further row of a cell that has more
FROM_ZERO, FROM_THERE, UP, COARSEST = range(4)  # strokes of a cycle
FEW = 4  # threads that together gather no faster than one adds up
GRAIN = 12288  # cells of a sweep that are worth a thread


@spread("near", grain=GRAIN)
def pack_neighbours(first, stop, indptr, neighbour, near):
    """Write the first six neighbours of each cell; its own number where it has fewer."""
    for i in range(first, stop):
        begin, end = indptr[i], indptr[i + 1]
        for k in range(LINKS):
            near[i, k] = neighbour[begin + k] if begin + k < end else i


@spread("near_weight", grain=GRAIN)
def pack_weights(first, stop, indptr, weight, near_weight):
    """Write the weights of each cell's first six links, 0 where it has fewer; no weights stand for ones. In
    16 bits the upper half of a float32 is kept: all of it, where they are halved."""
    for i in range(first, stop):
        begin, end = indptr[i], indptr[i + 1]
        for k in range(LINKS):
            if weight.size and begin + k < end:
                near_weight[i, k] = kept_as(near_weight[i, k], weight[begin + k])
            else:
                near_weight[i, k] = kept_as(near_weight[i, k], np.float32(begin + k < end))


@spread("weight", grain=LIGHT)
def halve(first, stop, weight):
    """Round weights (float32) to what the upper half of one holds, eight binary digits."""
    for i in range(first, stop):
        weight[i] = halved(weight[i])


@compiled
def pack_more(indptr, far, values, out):
    """Write what a cell's links beyond the first six have into its further rows, one row after the other;
    places that are not filled stay as they are."""
    row = 0
    for f in range(far.size):
        i = far[f]
        row = row + 1 if f > 0 and far[f - 1] == i else 0
        begin = indptr[i] + LINKS + row * MORE
        for k in range(min(MORE, indptr[i + 1] - begin)):
            out[f, k] = values[begin + k]


def down(spans, again, near, weight, far, far_near, far_weight, diagonal, b, x, r, after=None):
    """One Gauss-Seidel sweep, colour after colour: x_i = (b_i + sum_j w_ij x_j) / d_i; r = b - A x.

    From x = 0, whatever x holds, or `again`: from an x that an `up` left. r of the last colour stays what it
    is: 0. after(x, colour) is called after each colour.
    """
    rows = near, weight, far, far_near, far_weight
    last = spans[-1, 2]
    for colour, ranges in _by_colour(spans):
        if colour == 1 and not again:
            _clear(spans, x)
        for first, stop in ranges:
            if colour:
                _relax.between(first, stop, *rows, diagonal, b, x)
            elif not again:
                _begin.between(first, stop, diagonal, b, x)
        if after and not (again and colour == 0):
            after(x, colour)
    for first, stop, colour in spans.tolist():
        if colour < last:
            _lack.between(first, stop, *rows, diagonal, b, x, r)


def up(spans, parent, coarse, near, weight, far, far_near, far_weight, diagonal, b, x, after=None):
    """Add each aggregate's correction to its members, then sweep from the last colour to the first.

    What the last colour was does not matter: it follows from the others.
    """
    for first, stop in _beside_last(spans, x.size):
        prolong.between(first, stop, parent, coarse, x)
    for colour, ranges in reversed(_by_colour(spans)):
        for first, stop in ranges:
            _relax.between(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x)
        if after:
            after(x, colour)


def _by_colour(spans):
    """Return the ranges of cells of each colour, [(colour, [(first, stop)])], in the order of a sweep."""
    rows = spans.tolist()
    return [(c, [(a, b) for a, b, own in rows if own == c]) for c in dict.fromkeys(c for *_, c in rows)]


def _beside_last(spans, n):
    """Return the ranges of n cells that are not in spans of the last colour."""
    taken = sorted((a, b) for a, b, colour in spans.tolist() if colour == spans[-1, 2] and b > a)
    edges = [0, *(edge for pair in taken for edge in pair), n]
    return zip(edges[::2], edges[1::2])


def product(near, weight, far, far_near, far_weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    sums = chunk_sums(x.size)
    _product(near, weight, far, far_near, far_weight, diagonal, x, out, sums)
    return in_order(sums)


@spread("x", grain=LIGHT)
def prolong(first, stop, parent, coarse, x):
    """Add each aggregate's correction to its members."""
    for i in range(first, stop):
        x[i] += coarse[parent[i]]


@spread("out", grain=SERIAL // 4)
def gather(first, stop, r, child_ptr, child, out):
    """Sum what is left of b over each aggregate."""
    for big in range(first, stop):
        total = r[child[child_ptr[big]]]
        for c in range(child_ptr[big] + 1, child_ptr[big + 1]):
            total += r[child[c]]
        out[big] = total


def restrict(spans, parent, r, child_ptr, child, out):
    """Sum what a sweep left of b over each aggregate.

    One thread lets cells add to their aggregates, in the order in which `gather` takes them, to the same
    digits, in a sixth of the time: that guesses how many members an aggregate has, often wrongly, and reads
    those of the last colour.
    """
    if count() > FEW and child is not None:
        gather(r, child_ptr, child, out)
    else:
        _add_up(spans, parent, r, out)


@compiled
def _add_up(spans, parent, r, out):
    out[:] = 0
    for s in range(spans.shape[0]):
        if spans[s, 2] < spans[-1, 2]:
            for i in range(np.uint64(spans[s, 0]), np.uint64(spans[s, 1])):
                out[parent[i]] += r[i]


@spread("x", grain=LIGHT)
def _begin(first, stop, diagonal, b, x):
    for i in range(first, stop):
        x[i] = b[i] / diagonal[i]


@compiled
def _clear(spans, x):
    """Zero the cells whose turn is still to come."""
    for s in range(spans.shape[0]):
        if spans[s, 2] > 1:
            x[spans[s, 0] : spans[s, 1]] = 0


@inlined
def _place(far, cell):
    """Return the first entry of a rising list that is not below a cell: a bisection of its own, for numba's
    takes a quarter of a second to compile."""
    low, high, cell = 0, far.size, np.int64(cell)
    while low < high:
        middle = (low + high) // 2
        if far[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def _pulled(near, weight, x, i):
    """In the precision of x: a sum that starts from x[i] * 0 is one of float64, and takes a third longer."""
    total = wide(weight[i, 0]) * x[across(near, i, 0)]
    for k in range(1, LINKS):
        total += wide(weight[i, k]) * x[across(near, i, k)]
    return total


@inlined
def _pulled_from_far(far_near, far_weight, x, f):
    total = far_weight[f, 0] * x[far_near[f, 0]]
    for k in range(1, MORE):
        total += far_weight[f, k] * x[far_near[f, k]]
    return total


@inlined
@by_stretch
def _relaxed(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x):
    for i in range(first, stop):
        x[i] = (b[i] + _pulled(near, weight, x, i)) / diagonal[i]
    for f in range(_place(far, first), _place(far, stop)):
        i = far[f]
        x[i] += _pulled_from_far(far_near, far_weight, x, f) / diagonal[i]


@inlined
@by_stretch
def _lacking(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x, r):
    for i in range(first, stop):
        r[i] = b[i] - diagonal[i] * x[i] + _pulled(near, weight, x, i)
    for f in range(_place(far, first), _place(far, stop)):
        r[far[f]] += _pulled_from_far(far_near, far_weight, x, f)


@inlined
@by_stretch
def _multiplied(first, stop, near, weight, far, far_near, far_weight, diagonal, x, out):
    for i in range(first, stop):
        out[i] = diagonal[i] * x[i] - _pulled(near, weight, x, i)
    for f in range(_place(far, first), _place(far, stop)):
        out[far[f]] -= _pulled_from_far(far_near, far_weight, x, f)


@spread("x", grain=GRAIN)
def _relax(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x):
    _relaxed(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x)


@spread("x", grain=GRAIN)
def _lack(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x, r):
    _lacking(first, stop, near, weight, far, far_near, far_weight, diagonal, b, x, r)


@spread("x", chunk=CHUNK, grain=GRAIN)
def _product(first, stop, near, weight, far, far_near, far_weight, diagonal, x, out, sums):
    for c in range(first, stop):
        begin, end = np.uint64(c * CHUNK), np.uint64(min((c + 1) * CHUNK, x.size))
        _multiplied(begin, end, near, weight, far, far_near, far_weight, diagonal, x, out)
        sums[c] = dot(x[begin:end], out[begin:end])


@compiled
def descend(
    strokes,
    spans,
    cells,
    span_at,
    far_at,
    near,
    weight,
    far,
    far_near,
    far_weight,
    diagonal,
    parent,
    factor,
    b,
    x,
    r,
):
    """Run the strokes [(stroke, level)] of the lower half of a cycle, whose graphs are small, in one call.

    Of level k: cells[k]:cells[k + 1] of all arrays over cells, spans[span_at[k]:span_at[k + 1]], the further
    rows far_at[k]:far_at[k + 1]. factor: the coarsest level's Cholesky factor L, with its transpose above the
    diagonal.
    """
    for s in range(strokes.shape[0]):
        stroke, k = strokes[s, 0], strokes[s, 1]
        own, more = slice(cells[k], cells[k + 1]), slice(far_at[k], far_at[k + 1])
        if stroke == COARSEST:
            _back_substitute(factor, b[own], x[own])
            continue
        turns, xk, bk, dk = spans[span_at[k] : span_at[k + 1]], x[own], b[own], diagonal[own]
        near_k, weight_k = near[own], weight[own]
        far_k, far_near_k, far_weight_k = far[more], far_near[more], far_weight[more]
        own_parent, last = parent[own], turns[-1, 2]
        if stroke == UP:
            coarse = x[cells[k + 1] : cells[k + 2]]
            for t in range(turns.shape[0]):
                if turns[t, 2] < last:
                    for i in range(np.uint64(turns[t, 0]), np.uint64(turns[t, 1])):
                        xk[i] += coarse[own_parent[i]]
        elif stroke == FROM_ZERO:
            for t in range(turns.shape[0]):
                for i in range(np.uint64(turns[t, 0]), np.uint64(turns[t, 1])):
                    xk[i] = 0 if turns[t, 2] > 0 else bk[i] / dk[i]
        for turn in range(turns.shape[0]):
            t = turns.shape[0] - 1 - turn if stroke == UP else turn
            first, stop, colour = np.uint64(turns[t, 0]), np.uint64(turns[t, 1]), turns[t, 2]
            if colour > 0 or stroke == UP:
                _relaxed(first, stop, near_k, weight_k, far_k, far_near_k, far_weight_k, dk, bk, xk)
        if stroke == UP:
            continue
        below, rk = b[cells[k + 1] : cells[k + 2]], r[own]
        below[:] = 0  # on one thread cells can add to their aggregates: `gather` guesses how many there are
        for t in range(turns.shape[0]):
            first, stop = np.uint64(turns[t, 0]), np.uint64(turns[t, 1])
            if turns[t, 2] < last:
                _lacking(first, stop, near_k, weight_k, far_k, far_near_k, far_weight_k, dk, bk, xk, rk)
                for i in range(first, stop):
                    below[own_parent[i]] += rk[i]


@inlined
def _back_substitute(factor, b, x):
    """Solve L L^T x = b; factor holds L below and L^T above the diagonal, so that both ways go along rows."""
    y = np.empty(b.size)
    for i in range(b.size):
        y[i] = b[i]
    for i in range(b.size):
        y[i] /= factor[i, i]
        for j in range(i + 1, b.size):
            y[j] -= factor[i, j] * y[i]
    for i in range(b.size - 1, -1, -1):
        y[i] /= factor[i, i]
        for j in range(i):
            y[j] -= factor[i, j] * y[i]
    for i in range(b.size):
        x[i] = y[i]
