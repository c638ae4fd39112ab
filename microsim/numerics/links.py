"""Conducting links of a graph: half cells in series, and what flows out of each cell."""

from dataclasses import dataclass

import numpy as np

from .backend import kernels
from .graph import Graph


@dataclass(frozen=True)
class Links:
    """A filled graph and the geometry of its links. half: area over half a cell's length across each face
    (m), [line, 6]; line: the row of it that each cell has."""

    graph: Graph
    half: np.ndarray
    line: np.ndarray

    @classmethod
    def of(cls, graph):
        """Return those of a filled Graph or of what stands for one; in lines of equal cells a row stands for
        a line, not for a cell."""
        graph = graph if isinstance(graph, Graph) or graph.chains else graph.resolved
        if getattr(graph, "alike_along_x", False):
            return cls(graph, graph.line_halves(), graph.position[:, 0].astype(np.uint16))
        half = graph.half_conductances()[0].reshape(graph.n, -1).copy()  # without the other side
        return cls(graph, half, np.arange(graph.n, dtype=np.uint32))

    def conducting(self, conductivity):
        """Return the Conductances of cells of the given conductivity (S m-1, or m2 s-1 of a diffusivity)."""
        return InSeries(self, conductivity)

    def slopes(self, conductivity, slope, u, dtype=float):
        """Return the row coefficients of d(outflow)/dv where conductivity depends on v: (off [n, 6],
        diagonal)."""
        off, diagonal = np.empty((self.graph.n, kernels.fixed.LINKS), dtype), np.empty(self.graph.n)
        geometry = self.graph.nearby, self.half, self.line
        kernels.fixed.slopes(*geometry, conductivity, slope, np.ones(self.graph.n), u, off, diagonal)
        return off, diagonal

    def with_slopes(self, conductivity, slope, scale, u):
        """Return scale times the linear flow of the u that conductivity depends on, as sum_j a_ij (x_i -
        x_j) + rest_i x_i: (a [n, 6] in single precision, rest). scale: of each cell."""
        a, rest = np.empty((self.graph.n, kernels.fixed.LINKS), np.float32), np.empty(self.graph.n)
        geometry = self.graph.nearby, self.half, self.line
        kernels.fixed.with_slopes(*geometry, conductivity, slope, scale, u, a, rest)
        return a, rest


class _Changed:
    """What contacts and shares make of the conductances of a `graph`, which have a `weight`."""

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


@dataclass(frozen=True)
class InSeries(_Changed):
    """Conductances of half cells in series. They are not kept, 48 bytes a cell, but made from the
    conductivity of the cells where they are asked for."""

    links: Links
    conductivity: np.ndarray

    @property
    def graph(self):
        """The graph whose links they are of."""
        return self.links.graph

    @property
    def weight(self):
        """Conductance of each link, w_ij [n, 6], made anew."""
        return self.scaled(np.ones(self.graph.n), float)

    def scaled(self, scale, dtype=np.float32):
        """Return scale_i w_ij [n, 6], of single precision; scale: of each cell, or one number."""
        weight = np.empty((self.graph.n, kernels.fixed.LINKS), dtype)
        scale = np.broadcast_to(np.asarray(scale, float), self.graph.n).copy()
        geometry = self.graph.nearby, self.links.half, self.links.line
        kernels.fixed.conductances(*geometry, np.ascontiguousarray(self.conductivity), scale, weight)
        return weight

    def outflow(self, u):
        """Return sum_j w_ij (u_i - u_j)."""
        out = np.empty(self.graph.n)
        geometry = self.graph.nearby, self.links.half, self.links.line
        kernels.fixed.flows_in_series(*geometry, np.ascontiguousarray(self.conductivity), u, out)
        return out


@dataclass(frozen=True)
class Conductances(_Changed):
    """Conductance of each link of a filled graph, w_ij [n, 6] (S, or m3 s-1 of a diffusivity)."""

    graph: Graph
    weight: np.ndarray

    def scaled(self, scale, dtype=np.float32):
        """Return scale_i w_ij [n, 6], of single precision; scale: of each cell, or one number."""
        return (np.reshape(scale, (-1, 1)) * self.weight).astype(dtype)

    def outflow(self, u):
        """Return sum_j w_ij (u_i - u_j)."""
        out = np.empty(self.graph.n)
        kernels.fixed.differences(self.graph.nearby, self.weight, u, out)
        return out
