import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.graph import Places, cut_graph, held_once, lean, line_colours, voxel_graph

from .random_graphs import masks, mirror_slots, one_layer, rows_of, weighted

quick = settings(max_examples=30, deadline=None)


def face_pairs(mask, periodic):
    """Count the faces between voxels of a mask."""
    count = 0
    for axis in range(3):
        if mask.shape[axis] > 1 and periodic >= (2 if axis == 0 else 1):
            count += np.count_nonzero(mask & np.roll(mask, 1, axis))
        else:
            count += np.count_nonzero(np.delete(mask, 0, axis) & np.delete(mask, -1, axis))
    return count


@quick
@given(masks(), st.integers(0, 2))
def test_cells_are_the_voxels_and_links_their_faces(mask, periodic):
    graph = voxel_graph(mask, [np.ones(n) for n in mask.shape], periodic)
    assert graph.n == np.count_nonzero(mask) == graph.bounds[-1]
    assert graph.neighbour.size == 2 * face_pairs(mask, periodic)
    values = np.arange(mask.size, dtype=np.float32).reshape(mask.shape)
    assert np.array_equal(graph.scatter(graph.gather(values), fill=-1), np.where(mask, values, -1))
    assert np.array_equal(graph.index[mask][np.argsort(graph.index[mask])], np.arange(graph.n))


@quick
@given(weighted())
def test_links_go_both_ways(case):
    graph, mirror = case.graph, mirror_slots(case.graph)
    rows = rows_of(graph)
    assert np.array_equal(graph.neighbour[mirror], rows) and np.array_equal(rows[mirror], graph.neighbour)
    assert not np.any(graph.neighbour == rows)


@quick
@given(one_layer())
def test_faces_name_the_side_the_neighbour_is_on(case):
    graph = case.graph
    lengths = [len(w) for w in graph.widths]
    for face in range(6):
        axis, step = face // 2, 2 * (face % 2) - 1
        select = graph.face == face
        here, there = graph.position[rows_of(graph)[select]], graph.position[graph.neighbour[select]]
        assert np.array_equal((here[:, axis] + step) % lengths[axis], there[:, axis])
        assert np.array_equal(np.delete(here, axis, 1), np.delete(there, axis, 1))
        if graph.periodic < (2 if axis == 0 else 1):
            assert np.array_equal(here[:, axis] + step, there[:, axis])


@quick
@given(weighted())
def test_no_two_neighbours_have_one_colour(case):
    graph = case.graph
    colour = np.searchsorted(graph.bounds, np.arange(graph.n), side="right")
    assert np.all(colour[rows_of(graph)] != colour[graph.neighbour])


@pytest.mark.parametrize(
    ("length", "periodic", "colours"), [(6, True, 2), (7, True, 3), (7, False, 2), (1, True, 2)]
)
def test_only_an_odd_ring_needs_a_third_colour(length, periodic, colours):
    assert line_colours((5, length, 2), periodic)[1] == colours
    assert line_colours((4, length, 2), 2 * periodic)[1] == colours
    assert line_colours((5, 2, 2), 2)[1] == 3


def test_lean_graphs_make_their_maps_and_the_ends_of_their_rows_anew():
    graphs = [voxel_graph(np.ones((n, 2, 1), bool), [np.ones(n), np.ones(2), np.ones(1)]) for n in (2, 5)]
    kept = lean([graph.filled() for graph in graphs])
    assert all(graph.is_filled and graph.ends is None for graph in kept)
    assert all(np.array_equal(graph.indptr, 6 * np.arange(graph.n + 1)) for graph in kept)
    assert all(np.array_equal(new.index, graph.index) for new, graph in zip(kept, graphs))
    assert kept[0].dense is None


@quick
@given(one_layer())
def test_half_conductances_are_area_over_half_length(case):
    """In a ring of two a face is met from both sides; elsewhere own and other swap with the direction."""
    graph = case.graph
    own, other = graph.half_conductances()
    rows, volumes = rows_of(graph), graph.volumes()
    length = np.choose(graph.face // 2, [w[graph.position[rows, a]] for a, w in enumerate(graph.widths)])
    assert np.allclose(own, volumes[rows] / length / (length / 2))
    mirror = mirror_slots(graph)
    same_axis = graph.face[mirror] // 2 == graph.face // 2
    assert np.allclose(other[same_axis], own[mirror][same_axis])


def test_volumes_fill_the_box():
    widths = [np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.5]), np.array([3.0])]
    graph = voxel_graph(np.ones((3, 2, 1), bool), widths)
    assert graph.volumes().sum() == pytest.approx(7 * 1 * 3)
    own, other = graph.half_conductances()
    along_x = graph.face == 1
    # 0.5 x 3 of area between cells of 1 and 2, 2 and 4
    assert sorted(zip(own[along_x], other[along_x])) == [(1.5 / 1, 1.5 / 2)] * 2 + [(1.5 / 0.5, 1.5 / 1)] * 2


def test_cells_filled_in_part_have_its_volume_and_conduct_through_what_is_open():
    mask, part = np.ones((3, 2, 1), bool), np.full((3, 2, 1), 0.5)
    opening = np.ones((3, 4, 3, 2), np.float32)
    opening[0, 1], opening[1, :, 1] = 0.25, 0.0  # narrow behind the first layer, closed along y
    part[0] = 0.1
    graph = cut_graph(mask, [np.full(n, 2.0) for n in mask.shape], part, opening)
    assert graph.neighbour.size == 8  # two rows of three, both ways
    filled = graph.filled()
    assert filled.volumes() == pytest.approx(8 * filled.gather(part))
    own, other = filled.half_conductances()
    links = filled.neighbour != np.repeat(np.arange(6), 6)
    assert sorted(own[links]) == pytest.approx([1.0] * 4 + [4.0] * 4) and np.array_equal(own, other)
    assert np.all(own[~links] == 0)
    assert filled.areas(np.flatnonzero(links)) == pytest.approx(own[links])


def test_lean_graphs_that_are_the_same_are_one():
    mask = np.random.default_rng(0).random((5, 4, 3)) < 0.6
    widths = [np.ones(n) for n in mask.shape]
    other = [2 * w for w in widths]
    graphs = [voxel_graph(mask, widths), voxel_graph(~mask, widths), voxel_graph(mask, widths)]
    one, rest, same, wider = lean([graph.filled() for graph in (*graphs, voxel_graph(mask, other))])
    assert same is one and rest is not one and wider is not one
    part = np.ones(mask.shape)
    opening = np.ones((3, *(n + 1 for n in mask.shape)))
    cut, again = lean([cut_graph(mask, widths, part, opening).filled() for _ in range(2)])
    assert cut is not again  # whose faces may be open by other parts


def test_numbers_that_cells_share_are_held_once():
    alike, apart = np.full(1000, 0.3), np.arange(1000.0)
    assert held_once(alike).strides == (0,) and np.array_equal(held_once(alike), alike)
    assert held_once(apart) is apart and held_once(apart[:0]).size == 0
    assert held_once(np.full(3, np.nan)).strides != (0,)


@quick
@given(masks(), st.sampled_from([0, 1, 2]))
def test_where_cells_lie_is_told_by_the_bits_of_their_mask(mask, periodic):
    graph = voxel_graph(mask, [np.ones(k) for k in mask.shape], periodic)
    kept = Places.of(graph.position, mask.shape, periodic)
    assert isinstance(kept, Places) and len(kept) == graph.n and kept.bits.nbytes == -(-mask.size // 8)
    assert np.array_equal(np.asarray(kept), graph.position)
    if graph.n > 1:  # cells that are numbered in another way keep their places
        turned = graph.position[::-1].copy()
        assert Places.of(turned, mask.shape, periodic) is turned
