"""Conducting links of a graph: half cells in series, and what flows out of each cell."""

from dataclasses import dataclass

import numpy as np

from .backend import kernels
from .graph import Graph


@dataclass(frozen=True)
class Links:
    """A filled graph and the geometry of its links. half: area over half a cell's length across each face
    (m), [n, 6]."""

    graph: Graph
    half: np.ndarray

    @classmethod
    def of(cls, graph):
        return cls(
            graph, graph.half_conductances()[0].reshape(graph.near.shape).copy()
        )  # without the other side

    def conducting(self, conductivity):
        """Return the Conductances of cells of the given conductivity (S m-1, or m2 s-1 of a diffusivity)."""
        weight = np.empty(self.graph.near.shape)
        kernels.fixed.conductances(self.graph.near, self.half, conductivity, weight)
        return Conductances(self.graph, weight)

    def slopes(self, conductivity, slope, u):
        """Return the row coefficients of d(outflow)/dv where conductivity depends on v: (off [n, 6],
        diagonal)."""
        off, diagonal = np.empty(self.graph.near.shape), np.empty(self.graph.n)
        kernels.fixed.slopes(self.graph.near, self.half, conductivity, slope, u, off, diagonal)
        return off, diagonal


@dataclass(frozen=True)
class Conductances:
    """Conductance of each link of a filled graph, w_ij [n, 6] (S, or m3 s-1 of a diffusivity)."""

    graph: Graph
    weight: np.ndarray

    def resisted(self, part, resistance, lost):
        """Return them with a contact between the cells of a part and others: w = (1 - lost) / (1/w +
        resistance / area)."""
        g, weight = self.graph, self.weight.copy()
        between = part[:, None] != part[g.near]
        areas = g.areas(np.flatnonzero(between))
        weight[between] = (1 - lost) / (1 / weight[between] + resistance / areas)
        return Conductances(g, weight)

    def lessened(self, group, kept):
        """Return them times what both cells keep of a link between two groups: w kept_i kept_j."""
        g = self.graph
        both = np.where(group[:, None] != group[g.near], kept[:, None] * kept[g.near], 1.0)
        return Conductances(g, self.weight * both)

    def shared(self, share):
        """Return them times the mean of a share of the two cells that each joins."""
        mean = (share[:, None] + share[self.graph.near]) / 2
        return Conductances(self.graph, self.weight * mean)

    def outflow(self, u):
        """Return sum_j w_ij (u_i - u_j)."""
        out = np.empty(self.graph.n)
        kernels.fixed.differences(self.graph.near, self.weight, u, out)
        return out
