"""Random small graphs for the tests of this folder: voxel masks, widths, one layer or two coupled ones."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from microsim.numerics.graph import Graph, voxel_graph


@dataclass(frozen=True)
class Weighted:
    """A graph with symmetric link weights (float32; empty: all ones) and a conductance to ground in some
    cells."""

    graph: Graph
    weight: np.ndarray
    ground: np.ndarray
    rng: np.random.Generator

    def __repr__(self):
        lines = [len(w) for w in self.graph.widths]
        return (
            f"<{self.graph.n} cells in {lines}, periodic {self.graph.periodic}, weights {self.weight.size}>"
        )


def rows_of(graph):
    """Cell on whose row each link stands."""
    return np.repeat(np.arange(graph.n, dtype=np.int32), np.diff(graph.indptr))


def mirror_slots(graph):
    """Slot of each link's other direction; a pair linked twice (a ring of two) is matched in order."""
    rows = rows_of(graph)
    there = np.lexsort((graph.neighbour, rows))
    back = np.lexsort((rows, graph.neighbour))
    mirror = np.empty(rows.size, np.int64)
    mirror[there] = back
    return mirror


def random_weights(graph, rng, decades=1.0):
    """Symmetric positive float32 link weights, spread over some decades."""
    weight = 10 ** rng.uniform(-decades / 2, decades / 2, graph.neighbour.size)
    mirror = mirror_slots(graph)
    return np.minimum(weight, weight[mirror]).astype(np.float32)


@st.composite
def masks(draw, longest=7):
    """Voxel masks with at least one voxel, thin and flat boxes among them."""
    shape = draw(st.tuples(*[st.integers(1, longest)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    mask = rng.random(shape) < draw(st.sampled_from([0.3, 0.6, 0.9, 1.0]))
    mask[tuple(rng.integers(0, shape))] = True
    return mask


def random_widths(shape, rng):
    """Line widths along each axis: all alike, different by axis, or graded."""
    kind = rng.integers(3)
    if kind == 0:
        return [np.ones(n) for n in shape]
    edges = 10 ** rng.uniform(-0.5, 0.5, 3)
    return [edge * (1.3 ** np.arange(n) if kind == 2 else np.ones(n)) for edge, n in zip(edges, shape)]


@st.composite
def one_layer(draw, longest=7):
    """A voxel graph of one layer, periodic or not, with or without weights."""
    mask, periodic = draw(masks(longest)), draw(st.integers(0, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    graph = voxel_graph(mask, random_widths(mask.shape, rng), periodic)
    weight = random_weights(graph, rng) if draw(st.booleans()) else np.empty(0, np.float32)
    return Weighted(graph, weight, _ground(graph, rng), rng)


@st.composite
def two_layers(draw, longest=6):
    """Two coupled graphs, as of ions and electrons, in a box of three phases (see `coupled_graph`)."""
    shape = draw(st.tuples(*[st.integers(1, longest)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    graph = coupled_graph(rng.integers(0, 3, shape), random_widths(shape, rng))
    return Weighted(graph, random_weights(graph, rng, decades=4), _ground(graph, rng), rng)


def weighted():
    """One layer or two."""
    return st.one_of(one_layer(), two_layers())


def _ground(graph, rng):
    """Some cells hang on ground weakly, so that no matrix is singular; the first line of x does so
    strongly."""
    weak = rng.uniform(0.1, 0.2, graph.n)
    return (weak + 2 * (graph.position[:, 0] == 0)).astype(np.float32)


def coupled_graph(labels, widths):
    """Link the layers of a three-phase box: label 0 is in the first, 1 in the second, 2 in both.

    Neighbouring voxels link within a layer and, where one of them has the first layer and the other the
    second, across. The second layer is split in two (2 and 3) by phase, as conductors that differ much are.
    """
    parts = [voxel_graph(labels != 1, widths), voxel_graph(labels != 0, widths)]
    offsets, edges = (0, parts[0].n), []
    for graph, offset in zip(parts, offsets):
        once = rows_of(graph) < graph.neighbour
        edges.append((rows_of(graph)[once] + offset, graph.neighbour[once] + offset))
    for axis in range(3):
        low, high = ((slice(None),) * axis + (cut,) for cut in (slice(None, -1), slice(1, None)))
        for here, there in ((low, high), (high, low)):
            first, second = parts[0].index[here], parts[1].index[there]
            both = (first >= 0) & (second >= 0)
            edges.append((first[both], second[both] + offsets[1]))
    first, second = (np.concatenate(side).astype(np.int32) for side in zip(*edges))
    here, there = np.concatenate([first, second]), np.concatenate([second, first])
    neighbour = there[np.lexsort((there, here))]  # lower ones first
    indptr = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=parts[0].n + parts[1].n))])
    layer = np.concatenate([np.zeros(parts[0].n), 2 + (parts[1].gather(labels) == 2)]).astype(np.uint8)
    bounds = np.concatenate([parts[0].bounds, parts[0].n + parts[1].bounds[1:]])
    return Graph(
        indptr, neighbour, np.concatenate([part.position for part in parts]), layer, bounds, parts[0].widths
    )


def laplacian(graph, weight, ground):
    """Dense matrix of a weighted graph with conductances to ground, float64."""
    matrix = np.zeros((graph.n, graph.n))
    values = weight.astype(float) if weight.size else np.ones(graph.neighbour.size)
    np.add.at(matrix, (rows_of(graph), graph.neighbour), -values)
    matrix[np.diag_indices(graph.n)] = ground - matrix.sum(axis=1)
    return matrix
