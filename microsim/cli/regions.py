"""Commands for transport by region and by size of the sub-volume."""

from enum import StrEnum
from typing import Annotated

import typer

from ..base.errors import InputError
from ..base.schema import number, whole
from .app import command
from .console import progress_bar, report, table, times
from .options import (
    AXES,
    CropOption,
    FileAxesOption,
    JsonOption,
    PhasesOption,
    Sides,
    VolumeArgument,
    VoxelSizeOption,
    name_values,
    read_grid,
)

ConductingOption = Annotated[
    str,
    typer.Option(
        "--conducting", metavar="NAME[=D],...", help="Conducting phases: pore, or pore=1.0,cbd=0.1."
    ),
]
SidesOption = Annotated[Sides, typer.Option("--sides", help="What holds on the sides.")]
ToleranceOption = Annotated[
    str, typer.Option("--tolerance", metavar="T", help="Bound of the relative error of tau.")
]


class OneAxis(StrEnum):
    """An axis."""

    X, Y, Z = "x", "y", "z"


class Positions(StrEnum):
    """Where sub-volumes lie."""

    TILES, RANDOM = "tiles", "random"


@command(
    [
        "microsim regions electrode.tif --phases pore=0,am=1 --voxel-size-nm 1000 \\",
        "    --edges-um 0,300,600,1000 --diffusivity-m2-s 1.39e-11 --json -",
    ]
)
def regions(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    conducting: ConductingOption = "pore",
    edges_um: Annotated[
        str | None, typer.Option("--edges-um", metavar="A,B,...", help="Ends of the regions along x.")
    ] = None,
    count: Annotated[
        str | None,
        typer.Option("--count", metavar="N", help="Equal regions, in place of edges [default: 3]."),
    ] = None,
    diffusivity_m2_s: Annotated[
        str | None,
        typer.Option("--diffusivity-m2-s", metavar="D", help="D0, for D_directional = D0 eps / tau."),
    ] = None,
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    sides: SidesOption = Sides.NO_FLUX,
    tolerance: ToleranceOption = "1e-3",
    json_file: JsonOption = None,
):
    """Compute porosity and tau by depth, through and in the plane.

    Slabs along x, from the separator on. D_directional = D0 eps / tau, where D0 is given.
    """
    tolerance = number(0.0, 0.1, above=True)(tolerance, "--tolerance")
    shares = name_values("--conducting", conducting, number(0.0), bare=1.0)
    ends = (
        None if edges_um is None else [number(0.0)(e, "--edges-um", 1e6, "um") for e in edges_um.split(",")]
    )
    slabs = whole(1)(count, "--count") if count else (3 if ends is None else None)
    D0 = (
        None
        if diffusivity_m2_s is None
        else number(0.0, 1.0, above=True)(diffusivity_m2_s, "--diffusivity-m2-s")
    )
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if ends is not None and not sized:
        raise InputError(
            f"--edges-um: expected a known voxel size, {source.source} gives none; add --voxel-size-nm."
        )
    from ..transport.regions import analyse_regions

    with progress_bar("regions") as progress:
        found = analyse_regions(
            grid, shares, edges=ends, count=slabs, sides=sides.value, tolerance=tolerance, progress=progress
        )
    listing = [_region(region, D0, sized) for region in found]
    result = {
        "regions": listing,
        "diffusivity_m2_s": D0,
        "conducting": shares,
        "sides": sides.value,
        "tolerance": tolerance,
        "voxels": grid.voxels,
        "voxel_size_m": grid.voxel_size if sized else None,
        "volume": source.source,
        "volume_sha256": source.sha256,
    }
    header = ("from um", "to um", "eps", "tau x", "tau y", "tau z", "tau in plane", "D/D0 x", "D/D0 in plane")
    unit = 1e6 if sized else 1.0
    rows = [
        (
            r.start * unit,
            r.end * unit,
            r.eps,
            *r.tau.values(),
            r.tau_in_plane,
            r.D_eff_over_D0["x"],
            r.D_in_plane,
        )
        for r in found
    ]
    report(
        result,
        json_file,
        f"{source.source}: {len(found)} regions along x through {conducting}",
        table(header, rows),
    )


def _region(region, D0, sized):
    through, in_plane = region.D_eff_over_D0["x"], region.D_in_plane
    return {
        "start_m": region.start if sized else None,
        "end_m": region.end if sized else None,
        "eps": region.eps,
        "tau": region.tau,
        "D_eff_over_D0": region.D_eff_over_D0,
        "tau_through_plane": region.tau["x"],
        "tau_in_plane": region.tau_in_plane,
        "D_in_plane_over_D0": in_plane,
        "D_directional_m2_s": (
            None if D0 is None else {"through_plane": D0 * through, "in_plane": D0 * in_plane}
        ),
    }


@command(
    [
        "microsim representative electrode.tif --phases pore=0,am=1 --voxel-size-nm 398 \\",
        "    --sizes 32,48,64 --count 8 --seed 0 --json -",
    ]
)
def representative(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    conducting: ConductingOption = "pore",
    sizes: Annotated[
        str, typer.Option("--sizes", metavar="N,...", help="Edges of the sub-volumes in voxels.")
    ] = "32,48,64",
    count: Annotated[str, typer.Option("--count", metavar="N", help="Sub-volumes of each size.")] = "8",
    positions: Annotated[
        Positions, typer.Option("--positions", help="Tiles without overlap, or anywhere.")
    ] = Positions.TILES,
    seed: Annotated[str, typer.Option("--seed", metavar="N", help="Seed of the draw.")] = "0",
    axis: Annotated[OneAxis, typer.Option("--axis", help="Direction of the transport.")] = OneAxis.X,
    relative_error: Annotated[
        str, typer.Option("--relative-error", metavar="E", help="Error asked of one sub-volume.")
    ] = "0.05",
    confidence: Annotated[
        str, typer.Option("--confidence", metavar="P", help="How often it must hold.")
    ] = "0.95",
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    sides: SidesOption = Sides.NO_FLUX,
    tolerance: ToleranceOption = "1e-3",
    json_file: JsonOption = None,
):
    """Find the size of a representative volume.

    Porosity and tau of sub-volumes of several sizes: mean, standard deviation, confidence interval, how many
    do not percolate, and the edge of the cube whose single value lies within the relative error of the mean.
    """
    tolerance = number(0.0, 0.1, above=True)(tolerance, "--tolerance")
    shares = name_values("--conducting", conducting, number(0.0), bare=1.0)
    options = {
        "count": whole(1)(count, "--count"),
        "axis": AXES.index(axis.value),
        "positions": positions.value,
        "seed": whole(0)(seed, "--seed"),
        "confidence": number(0.0, 0.9999, above=True)(confidence, "--confidence"),
        "relative_error": number(0.0, 1.0, above=True)(relative_error, "--relative-error"),
        "sides": sides.value,
        "tolerance": tolerance,
    }
    edges = [whole(2)(size.strip(), "--sizes") for size in sizes.split(",")]
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    from dataclasses import asdict

    from ..transport.regions import analyse_sizes

    with progress_bar("sub-volumes") as progress:
        found = analyse_sizes(grid, shares, edges, progress=progress, **options)
    unit = (lambda edge: edge) if sized else (lambda edge: None)
    listing = [
        {
            "voxels": s.voxels,
            "edge_m": unit(s.edge),
            "count": s.count,
            "percolating": s.percolating,
            "not_percolating": s.count - s.percolating,
            "eps": asdict(s.eps),
            "tau": asdict(s.tau),
            "D_eff_over_D0": asdict(s.D_eff_over_D0),
            "origins": s.origins,
        }
        for s in found.sizes
    ]
    cube = grid.voxel_volume ** (1 / 3)
    result = {
        "sizes": listing,
        "representative_edge_m": {name: edge and unit(edge) for name, edge in found.edge.items()},
        "representative_edge_voxels": {name: edge and edge / cube for name, edge in found.edge.items()},
        "exponent": found.exponent,
        **options,
        "conducting": shares,
        "axis": axis.value,
        "voxel_size_m": grid.voxel_size if sized else None,
        "voxels": grid.voxels,
        "volume": source.source,
        "volume_sha256": source.sha256,
    }
    header = ("voxels", "count", "not percolating", "eps", "std", "tau", "std", "tau from", "to")
    rows = [
        (
            s.voxels,
            s.count,
            s.count - s.percolating,
            s.eps.mean,
            s.eps.std,
            s.tau.mean,
            s.tau.std,
            s.tau.low,
            s.tau.high,
        )
        for s in found.sizes
    ]
    edges = ", ".join(f"{name} {edge / cube:.0f}" for name, edge in found.edge.items() if edge)
    last = (
        f"edge in voxels for {100 * found.relative_error:g} % in one sub-volume:"
        f" {edges or 'not known from these'}"
    )
    report(
        result,
        json_file,
        f"{source.source}: {times(grid.shape)} voxels, along {axis}",
        table(header, rows),
        last,
    )
