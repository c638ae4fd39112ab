"""The half cell as cells, links and reactive faces: separator slab in front, the image behind, collector at its end.

Electrolyte lives in separator, pores and the pores of the CBD; electrons in active material and CBD; lithium in
active material. Parts that no path joins to the separator (ions) or the collector (electrons) take no part.
"""

from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..mesh.morphology import face_area_factors
from ..mesh.percolation import connected_to
from ..numerics.graph import Graph, voxel_graph
from .materials import ActiveMaterial, Conductor, Electrolyte, LithiumMetal


@dataclass(frozen=True)
class Separator:
    """Homogenised separator: thickness (m), porosity, transport efficiency beta."""

    thickness: float
    porosity: float
    transport_efficiency: float


@dataclass(frozen=True)
class CellDesign:
    """What the half cell is made of. `phases` maps the grid's phase names to their material set; pores to None."""

    phases: dict
    electrolyte: Electrolyte
    separator: Separator
    counter_electrode: LithiumMetal
    temperature: float = 298.15
    c_e_0: float = 1000.0
    initial_sto: float = 0.27
    area_correction: bool = True
    cbd_transport_efficiency: float | None = None
    pore_transport_efficiency: float = 1.0


@dataclass(frozen=True)
class Faces:
    """Reactive faces. ionic, solid, electronic: the cells on both sides; area (m2) as corrected; share: area over
    voxel-face area; half_solid, half_ionic: cell centre to face (m); position (n, 3): centre in the image (m)."""

    ionic: np.ndarray
    solid: np.ndarray
    electronic: np.ndarray
    area: np.ndarray
    share: np.ndarray
    half_solid: np.ndarray
    half_ionic: np.ndarray
    position: np.ndarray


@dataclass(frozen=True)
class HalfCellMesh:
    """Cells of the four fields and what links them.

    ionic, electronic, solid: graphs of the three sorts of cell; solid_to_electronic: index map;
    eps, beta: porosity and transport efficiency of the ionic cells; sigma: of the electronic cells;
    counter, counter_area: ionic cells at the lithium and their face areas; collector: electronic cells at the
    collector; lines: number of separator layers in front of the image.
    """

    ionic: Graph
    electronic: Graph
    solid: Graph
    solid_to_electronic: np.ndarray
    eps: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    faces: Faces
    counter: np.ndarray
    collector: np.ndarray
    lines: int
    voxel_size: tuple
    shape: tuple
    area: float
    counts: dict = field(default_factory=dict)

    def on_image(self, graph, values):
        """Return cell values of a graph as a dense array on the image grid; NaN elsewhere."""
        return graph.scatter(values)[self.lines:]


def separator_lines(thickness, voxel, growth=1.3, widest=8):
    """Return layer widths (m) of the separator, counter electrode first: graded, one voxel wide at the electrode.

    Lateral differences die out within a pore size, so layers may widen away from the electrode.
    """
    widths, width = [], voxel
    while sum(widths) + width < thickness:
        widths.append(width)
        width = min(width * growth, widest * voxel)
    widths = np.array(widths or [thickness])
    return (widths * thickness / widths.sum())[::-1]


def build_mesh(grid, design):
    """Return the HalfCellMesh of a VoxelGrid for a CellDesign; raises InputError where no half cell exists."""
    active, conductor = _phase_of(grid, design, ActiveMaterial), _phase_of(grid, design, Conductor)
    if active is None:
        raise InputError("expected a phase of active material, got none; name one under cell.materials")
    lines = separator_lines(design.separator.thickness, grid.voxel_size[0])
    beta_cbd = _cbd_efficiency(design, conductor)
    flooded = [name for name, material in design.phases.items()
               if material is None or (isinstance(material, Conductor) and beta_cbd > 0)]
    solids = [name for name in (active, conductor) if name]
    electrolyte = connected_to(grid.mask(*flooded), "separator") if flooded else np.zeros(grid.shape, bool)
    conducting = connected_to(grid.mask(*solids), "collector")
    _check_connected(grid, electrolyte, conducting, active, flooded)
    widths = [np.concatenate([lines, np.full(grid.shape[0], grid.voxel_size[0])]),
              np.full(grid.shape[1], grid.voxel_size[1]), np.full(grid.shape[2], grid.voxel_size[2])]
    ionic = voxel_graph(_behind(electrolyte, len(lines), True), widths)
    electronic = voxel_graph(_behind(conducting, len(lines), False), widths)
    solid = voxel_graph(_behind(conducting & grid.mask(active), len(lines), False), widths)
    eps, beta = _pore_structure(grid, design, conductor, beta_cbd, ionic, len(lines))
    sigma = np.full(electronic.n, design.phases[active].sigma)
    if conductor:
        sigma[electronic.gather(_behind(grid.mask(conductor), len(lines), False))] = design.phases[conductor].sigma
    area = grid.shape[1] * grid.shape[2] * grid.face_area("x")
    counts = {"total": grid.voxels, "active": solid.n, "electrolyte": int(electrolyte.sum()),
              "electronic": electronic.n, "separator_cells": ionic.n - int(electrolyte.sum()),
              "isolated_active": int(grid.mask(active).sum()) - solid.n,
              "isolated_electrolyte": int(grid.mask(*flooded).sum() - electrolyte.sum())}
    return HalfCellMesh(
        ionic, electronic, solid, electronic.index[tuple(solid.position.T)], eps, beta, sigma,
        _faces(grid, design, active, conductor, ionic, electronic, solid, len(lines)),
        ionic.index[0].ravel(), electronic.index[-1][electronic.index[-1] >= 0],
        len(lines), grid.voxel_size, grid.shape, area, counts)


def _phase_of(grid, design, sort):
    return next((name for name in grid.names if isinstance(design.phases.get(name), sort)), None)


def _cbd_efficiency(design, conductor):
    if conductor is None:
        return 0.0
    if design.cbd_transport_efficiency is not None:
        return design.cbd_transport_efficiency
    cbd = design.phases[conductor]
    return cbd.porosity ** cbd.bruggeman


def _behind(mask, layers, value):
    """Put `layers` separator layers of `value` in front of an image mask."""
    return np.concatenate([np.full((layers, *mask.shape[1:]), value), mask])


def _check_connected(grid, electrolyte, conducting, active, flooded):
    if not electrolyte.any():
        raise InputError(f"expected electrolyte ({', '.join(flooded) or 'no phase'}) to reach in from the separator "
                         "face, got none that does; check the phase labels and the direction of x")
    if not (conducting & grid.mask(active)).any():
        raise InputError(f"expected {active} joined to the collector face, got none that is; "
                         "check the phase labels and the direction of x")


def _pore_structure(grid, design, conductor, beta_cbd, ionic, layers):
    """Porosity and transport efficiency of each ionic cell."""
    eps = np.ones((layers + grid.shape[0], *grid.shape[1:]), np.float32)
    beta = np.full_like(eps, design.pore_transport_efficiency)
    if conductor:
        cbd = _behind(grid.mask(conductor), layers, False)
        eps[cbd], beta[cbd] = design.phases[conductor].porosity, beta_cbd
    eps[:layers], beta[:layers] = design.separator.porosity, design.separator.transport_efficiency
    return ionic.gather(eps).astype(float), ionic.gather(beta).astype(float)


def _faces(grid, design, active, conductor, ionic, electronic, solid, layers):
    """Find every face between active material and electrolyte, with its area as corrected."""
    factors = (face_area_factors(grid.mask(active), grid.voxel_size) if design.area_correction else None)
    cbd = _behind(grid.mask(conductor), layers, False) if conductor else None
    parts = []
    for axis in range(3):
        for side in (0, 1):  # which side the solid is on
            parts.append(_faces_along(axis, side, ionic, electronic, solid, grid, layers, factors, cbd,
                                      design.phases[conductor].reactive_share if conductor else 1.0))
    joined = [np.concatenate(column) for column in zip(*parts)]
    order = np.argsort(joined[1], kind="stable")  # neighbours in memory as in space
    return Faces(*(column[order] for column in joined))


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
    return (cell, solid.index[here][at], electronic.index[here][at], share * grid.face_area(axis), share,
            np.full(cell.size, grid.voxel_size[axis] / 2), ionic.widths[axis][ionic.position[cell, axis]] / 2,
            centre * np.array(grid.voxel_size))
