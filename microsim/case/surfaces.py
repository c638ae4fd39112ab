"""Where the surface of a case's active material runs: along voxel faces, or within voxels."""

from dataclasses import replace

import numpy as np

from ..base.errors import InputError
from ..mesh.shares import coarsened, with_shares
from ..mesh.subvoxel import smooth_shares
from ..volumes.volume import read_voxels
from .start_map import InitialMap


def check_surface(case):
    """Refuse what is not known on surfaces within voxels, in a sentence that names the key."""
    volume, cell = case.volume, case.cell
    if volume.interface == "voxel":
        if volume.shares:
            raise InputError(
                "volume.shares: expected volume.interface: grey beside them, got none; add it, or remove"
                " the shares."
            )
        return
    if volume.interface == "smooth" and volume.shares:
        raise InputError(
            "volume.shares: expected volume.interface: grey beside them, got smooth, which takes the"
            " labels; write"
            " grey, or remove the shares."
        )
    if volume.interface == "grey" and not volume.shares and volume.coarsen == 1:
        raise InputError(
            "volume.interface: expected the shares of voxels for grey, got none; add volume.shares: {am:"
            " FILE}, or"
            " volume.coarsen, which makes them of the labels."
        )
    for key, given in (
        ("volume.draws", volume.draws is not None),
        ("cell.film.model", cell.film.model == "map"),
        ("cell.area_correction", not cell.area_correction),
        ("cell.initial_sto", isinstance(cell.initial_sto, InitialMap)),
        ("cell.contact_lost", not isinstance(cell.contact_lost, float | int)),
        ("output.homogenised", case.output.homogenised),
        ("fit", case.fit is not None),  # its slopes know nothing of how the profile bends to a face
    ):
        if given:
            raise InputError(
                f"{key}: expected none of it with volume.interface: {volume.interface}, whose surface"
                f" runs through"
                f" voxels, got it; remove it, or write volume.interface: voxel."
            )


def with_surface(case, grid, axes):
    """Return the grid cropped and coarsened, with the shares of the active material where a case wants
    them; axes: of the labels' file."""
    spec = case.volume
    if spec.interface == "voxel":
        return grid.crop(spec.crop).coarsen(spec.coarsen)
    active = [name for name, material in case.load_materials().items() if material.kind == "active"]
    if spec.shares:
        read = {
            name: read_voxels(case.locate(file), file_axes=spec.file_axes or axes, kind="grey").values
            for name, file in spec.shares.items()
        }
        return with_shares(grid, read).crop(spec.crop).coarsen(spec.coarsen)
    if spec.interface == "grey":
        return coarsened(grid.crop(spec.crop), spec.coarsen, active)
    grid = grid.crop(spec.crop).coarsen(spec.coarsen)
    shares = {name: np.rint(255 * smooth_shares(grid.mask(name))).astype(np.uint8) for name in active}
    return replace(grid, shares=shares)
