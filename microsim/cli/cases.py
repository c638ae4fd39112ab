"""Commands on a case and its results: run, compare."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.schema import number, triple
from .app import command
from .console import progress_bar, report, table
from .options import FileAxesOption, JsonOption, VoxelSizeOption, numbers, read_map, read_mask


@command(
    [
        "microsim run cases/nrel_nmc_c2.yaml --out out/slow \\",
        '    --set protocol.0="Discharge at C/3 until 3.5 V" --set cell.film.model=none',
    ]
)
def run(
    case_file: Annotated[Path, typer.Argument(metavar="CASE.yaml", help="The case to run.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of the results [default: out/<case name>]."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change one value of the case by its dotted key; repeatable."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    json_file: JsonOption = None,
):
    """Run a case and write its report.

    Reads the volume, builds the mesh, solves transport and the half cell, compares with a measured map where
    the case names one, and writes result.json, voltage.csv, fields.h5, report.html and figures/*.png.
    """
    from ..case.case import load_case

    case = load_case(case_file, settings or ())
    from ..jobs.run import run_case

    out = out or Path("out") / case.name
    with progress_bar(case.title) as progress:
        result = run_case(case, out, progress=progress, resume=resume)
    header = ("step", "ended by", "time s", "capacity mAh/g", "mean voltage V")
    keys = ("name", "end_reason", "time_s", "capacity_mAh_g", "mean_voltage_V")
    rows = [[step.get(key) for key in keys] for step in result.get("steps", [])]
    report(result, json_file, case.title, table(header, rows), f"report: {out / 'report.html'}")


@command(
    [
        "microsim compare out/demo/fields.h5::sto soc.tif --measured-voxel-size-nm 800 --json -",
        "microsim compare sim.npy soc.tif --voxel-size-nm 400 --measured-voxel-size-nm 800 --out out/compare",
    ]
)
def compare(
    simulated: Annotated[
        str, typer.Argument(metavar="SIMULATED", help="Simulated map: fields.h5::sto, or a volume.")
    ],
    measured: Annotated[str, typer.Argument(metavar="MEASURED", help="Measured map: a volume of floats.")],
    voxel_size_nm: VoxelSizeOption = None,
    measured_voxel_size_nm: Annotated[
        str | None,
        typer.Option("--measured-voxel-size-nm", metavar="H", help="The same for the measured map."),
    ] = None,
    file_axes: FileAxesOption = "xyz",
    measured_file_axes: Annotated[
        str, typer.Option("--measured-file-axes", metavar="AXES", help="The same for the measured map.")
    ] = "xyz",
    origin_um: Annotated[
        str,
        typer.Option("--origin-um", metavar="X,Y,Z", help="Corner of the measured map in the simulated one."),
    ] = "0,0,0",
    min_coverage: Annotated[
        str,
        typer.Option("--min-coverage", metavar="F", help="Share of a measured voxel that must be covered."),
    ] = "0.5",
    mask: Annotated[
        str | None,
        typer.Option("--mask", metavar="VOLUME", help="Volume on the measured grid; 0 leaves voxels out."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the report.")] = Path(
        "out/compare"
    ),
    json_file: JsonOption = None,
):
    """Compare a simulated with a measured map.

    The simulated map is averaged onto the measured voxels; bias, RMSE, MAE, Pearson r and the distance of
    the histograms are printed, and a report is written.
    """
    min_coverage = number(0.0, 1.0, above=True)(min_coverage, "--min-coverage")
    origin = triple(-1.0, 1.0)(numbers(origin_um), "--origin-um", 1e6, "um")
    ours = read_map("SIMULATED", simulated, file_axes, voxel_size_nm, "--voxel-size-nm")
    theirs = read_map(
        "MEASURED", measured, measured_file_axes, measured_voxel_size_nm, "--measured-voxel-size-nm"
    )
    from ..maps.compare import compare_maps
    from ..maps.map import SocMap
    from ..report.pages import compare as page

    comparison = compare_maps(
        SocMap(ours.values, ours.voxel_size),
        SocMap(theirs.values, theirs.voxel_size, origin),
        mask=read_mask(mask, measured_file_axes),
        min_coverage=min_coverage,
    )
    meta = {
        "simulated": {"file": simulated, "sha256": ours.sha256, "voxel_size_m": ours.voxel_size},
        "measured": {"file": measured, "sha256": theirs.sha256, "voxel_size_m": theirs.voxel_size},
        "origin_m": origin,
        "mask": mask,
    }
    written = page.write(out, comparison=comparison, meta=meta)
    rows = table(("metric", "value"), list(comparison.metrics.items()))
    report(
        {**comparison.as_dict(), **meta},
        json_file,
        f"{simulated} against {measured}",
        rows,
        f"report: {written}",
    )
