"""Where lithium lies: resolved cells of active material, and spherical particles of homogenised porous
electrodes.

A voxel of a porous electrode holds many equal spheres; one chain of concentric shells, centre first, stands
for them all. Shells get thinner towards the surface, where lithium gradients are steep.
"""

from dataclasses import dataclass

import numpy as np

from ..numerics.backend import kernels
from ..numerics.chains import Chains
from ..numerics.graph import Graph
from ..numerics.multigrid import Multigrid
from ..numerics.near import packed

THINNEST = 0.05  # width of the outermost shell over that of the innermost
FACES = 6  # of a voxel


def shell_edges(shells):
    """Return the radii of the shells' edges over the particle's, from 0 to 1."""
    widths = THINNEST ** (np.arange(shells) / max(shells - 1, 1))
    return np.concatenate([[0.0], np.cumsum(widths) / widths.sum()])


@dataclass(frozen=True)
class Spheres:
    """The particles of homogenised voxels: position (m, 3) of each voxel among the lines of the graph, volume
    of active material in it (m3), particle radius (m), number of shells."""

    position: np.ndarray
    volume: np.ndarray
    radius: np.ndarray
    shells: int

    def shell_volumes(self):
        """Volume of active material in each shell, [voxel, shell] (m3)."""
        return self.volume[:, None] * np.diff(shell_edges(self.shells) ** 3)

    def half_conductances(self):
        """Inner and outer half of each link between shells: area over half a shell's width, [voxel, shell -
        1] (m)."""
        edges = shell_edges(self.shells)
        area = 3 * (self.volume / self.radius)[:, None] * edges[1:-1] ** 2
        half_width = self.radius[:, None] * np.diff(edges) / 2
        return area / half_width[:, :-1], area / half_width[:, 1:]

    def surface_area(self):
        """Area of the particles in each voxel, 3 / R times their volume (m2)."""
        return 3 * self.volume / self.radius

    def surface_half_width(self):
        """From the middle of the outermost shell to the surface (m)."""
        return self.radius * np.diff(shell_edges(self.shells))[-1] / 2


class LithiumCells:
    """Cells that hold lithium: those of `resolved` (a Graph), then the shells of each voxel of `spheres` (or
    None).

    nearby: neighbours of each cell as kernels take them.
    """

    def __init__(self, resolved: Graph, spheres: Spheres | None = None):
        self.resolved, self.spheres = resolved, spheres
        self.chains, self.shells = (0, 0) if spheres is None else (len(spheres.volume), spheres.shells)
        self.n = resolved.n + self.chains * self.shells
        self.nearby = self._with_chains() if self.chains else resolved.nearby

    @property
    def near(self):
        """Neighbours of each cell, as in a filled Graph; of a shell the first one inwards, the second one
        outwards."""
        return np.asarray(self.nearby)

    def _with_chains(self):
        near = self.resolved.near
        number = self.resolved.n + np.arange(self.chains * self.shells).reshape(self.chains, self.shells)
        of_shells = np.repeat(number[..., None], FACES, axis=2)
        of_shells[:, 1:, 0], of_shells[:, :-1, 1] = number[:, :-1], number[:, 1:]
        return packed(np.concatenate([near, of_shells.reshape(-1, FACES).astype(np.uint32)]))

    @property
    def position(self):
        return self.resolved.position

    @property
    def index(self):
        return self.resolved.index

    def surface(self):
        """Number of the outermost shell of each voxel of spheres."""
        return self.resolved.n + np.arange(1, self.chains + 1) * self.shells - 1

    def volumes(self):
        """Return the volume of active material in each cell (m3)."""
        resolved = self.resolved.volumes()
        return np.concatenate([resolved, self.spheres.shell_volumes().ravel()]) if self.chains else resolved

    def half_conductances(self):
        """Return face area over half cell length of each link, on its own and on the other side (m)."""
        own, other = self.resolved.half_conductances()
        if not self.chains:
            return own, other
        inner, outer = self.spheres.half_conductances()
        mine, theirs = np.zeros((2, self.chains, self.shells, FACES))
        mine[:, :-1, 1], theirs[:, :-1, 1] = inner, outer
        mine[:, 1:, 0], theirs[:, 1:, 0] = outer, inner
        return np.concatenate([own, mine.ravel()]), np.concatenate([other, theirs.ravel()])

    def outward(self, weight):
        """Return the weights of the links outwards, [voxel, shell - 1], of all links' weights."""
        return weight[self.resolved.n :].reshape(self.chains, self.shells, -1)[:, :-1, 1]

    def split(self, values):
        """Return the values of the resolved cells, and those of the shells as [voxel, shell]."""
        return values[: self.resolved.n], values[self.resolved.n :].reshape(self.chains, self.shells)

    def scatter(self, values, fill=np.nan, dtype=np.float32):
        """Return a dense array: values of the resolved cells, mean over the particle in voxels of spheres."""
        resolved, shells = self.split(values)
        dense = self.resolved.scatter(resolved, fill, dtype)
        if self.chains:
            share = np.diff(shell_edges(self.shells) ** 3)
            dense[tuple(self.spheres.position.T)] = shells @ share
        return dense

    def spread(self, dense):
        """Apply the transpose of `scatter`: each cell's share of its voxel's value, [n]."""
        resolved = dense[tuple(self.resolved.position.T)]
        if not self.chains:
            return resolved
        share = np.diff(shell_edges(self.shells) ** 3)
        return np.concatenate([resolved, np.outer(dense[tuple(self.spheres.position.T)], share).ravel()])


def joined_cells(cells, open_links=None):
    """Return which connected part each cell is of, numbers from 0.

    cells: LithiumCells or a filled Graph; open_links: which links count [n, 6], None for all.
    """
    near, own = cells.near, np.arange(cells.n, dtype=np.uint32)
    if open_links is not None:
        near = np.where(open_links, near, own[:, None])
    links = FACES * np.arange(cells.n + 1), near.reshape(-1).view(np.int32)
    lowest = kernels.coarsening.aggregate(*links, np.zeros(cells.n, np.int32))
    return (np.cumsum(lowest == own, dtype=np.int32) - 1)[lowest]


class LithiumSolver:
    """Approximate inverse of diffusion + storage: a multigrid cycle in resolved cells, exact in the chains.

    grid(graph, visits=1): makes the multigrid
    """

    def __init__(self, cells: LithiumCells, grid=Multigrid):
        self.cells = cells
        self.grid = grid(cells.resolved, visits=1) if cells.resolved.n else None
        self.chains = Chains(cells.chains, cells.shells) if cells.chains else None

    def update(self, weight, mass):
        """Set the link weights and the diagonal parts of all cells."""
        resolved, shells = self.cells.split(mass)
        if self.grid:
            self.grid.update(weight[: self.cells.resolved.n].ravel(), resolved)
        if self.chains:
            self.chains.update(self.cells.outward(weight), shells)

    def end_response(self, weight, mass):
        """What the surface shell of each chain resists an inflow with, for given weights and diagonal
        parts."""
        self.chains.update(self.cells.outward(weight), self.cells.split(mass)[1])
        return self.chains.end_response.copy()

    def cycle(self, b, out):
        """Write the approximate answer to A x = b; out may be b."""
        resolved, shells = self.cells.split(b)
        to, to_shells = self.cells.split(out)
        if self.grid:
            to[:] = self.grid.cycle(resolved)
        if self.chains:
            to_shells[:] = self.chains.solve(shells)
