from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.backend import kernels
from microsim.numerics.codes import FARTHEST
from microsim.numerics.graph import lean, voxel_graph
from microsim.numerics.near import Near, in_one_array, one_after_the_other, packed

from .random_graphs import masks
from .twins import agree

quick = settings(max_examples=25, deadline=None)


@quick
@given(st.integers(1, 300), st.integers(1, 4), st.integers(0, 2**31))
def test_neighbours_are_the_same_in_16_bits(n, clusters, seed):
    """Of cells whose neighbours lie in some places far apart, in stretches of any length."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 2**31 - 2**16, clusters)
    lengths = rng.integers(1, 40, n)
    near = np.repeat(rng.choice(at, (n, 6)), lengths, axis=0)[:n] + rng.integers(0, 2**16, (n, 6))
    near = near.astype(np.uint32)
    absent = rng.random((n, 6)) < rng.choice([0, 0.2, 1])
    near[absent] = np.nonzero(absent)[0]
    count, begin = agree("nearby.stretches", near, np.zeros(n, np.int64), outputs=[1])
    begin = np.append(begin[:count], n)
    assert begin[0] == 0 and np.all(np.diff(begin) > 0)
    real = near != np.arange(n)[:, None]
    for first, stop, after in zip(begin, begin[1:], [*begin[2:], n]):
        rows, there = near[first:stop].astype(int), real[first:stop]
        assert all(np.ptp(face[known]) <= FARTHEST for face, known in zip(rows.T, there.T) if known.any())
        if stop < after:  # one cell more would be too many
            rows, there = near[first : stop + 1].astype(int), real[first : stop + 1]
            assert any(np.ptp(f[known]) > FARTHEST for f, known in zip(rows.T, there.T) if known.any())
    base, code, there = np.zeros((count, 6), np.uint64), np.zeros((n, 6), np.uint16), np.zeros(n, np.uint8)
    given_ = base, begin, near, code, there
    base, code, there = agree("nearby.encode", *given_, outputs=[0, 3, 4])
    coded = Near(begin, base, code, there)
    (found,) = agree("nearby.decode", coded, np.zeros((n, 6), np.uint32), outputs=[1])
    assert np.array_equal(found, near) and np.array_equal(np.asarray(coded), near)


def test_only_rows_whose_stretches_are_long_are_coded():
    far = np.zeros((6400, 6), np.uint32)
    far[::2] = 10**6
    assert packed(far) is far  # each stretch is one cell
    far[:] = np.repeat(np.arange(100) % 2 * 10**6, 64)[:, None]
    assert isinstance(packed(far), Near) and np.array_equal(np.asarray(packed(far)), far)
    many = np.repeat(np.arange(2000) % 2 * 10**6, 64)[:, None] + np.zeros(6, np.uint32)
    found = packed(many.astype(np.uint32))  # more than there is room for at first
    assert found.begin.size == 2001 and np.array_equal(np.asarray(found), many)
    lone = np.zeros((1, 6), np.uint32)
    assert np.array_equal(np.asarray(packed(lone)), lone)


@quick
@given(masks())
def test_a_lean_graph_has_the_links_it_had(mask):
    graph = voxel_graph(mask, [np.ones(k) for k in mask.shape]).filled()
    (found,) = lean([graph])
    assert isinstance(found.links, Near) and found.is_filled and found.nearby is found.links
    assert np.array_equal(found.near, graph.near) and np.array_equal(found.neighbour, graph.neighbour)
    assert np.array_equal(found.in_numbers().links, graph.links) and graph.nearby.dtype == np.uint32


@pytest.mark.parametrize("kind", [np.float32, float])
def test_kernels_read_codes_as_they_read_numbers(kind):
    rng = np.random.default_rng(0)
    graph = voxel_graph(rng.random((12, 11, 10)) < 0.6, [np.ones(k) for k in (12, 11, 10)]).filled()
    near, weight = packed(graph.near), rng.random(graph.near.shape).astype(kind)
    assert isinstance(near, Near) and near.code.nbytes == graph.near.nbytes / 2
    weight[graph.near == np.arange(graph.n)[:, None]] = 0  # as all weights are where there is no neighbour
    x, rest = rng.random((2, graph.n)).astype(kind)
    outs = np.empty((2, graph.n), kind)
    for rows, out in zip((graph.near, near), outs):
        agree("fixed.outflow", rows, weight, rest, x, out, outputs=[4])
        kernels.fixed.outflow(rows, weight, rest, x, out)
    assert np.array_equal(*outs)
    half, line = rng.random((graph.n, 6)), np.arange(graph.n, dtype=np.uint32)
    for rows, out in zip((graph.near, near), weights := np.empty((2, graph.n, 6))):
        given_ = rows, half, line, rest.astype(float), np.ones(graph.n)
        agree("fixed.conductances", *given_, out, outputs=[5])
        kernels.fixed.conductances(*given_, out)
    assert np.array_equal(*weights)


@pytest.mark.parametrize("stretch", [1, 3, 5000])
def test_loops_go_on_from_stretch_to_stretch_wherever_they_begin(stretch):
    """Parts of a range, as threads take them, begin and end within stretches."""
    rng = np.random.default_rng(stretch)
    graph = voxel_graph(rng.random((13, 12, 11)) < 0.7, [np.ones(k) for k in (13, 12, 11)]).filled()
    begin = np.append(np.arange(0, graph.n, stretch), graph.n)
    base = np.zeros((begin.size - 1, 6), np.uint64)
    near = Near(begin, base, np.empty((graph.n, 6), np.uint16), np.empty(graph.n, np.uint8))
    kernels.nearby.encode(base, begin, graph.near, near.code, near.there)
    weight, x, rest = rng.random((graph.n, 6)), *rng.random((2, graph.n))
    weight[graph.near == np.arange(graph.n)[:, None]] = 0
    expected, found = np.empty((2, graph.n))
    kernels.fixed.outflow(graph.near, weight, rest, x, expected)
    edges = sorted({0, graph.n, *rng.integers(0, graph.n, 7).tolist()})
    for first, stop in pairwise(edges):
        kernels.fixed.outflow.alone(first, stop, near, weight, rest, x, found)
    assert np.array_equal(found, expected)


@quick
@given(st.lists(masks(), min_size=2, max_size=3))
def test_networks_one_after_the_other_are_coded_once(parts):
    """Neighbours of all cells, numbered on from network to network; a view where codes lie in one array."""
    graphs = [voxel_graph(mask, [np.ones(k) for k in mask.shape]).filled() for mask in parts]
    coded = [packed(graph.near) for graph in graphs]
    if not all(isinstance(part, Near) for part in coded):  # of a few cells
        return
    before = np.cumsum([0] + [graph.n for graph in graphs])
    right = np.concatenate([graph.near.astype(int) + n for graph, n in zip(graphs, before)])
    apart, beside = one_after_the_other(coded), in_one_array(coded)
    assert all(np.array_equal(np.asarray(one), graph.near) for one, graph in zip(beside, graphs))
    together = one_after_the_other(beside)
    for found in apart, together, one_after_the_other([coded[0], *beside[1:]]):
        assert np.array_equal(np.asarray(found), right)
    assert not any(np.shares_memory(apart.code, part.code) for part in coded if part.code.size)
    assert all(np.shares_memory(together.code, part.code) for part in beside if part.code.size)
    assert np.array_equal(np.asarray(one_after_the_other(beside[1:])), right[before[1] :] - before[1])
    turned = one_after_the_other(beside[::-1])  # in one array, but not in its order
    cells = np.cumsum([0] + [graph.n for graph in graphs[::-1]])
    other_way = np.concatenate([graph.near.astype(int) + n for graph, n in zip(graphs[::-1], cells)])
    assert np.array_equal(np.asarray(turned), other_way)
