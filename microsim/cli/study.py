"""The command that sweeps over cases."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.schema import whole
from .app import command
from .console import progress_bar, report, table
from .options import JsonOption


@command(["microsim study studies/rate.yaml", "microsim study studies/rate.yaml --processes 4 --json -"])
def study(
    study_file: Annotated[
        Path, typer.Argument(metavar="STUDY.yaml", help="The study: base case and what is swept.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of the results [default: out/<study name>]."),
    ] = None,
    processes: Annotated[
        str | None,
        typer.Option("--processes", metavar="N", help="Cases at a time [default: the processor's cores]."),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option("--threads", metavar="N", help="Threads of each case [default: cores / processes]."),
    ] = None,
    json_file: JsonOption = None,
):
    """Sweep over cases.

    Each case is a process of its own and writes what microsim run writes. Finished cases are not run again,
    interrupted ones go on from their checkpoint; one that fails is named in the table while the others go on
    (exit code 1 then). Writes study.csv, study.json, report.html and figures/*.png.
    """
    count = None if processes is None else whole(1, 1024)(processes, "--processes")
    threads = None if threads is None else whole(1, 1024)(threads, "--threads")
    from ..jobs.study import load_study, run_study

    loaded = load_study(study_file)
    out = out or Path("out") / loaded.name
    with progress_bar(loaded.title) as progress:
        result = run_study(loaded, out, processes=count, threads=threads, progress=progress)
    keys = ("status", "capacity_mAh_g", "mean_voltage_V", "end_reason", "wall_s")
    rows = [(case["name"], *(case[key] for key in keys), case["message"] or None) for case in result["cases"]]
    header = ("case", "status", "capacity mAh/g", "mean voltage V", "ended by", "wall s", "reason")
    report(
        result,
        json_file,
        loaded.title,
        table(header, rows),
        f"{result['finished']} finished, {result['failed']} failed",
        f"report: {out / 'report.html'}",
    )
    if result["failed"]:
        raise typer.Exit(1)
