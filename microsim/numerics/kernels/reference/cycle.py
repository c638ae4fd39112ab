"""Slow twins of cpu.cycle."""

import numpy as np

from .coarsening import sum_children

LINKS, MORE = 6, 3
FROM_ZERO, FROM_THERE, UP, COARSEST = range(4)


def pack_neighbours(indptr, neighbour, near):
    """Write the first six neighbours of each cell; its own number where it has fewer."""
    for i in range(len(near)):
        row = neighbour[indptr[i] : indptr[i + 1]][:LINKS]
        near[i] = i
        near[i, : len(row)] = row


def pack_weights(indptr, weight, near_weight):
    """Write the weights of each cell's first six links, 0 where it has fewer; no weights stand for ones. In
    16 bits the upper half of a float32 is kept: all of it, where they are halved."""
    near_weight[:] = 0
    for i in range(len(near_weight)):
        begin, end = indptr[i], min(indptr[i + 1], indptr[i] + LINKS)
        row = weight[begin:end] if weight.size else np.ones(end - begin, np.float32)
        if near_weight.dtype == np.uint16:
            row = row.astype(np.float32).view(np.uint32) >> 16
        near_weight[i, : end - begin] = row


def halve(weight):
    """Round weights (float32) to what the upper half of one holds, eight binary digits."""
    step = 2.0 ** (np.frexp(weight)[1] - 8)  # of eight digits of a number of that size
    weight[:] = np.floor(weight / step + 0.5) * step


def pack_more(indptr, far, values, out):
    """Write what a cell's links beyond the first six have into its further rows, one row after the other;
    places that are not filled stay as they are."""
    for i in dict.fromkeys(far.tolist()):
        own, left = far == i, values[indptr[i] + LINKS : indptr[i + 1]]
        row = out[own].ravel()
        row[: len(left)] = left
        out[own] = row.reshape(-1, MORE)


def down(spans, again, near, weight, far, far_near, far_weight, diagonal, b, x, r, after=None):
    """One Gauss-Seidel sweep, colour after colour: x_i = (b_i + sum_j w_ij x_j) / d_i; r = b - A x.

    From x = 0, whatever x holds, or `again`: from an x that an `up` left. r of the last colour stays what it
    is: 0. after(x, colour) is called after each colour.
    """
    pull = _pull(near, weight, far, far_near, far_weight)
    for first, stop, _ in spans:
        x[first:stop] = x[first:stop] if again else 0
    for colour in dict.fromkeys(spans[:, 2].tolist()):
        for first, stop, own in spans:
            if own == colour:
                cells = slice(first, stop)
                x[cells] = (b + pull(x) * (again or colour > 0))[cells] / diagonal[cells]
        if after and not (again and colour == 0):
            after(x, colour)
    for first, stop, colour in spans:
        if colour < spans[-1, 2]:
            r[first:stop] = (b - diagonal * x + pull(x))[first:stop]


def up(spans, parent, coarse, near, weight, far, far_near, far_weight, diagonal, b, x, after=None):
    """Add each aggregate's correction to its members, then sweep from the last colour to the first."""
    pull = _pull(near, weight, far, far_near, far_weight)
    prolong(parent, coarse, x)
    for colour in reversed(dict.fromkeys(spans[:, 2].tolist())):
        for first, stop, own in spans:
            if own == colour:
                x[first:stop] = (b + pull(x))[first:stop] / diagonal[first:stop]
        if after:
            after(x, colour)


def product(near, weight, far, far_near, far_weight, diagonal, x, out):
    """out = A x with A_ii = d_i, A_ij = -w_ij; return x . A x (float64)."""
    out[:] = diagonal * x - _pull(near, weight, far, far_near, far_weight)(x)
    return x.astype(float) @ out.astype(float)


def prolong(parent, coarse, x):
    """Add each aggregate's correction to its members."""
    x += coarse[parent]


def gather(r, child_ptr, child, out):
    """Sum what is left of b over each aggregate."""
    sum_children(r, child_ptr, child, out)


def restrict(spans, parent, r, child_ptr, child, out):
    """Sum what a sweep left of b over each aggregate."""
    if child is None:
        out[:] = np.bincount(parent, r, out.size)
    else:
        gather(r, child_ptr, child, out)


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
    lower = np.tril(factor)
    for stroke, k in strokes:
        own, turns = slice(cells[k], cells[k + 1]), spans[span_at[k] : span_at[k + 1]]
        if stroke == COARSEST:
            x[own] = np.linalg.solve(lower @ lower.T, b[own]) if len(lower) else 0
            continue
        more = slice(far_at[k], far_at[k + 1])
        rows = near[own], weight[own], far[more], far_near[more], far_weight[more]
        numbers = *rows, diagonal[own], b[own], x[own]
        below = slice(cells[k + 1], cells[k + 2])
        if stroke == UP:
            up(turns, parent[own], x[below], *numbers)
            continue
        down(turns, stroke == FROM_THERE, *numbers, r[own])
        b[below] = 0
        np.add.at(b[below], parent[own], r[own])


def _pull(near, weight, far, far_near, far_weight):
    """The sum of what all neighbours of each cell pull, as a function of x."""
    near, halves = np.asarray(near), weight.dtype == np.uint16
    wide = (weight.astype(np.uint32) << 16).view(np.float32) if halves else weight

    def pull(x):
        total = (wide * x[near]).sum(axis=1)
        np.add.at(total, far, (far_weight * x[far_near]).sum(axis=1))
        return total

    return pull
