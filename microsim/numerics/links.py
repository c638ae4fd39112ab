"""Conducting links of a graph: half cells in series, and what flows out of each cell."""

from dataclasses import dataclass

import numpy as np

from .backend import kernels
from .graph import Graph


@dataclass(frozen=True)
class Links:
    """A graph and the geometry of its links. half: area over half a cell's length, on a link's own and on
    its other side (m)."""

    graph: Graph
    half: tuple

    @classmethod
    def of(cls, graph):
        return cls(graph, graph.half_conductances())

    def conducting(self, conductivity):
        """Return the Conductances of cells of the given conductivity (S m-1, or m2 s-1 of a diffusivity)."""
        g, weight = self.graph, np.empty(self.graph.neighbour.size)
        kernels.links.harmonic_links(g.indptr, g.neighbour, *self.half, conductivity, weight)
        return Conductances.of(g, weight)

    def slopes(self, conductivity, slope, u):
        """Return the row coefficients of d(outflow)/dv where conductivity depends on v: (off, diagonal)."""
        g = self.graph
        off, diagonal = np.empty(g.neighbour.size), np.empty(g.n)
        kernels.links.link_slopes(g.indptr, g.neighbour, *self.half, conductivity, slope, u, off, diagonal)
        return off, diagonal


@dataclass(frozen=True)
class Conductances:
    """Conductance of each link, w_ij, and their sum at each cell (S, or m3 s-1 of a diffusivity)."""

    graph: Graph
    weight: np.ndarray
    diagonal: np.ndarray

    @classmethod
    def of(cls, graph, weight):
        diagonal = np.empty(graph.n)
        kernels.laplacian.row_sums(graph.indptr, weight, np.zeros(graph.n), diagonal)
        return cls(graph, weight, diagonal)

    def resisted(self, part, resistance, lost):
        """Return them with a contact between the cells of a part and others: w = (1 - lost) / (1/w +
        resistance / area)."""
        g, weight = self.graph, self.weight.copy()
        slots = np.flatnonzero(np.repeat(part, np.diff(g.indptr)) != part[g.neighbour])
        weight[slots] = (1 - lost) / (1 / weight[slots] + resistance / g.areas(slots))
        return self.of(g, weight)

    def shared(self, share):
        """Return them times the mean of a share of the two cells that each joins."""
        g = self.graph
        rows = np.repeat(np.arange(g.n), np.diff(g.indptr))
        weight = self.weight * (share[rows] + share[g.neighbour]) / 2
        return Conductances(g, weight, np.bincount(rows, weight, g.n))

    def outflow(self, u):
        """Return sum_j w_ij (u_i - u_j)."""
        out = np.empty(self.graph.n)
        kernels.laplacian.apply_laplacian(
            self.graph.indptr, self.graph.neighbour, self.weight, self.diagonal, u, out
        )
        return out
