"""The command for flow through the pores."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number
from .app import command
from .console import progress_bar, report, table, times
from .options import (
    AXES,
    Axis,
    CropOption,
    FileAxesOption,
    JsonOption,
    OnlyReportOption,
    PhasesOption,
    VolumeArgument,
    VoxelSizeOption,
    read_grid,
)


class FlowSides(StrEnum):
    """What bounds the box beside the flow."""

    NO_SLIP, SYMMETRY, PERIODIC = "no-slip", "symmetry", "periodic"


class Ends(StrEnum):
    """What drives the flow."""

    PRESSURE, PERIODIC = "pressure", "periodic"


@command(
    [
        "microsim flow electrode.tif --phases pore=0,am=1,cbd=2 --through pore \\",
        "    --axis all --voxel-size-nm 398 --json -",
    ]
)
def flow(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    through: Annotated[
        str, typer.Option("--through", metavar="NAME,...", help="Phases that the fluid fills.")
    ] = "pore",
    axis: Annotated[Axis, typer.Option("--axis", help="Direction of the flow.")] = Axis.X,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    sides: Annotated[
        FlowSides, typer.Option("--sides", help="What bounds the box beside the flow.")
    ] = FlowSides.NO_SLIP,
    ends: Annotated[
        Ends,
        typer.Option(
            "--ends", help="A pressure drop between the end faces, or (with periodic sides) a ring."
        ),
    ] = Ends.PRESSURE,
    tolerance: Annotated[
        str, typer.Option("--tolerance", metavar="T", help="Bound of the relative error of the permeability.")
    ] = "1e-3",
    throat: Annotated[
        str,
        typer.Option(
            "--throat",
            metavar="N",
            help="Width, in voxels, up to which a step of a wall holds like a flat "
            "one; 0 takes all walls for smooth, inf none.",
        ),
    ] = "3",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.h5", help="Store the velocities, one entry for each axis."),
    ] = None,
    report_folder: OnlyReportOption = None,
    json_file: JsonOption = None,
):
    """Compute permeability and flow tortuosity.

    Stokes flow in the voxels of the named phases, on a staggered grid. With --axis all also the permeability
    tensor, column j for a drop along axis j. Pores that do not connect the two end faces give permeability 0
    and no tau_flow.
    """
    tolerance = number(0.0, 0.1, above=True)(tolerance, "--tolerance")
    throat = number(0.0, float("inf"))(throat, "--throat")
    names = tuple(name.strip() for name in through.split(","))
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if not sized:
        raise InputError(f"expected a known voxel size, {source.source} gives none; add --voxel-size-nm.")
    from ..base.provenance import peak_memory_bytes
    from ..transport.flow import kozeny_constant, solve_permeability

    results = {}
    for name in AXES if axis is Axis.ALL else (axis.value,):
        with progress_bar(f"flow along {name}") as progress:
            results[name] = solve_permeability(
                grid,
                names,
                AXES.index(name),
                sides=sides.value,
                ends=ends.value,
                tolerance=tolerance,
                throat=throat,
                velocity=bool(out or report_folder),
                progress=progress,
            )
    if out is not None:
        _store(out, grid, results)
    numbers = {
        name: {**_numbers(result), "kozeny_constant": kozeny_constant(grid, names, result.permeability)}
        for name, result in results.items()
    }
    tensor = list(zip(*(result.mean_velocity for result in results.values()))) if axis is Axis.ALL else None
    result = {
        "axes": numbers,
        **({"tensor_m2": tensor} if tensor else {}),
        "porosity": next(iter(results.values())).porosity,
        "peak_memory_bytes": peak_memory_bytes(),
        "voxels": grid.voxels,
        "through": names,
        "sides": sides.value,
        "ends": ends.value,
        "tolerance": tolerance,
        "throat_voxels": throat,
        "voxel_size_m": grid.voxel_size,
        "volume": source.source,
        "volume_sha256": source.sha256,
    }
    title = f"{source.source}: Stokes flow through {through}, {times(grid.shape)} voxels, sides {sides}"
    rows = [(name, *row.values()) for name, row in numbers.items()]
    lines = [table(("axis", *next(iter(numbers.values()))), rows)]
    if report_folder:
        from ..report.pages import flow as page

        velocity = {name: found.velocity for name, found in results.items()}
        lines.append(f"\nreport: {page.write(report_folder, grid=grid, result=result, velocity=velocity)}")
    report(result, json_file, title, *lines)


def _numbers(result):
    keys = ("tau_flow", "porosity_percolating", "mass_imbalance", "error_bound", "iterations", "seconds")
    return {"permeability_m2": result.permeability} | {key: getattr(result, key) for key in keys}


def _store(path, grid, results):
    from ..base.quantities import quantity
    from ..volumes.fields import FieldWriter

    names = ("v_x", "v_y", "v_z")
    with FieldWriter(path, grid, {name: quantity(name).unit for name in names}) as fields:
        for entry, (name, result) in enumerate(results.items()):
            step = f"velocity times viscosity over the gradient of pressure, drop along {name}"
            fields.write(float(entry), step, dict(zip(names, result.velocity)))
