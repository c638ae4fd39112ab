"""The command demo."""

from pathlib import Path
from typing import Annotated

import typer

from .app import command
from .console import progress_bar, report
from .options import JsonOption


@command(["microsim demo", "microsim demo my-first-electrode"])
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to write to and to run in.")] = Path(
        "microsim-demo"
    ),
    json_file: JsonOption = None,
):
    """Write a gallery of cases and run its demo.

    Writes the demo case, its electrode, the other cases and the studies into a folder, and runs the demo
    there: a generated electrode, discharged and compared with a map. A file of yours is never replaced.
    """
    from ..jobs import demo as job

    with progress_bar("demo") as progress:
        result = job.demo(folder, progress=progress)
    report(result.numbers(), json_file, result)
