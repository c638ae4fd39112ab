"""The command that writes the phases of a volume as a mesh for other programs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number, whole
from .app import command
from .console import lengths_nm, progress_bar, report, table, times
from .options import (
    CropOption,
    FileAxesOption,
    JsonOption,
    PhasesOption,
    VolumeArgument,
    VoxelSizeOption,
    read_grid,
)


class Kind(StrEnum):
    """What a mesh is made of."""

    VOXELS, TETRAHEDRA = "voxels", "tetrahedra"


@command(
    [
        "microsim mesh electrode.tif --out electrode.vtu --phases pore=0,am=1,cbd=2 --voxel-size-nm 398",
        (
            "microsim mesh nrel_nmc --out corner.msh --kind tetrahedra --crop x=0:64,y=100:164,z=100:164"
            " --voxel-size-nm 398"
        ),
    ]
)
def mesh(
    volume: VolumeArgument,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="File to write: .vtu, .vtk, .msh, .inp or .xdmf.")
    ],
    kind: Annotated[
        Kind, typer.Option("--kind", help="Hexahedra, one a voxel, or tetrahedra with smooth interfaces.")
    ] = Kind.VOXELS,
    phases: PhasesOption = None,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    coarsen: Annotated[
        str, typer.Option("--coarsen", metavar="N", help="Join N x N x N voxels into one beforehand.")
    ] = "1",
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="NAME,...",
            help="Phases that go into the mesh, with their surfaces [default: all].",
        ),
    ] = None,
    smoothing: Annotated[
        str,
        typer.Option(
            "--smoothing", metavar="N", help="Passes over the interfaces of tetrahedra; 0 leaves the steps."
        ),
    ] = "60",
    least_quality: Annotated[
        str,
        typer.Option(
            "--least-quality",
            metavar="Q",
            help="Radius ratio (1: regular) below which smoothing is taken back.",
        ),
    ] = "0.06",
    json_file: JsonOption = None,
):
    """Write the phases as a mesh.

    Voxel hexahedra, or conforming tetrahedra that share their nodes across smooth interfaces. Phases, and
    with tetrahedra interfaces (pore-am) and the box's faces (separator, collector, y0 ...), are named:
    physical groups in .msh, element sets in .inp; .vtu, .vtk and .xdmf hold the numbers as the arrays phase
    and surface. Lengths are in m.
    """
    from ..mesh.export import check_writable

    passes, factor = whole(0, 1000)(smoothing, "--smoothing"), whole(1, 64)(coarsen, "--coarsen")
    least_quality = number(0.0, 0.3, above=True)(least_quality, "--least-quality")
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if not sized:
        raise InputError(
            f"--voxel-size-nm: expected a known voxel size, {source.source} gives none; add the option."
        )
    grid = grid.coarsen(factor)
    names = None if keep is None else [name.strip() for name in keep.split(",")]
    about = {
        "volume": source.source,
        "volume_sha256": source.sha256,
        "kind": kind.value,
        "shape": list(grid.shape),
        "voxel_size_m": list(grid.voxel_size),
        "mesh": str(out),
    }
    size = f"{times(grid.shape)} voxels of {lengths_nm(grid.voxel_size)} nm"
    check_writable(out)  # before the work
    if kind is Kind.VOXELS:
        figures, tables = _voxels(out, grid, names)
    else:
        figures, tables = _tetrahedra(out, grid, names, passes, least_quality)
    report({**about, **figures}, json_file, f"{source.source}: {size}", *tables, f"mesh: {out}")


def _voxels(out, grid, names):
    from ..mesh.export import write_mesh

    with progress_bar("writing hexahedra"):
        write_mesh(out, grid, phases=names)
    kept = {name: int(grid.mask(name).sum()) for name in names or grid.names}
    phases = {
        name: {
            "label": grid.labels[grid.code(name)],
            "elements": count,
            "volume_fraction": grid.fraction(name),
        }
        for name, count in kept.items()
    }
    rows = [(name, p["label"], p["elements"], p["volume_fraction"]) for name, p in phases.items()]
    figures = {"phases": phases, "quality": {"elements": sum(kept.values()), "inverted": 0}}
    return figures, [table(("phase", "label", "hexahedra", "fraction"), rows)]


def _tetrahedra(out, grid, names, passes, least_quality):
    from ..mesh.export import save_meshio
    from ..mesh.tetrahedra import tetrahedral_mesh, to_meshio
    from ..mesh.tetrahedra_quality import compared_with_voxels, quality

    with progress_bar("cutting tetrahedra") as progress:
        made = tetrahedral_mesh(
            grid, phases=names, iterations=passes, least_quality=least_quality, progress=progress
        )
        save_meshio(out, to_meshio(made))
    found, phases, areas = quality(made), compared_with_voxels(made, grid), made.areas()
    phases = {name: phases[name] for name in names or grid.names}
    surfaces = {
        name: {
            "number": k + 1,
            "triangles": int((made.surface == k).sum()),
            "area_m2": float(areas[made.surface == k].sum()),
        }
        for k, name in enumerate(made.surfaces)
    }
    keys = ("label", "volume_fraction", "volume_fraction_voxels", "area_m2", "area_voxels_corrected_m2")
    header = ("phase", "label", "fraction", "of the voxels", "area m2", "of the voxels, corrected")
    angle, ratio = found["dihedral_angle_deg"], found["radius_ratio"]
    measured = [
        ("tetrahedra", found["elements"]),
        ("points", found["points"]),
        ("inverted", found["inverted"]),
        ("smallest angle between sides, degrees", angle["smallest"]),
        ("the same, 1st percentile", angle["percentile_1"]),
        ("radius ratio, smallest", ratio["smallest"]),
        ("the same, 1st percentile", ratio["percentile_1"]),
        ("the same, mean", ratio["mean"]),
    ]
    tables = [
        table(header, [(name, *(p[key] for key in keys)) for name, p in phases.items()]),
        "",
        table(("surface", "number", "triangles", "area m2"), [(n, *s.values()) for n, s in surfaces.items()]),
        "",
        table(("quality", "value"), measured),
    ]
    return {"phases": phases, "surfaces": surfaces, "quality": found}, tables
