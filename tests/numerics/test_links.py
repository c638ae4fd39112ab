"""Conducting links against matrices written out, and their slopes against differences."""

import numpy as np
import pytest

from microsim.numerics.graph import voxel_graph
from microsim.numerics.links import Links

RNG = np.random.default_rng(0)


@pytest.fixture(params=["lines of any width", "alike along x"])
def links(request):
    mask, alike = RNG.random((4, 3, 5)) < 0.7, request.param == "alike along x"
    widths = [
        np.full(n, 0.7 + a) if alike and a else RNG.uniform(0.5, 2, n) for a, n in enumerate(mask.shape)
    ]
    return Links.of(voxel_graph(mask, widths).filled())


def test_halves_are_kept_once_for_each_line_of_cells_that_are_alike(links):
    g = links.graph
    assert links.half.base is None and len(links.half) == (len(g.widths[0]) if g.alike_along_x else g.n)


def test_conductances_on_a_scale_and_slopes_taken_together(links):
    n = links.graph.n
    k, slope, scale, u = RNG.uniform(0.1, 3, n), RNG.standard_normal(n), RNG.uniform(1, 2, n), RNG.random(n)
    made = links.conducting(k)
    assert made.scaled(scale).dtype == np.float32
    assert made.scaled(scale, float) == pytest.approx(scale[:, None] * made.weight, rel=1e-12)
    a, rest = links.with_slopes(k, slope, scale, u)
    off, diagonal = links.slopes(k, slope, u)
    assert a == pytest.approx(scale[:, None] * (made.weight - off), rel=1e-6, abs=1e-6)
    assert rest == pytest.approx(scale * (diagonal + off.sum(axis=1)), rel=1e-12, abs=1e-12)


def matrix(graph, of_link):
    """The Laplacian of conductances of_link(i, j, axis, area, width of i, width of j)."""
    A = np.zeros((graph.n, graph.n))
    for i, p in enumerate(graph.position):
        for j, q in enumerate(graph.position):
            if np.abs(p - q).sum() == 1:
                axis = int(np.argmax(np.abs(p - q)))
                area = np.prod([graph.widths[a][p[a]] for a in range(3) if a != axis])
                w = of_link(i, j, area, graph.widths[axis][p[axis]], graph.widths[axis][q[axis]])
                A[i, i] += w
                A[i, j] -= w
    return A


def test_half_cells_in_series(links):
    k, u = RNG.uniform(0.1, 3, links.graph.n), RNG.standard_normal(links.graph.n)
    made = links.conducting(k)
    A = matrix(links.graph, lambda i, j, area, h, other: area / (h / 2 / k[i] + other / 2 / k[j]))
    assert made.outflow(u) == pytest.approx(A @ u, rel=1e-12)
    assert made.weight.sum(axis=1) == pytest.approx(np.diag(A), rel=1e-12)


def test_a_contact_lies_on_the_links_between_the_parts(links):
    n = links.graph.n
    k, part, u = RNG.uniform(0.1, 3, n), RNG.random(n) < 0.5, RNG.standard_normal(n)

    def of_link(i, j, area, h, other):
        resistance = (h / 2 / k[i] + other / 2 / k[j]) / area
        return 0.7 / (resistance + 0.3 / area) if part[i] != part[j] else 1 / resistance

    without = links.conducting(k)
    weight = without.weight.copy()
    made = without.resisted(part, 0.3, 0.3)
    assert made.outflow(u) == pytest.approx(matrix(links.graph, of_link) @ u, rel=1e-12)
    assert np.array_equal(without.weight, weight)


def test_a_share_is_the_mean_of_both_cells(links):
    n = links.graph.n
    k, share, u = RNG.uniform(0.1, 3, n), RNG.random(n), RNG.standard_normal(n)

    def of_link(i, j, area, h, other):
        return (share[i] + share[j]) / 2 * area / (h / 2 / k[i] + other / 2 / k[j])

    found = links.conducting(k).shared(share).outflow(u)
    assert found == pytest.approx(matrix(links.graph, of_link) @ u, rel=1e-12)


def test_slopes_are_those_of_the_outflow(links):
    """d(outflow)/dv for k = 1 + v^2."""
    n, h = links.graph.n, 1e-6
    v, u, dv = RNG.uniform(0.5, 2, n), RNG.standard_normal(n), RNG.standard_normal(n)
    off, diagonal = links.slopes(1 + v * v, 2 * v, u)
    found = diagonal * dv + (off * dv[links.graph.near]).sum(axis=1)
    ends = [links.conducting(1 + (v + s * h * dv) ** 2).outflow(u) for s in (1, -1)]
    assert found == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-8)
