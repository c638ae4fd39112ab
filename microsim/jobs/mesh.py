"""The job mesh: the phases of a volume as a mesh for other programs."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.schema import number, say, whole
from ..base.words import titled, voxels_of
from .arguments import Coarsen, Grid, as_phase_names, require_size
from .job import job
from .result import Result, Table

QUALITY = (
    ("tetrahedra", "elements", None),
    ("points", "points", None),
    ("inverted", "inverted", None),
    ("smallest angle between sides, degrees", "dihedral_angle_deg", "smallest"),
    ("the same, 1st percentile", "dihedral_angle_deg", "percentile_1"),
    ("radius ratio, smallest", "radius_ratio", "smallest"),
    ("the same, 1st percentile", "radius_ratio", "percentile_1"),
    ("the same, mean", "radius_ratio", "mean"),
)
PHASE_KEYS = ("label", "volume_fraction", "volume_fraction_voxels", "area_m2", "area_voxels_corrected_m2")


@dataclass(frozen=True, repr=False)
class MeshResult(Result):
    """A mesh that was written.

    grid      VoxelGrid of the meshed voxels, coarsened if asked for
    path      of the file
    kind      "voxels" or "tetrahedra"
    phases    {name: label, volume_fraction, and elements of hexahedra, or areas of tetrahedra (m2)}
    quality   elements, inverted; of tetrahedra also points, angles and radius ratios
    surfaces  {name: number, triangles, area_m2} of tetrahedra, None of hexahedra
    msh       version of a .msh file
    """

    grid: object
    path: Path
    kind: str
    phases: dict
    quality: dict
    surfaces: dict | None = None
    msh: str = "2.2"

    has_page: ClassVar = False

    @property
    def title(self):
        return f"{self.grid.source.name}: {voxels_of(self.grid.shape, self.grid.voxel_size)}"

    @property
    def length_unit(self):
        """Unit of the lengths in the file: um in .inp (CalculiX calls small elements in m inverted), else
        m."""
        return "um" if self.path.suffix.lower() == ".inp" else "m"

    @property
    def _told(self):
        told = f"mesh: {self.path}, lengths in {self.length_unit}"
        if self.path.suffix.lower() == ".msh" and self.msh == "2.2" and self.surfaces is not None:
            told += "; scikit-fem finds interfaces in --msh-version 4.1 only"
        return told

    def numbers(self):
        return {
            "volume": self.grid.source.name,
            "volume_sha256": self.grid.source.sha256,
            "kind": self.kind,
            "shape": list(self.grid.shape),
            "voxel_size_m": list(self.grid.voxel_size),
            "mesh": str(self.path),
            "mesh_length_unit": self.length_unit,
            "phases": self.phases,
            **({} if self.surfaces is None else {"surfaces": self.surfaces}),
            "quality": self.quality,
        }

    def tables(self):
        if self.surfaces is None:
            keys = ("label", "elements", "volume_fraction")
            rows = [(name, *(phase[key] for key in keys)) for name, phase in self.phases.items()]
            return [Table(("phase", "label", "hexahedra", "fraction"), rows), self._told]
        header = ("phase", "label", "fraction", "of the voxels", "area m2", "of the voxels, corrected")
        rows = [(name, *(phase[key] for key in PHASE_KEYS)) for name, phase in self.phases.items()]
        surfaces = [(name, *surface.values()) for name, surface in self.surfaces.items()]
        quality = [(what, self.quality[k] if of is None else self.quality[k][of]) for what, k, of in QUALITY]
        return [
            Table(header, rows),
            Table(("surface", "number", "triangles", "area m2"), surfaces),
            Table(("quality", "value"), quality),
            self._told,
        ]

    def plot(self):
        """Draw the meshed voxels' phases in sections and over the depth."""
        from ..report.figures import phases_figure

        return phases_figure(self.grid)


def _mesh_file(given, path):
    from ..mesh.files import check_writable

    if not isinstance(given, (str, PathLike)):
        raise InputError(f"{path}: expected the name of a file, got {say(given)}; like electrode.vtu.")
    check_writable(given)  # before the work
    return Path(given)


MeshFile = Annotated[
    "str | PathLike",
    Argument(
        "File to write: .vtu, .vtk, .msh, .inp, .xdmf or .mphtxt.", _mesh_file, "FILE", "--out", writes=("",)
    ),
]
Kind = Annotated[
    str, one_of("Hexahedra, one a voxel, or tetrahedra with smooth interfaces.", "voxels", "tetrahedra")
]
Keep = Annotated[
    "str | list[str] | None",
    Argument("Phases that go into the mesh, with their surfaces [default: all].", as_phase_names, "NAME,..."),
]
Msh = Annotated[
    str,
    one_of(
        "Of .msh: 2.2 for FiPy, 4.1 for scikit-fem; Gmsh, meshio, DOLFINx and MFEM take both.", "2.2", "4.1"
    ),
]
Smoothing = Annotated[
    int, Argument("Passes over the interfaces of tetrahedra; 0 leaves the steps.", whole(0, 1000), "N")
]
LeastQuality = Annotated[
    float,
    Argument(
        "Radius ratio (1: regular) below which smoothing is taken back.", number(0.0, 0.3, above=True), "Q"
    ),
]


def _voxel_bytes(arguments):
    """Of the whole volume as hexahedra, or cut into tetrahedra."""
    each = 360 if arguments["kind"] == "voxels" else 3700
    return each / arguments["coarsen"] ** 3


@job(voxel_bytes=_voxel_bytes)
def export_mesh(
    volume: Grid,
    out: MeshFile,
    kind: Kind = "voxels",
    *,
    coarsen: Coarsen = 1,
    keep: Keep = None,
    smoothing: Smoothing = 60,
    least_quality: LeastQuality = 0.06,
    msh_version: Msh = "2.2",
    progress=None,
) -> MeshResult:
    """Write the phases as a mesh.

    Voxel hexahedra, or conforming tetrahedra that share their nodes across smooth interfaces. Phases, and
    with tetrahedra interfaces (pore-am) and the box's faces (separator, collector, y0 ...), are named:
    physical groups in .msh (Gmsh, meshio, DOLFINx, MFEM, FiPy; scikit-fem needs version 4.1), element sets in
    .inp (CalculiX), selections in .mphtxt (COMSOL); .vtu, .vtk and .xdmf hold the numbers as the arrays phase
    and surface. DOLFINx opens .xdmf, surfaces in FILE_surfaces.xdmf. Lengths are in m, in .inp in um.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases (read_volume), or a file or data set whose own names do.
    out : str or path
        File to write: .vtu, .vtk, .msh, .inp, .xdmf or .mphtxt.
    kind : str
        "voxels" for hexahedra, one a voxel, or "tetrahedra" with smooth interfaces.
    coarsen : int
        Join so many voxels along each edge into one beforehand.
    keep : str or list of str, optional
        Phases that go into the mesh, with their surfaces; default: all.
    smoothing : int
        Passes over the interfaces of tetrahedra; 0 leaves the steps.
    least_quality : float
        Radius ratio (1: regular) below which smoothing is taken back.
    msh_version : str
        Of .msh: "2.2" for FiPy, "4.1" for scikit-fem; Gmsh, meshio, DOLFINx and MFEM take both.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    MeshResult

    Raises
    ------
    InputError
        A file that cannot be written, an unknown phase, a volume without a voxel size.
    """
    require_size(volume)
    grid = volume.coarsen(coarsen)
    if kind == "voxels":
        return _hexahedra(grid, out, keep, msh_version, progress)
    return _tetrahedra(grid, out, keep, smoothing, least_quality, msh_version, progress)


def _hexahedra(grid, out, names, msh, progress):
    from ..mesh.export import write_mesh

    if progress:
        progress(0, 1, "writing hexahedra")
    write_mesh(out, grid, phases=names, msh=msh)
    phases = {
        name: {
            "label": grid.labels[grid.code(name)],
            "elements": int(grid.mask(name).sum()),
            "volume_fraction": grid.fraction(name),
        }
        for name in names or grid.names
    }
    quality = {"elements": sum(phase["elements"] for phase in phases.values()), "inverted": 0}
    return MeshResult(grid, out, "voxels", phases, quality, msh=msh)


def _tetrahedra(grid, out, names, passes, least_quality, msh, progress):
    from ..mesh.files import save_meshio
    from ..mesh.tetmesh import tetmesh_to_meshio
    from ..mesh.tetrahedra import tetrahedral_mesh
    from ..mesh.tetrahedra_quality import compared_with_voxels, quality

    made = tetrahedral_mesh(
        grid,
        phases=names,
        iterations=passes,
        least_quality=least_quality,
        progress=titled(progress, "cutting tetrahedra"),
    )
    save_meshio(out, tetmesh_to_meshio(made), msh)
    phases, areas = compared_with_voxels(made, grid), made.areas()
    surfaces = {
        name: {
            "number": k + 1,
            "triangles": int((made.surface == k).sum()),
            "area_m2": float(areas[made.surface == k].sum()),
        }
        for k, name in enumerate(made.surfaces)
    }
    phases = {name: phases[name] for name in names or grid.names}
    return MeshResult(grid, out, "tetrahedra", phases, quality(made), surfaces, msh)
