"""The command that runs the claims of validation/."""

import os
from pathlib import Path
from typing import Annotated

import typer

from .app import command
from .console import progress_bar, report, table
from .options import JsonOption


@command(["microsim validate", "microsim validate laminates --json -"])
def validate(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME ...]", help="Claims to check [default: all].")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="Folder of the claims [default: those that ship]."),
    ] = None,
    json_file: JsonOption = None,
):
    """Check the claims of validation/ against their references.

    Prints value, reference, tolerance and pass for each; exits 1 if one fails. "short": what was wanted and
    cannot be had from the data, with the reason. What needs real data is skipped
    where MICROSIM_DATA names no folder, what needs a package where that is not installed.
    """
    from ..jobs.validate import check_claims

    data = os.environ.get("MICROSIM_DATA")
    data = Path(data) if data and Path(data).is_dir() else None
    with progress_bar("validation") as progress:
        results = check_claims(names or (), folder=folder, data=data, progress=progress)
    rows, listing = [], {}
    for name, result in results.items():
        listing[name] = {
            "seconds": result["seconds"],
            "skipped": result["skipped"],
            "checks": [
                {
                    "claim": c.what,
                    "value": c.value,
                    "reference": c.reference,
                    "tolerance": c.tolerance,
                    "kind": c.kind,
                    "deviation": c.deviation,
                    "source": c.source,
                    "pass": c.passed,
                    "unmet": c.unmet,
                }
                for c in result["checks"]
            ],
        }
        rows += [
            (
                name,
                c.what,
                f"{c.value:.7g}",
                f"{c.reference:.7g}",
                c.tolerance if c.kind in ("relative", "absolute") else c.kind,
                c.result,
            )
            for c in result["checks"]
        ]
        if result["skipped"]:
            rows.append((name, f"skipped: {result['skipped']}", None, None, None, "-"))
    checks = [c for result in results.values() for c in result["checks"]]
    failed, short = (sum(c.result == word for c in checks) for word in ("FAIL", "short"))
    reasons = [f"short: {c.what}: {c.unmet}" for c in checks if c.result == "short"]
    header = ("claim", "what", "value", "reference", "tolerance", "result")
    total = f"{len(checks)} checks, {failed} failed" + (
        f", {short} short of what cannot be had" if short else ""
    )
    report(
        {"claims": listing, "failed": failed, "short": short}, json_file, table(header, rows), *reasons, total
    )
    if failed:
        raise typer.Exit(1)
