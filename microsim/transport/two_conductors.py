"""Two conductors that fill a volume, and whose surface runs through voxels.

    F_a = K_aa g_a + sum over b of K_ab g_b,   K_ab = k_a d_ab + (1 - k_a R_a) n_a n_b / sum n_c^2 R_c

through the face of a link along a: k_a the mean conductivity of the face, R the mean resistivity of the line
between the centres, of the axis b that of the four lines beside, n the normal of the surface, g differences
over h. It is exact for a field on either side of a plane, however that stands: with q what flows through it
and g_t along it, g_a = n_a q R_a + t_a and F_a = n_a q + k_a t_a. The matrix is the symmetric part of that.
"""

from dataclasses import dataclass

import numpy as np

from ..mesh.two_media import between_voxels, with_voxels_around
from ..numerics.graph import contrast_layers, voxel_graph
from ..numerics.oblique import across_links, limited, lower_faces


@dataclass(frozen=True)
class TwoConductorLinks:
    """Conductances of the lower face of each voxel, one longer along each axis: along [axis, x, y, z] by the
    difference of its own link, across [axis, b, x, y, z] by the mean of those beside it (0 for b = axis), in
    units of a face of x and a conductivity of 1."""

    along: np.ndarray
    across: np.ndarray


def two_conductor_links(share, conductivity, h, periodic_sides=False):
    """Find the links of two conductors.

    share: of the first in each voxel [x, y, z]; conductivity: of both; h: edges of a voxel.
    Returns TwoConductorLinks.
    """
    between = between_voxels(share, periodic_sides=periodic_sides)
    own = np.where(with_voxels_around(share, 1, periodic_sides) > 0.5, *(float(k) for k in conductivity))
    resistance = [_resistance(own, of_axis, conductivity) for of_axis in between]
    shape = tuple(n + 1 for n in share.shape)
    along, across = np.empty((3, *shape)), np.zeros((3, 3, *shape), np.float32)
    for axis, of_axis in enumerate(between):
        along[axis] = own[1:, 1:, 1:]
        at, K = _tensor_rows(axis, of_axis, resistance, conductivity, h, share.shape)
        along[(axis, *at)] = K[axis]
        for b in range(3):
            if b != axis:
                across[(axis, b, *at)] = K[b]
    for axis in range(3):
        along[axis] *= (h[0] / h[axis]) ** 2
        for b in range(3):
            across[axis, b] *= h[0] ** 2 / (h[axis] * h[b])
    return TwoConductorLinks(along, limited(along, across))


def _resistance(own, between, conductivity):
    """Mean resistivity of the line from each voxel, and those around the box, to the next along an axis."""
    values, part = 1 / own, between.line
    values[tuple((between.at + 1).T)] = part / conductivity[0] + (1 - part) / conductivity[1]
    return values


def _tensor_rows(axis, between, resistance, conductivity, h, shape):
    """Places of the faces of the box, and their K_ab [b, face]."""
    low = between.at
    inside = np.all((low + np.eye(3, dtype=int)[axis] >= 0) & (low < shape), axis=1)
    low, face, lean = low[inside], between.face[inside], between.lean[inside] / np.outer(h, h)
    lean = lean / np.maximum(np.trace(lean, axis1=1, axis2=2), 1e-30)[:, None, None]
    high = low + np.eye(3, dtype=int)[axis]
    k = face * conductivity[0] + (1 - face) * conductivity[1]
    own = resistance[axis][tuple((low + 1).T)]
    total = lean[:, axis, axis] * own
    for b in (b for b in range(3) if b != axis):
        ends = [end - way * np.eye(3, dtype=int)[b] for end in (low, high) for way in (0, 1)]
        beside = sum(resistance[b][tuple((end + 1).T)] for end in ends) / 4
        total = total + lean[:, b, b] * beside
    K = (1 - k * own) / np.maximum(total, 1e-30) * lean[:, axis].T
    K[axis] += k
    return tuple(high.T), K


class DrivenAcross:
    """What TwoConductorLinks add to the linear system of a graph, before whose class it stands; share,
    conductivity, h, periodic: see two_conductor_links."""

    def __init__(self, share, conductivity, h, periodic):
        links = two_conductor_links(share, conductivity, h, periodic)
        widths = [np.full(n, w) for n, w in zip(share.shape, h)]
        graph = voxel_graph(np.ones(share.shape, bool), widths, periodic)
        layer = contrast_layers(np.where(graph.gather(share) > 0.5, *conductivity))
        weight = links.along[(graph.face // 2, *lower_faces(graph).T)]
        x, last = graph.position[:, 0], len(graph.widths[0])
        at = tuple(graph.position[:, 1:].T)
        inlet = np.where(x == 0, 2 * links.along[0, 0][at], 0.0)
        outlet = np.where(x == last - 1, 2 * links.along[0, last][at], 0.0)
        self.across, self.drive = across_links(links.across, graph.index, bool(graph.periodic))
        super().__init__(graph, weight, inlet, outlet, layer, np.float32)
        self.apply = self._apply

    def _apply(self, p, out):
        """Write A p; return p . A p."""
        self.multigrid.apply(p, out)
        out += self.across @ p
        return float(np.dot(p.astype(float), out))

    def residual(self, r):
        """Write b - A u; return its sum over each plane and the conductance that u stands for."""
        whole = np.empty(self.u.size)
        _, conductance = super().residual(whole)
        more = self.across @ self.u
        conductance += float(self.u @ more - 2 * (self.drive @ self.u))
        whole += self.drive - more
        r[:] = whole
        return self.plane_sums(whole), conductance
