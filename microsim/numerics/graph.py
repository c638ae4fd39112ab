"""Graph of voxel cells: the cells of one or two layers, their links, and a colour for each cell.

A cell is linked to its face neighbours. Two layers (say of two kinds of carriers) can share voxels; they are
linked only where the caller says so. Numbering goes colour by colour (see kernels).
"""

from dataclasses import dataclass, replace

import numpy as np

from .backend import kernels
from .near import Near, in_one_array, packed


@dataclass(frozen=True)
class Places:
    """Where the cells of a voxel mask lie, as its bits: a cell takes six bytes otherwise."""

    bits: np.ndarray
    shape: tuple
    periodic: int
    n: int

    @classmethod
    def of(cls, position, shape, periodic):
        """Return those of cells at lines [n, 3], or the lines where cells are numbered otherwise."""
        mask = np.zeros(shape, bool)
        mask[tuple(np.asarray(position).T)] = True
        found = cls(np.packbits(mask), shape, periodic, len(position))
        return found if np.array_equal(np.asarray(found), position) else position

    def __len__(self):
        return self.n

    def __array__(self, dtype=None, copy=None):
        mask = np.unpackbits(self.bits, count=int(np.prod(self.shape))).view(bool).reshape(self.shape)
        lines, colours = line_colours(self.shape, self.periodic)
        position = kernels.graph.number_cells(mask, *lines, colours)[1]
        return position.astype(dtype or position.dtype, copy=False)


@dataclass(frozen=True)
class Graph:
    """Cells and links of a voxel mask.

    places: line of each cell along x, y, z (n, 3), or Places; widths: cell widths along each axis (m);
    ends: of the rows of links, None where each has six; links: where they lead, those of cell i
    neighbour[indptr[i]:indptr[i+1]], of a filled graph in rows or Near, too; face: of each, 0..5 for
    -x +x -y +y -z +z;
    bounds: first cell of each colour and the end; layer (n): 0 or 1; dense: map of the cells' numbers, -1
    outside, None where it is not kept;
    periodic: 0 not, 1 the sides y and z are joined to their opposites, 2 the ends of x too;
    open: open part of the face of each link, part: of each cell's box that it fills; None: all.
    """

    ends: np.ndarray | None
    links: np.ndarray | Near
    places: np.ndarray | Places
    layer: np.ndarray
    bounds: np.ndarray
    widths: tuple
    periodic: int = 0
    face: np.ndarray | None = None
    dense: np.ndarray | None = None
    open: np.ndarray | None = None
    part: np.ndarray | None = None

    @property
    def n(self):
        return len(self.places)

    @property
    def position(self):
        """Line of each cell along x, y, z, [n, 3]; made anew of Places."""
        return np.asarray(self.places)

    @property
    def indptr(self):
        """Where the links of each cell begin, and the end of the last."""
        return kernels.fixed.LINKS * np.arange(self.n + 1) if self.ends is None else self.ends

    @property
    def index(self):
        """Dense map of the cells' numbers, -1 outside."""
        return self.scatter(np.arange(self.n), -1, np.int32) if self.dense is None else self.dense

    @property
    def is_filled(self):
        """Whether every cell has six links, to itself where there is no neighbour."""
        if self.ends is None:
            return True
        most = kernels.fixed.LINKS
        filled = not _are_numbers(self.links) or self.links.size == most * self.n
        return filled and np.array_equal(self.ends, most * np.arange(self.n + 1))

    @property
    def neighbour(self):
        """The neighbour that each link leads to (int32); made anew of Near."""
        return self.links if _are_numbers(self.links) else np.asarray(self.links).ravel().view(np.int32)

    @property
    def near(self):
        """The six neighbours of each cell of a `filled` graph, [n, face]."""
        return self.neighbour.reshape(-1, kernels.fixed.LINKS).view(np.uint32)

    @property
    def nearby(self):
        """The same as kernels take them, in half of the memory where the graph is `lean`."""
        return self.near if _are_numbers(self.links) else self.links

    def in_numbers(self):
        """Return it with the number of the neighbour of each link, as what makes coarser graphs reads it."""
        return self if _are_numbers(self.links) else replace(self, links=self.neighbour)

    def filled(self):
        """Return it with six links a cell, one across each face: absent ones lead from a cell to itself and
        have no area."""
        most = kernels.fixed.LINKS
        neighbour = np.repeat(np.arange(self.n, dtype=self.neighbour.dtype), most)
        at = np.repeat(most * np.arange(self.n), np.diff(self.indptr)) + self.face
        neighbour[at], open_ = self.neighbour, self.open
        if open_ is not None:
            open_ = np.zeros(neighbour.size)
            open_[at] = self.open
        return replace(self, ends=None, links=neighbour, face=None, open=open_)

    @property
    def faces(self):
        """The face of each link; of those that a filled graph lacks their number."""
        if self.face is not None:
            return self.face
        most = kernels.fixed.LINKS
        there = self.near != np.arange(self.n, dtype=self.near.dtype)[:, None]
        return np.where(there, np.arange(most, dtype=np.uint8), np.uint8(most)).ravel()

    def gather(self, array):
        """Return the values of a dense [x, y, z] array in the cells."""
        return array[tuple(self.position.T)]

    def scatter(self, values, fill=np.nan, dtype=np.float32):
        """Return a dense [x, y, z] array of cell values; `fill` elsewhere."""
        dense = np.full(tuple(len(w) for w in self.widths), fill, dtype)
        dense[tuple(self.position.T)] = values
        return dense

    def half_conductances(self):
        """Return face area over half cell length of each link, on its own and on the other side (m)."""
        faces, neighbour, position = self.faces, self.neighbour, self.position
        own, other = np.zeros((2, neighbour.size))
        rows = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr))
        for axis in range(3):
            select = faces // 2 == axis
            here, there = position[rows[select]], position[neighbour[select]]
            area = self._areas(here, axis)
            own[select] = area / (self.widths[axis][here[:, axis]] / 2)
            other[select] = area / (self.widths[axis][there[:, axis]] / 2)
        return (own, other) if self.open is None else (own * self.open, other * self.open)

    @property
    def alike_along_x(self):
        """Whether all of a cell but its links follows from its line along x."""
        return self.open is None and all(np.ptp(w) == 0 for w in self.widths[1:])

    def line_halves(self):
        """Return face area over half cell length across each face (m), of each line of cells along x where
        they are alike, [line, 6]."""
        position = np.zeros((len(self.widths[0]), 3), np.int64)
        position[:, 0] = np.arange(len(position))
        sides = [
            self._areas(position, axis) / (self.widths[axis][position[:, axis]] / 2) for axis in range(3)
        ]
        return np.repeat(np.stack(sides, axis=1), 2, axis=1)

    def areas(self, slots):
        """Return the face areas of the given links (m2)."""
        rows, out = np.searchsorted(self.indptr, slots, side="right") - 1, np.empty(len(slots))
        faces = slots % kernels.fixed.LINKS if self.face is None else self.face[slots]
        position = self.position
        for axis in range(3):
            select = faces // 2 == axis
            out[select] = self._areas(position[rows[select]], axis)
        return out if self.open is None else out * self.open[slots]

    def _areas(self, position, axis):
        """Area of the faces across an axis of cells at `position` (m2)."""
        b, c = [a for a in range(3) if a != axis]
        return self.widths[b][position[:, b]] * self.widths[c][position[:, c]]

    def volumes(self):
        """Return the cell volumes (m3)."""
        x, y, z = (width[lines] for width, lines in zip(self.widths, self.position.T))
        return x * y * z if self.part is None else x * y * z * self.part


def _are_numbers(links):
    """Whether links are neighbours one after the other, not those of each cell in a row."""
    return not isinstance(links, Near) and links.ndim == 1


def lean(graphs):
    """Return filled graphs without their dense maps and places, which can be made again, their neighbours as
    Near that lie beside each other, and graphs that are the same as one."""
    kept = []
    for graph in graphs:
        same = next((one for one in kept if _are_same(one, graph)), None)
        places = Places.of(graph.places, tuple(map(len, graph.widths)), graph.periodic)
        kept.append(same or replace(graph, dense=None, places=places, links=packed(graph.near)))
    coded = {id(graph): graph for graph in kept if isinstance(graph.links, Near)}
    lying = zip(coded.values(), in_one_array([graph.links for graph in coded.values()]))
    coded.update({id(graph): replace(graph, links=links) for graph, links in lying})
    return [coded.get(id(graph), graph) for graph in kept]


def _are_same(one, other):
    """Whether two filled graphs of whole voxels have the same cells and links."""
    whole = one.open is None and other.open is None and one.n == other.n
    names = "position", "neighbour", "layer", "bounds"
    alike = whole and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)
    return alike and all(map(np.array_equal, one.widths, other.widths))


def held_once(values):
    """Return values of cells, or where all are alike a view that repeats the first of them."""
    alike = values.size and (values == values[0]).all()
    return np.broadcast_to(values[:1].copy(), values.shape) if alike else values


def line_colours(lengths, periodic):
    """Return a colour for each line of each axis such that neighbouring lines differ, and the number of
    colours.

    Two colours (0, 1, 0, ...) do, but around a ring of odd length a third is needed at its end.
    """
    lines = [np.arange(length, dtype=np.int64) % 2 for length in lengths]
    colours = 2
    for axis in ((), (1, 2), (0, 1, 2))[int(periodic)]:
        if lengths[axis] > 2 and lengths[axis] % 2:
            lines[axis][-1] = 2
            colours = 3
    return lines, colours


def contrast_layers(conductivity, contrast=30):
    """Return a layer for each cell: 1 where it conducts `contrast` times better than the poorest cell, else
    0.

    Coarse cells that mix conductors 4000 apart cost more than 80 multigrid iterations where separate ones
    cost 20.
    """
    return (conductivity > contrast * conductivity.min()).astype(np.uint8)


def voxel_graph(mask, widths, periodic=0):
    """Build the graph of the True voxels of `mask`; `widths` are the cell widths along each axis (m); see
    Graph."""
    lines, colours = line_colours(mask.shape, periodic)
    index, position, bounds = kernels.graph.number_cells(mask, *lines, colours)
    indptr, neighbour, face = kernels.graph.grid_links(index, position, int(periodic))
    return Graph(
        indptr,
        neighbour,
        position,
        np.zeros(len(position), np.uint8),
        bounds,
        tuple(np.asarray(w, float) for w in widths),
        int(periodic),
        face,
        index,
    )


def cut_graph(mask, widths, part, opening):
    """Build the graph of voxels that are filled in part, linked through the open parts of their faces.

    part: of each voxel [x, y, z]; opening: of the lower face of each voxel [axis, x, y, z], one longer
    along each axis, 0 where nothing passes.
    """
    graph = voxel_graph(mask, widths)
    rows, axis = np.repeat(np.arange(graph.n), np.diff(graph.indptr)), graph.face // 2
    at = graph.position[rows].astype(np.int64)
    at[np.arange(rows.size), axis] += graph.face % 2
    open_ = opening[(axis, *at.T)].astype(float)
    keep = open_ > 0
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[keep], minlength=graph.n))])
    part, left = graph.gather(part).astype(float), {"links": graph.links[keep], "face": graph.face[keep]}
    return replace(graph, ends=indptr, open=open_[keep], part=part, **left)
