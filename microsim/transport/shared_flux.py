"""Potential and flux of a volume whose planes several ranks share: what the flux says, added up over the
ranks, and the fields layer by layer, where the first rank can write them.

Each rank keeps the potential of its own planes and of one of each neighbour's, on which its flux depends.
Fluxes are computed a few layers of x at a time, and phases are read where they lie.
"""

from dataclasses import dataclass, field

import numpy as np

from ..base.axes import AXES
from ..numerics.slab import RankSlab
from .flux import STAGNANT, FluxFigures, flux_edges, flux_field_names, flux_map
from .tortuosity import conductivity_table

LAYER_VOXELS = 2**21  # of which the flux is computed at once, 60 bytes each


@dataclass(frozen=True)
class SharedFlux:
    """The field that solve_tortuosity left on this rank.

    grid       VoxelGrid of the whole volume, best in a file; conducting, axis as solve_tortuosity takes them
    slab       the planes along the axis that this rank owns
    potential  float32, u of these planes and of one of each neighbour's, NaN where nothing percolates
    """

    grid: object
    conducting: dict
    axis: int
    slab: RankSlab
    potential: np.ndarray = field(repr=False)

    def figures(self, result):
        """Return the FluxFigures of the whole volume, the same on all ranks; result: its TransportResult."""
        add, conducts = self.slab.ranks.sum, conductivity_table(self.grid, self.conducting)[:, self.axis] > 0
        sums = np.zeros(4)  # voxels that conduct, those of them that percolate, their |J|, their J
        for phase, u, flux in self._pieces():
            speed, along = _percolating(u, flux, self.axis)
            through = speed.sum(dtype=float), along.sum(dtype=float)
            sums += np.count_nonzero(conducts[phase]), speed.size, *through
        voxels, through, lengths, total = add(sums)
        mean = lengths / through
        counts, still = np.zeros(flux_edges().size - 1), 0
        for _, u, flux in self._pieces():
            speed, _ = _percolating(u, flux, self.axis)
            counts += np.histogram(speed, flux_edges() * mean)[0]
            still += np.count_nonzero(speed < STAGNANT * mean)
        counts, still, tau_lines = add(counts), add(still), lengths / total
        return FluxFigures(
            tau_lines, tau_lines**2 / result.tau, still / voxels, 1 - through / voxels,
            flux_edges(), counts / through,
        )  # fmt: skip

    def gathered(self, first, stop):
        """Return layers first to stop - 1 of x of the fields, {name: float32 [x, y, z]}, on the first rank.

        All ranks call it alike, in the same order; on the others it returns {}.
        """
        own, ranks, found = self._part(self.slab, first, stop), self.slab.ranks, {}
        fields = self._fields(own) if all(a < b for a, b in own) else {}
        for key in flux_field_names(AXES[self.axis]):
            if ranks.rank:
                none = np.empty(0, np.float32)
                ranks.swap([(0, np.ascontiguousarray(fields[key]), none)] if fields else [])
                continue
            found[key] = self._whole(first, stop, fields.get(key))
        return found

    def _whole(self, first, stop, own):
        """Put layers of one field together from what the ranks send."""
        out, parcels, places = np.empty((stop - first, *self.grid.shape[1:]), np.float32), [], []
        for rank in range(self.slab.ranks.size):
            part = self._part(self.slab.of_rank(rank), first, stop)
            if any(a >= b for a, b in part):
                continue
            place = (slice(part[0][0] - first, part[0][1] - first), *(slice(*ends) for ends in part[1:]))
            if rank == 0:
                out[place] = own
                continue
            parcels.append((rank, np.empty(0, np.float32), np.empty([b - a for a, b in part], np.float32)))
            places.append(place)
        self.slab.ranks.swap(parcels)
        for place, (_, _, received) in zip(places, parcels):
            out[place] = received
        return out

    def _part(self, slab, first, stop):
        """Which voxels (first, end) along x, y, z a slab has of layers of x."""
        part = [(first, stop), *((0, n) for n in self.grid.shape[1:])]
        low, high = part[self.axis]
        part[self.axis] = max(low, slab.low), min(high, slab.high)
        return part

    def _pieces(self):
        """Go through the rank's own voxels: (phase, potential, flux [3, ...]), some layers of x at a time."""
        layers = max(LAYER_VOXELS // (self.grid.shape[1] * self.grid.shape[2]), 1)
        for first in range(0, self.grid.shape[0], layers):
            own = self._part(self.slab, first, min(first + layers, self.grid.shape[0]))
            if all(a < b for a, b in own):
                yield self._computed(own)

    def _fields(self, own):
        _, u, flux = self._computed(own)
        return dict(zip(flux_field_names(AXES[self.axis]), (u, *flux)))

    def _computed(self, own):
        """Phase, potential and flux of voxels (first, end) along x, y, z, all of them the rank's."""
        shape = self.grid.shape
        box = [(max(a - 1, 0), min(b + 1, n)) for (a, b), n in zip(own, shape)]
        grid = self.grid.crop(dict(zip(AXES, box)))
        kept = [0, 0, 0]
        kept[self.axis] = self.slab.wide[0]
        u = self.potential[tuple(slice(a - k, b - k) for (a, b), k in zip(box, kept))]
        flux = flux_map(u, grid, self.conducting, self.axis, part=(box[self.axis][0], shape[self.axis]))
        inner = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(own, box))
        return grid.phase[inner], u[inner], flux[(slice(None), *inner)]


def _percolating(u, flux, axis):
    """|J| and J along the axis of the voxels that percolate."""
    there = ~np.isnan(u)
    return np.sqrt(np.einsum("axyz,axyz->xyz", flux, flux))[there], flux[axis][there]
