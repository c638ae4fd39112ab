"""Options that several commands share, and reading what they name. Heavy packages are imported in
functions."""

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import say, triple, voxel_ranges, whole

AXES = ("x", "y", "z")


PhasesOption = Annotated[
    str | None,
    typer.Option("--phases", metavar="NAME=LABEL,...", help="Label of each phase: pore=0,am=1,cbd=2."),
]
VoxelSizeOption = Annotated[
    str | None,
    typer.Option(
        "--voxel-size-nm", metavar="H", help="Voxel edge in nm, or three: x,y,z. Wins over the file's."
    ),
]
FileAxesOption = Annotated[
    str,
    typer.Option("--file-axes", metavar="AXES", help="Axes of the file in reading order, for example zyx."),
]
CropOption = Annotated[
    str | None,
    typer.Option(
        "--crop", metavar="x=0:96,...", help="Voxels to keep along each axis, the end not included."
    ),
]
OnlyReportOption = Annotated[  # where --out is another file
    Path | None,
    typer.Option("--report", metavar="DIR", help="Folder of a report: report.html and figures/*.png."),
]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the numbers as JSON; - is standard output."),
]


def read_grid(volume, phases, voxel_size_nm, file_axes, crop):
    """Read a label volume as a grid; also its source and whether its voxel size is known."""
    options = {"axes": axes_order(file_axes), "voxel_size": voxel_size_m(voxel_size_nm)}
    labels = name_values("--phases", phases, whole(0)) if phases else None
    box = voxel_ranges(name_values("--crop", crop, _ends), "--crop") if crop else {}
    from ..mesh.read import read_volume

    grid = read_volume(volume, labels, crop=box, **options)
    return SimpleNamespace(source=grid.source.name, sha256=grid.source.sha256), grid, grid.sized


def _ends(given, path):
    return given.split(":")


def read_map(argument, name, file_axes, voxel_size_nm, option):
    from ..volumes.volume import read_voxels

    name = f"{name}::sto" if name.endswith(".h5") else name
    source = read_voxels(
        name, file_axes=axes_order(file_axes), voxel_size=voxel_size_m(voxel_size_nm, option), kind="field"
    )
    if source.voxel_size is None:
        raise InputError(f"{argument}: expected a known voxel size, {name} gives none; add {option}.")
    return source


def name_values(option, given, read, bare=None):
    """Read "pore=0,am=1"; a name without value stands for `bare`, where there is one."""
    values = {}
    for item in given.split(","):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not name or name in values or not (equals or bare is not None):
            example = "pore=0,am=1" if bare is None else "pore or pore=1.0,cbd=0.1"
            raise InputError(
                f"{option}: expected each name once, like {example}, got {say(given)}; correct it."
            )
        values[name] = read(value, f"{option} {name}") if equals else bare
    return values


def voxel_size_m(given, option="--voxel-size-nm"):
    return None if given is None else triple(1e-9, 1e-4)(numbers(given), option, 1e9, "nm")


def numbers(given):
    return given.split(",") if "," in given else given


def axes_order(given):
    if sorted(given) != sorted(AXES):
        raise InputError(
            f"--file-axes: expected x, y and z in the file's order, got {say(given)}; write zyx, say."
        )
    return given
