"""Conducting links of a graph: half cells in series, and what flows out of each cell."""

import numpy as np

from .backend import kernels
from .graph import Graph


class Links:
    """Conducting links of a graph: w_ij = half cells in series, and the flow out of each cell."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.half = graph.half_conductances()
        self.weight = np.empty(graph.neighbour.size)
        self.diagonal = np.empty(graph.n)

    def set(self, conductivity):
        """Set w_ij from the cells' conductivity."""
        g = self.graph
        kernels.links.harmonic_links(g.indptr, g.neighbour, *self.half, conductivity, self.weight)
        kernels.laplacian.row_sums(g.indptr, self.weight, np.zeros(g.n), self.diagonal)
        return self

    def resist(self, part, resistance, lost):
        """Put a contact on the links between cells of a part and others: w = (1 - lost) / (1/w + resistance /
        area)."""
        g = self.graph
        slots = np.flatnonzero(np.repeat(part, np.diff(g.indptr)) != part[g.neighbour])
        self.weight[slots] = (1 - lost) / (1 / self.weight[slots] + resistance / g.areas(slots))
        kernels.laplacian.row_sums(g.indptr, self.weight, np.zeros(g.n), self.diagonal)

    def outflow(self, u):
        """Return sum_j w_ij (u_i - u_j)."""
        out = np.empty(self.graph.n)
        kernels.laplacian.apply_laplacian(
            self.graph.indptr, self.graph.neighbour, self.weight, self.diagonal, u, out
        )
        return out

    def slopes(self, conductivity, slope, u):
        """Return the row coefficients of d(outflow)/dv where conductivity depends on v: (off, diagonal)."""
        g = self.graph
        off, diagonal = np.empty(g.neighbour.size), np.empty(g.n)
        kernels.links.link_slopes(g.indptr, g.neighbour, *self.half, conductivity, slope, u, off, diagonal)
        return off, diagonal
