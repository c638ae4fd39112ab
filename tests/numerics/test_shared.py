"""Graphs that ranks share: what each finds in its own cells is what one process finds."""

import numpy as np
import pytest

from microsim.numerics.graph import voxel_graph
from microsim.numerics.multigrid import Multigrid
from microsim.numerics.ranks import Alone
from microsim.numerics.shared import SharedMultigrid, Whole, halo_of, owners_of, stretches_of

from ..cells import half_cell, image
from ..ranks_on_threads import on_ranks


def lines_for(graph, size):
    return owners_of(np.bincount(graph.position[:, 0], minlength=len(graph.widths[0])), size)


def answers(make, graph, weight, mass, b, visits):
    """The answer, and that of one cycle, of a multigrid to b."""
    grid = make(graph, weight, visits=visits)
    grid.update(weight, mass)
    grid.b[:] = b
    return grid.answer().copy(), grid.cycle(b).copy()


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("visits", [1, 2])
@pytest.mark.parametrize("kind", ["voxels", "few voxels", "two layers"])
def test_own_cells_have_the_answer_of_one_process(size, visits, kind):
    rng = np.random.default_rng(1)
    if kind == "two layers":
        cell = half_cell(image((20, 9, 10)))
        links, faces = (np.ones(n, np.float32) for n in ((cell.mesh.ionic.n, 6), cell.mesh.faces.area.size))
        graph, _ = cell.preconditioner._coupled(links, faces)
    else:
        shape = (24, 11, 13) if kind == "voxels" else (8, 5, 4)
        graph = voxel_graph(rng.random(shape) < 0.8, tuple(np.ones(n) for n in shape))
    weight = np.ones(graph.neighbour.size, np.float32)
    mass, b = 0.01 + rng.random(graph.n), rng.standard_normal(graph.n).astype(np.float32)
    alone, lines = answers(Multigrid, graph, weight, mass, b, visits), lines_for(graph, size)
    owner = lines[graph.position[:, 0]]

    def of_rank(ranks):
        def make(*args, **options):
            return SharedMultigrid(ranks, lines, *args, **options)

        only_own = np.where(owner == ranks.rank, b, np.float32(np.nan))  # of others nothing is read
        return answers(make, graph, weight, mass, only_own, visits)

    for rank, found in enumerate(on_ranks(size, of_rank)):
        for mine, whole in zip(found, alone):
            assert np.array_equal(mine[owner == rank], whole[owner == rank])


def test_what_is_answered_beside_own_cells_is_there_too():
    graph = voxel_graph(np.ones((12, 4, 4), bool), (np.ones(12), np.ones(4), np.ones(4)))
    lines, weight = lines_for(graph, 2), np.ones(graph.neighbour.size, np.float32)
    b, x = np.sin(np.arange(graph.n)).astype(np.float32), graph.position[:, 0]
    alone = answers(Multigrid, graph, weight, np.ones(graph.n), b, 2)[0]
    far = np.flatnonzero(x == 11)  # which the first rank reads, too

    def of_rank(ranks):
        grid = SharedMultigrid(ranks, lines, graph, weight, also=(np.zeros(far.size, np.int64), far))
        grid.update(weight, np.ones(graph.n))
        grid.b[:] = b
        return grid.answer().copy()

    first, second = on_ranks(2, of_rank)
    assert np.array_equal(first[(x < 7) | (x == 11)], alone[(x < 7) | (x == 11)])
    assert np.array_equal(second[x > 4], alone[x > 4])


def test_lines_are_owned_in_equal_shares():
    assert owners_of(np.array([1, 1, 1, 1]), 2).tolist() == [0, 0, 1, 1]
    assert owners_of(np.array([10, 1, 1, 1, 1, 6]), 2).tolist() == [0, 1, 1, 1, 1, 1]
    assert owners_of(np.array([0, 4, 0, 4]), 4).max() <= 3


def test_runs():
    assert stretches_of(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert stretches_of(np.zeros(3, bool)) == []


def test_a_vector_is_put_together_and_read_by_whom_it_concerns():
    owner = np.array([1, 0, 0, 1, 2])
    reader, entry = np.array([0, 2, 1, 0]), np.array([0, 1, 4, 1])

    def of_rank(ranks):
        own = np.where(owner == ranks.rank, 10.0 * np.arange(5), -1)
        whole = Whole(ranks, owner)(own[owner == ranks.rank])
        halo_of(ranks, owner, reader, entry)(own, 0)
        return whole.tolist(), own.tolist()

    whole, own = zip(*on_ranks(3, of_rank))
    assert all(one == [0, 10, 20, 30, 40] for one in whole)
    assert own == ([0, 10, 20, -1, -1], [0, -1, -1, 30, 40], [-1, 10, -1, -1, 40])
    assert halo_of(Alone(), np.zeros(5, int), np.zeros(4, int), entry).sides == []
