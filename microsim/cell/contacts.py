"""Contacts through which electrons pass less well: between carbon-binder and active material, and of
particles that are set off.

    w = (1 - lost) / (1/w_0 + R / A)                  between carbon-binder and active material
    w = (1 - lost_i) (1 - lost_j) w_0                 where what is lost differs from voxel to voxel

What is lost differs by the map of a share, of the contact with carbon-binder, or by particle: then of all
that joins the particle to others, to carbon-binder and to the collector. A particle that has lost all of it
takes no part, as active material that no path joins to the collector.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ..numerics.links import Links
from .spheres import LithiumCells, joined_cells

ALL = 1.0
APART = 0.5  # share from which coarse cells keep apart what a contact joins


@dataclass(frozen=True, eq=False)
class LostContact:
    """Lost contacts, voxel by voxel of the image.

    share       lost, 0 to 1, of each voxel [x, y, z], or of each group; 0 outside active material
    group       number [x, y, z]; a contact is between voxels of two groups
    collector   whether the contact with the collector is lost too
    """

    share: np.ndarray = field(repr=False)
    group: np.ndarray = field(repr=False)
    collector: bool

    @property
    def of_voxels(self):
        """Share that each voxel has lost, [x, y, z]."""
        return self.share if self.share.ndim == 3 else self.share[self.group]

    def of_cells(self, mesh):
        """Return share and group of each electronic cell of a HalfCellMesh, 0 and -1 before the image."""
        x, y, z = mesh.electronic.position.T
        inside = x >= mesh.lines
        at = x[inside] - mesh.lines, y[inside], z[inside]
        share, group = np.zeros(x.size), np.full(x.size, -1, np.int64)
        share[inside], group[inside] = self.of_voxels[at], self.group[at]
        return share, group


def set_off(design, mask):
    """Return a mask [x, y, z] without the voxels that have lost all contact."""
    lost = design.contact_lost
    return mask & (lost.of_voxels < ALL) if isinstance(lost, LostContact) else mask


def has_contacts(design):
    """Whether a CellDesign has contacts that resist or are lost."""
    return bool(design.contact_resistance or design.contact_lost)


def with_contacts(made, mesh, design):
    """Return the Conductances between electronic cells of a HalfCellMesh with a CellDesign's contacts."""
    lost = design.contact_lost
    if not isinstance(lost, LostContact):
        return made.resisted(mesh.additive, design.contact_resistance, lost) if has_contacts(design) else made
    if design.contact_resistance:
        made = made.resisted(mesh.additive, design.contact_resistance, 0.0)
    share, group = lost.of_cells(mesh)
    return made.lessened(group, 1 - share)


def kept_at_collector(mesh, design):
    """Return the share of its contact with the collector that each electronic cell there has kept."""
    lost = design.contact_lost
    if not isinstance(lost, LostContact) or not lost.collector:
        return 1.0
    kept = 1 - lost.of_cells(mesh)[0][mesh.collector]
    return kept if mesh.apart is None else np.where(mesh.apart[mesh.collector], 1.0, kept)


def contact_layers(mesh, design):
    """Return a number for each electronic cell, such that cells of different ones are joined by contacts."""
    lost = design.contact_lost
    if not isinstance(lost, LostContact):
        return mesh.additive
    return np.where(lost.of_cells(mesh)[0] > APART, 2, mesh.additive.astype(int))


# ---- contact that is lost on the way -----------------------------------------------------------------------


def after_loss(cell, lost):
    """Return the HalfCell that a whole one becomes as contact is lost, on the same cells, and which of its
    faces are left.

    What no path joins to the collector any more has no face that reacts, and no lithium passes between its
    particles and others: each keeps its own. lost: a share of the contacts with carbon-binder, or
    LostContact.
    """
    mesh, design = cell.mesh, replace(cell.design, contact_lost=lost)
    apart = _cells_apart(mesh, design)
    left = ~apart[mesh.faces.electronic]
    faces = mesh.faces.part(left)
    if apart.any():
        collector = np.concatenate([mesh.collector, np.setdiff1d(np.flatnonzero(apart), mesh.collector)])
        solid = _cut_off(mesh, lost, apart)
        mesh = replace(mesh, solid=solid, collector=collector, apart=apart)
    return replace(cell, mesh=replace(mesh, faces=faces), design=design, R_film=cell.R_film[left]), left


def _cells_apart(mesh, design):
    """Which electronic cells of the electrode no path joins to the collector."""
    links = with_contacts(Links.of(mesh.electronic).conducting(mesh.sigma), mesh, design)
    part = joined_cells(mesh.electronic, links.weight > 0)
    held = mesh.collector[np.broadcast_to(kept_at_collector(mesh, design), mesh.collector.shape) > 0]
    return mesh.positive & ~np.isin(part, part[held])


def _cut_off(mesh, lost, apart):
    """The LithiumCells without links between a particle that is apart and others."""
    graph, group = mesh.solid.resolved, lost.of_cells(mesh)[1]
    cells = mesh.solid_to_electronic[: graph.n]
    apart, group, near = apart[cells], group[cells], graph.near
    cut = (apart[:, None] | apart[near]) & (group[:, None] != group[near])
    itself = np.broadcast_to(np.arange(graph.n, dtype=near.dtype)[:, None], near.shape)
    neighbour = np.where(cut, itself, near).ravel().view(np.int32)
    return LithiumCells(replace(graph, links=neighbour), mesh.solid.spheres)
