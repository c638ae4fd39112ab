"""What the voxels of an image hold where the surface of the active material runs through them.

A part of a voxel is active material, as its share says; the rest is what its label says, or in a voxel
labelled as active material what the nearest other one holds: pore, or carbon-binder. Electrolyte passes a
face where both rests hold it, through what the active material leaves open; electrons pass all of a face
where either side is active material and carbon-binder alone, and else the part that active material has on
both.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from ..materials import ActiveMaterial, Conductor
from ..mesh.cut_surface import CutSurface, cut_surface
from ..mesh.shares import share_of
from ..numerics.backend import kernels
from .contacts import has_contacts


@dataclass(frozen=True)
class Medium:
    """Where something is: joined, whether a path leads from a voxel [x, y, z] to the separator or the
    collector; share of each voxel; opening: open part of the lower face of each [axis, x, y, z]."""

    joined: np.ndarray
    share: np.ndarray
    opening: np.ndarray


@dataclass(frozen=True)
class CutImage:
    """The voxels of an image. surface of the active material, whose name is active; ionic, electronic,
    solid: Medium of electrolyte, of what conducts electrons, and of active material; of each voxel [x, y,
    z] eps and beta of the electrolyte, sigma (S m-1), and reactive, the share of the surface in it that
    reacts; labelled,
    additive: which voxels are labelled as active material, and as carbon-binder."""

    active: str
    surface: CutSurface
    ionic: Medium
    electronic: Medium
    solid: Medium
    eps: np.ndarray
    beta: np.ndarray
    sigma: np.ndarray
    reactive: np.ndarray
    labelled: np.ndarray
    additive: np.ndarray

    @classmethod
    def of(cls, grid, design):
        """Return that of a VoxelGrid with shares; raises InputError for what is not known within voxels."""
        active, conductor = _phases(grid, design)
        surface = cut_surface(share_of(grid, [active]), grid.voxel_size)
        rest, labelled = _rest(grid, active), grid.mask(active)
        of_rest = _Table(grid, design, conductor)
        full, bound = surface.inner.share == 1, of_rest.binder[rest]
        ionic = _ionic(surface, of_rest.wet[rest])
        electronic = _electronic(surface, full | bound, bound)
        solid = Medium(
            electronic.joined & (surface.inner.share > 0), surface.inner.share, surface.inner.opening
        )
        _check_joined(active, ionic, solid)
        share = surface.inner.share
        own, binder = design.phases[active].sigma, of_rest.sigma[rest]
        return cls(
            active,
            surface,
            ionic,
            electronic,
            solid,
            of_rest.eps[rest],
            of_rest.beta[rest],
            np.where(bound, share * own + (1 - share) * binder, own),
            of_rest.reactive[rest],
            labelled,
            grid.mask(conductor) if conductor else np.zeros(grid.shape, bool),
        )


def _phases(grid, design):
    """Return the one active phase of a design that this can run, and its conductor or None; refuse others."""
    present = [name for name in design.phases if name in grid.names]
    active, conductors = (
        [name for name in design.sort(sort) if name in present] for sort in (ActiveMaterial, Conductor)
    )
    filled = [name for name in present if design.phases[name] is not None]
    others = [
        name
        for name in filled
        if name not in (*active, *conductors) and getattr(design.phases[name], "kind", "") != "dry"
    ]
    if len(active) != 1 or len(conductors) > 1 or others:
        raise InputError(
            "volume.interface: expected one phase of active material, and at most one of carbon-binder, got"
            f" {', '.join(filled) or 'none'}; surfaces within voxels are not known between more: write voxel"
        )
    if has_contacts(design):
        raise InputError(
            "cell.cbd: expected no contact_resistance and no contact that is lost where the surface of"
            " the active"
            " material runs through voxels, got one; remove it, or write volume.interface: voxel"
        )
    return active[0], conductors[0] if conductors else None


class _Table:
    """What the phases of a grid hold beside active material, by their codes: whether electrolyte and
    carbon-binder, eps, beta, sigma, and which share of a surface beside them reacts."""

    def __init__(self, grid, design, conductor):
        n = len(grid.names)
        self.wet, self.binder = np.zeros((2, n), bool)
        self.eps, self.beta, self.sigma, self.reactive = np.ones((4, n))
        for code, name in enumerate(grid.names):
            material = design.phases.get(name)
            self.wet[code], self.beta[code] = material is None, design.pore_transport_efficiency
            if name == conductor:
                self.binder[code], self.sigma[code] = True, material.sigma
                self.eps[code], self.beta[code] = material.porosity, design.cbd_efficiency(name)
                self.wet[code], self.reactive[code] = self.beta[code] > 0, material.reactive_share


def _rest(grid, active):
    """Code of the phase [x, y, z] that each voxel holds beside active material."""
    labelled = grid.mask(active)
    if labelled.all():
        return grid.phase
    nearest = ndimage.distance_transform_edt(labelled, grid.voxel_size, False, True)
    return grid.phase[tuple(nearest)]


def _ionic(surface, wet):
    share = np.where(wet, surface.outer.share, 0)
    opening = np.where(_both(wet), surface.outer.opening, 0)
    return Medium(_joined(opening, share, 0), share, opening)


def _electronic(surface, alone, bound):
    """alone: voxels of nothing but active material and carbon-binder; bound: those whose rest is
    carbon-binder."""
    share = np.where(bound, 1, surface.inner.share)
    opening = np.where(_both(alone), 1, surface.inner.opening).astype(np.float32)
    return Medium(_joined(opening, share, -1), share, opening)


def _both(mask):
    """Mark the lower face of each voxel [axis, x, y, z], one longer along each axis, with a mask on both
    sides; at the ends of the box, with it on the one side there is."""
    faces = np.zeros((3, *(n + 1 for n in mask.shape)), bool)
    for axis in range(3):
        line = np.moveaxis(np.pad(mask, [(int(a == axis),) * 2 for a in range(3)], mode="edge"), axis, 0)
        inner = tuple(slice(None) if a == axis else slice(None, -1) for a in range(3))
        faces[axis][inner] = np.moveaxis(line[1:] & line[:-1], 0, axis)
    return faces


def _joined(opening, share, end):
    """Mark the voxels that hold a share and that open faces join to an end of x (0 or -1)."""
    cluster = kernels.open_faces.clusters(opening, share.shape, False)
    joined = np.zeros(cluster.size, bool)
    joined[cluster[end][opening[0, end, :-1, :-1] > 0]] = True
    return joined[cluster] & (share > 0)


def _check_joined(active, ionic, solid):
    for medium, what in (
        (ionic, "electrolyte to reach in from the separator face"),
        (solid, f"{active} joined to the collector face"),
    ):
        if not medium.joined.any():
            raise InputError(
                f"expected {what}, got none that does; check the phase labels and the direction of x"
            )
