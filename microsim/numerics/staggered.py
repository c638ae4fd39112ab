"""Staggered grid on voxels (marker and cell, Harlow & Welch, Phys. Fluids 8 (1965) 2182): pressures in the
voxels of fluid, velocities on the faces between two of them, and the three operators of Stokes flow.

    A u   viscous force on the fluid around each face, -lap u times its volume: a graph Laplacian for each
          component
    B u   net outflow of each voxel,    B^T p   pressure force on each face

Axis 0 runs along the mean flow. Between pressure planes ("pressure") its end faces carry velocities too, with
half a volume: the flow goes on as in a mirror there, its tangential part vanishes. With "periodic" ends a
force of one per volume drives it. Lengths in units of the voxel's edge along axis 0, viscosity 1.
"""

from dataclasses import dataclass, replace

import numpy as np

from .backend import kernels
from .codes import FREE, NO_SLIP, WRAP
from .cut_faces import Walls
from .graph import Graph, voxel_graph

SIDES = {"periodic": WRAP, "symmetry": FREE, "no-slip": NO_SLIP}


@dataclass(frozen=True)
class StaggeredGrid:
    """cells: graph of the voxels of fluid; faces: graphs of the velocities along x, y, z, numbered one after
    the other; weight, wall: links of each of these graphs (empty: all 1) and conductances to the walls;
    diagonal: of A, float64; face_cells (n, 2), cell_faces (cells, 6): neighbours, -1 for none;
    area, volume: of a voxel's faces and of the voxel; inlet: faces that the unit drop pushes, None for all of
    axis 0; gradient: mean gradient of the pressure; flux_scale, permeability_scale: flux and permeability
    over force . u; wrapped: whether axis 0 is periodic; open: the part of its face that each velocity carries
    (see cut_faces), None for all of it."""

    cells: Graph
    faces: tuple
    weight: tuple
    wall: tuple
    diagonal: np.ndarray
    face_cells: np.ndarray
    cell_faces: np.ndarray
    area: np.ndarray
    volume: float
    inlet: np.ndarray | None
    gradient: float
    flux_scale: float
    permeability_scale: float
    wrapped: bool
    open: np.ndarray | None = None

    @property
    def n(self):
        """Number of velocities."""
        return self.face_cells.shape[0]

    def part(self, axis):
        """Slice of the velocities along one axis."""
        first = sum(g.n for g in self.faces[:axis])
        return slice(first, first + self.faces[axis].n)

    def viscous(self, u, out, diagonal=None):
        """Write A u; return u . A u."""
        diagonal, energy = self.diagonal if diagonal is None else diagonal, 0.0
        for axis, (g, weight) in enumerate(zip(self.faces, self.weight)):
            part = self.part(axis)
            energy += kernels.laplacian.apply_laplacian(
                g.indptr, g.neighbour, weight, diagonal[part], u[part], out[part]
            )
        return energy

    def carried(self, u):
        """Return what the faces carry of velocities, or of forces on them."""
        return u if self.open is None else u * self.open.astype(u.dtype)

    def add_pressure(self, p, out, sign=1):
        """Add sign times B^T p."""
        push = out if self.open is None else np.zeros_like(out)
        for axis in range(3):
            part = self.part(axis)
            kernels.staggered.add_pressure(
                self.face_cells[part], out.dtype.type(self.area[axis]), out.dtype.type(sign), p, push[part]
            )
        if push is not out:
            out += self.carried(push)

    def drive(self, out):
        """Add the force f that drives the flow: pressure 1 on the first end plane, or 1 per volume in a
        ring."""
        there = np.arange(self.n)[self.part(0)] if self.wrapped else self.inlet
        out[there] += (self.volume if self.wrapped else self.area[0]) * self._open_at(there)

    def work(self, u):
        """Return f . u."""
        if self.wrapped:
            return self.volume * float((u[self.part(0)] * self._open_at(self.part(0))).sum(dtype=float))
        return self.area[0] * float((u[self.inlet] * self._open_at(self.inlet)).sum(dtype=float))

    def _open_at(self, faces):
        return 1.0 if self.open is None else self.open[faces]

    def divergence(self, u):
        """Return B u, in the precision of u."""
        out = np.empty(self.cells.n, u.dtype)
        kernels.staggered.divergence(self.cell_faces, self.area, self.carried(u), out)
        return out

    def volumes(self):
        """Return the volume of fluid around each face."""
        out = np.full(self.n, self.volume)
        if not self.wrapped:
            lines = self.faces[0].position[:, 0]
            out[self.part(0)][(lines == 0) | (lines == lines.max())] /= 2
        return self.carried(out)

    def centre_velocity(self, u):
        """Return the velocity in the voxels (3, cells)."""
        out = np.empty((3, self.cells.n))
        kernels.staggered.centre_velocity(self.cell_faces, self.carried(u), out)
        return out


def staggered_grid(fluid, h, sides, ends, throat, within=None):
    """Build the staggered grid of the True voxels of `fluid`.

    fluid: bool [x, y, z], axis 0 along the flow; h: the three voxel edges; sides: "no-slip", "symmetry" or
    "periodic"; ends: "pressure", or "periodic" where the sides are; throat: width of a channel, in voxels, up
    to which a step of its wall holds like a flat wall (see kernels.staggered.wall_conductance); within:
    depth and normal of the voxels' centres, where the walls run through voxels (see cut_faces.Walls).
    """
    h = np.asarray(h, float) / h[0]
    volume, wrapped = float(np.prod(h)), ends == "periodic"
    around = (1 + wrapped) if sides == "periodic" else 0
    side = np.array([WRAP if wrapped else NO_SLIP, SIDES[sides], SIDES[sides]])
    walls = _Steps(fluid, side, float(throat)) if within is None else Walls(*within, side)
    cells = voxel_graph(walls.cells, [np.full(n, w) for n, w in zip(fluid.shape, h)], around)
    parts = [_component(walls, cells.index, axis, h, side, around) for axis in range(3)]
    faces, weight, wall, opened, face_cells = zip(*parts)
    cell_faces, first = np.full((cells.n, 6), -1, np.int32), 0
    for axis in range(3):
        kernels.staggered.cell_faces(face_cells[axis], first, axis, cell_faces)
        first += faces[axis].n
    diagonal = np.concatenate([_diagonal(*part) for part in zip(faces, weight, wall)])
    n, area = fluid.shape[0], fluid.shape[1] * h[1] * fluid.shape[2] * h[2]
    gradient, flux = (1.0, 1 / n) if wrapped else (1 / n, 1.0)
    inlet = None if wrapped else np.flatnonzero(faces[0].position[:, 0] == 0)
    return StaggeredGrid(
        replace(cells, dense=None),
        faces,
        weight,
        wall,
        diagonal,
        np.concatenate(face_cells),
        cell_faces,
        volume / h,
        volume,
        inlet,
        gradient,
        flux,
        flux / area / gradient,
        wrapped,
        None if within is None else np.concatenate(opened).astype(np.float32),
    )


@dataclass(frozen=True)
class _Steps:
    """Walls along the faces of voxels: what Walls of cut_faces are to those within."""

    cells: np.ndarray
    side: np.ndarray
    throat: float

    def faces(self, axis):
        return face_mask(self.cells, axis, bool(self.side[axis] == WRAP))

    def around(self, position, axis, conductance):
        hold = np.empty(len(position))
        kernels.staggered.wall_conductance(
            position, self.cells, axis, conductance, self.side, self.throat, hold
        )
        return hold, None


def _component(walls, index, axis, h, side, around):
    """Graph, link weights, wall conductances, open parts and cells of the velocities along one axis."""
    wrap = bool(side[axis] == WRAP)
    mask = walls.faces(axis)
    widths = [np.full(n, w) for n, w in zip(mask.shape, h)]
    g, conductance = voxel_graph(mask, widths, around), np.prod(h) / h**2
    wall, opened = walls.around(g.position, axis, conductance)
    weight = np.empty(0, np.float32)
    ended = axis == 0 and side[0] != WRAP
    if ended or not np.allclose(h, 1, rtol=1e-12):
        weight = np.empty(g.neighbour.size, np.float32)
        last = index.shape[0] if ended else -1
        kernels.staggered.face_links(g.indptr, g.face, g.position, axis, conductance, last, weight)
    return (
        replace(g, dense=None, face=None),
        weight,
        wall,
        opened,
        kernels.staggered.face_cells(g.position, index, axis, wrap),
    )


def face_mask(fluid, axis, wrap):
    """Mark the faces that carry a velocity along `axis`: those between two voxels of fluid, and their faces
    on the two end planes of axis 0. One more along `axis` than voxels, or as many around a ring."""
    if wrap:
        return fluid & np.roll(fluid, 1, axis)
    mask = np.zeros([n + (a == axis) for a, n in enumerate(fluid.shape)], bool)
    low, high, inner = ([slice(None)] * 3 for _ in range(3))
    low[axis], high[axis], inner[axis] = slice(None, -1), slice(1, None), slice(1, -1)
    mask[tuple(inner)] = fluid[tuple(low)] & fluid[tuple(high)]
    if axis == 0:
        mask[0], mask[-1] = fluid[0], fluid[-1]
    return mask


def _diagonal(g, weight, wall):
    out = np.empty(g.n)
    kernels.laplacian.row_sums(g.indptr, weight, wall, out)
    return out
