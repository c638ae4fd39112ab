from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from microsim.mesh.percolation import percolating
from microsim.numerics.backend import kernels
from microsim.numerics.graph import contrast_layers, voxel_graph
from microsim.numerics.kernels.cpu import cycle
from microsim.numerics.krylov import conjugate_gradients
from microsim.numerics.multigrid import Multigrid, coarsen, distance_ratios, merge_lines

from .random_graphs import coupled_graph, laplacian, one_layer, rows_of, two_layers, weighted

quick = settings(max_examples=25, deadline=None)


def hierarchy(case, visits=1, coarsest=8):
    multigrid = Multigrid(case.graph, case.weight, coarsest=coarsest, visits=visits)
    multigrid.update(case.weight, mass=case.ground)
    return multigrid


def porous(n, share, seed):
    """Blurred noise cut at a share of pores: the percolating pores, as the pores of an electrode look."""
    noise = np.random.default_rng(seed).normal(size=(n, n, n))
    for axis in range(3):
        noise = sum(np.roll(noise, k, axis) for k in (-1, 0, 1))
    return percolating(noise < np.quantile(noise, share), 0)


def conduction(mask, widths=None, sigma=None, periodic=False, layered=False, **options):
    """The multigrid of conduction between the two ends of x, and its right-hand side (1 V at x = 0)."""
    widths = [np.ones(n) for n in mask.shape] if widths is None else widths
    graph = voxel_graph(mask, widths, periodic)
    conductivity = np.ones(graph.n) if sigma is None else graph.gather(sigma)
    graph = replace(graph, layer=contrast_layers(conductivity)) if layered else graph
    half, weight = graph.half_conductances(), np.empty(graph.neighbour.size)
    kernels.links.harmonic_links(graph.indptr, graph.neighbour, *half, conductivity, weight)
    ends = 2 * conductivity * graph.volumes() / graph.widths[0][graph.position[:, 0]] ** 2
    low, high = (np.where(graph.position[:, 0] == line, ends, 0) for line in (0, mask.shape[0] - 1))
    scale = weight.mean()
    multigrid = Multigrid(graph, weight.astype(np.float32), **options)
    multigrid.update((weight / scale).astype(np.float32), None, low / scale, high / scale)
    return multigrid, (low / scale).astype(np.float32)


def iterations(multigrid, b, tolerance=1e-6):
    """Conjugate gradient steps until the residual is `tolerance` of its start."""
    target = tolerance * np.linalg.norm(b)
    _, gains, _ = conjugate_gradients(
        multigrid.apply, multigrid.cycle, b.copy(), enough=lambda gains, r: np.linalg.norm(r) < target
    )
    return len(gains)


def test_links_of_eight_digits_precondition_as_well_and_leak_nothing():
    """A x of a constant x is what the diagonal adds to the links, to round-off; the cycles of both differ by
    about what their links do, 0.4 % at most."""
    mask = porous(24, 0.5, 3)
    sigma = np.random.default_rng(1).uniform(0.2, 3.0, mask.shape)
    whole, b = conduction(mask, sigma=sigma)
    halved, _ = conduction(mask, sigma=sigma, halved=True)
    assert all(level.rows.weight.dtype == np.uint16 for level in halved.levels)
    ones, product = np.ones(b.size, np.float32), np.empty_like(b)
    halved.apply(ones, product)
    inner = np.flatnonzero(halved.levels[0].graph.position[:, 0] % (mask.shape[0] - 1))
    assert np.abs(product[inner]).max() < 1e-6 * halved.levels[0].diagonal.max()
    target = 1e-6 * np.linalg.norm(b)

    def steps(cycle):
        enough = lambda gains, r: np.linalg.norm(r) < target
        return len(conjugate_gradients(whole.apply, cycle, b.copy(), enough=enough)[1])

    assert steps(halved.cycle) <= steps(whole.cycle) + 1
    own, other = whole.cycle(b).copy(), halved.cycle(b)
    assert 1e-6 < np.linalg.norm(own - other) / np.linalg.norm(own) < 5e-3


# -- the levels ----------------------------------------------------------------------------------------------


@quick
@given(weighted())
def test_every_level_is_a_graph_with_colours(case):
    for level in hierarchy(case).levels:
        graph, rows = level.graph, rows_of(level.graph)
        there = set(zip(rows.tolist(), graph.neighbour.tolist()))
        assert there == {(j, i) for i, j in there} and not any(i == j for i, j in there)
        colour = np.searchsorted(graph.bounds, np.arange(graph.n), side="right")
        assert graph.bounds[0] == 0 and graph.bounds[-1] == graph.n
        assert np.all(colour[rows] != colour[graph.neighbour])


@quick
@given(weighted())
def test_aggregates_share_out_the_cells_and_hold_together(case):
    for level, coarse in _steps(hierarchy(case)):
        fine, parent = level.graph, level.parent
        assert np.array_equal(np.sort(level.child), np.arange(fine.n))  # each cell once
        assert np.array_equal(parent[level.child], rows_of_pointer(level.child_ptr))
        assert np.diff(level.child_ptr).min() >= 1 and coarse.n == level.child_ptr.size - 1
        rows = rows_of(fine)
        inside = parent[rows] == parent[fine.neighbour]
        links = coo_array(
            (np.ones(inside.sum()), (rows[inside], fine.neighbour[inside])), shape=(fine.n, fine.n)
        )
        assert connected_components(links, directed=False)[0] == coarse.n  # no aggregate falls apart


@quick
@given(one_layer())
def test_an_aggregate_is_a_part_of_one_block(case):
    for level, coarse in _steps(hierarchy(case)):
        for axis in range(3):
            first, last = (
                reduce.reduceat(level.graph.position[level.child, axis], level.child_ptr[:-1])
                for reduce in (np.minimum, np.maximum)
            )
            assert np.all(last - first <= 1)
            assert np.all(coarse.position[:, axis] < len(coarse.widths[axis]))
        assert np.allclose([w.sum() for w in coarse.widths], [w.sum() for w in level.graph.widths])


@quick
@given(two_layers())
def test_no_aggregate_joins_the_two_potentials(case):
    for level, coarse in _steps(hierarchy(case)):
        assert np.array_equal(level.graph.layer // 2, coarse.layer[level.parent] // 2)


@quick
@given(two_layers())
def test_a_sweep_begins_and_ends_with_the_colours_of_most_cells(case):
    """Those cost least: the last one leaves no residual, the first one is a division."""
    assume(case.graph.layer.any())
    for level in Multigrid(case.graph, case.weight, coarsest=8).levels[1:]:
        sizes = np.diff(level.graph.bounds).tolist()
        assert [sizes[-1], *sizes[:-1]] == sorted(sizes, reverse=True)


@quick
@given(weighted())
def test_coarse_numbers_sum_the_fine_ones(case):
    """A coarse link is the links between two aggregates, times the ratio of centre distances."""
    levels = hierarchy(case).levels
    for level, coarse in pairwise(levels):
        fine, rows, weight = level.graph, rows_of(level.graph), weights_of(level)
        total = np.zeros((coarse.graph.n, coarse.graph.n))
        np.add.at(total, (level.parent[rows], level.parent[fine.neighbour]), weight)
        expected = total[rows_of(coarse.graph), coarse.graph.neighbour] * level.scale
        assert np.allclose(weights_of(coarse), expected, rtol=1e-5)
        assert np.all((level.scale > 0) & (level.scale <= 1))


def weights_of(level):
    """The weights of a level's links, in the order of its graph."""
    cells, weight = level.rows, []
    for i, count in enumerate(np.diff(level.graph.indptr)):
        row = [*cells.weight[i], *cells.far_weight[cells.far == i].ravel()]
        weight += row[:count]
    return np.array(weight)


def _steps(multigrid):
    return [(level, coarse.graph) for level, coarse in pairwise(multigrid.levels)]


def rows_of_pointer(pointer):
    return np.repeat(np.arange(pointer.size - 1), np.diff(pointer))


def test_walls_are_not_joined_across():
    """Two channels one voxel apart lie in the same blocks, yet stay apart on every level."""
    mask = np.zeros((64, 4, 4), bool)
    mask[:, 0, 0] = mask[:, 1, 1] = True
    graph = voxel_graph(mask, [np.ones(64), np.ones(4), np.ones(4)])
    multigrid = Multigrid(graph, coarsest=4)
    assert len(multigrid.levels) >= 5
    channel = graph.position[:, 1].astype(int)
    for level, coarse in _steps(multigrid):
        coarse_channel = np.full(coarse.n, -1)
        coarse_channel[level.parent] = channel
        assert np.array_equal(coarse_channel[level.parent], channel)
        channel = coarse_channel
    assert [n.graph.n for n in multigrid.levels[:3]] == [128, 64, 32]


@pytest.mark.parametrize(
    ("widths", "lines"),
    [
        ([1, 1, 1, 1], [0, 0, 1, 1]),
        ([1, 1, 1, 1, 1], [0, 0, 1, 1, 2]),
        ([4, 2, 1, 1, 1], [0, 1, 2, 2, 3]),  # only narrow lines are paired
        ([3, 3, 3], [0, 1, 2]),
        ([1], [0]),
    ],
)
def test_narrow_lines_are_paired(widths, lines):
    assert merge_lines(np.array(widths, float), 1.5).tolist() == lines


def test_distance_ratios():
    widths, lines = np.array([1.0, 1, 1, 1, 1]), np.array([0, 0, 1, 1, 2])
    # centres: fine 1 apart; coarse 2 and 1.5 apart; the last is the one around the ring
    assert distance_ratios(widths, lines, np.array([2.0, 2, 1])) == pytest.approx([1 / 2, 1 / 1.5, 1 / 1.5])


def test_flat_voxels_are_joined_across_their_short_side_first():
    graph = voxel_graph(np.ones((4, 4, 16), bool), [np.full(4, 4.0), np.full(4, 4.0), np.ones(16)])
    coarse = coarsen(graph, np.empty(0, np.float32))[0]
    assert [len(w) for w in coarse.widths] == [4, 4, 8]


# -- the cycle -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visits", [1, 2])
@quick
@given(case=weighted())
def test_the_cycle_is_symmetric_and_positive(visits, case):
    multigrid = hierarchy(case, visits)
    z1, z2 = case.rng.normal(size=(2, case.graph.n)).astype(np.float32)
    m1, m2 = multigrid.cycle(z1.copy()).astype(float), multigrid.cycle(z2.copy()).astype(float)
    scale = np.sqrt((z1 @ m1) * (z2 @ m2))
    assert z1 @ m1 > 0 and z2 @ m2 > 0
    assert z1 @ m2 == pytest.approx(z2 @ m1, abs=1e-4 * scale)


@pytest.mark.parametrize("visits", [1, 2])
@quick
@given(case=weighted())
def test_the_cycle_is_near_the_inverse(visits, case):
    """Eigenvalues of M A: below 2, or the second visit of a W-cycle would do harm; not near 0, or CG takes
    long."""
    multigrid = hierarchy(case, visits)
    A = laplacian(case.graph, case.weight, case.ground.astype(float))
    M = np.array([multigrid.cycle(e.copy()).copy() for e in np.eye(case.graph.n, dtype=np.float32)], float)
    assert np.allclose(M, M.T, atol=1e-5 * np.abs(M).max())
    eigenvalues = np.linalg.eigvals(M @ A).real
    assert eigenvalues.min() > (0.01 if case.graph.layer.any() else 0.1)
    assert eigenvalues.max() < 1.8


def test_the_second_visit_works_on_what_the_first_left():
    """z + M (b - A z) with z = M b, where M is the cycle of the middle of three levels."""
    multigrid, _ = conduction(porous(16, 0.6, 0), visits=2, coarsest=100)
    assert len(multigrid.levels) == 3
    level = multigrid.levels[1]
    b = np.random.default_rng(0).normal(size=level.graph.n).astype(np.float32)
    A = laplacian(level.graph, weights_of(level), 0)
    A[np.diag_indices(level.graph.n)] = level.diagonal
    z = multigrid.cycle(b, 1).copy()
    expected = z + multigrid.cycle((b - A @ z).astype(np.float32), 1)
    level.b[:] = b
    assert np.allclose(multigrid.answer(1), expected, atol=1e-5 * np.abs(expected).max())


@quick
@given(case=weighted())
def test_a_graph_small_enough_is_solved_exactly(case):
    graph = case.graph
    assume(not graph.periodic or all(len(w) != 2 for w in graph.widths))  # see the next test
    multigrid = hierarchy(case, coarsest=graph.n)
    b = case.rng.normal(size=case.graph.n).astype(np.float32)
    exact = np.linalg.solve(laplacian(case.graph, case.weight, case.ground.astype(float)), b)
    assert np.allclose(multigrid.cycle(b), exact, rtol=1e-3, atol=1e-4 * np.abs(exact).max())


def test_a_ring_of_two_is_linked_twice_in_the_exact_solve():
    graph = voxel_graph(np.ones((1, 2, 1), bool), [np.ones(1), np.ones(2), np.ones(1)], True)
    multigrid, ground = Multigrid(graph), np.ones(2, np.float32)
    multigrid.update(np.ones(4, np.float32), mass=ground)
    exact = np.linalg.solve(np.array([[3.0, -2.0], [-2.0, 3.0]]), [1.0, 0.0])
    assert multigrid.cycle(np.array([1, 0], np.float32)) == pytest.approx(exact, rel=1e-4)


def test_the_cycle_keeps_its_input():
    multigrid, b = conduction(porous(12, 0.6, 0), coarsest=50)
    kept = b.copy()
    first = multigrid.cycle(b).copy()
    assert np.array_equal(b, kept) and np.array_equal(multigrid.cycle(b), first)


# -- how fast it converges -----------------------------------------------------------------------------------


@pytest.mark.parametrize("visits", [1, 2])
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("share", [0.35, 0.45, 0.6, 1.0])
def test_pores_of_an_electrode_take_few_iterations(share, periodic, visits):
    multigrid, b = conduction(porous(24, share, 1), periodic=periodic, visits=visits, coarsest=50)
    assert len(multigrid.levels) >= 3
    assert 3 <= iterations(multigrid, b) <= 20


@pytest.mark.parametrize("sizes", [(1, 1, 0.2), (0.2, 1, 1), (5, 1, 1)])
def test_flat_and_long_voxels_cost_little_more(sizes):
    widths = [np.full(24, size, float) for size in sizes]
    assert 3 <= iterations(*conduction(porous(24, 0.5, 1), widths)) <= 20


def test_graded_lines_cost_little_more():
    """A slab whose lines widen away from the image, as a separator in front of an electrode."""
    lines = np.concatenate([1.3 ** np.arange(8, 0, -1), np.ones(16)])
    for mask in (porous(24, 0.5, 1), np.ones((24, 24, 24), bool)):
        assert 3 <= iterations(*conduction(mask, [lines, np.ones(24), np.ones(24)])) <= 20


@pytest.mark.parametrize("contrast", [10, 1e3, 1e6])
def test_two_conductors_in_layers_of_their_own(contrast):
    sigma = np.where(porous(24, 0.5, 3), 1.0, contrast)
    assert 3 <= iterations(*conduction(np.ones((24, 24, 24), bool), sigma=sigma, layered=True)) <= 20


def test_coarse_cells_do_not_mix_conductors_that_differ_much():
    """Single poor voxels in a good conductor: in one layer they cost three times the iterations."""
    box = np.ones((24, 24, 24), bool)
    sigma = np.where(np.random.default_rng(0).random(box.shape) < 0.8, 1.0, 4e3)
    mixed, apart = (iterations(*conduction(box, sigma=sigma, layered=layered)) for layered in (False, True))
    assert 3 <= apart <= 25 and apart < mixed / 2


def test_contrast_layers():
    assert contrast_layers(np.array([1.0, 29.0, 31.0, 1e6])).tolist() == [0, 0, 1, 1]
    assert not contrast_layers(np.full(3, 7.0)).any()


def test_the_work_grows_as_the_cells():
    few, many = (iterations(*conduction(porous(n, 0.45, 1))) for n in (16, 40))
    assert many <= 1.6 * few


def electrode_with_islands(seed=0):
    """Pores (0), solid (1), and one solid voxel in twenty of another conductor (2), many of them single."""
    labels = np.where(porous(24, 0.45, seed), 0, 1)
    labels[(np.random.default_rng(seed).random(labels.shape) < 0.05) & (labels == 1)] = 2
    return labels


def two_potentials(labels, sigma, across, **options):
    """Ions from x = 0 through the faces to electrons at the far end: the multigrid and its right-hand
    side."""
    graph = coupled_graph(labels, [np.ones(n) for n in labels.shape])
    rows, x = rows_of(graph), graph.position[:, 0]
    k = np.asarray(sigma, float)[graph.layer]
    mine, other = k[rows], k[graph.neighbour]
    one_potential = graph.layer[rows] // 2 == graph.layer[graph.neighbour] // 2
    weight = np.where(one_potential, 2 * mine * other / (mine + other), across).astype(np.float32)
    low = np.where((graph.layer == 0) & (x == 0), 2 * k, 0)
    high = np.where((graph.layer >= 2) & (x == labels.shape[0] - 1), 2 * k, 0)
    multigrid = Multigrid(graph, weight, **options)
    multigrid.update(weight, None, low, high)
    return multigrid, low.astype(np.float32)


@pytest.mark.parametrize("visits", [1, 2])
@pytest.mark.parametrize("solid", [(1e-2, 1e2), (1e2, 1e-2), (1e2, 1e2)])
def test_islands_of_another_conductor_are_adopted(solid, visits):
    """Left alone they would never be joined, and every level would carry all of them down to the dense
    solve."""
    multigrid, b = two_potentials(electrode_with_islands(), (1.0, np.nan, *solid), across=1e-2, visits=visits)
    assert multigrid.levels[-1].graph.n <= 300
    assert 3 <= iterations(multigrid, b) <= 25


def test_sheets_across_the_narrow_axis_are_coarsened():
    """Sheets one voxel thick, in voxels flat in the same direction: nothing can be joined across them."""
    sheets = np.zeros((16, 16, 8), bool)
    sheets[:, :, ::2] = True
    graph = voxel_graph(sheets, [np.ones(16), np.ones(16), np.full(8, 0.4)])
    assert Multigrid(graph).levels[-1].graph.n <= 300


def test_the_hierarchy_prints_its_levels():
    text = str(conduction(np.ones((8, 8, 8), bool), coarsest=100)[0]).splitlines()
    assert text[0].split() == ["cells", "links", "lines"]
    assert text[1].split() == ["512", "1344", "8", "x", "8", "x", "8"] and text[2].split()[0] == "64"


def test_a_settled_hierarchy_answers_the_same_from_less():
    mask = np.ones((16, 16, 16), bool)
    mask[3:9, 2:12, 5:11] = False
    one, other = (conduction(mask, coarsest=100)[0] for _ in range(2))
    b = np.random.default_rng(5).standard_normal(one.levels[0].x.size).astype(np.float32)
    assert str(other.settle()) == str(one)
    assert np.array_equal(other.cycle(b.copy()), one.cycle(b.copy()))
    assert all(level.graph.neighbour.size == 0 and level.scale is None for level in other.levels)


# -- conductance to the ends of x ----------------------------------------------------------------------------


def touching(cells, n=32):
    """A full block of which so many cells of its last plane lie at a fixed value, as a collector with sparse
    contact has them; its Multigrid and a right-hand side."""
    mask = np.ones((n, n, n), bool)
    graph = voxel_graph(mask, [np.ones(n)] * 3)
    last = np.flatnonzero(graph.position[:, 0] == n - 1)
    high = np.zeros(graph.n, np.float32)
    high[np.random.default_rng(cells).choice(last, cells, replace=False)] = 2.0
    multigrid = Multigrid(graph, np.ones(graph.neighbour.size, np.float32), coarsest=30, visits=2)
    multigrid.update(np.ones(graph.neighbour.size, np.float32), None, None, high)
    return multigrid, np.random.default_rng(0).standard_normal(graph.n).astype(np.float32)


def left_after_cycles(multigrid, b, cycles=6):
    """Share of the residual that so many cycles leave."""
    x, Ax = np.zeros_like(b), np.empty_like(b)
    for _ in range(cycles):
        multigrid.apply(x, Ax)
        x = x + multigrid.cycle(b - Ax)
    multigrid.apply(x, Ax)
    return np.linalg.norm(b - Ax) / np.linalg.norm(b)


@pytest.mark.parametrize("cells", [1, 4, 16, 64])
def test_cycles_are_as_good_where_few_cells_touch_the_end(cells):
    """Half of their conductance from level to level leaves eight times as much, in electrodes more each
    cycle."""
    assert left_after_cycles(*touching(cells)) < 2 * left_after_cycles(*touching(1024))


def test_an_aggregate_conducts_to_the_end_in_series_with_the_way_through_it():
    """Of a full block that is half of what its four cells conduct; of one cell in it 1 / (1 / 2 + 1 / 8)."""
    for cells, expected in ((64, 16 * 4), (1, 1.6)):
        multigrid, _ = touching(cells, n=8)
        held = [np.sum(level.diagonal) - np.sum(level.rows.weight) for level in multigrid.levels[:2]]
        assert held == pytest.approx([2 * cells, expected], rel=1e-4)


@pytest.mark.parametrize("threads", [1, 8])
def test_multigrids_that_share_their_vectors_answer_as_alone(threads, monkeypatch):
    """And after other numbers, which find again what was let go of: ends included."""
    monkeypatch.setattr(cycle, "count", lambda: threads)
    grids, room, rng = [], np.full((3, 48**3), 7.0, np.float32), np.random.default_rng(0)
    for seed in (0, 1):
        graph = voxel_graph(porous(48, 0.8, seed), [np.ones(48)] * 3)
        grids.append([Multigrid(graph, visits=2, halved=True, coarsest=50) for _ in range(2)])
        grids[-1][1].lying_in(room)
    for scale in (1.0, 30.0):
        for alone, together in grids:
            graph = alone.levels[0].graph
            weight = (scale * (1 + rng.random(graph.neighbour.size))).astype(np.float32)
            high, mass = np.where(graph.position[:, 0] == 47, 2.0, 0.0), rng.random(graph.n)
            for grid in (alone, together):
                grid.update(weight.copy(), mass, None, high)
    for alone, together in 2 * grids:
        alone.b[:] = rng.standard_normal(alone.b.size)
        together.b[:] = alone.b
        assert np.array_equal(together.answer(), alone.answer())
    assert grids[0][1].levels[0].x.base is grids[1][1].levels[0].x.base is room
    assert grids[0][1].levels[1].graph.neighbour.size == 0 and grids[0][1].levels[0].child is None
