"""Where the current of a reactive face goes, where the surface runs through voxels."""

from dataclasses import dataclass, fields, replace

import numpy as np

from ..numerics.backend import kernels


@dataclass(frozen=True)
class Deposit:
    """Cells that the current of each face goes to, and its share in each, [face, 7]: the cell in whose
    voxel the face lies, and its six neighbours.

    The mean of a part of a voxel is known at the middle of the part, d within the surface, which differs by
    e from the middle of the voxel, where links end. What flows through the link to a neighbour, open by a
    over its length h, is therefore

        a D (u_i - u_n) / h + a e j / h

    of which the second part is a share a e / (A h) of the current A j of the face itself. Lithium's profile
    bends with ds/dt of the part, too: stored (m3) [face, 7] is what of its own cell's ds/dt counts in each
    of `solid`, beside the volume of the cell, nothing in all.
    """

    ionic: np.ndarray
    ionic_share: np.ndarray
    solid: np.ndarray
    solid_share: np.ndarray
    stored: np.ndarray
    electronic: np.ndarray | None = None

    def with_electronic(self, of_solid):
        """Return it with the electronic cells in the same voxels; of_solid: index map from the solid's."""
        return replace(self, electronic=of_solid[self.solid])

    def __getitem__(self, left):
        return Deposit(*(getattr(self, f.name)[left] for f in fields(self)))

    def add(self, kind, values, sign, out):
        """Add (sign 1) or take away (-1) what passes each face in the cells of a kind."""
        cells, share = getattr(self, kind), self.ionic_share if kind == "ionic" else self.solid_share
        kernels.faces.add_to_cells(cells.ravel(), (values[:, None] * share).ravel(), sign, out)


def add_stored(faces, values, out):
    """Add, in the cells that hold lithium, what their profiles' bends store elsewhere than where it is.

    faces: Faces; values: how fast a m3 of each cell that holds lithium fills (A m-3), complex at a frequency.
    """
    deposit = faces.deposit
    if deposit is not None:
        own = values[faces.solid][:, None] * deposit.stored
        kernels.faces.add_to_cells(deposit.solid.ravel(), own.astype(values.dtype).ravel(), 1, out)


def own_stored(faces, n):
    """Return what `add_stored` keeps in each of n cells of its own (m3)."""
    return (
        np.bincount(faces.solid, faces.deposit.stored[:, 0], n) if faces.deposit is not None else np.zeros(n)
    )
