"""The half cell on voxels that the surface of the active material runs through.

Such a voxel holds a cell of the solid and one of the electrolyte, each with its share of the volume and
linked through the open parts of its faces, and between them a face that reacts: the piece of the surface in
it. Values are means of the cells, known at their middles, the depth of the part within the surface (see
`deposit`).
"""

from dataclasses import dataclass, replace

import numpy as np

from ..numerics.graph import Graph, cut_graph
from .cut_image import CutImage
from .deposit import Deposit
from .idle import idle_material
from .mesh import Faces, HalfCellMesh, layers_in_front, spheres_of
from .spheres import LithiumCells

BENT = 0.5  # curvature times depth beyond which it is not known
DEPOSITED = "to_ionic", "ionic_share", "to_solid", "solid_share", "stored"
MOST = 0.75  # of a face's current that goes into the neighbours of its voxel


def build_cut_mesh(grid, design):
    """Return the HalfCellMesh of a VoxelGrid with shares for a CellDesign; raises InputError where no cell
    exists."""
    image = CutImage.of(grid, design)
    lines, counter = layers_in_front(grid, design)
    front = _Front(len(lines), counter)
    widths = [np.full(n, h) for n, h in zip(grid.shape, grid.voxel_size)]
    widths[0] = np.concatenate([lines, widths[0]])
    ionic, electronic, resolved = (
        front.graph(medium, widths, *fronts)
        for medium, fronts in (
            (image.ionic, (True, True)),
            (image.electronic, (False, True)),
            (image.solid, (False, False)),
        )
    )
    spheres = spheres_of([], design, len(lines), counter, widths, grid.sample[0])
    cells = _Cells(ionic, LithiumCells(resolved, spheres), electronic)
    to_electronic = electronic.index[tuple(cells.lithium_position.T)]
    collector, first = electronic.index[-1][electronic.index[-1] >= 0], ionic.index[0].ravel()
    at_collector = tuple(electronic.position[collector, 1:].T)
    made = HalfCellMesh(
        ionic,
        electronic,
        cells.solid,
        to_electronic,
        *_coefficients(design, image, cells, front),
        *_lithium(design, image.active, cells, front),
        electronic.position[:, 0] >= front.layers,
        electronic.gather(front.values(image.additive, False, False)),
        _faces(grid, image, cells, front, to_electronic),
        first[:0] if counter else first,
        electronic.index[0].ravel() if counter else first[:0],
        collector,
        front.layers,
        grid.voxel_size,
        grid.shape,
        grid.section_area,
        _counts(grid, image, cells, front),
        collector_open=image.electronic.opening[0, -1][at_collector].astype(float),
        shown=(~image.labelled, image.labelled | image.additive, image.labelled),
    )
    return replace(made, idle=idle_material(grid, design, made, image.surface.inner.share))


@dataclass(frozen=True)
class _Front:
    """Layers in front of the image, the first `counter` of which are a counter slab."""

    layers: int
    counter: int

    def values(self, image, separator, slab):
        """Put layers of a value in front of those of the image [x, y, z]."""
        wide = np.concatenate([np.full((self.layers, *image.shape[1:]), separator, image.dtype), image])
        wide[: self.counter] = slab
        return wide

    def graph(self, medium, widths, separator, slab):
        """Return the graph of a Medium; separator, slab: whether it has cells in front of the image."""
        mask = self.values(medium.joined, separator, slab)
        share = self.values(medium.share.astype(float), 1.0, 1.0)
        return cut_graph(mask, widths, share, self.opening(medium.opening)).filled()

    def opening(self, opening):
        """Put open layers in front of the openings of an image."""
        _, nx, ny, nz = opening.shape
        wide = np.ones((3, self.layers + nx, ny, nz), opening.dtype)
        wide[:, self.layers :] = opening
        return wide


@dataclass(frozen=True)
class _Cells:
    """The cells of the electrolyte, of lithium and of electrons."""

    ionic: Graph
    solid: LithiumCells
    electronic: Graph

    @property
    def lithium_position(self):
        """Voxel of each cell of lithium, those of a counter slab's particles last."""
        at, solid = self.solid.position, self.solid
        if solid.spheres is None:
            return at
        return np.concatenate([at, np.repeat(solid.spheres.position, solid.shells, axis=0)])


def _coefficients(design, image, cells, front):
    """Porosity and transport efficiency of each ionic cell, conductivity of each electronic one (S m-1)."""
    separator, slab = design.separator, front.counter and design.counter_electrode.material
    eps = front.values(image.eps, separator.porosity, slab and slab.porosity)
    beta = front.values(image.beta, separator.transport_efficiency, slab and slab.transport_efficiency)
    sigma = front.values(image.sigma, 1.0, slab and slab.sigma)
    return cells.ionic.gather(eps), cells.ionic.gather(beta), cells.electronic.gather(sigma)


def _lithium(design, active, cells, front):
    """The materials that hold lithium, and which of them each cell is of, with its lithiation at the
    start."""
    in_slab, own = cells.lithium_position[:, 0] < front.counter, design.sto_at_start(active, None)
    if not front.counter:
        return (design.phases[active],), in_slab.astype(np.uint8), np.full(in_slab.size, float(own))
    slab = design.counter_electrode
    materials = design.phases[active], slab.material.active
    return materials, in_slab.astype(np.uint8), np.where(in_slab, slab.initial_sto, own)


# ---- faces -------------------------------------------------------------------------------------------------


def _faces(grid, image, cells, front, to_electronic):
    """Return the pieces of the surface that react: within voxels, on voxel faces, towards the separator,
    and those of a counter slab's particles."""
    parts = [_within(grid, image, cells, front)]
    parts += [_between(grid, image, cells, front, axis) for axis in range(3)]
    parts.append(_towards_separator(grid, image, cells, front))
    if cells.solid.spheres:
        parts.append(_of_particles(grid, cells, front))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["solid"], kind="stable")  # neighbours in memory as in space
    columns = {name: column[order] for name, column in columns.items()}
    deposit = Deposit(*(columns.pop(name) for name in DEPOSITED))
    return Faces(
        electronic=to_electronic[columns["solid"]], deposit=deposit.with_electronic(to_electronic), **columns
    )


def _plain(ionic, solid, area, half_solid, half_ionic, position):
    """Columns of faces whose current goes into the two cells beside them alone."""
    alone = np.zeros((len(solid), 7))
    alone[:, 0] = 1.0
    return {
        "ionic": ionic,
        "solid": solid,
        "area": area,
        "half_solid": half_solid,
        "half_ionic": half_ionic,
        "half_electronic": half_solid,
        "position": position,
        "share": np.ones(len(solid)),
        "bend": half_solid**2 / 2,
        "spacing": np.zeros(len(solid)),
        "to_ionic": np.repeat(ionic[:, None], 7, axis=1),
        "ionic_share": alone,
        "to_solid": np.repeat(solid[:, None], 7, axis=1),
        "solid_share": alone,
        "stored": np.zeros((len(solid), 7)),
    }


def _within(grid, image, cells, front):
    """Pieces in voxels that hold a cell of either kind."""
    surface = image.surface
    at = surface.position + [front.layers, 0, 0]
    ionic, solid = (graph.index[tuple(at.T)] for graph in (cells.ionic, cells.solid))
    both = (ionic >= 0) & (solid >= 0)
    at, ionic, solid = at[both], ionic[both], solid[both]
    area, bulge = surface.area[both], surface.curvature[both]
    inner, outer = _Reach.of(surface.inner, both, bulge), _Reach.of(surface.outer, both, -bulge)
    squares = np.square(surface.vector[both] / np.linalg.norm(surface.vector[both], axis=1, keepdims=True))
    edges = np.array(grid.voxel_size)
    centre = (surface.position[both] + 0.5) * edges
    found = _plain(ionic, solid, area, inner.half, outer.half, centre)
    found["spacing"] = np.sqrt(squares**2 @ edges**2)
    found["bend"] = (inner.square - found["spacing"] ** 2 / 12) / 2
    for kind, part in (("ionic", outer), ("solid", inner)):
        index, opening = getattr(cells, kind).index, front.opening(getattr(image, kind).opening)
        found[f"to_{kind}"], passed = _reached(grid, index, opening, at, front.layers)
        found[f"{kind}_share"] = _shared(passed * (part.beyond / area)[:, None])
    late = (inner.middle**2 + squares @ edges**2 / 12 - inner.square) / 2
    found["stored"] = _from_own(passed * late[:, None])
    return _reacting(found, image.reactive[tuple(surface.position[both].T)])


@dataclass(frozen=True)
class _Reach:
    """Of the part that pieces cut from their voxels: half, how far a flux goes to the mean of a field there,
    and beyond, from there to the middle of the voxel (m); square (m2) and middle (m) as of a Part."""

    half: np.ndarray
    beyond: np.ndarray
    square: np.ndarray
    middle: np.ndarray

    @classmethod
    def of(cls, part, left, curvature):
        """Return those of some pieces of a Part; a flux widens on its way where it bulges, or narrows."""
        depth, square, middle = part.depth[left], part.square[left], part.middle[left]
        bulge = np.clip(curvature, *(sign * BENT * depth / np.maximum(square, 1e-300) for sign in (-1, 1)))
        beyond = depth - middle + bulge * (square - middle**2) / 2
        return cls(depth + bulge * square / 2, np.maximum(beyond, 0), square, middle)


def _reacting(columns, share):
    """Columns of faces of which a share reacts."""
    return columns | {"area": columns["area"] * share, "share": columns["share"] * share}


def _reached(grid, index, opening, at, layers):
    """Return the seven cells of a kind that the current of pieces in voxels `at` goes to, their own first,
    and a A / h of the way to each (m)."""
    own = index[tuple(at.T)]
    cells, ways = np.repeat(own[:, None], 7, axis=1), np.zeros((len(at), 7))
    for axis, h in enumerate(grid.voxel_size):
        for side in (0, 1):
            face, beyond = at.copy(), at.copy()
            face[:, axis] += side
            beyond[:, axis] += 2 * side - 1
            inside = (beyond[:, axis] >= (layers if axis == 0 else 0)) & (beyond[:, axis] < index.shape[axis])
            cell = index[tuple(np.where(inside[:, None], beyond, at).T)]
            open_ = np.where(inside & (cell >= 0), opening[(axis, *face.T)], 0.0)
            column = 1 + 2 * axis + side
            ways[:, column] = open_ * grid.face_area(axis) / h
            cells[:, column] = np.where(open_ > 0, cell, own)
    return cells, ways


def _shared(share):
    """Shares of the seven cells that add up to one, their own the first; of the others at most MOST."""
    total = share.sum(axis=1)
    share = share * (np.minimum(total, MOST) / np.maximum(total, 1e-300))[:, None]
    share[:, 0] = 1 - share.sum(axis=1)
    return share


def _from_own(volume):
    """What the first of seven cells keeps for the others, which lack it."""
    stored = -volume
    stored[:, 0] = volume.sum(axis=1)
    return stored


def _between(grid, image, cells, front, axis):
    """Pieces on the voxel faces across an axis, between a voxel that is all solid and one that is all
    electrolyte."""
    surface = image.surface
    at, across = surface.position + [front.layers, 0, 0], surface.vector[:, axis]
    full = surface.inner.share[tuple(surface.position.T)] == 1
    beyond = at.copy()
    beyond[:, axis] += np.sign(across).astype(int)
    inside = (beyond >= 0).all(axis=1) & (beyond < cells.ionic.index.shape).all(axis=1)
    beyond = np.where(inside[:, None], beyond, at)
    ionic, solid = cells.ionic.index[tuple(beyond.T)], cells.solid.index[tuple(at.T)]
    on = full & inside & (across != 0) & (ionic >= 0) & (solid >= 0) & (beyond[:, 0] >= front.layers)
    size = surface.area[on] / np.abs(surface.vector[on]).sum(axis=1)
    half = np.full(np.count_nonzero(on), grid.voxel_size[axis] / 2)
    centre = surface.position[on] + 0.5
    centre[:, axis] += np.sign(across[on]) / 2
    area = np.abs(across[on]) * size
    found = _plain(ionic[on], solid[on], area, half, half, centre * np.array(grid.voxel_size))
    return _reacting(found, image.reactive[tuple((beyond[on] - [front.layers, 0, 0]).T)])


def _towards_separator(grid, image, cells, front):
    """Pieces on the front of the image, where solid lies bare against the separator."""
    open_ = image.solid.opening[0, 0, :-1, :-1]
    solid, ionic = cells.solid.index[front.layers], cells.ionic.index[front.layers - 1]
    y, z = np.nonzero((open_ > 0) & (solid >= 0))
    half = np.full(len(y), grid.voxel_size[0] / 2)
    return _plain(
        ionic[y, z],
        solid[y, z],
        open_[y, z] * grid.face_area(0),
        half,
        np.full(len(y), cells.ionic.widths[0][front.layers - 1] / 2),
        np.stack([np.zeros(len(y)), y + 0.5, z + 0.5], axis=1) * np.array(grid.voxel_size),
    )


def _of_particles(grid, cells, front):
    """The surface of each voxel's particles in a counter slab; its potentials and c_e hold there."""
    spheres = cells.solid.spheres
    none = np.zeros(len(spheres.volume))
    found = _plain(
        cells.ionic.index[tuple(spheres.position.T)],
        cells.solid.surface(),
        spheres.surface_area(),
        spheres.surface_half_width(),
        none,
        (spheres.position - [front.layers, 0, 0] + 0.5) * np.array(grid.voxel_size),
    )
    return found | {"half_electronic": none, "bend": none}


def _counts(grid, image, cells, front):
    """Cells of each sort on the image, and what no path joins; for the record."""
    wet, conducting = (
        int((graph.position[:, 0] >= front.layers).sum()) for graph in (cells.ionic, cells.electronic)
    )
    active = cells.solid.resolved.n
    return {
        "total": grid.voxels,
        "active": active,
        "electrolyte": wet,
        "electronic": conducting,
        "separator_cells": (front.layers - front.counter) * grid.shape[1] * grid.shape[2],
        "isolated_active": int(np.count_nonzero(image.solid.share)) - active,
        "isolated_electrolyte": int(np.count_nonzero(image.ionic.share)) - wet,
    }
