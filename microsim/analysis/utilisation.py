"""How unevenly an electrode is used: particles, depth, distance to the surface, local rate, reaction front.

Particles are found on the image by a watershed at the necks (shapes.splitting); each voxel of a homogenised
electrode has one of its own. Means are over lithium sites, so that the variance of the lithiation falls into
two parts,

    var(sto) = var between particles + mean over particles of the var within
"""

import numpy as np
from scipy import ndimage

from ..cell.spheres import joined_cells
from ..numerics.graph import held_once
from ..shapes.sections import equal_diameter, section_thickness
from ..shapes.splitting import surface_reached

MOST = 500  # particles that are listed one by one, the largest
DISTANCES = 24  # bins of distance to the surface, at most
SPREAD_KEYS = "mean", "std", "std_between", "std_within", "std_over_depth"
SMOOTHED = 20  # the reaction front is that of a profile smoothed over this part of the thickness


def particle_of_cells(cell, labels):
    """Return which particle each lithium cell is of, numbers from 0 without gaps [mesh.solid.n]."""
    return np.unique(_particle_numbers(cell, labels)[0], return_inverse=True)[1].astype(np.int32)


def _particle_numbers(cell, labels):
    """A number of the particle of each lithium cell, and of each voxel of idle material."""
    solid, lines, idle = cell.mesh.solid, cell.mesh.lines, cell.mesh.idle
    x, y, z = solid.position.T
    resolved = labels[x - lines, y, z].astype(np.int64)
    # what a surface within voxels leaves in those of the pores belongs to the particle beside it
    beside = resolved == 0
    resolved[beside] = resolved[solid.resolved.near[beside]].max(axis=1, initial=0)
    highest = int(labels.max(initial=0))
    chains = highest + 1 + np.repeat(np.arange(solid.chains), solid.shells)
    at = tuple(idle.position.T)
    apart = labels[at].astype(np.int64)
    if not apart.all():
        around = ndimage.maximum_filter(labels, footprint=ndimage.generate_binary_structure(3, 1))
        apart = np.where(apart == 0, around[at], apart)
    alone = highest + 1 + solid.chains + np.arange(idle.n)  # each voxel of a homogenised electrode
    return np.concatenate([resolved, chains]), np.where(idle.resolved, apart, alone)


def cells_taking_part(cell):
    """Return which lithium cells a path of lithium joins to a face that reacts; the others keep what they
    hold."""
    joined = joined_cells(cell.mesh.solid)
    return (np.bincount(joined[cell.mesh.faces.solid], minlength=joined.max() + 1) > 0)[joined]


class Utilisation:
    """Measure how unevenly the electrode at the collector is used: all of its active material, and that which
    takes part.

    cell: HalfCell. labels: particle of each voxel, int [x, y, z], 0 outside the active material.
    """

    def __init__(self, cell, labels):
        self.cell, mesh, self.idle = cell, cell.mesh, cell.mesh.idle
        # of all cells views do: copies, and numbers of eight bytes, were 40 bytes a voxel beside a run
        all_ours = cell.positive_cells.all()
        self.cells = slice(None) if all_ours else np.flatnonzero(cell.positive_cells).astype(np.int32)
        self.particle, apart = _particle_numbers(cell, labels)
        own = np.unique(self._joined(self.particle, apart), return_inverse=True)[1].astype(np.int32)
        self.particle = self.particle.astype(np.int32) if self.idle.n or not all_ours else own
        self.takes_part = cells_taking_part(cell)
        layer = mesh.electronic.position[mesh.solid_to_electronic, 0] - mesh.lines
        layer = self._joined(layer, self.idle.position[:, 0])
        self.h, self.layers = mesh.voxel_size[0], mesh.shape[0]
        sites = self._joined(cell.capacity, self.idle.capacity)
        self.whole = _Sites(own, layer, sites, self.layers)
        part = self._joined(self.takes_part, np.zeros(self.idle.n, bool))
        self.part = self.whole if part.all() else _Sites(own, layer, sites, self.layers, part)
        self.bins = self._distance_bins() if mesh.solid.resolved.n else None
        self.material = mesh.material[self.cells]
        self.faces = np.flatnonzero(cell.in_positive)
        self.face_layer = mesh.electronic.position[mesh.faces.electronic[self.faces], 0] - mesh.lines

    def _joined(self, of_cells, of_idle):
        """Values of the electrode's cells, of those of all, and behind them those of the idle material."""
        return self._behind(of_cells[self.cells], of_idle)

    def _behind(self, ours, of_idle):
        return np.concatenate([ours, of_idle.astype(ours.dtype)]) if self.idle.n else ours

    def _distance_bins(self):
        """Which of the sites lie in voxels of active material, the bins of their distance to the surface that
        electrolyte reaches, and the bins' middles (m)."""
        mesh, idle = self.cell.mesh, self.idle
        x, y, z = mesh.solid.position.T
        wet = mesh.on_image(mesh.ionic, np.ones(mesh.ionic.n)) == 1
        distance, edge = surface_reached(wet, mesh.voxel_size), min(mesh.voxel_size)
        at = distance[x - mesh.lines, y, z][self.cell.positive_cells[: mesh.solid.resolved.n]]
        which = slice(at.size)
        if idle.resolved.any():
            behind = self.whole.own.size - idle.n + np.flatnonzero(idle.resolved)
            which = np.append(np.arange(at.size, dtype=np.int32), behind.astype(np.int32))
            at = np.append(at, distance[tuple(idle.position[idle.resolved].T)])
        largest = max(float(at.max(initial=edge)), edge)
        count = int(min(DISTANCES, np.ceil(largest / edge)))
        width = largest / count
        bins = np.minimum((at / width).astype(int), count - 1).astype(np.uint8)
        return which, bins, (np.arange(count) + 0.5) * width

    @property
    def empty(self):
        """Lithiation of each site at 100 % of its window's charge."""
        of_cells = np.array([m.sto_100 for m in self.cell.mesh.materials])[self.material]
        return self._behind(of_cells, self.idle.empty)

    @property
    def window(self):
        """Width of each site's lithiation window, with its sign."""
        of_cells = np.array([m.sto_0 - m.sto_100 for m in self.cell.mesh.materials])[self.material]
        return self._behind(of_cells, self.idle.window)

    @property
    def mean_window(self):
        """Width of the lithiation window, mean over the materials."""
        return self.whole.mean(np.abs(self.window))

    def particles(self):
        """Return what stays: number of particles; depth of their middle and diameter (m) of the largest of
        them."""
        mesh, whole = self.cell.mesh, self.whole
        volume = np.bincount(whole.own, self._joined(self.cell.solid_volume, self.idle.volume))
        depth = whole.by_particle((whole.layer + 0.5) * self.h)
        shown = self._shown()
        return {
            "count": int(volume.size),
            "listed": int(shown.size),
            "depth_m": _plain(depth[shown]),
            "diameter_m": _plain(
                equal_diameter(volume[shown], section_thickness(mesh.shape, mesh.voxel_size))
            ),
            "resolved": bool(mesh.solid.resolved.n),
        }

    def spread(self, x):
        """Return the spread of the lithiation of a state: total, between and within particles, over the
        depth; of all active material, and of that which takes part."""
        sto, part = self._sto(x), self.part
        found = self.whole.spread(sto)
        taking = found if part is self.whole else part.spread(sto)
        return {
            **found,
            "share_taking_part": float(part.held.sum() / self.whole.held.sum()),
            **{f"{name}_taking_part": value for name, value in taking.items()},
        }

    def _sto(self, x):
        return self._joined(self.cell.state(x).sto, self.idle.sto)

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

    def rates(self, x, sto_before, seconds):
        """Return the local C-rate between two states, |change of sto| / window per hour: mean, quantiles,
        largest; over all active material, and over that which takes part."""
        change = self.cell.state(x).sto - sto_before
        local = self._joined(change, np.zeros(self.idle.n))
        local = np.abs(local) / np.abs(self.window) * 3600 / seconds
        found = self.whole.quantiles(local)
        taking = found if self.part is self.whole else self.part.quantiles(local)
        return {"local_c_rate": found, "local_c_rate_taking_part": taking}

    def ending(self, x):
        """Measure the end of a step: lithiation by depth and by distance to the surface, and particle by
        particle."""
        sto, whole, part = self._sto(x), self.whole, self.part
        each, shown = whole.by_particle(sto), self._shown()
        within = np.sqrt(np.maximum(whole.by_particle((sto - each[whole.own]) ** 2), 0))
        filled = (sto - self.empty) / self.window
        used = whole.by_particle(filled)
        layers = whole.by_layer(sto)
        in_layers = np.sqrt(np.maximum(whole.by_layer((sto - np.nan_to_num(layers)[whole.layer]) ** 2), 0))
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
                "taking_part": _plain((part.held / whole.held)[shown]),
            },
            "utilisation": _spread(used, whole.held),
            "utilisation_taking_part": _spread(part.by_particle(filled), part.held),
        }

    def _by_distance(self, sto):
        """Mean and standard deviation of the active material's lithiation by distance to the surface."""
        if self.bins is None:
            return None
        which, of, middles = self.bins
        sto, sites = sto[which], self.whole.sites[which]
        held = np.bincount(of, sites, middles.size)
        mean = _divide(np.bincount(of, sites * sto, middles.size), held)
        var = _divide(np.bincount(of, sites * (sto - mean[of]) ** 2, middles.size), held)
        return {
            "distance_m": _plain(middles),
            "mean": _plain(mean),
            "std": _plain(np.sqrt(var)),
            "share": _plain(held / held.sum()),
        }

    def _shown(self):
        """The largest particles, in order of their number."""
        return np.sort(np.argsort(-self.whole.held, kind="stable")[:MOST])


class _Sites:
    """Lithium sites of active material, by which its means are weighed: own, layer: particle and layer of
    each; given: the charge that fills them (C); part: which of them count, None for all."""

    def __init__(self, own, layer, given, layers, part=None):
        self.own, self.layer, self.layers, self.part = own, layer, layers, part
        self.given = held_once(given)  # it lies beside all of a run, eight bytes for each
        self.held = np.bincount(own, self.sites)

    @property
    def sites(self):
        """The number of sites, as the charge that fills them (C)."""
        return self.given if self.part is None else self.given * self.part

    def mean(self, values):
        return float(np.average(values, weights=self.sites))

    def by_particle(self, values):
        return _divide(np.bincount(self.own, self.sites * values), self.held)

    def by_layer(self, values):
        held = np.bincount(self.layer, self.sites, self.layers)
        return _divide(np.bincount(self.layer, self.sites * values, self.layers), held)

    def spread(self, sto):
        """Standard deviations of the lithiation: total, between and within particles, over the depth."""
        mean, each, layers = self.mean(sto), np.nan_to_num(self.by_particle(sto)), self.by_layer(sto)
        in_layer = np.bincount(self.layer, self.sites, self.layers)
        found = (
            _root(self.mean((sto - mean) ** 2)),
            _root(np.average((each - mean) ** 2, weights=self.held)),
            _root(self.mean((sto - each[self.own]) ** 2)),
            _root(np.average((np.nan_to_num(layers) - mean) ** 2, weights=in_layer)),
        )
        return dict(zip(SPREAD_KEYS, (mean, *found), strict=True))

    def quantiles(self, values):
        """Mean, quantiles and largest of what has any sites."""
        order = np.argsort(values)
        order = order[self.sites[order] > 0]
        below = np.cumsum(self.sites[order]) / self.sites.sum()
        found = {
            f"p{q:02d}": float(values[order[min(np.searchsorted(below, q / 100), order.size - 1)]])
            for q in (5, 25, 50, 75, 95)
        }
        return {"mean": self.mean(values), **found, "max": float(values[order[-1]])}


def _spread(values, weights):
    """Weighted mean and standard deviation, smallest and largest of what has a weight."""
    values, weights = values[weights > 0], weights[weights > 0]
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
