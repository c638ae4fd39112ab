"""Active material without a cell in the mesh: what takes no part from the start and keeps the lithium that it
starts with."""

from dataclasses import dataclass

import numpy as np

from ..base.constants import F
from ..materials import ActiveMaterial, PorousElectrode


@dataclass(frozen=True, eq=False)
class IdleMaterial:
    """Its voxels: position [n, 3] in the image, volume of active material (m3), capacity (C) and sto of each;
    empty, window: lithiation at 100 % of the window's charge and the window's width, with its sign; resolved:
    whether active material fills it, not particles of a homogenised electrode."""

    position: np.ndarray
    volume: np.ndarray
    capacity: np.ndarray
    sto: np.ndarray
    empty: np.ndarray
    window: np.ndarray
    resolved: np.ndarray

    @property
    def n(self):
        return len(self.volume)


NO_IDLE = IdleMaterial(np.zeros((0, 3), int), *np.zeros((5, 0)), np.zeros(0, bool))


def idle_material(grid, design, mesh, share=None):
    """Return the IdleMaterial of a VoxelGrid for a CellDesign: what its HalfCellMesh has no cell of.

    share: of each voxel that the one active phase holds within its surface, where that runs through voxels:
    the noise of grey levels that shares have in pores is none of it."""
    empty = ~mesh.solid.scatter(np.ones(mesh.solid.n), 0, bool)[mesh.lines :]
    columns = []
    for name in design.sort(ActiveMaterial, PorousElectrode):
        if name in grid.names:
            held = grid.mask(name) if share is None else share
            left = empty & (held > 0)
            columns.append(_columns(design, name, left, held[left] * grid.voxel_volume))
    found = [np.concatenate(column) for column in zip(*columns)]
    return IdleMaterial(*found) if found and len(found[0]) else NO_IDLE


def _columns(design, name, left, volume):
    """The fields of an IdleMaterial of one phase; left: its voxels; volume: of the phase in each (m3)."""
    material = design.phases[name]
    resolved = isinstance(material, ActiveMaterial)
    active = material if resolved else material.active
    volume = volume if resolved else volume * material.active_fraction
    same = np.ones(len(volume))
    return (
        np.argwhere(left),
        volume,
        F * active.c_s_max * volume,
        design.sto_at_start(name, left) * same,
        active.sto_100 * same,
        (active.sto_0 - active.sto_100) * same,
        np.full(len(volume), resolved),
    )
