"""The command for wetting."""

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
    CropOption,
    FileAxesOption,
    JsonOption,
    OnlyReportOption,
    PhasesOption,
    VolumeArgument,
    VoxelSizeOption,
    read_grid,
)
from .regions import OneAxis

ENDS = {"x": ("separator", "collector"), "y": ("y0", "y1"), "z": ("z0", "z1")}
SHARES = (0.5, 0.9, 0.97, 0.99)


class Vents(StrEnum):
    """Where gas leaves."""

    END, SIDES, ALL, NONE = "end", "sides", "all", "none"


class Gas(StrEnum):
    """What becomes of gas that is cut off from the vents."""

    TRAPPED, DISSOLVES = "trapped", "dissolves"


@command(
    [
        (
            "microsim wetting electrode.tif --phases pore=0,am=1,cbd=2 --through pore --axis x"
            " --voxel-size-nm 398 \\"
        ),
        "    --contact-angle-deg 20 --surface-tension-N-m 0.03 --viscosity-Pa-s 0.003 --json -",
    ]
)
def wetting(
    volume: VolumeArgument,
    phases: PhasesOption = None,
    through: Annotated[
        str, typer.Option("--through", metavar="NAME", help="Phase that the liquid fills.")
    ] = "pore",
    axis: Annotated[
        OneAxis, typer.Option("--axis", help="Direction; the liquid comes from its low end.")
    ] = OneAxis.X,
    contact_angle_deg: Annotated[
        str, typer.Option("--contact-angle-deg", metavar="A", help="Contact angle of the liquid.")
    ] = "0",
    surface_tension: Annotated[
        str, typer.Option("--surface-tension-N-m", metavar="G", help="Surface tension of the liquid.")
    ] = "0.03",
    viscosity: Annotated[
        str, typer.Option("--viscosity-Pa-s", metavar="MU", help="Viscosity of the liquid.")
    ] = "0.003",
    permeability_m2: Annotated[
        str | None,
        typer.Option(
            "--permeability-m2", metavar="K", help="Of the volume along the axis [default: from Stokes flow]."
        ),
    ] = None,
    pressure_pa: Annotated[
        str,
        typer.Option("--pressure-Pa", metavar="P", help="Of the liquid at its inlet, over that of the gas."),
    ] = "0",
    vents: Annotated[
        Vents, typer.Option("--vents", help="Faces where gas leaves: opposite, beside, both.")
    ] = Vents.ALL,
    gas: Annotated[Gas, typer.Option("--gas", help="Gas that is cut off stays, or dissolves.")] = Gas.TRAPPED,
    change: Annotated[
        str,
        typer.Option(
            "--change", metavar="F", help="Solve the pressure when the inflow has changed by this share."
        ),
    ] = "0.2",
    tolerance: Annotated[
        str, typer.Option("--tolerance", metavar="T", help="Largest imbalance of the flow.")
    ] = "1e-2",
    voxel_size_nm: VoxelSizeOption = None,
    file_axes: FileAxesOption = "xyz",
    crop: CropOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Volume of the arrival times, s.")
    ] = None,
    report_folder: OnlyReportOption = None,
    json_file: JsonOption = None,
):
    """Compute how an electrolyte fills the pores.

    Capillary suction by pore size against viscous resistance, from one face: saturation over time, the share
    never wetted, and a map of arrival times (infinite where the liquid never comes). Gas that the liquid cuts
    off is trapped; with --gas dissolves it is not. No permeability given: it is computed (Stokes flow,
    symmetric sides).
    """
    positive = number(0.0, above=True)
    K = None if permeability_m2 is None else positive(permeability_m2, "--permeability-m2")
    angle = number(0.0, 180.0)(contact_angle_deg, "--contact-angle-deg")
    tension = positive(surface_tension, "--surface-tension-N-m")
    thickness = positive(viscosity, "--viscosity-Pa-s")
    options = {
        "pressure": number()(pressure_pa, "--pressure-Pa"),
        "change": number(0.0, 0.99, above=True)(change, "--change"),
        "tolerance": number(0.0, 0.1, above=True)(tolerance, "--tolerance"),
        "gas": gas.value,
    }
    source, grid, sized = read_grid(volume, phases, voxel_size_nm, file_axes, crop)
    if not sized:
        raise InputError(f"expected a known voxel size, {source.source} gives none; add --voxel-size-nm.")
    from math import radians

    from ..transport.wetting import Liquid, solve_wetting

    liquid = Liquid(tension, radians(angle), thickness)
    given = K is not None
    K = K if given else _permeability(grid, through, axis.value)
    inlet, openings = _faces(axis.value, vents)
    with progress_bar("wetting") as progress:
        found = solve_wetting(
            grid, through, liquid, permeability=K, inlet=inlet, vents=openings, progress=progress, **options
        )
    if out is not None:
        from ..volumes.volume import write_volume

        out = write_volume(out, found.filling.arrival, voxel_size=grid.voxel_size)
    result = _numbers(found) | {
        "permeability_given": given,
        "through": through,
        "axis": axis.value,
        "vents": openings,
        **options,
        "liquid": {"contact_angle_deg": angle, "surface_tension_N_m": tension, "viscosity_Pa_s": thickness},
        "arrival_map": out,
        "voxels": grid.voxels,
        "voxel_size_m": grid.voxel_size,
        "volume": source.source,
        "volume_sha256": source.sha256,
    }
    rows = [
        (f"{100 * float(share):g} % of the pores wet, s", time) for share, time in result["time_to_s"].items()
    ]
    rows += [
        (name, result[name])
        for name in (
            "share_never_wetted",
            "share_trapped",
            "share_unreached",
            "capillary_pressure_Pa",
            "permeability_m2",
            "washburn_time_s",
            "seconds",
        )
    ]
    title = f"{source.source}: wetting of {through} along {axis}, {times(grid.shape)} voxels, gas {gas}"
    lines = [table(("", "value"), rows), *([f"arrival times: {out}"] if out else [])]
    if report_folder:
        from ..report.pages import wetting as page

        shown = {"grid": grid, "result": result, "arrival": found.filling.arrival}
        lines.append(f"report: {page.write(report_folder, **shown)}")
    report(result, json_file, title, *lines)


def _faces(axis, vents):
    """Names of the inlet and of the vents."""
    inlet, end = ENDS[axis]
    sides = [face for other in AXES if other != axis for face in ENDS[other]]
    return inlet, {"end": (end,), "sides": tuple(sides), "all": (end, *sides), "none": ()}[vents.value]


def _permeability(grid, through, axis):
    """Permeability (m2) from Stokes flow, with sides that mirror the flow; None if nothing percolates."""
    from ..transport.flow import solve_permeability

    with progress_bar("permeability") as progress:
        found = solve_permeability(
            grid, through, AXES.index(axis), sides="symmetry", tolerance=1e-2, progress=progress
        )
    return found.permeability or None


def _numbers(found):
    filling = found.filling
    return {
        "time_s": filling.time,
        "saturation": filling.filled,
        "time_to_s": {str(share): filling.time_to(share) for share in SHARES},
        "share_never_wetted": filling.never_wetted,
        "share_trapped": filling.trapped,
        "share_unreached": filling.unreached,
        "capillary_pressure_Pa": found.capillary_pressure,
        "permeability_m2": found.permeability,
        "suction_factor": found.suction_factor,
        "conductance_factor": found.conductance_factor,
        "washburn_time_s": found.washburn_time,
        "stages": filling.stages,
        "iterations": filling.iterations,
        "seconds": found.seconds,
    }
