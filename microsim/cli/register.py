"""The command that finds where a map lies in a microstructure."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number
from .app import command
from .console import progress_bar, report, table, times
from .option_lists import choice_option, text_option
from .options import (
    FileAxesOption,
    JsonOption,
    OnlyReportOption,
    PhasesOption,
    VoxelSizeOption,
    read_grid,
    read_map,
)


class Kind(StrEnum):
    """What may change."""

    RIGID, SIMILARITY = "rigid", "similarity"


class Metric(StrEnum):
    """What the two are compared by."""

    MASK, INFORMATION = "mask", "mutual-information"


@command(
    [
        (
            "microsim register soc.tif electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 40"
            " --map-voxel-size-nm 120 \\"
        ),
        "    --out soc_on_electrode.tif --report out",
    ]
)
def register(
    soc_map: Annotated[
        str, typer.Argument(metavar="MAP", help="Map: a volume of floats, NaN outside the particles.")
    ],
    structure: Annotated[
        str, typer.Argument(metavar="STRUCTURE", help="Label volume of the microstructure.")
    ],
    phases: PhasesOption = None,
    active: text_option("--active", "NAME", "Phase in which the map has values.") = "am",
    kind: choice_option(Kind, "--kind", "Turn and shift, or also scale.") = Kind.RIGID,
    metric: choice_option(
        Metric, "--metric", "Compare the masks of the particles, or the values too."
    ) = Metric.MASK,
    largest_angle: text_option("--largest-angle", "DEG", "Angles searched about each axis, degrees.") = "12",
    least_inside: text_option(
        "--least-inside", "F", "Share of the map's box that must lie in the structure's."
    ) = "0.5",
    voxel_size_nm: VoxelSizeOption = None,
    map_voxel_size_nm: text_option("--map-voxel-size-nm", "H", "The same for the map.") = None,
    file_axes: FileAxesOption = "xyz",
    map_file_axes: text_option("--map-file-axes", "AXES", "The same for the map.") = "xyz",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The map on the structure's voxels (.tif, .h5, .npy)."),
    ] = None,
    report_folder: OnlyReportOption = None,
    json_file: JsonOption = None,
):
    """Find where a map of lithiation lies in a volume of the microstructure.

    Voxel sizes and fields of view may differ. Gives rotation, shift and scale, and the residual misfit: the
    shift that parts of the map would still make.
    """
    angle = number(0.0, 60.0, above=True)(largest_angle, "--largest-angle")
    inside = number(0.05, 1.0)(least_inside, "--least-inside")
    found_map = read_map("MAP", soc_map, map_file_axes, map_voxel_size_nm, "--map-voxel-size-nm")
    source, grid, sized = read_grid(structure, phases, voxel_size_nm, file_axes, None)
    if not sized:
        raise InputError(
            f"STRUCTURE: expected a known voxel size, {source.source} gives none; add --voxel-size-nm."
        )
    from ..maps.map import SocMap
    from ..maps.registration import find_registration, resample

    image = SocMap(found_map.values, found_map.voxel_size)
    solid = SocMap(grid.mask(active).astype(float), grid.voxel_size)
    with progress_bar("registration") as progress:
        found = find_registration(
            image,
            solid,
            kind=kind.value,
            metric=metric.value,
            largest_angle_deg=angle,
            least_inside=inside,
            progress=progress,
        )
    placed = resample(image, found, grid.shape, grid.voxel_size)
    result = {
        "map": found_map.source,
        "map_sha256": found_map.sha256,
        "structure": source.source,
        "structure_sha256": source.sha256,
        "active": active,
        **found.as_dict(),
    }
    lines = [_table(found)]
    if out is not None:
        from ..volumes.volume import write_volume

        lines.append(f"map: {write_volume(out, placed.astype('float32'), voxel_size=grid.voxel_size)}")
    if report_folder is not None:
        from ..report.pages import register as page

        shown = {"image": image, "structure": solid, "placed": placed, "found": found, "result": result}
        lines.append(f"report: {page.write(report_folder, **shown)}")
    title = f"{found_map.source}: {times(image.values.shape)} in {source.source}, {times(grid.shape)}"
    report(result, json_file, title, *lines)


def _table(found):
    rows = [(f"rotation about {axis} (degrees)", angle) for axis, angle in zip("xyz", found.angles_deg)]
    rows += [(f"shift along {axis} (um)", 1e6 * part) for axis, part in zip("xyz", found.shift)]
    rows.append(("scale", found.scale))
    if found.misfit_m is not None:
        rows += [(f"misfit along {axis} (um)", 1e6 * part) for axis, part in zip("xyz", found.misfit_m)]
    rows += [("overlap of the masks (Dice)", found.dice), ("share of the map inside", found.inside)]
    return table(("", "value"), rows)
