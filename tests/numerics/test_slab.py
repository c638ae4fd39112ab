from itertools import pairwise

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.numerics.rows import BitRows
from microsim.numerics.slab import GHOSTS, Halo, RankSlab, inner_of, runs_of

from ..ranks_on_threads import on_ranks


@pytest.mark.parametrize("length, size", [(16, 2), (17, 2), (50, 3), (61, 7), (128, 5)])
def test_slabs_cover_the_planes_and_begin_at_blocks(length, size):
    slabs = on_ranks(size, lambda ranks: RankSlab.of(length, ranks))
    assert slabs[0].low == 0 and slabs[-1].high == length
    assert all(one.high == other.low for one, other in pairwise(slabs))
    for slab in slabs:
        assert slab.low % GHOSTS == 0 and slab.high > slab.low
        assert slab.first == max(slab.low - GHOSTS, 0) and slab.stop == min(slab.high + GHOSTS, length)
        assert slab.first + slab.own[0] == slab.low and slab.first + slab.own[1] == slab.high


def test_a_slab_knows_its_neighbours_planes_and_the_slabs_of_others():
    whole = np.arange(43)
    slabs = on_ranks(3, lambda ranks: RankSlab.of(43, ranks))
    for slab in slabs:
        low, high = max(slab.low - 1, 0), min(slab.high + 1, 43)
        assert slab.wide == (low, high)
        assert np.array_equal(slab.beside(whole[slab.first : slab.stop]), whole[low:high])
        others = [slab.of_rank(rank) for rank in range(3)]
        assert [(one.low, one.high) for one in others] == [(one.low, one.high) for one in slabs]


def test_more_ranks_than_blocks_of_planes_are_refused():
    with pytest.raises(InputError, match="start 2 or fewer"):
        on_ranks(3, lambda ranks: RankSlab.of(23, ranks))


def test_ghosts_are_the_neighbours_planes():
    whole = np.arange(43 * 2).reshape(43, 2, 1)

    def hold(ranks):
        slab = RankSlab.of(43, ranks)
        box = slab.with_ghosts(whole[slab.low : slab.high])
        assert np.array_equal(box, whole[slab.first : slab.stop])
        assert np.array_equal(slab.planes(box), whole)

    on_ranks(3, hold)


def test_the_halo_of_rows_brings_the_next_plane_of_a_colour():
    mask = np.random.default_rng(3).random((37, 9, 140)) < 0.5
    value = np.random.default_rng(4).random(mask.shape)

    def hold(ranks):
        slab = RankSlab.of(37, ranks)
        rows = BitRows.of(mask[slab.first : slab.stop])
        place = rows.scatter(np.arange(rows.n), -1, np.int64)
        x, own = np.zeros(rows.n), slice(*slab.own)
        x[place[own][place[own] >= 0]] = value[slab.low : slab.high][place[own] >= 0]
        halo = Halo.of_rows(slab, rows)
        halo.both(x)
        wide = slice(max(slab.own[0] - 1, 0), slab.own[1] + 1)
        seen = value[slab.first : slab.stop] * mask[slab.first : slab.stop]
        assert np.array_equal(rows.scatter(x, 0.0, float)[wide], seen[wide])
        deep = rows.scatter(x, 0.0, float)
        deep[wide] = 0
        assert not deep.any()  # nothing further off is told

    on_ranks(3, hold)


def test_only_the_colour_asked_for_is_brought():
    mask = np.ones((16, 3, 3), bool)

    def hold(ranks):
        slab = RankSlab.of(16, ranks)
        rows = BitRows.of(mask[slab.first : slab.stop])
        x = np.where(ranks.rank == 0, 1.0, 2.0) * np.ones(rows.n)
        Halo.of_rows(slab, rows)(x, 0)
        plane = rows.scatter(x)[slab.own[1] if ranks.rank == 0 else slab.own[0] - 1]
        other = 2.0 - ranks.rank
        parity = np.indices((3, 3)).sum(axis=0) + (slab.own[1] if ranks.rank == 0 else slab.own[0] - 1)
        assert np.array_equal(plane, np.where(parity % 2 == 0, other, 3 - other))

    on_ranks(2, hold)


def test_runs_of_own_cells():
    own = np.array([0, 1, 1, 0, 1, 1, 1, 0], bool)
    runs = runs_of(own, np.array([0, 5, 8]))
    assert runs.tolist() == [[1, 3, 0], [4, 5, 0], [5, 7, 1]]


def test_the_inner_product_counts_every_cell_once():
    mask = np.random.default_rng(5).random((41, 6, 7)) < 0.6
    a, b = np.random.default_rng(6).normal(size=(2, *mask.shape))

    def product(ranks):
        slab = RankSlab.of(41, ranks)
        box = slice(slab.first, slab.stop)
        rows = BitRows.of(mask[box])
        place = rows.scatter(np.arange(rows.n), -1, np.int64)
        x, y = np.empty((2, rows.n))
        x[place[place >= 0]], y[place[place >= 0]] = a[box][mask[box]], b[box][mask[box]]
        return inner_of(slab, rows.ranges_of(slab.own))(x, y)

    found = on_ranks(4, product)
    assert len(set(found)) == 1 and found[0] == pytest.approx((a * b)[mask].sum(), rel=1e-12)
