"""Bit rows against plain NumPy on the dense box, and their first aggregates against those of the graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from microsim.mesh.percolation import percolating
from microsim.numerics.backend import kernels, running
from microsim.numerics.fixed_rows import Rows, spans_of
from microsim.numerics.graph import voxel_graph
from microsim.numerics.kernels.reference import rows as reference_rows
from microsim.numerics.multigrid import Level, coarsen, level_weights
from microsim.numerics.rows import PART, PARTS, BitRows, RowsMultigrid, first_aggregates

from .twins import agree

quick = settings(max_examples=25, deadline=None)
shapes = st.sampled_from(
    [(1, 1, 1), (3, 1, 5), (4, 5, 6), (5, 4, 127), (3, 3, 128), (2, 5, 131), (4, 3, 257)]
)
edges = st.sampled_from([(1.0, 1.0, 1.0), (1.0, 0.7, 1.3)])


def dense_apply(mask, u, weights):
    """A u on the dense box; u is 0 outside the mask."""
    out = np.zeros_like(u)
    for axis, w in enumerate(weights):
        low = (slice(None),) * axis + (slice(None, -1),)
        high = (slice(None),) * axis + (slice(1, None),)
        flow = w * (u[low] - u[high]) * (mask[low] & mask[high])
        out[low] += flow
        out[high] -= flow
    out[0] += 2 * weights[0] * u[0]
    out[-1] += 2 * weights[0] * u[-1]
    return out * mask


def random_mask(shape, seed, fill=0.6):
    return np.random.default_rng(seed).random(shape) < fill


def random_field(mask, seed, dtype=np.float64):
    return np.where(mask, np.random.default_rng(seed).standard_normal(mask.shape), 0).astype(dtype)


def cell_values(rows, dense):
    """Values of a dense array in the order of the cells, found by scattering the cells' own numbers."""
    number = rows.scatter(np.arange(rows.n), fill=-1, dtype=np.int64)
    values = np.empty(rows.n, dense.dtype)
    values[number[number >= 0]] = dense[number >= 0]
    return values


@quick
@given(shapes, st.integers(0, 99), edges, st.sampled_from([0.2, 0.6, 1.0]))
def test_twins(shape, seed, weights, fill):
    mask, rng = random_mask(shape, seed, fill), np.random.default_rng(seed)
    bits, start, bounds = agree("rows.pack", mask)
    rows, light = (bits, start), tuple(np.float32(w) for w in weights)
    u, b = rng.normal(size=(2, bounds[-1]))
    agree("rows.unpack", *rows, u, np.zeros(shape), outputs=[3])
    agree("rows.apply", *rows, *weights, u, np.empty_like(u), outputs=[6], rtol=1e-12)
    agree("rows.residual", *rows, *weights, u, np.empty_like(u), outputs=[6], rtol=1e-12)
    agree("rows.plane_sums", *rows, u, rtol=1e-12)
    agree("rows.set_planes", *rows, rng.normal(size=shape[0]), u, outputs=[3])
    agree("rows.plane_links", bits)
    single = b.astype(np.float32), u.astype(np.float32)
    alone = reference_rows._operator(bits, *weights)[3] == 0
    if not alone.any():
        for backward in (False, True):
            agree("rows.sweep", *rows, *light, *single, backward, outputs=[6])
        agree("rows.first_sweep", *rows, *light, *single, outputs=[6])
    parent, out = aggregates_agree(rows, shape, light, rng)
    agree("rows.restrict_residual", *rows, *light, *single, parent, out, outputs=[8])
    some = 2 * int(rng.integers(0, (shape[0] + 1) // 2)), shape[0]
    agree("rows.apply", *rows, *weights, u, np.ones_like(u), some, outputs=[6], rtol=1e-12)
    agree("rows.residual", *rows, *weights, u, np.ones_like(u), some, outputs=[6], rtol=1e-12)
    agree("rows.restrict_residual", *rows, *light, *single, parent, out, some, outputs=[8])
    if not alone.any():
        agree("rows.sweep", *rows, *light, *single, True, some, _doubled, outputs=[6])
        agree("rows.first_sweep", *rows, *light, *single, some, _doubled, outputs=[6])


def _doubled(u, colour):
    """What an exchange after each colour may do: change values that the next colour pulls."""
    u *= np.float32(1.5 - colour)


def aggregates_agree(rows, shape, weights, rng):
    """Compare the twins that make the first coarser level; return each cell's aggregate and a value for
    each."""
    (pattern,) = agree("row_blocks.block_patterns", rows[0], shape[2])
    base, bounds = agree("row_blocks.number_blocks", pattern, PARTS)
    parent = np.empty(np.bitwise_count(rows[0]).sum(), np.int32)
    (parent,) = agree("row_blocks.parents", *rows, pattern, base, PART, parent, outputs=[5])
    blocks, n = (pattern, base, PART, PARTS), bounds[-1]
    (indptr,) = agree("row_blocks.count_block_links", *blocks, np.zeros(n + 1, np.int64), outputs=[4])
    indptr = np.cumsum(indptr)
    ratios = [rng.uniform(0.3, 1, size).astype(np.float32) for size in pattern.shape]
    neighbour, weight = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    made = (neighbour, weight, np.empty((n, 3), np.int16))
    given = (*blocks, indptr, np.array(weights), *ratios, *made)
    agree("row_blocks.block_links", *given, outputs=[9, 10, 11])
    inside, cells = rng.integers(-1, 2, pattern.shape[0]), np.zeros(n, np.float32)
    agree("row_blocks.block_ends", *blocks, inside, cells, outputs=[5])
    return parent, np.empty(n, np.float32)


@quick
@given(shapes, st.integers(0, 99), edges)
def test_apply_and_residual_are_the_dense_operator(shape, seed, weights):
    mask = random_mask(shape, seed)
    rows, u = BitRows.of(mask), random_field(mask, seed + 1)
    assert rows.n == mask.sum()
    x, out = cell_values(rows, u), np.empty(rows.n)
    exact = dense_apply(mask, u, weights)
    assert kernels.rows.apply(rows.bits, rows.start, *weights, x, out) == pytest.approx(
        (u * exact).sum(), abs=1e-10
    )
    assert np.allclose(rows.scatter(out, 0.0, float), exact, atol=1e-12)
    r = np.empty(rows.n)
    energy, planes = kernels.rows.residual(rows.bits, rows.start, *weights, x, r)
    b = np.zeros(shape)
    b[0] = 2 * weights[0] * mask[0]
    assert np.allclose(rows.scatter(r, 0.0, float), b - exact, atol=1e-12)
    assert np.allclose(planes, (b - exact).sum(axis=(1, 2)), atol=1e-10)
    assert energy == pytest.approx((u * exact - 2 * b * u + b).sum(), abs=1e-10)


@quick
@given(shapes, st.integers(0, 99), st.sampled_from(["forward", "backward", "first"]))
def test_sweeps_are_those_of_the_graph(shape, seed, kind):
    mask = random_mask(shape, seed)
    rows, graph = BitRows.of(mask), voxel_graph(mask, [np.ones(n) for n in shape])
    x = random_field(mask, seed, np.float32) * (kind != "first")
    b = random_field(mask, seed + 1, np.float32)
    ends = 2.0 * (graph.position[:, 0] == 0) + 2.0 * (graph.position[:, 0] == shape[0] - 1)
    diagonal = (np.diff(graph.indptr) + ends).astype(np.float32)
    if np.any(diagonal == 0):  # a cell alone
        return
    mine, theirs, ones = cell_values(rows, x), graph.gather(x), (np.float32(1),) * 3
    if kind == "first":
        kernels.rows.first_sweep(rows.bits, rows.start, *ones, cell_values(rows, b), mine)
    else:
        kernels.rows.sweep(rows.bits, rows.start, *ones, cell_values(rows, b), mine, kind == "backward")
    cells, spans = Rows.of(graph, np.float32), spans_of(graph)
    cells.set(graph, np.empty(0, np.float32))
    numbers = *cells, diagonal, graph.gather(b), theirs
    if kind == "backward":
        nowhere = np.zeros(graph.n, np.int32), np.zeros(1, np.float32)
        kernels.cycle.up(spans, *nowhere, *numbers)
    elif kind == "first":
        kernels.cycle.down(spans, False, *numbers, np.zeros_like(theirs))
    else:
        with running("reference"):  # which relaxes the first colour, too
            kernels.cycle.down(spans, True, *numbers, np.zeros_like(theirs))
    assert np.allclose(rows.scatter(mine), graph.scatter(theirs), atol=1e-5, equal_nan=True)


@quick
@given(shapes, st.integers(0, 99))
def test_first_aggregates_are_those_of_the_graph(shape, seed):
    mask = random_mask(shape, seed)
    rows, graph = BitRows.of(mask), voxel_graph(mask, [np.ones(n) for n in shape])
    if rows.n == 0 or max(shape) == 1:
        return
    coarse, weight, parent, low, high = first_aggregates(rows, np.ones(3, np.float32))
    other, their_parent, child_ptr, child, scale, ends = coarsen(graph, np.empty(0, np.float32))
    level = Level.of(graph, np.float32)
    level.parent, level.child_ptr, level.child, level.scale = their_parent, child_ptr, child, scale
    theirs = level_weights(level, graph, np.empty(0, np.float32), other)
    mine_at, theirs_at = rows.scatter(parent, -1, np.int64), graph.scatter(their_parent, -1, np.int64)
    to = np.full(coarse.n, -1)
    to[mine_at[mask]] = theirs_at[mask]
    if min(shape) > 1:
        assert coarse.n == other.n and np.array_equal(to[mine_at[mask]], theirs_at[mask])
        row, column = np.repeat(np.arange(coarse.n), np.diff(coarse.indptr)), coarse.neighbour
        a = csr_matrix((weight, (to[row], to[column])), shape=(coarse.n, coarse.n))
        b = csr_matrix((theirs, other.neighbour, other.indptr), shape=a.shape)
        assert abs(a - b).max() < 1e-6
        assert np.array_equal(other.position[to], coarse.position)
    x = np.nonzero(mask)[0]
    for conductance, at, end in ((low, 0, ends[0]), (high, shape[0] - 1, ends[1])):
        exact = np.bincount(theirs_at[mask], 2.0 * (x == at), other.n) * end
        if min(shape) > 1:
            assert np.allclose(conductance, exact[to])
    for colour in range(2):  # no two cells of a colour are linked
        cells = range(coarse.bounds[colour], coarse.bounds[colour + 1])
        for i in cells:
            assert not np.any(np.isin(coarse.neighbour[coarse.indptr[i] : coarse.indptr[i + 1]], cells))


@quick
@given(st.sampled_from([(6, 5, 7), (9, 8, 130)]), st.integers(0, 99), edges)
def test_the_cycle_is_symmetric_and_definite(shape, seed, weights):
    mask = random_mask(shape, seed, 0.9)
    mask[:, 2] = True  # joins the rest to the ends
    mask = percolating(mask, 0)
    rows = BitRows.of(mask)
    grid = RowsMultigrid(rows, weights, coarsest=20)
    a, b = (cell_values(rows, random_field(mask, seed + k, np.float32)) for k in (1, 2))
    Pa, Pb = grid.cycle(a).copy(), grid.cycle(b).copy()
    assert a @ Pb == pytest.approx(b @ Pa, rel=1e-3, abs=1e-3)
    assert a @ Pa > 0


def test_planes():
    mask = random_mask((5, 6, 140), 3)
    rows = BitRows.of(mask)
    cells, links = kernels.rows.plane_links(rows.bits)
    assert np.array_equal(cells, mask.sum(axis=(1, 2)))
    assert np.array_equal(links[:-1], (mask[1:] & mask[:-1]).sum(axis=(1, 2)))
    value = np.empty(rows.n)
    kernels.rows.set_planes(rows.bits, rows.start, np.arange(5.0), value)
    assert np.array_equal(rows.scatter(value, -1), np.where(mask, np.arange(5.0)[:, None, None], -1))
    assert np.allclose(kernels.rows.plane_sums(rows.bits, rows.start, value), cells * np.arange(5.0))


@quick
@given(shapes, st.integers(0, 99), edges)
def test_the_residual_after_a_sweep_goes_to_the_aggregates(shape, seed, weights):
    mask = random_mask(shape, seed, 0.8)
    mask[:, 0] = True
    mask = percolating(mask, 0)
    rows = BitRows.of(mask)
    light = tuple(np.float32(w) for w in weights)
    graph, _, parent, _, _ = first_aggregates(rows, light)
    b, x = random_field(mask, seed, np.float32), np.zeros(rows.n, np.float32)
    kernels.rows.first_sweep(rows.bits, rows.start, *light, cell_values(rows, b), x)
    out = np.empty(graph.n, np.float32)
    kernels.rows.restrict_residual(rows.bits, rows.start, *light, cell_values(rows, b), x, parent, out)
    left = b - dense_apply(mask, rows.scatter(x, 0.0, float), weights)
    assert np.allclose(out, np.bincount(parent, cell_values(rows, left), graph.n), atol=1e-4)
