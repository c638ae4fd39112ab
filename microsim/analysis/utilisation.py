"""How unevenly an electrode is used: particles, depth, distance to the surface, local rate, reaction front.

Particles are found on the image by a watershed at the necks (shapes.splitting); each voxel of a homogenised
electrode has one of its own. Means are over lithium sites, so that the variance of the lithiation falls into
two parts,

    var(sto) = var between particles + mean over particles of the var within
"""

import numpy as np
from scipy import ndimage

from ..shapes.splitting import surface_reached

MOST = 500  # particles that are listed one by one, the largest
DISTANCES = 24  # bins of distance to the surface, at most
SMOOTHED = 20  # the reaction front is that of a profile smoothed over this part of the thickness


def particle_of_cells(cell, labels):
    """Return which particle each lithium cell is of, numbers from 0 without gaps [mesh.solid.n]."""
    solid, lines = cell.mesh.solid, cell.mesh.lines
    x, y, z = solid.position.T
    resolved = labels[x - lines, y, z].astype(np.int64)
    # what a surface within voxels leaves in those of the pores belongs to the particle beside it
    beside = resolved == 0
    resolved[beside] = resolved[solid.resolved.near[beside]].max(axis=1, initial=0)
    highest = int(labels.max(initial=0))
    chains = highest + 1 + np.repeat(np.arange(solid.chains), solid.shells)
    return np.unique(np.concatenate([resolved, chains]), return_inverse=True)[1].astype(np.int32)


class Utilisation:
    """Measure how unevenly the electrode at the collector is used.

    cell: HalfCell. labels: particle of each voxel, int [x, y, z], 0 outside the active material.
    """

    def __init__(self, cell, labels):
        self.cell, mesh = cell, cell.mesh
        # of all cells views do: copies, and numbers of eight bytes, were 40 bytes a voxel beside a run
        all_ours = cell.positive_cells.all()
        self.cells = slice(None) if all_ours else np.flatnonzero(cell.positive_cells).astype(np.int32)
        self.particle = particle_of_cells(cell, labels)
        of_cells = self.particle  # numbered without gaps
        self.own = of_cells if all_ours else np.unique(of_cells[self.cells], return_inverse=True)[1]
        self.sites = cell.capacity[self.cells]
        layer = mesh.electronic.position[mesh.solid_to_electronic, 0] - mesh.lines
        self.layer, self.h, self.layers = layer[self.cells], mesh.voxel_size[0], mesh.shape[0]
        self.particle_sites = np.bincount(self.own, self.sites)
        self.bins = self._distance_bins() if mesh.solid.resolved.n else None
        self.material = mesh.material[self.cells]
        self.faces = np.flatnonzero(cell.in_positive)
        self.face_layer = mesh.electronic.position[mesh.faces.electronic[self.faces], 0] - mesh.lines

    def _distance_bins(self):
        """Bins of the resolved cells' distance to the surface that electrolyte reaches, and their middles
        (m)."""
        mesh = self.cell.mesh
        x, y, z = mesh.solid.position.T
        wet = mesh.on_image(mesh.ionic, np.ones(mesh.ionic.n)) == 1
        at, edge = surface_reached(wet, mesh.voxel_size)[x - mesh.lines, y, z], min(mesh.voxel_size)
        largest = max(float(at.max(initial=edge)), edge)
        count = int(min(DISTANCES, np.ceil(largest / edge)))
        width = largest / count
        inside = self.cell.positive_cells[: mesh.solid.resolved.n]
        bins = np.minimum((at / width).astype(int), count - 1)[inside].astype(np.uint8)
        return bins, (np.arange(count) + 0.5) * width

    @property
    def empty(self):
        """Lithiation of each cell at 100 % of its window's charge."""
        return np.array([m.sto_100 for m in self.cell.mesh.materials])[self.material]

    @property
    def window(self):
        """Width of each cell's lithiation window, with its sign."""
        return np.array([m.sto_0 - m.sto_100 for m in self.cell.mesh.materials])[self.material]

    @property
    def mean_window(self):
        """Width of the lithiation window, mean over the materials."""
        return self._mean(np.abs(self.window))

    def particles(self):
        """Return what stays: number of particles; depth of their middle and diameter (m) of the largest of
        them."""
        mesh = self.cell.mesh
        volume = np.bincount(self.own, self.cell.solid_volume[self.cells])
        depth = self._by_particle((self.layer + 0.5) * self.h)
        shown = self._shown()
        return {
            "count": int(volume.size),
            "listed": int(shown.size),
            "depth_m": _plain(depth[shown]),
            "diameter_m": _plain(np.cbrt(6 * volume[shown] / np.pi)),
            "resolved": bool(mesh.solid.resolved.n),
        }

    def spread(self, x):
        """Return the spread of the lithiation of a state: total, between and within particles, over the
        depth."""
        sto = self.cell.state(x).sto[self.cells]
        mean, each, layers = self._mean(sto), self._by_particle(sto), self._by_layer(sto)
        in_layer = np.bincount(self.layer, self.sites, self.layers)
        return {
            "mean": mean,
            "std": _root(self._mean((sto - mean) ** 2)),
            "std_between": _root(np.average((each - mean) ** 2, weights=self.particle_sites)),
            "std_within": _root(self._mean((sto - each[self.own]) ** 2)),
            "std_over_depth": _root(np.average((np.nan_to_num(layers) - mean) ** 2, weights=in_layer)),
        }

    def reaction(self, j, least):
        """Return what passes the interfaces over the depth: per area in each layer (A m-2, above zero on
        discharge), depth of its peak, and the depth that half of it lies above (m).

        j: of each reactive face (A m-2); least: a current below which there is neither (A).
        """
        area = self.cell.mesh.faces.area[self.faces]
        taken = -np.bincount(self.face_layer, area * j[self.faces], self.layers)
        area = np.bincount(self.face_layer, area, self.layers)
        rate = np.divide(taken, area, out=np.full(self.layers, np.nan), where=area > 0)
        whole = taken.sum()
        if abs(whole) < 0.25 * np.abs(taken).sum() or abs(whole) < least:
            return {"peak_depth_m": None, "half_depth_m": None, "reaction_A_m2": _plain(rate, 4)}
        width = max(self.layers / SMOOTHED, 1e-6)
        smooth = [ndimage.gaussian_filter1d(values, width, mode="nearest") for values in (taken, area)]
        peak = int(np.argmax(np.abs(smooth[0]) / np.maximum(smooth[1], 1e-300)))
        edges = np.arange(self.layers + 1) * self.h
        half = np.interp(0.5, np.concatenate([[0.0], np.maximum.accumulate(np.cumsum(taken) / whole)]), edges)
        return {
            "peak_depth_m": (peak + 0.5) * self.h,
            "half_depth_m": float(half),
            "reaction_A_m2": _plain(rate, 4),
        }

    def rate(self, x, sto_before, seconds):
        """Return the local C-rate between two states, |change of sto| / window per hour: mean, quantiles,
        largest."""
        sto = self.cell.state(x).sto[self.cells]
        local = np.abs(sto - sto_before[self.cells]) / np.abs(self.window) * 3600 / seconds
        order = np.argsort(local)
        below = np.cumsum(self.sites[order]) / self.sites.sum()
        found = {
            f"p{q:02d}": float(local[order[min(np.searchsorted(below, q / 100), order.size - 1)]])
            for q in (5, 25, 50, 75, 95)
        }
        return {"mean": float(self._mean(local)), **found, "max": float(local.max())}

    def ending(self, x):
        """Measure the end of a step: lithiation by depth and by distance to the surface, and particle by
        particle."""
        sto = self.cell.state(x).sto[self.cells]
        each, shown = self._by_particle(sto), self._shown()
        within = np.sqrt(np.maximum(self._by_particle((sto - each[self.own]) ** 2), 0))
        used = self._by_particle((sto - self.empty) / self.window)
        layers = self._by_layer(sto)
        in_layers = np.sqrt(np.maximum(self._by_layer((sto - np.nan_to_num(layers)[self.layer]) ** 2), 0))
        return {
            "by_depth": {
                "x_m": _plain((np.arange(self.layers) + 0.5) * self.h),
                "mean": _plain(layers),
                "std": _plain(in_layers),
            },
            "by_distance_to_surface": self._by_distance(sto),
            "particles": {
                "mean": _plain(each[shown]),
                "std": _plain(within[shown]),
                "utilisation": _plain(used[shown]),
            },
            "utilisation": _spread(used, self.particle_sites),
        }

    def _by_distance(self, sto):
        """Mean and standard deviation of the resolved cells' lithiation by distance to the surface."""
        if self.bins is None:
            return None
        of, middles = self.bins
        sto, sites = sto[: of.size], self.sites[: of.size]
        held = np.bincount(of, sites, middles.size)
        mean = _divide(np.bincount(of, sites * sto, middles.size), held)
        var = _divide(np.bincount(of, sites * (sto - mean[of]) ** 2, middles.size), held)
        return {
            "distance_m": _plain(middles),
            "mean": _plain(mean),
            "std": _plain(np.sqrt(var)),
            "share": _plain(held / held.sum()),
        }

    def _mean(self, values):
        return float(np.average(values, weights=self.sites))

    def _by_particle(self, values):
        return np.bincount(self.own, self.sites * values) / self.particle_sites

    def _by_layer(self, values):
        held = np.bincount(self.layer, self.sites, self.layers)
        return _divide(np.bincount(self.layer, self.sites * values, self.layers), held)

    def _shown(self):
        """The largest particles, in order of their number."""
        return np.sort(np.argsort(-self.particle_sites, kind="stable")[:MOST])


def _spread(values, weights):
    """Weighted mean and standard deviation, smallest and largest."""
    mean = np.average(values, weights=weights)
    return {
        "mean": float(mean),
        "std": _root(np.average((values - mean) ** 2, weights=weights)),
        "min": float(values.min()),
        "max": float(values.max()),
    }


def _divide(total, held):
    return np.divide(total, held, out=np.full(held.shape, np.nan), where=held > 0)


def _root(value):
    return float(np.sqrt(max(value, 0.0)))


def _plain(values, digits=6):
    """Numbers for JSON, rounded to so many digits; None for NaN."""
    return [None if not np.isfinite(v) else float(f"{v:.{digits}g}") for v in np.asarray(values, float)]
