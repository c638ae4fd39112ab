"""The half cell as cells, links and reactive faces: separator slab in front, the image behind, collector at
its end.

Electrolyte lives in separator, pores and the pores of the CBD; electrons in active material and CBD; lithium
in active material. Parts that no path joins to the separator (ions) or the collector (electrons) take no
part.
"""

from dataclasses import dataclass, field, fields, replace

import numpy as np

from ..base.errors import InputError
from ..materials import ActiveMaterial, Conductor, PorousElectrode
from ..mesh.mask import over_the_rim
from ..mesh.morphology import face_area_factors
from ..mesh.percolation import connected_to
from ..numerics.backend import kernels
from ..numerics.graph import Graph, lean, voxel_graph
from ..numerics.listed import Listed
from .contacts import set_off
from .deposit import Deposit
from .design import CounterSlab
from .idle import NO_IDLE, IdleMaterial
from .spheres import LithiumCells, Spheres


@dataclass(frozen=True)
class Faces:
    """Reactive faces. ionic, solid, electronic: the cells on both sides; area (m2) as corrected; share: area
    over voxel-face area; half_solid, half_ionic, half_electronic: from where each field is known to the face
    (m), 0 where a homogenised electrode knows it at the face; position (n, 3): centre in the image (m);
    bend: half the square of the depth (m2) where lithium's profile bends within it; spacing: of the cells
    behind a cut voxel's (m), else 0; deposit: where their current goes, if to more than the cells beside."""

    ionic: np.ndarray
    solid: np.ndarray
    electronic: np.ndarray
    area: np.ndarray
    share: np.ndarray
    half_solid: np.ndarray
    half_ionic: np.ndarray
    half_electronic: np.ndarray
    position: np.ndarray
    bend: np.ndarray | None = None
    spacing: np.ndarray | None = None
    deposit: Deposit | None = None

    def part(self, left):
        """Return some of the faces, by a mask or by numbers."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return Faces(**{name: None if value is None else value[left] for name, value in own.items()})

    def add(self, kind, values, sign, out):
        """Add (sign 1) or take away (-1) what passes each face in the cells of a kind that it goes to."""
        if self.deposit is None:
            kernels.faces.add_to_cells(getattr(self, kind), values, sign, out)
        else:
            self.deposit.add(kind, values, sign, out)

    def summed(self, kind, values, n):
        """Return what passes the faces into each of n cells of a kind."""
        out = np.zeros(n)
        self.add(kind, values, 1, out)
        return out


@dataclass(frozen=True)
class HalfCellMesh:
    """Cells of the fields and what links them.

    ionic, electronic: graphs of cells; solid: LithiumCells; solid_to_electronic: index map;
    eps, beta: porosity and transport efficiency of the ionic cells; sigma: of the electronic cells;
    materials: active materials; material: which of them each lithium cell is of; initial_sto: of each;
    positive: which electronic cells belong to the electrode at the collector; additive: which are CBD;
    counter: ionic cells at a metal counter electrode; counter_collector: electronic cells at the counter
    slab's own collector; collector: electronic cells at the collector; lines: number of layers in front of
    the image; apart: which electronic cells have lost all contact since the start, None for none: they are at
    the collector's potential, for nothing flows in them; collector_open: open part of the collector's faces;
    shown: where voxels hold cells of several kinds, those of the image that the ionic, the electronic and the
    solid's are shown on, else None; idle: the active material that has no cell.
    """

    ionic: Graph
    electronic: Graph
    solid: LithiumCells
    solid_to_electronic: np.ndarray
    eps: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    materials: tuple
    material: np.ndarray
    initial_sto: np.ndarray
    positive: np.ndarray
    additive: np.ndarray
    faces: Faces
    counter: np.ndarray
    counter_collector: np.ndarray
    collector: np.ndarray
    lines: int
    voxel_size: tuple
    shape: tuple
    area: float
    counts: dict = field(default_factory=dict)
    apart: np.ndarray | None = None
    collector_open: np.ndarray | float = 1.0
    shown: tuple | None = None
    idle: IdleMaterial = NO_IDLE

    def on_image(self, graph, values, dtype=np.float32):
        """Return cell values of a graph as a dense array on the image grid; NaN elsewhere."""
        dense = graph.scatter(values, dtype=dtype)[self.lines :]
        for of, voxels in zip((self.ionic, self.electronic, self.solid), self.shown or ()):
            if of is graph:
                dense[~voxels] = np.nan
        return dense

    def lean(self):
        """Return it without what only making it needs, and numbers that are few as Listed."""
        ionic, electronic, resolved = lean([self.ionic, self.electronic, self.solid.resolved])
        few = {name: Listed.of(getattr(self, name)) for name in ("eps", "beta", "sigma", "initial_sto")}
        few["solid"] = LithiumCells(resolved, self.solid.spheres)
        return replace(self, ionic=ionic, electronic=electronic, **few)

    def weights_of_cells(self, values):
        """Return the weight of each lithium cell where the voxels of the image have weights [x, y, z]: of the
        mean over the voxels, sum(values * on_image(solid, sto)) = sum(weights * sto)."""
        front = np.zeros((self.lines, *self.shape[1:]))
        return self.solid.spread(np.concatenate([front, values]))


def separator_lines(thickness, voxel, growth=1.3, widest=8, fewest=30):
    """Return layer widths (m) of the separator, counter electrode first: graded, one voxel wide at the
    electrode.

    Lateral differences die out within a pore size, so layers may widen away from the electrode: to `widest`
    voxels, and where voxels are so small that these would be many, in the middle to a share 1 / `fewest` of
    the thickness.
    """
    widths, width = [], voxel
    while sum(widths) + width < thickness:
        widths.append(width)
        middle = min(
            thickness / fewest, (thickness - sum(widths)) / 4
        )  # narrower again towards the counter electrode
        width = min(width * growth, max(widest * voxel, middle))
    return (np.array(widths or [thickness]) * thickness / sum(widths or [thickness]))[::-1]


def build_mesh(grid, design):
    """Return the HalfCellMesh of a VoxelGrid for a CellDesign; raises InputError where no cell exists."""
    image = _Image.of(grid, design)
    lines, counter = layers_in_front(grid, design)
    nf = len(lines)
    widths = [np.full(n, h) for n, h in zip(grid.shape, grid.voxel_size)]
    widths[0] = np.concatenate([lines, widths[0]])
    ionic, electronic, resolved = _graphs(grid, image, nf, counter, widths)
    materials, code, sto = _materials(grid, design, nf, counter)
    resolved = _cut_between_materials(resolved, code).filled()
    spheres = spheres_of(image.particles(grid, design), design, nf, counter, widths, grid.sample[0])
    solid = LithiumCells(resolved, spheres)
    at = solid.position
    if spheres:
        at = np.concatenate([at, np.repeat(spheres.position, solid.shells, axis=0)])
    faces = _faces(grid, design, image, ionic, electronic, solid, nf)
    return HalfCellMesh(
        ionic,
        electronic,
        solid,
        electronic.index[tuple(at.T)],
        *_coefficients(grid, design, image, ionic, electronic, nf, counter),
        materials,
        code[tuple(at.T)],
        sto[tuple(at.T)],
        electronic.position[:, 0] >= nf,
        electronic.gather(_behind(grid.mask(*filter(None, [image.conductor])), nf, False)),
        faces,
        *_ends(ionic, electronic, counter),
        nf,
        grid.voxel_size,
        grid.shape,
        grid.section_area,
        _counts(grid, image, electronic, solid, nf, nf - counter),
    )


def _ends(ionic, electronic, counter):
    """Cells at a metal counter electrode, at a counter slab's collector, and at the electrode's."""
    layers = ionic.index[0], electronic.index[0], electronic.index[-1]
    first, outer, last = (layer[layer >= 0] for layer in layers)
    return (first[:0], outer, last) if counter else (first, outer[:0], last)


def _graphs(grid, image, nf, counter, widths):
    """The graphs of the electrolyte, of what conducts electrons, and of the resolved active material."""
    conducting = _behind(image.conducting, nf, False)
    conducting[:counter] = grid.sample[0]
    active = np.zeros_like(conducting)
    if image.actives:
        active = _behind(image.conducting & grid.mask(*image.actives), nf, False)
    electrolyte = _behind(image.electrolyte, nf, grid.sample[0])
    ionic, electronic, resolved = (voxel_graph(mask, widths) for mask in (electrolyte, conducting, active))
    return ionic.filled(), electronic.filled(), resolved


def _counts(grid, image, electronic, solid, front, separator_layers):
    """Cells of each sort on the image, and what no path joins; for the record."""
    porous = 0 if solid.spheres is None else int((solid.spheres.position[:, 0] >= front).sum())
    return {
        "total": grid.voxels,
        "active": solid.resolved.n + porous,
        "electrolyte": int(image.electrolyte.sum()),
        "electronic": int((electronic.position[:, 0] >= front).sum()),
        "separator_cells": separator_layers * int(grid.sample[0].sum()),
        "isolated_active": int(
            np.count_nonzero(grid.mask(*image.actives, *image.porous) & ~image.conducting)
        ),
        "isolated_electrolyte": image.isolated_electrolyte(grid),
    }


def layers_in_front(grid, design):
    """Return the layer widths in front of the image (m) and how many of them are a counter slab."""
    lines = separator_lines(design.separator.thickness, grid.voxel_size[0])
    if not isinstance(design.counter_electrode, CounterSlab):
        return lines, 0
    slab = design.counter_electrode
    return np.concatenate([np.full(slab.layers, slab.thickness / slab.layers), lines]), slab.layers


@dataclass(frozen=True)
class _Image:
    """What the image holds: its active, conducting and porous phases, and what is connected."""

    actives: list
    conductor: str | None
    porous: list
    flooded: list
    electrolyte: np.ndarray
    conducting: np.ndarray

    @classmethod
    def of(cls, grid, design):
        present = [name for name in grid.names if name in design.phases]
        actives, conductors, porous = (
            [n for n in design.sort(sort) if n in present]
            for sort in (ActiveMaterial, Conductor, PorousElectrode)
        )
        if not actives and not porous:
            raise InputError("expected a phase of active material, got none; name one under cell.materials")
        if len(conductors) > 1:
            raise InputError(
                f"expected one conductive additive, got {', '.join(conductors)}; give one phase that material"
            )
        conductor = conductors[0] if conductors else None
        beta_cbd = design.cbd_efficiency(conductor)
        flooded = [
            n for n in present if design.phases[n] is None or n in porous or (n == conductor and beta_cbd > 0)
        ]
        solids = [*actives, *conductors, *porous]
        electrolyte = (
            connected_to(grid.mask(*flooded), "separator") if flooded else np.zeros(grid.shape, bool)
        )
        conducting = connected_to(set_off(design, grid.mask(*solids)), "collector")
        _check_connected(grid, electrolyte, conducting, [*actives, *porous], flooded)
        return cls(actives, conductor, porous, flooded, electrolyte, conducting)

    def particles(self, grid, design):
        """Voxels of each porous phase with electrolyte and a way to the collector, and its material."""
        joined = self.electrolyte & self.conducting
        return [(grid.mask(name) & joined, design.phases[name]) for name in self.porous]

    def isolated_electrolyte(self, grid):
        return int(grid.mask(*self.flooded).sum() - self.electrolyte.sum())


def _materials(grid, design, layers, counter):
    """Active materials, and dense maps of which of them, and of the initial lithiation, in front of and on
    the image."""
    materials, code = [], np.zeros((layers + grid.shape[0], *grid.shape[1:]), np.uint8)
    sto = np.zeros(code.shape)
    for name in design.sort(ActiveMaterial, PorousElectrode):
        material = design.phases[name]
        active = material.active if isinstance(material, PorousElectrode) else material
        if active not in materials:
            materials.append(active)
        mask = grid.mask(name) if name in grid.names else np.zeros(grid.shape, bool)
        at = _behind(mask, layers, False)
        code[at] = materials.index(active)
        sto[at] = design.sto_at_start(name, mask)
    if counter:
        materials.append(design.counter_electrode.material.active)
        code[:counter], sto[:counter] = len(materials) - 1, design.counter_electrode.initial_sto
    return tuple(materials), code, sto


def _cut_between_materials(graph, code):
    """Remove the links between cells of different active materials: lithium does not pass from one into
    another."""
    of = graph.gather(code)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    keep = of[rows] == of[graph.neighbour]
    if keep.all():
        return graph
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[keep], minlength=graph.n))])
    return replace(graph, ends=indptr, links=graph.neighbour[keep], face=graph.face[keep])


def spheres_of(porous, design, layers, counter, widths, section):
    """Return the Spheres of porous electrodes and of a counter slab, or None.

    porous: (voxels [x, y, z] with electrolyte and a way to the collector, material) of each; layers in
    front of the image, the first `counter` of which are the slab, over a section [y, z].
    """
    where = [(np.argwhere(mask) + [layers, 0, 0], material) for mask, material in porous]
    if counter:
        slab = np.broadcast_to(section, (counter, *section.shape))
        where.append((np.argwhere(slab), design.counter_electrode.material))
    if not where:
        return None
    position = np.concatenate([at for at, _ in where])
    volume = np.prod([w[position[:, axis]] for axis, w in enumerate(widths)], axis=0)
    share, radius = (
        np.concatenate([np.full(len(at), value(m)) for at, m in where])
        for value in (lambda m: m.active_fraction, lambda m: m.radius)
    )
    return Spheres(position, volume * share, radius, design.shells)


def _behind(mask, layers, value):
    """Put `layers` separator layers of `value`, one or one a column, in front of an image mask."""
    return np.concatenate([np.broadcast_to(value, (layers, *mask.shape[1:])), mask])


def _check_connected(grid, electrolyte, conducting, active, flooded):
    if not electrolyte.any():
        raise InputError(
            f"expected electrolyte ({', '.join(flooded) or 'no phase'}) to reach in from the separator "
            "face, got none that does; check the phase labels and the direction of x"
        )
    if not (conducting & grid.mask(*active)).any():
        raise InputError(
            f"expected {' or '.join(active)} joined to the collector face, got none that is; "
            "check the phase labels and the direction of x"
        )


def check_reactive(mesh):
    """Refuse a mesh whose electrode has no face that reacts. Raises InputError."""
    if not mesh.faces.area[mesh.positive[mesh.faces.electronic]].sum() > 0:
        raise InputError(
            "expected active material that is joined to the collector to touch electrolyte that is joined to"
            " the separator, got no reactive face: a gap between them, or additive that covers all of it"
            " (cell.cbd.reactive_share); check the phase labels and the direction of x"
        )


def _coefficients(grid, design, image, ionic, electronic, layers, counter):
    """Porosity and transport efficiency of each ionic cell, conductivity of each electronic one (S m-1)."""
    shape = (layers + grid.shape[0], *grid.shape[1:])
    eps, beta, sigma = (
        np.ones(shape, np.float32),
        np.full(shape, design.pore_transport_efficiency, np.float32),
        np.ones(shape),
    )
    for name in [*image.actives, *image.porous, *filter(None, [image.conductor])]:
        at, material = _behind(grid.mask(name), layers, False), design.phases[name]
        sigma[at] = material.sigma
        if name not in image.actives:
            eps[at] = material.porosity
            beta[at] = material.transport_efficiency if name in image.porous else design.cbd_efficiency(name)
    eps[:layers], beta[:layers] = design.separator.porosity, design.separator.transport_efficiency
    if counter:
        slab = design.counter_electrode.material
        eps[:counter], beta[:counter], sigma[:counter] = slab.porosity, slab.transport_efficiency, slab.sigma
    return ionic.gather(eps), ionic.gather(beta), electronic.gather(sigma)


def _faces(grid, design, image, ionic, electronic, solid, layers):
    """Find the faces between active material and electrolyte that have an area, as corrected; particles have
    one each."""
    parts, cbd, reactive_share = [], None, 1.0
    if image.conductor:
        cbd = _behind(grid.mask(image.conductor), layers, False)
        reactive_share = design.phases[image.conductor].reactive_share
    if image.actives:
        whole = over_the_rim(grid.mask(*image.actives), grid.sample)
        factors = face_area_factors(whole, grid.voxel_size) if design.area_correction else None
        parts = [
            _faces_along(axis, side, ionic, electronic, solid, grid, layers, factors, cbd, reactive_share)
            for axis in range(3)
            for side in (0, 1)
        ]  # side: which the solid is on
    if solid.spheres:
        parts.append(_particle_faces(ionic, electronic, solid, grid, layers))
    joined = [np.concatenate(column) for column in zip(*parts)]
    order = np.argsort(joined[1], kind="stable")  # neighbours in memory as in space
    order = order[joined[3][order] > 0]
    return Faces(*(column[order] for column in joined))


def _particle_faces(ionic, electronic, solid, grid, layers):
    """The surface of each voxel's particles; potentials and c_e of the voxel hold at it."""
    spheres = solid.spheres
    at, none = tuple(spheres.position.T), np.zeros(len(spheres.volume))
    centre = (spheres.position - [layers, 0, 0] + 0.5) * np.array(grid.voxel_size)
    return (
        ionic.index[at],
        solid.surface(),
        electronic.index[at],
        spheres.surface_area(),
        none + 1,
        spheres.surface_half_width(),
        none,
        none,
        centre,
    )


def _faces_along(axis, side, ionic, electronic, solid, grid, layers, factors, cbd, reactive_share):
    low = (slice(None),) * axis + (slice(None, -1),)
    high = (slice(None),) * axis + (slice(1, None),)
    here, there = (low, high) if side == 0 else (high, low)
    at = np.nonzero((solid.index[here] >= 0) & (ionic.index[there] >= 0))
    share = np.ones(at[0].size)
    centre = np.stack(at, axis=1) + 0.5
    centre[:, axis] += 0.5
    centre[:, 0] -= layers
    # a face on the image's own front, towards the separator, has no neighbour inside the image: it is flat
    inside = at[0] >= layers
    if factors is not None:
        inner = (at[0][inside] - layers, at[1][inside], at[2][inside])
        share[inside] = factors[axis][inner]
    if cbd is not None:
        share[cbd[there][at]] *= reactive_share
    cell = ionic.index[there][at]
    half_solid = np.full(cell.size, grid.voxel_size[axis] / 2)
    return (
        cell,
        solid.index[here][at],
        electronic.index[here][at],
        share * grid.face_area(axis),
        share,
        half_solid,
        ionic.widths[axis][ionic.position[cell, axis]] / 2,
        half_solid,
        centre * np.array(grid.voxel_size),
    )
