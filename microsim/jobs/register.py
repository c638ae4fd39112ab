"""The job register: where a map lies in a volume of the microstructure."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from ..base.arguments import REQUIRED, Argument, Spread, one_of
from ..base.schema import number, text
from ..base.words import times
from .arguments import GRID, VOLUME_PARTS, axes_order, require_size, voxel_lengths
from .job import job
from .map_result import MapResult
from .map_source import Map, read_map
from .result import SavedFile, Table


@dataclass(frozen=True, repr=False)
class RegistrationResult(MapResult):
    """Where a map lies in a microstructure.

    found      maps.registration.Registration: rotation, shift, scale, misfit, overlap; `place(points)`
    image      maps.map.SocMap: the map as it was given
    structure  VoxelGrid of the microstructure
    active     its phase in which the map has values
    values     the map on the structure's voxels [x, y, z], NaN where it does not reach
    sigma      its standard deviation there, where the map came with one
    source, sha256   of the map
    """

    found: object
    image: object
    structure: object
    active: str
    values: object
    sigma: object | None
    source: str
    sha256: str | None

    quantity: ClassVar = "map"
    files: ClassVar = {
        "out": SavedFile("save", "The map on the structure's voxels (.tif, .h5, .npy).", label="map")
    }

    @property
    def voxel_size(self):
        """Voxel size (m) of `values`: the structure's."""
        return self.structure.voxel_size

    @property
    def title(self):
        within = f"{self.structure.source.name}, {times(self.structure.shape)}"
        return f"{self.source}: {times(self.image.values.shape)} in {within}"

    def numbers(self):
        return {
            "map": self.source,
            "map_sha256": self.sha256,
            "structure": self.structure.source.name,
            "structure_sha256": self.structure.source.sha256,
            "active": self.active,
            **self.found.as_dict(),
        }

    def tables(self):
        found = self.found
        rows = [(f"rotation about {axis} (degrees)", angle) for axis, angle in zip("xyz", found.angles_deg)]
        rows += [(f"shift along {axis} (um)", 1e6 * part) for axis, part in zip("xyz", found.shift)]
        rows.append(("scale", found.scale))
        if found.misfit_m is not None:
            rows += [(f"misfit along {axis} (um)", 1e6 * part) for axis, part in zip("xyz", found.misfit_m)]
        rows += [("overlap of the masks (Dice)", found.dice), ("share of the map inside", found.inside)]
        said = {"map": "correlation found in the search", "shuffled": "by chance, blocks shuffled"}
        said |= {"mirrored": f"mirrored along {found.chance.get('mirrored_along')}"}
        rows += [(text, found.chance[key]) for key, text in said.items() if key in found.chance]
        return [Table(("", "value"), rows)]

    def plot(self):
        """Draw the map over the structure, corner to corner and where it was found."""
        from ..report.pages import register as page

        return page.figure(**self._drawn)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import register as page

        return page.write(folder, **self._drawn, result=self.numbers())

    @property
    def _drawn(self):
        solid = _solid(self.structure, self.active)
        return {"image": self.image, "structure": solid, "placed": self.values, "found": self.found}


def _structure(structure, **parts):
    return GRID.make(structure, **parts)


STRUCTURE_PARTS = {
    "structure": (REQUIRED, Argument("Label volume of the microstructure.", metavar="STRUCTURE")),
    **{name: part for name, part in VOLUME_PARTS.items() if name not in ("volume", "crop")},
}
Structure = Annotated["VoxelGrid", Spread(GRID.read, STRUCTURE_PARTS, _structure)]  # noqa: F821


@job(voxel_bytes=250)
def register(
    soc_map: Annotated[Map, Argument("Map: a volume of floats, NaN outside the particles.", metavar="MAP")],
    structure: Structure,
    *,
    active: Annotated[str, Argument("Phase in which the map has values.", text, "NAME")] = "am",
    kind: Annotated[str, one_of("Turn and shift, or also scale.", "rigid", "similarity")] = "rigid",
    metric: Annotated[
        str, one_of("Compare the masks of the particles, or the values too.", "mask", "mutual-information")
    ] = "mask",
    largest_angle: Annotated[
        float, Argument("Angles searched about each axis, degrees.", number(0.0, 60.0, above=True), "DEG")
    ] = 12.0,
    least_inside: Annotated[
        float, Argument("Share of the map's box that must lie in the structure's.", number(0.05, 1.0), "F")
    ] = 0.5,
    voxel_size: voxel_lengths("The same for the map.", "--map-voxel-size-nm") = None,
    file_axes: Annotated[
        str | None, Argument("The same for the map.", axes_order, "AXES", "--map-file-axes")
    ] = None,
    progress=None,
) -> RegistrationResult:
    """Find where a map of lithiation lies in a volume of the microstructure.

    Voxel sizes and fields of view may differ. Gives rotation, shift and scale, and the residual misfit: the
    shift that parts of the map would still make.

    Parameters
    ----------
    soc_map : path, array, or result of lithiation_map or compton_map
        The map [x, y, z], NaN outside the particles.
    structure : VoxelGrid, str or path
        The microstructure with named phases (read_volume).
    active : str
        Phase in which the map has values.
    kind : str
        "rigid" (turn and shift) or "similarity" (also scale).
    metric : str
        "mask" compares where the map has values with the active phase, "mutual-information" the values too.
    largest_angle : float
        Angles searched about each axis, degrees.
    least_inside : float
        Share of the map's box that must lie in the structure's.
    voxel_size : float, str or three of them, optional
        Voxel edge of the map in m, or with its unit, "120 nm". Wins over the file's.
    file_axes : str
        Axes of the map's file, slowest first.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    RegistrationResult

    Raises
    ------
    InputError
        A map or structure without voxel size, or one that is full or empty.
    NotConverged
        The map left the structure, fits it no better than chance or than its mirror image, or lies beyond the
        angles and the share inside that were asked for.
    """
    from ..maps.map import SocMap
    from ..maps.registration import find_registration, resample_map

    remedy = "--map-voxel-size-nm (voxel_size in Python)"
    given = read_map(soc_map, "MAP", voxel_size=voxel_size, file_axes=file_axes, remedy=remedy)
    require_size(structure)
    image = SocMap(given.values, given.voxel_size, sigma=given.sigma)
    options = {"kind": kind, "metric": metric, "largest_angle_deg": largest_angle}
    found = find_registration(
        image, _solid(structure, active), least_inside=least_inside, progress=progress, **options
    )
    place = structure.shape, structure.voxel_size
    placed = resample_map(image, found, *place)
    sigma = None if given.sigma is None else resample_map(replace(image, values=given.sigma), found, *place)
    return RegistrationResult(found, image, structure, active, placed, sigma, given.name, given.sha256)


def _solid(structure, active):
    """The active phase of a microstructure as a map of ones and zeros."""
    from ..maps.map import SocMap

    return SocMap(structure.mask(active).astype(float), structure.voxel_size)
