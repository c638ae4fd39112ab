"""Every fast kernel against its slow twin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microsim.numerics.backend import kernels
from microsim.numerics.codes import DIGITS_OF, HALF_BYTE
from microsim.numerics.fixed_rows import Rows, spans_of
from microsim.numerics.graph import line_colours, voxel_graph
from microsim.numerics.kernels.cpu import threads
from microsim.numerics.kernels.cpu.threads import SERIAL
from microsim.numerics.krylov import Basis
from microsim.numerics.multigrid import Multigrid, distance_ratios, in_half_bytes, merge_lines
from microsim.numerics.near import packed
from microsim.numerics.rows import BitRows

from .random_graphs import Weighted, masks, one_layer, random_weights, rows_of, two_layers, weighted
from .twins import agree, trade

quick = settings(max_examples=25, deadline=None)


# -- making graphs -------------------------------------------------------------------------------------------


@quick
@given(masks(), st.integers(0, 2))
def test_numbering_and_grid_links(mask, periodic):
    index, position, _ = agree("graph.number_cells", mask, *_lines_and_colours(mask.shape, periodic))
    agree("graph.grid_links", index, position, periodic)


def _lines_and_colours(shape, periodic):
    lines, colours = line_colours(shape, periodic)
    return *lines, colours


@quick
@given(masks(), masks(), st.integers(0, 2**31))
def test_rows_of_two_graphs_joined(one, two, seed):
    """Each link of the parts in two rows with its weight, and each link between them behind the six places of
    its cells."""
    assume(one.any() and two.any())
    parts = [voxel_graph(mask, [np.ones(k) for k in mask.shape]).filled() for mask in (one, two)]
    n, rng = parts[0].n, np.random.default_rng(seed)
    of_a, of_b = rng.integers(0, n, 2 * n), rng.integers(0, parts[1].n, 2 * n)
    indptr, slots = agree("graph.joined_rows", n, parts[1].n, of_a, of_b)
    weights = [rng.random(g.near.shape).astype(np.float32) for g in parts]
    neighbour, weight = np.full(indptr[-1], -1, np.int32), np.full(indptr[-1], -1, np.float32)
    for part, links, own, shift in zip(parts, weights, (slice(0, n), slice(n, -1)), (0, n)):
        agree("graph.fill_joined", part.near, links, indptr[own], shift, neighbour[:0], weight, outputs=[5])
        for near in part.near, packed(part.near):
            given_ = near, links, indptr[own], shift, neighbour, weight
            found = agree("graph.fill_joined", *given_, outputs=[4, 5])
        neighbour, weight = found
    assert np.array_equal(np.flatnonzero(weight < 0), np.sort(slots.ravel()))
    for own, cells in ((0, of_a), (1, n + of_b)):
        assert np.all(slots[own] >= indptr[cells] + 6) and np.all(slots[own] < indptr[cells + 1])
    neighbour[slots[0]], neighbour[slots[1]] = n + of_b, of_a
    edges = [(of_a, n + of_b)]
    for begin, part, links in zip((0, n), parts, weights):
        i, face = np.nonzero(part.near > np.arange(part.n)[:, None])
        edges.append((begin + i, begin + part.near[i, face]))
        places = indptr[begin : begin + part.n, None] + np.arange(6)
        there = part.near != np.arange(part.n)[:, None]
        assert np.array_equal(weight[places], np.where(there, links, 0))
        assert np.array_equal(neighbour[places], begin + part.near)
    both = [(a, b) for pair in edges for a, b in zip(*pair)]
    rows = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    there = rows != neighbour
    assert sorted(zip(rows[there], neighbour[there])) == sorted(both + [(b, a) for a, b in both])


@quick
@given(weighted(), st.integers(1, 5))
def test_aggregation_of_any_keys(case, keys):
    g = case.graph
    key = case.rng.integers(0, keys, g.n)
    (root,) = agree("coarsening.aggregate", g.indptr, g.neighbour, key)
    colour = case.rng.integers(0, 3, g.n)
    parent, _, member = agree("coarsening.number_aggregates", root, colour, 3)
    child_ptr, child = agree("coarsening.children_of", parent, len(member))
    agree("coarsening.coarse_links", g.indptr, g.neighbour, parent, child_ptr, child)
    links = kernels.coarsening.coarse_links(g.indptr, g.neighbour, parent, child_ptr, child)
    agree("coarsening.colour_greedily", *links)
    agree("coarsening.colour_greedily", g.indptr, g.neighbour)
    scale = case.rng.uniform(0.3, 1, links[1].size).astype(np.float32)
    out = np.full(links[1].size, np.nan, np.float32)
    aggregates, within, slots = (parent, child_ptr, child), 255, np.zeros(g.neighbour.size, np.uint8)
    (slots,) = agree(
        "coarsening.coarse_slots", g.indptr, g.neighbour, *aggregates, *links, within, slots, outputs=[8]
    )
    numbers = case.weight, slots, within, child_ptr, child, links[0], scale
    agree("coarsening.coarse_weights", g.indptr, *numbers, out, outputs=[8])
    if np.diff(links[0]).max(initial=0) <= HALF_BYTE:
        given_ = g.indptr, g.neighbour, *aggregates, *links, HALF_BYTE, slots
        (few,) = agree("coarsening.coarse_slots", *given_, outputs=[8])
        halves = case.weight, in_half_bytes(few), HALF_BYTE, *numbers[3:]
        (found,) = agree("coarsening.coarse_weights", g.indptr, *halves, out, outputs=[8])
        kernels.coarsening.coarse_weights(g.indptr, *numbers, out)
        assert np.array_equal(found, out) and in_half_bytes(few).size == (few.size + 1) // 2
    total = np.full(len(member), np.nan, np.float32)
    agree("coarsening.sum_children", case.ground, child_ptr, child, total, outputs=[3])


def test_links_of_an_aggregate_with_many_neighbours():
    """A hub linked to 200 others, above and below: more than there is room for at first."""
    others = np.delete(np.arange(201, dtype=np.int32), 100)
    pairs = [(100, other) for other in others[::-1]] + [(other, 100) for other in others]
    indptr = np.concatenate([[0], np.cumsum(np.bincount([i for i, _ in pairs]))])
    neighbour = np.array([j for _, j in sorted(pairs, key=lambda pair: pair[0])], np.int32)
    parent = np.arange(201, dtype=np.int32)
    agree("coarsening.coarse_links", indptr, neighbour, parent, np.arange(202), parent)


@quick
@given(two_layers())
def test_adoption_of_islands(case):
    g = case.graph
    (host,) = agree("coarsening.adopt_islands", g.indptr, g.neighbour, case.weight, g.layer)
    guests = np.flatnonzero(host != np.arange(g.n))
    assert np.array_equal(host[host], host)
    assert np.all(g.layer[guests] // 2 == g.layer[host[guests]] // 2)


@quick
@given(weighted())
def test_block_keys_and_link_scales(case):
    g = case.graph
    lines = [merge_lines(w, 1.5 * np.median(w)) for w in g.widths]
    coarse = [np.bincount(line, weights=w) for line, w in zip(lines, g.widths)]
    agree("coarsening.block_keys", g.position, g.layer, *lines, len(coarse[1]), len(coarse[2]))
    of_line, colours = line_colours([len(w) for w in coarse], g.periodic)
    own = [of[line] for of, line in zip(of_line, lines)]
    agree("coarsening.block_colours", g.position, *own, colours)
    agree("coarsening.member_lines", g.position, case.rng.permutation(g.n)[: g.n // 2 + 1], *lines)
    ratios = [distance_ratios(w, line, big) for w, line, big in zip(g.widths, lines, coarse)]
    rows = rows_of(g)
    position = np.stack([line[g.position[:, a]] for a, line in enumerate(lines)], axis=1).astype(np.int16)
    # as between aggregates: face neighbours only; around the ring see the next test
    apart = np.abs(position[rows].astype(int) - position[g.neighbour]).sum(axis=1)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[apart <= 1], minlength=g.n))])
    agree("coarsening.link_scales", indptr, g.neighbour[apart <= 1], position, g.layer, *ratios)


def test_link_scales_around_the_ring():
    widths = np.array([1.0, 1.0, 1.0, 1.0, 1.0])
    line = merge_lines(widths, 1.5)
    coarse = np.bincount(line, weights=widths)  # 2, 2, 1
    ring = voxel_graph(np.ones((1, 3, 1), bool), [np.ones(1), coarse, np.ones(1)], True)
    ratio, one = distance_ratios(widths, line, coarse), np.ones(1, np.float32)
    agree("coarsening.link_scales", ring.indptr, ring.neighbour, ring.position, ring.layer, one, ratio, one)


# -- numbers on graphs ---------------------------------------------------------------------------------------


def vector(case, n=None):
    return case.rng.normal(size=case.graph.n if n is None else n).astype(np.float32)


def row_sums(case):
    out = np.full(case.graph.n, np.nan, np.float32)
    return agree("laplacian.row_sums", case.graph.indptr, case.weight, case.ground, out, outputs=[3])[0]


@quick
@given(weighted())
def test_products_and_sweeps(case):
    _hold_products(case)


def test_products_and_sweeps_on_many_threads():
    """From 8192 cells of a colour on, loops run in parallel."""
    rng = np.random.default_rng(5)
    graph = voxel_graph(rng.random((34, 34, 34)) < 0.6, [np.ones(34)] * 3)
    assert np.diff(graph.bounds).min() > SERIAL
    for weight in (np.empty(0, np.float32), random_weights(graph, rng)):
        _hold_products(Weighted(graph, weight, np.full(graph.n, 0.2, np.float32), rng))


def _hold_products(case):
    _hold_rows(case, Rows.of(case.graph, np.float32))
    if case.weight.size:
        (weight,) = agree("cycle.halve", case.weight, outputs=[0])
        assert np.array_equal(weight.view(np.uint32) & 0xFFFF, np.zeros(weight.size))
        assert np.allclose(weight, case.weight, rtol=2**-8, atol=0)
        halves = replace(case, weight=weight)
        _hold_rows(halves, Rows.of(case.graph, np.float32, halved=True))


def _hold_rows(case, rows):
    g, diagonal = case.graph, row_sums(case)
    links = (g.indptr, g.neighbour, case.weight)
    b, x = vector(case), vector(case)
    agree("laplacian.apply_laplacian", *links, diagonal, x, np.empty_like(x), outputs=[5])
    spans = spans_of(g)
    rows.set(g, case.weight)
    agree("cycle.pack_neighbours", g.indptr, g.neighbour, np.asarray(rows.near), outputs=[2])
    agree("cycle.pack_weights", g.indptr, case.weight, np.full_like(rows.weight, 7), outputs=[2])
    of_more = np.arange(g.neighbour.size), np.full(rows.far_near.shape, -1)
    agree("cycle.pack_more", g.indptr, rows.far, *of_more, outputs=[3])
    _, product = agree("cycle.product", *rows, diagonal, x, np.full_like(x, np.nan), outputs=[7])
    kernels.laplacian.apply_laplacian(*links, diagonal, x, expected := np.empty_like(x))
    scale = np.abs(b).max(initial=0) + np.abs(expected).max(initial=0)
    assert np.allclose(product, expected, atol=3e-6 * scale)
    parent = (np.arange(g.n) // 3).astype(np.int32)
    child_ptr, child = kernels.coarsening.children_of(parent, parent[-1] + 1)
    for again in (False, True):
        x, r = agree("cycle.down", spans, again, *rows, diagonal, b, x, np.zeros_like(x), outputs=[9, 10])
        _hold_residual(spans, links, diagonal, b, x, r)
        agree(
            "cycle.gather", r, child_ptr, child, out := np.full(parent[-1] + 1, np.nan, x.dtype), outputs=[3]
        )
        with threads.limited(1):
            agree("cycle.restrict", spans, parent, r, child_ptr, child, out, outputs=[5])
            agree("cycle.restrict", spans, parent, r, None, None, out, outputs=[5])
        agree("cycle.prolong", parent, vector(case, len(out)), x, outputs=[2])
        (x,) = agree("cycle.up", spans, parent, vector(case, len(out)), *rows, diagonal, b, x, outputs=[10])
    _hold_sweeps_of_some(case, spans, rows, diagonal, b, parent)


def _hold_sweeps_of_some(case, spans, rows, diagonal, b, parent):
    """Spans of a part of the cells, and what is done after each colour."""

    def changed(x, colour):
        x *= np.float32(1.5 - colour)

    halves = [part for a, b, c in spans for part in ((a, (a + b) // 2, c), ((a + b) // 2, b, c))]
    some, x = np.array([part for part in halves[:-1] if part[1] > part[0]]), vector(case)
    if len(some):
        left, coarse = np.zeros_like(x), vector(case, parent[-1] + 1)
        agree("cycle.down", some, False, *rows, diagonal, b, x, left, changed, outputs=[9, 10])
        agree("cycle.up", some, parent, coarse, *rows, diagonal, b, x, changed, outputs=[10])


def _hold_residual(spans, links, diagonal, b, x, r):
    """r = b - A x, which the last colour of a sweep leaves at zero."""
    kernels.laplacian.apply_laplacian(*links, diagonal, x, product := np.empty_like(x))
    scale = np.abs(b).max(initial=0) + np.abs(diagonal * x).max(initial=0)
    assert np.allclose(r, b - product, atol=3e-6 * scale)
    assert not any(r[first:stop].any() for first, stop, colour in spans if colour == spans[-1, 2])


@quick
@given(weighted(), st.sampled_from([1, 2]))
def test_the_lower_half_of_a_cycle(case, visits):
    """The whole cycle in one call; the twin runs it stroke by stroke."""
    grid = Multigrid(case.graph, case.weight, coarsest=8, visits=visits)
    grid.update(case.weight, mass=case.ground)
    descent = grid.descent
    diagonal, parent, b, x, r = (descent.vectors[name] for name in ("diagonal", "parent", "b", "x", "r"))
    b[:] = case.rng.normal(size=b.size)
    strokes = descent.strokes(False, 0)
    vectors = diagonal, parent, grid.factor, b, x, r
    agree("cycle.descend", strokes, *descent.places, *descent.rows, *vectors, outputs=[14])


@quick
@given(one_layer())
def test_products_in_double_precision(case):
    g, n = case.graph, case.graph.n
    weight = case.weight.astype(float)
    diagonal, x = case.rng.uniform(1, 2, n), case.rng.normal(size=n)
    agree(
        "laplacian.apply_laplacian",
        g.indptr,
        g.neighbour,
        weight,
        diagonal,
        x,
        np.empty(n),
        outputs=[5],
        rtol=1e-13,
    )
    agree("laplacian.row_sums", g.indptr, weight, diagonal, np.empty(n), outputs=[3], rtol=1e-13)
    agree("laplacian.link_energy", g.indptr, g.neighbour, weight, x, rtol=1e-13)
    agree("laplacian.link_energy", g.indptr, g.neighbour, weight[:0], x, rtol=1e-13)


@given(st.integers(1, 40), st.integers(0, 2**31))
@quick
def test_vector_kernels(n, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, n)).astype(np.float32)
    agree("vectors.zeros", 3, np.float32)
    agree("vectors.magnitudes", a)
    agree("vectors.add_scaled", np.float32(-0.3), a, b, outputs=[2])
    agree("vectors.search_direction", a, np.float32(0.7), b, outputs=[2])
    agree("vectors.inner", a, b, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 7, 40_000])  # the last over three chunks
def test_basis_kernels(n):
    rng = np.random.default_rng(n)
    high, low = np.zeros(n, np.int16), np.zeros(n, np.uint8)
    scale = np.full(-(-n // DIGITS_OF), np.nan, np.float32)
    w = (rng.normal(size=n) * 10 ** rng.uniform(-5, 5, n)).astype(np.float32)
    w[64:128] = 0
    vector = agree("basis.keep", w, 1.7, high, low, scale, outputs=[2, 3, 4], rtol=1e-6)
    agree("basis.read", *vector, np.empty(n, np.float32), outputs=[3], rtol=1e-6)
    other = np.roll(w, 1)
    agree("basis.project", *vector, other)
    agree("basis.add", *vector, 0.3, other, outputs=[4])


def test_inner_products_are_summed_in_double_precision():
    a = np.ones(2**25 + 1, np.float32)  # in float32 a running sum of ones ends at 2^24
    assert kernels.vectors.inner(a, a) == a.size


@quick
@given(one_layer())
def test_conductances(case):
    g, rng = case.graph, case.rng
    conductivity = rng.uniform(0.1, 3, g.n)
    out = np.full(g.neighbour.size, np.nan)
    kind, table = rng.integers(0, 4, g.n).astype(np.uint8), rng.uniform(0.1, 3, (4, 3))
    shape, chi = np.array([1.0, 0.3, 2.0]), rng.normal(size=(3, g.n))
    agree(
        "links.voxel_links", g.indptr, g.neighbour, g.face, kind, table, shape, out, outputs=[6], rtol=1e-12
    )
    agree(
        "laplacian.bilinear_energy",
        g.indptr,
        g.neighbour,
        g.face,
        rng.uniform(0.1, 3, out.size),
        shape,
        chi,
        rtol=1e-10,
    )
    half = g.half_conductances()
    agree("links.harmonic_links", g.indptr, g.neighbour, *half, conductivity, out, outputs=[5], rtol=1e-12)


def test_a_dead_half_cell_conducts_nothing():
    g = voxel_graph(np.ones((3, 1, 1), bool), [np.ones(3), np.ones(1), np.ones(1)])
    conductivity = g.gather(np.array([1.0, 0.0, 0.0]).reshape(3, 1, 1))
    for backend in ("cpu", "reference"):
        weight = np.full(g.neighbour.size, np.nan)
        trade(backend, "links").harmonic_links(
            g.indptr, g.neighbour, *g.half_conductances(), conductivity, weight
        )
        assert np.array_equal(weight, np.zeros(4))


# -- the same digits on any number of threads ----------------------------------------------------------------


def on_threads(sums):
    """What `sums` returns on one thread, and on several, a few times over."""
    results = []
    for count in (1, 2, 2, 3, 7):
        with threads.limited(count):
            results.append([float(total) for total in sums()])
    return results


def test_no_digit_of_a_sum_depends_on_the_threads():
    rng = np.random.default_rng(3)
    graph = voxel_graph(rng.random((70, 60, 50)) < 0.6, [np.ones(n) for n in (70, 60, 50)])
    x, y = rng.lognormal(sigma=3, size=(2, graph.n))
    weight = rng.lognormal(size=graph.neighbour.size)
    basis, w = Basis(), x.astype(np.float32)
    basis.keep(y.astype(np.float32), 3.0)
    basis.keep(w, 2.0)
    results = on_threads(
        lambda: [
            kernels.vectors.inner(x, y),
            kernels.laplacian.apply_laplacian(graph.indptr, graph.neighbour, weight, y, x, np.empty_like(x)),
            *basis.project(w),
            basis.combine(np.ones(2), w.copy()),
        ]
    )
    assert all(result == results[0] for result in results)


def test_no_digit_of_a_sum_over_bit_rows_depends_on_the_threads():
    rng = np.random.default_rng(4)
    rows = BitRows.of(rng.random((70, 60, 50)) < 0.6)
    x = rng.lognormal(sigma=3, size=rows.n)
    results = on_threads(
        lambda: [
            kernel(rows.bits, rows.start, 1.0, 0.7, 0.2, x, np.empty_like(x))
            for kernel in (kernels.rows.apply, lambda *arguments: kernels.rows.residual(*arguments)[0])
        ]
    )
    assert all(result == results[0] for result in results)
