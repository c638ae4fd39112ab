"""Cells and faces of the plain half cell: where each balance stands, and between which cells it exchanges."""

from dataclasses import dataclass

import numpy as np

from ..base.packages import need
from ..mesh.export import fipy_values, from_fipy
from ..mesh.morphology import face_area_factors
from ..mesh.percolation import connected_to

UM = 1e-6  # m


class Places:
    """FiPy's mesh, which of its cells each field has (bool), and coefficients that never change; all in
    FiPy's order."""

    def __init__(self, grid, design, layers):
        fipy = need("fipy", "the half cell on FiPy")

        self.grid, self.front, self.depth = grid, len(layers), float(np.sum(layers))
        widths = np.concatenate([layers, np.full(grid.shape[0], grid.voxel_size[0])]) / UM
        self.shape = (len(widths), *grid.shape[1:])
        nx, ny, nz = self.shape
        self.mesh = fipy.Grid3D(
            dx=widths, dy=grid.voxel_size[1] / UM, dz=grid.voxel_size[2] / UM, nx=nx, ny=ny, nz=nz
        )
        self.volume = np.array(self.mesh.cellVolumes)
        active, cbd, pore = (self._mask(grid, design, kind) for kind in ("active", "conductor", "pore"))
        material, conductor = (only(grid, design, kind) for kind in ("active", "conductor"))
        beta_cbd = cbd_efficiency(design, conductor)
        conducting = connected_to(active | cbd, "collector")
        soaked = connected_to(pore | cbd if beta_cbd > 0 else pore, "separator")
        separator = design.separator
        self.active_mask, self.material, self.cbd = active, material, self.cells(cbd, False)
        self.contact = design.contact_resistance, design.contact_lost
        self.reactive_share = np.where(
            self.cells(cbd, False), conductor.reactive_share if conductor else 1.0, 1.0
        )
        self.phi_s = self.cells(conducting, False)
        self.sto = self.cells(conducting & active, False)
        self.phi_e = self.c_e = self.cells(soaked, True)
        sigma = np.where(active, material.sigma, conductor.sigma if conductor else 0.0)
        self.sigma = self.cells(np.where(conducting, sigma, 0.0), 0.0)
        self.eps = self.cells(
            np.where(cbd, conductor.porosity if conductor else 1.0, 1.0), separator.porosity
        )
        beta = np.where(cbd, beta_cbd, design.pore_transport_efficiency)
        self.beta = self.cells(np.where(soaked, beta, 0.0), separator.transport_efficiency)

    @staticmethod
    def _mask(grid, design, kind):
        names = [n for n in grid.names if getattr(design.phases[n], "kind", "pore") == kind]
        return grid.mask(*names) if names else np.zeros(grid.shape, bool)

    def cells(self, on_image, in_separator):
        """Put the separator's value in front of an array of the image, in FiPy's order."""
        front = np.full((self.front, *self.grid.shape[1:]), in_separator)
        return fipy_values(np.concatenate([front, on_image]))

    def with_contact(self, sigma):
        """Put the contact between active material and CBD into the conductivity of the faces: d / (d / sigma
        + R)."""
        (resistance, lost), pair = self.contact, np.array(self.mesh.faceCellIDs)
        middle, at = (
            np.array(self.mesh.cellCenters.value),
            np.flatnonzero(np.array(self.mesh.interiorFaces.value)),
        )
        at = at[(self.cbd[pair[0, at]] != self.cbd[pair[1, at]]) & (sigma[at] > 0)]
        distance = np.abs(middle[:, pair[1, at]] - middle[:, pair[0, at]]).sum(axis=0)
        sigma[at] = (1 - lost) * distance / (distance / sigma[at] + resistance)
        return sigma

    def image(self, values, mask):
        """Bring cell values back to the image, NaN outside the mask."""
        return from_fipy(np.where(mask, values, np.nan), self.shape)[self.front :]


@dataclass(frozen=True)
class Faces:
    """Reactive faces: the cells on both sides, true area (um2), its share of the voxel face, half widths of
    the cells (um), R_film (ohm m2)."""

    solid: np.ndarray
    ionic: np.ndarray
    area: np.ndarray
    share: np.ndarray
    half_solid: np.ndarray
    half_ionic: np.ndarray
    R_film: np.ndarray


def find_faces(places, area_correction, R_film):
    """Return the Faces between active material and electrolyte, of all faces of FiPy's mesh."""
    mesh = places.mesh
    inner = np.flatnonzero(np.array(mesh.interiorFaces.value))
    pair = np.array(mesh.faceCellIDs)[:, inner]
    centre, middle = np.array(mesh.faceCenters.value)[:, inner], np.array(mesh.cellCenters.value)
    turned = places.sto[pair[1]] & places.phi_e[pair[0]]
    solid, ionic = np.where(turned, pair[::-1], pair)
    at = np.flatnonzero(places.sto[solid] & places.phi_e[ionic])
    solid, ionic, centre = solid[at], ionic[at], centre[:, at]
    half_solid, half_ionic = (np.abs(centre - middle[:, cell]).sum(axis=0) for cell in (solid, ionic))
    axis = np.abs(centre - middle[:, solid]).argmax(axis=0)
    share = places.reactive_share[ionic]
    if area_correction:
        share = share * _smooth_share(places, np.minimum(solid, ionic), axis)
    position = centre.T * UM - [places.depth, 0, 0]
    film = R_film(position) if callable(R_film) else np.full(at.size, float(R_film))
    return Faces(
        solid, ionic, share * places.volume[solid] / (2 * half_solid), share, half_solid, half_ionic, film
    )


def _smooth_share(places, lower, axis):
    """Area correction of the faces above the cells `lower`; the image's front, towards the separator, is
    flat."""
    factors = face_area_factors(places.active_mask, places.grid.voxel_size)
    at = np.array(np.unravel_index(lower, places.shape, order="F")) - [[places.front], [0], [0]]
    share = np.ones(lower.size)
    for a in range(3):
        mine = (axis == a) & (at[0] >= 0)
        share[mine] = factors[a][tuple(at[:, mine])]
    return share


def only(grid, design, kind):
    """The material of a kind in the image, or None."""
    found = [design.phases[n] for n in grid.names if getattr(design.phases[n], "kind", "pore") == kind]
    return found[0] if found else None


def cbd_efficiency(design, conductor):
    if conductor is None or design.cbd_transport_efficiency is not None:
        return 0.0 if conductor is None else design.cbd_transport_efficiency
    return conductor.porosity**conductor.bruggeman
