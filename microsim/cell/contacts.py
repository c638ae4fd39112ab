"""Contacts through which electrons pass less well: between carbon-binder and active material, and of
particles that are set off.

    w = (1 - lost) / (1/w_0 + R / A)                  between carbon-binder and active material
    w = (1 - lost_i) (1 - lost_j) w_0                 where what is lost differs from voxel to voxel

What is lost differs by the map of a share, of the contact with carbon-binder, or by particle: then of all
that joins the particle to others, to carbon-binder and to the collector. A particle that has lost all of it
takes no part, as active material that no path joins to the collector.
"""

from dataclasses import dataclass, field

import numpy as np

ALL = 1.0
APART = 0.5  # share from which coarse cells keep apart what a contact joins


@dataclass(frozen=True, eq=False)
class LostContact:
    """Lost contacts, voxel by voxel of the image.

    share       lost, 0 to 1, of each voxel [x, y, z]; 0 outside active material
    group       number [x, y, z]; a contact is between voxels of two groups
    collector   whether the contact with the collector is lost too
    """

    share: np.ndarray = field(repr=False)
    group: np.ndarray = field(repr=False)
    collector: bool

    def of_cells(self, mesh):
        """Return share and group of each electronic cell of a HalfCellMesh, 0 and -1 before the image."""
        x, y, z = mesh.electronic.position.T
        inside = x >= mesh.lines
        at = x[inside] - mesh.lines, y[inside], z[inside]
        share, group = np.zeros(x.size), np.full(x.size, -1, np.int64)
        share[inside], group[inside] = self.share[at], self.group[at]
        return share, group


def set_off(design, mask):
    """Return a mask [x, y, z] without the voxels that have lost all contact."""
    lost = design.contact_lost
    return mask & (lost.share < ALL) if isinstance(lost, LostContact) else mask


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
    return 1 - lost.of_cells(mesh)[0][mesh.collector]


def contact_layers(mesh, design):
    """Return a number for each electronic cell, such that cells of different ones are joined by contacts."""
    lost = design.contact_lost
    if not isinstance(lost, LostContact):
        return mesh.additive
    return np.where(lost.of_cells(mesh)[0] > APART, 2, mesh.additive.astype(int))
